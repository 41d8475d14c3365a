"""Which zones a scheme covers, and the rings around them."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_safety.cell_layers import is_cells
from geo_safety.neighbours import Neighbours

CELL_RINGS, ZONE_RINGS = 2, 1
"""Two rings of cells are some 600 m at resolution 9; wards and their like are wide enough that one ring does."""


def covered_zones(zones: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Which zones does a boundary, or a set of places, cover?

    Parameters
    ----------
    zones : array of polygons, shape (n_zones,)
        Longitude before latitude.
    shapes : array of polygons or points
        The same.

    Returns
    -------
    array of int
        Places of the zones whose middle lies in a polygon, of the zone around the middle of a polygon that holds no
        middle, and of the zone around each point; sorted, without repeats.

    Examples
    --------
    >>> street = shapely.box([0, 1, 2, 3], 0, [1, 2, 3, 4], 1)
    >>> covered_zones(street, np.array([shapely.box(1.2, 0, 3, 1)])).tolist()
    [1, 2]
    >>> covered_zones(street, shapely.points([[0.5, 0.5], [3.5, 0.5]])).tolist()
    [0, 3]
    """
    tree = shapely.STRtree(zones)
    middles = shapely.STRtree(shapely.centroid(zones))
    found: set[int] = set()
    for shape in np.asarray(shapes, dtype=object):
        inside = middles.query(shape, predicate="contains") if shapely.area(shape) > 0 else np.empty(0, np.int64)
        if not len(inside):
            points = shapely.get_parts(shape) if shape.geom_type == "MultiPoint" else [shapely.point_on_surface(shape)]
            # A point on the border of two zones belongs to the first.
            inside = np.array(
                [near[0] for one in points if len(near := np.sort(tree.query(one, predicate="intersects")))]
            )
        found.update(int(place) for place in inside)
    return np.array(sorted(found), dtype=np.int64)


def rings_of(layer: str) -> int:
    """How many rings of zones make the buffer of this layer?

    Examples
    --------
    >>> rings_of("cells-r9"), rings_of("wards")
    (2, 1)
    """
    return CELL_RINGS if is_cells(layer) else ZONE_RINGS


def ring_around(covered: NDArray[np.int64], touching: Neighbours, *, rings: int) -> NDArray[np.int64]:
    """The zones within so many steps of the covered ones, without these.

    Parameters
    ----------
    touching : Neighbours
        Each zone with those that touch it, itself included.

    Examples
    --------
    >>> from geo_safety.neighbours import from_lists
    >>> street = from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4]])
    >>> ring_around(np.array([0]), street, rings=2).tolist()
    [1, 2]
    """
    within = np.zeros(touching.n, dtype=bool)
    within[covered] = True
    for _ in range(rings):
        within = touching.sum(within) > 0
    within[covered] = False
    return np.flatnonzero(within)


def parts_of(covered: NDArray[np.int64], touching: Neighbours) -> tuple[NDArray[np.int64], ...]:
    """The covered zones as places of their own: zones that touch are one place.

    Examples
    --------
    >>> from geo_safety.neighbours import from_lists
    >>> street = from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4]])
    >>> [part.tolist() for part in parts_of(np.array([0, 1, 4]), street)]
    [[0, 1], [4]]
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    chosen = np.zeros(touching.n, dtype=bool)
    chosen[covered] = True
    among = touching.among(chosen)
    graph = csr_matrix((np.ones(len(among.indices)), among.indices, among.indptr), (among.n, among.n))
    count, label = connected_components(graph, directed=False)
    return tuple(np.flatnonzero(chosen)[label == part] for part in range(count))
