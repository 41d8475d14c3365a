"""Every route × format × reader × theme gives exactly what the reader may see, from the cache as well as anew.

The routes come from the application itself: a new one fails here until somebody has said what it may show.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from html import unescape

import mapbox_vector_tile
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
import pytest
from lent_service import LAYERS, LENT_BY, READERS, THEMES
from pmtiles.reader import MemorySource
from pmtiles.reader import Reader as PmtilesReader

from api.formats import ITEM_FORMATS
from api.layers import Layer
from api.routes import ROUTERS
from geo_safety.map_classes import COLOURS
from geo_safety.outputs.raster_tiles import draw_tile
from geo_safety.top_zones import shares_of

Rows = list[tuple[str, object, object]]

# What each route shows: "rows" and the like are compared row by row; "words": names that the reader may not know must
# not be in it; "nothing": it is the same for everybody, and so holds no figures.
ROUTES = {
    "/": "words",
    "/conformance": "nothing",
    "/api": "words",
    "/problems/{slug}": "nothing",
    "/style.css": "nothing",
    "/collections": "words",
    "/collections/{layer}": "words",
    "/collections/{layer}/queryables": "words",
    "/collections/{layer}/items": "rows",
    "/collections/{layer}/items/{row_id}": "row",
    "/collections/{layer}/items/{row_id}/series": "months",
    "/collections/{layer}/items/{row_id}/similar": "alike",
    "/values/{layer}/zones": "words",
    "/values/{layer}": "recount",
    "/values/{layer}/study": "recount",
    "/values/{layer}/change": "recount",
    "/analysis/hotspots": "recount",
    "/analysis/comparison": "compared",
    "/analysis/overlap": "overlap",
    "/analysis/top": "top",
    "/analysis/expectation": "words",
    "/analysis/totals": "drawn",
    "/walks": "nothing",
    "/walks/comparison": "nothing",
    "/walks/sheets/{place_id}": "words",
    "/analysis/impact": "internal",
    "/packs/{kind}/{place_id}": "packed",
    "/packs/{kind}": "packed",
    "/changes": "changes",
    "/feed": "words",
    "/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}": "tile",
    "/tiles/{layer}/{z}/{x}/{y}.mvt": "tile",
    "/tiles/{layer}/{z}/{x}/{y}.png": "picture",
    "/tiles/{layer}.json": "words",
    "/tiles/{layer}.pmtiles": "archive",
    "/manifest": "words",
    "/map": "words",
    "/map/analyst": "words",
    "/map/borough": "words",
    "/map/planner": "words",
    "/map/help/{page}": "words",
    "/map/standalone": "words",
    "/map/print": "page",
    "/map/place/{layer}/{row_id}": "page",
    "/map/explore": "words",
    "/map/base.json": "nothing",
    "/map/places.json": "words",
    "/map/harm/{layer}": "classes",
    "/map/marks/{layer}": "words",
    "/map/summary/{layer}/{row_id}": "words",
    "/map/assets/{name}": "nothing",
    "/healthz": "nothing",
    "/readyz": "nothing",
    "/metrics": "nothing",
}


def test_every_route_of_the_service_is_in_the_matrix():
    routes = {route.path for router in ROUTERS for route in router.routes}
    assert routes == set(ROUTES), "say in ROUTES what the new route shows, and test it here"


def _number(value: object) -> int | None:
    return None if value in (None, "") or value != value else int(float(str(value)))  # noqa: PLR0124 - NaN


def _text(value: object) -> str | None:
    return None if value in (None, "") or value != value else str(value)  # noqa: PLR0124 - NaN


def _expected(rows) -> Rows:
    return [(one.id, _number(one.incidents), _text(one.incidents_band)) for one in rows.itertuples()]


def _from_geojson(body: bytes) -> Rows:
    return [
        (one["id"], one["properties"]["incidents"], one["properties"]["incidents_band"])
        for one in json.loads(body)["features"]
    ]


def _from_csv(body: bytes) -> Rows:
    text = _plain(body)
    return [
        (one.get("zone_id") or one["area_id"], _number(one["incidents"]), _text(one["incidents_band"]))
        for one in csv.DictReader(io.StringIO(text))
    ]


def _from_xlsx(body: bytes) -> Rows:
    sheet = openpyxl.load_workbook(io.BytesIO(body), read_only=True).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    key = head.index("zone_id" if "zone_id" in head else "area_id")
    return [
        (row[key], _number(row[head.index("incidents")]), _text(row[head.index("incidents_band")]))
        for row in rows
        if row[key]
    ]


def _from_ogr(body: bytes) -> Rows:
    suffix = "gpkg" if body.startswith(b"SQLite") else "fgb"
    with tempfile.NamedTemporaryFile(suffix=f".{suffix}") as file:  # GDAL looks at the name
        file.write(body)
        file.flush()
        frame = pyogrio.read_dataframe(file.name, read_geometry=False)
    key = "zone_id" if "zone_id" in frame else "area_id"
    return sorted(
        (one[key], _number(one["incidents"]), _text(one["incidents_band"])) for one in frame.to_dict("records")
    )


def _from_parquet(body: bytes) -> Rows:
    rows = pq.read_table(io.BytesIO(body)).to_pylist()
    return [(one.get("zone_id") or one["area_id"], one["incidents"], one["incidents_band"]) for one in rows]


def _from_topojson(body: bytes) -> Rows:
    objects = json.loads(body)["objects"]
    rows = [one["properties"] for layer in objects.values() for one in layer["geometries"]]
    return sorted((one.get("zone_id") or one["area_id"], one["incidents"], one["incidents_band"]) for one in rows)


READ: dict[str, Callable[[bytes], Rows]] = {
    "json": _from_geojson, "csv": _from_csv, "xlsx": _from_xlsx, "gpkg": _from_ogr, "fgb": _from_ogr,
    "parquet": _from_parquet, "topojson": _from_topojson,
}  # fmt: skip


def _html_cells(body: str) -> list[list[str]]:
    return [
        [unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall("<td>(.*?)</td>", row)]
        for row in re.findall("<tr>(.*?)</tr>", body)
    ]


def test_every_format_of_items_is_read_here():
    assert set(READ) | {"html"} == set(ITEM_FORMATS)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("form", ITEM_FORMATS)
def test_items(lent, layer, form):
    if layer in ("cells-r7", "cells-r9", "boroughs") and form not in ("json", "csv"):
        pytest.skip("the other formats are tried on wards, cells and areas")
    replies = {}
    for in_address in (False, True):  # the second time most of it comes from what was prepared
        for reader in READERS:
            for theme in THEMES:
                rows = lent.allowed(reader, layer, theme)
                reply = lent.get(
                    reader, f"/collections/{layer}/items?theme={theme}&limit=10000&f={form}", in_address=in_address
                )
                if rows is None:
                    assert reply.status_code in (400, 404)
                    continue
                if form == "topojson" and layer == "hotspot-areas":
                    continue
                assert reply.status_code == 200, (reader, theme, reply.text[:300])
                if form == "html":
                    shown = [cells for cells in _html_cells(reply.text) if cells]
                    assert [cells[0] for cells in shown] == list(rows["id"])
                    bands = {one.id: _text(one.incidents_band) or "" for one in rows.itertuples()}
                    assert all(bands[cells[0]] in cells for cells in shown)
                else:
                    got = READ[form](reply.content)
                    assert (sorted(got, key=str) if form in ("gpkg", "fgb", "topojson") else got) == (
                        sorted(_expected(rows), key=str) if form in ("gpkg", "fgb", "topojson") else _expected(rows)
                    ), (reader, theme)
                    if form == "json":
                        assert reply.json()["numberMatched"] == len(rows)
                    elif "ogc-numbermatched" in reply.headers:
                        assert reply.headers["ogc-numbermatched"] == str(len(rows))
                replies[reader, theme] = reply.headers["etag"]
    # Different readers never share a tag, so no copy of one can be good for another.
    assert len(set(replies.values())) == len(replies)


@pytest.mark.parametrize("layer", ["wards", "cells-r8"])
def test_single_rows(lent, layer):
    exact = lent.allowed("internal", layer, "injury")
    for reader in READERS:
        for theme in THEMES:
            rows = lent.allowed(reader, layer, theme)
            known = {} if rows is None else {one.id: one for one in rows.itertuples()}
            for number, zone in enumerate(exact["id"][::5]):
                for form in ("json", "html")[: 1 + (number == 1)]:
                    reply = lent.get(reader, f"/collections/{layer}/items/{zone}?theme={theme}&f={form}")
                    if zone not in known:
                        assert reply.status_code in (400, 404)
                    elif form == "json":
                        values = reply.json()["properties"]
                        assert (values["incidents"], values["incidents_band"]) == _expected(rows[rows["id"] == zone])[
                            0
                        ][1:]
                    else:
                        assert reply.status_code == 200
                        facts = dict(re.findall('<th scope="row">(.*?)</th><td>(.*?)</td>', reply.text))
                        assert _number(facts["incidents"]) == _expected(rows[rows["id"] == zone])[0][1]


@pytest.mark.parametrize("layer", ["wards", "cells-r8", "boroughs"])
def test_months_are_for_internal_eyes_where_a_feed_is_closed(lent, layer):
    zone = lent.allowed("internal", layer, "injury")["id"].iloc[0]
    for reader, (access, _) in READERS.items():
        for theme in THEMES:
            reply = lent.get(reader, f"/collections/{layer}/items/{zone}/series?theme={theme}")
            is_open = theme == "robbery" or access == "internal"
            assert (reply.status_code == 200) is is_open, (reader, theme)
            if is_open:
                counts = [count for feed in reply.json()["feeds"] for count in feed["incidents"]]
                if access != "internal":
                    assert not any(count is not None and 1 <= count <= 4 for count in counts)


@pytest.mark.parametrize("address", ["/values/wards/study?theme={}", "/values/wards?theme={}&month=2025-06", "/values/cells-r8?theme={}&month=2025-08&window=12",
                                     "/values/wards?theme={}&from=2025-01&to=2025-06&f=arrow", "/analysis/hotspots?theme={}&layer=wards",
                                     "/analysis/hotspots?theme={}&layer=cells-r8&from=2024-11&to=2025-10&listed=false"])  # fmt: skip
def test_windows_of_the_readers_choice_are_counted_of_open_feeds_only(lent, address):
    for theme in THEMES:
        bodies = {}
        for reader, (access, _) in READERS.items():
            reply = lent.get(reader, address.format(theme))
            assert (reply.status_code == 200) is (theme == "robbery" or access == "internal"), (
                reader,
                theme,
                reply.text[:200],
            )
            if reply.status_code == 200:
                bodies.setdefault(access == "internal", []).append(_figures_of(reply))
        assert all(body == bodies[False][0] for body in bodies.get(False, ()))
        if theme == "robbery" and not re.search("window|analysis|study", address):
            assert bodies[False][0] != bodies[True][0]


def _figures_of(reply) -> object:
    if "arrow" in reply.headers["content-type"]:
        return pa.ipc.open_stream(reply.content).read_all().to_pydict()
    body = reply.json()
    return body.get("values") or body.get("incidents") or [one["properties"] for one in body["features"]]


@pytest.mark.parametrize("layer", ["wards", "cells-r8"])
def test_pictures_are_drawn_from_what_the_reader_sees(lent, layer):
    for reader, (access, _) in READERS.items():
        for theme in THEMES:
            rows = lent.allowed(reader, layer, theme)
            reply = lent.get(reader, f"/tiles/{layer}/10/516/325.png?theme={theme}")
            assert (reply.status_code == 400) is (rows is None), (reader, theme)
            if rows is not None:
                folder = {"internal": "", "open": "open/"}.get(
                    access if theme == "robbery" or access == "internal" else "", "partner/"
                )
                table = pq.read_table(lent.release.folder / f"{folder}{layer}.parquet", filters=[("theme", "=", theme)])
                seen = Layer(layer, table.filter(pc.is_in(table["zone_id"], pa.array(rows["id"]))), themes=(theme,))
                drawn = draw_tile(seen.tiles(), 10, 516, 325, seen.count_classes(theme), COLOURS) or b""
                assert reply.content == drawn, (reader, theme)
                assert drawn or reader != "internal"


def test_files_of_tiles_hold_open_themes_alone_and_are_not_for_readers_who_see_more(lent):
    for reader, (access, boroughs) in READERS.items():
        for layer in LAYERS:
            reply = lent.get(reader, f"/tiles/{layer}.pmtiles")
            if access == "internal" or (boroughs and any(layer in layers for layers in LENT_BY.values())):
                assert reply.status_code == 404, (reader, layer)
            elif reply.status_code == 200:
                about = str(PmtilesReader(MemorySource(reply.content)).metadata())
                assert not [word for word in WORDS["open"] if re.search(rf"(?<![a-z_]){word}(?![a-z_])", about)]


@pytest.mark.parametrize("form", ["json", "html", "csv"])
def test_two_windows_side_by_side(lent, form):
    for reader in READERS:
        for theme in THEMES:
            rows = lent.allowed(reader, "wards", theme)
            reply = lent.get(reader, f"/analysis/comparison?layer=wards&theme={theme}&f={form}")
            if rows is None:
                assert reply.status_code == 400
                continue
            assert reply.status_code == 200, reply.text[:300]
            if form == "html":
                shown = {cells[0]: cells for cells in _html_cells(reply.text) if cells and cells[0] in set(rows["id"])}
                assert all((_text(one.incidents_band) or "") in shown[one.id] for one in rows.itertuples())
                continue
            found = reply.json()["rows"] if form == "json" else list(csv.DictReader(io.StringIO(_plain(reply.content))))
            known = set(rows["id"])
            got = [(one["zone_id"], _number(one["incidents"]), _number(one["incidents_previous"]), _text(one["incidents_band"]))
                   for one in found if one["zone_id"] in known]  # fmt: skip
            assert got == [(one.id, _number(one.incidents), _number(one.incidents_previous), _text(one.incidents_band))
                           for one in rows.itertuples()]  # fmt: skip
            beside = {one["zone_id"] for one in found} - known
            assert beside <= {"unlocated", "in no zone"}
            if theme != "robbery" and reader != "internal":
                assert not beside  # how many of a partner's incidents have no place is an exact count


def _plain(body: bytes) -> str:
    return "\n".join(line for line in body.decode("utf-8-sig").splitlines() if not line.startswith("#"))


def test_zones_that_are_alike_are_likened_by_what_the_reader_sees(lent):
    for reader, (access, boroughs) in READERS.items():
        for theme in THEMES:
            rows = lent.allowed(reader, "wards", theme)
            known = {} if rows is None else {one.id: one for one in rows.itertuples()}
            reply = lent.get(reader, f"/collections/wards/items/TW11/similar?theme={theme}")
            assert (reply.status_code == 200) is ("TW11" in known), (reader, theme, reply.text[:300])
            if reply.status_code == 200:
                shown = [reply.json()["zone"], *reply.json()["similar"]]
                assert {one["zone_id"]: one["incidents_band"] for one in shown}.items() <= {
                    zone: _text(one.incidents_band) for zone, one in known.items()
                }.items()
                inputs = {name for one in shown for name in one["inputs"]}
                assert not [word for word in WORDS[access] if any(word in name for name in inputs)], (reader, boroughs)


def test_classes_of_harm_are_made_from_what_the_reader_sees(lent):
    for reader in READERS:
        ids = lent.get(reader, "/values/wards/zones").json()["zone_ids"]
        theme = lent.get(reader, "/collections/wards/items?limit=1").json()["features"][0]["properties"]["theme"]
        rows = lent.get(reader, f"/collections/wards/items?theme={theme}&limit=10000").json()["features"]
        shown = {one["id"] for one in rows if one["properties"]["harm_cchi"] is not None}
        found = lent.get(reader, f"/map/harm/wards?theme={theme}").json()
        told = {zone for zone, code in zip(ids, found["classes"], strict=True) if code >= 0}
        assert told == shown, reader


def test_places_and_sheets_as_pages_show_the_rows_that_the_reader_sees(lent):
    zones = list(lent.allowed("internal", "wards", "injury")["id"][:3])
    for reader, (access, _) in READERS.items():
        for theme in THEMES:
            rows = lent.allowed(reader, "wards", theme)
            pages = [f"/map/print?l=wards&t={theme}", *(f"/map/place/wards/{zone}?t={theme}" for zone in zones)]
            for address in pages:
                reply = lent.get(reader, address)
                if rows is None:
                    # A theme that the reader may not know of is told as one that there is not.
                    other = lent.get(reader, address.replace(theme, "nowhere"))
                    assert reply.status_code == other.status_code
                    assert _same(reply.text).replace(theme, "X") == _same(other.text).replace("nowhere", "X")
                    continue
                found = [word for word in WORDS[access] if re.search(rf"(?<![a-z_]){word}(?![a-z_])", reply.text)]
                assert not found, (reader, address)
                if theme == "robbery" and access != "internal":
                    assert not re.search(r"(?<![\w-])[1-4] reports", reply.text)


def _same(text: str) -> str:
    """A page without what is of the single request."""
    return re.sub(r"urn:uuid:[\w-]+|gsk_\w+", "", text)


def test_zones_on_both_lists_are_zones_that_the_reader_sees(lent):
    for reader in READERS:
        for theme in THEMES:
            pair = f"robbery,{theme}" if theme != "robbery" else "robbery,injury"
            other = pair.split(",")[1]
            rows = lent.allowed(reader, "wards", other)
            reply = lent.get(reader, f"/analysis/overlap?layer=wards&themes={pair}")
            assert (reply.status_code == 200) is (rows is not None), (reader, pair, reply.text[:200])
            if rows is not None:
                assert {one["zone_id"] for one in reply.json()["rows"]} <= set(rows["id"])
            alone = lent.get(
                reader, f"/analysis/overlap?layer=wards&themes={','.join(reversed(pair.split(',')))}&on=first"
            )
            assert (alone.status_code == 200) is (rows is not None), (reader, pair, alone.text[:200])
            if rows is not None:
                assert {one["zone_id"] for one in alone.json()["rows"]} <= set(rows["id"])


def test_the_busiest_zones_are_ranked_by_what_the_reader_sees(lent):
    for reader, (access, _) in READERS.items():
        for theme in THEMES:
            rows = lent.allowed(reader, "wards", theme)
            reply = lent.get(reader, f"/analysis/top?layer=wards&theme={theme}")
            assert (reply.status_code == 200) is (rows is not None), (reader, theme, reply.text[:200])
            if rows is None or (theme != "robbery" and access == "partner"):
                continue
            ends = np.array([_ends(band, rounded=False) for band in rows["incidents_band"]])
            wanted = shares_of(ends[:, 0], ends[:, 1])
            told = reply.json()["rows"]
            assert [one["zones"] for one in told] == [one.zones for one in wanted]
            for one, other in zip(told, wanted, strict=True):
                low, high = (one[name] for name in ("low", "high"))
                assert (low, high) == (pytest.approx(other.low, abs=1e-3), pytest.approx(other.high, abs=1e-3))


def test_drawn_shapes_are_summed_from_what_the_reader_sees(lent):
    ring = [[1.70, 54.70], [1.80, 54.70], [1.80, 54.74], [1.70, 54.74], [1.70, 54.70]]
    small = [[1.70, 54.70], [1.705, 54.70], [1.705, 54.705], [1.70, 54.705], [1.70, 54.70]]
    for reader, (access, _) in READERS.items():
        headers = {"X-API-Key": lent.keys[reader]} if access != "open" else {}
        for theme in THEMES:
            rows = lent.allowed(reader, "wards", theme)
            reply = lent.client.post(f"/analysis/totals?layer=wards&theme={theme}", headers=headers,
                                     json={"type": "Polygon", "coordinates": [ring]})  # fmt: skip
            assert (reply.status_code == 200) is (rows is not None), (reader, theme, reply.text[:300])
            if rows is None:
                continue
            told = reply.json()["totals"][0]
            bands = list(rows["incidents_band"])
            lent_one = theme != "robbery" and access == "partner"
            ends = [_ends(band, rounded=lent_one) for band in bands]
            assert told["incidents_low"] == sum(low for low, _ in ends)
            assert told["incidents_high"] == (
                None if any(high is None for _, high in ends) else sum(high for _, high in ends)
            )
            assert told["zones_hidden"] == sum(band in ("1-4", "1-7", "not shown") for band in bands)
        refused = lent.client.post(
            "/analysis/totals?layer=wards", headers=headers, json={"type": "Polygon", "coordinates": [small]}
        )
        assert refused.status_code == 400


def test_cases_are_judged_for_internal_readers_alone(lent):
    ring = [[1.70, 54.70], [1.71, 54.70], [1.71, 54.71], [1.70, 54.71], [1.70, 54.70]]
    case = {"type": "Feature", "properties": {"themes": "injury", "clear": "2025-06"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    for reader, (access, _) in READERS.items():
        headers = {"X-API-Key": lent.keys[reader]} if access != "open" else {}
        reply = lent.client.post("/analysis/impact", headers=headers, json=case)
        assert (reply.status_code == 403) is (access != "internal"), (reader, reply.text[:300])
        assert access == "internal" or "injury" not in reply.text


def test_packs_are_made_of_what_their_reader_sees(lent):
    ring = [[1.70, 54.70], [1.73, 54.70], [1.73, 54.72], [1.70, 54.72], [1.70, 54.70]]
    case = {"type": "Feature", "properties": {"themes": "robbery", "layer": "cells-r8", "clear": "2025-06"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    plans = {}
    for reader, (access, _) in READERS.items():
        headers = {"X-API-Key": lent.keys[reader]} if access != "open" else {}
        page, book, shapes = (
            lent.client.post(f"/packs/chb?f={form}", headers=headers, json=case) for form in ("html", "xlsx", "geojson")
        )
        assert {page.status_code, book.status_code, shapes.status_code} == {200}, page.text[:300]
        assert page.headers["cache-control"] == "no-store"
        for text in (page.text, shapes.text):
            known = (rf"(?<![a-z_]){word.replace('_', '[_ ]')}(?![a-z_])" for word in WORDS[access])
            assert not [word for word in known if re.search(word, text, re.IGNORECASE)]
        zones = shapes.json()["features"][0]["properties"]["zones"].split(";")
        told = _counts_of_pack(book.content)
        for theme in THEMES:
            rows = lent.allowed(reader, "cells-r8", theme)
            assert (theme in told) is (rows is not None), (reader, theme)
            if rows is not None:
                here = rows[rows["id"].isin(zones)]["incidents"].dropna()
                hidden = len(zones) - len(here)
                assert told[theme].split(",")[0] == f"{int(here.sum())}", (reader, theme)
                assert (f"and {hidden} zone" in told[theme]) is (hidden > 0), (reader, theme)
        plans[reader] = "for internal readers only" in page.text
    assert plans == {reader: access != "internal" for reader, (access, _) in READERS.items()}


def test_a_place_of_a_closed_theme_has_a_pack_for_those_alone_who_see_it(lent):
    area = lent.allowed("internal", "hotspot-areas", "injury")["id"].iloc[0]
    for reader, (access, _) in READERS.items():
        reply = lent.get(reader, f"/packs/chb/{area}")
        assert reply.status_code == (200 if access == "internal" else 404), (reader, reply.text[:300])
        if access == "internal":
            assert reply.headers["cache-control"].startswith("private")
            assert "Keep it to those who are authorised" in reply.text
        else:
            assert area not in reply.text.replace(reply.json()["detail"].split("'")[1], "")


def _counts_of_pack(body: bytes) -> dict[str, str]:
    """Theme → reports in the window, as the pack's workbook has them."""
    rows = openpyxl.load_workbook(io.BytesIO(body))["Counts"].iter_rows(min_row=2, values_only=True)
    return {str(row[0]).casefold().replace(" ", "_"): str(row[1]) for row in rows}


