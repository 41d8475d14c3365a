from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from geo_safety.case_file import case_from_geojson, read_case
from geo_safety.errors import BoundaryError, ConfigError, ProblemsError

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]]}
CASE = """
[case]
name = "Elm Road"
boundary = "elm.geojson"
themes = ["violence", "robbery"]

[phases]
clear = "2023-04"
hold = "2023-07-01"
build = "2024-01"
end = "2024-12"
"""


@pytest.fixture
def folder(tmp_path):
    feature = {"type": "Feature", "properties": {}, "geometry": SQUARE}
    (tmp_path / "elm.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    stops = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [x / 100, 0.5]}}
        for x in range(3)
    ]
    (tmp_path / "stops.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": stops}))
    return tmp_path


def written(folder, text):
    path = folder / "case.toml"
    path.write_text(text, encoding="utf-8")
    return read_case(path)


def test_a_case_in_toml(folder):
    case = written(folder, CASE)
    assert (case.name, case.themes, case.layer, case.is_set) == ("Elm Road", ("violence", "robbery"), None, False)
    assert [(one.name, one.first, one.last) for one in case.phases] == [
        ("clear", 639, 641), ("hold", 642, 647), ("build", 648, 659)
    ]  # fmt: skip
    assert (case.start, case.end) == (639, 659)
    assert shapely.equals(case.shapes[0], shapely.geometry.shape(SQUARE))
    assert (case.areas, case.at_least_m, case.before_months) == (10, 1000, 24)


def test_a_set_of_places_with_those_it_is_compared_among(folder):
    text = CASE.replace('boundary = "elm.geojson"', 'places = "stops.geojson"').replace(
        'clear = "2023-04"', 'start = "2023-04"'
    )
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("hold", "build")))
    case = written(folder, text + '\n[comparison]\nareas = 5\namong = "stops.geojson"\nexclude = ["8919"]\n')
    assert case.is_set
    assert [one.name for one in case.phases] == ["start"]
    assert len(case.shapes) == 3
    assert case.among is not None
    assert len(case.among) == 3
    assert (case.areas, case.exclude) == (5, ("8919",))


def test_zones_by_name_need_no_file(folder):
    case = written(
        folder, CASE.replace('boundary = "elm.geojson"', 'zones = ["E05000026", "E05000027"]\nlayer = "wards"')
    )
    assert (case.zones, case.layer, len(case.shapes)) == (("E05000026", "E05000027"), "wards", 0)


def test_the_same_case_as_geojson_from_a_gis(folder):
    about = {"name": "Elm Road", "themes": "violence, robbery", "clear": "2023-04", "hold": "2023-07", "build": "2024-01",
             "end": "2024-12", "fid": 7, "colour": None}  # fmt: skip
    feature = {"type": "Feature", "geometry": SQUARE, "properties": about}
    ours, theirs = case_from_geojson(json.dumps(feature).encode()), written(folder, CASE)
    assert (ours.name, ours.themes, ours.phases) == (theirs.name, theirs.themes, theirs.phases)
    assert (ours.shapes == theirs.shapes).all()
    collection = {"type": "FeatureCollection", "features": [feature], "case": {**about, "name": "By member"}}
    (folder / "case.geojson").write_text(json.dumps(collection))
    assert read_case(folder / "case.geojson").name == "By member"
    both = {"type": "FeatureCollection", "features": [feature, {**feature, "properties": {}}]}
    assert case_from_geojson(json.dumps(both).encode()).is_set


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[case]", "[case"), "no TOML"),
        (('boundary = "elm.geojson"', ""), "gives no place"),
        (('boundary = "elm.geojson"', 'boundary = "elm.geojson"\nzones = ["a"]'), "give one of"),
        (("elm.geojson", "gone.geojson"), "does not exist"),
        (('clear = "2023-04"', 'clear = "April"'), "Write a month such as 2024-04"),
        (('clear = "2023-04"', ""), "no first month"),
        (('clear = "2023-04"', 'clear = "2023-04"\nstart = "2023-04"'), "no first month, or two"),
        (('clear = "2023-04"', 'start = "2023-04"'), "Call the first phase clear"),
        (('hold = "2023-07-01"', 'hold = "2023-04"'), "not in their order"),
        (('end = "2024-12"', 'end = "2023-12"'), "not in their order"),
        (("[phases]", "[comparison]\nat_least_m = 200\n[phases]"), "comparison.at_least_m"),
        (("[phases]", 'colour = "red"\n[phases]'), "case.colour"),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(folder, change, message):
    with pytest.raises((ConfigError, BoundaryError), match=message):
        written(folder, CASE.replace(*change))


def test_all_that_is_wrong_is_told_at_once(folder):
    with pytest.raises(ProblemsError, match=r"(?s)phases.hold.*comparison.areas"):
        written(folder, CASE.replace("2023-07-01", "July") + "[comparison]\nareas = 1\n")


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, "has no inside"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "crosses itself"),
        ({"type": "Point", "coordinates": [530000, 180000]}, "not on the globe"),
        ({"type": "Polygon", "coordinates": []}, "holds no shape"),
        ("nothing", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_shapes_that_make_no_place(geometry, message):
    feature = {"type": "Feature", "geometry": geometry, "properties": {"clear": "2023-04"}}
    with pytest.raises((ConfigError, BoundaryError), match=message):
        case_from_geojson(json.dumps(feature).encode())


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"7", b'{"type": "FeatureCollection", "features": []}', b"\xff\xfe", b'{"a":']
)
def test_bytes_that_are_no_case(content):
    with pytest.raises((ConfigError, BoundaryError)):
        case_from_geojson(content)


def test_a_missing_file_and_too_many_corners_are_told(tmp_path):
    with pytest.raises(ConfigError, match="Correct its path"):
        read_case(tmp_path / "none.toml")
    angles = np.linspace(0, 2 * np.pi, 6000, endpoint=False)
    ring = [[float(np.cos(a)), float(np.sin(a))] for a in angles]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {"clear": "2023-04"},
    }
    with pytest.raises(BoundaryError, match="fewer corners"):
        case_from_geojson(json.dumps(feature).encode())
