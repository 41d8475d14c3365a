"""`/analysis/hotspots`: the hotspot rule for a window that nobody asked for before, on London's finest grid.

    python benchmarks/bench_analysis.py [--quick] [--releases FOLDER]

Cold: the first answer of a process, with its neighbours and series to read. Warm: the median over other windows of
four to twelve months, the engine by itself and the whole reply as the service sends it. The release is made first, from
`london-2025.toml` (`--quick`: the demo city), unless a folder of releases is given. The goal
is held to wall time, so let the machine do nothing else; CPU time counts the threads of linear algebra too. The rule by
itself (every zone's figures for one theme and window) is what a reply costs at least.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.analysis import Ground, choose_months, read_ground, rerun
from geo_safety.cube import Window
from geo_safety.demo_city import make_demo_city
from geo_safety.errors import WindowError
from geo_safety.months import month_text
from geo_safety.pipeline import run
from geo_safety.release import current

LIMIT_MS = 250
LAYER = "cells-r9"
LONGEST, SHORTEST, MOST_WINDOWS = 12, 4, 12


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU time in milliseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def windows_of(ground: Ground, theme: str) -> list[Window]:
    """Windows of up to a year without a gap, the longest first, then the newest."""
    cube = ground.cubes[theme]
    end = cube.first_month + len(cube.has_data)
    found = []
    for months in range(LONGEST, SHORTEST - 1, -1):
        for start in range(end - months, cube.first_month - 1, -1):
            try:
                first, last = month_text(start), month_text(start + months - 1)
                found.append(choose_months(ground, theme, first=first, last=last))
            except WindowError:
                continue
    return found[:MOST_WINDOWS]


def make_releases(folder: Path, *, quick: bool) -> Path:
    """A release of London, or of the demo city."""
    if quick:
        config = make_demo_city(folder / "city", seed=1)
    else:
        data = Path(os.environ.get("GEO_SAFETY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
        config = data / "london-2025.toml"
        if not config.is_file():
            sys.exit("There are no real data here: set GEO_SAFETY_DATA, or take --quick.")
    run(config, folder / "releases", workers=os.cpu_count() or 1)
    return folder / "releases"


def measure(releases: Path) -> float:
    """Print the times; returns the median wall time of a whole warm reply."""
    release = current(releases)
    theme = release.themes[0]
    client = TestClient(create_app(ServiceSettings(releases=releases)))

    def ask(window: Window) -> None:
        months = {"from": month_text(window.start), "to": month_text(window.end)}
        client.get("/analysis/hotspots", params={"theme": theme, "layer": LAYER, **months}).raise_for_status()

    ground = read_ground(release, LAYER)
    windows = windows_of(ground, theme)
    cold = timed(lambda: ask(windows[0]))
    engine = [timed(lambda window=window: rerun(ground, theme, window)) for window in windows[1:]]
    whole = [timed(lambda window=window: ask(window)) for window in windows[1:]]
    print(f"{release.release_id}: {LAYER}, {len(ground.layer.zones):,} zones, {theme}, {len(whole)} windows warm")
    print(f"cold, whole reply  {cold[0]:5.0f} ms wall {cold[1]:5.0f} ms CPU")
    medians = {}
    for name, times in (("warm, the rule", engine), ("warm, whole reply", whole)):
        medians[name], cpu = (statistics.median(values) for values in zip(*times, strict=True))
        print(f"{name:<18} {medians[name]:5.0f} ms wall {cpu:5.0f} ms CPU (goal: at most {LIMIT_MS} ms)")
    return medians["warm, whole reply"]


def main() -> None:
    """Measure, print, and leave with 1 where the goal is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--releases", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        needed = measure(given.releases or make_releases(Path(folder), quick=given.quick))
    if needed > LIMIT_MS and not given.quick:
        sys.exit("The goal is missed.")


if __name__ == "__main__":
    main()
