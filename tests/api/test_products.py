"""Products as they leave the service: in every format, for every class of readers, with nothing that must stay inside."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from dataclasses import replace
from datetime import date
from html import unescape

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from releases import INPUTS_HASH, cell_shape, cells, tiny_content
from starlette.testclient import TestClient
from wording import banned_in, spoken

from api.app import ServiceSettings, create_app
from api.formats import ITEM_FORMATS
from geo_safety import schema
from geo_safety.keys import make_key
from geo_safety.products.chb_candidates import SAYS
from geo_safety.release import write_release

LAYER = "chb-candidates"


def place(candidate_id: str, incidents: int, cell: str) -> dict:
    answers = {column.name: "met" for column in schema.CHB_CANDIDATES.columns if column.name.startswith("meets_")}
    return {
        "candidate_id": candidate_id, "theme": "violence", "name": "Around Tidewater, Northbank", "boroughs": "X09000001",
        "borough_names": "Northbank", "wards": "X05000001", "window_start": date(2025, 1, 1),
        "window_end": date(2025, 12, 1), "incidents": incidents, "of_layer": "cells-r8", "zones": cell,
        "is_cross_border": False, "outcome": "all met", "criteria_met": 7, "criteria_not_met": 0, "criteria_unknown": 0,
        **answers, "why": "Size 0.7 km² (0.3 to 3): met.", "area_km2": 0.7, "ratio": 5.0, "harm_cchi": 100.0 * incidents,
        "harm_cchi_top_share": 0.03, "weights_differ": False, "residents": 900.0, "geometry": cell_shape(cell),
    }  # fmt: skip


@pytest.fixture(scope="module")
def releases_with_products(tmp_path_factory):
    """The tiny town with two screened places, one of them of 3 reports; and a product that has no rows."""
    first, second = cells()[:2]
    frame = pd.DataFrame([place("cells-r8-violence-1", 240, first), place("cells-r8-violence-2", 3, second)])
    content = tiny_content()
    told = {LAYER: {"why_not": None, "themes": ["violence"], "says": list(SAYS), "notes": []}}
    content = replace(
        content,
        layers={**content.layers, LAYER: schema.to_arrow(frame, schema.CHB_CANDIDATES)},
        manifest={**content.manifest, "products": told},
    )
    folder = tmp_path_factory.mktemp("products") / "releases"
    write_release(content, folder, inputs_hash=INPUTS_HASH)
    return folder


@pytest.fixture(scope="module")
def clients(releases_with_products):
    """A client of each class of readers."""
    state = releases_with_products / ".state"
    now = dt.datetime.now(dt.UTC)
    _, partner = make_key(state, name="p", access="partner", boroughs=["X09000001"], days=1, now=now)
    _, internal = make_key(state, name="i", access="internal", days=1, now=now)
    app = create_app(ServiceSettings(releases=releases_with_products))
    keys = {"open": {}, "partner": {"X-API-Key": partner}, "internal": {"X-API-Key": internal}}
    return {access: TestClient(app, headers=headers) for access, headers in keys.items()}


def read(form: str, body: bytes) -> list[dict]:
    if form == "json":
        return [one["properties"] for one in json.loads(body)["features"]]
    if form == "csv":
        return pd.read_csv(io.BytesIO(body), comment="#").to_dict("records")
    if form == "xlsx":
        head, *rows = openpyxl.load_workbook(io.BytesIO(body), read_only=True).worksheets[0].iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows if row[0]]
    if form == "parquet":
        return pq.read_table(io.BytesIO(body)).to_pylist()
    return []


@pytest.mark.parametrize("access", ["open", "partner", "internal"])
@pytest.mark.parametrize("form", ITEM_FORMATS)
def test_every_format_and_class_gets_the_screen_with_small_counts_hidden(clients, access, form):
    reply = clients[access].get(f"/collections/{LAYER}/items", params={"f": form, "limit": 100})
    assert reply.status_code == 200, reply.text[:300]
    for row in read(form, reply.content):
        small = row["candidate_id"] == "cells-r8-violence-2"
        hidden = small and access != "internal"
        assert row["incidents_band"] == ("1-4" if hidden else str(3 if small else 240)) or not hidden
        assert (pd.isna(row["incidents"]), pd.isna(row["harm_cchi"]), pd.isna(row["harm_cchi_top_share"])) == (
            hidden,
        ) * 3
        assert all(pd.isna(row[name]) for name in ("threat", "intelligence", "safeguarding", "partnership"))
    if form == "html":
        assert banned_in(spoken(reply.text)) == []
        assert "no list of Clear Hold Build sites" in spoken(reply.text)


def test_the_default_theme_is_one_that_the_product_has(clients):
    # The study's first theme is robbery, which this screen does not hold.
    reply = clients["open"].get(f"/collections/{LAYER}/items")
    assert reply.json()["numberMatched"] == 2
    refused = clients["open"].get(f"/collections/{LAYER}/items?theme=robbery")
    assert refused.status_code == 400
    assert "violence" in refused.json()["detail"]


def test_what_must_be_said_travels_with_it(clients):
    document = clients["open"].get(f"/collections/{LAYER}/items").json()
    assert document["publication"]["caveats"][: len(SAYS)] == list(SAYS)
    assert document["publication"]["themes"] == ["violence"]
    others = clients["open"].get("/collections/wards/items").json()
    assert SAYS[0] not in others["publication"]["caveats"]


def test_rows_can_be_found_filtered_sorted_and_opened(clients):
    items = f"/collections/{LAYER}/items"
    found = clients["open"].get(items, params={"filter": "meets_harm_css = 'met' AND criteria_met >= 7", "sortby": "-ratio",
                                               "borough": "Northbank"}).json()  # fmt: skip
    assert found["numberMatched"] == 2
    one = clients["open"].get(f"{items}/cells-r8-violence-1")
    assert one.json()["id"] == "cells-r8-violence-1"
    assert not [link for link in one.json()["links"] if link["rel"] == "related"], "a product has no months of its own"
    assert clients["open"].get(f"{items}/cells-r8-violence-1/series").status_code == 404
    assert clients["open"].get(items, params={"filter": "outcome = 'sites'"}).status_code == 400


def test_tiles_carry_what_a_map_needs(clients):
    described = clients["open"].get(f"/tiles/{LAYER}.json").json()
    assert [layer["id"] for layer in described["vector_layers"]] == ["violence"]
    assert set(described["vector_layers"][0]["fields"]) >= {"candidate_id", "name", "outcome", "criteria_met"}
    assert clients["open"].get(f"/tiles/{LAYER}.pmtiles").status_code == 200


def test_question_v9_leads_to_the_screen_whatever_the_theme(clients):
    for theme in ("robbery", "violence"):
        html = clients["open"].get("/map/analyst", params={"t": theme}).text
        (section,) = re.findall(r'<section id="V9".*?</section>', html, re.DOTALL)
        first = unescape(re.findall(r'href="([^"]+)"', section)[0])
        reply = clients["open"].get(first)
        assert reply.status_code == 200
        assert "cells-r8-violence-1" in reply.text
        assert "no list of Clear Hold Build sites" in spoken(reply.text)
