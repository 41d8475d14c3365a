"""`/analysis/impact`: a case judged, for internal keys alone."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from planted_release import case_feature, planted_release
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.audit import read_audit
from geo_safety.case_file import case_from_geojson
from geo_safety.disclosure import Reader
from geo_safety.impact.reading import report_on
from geo_safety.keys import make_key

ADDRESS = "/analysis/impact"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The planted town as a service, its release, and a key of each class."""
    folder = tmp_path_factory.mktemp("planted-service")
    release = planted_release(folder)
    state = folder / "releases" / ".state"
    now = dt.datetime.now(dt.UTC)
    keys = {
        access: make_key(state, name=access, access=access, boroughs=boroughs, days=9, now=now)[1]
        for access, boroughs in (("partner", ["X09000001"]), ("internal", []))
    }
    return TestClient(create_app(ServiceSettings(releases=folder / "releases"))), release, keys, state


def asked(served, access, case, **params):
    client, _, keys, _ = served
    headers = {"X-API-Key": keys[access]} if access in keys else {}
    return client.post(ADDRESS, params=params, headers=headers, json=case)


def test_an_internal_key_gets_what_the_command_writes(served):
    reply = asked(served, "internal", case_feature(end="2025-06"))
    assert reply.status_code == 200, reply.text[:300]
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["geosafety-release"] == served[1].release_id
    assert "private" in reply.headers["cache-control"] or "no-store" in reply.headers["cache-control"]
    document = reply.json()
    case = case_from_geojson(json.dumps(case_feature(end="2025-06")).encode())
    wanted = report_on(case, served[1], reader=Reader("internal"))
    assert document == json.loads(json.dumps({**wanted.document, "places": wanted.places}))
    assert document["effects"][0]["verdict"] == "fewer"
    assert document["publication"]["can_i_publish_this"].startswith("No")


def test_page_and_shapes(served):
    page = asked(served, "internal", case_feature(), f="html")
    assert page.headers["content-type"].startswith("text/html")
    assert "<style>" in page.text
    assert "style-src 'unsafe-inline'" in page.headers["content-security-policy"]
    assert "Planted scheme: did it work, did it move?" in page.text
    shapes = asked(served, "internal", case_feature(), f="geojson")
    assert shapes.headers["content-type"] == "application/geo+json"
    assert [one["properties"]["kind"] for one in shapes.json()["features"]][:2] == ["place", "ring"]


@pytest.mark.parametrize("access", ["open", "partner"])
def test_others_are_refused_and_told_what_they_can_do(served, access):
    reply = asked(served, access, case_feature())
    assert reply.status_code == 403
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["type"].endswith("/problems/not-for-this-class")
    assert "geo-safety impact" in reply.json()["detail"]
    assert served[0].get("/problems/not-for-this-class").status_code == 200


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clear": "soon"}, "Write a month"),
        ({"clear": "2020-03", "hold": "2020-06"}, "Only 2 months"),
        ({"themes": "burglary"}, "no months of burglary"),
        ({"layer": "wards"}, "Name one of cells-r9"),
    ],
)
def test_a_case_that_does_not_fit_is_a_problem_with_its_remedy(served, change, message):
    reply = asked(served, "internal", case_feature(**change))
    assert (reply.status_code, reply.json()["parameter"]) == (400, "body")
    assert message in reply.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type": "Point", "coordinates": [1, 2]}', b"x" * 200_001])
def test_bytes_that_are_no_case(served, body):
    reply = served[0].post(ADDRESS, headers={"X-API-Key": served[2]["internal"]}, content=body)
    assert reply.status_code == 400, reply.text[:200]
    assert "Traceback" not in reply.text


def test_unknown_parameters_and_methods(served):
    assert asked(served, "internal", case_feature(), f="pdf").status_code == 400
    assert asked(served, "internal", case_feature(), theme="violence").status_code == 400
    assert served[0].get(ADDRESS).status_code == 405


def test_every_read_is_written_down(served):
    asked(served, "internal", case_feature())
    last = list(read_audit(served[3]))[-1]
    assert (last["path"], last["class"], last["status"]) == (ADDRESS, "internal", 200)
