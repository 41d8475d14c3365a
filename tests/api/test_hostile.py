"""What an attacker sends: other people's paths, endless filters, lines and formulas in the wrong place."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import quote, urlsplit

import pytest

PATHS = ["/collections/../../etc/passwd/items", "/collections/%2e%2e%2f%2e%2e%2fmanifest.json/items", "/tiles/..%2f..%2fwards/0/0/0.mvt",
         "/collections/wards%00/items", "/collections/open%2fwards/items", "/collections/partner%2fwards/items",
         "/collections/wards.parquet/items", "/collections/quarantine/items", "/collections/series/items", "/values/../manifest",
         "/collections/wards/items/..%2f..%2f..%2fetc%2fpasswd", "/changes?since=../../etc", "/changes?since=%2e%2e", "/problems/..%2fx"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_paths_lead_nowhere_else(live, releases, path):
    """As they are sent: clients would tidy them up first."""
    place = urlsplit(live.address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read().decode()
    assert reply.status in (400, 404), body[:200]
    assert "root:" not in body
    assert str(releases) not in body
    connection.close()


@pytest.mark.parametrize("filter", [
    "(" * 3000 + "incidents > 1" + ")" * 3000, " AND ".join(["incidents > 1"] * 400), "NOT " * 1500 + "incidents > 1",
    "name LIKE '" + "%" * 3000 + "'", "incidents > 1; DROP TABLE keys", "1=1' OR '1'='1", "__import__('os').system('id') > 1",
    "geometry = 1 AND \x00", "incidents_exact > 1", "CASEI(" * 200 + "name" + ")" * 200 + " = 'x'",
])  # fmt: skip
def test_filters_without_end_or_sense_are_refused(service, filter):
    reply = service.get("/collections/wards/items", params={"filter": filter})
    assert reply.status_code in (400, 414), reply.text[:200]
    assert reply.headers["content-type"] == "application/problem+json"


def test_lines_in_parameters_and_headers_stay_where_they_are(service):
    evil = "x\r\nSet-Cookie: a=b\r\n\r\n<script>"
    for path in (f"/collections/wards/items?limit=1&cursor={quote(evil)}", f"/collections/wards/items?theme={quote(evil)}",
                 f"/collections/{quote(evil, safe='')}/items"):  # fmt: skip
        reply = service.get(path, headers={"X-Request-Id": "a\tb: c"})
        assert "set-cookie" not in reply.headers
        assert all("\n" not in value and "\r" not in value for value in reply.headers.values())
        assert "<script>" not in reply.text or reply.headers["content-type"].startswith("application/")


def test_raw_line_breaks_in_a_request_are_refused(live):
    place = urlsplit(live.address)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(b"GET /collections HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\nX-Api-Key: b\r\n\r\n")
        first = connection.recv(65536)
    assert b"Set-Cookie" not in first
    assert (
        b" 400 " in first.split(b"\r\n")[0]
        or b" 401 " in first.split(b"\r\n")[0]
        or b" 200 " in first.split(b"\r\n")[0]
    )


def test_headers_without_end_are_refused(live):
    place = urlsplit(live.address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    connection.request("GET", "/collections", headers={"X-Filler": "x" * 100_000})
    status = connection.getresponse().status
    connection.close()
    assert status in (400, 431)


def test_no_cell_of_a_table_is_a_formula(service):
    """A ward of the tiny town is called `=Old Pier`."""
    text = service.get("/collections/wards/items", params={"f": "csv", "limit": 100}).content.decode("utf-8-sig")
    assert "=Old Pier" in text
    cells = [cell.strip('"') for line in text.splitlines() for cell in line.split(",")]
    assert not [
        cell
        for cell in cells
        if cell.startswith(("=", "+", "@", "\t", "\r")) or (cell.startswith("-") and not cell[1:2].isdigit())
    ]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST", "TRACE"])
def test_nothing_can_be_written(service, method):
    assert service.request(method, "/collections/wards/items").status_code == 405


def test_every_page_forbids_what_it_does_not_need(service):
    for path in ("/?f=html", "/collections?f=html", "/collections/wards/items?f=html", "/map", "/nowhere"):
        policy = service.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        assert "frame-ancestors 'none'" in policy
