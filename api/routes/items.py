"""Rows of a layer, in every format, and single rows."""

from __future__ import annotations

import tempfile
from pathlib import Path as FilePath
from typing import Annotated
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from ..coordinates import content_crs
from ..formats import FILES, GEOJSON, HTML, PAGE_FORMATS, format_in
from ..items import Page, feature, feature_collection, find_page, item_links, table_of
from ..layers import Layer
from ..links import address, home_of
from ..pages import facts, links_list, page, paragraph, table
from ..parameters import Current, ItemsQuery, LayerOf, items_query, query_text, system_in, theme_in
from ..problems import UnknownResourceError
from ..store import Published

SHOWN_ON_PAGES = ("zone_id", "area_id", "name", "borough_code", "boroughs", "incidents_band", "per_km2", "ratio",
                  "probability", "is_hotspot", "class", "tier", "reliability", "caution")  # fmt: skip
"""Columns that fit a screen; the row's own page has all."""

router = APIRouter()


@router.get("/collections/{layer}/items")
def items(
    request: Request, published: Current, layer: LayerOf, query: Annotated[ItemsQuery, Depends(items_query)]
) -> Response:
    """The rows that fit the query, a page at a time."""
    found = find_page(layer, query, published)
    links = item_links(request, layer, found, query.form)
    headers = {"Link": ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in links)}
    if query.form == "json":
        headers["Content-Crs"] = content_crs(query.system)
        body = feature_collection(request, published, layer, query, found)
        return Response(body, media_type=GEOJSON, headers=headers)
    if query.form == "html":
        return Response(_items_page(request, published, layer, query, found), media_type=HTML, headers=headers)
    headers["OGC-NumberMatched"], headers["OGC-NumberReturned"] = str(found.matched), str(len(found.places))
    return _as_file(published, layer, query, found, headers)


@router.get("/collections/{layer}/items/{row_id}")
def item(request: Request, published: Current, layer: LayerOf, row_id: Annotated[str, Path()]) -> Response:
    """One row."""
    text = query_text(request, ("theme", "crs", "f"))
    theme = theme_in(text.get("theme"), layer)
    system = system_in(text.get("crs"), "crs", layer)
    form = format_in(text.get("f"), request, PAGE_FORMATS)
    place = row_of(layer, theme, row_id)
    if form == "html":
        publication = published.publication(layer.name, theme)
        row = layer.taken(theme, np.array([place])).select(layer.columns).to_pylist()[0]
        title = f"{row.get('name') or row_id}: {theme}"
        return Response(
            page(title, facts(row), home=home_of(request), notes=(*publication.caveats, published.attribution)),
            media_type=HTML,
        )
    body = feature(request, published, layer, theme, place, system)
    return Response(body, media_type=GEOJSON, headers={"Content-Crs": content_crs(system)})


def row_of(layer: Layer, theme: str, zone_id: str) -> int:
    """Place of a zone's row.

    Raises
    ------
    UnknownResourceError
        If the theme has no such zone.
    """
    place = layer.rows(theme).place_of(zone_id)
    if place is None:
        raise UnknownResourceError(
            f"The layer {layer.name} has no row {zone_id!r} for the theme {theme}. "
            f"Look for its id at /collections/{layer.name}/items?theme={theme}."
        )
    return place


def _as_file(published: Published, layer: Layer, query: ItemsQuery, found: Page, headers: dict[str, str]) -> Response:
    form = FILES[query.form]
    name = f"{layer.name}-{query.theme}.{query.form}"
    with tempfile.TemporaryDirectory(prefix="geo-safety-") as folder:
        path = FilePath(folder) / name
        form.write(table_of(layer, query, found), path, published.publication(layer.name, query.theme))
        body = path.read_bytes()
    # Layers and themes of the user's own may have names beyond ASCII, which headers cannot hold (RFC 6266).
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(body, media_type=form.media_type, headers=headers)


def _items_page(request: Request, published: Published, layer: Layer, query: ItemsQuery, found: Page) -> bytes:
    # What the rows are sorted by stands beside them.
    shown = (*SHOWN_ON_PAGES[:-1], *(one.name for one in query.order), SHOWN_ON_PAGES[-1])
    if layer.definition.shown:
        shown = (layer.id_column, *layer.definition.shown[:-1], *(one.name for one in query.order), "caution")
    columns = [name for name in dict.fromkeys(shown) if name in layer.definition.column_names]
    rows = table_of(layer, query, found).select(columns).to_pylist()
    links = [
        address(request, "collections", layer.name, "items", row[layer.id_column], theme=query.theme, f="html")
        for row in rows
    ]
    publication = published.publication(layer.name, query.theme)
    return page(
        f"{layer.name}: {query.theme}",
        paragraph(f"{len(rows)} of {found.matched} rows. Can I publish this? {publication.answer}"),
        table(columns, [tuple(row.values()) for row in rows], links=links),
        links_list(item_links(request, layer, found, query.form)),
        home=home_of(request),
        notes=(*publication.caveats, published.attribution),
    )
