"""How fast is the service beside TiPg and pygeoapi? The same hexes on the same machine, in the same run.

Two layers of 27,937 and 195,841 hexes, each served by all three with two worker processes: ours from a release, the
others from PostGIS. Load comes from `wrk` (Debian: wrk), which asks for tiles of zooms 8 to 12 over the whole layer and
for pages of 1,000 items, in a fixed random order.

    python benchmarks/bench_serve.py [--quick] [--folder DIR]

Goals: tiles at 8 and 32 connections at least 10 times TiPg's rate with a lower p99; pages of 1,000 at least 10 times
both; a borough's full GeoJSON under 100 ms; a 304 under 1 ms in the server.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pyarrow as pa
import serve_peers
import shapely

from geo_safety import schema
from geo_safety.release import ReleaseContent, write_release

CENTRE = (52.5, -1.5)
RINGS = {"hexes_28k": 96, "hexes_196k": 255}
ZOOMS = range(8, 13)
CONNECTIONS = (8, 32)
BOROUGH = "B01"
TIMES_FASTER = 10
BOROUGH_SECONDS, UNCHANGED_SECONDS = 0.1, 0.001


@dataclass(frozen=True)
class Load:
    """What `wrk` measured."""

    rate: float
    p50_ms: float
    p99_ms: float
    failed: int


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--quick", action="store_true", help="the smaller layer, a second each; figures mean nothing"
    )
    arguments.add_argument("--folder", type=Path, help="where to keep the peers' environment between runs")
    options = arguments.parse_args()
    for program in ("wrk", "ogr2ogr"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed (Debian: wrk, gdal-bin).")
    seconds = 1 if options.quick else 10
    layers = ["hexes_28k"] if options.quick else list(RINGS)
    with tempfile.TemporaryDirectory(prefix="geo-safety-serve-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        programs = serve_peers.install(options.folder or folder)
        release(folder, layers)
        with serve_peers.postgis(folder) as place:
            serve_peers.with_extension(place)
            for layer in layers:
                file = folder / f"{layer}.fgb"
                _geo_safety("export", folder / "releases", layer, file)
                serve_peers.load(place, file, layer)
            kept = measure(folder, programs, place, layers, seconds)
    sys.exit(0 if kept or options.quick else 1)


def release(folder: Path, layers: list[str]) -> None:
    """Both layers as a release of one theme, every zone with a count; boroughs are bands from west to east."""
    tables = {}
    for layer in layers:
        cells = sorted(h3.grid_disk(h3.latlng_to_cell(*CENTRE, 9), RINGS[layer]))
        shapes = np.array([shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells])
        west = shapely.get_x(shapely.centroid(shapes))
        band = np.digitize(west, np.quantile(west, np.linspace(0, 1, 34)[1:-1]))
        boroughs = np.array([f"B{one:02}" for one in band])
        tables[layer] = _rows(cells, boroughs, shapes)
        if "boroughs" not in tables:
            codes = np.unique(boroughs)
            tables["boroughs"] = _rows(
                codes, codes, np.array([shapely.union_all(shapes[boroughs == one]) for one in codes])
            )
    buckets = dict.fromkeys(("rows_read", "accepted", "unlocated", "outside", "repeated", "superseded", "quarantined",
                             "unused", "incidents"), 0)  # fmt: skip
    manifest = {
        "method_version": "benchmark", "study": {"name": "Hexes", "area_km2": 1.0, "themes": ["robbery"]},
        "months": {"first": "2025-01", "last": "2025-12", "missing": {}}, "sources": [], "accounting": buckets,
        "reliability": [], "calibration": None, "settings": {}, "attribution": ["Invented"], "software": {},
    }  # fmt: skip
    quarantine = schema.to_arrow(pd.DataFrame(columns=schema.QUARANTINE.column_names), schema.QUARANTINE)
    begun = time.perf_counter()
    write_release(ReleaseContent(tables, quarantine, manifest), folder / "releases", inputs_hash="0" * 64)
    print(
        f"release with all tiles of {sum(t.num_rows for t in tables.values()):,} hexes: {time.perf_counter() - begun:.0f} s"
    )


def _rows(zone_id: list[str], boroughs: np.ndarray, shapes: np.ndarray) -> pa.Table:
    counts = np.random.default_rng(1).negative_binomial(1, 0.05, len(zone_id))
    frame = pd.DataFrame(
        {
            "zone_id": zone_id, "name": None, "theme": "robbery", "incidents": counts, "area_km2": 0.1,
            "per_km2": counts * 10.0, "borough_code": boroughs, "probability": counts / (counts + 20.0),
            "ratio": counts / 19.0, "is_hotspot": counts > 60, "reliability": "reliable", "geometry": shapes,
            "window_start": pd.Timestamp("2025-01-01").date(), "window_end": pd.Timestamp("2025-12-01").date(),
        }
    )  # fmt: skip
    return schema.to_arrow(schema.with_all_columns(frame, schema.ZONES), schema.ZONES)


def measure(folder: Path, programs: Path, place: dict[str, str], layers: list[str], seconds: int) -> bool:
    state = folder / "releases" / ".state"
    state.mkdir(exist_ok=True)
    (state / "service.toml").write_text('limits = "none"\n', encoding="utf-8")
    tiles = {layer: _tiles(layer) for layer in layers}
    ours, theirs, pages = {}, {}, {}
    port = serve_peers.free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "geo_safety", "serve", str(folder / "releases"), f"--port={port}", "--workers=2"]
    with serve_peers.server(command, f"{address}/readyz", folder / "ours.log"):
        for layer in layers:
            paths = [f"/tiles/{layer}/{z}/{x}/{y}.mvt" for z, x, y in tiles[layer]]
            ours[layer] = _loads(address, paths, folder, seconds)
            pages[layer, "ours"] = _load(address, _our_pages(address, layer), folder, 8, seconds)
        kept = _small_promises(address, layers[0])
    with serve_peers.tipg(programs, place, folder) as address:
        for layer in layers:
            paths = [f"/collections/{SCHEMA}.{layer}/tiles/WebMercatorQuad/{z}/{x}/{y}" for z, x, y in tiles[layer]]
            theirs[layer] = _loads(address, paths, folder, seconds)
            wanted = [f"/collections/{SCHEMA}.{layer}/items?limit=1000&offset={k * 1000}&f=geojson" for k in range(20)]
            pages[layer, "TiPg"] = _load(address, wanted, folder, 8, seconds)
    with serve_peers.pygeoapi(programs, place, folder, layers) as address:
        for layer in layers:
            wanted = [f"/collections/{layer}/items?limit=1000&offset={k * 1000}&f=json" for k in range(20)]
            pages[layer, "pygeoapi"] = _load(address, wanted, folder, 8, seconds)
    return _report(layers, ours, theirs, pages) and kept


SCHEMA = serve_peers.SCHEMA


def _tiles(layer: str) -> list[tuple[int, int, int]]:
    """Tiles over the whole layer, in a fixed random order."""
    cells = h3.grid_disk(h3.latlng_to_cell(*CENTRE, 9), RINGS[layer])
    places = np.radians([h3.cell_to_latlng(cell) for cell in cells])
    found = set()
    for z in ZOOMS:
        x = ((places[:, 1] / np.pi + 1) / 2 * 2**z).astype(int)
        y = ((1 - np.arcsinh(np.tan(places[:, 0])) / np.pi) / 2 * 2**z).astype(int)
        found |= set(zip([z] * len(x), x.tolist(), y.tolist(), strict=True))
    order = sorted(found)
    random.Random(1).shuffle(order)
    return order


def _our_pages(address: str, layer: str) -> list[str]:
    """Twenty pages of 1,000, by following the links."""
    paths, page = [], f"{address}/collections/{layer}/items?limit=1000"
    while page and len(paths) < 20:
        paths.append(page.removeprefix(address))
        links = json.load(urllib.request.urlopen(page))["links"]
        page = next((one["href"] for one in links if one["rel"] == "next"), None)
    return paths


def _loads(address: str, paths: list[str], folder: Path, seconds: int) -> dict[int, Load]:
    return {connections: _load(address, paths, folder, connections, seconds) for connections in CONNECTIONS}


def _load(address: str, paths: list[str], folder: Path, connections: int, seconds: int) -> Load:
    (folder / "paths.txt").write_text("\n".join(paths), encoding="utf-8")
    (folder / "load.lua").write_text(
        f"""local paths = {{}}