def _ends(band: str, *, rounded: bool) -> tuple[int, int | None]:
    if band == "not shown":
        return 0, None
    if "-" in band:
        low, high = band.split("-")
        return int(low), int(high)
    count = int(band)
    return (max(count - 2, 0), count + 2) if rounded and count else (count, count)


def test_changes_tell_no_closed_theme(lent):
    for reader, (access, _) in READERS.items():
        reply = lent.get(reader, f"/changes?since={lent.release.release_id}")
        # There is one release only; what a comparison of two tells is tried in test_differencing.
        assert reply.status_code == 400
        assert not [word for word in WORDS[access] if word in reply.text]


@pytest.mark.parametrize("layer", ["wards", "cells-r8", "cells-r9", "hotspot-areas"])
def test_tiles(lent, layer):
    for again in (False, True):
        for reader in READERS:
            for theme in THEMES:
                rows = lent.allowed(reader, layer, theme)
                for address in (
                    f"/tiles/{layer}/0/0/0.mvt?theme={theme}",
                    f"/collections/{layer}/tiles/WebMercatorQuad/6/20/32?theme={theme}",
                ):
                    reply = lent.get(reader, address, in_address=again)
                    if rows is None:
                        assert reply.status_code in (400, 404)
                        continue
                    assert reply.status_code == (200 if reply.content else 204)
                    features = (
                        [one for part in mapbox_vector_tile.decode(reply.content).values() for one in part["features"]]
                        if reply.content
                        else []
                    )
                    shown = {
                        one["properties"].get("zone_id") or one["properties"].get("area_id"): one["properties"]
                        for one in features
                    }
                    known = {one.id: one for one in rows.itertuples()}
                    assert set(shown) <= set(known), (reader, theme)
                    for zone, values in shown.items():
                        if "incidents" in values:
                            assert values["incidents"] == _number(known[zone].incidents)
                        if "incidents_band" in values:
                            assert values["incidents_band"] == _text(known[zone].incidents_band)
                    if "/0/0/0" in address and layer != "hotspot-areas":
                        assert set(shown) == set(known)


