"""A honeycomb town of one theme whose rates are chosen: counted, without any file; for tests of what stands on counts."""

from __future__ import annotations

from types import SimpleNamespace

import h3
import numpy as np
import shapely

from geo_safety.boundaries import Study, Zones
from geo_safety.counted import Place
from geo_safety.cube import Coverage, Cube, Window
from geo_safety.hotspots import HotspotRules
from geo_safety.shapes import EqualArea

FIRST = 600
CENTRE = h3.latlng_to_cell(54.7, 1.7, 9)
CELLS = np.array(sorted(h3.grid_disk(CENTRE, 22)))
BUSY = np.isin(CELLS, h3.grid_disk(h3.grid_ring(CENTRE, 10)[0], 3))


def honeycomb(
    rate: np.ndarray, *, months: int = 30, gaps: tuple[int, ...] = (), seed: int = 1, **settings: object
) -> SimpleNamespace:
    """What was counted (the parts of `Counted` that statistics read) at a monthly rate (n,) or one that changes (n, months)."""
    monthly = rate[:, None] if rate.ndim == 1 else rate
    incidents = np.random.default_rng(seed).poisson(np.broadcast_to(monthly, (len(CELLS), months)))
    has_data = ~np.isin(np.arange(months), gaps)
    shapes = shapely.polygons([[point[::-1] for point in h3.cell_to_boundary(cell)] for cell in CELLS.tolist()])
    projection = EqualArea(1.7, 54.7)
    nothing = np.full(len(CELLS), None, dtype=object)
    zones = Zones("cells-r9", CELLS, CELLS.astype(object), nothing, shapes, projection.area_km2(shapes))
    study = Study("Honeycomb", shapely.union_all(shapes), float(zones.area_km2.sum()), projection)
    window = Window(FIRST + months - 12, FIRST + months - 1, is_complete=True)
    coverage = Coverage("violence", ("feed",), FIRST, has_data, window, {})
    zeros = np.zeros(months, dtype=np.int64)
    answered = np.ones(len(CELLS), dtype=bool)
    cube = Cube("cells-r9", "violence", CELLS, FIRST, incidents, has_data, answered, ("feed",), zeros, zeros)
    known = {
        "name": "Honeycomb",
        "area_layer": "cells-r9",
        "window_months": 12,
        "hotspots": HotspotRules(),
        "breaks": (),
        "as_written": {"study": {"name": "Honeycomb"}},
        **settings,
    }
    return SimpleNamespace(
        settings=SimpleNamespace(**known),
        place=Place(study, {"cells-r9": zones}),
        feeds=(),
        coverages=(coverage,),
        cubes={("cells-r9", "violence"): cube},
    )