for line in io.lines("{folder}/paths.txt") do paths[#paths + 1] = line end
local at = 0
request = function() at = at + 1; return wrk.format("GET", paths[at % #paths + 1], {{["Accept-Encoding"] = "gzip"}}) end
""",
        encoding="utf-8",
    )
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "30s",
        "--latency",
        "-s",
        str(folder / "load.lua"),
        address,
    ]
    subprocess.run([*command[:3], "-d2s", *command[4:]], check=True, capture_output=True)  # warm
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    failed = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
    failed += sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
    return Load(rate, _milliseconds(text, 50), _milliseconds(text, 99), failed)


def _milliseconds(text: str, percent: int) -> float:
    number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def _small_promises(address: str, layer: str) -> bool:
    """A borough's full GeoJSON, and a 304 by the server's own clock."""
    page = f"{address}/collections/{layer}/items?borough={BOROUGH}&limit=10000"
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        # An address of its own each time, so that nothing is kept.
        rows = json.loads(urllib.request.urlopen(f"{page}&bbox=-180,-90,180,{89 + _ / 10}").read())["numberReturned"]
        taken.append(time.perf_counter() - begun)
    borough = sorted(taken)[2]
    before = _unchanged(address)
    tag = urllib.request.urlopen(page).headers["ETag"]
    asked = urllib.request.Request(page, headers={"If-None-Match": tag})
    for _ in range(200):
        with contextlib.suppress(urllib.error.HTTPError):  # urllib takes a 304 for an error
            urllib.request.urlopen(asked)
    count, spent = (after - then for after, then in zip(_unchanged(address), before, strict=True))
    print(
        f"\na borough's full GeoJSON ({rows:,} hexes, made anew): {borough * 1000:.0f} ms (goal {BOROUGH_SECONDS * 1000:.0f})"
    )
    print(f"a 304 in the server: {spent / max(count, 1) * 1000:.3f} ms (goal {UNCHANGED_SECONDS * 1000:.0f})")
    return borough < BOROUGH_SECONDS and spent / max(count, 1) < UNCHANGED_SECONDS


def _unchanged(address: str) -> tuple[float, float]:
    """How many 304s this process has sent, and in how many seconds. (One of the two processes answers: both are asked.)"""
    counts: dict[str, tuple[float, float]] = {}
    for _ in range(40):
        text = urllib.request.urlopen(f"{address}/metrics").read().decode()
        number = sum(map(float, re.findall(r'requests_total\{[^}]*status="304"\} ([\d.e-]+)', text)))
        seconds = sum(map(float, re.findall(r'seconds_total\{[^}]*status="304"\} ([\d.e-]+)', text)))
        counts[f"{number}"] = (number, seconds)
    return sum(one[0] for one in counts.values()), sum(one[1] for one in counts.values())


def _report(layers: list[str], ours: dict, theirs: dict, pages: dict) -> bool:
    kept = True
    print(
        f"\n{'vector tiles':12} {'connections':>11} | {'ours/s':>8} {'p50':>6} {'p99 ms':>7} | {'TiPg/s':>7} {'p50':>6} {'p99 ms':>7} | times"
    )
    for layer in layers:
        for connections in CONNECTIONS:
            one, other = ours[layer][connections], theirs[layer][connections]
            times = _times(one, other)
            kept &= times >= TIMES_FASTER and one.p99_ms < other.p99_ms and not one.failed
            print(f"{layer:12} {connections:11} | {one.rate:8.0f} {one.p50_ms:6.1f} {one.p99_ms:7.1f} | {other.rate:7.0f} "
                  f"{other.p50_ms:6.1f} {other.p99_ms:7.1f} | {times:5.1f}" + (f"  FAILED {one.failed}" if one.failed else ""))  # fmt: skip
    print(
        f"\n{'1,000 items':12} | {'ours/s':>8} {'p99 ms':>7} | {'TiPg/s':>7} {'times':>6} | {'pygeoapi/s':>10} {'times':>6}"
    )
    for layer in layers:
        one, first, second = (pages[layer, who] for who in ("ours", "TiPg", "pygeoapi"))
        kept &= one.rate >= TIMES_FASTER * max(first.rate, second.rate) and not one.failed
        print(f"{layer:12} | {one.rate:8.0f} {one.p99_ms:7.1f} | {first.rate:7.1f} {_times(one, first):6.1f} | "
              f"{second.rate:10.1f} {_times(one, second):6.1f}")  # fmt: skip
    print("\ngoals kept" if kept else "\nSOME GOAL IS MISSED")
    return kept


def _times(one: Load, other: Load) -> float:
    return one.rate / other.rate if other.rate else float("inf")


def _geo_safety(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "geo_safety", *map(str, arguments)], check=True, capture_output=True)


if __name__ == "__main__":
    main()
