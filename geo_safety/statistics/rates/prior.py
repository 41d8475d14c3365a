"""How rates are spread over the map, learnt from the counts themselves: smoothed empirical Bayes.

Rates are in units of the study's mean rate, or of what a place's surroundings suggest. Nodes are bins of a log grid, with the rate spread evenly (in log rate)
inside each, so that probabilities change continuously with the level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LOWEST, HIGHEST, NODES = 0.02, 100.0, 240
ROUNDS, ROUNDS_TO_START, ROUNDS_IN_STRATUM = 150, 60, 50
SMOOTHING = 0.1
"""Standard deviation, in log rate, of the smooth after each round."""


@dataclass(frozen=True)
class RateGrid:
    """Bins of the rate ratio, evenly spaced in its logarithm.

    Parameters
    ----------
    middles : array of float, shape (bins,)
        Log rate ratio at the middle of each bin.
    step : float
        Width of a bin in log rate.
    """

    middles: np.ndarray
    step: float

    @property
    def rates(self) -> np.ndarray:
        """Rate ratio at the middle of each bin."""
        return np.exp(self.middles)


def rate_grid(highest_ratio: float) -> RateGrid:
    """240 bins from 0.02 to 100 times the mean; more of the same step where a place lies above that."""
    step = np.log(HIGHEST / LOWEST) / (NODES - 1)
    needed = np.log(max(HIGHEST, 1.5 * highest_ratio) / LOWEST)
    return RateGrid(np.log(LOWEST) + step * np.arange(int(np.ceil(needed / step - 1e-9)) + 1), float(step))


def smooth_over(grid: RateGrid, *, sd: float = SMOOTHING) -> Callable[[np.ndarray], np.ndarray]:
    """Function that spreads each bin's mass over its surroundings, and loses none of it at the ends."""
    reach = int(np.ceil(5 * sd / grid.step))
    kernel = np.exp(-0.5 * (grid.step * np.arange(-reach, reach + 1) / sd) ** 2)
    received = np.convolve(np.ones(len(grid.middles)), kernel, mode="same")
    return lambda mass: np.convolve(mass / received, kernel, mode="same")


def fit_prior(
    likelihood: np.ndarray,
    times: np.ndarray,
    start: np.ndarray,
    smooth: Callable[[np.ndarray], np.ndarray],
    rounds: int,
) -> np.ndarray:
    """Distribution of rates that makes the counts likely, by EM with a smooth after each round.

    Parameters
    ----------
    likelihood : array of float, shape (distinct, bins)
        Of each distinct count and width at each rate; any scale per row.
    times : array of float, shape (distinct,)
        How many places show it.
    start : array of float, shape (bins,)
        Distribution to start from.
    smooth : function of an array of shape (bins,)
        See `smooth_over`.
    rounds : int
        The smooth makes the result settle: it hardly depends on their number.

    Returns
    -------
    array of float, shape (bins,)
        Sums to 1.

    References
    ----------
    Silverman, Jones, Wilson & Nychka (1990), JRSS B 52(2), 271-324; Laird (1978), JASA 73, 805-811.
    """
    # In the precision of `likelihood`: half of it halves the time, and each row keeps its own bins above zero.
    prior = start.astype(likelihood.dtype)
    share = (times / times.sum()).astype(likelihood.dtype)
    least = np.finfo(likelihood.dtype).tiny
    for _ in range(rounds):
        explained = likelihood @ prior
        prior = smooth(prior * ((share / np.maximum(explained, least)) @ likelihood)).astype(likelihood.dtype)
    return (prior / prior.sum()).astype(float)
