"""The hotspot rule re-run for a window: the release's own numbers in its own window, gaps refused, nothing small shown."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest
import shapely
from tiny_town import MONTHS, SIDE, SOUTH, WEST, make_tiny_town, street_rows, write_month

from geo_safety.analysis import choose_months, read_ground, rerun
from geo_safety.cube import Cube
from geo_safety.errors import AnalysisError, WindowError
from geo_safety.months import month_number, month_text
from geo_safety.pipeline import run
from geo_safety.release import open_release

LAYERS = ("cells-r9", "cells-r8", "wards")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The tiny town by the real pipeline, with points of 90 m and a change of recording in the window."""
    folder = tmp_path_factory.mktemp("town")
    config = make_tiny_town(folder)
    text = config.read_text().replace('path = "police"', 'path = "police"\nprecision_m = 90')
    config.write_text(text + '\n[[breaks]]\ndate = "2025-06-10"\ntext = "New forms."\n')
    return run(config, folder / "releases")


@pytest.fixture(scope="module")
def gapped(tmp_path_factory):
    """The same town without the file of May 2024."""
    folder = tmp_path_factory.mktemp("gapped")
    config = make_tiny_town(folder)
    shutil.rmtree(folder / "police" / "2024-05")
    return run(config, folder / "releases")


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("theme", ["violence", "robbery", "asb"])
def test_the_releases_own_window_gives_its_own_figures(release, layer, theme):
    ground = read_ground(release, layer)
    found = rerun(ground, theme, choose_months(ground, theme))
    told = release.manifest["themes"][theme]["layers"][layer]
    published = release.table(layer, theme=theme, access="internal").to_pandas()
    assert found.rows["zone_id"].tolist() == published["zone_id"].tolist()
    assert found.is_listed.tolist() == published["is_hotspot"].fillna(value=False).astype(bool).tolist()
    decimals = {"incidents": 0, "incidents_previous": 0, "probability": 4, "ratio": 3, "ratio_low": 3, "ratio_high": 3}
    for name, places in decimals.items():
        theirs = published[name].to_numpy(dtype=float)
        assert found.rows[name].to_numpy(dtype=float) == pytest.approx(theirs, abs=0.51 * 10**-places, nan_ok=True)
    for name in ("why", "change_class", "reliability", "ward_code", "window_start", "window_end"):
        assert found.rows[name].tolist() == published[name].tolist(), name
    assert found.rows["caution"].str.contains("Recording changed in 2025-06: New forms.", regex=False).all()
    assert round(found.judgement.dispersion.value, 3) == told["dispersion"]
    assert found.is_listed.sum() == told["hotspots"]


def test_the_busy_corner_is_listed(release):
    ground = read_ground(release, "cells-r9")
    found = rerun(ground, "robbery", choose_months(ground, "robbery", first="2024-02", last="2024-07"))
    assert found.is_listed.any()
    assert 0 <= found.expected_error_share <= 0.05
    busiest = found.rows.loc[found.is_listed, "geometry"].iloc[0].centroid
    assert busiest.distance(shapely.Point(WEST + SIDE, SOUTH + SIDE)) < 0.01


def test_another_window_holds_the_counts_of_its_months(release):
    ground = read_ground(release, "wards")
    window = choose_months(ground, "asb", first="2024-03", last="2024-05")
    found = rerun(ground, "asb", window)
    series = release.series("wards", theme="asb", access="internal").to_pandas()
    inside = series[series["month"].astype(str).str[:7].between("2024-03", "2024-05")]
    assert (
        found.rows.set_index("zone_id")["incidents"].to_dict() == inside.groupby("zone_id")["incidents"].sum().to_dict()
    )
    assert "incidents_previous" not in found.rows  # December 2023 is not in the data
    assert found.rows["window_start"].astype(str).unique().tolist() == ["2024-03-01"]
    assert found.rows["window_end"].astype(str).unique().tolist() == ["2024-05-01"]
    assert found.rows["caution"].str.contains("it is assumed").all()


def test_a_single_month_is_judged_with_its_noise_assumed(release):
    ground = read_ground(release, "cells-r8")
    found = rerun(ground, "violence", choose_months(ground, "violence", first="2024-01", last="2024-01"))
    assert found.judgement.why_not is None
    assert found.judgement.dispersion.basis == "assumed"