WORDS = {
    "open": ("injury", "sexual_injury", "admissions", "ambulance", "hospital"),
    "partner": ("admissions", "hospital"),
    "internal": (),
}
DOCUMENTS = ["/map/analyst", "/map/borough", "/map/planner", "/map/help/data", "/map/help/words", "/map/standalone", "/map/explore", "/map/places.json", "/feed", "/feed?f=atom", "/?f=json", "/?f=html", "/api?f=json", "/api?f=html", "/collections?f=json", "/collections?f=html", "/manifest", "/map",
             *(f"/collections/{layer}{rest}" for layer in ("wards", "cells-r8", "cells-r9") for rest in ("?f=json", "?f=html", "/queryables")),
             "/tiles/wards.json", "/tiles/cells-r8.json?theme=robbery", "/values/wards/zones"]  # fmt: skip


@pytest.mark.parametrize("address", DOCUMENTS)
def test_documents_do_not_name_what_the_reader_may_not_know_of(lent, address):
    for reader, (access, _) in READERS.items():
        reply = lent.get(reader, address)
        assert reply.status_code == 200, reply.text[:300]
        # The analysts' page says of a question which sources would answer it: these two words are no feed's there.
        said = {"ambulance", "hospital"} if address == "/map/analyst" else set()
        found = [word for word in WORDS[access] if re.search(rf"(?<![a-z_]){word}(?![a-z_])", reply.text)]
        assert set(found) <= said, reader


