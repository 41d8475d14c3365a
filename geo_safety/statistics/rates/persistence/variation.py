"""How places move from quarter to quarter: lasting steps, and swings that pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geo_safety.statistics.rates.persistence.drift import FEWEST_PLACES, busy_places, change_sums
from geo_safety.statistics.rates.persistence.quarters import MONTHS, QUARTERS, Quarters

LEAST = 1e-4
"""Neither part is ever taken for nothing."""

FEWEST_PAIRS = 3
ASSUMED_STEP, ASSUMED_SWING = 0.01, 0.01
"""Taken where quarters are too few to measure: the middle of what London's themes show."""


@dataclass(frozen=True)
class Variation:
    """How a busy place's log rate ratio moves from quarter to quarter.

    Parameters
    ----------
    step : float
        Variance of the lasting step from one quarter to the next.
    swing : float
        Squared relative swing of a single quarter beyond its count's noise (kappa): it passes.
    basis : "measured" or "assumed"
        Assumed with fewer than 3 pairs of whole quarters at either distance, or 20 busy places.
    """

    step: float
    swing: float
    basis: Literal["measured", "assumed"]


def variation(
    quarters: Quarters, width: np.ndarray, *, level: float, dispersion: float, breaks: Sequence[int] = ()
) -> Variation:
    """How do busy places move from quarter to quarter, beyond the noise of their counts?

    Parameters
    ----------
    quarters : Quarters
        Counts of neighbourhoods.
    width : array of float, shape (n,)
        Number of cells of each neighbourhood, or any exposure.
    level : float
        Places with at least half of it, over all quarters, take part.
    dispersion : float
        Variance over mean of a count.
    breaks : sequence of int
        Months from January 1970 at which recording changed: pairs of quarters across them are left out.

    Returns
    -------
    Variation

    Notes
    -----
    V(lag) is the squared relative change (see `drift`) of quarters `lag` apart. A place that steps by variance s²
    and swings by kappa has V(lag) = lag s² + 2 kappa, so s² = (V(4) - V(1)) / 3 and kappa = (V(1) - s²) / 2, each
    at least 0.0001. Quarters a year apart share their season, so a place's own season counts as swing.
    """
    known = ~np.isnan(quarters.counts).any(axis=1)
    counts, width = quarters.counts[known], np.asarray(width, float)[known]
    usable = quarters.is_whole & (quarters.totals > 0)
    counts, totals = counts * usable, np.where(usable, quarters.totals, 0.0)
    sums = counts.sum(axis=1)
    busy = busy_places(sums, width, lowest=level / 2)
    if busy.sum() < FEWEST_PLACES:
        return Variation(ASSUMED_STEP, ASSUMED_SWING, "assumed")
    era = np.searchsorted(
        sorted(breaks), MONTHS * (quarters.first_quarter + np.arange(len(totals))) + MONTHS - 1, "right"
    )
    whole_in_era = usable & ~_holds_break(quarters, breaks)
    found = []
    for lag in (1, QUARTERS):
        pairs = [
            (q, q + lag)
            for q in range(len(totals) - lag)
            if whole_in_era[q] and whole_in_era[q + lag] and era[q] == era[q + lag]
        ]
        parts = [
            change_sums(counts[busy, a], counts[busy, b], (totals[a], totals[b]), sums[busy] ** -1.5, dispersion)
            for a, b in pairs
        ]
        squared, scale = np.sum(parts, axis=0) if parts else (0.0, 0.0)
        if len(pairs) < FEWEST_PAIRS or scale <= 0:
            return Variation(ASSUMED_STEP, ASSUMED_SWING, "assumed")
        found.append(squared / scale)
    near, far = found
    step = max((far - near) / (QUARTERS - 1), LEAST)
    return Variation(float(step), float(max((near - step) / 2, LEAST)), "measured")


def _holds_break(quarters: Quarters, breaks: Sequence[int]) -> np.ndarray:
    """Quarters inside which recording changed."""
    place = np.asarray([b // MONTHS - quarters.first_quarter for b in breaks if b % MONTHS], int)
    return np.isin(np.arange(len(quarters.months)), place)
