"""What must never leave, tried on everything that leaves: each product and layer, in each format, for each class of readers."""

from __future__ import annotations

import ast
import datetime as dt
import io
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from conftest import ROOT
from releases import INPUTS_HASH, cell_shape, cells, tiny_content
from starlette.testclient import TestClient
from wording import banned_in, spoken

from api.app import ServiceSettings, create_app
from api.formats import ITEM_FORMATS
from geo_safety import schema
from geo_safety.disclosure import ACCESS_CLASSES
from geo_safety.keys import make_key
from geo_safety.products import PRODUCTS
from geo_safety.products.expectation import EXPECTED_FOR
from geo_safety.release import write_release
from geo_safety.themes import BUILT_IN_LABELS, KNIFE_CRIME, NEVER_SCORED, STOP_SEARCH, THEMES

NEVER_A_COLUMN = (
    "victim", "suspect", "offender", "nominal", "gang", "ethnic", "race", "religion", "nationality", "gender", "sex", "age",
    "child", "under_18", "under_25", "person", "home", "address", "postcode", "dwelling", "school", "refuge", "hostel", "clinic",
    "domestic", "rape", "hate", "stop_search", "search", "arrest", "drugs", "weapons", "patrol", "risk", "predicted", "prediction",
    "percent", "pct",
)  # fmt: skip
"""Words that no column's name holds: persons, attributes of victims, premises, police activity, predictions, percentages."""

NEVER_SAID = (
    r"\bcrime will\b", r"\bwill happen\b", r"\bpredict(s|ed|ive|ion)?\b", r"\bnext crime\b", r"\brisk (score|level|terrain)",
    r"\bhigh[- ]risk (area|place|zone)", r"\bproblem (estate|family|families|area)", r"\blist of (CHB|Clear Hold Build) sites\b(?<!no list of Clear Hold Build sites)",
    r"\bpatrol route", r"\bat risk of offending\b", r"\bcrime hotspot of the\b",
)  # fmt: skip
"""What no product says of a place or of the future. A list says of itself that it is *no* list of sites."""

SMALL, LARGE = 3, 240

OF_PLACES = {"theme", "name", "boroughs", "borough_names", "wards", "window_start", "window_end", "incidents_band", "caution", "geometry"}  # fmt: skip
TOLD_OF_SMALL: dict[str, set[str]] = {
    "chb-candidates": {
        "candidate_id", "of_layer", "zones", "is_cross_border", "outcome", "criteria_met", "criteria_not_met", "criteria_unknown",
        "meets_size", "meets_entrenched", "meets_second_theme", "meets_harm_cchi", "meets_harm_css", "meets_daytime", "meets_not_venue",
        "why", "second_themes", "area_km2", "ratio", "class", "tier", "stability", "steps_hot", "steps", "reliability", "confirmed_by",
        "residents", "by_day", "footfall", "stops", "threat", "intelligence", "safeguarding", "partnership",
    },
    "expectation": {"expectation_id", "of_layer", "zone_id", "expected_start", "expected_end", "method", "coverage", "coverage_lowest", "years_tested"},
    "stations": {
        "station_id", "mode", "modes", "entries_exits", "entries_exits_source", "mode_median", "mode_p90", "approach_window_start",
        "approach_window_end", "longitude", "latitude",
    },
    "stop-clusters": {"cluster_id", "stops", "stop_ids", "area_km2", "has_hours"},
    "corridors": {"corridor_id", "mode", "counts_of", "km", "stations", "stops", "has_hours"},
    "road-harm-clusters": {"cluster_id", "months", "has_hours", "also_listed", "safety_layer"},
    "wsa-shortlist": {
        "place_id", "type", "ward_name", "is_inner", "is_listed", "excluded_because", "rank", "rank_low", "rank_high", "score", "part_incidents",
        "part_perception", "part_transport", "part_built", "part_exposure", "weight_known", "parts_missing", "stops_within_150m",
        "uses_within_150m", "lamps_within_100m", "footfall",
    },
}  # fmt: skip
"""What may be told of a place with 1 to 4 reports, written down here and not read from the schema: a new column, or a mark
that somebody takes from one, has to be thought about."""

