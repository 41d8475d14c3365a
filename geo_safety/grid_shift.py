"""Is a hot cell hot because of where the grid happens to lie? The same points on six grids moved by half a cell."""

from __future__ import annotations

import h3
import numpy as np
from numpy.typing import NDArray

from geo_safety import statistics
from geo_safety.boundaries import Zones
from geo_safety.grid import locate_cells
from geo_safety.hotspots import EVEN_CHANCE
from geo_safety.neighbours import Neighbours

SHIFTS = 6


def shifted_zones(longitude: NDArray[np.float64], latitude: NDArray[np.float64], cells: Zones) -> NDArray[np.int32]:
    """In which cell does each location lie once everything is moved by half a cell, in six directions?

    Moving the points one way is moving the grid the other way.

    Parameters
    ----------
    longitude, latitude : array of float, shape (n_locations,)
        WGS84 degrees.
    cells : Zones
        A layer of cells; half the way to a neighbour is measured at its middle.

    Returns
    -------
    array of int, shape (6, n_locations)
        Index into `cells`, -1 for none.
    """
    middle = str(cells.zone_id[len(cells) // 2])
    north0, east0 = h3.cell_to_latlng(middle)
    shifts = []
    for neighbour in sorted(h3.grid_ring(middle, 1)):
        north, east = h3.cell_to_latlng(neighbour)
        shifts.append(((east - east0) / 2 * np.cos(np.radians(north0)), (north - north0) / 2))
    per_degree = np.cos(np.radians(latitude))
    return np.stack([locate_cells(longitude + east / per_degree, latitude + north, cells) for east, north in shifts])


def count_shifts_hot(
    counts: NDArray[np.float64], neighbours: Neighbours, *, level: float, dispersion: float
) -> NDArray[np.int64]:
    """Under how many of the shifts is each neighbourhood more likely than not at or above the level?

    Parameters
    ----------
    counts : array of float, shape (6, n_cells)
        Incidents of each cell of each moved grid.
    neighbours : Neighbours
        The cell and its first ring.

    Returns
    -------
    array of int, shape (n_cells,)
        0 to 6. Judged without context: the moved grids are a check of the place, not of its surroundings.
    """
    width = neighbours.sum(np.ones(counts.shape[1]))
    hot = [
        statistics.hotspot_probability(neighbours.sum(own), width, level=level, dispersion=dispersion) >= EVEN_CHANCE
        for own in counts
    ]
    return np.sum(hot, axis=0, dtype=np.int64)
