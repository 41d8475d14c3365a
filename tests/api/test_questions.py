"""`/changes`, `/feed`, `/analysis/totals`, `.../similar` and `near`: the domain's questions over HTTP."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import cell_shape, cells, counts
from starlette.testclient import TestClient
from two_releases import make_two

from api.app import ServiceSettings, create_app
from geo_safety.nearby import distance_m

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The service on two releases, and the id of the earlier one."""
    folder = tmp_path_factory.mktemp("two")
    earlier, _ = make_two(folder)
    return TestClient(create_app(ServiceSettings(releases=folder))), earlier.release_id


def test_changes_are_features_that_say_what_they_were(two):
    service, since = two
    reply = service.get("/changes", params={"since": since, "theme": "robbery"})
    assert reply.headers["content-type"] == "application/geo+json"
    document = reply.json()
    assert document["counts"] == {"new": 2, "gone": 1, "grown": 1, "shrunk": 1, "moved": 1, "same": 0}
    told = {one["id"]: one for one in document["features"]}
    assert told["grows"]["properties"]["cells_before"] == 3
    assert told["goes"]["properties"]["cells"] is None
    for feature in document["features"]:
        assert shapely.geometry.shape(feature["geometry"]).is_valid
    assert [month["month"] for month in document["revised_months"]] == ["2024-02"]
    assert document["publication"]["can_i_publish_this"].startswith("Yes")


def test_a_month_names_the_newest_release_that_ends_in_it(two):
    service, since = two
    named = service.get("/changes", params={"since": since[:7]}).json()
    assert named["since"] == since
    assert named["features"] == service.get("/changes", params={"since": since}).json()["features"]


def test_one_kind_of_change_can_be_asked_for(two):
    service, since = two
    gone = service.get("/changes", params={"since": since, "change": "gone"}).json()["features"]
    assert [one["id"] for one in gone] == ["goes"]
    same = service.get("/changes", params={"since": since, "change": "same"}).json()["features"]
    assert [one["id"] for one in same] == ["violence-0001"]


def test_changes_are_a_page_too(two):
    service, since = two
    page = service.get("/changes", params={"since": since, "f": "html"}).text
    for word in ("grown", "Around Tidewater", "2024-02"):
        assert word in page


@pytest.mark.parametrize("params", [{}, {"since": "2020-01-00000000-9"}, {"since": "../../etc"}])
def test_without_a_release_to_compare_with_those_there_are_named(two, params):
    service, since = two
    reply = service.get("/changes", params=params)
    assert (reply.status_code, reply.json()["parameter"]) == (400, "since")
    assert reply.json()["allowed"] == [since]


def test_the_feed_tells_of_what_stays_once_and_in_both_forms(two):
    service, _ = two
    document = service.get("/feed").json()
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["_geo_safety"]["area_id"] for item in document["items"]] == [
        "grows",
        "shrinks",
        "steady",
        "violence-0001",
    ]
    assert len({item["id"] for item in document["items"]}) == 4
    for item in document["items"]:
        assert service.get(item["url"]).status_code == 200
        assert item["date_published"] == "2025-12-31T23:59:59Z"
    reply = service.get("/feed", headers={"Accept": "application/atom+xml"})
    assert reply.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(reply.text)
    assert [one.text for one in feed.findall("a:entry/a:id", ATOM)] == [item["id"] for item in document["items"]]
    for required in ("a:id", "a:title", "a:updated", "a:author/a:name"):
        assert feed.find(required, ATOM) is not None
    assert ET.fromstring(service.get("/feed?f=atom").text).findall("a:entry/a:id", ATOM)


def test_the_feed_of_a_theme_and_borough(two):
    service, _ = two
    ids = [item["_geo_safety"]["area_id"] for item in service.get("/feed?theme=violence").json()["items"]]
    assert ids == ["violence-0001"]
    assert service.get("/feed?borough=Southbank").json()["items"] == []
    assert service.get("/feed?theme=joy").json()["parameter"] == "theme"


TOWN = shapely.union_all([cell_shape(cell) for cell in cells()])


def drawn(service, shape, **params):
    return service.post("/analysis/totals", params=params, json=shapely.geometry.mapping(shape))


