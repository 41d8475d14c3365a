"""OGC API - Features - Part 1: Core corrigendum (17-069r4): each of its requirements, a test named after it.

`/req/core/fc-md-op` is tested by `test_req_core_fc_md_op`; the last test sees to it that none is left out.
"""

from __future__ import annotations

import pytest
import shapely
from served import parameter

from api.map_page import entry

JSON = "application/json"
COLLECTION = "cells-r9"
ITEMS = f"/collections/{COLLECTION}/items"
PAGES = ["/", "/conformance", "/api", "/collections", "/collections/wards", "/collections/wards/queryables",
         "/collections/wards/items", "/collections/wards/items/X05000001"]  # fmt: skip

REQUIREMENTS = {
    "core": """root-op root-success api-definition-op api-definition-success conformance-op conformance-success http
        query-param-unknown query-param-invalid crs84 fc-md-op fc-md-success fc-md-links fc-md-items fc-md-items-links
        fc-md-extent fc-md-extent-multi sfc-md-op sfc-md-success fc-op fc-limit-definition fc-limit-response-1
        fc-bbox-definition fc-bbox-response fc-time-definition fc-time-response fc-response fc-links fc-rel-type
        fc-timeStamp fc-numberMatched fc-numberReturned f-op f-success f-links""",
    "html": "definition content",
    "geojson": "definition content",
    "oas30": "oas-definition-1 oas-definition-2 oas-impl completeness exceptions-codes security",
}
"""Requirements by class; those of the two classes of GML are not ours."""


def links_of(document, rel):
    return [link for link in document["links"] if link["rel"] == rel]


def collections(service):
    return service.get("/collections").json()["collections"]


def all_features(service, **params):
    return service.get(ITEMS, params={"limit": 100, **params}).json()["features"]


def test_req_core_root_op(service):
    assert service.get("/").status_code == 200


def test_req_core_root_success(service):
    document = service.get("/").json()
    for rel in ("service-desc", "conformance", "data"):
        assert links_of(document, rel), rel


def test_req_core_api_definition_op(service):
    for link in links_of(service.get("/").json(), "service-desc"):
        assert service.get(link["href"]).status_code == 200


