from __future__ import annotations

from dataclasses import replace

import pytest
from releases import INPUTS_HASH, tiny_content, tiny_zones
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.release import write_release
from geo_safety.schema import ZONES


def test_every_layer_with_shapes_is_a_collection_and_the_series_is_none(service):
    listed = [one["id"] for one in service.get("/collections").json()["collections"]]
    assert sorted(listed) == ["boroughs", "cells-r8", "cells-r9", "hotspot-areas", "wards"]
    assert service.get("/collections/series").status_code == 404


def test_a_layer_says_where_and_when_it_is(service):
    document = service.get("/collections/cells-r9").json()
    edges = tiny_zones("cells-r9", "robbery")["geometry"]
    west, south, east, north = document["extent"]["spatial"]["bbox"][0]
    assert west == pytest.approx(min(shape.bounds[0] for shape in edges), abs=1e-6)
    assert north == pytest.approx(max(shape.bounds[3] for shape in edges), abs=1e-6)
    assert (south < north, west < east) == (True, True)
    # `window_end` is the first day of the last month, which is inside the window.
    assert document["extent"]["temporal"]["interval"] == [["2025-01-01T00:00:00Z", "2025-12-31T23:59:59Z"]]
    assert document["storageCrs"].endswith("/CRS84")


def test_all_links_of_a_layer_lead_somewhere(service):
    for link in service.get("/collections/wards").json()["links"]:
        reply = service.get(link["href"])
        assert reply.status_code == 200, link
        assert reply.headers["content-type"].split(";")[0] == link["type"].split(";")[0]


def test_queryables_are_the_columns_of_the_schema(service):
    document = service.get("/collections/wards/queryables").json()
    assert set(document["properties"]) == set(ZONES.column_names)
    assert document["properties"]["theme"]["enum"] == ["robbery", "violence"]
    assert document["properties"]["class"]["enum"][0] == "new"


def test_an_unknown_layer_is_told_what_there_is(service):
    reply = service.get("/collections/parishes")
    assert reply.status_code == 404
    assert "Its layers are" in reply.json()["detail"]
    assert "wards" in reply.json()["detail"]


def test_a_release_without_hotspots_is_served_all_the_same(tmp_path):
    content = tiny_content()
    none = {**content.layers, "hotspot-areas": content.layers["hotspot-areas"].slice(0, 0)}
    write_release(replace(content, layers=none), tmp_path, inputs_hash=INPUTS_HASH)
    service = TestClient(create_app(ServiceSettings(releases=tmp_path)))
    assert "spatial" not in service.get("/collections/hotspot-areas").json()["extent"]
    for theme in ("robbery", "violence"):
        page = service.get("/collections/hotspot-areas/items", params={"theme": theme, "bbox": "1,54,2,55"}).json()
        assert (page["numberMatched"], page["features"]) == (0, [])
    assert service.get("/collections/hotspot-areas/items?f=csv&borough=Northbank").status_code == 200
    assert service.get("/tiles/hotspot-areas/0/0/0.mvt").status_code == 204
    assert "bounds" not in service.get("/tiles/hotspot-areas.json").json()
