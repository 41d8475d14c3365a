"""Classes, tiers and entrenchment on a honeycomb whose history is known."""

from __future__ import annotations

from dataclasses import replace

import h3
import numpy as np
import pandas as pd
import pytest

from geo_safety.entrenchment import History, confirmed_zones, judge_history, with_classes
from geo_safety.hotspots import HotspotRules, Judgement, Surroundings
from geo_safety.neighbours import from_cells
from geo_safety.schema import EMERGING_CLASSES

RULES = HotspotRules()
CENTRE = h3.latlng_to_cell(54.7, 1.7, 9)
CELLS = sorted(h3.grid_disk(CENTRE, 9))
ONE, TWO = min(h3.grid_ring(CENTRE, 6)), max(h3.grid_ring(CENTRE, 6))
FIRST = (2019 - 1970) * 12  # January: a financial quarter begins
MONTHS = 60


@pytest.fixture(scope="module")
def surroundings() -> Surroundings:
    near = from_cells(CELLS)
    nobody = np.full(len(CELLS), None, dtype=object)
    return Surroundings(near, near, near.rings(2), near.rings(3, 4), np.ones(len(CELLS)), nobody, is_exchangeable=True)


def history(shapes: dict[str, np.ndarray], *, months: int = MONTHS, mean: float = 1.0, **changes: object) -> History:
    """Counts at one rate everywhere, times a shape over the months in a place and its ring."""
    rate = np.full((len(CELLS), months), mean)
    for cell, shape in shapes.items():
        rate[[CELLS.index(near) for near in h3.grid_disk(cell, 1)]] *= shape
    monthly = np.random.default_rng(4).poisson(rate).astype(float)
    plain = History("cells-r9", "robbery", CELLS, monthly, FIRST, 1.0, shifts_hot=np.full(len(CELLS), 6))
    return replace(plain, **changes)


STEADY = np.full(MONTHS, 8.0)
RISING = np.linspace(4.0, 16.0, MONTHS)
RECENT = np.where(np.arange(MONTHS) >= MONTHS - 24, 8.0, 1.0)
GONE = np.where(np.arange(MONTHS) < MONTHS - 9, 8.0, 1.0)


def row(table: pd.DataFrame, cell: str) -> pd.Series:
    return table.iloc[CELLS.index(cell)]


@pytest.mark.parametrize(
    ("shape", "name", "is_entrenched", "tier"),
    [
        (STEADY, "persistent", True, "B"),
        (RISING, "intensifying", True, "B"),
        (RISING[::-1], "diminishing", True, "B"),
        (RECENT, "consecutive", False, "C"),
        (GONE, "historical", False, None),
    ],
)
def test_each_kind_of_history_gets_its_class(surroundings, shape, name, is_entrenched, tier):
    found = judge_history(history({ONE: shape}), surroundings, rules=RULES)
    assert (found.steps, found.quarters, found.why_not) == (17, 20, None)
    at_one = row(found.table, ONE)
    assert at_one["class"] == name
    assert at_one["is_entrenched"] == is_entrenched
    assert (None if pd.isna(at_one["tier"]) else at_one["tier"]) == tier
    assert at_one["stability"] >= 0.6
    assert at_one["steps"] == 17
    assert at_one["persistence"] == pytest.approx(at_one["steps_hot"] / 17)
    assert (at_one["hot_by_step"].count("1"), len(at_one["hot_by_step"])) == (at_one["steps_hot"], at_one["steps"])
    far = row(found.table, TWO)
    assert (far["class"], far["steps_hot"], far["is_entrenched"]) == ("none", 0, False)
    assert pd.isna(far["tier"])


def test_a_place_that_was_perhaps_hot_once_has_no_class(surroundings):
    """Beside a place with one bad year in a sparse map: a step is likelier hot than not, but that bears no name."""
    once = np.where((np.arange(MONTHS) >= 20) & (np.arange(MONTHS) < 32), 8.0, 1.0)
    table = judge_history(history({ONE: once}, mean=0.4), surroundings, rules=RULES).table
    unsure = table["why_class"].str.startswith("perhaps hot in ")
    assert unsure.any()
    assert (table.loc[unsure, "class"] == "none").all()
    assert (table.loc[unsure, "steps_hot"] > 0).all()
    assert not table.loc[~unsure & (table["steps_hot"] > 0), "class"].eq("none").any()


