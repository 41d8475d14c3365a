from __future__ import annotations

import json

import pytest
import shapely
from tiny_town import MONTHS, SIDE, SOUTH, WEST, make_tiny_town, street_rows, write_month

from geo_safety.pipeline import run
from geo_safety.release import current

BOROUGHS = """
[[boundaries]]
layer = "boroughs"
path = "boroughs.geojson"
code = "code"
name = "name"
"""
SMALL = """
[[boundaries]]
layer = "lsoas"
path = "lsoas.geojson"
code = "code"
name = "code"
shown = false

[[context]]
kind = "deprivation"
path = "imd.csv"
columns = { zone_id = "lsoa", decile = "tenth" }
year = 2025
"""
GROUPS = """
[[context]]
kind = "composition"
path = "groups.csv"
columns = { zone_id = "code", "group one" = "one", "group two" = "two" }
year = 2021
"""


def box(column, row, width, height):
    return shapely.box(
        WEST + column * SIDE, SOUTH + row * SIDE, WEST + (column + width) * SIDE, SOUTH + (row + height) * SIDE
    )


def write_shapes(path, shapes):
    features = [
        {"type": "Feature", "properties": {"code": code, "name": code}, "geometry": shapely.geometry.mapping(shape)}
        for code, shape in shapes.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


@pytest.fixture
def context_of(tmp_path):
    """A function from config entries to what the release's manifest says of the boroughs' residents."""

    def make(*entries):
        config = make_tiny_town(tmp_path)
        write_shapes(tmp_path / "boroughs.geojson", {"TB0": box(0, 0, 1, 2), "TB1": box(1, 0, 1, 2)})
        quarters = {f"L{column}{row}": box(column, row, 0.5, 1) for column in (0, 0.5, 1, 1.5) for row in (0, 1)}
        write_shapes(tmp_path / "lsoas.geojson", quarters)
        tenths = "\n".join(f"{code},{1 if code.startswith('L0') else 10}" for code in quarters)
        (tmp_path / "imd.csv").write_text(f"lsoa,tenth\n{tenths}\n", encoding="utf-8")
        (tmp_path / "groups.csv").write_text(
            "code,one,two\nTB0,61.5,38.5\nTB1,.,40\nELSEWHERE,1,99\n", encoding="utf-8"
        )
        config.write_text(config.read_text() + "".join(entries), encoding="utf-8")
        for month in MONTHS:
            write_month(tmp_path, month, street_rows(month))
        run(config, tmp_path / "releases")
        return current(tmp_path / "releases").manifest["context"]

    return make


def test_small_areas_are_counted_by_tenth_in_each_borough(context_of):
    found = context_of(BOROUGHS, SMALL)["deprivation"]
    assert found["why_not"] is None
    assert (found["file"], found["year"], found["zones"]) == ("imd.csv", "2025", "lsoas")
    assert found["boroughs"] == {"TB0": [4, *[0] * 9], "TB1": [*[0] * 9, 4]}


def test_groups_of_residents_are_kept_by_borough_as_their_publisher_names_them(context_of):
    found = context_of(BOROUGHS, GROUPS)["composition"]
    assert found["why_not"] is None
    assert found["files"][0]["groups"] == ["group one", "group two"]
    assert found["files"][0]["boroughs"] == {"TB0": {"group one": 61.5, "group two": 38.5}, "TB1": {"group two": 40.0}}


def test_what_is_not_given_says_why(context_of):
    found = context_of(BOROUGHS)
    assert found["deprivation"]["why_not"] == "The config names no [[context]] of the kind deprivation."
    assert found["composition"]["why_not"] == "The config names no [[context]] of the kind composition."


def test_a_study_without_boroughs_tells_nothing_of_residents(context_of):
    assert context_of() == {}


def test_a_file_without_its_columns_keeps_no_run_from_its_release(context_of):
    broken = GROUPS.replace('"one"', '"absent"')
    found = context_of(BOROUGHS, broken)["composition"]
    assert "absent" in found["why_not"]
