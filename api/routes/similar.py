"""Zones like one zone, to compare it with."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from geo_safety.schema import ZONES
from geo_safety.similar_zones import MOST, NEIGHBOURS, ComparisonSet, comparison_set, standing

from ..formats import HTML, JSON, PAGE_FORMATS, format_in
from ..json_text import to_json
from ..layers import Layer
from ..links import address, home_of, link, same_address
from ..pages import page, paragraph, table
from ..parameters import Current, LayerOf, query_text, theme_in, whole_number_in
from ..problems import UnknownResourceError
from .items import row_of

SHOWN = ("zone_id", "name", "borough_code", "incidents_band", "per_km2", "ratio", "ratio_low", "ratio_high",
         "is_hotspot", "class")  # fmt: skip
HOW = (
    "Zones are likened by their area and by recorded incidents per km² of the other themes (as logarithms, in units of "
    "their standard deviation); the theme that is compared takes no part. They are alike in what is recorded, not in "
    "residents or deprivation. A zone is not worse for standing higher."
)

router = APIRouter()


@router.get("/collections/{layer}/items/{row_id}/similar")
def similar(request: Request, published: Current, layer: LayerOf, row_id: Annotated[str, Path()]) -> Response:
    """The comparison set of a zone, with the inputs that it was made from."""
    text = query_text(request, ("theme", "limit", "f"))
    form = format_in(text.get("f"), request, PAGE_FORMATS)
    theme = theme_in(text.get("theme"), layer)
    wanted = whole_number_in(text["limit"], "limit", highest=MOST) if "limit" in text else NEIGHBOURS
    row_of(layer, theme, row_id)
    if layer.definition is not ZONES:
        raise UnknownResourceError(f"Rows of {layer.name} have no comparison set. Ask for a zone of another layer.")
    found = comparison_set(_tables(layer, theme), row_id, theme, wanted=wanted)
    own, *others = _rows(layer, theme, found)
    publication = published.publication(layer.name, theme)
    stands = standing([row["per_km2"] for row in others], own["per_km2"])
    if form == "html":
        body = page(
            f"Zones like {own['name'] or row_id}: {theme}",
            paragraph(f"{HOW} Can I publish this? {publication.answer}"),
            table(SHOWN, [tuple(row[name] for name in SHOWN) for row in (own, *others)]),
            home=home_of(request),
            notes=(*publication.caveats, published.attribution),
        )
        return Response(body, media_type=HTML)
    where = ("collections", layer.name, "items", row_id)
    document = {
        "layer": layer.name,
        "theme": theme,
        "how": HOW,
        "inputs": found.inputs,
        "zone": own,
        "per_km2": stands,
        "similar": others,
        "links": [
            link("self", same_address(request), JSON, "This document"),
            link("alternate", same_address(request, f="html"), "text/html", "This document as a page"),
            link("item", address(request, *where, theme=theme), "application/geo+json", "The zone"),
        ],
        "attribution": published.attribution,
        "publication": publication.as_dict(),
    }
    return Response(to_json(document), media_type=JSON)


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
