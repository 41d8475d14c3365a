"""What the hotspot rule says of a window of the reader's choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from geo_safety.analysis import Rerun, choose_months, rerun
from geo_safety.drawn_shape import inside
from geo_safety.errors import WindowError
from geo_safety.hotspots import Judgement
from geo_safety.months import first_day

from .. import tally
from ..cursors import Cursor, read_cursor, write_cursor
from ..formats import GEOJSON
from ..json_text import rows_to_json, to_json
from ..layers import Layer
from ..links import address, link, same_address
from ..parameters import MAXIMUM_LIMIT, Current, limit_in, month_in, query_text, theme_in, zones_layer_in
from ..problems import BadParameterError
from ..shape_body import large_enough, shape_in
from ..store import Published

PARAMETERS = ("theme", "layer", "from", "to", "listed", "limit", "cursor")

router = APIRouter()


@router.get("/analysis/hotspots")
def hotspots(request: Request, published: Current) -> Response:
    """The zones on the list in any window, or all zones, as GeoJSON."""
    text = query_text(request, PARAMETERS)
    layer, theme, listed, found = _asked(text, published)
    limit = limit_in(text["limit"]) if "limit" in text else MAXIMUM_LIMIT
    ids = found.rows["zone_id"].to_numpy()
    matching = np.flatnonzero(found.is_listed) if listed else np.arange(len(ids))
    after = read_cursor(text["cursor"]).row_id if "cursor" in text else ""
    begin = int(np.searchsorted(ids[matching], after, side="right"))
    places = matching[begin : begin + limit]
    links = [
        link("self", same_address(request), GEOJSON, "This document"),
        link("collection", address(request, "collections", layer.name), "application/json", layer.name),
    ]
    if begin + limit < len(matching):
        links.append(
            link("next", same_address(request, cursor=write_cursor(Cursor(ids[places[-1]]))), GEOJSON, "The next page")
        )
    return _reply(published, layer, theme, found, places, {"numberMatched": len(matching), "links": links})


@router.post("/analysis/hotspots")
async def hotspots_in_shape(request: Request, published: Current) -> Response:
    """The same for the zones whose middle lies in a polygon: the list is that of the whole study, and not made anew."""
    text = query_text(request, ("theme", "layer", "from", "to", "listed"))
    shape = await shape_in(request)
    return await run_in_threadpool(_in_shape, text, published, shape)


def _in_shape(text: dict[str, str], published: Published, shape: shapely.Geometry) -> Response:
    area = large_enough(shape, published)
    layer, theme, listed, found = _asked(text, published)
    shapes = layer.shapes()
    of_rows = np.searchsorted(shapes.ids, found.rows["zone_id"].to_numpy(dtype=object))
    is_inside = inside(shapes.tree.geometries, shape)[of_rows]
    places = np.flatnonzero(is_inside & found.is_listed if listed else is_inside)
    beside = {
        "numberMatched": len(places),
        "shape_km2": round(area, 4),
        "zones": int(is_inside.sum()),
        "rule": "Zones whose middle lies in the shape. The rule looks at the whole study: a shape has no list of its own.",
        "links": [],
    }
    return _reply(published, layer, theme, found, places, beside)


def _asked(text: dict[str, str], published: Published) -> tuple[Layer, str, bool, Rerun]:
    """Layer, theme, whether hotspots alone, and the answer for the window."""
    layer = zones_layer_in(text.get("layer"), published)
    theme = theme_in(text.get("theme"), layer)
    months = {name: month_in(value, name) for name, value in text.items() if name in ("from", "to")}
    listed = _listed_in(text.get("listed", "true"))
    return layer, theme, listed, _found(published, layer.name, theme, months)


def _reply(
    published: Published, layer: Layer, theme: str, found: Rerun, places: np.ndarray, beside: dict[str, Any]
) -> Response:
    head = {
        "type": "FeatureCollection",
        "theme": theme,
        "layer": layer.name,
        "window": {name: f"{first_day(month):%Y-%m}" for name, month in _ends(found).items()},
        **_summary(found),
        **beside,
        "numberReturned": len(places),
        "attribution": published.attribution,
        "publication": published.publication(layer.name, theme).as_dict(),
    }
    body = b"".join(
        (to_json(head)[:-1], b',"features":[', b",".join(_features(published, found, layer, places)), b"]}")
    )
    return Response(body, media_type=GEOJSON)


def _found(published: Published, layer: str, theme: str, months: dict[str, str]) -> Rerun:
    """The answer for a window, worked out once while it is among the latest asked for."""
    published.refuse_recount(layer, theme)
    ground = published.ground(layer)
    try:
        window = choose_months(ground, theme, first=months.get("from"), last=months.get("to"))
    except WindowError as error:
        name = next(iter(months), "layer")
        windows = tuple(f"{first} to {last}" for first, last in error.windows)
        raise BadParameterError(name, str(error), windows) from error
    return published.reruns.get((layer, theme, window), lambda: rerun(ground, theme, window))


def _ends(found: Rerun) -> dict[str, int]:
    return {"from": found.window.start, "to": found.window.end}


def _summary(found: Rerun) -> dict[str, object]:
    """How long the list is, how wrong it may be, how noisy the counts are, or why there is no list."""
    judgement: Judgement = found.judgement
    error, spread = found.expected_error_share, judgement.dispersion
    return {
        "hotspots": int(found.is_listed.sum()),
        "expected_error_share": None if error is None else round(error, 4),
        "dispersion": None if spread is None else round(spread.value, 3),
        "dispersion_basis": None if spread is None else spread.basis,
        "why_no_statistics": judgement.why_not,
    }


def _features(published: Published, found: Rerun, layer: Layer, places: np.ndarray) -> list[bytes]:
    """The zones at these places, as the reader's class may see them."""
    shapes = layer.shapes()
    table = tally.add(found.published(places, access=published.recount_access))
    where = np.searchsorted(shapes.ids, np.asarray(table["zone_id"].to_pylist(), dtype=object))
    rows = rows_to_json(table, table.column_names)
    return [shapes.feature_starts[shape] + row + b"}" for shape, row in zip(where.tolist(), rows, strict=True)]


def _listed_in(value: str) -> bool:
    if value not in ("true", "false"):
        raise BadParameterError(
            "listed", f"{value!r} is neither true (hotspots alone) nor false (all zones).", ("true", "false")
        )
    return value == "true"
