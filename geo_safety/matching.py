"""Comparison places: areas of the same size elsewhere that were like this one before the scheme.

An area is a zone with the zones nearest to it, as many as the place has. It is likened by what was recorded *before*
alone; what came after takes no part, or the answer would be in the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety.neighbours import Neighbours

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FACTOR = 2.0
"""A comparison area's level is at most so many times that of the place, and at least one over it."""

FEWEST_AREAS = 3
"""Fewer comparison areas say nothing."""

POOL = 60
"""Further areas like the place that tell how much places drift by themselves."""

BALANCED = 0.25
"""Standardised differences up to here are small (Stuart 2010)."""

MOST_ENTRIES = 400_000
"""Zones in all candidate areas together; beyond, only every so many zones start one."""

WIDEST = 1.5
"""An area that lies so many times farther apart than the usual one has a gap in it."""


@dataclass(frozen=True)
class Candidates:
    """Areas of one size all over the study.

    Parameters
    ----------
    zones : array of int, shape (n_areas, size)
        Zones of each, the one in its middle first.
    ring_start, ring_zones : arrays of int
        Zones of the ring around area i: `ring_zones[ring_start[i]:ring_start[i + 1]]`.
    """

    zones: IntArray
    ring_start: IntArray
    ring_zones: IntArray

    def ring(self, area: int) -> IntArray:
        """Zones of the ring around one area."""
        return self.ring_zones[self.ring_start[area] : self.ring_start[area + 1]]

    def ring_sum(self, values: FloatArray) -> FloatArray:
        """Sum of zones' values over each area's ring."""
        upto = np.concatenate(([0.0], np.cumsum(values[self.ring_zones])))
        return upto[self.ring_start[1:]] - upto[self.ring_start[:-1]]


@dataclass(frozen=True)
class Likeness:
    """One thing by which areas are likened.

    Parameters
    ----------
    name : str
        For the balance table.
    unit : str
        Of the values.
    own : float
        The place's value.
    others : array of float, shape (n_areas,)
        The candidates' values.
    weight : float
        How much it counts.
    """

    name: str
    unit: str
    own: float
    others: FloatArray
    weight: float = 1.0


@dataclass(frozen=True)
class Balance:
    """One row of the balance table.

    Parameters
    ----------
    place, chosen, all_areas : float
        Value of the place, mean of the chosen areas, mean of all candidates.
    difference, difference_before : float
        Standardised: (place - mean) / standard deviation of the candidates; after and before the choice.
    """

    name: str
    unit: str
    place: float
    chosen: float
    all_areas: float
    difference: float
    difference_before: float

    @property
    def is_balanced(self) -> bool:
        """Whether the difference is small."""
        return bool(abs(self.difference) <= BALANCED)


@dataclass(frozen=True)
class Matched:
    """What was found for one place.

    Parameters
    ----------
    areas : array of int
        Rows of the candidates that were chosen, the most alike first.
    pool : array of int
        Those and further ones, none of which share a zone.
    distance : array of float
        How unlike each of `areas` is: weighted root mean square of standardised differences.
    balance : tuple of Balance
    """

    areas: IntArray
    pool: IntArray
    distance: FloatArray
    balance: tuple[Balance, ...]


