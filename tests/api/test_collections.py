from __future__ import annotations

import pytest
from releases import tiny_zones

from geo_safety.schema import ZONES


def test_every_layer_with_shapes_is_a_collection_and_the_series_is_none(service):
    listed = [one["id"] for one in service.get("/collections").json()["collections"]]
    assert sorted(listed) == ["boroughs", "cells-r8", "cells-r9", "hotspot-areas", "wards"]
    assert service.get("/collections/series").status_code == 404


def test_a_layer_says_where_and_when_it_is(service):
    document = service.get("/collections/cells-r9").json()
    edges = tiny_zones("cells-r9", "robbery")["geometry"]
    west, south, east, north = document["extent"]["spatial"]["bbox"][0]
    assert west == pytest.approx(min(shape.bounds[0] for shape in edges))
    assert north == pytest.approx(max(shape.bounds[3] for shape in edges))
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
