"""The main path: from gzipped incident files on disk to counts by category and month on H3 res 8, res 9 and wards.

Three roads over the same twelve files of London's recorded crime (1.29 million rows), each in a fresh
process, imports included and nothing written:

ours    geo_safety: distinct texts are read once, distinct locations placed once, integers counted
peer    pandas.read_csv, h3.latlng_to_cell for each row, one geopandas.sjoin, groupby
floor   pyarrow.csv.read_csv of the same files and nothing else

    python benchmarks/bench_main_path.py [--quick] [--rows 10000000]

Then a feed of ten million rows is made and counted, and the peak memory of that is printed. `--quick` takes the three
smallest files, one run of each road, and a smaller feed; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

ROADS = Path(__file__).with_name("main_path_roads.py")
QUICK_FILES = 3
QUICK_ROWS, ALL_ROWS = 200_000, 10_000_000
MEMORY_LIMIT_GB = 2.0
LEAST_RATIO = 10.0


class Run(NamedTuple):
    """One fresh process: seconds from start to end, seconds of processor time, and peak memory."""

    seconds: float
    processor: float
    memory_gb: float


def run_road(name: str, files: list[Path], wards: Path, *, out: Path | None = None) -> Run:
    command = [sys.executable, str(ROADS), name, str(wards), str(out or "-"), *map(str, files)]
    start = time.perf_counter()
    # No road does linear algebra: threads for it would only lengthen the start of each.
    surroundings = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=surroundings)
    return Run(time.perf_counter() - start, *map(float, done.stdout.split()))


def are_equal(files: list[Path], wards: Path) -> bool:
    """Whether both roads give the same counts, zone by zone."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for name in ("ours", "peer"):
            out = Path(folder) / f"{name}.json"
            run_road(name, files, wards, out=out)
            found.append(json.loads(out.read_text()))
        return found[0] == found[1]


def make_rows(folder: Path, n_rows: int) -> Path:
    """One file of made-up rows on London's scale: 60,000 locations, 120 months, 14 categories."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    rng = np.random.default_rng(1)
    longitude, latitude = rng.uniform(-0.5, 0.3, 60_000).round(6), rng.uniform(51.3, 51.7, 60_000).round(6)
    months = pa.array([f"{2010 + month // 12}-{month % 12 + 1:02d}" for month in range(120)])
    from geo_safety.themes import POLICE_UK

    categories = pa.array(list(POLICE_UK))
    path = folder / "rows.csv"
    schema = pa.schema({name: pa.string() for name in ("month", "longitude", "latitude", "crime_type")})
    texts = [pa.array(values).cast(pa.string()) for values in (longitude, latitude)]
    with pyarrow.csv.CSVWriter(path, schema) as writer:
        for start in range(0, n_rows, 1_000_000):
            size = min(1_000_000, n_rows - start)
            place = rng.integers(60_000, size=size)
            writer.write_table(
                pa.table(
                    [
                        months.take(rng.integers(120, size=size)),
                        texts[0].take(place),
                        texts[1].take(place),
                        categories.take(rng.integers(14, size=size)),
                    ],
                    schema=schema,
                )
            )
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int)
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("GEO_SAFETY_DATA", root.parent / "shared" / "data"))
    files = sorted((data / "incidents/london-points").glob("*.csv.gz"), key=lambda file: file.stat().st_size)
    wards = data / "boundaries/wards_2020_london_bgc.geojson.gz"
    if not files:
        print("No real data: set GEO_SAFETY_DATA to the folder that holds them.")
        return 0
    if arguments.quick:
        files = files[:QUICK_FILES]
    print(", ".join(f"{name} {version(name)}" for name in ("pyarrow", "pandas", "geopandas", "h3", "shapely", "numpy")))
    failed = compare(files, wards, runs=1 if arguments.quick else 5)
    n_rows = arguments.rows or (QUICK_ROWS if arguments.quick else ALL_ROWS)
    with tempfile.TemporaryDirectory() as folder:
        run = run_road("ours", [make_rows(Path(folder), n_rows)], wards)
    print(f"{n_rows:,} rows: {run.seconds:.1f} s, peak memory {run.memory_gb:.2f} GB (limit {MEMORY_LIMIT_GB:.0f} GB)")
    return int(failed or run.memory_gb >= MEMORY_LIMIT_GB)


def compare(files: list[Path], wards: Path, *, runs: int) -> bool:
    """Print the times of the three roads; whether ours is wrong, or too slow on the whole set."""
    times: dict[str, list[Run]] = {name: [] for name in ("ours", "floor", "peer")}
    # In turns, so that every road meets the machine in the same states.
    for _ in range(runs):
        for name, found in times.items():
            found.append(run_road(name, files, wards))
    middle = {name: sorted(found)[len(found) // 2] for name, found in times.items()}
    equal = are_equal(files, wards)
    mine = middle["ours"]
    print(
        f"{len(files)} files to counts by category and month on H3 res 8, res 9 and wards 2020; median fresh process:"
    )
    for name, what in (("ours", "geo_safety"), ("peer", "pandas, h3, geopandas"), ("floor", "bare parsing")):
        run = middle[name]
        print(
            f"  {name:6}{run.seconds:7.2f} s{run.seconds / mine.seconds:6.1f} x ours   "
            f"processor{run.processor:7.2f} s{run.processor / mine.processor:6.1f} x   "
            f"{run.memory_gb:5.2f} GB   {what}, {len(times[name])} run(s)"
        )
    print(f"  counts are {'equal' if equal else 'DIFFERENT'}")
    return not equal or (runs > 1 and middle["peer"].seconds < LEAST_RATIO * mine.seconds)


if __name__ == "__main__":
    sys.exit(main())
