"""Feeds that count by the wards of another year, from the config to the release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_town import CONFIG, SIDE, SOUTH, WEST, make_tiny_town

from geo_safety.analysis import choose_months, read_ground, rerun
from geo_safety.cli import main
from geo_safety.release import current

OLD_WARDS = """
[[boundaries]]
layer = "wards"
path = "old.geojson"
vintage = "2020"
"""
COUNTS = """
[[sources]]
kind = "area_counts"
name = "ward counts"
path = "counts.csv"
layer = "wards"
columns = { zone_id = "ward", time = "month", category = "kind", weight = "n" }
labels = "police_uk"
use = ["robbery"]
"""


@pytest.fixture
def town(tmp_path) -> Path:
    """The tiny town, which was two long wards before it became four squares, with counts of robbery by the old ones."""
    make_tiny_town(tmp_path)
    features = []
    for number, south in enumerate((SOUTH, SOUTH + SIDE), start=1):
        ring = [
            [WEST, south],
            [WEST + 2 * SIDE, south],
            [WEST + 2 * SIDE, south + SIDE],
            [WEST, south + SIDE],
            [WEST, south],
        ]
        properties = {"ward_code": f"OLD{number}", "ward_name": f"Long {number}"}
        features.append(
            {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        )
    (tmp_path / "old.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    rows = [
        f"{ward},{2024 + k // 12}-{k % 12 + 1:02d},Robbery,{n}"
        for ward, n in (("OLD1", 3), ("OLD2", 1))
        for k in range(24)
    ]
    (tmp_path / "counts.csv").write_text("\n".join(["ward,month,kind,n", *rows]))
    return tmp_path


def write_config(town: Path, *, vintage: str = 'vintage = "2020"\n', boundaries: str = OLD_WARDS) -> Path:
    text = CONFIG.replace('themes = ["violence", "robbery", "asb"]', 'themes = ["robbery", "violence"]')
    text = text.replace('path = "police"', 'path = "police"\nuse = ["violence"]')
    text = text.replace('parent = "borough"', 'parent = "borough"\nvintage = "2022"')
    (town / "tiny.toml").write_text(text + COUNTS + vintage + boundaries)
    return town / "tiny.toml"


def test_old_wards_come_to_the_new_ones_with_every_incident(town, capsys):
    assert main(["run", str(write_config(town)), "--out", str(town / "releases")]) == 0
    release = current(town / "releases")
    (crosswalk,) = release.manifest["crosswalks"]
    assert crosswalk == {
        "feed": "ward counts", "layer": "wards", "from": ["2020"], "to": "2022",
        "themes": {"robbery": {"shares_by": "area", "incidents": 96, "from_split_zones": 96, "zones_touched": 4}},
    }  # fmt: skip
    wards = release.table("wards", theme="robbery", access="internal").to_pandas().set_index("zone_id")
    # The window holds the second of two years; of 36 and 12 incidents each of two new wards gets its half.
    assert wards["incidents"].to_dict() == {"T01": 18, "T02": 18, "T03": 6, "T04": 6}
    assert "100% of its reports were moved here from wards of 2020 by area alone; its" in wards["caution"]["T01"]
    ground = read_ground(release, "wards")
    again = rerun(ground, "robbery", choose_months(ground, "robbery", first="2025-07"))
    told = "Reports of wards of 2020 were moved here by area: counts of single zones are estimates."
    assert again.rows["caution"].str.contains(told).all()
    violence = release.table("wards", theme="violence", access="internal").to_pandas()
    assert not violence["caution"].fillna("").str.contains("moved here").any()
    assert [(entry["layer"], entry["vintage"], entry["is_shown"]) for entry in release.manifest["boundaries"]][-2:] == [
        ("wards", "2022", True), ("wards", "2020", False),
    ]  # fmt: skip
    capsys.readouterr()
    assert main(["check", str(town / "tiny.toml")]) == 0
    assert "ward counts: moved from wards of 2020 to 2022: robbery by area (96 of 96 reports" in capsys.readouterr().out


def test_points_of_the_same_theme_decide_where_there_are_any(town):
    config = write_config(town)
    text = config.read_text().replace('use = ["violence"]', 'use = ["violence", "robbery"]')
    config.write_text(text.replace('name = "ward counts"', 'name = "ward counts"\nrole = "second"'))
    assert main(["run", str(config), "--out", str(town / "releases")]) == 0
    release = current(town / "releases")
    assert release.manifest["crosswalks"][0]["themes"]["robbery"]["shares_by"] == "incidents"
    series = release.table("series", theme="robbery", access="internal").to_pandas()
    moved = series[(series["feed"] == "ward counts") & (series["layer"] == "wards")]
    assert moved.groupby("month")["incidents"].sum().tolist() == [4] * 24


def test_residents_of_smaller_zones_decide_where_there_are_no_points(town):
    (town / "people.csv").write_text("zone_id,residents\nT01,3000\nT02,1000\nT03,500\nT04,500\n")
    people = '[[context]]\nkind = "population"\npath = "people.csv"\n'
    config = write_config(town, boundaries=OLD_WARDS + people)
    assert main(["run", str(config), "--out", str(town / "releases")]) == 0
    release = current(town / "releases")
    assert release.manifest["crosswalks"][0]["themes"]["robbery"]["shares_by"] == "residents"
    wards = release.table("wards", theme="robbery", access="internal").to_pandas().set_index("zone_id")
    assert wards["incidents"].to_dict() == {"T01": 27, "T02": 9, "T03": 6, "T04": 6}


@pytest.mark.parametrize(
    ("vintage", "boundaries", "message"),
    [
        ("", OLD_WARDS, "2 of its codes (OLD1, OLD2) are of wards of 2020, not of 2022. Say which its codes are of"),
        ('vintage = "2018"\n', OLD_WARDS, "counts by 'wards' of '2018', which no [[boundaries]] entry gives"),
        ('vintage = "2020"\n', OLD_WARDS.replace("2020", "2022"), "or, where they are drawings of different years"),
        ('vintage = ["2020", "2022"]\n', OLD_WARDS, None),
    ],
)  # fmt: skip
def test_a_vintage_is_said_or_asked_for(town, capsys, vintage, boundaries, message):
    code = main(["check", str(write_config(town, vintage=vintage, boundaries=boundaries))])
    said = capsys.readouterr()
    assert (code, "Traceback" in said.err) == (0 if message is None else 1, False)
    assert message is None or message in said.err


def test_a_code_of_two_meanings_is_refused(town, capsys):
    features = json.loads((town / "old.geojson").read_text())
    features["features"][1]["properties"]["ward_code"] = "T01"
    (town / "old.geojson").write_text(json.dumps(features))
    (town / "counts.csv").write_text((town / "counts.csv").read_text().replace("OLD2", "T01"))
    assert main(["check", str(write_config(town, vintage='vintage = ["2020", "2022"]\n'))]) == 1
    assert "T01 mean different zones in the vintages that it names" in capsys.readouterr().err


def test_a_drawing_that_is_not_shown_makes_no_layer(town):
    text = (
        write_config(town)
        .read_text()
        .replace('layer = "wards"\npath = "old', 'layer = "oldwards"\nshown = false\npath = "old')
    )
    text = text.replace(COUNTS + 'vintage = "2020"\n', "").replace(
        'themes = ["robbery", "violence"]', 'themes = ["violence"]'
    )
    (town / "tiny.toml").write_text(text)
    assert main(["run", str(town / "tiny.toml"), "--out", str(town / "releases")]) == 0
    assert "oldwards" not in current(town / "releases").manifest["layers"]
