"""Who is near whom: for each zone the zones around it, prepared once and summed over many times.

A neighbourhood holds the zone itself: of a cell, the cell and its first ring; of a ward, the ward alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For each zone the indices of its neighbours, in compressed rows.

    Parameters
    ----------
    indptr : array of int, shape (n + 1,)
        Row i is `indices[indptr[i]:indptr[i + 1]]`.
    indices : array of int
        Places of neighbours in the zone list, sorted within each row, without repeats.
    n : int
        Number of zones.
    """

    indptr: np.ndarray
    indices: np.ndarray
    n: int

    @property
    def sizes(self) -> np.ndarray:
        """How many neighbours each zone has, itself included where it is its own neighbour."""
        return np.diff(self.indptr)

    def of(self, zone: int) -> np.ndarray:
        """The neighbours of one zone."""
        return self.indices[self.indptr[zone] : self.indptr[zone + 1]]

    @property
    def rows(self) -> np.ndarray:
        """The zone that each entry of `indices` belongs to."""
        return np.repeat(np.arange(self.n), self.sizes)

    def sum(self, values: np.ndarray) -> np.ndarray:
        """Sum over each zone's neighbours; missing values are not allowed (see `totals`).

        Parameters
        ----------
        values : array, shape (n,) or (n, anything)
            One row a zone, for example its months.

        Returns
        -------
        array of the shape of `values`
            Zero for a zone without neighbours.
        """
        values = np.asarray(values)
        if values.shape[:1] != (self.n,):
            raise ValueError(f"`values` has shape {values.shape}, but there are {self.n} zones: give one row a zone.")
        dtype = np.add.reduce(values[:0]).dtype  # int64 for booleans and small integers
        if len(self.indices) == 0:
            return np.zeros(values.shape, dtype)
        # `reduceat` gives an empty segment the value of the next one: so only zones with neighbours take part.
        filled = self.sizes > 0
        sums = np.add.reduceat(values[self.indices], self.indptr[:-1][filled], axis=0, dtype=dtype)
        if filled.all():
            return sums
        out = np.zeros(values.shape, dtype)
        out[filled] = sums
        return out

    def totals(self, values: np.ndarray, exposure: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Count and width of each zone's neighbourhood, leaving out zones that were not answered for.

        Parameters
        ----------
        values : array of float, shape (n,)
            Incidents per zone; NaN where no feed answers for the zone.
        exposure : array of float, shape (n,), optional
            Width of each zone, for example its area in km²; by default every zone counts as one cell.

        Returns
        -------
        counts, width : arrays of float, shape (n,)
            Sums over the answered neighbours; NaN for a zone that is not answered for itself.
        """
        values = np.asarray(values, float)
        answered = ~np.isnan(values)
        width = np.ones(self.n) if exposure is None else np.asarray(exposure, float)
        if answered.all():
            return self.sum(values), self.sum(width)
        counts = self.sum(np.where(answered, values, 0.0))
        widths = self.sum(np.where(answered, width, 0.0))
        return np.where(answered, counts, np.nan), np.where(answered, widths, np.nan)

    def among(self, chosen: np.ndarray) -> Neighbours:
        """The neighbours of the chosen zones among themselves, renumbered in their order.

        Parameters
        ----------
        chosen : array of bool, shape (n,)
            Zones to keep.
        """
        chosen = np.asarray(chosen, bool)
        if chosen.all():
            return self
        kept = chosen[self.indices] & chosen[self.rows]
        number = np.cumsum(chosen) - 1
        sizes = np.bincount(number[self.rows[kept]], minlength=int(chosen.sum()))
        return Neighbours(np.concatenate(([0], np.cumsum(sizes))), number[self.indices[kept]], int(chosen.sum()))

    def rings(self, first: int, last: int | None = None) -> Neighbours:
        """Zones at a distance of `first` to `last` steps, walking from neighbour to neighbour.

        Parameters
        ----------
        first, last : int
            Both inside; `last` defaults to `first`. Distance 1 are the neighbours, the zone itself is at 0.

        Examples
        --------
        Five zones in a street: two steps from the first is the third.

        >>> street = from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4]])
        >>> street.rings(2).sum([1, 2, 3, 4, 5]).tolist()
        [3, 4, 6, 2, 3]
        """
        from scipy.sparse import csr_matrix, identity

        last = first if last is None else last
        if not 1 <= first <= last:
            raise ValueError(f"Rings {first} to {last}: give 1 <= first <= last.")
        one_step = csr_matrix((np.ones(len(self.indices), np.int32), self.indices, self.indptr), (self.n, self.n))
        one_step = one_step.maximum(identity(self.n, np.int32, format="csr"))
        disc = inner = identity(self.n, np.int32, format="csr")
        for distance in range(1, last + 1):
            inner = disc if distance == first else inner
            disc = disc @ one_step
            disc.data[:] = 1  # paths are not counted, and their number would overflow
        ring = (disc - inner).tocsr()
        ring.eliminate_zeros()
        ring.sort_indices()
        return Neighbours(ring.indptr.astype(np.int64), ring.indices.astype(np.int64), self.n)


def from_lists(lists: Sequence[Sequence[int]]) -> Neighbours:
    """Neighbours from one list of indices a zone, **itself included**.

    Parameters
    ----------
    lists : sequence of sequences of int
        `lists[i]` holds the places of zone i's neighbours and i itself, in any order; repeats count once.

    Raises
    ------
    ValueError
        If an index is outside the zone list, or a zone is not in its own list.

    Examples
    --------
    >>> from_lists([[0, 1], [0, 1, 2], [1, 2]]).sum([5, 0, 1]).tolist()
    [5, 6, 1]
    """
    n = len(lists)
    rows = [np.unique(np.asarray(row, dtype=np.int64)) for row in lists]
    indices = np.concatenate(rows) if n else np.empty(0, np.int64)
    if len(indices) and (indices.min() < 0 or indices.max() >= n):
        raise ValueError(
            f"A neighbour's index is outside 0..{n - 1}: number the zones from 0 in the order of the lists."
        )
    found = Neighbours(np.cumsum([0, *map(len, rows)]), indices, n)
    own = np.bincount(found.rows[indices == found.rows], minlength=n)
    if not own.all():
        raise ValueError(
            f"Zone {int(np.flatnonzero(own == 0)[0])} is not in its own list: add each zone to its neighbours."
        )
    return found


def from_cells(cell_ids: Sequence[str], ring: int = 1) -> Neighbours:
    """Each H3 cell and the cells within `ring` steps of it, as far as they belong to the study.

    Parameters
    ----------
    cell_ids : sequence of str
        H3 indexes of one resolution, without repeats; their order numbers the zones.
    ring : int
        Largest grid distance, 1 by default.

    Raises
    ------
    ValueError
        If a cell comes twice.
    """
    from h3.api import numpy_int as h3

    cells = np.fromiter((int(cell, 16) for cell in cell_ids), np.uint64, len(cell_ids))
    order = np.argsort(cells)
    ordered = cells[order]
    if len(cells) > 1 and (ordered[1:] == ordered[:-1]).any():
        raise ValueError("A cell comes twice in `cell_ids`: give each cell once.")
    discs = [h3.grid_disk(cell, ring) for cell in cells.tolist()]
    if not discs:
        return Neighbours(np.zeros(1, np.int64), np.empty(0, np.int64), 0)
    near = np.concatenate(discs)
    row = np.repeat(np.arange(len(cells)), [len(disc) for disc in discs])
    place = np.minimum(np.searchsorted(ordered, near), len(cells) - 1)
    inside = ordered[place] == near
    return _from_pairs(row[inside], order[place[inside]], len(cells))


def itself(n: int) -> Neighbours:
    """Every zone as its own and only neighbour: the neighbourhood of wards and boroughs.

    Parameters
    ----------
    n : int
        Number of zones.
    """
    return Neighbours(np.arange(n + 1), np.arange(n), n)


def from_polygons(geometries: Sequence, *, tolerance: float = 1.0) -> Neighbours:
    """Each polygon and those that touch it, at an edge or a corner.

    Parameters
    ----------
    geometries : sequence of shapely geometries
        In a projected coordinate system: distances are in its unit.
    tolerance : float
        Polygons at most this far apart touch: generalised boundaries leave slivers between them.
    """
    import shapely

    shapes = np.asarray(geometries, dtype=object)
    row, near = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=tolerance)
    everyone = np.arange(len(shapes))  # an empty geometry touches nothing, yet is its own neighbour
    pairs = np.unique(np.stack([np.concatenate([row, everyone]), np.concatenate([near, everyone])]), axis=1)
    return _from_pairs(pairs[0], pairs[1], len(shapes))


def _from_pairs(rows: np.ndarray, near: np.ndarray, n: int) -> Neighbours:
    order = np.lexsort((near, rows))
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=n))))
    return Neighbours(indptr, near[order].astype(np.int64), n)
