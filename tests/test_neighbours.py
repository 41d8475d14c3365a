import h3
import numpy as np
import pytest
from shapely.geometry import Polygon, box

from geo_safety import neighbours

STREET = [[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4]]  # A - B - C - D - E


def lists_of(near):
    return [near.indices[a:b].tolist() for a, b in zip(near.indptr[:-1], near.indptr[1:], strict=True)]


def test_lists_keep_their_order_and_count_repeats_once():
    near = neighbours.from_lists([[1, 0, 0], [2, 1, 0], [2]])
    assert lists_of(near) == [[0, 1], [0, 1, 2], [2]]
    assert near.sizes.tolist() == [2, 3, 1]


@pytest.mark.parametrize(
    ("lists", "remedy"),
    [([[0, 2], [1]], "number the zones from 0"), ([[0, -1], [1]], "number the zones"), ([[0], [0]], "add each zone")],
)
def test_wrong_lists_are_refused_with_the_remedy(lists, remedy):
    with pytest.raises(ValueError, match=remedy):
        neighbours.from_lists(lists)


def test_sum_over_months_and_over_single_columns_agree():
    near = neighbours.from_lists(STREET)
    months = np.arange(15).reshape(5, 3)
    assert near.sum(months).tolist() == np.stack([near.sum(months[:, k]) for k in range(3)], axis=1).tolist()
    assert near.sum(months)[0].tolist() == [0 + 3, 1 + 4, 2 + 5]


def test_sum_counts_booleans_and_refuses_other_lengths():
    near = neighbours.from_lists(STREET)
    assert near.sum(np.array([True, True, False, True, True])).tolist() == [2, 2, 2, 2, 2]
    with pytest.raises(ValueError, match="one row a zone"):
        near.sum(np.ones(4))


def test_zones_without_neighbours_sum_to_zero():
    ring = neighbours.from_lists([[0, 1], [0, 1], [2]]).rings(1)
    assert lists_of(ring) == [[1], [0], []]
    assert ring.sum(np.array([5.0, 7.0, 9.0])).tolist() == [7, 5, 0]
    assert neighbours.from_lists([[0], [1]]).rings(1).sum(np.ones((2, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_totals_leave_out_zones_that_were_not_answered_for():
    counts, width = neighbours.from_lists(STREET).totals(np.array([1, np.nan, 4, 8, 16]), np.array([1, 1, 2, 1, 1]))
    assert counts.tolist() == pytest.approx([1, np.nan, 12, 28, 24], nan_ok=True)
    assert width.tolist() == pytest.approx([1, np.nan, 3, 4, 2], nan_ok=True)


def test_rings_on_a_street():
    near = neighbours.from_lists(STREET)
    assert lists_of(near.rings(2)) == [[2], [3], [0, 4], [1], [2]]
    assert lists_of(near.rings(3, 4)) == [[3, 4], [4], [], [0], [0, 1]]
    with pytest.raises(ValueError, match="first <= last"):
        near.rings(3, 2)


def test_among_renumbers_the_chosen_zones():
    near = neighbours.from_lists(STREET).among(np.array([True, True, False, True, True]))
    assert lists_of(near) == [[0, 1], [0, 1], [2, 3], [2, 3]]


def test_cells_have_the_grid_disk_inside_the_study_as_neighbours():
    middle = h3.latlng_to_cell(51.5, -0.12, 9)
    cells = h3.grid_disk(middle, 4)  # in no particular order
    near = neighbours.from_cells(cells)
    for i in (0, cells.index(middle), len(cells) - 1):
        expected = sorted(cells.index(c) for c in h3.grid_disk(cells[i], 1) if c in cells)
        assert lists_of(near)[i] == expected
    assert near.sizes.max() == 7
    assert near.sizes.min() == 4  # corners of the hexagon: itself and three


def test_rings_of_cells_are_h3_rings():
    middle = h3.latlng_to_cell(51.5, -0.12, 9)
    cells = sorted(h3.grid_disk(middle, 5))
    near, i = neighbours.from_cells(cells), cells.index(middle)
    assert [cells[k] for k in lists_of(near.rings(2))[i]] == sorted(h3.grid_ring(middle, 2))
    outer = sorted([*h3.grid_ring(middle, 3), *h3.grid_ring(middle, 4)])
    assert [cells[k] for k in lists_of(near.rings(3, 4))[i]] == outer
    assert lists_of(neighbours.from_cells(cells, ring=2))[i] == sorted(cells.index(c) for c in h3.grid_disk(middle, 2))


def test_a_cell_that_comes_twice_is_refused_and_no_cell_is_allowed():
    cell = h3.latlng_to_cell(51.5, -0.12, 9)
    with pytest.raises(ValueError, match="give each cell once"):
        neighbours.from_cells([cell, cell])
    assert neighbours.from_cells([]).n == 0


def test_polygons_touch_at_edges_corners_and_over_slivers():
    squares = [box(0, 0, 10, 10), box(10.5, 0, 20, 10), box(20, 10, 30, 20), box(50, 50, 60, 60)]
    near = neighbours.from_polygons(squares)
    assert lists_of(near) == [[0, 1], [0, 1, 2], [1, 2], [3]]
    assert lists_of(neighbours.from_polygons(squares, tolerance=0.1)) == [[0], [1, 2], [1, 2], [3]]


def test_an_empty_polygon_is_its_own_neighbour_only():
    assert lists_of(neighbours.from_polygons([Polygon(), box(0, 0, 1, 1)])) == [[0], [1]]


def test_itself():
    assert neighbours.itself(3).sum(np.array([3, 1, 2])).tolist() == [3, 1, 2]
