"""Which windows a scan found: the best one, and those after it that share no zone with a better one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo_safety.statistics.scan.monte_carlo import TIE, Search, best_intervals, gumbel_p, rank_p


@dataclass(frozen=True, eq=False)
class Cluster:
    """One window that holds more (or fewer) incidents than chance would put there, and how sure that is.

    Parameters
    ----------
    zones : array of int
        Its zones, sorted.
    centre : int
        The zone in its middle.
    radius : float
        Rings of a disc; of a circle the distance to its farthest centre, in the unit of the coordinates.
    first_step, last_step : int
        Steps of time, both included; both 0 in a scan without time.
    observed : int
        Incidents inside.
    expected : float
        Incidents that the null hypothesis puts there.
    ratio : float
        Observed over expected.
    relative_risk : float
        The ratio inside over the ratio outside; infinite where everything is inside.
    log_likelihood_ratio : float
        Of two rates against one: what windows are ranked by.
    p : float
        Share of maps of chance whose **best** window is at least as good, the real map among them. So it already
        allows for having looked through all windows, and is on the safe side for every cluster but the best.
    p_gumbel : float
        The same from a Gumbel distribution: use it where `p` is the smallest that the replicates can give.
    """

    zones: np.ndarray
    centre: int
    radius: float
    first_step: int
    last_step: int
    observed: int
    expected: float
    ratio: float
    relative_risk: float
    log_likelihood_ratio: float
    p: float
    p_gumbel: float


@dataclass(frozen=True, eq=False)
class Scan:
    """What a scan found.

    Parameters
    ----------
    clusters : tuple of Cluster
        Best first. The first is the most likely cluster, whatever its `p`; the others have at most the `p` that was
        asked for, and share no zone with any before them. Empty without incidents.
    null : array of float, shape (replicates,)
        The best log likelihood ratio of each map of chance.
    total : int
        Incidents of the map.
    """

    clusters: tuple[Cluster, ...]
    null: np.ndarray
    total: int


def clusters_of(search: Search, counts: np.ndarray, null: np.ndarray, *, largest_p: float) -> tuple[Cluster, ...]:
    """The most likely cluster, and the next ones that share no zone with a better one.

    Parameters
    ----------
    counts : array of int, shape (n_steps, n)
        The real map.
    null : array of float
        Maxima of the maps of chance.
    largest_p : float
        Clusters after the first end where `p` would be larger.
    """
    scores, intervals = best_intervals(search, counts)
    flat = np.concatenate(scores)
    starts = np.cumsum([0, *map(len, scores)])
    found: list[Cluster] = []
    while (score := float(flat.max())) > TIE:
        p = rank_p(score, null)
        if found and p > largest_p:
            break
        layer, position = _smallest(search, np.flatnonzero(flat >= score - TIE), starts)
        number = int(intervals[layer][position])
        found.append(_cluster(search, counts, layer, position, number, (score, p, gumbel_p(score, null))))
        taken = np.zeros((1, search.windows.n), np.uint32)
        taken[0, found[-1].zones] = 1
        for each, sums in enumerate(search.windows.sums(taken)):
            flat[starts[each] : starts[each + 1]][sums[0] > 0] = 0  # also beside the study, where it is zero already
    return tuple(found)


def _smallest(search: Search, places: np.ndarray, starts: np.ndarray) -> tuple[int, int]:
    """Layer and position of the window with the smallest radius: of equals, without zones that add nothing."""
    layers = np.searchsorted(starts, places, side="right") - 1
    windows = list(zip(layers.tolist(), (places - starts[layers]).tolist(), strict=True))
    return min(windows, key=lambda window: search.windows.radius(*window))


def _cluster(
    search: Search, counts: np.ndarray, layer: int, position: int, number: int, judged: tuple[float, float, float]
) -> Cluster:
    windows, total = search.windows, search.total
    zones = windows.members(layer, position)
    first, end = search.intervals[number]
    observed = int(counts[first:end, zones].sum())
    expected = float(search.weights[search.which[layer][position]] * search.shares[number])
    outside = (total - observed) / (total - expected)
    return Cluster(
        zones=zones,
        centre=int(windows.centres(layer)[position]),
        radius=windows.radius(layer, position),
        first_step=first,
        last_step=end - 1,
        observed=observed,
        expected=expected,
        ratio=observed / expected,
        relative_risk=observed / expected / outside if outside > 0 else float("inf"),
        log_likelihood_ratio=judged[0],
        p=judged[1],
        p_gumbel=judged[2],
    )
