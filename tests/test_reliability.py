"""Do the odd months' probabilities hold in the even ones, and does the table show it when they do not?"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import h3
import numpy as np
import pytest
import shapely
from tiny_town import make_tiny_town

from geo_safety import reliability
from geo_safety.boundaries import Study, Zones
from geo_safety.cube import Window
from geo_safety.hotspots import Surroundings, ThemeCounts
from geo_safety.neighbours import from_cells, itself
from geo_safety.pipeline import run
from geo_safety.reliability import bands, inner_half, reliability_rows
from geo_safety.shapes import EqualArea

YEAR = Window(600, 611, is_complete=True)
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(54.7, 1.7, 9), 28))


@pytest.fixture(scope="module")
def surroundings() -> Surroundings:
    near = from_cells(CELLS)
    return Surroundings(
        neighbourhood=near,
        touching=near,
        near=near.rings(2),
        wider=near.rings(3, 4),
        width=np.ones(len(CELLS)),
        borough=np.full(len(CELLS), None, dtype=object),
        is_exchangeable=True,
    )


def town(seed: int = 1) -> ThemeCounts:
    """A year of counts from a surface with busy and quiet quarters."""
    rng = np.random.default_rng(seed)
    near = from_cells(CELLS)
    rough = rng.normal(size=len(CELLS))
    for _ in range(3):
        rough = near.sum(rough) / near.sizes
    rate = np.exp(1.6 * rough / rough.std())
    rate *= 0.25 / rate.mean()
    return ThemeCounts("violence", YEAR, rng.poisson(rate[:, None], (len(CELLS), 12)).astype(float), None)


def rows_of(one: ThemeCounts, surroundings: Surroundings) -> list[dict]:
    half = np.arange(len(CELLS)) % 2 == 0
    return reliability_rows([one], surroundings, layer="cells-r9", is_inner=half, level=3.0)


def test_probabilities_from_the_model_hold_on_the_other_months(surroundings):
    rows = rows_of(town(), surroundings)
    assert all(row["within"] for row in rows)
    between = [row for row in rows if 0.2 < row["stated"] < 0.8]
    assert between, "nothing was uncertain, so nothing was tested"
    for zone in ("inner", "outer"):
        assert sum(row["places"] for row in rows if row["zone"] == zone) == pytest.approx(len(CELLS) / 2, abs=1)
    assert {row["layer"] for row in rows} == {"cells-r9"}


def test_a_model_that_is_too_sure_shows_in_the_table(surroundings, monkeypatch):
    # The same posterior, but whatever is rather likely is called certain.
    honest = reliability.fit_rates

    def too_sure(*arguments, **options):
        stated = honest(*arguments, **options).predictive
        return SimpleNamespace(predictive=lambda **options: np.where(stated(**options) > 0.3, 0.995, 0.002))

    monkeypatch.setattr(reliability, "fit_rates", too_sure)
    rows = rows_of(town(), surroundings)
    assert [row["within"] for row in rows if row["stated"] > 0.9] == [False, False]


def test_the_months_that_judge_do_not_fit(surroundings):
    one = town()
    months = one.monthly.copy()
    months[:, 1::2] = months[::-1, 1::2]  # the even months now tell of another town
    rows = rows_of(replace(one, monthly=months), surroundings)
    high = [row for row in rows if row["stated"] > 0.7]
    assert high
    assert all(row["seen"] < 0.5 and not row["within"] for row in high)


def test_a_half_that_is_more_concentrated_cancels(surroundings, monkeypatch):
    # The odd months are flatter than the even ones: one way too many places are foretold, the other way too few.
    one = town()
    rng, rate = np.random.default_rng(2), one.monthly.mean(axis=1)
    months = one.monthly.copy()
    months[:, ::2] = rng.poisson((0.75 * rate + 0.25 * rate.mean())[:, None], (len(CELLS), 6))
    shifted = replace(one, monthly=months)
    both = rows_of(shifted, surroundings)
    one_way = []
    for way in reliability.WAYS:
        monkeypatch.setattr(reliability, "WAYS", (way,))
        one_way.append([row["seen"] - row["stated"] for row in rows_of(shifted, surroundings) if row["stated"] > 0.1])
    assert max(one_way[0]) > 0.1
    assert min(one_way[1]) < -0.1
    assert max(abs(row["seen"] - row["stated"]) for row in both) < 0.1


def test_judging_twice_makes_no_bound_tighter():
    stated, seen = np.full(400, 0.5), np.arange(400) < 200
    (once,), (twice,) = bands(stated, seen), bands(np.tile(stated, 2), np.tile(seen, 2), times=2)
    assert once == twice


def test_too_short_or_empty_windows_have_no_rows(surroundings):
    one = town()
    assert rows_of(replace(one, window=replace(YEAR, is_complete=False)), surroundings) == []
    assert rows_of(replace(one, monthly=one.monthly[:, :3]), surroundings) == []
    silent = one.monthly.copy()
    silent[:, 1::2] = 0
    assert rows_of(replace(one, monthly=silent), surroundings) == []


def test_zones_without_an_answer_are_in_no_band():
    wards = Surroundings(
        neighbourhood=itself(200),
        touching=itself(200),
        near=itself(200),
        wider=itself(200),
        width=np.linspace(0.5, 1.5, 200),
        borough=np.full(200, None, dtype=object),
        is_exchangeable=False,
    )
    monthly = np.random.default_rng(1).poisson(5.0, (200, 12)).astype(float)
    monthly[:30] = np.nan
    one = ThemeCounts("violence", YEAR, monthly, None)
    rows = reliability_rows([one], wards, layer="wards", is_inner=np.ones(200, dtype=bool), level=3.0)
    assert sum(row["places"] for row in rows) == 170
    assert {row["note"] for row in rows} == {"fewer than 300 places"}


def test_bands_join_from_the_top_and_leave_the_lowest_alone():
    stated = np.concatenate([np.full(9000, 0.001), np.full(250, 0.3), np.full(200, 0.85), np.full(290, 0.97)])
    rows = list(bands(stated, np.zeros(len(stated), dtype=bool)))
    assert [(row["band"], row["places"]) for row in rows] == [("0-0.01", 9000), ("0.01-1", 740)]
    assert [row["within"] for row in rows] == [True, False]
    few = list(bands(np.array([0.5] * 5), np.array([True] * 5)))
    assert [(row["places"], row["within"]) for row in few] == [(5, None)]
    assert list(bands(np.array([]), np.array([], dtype=bool))) == []


def test_bound_is_three_points_or_two_and_a_half_deviations():
    # 400 places at one half: sqrt(1.5 * 400 / 4) / 400 = 0.0306, times 2.5 = 0.0765.
    seen = np.arange(400) < 230  # 0.575, 7.5 points off
    (row,) = bands(np.full(400, 0.5), seen)
    assert row["bound"] == pytest.approx(0.0765, abs=1e-4)
    assert row["within"]
    assert not next(bands(np.full(400, 0.5), np.arange(400) < 232))["within"]


def test_the_inner_half_lies_around_the_incidents_and_holds_half_the_area():
    squares = np.array([shapely.box(1 + 0.01 * k, 0, 1.01 + 0.01 * k, 0.01) for k in range(10)])
    nothing = np.full(10, None, dtype=object)
    zones = Zones("wards", np.array([f"W{k}" for k in range(10)]), nothing, nothing, squares, np.full(10, 1.2))
    study = Study("street", shapely.union_all(squares), 12.0, EqualArea(1.05, 0.0))
    east, west = np.zeros(10), np.full(10, np.nan)
    east[8], west[1] = 100, 1
    assert np.flatnonzero(inner_half(zones, study, [east])).tolist() == [5, 6, 7, 8, 9]
    assert np.flatnonzero(inner_half(zones, study, [west])).tolist() == [0, 1, 2, 3, 4]
    # Each theme has one voice, however many incidents it counts; without any, the middle of the zones.
    both = np.flatnonzero(inner_half(zones, study, [east, west])).tolist()
    assert both == np.flatnonzero(inner_half(zones, study, [])).tolist() == [2, 3, 4, 5, 6]


def test_every_release_carries_its_table(tmp_path):
    manifest = run(make_tiny_town(tmp_path), tmp_path / "releases").manifest
    cells = [row for row in manifest["reliability"] if row["layer"] == "cells-r9"]
    assert {(row["theme"], row["zone"]) for row in cells} == {
        (theme, zone) for theme in ("violence", "robbery", "asb") for zone in ("inner", "outer")
    }
    assert {row["layer"] for row in manifest["reliability"]} == {"cells-r9", "wards"}
    assert all(row["within"] is None for row in manifest["reliability"] if row["places"] < 20)