def test_only_places_that_were_planted_are_entrenched(surroundings):
    table = judge_history(history({ONE: STEADY, TWO: RISING}), surroundings, rules=RULES).table
    entrenched = {CELLS[place] for place in np.flatnonzero(table["is_entrenched"])}
    assert {ONE, TWO} <= entrenched <= {*h3.grid_disk(ONE, 2), *h3.grid_disk(TWO, 2)}


def test_a_second_source_lifts_to_tier_a_only_after_five_years(surroundings):
    confirmed = np.array([cell == ONE for cell in CELLS])
    long = history({ONE: STEADY}, is_confirmed=confirmed, confirmed_by="Ward counts")
    at_one = row(judge_history(long, surroundings, rules=RULES).table, ONE)
    assert (at_one["tier"], at_one["confirmed_by"]) == ("A", "Ward counts")
    short = history({ONE: STEADY[:48]}, months=48, is_confirmed=confirmed, confirmed_by="Ward counts")
    assert row(judge_history(short, surroundings, rules=RULES).table, ONE)["tier"] == "B"


def test_a_place_that_depends_on_the_grid_is_not_entrenched(surroundings):
    shaky = history({ONE: STEADY}, shifts_hot=np.full(len(CELLS), 3))
    assert not row(judge_history(shaky, surroundings, rules=RULES).table, ONE)["is_entrenched"]
    held = replace(shaky, parent_is_hot=np.ones(len(CELLS), dtype=bool))
    assert row(judge_history(held, surroundings, rules=RULES).table, ONE)["is_entrenched"]


def test_renewed_map_points_need_a_second_source(surroundings):
    moved = history({ONE: STEADY}, points_moved=True)
    assert not judge_history(moved, surroundings, rules=RULES).table["is_entrenched"].any()
    confirmed = replace(moved, is_confirmed=np.ones(len(CELLS), dtype=bool), confirmed_by="Ward counts")
    assert row(judge_history(confirmed, surroundings, rules=RULES).table, ONE)["is_entrenched"]
    wards = replace(moved, shifts_hot=None)  # wards do not move with the points
    assert row(judge_history(wards, surroundings, rules=RULES).table, ONE)["is_entrenched"]


def test_one_map_point_or_one_month_makes_a_venue(surroundings):
    steady = history({ONE: STEADY})
    at_one_point = np.zeros(len(CELLS))
    at_one_point[CELLS.index(ONE)] = 0.6 * steady.monthly[[CELLS.index(c) for c in h3.grid_disk(ONE, 1)]].sum()
    venue = row(judge_history(replace(steady, top_location=at_one_point), surroundings, rules=RULES).table, ONE)
    assert venue["is_venue"]
    assert venue["top_location_share"] == pytest.approx(0.6)
    assert not venue["is_entrenched"]
    event = np.ones(MONTHS)
    event[30] = 400.0
    spike = row(judge_history(history({ONE: event}), surroundings, rules=RULES).table, ONE)
    assert spike["is_venue"]
    assert spike["top_month_share"] > 0.5
    assert not spike["is_entrenched"]


def test_too_short_a_series_says_how_long_it_must_be(surroundings):
    found = judge_history(history({ONE: STEADY[:24]}, months=24), surroundings, rules=RULES)
    assert "class" not in found.table
    assert found.why_not is not None
    assert found.why_not == (
        "A class takes 36 months in a row from the start of a quarter, which hold 9 years that each end with a quarter; here "
        "there are 5."
    )


def test_years_with_a_gap_month_are_not_judged(surroundings):
    gappy = history({ONE: STEADY})
    gappy.monthly[:, 30] = np.nan
    found = judge_history(gappy, surroundings, rules=RULES)
    assert found.steps == 17 - 4
    assert row(found.table, ONE)["class"] == "persistent"


def test_a_zone_without_an_answer_is_null(surroundings):
    unknown = history({ONE: STEADY})
    unknown.monthly[CELLS.index(TWO)] = np.nan
    at_two = row(judge_history(unknown, surroundings, rules=RULES).table, TWO)
    assert at_two[["class", "tier", "is_entrenched", "stability", "steps_hot", "is_venue"]].isna().all()


def test_a_map_without_hotspots_entrenches_nothing(surroundings):
    for seed in range(6):
        flat = history({})
        flat = replace(flat, monthly=np.random.default_rng(seed).poisson(1.0, flat.monthly.shape).astype(float))
        assert not judge_history(flat, surroundings, rules=RULES).table["is_entrenched"].any()