def test_a_drawn_shape_is_counted_from_what_is_shown(service):
    document = drawn(service, TOWN.buffer(0.001), layer="cells-r9").json()
    for found in document["totals"]:
        known = counts(found["theme"]).values()
        hidden = [n for n in known if 1 <= n <= 4]
        shown = sum(n for n in known if not 1 <= n <= 4)
        assert (found["zones"], found["zones_hidden"]) == (37, len(hidden))
        assert (found["incidents_low"], found["incidents_high"]) == (shown + len(hidden), shown + 4 * len(hidden))
        assert found["incidents"] is None
        assert found["window"] == {"window_start": "2025-01", "window_end": "2025-12"}
    assert [found["theme"] for found in document["totals"]] == ["robbery", "violence"]
    assert {area["area_id"] for area in document["hotspot_areas"]} == {"robbery-0001", "violence-0001"}
    assert document["shape_km2"] > 3.6


def test_half_of_the_town_and_the_other_half_make_the_town(service):
    west, south, east, north = TOWN.buffer(0.001).bounds
    half = (west + east) / 2 + 1e-5
    parts = [drawn(service, box, theme="violence").json()["totals"][0]
             for box in (shapely.box(west, south, half, north), shapely.box(half, south, east, north))]  # fmt: skip
    (whole,) = drawn(service, shapely.box(west, south, east, north), theme="violence").json()["totals"]
    for name in ("zones", "zones_hidden", "incidents_low", "incidents_high"):
        assert parts[0][name] + parts[1][name] == whole[name]


@given(st.floats(1.68, 1.72), st.floats(54.69, 54.71), st.floats(0.006, 0.02))
@settings(max_examples=25)
def test_shapes_that_differ_by_one_cell_tell_no_hidden_count(service, x, y, radius):
    # The difference of two answers is what the cells between them show: a count of 5 or more, or a whole band.
    first, second = (drawn(service, shapely.Point(x, y).buffer(by), theme="robbery").json()["totals"][0]
                     for by in (radius, radius + 0.0008))  # fmt: skip
    if first["incidents_low"] is None or second["incidents_low"] is None:
        return
    more_hidden = second["zones_hidden"] - first["zones_hidden"]
    low, high = (second[name] - first[name] for name in ("incidents_low", "incidents_high"))
    assert high - low == 3 * more_hidden


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"type":"Polygon"}', "cannot be read"),
        (b'{"type":"Polygon","coordinates":[[["a"]]]}', "cannot be read"),
        (b'{"type":"Point","coordinates":[1,2]}', "no inside"),
        (b'{"type":"Polygon","coordinates":[]}', "no inside"),
        (b'{"type":"Polygon","coordinates":[[[1,54],[2,55],[1,55],[2,54],[1,54]]]}', "crosses itself"),
        (b'{"type":"Polygon","coordinates":[[[1,154],[2,155],[1,155],[1,154]]]}', "not on the globe"),
        (b'{"type":"Polygon","coordinates":[[[1.7,54.7],[1.701,54.7],[1.7,54.701],[1.7,54.7]]]}', "0.5 km"),
        (b" " * 200_001, "longer than"),
    ],
)
def test_what_cannot_be_counted_is_told(service, body, says):
    reply = service.post("/analysis/totals", content=body)
    assert (reply.status_code, reply.json()["parameter"]) == (400, "body")
    assert says in reply.json()["detail"]
    assert reply.headers["cache-control"] == "no-store"


def test_a_shape_may_come_as_a_feature(service):
    shape = shapely.geometry.mapping(TOWN)
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    wanted = service.post("/analysis/totals", json=shape).json()
    for body in (feature, {"type": "FeatureCollection", "features": [feature]}):
        assert service.post("/analysis/totals", json=body).json() == wanted
    assert service.get("/analysis/totals").status_code == 405


