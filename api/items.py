"""Rows of a layer as a request wants them: which ones, which page, and as GeoJSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from fastapi import Request

from geo_safety.nearby import distance_m
from geo_safety.schema import ZONES, table_of_layer

from .coordinates import crs_member
from .cursors import write_cursor
from .filters import rows_that_fit
from .formats import ACCEPTED, GEOJSON, ITEM_FORMATS
from .json_text import to_json
from .layers import Layer
from .links import address, link, same_address
from .parameters import ItemsQuery
from .sorting import beside, cursor_at, in_order
from .store import Published


@dataclass(frozen=True)
class Page:
    """One page of rows.

    Parameters
    ----------
    places : array of int
        Rows of the theme on this page, in the order of `sortby`, then of id.
    matched : int
        Rows that fit the query on all pages together.
    following, preceding : str or None
        Cursors of the next page and of the one before; None where there is none.
    """

    places: np.ndarray
    matched: int
    following: str | None
    preceding: str | None


def find_page(layer: Layer, query: ItemsQuery, published: Published) -> Page:
    """Which rows fit the query, and which of them stand on the page it asks for?

    Pages are cut beside a row, not by number: rows keep their page even if others come or go before them.
    """
    rows = layer.rows(query.theme)
    fits = np.ones(len(rows.ids), dtype=bool)
    if query.boxes:
        fits &= layer.within(query.boxes, query.boxes_system)[rows.shape]
    if query.meets is not None:
        first, last = query.meets
        fits &= (rows.starts <= last) & (rows.ends >= first)
    if query.at_night:
        # A hidden count is a small one, and not none.
        fits &= pc.fill_null(pc.not_equal(rows.table["incidents_night"], 0), fill_value=True).to_numpy()
    for kind, code in (("borough", query.borough), ("ward", query.ward)):
        if code is not None:
            fits &= layer.lies_in(query.theme, kind, code)
    if query.filter is not None:
        fits &= rows_that_fit(query.filter, layer, query.theme)
    if query.near is not None:
        near, metres = query.near
        of_near = published.layer(near.layer).shapes()
        place = of_near.tree.geometries[int(np.searchsorted(of_near.ids, near.row_id))]
        fits &= (distance_m(layer.shapes().tree.geometries, place) <= metres)[rows.shape]
    ordered = in_order(rows, np.flatnonzero(fits), query.order)
    begin, end = 0, query.limit
    if query.cursor is not None:
        edge = beside(rows, ordered, query.order, query.cursor)
        begin, end = (max(edge - query.limit, 0), edge) if query.cursor.before else (edge, edge + query.limit)
    places = ordered[begin:end]

    def cursor(place: int, *, before: bool) -> str:
        return write_cursor(cursor_at(rows, int(place), query.order, before=before))

    following = cursor(places[-1], before=False) if len(places) and end < len(ordered) else None
    preceding = cursor(places[0], before=True) if len(places) and begin > 0 else None
    return Page(places, len(ordered), following, preceding)


def feature_collection(request: Request, published: Published, layer: Layer, query: ItemsQuery, page: Page) -> bytes:
    """The page as GeoJSON, from rows that were written once for the release."""
    publication = published.publication(layer.name, query.theme)
    head = {
        "type": "FeatureCollection",
        **crs_member(query.system),
        "numberMatched": page.matched,
        "numberReturned": len(page.places),
        "links": item_links(request, layer, page, query.form),
        "attribution": published.attribution,
        "publication": publication.as_dict(),
    }
    return b"".join(
        (to_json(head)[:-1], b',"features":[', b",".join(layer.features(query.theme, page.places, query.system)), b"]}")
    )


def feature(request: Request, published: Published, layer: Layer, theme: str, place: int, system: str) -> bytes:
    """One row as a GeoJSON feature with its links."""
    zone_id = str(layer.rows(theme).ids[place])
    where = ("collections", layer.name, "items", zone_id)
    more = {
        **crs_member(system),
        "links": [
            link("self", same_address(request), GEOJSON, "This document"),
            link("alternate", same_address(request, f="html"), "text/html", "This document as a page"),
            link("collection", address(request, "collections", layer.name), "application/json", layer.name),
            *series_links(request, published, where, theme),
        ],
        "attribution": published.attribution,
        "publication": published.publication(layer.name, theme).as_dict(),
    }
    return b"".join((layer.features(theme, np.array([place]), system)[0][:-1], b",", to_json(more)[1:]))


def series_links(request: Request, published: Published, where: tuple[str, ...], theme: str) -> list[dict[str, Any]]:
    """The link to a zone's months; areas have none."""
    if not published.has_series or table_of_layer(where[1]) is not ZONES:
        return []
    return [link("related", address(request, *where, "series", theme=theme), "application/json", "Its months")]


def table_of(layer: Layer, query: ItemsQuery, page: Page) -> pa.Table:
    """The page as a table, for the formats that are written as files."""
    return layer.taken(query.theme, page.places)


def item_links(request: Request, layer: Layer, page: Page, form: str) -> list[dict[str, Any]]:
    """Links of a page: itself, its other formats, the next page, the layer."""
    links = [link("self", same_address(request), _media_type(form), "This document")]
    links += [
        link("alternate", same_address(request, f=other), _media_type(other), f"This document as {other}")
        for other in ITEM_FORMATS
        if other != form
    ]
    for rel, cursor, title in (("next", page.following, "The next page"), ("prev", page.preceding, "The page before")):
        if cursor is not None:
            links.append(link(rel, same_address(request, cursor=cursor), _media_type(form), title))
    links.append(link("collection", address(request, "collections", layer.name), "application/json", layer.name))
    return links


def _media_type(form: str) -> str:
    return ACCEPTED[form][0]
