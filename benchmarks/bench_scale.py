"""Many incidents on one machine and on a cluster: memory, throughput, a new month, two workers.

A hundred million incidents in the layout of data.police.uk (36 months of a dozen forces, 12 columns, spread over London's
real map points in the real proportions) are written, gzipped, into a temporary folder, 6 GB of it, and counted by theme and month
on H3 res 8 and 9, wards and boroughs: what `run` does before it judges. Every figure is of a fresh process; its start and
imports are not in the seconds.

    python benchmarks/bench_scale.py [--quick] [--rows 100000000] [--months 36] [--folder DIR]

Goals: less than 4 GB; a throughput within 30 % of that of a tenth of the rows; a new month at least 20 times as fast as
all 36; two Dask workers at least 1.6 times as fast as one (each one process with one thread); the same counts each time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

ALL_ROWS, QUICK_ROWS = 100_000_000, 500_000
MONTHS = 36
MEMORY_LIMIT_GB = 4.0
MOST_SLOWER = 0.30
LEAST_MONTH_RATIO = 20.0
LEAST_CLUSTER_RATIO = 1.6
WORKERS = os.cpu_count() or 1

CONFIG = """
[study]
name = "Many incidents"
themes = ["violence", "robbery", "asb", "vawg_ps"]

[[sources]]
kind = "police_uk"
name = "police"
path = "{folder}"

[[boundaries]]
layer = "wards"
path = "{data}/boundaries/wards_2020_london_bgc.geojson.gz"
code = "WD20CD"

[[boundaries]]
layer = "boroughs"
path = "{data}/boundaries/boroughs_lad2022_london_gen20_bng_shp.zip"
code = "LAD22CD"

[grid]
resolutions = [8, 9]
"""


class Run(NamedTuple):
    """One fresh process: seconds of counting, of its processor time, and of the whole process; memory; rows; counts."""

    seconds: float
    processor: float
    whole: float
    memory_gb: float
    rows: int
    counts: str


def count_once(config: Path, store: Path | None, cluster_workers: int) -> None:
    """Count, and print what `Run` holds: the work of a fresh process."""
    from geo_safety.allocation import keep_memory

    keep_memory()  # as `geo-safety run` begins

    from geo_safety.cluster import connect
    from geo_safety.partition_store import PartitionStore
    from geo_safety.pipeline import count
    from geo_safety.settings import read_settings

    kept = PartitionStore(store) if store else None
    settings = read_settings(config)
    with connect("local", workers=cluster_workers) if cluster_workers else nullcontext() as pool:
        start, used = time.perf_counter(), time.process_time()
        counted = count(settings, workers=WORKERS, pool=pool, store=kept)
        seconds, processor = time.perf_counter() - start, time.process_time() - used
    digest = hashlib.sha256()
    for place, cube in sorted(counted.cubes.items()):
        digest.update(repr((place, cube.first_month, cube.in_no_zone.tolist(), cube.unlocated.tolist())).encode())
        digest.update(cube.incidents.tobytes())
    digest.update(repr([feed.accounts for feed in counted.feeds]).encode())
    rows = sum(account.rows_read for feed in counted.feeds for account in feed.accounts)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps([seconds, processor, memory, rows, digest.hexdigest()]))


def run_once(config: Path, *, store: Path | None = None, cluster_workers: int = 0) -> Run:
    command = [sys.executable, __file__, "--config", str(config), "--cluster-workers", str(cluster_workers)]
    command += ["--store", str(store)] if store else []
    start = time.perf_counter()
    surroundings = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=surroundings)
    seconds, processor, memory, rows, counts = json.loads(done.stdout.splitlines()[-1])
    return Run(seconds, processor, time.perf_counter() - start, memory, rows, counts)


def prepare(folder: Path, data: Path, *, n_rows: int, n_months: int) -> Path:
    """Files of so many rows, and the config that counts them."""
    from many_incidents import make_history, real_spread

    config = folder / "many.toml"
    if config.exists():
        return config
    spread = real_spread(sorted((data / "incidents/london-points").glob("*.csv.gz")))
    start = time.perf_counter()
    size = make_history(folder / "files", spread, n_rows=n_rows, n_months=n_months, workers=WORKERS)
    print(f"{n_rows:,} rows made: {size / 1e9:.1f} GB in {time.perf_counter() - start:.0f} s", flush=True)
    config.write_text(CONFIG.format(folder=folder / "files", data=data), encoding="utf-8")
    return config


def tell(name: str, run: Run) -> None:
    print(
        f"  {name:34}{run.seconds:8.2f} s  {run.rows / run.seconds / 1e6:6.2f} million rows/s  "
        f"{run.memory_gb:5.2f} GB   processor {run.processor:.1f} s, with start and imports {run.whole:.1f} s",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument(
        "--folder", type=Path, help="where the files are made once and stay (default: a temporary folder)"
    )
    parser.add_argument("--config", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--cluster-workers", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.config:
        count_once(options.config, options.store, options.cluster_workers)
        return 0
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("GEO_SAFETY_DATA", root.parent / "shared" / "data"))
    if not (data / "incidents/london-points").is_dir():
        print("No real data: set GEO_SAFETY_DATA to the folder that holds them.")
        return 0
    n_rows = options.rows or (QUICK_ROWS if options.quick else ALL_ROWS)
    with nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory() as folder:
        problems = measure(Path(folder), data, n_rows=n_rows, n_months=options.months)
    for problem in problems:
        print(f"  MISSED: {problem}")
    return int(bool(problems) and not options.quick)


def measure(folder: Path, data: Path, *, n_rows: int, n_months: int) -> list[str]:
    """Print all figures; the goals that were missed."""
    small, large = folder / "small", folder / "large"
    small_config = prepare(small, data, n_rows=n_rows // 10, n_months=n_months)
    few = run_once(small_config)
    tell("a tenth of the rows", few)

    config = prepare(large, data, n_rows=n_rows, n_months=n_months)
    shutil.rmtree(folder / "store", ignore_errors=True)
    many = run_once(config, store=folder / "store")
    tell(f"all rows, {n_months} months", many)
    for path in max((large / "files").iterdir()).iterdir():
        path.touch()  # as if it had come anew
    month = run_once(config, store=folder / "store")
    tell("a new month, the others known", month)
    one, two = (run_once(config, cluster_workers=workers) for workers in (1, 2))
    tell("all rows, one Dask worker", one)
    tell("all rows, two Dask workers", two)

    slower = 1 - (many.rows / many.seconds) / (few.rows / few.seconds)
    faster, by_two = many.seconds / month.seconds, one.seconds / two.seconds
    print(
        f"  all rows {slower:+.0%} slower than a tenth; a new month {faster:.1f} times as fast as all; "
        f"two Dask workers {by_two:.2f} times one"
    )
    goals = {
        f"{many.memory_gb:.2f} GB": many.memory_gb < MEMORY_LIMIT_GB,
        f"throughput {slower:.0%} lower": slower <= MOST_SLOWER,
        f"a new month {faster:.1f} times as fast": faster >= LEAST_MONTH_RATIO,
        f"two workers {by_two:.2f} times one": by_two >= LEAST_CLUSTER_RATIO,
        "counts differ": many.counts == month.counts == one.counts == two.counts,
    }
    return [text for text, is_met in goals.items() if not is_met]


if __name__ == "__main__":
    sys.exit(main())
