"""Does the service stand ten minutes of mixed load while releases change and workers die? `make soak`.

64 connections ask for tiles, items, values, single rows and the manifest, with and without a copy of their own. Every
30 seconds another release becomes current, every minute one worker process is killed. Nothing may fail but what was in
flight on the killed worker; no reply may mix two releases; from the second minute to the last, memory may grow by 5 %.

    python benchmarks/soak_serve.py [--minutes N] [--releases DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import serve_peers

from geo_safety import release as releases_of
from geo_safety.demo_city import make_demo_city
from geo_safety.pipeline import run

CONNECTIONS = 64
SWITCH_SECONDS, KILL_SECONDS = 30, 60
MOST_GROWTH = 0.05
GRACE_SECONDS = 2.0
"""A connection that breaks so soon after a kill was in flight on the killed worker."""


@dataclass
class Tally:
    """What happened."""

    statuses: Counter = field(default_factory=Counter)
    broken: int = 0
    in_flight: int = 0
    mixed: list[str] = field(default_factory=list)
    killed_at: float = -1e9
    kills: int = 0
    switches: int = 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--folder", type=Path, help="where the demo city and its two releases are, or are made")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="geo-safety-soak-") as name:
        releases = two_releases(options.folder or Path(name))
        port = serve_peers.free_port()
        address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "geo_safety", "serve", str(releases), f"--port={port}", "--workers=2",
                   f"--state={name}/state"]  # fmt: skip
        (Path(name) / "state").mkdir()
        (Path(name) / "state" / "service.toml").write_text('limits = "none"\n', encoding="utf-8")
        with serve_peers.server(command, f"{address}/readyz", Path(name) / "log"):
            kept = asyncio.run(soak(port, releases, options.minutes * 60))
    sys.exit(0 if kept else 1)


def two_releases(folder: Path) -> Path:
    """The demo city run twice: the second time with its first file taken away, so that figures differ."""
    releases = folder / "releases"
    if releases.is_dir() and len(releases_of.list_releases(releases)) >= 2:
        return releases
    config = make_demo_city(folder / "city", seed=1)
    run(config, releases)
    for file in min((folder / "city" / "police-uk").iterdir()).iterdir():
        file.unlink()
    run(config, releases)
    return releases


async def soak(port: int, releases: Path, seconds: float) -> bool:
    tally, memory = Tally(), []
    await load(port, releases, seconds, tally, memory)
    return _report(tally, memory, seconds)


async def load(port: int, releases: Path, seconds: float, tally: Tally, memory: list[tuple[float, int]]) -> None:
    """The load and the troubles; what happens is told in `tally` and `memory`."""
    ends, parent, paths = time.monotonic() + seconds, _serving(port), _paths(releases)
    callers = [_call(port, paths, tally, ends, number) for number in range(CONNECTIONS)]
    troubles = [_switch(releases, tally, ends), _kill(parent, tally, ends), _weigh(parent, memory, ends)]
    await asyncio.gather(*callers, *troubles)


def _paths(releases: Path) -> list[str]:
    theme = releases_of.current(releases).themes[0]
    wards = releases_of.current(releases).table("wards", theme=theme, columns=["zone_id"])["zone_id"].to_pylist()[:40]
    west, south, east, north = releases_of.current(releases).manifest["study"]["bounds"]
    tiles = []
    for z in range(8, 13):
        x = int(((west + east) / 2 + 180) / 360 * 2**z)
        y = _row((south + north) / 2, z)
        tiles += [f"/tiles/cells-r9/{z}/{x + dx}/{y + dy}.mvt?theme={theme}" for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return [
        *tiles, *tiles,
        *(f"/collections/wards/items/{ward}?theme={theme}" for ward in wards),
        *(f"/collections/{layer}/items?theme={theme}&limit={limit}" for layer in ("wards", "cells-r8", "cells-r9")
          for limit in (10, 100, 1000)),
        f"/values/cells-r9?theme={theme}&window=12&ids=omit", f"/values/cells-r8?theme={theme}&window=3",
        f"/collections/hotspot-areas/items?theme={theme}", "/manifest", "/", "/collections", "/map/base.json",
        f"/collections/wards/items?theme={theme}&f=csv&limit=100", f"/analysis/hotspots?theme={theme}&layer=wards",
    ]  # fmt: skip


def _row(latitude: float, z: int) -> int:
    import math

    return int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**z)


async def _call(port: int, paths: list[str], tally: Tally, ends: float, number: int) -> None:
    """One connection that asks again and again, and begins anew where it broke."""
    choose, tags = random.Random(number), {}
    while time.monotonic() < ends:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            _broke(tally)
            await asyncio.sleep(0.05)
            continue
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            answered = 0
            try:
                while time.monotonic() < ends:
                    path = choose.choice(paths)
                    known = tags.get(path) if choose.random() < 0.3 else None
                    status, headers, body = await _ask(reader, writer, path, known)
                    answered += 1
                    tally.statuses[status] += 1
                    tags[path] = headers.get("etag", "")
                    _compare(path, headers, body, tally)
            except (ConnectionError, asyncio.IncompleteReadError):
                _broke(tally)
                raise
            finally:
                writer.close()


async def _ask(reader, writer, path: str, known: str | None) -> tuple[int, dict[str, str], bytes]:
    tag = f"If-None-Match: {known}\r\n" if known else ""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\nAccept-Encoding: gzip\r\n{tag}\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    length = int(headers.get("content-length", 0))
    body = await reader.readexactly(length) if length else b""
    if "chunked" in headers.get("transfer-encoding", ""):
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    return int(head[0].split()[1]), headers, body


def _broke(tally: Tally) -> None:
    if time.monotonic() - tally.killed_at < GRACE_SECONDS:
        tally.in_flight += 1
    else:
        tally.broken += 1


def _compare(path: str, headers: dict[str, str], body: bytes, tally: Tally) -> None:
    """The release of the header is the one that the body names."""
    if not body or "json" not in headers.get("content-type", "") or len(body) > 300_000:
        return
    text = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
    document = json.loads(text)
    if not isinstance(document, dict):
        return
    told = document.get("release_id") or document.get("publication", {}).get("release_id")
    if told is not None and told != headers["geosafety-release"]:
        tally.mixed.append(f"{path}: {headers['geosafety-release']} and {told}")


async def _switch(releases: Path, tally: Tally, ends: float) -> None:
    ids = [one.release_id for one in releases_of.list_releases(releases)][:2]
    while time.monotonic() + SWITCH_SECONDS < ends:
        await asyncio.sleep(SWITCH_SECONDS)
        tally.switches += 1
        await asyncio.to_thread(releases_of.activate, releases, ids[tally.switches % 2])


async def _kill(parent: int, tally: Tally, ends: float) -> None:
    while time.monotonic() + KILL_SECONDS < ends:
        await asyncio.sleep(KILL_SECONDS)
        workers = _workers(parent)
        tally.kills += 1
        tally.killed_at = time.monotonic()
        os.kill(workers[tally.kills % len(workers)], signal.SIGKILL)


async def _weigh(parent: int, memory: list[tuple[float, int]], ends: float) -> None:
    """Memory of all processes, private and shared, every five seconds; the newest workers have just begun."""
    begun = time.monotonic()
    while time.monotonic() < ends:
        await asyncio.sleep(5)
        memory.append((time.monotonic() - begun, sum(map(_kilobytes, [parent, *_workers(parent)]))))


def _serving(port: int) -> int:
    out = subprocess.run(
        ["pgrep", "-f", f"geo_safety serve .*--port={port}"], capture_output=True, text=True, check=True
    )
    return int(out.stdout.split()[0])


def _workers(parent: int) -> list[int]:
    out = subprocess.run(
        ["pgrep", "-P", str(parent), "-f", "multiprocessing.spawn"], capture_output=True, text=True, check=False
    )
    return [int(one) for one in out.stdout.split()]


def _kilobytes(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def _report(tally: Tally, memory: list[tuple[float, int]], seconds: float) -> bool:
    total = sum(tally.statuses.values())
    wrong = {status: count for status, count in tally.statuses.items() if status not in (200, 204, 304)}
    print(
        f"{total:,} replies in {seconds:.0f} s at {CONNECTIONS} connections ({total / seconds:,.0f} a second): {dict(tally.statuses)}"
    )
    print(
        f"{tally.switches} releases switched, {tally.kills} workers killed, {tally.in_flight} broken within {GRACE_SECONDS:g} s of a kill"
    )
    print(
        f"broken otherwise: {tally.broken}; wrong statuses: {wrong or 'none'}; mixed releases: {tally.mixed[:3] or 'none'}"
    )
    # A worker that was killed begins anew and small: the largest of each minute is what counts.
    second = max((size for at, size in memory if 60 <= at < 120), default=0)
    last = max((size for at, size in memory if at >= seconds - 60), default=0)
    growth = last / second - 1 if second else 0.0
    print(
        f"memory of all processes: {second / 1024:.0f} MB in the second minute, {last / 1024:.0f} MB in the last ({growth:+.1%})"
    )
    kept = not (tally.broken or wrong or tally.mixed) and growth < MOST_GROWTH and total > 0
    print("kept" if kept else "NOT KEPT")
    return kept


if __name__ == "__main__":
    main()
