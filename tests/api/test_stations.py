"""Stations as the service gives them: near a hotspot, by rate, and with the two kinds of police apart (T1, T2, T8)."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
import shapely
from releases import INPUTS_HASH, cell_shape, cells, tiny_content
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety import schema
from geo_safety.products.stations import SAYS
from geo_safety.release import write_release


def station(station_id: str, theme: str, incidents: int, approach: int | None, cell: str, rate: float) -> dict:
    middle = shapely.centroid(cell_shape(cell))
    return {
        "station_id": station_id, "theme": theme, "name": f"Station {station_id}", "mode": "metro", "modes": "metro",
        "boroughs": "X09000001", "borough_names": "Northbank", "wards": "X05000001", "window_start": date(2025, 1, 1),
        "window_end": date(2025, 12, 1), "incidents": incidents, "entries_exits": 2e6, "rate_observed": incidents / 2,
        "rate": rate, "rate_low": rate * 0.8, "rate_high": rate * 1.2, "probability": 0.9, "rank": 1, "rank_low": 1,
        "rank_high": 2, "approach_incidents": approach, "longitude": middle.x, "latitude": middle.y, "geometry": middle,
    }  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The tiny town with two stations: one beside its hotspot areas, one at the other end."""
    every = cells()
    rows = [
        station("S1", "robbery", 60, 3, every[0], 31.0), station("S2", "robbery", 3, 40, every[-1], 2.0),
        station("S1", "violence", 20, 90, every[0], 11.0), station("S2", "violence", 9, 8, every[-1], 5.0),
    ]  # fmt: skip
    content = tiny_content()
    told = {"stations": {"why_not": None, "themes": ["robbery", "violence"], "says": list(SAYS), "notes": []}}
    content = replace(
        content,
        layers={**content.layers, "stations": schema.to_arrow(pd.DataFrame(rows), schema.STATIONS)},
        manifest={**content.manifest, "products": told},
    )
    folder = tmp_path_factory.mktemp("stations") / "releases"
    write_release(content, folder, inputs_hash=INPUTS_HASH)
    return TestClient(create_app(ServiceSettings(releases=folder)))


def items(client, **parameters):
    reply = client.get("/collections/stations/items", params=parameters)
    assert reply.status_code == 200, reply.text[:300]
    return reply.json()["features"]


def test_stations_near_a_hotspot(client):
    area = client.get("/collections/hotspot-areas/items").json()["features"][0]
    distances = {}
    for one in items(client, theme="robbery"):
        point = shapely.Point(one["geometry"]["coordinates"])
        distances[one["id"]] = shapely.distance(point, shapely.geometry.shape(area["geometry"]))
    near, far = sorted(distances, key=distances.get)
    assert distances[near] < distances[far]
    found = items(client, theme="robbery", near=f"hotspot-areas/{area['id']}", within=400)
    assert [one["id"] for one in found] == [one for one in (near, far) if distances[one] == 0 or one == near]
    everything = items(client, near=f"hotspot-areas/{area['id']}", within=20_000)
    assert len(everything) == 2


def test_what_lies_near_a_station(client):
    found = client.get("/collections/cells-r9/items", params={"near": "stations/S1", "within": 1, "limit": 100}).json()
    assert found["numberMatched"] >= 1


def test_stations_by_their_rate_with_interval_and_passengers(client):
    first, second = items(client, theme="violence", sortby="-rate")
    assert (first["id"], second["id"]) == ("S1", "S2")
    told = first["properties"]
    assert told["rate_low"] < told["rate"] < told["rate_high"]
    assert told["entries_exits"] == 2e6


def test_inside_and_way_are_hidden_each_by_itself(client):
    by_id = {one["id"]: one["properties"] for one in items(client, theme="robbery")}
    assert (by_id["S1"]["incidents"], by_id["S1"]["approach_incidents"]) == (60, None)
    assert (by_id["S2"]["incidents"], by_id["S2"]["incidents_band"], by_id["S2"]["rate"]) == (None, "1-4", None)
    assert by_id["S2"]["approach_incidents"] == 40


def test_what_a_transport_point_means_and_the_denominator_travel_with_the_figures(client):
    caveats = client.get("/collections/stations/items").json()["publication"]["caveats"]
    assert caveats[: len(SAYS)] == list(SAYS)
    assert "journeys" in caveats[0]
    assert "on a train" in caveats[1]


def test_one_station_has_one_address_for_all_themes(client):
    assert (
        client.get("/collections/stations/items/S1", params={"theme": "violence"}).json()["properties"]["incidents"]
        == 20
    )
    assert (
        client.get("/collections/stations/items/S1", params={"theme": "robbery"}).json()["properties"]["incidents"]
        == 60
    )
    names = {one["id"] for one in items(client, filter="station_id = 'S1'")}
    assert names == {"S1"}


def test_points_are_drawn_in_tiles(client):
    described = client.get("/tiles/stations.json").json()
    assert [one["id"] for one in described["vector_layers"]] == ["robbery"]
    west, south, east, north = described["bounds"]
    assert west < east
    assert south < north
    assert client.get("/tiles/stations.pmtiles").status_code == 200
    x = int((west + 180) / 360 * 2**8)
    y = int((1 - math.asinh(math.tan(math.radians(north))) / math.pi) / 2 * 2**8)
    assert len(client.get(f"/tiles/stations/8/{x}/{y}.mvt").content) > 50


@pytest.mark.parametrize("form", ["csv", "xlsx", "gpkg", "fgb", "parquet", "html", "json"])
def test_every_format(client, form):
    assert client.get("/collections/stations/items", params={"f": form}).status_code == 200
