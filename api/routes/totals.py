"""Counts of a shape that a reader has drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from geo_safety.drawn_shape import inside, totals

from ..formats import JSON
from ..json_text import to_json
from ..layers import Layer
from ..parameters import Current, choice_in, query_text, zones_layer_in
from ..shape_body import large_enough, shape_in
from ..store import Published

router = APIRouter()


@router.post("/analysis/totals")
async def drawn_totals(request: Request, published: Current) -> Response:
    """Counts by theme of the zones whose middle lies in a polygon."""
    text = query_text(request, ("layer", "theme"))
    layer = zones_layer_in(text.get("layer"), published)
    themes = layer.themes if "theme" not in text else (choice_in(text["theme"], "theme", layer.themes),)
    shape = await shape_in(request)
    document = await run_in_threadpool(_totals, published, layer, themes, shape)
    return Response(to_json(document), media_type=JSON)


def _totals(published: Published, layer: Layer, themes: tuple[str, ...], shape: shapely.Geometry) -> dict[str, Any]:
    area = large_enough(shape, published)
    is_inside = inside(layer.shapes().tree.geometries, shape)
    found = []
    for theme in themes:
        rows = layer.rows(theme)
        taken = layer.taken(theme, np.flatnonzero(is_inside[rows.shape]))
        first = taken.slice(0, 1).select(["window_start", "window_end"]).to_pylist()
        window = {
            name: None if value is None else f"{value:%Y-%m}" for name, value in (first[0] if first else {}).items()
        }
        found.append(
            {"theme": theme, "window": window, **totals(taken, rounded_to=published.view.rounding(theme)).as_dict()}
        )
    publication = published.publication(layer.name, themes[0] if len(themes) == 1 else None)
    return {
        "layer": layer.name,
        "shape_km2": round(area, 4),
        "rule": "Zones whose middle lies in the shape. A hidden count is somewhere in its band, so that the sum is a "
        "range. Themes are never added together.",
        "totals": found,
        "hotspot_areas": _areas(published, shape, themes),
        "attribution": published.attribution,
        "publication": publication.as_dict(),
    }


def _areas(published: Published, shape: shapely.Geometry, themes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Hotspot areas that meet the shape."""
    if "hotspot-areas" not in published.collections:
        return []
    areas, found = published.layer("hotspot-areas"), []
    met = np.zeros(len(areas.shapes().ids), dtype=bool)
    met[areas.shapes().tree.query(shape, predicate="intersects")] = True
    for theme in (one for one in themes if one in areas.themes):
        rows = areas.rows(theme)
        found += areas.taken(theme, np.flatnonzero(met[rows.shape])).select(["area_id", "theme", "name"]).to_pylist()
    return found
