"""A tiny town as a release: 37 cells on the Dogger Bank, two themes, wards, boroughs, a series and two areas.

Small enough to know by heart. Every case that disclosure treats by itself is in it: zeros, counts of 1 to 4,
counts of 5 and more, a small count of the window before, a ward without data, a gap month, an area of 4.
"""

from __future__ import annotations

from collections.abc import Callable
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

CENTRE = h3.latlng_to_cell(54.7, 1.7, 9)
THEMES = ("robbery", "violence")
FIRST_MONTH, LAST_MONTH = np.datetime64("2024-01"), np.datetime64("2025-12")
WINDOW = (date(2025, 1, 1), date(2025, 12, 1))
GAP = np.datetime64("2024-05")
INPUTS_HASH = "0123456789abcdef" * 4
BOROUGHS = {"X09000001": "Northbank", "X09000002": "Southbank"}
WARDS = {
    "X05000001": ("Tidewater", "X09000001"),
    "X05000002": ("Lamp Street", "X09000001"),
    "X05000003": ("=Old Pier", "X09000002"),  # a name that a spreadsheet would take for a formula
    "X05000004": ("St Ælfric’s", "X09000002"),
}
NO_DATA = ("X05000004", "violence")
RING_COUNTS = {
    "robbery": ([120], [50, 24, 9, 5, 4, 3], [2, 1, 0, 7, 1, 0, 0, 6, 0, 0, 1, 2], [0] * 18),
    "violence": ([240], [99, 60, 31, 12, 5, 2], [4, 8, 0, 11, 3, 5, 0, 1, 20, 0, 6, 2], [1, 0, 5] * 6),
}


def cells() -> list[str]:
    """The town's cells, ring by ring from the centre, each ring in the order of the ids."""
    return [cell for ring in range(4) for cell in sorted(h3.grid_ring(CENTRE, ring))]


def cell_shape(cell: str) -> shapely.Polygon:
    """A cell's outline, longitude before latitude."""
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def ward_of(cell: str) -> str:
    """Quarter of the town, by where the cell's centre lies from the town's."""
    (lat, lon), (lat0, lon0) = h3.cell_to_latlng(cell), h3.cell_to_latlng(CENTRE)
    north, east = lat >= lat0, lon >= lon0
    return f"X0500000{1 + 2 * (not north) + (not east)}"


def counts(theme: str) -> dict[str, int]:
    """Incidents in the window by cell."""
    return dict(zip(cells(), [count for ring in RING_COUNTS[theme] for count in ring], strict=True))


def tiny_zones(layer: str, theme: str) -> pd.DataFrame:
    """One theme of a zone layer, with the columns that a first release fills."""
    of_cell = counts(theme)
    groups = {
        "cells-r9": {cell: [cell] for cell in of_cell},
        "cells-r8": _grouped(lambda cell: h3.cell_to_parent(cell, 8)),
        "wards": _grouped(ward_of),
        "boroughs": _grouped(lambda cell: WARDS[ward_of(cell)][1]),
    }[layer]
    ids = sorted(groups)
    members = [groups[zone] for zone in ids]
    incidents = pd.array([sum(of_cell[cell] for cell in group) for group in members], dtype="Int64")
    incidents[[(zone, theme) == NO_DATA for zone in ids]] = pd.NA
    shapes = [shapely.union_all([cell_shape(cell) for cell in group]) for group in members]
    area = np.array([sum(h3.cell_area(cell, unit="km^2") for cell in group) for group in members])
    frame = pd.DataFrame({"zone_id": ids, "theme": theme, "incidents": incidents, "area_km2": area, "geometry": shapes})
    wards = [max(sorted(map(ward_of, group)), key=[*map(ward_of, group)].count) for group in members]
    grid = layer.startswith("cells")
    names = {code: name for code, (name, _) in WARDS.items()} | BOROUGHS
    known = incidents.fillna(0).to_numpy(dtype=float)
    likely = known / (known + 20)
    return frame.assign(
        name=None if grid else [names[zone] for zone in ids],
        ward_code=wards if grid else (ids if layer == "wards" else None),
        borough_code=ids if layer == "boroughs" else [WARDS[ward][1] for ward in wards],
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        incidents_previous=incidents // 2,
        per_km2=(incidents / area).astype("Float64"),
        rank=pd.Series(known).rank(ascending=False, method="min").astype("int64"),
        change_class="not distinguishable",
        probability=likely,
        probability_l2=np.sqrt(likely),
        ratio=known / 10,
        ratio_low=known / 20,
        ratio_high=known / 5,
        is_hotspot=known >= 50,
        reliability="reliable",
        caution=np.where(known >= 50, "Approximate places; \"around\", never 'at'.", None),
    )


