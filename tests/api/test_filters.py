"""Filters in CQL2 (OGC 21-065r2) on `/collections/{layer}/items`, against the same question in plain Python."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from releases import INPUTS_HASH, cell_shape, cells, counts, tiny_content
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from api.coordinates import BRITISH_GRID, in_system
from api.filters import LONGEST, MOST_WORK
from api.intervals import RELATIONS, Days, relation
from geo_safety.release import write_release

CELLS = "/collections/cells-r9/items"
SHOWN = {cell: None if 1 <= count <= 4 else count for cell, count in counts("robbery").items()}
CENTRE = cells()[0]


def found(service, text, path=CELLS, **params):
    reply = service.get(path, params={"filter": text, "limit": 100, **params})
    assert reply.status_code == 200, reply.text
    assert reply.json()["numberMatched"] == len(reply.json()["features"])
    return {feature["id"] for feature in reply.json()["features"]}


def those(keep):
    """Cells whose count is shown and kept."""
    return {cell for cell, count in SHOWN.items() if count is not None and keep(count)}


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("incidents > 5", lambda n: n > 5),
        ("incidents >= 5 AND incidents < 50", lambda n: 5 <= n < 50),
        ("5 < incidents", lambda n: n > 5),
        ("incidents = 0 OR incidents = 120", lambda n: n in (0, 120)),
        ("incidents <> 0", lambda n: n != 0),
        ("NOT incidents = 0", lambda n: n != 0),
        ("incidents BETWEEN 5 AND 7", lambda n: 5 <= n <= 7),
        ("incidents NOT BETWEEN 5 AND 7", lambda n: not 5 <= n <= 7),
        ("incidents IN (0, 7, 24)", lambda n: n in (0, 7, 24)),
        ("incidents NOT IN (0, 7, 24)", lambda n: n not in (0, 7, 24)),
        ("incidents * 2 + 1 = 19", lambda n: n == 9),
        ("incidents - 4 >= 2 ^ 2", lambda n: n >= 8),
        ("incidents % 5 = 0 AND incidents div 10 = 2 + 3", lambda n: n == 50),
        ("incidents / 0 > 1", lambda n: n > 0),
        ("incidents > incidents_previous", lambda n: n > 0),
        ("is_hotspot", lambda n: n >= 50),
        ("is_hotspot = TRUE AND incidents > 0", lambda n: n >= 50),
        ("TRUE = TRUE AND incidents >= 0", lambda n: n >= 0),
    ],
)
def test_numbers(service, text, keep):
    hidden_previous = {cell for cell, count in counts("robbery").items() if 1 <= count // 2 <= 4}
    wanted = those(keep) - (hidden_previous if "previous" in text else set())
    assert found(service, text) == wanted


def test_what_is_hidden_is_unknown_to_every_filter_and_found_by_is_null_alone(service):
    hidden = {cell for cell, count in SHOWN.items() if count is None}
    assert hidden
    assert found(service, "incidents IS NULL") == found(service, "incidents_band = '1-4'") == hidden
    assert found(service, "incidents IS NOT NULL") == set(cells()) - hidden
    for text in ("incidents < 5", "NOT incidents > 5", "incidents NOT IN (0)", "incidents > 2 OR NOT incidents > 2",
                 "per_km2 > 0", "rank > 0"):  # fmt: skip
        assert not found(service, text) & hidden, text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("name = 'Tidewater'", {"X05000001"}),
        ("name LIKE 'T%'", {"X05000001"}),
        ("name LIKE '_amp %'", {"X05000002"}),
        ("name NOT LIKE '%e%'", {"X05000004"}),
        ("name LIKE '=Old%'", {"X05000003"}),
        ("CASEI(name) = CASEI('TIDEWATER')", {"X05000001"}),
        ("CASEI(name) LIKE casei('%LAMP%')", {"X05000002"}),
        ("CASEI(name) IN (casei('LAMP street'), casei('Tidewater'))", {"X05000001", "X05000002"}),
        ("ACCENTI(name) = ACCENTI('Tídéwatèr')", {"X05000001"}),
        ("zone_id IN ('X05000004', 'X05000003')", {"X05000003", "X05000004"}),
        ("zone_id > 'X05000003'", {"X05000004"}),
        ("borough_code = ward_code", set()),
        ("zone_id = ward_code AND name <> 'Tidewater'", {"X05000002", "X05000003", "X05000004"}),
        ("class IS NULL", {"X05000001", "X05000002", "X05000003", "X05000004"}),
        ("class = 'persistent'", set()),
        ("'a' = 'a' AND name = 'Tidewater'", {"X05000001"}),
        ("'a' IN ('b', 'c')", set()),
    ],
)
def test_text(service, text, wanted):
    assert found(service, text, "/collections/wards/items") == wanted


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("window_start = DATE('2025-01-01')", True),
        ("window_start > DATE('2025-01-01')", False),
        ("window_end BETWEEN DATE('2025-06-01') AND DATE('2026-01-01')", True),
        ("window_start >= TIMESTAMP('2025-01-01T00:00:00Z')", True),
        ("T_AFTER(window_start, DATE('2024-12-31'))", True),
        ("T_BEFORE(window_start, DATE('2025-01-01'))", False),
        ("T_DURING(INTERVAL(window_start, window_end), INTERVAL('2024-01-01', '..'))", True),
        ("T_INTERSECTS(INTERVAL(window_start, window_end), INTERVAL('2025-12-01', '2026-12-31'))", True),
        ("T_DISJOINT(INTERVAL(window_start, window_end), INTERVAL('..', '2024-12-31'))", True),
        ("T_EQUALS(INTERVAL(window_start, window_end), INTERVAL('2025-01-01', '2025-12-01'))", True),
        ("T_MEETS(INTERVAL(window_start, window_end), INTERVAL('2025-12-01', '2026-12-01'))", True),
        ("T_AFTER(first_hot, DATE('2024-01-01'))", False),
        ("T_BEFORE(DATE('2024-01-01'), DATE('2025-01-01'))", True),
    ],
)
def test_dates(service, text, matches):
    path = "/collections/hotspot-areas/items" if "first_hot" in text else CELLS
    assert bool(found(service, text, path)) is matches


def days(first, last):
    return Days(np.array(first, dtype="datetime64[D]"), np.array(last, dtype="datetime64[D]"))


@given(st.tuples(*[st.dates(date(2025, 1, 1), date(2025, 1, 8))] * 4))
def test_exactly_one_of_allens_relations_holds_between_two_intervals(ends):
    one, other = sorted(ends[:2]), sorted(ends[2:])
    if one[0] == one[1] or other[0] == other[1]:
        return  # between moments several coincide
    base = [name for name in RELATIONS if name not in ("t_disjoint", "t_intersects")]
    holding = [name for name in base if bool(relation(name, days(*one), days(*other))[0])]
    assert len(holding) == 1
    is_disjoint = bool(relation("t_disjoint", days(*one), days(*other))[0])
    assert is_disjoint is (holding[0] in ("t_before", "t_after"))
    assert bool(relation("t_intersects", days(*one), days(*other))[0]) is not is_disjoint


BOX = shapely.box(1.69, 54.695, 1.70, 54.70)


@pytest.mark.parametrize("name", ["intersects", "disjoint", "within", "contains", "overlaps", "touches", "crosses"])
@pytest.mark.parametrize("shape", [BOX, cell_shape(CENTRE).buffer(0.003), shapely.Point(1.7, 54.7),
                                   shapely.LineString([(1.68, 54.69), (1.72, 54.71)])])  # fmt: skip
def test_shapes(service, name, shape):
    def asked(*arguments):
        node = {"op": f"s_{name}", "args": list(arguments)}
        return found(service, json.dumps(node), **{"filter-lang": "cql2-json"})

    column, literal = {"property": "geometry"}, shapely.geometry.mapping(shape)
    assert asked(column, literal) == {cell for cell in cells() if getattr(shapely, name)(cell_shape(cell), shape)}
    assert asked(literal, column) == {cell for cell in cells() if getattr(shapely, name)(shape, cell_shape(cell))}


def test_a_shape_touches_what_shares_its_edge_alone(tmp_path):
    # Squares with corners at whole degrees: in any others the last digit decides.
    content = tiny_content()
    wards = content.layers["wards"].slice(0, 4)
    squares = pa.array(shapely.to_wkb([shapely.box(x, y, x + 1, y + 1) for x in (1, 2) for y in (53, 54)]))
    wards = wards.set_column(wards.column_names.index("geometry"), "geometry", squares)
    write_release(replace(content, layers={"wards": wards}), tmp_path, inputs_hash=INPUTS_HASH)
    service = TestClient(create_app(ServiceSettings(releases=tmp_path)))
    path = "/collections/wards/items"
    assert found(service, "S_TOUCHES(geometry, BBOX(1, 53, 2, 54))", path) == {"X05000002", "X05000003", "X05000004"}
    assert found(service, "S_TOUCHES(geometry, POINT(1 53.5))", path) == {"X05000001"}
    assert found(service, "S_EQUALS(geometry, BBOX(1, 53, 2, 54))", path) == {"X05000001"}


def test_a_cell_equals_itself_as_it_is_served(service):
    served = shapely.geometry.shape(service.get(f"{CELLS}/{CENTRE}").json()["geometry"])
    for shape in (served, cell_shape(CENTRE)):
        assert found(service, f"S_EQUALS(geometry, {shape.wkt})") == {CENTRE}


def test_boxes_and_other_coordinate_systems(service):
    met = {cell for cell in cells() if cell_shape(cell).intersects(BOX)}
    assert found(service, f"S_INTERSECTS(geometry, BBOX({','.join(map(str, BOX.bounds))}))") == met
    (metres,) = in_system(np.array([BOX]), BRITISH_GRID)
    assert found(service, f"S_INTERSECTS(geometry, {metres.wkt})", **{"filter-crs": BRITISH_GRID}) == met


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ({"op": ">", "args": [{"property": "incidents"}, 5]}, "incidents > 5"),
        ({"op": "and", "args": [{"op": "in", "args": [{"property": "incidents"}, [5, 6, 7]]},
                                {"op": "not", "args": [{"op": "isNull", "args": [{"property": "rank"}]}]}]},
         "incidents IN (5,6,7) AND NOT rank IS NULL"),
        ({"op": "s_intersects", "args": [{"property": "geometry"}, shapely.geometry.mapping(BOX)]},
         f"S_INTERSECTS(geometry, {BOX.wkt})"),
        ({"op": "t_after", "args": [{"property": "window_start"}, {"date": "2024-12-31"}]},
         "T_AFTER(window_start, DATE('2024-12-31'))"),
    ],
)  # fmt: skip
def test_json_says_the_same_as_text(service, node, text):
    assert found(service, json.dumps(node), **{"filter-lang": "cql2-json"}) == found(service, text) != set()


def test_a_filter_goes_with_every_other_parameter_and_format(service):
    params = {"filter": "incidents > 5", "borough": "Northbank", "bbox": "1.6,54.6,1.8,54.8", "sortby": "-incidents"}
    rows = [one["properties"] for one in service.get(CELLS, params=params).json()["features"]]
    assert [row["incidents"] for row in rows] == sorted((row["incidents"] for row in rows), reverse=True)
    text = service.get(CELLS, params={**params, "f": "csv"}).content.decode("utf-8-sig")
    assert [line.split(",")[0].strip('"') for line in text.splitlines()[1:]] == [row["zone_id"] for row in rows]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("incidents >", "at character 12"),
        ("incidents > 5 garbage", "The filter is no cql2-text"),
        ('{"op":"="}', "filter-lang=cql2-json"),
        ("crimes > 5", "has no column 'crimes'. Use one of zone_id"),
        ("incidents = 'many'", "A number does not go with text"),
        ("name > 5", "Text does not go with a number"),
        ("name LIKE ward_code", "LIKE wants a pattern in quotes"),
        ("incidents LIKE '5%'", "Text does not go with a number (incidents)"),
        ("is_hotspot > FALSE", "no order"),
        ("class = 'persistant'", "class is never 'persistant'. It is one of new"),
        ("'nil' <> tier", "tier is never 'nil'"),
        ("class IN ('new', 'old')", "class is never 'old'"),
        ("theme = 'joy'", "It is one of robbery, violence"),
        ("incidents = NULL", "IS NULL"),
        ("incidents IN (rank, 3)", "IN wants values"),
        ("name BETWEEN 'a' AND 'b'", "BETWEEN is for numbers and dates"),
        ("geometry = name", "Shapes cannot be compared"),
        ("S_INTERSECTS(name, POINT(1 2))", "wants the column geometry"),
        ("S_INTERSECTS(geometry, geometry)", "one shape"),
        ("S_INTERSECTS(geometry, 5)", "cannot be read"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", "crosses itself"),
        ("S_INTERSECTS(geometry, POINT(1e999 2))", "is no cql2-text"),
        ("window_start > DATE('2025-13-01')", "is no date"),
        ("window_start > 5", "A date does not go with a number"),
        ("T_AFTER(name, DATE('2025-01-01'))", "A date does not go with text"),
        ("T_DURING(window_start, INTERVAL('soon', '..'))", "is no date"),
        ("harm(incidents) = 5", "There is no function 'harm' here. Use one of and, or"),
        ("A_CONTAINS(wards, ('a', 'b'))", "There is no function"),
        ("incidents", "True or false does not go with a number"),
        ("incidents + 1", "gives no true or false"),
        ("5", "is no condition"),
        ("NOT 5", "is no condition"),
        ("incidents IN ()", "The filter is no cql2-text"),
        ("x" * (LONGEST + 1), "characters"),
        ("(" * 21 + "rank = 1" + ")" * 21, "Write it flatter"),
        ("NOT " * 21 + "rank = 1", "Write it flatter"),
        (" OR ".join(["name LIKE '%a%'"] * 21), f"{MOST_WORK} is the most"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told(service, text, says):
    reply = service.get("/collections/wards/items", params={"filter": text})
    document = reply.json()
    assert (reply.status_code, document["parameter"]) == (400, "filter"), document
    assert says in document["detail"], document["detail"]


@pytest.mark.parametrize(
    ("params", "parameter"),
    [({"filter": "rank = 1", "filter-lang": "sql"}, "filter-lang"), ({"filter-crs": "EPSG:4326"}, "filter-crs")],
)
def test_so_are_the_parameters_beside_it(service, params, parameter):
    document = service.get(CELLS, params=params).json()
    assert (document["status"], document["parameter"]) == (400, parameter)
    assert document["allowed"]


_VALUES = st.sampled_from([1, -2.5, "a", True, None, [], [1, "a"], {"property": "incidents"}, {"property": "name"},
                           {"property": "geometry"}, {"date": "2025-01-01"}, {"date": 5}, {"interval": ["..", ".."]},
                           {"interval": 3}, {"bbox": [1, 2]}, {"type": "Point", "coordinates": [1, 2]}, {"type": "Point"},
                           {"timestamp": "x"}, {}])  # fmt: skip
_NAMES = st.sampled_from(["and", "or", "not", "=", "<", "isNull", "between", "in", "like", "casei", "+", "/", "%", "div",
                          "s_within", "s_equals", "t_after", "t_finishedBy", "avg", "a_equals"])  # fmt: skip
_NODES = st.recursive(
    _VALUES, lambda inner: st.fixed_dictionaries({"op": _NAMES, "args": st.lists(inner, max_size=3)}), max_leaves=8
)


@given(_NODES)
def test_no_filter_breaks_the_service(service, node):
    reply = service.get(CELLS, params={"filter": json.dumps(node), "filter-lang": "cql2-json", "limit": 1})
    assert reply.status_code in (200, 400), (node, reply.text)