def test_req_core_api_definition_success(service):
    (link,) = links_of(service.get("/").json(), "service-desc")
    reply = service.get(link["href"], headers={"Accept": link["type"]})
    assert reply.headers["content-type"] == link["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert reply.json()["openapi"].startswith("3.0")


def test_req_core_conformance_op(service):
    (link,) = links_of(service.get("/").json(), "conformance")
    assert service.get(link["href"]).status_code == 200


def test_req_core_conformance_success(service):
    kept = service.get("/conformance").json()["conformsTo"]
    for name in REQUIREMENTS:
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in kept


def test_req_core_http(live):
    # Of HTTP/1.1: the wire is tried with a real server, not within this process.
    import httpx2 as httpx

    reply = httpx.get(f"{live.address}/collections", headers={"Accept-Encoding": "identity"})
    assert reply.http_version == "HTTP/1.1"
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert httpx.request("TRACE", f"{live.address}/collections").status_code == 405


@pytest.mark.parametrize("path", [*PAGES, "/manifest", "/tiles/wards.json"])
def test_req_core_query_param_unknown(service, path):
    reply = service.get(path, params={"unknown": "1"})
    assert reply.status_code == 400
    assert reply.json()["parameter"] == "unknown"


@pytest.mark.parametrize("params", [{"limit": "many"}, {"limit": "0"}, {"bbox": "1,2"}, {"bbox": "a,b,c,d"},
                                    {"datetime": "soon"}, {"f": "none"}])  # fmt: skip
def test_req_core_query_param_invalid(service, params):
    reply = service.get("/collections/wards/items", params=params)
    assert reply.status_code == 400
    assert [reply.json()["parameter"]] == list(params)


def test_req_core_crs84(service):
    crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    for collection in collections(service):
        assert collection["extent"]["spatial"]["crs"] == crs84
    # Longitude comes first: the town lies at 1.7 degrees east, 54.7 degrees north.
    for feature in all_features(service):
        west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
        assert 1.6 < west < east < 1.8
        assert 54.6 < south < north < 54.8


def test_req_core_fc_md_op(service):
    assert service.get("/collections").status_code == 200


def test_req_core_fc_md_success(service):
    document = service.get("/collections").json()
    assert document["links"]
    assert [one["id"] for one in document["collections"]]


def test_req_core_fc_md_links(service):
    document = service.get("/collections").json()
    assert links_of(document, "self")
    assert {link["type"] for link in links_of(document, "alternate")} == {"text/html"}
    assert all(link["rel"] and link["type"] for link in document["links"])


def test_req_core_fc_md_items(service):
    paths = service.get("/api").json()
    layers = paths["components"]["parameters"]["layer"]["schema"]["enum"]
    assert [one["id"] for one in collections(service)] == layers


def test_req_core_fc_md_items_links(service):
    for collection in collections(service):
        items = links_of(collection, "items")
        assert {"application/geo+json", "text/html"} <= {link["type"] for link in items}
        for link in items:
            assert service.get(link["href"]).headers["content-type"].split(";")[0] == link["type"]


def test_req_core_fc_md_extent(service):
    for collection in collections(service):
        (bbox,) = collection["extent"]["spatial"]["bbox"]
        (interval,) = collection["extent"]["temporal"]["interval"]
        features = service.get(f"/collections/{collection['id']}/items", params={"limit": 10_000}).json()["features"]
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
        # A collection's extent is of all themes, a page's of one.
        assert shapely.box(*bbox).buffer(1e-6).covers(shapely.union_all(shapes))
        assert {feature["properties"]["window_start"] for feature in features} == {interval[0][:10]}


def test_req_core_fc_md_extent_multi(service):
    # The first box and interval are the whole of it; ours is the only one.
    for collection in collections(service):
        assert len(collection["extent"]["spatial"]["bbox"]) == len(collection["extent"]["temporal"]["interval"]) == 1


def test_req_core_sfc_md_op(service):
    for collection in collections(service):
        assert service.get(f"/collections/{collection['id']}").status_code == 200


def test_req_core_sfc_md_success(service):
    for collection in collections(service):
        assert service.get(f"/collections/{collection['id']}").json() == collection


def test_req_core_fc_op(service):
    for collection in collections(service):
        assert service.get(f"/collections/{collection['id']}/items").status_code == 200


def defined_as_wanted(service, name, schema):
    found = parameter(service, "/collections/{layer}/items", name)
    assert {key: found[key] for key in ("name", "in", "required", "style", "explode")} == {
        "name": name, "in": "query", "required": False, "style": "form", "explode": False,
    }  # fmt: skip
    assert found["schema"] == schema


def test_req_core_fc_limit_definition(service):
    whole = {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}
    defined_as_wanted(service, "limit", whole)


def test_req_core_fc_bbox_definition(service):
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    defined_as_wanted(service, "bbox", numbers)


def test_req_core_fc_time_definition(service):
    defined_as_wanted(service, "datetime", {"type": "string"})


@pytest.mark.parametrize("limit", [1, 5, 37, 10_001])
def test_req_core_fc_limit_response_1(service, limit):
    # A limit above the maximum is clamped and no error (permission of corrigendum 1).
    assert len(service.get(ITEMS, params={"limit": limit}).json()["features"]) == min(limit, 37)


def test_req_core_fc_bbox_response(service):
    features = all_features(service)
    box = shapely.geometry.shape(features[0]["geometry"]).bounds
    met = {one["id"] for one in features if shapely.geometry.shape(one["geometry"]).intersects(shapely.box(*box))}
    assert {feature["id"] for feature in all_features(service, bbox=",".join(map(str, box)))} == met
    assert 0 < len(met) < len(features)


def test_req_core_fc_time_response(service):
    for value, matched in (
        ("2025-05-05T12:00:00Z", 37), ("2025-05-05", 37), ("../2025-01-01", 37), ("2031-01-01T00:00:00Z/..", 0),
        ("2025-03-01/2025-04-01", 37), ("/2024-12-31", 0),
    ):  # fmt: skip
        assert service.get(ITEMS, params={"datetime": value}).json()["numberMatched"] == matched, value


def test_req_core_fc_response(service):
    # What the selection parameters keep, they keep together.
    first = all_features(service)[0]
    box = ",".join(map(str, shapely.geometry.shape(first["geometry"]).centroid.bounds))
    assert [one["id"] for one in all_features(service, bbox=box, datetime="2025-05-05")] == [first["id"]]
    assert all_features(service, bbox=box, datetime="2031-01-01") == []


def test_req_core_fc_links(service):
    document = service.get(ITEMS, params={"limit": 3}).json()
    (self_link,) = links_of(document, "self")
    assert service.get(self_link["href"]).json() == document
    alternates = links_of(document, "alternate")
    assert "text/html" in {link["type"] for link in alternates}
    for link in alternates:
        assert service.get(link["href"]).headers["content-type"].split(";")[0] == link["type"]


def test_req_core_fc_rel_type(service):
    document = service.get(ITEMS).json()
    assert links_of(document, "next")
    assert all(link["rel"] and link["type"] for link in document["links"])


def test_req_core_fc_timestamp(service):
    # Optional; left out, so that the same release gives the same bytes.
    assert "timeStamp" not in service.get(ITEMS).json()


def test_req_core_fc_numbermatched(service):
    for params in ({}, {"limit": 4}, {"filter": "incidents >= 5"}, {"bbox": "0,0,1,1"}):
        matched = service.get(ITEMS, params=params).json()["numberMatched"]
        assert matched == len(service.get(ITEMS, params={**params, "limit": 10_000}).json()["features"])


def test_req_core_fc_numberreturned(service):
    for limit in (1, 4, 100):
        document = service.get(ITEMS, params={"limit": limit}).json()
        assert document["numberReturned"] == len(document["features"])


def test_req_core_f_op(service):
    for feature in all_features(service):
        assert service.get(f"{ITEMS}/{feature['id']}").status_code == 200


def test_req_core_f_success(service):
    (wanted,) = service.get(ITEMS, params={"limit": 1}).json()["features"]
    document = service.get(f"{ITEMS}/{wanted['id']}").json()
    assert {key: document[key] for key in wanted} == wanted


def test_req_core_f_links(service):
    (feature,) = service.get(ITEMS, params={"limit": 1}).json()["features"]
    document = service.get(f"{ITEMS}/{feature['id']}").json()
    for rel in ("self", "alternate", "collection"):
        for link in links_of(document, rel):
            assert service.get(link["href"]).headers["content-type"].split(";")[0] == link["type"].split(";")[0]
        assert links_of(document, rel), rel


@pytest.mark.parametrize("path", PAGES)
def test_req_html_definition(service, path):
    reply = service.get(path, headers={"Accept": "text/html"})
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.text.startswith("<!doctype html>")


@pytest.mark.parametrize("path", [*PAGES, f"{ITEMS}?limit=3"])
def test_req_html_content(service, path):
    # The page holds what the document holds: its links, layers, columns or rows, and attribution.
    document, page = service.get(path).json(), service.get(path, headers={"Accept": "text/html"}).text
    assert "invented data" in page
    for feature in document.get("features", []):
        assert feature["id"] in page
    for collection in document.get("collections", []):
        assert collection["id"] in page
    for name in document.get("properties", []):
        assert name in page
    for standard in document.get("conformsTo", []):
        assert standard in page
    for path_ in document.get("paths", []):
        assert path_ in page
    if "next" in {link["rel"] for link in document.get("links", [])}:
        assert "The next page" in page


def test_req_geojson_definition(service):
    for path in (ITEMS, f"{ITEMS}/{all_features(service)[0]['id']}"):
        reply = service.get(path, headers={"Accept": "application/geo+json"})
        assert reply.headers["content-type"] == "application/geo+json"


def test_req_geojson_content(service):
    document = service.get(ITEMS).json()
    assert document["type"] == "FeatureCollection"
    for feature in [*document["features"], service.get(f"{ITEMS}/{document['features'][0]['id']}").json()]:
        assert feature["type"] == "Feature"
        assert feature["id"] == feature["properties"]["zone_id"]
        assert shapely.geometry.shape(feature["geometry"]).is_valid


def test_req_oas30_oas_definition_1(service):
    (link,) = links_of(service.get("/").json(), "service-desc")
    assert link["type"] == "application/vnd.oai.openapi+json;version=3.0"
    alternate = service.get("/api", headers={"Accept": "text/html"})
    assert alternate.headers["content-type"].startswith("text/html")


def test_req_oas30_oas_definition_2(service):
    document = service.get("/api").json()
    assert document["openapi"] == "3.0.3"
    assert {"title", "version"} <= set(document["info"])
    assert all(path.startswith("/") for path in document["paths"])


OF_LISTS = ("/walks/sheets/{place_id}", "/map/marks/{layer}", "/map/summary/{layer}/{id}", "/packs/{kind}/{place_id}")
"""Addresses of lists, and of their rows."""


def test_req_oas30_oas_impl(service):
    # What the definition offers is there: each GET without or with its own examples answers.
    document = service.get("/api").json()
    known = document["components"]["parameters"]
    for path, operations in document["paths"].items():
        if "get" not in operations:
            continue
        parameters = [known[one["$ref"].rsplit("/", 1)[-1]] for one in operations["get"]["parameters"]]
        own = {
            "layer": "wards",
            "id": "X05000001",
            "z": 10,
            "x": 516,
            "y": 325,
            "name": entry("explore")[0],
            "page": "data",
            "place_id": "nowhere",
            "kind": "chb",
        }
        names = [one["name"] for one in parameters if one["in"] == "path"]
        reply = service.get(path.format(**{name: own[name] for name in names}))
        if "403" in operations["get"]["responses"]:  # kept for readers with a key
            assert reply.status_code == 403, path
            continue
        if any(one["required"] for one in parameters if one["in"] == "query"):
            assert reply.status_code == 400, path
            continue
        assert str(reply.status_code) in operations["get"]["responses"], path
        if path in OF_LISTS:  # the tiny town has no list to act on
            assert reply.status_code == 404, path
            continue
        # The tiny town is no release that windows can be counted anew from.
        assert reply.status_code in (200, 204) or path.startswith("/analysis/"), path


def test_req_oas30_completeness(service):
    document = service.get("/api").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            good = "201" if "201" in responses else "200"
            assert {good, "400", "500"} <= set(responses), path
            assert responses[good]["content"], path
            if method == "get" and "403" not in responses:  # what is kept for readers with a key is never copied
                assert {"304"} <= set(responses), path
            if "{layer}" in path:
                assert "404" in responses, path


def test_req_oas30_exceptions_codes(service):
    # Every problem is documented where it can occur, as a problem document.
    document = service.get("/api").json()
    for path, status in ((f"{ITEMS}?limit=x", "400"), ("/collections/nope/items", "404")):
        reply = service.get(path)
        named = document["components"]["responses"][status]["content"]
        assert [str(reply.status_code), reply.headers["content-type"]] == [status, *named]


def test_req_oas30_security(service):
    # What is open to everybody needs no security scheme; where schemes are told, they are of OpenAPI.
    schemes = service.get("/api").json()["components"].get("securitySchemes", {})
    assert {scheme["type"] for scheme in schemes.values()} <= {"apiKey", "http", "oauth2", "openIdConnect"}


def test_no_requirement_is_left_out():
    for class_, names in REQUIREMENTS.items():
        for name in names.split():
            assert callable(globals().get(f"test_req_{class_}_{name.replace('-', '_').lower()}")), (class_, name)
