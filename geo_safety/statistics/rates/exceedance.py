"""The strict test: could this neighbourhood, at exactly the level, have shown so many by chance?"""

from __future__ import annotations

import numpy as np

from geo_safety.statistics.rates.noise import check_dispersion, upper_tail


def exceedance_test(
    counts: np.ndarray, width: np.ndarray, *, level: float, dispersion: float, rate: float | None = None
) -> np.ndarray:
    """Could a neighbourhood whose rate is just `level` times the study's show so many incidents?

    Null hypothesis: the neighbourhood's rate is at most `level` times the study's, and its count is negative
    binomial around its mean with variance `dispersion` times the mean.

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents of each neighbourhood. NaN: not answered for, left out of everything.
    width : array of float, shape (n,)
        Number of cells of each neighbourhood, or any exposure.
    level : float
        Times the study rate.
    dispersion : float
        Variance over mean, 1 (Poisson) or more.
    rate : float, optional
        Study rate per unit of width; by default all counts over all widths.

    Returns
    -------
    array of float, shape (n,)
        Upper-tail p-values. NaN where the count is. Use `false_discovery` before calling anything a hotspot.

    Examples
    --------
    >>> exceedance_test([1, 1, 1, 9], [1, 1, 1, 1], level=2, dispersion=1).round(4).tolist()
    [0.9975, 0.9975, 0.9975, 0.1528]
    """
    phi = check_dispersion(dispersion)
    counts, width = np.asarray(counts, float), np.asarray(width, float)
    known = ~np.isnan(counts) & (width > 0)
    p = np.full(counts.shape, np.nan)
    if known.any():
        mean = counts[known].sum() / width[known].sum() if rate is None else rate
        p[known] = upper_tail(counts[known], level * mean * width[known], phi)
    return p
