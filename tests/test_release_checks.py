"""The checks of the lists: hand-drawn answers, and a run that names and a run that does not name what they need."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from product_town import WARDS, town
from releases import tiny_content
from tiny_town import make_tiny_town, ward_features

from geo_safety import release_checks
from geo_safety.cli import main
from geo_safety.disclosure import OPEN, Reader, manifest_for
from geo_safety.release import current
from geo_safety.release_checks import TENTHS, by_tenth, by_weights, compare

MORE = """
[[boundaries]]
layer = "lsoas"
path = "parts.geojson"
code = "code"
name = "code"
shown = false

[[context]]
kind = "deprivation"
path = "imd.csv"
columns = { zone_id = "code", decile = "tenth" }

[checks]
low_trust_boroughs = ["TB1", "Nowhere"]
under_reporting = 1.0
"""


def test_tenths_hold_what_lies_in_them():
    tenth = np.array([1, 1, 1, 5, 10, np.nan])
    listed = np.array([True, True, False, True, False, True])
    found = by_tenth(tenth, listed, np.array([10.0, 10, 0, 10, 10, 99]))
    first, fifth, last = (found["tenths"][place] for place in (0, 4, 9))
    assert (first["zones"], first["listed"], first["share_listed"]) == (3, 2, 0.6667)
    assert (first["share_of_list"], first["share_of_reports"]) == (0.6667, 0.5)
    assert (fifth["share_of_list"], last["share_of_list"]) == (0.3333, 0.0)
    assert found["tenths"][1]["share_listed"] is None, "no zone, no share"
    assert found["unknown"] == 1


@given(st.lists(st.tuples(st.sampled_from([*TENTHS, float("nan")]), st.booleans(), st.integers(0, 50)), min_size=1))
def test_no_listed_zone_is_lost_and_shares_add_up(zones):
    frame = pd.DataFrame(zones, columns=["tenth", "listed", "reports"])
    tenth, listed, reports = (
        frame[name].to_numpy(dtype=kind) for name, kind in zip(frame, (float, bool, float), strict=True)
    )
    found = by_tenth(tenth, listed, reports)
    assert sum(row["listed"] for row in found["tenths"]) + found["unknown"] == listed.sum()
    for name in ("share_of_list", "share_of_reports"):
        shares = [row[name] for row in found["tenths"]]
        assert None in shares or sum(shares) == pytest.approx(1, abs=0.001)


def test_lists_are_compared_zone_by_zone():
    now, again = np.array([1, 1, 1, 0], dtype=bool), np.array([0, 1, 1, 1], dtype=bool)
    assert compare(now, again) == {
        "why_not": None, "listed": 3, "listed_again": 3, "both": 2, "join": 1, "leave": 1, "overlap": 0.5,
    }  # fmt: skip
    assert compare(now & False, now & False)["overlap"] is None


def test_weights_that_turn_the_order_round_have_nothing_in_common():
    layer = town({"violence": {}}).layers["wards"]
    rising = np.arange(1.0, WARDS + 1)
    table = pd.DataFrame(
        {"incidents": rising, "harm_cchi": rising * 10, "harm_css": rising[::-1], "harm_rank_differs": rising > 8}
    )
    found = by_weights(table, layer)
    assert found["overlap"] == {"count and cchi": 1.0, "count and css": 0.0, "cchi and css": 0.0}
    assert (found["rank_differs"], found["without"], found["why_not"]) == (2, [], None)
    bare = by_weights(pd.DataFrame({"incidents": rising}), layer)
    assert (bare["without"], bare["overlap"]) == (["cchi", "css"], {})
    assert bare["why_not"].startswith("The theme has no weights")


def write_parts(folder: Path) -> list[str]:
    """Each of the tiny town's wards as nine zones of 0.7 km²; their codes."""
    features = []
    for ward in ward_features():
        west, south, east, north = shapely.bounds(shapely.geometry.shape(ward["geometry"]))
        across, up = np.linspace(west, east, 4), np.linspace(south, north, 4)
        for place in range(9):
            column, row = place % 3, place // 3
            box = shapely.box(across[column], up[row], across[column + 1], up[row + 1])
            properties = {"code": f"{ward['properties']['code']}{place}"}
            features.append({"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(box)})
    (folder / "parts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return [one["properties"]["code"] for one in features]


@pytest.fixture
def checked(tmp_path):
    """The tiny town's release with a deprivation file by ward and a borough where less may be reported."""

    def run(
        more: str = MORE, themes: str = '"violence", "robbery", "asb"', labels: str = "", tenths: str | None = None
    ):
        config = make_tiny_town(tmp_path)
        codes = write_parts(tmp_path)
        lines = [f"{code},{tenth}" for code, tenth in zip(codes, np.repeat([1, 1, 5, 10], 9), strict=True)]
        (tmp_path / "imd.csv").write_text("code,tenth\n" + (tenths or "\n".join(lines)) + "\n")
        text = (
            config.read_text()
            .replace('"violence", "robbery", "asb"', themes)
            .replace('path = "police"', f'path = "police"\n{labels}')
        )
        config.write_text(text + more)
        assert main(["run", str(config), "--out", str(tmp_path / "releases")]) == 0
        return current(tmp_path / "releases").manifest["checks"]

    return run


def test_a_run_says_where_its_lists_point_and_what_more_reports_would_change(checked):
    found = checked()
    assert found["layer"] == "cells-r9"
    one = found["themes"]["robbery"]
    assert one["deprivation"]["why_not"] is None
    assert sum(row["listed"] for row in one["deprivation"]["tenths"]) > 0
    assert found["about"]["deprivation"].startswith("imd.csv: each cell has the tenth of the lsoas")
    assert found["about"]["under_reporting"] == "As if 100 % more had been reported in TB1. Not found: Nowhere."
    assert one["under_reporting"]["both"] + one["under_reporting"]["leave"] == one["under_reporting"]["listed"] > 0
    assert one["police_activity"] == {"why_not": "None of its categories follows police activity."}
    assert one["weights"]["overlap"]["count and cchi"] == 1.0
    json.dumps(found, allow_nan=False)


def test_lists_are_made_again_from_raised_counts_in_the_named_boroughs_alone(checked, monkeypatch):
    seen = []

    def keep(lists, counts, _):
        seen.append((lists, counts))
        return {one.theme: lists.listed(one.theme) for one in counts}

    monkeypatch.setattr(release_checks, "_listed_again", keep)
    checked()
    ((lists, raised),) = seen
    there = lists.layer.gazetteer.borough_code == "TB1"
    for was, now in zip(lists.counts, raised, strict=True):
        assert np.array_equal(now.monthly[there], 2 * was.monthly[there])
        assert np.array_equal(now.monthly[~there], was.monthly[~there])
        assert np.array_equal(now.before, was.before * np.where(there, 2, 1))
    assert 0 < there.sum() < len(there)


def test_what_follows_the_police_is_taken_out_and_named(checked):
    # Drugs make a quarter of the reports; here a config has put them into a theme of its own.
    labels = 'labels = { "Robbery" = ["street"], "Drugs" = ["street"], "Violence and sexual offences" = ["violence"] }'
    found = checked("", '"violence", "street"', labels)["themes"]
    one = found["street"]["police_activity"]
    assert one["removed"] == ["Drugs"]
    assert one["why_not"] is None
    assert one["listed"] > 0
    assert found["violence"]["police_activity"]["why_not"] == "None of its categories follows police activity."


def test_what_is_missing_is_said(checked):
    found = checked("")
    assert found["about"]["deprivation"] == "The config names no [[context]] of the kind deprivation."
    assert found["themes"]["asb"]["deprivation"]["why_not"] == found["about"]["deprivation"]
    assert (
        found["themes"]["asb"]["under_reporting"]["why_not"] == "The config names no low_trust_boroughs under [checks]."
    )
    found = checked(MORE.replace('zone_id = "code"', 'zone_id = "no_such_column"'))
    assert found["about"]["deprivation"].startswith("imd.csv is no table with the columns")


def test_figures_of_far_larger_zones_say_nothing_of_cells(checked):
    whole = MORE.replace("shown = false", "").replace("parts", "wards").replace('"lsoas"', '"quarters"')
    found = checked(
        whole.replace('name = "code"', 'name = "name"'),
        tenths="T01,1\nT02,1\nT03,5\nT04,10",
    )
    assert "far larger than those of cells-r9" in found["about"]["deprivation"]


def test_figures_of_closed_themes_are_not_for_everybody():
    manifest = dict(tiny_content().manifest)
    manifest["sources"] = [{**manifest["sources"][0], "access": "partner"}]
    manifest["checks"] = {"layer": "cells-r9", "about": {}, "themes": {"robbery": {}, "violence": {}}}
    assert manifest_for(manifest, OPEN)["checks"]["themes"] == {}
    assert set(manifest_for(manifest, Reader("internal"))["checks"]["themes"]) == {"robbery", "violence"}
