"""Rows of a layer as a request wants them: which ones, which page, and as GeoJSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from fastapi import Request

from .coordinates import crs_member
from .formats import ACCEPTED, GEOJSON, ITEM_FORMATS
from .json_text import to_json
from .layers import Layer
from .links import address, link, same_address
from .parameters import ItemsQuery
from .store import Published


@dataclass(frozen=True)
class Page:
    """One page of rows.

    Parameters
    ----------
    places : array of int
        Rows of the theme on this page, in order of id.
    matched : int
        Rows that fit the query on all pages together.
    following : str or None
        Cursor of the next page; None on the last one.
    """

    places: np.ndarray
    matched: int
    following: str | None


def find_page(layer: Layer, query: ItemsQuery) -> Page:
    """Which rows fit the query, and which of them stand on the page it asks for?

    Pages are cut by id, not by number: rows keep their page even if others come or go before them.
    """
    rows = layer.rows(query.theme)
    fits = np.ones(len(rows.ids), dtype=bool)
    if query.boxes:
        fits &= layer.within(query.boxes, query.boxes_system)[rows.shape]
    if query.meets is not None:
        first, last = query.meets
        fits &= (rows.starts <= last) & (rows.ends >= first)
    for kind, code in (("borough", query.borough), ("ward", query.ward)):
        if code is not None:
            fits &= layer.lies_in(query.theme, kind, code)
    matching = np.flatnonzero(fits)
    begin = 0 if query.after is None else int(np.searchsorted(rows.ids[matching], query.after, side="right"))
    places = matching[begin : begin + query.limit]
    more = begin + query.limit < len(matching)
    return Page(places, len(matching), str(rows.ids[places[-1]]) if more else None)


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
    if "series" not in published.release.layers or where[1] == "hotspot-areas":
        return []
    return [link("related", address(request, *where, "series", theme=theme), "application/json", "Its months")]


def table_of(layer: Layer, query: ItemsQuery, page: Page) -> pa.Table:
    """The page as a table, for the formats that are written as files."""
    return layer.rows(query.theme).table.take(pa.array(page.places))


def item_links(request: Request, layer: Layer, page: Page, form: str) -> list[dict[str, Any]]:
    """Links of a page: itself, its other formats, the next page, the layer."""
    links = [link("self", same_address(request), _media_type(form), "This document")]
    links += [
        link("alternate", same_address(request, f=other), _media_type(other), f"This document as {other}")
        for other in ITEM_FORMATS
        if other != form
    ]
    if page.following is not None:
        links.append(link("next", same_address(request, cursor=page.following), _media_type(form), "The next page"))
    links.append(link("collection", address(request, "collections", layer.name), "application/json", layer.name))
    return links


def _media_type(form: str) -> str:
    return ACCEPTED[form][0]
