"""A rate that walks over the log grid: its steps, what the counts say of them, and paths drawn from both.

Plain loops over shifts instead of a matrix product: each place's figures are then the same bit for bit, whichever
places stand beside it and however many threads there are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import gammaln

from geo_safety.statistics.rates.prior import RateGrid

REACH = 5.0
"""Steps further than so many standard deviations do not occur."""

NARROW = 0.8
"""Below so many bins a sampled normal curve has the wrong variance: a step of at most one bin takes its place."""

WORST = -230.0
"""Log likelihood below the best at which a rate stays possible, so that no count, however odd, stops the filter."""


@dataclass(frozen=True)
class Walk:
    """A random walk over the bins that keeps a given distribution for ever.

    Parameters
    ----------
    grid : RateGrid
    start : array of float, shape (bins,)
        The distribution.
    into : array of float, shape (bins, 2 reach + 1)
        `into[x, d]`: probability to come to bin x from bin x + d - reach; 0 from outside the grid.
    """

    grid: RateGrid
    start: np.ndarray
    into: np.ndarray

    @property
    def reach(self) -> int:
        """Longest step, in bins."""
        return self.into.shape[1] // 2


def reversible_walk(grid: RateGrid, prior: np.ndarray, *, variance: float) -> Walk:
    """Random walk of the log rate with normal steps, made reversible for the prior.

    A step is proposed and taken with probability min(1, prior there / prior here) (Metropolis): so the prior stays
    what it is, and places fall back towards usual rates without a parameter for it.

    Parameters
    ----------
    grid : RateGrid
    prior : array of float, shape (bins,)
        Distribution of rates over the map.
    variance : float
        Of the proposed step in log rate.

    References
    ----------
    Metropolis, Rosenbluth, Rosenbluth, Teller & Teller (1953), J. Chemical Physics 21, 1087-1092.
    """
    start = np.maximum(prior, 1e-300)
    start = start / start.sum()
    sd = np.sqrt(variance) / grid.step
    reach = 1 if sd < NARROW else min(int(np.ceil(REACH * sd)), len(start) - 1)
    shift = np.arange(-reach, reach + 1)
    if sd < NARROW:
        proposal = np.array([sd**2 / 2, 1 - sd**2, sd**2 / 2])
    else:
        proposal = np.exp(-0.5 * (shift / sd) ** 2)
        proposal /= proposal.sum()
    around = sliding_window_view(np.pad(start, reach), 2 * reach + 1, axis=0)  # [x, d]: prior at x + d - reach
    with np.errstate(divide="ignore"):
        into = proposal * np.minimum(1.0, start[:, None] / around) * (around > 0)
        leave = proposal * np.minimum(1.0, around / start[:, None])
    leave[:, reach] = 0.0
    into[:, reach] = 1 - leave.sum(axis=1)
    return Walk(grid, start, into)


def count_likelihood(
    counts: np.ndarray, expected: np.ndarray, grid: RateGrid, *, dispersion: float, swing: float
) -> np.ndarray:
    """Likelihood of each count at each rate, its largest value 1.

    Negative binomial, mean mu = rate ratio x expected and variance dispersion mu + swing mu².

    Parameters
    ----------
    counts, expected : arrays of float, shape (m,)
    grid : RateGrid

    Returns
    -------
    array of float, shape (m, bins)
    """
    (count, mean), place = np.unique(np.stack([counts, expected]), axis=1, return_inverse=True)
    mu = mean[:, None] * grid.rates
    beyond = dispersion - 1 + swing * mu  # variance over mean, less Poisson's 1
    size = mu / beyond
    count = count[:, None]
    logs = gammaln(count + size) - gammaln(size) + count * np.log(beyond) - (count + size) * np.log1p(beyond)
    logs -= logs.max(axis=1, keepdims=True)
    return np.exp(np.maximum(logs, WORST))[place]


def draw_paths(
    walk: Walk,
    likelihoods: list[np.ndarray | None],
    uniforms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Paths of the rate that are as likely as the counts make them: filter forward, draw backward.

    Parameters
    ----------
    walk : Walk
    likelihoods : list of arrays of float, shape (m, bins), or None
        For each time; None where nothing was seen.
    uniforms : array of float, shape (m, times, paths)
        Random numbers in [0, 1).

    Returns
    -------
    states : array of int16, shape (m, paths, times)
        Bins of the grid.
    inside : array of float, shape (m, paths)
        Place of the path inside its bins, -0.5 to 0.5: rates are spread evenly inside.

    References
    ----------
    Frühwirth-Schnatter (1994), J. Time Series Analysis 15(2), 183-202.
    """
    m, times, paths = uniforms.shape
    filtered = _filter(walk, likelihoods, m)
    states = np.empty((m, paths, times), np.int16)
    last = np.cumsum(filtered[-1][:, walk.reach : -walk.reach], axis=1)
    row = np.repeat(np.arange(m), paths)
    # One random number a path, spread over the places' distribution: shares of paths vary less than by free draws.
    level = np.minimum((np.arange(paths) + uniforms[:, -1]) / paths, 1 - 2.0**-53)
    state, inside = _draw(last, row, level.ravel())
    states[:, :, -1] = state.reshape(m, paths)
    for t in range(times - 2, -1, -1):
        state = _step_back(walk, filtered[t], row, state, uniforms[:, t].ravel())
        states[:, :, t] = state.reshape(m, paths)
    return states, inside.reshape(m, paths) - 0.5


