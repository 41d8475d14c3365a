from __future__ import annotations

from releases import INPUTS_HASH


def test_the_manifest_says_what_the_release_was_made_from(service):
    document = service.get("/manifest").json()
    assert document["release_id"] == "2025-12-01234567-1"
    assert document["accounting"]["rows_read"] == 800
    assert document["sources"][0]["files"][0]["sha256"] == INPUTS_HASH
    assert set(document["layers"]) >= {"cells-r9", "wards", "series"}
    assert all(len(digest) == 64 for layer in document["layers"].values() for digest in layer["files"].values())
