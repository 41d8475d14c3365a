"""Half-cell shifts of the grid: where points go, and what survives."""

from __future__ import annotations

import h3
import numpy as np
import shapely

from geo_safety.boundaries import Zones
from geo_safety.grid_shift import SHIFTS, count_shifts_hot, shifted_zones
from geo_safety.neighbours import from_cells

CENTRE = h3.latlng_to_cell(54.7, 1.7, 9)
IDS = np.array(sorted(h3.grid_disk(CENTRE, 8)))


def cells() -> Zones:
    none = np.full(len(IDS), None, dtype=object)
    shapes = np.array([shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(cell)]) for cell in IDS])
    return Zones("cells-r9", IDS, none, none, shapes, np.full(len(IDS), 0.09))


def test_a_point_in_the_middle_of_a_cell_goes_half_way_to_each_neighbour():
    north, east = h3.cell_to_latlng(CENTRE)
    zones = shifted_zones(np.array([east]), np.array([north]), cells())
    assert zones.shape == (SHIFTS, 1)
    reached = {IDS[place] for place in zones[:, 0]}
    assert reached <= {CENTRE, *h3.grid_ring(CENTRE, 1)}
    # A little further than half way, each direction reaches another neighbour.
    ring = sorted(h3.grid_ring(CENTRE, 1))
    for neighbour in ring:
        to_north, to_east = h3.cell_to_latlng(neighbour)
        nudged = shifted_zones(
            np.array([east + 0.1 * (to_east - east)]), np.array([north + 0.1 * (to_north - north)]), cells()
        )
        assert IDS.tolist().index(neighbour) in nudged[:, 0].tolist()


def test_a_wide_hot_place_survives_all_shifts_and_a_quiet_map_none():
    rng = np.random.default_rng(3)
    near = from_cells(IDS.tolist())
    rate = np.full(len(IDS), 5.0)
    rate[np.isin(IDS, h3.grid_disk(CENTRE, 2))] = 60.0
    hot = count_shifts_hot(rng.poisson(rate, (SHIFTS, len(IDS))).astype(float), near, level=3.0, dispersion=1.0)
    assert hot[IDS.tolist().index(CENTRE)] == SHIFTS
    quiet = count_shifts_hot(rng.poisson(5.0, (SHIFTS, len(IDS))).astype(float), near, level=3.0, dispersion=1.0)
    assert quiet.max() == 0


def test_only_the_shifts_in_which_it_is_hot_count():
    rng = np.random.default_rng(3)
    near = from_cells(IDS.tolist())
    rate = np.full((SHIFTS, len(IDS)), 5.0)
    rate[:2, np.isin(IDS, h3.grid_disk(CENTRE, 2))] = 60.0
    hot = count_shifts_hot(rng.poisson(rate).astype(float), near, level=3.0, dispersion=1.0)
    assert hot[IDS.tolist().index(CENTRE)] == 2
