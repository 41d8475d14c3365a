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

YEAR_OVER_STEP = 2.75
"""Variance of the change of a yearly mean over that of a quarter's step: (2 n² + 1) / (3 n) for n = 4 quarters."""

STEP_SPREAD = 0.75
"""Spread of steps among themes of the same typical change, over the usual step."""

USUAL_SWING, SWING_SPREAD = 0.01, 0.02
"""What London's themes show, and how far they are apart: what counts too small to tell fall back on."""


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
        Assumed where the usual step has more weight than what the counts show.
    """

    step: float
    swing: float
    basis: Literal["measured", "assumed"]


def usual_variation(typical: float) -> Variation:
    """How do places of a theme usually move from quarter to quarter?

    Parameters
    ----------
    typical : float
        The theme's usual relative change from year to year (`TYPICAL_CHANGE`).
    """
    return Variation(float(np.log1p(typical**2)) / YEAR_OVER_STEP, USUAL_SWING, "assumed")


def variation(
    quarters: Quarters,
    width: np.ndarray,
    *,
    level: float,
    dispersion: float,
    typical: float,
    breaks: Sequence[int] = (),
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
    typical : float
        The theme's usual relative change from year to year (`TYPICAL_CHANGE`).
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

    The scatter between pairs of quarters tells how well V is known; both are weighted means of what the counts show
    and of what is usual. At a twentieth of an incident a quarter V is all noise, and would be believed otherwise.
    """
    usual = usual_variation(typical)
    known = ~np.isnan(quarters.counts).any(axis=1)
    counts, width = quarters.counts[known], np.asarray(width, float)[known]
    sums = counts.sum(axis=1)
    busy = busy_places(sums, width, lowest=level / 2)
    if busy.sum() < FEWEST_PLACES:
        return usual
    weight = sums[busy] ** -1.5
    found = []
    for lag in (1, QUARTERS):
        pairs = _pairs(quarters, lag, breaks)
        totals = [(float(quarters.totals[a]), float(quarters.totals[b])) for a, b in pairs]
        sums_of_pairs = [
            change_sums(counts[busy, a], counts[busy, b], total, weight, dispersion)
            for (a, b), total in zip(pairs, totals, strict=True)
        ]
        if len(pairs) < FEWEST_PAIRS or min(scale for _, scale in sums_of_pairs) <= 0:
            return usual
        squared, scale = np.transpose(sums_of_pairs)
        ratio = squared.sum() / scale.sum()
        error = (squared - ratio * scale) / scale.mean()
        found.append((ratio, (error**2).sum() / (len(pairs) * (len(pairs) - 1))))
    (near, near_variance), (far, far_variance) = found
    step_variance = (near_variance + far_variance) / (QUARTERS - 1) ** 2
    step, trust = _blend((far - near) / (QUARTERS - 1), step_variance, usual.step, STEP_SPREAD * usual.step)
    swing, _ = _blend((near - step) / 2, (near_variance + step_variance) / 4, usual.swing, SWING_SPREAD)
    return Variation(step, swing, "measured" if trust >= 0.5 else "assumed")


def _pairs(quarters: Quarters, lag: int, breaks: Sequence[int]) -> list[tuple[int, int]]:
    """Whole quarters `lag` apart with incidents and without a change of recording from the first to the second."""
    usable = quarters.is_whole & (quarters.totals > 0)
    month = MONTHS * (quarters.first_quarter + np.arange(len(usable) + 1))
    return [
        (q, q + lag)
        for q in range(len(usable) - lag)
        if usable[q] and usable[q + lag] and not any(month[q] < change < month[q + lag + 1] for change in breaks)
    ]


def _blend(measured: float, variance: float, usual: float, spread: float) -> tuple[float, float]:
    """Mean of the measured and the usual value, weighted by how well each is known; and the weight of the first."""
    trust = spread**2 / (spread**2 + variance)
    return float(max(trust * measured + (1 - trust) * usual, LEAST)), float(trust)
