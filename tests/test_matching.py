from __future__ import annotations

import h3
import numpy as np
import pytest

from geo_safety.matching import Likeness, candidate_areas, level_of, match, summed, trend_of
from geo_safety.neighbours import from_cells
from geo_safety.shapes import EqualArea

CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(54.7, 1.7, 9), 15))
LAT_LON = np.array([h3.cell_to_latlng(cell) for cell in CELLS])
CENTRES = np.column_stack(EqualArea(1.7, 54.7).metres(LAT_LON[:, 1], LAT_LON[:, 0]))
TOUCHING = from_cells(CELLS)
ALL = np.ones(len(CELLS), dtype=bool)


@pytest.fixture(scope="module")
def sevens():
    return candidate_areas(CENTRES, 7, ALL, TOUCHING, rings=2)


def test_an_area_of_seven_cells_is_a_cell_and_its_ring(sevens):
    inside = [
        number for number in range(len(sevens.zones)) if len(h3.grid_disk(CELLS[sevens.zones[number, 0]], 1)) == 7
    ]
    for number in inside[::40]:
        middle = CELLS[sevens.zones[number, 0]]
        disk = set(h3.grid_disk(middle, 1))
        if disk <= set(CELLS):
            assert {CELLS[zone] for zone in sevens.zones[number]} == disk
            ring = {CELLS[zone] for zone in sevens.ring(number)}
            assert ring == (set(h3.grid_disk(middle, 3)) - disk) & set(CELLS)


def test_sums_over_rings_are_those_of_their_zones(sevens):
    values = np.random.default_rng(1).poisson(3, len(CELLS)).astype(float)
    assert sevens.ring_sum(values).tolist() == [
        values[sevens.ring(number)].sum() for number in range(len(sevens.zones))
    ]
    assert summed({"a": values}, sevens.zones)["a"].tolist() == values[sevens.zones].sum(axis=1).tolist()


def test_areas_hold_usable_zones_alone_and_have_no_gaps():
    usable = ALL.copy()
    usable[100] = False
    found = candidate_areas(CENTRES, 7, usable, TOUCHING, rings=2)
    assert 100 not in found.zones
    assert 0 < len(found.zones) < len(CELLS)
    spread = np.linalg.norm(CENTRES[found.zones] - CENTRES[found.zones[:, :1]], axis=2).max(axis=1)
    assert spread.max() <= 1.5 * np.median(spread) + 1
    assert candidate_areas(CENTRES, len(CELLS) + 1, ALL, TOUCHING, rings=2).zones.shape[0] == 0
    seeds = np.zeros(len(CELLS), dtype=bool)
    seeds[[50, 60]] = True
    assert candidate_areas(CENTRES, 1, ALL, TOUCHING, rings=2, seeds=seeds).zones.ravel().tolist() == [50, 60]


def test_the_most_alike_are_chosen_and_keep_apart(sevens):
    rng = np.random.default_rng(2)
    level = rng.normal(3, 0.8, len(sevens.zones))
    other = rng.normal(0, 1, len(sevens.zones))
    likenesses = [Likeness("level", "logarithm", 3.2, level, 3.0), Likeness("trend", "logarithm", 0.1, other)]
    found = match(sevens, likenesses, level="level", wanted=6, taken=~ALL)
    assert len(found.areas) == 6
    assert found.areas.tolist() == found.pool[: len(found.pool)][np.isin(found.pool, found.areas)].tolist()
    assert (np.diff(found.distance) >= 0).all()
    assert (np.abs(level[found.areas] - 3.2) <= np.log(2)).all()
    cores = [set(sevens.zones[area].tolist()) for area in found.areas]
    for number, core in enumerate(cores):
        around = set(sevens.ring(found.areas[number]).tolist())
        assert not any(core & other or around & other for place, other in enumerate(cores) if place != number)
    pooled = [set(sevens.zones[area].tolist()) for area in found.pool]
    assert sum(map(len, pooled)) == len(set().union(*pooled))
    row = found.balance[0]
    assert row.chosen == pytest.approx(level[found.areas].mean())
    assert row.difference == pytest.approx((3.2 - row.chosen) / level.std())
    assert abs(row.difference) < abs(row.difference_before)
    assert row.is_balanced


def test_where_nothing_is_of_this_level_nothing_is_chosen(sevens):
    level = np.zeros(len(sevens.zones))
    found = match(sevens, [Likeness("level", "logarithm", 5.0, level)], level="level", wanted=6, taken=~ALL)
    assert len(found.areas) == 0
    assert np.isnan(found.balance[0].difference)
    assert not found.balance[0].is_balanced


def test_zones_that_another_place_holds_are_left_to_it(sevens):
    level = np.zeros(len(sevens.zones))
    likeness = [Likeness("level", "logarithm", 0.0, level)]
    first = match(sevens, likeness, level="level", wanted=3, taken=~ALL)
    taken = ~ALL
    taken[sevens.zones[first.areas]] = True
    second = match(sevens, likeness, level="level", wanted=3, taken=taken)
    assert not set(sevens.zones[first.areas].ravel().tolist()) & set(sevens.zones[second.areas].ravel().tolist())


def test_levels_and_trends_of_nothing_are_defined():
    assert level_of(0, 7) == pytest.approx(np.log(1 / 7))
    assert trend_of(0, 0) == 0
    assert trend_of(90, 190) == pytest.approx(np.log(2))
