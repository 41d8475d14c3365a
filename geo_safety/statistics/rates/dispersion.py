"""How noisy are the counts, beyond Poisson? Measured from one month to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

ASSUMED = 1.5
"""Taken where months are too few to measure: the middle of what London's themes show (1.2 to 1.9)."""

FEWEST_PAIRS = 4
FEWEST_INCIDENTS = 500
FEWEST_IN_RINGS = 12_000


@dataclass(frozen=True)
class Dispersion:
    """A dispersion and where it comes from.

    Parameters
    ----------
    value : float
        Variance over mean of a count; at least 1.
    basis : "measured" or "assumed"
        Assumed with fewer than 4 pairs of adjacent months or 500 incidents in the table.
    pairs : int
        Pairs of adjacent months without a gap or break between them.
    incidents : float
        Sum of the table over the months used.
    """

    value: float
    basis: Literal["measured", "assumed"]
    pairs: int
    incidents: float


def dispersion(monthly: np.ndarray, *, breaks: Sequence[int] = ()) -> float:
    """How many times larger than Poisson's is the variance of a count? See `dispersion_details`."""
    return dispersion_details(monthly, breaks=breaks).value


def dispersion_details(monthly: np.ndarray, *, breaks: Sequence[int] = ()) -> Dispersion:
    """How noisy is a neighbourhood's monthly count, and was that measured or assumed?

    With d the count of neighbourhood i in month t, N the month's column sum, S and N_all the totals:
    z = d / N_t - d' / N_t' for adjacent months t, t', and
    phi = sum z² / sum (S / N_all) (1 - S / N_all) (1 / N_t + 1 / N_t').

    Parameters
    ----------
    monthly : array of float, shape (neighbourhoods, months)
        Counts in time order, zeros included. A column of NaN is a gap; a row that misses another month is left out.
        Choose the rows without looking at their own counts (`near_level`).
    breaks : sequence of int
        Columns before which recording changed: their pair with the month before is left out.

    Returns
    -------
    Dispersion
        Never below 1.

    Notes
    -----
    Adjacent months, because slow change is not noise. Sums over places without weights, and no choice of places
    by their own total: on sparse maps both pull the result towards 1. The factor (1 - S / N_all), which the
    usual formula leaves out, is nothing on a map of thousands of neighbourhoods and exact on one of three wards.

    Examples
    --------
    Twelve months of 2,000 Poisson counts:

    >>> round(dispersion(np.random.default_rng(1).poisson(2.0, (2000, 12))), 1)
    1.0
    """
    table = np.asarray(monthly, float)
    if table.ndim != 2:
        raise ValueError("`monthly` must have one row a neighbourhood and one column a month.")
    missing = np.isnan(table)
    gaps = missing.all(axis=0)
    table = table[~missing[:, ~gaps].any(axis=1)]
    totals = np.where(gaps, 0.0, table.sum(axis=0))
    everything = float(totals.sum())
    later = np.arange(1, table.shape[1])
    later = later[(totals[later] > 0) & (totals[later - 1] > 0) & ~np.isin(later, list(breaks))]
    if len(later) < FEWEST_PAIRS or everything < FEWEST_INCIDENTS:
        return Dispersion(ASSUMED, "assumed", len(later), everything)
    share = table[:, ~gaps].sum(axis=1) / everything
    expected = float((share * (1 - share)).sum()) * float((1 / totals[later] + 1 / totals[later - 1]).sum())
    if expected <= 0:  # a single place holds everything: its share cannot vary
        return Dispersion(ASSUMED, "assumed", len(later), everything)
    step = table[:, later] / totals[later] - table[:, later - 1] / totals[later - 1]
    return Dispersion(max(1.0, float((step**2).sum()) / expected), "measured", len(later), everything)


def near_level(counts: np.ndarray, width: np.ndarray, *, lowest: float = 1.0, highest: float = 6.0) -> np.ndarray:
    """Which places are about as busy as the level, judged by the ring around them?

    Noise grows with the count, so it is measured where the decision falls; the ring stands in for the place
    itself, because choosing places by their own count would bias the measure. Where the rings chosen hold fewer
    than 12,000 incidents (about 1,000 of their own on hexagons, since each is in twelve rings), all places are
    taken: a measure from so few would be further off than the noise of quieter places is.

    Parameters
    ----------
    counts, width : arrays of float, shape (n,)
        Incidents and exposure of each place's ring 2 (wards: the wards around it). NaN: never chosen.
    lowest, highest : float
        Bounds of the ring's rate over the mean rate of all rings, both inside.

    Returns
    -------
    array of bool, shape (n,)
    """
    counts, width = np.asarray(counts, float), np.asarray(width, float)
    known = ~np.isnan(counts) & (width > 0)
    if not known.any() or counts[known].sum() == 0:
        return known
    mean = counts[known].sum() / width[known].sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = counts / width / mean
    chosen = known & (ratio >= lowest) & (ratio <= highest)
    return chosen if counts[chosen].sum() >= FEWEST_IN_RINGS else known
