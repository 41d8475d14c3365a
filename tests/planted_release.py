"""A town of 1,261 cells as a release: two themes, 72 months, a break line, and a scheme whose effect is known.

From 2024-01 half of the violence of seven cells is prevented; from 2025-07 all of it is back.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo_safety import schema
from geo_safety.release import Release, ReleaseContent, write_release

FIRST, MONTHS = np.datetime64("2020-01"), 72
START, BACK = 48, 66  # 2024-01, 2025-07
THEMES = ("violence", "robbery")
FEED = "planted feed"
GAP = 30  # 2022-07
HASH = "fedcba9876543210" * 4
MIDDLE = h3.latlng_to_cell(54.7, 1.7, 9)
PER_INCIDENT = {"cchi": {"violence": 200.0, "robbery": 365.0}, "css": {"violence": 100.0, "robbery": 900.0}}


def cells() -> list[str]:
    """The town's cells in order of id."""
    return sorted(h3.grid_disk(MIDDLE, 20))


def treated() -> list[str]:
    """The seven cells of the scheme, away from the middle."""
    return sorted(h3.grid_disk(h3.latlng_to_cell(54.715, 1.735, 9), 1))


def outline(ids: list[str]) -> shapely.Geometry:
    """Outline of some cells, longitude before latitude."""
    return shapely.union_all([_shape(cell) for cell in ids])


@cache
def counts(*, works: bool = True) -> dict[str, np.ndarray]:
    """Incidents of every cell and month, by theme."""
    rng = np.random.default_rng(11)
    ids = cells()
    own = np.isin(ids, treated())
    found = {}
    for theme, level in (("violence", 1.5), ("robbery", 0.25)):
        rate = level * rng.lognormal(0, 0.6, len(ids))
        rate[own] = 3 * level
        season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(MONTHS) / 12)
        mean = rate[:, None] * season
        if theme == "violence" and works:
            mean[own, START:BACK] *= 0.5
        found[theme] = rng.poisson(rng.standard_gamma(mean / 0.3) * 0.3)
    return found


def planted_release(folder: Path, *, works: bool = True) -> Release:
    """The town written as the current release of `folder / "releases"`."""
    layers = {"cells-r9": _zones(works), "series": _series(works)}
    content = ReleaseContent(
        layers=layers, quarantine=schema.to_arrow(pd.DataFrame([]), schema.QUARANTINE), manifest=_manifest()
    )
    return write_release(content, folder / "releases", inputs_hash=HASH)


def case_feature(**properties: object) -> dict:
    """The scheme as a GeoJSON feature."""
    about = {"name": "Planted scheme", "themes": "violence", "clear": "2024-01", "hold": "2024-07", "build": "2025-01"}
    return {
        "type": "Feature",
        "properties": {**about, **properties},
        "geometry": shapely.geometry.mapping(outline(treated())),
    }


def _shape(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def _zones(works: bool) -> pa.Table:
    ids, frames = cells(), []
    shapes = [_shape(cell) for cell in ids]
    for theme in THEMES:
        incidents = counts(works=works)[theme][:, -12:].sum(axis=1)
        frames.append(
            pd.DataFrame(
                {
                    "zone_id": ids, "theme": theme, "name": None, "ward_code": None, "borough_code": "X09000001",
                    "incidents": pd.array(incidents, dtype="Int64"),
                    "area_km2": [h3.cell_area(cell, unit="km^2") for cell in ids], "geometry": shapes,
                    "window_start": date(2025, 1, 1), "window_end": date(2025, 12, 1),
                    **{f"harm_{edition}": incidents * weights[theme] for edition, weights in PER_INCIDENT.items()},
                }
            )
        )  # fmt: skip
    return schema.to_arrow(pd.concat(frames), schema.ZONES)


def _series(works: bool) -> pa.Table:
    ids, frames = cells(), []
    months = np.array([FIRST + month for month in range(MONTHS)])
    for theme in THEMES:
        values = counts(works=works)[theme].ravel().astype(float)
        values[np.tile(np.arange(MONTHS) == GAP, len(ids))] = np.nan
        frames.append(
            pd.DataFrame(
                {
                    "layer": "cells-r9", "feed": FEED, "zone_id": np.repeat(ids, MONTHS), "theme": theme,
                    "month": np.tile(months.astype("datetime64[D]").astype(object), len(ids)),
                    "incidents": pd.array(values, dtype="Int64"),
                }
            )
        )  # fmt: skip
    return schema.to_arrow(pd.concat(frames), schema.SERIES)


def _manifest() -> dict[str, object]:
    buckets = {"rows_read": 9, "superseded": 0, "quarantined": 0, "repeated": 0, "unlocated": 0, "outside": 0, "accepted": 9,
               "unused": 0, "incidents": 9}  # fmt: skip
    files = [{"name": "planted.csv", "sha256": HASH, **buckets}]
    return {
        "method_version": "0.1.0",
        "study": {"name": "Planted town", "area_km2": 130.0, "themes": list(THEMES)},
        "months": {"first": "2020-01", "last": "2025-12", "missing": {FEED: {theme: ["2022-07"] for theme in THEMES}}},
        "sources": [{"name": FEED, "kind": "table", "access": "open", "files": files}],
        "accounting": buckets,
        "themes": {
            theme: {
                "feeds": [FEED], "window": {"start": "2025-01", "end": "2025-12"}, "is_complete": True,
                "same_incidents": [theme],
                "recording": {"precision_m": None, "unlocated_share": 0.0,
                              "breaks": [{"month": "2021-03", "text": "Another way of recording."}]},
                "layers": {},
            }
            for theme in THEMES
        },
        "rules": {"alpha": 0.05, "level": 3.0, "minimum": {"default": 10}, "layer": "cells-r9"},
        "reliability": [],
        "calibration": None,
        "settings": {"window_months": 12, "hotspots": {"alpha": 0.05, "level": 3, "layer": "cells-r9"}},
        "attribution": ["Contains invented data of a town that does not exist."],
        "software": {"geo-safety": "0.1.0"},
    }  # fmt: skip
