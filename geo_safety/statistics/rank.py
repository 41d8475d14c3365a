"""Plain rank order, with the ranks that chance leaves open."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv


def count_interval(counts: np.ndarray, *, dispersion: float, coverage: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """Between which means does a count leave us?

    Parameters
    ----------
    counts : array of float
        Incidents; NaN stays NaN.
    dispersion : float
        Variance over mean of a count.
    coverage : float
        Share of repetitions in which the interval holds the mean.

    Returns
    -------
    low, high : arrays of the shape of `counts`
        Exact for Poisson counts (Garwood), the same on counts divided by the dispersion otherwise.

    References
    ----------
    Garwood (1936), Biometrika 28(3/4), 437-442.

    Examples
    --------
    >>> low, high = count_interval([0, 10], dispersion=1)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 5.43], [3.0, 16.96])
    """
    counts = np.asarray(counts, float)
    distinct, place = np.unique(counts, return_inverse=True)
    scaled, tail = distinct / dispersion, (1 - coverage) / 2
    low = np.where(scaled > 0, dispersion * gammaincinv(np.maximum(scaled, 1e-300), tail), 0.0 * scaled)
    high = dispersion * gammaincinv(scaled + 1, 1 - tail)
    return low[place].reshape(counts.shape), high[place].reshape(counts.shape)


def rank_interval(
    counts: np.ndarray, width: np.ndarray | None = None, *, dispersion: float, coverage: float = 0.9
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which rank does each zone have, and which could it have?

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents per zone; NaN is not ranked.
    width : array of float, shape (n,), optional
        Exposure: zones are ranked by count over width. By default by count.
    dispersion : float
        Variance over mean of a count.
    coverage : float
        Of the interval of each count.

    Returns
    -------
    rank, low, high : arrays of float, shape (n,)
        1 is the busiest; equal rates share the better rank. `low` is the best rank and `high` the worst that the
        intervals leave open. Zones whose intervals overlap always have ranges that overlap: do not rank them
        against each other. NaN where the count is.

    Examples
    --------
    >>> rank, low, high = rank_interval([100, 4, 6, 40], dispersion=1)
    >>> rank.tolist(), low.tolist(), high.tolist()
    ([1.0, 4.0, 3.0, 2.0], [1.0, 3.0, 3.0, 2.0], [1.0, 4.0, 4.0, 2.0])
    """
    counts = np.asarray(counts, float)
    width = np.ones(counts.shape) if width is None else np.asarray(width, float)
    known = ~np.isnan(counts) & (width > 0)
    below, above = count_interval(counts[known], dispersion=dispersion, coverage=coverage)
    rates, lows, highs = counts[known] / width[known], below / width[known], above / width[known]
    n = len(rates)
    rank, low, high = (np.full(counts.shape, np.nan) for _ in range(3))
    rank[known] = 1 + n - np.searchsorted(np.sort(rates), rates, side="right")
    low[known] = 1 + n - np.searchsorted(np.sort(lows), highs, side="right")  # surely busier ones come first
    high[known] = n - np.searchsorted(np.sort(highs), lows, side="left")  # surely quieter ones come after
    return rank, low, high
