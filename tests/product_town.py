"""A street of ten square wards of 1 km², as products get a study: rows and counts are chosen, nothing is estimated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo_safety.boundaries import Study, Zones
from geo_safety.cube import Coverage, Cube, Window
from geo_safety.layers import make_layer
from geo_safety.products import ContextTable, Inputs
from geo_safety.schema import ZONES, to_arrow
from geo_safety.shapes import EqualArea

WARDS, FIRST = 10, 600
PROJECTION = EqualArea(1.75, 54.7)
WINDOW = Window(FIRST + 24, FIRST + 35, is_complete=True)


def street(side_km: float = 1.0) -> tuple[Zones, Zones]:
    """The wards from west to east, five of each of two boroughs."""
    width, height = side_km * 0.01554, side_km * 0.00898  # degrees of a kilometre at 54.7° north
    shapes = np.array([shapely.box(1.7 + n * width, 54.7, 1.7 + (n + 1) * width, 54.7 + height) for n in range(WARDS)])
    ids = np.array([f"W{n:02d}" for n in range(WARDS)])
    names = np.array([f"Quarter {n}" for n in range(WARDS)], dtype=object)
    parents = np.array(["B1"] * 5 + ["B2"] * 5, dtype=object)
    wards = Zones("wards", ids, names, parents, shapes, np.full(WARDS, side_km**2))
    halves = np.array([shapely.union_all(shapes[:5]), shapely.union_all(shapes[5:])], dtype=object)
    nothing = np.array([None, None], dtype=object)
    names = np.array(["Northbank", "Southbank"], dtype=object)
    return wards, Zones("boroughs", np.array(["B1", "B2"]), names, nothing, halves, np.full(2, 5 * side_km**2))


def town(
    themes: Mapping[str, Mapping[str, object]],
    *,
    side_km: float = 1.0,
    monthly: Mapping[str, np.ndarray] | None = None,
    beside: Mapping[str, frozenset[str]] | None = None,
    context: Mapping[str, tuple[ContextTable, ...]] | None = None,
) -> Inputs:
    """What a product gets of the street.

    Parameters
    ----------
    themes : mapping of theme to mapping of column to values
        Columns of `schema.ZONES` for the ten wards; what is not given is null, but for 50 incidents each.
    monthly : mapping of theme to array of int, shape (10, n_months)
        Counts by month, from `FIRST`; by default 36 months without any.
    """
    wards, boroughs = street(side_km)
    study = Study("Street", shapely.union_all(boroughs.geometry), 10 * side_km**2, PROJECTION)
    layers = {zones.layer: make_layer(zones, study, wards=wards, boroughs=boroughs) for zones in (wards, boroughs)}
    base = {"zone_id": wards.zone_id, "name": wards.name, "borough_code": wards.parent, "area_km2": wards.area_km2,
            "window_start": date(2022, 1, 1), "window_end": date(2022, 12, 1), "incidents": np.full(WARDS, 50),
            "geometry": wards.geometry}  # fmt: skip
    tables = [to_arrow(pd.DataFrame({**base, "theme": theme, **columns}), ZONES) for theme, columns in themes.items()]
    counts = monthly or {}
    cubes, coverages = {}, {}
    for theme in themes:
        incidents = counts.get(theme, np.zeros((WARDS, 36), dtype=np.int64))
        has_data = np.ones(incidents.shape[1], dtype=bool)
        zeros = np.zeros(incidents.shape[1], dtype=np.int64)
        answered = np.ones(WARDS, dtype=bool)
        cubes["wards", theme] = Cube(
            "wards", theme, wards.zone_id, FIRST, incidents, has_data, answered, ("feed",), zeros, zeros
        )
        coverages[theme] = Coverage(theme, ("feed",), FIRST, has_data, WINDOW, {})
    everything = frozenset(themes)
    return Inputs(
        study=study,
        layers=layers,
        tables={"wards": pa.concat_tables(tables)},
        coverages=coverages,
        cubes=cubes,
        beside=beside or dict.fromkeys(themes, everything),
        context=context or {},
    )
