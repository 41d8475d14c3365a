"""Names that a reader may look for on the map: areas, wards, boroughs and stations, each with its box."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import shapely

from .layers import Layer
from .store import Published

DECIMALS = 5
ZONES_WITH_NAMES = ("boroughs", "wards")


def places_of(published: Published) -> list[dict[str, Any]]:
    """Every name with its kind, its layer and id where it has them, and west, south, east, north.

    Hotspot areas come first and are told with their theme, because each theme has its own.
    """
    found: list[dict[str, Any]] = []
    if "hotspot-areas" in published.collections:
        areas = published.layer("hotspot-areas")
        for theme in areas.themes:
            found += [{**one, "kind": "area", "theme": theme} for one in _rows(areas, theme)]
    for name in ZONES_WITH_NAMES:
        if name in published.collections:
            layer = published.layer(name)
            found += [{**one, "kind": name.removesuffix("s")} for one in _rows(layer, layer.themes[0])]
    return found + _stations(published)


def _rows(layer: Layer, theme: str) -> list[dict[str, Any]]:
    rows = layer.rows(theme)
    boxes = np.round(shapely.bounds(layer.shapes().tree.geometries[rows.shape]), DECIMALS).tolist()
    names = rows.table["name"].to_pylist()
    return [
        {"name": name or str(code), "layer": layer.name, "id": str(code), "box": box}
        for code, name, box in zip(rows.ids, names, boxes, strict=True)
    ]


def _stations(published: Published) -> list[dict[str, Any]]:
    ground = orjson.loads(published.base_map())["features"]
    points = [one for one in ground if one["properties"]["kind"] == "station" and one["properties"].get("name")]
    return [
        {"name": one["properties"]["name"], "kind": "station", "box": one["geometry"]["coordinates"] * 2}
        for one in points
    ]
