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
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from geo_safety.boundaries import Zones

COLUMNS = {"longitude": "longitude", "latitude": "latitude", "time": "month", "category": "crime_type"}
RESOLUTIONS = (8, 9)
QUICK_FILES = 3
QUICK_ROWS, ALL_ROWS = 200_000, 10_000_000
MEMORY_LIMIT_GB = 2.0
LEAST_RATIO = 10.0


def ours(files: list[Path], wards: Path) -> dict[str, dict[tuple, int]] | None:
    import numpy as np

    from geo_safety.counts import count_sparse
    from geo_safety.incidents import read_feed
    from geo_safety.sources.feed import FeedSettings
    from geo_safety.themes import POLICE_UK

    def read_wards() -> Zones:
        from geo_safety.boundaries import BoundarySettings, read_boundaries

        return read_boundaries(BoundarySettings("wards", wards, "WD20CD"))

    def count_wards() -> tuple:
        from geo_safety.boundaries import locate

        zones = waiting.result()
        ward_of_location = locate(incidents.longitude, incidents.latitude, zones)
        return zones.zone_id, count_sparse(incidents, ward_of_location, n_zones=len(zones))

    def count_cells(resolution: int) -> tuple:
        from geo_safety.grid import index_locations

        index = index_locations(incidents.longitude, incidents.latitude, resolution)
        cells, cell_of_location = np.unique(index, return_inverse=True)
        return cells, count_sparse(incidents, cell_of_location.astype(np.int32), n_zones=len(cells))

    settings = FeedSettings(
        "table", "London points", tuple(files), columns=COLUMNS, time_format="%Y-%m", labels=POLICE_UK
    )
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(read_wards)
        incidents = read_feed(settings, workers=os.cpu_count() or 1).incidents
        assert incidents is not None
        counted = aside.submit(count_wards)
        layers = {f"cells-r{resolution}": count_cells(resolution) for resolution in RESOLUTIONS}
        layers["wards"] = counted.result()
    if not WANTS_COUNTS:
        return None
    return {
        layer: {
            (
                f"{ids[zone]:x}" if layer.startswith("cells") else str(ids[zone]),
                month,
                incidents.categories[category],
            ): n
            for zone, month, category, n in zip(
                *(values.tolist() for values in (counts.zone, counts.month, counts.category, counts.incidents)),
                strict=True,
            )
        }
        for layer, (ids, counts) in layers.items()
    }


def peer(files: list[Path], wards: Path) -> dict[str, dict[tuple, int]] | None:
    import geopandas as gpd
    import h3
    import pandas as pd

    rows = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    layers = {}
    for resolution in RESOLUTIONS:
        rows["zone"] = [
            h3.latlng_to_cell(lat, lon, resolution) for lat, lon in zip(rows.latitude, rows.longitude, strict=True)
        ]
        layers[f"cells-r{resolution}"] = rows.groupby(["zone", "month", "crime_type"]).size()
    zones = gpd.read_file(f"/vsigzip/{wards}")[["WD20CD", "geometry"]].to_crs(4326)
    points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows.longitude, rows.latitude), crs=4326)
    joined = gpd.sjoin(points, zones, predicate="intersects")
    layers["wards"] = joined.groupby(["WD20CD", "month", "crime_type"]).size()
    if not WANTS_COUNTS:
        return None
    return {
        layer: {
            (zone, (int(month[:4]) - 1970) * 12 + int(month[5:]) - 1, category): int(n)
            for (zone, month, category), n in counts.items()
        }
        for layer, counts in layers.items()
    }


def floor(files: list[Path], wards: Path) -> None:  # noqa: ARG001 - the roads take the same arguments
    import pyarrow.csv

    for file in files:
        pyarrow.csv.read_csv(file)


ROADS = {"ours": ours, "peer": peer, "floor": floor}
WANTS_COUNTS = False


class Run(NamedTuple):
    """One fresh process: seconds from start to end, seconds of processor time, and peak memory."""

    seconds: float
    processor: float
    memory_gb: float


def run_road(name: str, files: list[Path], wards: Path, *, out: Path | None = None) -> Run:
    command = [sys.executable, __file__, "--road", name, "--wards", str(wards), *map(str, files)]
    if out:
        command += ["--out", str(out)]
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
    parser.add_argument("--road", choices=ROADS, help=argparse.SUPPRESS)
    parser.add_argument("--wards", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.road:
        return walk(arguments.road, arguments.files, arguments.wards, arguments.out)

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
    times = {name: [run_road(name, files, wards) for _ in range(runs)] for name in ("ours", "floor")}
    times["peer"] = [run_road("peer", files, wards) for _ in range(min(runs, 3))]
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


def walk(name: str, files: list[Path], wards: Path, out: Path | None) -> int:
    global WANTS_COUNTS  # noqa: PLW0603 - a process takes one road once
    WANTS_COUNTS = out is not None
    counts = ROADS[name](files, wards)
    if out:
        out.write_text(json.dumps({layer: sorted([*key, n] for key, n in c.items()) for layer, c in counts.items()}))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)
    return 0


if __name__ == "__main__":
    sys.exit(main())
