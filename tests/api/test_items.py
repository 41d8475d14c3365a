from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import plain, read
from releases import INPUTS_HASH, NO_DATA, cell_shape, cells, counts, tiny_content, ward_of
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from api.coordinates import BRITISH_GRID
from api.cursors import Cursor, read_cursor, write_cursor
from api.formats import ITEM_FORMATS
from geo_safety.release import write_release
from geo_safety.schema import ZONES

CELLS = "/collections/cells-r9/items"


def ids(reply):
    return [feature["id"] for feature in reply.json()["features"]]


def all_pages(service, path, **params):
    """Every page, by following `next` as a client does."""
    reply, pages = service.get(path, params=params), []
    while True:
        pages.append(reply.json())
        following = [link["href"] for link in pages[-1]["links"] if link["rel"] == "next"]
        if not following:
            return pages
        reply = service.get(following[0])
        assert reply.status_code == 200


def test_without_parameters_there_are_ten_rows_of_the_studys_first_theme(service):
    document = service.get(CELLS).json()
    assert (document["numberMatched"], document["numberReturned"], len(document["features"])) == (37, 10, 10)
    assert {feature["properties"]["theme"] for feature in document["features"]} == {"robbery"}


def test_a_row_is_the_open_row_of_the_release(service):
    by_id = {f["id"]: f for f in service.get(CELLS, params={"limit": 100}).json()["features"]}
    assert set(by_id) == set(cells())
    for cell, count in counts("robbery").items():
        properties = by_id[cell]["properties"]
        assert list(properties) == [name for name in ZONES.column_names if name != "geometry"]
        hidden = 1 <= count <= 4
        assert properties["incidents"] == (None if hidden else count)
        assert properties["incidents_band"] == ("1-4" if hidden else str(count))
        assert shapely.equals_exact(shapely.from_geojson(json.dumps(by_id[cell]["geometry"])).normalize(),
                                    cell_shape(cell).normalize(), tolerance=1e-6)  # fmt: skip
        assert properties["zone_id"] == cell


def test_outer_rings_run_counterclockwise(service):
    for feature in service.get("/collections/wards/items").json()["features"]:
        ring = shapely.Polygon(feature["geometry"]["coordinates"][0]).exterior
        assert ring.is_ccw  # RFC 7946, 3.1.6


def test_h3_ids_are_text(service):
    assert '"id":"89' in service.get(CELLS).text
    assert '"zone_id":"89' in service.get(CELLS).text


def test_figures_and_their_cautions_travel_together(service):
    document = service.get(CELLS, params={"theme": "violence"}).json()
    assert "invented data" in document["attribution"]
    assert document["publication"]["can_i_publish_this"].startswith("Yes, because")
    assert document["publication"]["themes"] == ["violence"]


@pytest.mark.parametrize("limit", [1, 7, 36, 38])
@pytest.mark.parametrize(
    "sortby", ["incidents", "-incidents", "-is_hotspot,-ward_code,incidents", "why", "-window_end"]
)
def test_sorted_pages_hold_every_row_once_with_what_is_hidden_last(service, limit, sortby):
    pages = all_pages(service, CELLS, limit=limit, sortby=sortby)
    found = [feature["properties"] for page in pages for feature in page["features"]]
    wanted = [f["properties"] for f in service.get(CELLS, params={"limit": 100}).json()["features"]]
    for name in [one.removeprefix("-") for one in sortby.split(",")][::-1]:  # the last column weighs least
        is_descending = f"-{name}" in sortby.split(",")
        known = [row for row in wanted if row[name] is not None]
        wanted = sorted(known, key=lambda row: row[name], reverse=is_descending)
        if is_descending:  # a reversed sort of Python keeps equal rows in their order
            assert [row[name] for row in wanted] == sorted((row[name] for row in known), reverse=True)
        wanted += [row for row in found if row[name] is None and row not in known]
    assert [row["zone_id"] for row in found] == [row["zone_id"] for row in wanted]
    backwards = [pages[-1]]
    while previous := [link["href"] for link in backwards[-1]["links"] if link["rel"] == "prev"]:
        backwards.append(service.get(previous[0]).json())
    rows_back = [feature["id"] for page in backwards[::-1] for feature in page["features"]]
    assert rows_back == [row["zone_id"] for row in found]


def test_a_sorted_page_holds_even_if_its_row_has_gone(service):
    # No cell has 55: between 50 and 120.
    cursor = write_cursor(Cursor("8900000000fffff", (55,)))
    reply = service.get(CELLS, params={"sortby": "-incidents", "cursor": cursor, "limit": 3})
    assert [one["properties"]["incidents"] for one in reply.json()["features"]] == [50, 24, 9]


