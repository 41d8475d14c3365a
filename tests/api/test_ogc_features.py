"""OGC API - Features - Part 1: Core corrigendum (17-069r4): its requirements, each a test named after it."""

from __future__ import annotations

import pytest
import shapely

JSON = "application/json"
COLLECTION = "cells-r9"


def links_of(document, rel):
    return [link for link in document["links"] if link["rel"] == rel]


def test_req_core_root_success(service):
    document = service.get("/").json()
    for rel in ("service-desc", "conformance", "data"):
        assert links_of(document, rel), rel


def test_req_core_api_definition_success(service):
    (link,) = links_of(service.get("/").json(), "service-desc")
    reply = service.get(link["href"])
    assert reply.status_code == 200
    assert reply.headers["content-type"] == link["type"] == "application/vnd.oai.openapi+json;version=3.0"


def test_req_core_conformance_success(service):
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
        in service.get("/conformance").json()["conformsTo"]
    )


@pytest.mark.parametrize("path", ["/", "/conformance", "/api", "/collections", "/collections/wards",
                                  "/collections/wards/items", "/collections/wards/items/X05000001"])  # fmt: skip
def test_req_core_query_param_unknown(service, path):
    assert service.get(path, params={"unknown": "1"}).status_code == 400


@pytest.mark.parametrize("params", [{"limit": "many"}, {"bbox": "1,2"}, {"datetime": "soon"}])
def test_req_core_query_param_invalid(service, params):
    assert service.get("/collections/wards/items", params=params).status_code == 400


def test_req_core_fc_md_success(service):
    document = service.get("/collections").json()
    assert links_of(document, "self")
    assert links_of(document, "alternate")
    for collection in document["collections"]:
        assert service.get(f"/collections/{collection['id']}").json() == collection


def test_req_core_fc_md_items_links(service):
    for collection in service.get("/collections").json()["collections"]:
        items = links_of(collection, "items")
        assert "application/geo+json" in {link["type"] for link in items}
        assert all(link["type"] for link in items)


def test_req_core_fc_md_extent(service):
    for collection in service.get("/collections").json()["collections"]:
        (bbox,) = collection["extent"]["spatial"]["bbox"]
        features = service.get(f"/collections/{collection['id']}/items", params={"limit": 10_000}).json()["features"]
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
        # A collection's extent is of all themes, a page's of one.
        assert shapely.box(*bbox).buffer(1e-6).covers(shapely.union_all(shapes))


def test_req_core_crs84(service):
    crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    collection = service.get(f"/collections/{COLLECTION}").json()
    assert crs84 in collection["crs"]
    assert collection["extent"]["spatial"]["crs"] == crs84


@pytest.mark.parametrize("limit", [1, 5, 37])
def test_req_core_fc_limit_response_1(service, limit):
    document = service.get(f"/collections/{COLLECTION}/items", params={"limit": limit}).json()
    assert len(document["features"]) <= limit


def test_req_core_fc_limit_response_beyond_the_maximum(service):
    # A limit above the maximum is clamped and no error (permission of corrigendum 1).
    assert service.get(f"/collections/{COLLECTION}/items", params={"limit": 10_001}).status_code == 200


def test_req_core_fc_bbox_response(service):
    all_of_it = service.get(f"/collections/{COLLECTION}/items", params={"limit": 100}).json()["features"]
    box = shapely.geometry.shape(all_of_it[0]["geometry"]).bounds
    some = service.get(
        f"/collections/{COLLECTION}/items", params={"limit": 100, "bbox": ",".join(map(str, box))}
    ).json()
    met = {f["id"] for f in all_of_it if shapely.geometry.shape(f["geometry"]).intersects(shapely.box(*box))}
    assert {feature["id"] for feature in some["features"]} == met
    assert 0 < len(met) < len(all_of_it)


def test_req_core_fc_time_response(service):
    path = f"/collections/{COLLECTION}/items"
    for value, matched in (("2025-05-05T12:00:00Z", 37), ("2031-01-01T00:00:00Z/..", 0)):
        assert service.get(path, params={"datetime": value}).json()["numberMatched"] == matched


def test_req_core_fc_links(service):
    document = service.get(f"/collections/{COLLECTION}/items", params={"limit": 3}).json()
    (self_link,) = links_of(document, "self")
    assert service.get(self_link["href"]).json() == document
    kinds = {link["type"] for link in links_of(document, "alternate")}
    assert "text/html" in kinds


def test_req_core_fc_rel_type(service):
    document = service.get(f"/collections/{COLLECTION}/items").json()
    assert all(link["rel"] and link["type"] for link in document["links"])


def test_req_core_fc_number_matched_and_returned(service):
    document = service.get(f"/collections/{COLLECTION}/items", params={"limit": 4}).json()
    assert (document["numberMatched"], document["numberReturned"]) == (37, len(document["features"]))


def test_req_core_f_success(service):
    (wanted,) = service.get(f"/collections/{COLLECTION}/items", params={"limit": 1}).json()["features"]
    reply = service.get(f"/collections/{COLLECTION}/items/{wanted['id']}")
    assert reply.headers["content-type"] == "application/geo+json"
    document = reply.json()
    assert {key: document[key] for key in wanted} == wanted
    for rel in ("self", "alternate", "collection"):
        assert links_of(document, rel), rel


def test_req_geojson_definition(service):
    reply = service.get(f"/collections/{COLLECTION}/items", headers={"Accept": "application/geo+json"})
    assert reply.headers["content-type"] == "application/geo+json"
    document = reply.json()
    assert document["type"] == "FeatureCollection"
    for feature in document["features"]:
        assert feature["type"] == "Feature"
        assert shapely.geometry.shape(feature["geometry"]).is_valid


@pytest.mark.parametrize("path", ["/", "/conformance", "/api", "/collections", "/collections/wards",
                                  "/collections/wards/items", "/collections/wards/items/X05000001"])  # fmt: skip
def test_req_html_definition(service, path):
    reply = service.get(path, headers={"Accept": "text/html"})
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.text.startswith("<!doctype html>")


def test_req_oas30_oas_definition(service):
    document = service.get("/api").json()
    assert document["openapi"] == "3.0.3"
    items = document["paths"]["/collections/{layer}/items"]["get"]
    names = {parameter["$ref"].rsplit("/", 1)[-1] for parameter in items["parameters"]}
    assert {"limit", "bbox", "datetime"} <= names
    for name in ("limit", "bbox", "datetime"):
        parameter = document["components"]["parameters"][name]
        assert (parameter["in"], parameter["required"], parameter["style"], parameter["explode"]) == (
            "query", False, "form", False,
        )  # fmt: skip
