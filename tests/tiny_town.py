"""Raw files of a tiny town: four square wards on the Dogger Bank, a police force, two years; for tests that break things."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

WEST, SOUTH, SIDE = 1.70, 54.70, 0.03  # degrees
MONTHS = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
CATEGORIES = ("Violence and sexual offences", "Robbery", "Anti-social behaviour", "Drugs")
CONFIG = """
[study]
name = "Tinytown"
themes = ["violence", "robbery", "asb"]

[[sources]]
kind = "police_uk"
name = "police"
path = "police"

[[boundaries]]
layer = "wards"
path = "wards.geojson"
code = "code"
name = "name"
parent = "borough"

[grid]
resolutions = [8, 9]
"""


def ward_features() -> list[dict]:
    """Four wards in a square, two boroughs."""
    features = []
    for number, (column, row) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)], start=1):
        west, south = WEST + column * SIDE, SOUTH + row * SIDE
        ring = [[west, south], [west + SIDE, south], [west + SIDE, south + SIDE], [west, south + SIDE], [west, south]]
        features.append(
            {
                "type": "Feature",
                "properties": {"code": f"T{number:02d}", "name": f"Quarter {number}", "borough": f"TB{column}"},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return features


def write_wards(folder: Path, features: list[dict]) -> None:
    """Write the ward file."""
    (folder / "wards.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def street_rows(month: str, *, per_month: int = 120) -> list[str]:
    """Rows of one month: half of them around one busy corner."""
    rng = np.random.default_rng(int(month.replace("-", "")))
    rows = []
    for number in range(per_month):
        spread = 0.002 if number % 2 else SIDE
        longitude = WEST + SIDE + spread * rng.uniform(-0.95, 0.95)
        latitude = SOUTH + SIDE + spread * rng.uniform(-0.95, 0.95)
        category = CATEGORIES[number % len(CATEGORIES)]
        crime = "" if category.startswith("Anti") else f"{month}-{number:04d}"
        rows.append(
            f"{crime},{month},Tiny Police,Tiny Police,{longitude:.6f},{latitude:.6f},On or near Lamp Street,,,{category},,"
        )
    return rows


def write_month(folder: Path, month: str, rows: list[str], *, header: str = HEADER) -> Path:
    """Write one street file."""
    path = folder / "police" / month / f"{month}-tiny-street.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def make_tiny_town(folder: Path) -> Path:
    """Write all raw files and return the config."""
    write_wards(folder, ward_features())
    for month in MONTHS:
        write_month(folder, month, street_rows(month))
    config = folder / "tiny.toml"
    config.write_text(CONFIG)
    return config
