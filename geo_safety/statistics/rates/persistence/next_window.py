"""How sure are we that a neighbourhood will be above the level in the next window too?"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from geo_safety.statistics.rates.posterior import RatePosterior
from geo_safety.statistics.rates.prior import RateGrid

STILL = 1e-9
"""Smaller steps, in log rate, are none."""

FLAT = 1e-3
"""Below this change over a bin, in standard deviations, the kernel is constant in the bin."""


def next_probability(posterior: RatePosterior, *, level: float, sigma2: float) -> np.ndarray:
    """How sure are we that the **next** window's rate ratio is at least `level`?

    Parameters
    ----------
    posterior : RatePosterior
        What is known about this window's ratios.
    level : float
        Times the study's rate in the next window.
    sigma2 : float
        Variance of the log ratio's step from window to window; see `Drift.sigma2`. At 0 the answer is that for
        this window.

    Returns
    -------
    array of float, shape (n,)
        NaN where not answered for.

    Notes
    -----
    log r' given r is normal with mean m + rho (log r - m) and variance sigma2; m and tau² are mean and variance of
    log r over the map, rho = 1 - sigma2 / (2 tau²): places drift, and fall back towards the usual, so that the map
    as a whole stays as it is. It says nothing about closures, new estates or police operations.

    Examples
    --------
    What is nearly sure today is less so for next year:

    >>> from geo_safety.statistics.rates.posterior import posterior
    >>> today = posterior([2] * 50 + [10] * 40 + [60] * 10, [1] * 100, dispersion=1)
    >>> [round(float(next_probability(today, level=3, sigma2=s)[-1]), 2) for s in (0, 0.08)]
    [1.0, 0.96]
    """
    if not level > 0:
        raise ValueError(f"`level` is {level:g}: give a positive number of times the study's rate.")
    if not (sigma2 >= 0 and np.isfinite(sigma2)):
        raise ValueError(f"`sigma2` is {sigma2:g}: give a variance, 0 or more, as `drift(...).sigma2` does.")
    middle, keep = _reversion(posterior, sigma2)
    out = np.full(len(posterior.width), np.nan)
    for part in posterior.parts:
        above = _share_above_next(part.grid, float(np.log(level)), middle, keep, float(np.sqrt(sigma2)))
        out[part.zones] = (part.weights @ above)[part.rows]
    return np.clip(out, 0.0, 1.0)


def _reversion(posterior: RatePosterior, sigma2: float) -> tuple[float, float]:
    """Mean of log r over the map, and the share rho of a place's distance from it that lasts."""
    logs, prior = posterior.prior_grid.middles, posterior.prior
    if not prior.sum() > 0:  # a map without incidents: no place is anywhere
        return 0.0, 1.0
    middle = float(prior @ logs)
    spread = float(prior @ (logs - middle) ** 2)
    return middle, max(0.0, 1 - sigma2 / (2 * spread)) if sigma2 > 0 else 1.0


def _share_above_next(grid: RateGrid, log_level: float, middle: float, keep: float, sd: float) -> np.ndarray:
    """Share of each bin that is above the level after the step: the normal tail, averaged over the bin.

    The average is exact, so that small drifts lead without a jump to the bins cut in proportion at the level.
    """
    ends = grid.middles[:, None] + grid.step * np.array([-0.5, 0.5])
    away = middle + keep * (ends - middle) - log_level
    if sd < STILL:
        return np.clip(away[:, 1] / grid.step, 0.0, 1.0)
    z = away / sd
    rise = z[:, 1] - z[:, 0]
    if rise[0] < FLAT:
        return ndtr(z.mean(axis=1))
    below_curve = z * ndtr(z) + np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)  # integral of the normal tail
    return (below_curve[:, 1] - below_curve[:, 0]) / rise
