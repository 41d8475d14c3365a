"""Who lives in each borough, for whoever reads a list beside it: deprivation and the make-up of residents.

Context, never scored: no figure of a zone, no list and no rank is made from it. It is kept by borough alone, because
a small area's residents beside its incidents would be read as a description of people.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo_safety.boundaries import Zones, locate
from geo_safety.cell_layers import is_cells
from geo_safety.context import read_wanted
from geo_safety.counted import Counted
from geo_safety.denominators import LocatedFigure, ZoneFigure, locate_figures
from geo_safety.errors import GeoSafetyError
from geo_safety.settings import Context
from geo_safety.shapes import texts

TENTHS = range(1, 11)
BOROUGHS = "boroughs"


def borough_context(counted: Counted) -> dict[str, Any]:
    """What the config's context says of the residents of each borough, as plain values for the manifest.

    Returns
    -------
    dict
        `deprivation`: the zones of each borough by tenth, the most deprived first, with file and year; `composition`:
        shares of residents in percent, as their publisher names the groups. Each has `why_not` where it is not known.
        Empty where the study has no boroughs.
    """
    boroughs = counted.place.layers.get(BOROUGHS)
    if boroughs is None:
        return {}
    return {"deprivation": _deprivation(boroughs, counted), "composition": _composition(boroughs, counted)}


def finest_deprivation(counted: Counted) -> LocatedFigure | str:
    """Tenths of deprivation with the smallest zones that the config's files have; or why there are none, in words."""
    if not _entries("deprivation", counted):
        return "The config names no [[context]] of the kind deprivation."
    try:
        located = list(_located_deprivation(counted))
    except GeoSafetyError as error:
        return str(error)
    if not located:
        return "The zones of the deprivation file are not drawn: add their boundaries, with shown = false."
    return min(located, key=lambda one: one.mean_km2)


def _located_deprivation(counted: Counted) -> Iterator[LocatedFigure]:
    """Tenths of deprivation of the config's files, with the zones that they are of."""
    shown = [zones for name, zones in counted.place.layers.items() if not is_cells(name)]
    for entry in _entries("deprivation", counted):
        frame = read_wanted(entry, ("zone_id", "decile"), placed=False)
        codes = texts(frame["zone_id"].to_numpy(dtype=object)).tolist()
        values = pd.to_numeric(frame["decile"], errors="coerce").to_numpy(dtype=float)
        known = {code: value for code, value in zip(codes, values.tolist(), strict=True) if code and 1 <= value <= 10}
        figure = ZoneFigure("deprivation", known, entry.path.name, entry.layer, entry.vintage, entry.year)
        yield from locate_figures([figure], [*shown, *counted.place.drawings])[0]


def _entries(kind: str, counted: Counted) -> list[Context]:
    return [entry for entry in counted.settings.context if entry.kind == kind]


def _deprivation(boroughs: Zones, counted: Counted) -> dict[str, Any]:
    finest = finest_deprivation(counted)
    if isinstance(finest, str):
        return {"why_not": finest}
    middle = shapely.point_on_surface(finest.zones.geometry)
    place = locate(shapely.get_x(middle), shapely.get_y(middle), boroughs)
    tenths = {
        str(code): [int(((place == at) & (finest.of_zone == tenth)).sum()) for tenth in TENTHS]
        for at, code in enumerate(boroughs.zone_id.tolist())
    }
    return {
        "why_not": None,
        "file": finest.figure.file,
        "year": finest.figure.year,
        "zones": finest.zones.layer,
        "boroughs": {code: numbers for code, numbers in tenths.items() if sum(numbers)},
    }


def _composition(boroughs: Zones, counted: Counted) -> dict[str, Any]:
    entries = _entries("composition", counted)
    if not entries:
        return {"why_not": "The config names no [[context]] of the kind composition."}
    wanted = set(boroughs.zone_id.tolist())
    found: list[dict[str, Any]] = []
    for entry in entries:
        groups = [name for name in entry.columns if name != "zone_id"]
        try:
            frame = read_wanted(entry, ("zone_id", *groups), placed=False)
        except GeoSafetyError as error:
            return {"why_not": str(error)}
        codes = texts(frame["zone_id"].to_numpy(dtype=object))
        shares = frame[groups].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
        rows = {
            str(code): {name: round(float(value), 2) for name, value in zip(groups, row, strict=True) if np.isfinite(value)}
            for code, row in zip(codes.tolist(), shares, strict=True)
            if code in wanted
        }  # fmt: skip
        if rows:
            found.append({"file": entry.path.name, "year": entry.year, "groups": groups, "boroughs": rows})
    if not found:
        return {"why_not": "The file of residents' groups names none of the study's boroughs."}
    return {"why_not": None, "files": found}
