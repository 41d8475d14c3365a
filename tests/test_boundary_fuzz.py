"""Boundary files with damage of every kind: a clear refusal or valid zones, never a traceback.

`python tests/test_boundary_fuzz.py SEED N` tries N of them and names those that break the reader.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_safety.boundaries import BoundarySettings, read_boundaries
from geo_safety.errors import GeoSafetyError

FORMATS = ("geojson", "gpkg", "fgb", "kml", "gml", "shp", "tab")
JUNK = b'0123456789.-,"{}[]eENaninf <>/'
TOPOLOGY = (
    b'{"type":"Topology","arcs":[[[1.7,54.7],[1.71,54.7],[1.71,54.71],[1.7,54.7]]],"objects":{"p":{"type":'
    b'"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]],"properties":{"WD22CD":"E1"}}]}}}'
)


def whole_files(folder: Path) -> dict[str, bytes]:
    """One good file of each format, by suffix."""
    frame = gpd.GeoDataFrame(
        {
            "WD22CD": [f"E0500000{row}" for row in range(4)],
            "WD22NM": ["Äsch", "B", "C", "D"],
            "LAD22CD": ["E09000001"] * 4,
        },
        geometry=[shapely.box(1.7 + row / 100, 54.7, 1.71 + row / 100, 54.71) for row in range(4)],
        crs="EPSG:4326",
    )
    for suffix in FORMATS:
        frame.to_file(folder / f"whole.{suffix}", driver="KML" if suffix == "kml" else None)
    frame.to_parquet(folder / "whole.parquet")
    made = {suffix: (folder / f"whole.{suffix}").read_bytes() for suffix in (*FORMATS, "parquet")}
    with zipfile.ZipFile(folder / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in ("shp", "shx", "dbf", "prj", "cpg"):
            archive.write(folder / f"whole.{suffix}", f"inside/whole.{suffix}")
    made["zip"] = (folder / "whole.zip").read_bytes()
    made["geojson.gz"] = gzip.compress(made["geojson"], mtime=0)
    return made | {"json": TOPOLOGY}


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """The file with one to four wounds."""
    found = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        start = rng.randrange(max(len(found), 1))
        end = min(len(found), start + rng.randint(1, 40))
        wound = rng.random()
        if wound < 0.5 and found:
            found[start] = rng.choice(JUNK) if rng.random() < 0.7 else rng.randrange(256)
        elif wound < 0.6:
            del found[start:]
        elif wound < 0.7:
            del found[start:end]
        elif wound < 0.8:
            found[start:start] = found[start:end] * rng.randint(1, 5)
        else:
            found[start:end] = bytes(rng.choice(JUNK) for _ in range(end - start))
    return bytes(found)


def broken(folder: Path, seed: int, number: int) -> Iterator[str]:
    """What breaks the reader, of so many damaged files."""
    rng = random.Random(seed)
    whole = whole_files(folder)
    for turn in range(number):
        suffix = rng.choice(sorted(whole))
        path = folder / f"damaged.{suffix}"
        path.write_bytes(damaged(whole[suffix], rng))
        if suffix in ("shp", "tab"):  # their companions are whole
            for part in folder.glob("whole.*"):
                if part.suffix[1:] in ("dbf", "shx", "prj", "cpg", "dat", "map", "id"):
                    (folder / f"damaged{part.suffix}").write_bytes(part.read_bytes())
        try:
            zones = read_boundaries(BoundarySettings("wards", path, crs=rng.choice((None, "EPSG:4326"))))
        except GeoSafetyError:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            yield f"{suffix} {turn}: {type(error).__name__} {error}"
            continue
        if not (shapely.is_valid(zones.geometry).all() and np.isfinite(zones.area_km2).all()):
            yield f"{suffix} {turn}: invalid zones"


@pytest.mark.filterwarnings("ignore")
def test_damage_is_refused_or_read_but_never_breaks_the_reader(tmp_path):
    assert list(broken(tmp_path, seed=3, number=400)) == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as here:
        for finding in broken(Path(here), int(sys.argv[1]), int(sys.argv[2])):
            sys.stdout.write(finding + "\n")
