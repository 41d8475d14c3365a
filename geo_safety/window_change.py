"""Did zones change from one window of a release to another, otherwise than all of them together?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo_safety.analysis import Ground
from geo_safety.disclosure.open_set import Seen
from geo_safety.hotspots import ThemeCounts, measure_dispersion
from geo_safety.statistics import change_class
from geo_safety.window_counts import RunningCounts, window_counts


def window_change(
    running: RunningCounts, end: int, against: int, *, months: int, access: Seen, dispersion: float
) -> NDArray[np.object_] | None:
    """The class of change of each zone between two windows of one length, from counts that the reader may see.

    Null hypothesis: the zone changed by the same factor as all zones together (`statistics.change_class`). A hidden
    count is a small one, so its zone has too few reports for an answer whatever it hides.

    Parameters
    ----------
    end, against : int
        Last months of the window that is looked at and of the one that it is compared with, in months since 1970-01.
    months : int
        Length of both.
    dispersion : float
        Variance over mean of a count.

    Returns
    -------
    array of object, shape (n_zones,), or None
        Words of `change_class`; None for zones that no feed answers for. None instead of an array where a window has a
        month without data.

    Raises
    ------
    ValueError
        The windows share a month: what both hold cannot differ, and the interval takes them for independent.
    """
    if abs(end - against) < months:
        raise ValueError("the two windows share a month")
    now, before = (_shown(running, last, months, access) for last in (end, against))
    if now is None or before is None:
        return None
    total_now, total_before = (_total(running, last, months) for last in (end, against))
    return change_class(now, before, total_now, total_before, dispersion=dispersion)


def _shown(running: RunningCounts, end: int, months: int, access: Seen) -> NDArray[np.float64] | None:
    """Counts of a window with hidden ones as 0, NaN where no feed answers; None for a window with a gap."""
    counts = window_counts(running, end, months=months, access=access).incidents
    if counts is None:
        return None
    return np.where(running.is_answered, counts.fill_null(0).to_numpy(zero_copy_only=False), np.nan)


def _total(running: RunningCounts, end: int, months: int) -> float:
    """All zones together; **exact**, and no part of what is returned."""
    last = end - running.first_month + 1
    return float((running.sums[last] - running.sums[last - months])[running.is_answered].sum(dtype=np.int64))


def dispersion_of(ground: Ground, theme: str) -> float:
    """How noisy a theme's counts are on a layer, measured on its own window: variance over mean.

    A release says this of its themes; here it is measured again for one that does not.
    """
    own = ground.facts[theme].own
    if own is None or theme not in ground.cubes:
        return 1.0
    counts = ThemeCounts(theme, own, ground.cubes[theme].monthly(own), None)
    return measure_dispersion(counts, ground.layer.surroundings).value
