from __future__ import annotations

import h3
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.buffers import covered_zones, parts_of, ring_around, rings_of
from geo_safety.neighbours import from_cells

CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(54.7, 1.7, 9), 8))
SHAPES = np.array(
    [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in CELLS], dtype=object
)
TOUCHING = from_cells(CELLS)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(CELLS) - 1), st.integers(0, 2))
def test_two_rings_are_those_of_the_grid(place, size):
    own = [cell for cell in h3.grid_disk(CELLS[place], size) if cell in set(CELLS)]
    covered = np.array(sorted(CELLS.index(cell) for cell in own))
    ring = {CELLS[zone] for zone in ring_around(covered, TOUCHING, rings=rings_of("cells-r9"))}
    near = set().union(*(h3.grid_disk(cell, 2) for cell in own)) & set(CELLS)
    assert ring == near - set(own)


def test_a_boundary_covers_the_zones_whose_middle_it_holds():
    own = sorted(h3.grid_disk(CELLS[100], 1))
    shape = shapely.union_all(SHAPES[np.isin(CELLS, own)])
    assert [CELLS[zone] for zone in covered_zones(SHAPES, np.array([shape]))] == own
    assert len(covered_zones(SHAPES, np.array([shapely.buffer(shape, 0.0005)]))) == len(own)


def test_a_small_boundary_and_a_point_cover_the_zone_around_them():
    middle = shapely.centroid(SHAPES[40])
    for shape in (shapely.buffer(middle, 1e-5), middle, shapely.MultiPoint([middle])):
        assert covered_zones(SHAPES, np.array([shape])).tolist() == [40]
    assert covered_zones(SHAPES, np.array([shapely.Point(0, 0)])).tolist() == []
    corner = shapely.Point(shapely.get_coordinates(SHAPES[40])[0])  # of up to three zones: it counts once
    assert len(covered_zones(SHAPES, np.array([corner]))) == 1


def test_places_of_a_set_that_touch_are_one():
    pair, alone = [CELLS[0], next(c for c in h3.grid_ring(CELLS[0], 1) if c in set(CELLS))], CELLS[-1]
    covered = np.array(sorted(CELLS.index(cell) for cell in (*pair, alone)))
    assert sorted(len(part) for part in parts_of(covered, TOUCHING)) == [1, 2]
    assert np.sort(np.concatenate(parts_of(covered, TOUCHING))).tolist() == covered.tolist()