def _filter(walk: Walk, likelihoods: list[np.ndarray | None], m: int) -> list[np.ndarray]:
    """Distribution over the bins at each time, given the counts up to it; padded with `reach` zeros at both ends."""
    bins, reach = len(walk.start), walk.reach
    filtered: list[np.ndarray] = []
    now = np.broadcast_to(walk.start, (m, bins))
    for t, likelihood in enumerate(likelihoods):
        if t > 0:
            before = filtered[-1]
            now = np.zeros((m, bins))
            for d in range(2 * reach + 1):
                now += before[:, d : d + bins] * walk.into[:, d]
        now = now if likelihood is None else now * likelihood
        now = now / now.sum(axis=1, keepdims=True)
        filtered.append(np.pad(now, ((0, 0), (reach, reach))))
    return filtered


def _step_back(
    walk: Walk, filtered: np.ndarray, row: np.ndarray, state: np.ndarray, uniforms: np.ndarray
) -> np.ndarray:
    """State of each path one time earlier. Paths of a place in one bin share their distribution: made once."""
    bins, reach = len(walk.start), walk.reach
    used = np.zeros((len(filtered), bins), bool)
    used[row, state] = True
    number = np.cumsum(used).reshape(used.shape) - 1
    place, bin_ = np.nonzero(used)
    windows = sliding_window_view(filtered, 2 * reach + 1, axis=1)
    shares = np.cumsum(windows[place, bin_] * walk.into[bin_], axis=1)
    shift, _ = _draw(shares, number[row, state], uniforms)
    return state + shift - reach


def _draw(cumulated: np.ndarray, row: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First column whose cumulated share exceeds each random number, and how far inside its share that lies.

    Parameters
    ----------
    cumulated : array of float, shape (rows, columns)
    row : array of int, shape (draws,)
    uniforms : array of float, shape (draws,)
        In [0, 1).
    """
    columns = cumulated.shape[1]
    flat, first = cumulated.ravel(), row * columns
    wanted = uniforms * cumulated[:, -1][row]
    low = np.zeros(len(row), np.int64)
    high = np.full(len(row), columns - 1)
    for _ in range(int(np.ceil(np.log2(columns)))):
        middle = (low + high) >> 1
        over = flat[first + middle] > wanted
        high = np.where(over, middle, high)
        low = np.where(over, low, np.minimum(middle + 1, high))
    below = np.where(low > 0, flat[first + np.maximum(low - 1, 0)], 0.0)
    share = flat[first + low] - below
    return low, np.divide(wanted - below, share, out=np.full(len(row), 0.5), where=share > 0)


def uniforms_of(zone_id: str, *, seed: int, times: int, paths: int) -> np.ndarray:
    """Random numbers that belong to a zone: the same whichever zones and processes there are.

    Returns
    -------
    array of float in [0, 1), shape (times, paths)
    """
    digest = hashlib.blake2b(f"{seed}:{zone_id}".encode(), digest_size=16).digest()
    generator = np.random.Philox(key=int.from_bytes(digest, "little"))
    # Straight from the bits: numpy promises them for ever, not what it makes of them.
    return (generator.random_raw(times * paths) >> np.uint64(11)).reshape(times, paths) * 2.0**-53
