"""How long does a pack take, whole: page, PDF, shapes and workbook, each in a process of its own? The goal is 20 s.

    .venv/bin/python benchmarks/bench_packs.py RELEASES KIND PLACE [RELEASES KIND PLACE ...]

Without arguments: the demo city, which it makes first, and one place of each kind.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from geo_safety.cli import main
from geo_safety.packs import PACKS
from geo_safety.release import current
from geo_safety.schema import id_in
from geo_safety.view import View

GOAL_S = 20.0
FIRST_OF = {"chb": "chb-candidates", "wsa": "wsa-shortlist", "transport": "boroughs", "sna": "boroughs"}
"""The layer whose first row is packed in the demo city."""


def demo(folder: Path) -> list[tuple[str, str, str]]:
    """The demo city's release with one place of each kind."""
    assert main(["demo", str(folder), "--no-serve"]) == 0
    releases = folder / "releases"
    view = View(current(releases))
    found = []
    for kind in PACKS:
        table = view.table(FIRST_OF[kind])
        found.append((str(releases), kind, table[id_in(table.column_names)][0].as_py()))
    return found


def timed(releases: str, kind: str, place: str, out: str) -> tuple[float, float]:
    """Seconds of the command from start to end, and those of the processor, which a busy machine does not change."""
    begun, used = time.perf_counter(), _used()
    command = [sys.executable, "-m", "geo_safety", "pack", kind, releases, "--place", place, "--out", out]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun, _used() - used


def _used() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def run(arguments: list[str]) -> int:
    """Print a line for each pack; 1 where one takes too long."""
    is_quick = "--quick" in arguments
    arguments = [one for one in arguments if one != "--quick"]
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        wanted = [tuple(arguments[at : at + 3]) for at in range(0, len(arguments), 3)] or demo(Path(folder))
        for releases, kind, place in wanted[: 1 if is_quick else None]:
            took, used = timed(releases, kind, place, f"{folder}/out")
            slowest = max(slowest, took)
            print(f"{kind:10} {place:36} {took:5.1f} s, of the processor {used:5.1f} s (goal {GOAL_S:.0f} s)")
    return int(slowest > GOAL_S and not is_quick)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
