from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from api.problems import ALL_KINDS, KINDS, kind_of
from geo_safety.errors import ReleaseError


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/collections/nope", 404), ("GET", "/?x=1", 400), ("POST", "/collections", 405),
     ("DELETE", "/collections/wards/items/X05000001", 405), ("GET", "/../../etc/passwd", 404)],
)  # fmt: skip
def test_every_error_is_a_problem_document(service, method, path, status):
    reply = service.request(method, path)
    document = reply.json()
    assert reply.status_code == document["status"] == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "detail", "instance"} <= set(document)
    assert reply.headers["cache-control"] == "no-store"


def test_the_instance_is_in_the_log(service, caplog):
    caplog.set_level(logging.INFO, logger="geo_safety.api")
    document = service.get("/collections/nope").json()
    assert document["instance"] in caplog.text


def test_an_address_cannot_forge_a_line_of_the_log(service, caplog):
    caplog.set_level(logging.INFO, logger="geo_safety.api")
    service.get("/nowhere%0AINFO all is well")
    assert "\nINFO all is well" not in caplog.text


def test_our_own_fault_shows_nothing_of_our_insides(releases, caplog, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("api.routes.items.find_page", fail)
    service = TestClient(create_app(ServiceSettings(releases=releases)))
    reply = service.get("/collections/wards/items")
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert "Traceback" not in reply.text
    assert reply.headers["geosafety-release"]
    # The operator finds the cause by the id that the reader reports.
    assert reply.json()["instance"] in caplog.text
    assert "secret of the house" in caplog.text


def test_every_kind_has_a_name_of_its_own_and_a_remedy():
    assert len({kind.slug for kind in ALL_KINDS}) == len(ALL_KINDS)
    assert set(KINDS.values()) <= set(ALL_KINDS)
    assert all(kind.remedy.endswith(".") for kind in ALL_KINDS)


def test_what_is_in_no_table_is_our_fault():
    assert kind_of(ZeroDivisionError()).status == 500
    assert kind_of(ReleaseError("None.", "Run.")).status == 503


def test_a_name_in_an_address_that_cannot_be_one_is_a_problem_document_too(service):
    for name in ("x.exe", "%C2%84", "a%20b.js"):
        reply = service.get(f"/map/assets/{name}")
        assert reply.status_code == 404
        assert reply.headers["content-type"] == "application/problem+json"
        assert "Open /map/explore again" in reply.json()["detail"]
