"""Replies are packed once, are the same in every encoding, and are kept for everybody and for nobody else."""

from __future__ import annotations

import gzip

import brotli
import mapbox_vector_tile
import pytest
from pmtiles.reader import MemorySource, all_tiles

from api.kept import CAPACITY, Kept, KeptReplies

PATHS = (
    "/",
    "/collections/cells-r9/items?limit=100",
    "/manifest",
    "/tiles/wards/0/0/0.mvt",
    "/tiles/cells-r9/10/516/325.mvt",
)
UNPACK = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}


def raw(client, path: str, encoding: str):
    """The reply as it is on the wire."""
    with client.stream("GET", path, headers={"Accept-Encoding": encoding}) as reply:
        return reply, b"".join(reply.iter_raw())


@pytest.mark.parametrize("path", PATHS)
def test_every_encoding_holds_the_same_reply_and_has_a_tag_of_its_own(service, path):
    plain, body = raw(service, path, "identity")
    assert plain.headers.get("content-encoding") is None
    tags = {plain.headers["etag"]}
    for asked in ("gzip", "gzip, deflate, br"):
        reply, packed = raw(service, path, asked)
        encoding = reply.headers["content-encoding"]
        assert encoding in asked
        assert UNPACK[encoding](packed) == body
        assert int(reply.headers["content-length"]) == len(packed) < len(body)
        assert "Accept-Encoding" in reply.headers["vary"]
        tags.add(reply.headers["etag"])
        again = service.get(path, headers={"If-None-Match": reply.headers["etag"], "Accept-Encoding": "identity"})
        assert (again.status_code, again.headers["etag"]) == (304, reply.headers["etag"])
    assert len(tags) == (2 if path.endswith(".mvt") else 3)  # a tile is gzipped already, and not packed again


def test_a_reply_to_everybody_is_made_once(service, monkeypatch):
    path = "/collections/boroughs/items?limit=2"
    first = service.get(path)
    monkeypatch.setattr("api.routes.items.items_document", None, raising=False)
    monkeypatch.setattr("api.routes.items.to_json", None, raising=False)
    again = service.get(path)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert again.headers["geosafety-release"] == first.headers["geosafety-release"]
    counted = service.get("/metrics").text
    assert 'route="/collections/{layer}/items",status="200"' in counted


def test_errors_and_replies_about_the_service_are_not_kept(service):
    for path, status in (("/collections/nowhere", 404), ("/collections/wards/items?limit=x", 400), ("/metrics", 200)):
        reply = service.get(path)
        assert (reply.status_code, reply.headers["cache-control"]) == (status, "no-store")
        assert "etag" not in reply.headers


def test_the_least_used_replies_leave_first():
    kept = KeptReplies(capacity=10)
    for key, size in (("a", 4), ("b", 4)):
        kept.put(key, Kept([], b"x" * size, None))
    assert kept.get("a")
    kept.put("c", Kept([], b"x" * 4, None))
    assert [key for key in "abc" if kept.get(key)] == ["a", "c"]
    kept.put("huge", Kept([], b"x" * (CAPACITY + 1), None))
    assert kept.get("huge") is None


def test_tiles_of_the_archive_are_those_of_the_file_that_anybody_may_take(service):
    whole = service.get("/tiles/cells-r9.pmtiles")
    assert whole.headers["content-type"] == "application/vnd.pmtiles"
    tiles = dict(all_tiles(MemorySource(whole.content)))
    assert tiles
    for (z, x, y), tile in tiles.items():
        layers = mapbox_vector_tile.decode(gzip.decompress(tile))
        for theme, layer in layers.items():
            reply = service.get(f"/tiles/cells-r9/{z}/{x}/{y}.mvt", params={"theme": theme})
            assert mapbox_vector_tile.decode(reply.content) == {theme: layer}
    part = service.get("/tiles/cells-r9.pmtiles", headers={"Range": "bytes=0-126"})
    assert (part.status_code, part.content) == (206, whole.content[:127])


def test_zooms_that_no_archive_holds_are_made_when_asked_for(service):
    for zoom, column, row in ((0, 0, 0), (15, 16538, 10420)):
        reply = service.get(f"/tiles/cells-r9/{zoom}/{column}/{row}.mvt")
        assert reply.status_code in (200, 204)
    assert mapbox_vector_tile.decode(service.get("/tiles/cells-r9/0/0/0.mvt").content)["robbery"]["features"]
