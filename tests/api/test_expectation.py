"""V9 and V10 of the brief: the screen and the year to come, from a question to its answer; cells are refused."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from datetime import date
from html import unescape

import pandas as pd
import pytest
from releases import INPUTS_HASH, cell_shape, cells, tiny_content
from starlette.testclient import TestClient
from wording import banned_in, spoken

from api.app import ServiceSettings, create_app
from geo_safety import schema
from geo_safety.cli import main
from geo_safety.keys import make_key
from geo_safety.products.expectation import SAYS
from geo_safety.release import write_release

PATH = "/analysis/expectation"


def row(layer: str, zone: str, name: str, incidents: int, borough: str) -> dict:
    return {
        "expectation_id": f"{layer}-{zone}-robbery", "theme": "robbery", "name": name, "boroughs": borough,
        "window_start": date(2025, 1, 1), "window_end": date(2025, 12, 1), "incidents": incidents, "of_layer": layer,
        "zone_id": zone, "expected_start": date(2026, 1, 1), "expected_end": date(2026, 12, 1), "expected": 1.1 * incidents,
        "expected_low": 0.8 * incidents, "expected_high": 1.4 * incidents, "method": "theta", "naive_low": 0.7 * incidents,
        "naive_high": 1.3 * incidents, "coverage": 0.79, "coverage_lowest": 0.3, "years_tested": 6,
        "geometry": cell_shape(cells()[0]),
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tiny town with an expectation of robbery for its boroughs and two wards, one of 3 reports."""
    frame = pd.DataFrame([
        row("boroughs", "X09000001", "Northbank", 230, "X09000001"), row("boroughs", "X09000002", "Southbank", 30, "X09000002"),
        row("wards", "X05000001", "Tidewater, Northbank", 210, "X09000001"), row("wards", "X05000003", "Old Pier, Southbank", 3, "X09000002"),
    ])  # fmt: skip
    content = tiny_content()
    notes = ["violence on boroughs: 24 months in a row with data, 60 months in a row are needed."]
    told = {"expectation": {"why_not": None, "themes": ["robbery"], "says": list(SAYS), "notes": notes}}
    content = replace(
        content,
        layers={**content.layers, "expectation": schema.to_arrow(frame, schema.EXPECTATION)},
        manifest={**content.manifest, "products": told},
    )
    folder = tmp_path_factory.mktemp("expected") / "releases"
    write_release(content, folder, inputs_hash=INPUTS_HASH)
    return folder


@pytest.fixture(scope="module")
def client(folder):
    return TestClient(create_app(ServiceSettings(releases=folder)))


def test_boroughs_and_wards_have_a_range_with_how_often_it_held(client):
    document = client.get(PATH).json()
    assert (document["layer"], document["theme"]) == ("boroughs", "robbery")
    first = document["rows"][0]
    assert (first["expected_low"], first["expected"], first["expected_high"]) == (184, 253, 322)
    assert (first["coverage"], first["coverage_lowest"], first["years_tested"]) == (0.79, 0.3, 6)
    assert document["publication"]["caveats"][:2] == list(SAYS)
    of_borough = client.get(PATH, params={"layer": "wards", "borough": "Northbank"}).json()
    assert [one["zone_id"] for one in of_borough["rows"]] == ["X05000001"]


def test_a_small_count_hides_its_range_but_for_internal_eyes(client, folder):
    (_, small) = client.get(PATH, params={"layer": "wards"}).json()["rows"]
    assert (small["incidents_band"], small["incidents"]) == ("1-4", None)
    assert {small[name] for name in ("expected", "expected_low", "expected_high", "naive_low", "naive_high")} == {None}
    _, token = make_key(folder / ".state", name="i", access="internal", days=1, now=dt.datetime.now(dt.UTC))
    (_, exact) = client.get(PATH, params={"layer": "wards"}, headers={"X-API-Key": token}).json()["rows"]
    assert (exact["incidents"], exact["expected"]) == (3, 3)


@pytest.mark.parametrize("layer", ["cells-r8", "cells-r9"])
def test_cells_are_refused_with_a_plain_reason(client, folder, capsys, layer):
    reply = client.get(PATH, params={"layer": layer})
    assert reply.status_code == 400
    assert "so small a place has no forecast that would be fair to it" in reply.json()["detail"]
    assert main(["expectation", str(folder), "--layer", layer]) == 1
    told = capsys.readouterr().err
    assert "no forecast that would be fair" in told
    assert "Ask for boroughs or wards." in told


def test_what_is_not_there_is_told_with_the_reason(client, service):
    reply = client.get(PATH, params={"theme": "violence"})
    assert reply.status_code == 404
    assert "24 months in a row with data" in reply.json()["detail"]
    assert service.get(PATH).status_code == 404, "a release without the product"
    assert client.get(PATH, params={"layer": "parishes"}).status_code == 400
    assert client.get(PATH, params={"cell": "x"}).status_code == 400


@pytest.mark.parametrize("form", ["html", "csv", "xlsx"])
def test_other_formats(client, form):
    reply = client.get(PATH, params={"f": form, "layer": "wards"})
    assert reply.status_code == 200
    if form == "html":
        assert banned_in(spoken(reply.text)) == []
        assert "not a target and not a promise" in spoken(reply.text)


def test_the_command_prints_the_same(folder, capsys):
    assert main(["expectation", str(folder), "--layer", "wards"]) == 0
    text = capsys.readouterr().out
    assert "Tidewater, Northbank" in text
    assert "too few to say" in text
    assert "for 6 past years 79% held; in the year that fitted least 30%" in text
    assert "January 2026 to December 2026" in text
    assert main(["expectation", str(folder), "--json", "--borough", "X09000002"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["rows"]] == ["Southbank"]


def ways(client, code):
    html = client.get("/map/analyst").text
    (section,) = re.findall(rf'<section id="{code}".*?</section>', html, re.DOTALL)
    return [unescape(one) for one in re.findall(r'href="([^"]+)"', section)]


def test_question_v10_leads_to_the_ranges_and_says_that_cells_have_none(client, service):
    found = ways(client, "V10")
    assert len(found) >= 2
    for address in found:
        reply = client.get(address)
        assert reply.status_code == 200
        assert "expected" in reply.text
    assert "For cells there is none" in spoken(client.get("/map/analyst").text)
    assert "five years of months in a row" in spoken(service.get("/map/analyst").text)


def test_question_v9_says_what_is_missing_where_there_is_no_screen(service):
    assert "a screen, which needs violence or robbery" in spoken(service.get("/map/analyst").text)
