"""Packs over HTTP: every kind and format, who may keep a copy, and what is refused with a remedy."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from html import unescape

import openpyxl
import pypdf
import pytest
from lent_service import READERS
from listed_town import listed_release
from releases import cell_shape, cells
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.cli_packs import KINDS
from geo_safety.keys import make_key
from geo_safety.packs import FORMATS, PACKS

AREA = "robbery-0001"
MEDIA = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "geojson": "application/geo+json",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


@pytest.fixture(scope="module")
def clients(releases, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    _, internal = make_key(state, name="i", access="internal", days=1, now=dt.datetime.now(dt.UTC))
    app = create_app(ServiceSettings(releases=releases, state=state))
    return {"open": TestClient(app), "internal": TestClient(app, headers={"X-API-Key": internal})}


def test_the_command_knows_every_kind():
    assert tuple(PACKS) == KINDS


@pytest.mark.parametrize("form", FORMATS)
def test_a_pack_comes_in_every_format_and_may_be_kept_by_class(clients, form):
    for access, client in clients.items():
        reply = client.get(f"/packs/chb/{AREA}?f={form}")
        assert reply.status_code == 200, reply.text[:300]
        assert reply.headers["content-type"] == MEDIA[form]
        assert reply.headers["cache-control"].startswith("public" if access == "open" else "private")
        assert reply.headers["geosafety-disclosure"].startswith(access)
        assert ("style-src 'unsafe-inline'" in reply.headers["content-security-policy"]) is (form == "html")
        assert ("attachment" in reply.headers.get("content-disposition", "")) is (form != "html")
        again = client.get(f"/packs/chb/{AREA}?f={form}", headers={"If-None-Match": reply.headers["etag"]})
        assert again.status_code == 304
    shown = clients["open"].get(f"/packs/chb/{AREA}?f={form}").content
    assert {"html": lambda: b"Can I publish this? Yes" in shown,
            "pdf": lambda: len(pypdf.PdfReader(io.BytesIO(shown)).pages) > 3,
            "geojson": lambda: json.loads(shown)["can_i_publish_this"].startswith("Yes"),
            "xlsx": lambda: openpyxl.load_workbook(io.BytesIO(shown)).sheetnames[0] == "About"}[form]()  # fmt: skip


def test_a_pack_with_a_key_holds_more_than_one_without(clients):
    pages = {access: client.get(f"/packs/chb/{AREA}").text for access, client in clients.items()}
    assert "Counts of 1 to 4 are hidden" in pages["open"]
    assert "it holds exact small counts" in pages["internal"]


def test_a_boundary_of_ones_own_is_packed_and_kept_by_nobody(clients):
    feature = {"type": "Feature", "geometry": cell_shape(cells()[0]).buffer(0.002).__geo_interface__,
               "properties": {"name": "Own <b>drawing</b>", "themes": "robbery", "clear": "2025-06"}}  # fmt: skip
    for access, client in clients.items():
        reply = client.post("/packs/chb", json=feature)
        assert reply.status_code == 200, reply.text[:300]
        assert reply.headers["cache-control"] == "no-store"
        assert "Own &lt;b&gt;drawing&lt;/b&gt;" in reply.text
        assert "<b>drawing" not in reply.text
        assert ("for internal readers only" in reply.text) is (access == "open")


@pytest.mark.parametrize(
    ("method", "address", "status", "says"),
    [
        ("GET", "/packs/nothing/x", 404, "There are chb"),
        ("GET", "/packs/chb/nowhere", 404, "robbery-0001"),
        ("GET", "/packs/wsa/nowhere", 404, "has no places to walk"),
        ("GET", "/packs/transport/Northbank", 404, "holds no stations, stops or routes"),
        ("GET", f"/packs/chb/{AREA}?f=docx", 400, "html"),
        ("GET", f"/packs/chb/{AREA}?theme=robbery", 400, "theme"),
        ("POST", "/packs/transport", 400, "chb"),
        ("POST", "/packs/chb", 400, "GeoJSON"),
    ],
)
def test_what_cannot_be_packed_is_refused_with_a_remedy(clients, method, address, status, says):
    reply = clients["open"].request(method, address, content=b"{}" if method == "POST" else None)
    assert reply.status_code == status, reply.text[:300]
    assert says in reply.json()["detail"]


def test_what_a_question_offers_each_reader_is_theirs_to_read(lent):
    """Every way to a pack on every page of questions answers the reader who was shown it."""
    borough = next(iter(lent.allowed("internal", "boroughs", "robbery")["id"]))
    for reader in READERS:
        for page in ("analyst?t=robbery", f"borough?t=robbery&b={borough}", "planner?t=robbery"):
            ways = {
                unescape(one)
                for one in re.findall(r'href="([^"]*/packs/[^"]*)"', lent.get(reader, f"/map/{page}").text)
            }
            assert len(ways) == (2 if page.startswith("borough") else 0), (reader, page, ways)
            assert {lent.get(reader, way).status_code for way in ways} <= {200}, (reader, page)


def test_a_site_whose_zones_a_reader_may_not_see_is_no_way_and_no_pack(tmp_path):
    listed_release(tmp_path / "releases")  # its screen names cells of a layer that the release does not hold
    client = TestClient(create_app(ServiceSettings(releases=tmp_path / "releases")))
    assert client.get("/collections/chb-candidates/items/c-0?theme=robbery").status_code == 200
    assert "/packs/chb/" not in client.get("/map/analyst?t=robbery").text
    reply = client.get("/packs/chb/c-0")
    assert reply.status_code == 404
    assert "no layer that this reader may see" in reply.json()["detail"]


def test_without_the_pdf_engine_no_question_offers_one(clients, monkeypatch):
    monkeypatch.setattr("api.questions.can_make_pdf", lambda: False)
    page = clients["open"].get("/map/borough?t=robbery&b=X09000001").text
    assert "/packs/sna/X09000001?f=html" in page
    assert "f=pdf" not in page


def test_without_the_pdf_engine_the_page_is_offered(clients, monkeypatch):
    monkeypatch.setattr("api.routes.packs.can_make_pdf", lambda: False)
    reply = clients["open"].get("/packs/chb/violence-0001?f=pdf")
    assert reply.status_code == 400
    assert "Take f=html and print it" in reply.json()["detail"]
