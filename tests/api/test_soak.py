"""The soak test in its short form: releases change and workers die under load, and no reply fails or mixes two."""

from __future__ import annotations

import asyncio
import shutil
import sys

import pytest
from tiny_town import make_tiny_town

from geo_safety.pipeline import run

SECONDS = 14


@pytest.fixture
def soak(project_root, monkeypatch):
    monkeypatch.syspath_prepend(str(project_root / "benchmarks"))
    import soak_serve

    monkeypatch.setattr(soak_serve, "SWITCH_SECONDS", 3)
    monkeypatch.setattr(soak_serve, "KILL_SECONDS", 5)
    monkeypatch.setattr(soak_serve, "CONNECTIONS", 16)
    return soak_serve


@pytest.mark.slow
def test_no_reply_fails_or_mixes_releases_while_workers_die(soak, tmp_path):
    config = make_tiny_town(tmp_path)
    run(config, tmp_path / "releases")
    shutil.rmtree(tmp_path / "police" / "2024-01")
    run(config, tmp_path / "releases")
    port = soak.serve_peers.free_port()
    command = [sys.executable, "-m", "geo_safety", "serve", str(tmp_path / "releases"), f"--port={port}", "--workers=2"]
    tally = soak.Tally()
    with soak.serve_peers.server(command, f"http://127.0.0.1:{port}/readyz", tmp_path / "log"):
        asyncio.run(soak.load(port, tmp_path / "releases", SECONDS, tally, memory=[]))
    assert tally.kills >= 2
    assert tally.switches >= 3
    assert sum(tally.statuses.values()) > 200
    assert set(tally.statuses) <= {200, 204, 304}
    assert tally.mixed == []
    assert tally.broken == 0


def test_a_reply_that_names_two_releases_is_found_out(soak):
    tally = soak.Tally()
    headers = {"content-type": "application/json", "geosafety-release": "2025-12-a-1"}
    soak._compare("/manifest", headers, b'{"release_id": "2025-12-b-2"}', tally)
    soak._compare("/manifest", headers, b'{"release_id": "2025-12-a-1"}', tally)
    assert len(tally.mixed) == 1