SAYS_NOT = ("no list of Clear Hold Build sites", "Nothing about what will happen next")
"""Where a text says that it does not do so."""

SPEAKING = (
    "products", "packs", "impact", "schema", "disclosure", "alerts.py", "area_life.py", "audit_places.py", "comparison.py", "map_classes.py",
    "marks.py", "nominations.py", "overlap.py", "portfolio.py", "publication.py", "release_checks.py", "reliability.py", "similar_zones.py",
    "subscriptions.py", "themes.py", "walk_factors.py", "walk_sheet.py", "walks.py",
)  # fmt: skip
"""Modules and folders whose texts readers of products, packs and lists see."""


def row_of(table: schema.Table, number: int, incidents: int) -> dict[str, object]:
    """A row with a value in every column that its table allows."""
    cell = cells()[number]
    shape = cell_shape(cell)
    drawn = {"stations": shape.centroid, "corridors": shapely.MultiLineString([shape.exterior.coords])}
    told: dict[str, object] = {
        "theme": "violence", "name": "Around Tidewater, Northbank", "boroughs": "X09000001", "borough_names": "Northbank",
        "borough_code": "X09000001", "ward_code": "X05000001", "wards": "X05000001", "ward_name": "Tidewater", "zones": cell,
        "incidents_band": None, "geometry": drawn.get(table.name, shape), "of_layer": "wards", "caution": "Careful.",
        "zone_id": f"{table.name}-{number}", table.key[0]: f"{table.name}-{number}",
    }  # fmt: skip
    for column in table.columns:
        if column.name in told:
            continue
        if column.values:  # noqa: PD011 - no pandas
            told[column.name] = column.values[0]  # noqa: PD011
        elif column.type == "date":
            told[column.name] = date(2025, 12, 1) if column.name.endswith("end") else date(2025, 1, 1)
        elif column.type == "bool":
            told[column.name] = True
        elif column.type == "int":
            told[column.name] = incidents if column.unit == "count" else 12
        elif column.type == "float":
            told[column.name] = 0.5
        else:
            told[column.name] = None if column.nullable else "words"
    return told


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """A client of each class on the tiny town with a large and a small row of every product."""
    content = tiny_content()
    made = {
        name: schema.to_arrow(pd.DataFrame([row_of(table, 0, LARGE), row_of(table, 1, SMALL)]), table)
        for name, table in schema.PRODUCT_TABLES.items()
    }
    told = {name: {"why_not": None, "themes": ["violence"], "says": [], "notes": []} for name in made}
    content = replace(content, layers={**content.layers, **made}, manifest={**content.manifest, "products": told})
    folder = tmp_path_factory.mktemp("rails") / "releases"
    write_release(content, folder, inputs_hash=INPUTS_HASH)
    state, now = folder / ".state", dt.datetime.now(dt.UTC)
    keys = {
        "open": {},
        "partner": {
            "X-API-Key": make_key(state, name="p", access="partner", boroughs=["X09000001"], days=1, now=now)[1]
        },
        "internal": {"X-API-Key": make_key(state, name="i", access="internal", days=1, now=now)[1]},
    }
    app = create_app(ServiceSettings(releases=folder))
    return {access: TestClient(app, headers=headers) for access, headers in keys.items()}


