"""OGC API - Features - Part 2: Coordinate Reference Systems by Reference (18-058r1): its requirements, each a test."""

from __future__ import annotations

import json

import numpy as np
import pyproj
import pytest
import shapely
from served import parameter

from api.coordinates import BRITISH_GRID, CRS84, in_system

CELLS = "/collections/cells-r9/items"
ITEMS_ADDRESS = "/collections/{layer}/items"

REQUIREMENTS = """crs-uri fc-md-crs-list fc-md-storageCrs fc-md-storageCrs-valid-value fc-md-crs-list-global
    fc-bbox-crs-definition fc-bbox-crs-valid-value fc-bbox-crs-default-value fc-bbox-crs-action bbox-crs-exception
    fc-crs-definition fc-crs-valid-value fc-crs-default-value fc-crs-action crs-exception geojson ogc-crs-header
    ogc-crs-header-value"""


def collections(service):
    return service.get("/collections").json()["collections"]


def shapes_of(reply):
    return {
        feature["id"]: shapely.from_geojson(json.dumps(feature["geometry"])) for feature in reply.json()["features"]
    }


def test_req_crs_crs_uri(service):
    for collection in collections(service):
        for system in collection["crs"]:
            authority, _, code = system.removeprefix("http://www.opengis.net/def/crs/").split("/")
            assert pyproj.CRS.from_authority(authority, code)


def test_req_crs_fc_md_crs_list(service):
    for collection in collections(service):
        assert collection["crs"] == [CRS84, BRITISH_GRID]


def test_req_crs_fc_md_storagecrs(service):
    assert {collection["storageCrs"] for collection in collections(service)} == {CRS84}


def test_req_crs_fc_md_storagecrs_valid_value(service):
    for collection in collections(service):
        assert collection["storageCrs"] in collection["crs"]


def test_req_crs_fc_md_crs_list_global(service):
    # Every layer has its own list, so that no global one needs to be looked up.
    assert "crs" not in service.get("/collections").json()
    assert not [one for collection in collections(service) for one in collection["crs"] if one.startswith("#")]


def defined_as_wanted(service, name):
    found = parameter(service, ITEMS_ADDRESS, name)
    assert {key: found[key] for key in ("in", "required", "style", "explode")} == {
        "in": "query", "required": False, "style": "form", "explode": False,
    }  # fmt: skip
    assert (found["schema"]["type"], found["schema"]["format"]) == ("string", "uri")
    return found["schema"]


def test_req_crs_fc_bbox_crs_definition(service):
    assert defined_as_wanted(service, "bbox-crs")["default"] == CRS84


def test_req_crs_fc_crs_definition(service):
    assert defined_as_wanted(service, "crs")["default"] == CRS84
    assert parameter(service, "/collections/{layer}/items/{id}", "crs")


@pytest.mark.parametrize("system", [CRS84, BRITISH_GRID])
def test_req_crs_fc_bbox_crs_valid_value(service, system):
    (box,) = in_system(np.array([shapely.box(1.69, 54.69, 1.71, 54.71)]), system)
    reply = service.get(CELLS, params={"bbox": ",".join(map(str, box.bounds)), "bbox-crs": system})
    assert reply.status_code == 200


@pytest.mark.parametrize("value", ["EPSG:27700", "27700", "http://www.opengis.net/def/crs/EPSG/0/3857", ""])
def test_req_crs_bbox_crs_exception(service, value):
    reply = service.get(CELLS, params={"bbox": "1,54,2,55", "bbox-crs": value})
    assert (reply.status_code, reply.json()["parameter"]) == (400, "bbox-crs")
    assert reply.json()["allowed"] == [CRS84, BRITISH_GRID]


def test_req_crs_fc_bbox_crs_default_value(service):
    box = {"bbox": "1.69,54.695,1.70,54.70", "limit": 100}
    named = service.get(CELLS, params={**box, "bbox-crs": CRS84})
    assert list(shapes_of(service.get(CELLS, params=box))) == list(shapes_of(named))


