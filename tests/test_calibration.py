"""Does the self-test see a rule that errs, and does the next run carry its figures?"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from honeycomb import CELLS, honeycomb
from tiny_town import make_tiny_town

from geo_safety import calibration, cli
from geo_safety.calibration import calibrate_counted, draw_counts
from geo_safety.errors import ConfigError
from geo_safety.hotspots import HotspotRules
from geo_safety.neighbours import from_cells
from geo_safety.pipeline import run


@pytest.fixture(scope="module")
def town():
    """A honeycomb with busy and quiet quarters and two years of months."""
    rough, near = np.random.default_rng(2).normal(size=len(CELLS)), from_cells(CELLS.tolist())
    for _ in range(3):
        rough = near.sum(rough) / near.sizes
    rate = np.exp(1.4 * rough / rough.std())
    return honeycomb(0.4 * rate / rate.mean(), months=24)


@pytest.fixture(scope="module")
def figures(town):
    return calibrate_counted(town, maps=40)


def shares(figures: dict, name: str, zone: str = "all") -> dict:
    (row,) = [one for one in figures["error_share"] if (one["list"], one["zone"]) == (name, zone)]
    return row


def test_the_rule_keeps_its_error_share_where_the_truth_is_known(figures):
    whole = shares(figures, "probability")
    assert whole["listed"] > 20
    assert whole["false"] < 0.08
    assert whole["found"] > 0.6
    strict = shares(figures, "strict")
    assert strict["false"] < 0.02
    assert strict["found"] < whole["found"]
    inner, outer = (shares(figures, "probability", zone) for zone in ("inner", "outer"))
    assert inner["listed"] + outer["listed"] == pytest.approx(whole["listed"], abs=0.11)


def test_a_rule_that_lists_too_much_is_found_out(town, monkeypatch):
    honest = calibration.choose_hotspots

    def careless(one, probability, surroundings, *, rules):
        return honest(one, probability**0.2, surroundings, rules=rules)

    monkeypatch.setattr(calibration, "choose_hotspots", careless)
    found = calibrate_counted(town, maps=12)
    whole = shares(found, "probability")
    assert whole["false"] - 3 * whole["false_error"] > 0.08
    assert shares(found, "strict")["false"] < 0.02


def test_maps_without_hotspots_list_nothing_but_by_z_score(figures):
    (row,) = figures["maps_without_hotspots"]
    assert row["probability"] <= 0.1
    assert row["strict"] <= 0.1
    assert row["exact_gi"] <= 0.2
    assert row["mean"] == pytest.approx(0.4 * 12, rel=0.1)


def test_on_sparse_maps_the_z_score_sees_what_is_not_there():
    sparse = honeycomb(np.full(len(CELLS), 0.01), months=12)
    (row,) = calibrate_counted(sparse, maps=20)["maps_without_hotspots"]
    assert row["gi_z_score"] > 0.8
    assert row["exact_gi"] <= 0.2
    assert row["probability"] <= 0.1


def test_noise_of_the_drawn_maps_is_the_measured_noise(town, monkeypatch):
    drawn = []
    honest = calibration.draw_counts

    def remember(mean, *, dispersion, rng):
        drawn.append(dispersion)
        return honest(mean, dispersion=dispersion, rng=rng)

    monkeypatch.setattr(calibration, "draw_counts", remember)
    found = calibrate_counted(town, maps=1)
    assert {round(noise, 3) for noise in drawn} == {found["maps_without_hotspots"][0]["dispersion"]}


@pytest.mark.parametrize("dispersion", [1.0, 2.5])
def test_drawn_counts_have_their_mean_and_variance_and_keep_what_is_unknown(dispersion):
    mean = np.array([np.nan, *[3.0] * 40_000, *[0.0] * 10])
    counts = draw_counts(mean, dispersion=dispersion, rng=np.random.default_rng(1))
    assert np.isnan(counts[0])
    assert counts[1:-10].mean() == pytest.approx(3.0, rel=0.03)
    assert counts[1:-10].var() == pytest.approx(3.0 * dispersion, rel=0.05)
    assert not counts[-10:].any()


def test_the_same_seed_gives_the_same_figures(town, figures):
    assert calibrate_counted(town, maps=40) == figures
    assert calibrate_counted(town, maps=40, seed=2)["error_share"] != figures["error_share"]


def test_a_list_that_is_empty_has_no_error_share(town):
    town.settings.hotspots, rules = HotspotRules(level=60.0), town.settings.hotspots
    try:
        found = calibrate_counted(town, maps=4)
    finally:
        town.settings.hotspots = rules
    assert all(one["false"] is None and one["found"] is None for one in found["error_share"])


def test_a_study_without_a_whole_window_is_told_what_to_do(town):
    coverage = town.coverages[0]
    short = replace(coverage, window=replace(coverage.window, is_complete=False))
    town.coverages, whole = (short,), town.coverages
    try:
        with pytest.raises(ConfigError, match="Add months, or set a shorter `window_months`"):
            calibrate_counted(town, maps=1)
    finally:
        town.coverages = whole


def test_the_next_run_with_the_same_config_carries_the_figures(tmp_path, capsys):
    config, releases = make_tiny_town(tmp_path), tmp_path / "releases"
    assert run(config, releases).manifest["calibration"] is None
    assert cli.main(["calibrate", str(config), "--out", str(releases), "--maps", "4", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    carried = run(config, releases).manifest["calibration"]
    assert carried == {name: value for name, value in printed.items() if name != "file"}
    assert carried["windows"]["violence"] == {"start": "2025-01", "end": "2025-12"}
    assert {one["layer"] for one in carried["error_share"]} == {"cells-r9", "wards"}
    wards = [one for one in carried["maps_without_hotspots"] if one["layer"] == "wards"]
    assert all(one["exact_gi"] is None and one["gi_z_score"] is None for one in wards)
    # Another config is another study; figures of other rules say nothing about these.
    config.write_text(config.read_text().replace("Tinytown", "Littletown"))
    assert run(config, releases).manifest["calibration"] is None
    config.write_text(config.read_text().replace("Littletown", "Tinytown"))
    (kept,) = (releases / ".state").glob("calibration-*.json")
    kept.write_text(kept.read_text().replace(carried["method_version"], "1999.1"))
    assert run(config, releases).manifest["calibration"] is None


def test_the_report_for_people_names_every_list(tmp_path, capsys):
    config = make_tiny_town(tmp_path)
    assert cli.main(["calibrate", str(config), "--out", str(tmp_path / "releases"), "--maps", "1"]) == 0
    text = capsys.readouterr().out
    for words in ("Known surfaces (1 of each)", "Maps without hotspots (1 of each)", "Gi* z-score", "Held-out months:"):
        assert words in text
    with pytest.raises(SystemExit, match="2"):
        cli.main(["calibrate", str(config), "--maps", "0"])