def read(form: str, body: bytes) -> tuple[list[str], list[dict[str, object]], str]:
    """Names of the columns, the rows, and all words of a file."""
    if form == "parquet":
        table = pq.read_table(io.BytesIO(body))
        words = " ".join(str(value) for value in (table.schema.metadata or {}).values())
        rows = table.drop_columns(["geometry"]).to_pylist()
        return table.column_names, rows, words + json.dumps(rows, default=str)
    if form in ("gpkg", "fgb"):
        with tempfile.NamedTemporaryFile(suffix=f".{form}") as file:
            file.write(body)
            file.flush()
            frame = pyogrio.read_dataframe(file.name, read_geometry=False)
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        return list(frame.columns), rows, json.dumps(rows, default=str)
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
        head, *lines = book.worksheets[0].iter_rows(values_only=True)
        words = "\n".join(str(cell) for sheet in book for line in sheet.iter_rows(values_only=True) for cell in line)
        return list(head), [dict(zip(head, line, strict=True)) for line in lines if line[0]], words
    text = body.decode("utf-8-sig")
    if form == "csv":
        frame = pd.read_csv(io.StringIO(text), comment="#")
        return list(frame.columns), frame.astype(object).where(frame.notna(), None).to_dict("records"), text
    if form == "html":
        return re.findall(r'<th scope="col">(.*?)</th>', text), [], spoken(text)
    document = json.loads(text)
    rows = (
        [one["properties"] for one in document["features"]]
        if form == "json"
        else [one["properties"] for layer in document["objects"].values() for one in layer["geometries"]]
    )
    return list(rows[0]) if rows else [], rows, text


def forbidden_in(columns: list[str]) -> list[str]:
    """Columns whose names tell of what must never leave, word by word."""
    return [
        name for name in columns for word in NEVER_A_COLUMN if re.search(rf"(^|_){re.escape(word)}(s|_|$)", str(name))
    ]


def test_the_checks_can_fail():
    assert forbidden_in(["victim_age", "zone_id", "risk_score"]) == ["victim_age", "victim_age", "risk_score"]
    assert forbidden_in([column.name for column in schema.ZONES.columns]) == []
    assert any(re.search(one, "crime will rise here") for one in NEVER_SAID)
    assert wrong_in("A list of Clear Hold Build sites in the worst places.")
    assert not wrong_in("This is no list of Clear Hold Build sites.")
    assert len(SPOKEN) > 50


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=schema.TABLES)
def test_no_table_has_a_forbidden_column_or_class(table):
    assert forbidden_in(table.column_names) == []
    for column in table.columns:
        assert not [value for value in column.values or () if banned_in(str(value))]  # noqa: PD011
        assert banned_in(column.description) == []