def test_req_crs_fc_bbox_crs_action(service):
    shapes = shapes_of(service.get(CELLS, params={"limit": 100, "crs": BRITISH_GRID}))
    box = next(iter(shapes.values())).bounds
    found = service.get(CELLS, params={"limit": 100, "bbox": ",".join(map(str, box)), "bbox-crs": BRITISH_GRID})
    met = {zone for zone, shape in shapes.items() if shape.intersects(shapely.box(*box))}
    assert set(shapes_of(found)) == met
    assert 0 < len(met) < len(shapes)


def test_req_crs_fc_crs_valid_value(service):
    for collection in collections(service):
        for system in collection["crs"]:
            path = f"/collections/{collection['id']}/items"
            (feature,) = service.get(path, params={"crs": system, "limit": 1}).json()["features"]
            assert service.get(f"{path}/{feature['id']}", params={"crs": system}).status_code == 200


@pytest.mark.parametrize("value", ["EPSG:27700", "27700", "http://www.opengis.net/def/crs/EPSG/0/3857", ""])
def test_req_crs_crs_exception(service, value):
    (feature,) = service.get(CELLS, params={"limit": 1}).json()["features"]
    for path in (CELLS, f"{CELLS}/{feature['id']}"):
        reply = service.get(path, params={"crs": value})
        assert (reply.status_code, reply.json()["parameter"]) == (400, "crs")


def test_req_crs_fc_crs_default_value(service):
    assert service.get(CELLS).json()["features"] == service.get(CELLS, params={"crs": CRS84}).json()["features"]


def test_req_crs_fc_crs_action(service):
    degrees, metres = (service.get(CELLS, params={"limit": 100, "crs": one}) for one in (CRS84, BRITISH_GRID))
    rows = zip(degrees.json()["features"], metres.json()["features"], strict=True)
    assert all(here["properties"] == there["properties"] for here, there in rows)
    wanted = dict(
        zip(shapes_of(degrees), in_system(np.array([*shapes_of(degrees).values()]), BRITISH_GRID), strict=True)
    )
    for zone, shape in shapes_of(metres).items():
        # 7 decimals of a degree are a centimetre.
        assert shapely.hausdorff_distance(wanted[zone], shape) < 0.03
    first = next(iter(shapes_of(metres)))
    one = service.get(f"{CELLS}/{first}", params={"crs": BRITISH_GRID}).json()
    assert one["geometry"] == metres.json()["features"][0]["geometry"]


def test_the_area_of_a_cell_in_the_grid_is_that_of_the_cell(service):
    reply = service.get(CELLS, params={"limit": 100, "crs": BRITISH_GRID})
    for feature, shape in zip(reply.json()["features"], shapes_of(reply).values(), strict=True):
        # But for the scale of the grid itself.
        assert shape.area / 1e6 == pytest.approx(feature["properties"]["area_km2"], rel=0.01)


def test_req_crs_geojson(service):
    # Axes as the system has them, easting first, and a member that tells readers of GeoJSON 2008.
    reply = service.get(CELLS, params={"crs": BRITISH_GRID})
    assert reply.json()["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::27700"
    assert "crs" not in service.get(CELLS).json()
    (place,) = in_system(np.array([shapely.Point(1.7, 54.7)]), BRITISH_GRID)
    for shape in shapes_of(reply).values():
        assert shape.distance(place) < 2_000


def test_req_crs_ogc_crs_header(service):
    for path in (CELLS, f"{CELLS}/{next(iter(shapes_of(service.get(CELLS))))}"):
        assert "content-crs" in service.get(path).headers


def test_req_crs_ogc_crs_header_value(service):
    for system in (CRS84, BRITISH_GRID):
        assert service.get(CELLS, params={"crs": system}).headers["content-crs"] == f"<{system}>"


def test_no_requirement_is_left_out():
    for name in REQUIREMENTS.split():
        assert callable(globals().get(f"test_req_crs_{name.replace('-', '_').lower()}")), name
