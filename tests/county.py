"""A county as a release: eight square boroughs of two wards each, seven years of months, and changes that are known.

`B1` doubles in violence over the last five years while all others stay; `B8` has so few incidents that nothing can be said of
them; robbery is small enough to be hidden in single months. `B7` is unlike all others by the people who are there by day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import shapely
from releases import INPUTS_HASH, tiny_content

from geo_safety import schema
from geo_safety.release import Release, write_release

CODES = [f"B{number}" for number in range(1, 9)]
NAMES = dict(zip(CODES, ("Ashby", "Birch", "Cedar", "Dale", "Elm", "Fern", "Gorse", "Heath"), strict=True))
MONTHS = pd.date_range("2019-01-01", "2025-12-01", freq="MS").date
FEED = "county police"
SIDE = 0.02


def monthly(code: str, theme: str) -> np.ndarray:
    """Incidents of each month of a borough, January first."""
    level = {"violence": 100, "robbery": 6}[theme]
    counts = np.full(len(MONTHS), level)
    if code == "B8":
        return np.where(np.arange(len(MONTHS)) % 12 == 0, 1, 0)
    if theme == "violence":
        december = np.arange(len(MONTHS)) % 12 == 11
        counts = np.where(december, level * 3 // 2, level)
        if code == "B1":
            counts = np.where(np.arange(len(MONTHS)) >= len(MONTHS) - 12, 2 * counts, counts)
    else:
        counts = np.where(np.arange(len(MONTHS)) % 3 == 0, 3, level)  # a hidden count every third month
    return counts


def _square(number: int, of: int = 1, part: int = 0) -> shapely.Polygon:
    west, south = 1.6 + SIDE * (number % 4), 54.6 + SIDE * (number // 4)
    return shapely.box(west + SIDE * part / of, south, west + SIDE * (part + 1) / of, south + SIDE)


def _rows(layer: str, theme: str) -> pd.DataFrame:
    parts = 2 if layer == "wards" else 1
    rows = []
    for number, code in enumerate(CODES):
        year, before = (int(monthly(code, theme)[end - 12 : end or None].sum()) for end in (0, -12))
        for part in range(parts):
            count = year // parts
            rows.append(
                {
                    "zone_id": f"{code}W{part + 1}" if parts > 1 else code,
                    "name": f"{NAMES[code]} {('North', 'South')[part]}" if parts > 1 else NAMES[code],
                    "borough_code": code,
                    "ward_code": f"{code}W{part + 1}" if parts > 1 else None,
                    "theme": theme,
                    "incidents": count,
                    "incidents_previous": before // parts,
                    "change_class": "clearly more" if (code, theme) == ("B1", "violence") else "not distinguishable",
                    "area_km2": 3.0 / parts,
                    "per_km2": count * parts / 3.0,
                    "rank": number + 1,
                    "rank_low": max(number - 1, 1),
                    "rank_high": number + 3,
                    "ratio": 1.0 + number / 10,
                    "ratio_low": 0.9 + number / 10,
                    "ratio_high": 1.1 + number / 10,
                    "ratio_residents": 1.0 + number / 10,
                    "ratio_residents_low": 0.9 + number / 10,
                    "ratio_residents_high": 1.1 + number / 10,
                    "per_1000_residents": 10.0 + number,
                    "per_1000_residents_low": 9.0 + number,
                    "per_1000_residents_high": 11.0 + number,
                    "ratio_by_day": 0.5 if code == "B7" else 1.0,
                    "ratio_by_day_low": 0.4 if code == "B7" else 0.9,
                    "ratio_by_day_high": 0.6 if code == "B7" else 1.1,
                    "residents": (20_000.0 + 500 * number) / parts,
                    "by_day": (20_000.0 + 500 * number) / parts * (30 if code == "B7" else 1),
                    "is_hotspot": (code, part) == ("B1", 0),
                    "reliability": "reliable",
                    "geometry": _square(number, parts, part),
                }
            )
    return pd.DataFrame(rows).assign(window_start=date(2025, 1, 1), window_end=date(2025, 12, 1))


def _series() -> pd.DataFrame:
    frames = [
        pd.DataFrame({"layer": "boroughs", "feed": FEED, "zone_id": code, "theme": theme, "month": MONTHS,
                      "incidents": monthly(code, theme)})
        for theme in ("violence", "robbery") for code in CODES
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def county(folder, *, context: dict | None = None) -> Release:
    """The county as the current release of a folder."""
    content = tiny_content()
    layers = {
        name: schema.to_arrow(pd.concat([_rows(name, theme) for theme in ("violence", "robbery")]), schema.ZONES)
        for name in ("boroughs", "wards")
    }
    layers["series"] = schema.to_arrow(_series(), schema.SERIES)
    themes = {
        theme: {**told, "feeds": [FEED], "layers": {layer: {"dispersion": 1.0, "unlocated": 3, "in_no_zone": 0} for layer in layers}}
        for theme, told in content.manifest["themes"].items()
    }  # fmt: skip
    manifest = {
        **content.manifest,
        "study": {"name": "Doggershire", "area_km2": 24.0, "themes": ["violence", "robbery"], "window_months": 12},
        "months": {"first": "2019-01", "last": "2025-12", "missing": {FEED: {}}},
        "sources": [{**content.manifest["sources"][0], "name": FEED}],
        "themes": themes,
        "rules": {"alpha": 0.05, "level": 3.0, "layer": "wards"},
        "context": context or {},
    }
    return write_release(replace(content, layers=layers, manifest=manifest), folder, inputs_hash=INPUTS_HASH)
