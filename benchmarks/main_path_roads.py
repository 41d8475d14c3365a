"""The three roads of `bench_main_path.py`: each is walked by a fresh process that imports nothing else.

    python benchmarks/main_path_roads.py ROAD WARDS OUT FILE...

OUT is where the counts are written for comparison, or "-" for nowhere. Printed are seconds of processor time and the
peak memory in GB.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geo_safety.boundaries import Zones

COLUMNS = {"longitude": "longitude", "latitude": "latitude", "time": "month", "category": "crime_type"}
RESOLUTIONS = (8, 9)


def ours(files: list[Path], wards: Path) -> dict[str, dict[tuple, int]] | None:
    from geo_safety.allocation import keep_memory

    keep_memory()  # as `geo-safety run` begins

    import numpy as np

    from geo_safety.counts import count_sparse
    from geo_safety.incidents import read_feed
    from geo_safety.sources.feed import FeedSettings
    from geo_safety.themes import POLICE_UK

    def read_wards() -> Zones:
        from geo_safety import grid  # noqa: F401 - imported while the files are read
        from geo_safety.boundaries import BoundarySettings, read_boundaries

        return read_boundaries(BoundarySettings("wards", wards, "WD20CD"))

    def count_wards() -> tuple:
        from geo_safety.boundaries import locate

        zones = waiting.result()
        ward_of_location = locate(incidents.longitude, incidents.latitude, zones)
        return zones.zone_id, count_sparse(incidents, ward_of_location, n_zones=len(zones))

    def index_cells(resolution: int) -> tuple:
        from geo_safety.grid import index_locations

        index = index_locations(incidents.longitude, incidents.latitude, resolution)
        return np.unique(index, return_inverse=True)

    def count_cells(cells: np.ndarray, cell_of_location: np.ndarray) -> tuple:
        return cells, count_sparse(incidents, cell_of_location.astype(np.int32), n_zones=len(cells))

    settings = FeedSettings(
        "table", "London points", tuple(files), columns=COLUMNS, time_format="%Y-%m", labels=POLICE_UK
    )
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(read_wards)
        incidents = read_feed(settings, workers=os.cpu_count() or 1).incidents
        assert incidents is not None
        # H3 holds Python's lock, placing in wards does not: so one goes on beside the other.
        wards_counted = aside.submit(count_wards)
        layers = {f"cells-r{resolution}": count_cells(*index_cells(resolution)) for resolution in RESOLUTIONS}
        layers["wards"] = wards_counted.result()
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


def walk(name: str, wards: Path, out: str, files: list[Path]) -> None:
    global WANTS_COUNTS  # noqa: PLW0603 - a process takes one road once
    WANTS_COUNTS = out != "-"
    gc.disable()  # on every road: looking for cycles in what lives to the end anyway costs 30 to 60 ms
    counts = ROADS[name](files, wards)
    if WANTS_COUNTS:
        import json

        rows = {layer: sorted([*key, n] for key, n in found.items()) for layer, found in counts.items()}
        Path(out).write_text(json.dumps(rows))
    gc.freeze()  # and once more at the end
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


if __name__ == "__main__":
    walk(sys.argv[1], Path(sys.argv[2]), sys.argv[3], [Path(file) for file in sys.argv[4:]])
