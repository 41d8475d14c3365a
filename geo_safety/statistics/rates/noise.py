"""The noise of a count: negative binomial around its mean mu, with variance phi mu.

Everything about that distribution stands here, so that fit, strict test and prediction mean the same by `dispersion`.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammainc, gammaln

POISSON_BELOW = 1 + 1e-6
"""A dispersion so near to 1 is Poisson: the negative binomial's size would lose its digits."""


def check_dispersion(dispersion: float) -> float:
    """The dispersion as a float; refused below 1, where no negative binomial exists."""
    value = float(dispersion)
    if not value >= 1 or not np.isfinite(value):
        raise ValueError(f"`dispersion` is {value:g}: give 1 (Poisson) or more, as `dispersion(monthly)` does.")
    return value


def log_likelihood(counts: np.ndarray, means: np.ndarray, dispersion: float) -> np.ndarray:
    """Log probability of each count at each mean, up to a constant of the count.

    Parameters
    ----------
    counts : array of float, shape (m, 1)
    means : array of float, shape (m, j)
        Positive.
    dispersion : float
    """
    if dispersion < POISSON_BELOW:
        return counts * np.log(means) - means
    size = means / (dispersion - 1)
    return gammaln(counts + size) - gammaln(size) - size * np.log(dispersion)


def upper_tail(counts: np.ndarray, means: np.ndarray, dispersion: float) -> np.ndarray:
    """Probability of at least `counts` incidents where `means` are expected; arguments broadcast."""
    counts, means = np.broadcast_arrays(np.asarray(counts, float), np.asarray(means, float))
    at_least_one = np.maximum(counts, 1.0)  # both tails below are for counts from 1
    if dispersion < POISSON_BELOW:
        tail = gammainc(at_least_one, means)
    else:
        tail = betainc(at_least_one, np.maximum(means / (dispersion - 1), 1e-300), 1 - 1 / dispersion)
    return np.where(counts <= 0, 1.0, np.where(means > 0, tail, np.where(np.isnan(means), np.nan, 0.0)))
