"""The hotspot rule on a honeycomb whose busy places are known."""

from __future__ import annotations

from dataclasses import replace

import h3
import numpy as np
import pytest

from geo_safety.cube import Window
from geo_safety.hotspots import HotspotRules, Surroundings, ThemeCounts, find_hotspots, measure_dispersion
from geo_safety.neighbours import from_cells, itself

YEAR = Window(600, 611, is_complete=True)
CENTRE = h3.latlng_to_cell(54.7, 1.7, 9)
CELLS = sorted(h3.grid_disk(CENTRE, 20))
BUSY = h3.grid_ring(CENTRE, 12)[0]
RULES = HotspotRules()


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


def town(*, mean: float = 6.0, ratio: float = 8.0, seed: int = 1) -> np.ndarray:
    """Monthly counts: one rate everywhere, `ratio` times it in BUSY and its ring."""
    rate = np.full(len(CELLS), mean / 12)
    rate[[CELLS.index(cell) for cell in h3.grid_disk(BUSY, 1)]] *= ratio
    return np.random.default_rng(seed).poisson(rate[:, None], (len(CELLS), 12)).astype(float)


def theme(monthly: np.ndarray, **changes: object) -> ThemeCounts:
    return replace(ThemeCounts("violence", YEAR, monthly, None), **changes)


def test_the_busy_place_is_listed_and_nothing_far_from_it(surroundings):
    table = find_hotspots([theme(town())], surroundings, rules=RULES)["violence"].table
    listed = {CELLS[place] for place in np.flatnonzero(table["is_hotspot"])}
    assert BUSY in listed
    assert listed <= set(h3.grid_disk(BUSY, 2))
    at_busy = table.iloc[CELLS.index(BUSY)]
    assert at_busy["ratio_low"] < at_busy["ratio"] < at_busy["ratio_high"]
    assert at_busy["probability_l2"] >= at_busy["probability"] >= at_busy["probability_l5"]
    assert at_busy["why"].startswith("On the list: ")
    assert at_busy["rank"] <= 7
    assert at_busy["gi_z"] > 4
    assert at_busy["gi_p"] < 0.01


def test_the_claim_is_about_the_neighbourhood_but_quiet_cells_are_not_listed(surroundings):
    monthly = town()
    quiet = CELLS.index(min(h3.grid_ring(BUSY, 1)))
    monthly[quiet] = 0
    table = find_hotspots([theme(monthly)], surroundings, rules=RULES)["violence"].table
    assert not table["is_hotspot"][quiet]
    assert table["why"][quiet] == "Not on the list: the zone itself is below the mean"
    assert table["probability"][quiet] > 0.9


def test_too_few_incidents_are_never_listed(surroundings):
    # Neighbourhoods of 7 cells with about 8 incidents at the busy place, under the minimum of 10.
    table = find_hotspots([theme(town(mean=0.1, ratio=12.0, seed=3))], surroundings, rules=RULES)["violence"].table
    around = surroundings.neighbourhood.sum(table["incidents"].to_numpy())
    assert not table["is_hotspot"][around < 10].any()
    assert (table["why"][around < 10].str.startswith("Not on the list: fewer than 10")).all()


def test_the_minimum_is_set_by_theme():
    rules = HotspotRules(minimum={"default": 10, "robbery": 5})
    assert (rules.minimum_of("robbery"), rules.minimum_of("asb")) == (5, 10)


def test_a_zone_that_nobody_answers_for_is_null_everywhere(surroundings):
    monthly = town()
    place = CELLS.index(CENTRE)
    monthly[place] = np.nan
    row = find_hotspots([theme(monthly)], surroundings, rules=RULES)["violence"].table.iloc[place]
    figures = row.drop(["gi_z", "gi_p"], errors="ignore")
    assert figures.isna().all(), figures.to_dict()


def test_wards_are_judged_by_themselves_and_get_no_permutation_test(surroundings):
    wards = replace(surroundings, neighbourhood=itself(len(CELLS)), is_exchangeable=False)
    table = find_hotspots([theme(town(mean=60.0))], wards, rules=RULES)["violence"].table
    assert table["is_hotspot"][CELLS.index(BUSY)]
    assert "gi_p" not in table


def test_a_window_that_is_too_short_has_counts_and_a_reason(surroundings):
    short = theme(town(), window=Window(600, 604, is_complete=False))
    judgement = find_hotspots([short], surroundings, rules=RULES)["violence"]
    assert judgement.table.columns.tolist() == ["incidents"]
    assert judgement.why_not == "Too few months in a row: 5 without a gap. Counts are of the newest run."
    assert find_hotspots([theme(town(), window=None)], surroundings, rules=RULES)["violence"].why_not.startswith(
        "No month"
    )
    empty = find_hotspots([theme(np.zeros((len(CELLS), 12)))], surroundings, rules=RULES)["violence"]
    assert empty.why_not == "No incident of this theme in the study."


