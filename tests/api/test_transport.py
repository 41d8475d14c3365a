"""The planner's questions T1, T2, T3, T5, T7, T8 and T9, answered on Doggerland by the whole way from raw files, without a person."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import time
from html import unescape
from pathlib import Path

import pytest
import shapely
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.cli import main
from geo_safety.demo_city import make_demo_city
from geo_safety.keys import make_key
from geo_safety.release import current, verify

LAYERS = ("stations", "stop-clusters", "corridors", "road-harm-clusters")


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> Path:
    """Doggerland of three years, on the coarser grid."""
    folder = tmp_path_factory.mktemp("doggerland")
    config = make_demo_city(folder / "city", months=36)
    config.write_text(config.read_text().replace("resolutions = [8, 9]", "resolutions = [8]"))
    assert main(["run", str(config), "--out", str(folder / "releases")]) == 0
    return folder / "releases"


@pytest.fixture(scope="module")
def service(releases) -> TestClient:
    return TestClient(create_app(ServiceSettings(releases=releases)))


PACKS_OF = {"analyst": {"V9": "chb"}, "borough": {"C9": "sna"}, "planner": {"T4": "wsa", "T7": "transport"}}


@pytest.mark.parametrize("access", ["open", "internal"])
def test_a_question_whose_answer_is_a_pack_leads_to_it(releases, tmp_path, access):
    _, key = make_key(tmp_path, name="i", access="internal", days=1, now=dt.datetime.now(dt.UTC))
    headers = {"X-API-Key": key} if access == "internal" else {}
    reader = TestClient(create_app(ServiceSettings(releases=releases, state=tmp_path)), headers=headers)
    borough = items(reader, "boroughs", theme="robbery")[0]["zone_id"]
    for role, kinds in PACKS_OF.items():
        page = reader.get(f"/map/{role}", params={"t": "robbery", **({"b": borough} if role == "borough" else {})}).text
        for code, kind in kinds.items():
            (section,) = re.findall(rf'<section id="{code}".*?</section>', page, re.DOTALL)
            ways = [
                unescape(one)
                for one in re.findall(r'<a href="([^"]+)"', section.split('class="ways"')[1])
                if "/packs/" in one
            ]
            assert [one.rpartition("f=")[2] for one in ways] == ["html", "pdf"], code
            for way in ways:
                reply = reader.get(way)
                assert f"/packs/{kind}/" in way
                assert reply.status_code == 200, (way, reply.text[:300])
                assert reply.headers["geosafety-disclosure"].startswith(access)


def items(service, layer, **parameters) -> list[dict]:
    reply = service.get(f"/collections/{layer}/items", params={"limit": 10_000, **parameters})
    assert reply.status_code == 200, reply.text[:400]
    return [one["properties"] for one in reply.json()["features"]]


def test_all_four_layers_are_in_the_release_whole_and_told(releases):
    release = current(releases)
    verify(release)
    told = release.manifest["products"]
    assert [told[layer]["why_not"] for layer in LAYERS] == [None] * 4
    assert set(LAYERS) <= set(release.layers)


def test_t1_stations_by_shrunken_rate_with_interval_and_passengers(service):
    rows = items(service, "stations", theme="transport", sortby="-rate")
    judged = [row for row in rows if row["rate"] is not None]
    assert len(judged) > 20
    assert [row["rate"] for row in judged] == sorted((row["rate"] for row in judged), reverse=True)
    for row in judged:
        assert row["rate_low"] <= row["rate"] <= row["rate_high"]
        assert row["entries_exits"] >= 100_000
        assert row["rank_low"] <= row["rank"] <= row["rank_high"]
    listed = [row for row in judged if row["is_hotspot"]]
    assert 0 < len(listed) < len(judged) / 5
    for row in listed:
        assert row["rate"] > row["mode_p90"]
        assert row["probability"] >= 0.8
        assert row["incidents"] >= 10


def test_t2_inside_and_way_stand_side_by_side_and_no_street_incident_is_counted_twice(releases):
    release = current(releases)
    table = release.table("stations", access="internal", theme="robbery").to_pylist()
    inside, way = (sum(row[name] or 0 for row in table) for name in ("incidents", "approach_incidents"))
    assert inside > 0
    assert way > 0
    wards = release.table("boroughs", access="internal", theme="robbery").to_pylist()
    assert way <= sum(row["incidents"] for row in wards), "each street robbery is on one way at most"
    whole = release.table("stations", access="internal", theme="transport").to_pylist()
    assert {row["approach_incidents"] for row in whole} == {None}


def test_t3_stops_at_night_are_refused_with_the_reason_where_the_source_has_no_hours(service):
    assert len(items(service, "stop-clusters", theme="violence")) > 100
    refused = service.get("/collections/stop-clusters/items", params={"theme": "violence", "hours": "night"})
    assert refused.status_code == 400
    problem = refused.json()
    assert problem["parameter"] == "hours"
    assert problem["detail"].startswith("No time of day in this source")
    assert "Leave `hours` out" in problem["detail"]


def test_t3_where_there_are_hours_the_night_can_be_asked_for(service):
    everything = items(service, "stop-clusters", theme="road_harm")
    night = items(service, "stop-clusters", theme="road_harm", hours="night")
    assert 0 < len(night) < len(everything)
    assert all(row["incidents_night"] != 0 for row in night)
    wrong = service.get("/collections/stop-clusters/items", params={"theme": "road_harm", "hours": "22-06"})
    assert wrong.status_code == 400
    assert "night" in wrong.json()["detail"]


@pytest.mark.parametrize("layer", ["wards", "stations", "hotspot-areas"])
def test_t3_layers_that_count_by_month_refuse_hours_too(service, layer):
    refused = service.get(f"/collections/{layer}/items", params={"hours": "night"})
    assert refused.status_code == 400
    assert "no time of day" in refused.json()["detail"]


def test_t5_road_harm_and_safety_stand_beside_each_other_and_are_never_summed(service):
    places = items(service, "road-harm-clusters")
    assert {row["theme"] for row in places} == {"road_harm"}
    beside = {theme for row in places for theme in (row["also_listed"] or "").split(";") if theme}
    assert beside
    assert beside <= {"violence", "robbery", "asb", "transport", "vawg_ps"}
    caveats = service.get("/collections/road-harm-clusters/items").json()["publication"]["caveats"]
    assert caveats[0].startswith("Road harm is never added to crime")
    overlap = service.get("/analysis/overlap", params={"themes": "road_harm,violence", "f": "csv"})
    assert overlap.status_code == 200
    head = next(csv.reader(line for line in io.StringIO(overlap.text) if not line.startswith("#")))
    assert {"incidents_band_road_harm", "incidents_band_violence"} <= set(head)
    assert not [name for name in head if "total" in name or "sum" in name]


def test_t7_a_corridor_says_how_much_where_and_beside_which_stops(service):
    rows = items(service, "corridors", theme="violence", sortby="-ratio", filter="counts_of = 'street'")
    assert len(rows) == 24
    first = rows[0]
    assert first["ratio_low"] <= first["ratio"] <= first["ratio_high"]
    assert first["busiest_from"]
    assert first["busiest_to"]
    assert first["stops"] > 0
    lines = items(service, "corridors", theme="transport")
    assert {row["counts_of"] for row in lines} == {"stations"}
    assert {row["name"] for row in lines} == {"Silver Pit Line", "Outer Shoal Line", "Mammoth Line"}
    document = service.get("/collections/corridors/items", params={"theme": "violence", "limit": 1}).json()
    assert document["features"][0]["geometry"]["type"] == "MultiLineString"
    assert "never added" in document["publication"]["caveats"][0]


def test_t8_what_a_transport_police_point_means_is_said_beside_it_and_in_the_help(service):
    caveats = service.get("/collections/stations/items").json()["publication"]["caveats"]
    assert any("placed at a station even where something happened on a train" in text for text in caveats)
    page = service.get("/map/help/words").text
    assert 'id="transport-police"' in page


def test_t9_a_filtered_query_of_a_borough_is_answered_in_under_two_seconds(service):
    borough = items(service, "boroughs", limit=1)[0]["name"]
    started = time.process_time()
    rows = items(service, "stop-clusters", theme="violence", borough=borough, filter="incidents >= 10", sortby="-ratio")
    assert time.process_time() - started < 2
    assert rows
    assert all(row["borough_names"] == borough for row in rows)


def test_stations_near_a_hotspot_area(service):
    area = service.get("/collections/hotspot-areas/items", params={"theme": "violence", "sortby": "-incidents"}).json()[
        "features"
    ][0]
    near = service.get(
        "/collections/stations/items", params={"near": f"hotspot-areas/{area['id']}", "within": 800, "limit": 1000}
    ).json()
    assert near["numberMatched"] >= 1
    shape = shapely.geometry.shape(area["geometry"])
    for one in near["features"]:
        assert shape.distance(shapely.Point(one["geometry"]["coordinates"])) < 0.015
    everything = items(service, "stations")
    assert near["numberMatched"] < len(everything)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("form", ["csv", "xlsx", "gpkg", "fgb", "parquet", "html", "json"])
def test_every_layer_leaves_in_every_format(service, layer, form):
    assert service.get(f"/collections/{layer}/items", params={"f": form}).status_code == 200


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_has_tiles_that_a_map_can_draw(service, layer):
    described = service.get(f"/tiles/{layer}.json").json()
    assert described["vector_layers"][0]["fields"]
    assert service.get(f"/tiles/{layer}.pmtiles").status_code == 200


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".xlsx", ".gpkg", ".fgb", ".topojson"])
def test_every_layer_can_be_exported(releases, layer, suffix, tmp_path):
    path = tmp_path / f"out{suffix}"
    assert main(["export", str(releases), layer, str(path)]) == 0
    assert path.stat().st_size > 500
    if suffix == ".geojson":
        ids = [one["id"] for one in json.loads(path.read_text())["features"]]
        assert len(ids) == len(set(ids))


def test_small_counts_of_every_kind_are_hidden_from_everybody(releases):
    release = current(releases)
    for layer in LAYERS:
        shown = release.table(layer, access="open").to_pylist()
        for name in (
            "incidents",
            "approach_incidents",
            "incidents_night",
            "fatal",
            "slight",
            "busiest_incidents",
        ):
            assert not [row for row in shown if row.get(name) in (1, 2, 3, 4)], f"{layer} shows {name}"


def test_the_planners_page_leads_to_the_layers(service):
    text = service.get("/map/planner").text
    for layer in LAYERS:
        assert f"/collections/{layer}/items" in text
    assert "the hour. The sources give the month only" in text
