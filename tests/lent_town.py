"""Raw files of a town with an open feed, two that a partner lends and one for nobody outside: what attackers try.

Twenty-four wards in three boroughs on the Dogger Bank, about forty cells of resolution 8 across them. The ambulance's
counts are planted so that most are small: every kind of sum in which a hidden count could be found is there.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

WEST, SOUTH, WIDTH, HEIGHT = 1.70, 54.70, 0.016, 0.010  # degrees; a ward is about 1 km by 1.1 km
COLUMNS, ROWS = 6, 4
BOROUGHS = ("TB1", "TB2", "TB3")
FIRST_YEAR = 2023
CONFIG = """
[study]
name = "Lentown"
themes = ["robbery", "injury", "sexual_injury", "admissions"]

[[sources]]
kind = "table"
name = "police"
path = "police.csv"
labels = { "Robbery" = ["robbery"] }
columns = { longitude = "longitude", latitude = "latitude", time = "month", category = "category" }
time_format = "%Y-%m"

[[sources]]
kind = "table"
name = "ambulance"
path = "ambulance.csv"
access = "partner"
labels = { "Assault" = ["injury"], "Sexual assault" = ["sexual_injury"] }
columns = { longitude = "longitude", latitude = "latitude", time = "month", category = "category" }
time_format = "%Y-%m"

[[sources]]
kind = "table"
name = "hospital"
path = "hospital.csv"
access = "internal"
labels = { "Admission" = ["admissions"] }
columns = { longitude = "longitude", latitude = "latitude", time = "month", category = "category" }
time_format = "%Y-%m"

[[boundaries]]
layer = "wards"
path = "wards.geojson"
code = "code"
name = "name"
parent = "borough"

[[boundaries]]
layer = "boroughs"
path = "boroughs.geojson"
code = "code"
name = "name"

[grid]
resolutions = [7, 8, 9]
"""


def make_lent_town(folder: Path, *, last: str = "2025-11", seed: int = 1, revised: int = 0) -> Path:
    """Write all raw files up to a month, and return the config.

    Parameters
    ----------
    revised : int
        So many of the ambulance's incidents of the months before are other ones, as when a source corrects itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_boundaries(folder)
    months = [f"{year}-{month:02d}" for year in range(FIRST_YEAR, 2028) for month in range(1, 13)]
    months = months[: months.index(last) + 1]
    rng = np.random.default_rng(seed)
    places = _map_points(rng)
    _write(folder / "police.csv", months, places, rng, rate=np.full(len(places), 0.25), category="Robbery")
    # A few busy places, most of them nearly quiet, some quarters of the town quite so.
    rate = np.where(rng.random(len(places)) < 0.03, 0.55, 0.012) * (places[:, 0] < WEST + 4 * WIDTH)
    rows = _planted(months)
    rows += _rows(months, places, np.random.default_rng(seed + 1), rate, "Assault")
    rows += _rows(months, places, np.random.default_rng(seed + 2), rate / 2, "Sexual assault")
    corrected = np.random.default_rng(seed + 3)
    for _ in range(revised):
        rows[corrected.integers(len(rows))] = rows[corrected.integers(len(rows))]
    _write_rows(folder / "ambulance.csv", rows)
    _write(folder / "hospital.csv", months, places, rng, rate=np.full(len(places), 0.05), category="Admission")
    config = folder / "lent.toml"
    config.write_text(CONFIG)
    return config


PLANTED = {(0, 4): 3, (2, 5): 8}
"""Row and column of a ward → incidents a year: all that the third borough has. Where only the 3 is hidden, the 10 that
stands for the 8 and the 10 that stands for the borough's 11 leave it 1 to 4."""


def _planted(months: list[str]) -> list[str]:
    return [
        f"{WEST + (column + 0.5) * WIDTH:.6f},{SOUTH + (row + 0.5) * HEIGHT:.6f},{month},Assault"
        for month in months
        if month.endswith("-03")
        for (row, column), count in PLANTED.items()
        for _ in range(count)
    ]


def _map_points(rng: np.random.Generator) -> np.ndarray:
    west_east = WEST + rng.uniform(0.01, 0.99, 420) * COLUMNS * WIDTH
    south_north = SOUTH + rng.uniform(0.01, 0.99, 420) * ROWS * HEIGHT
    return np.stack([west_east, south_north], axis=1)


def _rows(
    months: list[str], places: np.ndarray, rng: np.random.Generator, rate: np.ndarray, category: str
) -> list[str]:
    """Each month from its own numbers, so that a later file repeats an earlier one's months."""
    return [
        f"{longitude:.6f},{latitude:.6f},{month},{category}"
        for month in months
        for (longitude, latitude), count in zip(places, rng.poisson(rate), strict=True)
        for _ in range(count)
    ]


def _write(path: Path, months, places, rng, *, rate, category) -> None:
    _write_rows(path, _rows(months, places, rng, rate, category))


def _write_rows(path: Path, rows: list[str]) -> None:
    path.write_text("\n".join(["longitude,latitude,month,category", *rows]) + "\n")


def _write_boundaries(folder: Path) -> None:
    wards = [
        _feature(f"TW{row}{column}", f"Ward {row}{column}", column * WIDTH, row * HEIGHT, WIDTH, BOROUGHS[column // 2])
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    boroughs = [
        _feature(code, f"Borough {number}", 2 * number * WIDTH, 0, 2 * WIDTH, None, HEIGHT * ROWS)
        for number, code in enumerate(BOROUGHS)
    ]
    for name, features in (("wards", wards), ("boroughs", boroughs)):
        (folder / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def _feature(code, name, east, north, width, borough, height=HEIGHT) -> dict:
    west, south = WEST + east, SOUTH + north
    ring = [[west, south], [west + width, south], [west + width, south + height], [west, south + height], [west, south]]
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name, "borough": borough},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
