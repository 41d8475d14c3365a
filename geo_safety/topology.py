"""How well do the zones of one layer fit together, and what of it can be mended?

Zones of a good file cover the ground once: no piece twice, no crack between two. What differs by the width of a pencil
is mended and told; what differs by more is told and left as it is, because only its publisher knows what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_safety.shapes import EqualArea, some

PENCIL_M = 5.0
"""Overlaps, cracks and splinters of a smaller mean width (twice the area over the length of the edge) are mended."""

SPECK_M2 = 1.0
"""What is smaller than this is no finding at all: coordinates are rounded."""

SPLINTER_M2 = 1_000.0
"""A part of a zone is dropped as a splinter only below this size: a long pier is thin as well."""


@dataclass(frozen=True)
class Topology:
    """What was found between the zones of a layer.

    Parameters
    ----------
    overlaps_mended, overlaps_left : tuple of (str, str)
        Pairs of codes that share ground.
    cracks_mended : int
        Enclosed gaps that were given to a neighbour.
    gaps : int
        Enclosed pieces of ground that no zone covers, as large as to be a lake or a missing zone.
    gaps_km2, overlaps_km2 : float
        Their size, as they are left.
    splinters : tuple of str
        Codes of zones that lost a splinter.
    """

    overlaps_mended: tuple[tuple[str, str], ...] = ()
    overlaps_left: tuple[tuple[str, str], ...] = ()
    overlaps_km2: float = 0.0
    cracks_mended: int = 0
    gaps: int = 0
    gaps_km2: float = 0.0
    splinters: tuple[str, ...] = ()

    def notes(self, file: str) -> tuple[str, ...]:
        """All of it in words; empty for a file without fault."""
        found = []
        if self.splinters:
            found.append(f"splinters of {some(self.splinters)} were dropped")
        if self.overlaps_mended:
            found.append(f"narrow overlaps of {_pairs(self.overlaps_mended)} were given to the code that sorts first")
        if self.overlaps_left:
            found.append(
                f"{_pairs(self.overlaps_left)} overlap by {self.overlaps_km2:.3f} km² and were left so; "
                "what lies there is counted for the code that sorts first"
            )
        if self.cracks_mended:
            found.append(f"{self.cracks_mended} narrow cracks between zones were closed")
        if self.gaps:
            found.append(f"{self.gaps} gaps ({self.gaps_km2:.3f} km²) inside the layer belong to no zone")
        return tuple(f"{file}: {text}" for text in found)


def tidy(
    zone_id: NDArray[np.str_], geometry: NDArray[np.object_], projection: EqualArea
) -> tuple[NDArray[np.object_], Topology]:
    """Mend what is narrower than a pencil, and say what was found.

    Parameters
    ----------
    zone_id : array of str, shape (n,)
        Sorted.
    geometry : array of shapely polygons, shape (n,)
        Valid, WGS84.
    projection : EqualArea
        In whose metres widths are taken.

    Returns
    -------
    array of shapely polygons, Topology
        A layer without fault comes back as it is.

    Examples
    --------
    Two plots of which the second reaches two metres into the first:

    >>> plots = np.array([shapely.box(0, 0, 0.01, 0.01), shapely.box(0.00998, 0, 0.02, 0.01)])
    >>> mended, found = tidy(np.array(["a", "b"]), plots, EqualArea(0.01, 0.005))
    >>> found.overlaps_mended, bool(mended[1].equals(shapely.box(0.01, 0, 0.02, 0.01)))
    ((('a', 'b'),), True)
    """
    shapes = geometry.copy()
    splinters = _drop_splinters(zone_id, shapes, projection)
    mended: tuple[tuple[str, str], ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    overlaps_km2 = 0.0
    is_coverage = bool(shapely.coverage_is_valid(shapes))  # zones that share every corner of their borders: most do
    if not is_coverage:
        mended, left, overlaps_km2 = _cut_overlaps(zone_id, shapes, projection)
    whole = shapely.coverage_union_all(shapes) if is_coverage else shapely.union_all(shapes)
    cracks, gaps, gaps_km2 = _close_cracks(shapes, whole, projection)
    return shapes, Topology(mended, left, overlaps_km2, cracks, gaps, gaps_km2, splinters)


def _drop_splinters(zone_id: NDArray[np.str_], shapes: NDArray[np.object_], projection: EqualArea) -> tuple[str, ...]:
    several = np.flatnonzero(shapely.get_num_geometries(shapes) > 1)
    if not len(several):
        return ()
    parts, owner = shapely.get_parts(shapes[several], return_index=True)
    area, width = _size(parts, projection)
    is_splinter = (area < SPECK_M2) | ((width < PENCIL_M / 10) & (area < SPLINTER_M2))
    found = []
    for place in np.unique(owner[is_splinter]).tolist():
        kept = parts[(owner == place) & ~is_splinter]
        if len(kept):
            shapes[several[place]] = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
            found.append(str(zone_id[several[place]]))
    return tuple(found)


def _cut_overlaps(
    zone_id: NDArray[np.str_], shapes: NDArray[np.object_], projection: EqualArea
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], float]:
    """Take narrow overlaps from the zone whose code sorts later, as `boundaries.locate` decides."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    area, width = _size(shapely.intersection(shapes[first], shapes[second]), projection)
    shared = np.flatnonzero(area > SPECK_M2)
    mended, left, left_m2 = [], [], 0.0
    for pair in shared[np.lexsort((second[shared], first[shared]))].tolist():
        one, other = int(first[pair]), int(second[pair])
        names = (str(zone_id[one]), str(zone_id[other]))
        rest = shapely.difference(shapes[other], shapes[one])
        if width[pair] < PENCIL_M and not shapely.is_empty(rest):
            shapes[other] = _surface(rest)
            mended.append(names)
        else:
            left.append(names)
            left_m2 += float(area[pair])
    return tuple(mended), tuple(left), left_m2 / 1e6


def _close_cracks(
    shapes: NDArray[np.object_], whole: shapely.Geometry, projection: EqualArea
) -> tuple[int, int, float]:
    """Give narrow enclosed gaps to the neighbour along the longest edge; count the others."""
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    if not rings:
        return 0, 0, 0.0
    holes = shapely.polygons(rings)
    area, width = _size(holes, projection)
    is_crack = (width < PENCIL_M) & (area > SPECK_M2)
    tree = shapely.STRtree(shapes)
    for hole in holes[is_crack].tolist():
        beside = np.sort(tree.query(hole, predicate="intersects"))
        shared = shapely.length(shapely.intersection(shapes[beside], hole.exterior))
        neighbour = int(beside[np.argmax(shared)])
        shapes[neighbour] = _surface(shapely.union(shapes[neighbour], hole))
    is_gap = (width >= PENCIL_M) & (area > SPECK_M2)
    return int(is_crack.sum()), int(is_gap.sum()), float(area[is_gap].sum()) / 1e6


def _size(shapes: NDArray[np.object_], projection: EqualArea) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Area in m² and mean width in m."""
    metres = projection.project(np.asarray(shapes, dtype=object))
    area, edge = shapely.area(metres), shapely.length(metres)
    return area, np.divide(2 * area, edge, out=np.zeros_like(area), where=edge > 0)


def _surface(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a shape, without the lines that cutting leaves."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return some([f"{one} and {other}" for one, other in pairs])
