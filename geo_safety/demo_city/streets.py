"""Which map points and cells does Doggerland have?

The publisher of police.uk moves each incident to the nearest of a fixed list of anonymous map points, one for several
addresses. So does Doggerland: points along its streets, a few on its bridges (in no ward) and some beyond its outline.
"""

from dataclasses import dataclass

import h3
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_safety.demo_city.geography import (
    METRES_PER_DEGREE,
    ORIGIN,
    FloatArray,
    Geography,
    IntArray,
    degrees,
    random_points,
    shape_in_degrees,
)

RESOLUTION = 9
POINTS_PER_CELL = 3.6  # London: 59,918 points used on 17,342 cells
BRIDGES = 6
OUTSIDE_POINTS = 60
NODE_M, BLOCK = 60.0, 3  # a node each 60 m along streets, a street each third row and column


@dataclass(frozen=True)
class Cells:
    """All H3 cells that touch the outline, sorted by id.

    `rings` has shape (n_cells, 7): the indices of the cell and of its first ring, -1 where the ring leaves the study.
    """

    ids: list[str]
    rings: IntArray

    def around(self, values: FloatArray) -> FloatArray:
        """Sum over each cell and its first ring; the last axis but the first is kept."""
        padded = np.concatenate([values, np.zeros((1, *values.shape[1:]))])
        return padded[self.rings].sum(axis=1)

    @property
    def width(self) -> IntArray:
        """How many study cells each neighbourhood has."""
        return (self.rings >= 0).sum(axis=1)


@dataclass(frozen=True)
class MapPoints:
    """Points that incidents are moved to. `cell` and `ward` are -1 where a point lies in none."""

    lon_lat: FloatArray
    cell: IntArray
    lsoa: IntArray
    ward: IntArray
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.lon_lat)


def make_cells(outline: BaseGeometry) -> Cells:
    """Which cells touch the outline (in degrees)?"""
    ids = sorted(h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(outline), RESOLUTION, contain="overlap"))
    place = {cell: i for i, cell in enumerate(ids)}
    rings = np.full((len(ids), 7), -1, dtype=np.int64)
    for i, cell in enumerate(ids):
        around = sorted(place[other] for other in h3.grid_disk(cell, 1) if other in place)
        rings[i, : len(around)] = around
    return Cells(ids, rings)


def make_streets(rng: np.random.Generator, land: Geography, cells: Cells) -> MapPoints:
    """Map points on a street grid, denser where the city is; the last `2 * BRIDGES` of them lie on bridges."""
    nodes = _street_nodes(rng, land)
    dry = land.outline.buffer(-5).difference(shapely.union_all([land.river, *land.parks]))  # inside after rounding too
    shapely.prepare(dry)
    nodes = nodes[shapely.contains_xy(dry, nodes)]
    built = land.density(nodes)
    chance = np.minimum(built / built.mean() * POINTS_PER_CELL * len(cells.ids) / len(nodes), 0.95)
    kept = rng.random(len(nodes)) < chance
    # Rarer points stand for more addresses, so that incidents follow the density and not its square.
    weight = (built**0.75 / chance)[kept] * rng.lognormal(0, 0.5, kept.sum())
    bridges = _bridge_points(land)
    metres = np.vstack([nodes[kept], bridges])
    return locate_points(metres, np.concatenate([weight, np.full(len(bridges), np.median(weight))]), land, cells)


def points_beyond(rng: np.random.Generator, land: Geography, cells: Cells) -> MapPoints:
    """Map points on the mainland just beyond the outline: a force's file always holds some."""
    ring = land.mainland.intersection(land.outline.buffer(4_000)).difference(land.outline.buffer(400))
    return locate_points(random_points(rng, ring, OUTSIDE_POINTS), np.ones(OUTSIDE_POINTS), land, cells)


def scatter(rng: np.random.Generator, points: MapPoints, land: Geography, cells: Cells) -> MapPoints:
    """Exact places on the roads around map points: each point and two more within some 25 m of it."""
    metres = (points.lon_lat - ORIGIN) * METRES_PER_DEGREE
    around = np.vstack([metres, *(metres + rng.normal(0, 12, metres.shape) for _ in range(2))])
    return locate_points(around, np.tile(points.weight, 3), land, cells)


def locate_points(metres: FloatArray, weight: FloatArray, land: Geography, cells: Cells) -> MapPoints:
    """In which cell, small area and ward does each point lie? Judged on the six decimals that are published."""
    lon_lat = degrees(metres)
    place = {cell: i for i, cell in enumerate(cells.ids)}
    cell = np.array([place.get(h3.latlng_to_cell(lat, lon, RESOLUTION), -1) for lon, lat in lon_lat.tolist()])
    inside = shapely.contains_xy(shape_in_degrees(land.outline), lon_lat)
    points = shapely.points(lon_lat)
    tree = shapely.STRtree(land.zones.lsoas)
    lsoa = np.asarray(tree.nearest(points), dtype=np.int64)
    covered = shapely.covers(np.array(land.zones.lsoas, dtype=object)[lsoa], points)
    ward = np.where(covered, land.zones.lsoa_ward[lsoa], -1)
    return MapPoints(lon_lat, np.where(inside, cell, -1).astype(np.int64), lsoa, ward, weight)


def _street_nodes(rng: np.random.Generator, land: Geography) -> FloatArray:
    """Nodes of a street grid that is turned another way around each town centre."""
    west, south, east, north = land.outline.bounds
    reach = np.hypot(east - west, north - south)
    steps = np.arange(-reach, reach, NODE_M)
    column, row = np.meshgrid(np.arange(len(steps)), np.arange(len(steps)))
    on_street = (column % BLOCK == 0) | (row % BLOCK == 0)
    lattice = np.column_stack([steps[column[on_street]], steps[row[on_street]]])
    towns = np.vstack([land.density.centre, land.density.towns])
    kept = []
    for i, angle in enumerate(rng.uniform(0, np.pi / 2, len(towns))):
        turned = lattice @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        turned = turned[(turned[:, 0] > west) & (turned[:, 0] < east) & (turned[:, 1] > south) & (turned[:, 1] < north)]
        owner = np.argmin([np.hypot(*(turned - town).T) for town in towns], axis=0)
        kept.append(turned[owner == i])
    nodes = np.vstack(kept)
    return nodes + rng.normal(0, 7, nodes.shape)


def _bridge_points(land: Geography) -> FloatArray:
    """Two points on each bridge, in mid-river."""
    course = max(shapely.get_parts(land.centreline.intersection(land.outline)), key=shapely.length)
    shares = np.linspace(0.12, 0.86, BRIDGES)
    return np.array([course.interpolate(s * course.length + d).coords[0] for s in shares for d in (-15.0, 15.0)])
