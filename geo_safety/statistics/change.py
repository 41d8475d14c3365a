"""Did this place change, or did the whole study?"""

from __future__ import annotations

import numpy as np

FEWEST = 20
"""Below this count in either window no change is stated."""

CLASSES = ("too few", "clearly fewer", "fewer", "not distinguishable", "more", "clearly more")

_95, _99 = 1.959964, 2.575829  # two-sided normal quantiles


def change_class(
    now: np.ndarray, before: np.ndarray, total_now: float, total_before: float, dispersion: float
) -> np.ndarray:
    """Has this place changed otherwise than the study as a whole?

    Null hypothesis: the place changed by the same factor as the study; counts vary with `dispersion` times the
    variance of Poisson, the study's own totals included.

    Parameters
    ----------
    now, before : arrays of float, shape (n,)
        Incidents of the window and of the one before; NaN where either is not answered for.
    total_now, total_before : float
        The study's.
    dispersion : float
        Variance over mean of a count.

    Returns
    -------
    array of object, shape (n,)
        "clearly fewer" or "clearly more" (outside the 99 % interval), "fewer" or "more" (outside the 95 %
        interval), "not distinguishable", "too few" (either count below 20), None where not answered for.

    Notes
    -----
    z = [log(now / before) - log(total_now / total_before)]
    / sqrt(dispersion (1 / now + 1 / before + 1 / total_now + 1 / total_before)).

    Examples
    --------
    The study stayed at 1,000:

    >>> change_class([150, 105, 12], [100, 100, 40], 1000, 1000, 1).tolist()
    ['clearly more', 'not distinguishable', 'too few']
    """
    now, before = np.broadcast_arrays(np.asarray(now, float), np.asarray(before, float))
    found = np.full(now.shape, None, dtype=object)
    answered = ~np.isnan(now) & ~np.isnan(before)
    enough = answered & (now >= FEWEST) & (before >= FEWEST) & (total_now > 0) & (total_before > 0)
    found[answered & ~enough] = CLASSES[0]
    a, b = now[enough], before[enough]
    noise = dispersion * (1 / a + 1 / b + (1 / total_now + 1 / total_before if len(a) else 0.0))
    z = (np.log(a / b) - (np.log(total_now / total_before) if len(a) else 0.0)) / np.sqrt(noise)
    step = np.searchsorted([-_99, -_95, _95, _99], z)  # 0 to 4
    found[enough] = np.asarray(CLASSES, dtype=object)[1 + step]
    return found
