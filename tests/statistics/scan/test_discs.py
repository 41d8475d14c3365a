import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import discs

CENTRE = "89195da49a3ffff"  # Trafalgar Square


def sums_by_hand(cells, values, rings):
    """For each cell the sum over the cells of the study within so many steps, counted one by one."""
    value = dict(zip(cells, values, strict=True))
    return [sum(value.get(near, 0) for near in h3.grid_disk(cell, rings)) for cell in cells]


def by_cell(windows, layer, sums):
    """The sums of one layer in the order of the cells."""
    centre = windows.centres(layer)
    found = np.empty(windows.n, sums.dtype)
    found[centre[centre >= 0]] = sums[centre >= 0]
    return found.tolist()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_sums_equal_counting_one_by_one_on_maps_with_holes(data):
    area = h3.grid_disk(CENTRE, 5)
    cells = data.draw(st.lists(st.sampled_from(area), min_size=1, max_size=60, unique=True))
    values = np.array(data.draw(st.lists(st.integers(0, 999), min_size=len(cells), max_size=len(cells))))
    rings = data.draw(st.integers(0, 12))
    windows = discs(cells, rings=rings)
    # Three maps at once, so that a step along a line cannot slip into the next map unseen.
    maps = np.stack([values * 0, values, values[::-1]]).astype(np.uint16)
    exact = list(windows.exact_sums(values.astype(float)))
    for layer, sums in enumerate(windows.sums(maps)):
        expected = sums_by_hand(cells, values, layer)
        assert by_cell(windows, layer, sums[0]) == [0] * len(cells)
        assert by_cell(windows, layer, sums[1]) == expected
        assert by_cell(windows, layer, sums[2]) == sums_by_hand(cells, values[::-1], layer)
        assert by_cell(windows, layer, exact[layer]) == expected


def test_sums_stay_exact_though_the_lines_overflow():
    cells = h3.grid_disk(CENTRE, 15)  # 721 cells of 400: 288,400 incidents, far beyond 16 bits
    windows = discs(cells, rings=6)
    *_, last = windows.sums(np.full((1, len(cells)), 400, np.uint16))
    assert by_cell(windows, 6, last[0])[0] == 127 * 400


def test_members_are_the_cells_within_so_many_steps():
    cells = [cell for number, cell in enumerate(h3.grid_disk(CENTRE, 6)) if number % 7]
    windows = discs(cells, rings=4)
    for centre in (0, 40, len(cells) - 1):
        position = int(np.flatnonzero(windows.centres(3) == centre)[0])
        near = set(h3.grid_disk(cells[centre], 3))
        assert windows.members(3, position).tolist() == [i for i, cell in enumerate(cells) if cell in near]
        assert windows.radius(3, position) == 3


def test_a_study_across_base_cells_is_one_lattice():
    cells = h3.grid_disk("85194ad3fffffff", 4)
    across = next(
        area
        for area in (h3.grid_disk(h3.latlng_to_cell(north, 0.0, 5), 4) for north in np.arange(40, 60, 0.2))
        if len({h3.get_base_cell_number(cell) for cell in area}) > 1
    )
    for study in (cells, across):
        windows = discs(study, rings=2)
        *_, last = windows.sums(np.ones((1, len(study)), np.uint16))
        assert by_cell(windows, 2, last[0]) == sums_by_hand(study, [1] * len(study), 2)


def test_a_study_near_a_pentagon_is_refused():
    pentagon = h3.get_pentagons(9)[4]
    beside = sorted(set(h3.grid_disk(pentagon, 9)) - set(h3.grid_disk(pentagon, 5)))
    with pytest.raises(ValueError, match=r"pentagons.*scan circles around the cells' centres"):
        discs(beside, rings=5)


def test_far_off_cells_are_refused():
    with pytest.raises(ValueError, match=r"too far-flung.*Scan its parts one by one"):
        discs([h3.latlng_to_cell(51, 0, 9), h3.latlng_to_cell(-30, 120, 9)])


def test_no_cells_and_repeated_cells_are_refused():
    with pytest.raises(ValueError, match="give at least one cell"):
        discs([])
    with pytest.raises(ValueError, match="give each cell once"):
        discs([CENTRE, CENTRE])
