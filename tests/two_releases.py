"""Two releases of the tiny town, a year apart: what became of its areas and months is known by heart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
from releases import INPUTS_HASH, cells, tiny_areas, tiny_content, tiny_manifest, tiny_series

from geo_safety import schema
from geo_safety.release import Release, write_release

EARLIER = {"last": "2024-12", "window": (date(2024, 1, 1), date(2024, 12, 1))}


def area(area_id: str, zones: list[str], **more: object) -> dict[str, object]:
    """One row of robbery's areas."""
    like = tiny_areas().iloc[0].to_dict()
    return {**like, "area_id": area_id, "zones": ";".join(zones), "cells": len(zones), **more}


def earlier_areas() -> pd.DataFrame:
    """Four areas of robbery: one will grow, one shrink, one move, one go; and violence's, which stays."""
    town, first = sorted(cells()), {"first_hot": date(2024, 12, 1), "window_end": EARLIER["window"][1]}
    violence = {**tiny_areas().iloc[1].to_dict(), **first}
    robbery = [
        area("grows", town[:3]),
        area("shrinks", town[5:9]),
        area("moves", town[10:12]),
        area("goes", town[20:21]),
    ]
    return pd.DataFrame([*({**row, **first} for row in robbery), violence])


def later_areas() -> pd.DataFrame:
    """The same a year on, and two new ones."""
    town = sorted(cells())
    violence = {**tiny_areas().iloc[1].to_dict(), "first_hot": date(2024, 12, 1)}
    rows = [
        area("grows", town[:5], first_hot=date(2024, 12, 1), tier="A", life="kept"),
        area("shrinks", town[5:7], first_hot=date(2025, 6, 1), life="kept"),
        area("moves", town[11:13], first_hot=date(2025, 9, 1), life="kept"),
        area("fresh", town[30:32], first_hot=date(2025, 12, 1), life="birth"),
        area("steady", town[33:34], first_hot=date(2025, 12, 1), tier="C", life="birth"),
    ]
    return pd.DataFrame([*rows, violence])


def make_two(folder: Path) -> tuple[Release, Release]:
    """Both releases, the later one current. Of the months, one figure was revised between them."""
    content = tiny_content()
    series = tiny_series()
    northbank = (series["zone_id"] == "X09000001") & (series["theme"] == "robbery") & (series["layer"] == "boroughs")
    revised = northbank & (series["month"] == date(2024, 2, 1))
    assert revised.sum() == 1
    before = series.assign(incidents=series["incidents"].mask(revised, series["incidents"] - 2))
    tables = {
        "earlier": {"hotspot-areas": earlier_areas(), "series": before},
        "later": {"hotspot-areas": later_areas(), "series": series},
    }
    made = []
    for name, frames in tables.items():
        of = {layer: schema.to_arrow(frame, schema.table_of_layer(layer)) for layer, frame in frames.items()}
        manifest = tiny_manifest()
        if name == "earlier":
            manifest = {**manifest, "months": {**manifest["months"], "last": EARLIER["last"]}}
        layers: dict[str, pa.Table] = {**content.layers, **of}
        made.append(write_release(replace(content, layers=layers, manifest=manifest), folder, inputs_hash=INPUTS_HASH))
    return made[0], made[1]
