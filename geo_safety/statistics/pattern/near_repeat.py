"""Near repeats: do incidents that are close in space come close in time as well?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_DATES = 10
"""From so many dates on it is no accident that all are the first of a month: they are months."""


@dataclass(frozen=True, eq=False)
class Knox:
    """Pairs of incidents in each band of distance and time; arrays of shape (distance bands, time bands).

    Parameters
    ----------
    distance_bands, time_bands : arrays of float, shape (bands, 2)
        From (inside) and to (outside) of each band.
    observed : array of int
        Pairs of incidents.
    expected : array of float
        Pairs expected if times were shuffled: exact, not sampled.
    ratio : array of float
        Observed over expected; NaN where nothing is expected.
    p : array of float
        How often shuffled times give at least as many pairs: one-sided, never below 1 / (permutations + 1). NaN
        where nothing is expected.
    """

    distance_bands: np.ndarray
    time_bands: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    ratio: np.ndarray
    p: np.ndarray


def knox(
    points: np.ndarray,
    times: np.ndarray,
    *,
    distance_edges: Sequence[float],
    time_edges: Sequence[float],
    permutations: int = 999,
    seed: int,
) -> Knox:
    """Are there more pairs of incidents close in both space and time than places and times explain by themselves?

    Null hypothesis: times are exchangeable between incidents: when an incident happens tells nothing about where. Busy
    places and busy times are both allowed for, places that become busy are not (see below).

    Parameters
    ----------
    points : array of float, shape (n, 2)
        Easting and northing in metres (a projected system, never degrees).
    times : array of float or datetime64, shape (n,)
        Days from any start, or dates. Only for sources with dates: with months, every pair of a month would look alike.
    distance_edges, time_edges : sequence of float
        Rising edges of bands. Bands are **half-open**: [0, 100) holds 0 and not 100. With whole days, [0, 8) is "within
        seven days". A first band [0, 1) metres keeps repeats at the same place apart from near repeats.
    permutations : int
        Shuffles of the times; 0 for none (`p` is then NaN).
    seed : int
        Of the shuffles.

    Returns
    -------
    Knox

    Raises
    ------
    ValueError
        If shapes differ, a value is missing, the dates are only months, or edges do not rise from zero or above.

    Notes
    -----
    The expected number is (pairs in the distance band) x (pairs in the time band) / (all pairs), which is the mean over
    all shuffles. Bands are many tests: take the p-values through `false_discovery`.

    Where a place's rate changes over the window (a shop opens, a scheme starts), pairs are close in both by that alone:
    use windows of at most a year or two. Snapped map points turn neighbours into repeats. It says that near repeats
    exist, not who causes them, and is no forecast for any address.

    References
    ----------
    Knox (1964), Applied Statistics 13(1), 25-30; Mantel (1967), Cancer Research 27, 209-220 (shuffling).
    Townsley, Homel & Chaseling (2003), British Journal of Criminology 43(3), 615-633 (near repeats).

    Examples
    --------
    Two pairs of neighbours, each hit twice within a day; of the six pairs two are near in space and two in time:

    >>> points, days = [[0, 0], [5, 0], [900, 0], [905, 0]], [0, 1, 40, 41]
    >>> found = knox(points, days, distance_edges=[0, 50], time_edges=[0, 8], seed=1)
    >>> found.observed.tolist(), found.expected.round(3).tolist()
    ([[2]], [[0.667]])
    """
    places, days = _events(points, times)
    distances, spans = _edges(distance_edges, "distance_edges"), _edges(time_edges, "time_edges")
    first, second, band = _near_pairs(places, distances)
    shape = (len(distances) - 1, len(spans) - 1)
    observed = _table(band, days[first] - days[second], spans, shape)
    n = len(days)
    all_pairs = n * (n - 1) / 2
    expected = np.outer(np.bincount(band, minlength=shape[0]), _time_pairs(days, spans)) / max(all_pairs, 1)
    reached = np.zeros(shape)
    random = np.random.default_rng(seed)
    for _ in range(permutations):
        shuffled = random.permutation(days)
        reached += _table(band, shuffled[first] - shuffled[second], spans, shape) >= observed
    told = expected > 0
    ratio = np.divide(observed, expected, out=np.full(shape, np.nan), where=told)
    p = np.where(told & (permutations > 0), (reached + 1) / (permutations + 1), np.nan)
    return Knox(_bands(distances), _bands(spans), observed, expected, ratio, p)


def near_repeat_chains(points: np.ndarray, times: np.ndarray, *, distance: float, time: float) -> np.ndarray:
    """Which incidents hang together, each within this distance and time of another one of its chain?

    A description, without null hypothesis: on busy maps long chains come about by chance, see `knox` first.

    Parameters
    ----------
    points : array of float, shape (n, 2)
        Easting and northing in metres.
    times : array of float or datetime64, shape (n,)
        Days from any start, or dates; never months.
    distance, time : float
        Two incidents are linked when they are **less than** this far apart in both (half-open, as in `knox`).

    Returns
    -------
    array of int, shape (n,)
        Number of the chain, from 0 in order of its first incident; -1 for an incident that is linked to no other.

    Raises
    ------
    ValueError
        If shapes differ or a value is missing, the dates are only months, or a limit is not above zero.

    References
    ----------
    Haberman & Ratcliffe (2012), Policing: A Journal of Policy and Practice 6(2), 151-166 (chains).

    Examples
    --------
    >>> near_repeat_chains([[0, 0], [900, 0], [40, 0], [80, 0]], [5, 0, 9, 12], distance=50, time=8).tolist()
    [0, -1, 0, 0]
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    places, days = _events(points, times)
    if not (distance > 0 and time > 0):
        raise ValueError("Limits of a chain must be above zero: nothing is less than zero away.")
    first, second, _ = _near_pairs(places, np.array([0.0, distance]))
    linked = np.abs(days[first] - days[second]) < time
    first, second, n = first[linked], second[linked], len(days)
    _, label = connected_components(coo_matrix((np.ones(len(first), bool), (first, second)), (n, n)), directed=False)
    chained = np.bincount(label, minlength=n)[label] > 1 if n else np.zeros(0, bool)
    chains = np.full(n, -1)
    # Numbered by their first incident; equal times by the order of the rows.
    order = np.argsort(days, kind="stable")
    order = order[chained[order]]
    _, where, again = np.unique(label[order], return_index=True, return_inverse=True)
    chains[order] = np.argsort(np.argsort(where))[again]
    return chains