def test_themes_with_the_same_incidents_do_not_serve_each_other_as_context(surroundings):
    one = theme(town(), same_incidents=("all",))
    alone = find_hotspots([one], surroundings, rules=RULES)["violence"].table
    same = theme(town(), theme="all", same_incidents=("violence",))
    together = find_hotspots([one, same], surroundings, rules=RULES)["violence"].table
    assert together["probability"].tolist() == alone["probability"].tolist()
    other = replace(same, same_incidents=())
    helped = find_hotspots([replace(one, same_incidents=()), other], surroundings, rules=RULES)["violence"].table
    assert helped["probability"].tolist() != alone["probability"].tolist()


def test_change_is_judged_against_the_study_and_never_on_small_counts(surroundings):
    monthly = town(mean=60.0)
    before = monthly.sum(axis=1)
    before[CELLS.index(BUSY)] /= 4
    table = find_hotspots([theme(monthly, before=before)], surroundings, rules=RULES)["violence"].table
    assert table["change_class"][CELLS.index(BUSY)] == "clearly more"
    assert table["change_class"][CELLS.index(CENTRE)] == "not distinguishable"
    sparse = theme(town(mean=2.0), before=town(mean=2.0, seed=2).sum(axis=1))
    few = find_hotspots([sparse], surroundings, rules=RULES)["violence"].table
    assert (few["change_class"] == "too few").mean() > 0.95


def test_noise_is_measured_across_months_but_not_across_a_break(surroundings):
    rng = np.random.default_rng(5)
    quiet = rng.poisson(3.0, (len(CELLS), 12)).astype(float)
    assert measure_dispersion(theme(quiet), surroundings).value == pytest.approx(1.0, abs=0.15)
    moved = quiet.copy()
    moved[:, 6:] = moved[::-1, 6:] * rng.integers(0, 5, (len(CELLS), 1))  # another geography from July on
    with_break = measure_dispersion(theme(moved, months_broken=(6,)), surroundings)
    assert with_break.pairs == 10
    assert with_break.value < measure_dispersion(theme(moved), surroundings).value


def test_shuffled_zones_get_the_same_answers(surroundings):
    monthly = town()
    order = np.random.default_rng(1).permutation(len(CELLS))
    near = from_cells([CELLS[place] for place in order])
    shuffled = replace(surroundings, neighbourhood=near, touching=near, near=near.rings(2), wider=near.rings(3, 4))
    one = find_hotspots([theme(monthly)], surroundings, rules=RULES)["violence"].table
    other = find_hotspots([theme(monthly[order])], shuffled, rules=RULES)["violence"].table
    assert one["is_hotspot"].to_numpy()[order].tolist() == other["is_hotspot"].tolist()
    assert other["probability"].to_numpy() == pytest.approx(one["probability"].to_numpy()[order], abs=1e-9)


def test_ratio_to_the_borough_says_what_the_study_hides(surroundings):
    # The half that holds BUSY is as busy everywhere: high against the study, ordinary in its borough.
    half = np.array([h3.cell_to_latlng(cell)[1] >= h3.cell_to_latlng(CENTRE)[1] for cell in CELLS])
    rate = np.where(half, 9.0, 1.0)
    monthly = np.random.default_rng(2).poisson(rate[:, None], (len(CELLS), 12)).astype(float)
    borough = np.where(half, "east", "west").astype(object)
    table = find_hotspots([theme(monthly)], replace(surroundings, borough=borough), rules=RULES)["violence"].table
    inner = half & (table["ratio"] > 1.5)
    assert table["ratio_borough"][inner].median() == pytest.approx(1.0, abs=0.1)


def test_ratio_per_resident_needs_residents(surroundings):
    residents = np.full(len(CELLS), 100.0)
    residents[CELLS.index(BUSY)] = 20_000.0
    wards = replace(surroundings, neighbourhood=itself(len(CELLS)), residents=residents, is_exchangeable=False)
    few = find_hotspots([theme(town(mean=60.0))], wards, rules=RULES)["violence"].table["ratio_residents"]
    assert few.notna().sum() == 1  # all others have fewer than 250 residents
    many = replace(wards, residents=residents * 10)
    table = find_hotspots([theme(town(mean=60.0))], many, rules=RULES)["violence"].table
    assert table["ratio"][CELLS.index(BUSY)] > 3
    assert table["ratio_residents"][CELLS.index(BUSY)] < 1
    assert table["per_1000_residents_low"].le(table["per_1000_residents"]).all()
    assert table["per_1000_residents"].le(table["per_1000_residents_high"]).all()
    assert "ratio_residents" not in find_hotspots([theme(town())], surroundings, rules=RULES)["violence"].table


def test_the_next_window_is_less_sure_than_this_one(surroundings):
    before = town(seed=9).sum(axis=1)
    two_windows = find_hotspots([theme(town(), before=before)], surroundings, rules=RULES)["violence"].table
    one_window = find_hotspots([theme(town())], surroundings, rules=RULES)["violence"].table
    busy = CELLS.index(BUSY)
    for table in (two_windows, one_window):
        sure = table["probability"] > 0.99
        assert (table["probability_next"][sure] <= table["probability"][sure]).all()
        assert table["probability_next"][busy] > 0.8
