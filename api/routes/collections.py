"""The layers: which there are, where and when, and which columns they have."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from ..coordinates import CRS84
from ..formats import ACCEPTED, GEOJSON, HTML, ITEM_FORMATS, JSON, PAGE_FORMATS, format_in
from ..json_text import to_json
from ..layers import Layer
from ..links import address, home_of, link, same_address
from ..openapi_components import column_schema
from ..pages import facts, links_list, page, paragraph, table
from ..parameters import Current, LayerOf, query_text
from ..store import Published

JSON_SCHEMA = "application/schema+json"

router = APIRouter()


@router.get("/collections")
def collections(request: Request, published: Current) -> Response:
    """All layers."""
    form = format_in(query_text(request, ("f",)).get("f"), request, PAGE_FORMATS)
    layers = [_describe(request, published, published.layer(name)) for name in published.collections]
    if form == "html":
        rows = [(one["id"], one["title"], one["description"]) for one in layers]
        pages = [address(request, "collections", one["id"], f="html") for one in layers]
        body = page(
            "Layers",
            table(("layer", "title", "one row is"), rows, links=pages),
            home=home_of(request),
            notes=(published.attribution,),
        )
        return Response(body, media_type=HTML)
    links = [
        link("self", same_address(request), JSON, "This document"),
        link("alternate", same_address(request, f="html"), "text/html", "This document as a page"),
    ]
    return Response(to_json({"links": links, "collections": layers}), media_type=JSON)


@router.get("/collections/{layer}")
def collection(request: Request, published: Current, layer: LayerOf) -> Response:
    """One layer."""
    form = format_in(query_text(request, ("f",)).get("f"), request, PAGE_FORMATS)
    document = _describe(request, published, layer)
    if form == "html":
        columns = [
            (column.name, column.unit, column.description)
            for column in layer.definition.columns
            if column.name != "geometry"
        ]
        publication = published.publication(layer.name)
        body = page(
            document["title"],
            paragraph(f"One row is {document['description']}."),
            facts({"themes": ", ".join(layer.themes), "can I publish this?": publication.answer}),
            links_list(document["links"]),
            table(("column", "unit", "meaning"), columns),
            home=home_of(request),
            notes=(*publication.caveats, published.attribution),
        )
        return Response(body, media_type=HTML)
    return Response(to_json(document), media_type=JSON)


@router.get("/collections/{layer}/queryables")
def queryables(request: Request, published: Current, layer: LayerOf) -> Response:
    """The layer's columns, by which its rows can be filtered and sorted, as a JSON Schema."""
    form = format_in(query_text(request, ("f",)).get("f"), request, PAGE_FORMATS)
    columns = {column.name: column_schema(column) for column in layer.definition.columns if column.type != "geometry"}
    columns["theme"]["enum"] = list(layer.themes)
    title = f"Columns of {layer.name}"
    if form == "html":
        rows = [
            (name, about["type"], about["description"], ", ".join(about.get("enum", ())))
            for name, about in columns.items()
        ]
        rows.append(("geometry", "geometry", "Outline of the zone.", ""))
        body = page(
            title,
            paragraph("Items can be filtered (filter, in CQL2) and sorted (sortby) by each of them."),
            table(("column", "type", "meaning", "values"), rows),
            home=home_of(request),
            notes=(published.attribution,),
        )
        return Response(body, media_type=HTML)
    outline = {
        "title": "geometry",
        "description": "Outline of the zone.",
        "x-ogc-role": "primary-geometry",
        "format": "geometry-any",
    }
    titled = {name: {"title": name, **about} for name, about in columns.items()}
    titled[layer.id_column]["x-ogc-role"] = "id"
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address(request, "collections", layer.name, "queryables"),
        "type": "object",
        "title": title,
        "additionalProperties": False,
        "properties": {**titled, "geometry": outline},
    }
    return Response(to_json(document), media_type=JSON_SCHEMA)


def _describe(request: Request, published: Published, layer: Layer) -> dict[str, Any]:
    where = ("collections", layer.name)
    formats = [
        link("items", address(request, *where, "items", f=form), ACCEPTED[form][0], f"Rows as {form}")
        for form in ITEM_FORMATS
        if form != "json"
    ]
    tiles = address(request, "tiles", f"{layer.name}.json")
    return {
        "id": layer.name,
        "title": f"{layer.name} in {published.manifest['study']['name']}",
        "description": layer.definition.one_row_is,
        "attribution": published.attribution,
        "themes": layer.themes,
        "extent": _extent(layer),
        "itemType": "feature",
        "crs": layer.systems,
        "storageCrs": CRS84,
        "links": [
            link("self", address(request, *where), JSON, "This layer"),
            link("alternate", address(request, *where, f="html"), "text/html", "This layer as a page"),
            link("items", address(request, *where, "items"), GEOJSON, "Rows as GeoJSON"),
            *formats,
            link("http://www.opengis.net/def/rel/ogc/1.0/queryables", address(request, *where, "queryables"), JSON_SCHEMA,
                 "Columns"),
            link("tiles", tiles, JSON, "Vector tiles (TileJSON)"),
        ],
    }  # fmt: skip


def _extent(layer: Layer) -> dict[str, Any]:
    """Where and when the layer's rows are; a layer without rows is nowhere."""
    bounds = layer.bounds
    spatial = {} if bounds is None else {"spatial": {"bbox": [bounds], "crs": CRS84}}
    temporal = {"interval": [_interval(layer)], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
    return {**spatial, "temporal": temporal}


def _interval(layer: Layer) -> list[str | None]:
    """First and last moment of the windows of all themes; null where no row has a window."""
    ends = [column.to_numpy() for column in (layer.table.column("window_start"), layer.table.column("window_end"))]
    starts, last_months = ends
    known = ~np.isnat(starts.astype("datetime64[D]"))
    if not known.any():
        return [None, None]
    last_day = (last_months[known].astype("datetime64[M]").max() + 1).astype("datetime64[D]") - 1
    return [f"{starts[known].astype('datetime64[D]').min()}T00:00:00Z", f"{last_day}T23:59:59Z"]