def _events(points: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    places, days = np.asarray(points, float).reshape(-1, 2), _days(times)
    if days.shape != (len(places),):
        raise ValueError(f"{len(places)} points and times of shape {days.shape}: give one time for each point.")
    if not (np.isfinite(places).all() and np.isfinite(days).all()):
        raise ValueError("A place or time is missing: leave unlocated and undated incidents out, and say how many.")
    return places, days


def _days(times: np.ndarray) -> np.ndarray:
    """Times as days from 1970, or as they are where they are numbers."""
    moments = np.asarray(times)
    if moments.dtype.kind != "M":
        return np.asarray(moments, float)
    dates = moments.astype("datetime64[D]")
    known = dates[~np.isnat(dates)]
    if np.datetime_data(moments.dtype)[0] in {"Y", "M"} or (
        len(known) >= FEWEST_DATES and (known == known.astype("datetime64[M]")).all()
    ):
        raise ValueError(
            "These times are months, not dates: near repeats need the day of each incident. "
            "police.uk publishes months only; ask the police force for dates."
        )
    days = (moments - np.datetime64("1970-01-01", "D")) / np.timedelta64(1, "D")
    return np.asarray(days, float)


def _edges(edges: Sequence[float], name: str) -> np.ndarray:
    found = np.asarray(edges, float)
    if found.ndim != 1 or len(found) < 2 or found[0] < 0 or (np.diff(found) <= 0).any():
        raise ValueError(
            f"`{name}` must rise from zero or above and hold at least two edges, for example [0, 100, 200]."
        )
    return found


def _bands(edges: np.ndarray) -> np.ndarray:
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _near_pairs(places: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both ends of each pair that falls in a band of distance, and the band."""
    from scipy.spatial import cKDTree

    if len(places) < 2:
        return (np.zeros(0, np.int64),) * 3
    pairs = cKDTree(places).query_pairs(edges[-1], output_type="ndarray")
    apart = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T)
    band = np.searchsorted(edges, apart, side="right") - 1
    inside = (band >= 0) & (band < len(edges) - 1)
    return pairs[inside, 0], pairs[inside, 1], band[inside]


def _table(band: np.ndarray, difference: np.ndarray, edges: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Pairs by band of distance and of time."""
    span = np.searchsorted(edges, np.abs(difference), side="right") - 1
    inside = (span >= 0) & (span < shape[1])
    return np.bincount(band[inside] * shape[1] + span[inside], minlength=shape[0] * shape[1]).reshape(shape)


def _time_pairs(days: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Pairs of all incidents in each band of time, from sorted times: the pairs themselves would be too many."""
    ordered = np.sort(days)
    later = np.arange(1, len(ordered) + 1)
    closer = [
        (np.maximum(np.searchsorted(ordered, ordered + edge, side="left"), later) - later).sum() for edge in edges
    ]
    return np.diff(closer)
