"""Zones like one zone, to compare it with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from geo_safety.schema import ZONES
from geo_safety.similar_zones import MOST, NEIGHBOURS

from ..formats import HTML, JSON, PAGE_FORMATS, format_in
from ..json_text import to_json
from ..links import address, home_of, link, same_address
from ..pages import page, paragraph, table
from ..parameters import Current, LayerOf, query_text, theme_in, whole_number_in
from ..problems import UnknownResourceError
from ..similar_sets import HOW, SHOWN, set_of
from .items import row_of

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
    document = set_of(layer, theme, row_id, wanted=wanted)
    publication = published.publication(layer.name, theme)
    if form == "html":
        own = document["zone"]
        body = page(
            f"Zones like {own['name'] or row_id}: {theme}",
            paragraph(f"{HOW} Can I publish this? {publication.answer}"),
            table(SHOWN, [tuple(row[name] for name in SHOWN) for row in (own, *document["similar"])]),
            home=home_of(request),
            notes=(*publication.caveats, published.attribution),
        )
        return Response(body, media_type=HTML)
    where = ("collections", layer.name, "items", row_id)
    links = [
        link("self", same_address(request), JSON, "This document"),
        link("alternate", same_address(request, f="html"), "text/html", "This document as a page"),
        link("item", address(request, *where, theme=theme), "application/geo+json", "The zone"),
    ]
    whole = {**document, "links": links, "attribution": published.attribution, "publication": publication.as_dict()}
    return Response(to_json(whole), media_type=JSON)