def texts_of(path: Path) -> Iterator[str]:
    """The texts in a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def wrong_in(text: str) -> list[str]:
    """Banned words and phrases in a text."""
    for said in SAYS_NOT:
        text = text.replace(said, "")
    return banned_in(text) + [one for one in NEVER_SAID if re.search(one, text, re.IGNORECASE)]


SPOKEN = [
    path
    for name in SPEAKING
    for path in (
        [ROOT / "geo_safety" / name] if name.endswith(".py") else sorted((ROOT / "geo_safety" / name).rglob("*.py"))
    )
]


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_of_a_product_or_pack_says_what_is_never_said(path):
    assert [(wrong_in(text), text) for text in texts_of(path) if wrong_in(text)] == []


def test_no_text_of_the_map_does_either():
    texts = json.loads((ROOT / "api" / "words" / "en.json").read_text(encoding="utf-8"))
    assert {key: wrong_in(text) for key, text in texts.items() if wrong_in(text)} == {}


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_column_is_hidden_for_small_counts_or_known_to_be_harmless(product):
    table = schema.PRODUCT_TABLES[product]
    hidden = {column.name for column in table.columns if column.from_counts or column.hidden_with}
    assert set(table.column_names) - hidden == TOLD_OF_SMALL[product] | OF_PLACES


def test_what_follows_police_activity_is_in_no_theme_that_is_scored():
    scored = set(THEMES) - {NEVER_SCORED}
    for labels in (*BUILT_IN_LABELS.values(), STOP_SEARCH):
        for category, themes in labels.items():
            if re.search("drug|weapon|stop|search|hate|domestic", category, re.IGNORECASE):
                assert not scored & set(themes), category
    assert not scored & {theme for themes in KNIFE_CRIME.values() for theme in themes}
    sexual = [themes for category, themes in BUILT_IN_LABELS["police_uk"].items() if "sexual" in category.lower()]
    assert all("vawg_ps" not in themes for themes in sexual), "it would put domestic and sexual offences on a cell map"


@pytest.mark.parametrize("access", ACCESS_CLASSES)
@pytest.mark.parametrize("form", ITEM_FORMATS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_no_product_lets_a_forbidden_column_word_or_small_count_out(readers, product, form, access):
    reply = readers[access].get(f"/collections/{product}/items", params={"f": form, "limit": 100})
    assert reply.status_code == 200, reply.text[:300]
    columns, rows, words = read(form, reply.content)
    assert columns
    assert forbidden_in(columns) == []
    assert banned_in(words) == []
    assert not [one for one in NEVER_SAID if re.search(one, words, re.IGNORECASE)]
    table = schema.PRODUCT_TABLES[product]
    hidden = {column.name for column in table.columns if column.from_counts or column.hidden_with}
    for row in rows:
        small = row[table.key[0]] == f"{product}-1"
        told = {name for name in hidden & set(row) if row[name] is not None}
        if (
            small
            and access != "internal"
            and "incidents" in {column.name for column in table.columns if column.from_counts}
        ):
            assert not told, f"{product} as {form} tells {told} of {SMALL} reports"
        if small and access != "internal":
            seen = {name for name, value in row.items() if value is not None and name in table.column_names}
            assert seen <= TOLD_OF_SMALL[product] | OF_PLACES, f"{product} as {form} tells more of {SMALL} reports"
        if access != "internal":
            counts = [row[column.name] for column in table.columns if column.unit == "count" and column.name in row]
            assert not [count for count in counts if count is not None and 1 <= int(count) <= 4]


@pytest.mark.parametrize("access", ACCESS_CLASSES)
@pytest.mark.parametrize("layer", ["cells-r8", "cells-r9", "wards", "boroughs", "hotspot-areas"])
@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "parquet", "html"])
def test_no_layer_does_either(readers, layer, form, access):
    reply = readers[access].get(f"/collections/{layer}/items", params={"f": form, "limit": 100, "theme": "robbery"})
    columns, _, words = read(form, reply.content)
    assert forbidden_in(columns) == []
    assert banned_in(words) == []
    assert not [one for one in NEVER_SAID if re.search(one, words, re.IGNORECASE)]


@pytest.mark.parametrize("access", ACCESS_CLASSES)
@pytest.mark.parametrize("form", [form for form in ITEM_FORMATS if form != "html"])
def test_a_partner_reads_the_expectation_of_open_feeds_as_everybody_does(readers, form, access):
    own, everybody = (
        read(form, readers[one].get("/collections/expectation/items", params={"f": form, "limit": 100}).content)[1]
        for one in (access, "open")
    )
    named = {row["zone_id"]: row for row in own}
    assert set(named) == {"expectation-0", "expectation-1"}
    assert {row["of_layer"] for row in own} <= set(EXPECTED_FOR), "never of cells"
    if access == "internal":
        assert int(named["expectation-1"]["incidents"]) == SMALL
        assert named["expectation-1"]["expected"] is not None
    else:
        assert own == everybody
        assert named["expectation-1"]["incidents_band"] == "1-4"
        for name in ("incidents", "expected", "expected_low", "expected_high", "naive_low", "naive_high"):
            assert named["expectation-1"][name] is None, name
    assert named["expectation-0"]["expected_low"] is not None


@pytest.mark.parametrize("access", ACCESS_CLASSES)
@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "html"])
def test_the_analysis_of_the_expectation_hides_the_same(readers, form, access):
    reply = readers[access].get("/analysis/expectation", params={"f": form, "layer": "wards", "theme": "violence"})
    assert reply.status_code == 200, reply.text[:300]
    if form == "json":
        (small,) = [row for row in reply.json()["rows"] if row["zone_id"] == "expectation-1"]
        assert (small["expected"] is None) is (access != "internal")
        assert (small["incidents"] is None) is (access != "internal")
    for layer in ("cells-r8", "cells-r9"):
        refused = readers[access].get("/analysis/expectation", params={"f": form, "layer": layer, "theme": "violence"})
        assert refused.status_code == 400
        assert "forecast of people" in refused.text
