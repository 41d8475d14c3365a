"""The comparison set of a zone as its document and its page show it."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_safety.similar_zones import NEIGHBOURS, ComparisonSet, comparison_set, standing

from .layers import Layer

SHOWN = ("zone_id", "name", "borough_code", "ward_code", "incidents_band", "per_km2", "ratio", "ratio_low", "ratio_high",
         "is_hotspot", "class")  # fmt: skip
HOW = (
    "Zones are likened by their area and by recorded incidents per km² of the other themes (as logarithms, in units of "
    "their standard deviation); the theme that is compared takes no part. They are alike in what is recorded, not in "
    "residents or deprivation. A zone is not worse for standing higher."
)


def set_of(layer: Layer, theme: str, row_id: str, *, wanted: int = NEIGHBOURS) -> dict[str, Any]:
    """The comparison set of a zone as plain values: the zone, those like it, and where it stands among them."""
    found = comparison_set(_tables(layer, theme), row_id, theme, wanted=wanted)
    own, *others = _rows(layer, theme, found)
    return {
        "layer": layer.name,
        "theme": theme,
        "how": HOW,
        "inputs": found.inputs,
        "zone": own,
        "per_km2": standing([row["per_km2"] for row in others], own["per_km2"]),
        "similar": others,
    }


def _tables(layer: Layer, theme: str) -> dict[str, Any]:
    """Rows by theme, of themes that have the same zones."""
    ids = layer.rows(theme).ids
    same = [one for one in layer.themes if np.array_equal(layer.rows(one).ids, ids)]
    return {one: layer.rows(one).table for one in same}


def _rows(layer: Layer, theme: str, found: ComparisonSet) -> list[dict[str, Any]]:
    """The zone and those like it, with their inputs."""
    places = np.array([found.place, *found.places])
    rows = layer.taken(theme, places).select(list(SHOWN)).to_pylist()
    distances = [0.0, *found.distance.tolist()]
    for row, place, distance in zip(rows, places.tolist(), distances, strict=True):
        inputs = [None if np.isnan(value) else float(value) for value in found.values[place]]
        row["inputs"] = dict(zip(found.inputs, inputs, strict=True))
        row["distance"] = round(distance, 4)
    return rows