def test_checksums_of_exact_files_are_for_internal_eyes(lent):
    exact = [
        digest
        for layer in lent.release.manifest["layers"].values()
        for name, digest in layer["files"].items()
        # A layer of which nothing is hidden has the same bytes for everybody.
        if "/" not in name and digest != layer["files"].get(f"open/{name}")
    ]
    assert len(exact) > 3
    raw = [
        file["sha256"]
        for source in lent.release.manifest["sources"]
        if source["access"] != "open"
        for file in source["files"]
    ]
    for reader, (access, _) in READERS.items():
        text = lent.get(reader, "/manifest").text
        found = [digest for digest in (*exact, *raw) if digest in text]
        assert bool(found) is (access == "internal")


@pytest.mark.parametrize(
    "address", ["/conformance", "/problems/bad-key", "/style.css", "/map/base.json", "/healthz", "/readyz"]
)
def test_what_is_for_everybody_is_the_same_for_all(lent, address):
    assert len({lent.get(reader, address).content for reader in READERS}) == 1


def test_metrics_name_no_reader(lent):
    text = lent.get("everybody", "/metrics").text
    assert not [key for key in lent.keys.values() if key in text or key.split("_")[1] in text]


def test_a_copy_of_one_reader_is_never_good_for_another(lent):
    for address in (
        "/collections/wards/items?theme=robbery&limit=100",
        "/tiles/wards/0/0/0.mvt?theme=robbery",
        "/manifest",
        "/collections",
    ):
        replies = {reader: lent.get(reader, address) for reader in READERS}
        for reader, own in replies.items():
            others = ", ".join(other.headers["etag"] for name, other in replies.items() if name != reader)
            reply = lent.get(reader, address, If_None_Match=others)
            assert (reply.status_code, reply.content) == (200, own.content)
            assert lent.get(reader, address, If_None_Match=own.headers["etag"]).status_code == 304
            assert ("private" in own.headers["cache-control"]) is (reader != "everybody")


def test_every_reply_says_which_rule_it_was_made_by(lent):
    says = {reader: lent.get(reader, "/collections").headers["geosafety-disclosure"] for reader in READERS}
    assert says["everybody"] == 'open; hidden="1-4"'
    assert says["internal"] == "internal; hidden=none"
    assert says["TB1 and TB3"] == (
        'partner; boroughs="TB1 TB3"; hidden="1-7"; rounded=5; window-months=12; finest=r8; smallest-polygon-km2=0.5; '
        'elsewhere=open; hidden-elsewhere="1-4"'
    )


def test_whether_it_may_be_published_is_said_by_class(lent):
    answers = {(reader, theme): lent.get(reader, f"/collections/wards/items?theme={theme}").json().get("publication", {}).get("can_i_publish_this", "")[:4]
               for reader in ("everybody", "TB1", "internal") for theme in ("robbery", "injury")}  # fmt: skip
    assert answers == {("everybody", "robbery"): "Yes,", ("everybody", "injury"): "", ("TB1", "robbery"): "Yes,",
                       ("TB1", "injury"): "No, ", ("internal", "robbery"): "No, ", ("internal", "injury"): "No, "}  # fmt: skip
