"""Coordinate systems of replies: WGS84, and the British National Grid for places in Britain (OGC API - Features, Part 2)."""

from __future__ import annotations

import functools

import numpy as np
import pyproj
import shapely

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
"""WGS84 with longitude before latitude."""

BRITISH_GRID = "http://www.opengis.net/def/crs/EPSG/0/27700"
"""Metres, easting before northing."""

DECIMALS = {CRS84: 7, BRITISH_GRID: 2}
"""Of a degree or metre in GeoJSON: a centimetre."""


def systems_for(bounds: tuple[float, float, float, float] | None) -> tuple[str, ...]:
    """Which systems are offered for a layer within these bounds (west, south, east, north in degrees)?

    Examples
    --------
    >>> systems_for((-0.5, 51.3, 0.3, 51.7)) == (CRS84, BRITISH_GRID)
    True
    >>> systems_for((2.2, 48.8, 2.4, 48.9)) == (CRS84,)
    True
    """
    if bounds is not None:
        west, south, east, north = _grid_reach()
        if west <= bounds[0] and south <= bounds[1] and bounds[2] <= east and bounds[3] <= north:
            return (CRS84, BRITISH_GRID)
    return (CRS84,)


def in_system(geometry: np.ndarray, system: str) -> np.ndarray:
    """Shapes in WGS84 (longitude, latitude) in another system.

    The grid is reached by the national seven-parameter shift, which is right to about 5 m; the survey's own
    grid of shifts (OSTN15) is used where PROJ has it. Police points are moved by more than that anyway.
    """
    if system == CRS84:
        return geometry
    transformer = pyproj.Transformer.from_crs("OGC:CRS84", _epsg(system), always_xy=True)
    return shapely.transform(geometry, lambda degrees: np.column_stack(transformer.transform(*degrees.T)))


def content_crs(system: str) -> str:
    """The system as the header `Content-Crs` names it."""
    return f"<{system}>"


def crs_member(system: str) -> dict[str, object]:
    """What tells readers of GeoJSON that it is not in WGS84; nothing where it is, as RFC 7946 wants.

    The member is that of GeoJSON 2008, which GDAL and QGIS read.
    """
    if system == CRS84:
        return {}
    return {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{system.rsplit('/', 1)[1]}"}}}


@functools.cache
def _grid_reach() -> tuple[float, float, float, float]:
    reach = pyproj.CRS(_epsg(BRITISH_GRID)).area_of_use
    assert reach is not None
    return reach.bounds


def _epsg(system: str) -> str:
    return f"EPSG:{system.rsplit('/', 1)[1]}"
