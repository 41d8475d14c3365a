"""How busy is each place for its size, among places of its kind, and how sure are we?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_safety import statistics

LEVEL = 3.0
"""Times the mean of all places of the kind, as for neighbourhoods."""

ALPHA = 0.05
"""Expected share of errors on the list."""

FEWEST = 10
"""A place with fewer incidents is on no list."""

FEWEST_PLACES = 20
"""Among fewer places nothing is compared."""


def busy_rows(
    counts: NDArray[np.float64], size: NDArray[np.float64], monthly: NDArray[np.float64], *, is_complete: bool
) -> pd.DataFrame:
    """Order, ratio with its interval, and the list of places that are busy for their size.

    Parameters
    ----------
    counts, size : arrays of float, shape (n,)
        Incidents in the window, and area or length.
    monthly : array of float, shape (n, months)
        The same by month: how noisy a count is.
    is_complete : bool
        Whether the window has all its months; else only counts stand.

    Returns
    -------
    DataFrame
        `rank`, `rank_low`, `rank_high`, `ratio`, `ratio_low`, `ratio_high`, `probability`, `is_hotspot`; null where
        nothing can be said.

    Notes
    -----
    The rate of each place is shrunk to what places of the kind have in general (`statistics.posterior`).
    `is_hotspot`: on the longest list with an expected error share of 5 % of places with at least three times the mean
    rate of the kind, and at least ten incidents.
    """
    if not is_complete or len(counts) < FEWEST_PLACES or not counts.sum():
        return pd.DataFrame(index=range(len(counts)))
    phi = statistics.dispersion(monthly)
    rank, low, high = statistics.rank_interval(counts, size, dispersion=phi)
    fitted = statistics.posterior(counts, size, dispersion=phi)
    ratio_low, ratio_high = fitted.interval(0.9)
    probability = fitted.probability(LEVEL)
    listed = statistics.bayesian_false_discovery(np.where(counts >= FEWEST, probability, np.nan), alpha=ALPHA)
    return pd.DataFrame(
        {
            "rank": rank,
            "rank_low": low,
            "rank_high": high,
            "ratio": fitted.mean(),
            "ratio_low": ratio_low,
            "ratio_high": ratio_high,
            "probability": probability,
            "is_hotspot": listed,
        }
    )