def candidate_areas(
    centres: FloatArray, size: int, usable: NDArray[np.bool_], touching: Neighbours, *, rings: int,
    seeds: NDArray[np.bool_] | None = None,
) -> Candidates:  # fmt: skip
    """All areas of one size that hold usable zones alone.

    Parameters
    ----------
    centres : array of float, shape (n_zones, 2)
        Middles of the zones in metres.
    size : int
        Zones of an area.
    usable : array of bool, shape (n_zones,)
        Zones that may serve: far enough away, with data, without a scheme of their own.
    touching : Neighbours
        Each zone with those that touch it.
    rings : int
        Width of the ring around each.
    seeds : array of bool, shape (n_zones,), optional
        Zones that an area may be built around; all usable ones otherwise.
    """
    from scipy.spatial import KDTree

    starts = np.flatnonzero(usable if seeds is None else usable & seeds)
    starts = starts[:: max(1, -(-len(starts) * size // MOST_ENTRIES))]
    if not len(starts) or size > len(centres):
        return Candidates(np.empty((0, size), np.int64), np.zeros(1, np.int64), np.empty(0, np.int64))
    apart, near = KDTree(centres).query(centres[starts], k=size)
    near, apart = near.reshape(len(starts), size), apart.reshape(len(starts), size)
    keep = usable[near].all(axis=1)
    if size > 1 and keep.any():
        keep &= apart[:, -1] <= WIDEST * np.median(apart[keep, -1])
    zones = near[keep].astype(np.int64)
    return Candidates(zones, *_rings(zones, touching, rings))


def _rings(zones: IntArray, touching: Neighbours, rings: int) -> tuple[IntArray, IntArray]:
    """Zones within so many steps of each area, without its own."""
    from scipy.sparse import csr_matrix

    n_areas, size = zones.shape
    step = csr_matrix((np.ones(len(touching.indices), np.int32), touching.indices, touching.indptr), (touching.n,) * 2)
    own = csr_matrix((np.ones(zones.size, np.int32), zones.ravel(), np.arange(0, zones.size + 1, size)),
                     (n_areas, touching.n))  # fmt: skip
    within = own
    for _ in range(rings):
        within = within @ step
        within.data[:] = 1  # paths are not counted
    ring = (within - within.multiply(own)).tocsr()
    ring.eliminate_zeros()
    ring.sort_indices()
    return ring.indptr.astype(np.int64), ring.indices.astype(np.int64)


def match(
    candidates: Candidates, likenesses: Sequence[Likeness], *, level: str, wanted: int, taken: NDArray[np.bool_]
) -> Matched:
    """The areas most like a place.

    Parameters
    ----------
    likenesses : sequence of Likeness
        What they are likened by.
    level : str
        Name of the one, a logarithm, that must be within `FACTOR`.
    wanted : int
        Areas to choose.
    taken : array of bool, shape (n_zones,)
        Zones that other places' areas hold already.

    Returns
    -------
    Matched
        Fewer areas than wanted, or none, where there are no more of about this level. No two share a zone, and none
        lies in the ring of another.
    """
    spread = [max(float(np.std(one.others)), 1e-6) if len(one.others) else 1.0 for one in likenesses]
    weights = np.array([one.weight for one in likenesses])
    apart = np.array([(one.others - one.own) / sd for one, sd in zip(likenesses, spread, strict=True)])
    distance = np.sqrt((weights[:, None] * apart**2).sum(axis=0) / weights.sum())
    of_level = next(one for one in likenesses if one.name == level)
    alike = np.abs(of_level.others - of_level.own) <= np.log(FACTOR)
    order = np.argsort(distance, kind="stable")  # ties in the order of the zones
    chosen, pool = _apart(candidates, order[alike[order]], wanted, taken)
    picked = np.array(chosen, dtype=np.int64)
    rows = tuple(
        Balance(
            one.name,
            one.unit,
            one.own,
            float(one.others[picked].mean()) if len(picked) else float("nan"),
            float(one.others.mean()) if len(one.others) else float("nan"),
            float((one.own - one.others[picked].mean()) / sd) if len(picked) else float("nan"),
            float((one.own - one.others.mean()) / sd) if len(one.others) else float("nan"),
        )
        for one, sd in zip(likenesses, spread, strict=True)
    )
    return Matched(picked, np.array(pool, dtype=np.int64), distance[picked], rows)


def _apart(
    candidates: Candidates, order: IntArray, wanted: int, taken: NDArray[np.bool_]
) -> tuple[list[int], list[int]]:
    """The first areas in this order that keep apart, and further ones that share no zone."""
    held, near = taken.copy(), taken.copy()
    chosen: list[int] = []
    pool: list[int] = []
    for area in order.tolist():
        zones = candidates.zones[area]
        if held[zones].any():
            continue
        if len(chosen) < wanted and not near[zones].any():
            chosen.append(area)
            near[candidates.ring(area)] = True
            near[zones] = True
        pool.append(area)
        held[zones] = True
        if len(pool) >= POOL and len(chosen) >= wanted:
            break
    return chosen, pool


def level_of(counts: FloatArray | float, width: FloatArray | float) -> FloatArray:
    """Logarithm of incidents per zone, defined for none too."""
    return np.log((np.asarray(counts, float) + 1) / np.asarray(width, float))


def trend_of(earlier: FloatArray | float, later: FloatArray | float) -> FloatArray:
    """Logarithm of the change from one half of the time before to the other; small counts are drawn to none."""
    return np.log((np.asarray(later, float) + 10) / (np.asarray(earlier, float) + 10))


def summed(values: Mapping[str, FloatArray], zones: IntArray) -> dict[str, FloatArray]:
    """Sums of zones' values over areas, by name; `zones` has one row an area."""
    return {name: each[zones].sum(axis=-1) for name, each in values.items()}
