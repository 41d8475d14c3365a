"""The best of all windows, for the real map and for maps that only chance has made.

Most windows of a map of chance are nowhere near the best one. So each window gets the highest count that would still
be ordinary, once; of each map only the few windows above theirs are judged in full. The answer is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from geo_safety.statistics.scan.likelihood import (
    Direction,
    highest_ordinary,
    log_likelihood_ratio,
    lowest_ordinary,
)
from geo_safety.statistics.scan.windows import Windows

Draw = Callable[[np.random.Generator], np.ndarray]
"""Makes one map of chance: counts by step of time and zone, shape (n_steps, n)."""

PILOTS = 9
"""Maps that are judged in full, to learn which counts are ordinary."""

ORDINARY = 0.7
"""Windows below this share of the pilots' smallest maximum are passed over; a map without any other is done anew."""

TIE = 1e-9
"""Scores this close are the same, differently rounded."""

BLOCK = 2**17
"""Windows of all maps that are summed together: they stay in the processor's cache."""

MOST_MAPS = 64
"""Maps drawn together, however few their windows: what one thread does at a time."""


@dataclass(frozen=True, eq=False)
class Search:
    """What is looked for: the windows, what is expected in each, and the intervals of time.

    Parameters
    ----------
    windows : Windows
    total : int
        Incidents of the map.
    most : int
        That a window can hold.
    weights : array of float
        The different expectations over the whole time; the first is zero and stands for "no window".
    which : list of int arrays, each of shape (positions,)
        For each layer the place of each window's expectation in `weights`.
    intervals : tuple of (start, end)
        Steps of time, end excluded; (0, 1) alone for a scan in space only.
    shares : tuple of float
        Part of all incidents that lies in each interval.
    direction : "high", "low" or "both"
    """

    windows: Windows
    total: int
    most: int
    weights: np.ndarray
    which: list[np.ndarray]
    intervals: tuple[tuple[int, int], ...]
    shares: tuple[float, ...]
    direction: Direction

    @property
    def counted(self) -> type[np.unsignedinteger]:
        """The smallest type that holds every window's count and a value above it."""
        return np.uint16 if self.most < np.iinfo(np.uint16).max else np.uint32

    def scores(self, counts: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Log likelihood ratio of windows; zero where the count lies on the side that is not looked for."""
        scores = log_likelihood_ratio(counts, expected, self.total)
        if self.direction == "high":
            return np.where(counts > expected, scores, 0.0)
        return np.where(counts < expected, scores, 0.0) if self.direction == "low" else scores


def search(
    windows: Windows,
    weight: np.ndarray,
    total: int,
    *,
    largest_share: float,
    direction: Direction = "high",
    intervals: Sequence[tuple[int, int]] = ((0, 1),),
    shares: Sequence[float] = (1.0,),
    margins_fixed: bool = False,
) -> Search:
    """Prepare a search through all windows whose expectation is at most `largest_share` of the whole.

    Parameters
    ----------
    weight : array of float, shape (n,)
        Incidents that the null hypothesis puts into each zone over the whole time; they add up to `total`.
    margins_fixed : bool
        Whether every map has just these many incidents in each zone over the whole time.
    """
    if not 0 < largest_share < 1:
        raise ValueError(f"Windows of up to {largest_share:g} of the whole: give a share above 0 and below 1.")
    largest = largest_share * total * (1 + 1e-9)
    sums = []
    for layer, expected in enumerate(windows.exact_sums(weight)):
        # Half a billionth of an incident is what rounding leaves of a window whose zones all have weight zero.
        inside = (windows.centres(layer) >= 0) & (expected > 5e-10) & (expected <= largest)
        sums.append(np.where(inside, expected, 0.0))
    weights, which = np.unique(np.concatenate([[0.0], *sums]), return_inverse=True)
    ends = np.cumsum([len(layer) for layer in sums])
    layers = np.split(which[1:].astype(np.int32), ends[:-1])
    most = round(weights[-1]) if margins_fixed else total
    return Search(windows, total, most, weights, layers, tuple(intervals), tuple(shares), direction)


def null_maxima(search: Search, draw: Draw, *, replicates: int, seed: int, threads: int) -> np.ndarray:
    """The best window's log likelihood ratio on each of many maps that only chance has made.

    Parameters
    ----------
    draw : callable
        Makes one map from a random generator. Each map has its own generator, made of `seed` and its number: so the
        result depends neither on `threads` nor on how maps are put together.

    Returns
    -------
    array of float, shape (replicates,)
    """
    if replicates < 1 or threads < 1:
        raise ValueError(f"{replicates} replicates on {threads} threads: give at least one of both.")
    per_block = max(1, min(MOST_MAPS, BLOCK // max(len(layer) for layer in search.which)))

    def maxima(numbers: np.ndarray, limits: _Limits) -> np.ndarray:
        maps = np.stack([draw(np.random.default_rng([seed, number])) for number in numbers.tolist()])
        return _maxima(search, maps, limits)

    everything = _limits(search, 0.0)
    pilots = np.arange(min(PILOTS, replicates))
    found = [maxima(numbers, everything) for numbers in _blocks(pilots, per_block)]
    limits = _limits(search, ORDINARY * max(0.0, float(np.concatenate(found).min())))
    rest = list(_blocks(np.arange(len(pilots), replicates), per_block))
    with ThreadPoolExecutor(threads) as pool:
        found.extend(pool.map(lambda numbers: maxima(numbers, limits), rest))
        best = np.concatenate(found)
        again = list(_blocks(np.flatnonzero(np.isneginf(best)), per_block))
        for numbers, anew in zip(again, pool.map(lambda numbers: maxima(numbers, everything), again), strict=True):
            best[numbers] = anew
    return np.maximum(best, 0.0)  # a map may have no window of the kind that is looked for


def best_intervals(search: Search, counts: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each window of one map its best interval of time, and how good that one is.

    Parameters
    ----------
    counts : array of int, shape (n_steps, n)

    Returns
    -------
    scores : list of float arrays, each of shape (positions,)
        By layer; zero where there is no window, or nothing of the kind that is looked for.
    intervals : list of int arrays, each of shape (positions,)
        Place of the best interval in `search.intervals`, the first of equals.
    """
    scores = [np.zeros(len(which)) for which in search.which]
    intervals = [np.zeros(len(which), np.int32) for which in search.which]
    for number, (block, share) in enumerate(_in_intervals(search, counts[None])):
        for layer, sums in enumerate(search.windows.sums(block)):
            is_window = np.flatnonzero(search.which[layer])
            expected = search.weights[search.which[layer][is_window]] * share
            found = search.scores(sums[0, is_window].astype(float), expected)
            better = found > scores[layer][is_window]
            scores[layer][is_window[better]] = found[better]
            intervals[layer][is_window[better]] = number
    return scores, intervals


def rank_p(score: float, null: np.ndarray) -> float:
    """How often is the best window of chance at least as good? (1 + number of such maps) / (1 + number of maps).

    Examples
    --------
    >>> rank_p(3.0, np.array([1.0, 2.0, 3.0, 4.0]))
    0.6
    """
    return float((1 + np.count_nonzero(null >= score - TIE)) / (1 + len(null)))


def gumbel_p(score: float, null: np.ndarray) -> float:
    """The same from a Gumbel distribution of the same mean and standard deviation: for p below what ranks can tell.

    NaN for fewer than two maps of chance, or where all are alike.

    References
    ----------
    Abrams, Kulldorff & Kleinman (2010), International Journal of Health Geographics 9, 61.

    Examples
    --------
    Mean 6 and standard deviation 1: scale 0.78, mode 5.55, so a score of 20 is 18.5 scales above it.

    >>> print(f"{gumbel_p(20.0, 6 + np.array([-1, 1]) / np.sqrt(2)):.1e}")
    8.9e-09
    """
    if len(null) < 2 or np.ptp(null) == 0:
        return float("nan")
    scale = np.std(null, ddof=1) * np.sqrt(6) / np.pi
    mode = np.mean(null) - np.euler_gamma * scale
    return float(-np.expm1(-np.exp(-(score - mode) / scale)))


@dataclass(frozen=True, eq=False)
class _Limits:
    """For each interval, by place in `weights`, the highest count that is ordinary and the lowest."""

    high: list[np.ndarray] | None
    low: list[np.ndarray] | None


def _limits(search: Search, floor: float) -> _Limits:
    expected = [search.weights[1:] * share for share in search.shares]

    def by_weight(ordinary: Callable[[np.ndarray, int, float], np.ndarray], no_window: int) -> list[np.ndarray]:
        # `no_window` is a limit that no sum passes, also not the meaningless sums beside the study.
        counts = [np.concatenate([[no_window], ordinary(each, search.total, floor)]) for each in expected]
        return [np.minimum(each, np.iinfo(search.counted).max).astype(search.counted) for each in counts]

    return _Limits(
        high=by_weight(highest_ordinary, np.iinfo(search.counted).max) if search.direction != "low" else None,
        low=by_weight(lowest_ordinary, 0) if search.direction != "high" else None,
    )


def _maxima(search: Search, maps: np.ndarray, limits: _Limits) -> np.ndarray:
    """Best score of each map, -inf where all windows are ordinary; `maps` has the shape (n_maps, n_steps, n)."""
    best = np.full(len(maps), -np.inf)
    for number, (block, share) in enumerate(_in_intervals(search, maps)):
        for layer, sums in enumerate(search.windows.sums(block)):
            which = search.which[layer]
            beyond = np.zeros(sums.shape, bool)
            if limits.high is not None:
                np.greater(sums, limits.high[number].take(which), out=beyond)
            if limits.low is not None:
                beyond |= sums < limits.low[number].take(which)
            at = np.flatnonzero(beyond)
            if len(at):
                of_map, position = np.divmod(at, len(which))
                expected = search.weights[which[position]] * share
                np.maximum.at(best, of_map, search.scores(sums[of_map, position].astype(float), expected))
    return best


def _in_intervals(search: Search, maps: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    """Counts of each map by interval of time, shape (n_maps, n), with the interval's share of all incidents."""
    passed = np.zeros((len(maps), maps.shape[1] + 1, maps.shape[2]), search.counted)
    np.add.accumulate(maps.astype(search.counted), axis=1, out=passed[:, 1:])
    for (start, end), share in zip(search.intervals, search.shares, strict=True):
        yield passed[:, end] - passed[:, start], share


def _blocks(numbers: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
