"""How long does it take to import the package, and until the command line answers? Whole fresh processes, medians.

Goal: under one second for what a script or the command line imports; what starts a run or the service has none, and is
shown. The floor is Python itself; the peer is geopandas, which a script of this kind would import. Which packages may be
loaded is held by `tests/test_installed.py`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

GOAL_S = 1.0
TIMED = {
    "python -c pass (floor)": ("-c", "pass"),
    "import geopandas (peer)": ("-c", "import geopandas"),
    "import geo_safety": ("-c", "import geo_safety"),
    "geo-safety --help": ("-m", "geo_safety", "--help"),
    "import geo_safety.statistics": ("-c", "import geo_safety.statistics"),
    "import geo_safety.release": ("-c", "import geo_safety.release"),
    "import geo_safety.pipeline": ("-c", "import geo_safety.pipeline"),
    "import api.server": ("-c", "import api.server"),
}
HELD = ("import geo_safety", "geo-safety --help", "import geo_safety.statistics", "import geo_safety.release")


def seconds(arguments: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    times = 1 if parser.parse_args().quick else 9
    print(f"{'what':32}{'median s':>10}{'lowest s':>10}")
    missed = []
    for name, arguments in TIMED.items():
        seconds(arguments)  # the files are in the system's memory from here on
        taken = [seconds(arguments) for _ in range(times)]
        middle = statistics.median(taken)
        print(f"{name:32}{middle:10.3f}{min(taken):10.3f}")
        if middle >= GOAL_S and name in HELD:
            missed.append(name)
    if missed and times > 1:
        print(f"MISSED (under {GOAL_S:.0f} s): {', '.join(missed)}")
    return int(bool(missed) and times > 1)


if __name__ == "__main__":
    sys.exit(main())
