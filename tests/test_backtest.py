"""Does the backtest see who finds later incidents, whichever way it falls?"""

from __future__ import annotations

import json
from types import SimpleNamespace

import h3
import numpy as np
import pytest
from honeycomb import BUSY, CELLS, CENTRE, FIRST, honeycomb
from tiny_town import make_tiny_town

from geo_safety import cli
from geo_safety.backtest import BUDGETS, HORIZONS, backtest, backtest_counted, find_origins, flagged_share
from geo_safety.demo_city import make_demo_city
from geo_safety.errors import ConfigError
from geo_safety.statistics import prediction_accuracy


def verdicts(report, *, against: str, months: int = 6, judged_on: str = "zones") -> list[str]:
    key = ("hotspots", against, months, judged_on)
    return [
        one["verdict"]
        for one in report.comparisons
        if (one["method"], one["against"], one["months"], one["judged_on"]) == key
    ]


def test_planted_places_that_last_win_against_last_years_counts():
    # Six quarters of one incident a cell and year, ten times the rest: which of their cells had one is chance.
    ring = h3.grid_ring(CENTRE, 14)
    planted = np.isin(CELLS, [cell for middle in ring[:: len(ring) // 6] for cell in h3.grid_disk(middle, 2)])
    report = backtest_counted(honeycomb(np.where(planted, 0.08, 0.008)))
    for months in HORIZONS:
        said = verdicts(report, against="last year", months=months)
        assert said[-1] == "better"
        assert "worse" not in said
    found = [one for one in report.accuracy if one["method"] == "hotspots" and one["budget"]]
    assert all(one["pai"] > 4 for one in found)


def test_it_loses_where_single_cells_hold_everything():
    # Busy cells far apart, nothing around them: a claim about neighbourhoods must be worse, and is said to be.
    lonely = np.zeros(len(CELLS), dtype=bool)
    lonely[:: len(CELLS) // 40] = True
    report = backtest_counted(honeycomb(np.where(lonely, 4.0, 0.05)))
    assert set(verdicts(report, against="last year")) == {"worse"}
    # Around a busy cell any flag is as good as another: on what a hotspot claims, nothing is lost.
    assert "worse" not in verdicts(report, against="last year", judged_on="neighbourhoods")
    assert any(
        "judged on zones: hotspots against last year, 12 comparisons: 0 better, 1" in text for text in report.verdicts()
    )


def test_wards_are_their_own_neighbourhoods(tmp_path):
    config = make_tiny_town(tmp_path)
    config.write_text(config.read_text() + '[hotspots]\nlayer = "wards"\n')
    report = backtest(config)
    assert report.layer == "wards"
    assert {one["judged_on"] for one in report.accuracy} == {"zones"}
    every = [one for one in report.accuracy if one["method"] == "hotspots"]
    assert all(one["hit_rate"] == pytest.approx(one["budget"], abs=0.02) for one in every if one["budget"])


def test_where_nothing_differs_nothing_is_claimed():
    report = backtest_counted(honeycomb(np.full(len(CELLS), 0.3)))
    assert set(verdicts(report, against="last year")) == {"not distinguishable"}
    assert set(verdicts(report, against="kernel density")) == {"not distinguishable"}
    listed = "violence, judged on zones: the list against last year: nothing was listed at any origin."
    assert listed in report.verdicts()
    assert all(abs(one["pai"] - 1) < 0.35 for one in report.accuracy if one["budget"] and one["budget"] >= 0.02)


def test_only_the_past_ranks():
    # A place that is busy only after the last origin must not be found before.
    rate = np.full((len(CELLS), 30), 0.3)
    rate[BUSY, 27:] = 6.0
    report = backtest_counted(honeycomb(rate))
    last = [one for one in report.accuracy if one["months"] == 3 and one["budget"] == 0.02]
    assert all(one["pai"] < 1.5 for one in last)


def test_origins_need_a_window_before_and_months_after_without_a_gap():
    coverage = honeycomb(np.full(len(CELLS), 0.1)).coverages[0]
    assert find_origins(coverage, window_months=12) == [FIRST + month for month in (11, 14, 17, 20, 23, 26)]
    with_gap = honeycomb(np.full(len(CELLS), 0.1), gaps=(12,)).coverages[0]
    assert find_origins(with_gap, window_months=12) == [FIRST + 26]
    assert find_origins(coverage, window_months=28) == []


def test_horizons_that_hold_a_gap_do_not_judge():
    report = backtest_counted(honeycomb(np.full(len(CELLS), 0.3), gaps=(20,)))
    origins = {one["months"]: one["origins"] for one in report.accuracy}
    # Months 11 and 14 look back far enough; 12 months ahead of either lies the gap.
    assert origins == {3: 2, 6: 1}
    assert report.themes["violence"]["origins"] == ["2020-12", "2021-03"]


def test_a_change_of_recording_is_named():
    change = SimpleNamespace(month=FIRST + 13, feeds=(), text="Another system.")
    report = backtest_counted(honeycomb(np.full(len(CELLS), 0.3), breaks=(change,)))
    (note,) = report.themes["violence"]["notes"]
    assert note == "5 of the origins look across the change of recording in 2021-02."
    assert note in report.as_text()


def test_the_same_seed_gives_the_same_report():
    town = honeycomb(np.where(BUSY, 0.3, 0.05))
    assert backtest_counted(town).as_json() == backtest_counted(town).as_json()
    assert backtest_counted(town).as_json() != backtest_counted(town, seed=2).as_json()


def test_shares_without_ties_agree_with_prediction_accuracy():
    rng = np.random.default_rng(3)
    score, later, width = rng.permutation(40) / 7, rng.poisson(3.0, 40).astype(float), np.ones(40)
    for flagged in (4, 10):
        share = flagged_share(score, width, budget=flagged / 40)
        plain = prediction_accuracy(score >= np.sort(score)[-flagged], later)
        assert (share * later).sum() / later.sum() == pytest.approx(plain.hit_rate)
        best = flagged_share(later, width, budget=flagged / 40)
        assert (share * later).sum() / (best * later).sum() == pytest.approx(plain.pei)


def test_zones_without_an_answer_take_no_area():
    share = flagged_share(np.array([np.nan, 3.0, 2.0, 1.0]), np.array([9.0, 1.0, 2.0, 1.0]), budget=0.5)
    assert share.tolist() == [0.0, 1.0, 0.5, 0.0]


def test_doggerland_is_backtested_by_the_command(tmp_path, capsys):
    config = make_demo_city(tmp_path / "city", months=24)
    assert cli.main(["backtest", str(config), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["layer"] == "cells-r9"
    assert {one["budget"] for one in report["accuracy"]} == {*BUDGETS, None}
    transport = [one for one in report["accuracy"] if one["theme"] == "transport" and one["budget"] == 0.01]
    assert {one["method"] for one in transport} == {"hotspots", "last year", "kernel density"}
    for one in report["accuracy"]:
        assert one["hit_rate_low"] <= one["hit_rate"] <= one["hit_rate_high"]
        assert one["pai"] == pytest.approx(one["hit_rate"] / one["area_share"], rel=0.02, abs=0.02)


def test_a_series_that_is_too_short_says_how_long_it_must_be(tmp_path):
    config = make_tiny_town(tmp_path)
    config.write_text(config.read_text().replace("themes =", "window_months = 22\nthemes ="))
    with pytest.raises(ConfigError, match=r"25 months in a row .* Add earlier or later months"):
        backtest(config)