@pytest.mark.parametrize("cursor", [Cursor("x"), Cursor("x", (1, 2)), Cursor("x", ("many",))])
def test_a_cursor_of_another_order_is_refused(service, cursor):
    reply = service.get(CELLS, params={"sortby": "incidents", "cursor": write_cursor(cursor)})
    assert (reply.status_code, reply.json()["parameter"]) == (400, "cursor")
    assert "another order" in reply.json()["detail"]


@pytest.mark.parametrize("limit", [1, 7, 10, 36, 37, 38])
def test_pages_together_hold_every_row_once_in_order(service, limit):
    pages = all_pages(service, CELLS, limit=limit, theme="violence")
    found = [feature["id"] for page in pages for feature in page["features"]]
    assert found == sorted(cells())
    assert len(pages) == -(-37 // limit)
    for page in pages:
        assert page["numberMatched"] == 37
        assert page["numberReturned"] == len(page["features"])


def test_the_next_link_keeps_every_parameter(service):
    params = {"limit": "2", "theme": "violence", "borough": "Northbank", "bbox": "1.6,54.6,1.8,54.8",
              "datetime": "2025-06-01/..", "filter": "incidents >= 5 OR incidents = 0", "filter-lang": "cql2-text",
              "sortby": "-incidents,zone_id", "f": "json"}  # fmt: skip
    document = service.get(CELLS, params=params).json()
    (following,) = [link["href"] for link in document["links"] if link["rel"] == "next"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(following).query).items()}
    last = document["features"][-1]
    assert read_cursor(query.pop("cursor"), values=2) == Cursor(
        last["id"], (last["properties"]["incidents"], last["id"])
    )
    assert query == params
    (back,) = [link["href"] for link in service.get(following).json()["links"] if link["rel"] == "prev"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    query.pop("cursor")
    assert query == params
    assert service.get(back).json()["features"] == document["features"]


def test_a_page_holds_even_if_the_row_before_it_has_gone(service):
    ordered = sorted(cells())
    reply = service.get(CELLS, params={"cursor": write_cursor(Cursor(ordered[4] + "!")), "limit": 2})
    assert ids(reply) == ordered[5:7]


def test_a_limit_beyond_the_highest_counts_as_the_highest(service):
    assert service.get(CELLS, params={"limit": 10**15}).json()["numberReturned"] == 37


@given(
    st.floats(1.68, 1.72), st.floats(54.69, 54.71), st.floats(0, 0.02), st.floats(0, 0.01),
)  # fmt: skip
@settings(max_examples=30)
def test_bbox_keeps_the_zones_that_meet_the_box(service, west, south, width, height):
    box = shapely.box(west, south, west + width, south + height)
    reply = service.get(CELLS, params={"bbox": f"{west},{south},{west + width},{south + height}", "limit": 100})
    assert ids(reply) == sorted(cell for cell in cells() if cell_shape(cell).intersects(box))
    assert reply.json()["numberMatched"] == len(ids(reply))


def test_bbox_may_carry_heights_and_cross_the_date_line(service):
    flat = service.get(CELLS, params={"bbox": "1.6,54.6,1.8,54.8"}).json()["numberMatched"]
    assert service.get(CELLS, params={"bbox": "1.6,54.6,0,1.8,54.8,90"}).json()["numberMatched"] == flat == 37
    assert service.get(CELLS, params={"bbox": "170,-10,-170,10"}).json()["numberMatched"] == 0
    assert service.get(CELLS, params={"bbox": "1.6,54.6,-170,54.8"}).json()["numberMatched"] == 37


@pytest.mark.parametrize(
    ("value", "meets"),
    [
        ("2025-06-15", True),
        ("2025-12-31T23:59:59Z", True),
        ("2026-01-01", False),
        ("2024-12-31", False),
        ("../2025-01-01", True),
        ("../2024-12-31", False),
        ("2025-12-31/..", True),
        ("2026-01-01T00:00:00Z/", False),
        ("2024-01-01/2026-12-31", True),
    ],
)
def test_datetime_keeps_the_rows_whose_window_meets_it(service, value, meets):
    assert service.get(CELLS, params={"datetime": value}).json()["numberMatched"] == (37 if meets else 0)


@pytest.mark.parametrize("value", ["X05000003", "=Old Pier", "=OLD PIER"])
def test_ward_takes_a_code_or_a_name(service, value):
    found = service.get(CELLS, params={"ward": value, "limit": 100})
    assert ids(found) == sorted(cell for cell in cells() if ward_of(cell) == "X05000003")


def test_a_name_that_two_wards_share_is_answered_with_their_codes(tmp_path):
    content = tiny_content()
    wards = content.layers["wards"]
    abbey = pa.array(["Abbey" if name in ("Tidewater", "=Old Pier") else name for name in wards["name"].to_pylist()])
    wards = wards.set_column(wards.column_names.index("name"), "name", abbey)
    write_release(replace(content, layers={**content.layers, "wards": wards}), tmp_path, inputs_hash=INPUTS_HASH)
    reply = TestClient(create_app(ServiceSettings(releases=tmp_path))).get(CELLS, params={"ward": "abbey"})
    assert reply.status_code == 400
    assert reply.json()["allowed"] == ["X05000001", "X05000003"]


def test_borough_and_ward_are_both_kept_to(service):
    assert service.get(CELLS, params={"borough": "Northbank", "ward": "=Old Pier"}).json()["numberMatched"] == 0


def test_areas_are_found_by_every_borough_that_they_reach_into(service):
    path = "/collections/hotspot-areas/items"
    assert ids(service.get(path, params={"borough": "X09000001"})) == ["robbery-0001"]
    assert ids(service.get(path, params={"borough": "X09000002"})) == []


def test_a_ward_without_data_has_nulls_and_no_zeros(service):
    ward, theme = NO_DATA
    reply = service.get("/collections/wards/items", params={"theme": theme})
    (row,) = [feature["properties"] for feature in reply.json()["features"] if feature["id"] == ward]
    assert (row["incidents"], row["incidents_band"]) == (None, None)


@pytest.mark.parametrize(
    ("params", "parameter", "remedy"),
    [
        ({"theme": "crime"}, "theme", "Use robbery, violence"),
        ({"limit": "0"}, "limit", "Send 1 to 10000"),
        ({"limit": "ten"}, "limit", "Send 1 to 10000"),
        ({"limit": "-1"}, "limit", "Send 1 to 10000"),
        ({"limit": "1e3"}, "limit", "Send 1 to 10000"),
        ({"bbox": "1,2,3"}, "bbox", "west,south,east,north"),
        ({"bbox": "a,b,c,d"}, "bbox", "west,south,east,north"),
        ({"bbox": "nan,0,1,1"}, "bbox", "west,south,east,north"),
        ({"bbox": "1,55,2,54"}, "bbox", "south may not be above north"),
        ({"bbox": "51,-200,52,1"}, "bbox", "swapped"),
        ({"datetime": "yesterday"}, "datetime", "such as 2025-03-01"),
        ({"datetime": "2025-13-01"}, "datetime", "such as 2025-03-01"),
        ({"datetime": "../.."}, "datetime", "neither a time nor an interval"),
        ({"datetime": "2025-02-01/2025-01-01"}, "datetime", "ends before it starts"),
        ({"cursor": ""}, "cursor", "Follow the `next` or `prev` link"),
        ({"borough": "Atlantis"}, "borough", "/collections/boroughs/items"),
        ({"ward": "X09000001"}, "ward", "/collections/wards/items"),
        ({"f": "shp"}, "f", "Use json, html"),
        ({"crs": "EPSG:4326"}, "crs", "Use http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        ({"bbox-crs": "27700"}, "bbox-crs", "Use http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        ({"crs": BRITISH_GRID, "f": "csv"}, "crs", "take f=json"),
        ({"bbox": "2,2,1,1", "bbox-crs": BRITISH_GRID}, "bbox", "in metres"),
        ({"cursor": "89634a127ffff"}, "cursor", "Follow the `next` or `prev` link"),
        ({"sortby": "-harm"}, "sortby", "sortby=-incidents,name"),
        ({"sortby": "name,-name"}, "sortby", "Name it once"),
        ({"sortby": "name,why,rank,ratio,class"}, "sortby", "4 columns at most"),
        ({"them": "robbery"}, "them", "It takes theme, bbox"),
        ({"limit": ["1", "2"]}, "limit", "Send it once"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_can(service, params, parameter, remedy):
    reply = service.get(CELLS, params=params)
    document = reply.json()
    assert reply.status_code == document["status"] == 400
    assert document["parameter"] == parameter
    assert remedy in document["detail"]


@given(
    name=st.sampled_from(
        [
            "theme",
            "bbox",
            "datetime",
            "limit",
            "cursor",
            "filter",
            "filter-lang",
            "filter-crs",
            "sortby",
            "borough",
            "ward",
            "f",
            "x",
        ]
    ),
    value=st.one_of(st.text(), st.floats().map(str), st.lists(st.floats(), max_size=7).map(lambda n: str(n)[1:-1])),
)
@settings(max_examples=150)
def test_no_parameter_breaks_the_service(service, name, value):
    reply = service.get(CELLS, params={name: value})
    assert reply.status_code in (200, 400)


QUERIES = {
    "cells-r9": {
        "theme": "violence",
        "borough": "Southbank",
        "filter": "incidents IS NULL OR incidents > 4",
        "limit": 12,
    },
    "cells-r8": {"sortby": "-incidents", "limit": 5},
    "wards": {"theme": "violence"},
    "boroughs": {"bbox": "1.6,54.6,1.8,54.8"},
    "hotspot-areas": {"theme": "violence"},
}


@pytest.mark.parametrize("layer", QUERIES)
@pytest.mark.parametrize("form", [form for form in ITEM_FORMATS if form not in ("json", "html")])
def test_every_format_holds_the_same_rows_columns_and_suppression(service, tmp_path, layer, form):
    path = f"/collections/{layer}/items"
    wanted = service.get(path, params=QUERIES[layer]).json()
    by_f = service.get(path, params={**QUERIES[layer], "f": form})
    media_type = by_f.headers["content-type"].split(";")[0]
    by_accept = service.get(path, params=QUERIES[layer], headers={"Accept": media_type})
    assert by_accept.headers["content-type"] == by_f.headers["content-type"]
    assert by_f.headers["ogc-numbermatched"] == str(wanted["numberMatched"])
    assert by_f.headers["ogc-numberreturned"] == str(wanted["numberReturned"])
    found = {}
    for name, reply in (("f", by_f), ("accept", by_accept)):
        file = tmp_path / f"{name}.{form}"
        file.write_bytes(reply.content)
        found[name] = read(file)
    key = "area_id" if layer == "hotspot-areas" else "zone_id"
    rows = [feature["properties"] for feature in wanted["features"]]
    assert any(row["incidents_band"] == "1-4" for row in rows) or layer in ("cells-r8", "wards", "boroughs")
    assert [row[key] for row in found["f"]] == [row[key] for row in found["accept"]]
    if form == "fgb":  # keeps its rows in the order of its own index
        rows, found["f"] = (sorted(some, key=lambda row: row[key]) for some in (rows, found["f"]))
    for row, want in zip(found["f"], rows, strict=True):
        for column, value in want.items():
            escaped = form == "csv" and isinstance(value, str) and value.startswith("=")
            expected = f"'{value}" if escaped else plain(value)
            assert plain(row[column]) == (pytest.approx(expected) if isinstance(expected, float) else expected), column
        beside = {"geometry", "longitude", "latitude", "release_id", "may_be_published", "id"}
        assert set(row) - set(want) <= beside


def test_files_say_what_they_are(service):
    reply = service.get(CELLS, params={"f": "csv", "limit": 2})
    assert reply.headers["content-type"].startswith("text/csv")
    assert reply.headers["content-disposition"] == "attachment; filename*=UTF-8''cells-r9-robbery.csv"
    assert 'rel="next"' in reply.headers["link"]
    assert service.get(CELLS, headers={"Accept": "text/csv"}).headers["content-type"].startswith("text/csv")


def test_layers_may_have_names_in_any_script(tmp_path):
    content = tiny_content()
    write_release(
        replace(content, layers={"distritos ñ & 区": content.layers["wards"]}), tmp_path, inputs_hash=INPUTS_HASH
    )
    service = TestClient(create_app(ServiceSettings(releases=tmp_path)))
    (collection,) = service.get("/collections").json()["collections"]
    (items,) = [link["href"] for link in collection["links"] if link["rel"] == "items" and "csv" in link["type"]]
    reply = service.get(items)
    assert reply.status_code == 200
    assert quote("distritos ñ & 区-robbery.csv") in reply.headers["content-disposition"]
    for link in collection["links"]:
        assert service.get(link["href"]).status_code == 200, link


def test_a_format_without_any_row_is_still_a_file(service):
    for form in ITEM_FORMATS:
        reply = service.get(CELLS, params={"bbox": "0,0,1,1", "f": form})
        assert reply.status_code == 200, (form, reply.text[:300])


def test_a_page_for_people_shows_the_rows_and_escapes_them(service):
    page = service.get("/collections/wards/items", params={"f": "html"}).text
    assert "=Old Pier" in page
    assert "St Ælfric’s" in page
    assert "1-4" in service.get(CELLS, params={"f": "html", "limit": 40}).text
