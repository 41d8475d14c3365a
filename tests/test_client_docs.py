"""The commands of `docs/clients/questions.md`, run as they stand there, against a real server with two releases."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import shapely
from conftest import ROOT
from served import serving
from tiny_town import MONTHS, SIDE, SOUTH, WEST, make_tiny_town, street_rows, write_month

from geo_safety.pipeline import run
from geo_safety.release import current

PAGE = ROOT / "docs" / "clients" / "questions.md"
DOCUMENTED = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A folder with `releases`: one of a tiny town half a year ago, and one of today; some rows have no place."""
    folder = tmp_path_factory.mktemp("questions")
    config = make_tiny_town(folder)
    boroughs = [
        {"type": "Feature", "properties": {"code": f"TB{column}", "name": name}, "geometry": shapely.geometry.mapping(
            shapely.box(WEST + column * SIDE, SOUTH, WEST + (column + 1) * SIDE, SOUTH + 2 * SIDE))}
        for column, name in enumerate(("Westquarter", "Eastquarter"))
    ]  # fmt: skip
    (folder / "boroughs.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": boroughs}))
    layer = '[[boundaries]]\nlayer = "boroughs"\npath = "boroughs.geojson"\ncode = "code"\nname = "name"\n'
    config.write_text(config.read_text() + layer)
    for month in MONTHS:
        rows = street_rows(month)
        nowhere = re.sub(r"(,Tiny Police){2},[^,]*,[^,]*,", ",Tiny Police,Tiny Police,,,", rows[1])  # a robbery
        write_month(folder, month, [nowhere.replace(f"{month}-0001", f"{month}-9999"), *rows])
    for month in MONTHS[18:]:
        shutil.move(folder / "police" / month, folder / month)
    run(config, folder / "releases")
    for month in MONTHS[18:]:
        shutil.move(folder / month, folder / "police" / month)
    run(config, folder / "releases")
    return folder


@pytest.fixture(scope="module")
def answers(town, tmp_path_factory, require_program):
    """Folder with what the commands wrote, what each printed by question."""
    require_program("curl")
    folder = tmp_path_factory.mktemp("answers")
    (folder / "releases").symlink_to(town / "releases")
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^## [^\n]*\((\w+)\)\n+```sh\n(.+?)\n```", text, re.MULTILINE | re.DOTALL)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    said = {}
    with serving(town / "releases") as live:
        for question, command in found:
            assert "\n" not in command  # one command each
            done = subprocess.run(["bash", "-c", command.replace(DOCUMENTED, live.address)], cwd=folder, env=environment,
                                  capture_output=True, text=True, check=False)  # fmt: skip
            assert done.returncode == 0, (command, done.stderr)
            said[question] = done.stdout
    return folder, said


def test_each_question_has_one_command(answers):
    assert list(answers[1]) == ["C1", "C2", "C3", "C6", "T9"]


def test_c1_valid_geojson_with_stable_ids(answers, town):
    document = json.loads((answers[0] / "hotspots.geojson").read_text(encoding="utf-8"))
    areas = current(town / "releases").table("hotspot-areas", theme="robbery").to_pylist()
    assert [one["id"] for one in document["features"]] == sorted(area["area_id"] for area in areas)
    assert areas
    for feature in document["features"]:
        assert shapely.geometry.shape(feature["geometry"]).is_valid
    earlier = [one for one in (town / "releases").iterdir() if one.name.startswith("2025-06-")]
    before = pd.read_parquet(earlier[0] / "open" / "hotspot-areas.parquet")
    assert set(before[before["theme"] == "robbery"]["area_id"]) & {one["id"] for one in document["features"]}


def test_c2_twelve_months_against_twelve_and_nothing_left_out(answers):
    rows = pd.read_csv(answers[0] / "wards.csv", encoding="utf-8-sig", dtype={"zone_id": str}).set_index("zone_id")
    assert list(rows.index) == ["T01", "T02", "T03", "T04", "unlocated", "in no zone"]
    # 30 of each month's 120 rows are robberies, and there is one more without a place.
    assert rows.loc["unlocated", "incidents"] == rows.loc["unlocated", "incidents_previous"] == 12
    for name in ("incidents", "incidents_previous"):
        assert rows[name].sum() == 12 * 31
    assert set(rows["change_class"].dropna()) <= {"not distinguishable", "fewer", "more", "clearly fewer", "clearly more",
                                                  "too few"}  # fmt: skip
    assert set(rows["may_be_published"]) == {"yes"}


def test_c3_what_changed_since_last_time(answers, town):
    document = json.loads((answers[0] / "changes.geojson").read_text(encoding="utf-8"))
    assert document["since"].startswith("2025-06-")
    assert document["release_id"] == current(town / "releases").release_id
    assert sum(document["counts"].values()) == len(document["features"])
    for feature in document["features"]:
        assert feature["properties"]["change"] in ("new", "gone", "grown", "shrunk", "moved")
    assert document["revised_months"] == []  # no file was supplied anew


def test_c6_safe_to_publish_and_why(answers):
    text = answers[1]["C6"]
    assert re.search(r"^Safe to publish: Yes, because it is open data, counts of 1 to 4 are banded", text, re.MULTILINE)
    assert (answers[0] / "wards.xlsx").stat().st_size > 0


def test_t9_one_borough_filtered_in_time(answers, town):
    rows = pd.read_csv(answers[0] / "borough.csv", encoding="utf-8-sig")
    assert len(rows) > 0
    assert set(rows["borough_code"]) == {"TB0"}
    assert rows["is_hotspot"].all()
    assert rows["probability"].is_monotonic_decreasing
    whole = current(town / "releases").table("cells-r9", theme="robbery").to_pandas()
    assert len(rows) == (whole["is_hotspot"].eq(True) & (whole["borough_code"] == "TB0")).sum()
