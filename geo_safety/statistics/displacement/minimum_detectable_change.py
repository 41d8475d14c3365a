"""How large must a change be for an evaluation to see it? Asked before a scheme starts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

SMALLEST_LEFT = 1e-6


def minimum_detectable_change(
    before: ArrayLike,
    comparison_before: ArrayLike,
    *,
    period_lengths: tuple[float, float] = (1.0, 1.0),
    dispersion: float = 1.0,
    drift: float = 0.0,
    degrees: float = np.inf,
    power: float = 0.8,
    confidence: float = 0.95,
) -> float:
    """Which reduction would `difference_in_differences` find with this power?

    Null hypothesis: none, a plan. It answers for a place that does not change but for the scheme.

    Parameters
    ----------
    before : array of float, shape () or (n_places,)
        Incidents of the place, or of each place of a set, before the scheme.
    comparison_before : array of float, shape () or (n_areas,)
        The same of each comparison area.
    period_lengths : (before, after)
        Lengths of the period counted and of the one planned, in any unit.
    dispersion, drift, degrees, confidence : float
        As for `difference_in_differences`.
    power : float
        Share of schemes with that effect that would be found.

    Returns
    -------
    float
        Smallest share of incidents that must be prevented: 0.25 is a quarter fewer. NaN where not even the end of all
        incidents would be found.

    Notes
    -----
    The share f solves -log(1 - f) = (t_(1+confidence)/2 + t_power) error(f), where error(f) is the standard error
    of the log ratio with the counts that are then expected.

    References
    ----------
    Bloom (1995), Evaluation Review 19(5), 547-556.

    Examples
    --------
    200 incidents a year against ten areas of 200: Poisson noise alone, then with noise and drift as in a real city.

    >>> round(minimum_detectable_change(200, [200] * 10), 3)
    0.272
    >>> round(minimum_detectable_change(200, [200] * 10, dispersion=1.4, drift=0.02), 3)
    0.44
    """
    from scipy.optimize import brentq
    from scipy.stats import norm, t

    places, others = (np.atleast_1d(np.asarray(counts, float)) for counts in (before, comparison_before))
    if not ((places >= 0).all() and (others >= 0).all()):
        raise ValueError("A count is missing or below zero: give incidents of whole periods.")
    if min(period_lengths) <= 0 or not 0 < power < 1:
        raise ValueError("Lengths of periods must be above zero, and the power between 0 and 1.")
    own, total = float(places.sum()), float(others.sum())
    if own == 0 or total == 0:
        return float("nan")
    law = norm() if np.isinf(degrees) else t(degrees)
    reach = float(law.ppf((1 + confidence) / 2) + law.ppf(power))
    longer = period_lengths[1] / period_lengths[0]
    fixed = dispersion * (1 / own + 1 / total + 1 / (total * longer))
    fixed += drift * (float(((places / own) ** 2).sum()) + float(((others / total) ** 2).sum()))

    def short_of(left: float) -> float:
        error = np.sqrt(fixed + dispersion / (own * longer * left))
        return float(-np.log(left) - reach * error)

    # What is seen best is neither a small change nor the last incident: the gap rises, then falls.
    grid = np.geomspace(1.0, SMALLEST_LEFT, 400)
    seen = np.array([short_of(left) >= 0 for left in grid])
    if not seen.any():
        return float("nan")
    first = int(np.argmax(seen))
    return 1 - float(brentq(short_of, grid[first], grid[first - 1]))