def test_zones_like_a_zone_come_with_what_they_were_likened_by(service):
    cell = cells()[0]
    document = service.get(f"/collections/cells-r9/items/{cell}/similar", params={"theme": "robbery"}).json()
    assert document["inputs"] == ["area_km2", "per_km2 of violence"]
    assert len(document["similar"]) == 10
    assert cell not in {row["zone_id"] for row in document["similar"]}
    distances = [row["distance"] for row in document["similar"]]
    assert distances == sorted(distances)
    # The busiest for violence is likened to the next busiest: cells differ too little in area to count.
    busiest = sorted(counts("violence"), key=counts("violence").__getitem__)[-2]
    assert document["similar"][0]["zone_id"] == busiest
    for row in document["similar"]:
        assert row["inputs"]["per_km2 of violence"] is not None
        assert row["incidents_band"] != "1-4" or row["per_km2"] is None
    shown = [row["per_km2"] for row in document["similar"] if row["per_km2"] is not None]
    assert document["per_km2"]["compared"] == len(shown)


def test_the_comparison_set_is_a_page_and_can_be_shorter(service):
    path = f"/collections/cells-r9/items/{cells()[0]}/similar"
    assert len(service.get(path, params={"limit": 3}).json()["similar"]) == 3
    assert cells()[0] in service.get(path, params={"f": "html"}).text
    assert service.get(path, params={"limit": 51}).json()["parameter"] == "limit"
    assert service.get("/collections/wards/items/nope/similar").status_code == 404
    assert service.get("/collections/hotspot-areas/items/robbery-0001/similar").status_code == 404


@pytest.mark.parametrize("metres", [1, 150, 700])
def test_what_lies_near_a_hotspot_area(service, metres):
    (area,) = service.get("/collections/hotspot-areas/items").json()["features"]
    place = shapely.geometry.shape(area["geometry"])
    found = service.get("/collections/cells-r9/items", params={"near": "hotspot-areas/robbery-0001", "within": metres,
                                                              "limit": 100}).json()  # fmt: skip
    shapes = np.array([cell_shape(cell) for cell in cells()])
    near = {cell for cell, one in zip(cells(), distance_m(shapes, place) <= metres, strict=True) if one}
    assert {feature["id"] for feature in found["features"]} == near
    assert 3 <= len(near) <= 37


@pytest.mark.parametrize(
    ("params", "parameter"),
    [({"near": "hotspot-areas"}, "near"), ({"near": "parks/1"}, "near"), ({"near": "wards/1"}, "near"),
     ({"within": "5"}, "within"), ({"near": "wards/X05000001", "within": "0"}, "within"),
     ({"near": "wards/X05000001", "within": "90000"}, "within")],
)  # fmt: skip
def test_near_nothing_is_told(service, params, parameter):
    reply = service.get("/collections/wards/items", params=params)
    assert (reply.status_code, reply.json()["parameter"]) == (400, parameter)


def test_hotspots_in_a_borough_or_a_drawn_polygon(service):
    path = "/collections/hotspot-areas/items"
    in_borough = service.get(path, params={"borough": "Northbank"}).json()
    in_polygon = service.get(path, params={"filter": f"S_INTERSECTS(geometry, {TOWN.envelope.wkt})"}).json()
    nowhere = service.get(path, params={"filter": "S_INTERSECTS(geometry, BBOX(0, 50, 1, 51))"}).json()
    assert (
        [one["id"] for one in in_borough["features"]]
        == [one["id"] for one in in_polygon["features"]]
        == ["robbery-0001"]
    )
    assert nowhere["features"] == []


def test_v4_without_classes_gives_all_high_places_the_most_of_one_map_point_first(releases, monkeypatch):
    monkeypatch.setattr("api.questions.why_no_classes", lambda *_: "Too few months.")
    service = TestClient(create_app(ServiceSettings(releases=releases)))  # its own: the shared one keeps its pages
    page = html.unescape(service.get("/map/analyst?t=robbery").text)
    section = page[page.index('id="V4"') : page.index('id="V5"')]
    assert "Too few months." in section
    (asked,) = re.findall(r'href="[^"]*(/collections/[^/]+/items\?[^"]*)"', section)
    rows = [one["properties"] for one in service.get(asked.replace("f=html", "f=json")).json()["features"]]
    assert rows
    assert all(row["probability"] >= 0.5 for row in rows)
    shares = [row["top_location_share"] for row in rows if row["top_location_share"] is not None]
    assert shares == sorted(shares, reverse=True)
