"""A study's outline from its points alone, for places whose boundary is not at hand.

Where an incident was recorded is in the study; where none was may be outside it or quiet, and points cannot tell which.
So the outline is drawn generously, in large cells, and says that it is one. Rates over the study are then rates over the
places where something happened at all: a true boundary is always better.
"""

from __future__ import annotations

import h3
import numpy as np
import shapely
from numpy.typing import NDArray

RESOLUTION = 7
"""Cells of about 5 km²: a town is a handful of them, and parks and rivers inside it leave no hole."""

SMALLEST_PART = 0.01
"""Parts of the map that hold a smaller share of the incidents are taken for strays."""

REACH = 2
"""Cells of one part are at most so many steps apart."""


def outline_around(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], incidents: NDArray[np.int64]
) -> shapely.Geometry:
    """The large cells that hold incidents, without strays and without holes.

    Parameters
    ----------
    longitude, latitude : array of float, shape (n_locations,)
        WGS84 degrees; at least one location.
    incidents : array of int, shape (n_locations,)
        Incidents of each location.

    Returns
    -------
    shapely geometry
        WGS84, longitude before latitude.

    Examples
    --------
    Two places near one another, and a stray far away:

    >>> around = outline_around(np.array([0.0, 0.01, 5.0]), np.array([50.0, 50.0, 50.0]), np.array([500, 500, 1]))
    >>> shapely.intersects_xy(around, [0.0, 0.01, 5.0], [50.0, 50.0, 50.0]).tolist()
    [True, True, False]
    """
    held: dict[str, int] = {}
    for east, north, number in zip(longitude.tolist(), latitude.tolist(), incidents.tolist(), strict=True):
        cell = h3.latlng_to_cell(north, east, RESOLUTION)
        held[cell] = held.get(cell, 0) + number
    parts = _parts(set(held))
    enough = SMALLEST_PART * sum(held.values())
    kept = [part for part in parts if sum(held[cell] for cell in part) >= enough]
    kept = kept or [max(parts, key=lambda part: (sum(held[cell] for cell in part), min(part)))]
    cells = sorted(cell for part in kept for cell in part)
    rings = [h3.cell_to_boundary(cell) for cell in cells]
    union = shapely.union_all([shapely.Polygon([(east, north) for north, east in ring]) for ring in rings])
    return shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(union)])


def _parts(cells: set[str]) -> list[list[str]]:
    """Groups of cells in which each can be reached from each in short steps."""
    left = set(cells)
    parts = []
    while left:
        part = [min(left)]
        left.discard(part[0])
        for cell in part:  # grows while it is walked
            near = left.intersection(h3.grid_disk(cell, REACH))
            left -= near
            part += sorted(near)
        parts.append(part)
    return parts
