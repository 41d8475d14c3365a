"""The hexagonal grid (H3): the cells of a study, and the cell of each location.

Ids are text everywhere but inside `index_locations`, whose integers are the same ids as H3 counts with them.
"""

from __future__ import annotations

from itertools import chain

import h3
import h3.api.numpy_int as h3_integers
import numpy as np
import shapely

from geo_safety.boundaries import Study, Zones, area_inside_km2, locate
from geo_safety.cell_layers import cell_layer, is_cells
from geo_safety.errors import BoundaryError
from geo_safety.lattice import shared_cells
from geo_safety.sources.arrow import from_numpy, to_numpy

_DECIMALS = 7  # of a degree: about a centimetre
_MANY = 2_000  # locations; for fewer it is not worth while to see which of them share a cell
_COARSER = 2  # levels between the cells that are sought and those that sweep the map for them


def make_cells(study: Study, resolution: int) -> Zones:
    """Which cells touch the study?

    All of them make the layer, also those in which nothing ever happens.

    Parameters
    ----------
    resolution : int
        H3 resolution, 0 to 15; 9 is about 0.1 km².

    Returns
    -------
    Zones
        Sorted by id; whole hexagons with coordinates of 7 decimals, `area_km2` of the part inside the study.

    Raises
    ------
    BoundaryError
        The study reaches the 180th meridian, where a cell has no outline in longitude and latitude.
    """
    shapely.prepare(study.outline)
    ids = _candidates(study.outline, resolution)
    geometry = _outlines(ids, longitude=study.projection.longitude)
    touching = shapely.intersects(study.outline, geometry)
    ids, geometry = ids[touching], geometry[touching]
    if np.abs(shapely.total_bounds(geometry)[[0, 2]]).max() > 180:
        raise BoundaryError(
            "The study reaches the 180th meridian, where a cell has no outline in longitude and latitude.",
            "Leave out [grid] and use boundary layers, or give an outline that ends short of it.",
        )
    none = np.full(len(ids), None, dtype=object)
    return Zones(
        layer=cell_layer(resolution),
        zone_id=np.array([f"{cell:x}" for cell in ids.tolist()]),
        name=none,
        parent=none.copy(),
        geometry=geometry,
        area_km2=area_inside_km2(geometry, study),
        vintage="H3",
    )


def index_locations(longitude: np.ndarray, latitude: np.ndarray, resolution: int) -> np.ndarray:
    """In which cell of the whole world's grid does each location lie?

    Returns
    -------
    array of uint64, shape (n_locations,)

    Examples
    --------
    >>> [f"{cell:x}" for cell in index_locations(np.array([-0.1281]), np.array([51.508]), 9)]
    ['89195da49a3ffff']
    """
    longitude, latitude = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    if len(longitude) < _MANY:
        return _asked_of_h3(longitude, latitude, resolution)
    # Of the locations that share a cell one is asked for.
    shared = from_numpy(shared_cells(longitude, latitude, resolution)).dictionary_encode()
    code = to_numpy(shared.indices)
    newest = np.maximum.accumulate(code)
    first = np.flatnonzero(np.diff(newest, prepend=-1))  # codes are given in order of appearance
    return _asked_of_h3(longitude[first], latitude[first], resolution)[code]


def _asked_of_h3(longitude: np.ndarray, latitude: np.ndarray, resolution: int) -> np.ndarray:
    cell_of = h3_integers.latlng_to_cell
    cells = (
        cell_of(north, east, resolution) for north, east in zip(latitude.tolist(), longitude.tolist(), strict=True)
    )
    return np.fromiter(cells, dtype=np.uint64, count=len(longitude))


def locate_cells(longitude: np.ndarray, latitude: np.ndarray, cells: Zones) -> np.ndarray:
    """Which of these cells does each location lie in?

    Returns
    -------
    array of int32, shape (n_locations,)
        Index into `cells`, -1 for none.
    """
    known = np.fromiter((int(cell, 16) for cell in cells.zone_id.tolist()), dtype=np.uint64, count=len(cells))
    sought = index_locations(longitude, latitude, h3.get_resolution(str(cells.zone_id[0])))
    place = np.minimum(np.searchsorted(known, sought), len(known) - 1)
    return np.where(known[place] == sought, place, -1).astype(np.int32)


def locate_in(longitude: np.ndarray, latitude: np.ndarray, zones: Zones) -> np.ndarray:
    """Which of these zones, cells or others, does each location lie in? As `locate_cells` and `locate` say."""
    find = locate_cells if is_cells(zones.layer) else locate
    return find(longitude, latitude, zones)


def _candidates(outline: shapely.Geometry, resolution: int) -> np.ndarray:
    """Cells among which all that touch the outline are; uint64, sorted.

    H3's own fill tests every fine cell against the whole outline (1.5 s for London at resolution 9). Instead coarse
    cells sweep the map, and only their children are tested. Children reach a little over their parent's edge, so a
    ring of parents is added.
    """
    coarse = max(resolution - _COARSER, 0)
    swept = h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(outline), coarse, contain="overlap")
    parents = {near for cell in swept for near in h3.grid_disk(cell, 1)}
    children = [h3_integers.cell_to_children(h3.str_to_int(parent), resolution) for parent in sorted(parents)]
    return np.unique(np.concatenate(children).astype(np.uint64))


def _outlines(ids: np.ndarray, *, longitude: float) -> np.ndarray:
    boundaries = [h3_integers.cell_to_boundary(cell) for cell in ids.tolist()]
    flat = chain.from_iterable(chain.from_iterable(boundaries))
    corners = np.fromiter(flat, dtype=float).reshape(-1, 2)[:, ::-1]
    owner = np.repeat(np.arange(len(ids)), [len(boundary) for boundary in boundaries])
    # A cell across the 180th meridian has corners at both ends of the map: it is put together on the study's side.
    corners[:, 0] -= 360 * np.round((corners[:, 0] - longitude) / 360)
    return np.asarray(shapely.polygons(shapely.linearrings(np.round(corners, _DECIMALS), indices=owner)))