def tiny_series(layers: tuple[str, ...] = ("cells-r9", "wards", "boroughs")) -> pd.DataFrame:
    """Counts by month: each window's count spread evenly, its first months taking what is left over."""
    months = np.arange(FIRST_MONTH, LAST_MONTH + 1)
    frames = []
    for layer in layers:
        for theme in THEMES:
            zones = tiny_zones(layer, theme)
            for zone, count in zip(zones["zone_id"], zones["incidents"], strict=True):
                spread = [None if count is pd.NA or month == GAP else int(count) // 12 + (index % 12 < count % 12)
                          for index, month in enumerate(months)]  # fmt: skip
                frame = {"layer": layer, "feed": "tiny feed", "zone_id": zone, "theme": theme}
                frames.append(pd.DataFrame({**frame, "month": months.astype("datetime64[s]")}).assign(
                    incidents=pd.array(spread, dtype="Int64")))  # fmt: skip
    series = pd.concat(frames, ignore_index=True)
    return series.assign(month=series["month"].dt.date)


def tiny_areas() -> pd.DataFrame:
    """One area a theme: robbery's holds the three busiest cells, violence's is an (unlikely) area of 4 incidents."""
    busiest = sorted(counts("robbery"), key=counts("robbery").__getitem__)[-3:]
    small = [cell for cell, count in counts("violence").items() if count == 4]
    rows = [("robbery-0001", "robbery", "Around Tidewater, Northbank", busiest, 194),
            ("violence-0001", "violence", "Around Lamp Street, Northbank", small, 4)]  # fmt: skip
    return pd.DataFrame(
        [
            {
                "area_id": area_id, "theme": theme, "name": name, "cells": len(ids), "holes_filled": 0,
                "window_start": WINDOW[0], "window_end": WINDOW[1],
                "area_km2": sum(h3.cell_area(cell, unit="km^2") for cell in ids), "incidents": incidents,
                "ratio": 6.5, "probability": 0.97, "boroughs": "X09000001", "borough_names": "Northbank",
                "wards": "X05000001", "is_cross_border": False, "share_of_theme": incidents / 240,
                "zones": ";".join(sorted(ids)), "geometry": shapely.union_all([cell_shape(cell) for cell in ids]),
            }
            for area_id, theme, name, ids, incidents in rows
        ]
    )  # fmt: skip


def tiny_content() -> ReleaseContent:
    """All that a run hands to `write_release`."""
    bad = {"source": "tiny feed", "file": "2025-12/tiny.csv", "row": 7, "reason": "no month", "raw": "?,1.7,54.7"}
    return ReleaseContent(
        layers=dict(_tiny_layers()),
        quarantine=schema.to_arrow(pd.DataFrame([bad]), schema.QUARANTINE),
        manifest=tiny_manifest(),
    )


@cache
def _tiny_layers() -> dict[str, pa.Table]:
    layers: dict[str, pa.Table] = {
        layer: schema.to_arrow(pd.concat([tiny_zones(layer, theme) for theme in THEMES]), schema.ZONES)
        for layer in ("cells-r8", "cells-r9", "wards", "boroughs")
    }
    layers["series"] = schema.to_arrow(tiny_series(), schema.SERIES)
    layers["hotspot-areas"] = schema.to_arrow(tiny_areas(), schema.AREAS)
    return layers


def tiny_manifest() -> dict[str, object]:
    """The manifest's part that a run knows: all but the release's id, its layers and their files."""
    buckets = {"rows_read": 800, "superseded": 0, "quarantined": 1, "repeated": 3, "unlocated": 4, "outside": 2,
               "accepted": 790, "unused": 0, "incidents": 790}  # fmt: skip
    files = [{"name": "2025-12/tiny.csv", "sha256": INPUTS_HASH, **buckets}]
    return {
        "method_version": "0.1.0",
        "study": {"name": "Tiny town", "area_km2": 3.6, "themes": list(THEMES), "window_months": 12},
        "months": {"first": "2024-01", "last": "2025-12", "missing": {"tiny feed": {t: ["2024-05"] for t in THEMES}}},
        "sources": [{"name": "tiny feed", "kind": "police_uk", "access": "open", "files": files}],
        "accounting": buckets,
        "themes": {
            theme: {
                "feeds": ["tiny feed"],
                "window": {"start": "2025-01", "end": "2025-12"},
                "is_complete": True,
                "same_incidents": [],
                "recording": {"precision_m": None, "unlocated_share": 0.0, "breaks": []},
                "layers": {layer: {"dispersion": 1.0} for layer in ("cells-r8", "cells-r9", "wards", "boroughs")},
            }
            for theme in THEMES
        },
        "reliability": [],
        "calibration": None,
        "settings": {"window_months": 12, "hotspots": {"alpha": 0.05, "level": 3, "layer": "cells-r9"}},
        "attribution": ["Contains invented data of a town that does not exist."],
        "software": {"geo-safety": "0.1.0"},
    }


def tiny_release(folder: Path) -> Release:
    """The town written as the current release of `folder / "releases"`."""
    return write_release(tiny_content(), folder / "releases", inputs_hash=INPUTS_HASH)


def _grouped(group_of: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for cell in cells():
        groups.setdefault(group_of(cell), []).append(cell)
    return groups