def test_themes_that_count_the_same_incidents_are_no_context(release):
    whole = read_ground(release, "cells-r9")
    robbery = whole.cubes["robbery"]
    window = choose_months(whole, "robbery")

    def probability(same_incidents: tuple[str, ...], **cubes: Cube) -> list[float]:
        facts = {**whole.facts, "robbery": replace(whole.facts["robbery"], same_incidents=same_incidents)}
        return rerun(replace(whole, cubes=cubes, facts=facts), "robbery", window).rows["probability"].tolist()

    alone = probability((), robbery=robbery)
    assert probability((), robbery=robbery, asb=robbery) != alone
    assert probability(("asb",), robbery=robbery, asb=robbery) == alone
    shared = release.manifest["themes"]["robbery"]["same_incidents"]
    assert "robbery" in shared
    assert not {"asb", "violence"} & set(shared)


def test_a_window_without_incidents_gives_counts_and_says_why_there_is_no_list(release):
    ground = read_ground(release, "wards")
    cube = ground.cubes["asb"]
    empty = replace(ground, cubes={**ground.cubes, "asb": replace(cube, incidents=np.zeros_like(cube.incidents))})
    found = rerun(empty, "asb", choose_months(empty, "asb"))
    assert found.judgement.why_not == "No incident of this theme in the study."
    assert not found.is_listed.any()
    assert found.expected_error_share is None
    assert found.published(np.arange(4), access="open")["incidents"].to_pylist() == [0] * 4


def test_a_gap_is_refused_with_the_months_that_work(gapped):
    ground = read_ground(gapped, "wards")
    with pytest.raises(WindowError, match="violence has no data in 2024-05") as refused:
        choose_months(ground, "violence", first="2024-03", last="2024-08")
    assert refused.value.windows == (("2024-06", "2025-12"), ("2024-01", "2024-04"))
    assert "2024-06 to 2025-12; 2024-01 to 2024-04" in refused.value.remedy
    for first, last in refused.value.windows:
        window = choose_months(ground, "violence", first=first, last=last)
        assert (month_text(window.start), month_text(window.end)) == (first, last)


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("2023-11", "2024-02", "no data in months before 2024-01"),
        ("2025-11", "2026-02", "no data in months after 2025-12"),
        ("2030-01", "2030-02", "no data in months after 2025-12"),
        ("2025-03", "2025-02", "ends before it starts"),
    ],
)
def test_months_outside_the_data_are_refused(release, first, last, says):
    with pytest.raises(WindowError, match=says):
        choose_months(read_ground(release, "wards"), "asb", first=first, last=last)


def test_what_is_published_hides_small_counts_and_holds_no_class(release):
    ground = read_ground(release, "cells-r9")
    found = rerun(ground, "robbery", choose_months(ground, "robbery", first="2024-01", last="2024-06"))
    table = found.published(np.arange(len(found.rows)), access="open")
    hidden = pc.equal(table["incidents_band"], "1-4")
    assert pc.any(hidden).as_py()
    assert table.filter(hidden)["incidents"].null_count == pc.sum(hidden).as_py()
    assert pc.min(table.filter(pc.greater(table["incidents"], 0))["incidents"]).as_py() >= 5
    assert not {"class", "tier", "entrenched_probability", "ratio_residents", "gi_z", "geometry"} & set(
        table.column_names
    )


def test_small_wards_lose_what_tells_of_their_count(tmp_path):
    config = make_tiny_town(tmp_path)
    write_month(tmp_path, "2024-01", street_rows("2024-01", per_month=24))
    release = run(config, tmp_path / "releases")
    ground = read_ground(release, "wards")
    found = rerun(ground, "robbery", choose_months(ground, "robbery", first="2024-01", last="2024-01"))
    exact = found.rows["incidents"].to_numpy()
    assert ((exact > 0) & (exact < 5)).any()
    table = found.published(np.arange(len(exact)), access="open")
    hidden = pc.equal(table["incidents_band"], "1-4").to_numpy(zero_copy_only=False)
    assert hidden.tolist() == ((exact > 0) & (exact < 5)).tolist()
    assert table.filter(hidden)["probability"].null_count == hidden.sum()
    assert table.filter(hidden)["ratio"].null_count == hidden.sum()


def test_without_the_exact_files_the_remedy_is_said(release, tmp_path):
    copy = shutil.copytree(release.folder, tmp_path / release.release_id)
    (copy / "series.parquet").unlink()
    with pytest.raises(AnalysisError, match="owner of the release's files"):
        read_ground(open_release(tmp_path, release.release_id), "wards")


def test_a_release_without_its_rules_is_refused(release):
    older = replace(release, manifest={name: value for name, value in release.manifest.items() if name != "rules"})
    with pytest.raises(AnalysisError, match="geo-safety run"):
        read_ground(older, "wards")


def test_the_first_month_is_the_series_own(release):
    cube = read_ground(release, "wards").cubes["asb"]
    assert cube.first_month == month_number(MONTHS[0])
    assert cube.incidents.shape == (4, 24)