def test_paths_of_a_zone_do_not_depend_on_the_other_zones(surroundings):
    both = judge_history(history({ONE: STEADY, TWO: RISING}), surroundings, rules=RULES).table
    again = judge_history(history({ONE: STEADY, TWO: RISING}), surroundings, rules=RULES).table
    pd.testing.assert_frame_equal(both, again)


def test_near_misses_are_told(surroundings):
    # Low for one year: the rolling years that lie in it are not hot, 14 of 17 are.
    shape = np.where((np.arange(MONTHS) >= 24) & (np.arange(MONTHS) < 36), 0.2, 8.0)
    found = judge_history(history({ONE: shape}), surroundings, rules=RULES)
    window = Judgement("violence", pd.DataFrame({"why": ["On the list: sure"] * len(CELLS)}), None, None)
    told = with_classes(window, found)
    assert "hot_run" not in told.table
    at_one = row(told.table, ONE)
    assert (at_one["class"], at_one["steps_hot"]) == ("sporadic", 14)
    assert at_one["why"] == "On the list: sure; class: hot in 14 of 17 steps, needs 16"
    assert row(told.table, CENTRE)["why"] == "On the list: sure"


def test_a_second_source_confirms_the_top_decile_in_four_of_five_years():
    rng = np.random.default_rng(1)
    monthly = rng.poisson(5.0, (30, 72)).astype(float)
    monthly[0] += 50  # all years
    monthly[1, 12:36] += 50  # two of the last five years
    monthly[2] = np.nan
    confirmed = confirmed_zones(monthly, np.ones(30))
    assert confirmed is not None
    assert confirmed[:3].tolist() == [True, False, False]
    assert confirmed.sum() <= 3
    assert confirmed_zones(monthly[:, :59], np.ones(30)) is None


def test_a_place_that_was_cold_between_oscillates(surroundings):
    month = np.arange(MONTHS)
    shape = np.where((month >= 18) & (month < 42), 0.02, 9.0)
    strict = row(judge_history(history({ONE: shape}, mean=3.0), surroundings, rules=RULES).table, ONE)
    assert (strict["class"], strict["dialect"]) == ("oscillating", "strict")
    assert strict["stability"] >= 0.6
    for dialect in ("arcgis3", "arcgis2"):
        found = judge_history(history({ONE: shape}, mean=3.0), surroundings, rules=HotspotRules(dialect=dialect))
        assert row(found.table, ONE)["class"] == "oscillating"


@pytest.mark.parametrize("dialect", ["strict", "arcgis3", "arcgis2", "sfdep"])
def test_every_dialect_gives_every_zone_exactly_one_class_and_none_for_being_quiet(surroundings, dialect):
    shapes = {ONE: GONE, TWO: np.where(np.arange(MONTHS) < 30, 9.0, 0.02)}
    table = judge_history(history(shapes, mean=3.0), surroundings, rules=HotspotRules(dialect=dialect)).table
    assert set(table["class"]) <= set(EMERGING_CLASSES)
    assert not table["class"].isna().any()
    assert table["dialect"].unique().tolist() == [dialect]
    # Hot nearly always but not today: sfdep asks for a last score below zero, the others do not.
    at_one = {"strict": "historical", "arcgis3": "historical", "arcgis2": "historical", "sfdep": "persistent"}
    assert row(table, ONE)["class"] == at_one[dialect]


def test_steps_are_held_against_the_study_in_the_step_or_over_the_whole_cube(surroundings):
    # All of the study trebles half way. A place that is always 2.3 times the study is never at three times the step's
    # rate, but at 2.3 x 3 / 2 = 3.45 times the rate of the whole span in its busy half.
    month = np.arange(MONTHS)
    everywhere = np.where(month < 30, 1.0, 3.0)
    steady = history({})
    rate = np.full((len(CELLS), MONTHS), 4.0)
    rate[[CELLS.index(near) for near in h3.grid_disk(ONE, 1)]] *= 2.3
    monthly = np.random.default_rng(4).poisson(rate * everywhere).astype(float)
    by_step = judge_history(replace(steady, monthly=monthly), surroundings, rules=RULES)
    by_cube = judge_history(replace(steady, monthly=monthly), surroundings, rules=HotspotRules(global_window="cube"))
    assert row(by_step.table, ONE)["class"] == "none"
    assert row(by_cube.table, ONE)["class"] == "consecutive"
    assert abs(row(by_step.table, ONE)["trend_z"]) < 2 < row(by_cube.table, ONE)["trend_z"]
    # Entrenched is always a claim about the study's rate in each step.
    assert row(by_cube.table, ONE)["entrenched_probability"] < 0.05
