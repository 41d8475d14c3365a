"""One window against another in every zone: what the map's difference shows, never as a percentage."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_safety.months import month_number, month_text
from geo_safety.schema import ZONES
from geo_safety.statistics.change import CLASSES
from geo_safety.window_change import dispersion_of, window_change
from geo_safety.window_counts import RunningCounts

from ..formats import JSON
from ..json_text import to_json
from ..layers import Layer
from ..parameters import Current, LayerOf, month_in, query_text, theme_in, whole_number_in
from ..problems import BadParameterError, UnknownResourceError
from ..store import Published
from .values import LONGEST_WINDOW

RULE = (
    "Each zone's change is set against the change of all zones together and its interval. Too few: a count below 20 in "
    "either window. No percentage is given: most would be of counts that are too small for one."
)
NO_ANSWER = -1

router = APIRouter()


@router.get("/values/{layer}/change")
def change(request: Request, published: Current, layer: LayerOf) -> Response:
    """The class of change of each zone between two windows of one length, in the order of the layer's zones."""
    text = query_text(request, ("theme", "month", "against", "window"))
    theme = theme_in(text.get("theme"), layer)
    months = whole_number_in(text.get("window", "12"), "window", highest=LONGEST_WINDOW)
    if layer.definition is not ZONES:
        raise UnknownResourceError(f"The layer {layer.name} holds no zones, and only zones have a change.")
    running = published.running(layer.name, theme, np.asarray([str(zone) for zone in layer.shapes().ids]))
    if not len(running.has_data):
        raise UnknownResourceError(f"The layer {layer.name} has no month of the theme {theme}.")
    end = month_number(month_in(text["month"], "month")) if "month" in text else running.last_month
    against = month_number(month_in(text["against"], "against")) if "against" in text else end - months
    if abs(end - against) < months:
        shared = months - abs(end - against)
        raise BadParameterError(
            "against",
            f"The two windows share {shared} months, and what both hold cannot differ. Take one that ends in "
            f"{month_text(end - months)} or earlier, or in {month_text(end + months)} or later.",
        )

    def make() -> bytes:
        return to_json(_document(published, layer, theme, running, (end, against), months))

    return Response(published.tiles.get(("change", layer.name, theme, end, against, months), make), media_type=JSON)


def _document(
    published: Published, layer: Layer, theme: str, running: RunningCounts, ends: tuple[int, int], months: int
) -> dict[str, Any]:
    found = window_change(
        running, *ends, months=months, access=published.recount_access, dispersion=_dispersion(published, layer, theme)
    )
    codes: dict[str | None, int] = {None: NO_ANSWER} | {name: place for place, name in enumerate(CLASSES)}
    return {
        "layer": layer.name,
        "theme": theme,
        "window": months,
        "now": _months(ends[0], months),
        "before": _months(ends[1], months),
        "rule": RULE,
        "words": list(CLASSES),
        "classes": None if found is None else [codes[one] for one in found.tolist()],
        "attribution": published.attribution,
        "publication": published.publication(layer.name, theme).as_dict(),
    }


def _months(end: int, months: int) -> dict[str, str]:
    return {"from": month_text(end - months + 1), "to": month_text(end)}


def _dispersion(published: Published, layer: Layer, theme: str) -> float:
    """How noisy the counts are: as the release measured it, else measured on the theme's own window."""
    of_layer = published.manifest["themes"][theme].get("layers", {}).get(layer.name, {})
    if of_layer.get("dispersion") is not None:
        return float(of_layer["dispersion"])
    return dispersion_of(published.ground(layer.name), theme)
