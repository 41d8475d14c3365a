"""All addresses as an OpenAPI 3.0 document, made from the schema and the current release.

FastAPI's own document is left out: it is OpenAPI 3.1, which the OGC standards do not know, and does
not know which layers and themes there are.
"""

from __future__ import annotations

from typing import Any

from geo_safety.schema import ZONES, Column, table_of_layer

from .coordinates import DECIMALS
from .formats import ARROW, FILES, GEOJSON, ITEM_FORMATS, JSON, PAGE_FORMATS, VALUE_FORMATS
from .parameters import ITEMS_PARAMETERS
from .store import Published

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"

_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}


def column_schema(column: Column) -> dict[str, Any]:
    """A column's type, meaning and limits as JSON Schema."""
    described: dict[str, Any] = {**_TYPES[column.type], "description": column.description}
    if column.unit is not None:
        described["x-ogc-unit"] = column.unit
    if column.minimum is not None:
        described["minimum"] = column.minimum
    if column.maximum is not None:
        described["maximum"] = column.maximum
    if column.values is not None:
        described["enum"] = list(column.values)
    return described


def describe(published: Published, base: str) -> dict[str, Any]:
    """The OpenAPI document of the service as it stands on this release.

    Parameters
    ----------
    base : str
        Address of the service, without a slash at its end.
    """
    study = published.manifest["study"]["name"]
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"Hotspots in {study}",
            "version": published.manifest["method_version"],
            "description": f"Recorded incidents and hotspots in {study}. Read only; every figure is from one release.",
            "license": {"name": published.attribution},
        },
        "servers": [{"url": base}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": _paths(),
        "components": {
            "parameters": _parameters(published),
            "schemas": _schemas(published),
            "headers": _HEADERS,
            "responses": _RESPONSES,
        },
    }


_TAGS = {
    "service": "What is there, and how the service is.",
    "layers": "Zones with counts, rates and hotspots.",
    "tiles": "The same as vector tiles.",
    "analysis": "Questions that are worked out when asked.",
}

_HEADERS = {
    "GeoSafety-Release": {"description": "Release that the reply is from.", "schema": {"type": "string"}},
    "GeoSafety-Data-Month": {"description": "Its last month of data.", "schema": {"type": "string"}},
    "GeoSafety-Method": {"description": "Version of the method.", "schema": {"type": "string"}},
    "GeoSafety-Disclosure": {"description": "Which counts are hidden.", "schema": {"type": "string"}},
    "ETag": {"description": "Changes with the release.", "schema": {"type": "string"}},
}

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}

_RESPONSES = {
    "400": {"description": "A parameter cannot be used; the document names it and what would do.", "content": _PROBLEM},
    "404": {"description": "There is nothing at this address.", "content": _PROBLEM},
    "500": {"description": "Our fault.", "content": _PROBLEM},
    "503": {"description": "There is no release to serve.", "content": _PROBLEM},
}


def _operation(
    summary: str,
    name: str,
    tag: str,
    *,
    parameters: tuple[str, ...] = (),
    content: dict[str, Any],
    errors: str = "400 500 503",
) -> dict[str, Any]:
    """One address: GET with its parameters and replies."""
    unchanged = {"304": {"description": "The copy that you have is good (If-None-Match)."}}
    headers = {header: {"$ref": f"#/components/headers/{header}"} for header in _HEADERS}
    return {
        "get": {
            "summary": summary,
            "operationId": name,
            "tags": [tag],
            "description": f"{summary} Read only.",
            "parameters": [{"$ref": f"#/components/parameters/{parameter}"} for parameter in parameters],
            "responses": {
                "200": {"description": summary, "headers": headers, "content": content},
                **unchanged,
                **{status: {"$ref": f"#/components/responses/{status}"} for status in errors.split()},
            },
        }
    }


def _content(*media_types: str, schema: str | None = None) -> dict[str, Any]:
    described = {"schema": {"$ref": f"#/components/schemas/{schema}"}} if schema else {"schema": {"type": "object"}}
    text = {"schema": {"type": "string"}}
    return {media: described if "json" in media else text for media in media_types}


def _paths() -> dict[str, Any]:
    page = _content(JSON, "text/html")
    files = [form.media_type for form in FILES.values()]
    tile = {"application/vnd.mapbox-vector-tile": {"schema": {"type": "string", "format": "binary"}}}
    of_layer = "400 404 500 503"
    ogc = _operation("A vector tile (OGC API - Tiles).", "ogcTile", "tiles",
                     parameters=("layer", "z", "y", "x", "theme"), content=tile, errors=of_layer)  # fmt: skip
    xyz = _operation("A vector tile (XYZ).", "xyzTile", "tiles",
                     parameters=("layer", "z", "x", "y", "theme"), content=tile, errors=of_layer)  # fmt: skip
    for operation in (ogc, xyz):
        operation["get"]["responses"]["204"] = {"description": "Nothing is in this tile."}
    return {
        "/": _operation("Where to start.", "landing", "service", parameters=("page-format",), content=page),
        "/conformance": _operation(
            "Standards that are kept.", "conformance", "service", parameters=("page-format",), content=page
        ),
        "/api": _operation(
            "This document.", "api", "service", parameters=("page-format",), content=_content(MEDIA_TYPE, "text/html")
        ),
        "/manifest": _operation("What the release was made from.", "manifest", "service", content=_content(JSON)),
        "/map": _operation("The map.", "map", "service", content=_content("text/html")),
        "/healthz": _operation("The process runs.", "healthz", "service", content=_content(JSON), errors="400 500"),
        "/readyz": _operation("There is a release to serve.", "readyz", "service", content=_content(JSON)),
        "/metrics": _operation("Figures for Prometheus.", "metrics", "service", content=_content("text/plain"),
                               errors="400 500"),
        "/collections": _operation("All layers.", "layers", "layers", parameters=("page-format",), content=page),
        "/collections/{layer}": _operation(
            "One layer.", "layer", "layers", parameters=("layer", "page-format"), content=page, errors=of_layer
        ),
        "/collections/{layer}/queryables": _operation(
            "Columns of a layer as a JSON Schema.", "queryables", "layers",
            parameters=("layer",), content=_content("application/schema+json"), errors=of_layer,
        ),
        "/collections/{layer}/items": _operation(
            "Rows of a layer.", "items", "layers",
            parameters=("layer", *ITEMS_PARAMETERS),
            content={**_content(GEOJSON, schema="featureCollection"), **_content("text/html", *files)}, errors=of_layer,
        ),
        "/collections/{layer}/items/{id}": _operation(
            "One row of a layer.", "item", "layers", parameters=("layer", "id", "theme", "crs", "page-format"),
            content={**_content(GEOJSON, schema="feature"), **_content("text/html")}, errors=of_layer,
        ),
        "/collections/{layer}/items/{id}/series": _operation(
            "A zone month by month; a gap is null.", "series", "layers", parameters=("layer", "id", "theme"),
            content=_content(JSON), errors=of_layer,
        ),
        "/values/{layer}": _operation(
            "Counts of all zones, a column for each month or moving window; null is hidden, a null column is a gap.",
            "values", "layers",
            parameters=("layer", "theme", "measure", "month", "first-step", "last-step", "window", "ids", "value-format"),
            content={**_content(JSON), ARROW: {"schema": {"type": "string", "format": "binary"}}}, errors=of_layer,
        ),
        "/values/{layer}/zones": _operation(
            "Ids of a layer's zones, in the order of `/values` and of tiles.", "valueZones", "layers",
            parameters=("layer",), content=_content(JSON), errors=of_layer,
        ),
        "/analysis/hotspots": _operation(
            "The hotspot rule for a window of your choice.", "rerunHotspots", "analysis",
            parameters=("theme", "zones", "from", "to", "listed", "page-limit", "cursor"),
            content=_content(GEOJSON, schema="featureCollection"),
        ),
        "/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}": ogc,
        "/tiles/{layer}/{z}/{x}/{y}.mvt": xyz,
        "/tiles/{layer}.json": _operation(
            "Where the tiles are and what is in them (TileJSON).", "tilejson", "tiles", parameters=("layer", "theme"),
            content=_content(JSON), errors=of_layer,
        ),
    }  # fmt: skip


def _parameters(published: Published) -> dict[str, Any]:
    """Every parameter by name; the layers and themes are those of the release."""
    themes = list(published.release.themes)
    whole = {"type": "integer", "minimum": 0}
    systems = list(DECIMALS)
    month = {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
    query: dict[str, tuple[str, dict[str, Any]]] = {
        "theme": ("Our family of categories; the study's first by default. Themes are never added together.",
                  {"type": "string", "enum": themes, "default": themes[0]}),
        "bbox": ("West, south, east, north in degrees: only zones that meet this box.",
                 {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}),
        "bbox-crs": ("Coordinate system of `bbox`; WGS84 by default.", {"type": "string", "enum": systems}),
        "crs": ("Coordinate system of GeoJSON; WGS84 by default.", {"type": "string", "enum": systems}),
        "datetime": ("Only rows whose window meets this time or interval (RFC 3339, `..` for an open end).",
                     {"type": "string"}),
        "limit": ("Rows at most; above 10,000 counts as 10,000.",
                  {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}),
        "cursor": ("Where the page starts; `next` links carry it.", {"type": "string"}),
        "borough": ("Code or name of a borough: only zones with their largest share in it.", {"type": "string"}),
        "ward": ("Code or name of a ward: only zones with their largest share in it.", {"type": "string"}),
        "from": ("First month of the window, such as 2025-01; that of the theme's own window by default.", month),
        "to": ("Last month of the window, itself inside; that of the theme's own window by default.", month),
        "measure": ("What is counted.", {"type": "string", "enum": ["incidents"], "default": "incidents"}),
        "month": ("Last month of the one window; the newest by default.", month),
        "window": ("Months of each window, added up by the service because hidden numbers cannot be added.",
                   {"type": "integer", "minimum": 1, "maximum": 120, "default": 1}),
        "ids": ("Whether the zones' ids come too.", {"type": "string", "enum": ["include", "omit"],
                                                     "default": "include"}),
        "listed": ("True: hotspots alone. False: all zones.", {"type": "boolean", "default": True}),
        "f": ("Format; what `Accept` says otherwise.", {"type": "string", "enum": list(ITEM_FORMATS)}),
    }  # fmt: skip
    path: dict[str, tuple[str, dict[str, Any]]] = {
        "layer": ("Name of the layer.", {"type": "string", "enum": list(published.collections)}),
        "id": ("Id of the row: the zone's or the area's.", {"type": "string"}),
        "z": ("Zoom.", whole),
        "x": ("Column of tiles from the west.", whole),
        "y": ("Row of tiles from the north.", whole),
    }
    described = {}
    for name, (text, schema) in query.items():
        described[name] = {"name": name, "in": "query", "required": False, "description": text, "schema": schema,
                           "style": "form", "explode": False}  # fmt: skip
    zones = [name for name in published.collections if table_of_layer(name) is ZONES]
    described["zones"] = {**described["f"], "name": "layer", "schema": {"type": "string", "enum": zones},
                          "description": "Zones to judge; by default those that are joined into areas."}  # fmt: skip
    described["first-step"] = {**described["from"], "description": "Last month of the first window."}
    described["last-step"] = {**described["to"], "description": "Last month of the last window, at most 120 later."}
    described["value-format"] = {**described["f"], "schema": {"type": "string", "enum": list(VALUE_FORMATS)}}
    described["page-limit"] = {**described["limit"], "schema": {**query["limit"][1], "default": 10_000}}
    described["page-format"] = {**described["f"], "schema": {"type": "string", "enum": list(PAGE_FORMATS)}}
    for name, (text, schema) in path.items():
        described[name] = {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
    return described


def _schemas(published: Published) -> dict[str, Any]:
    feature = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in _tables(published)]},
        },
    }
    return {
        "feature": feature,
        "featureCollection": {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
                "attribution": {"type": "string"},
                "publication": {"type": "object"},
                "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
            },
        },
        "link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": {key: {"type": "string"} for key in ("href", "rel", "type", "title")},
        },
        "problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "instance"],
            "properties": {
                **{key: {"type": "string"} for key in ("type", "title", "detail", "instance", "parameter")},
                "status": {"type": "integer"},
                "allowed": {"type": "array", "items": {"type": "string"}},
            },
        },
        **_tables(published),
    }


def _tables(published: Published) -> dict[str, Any]:
    """The properties of a feature for each kind of layer that the release has."""
    tables = {table.name: table for table in map(table_of_layer, published.collections)}
    return {
        name: {
            "type": "object",
            "description": f"One row is {table.one_row_is}.",
            "properties": {
                column.name: {**column_schema(column), "nullable": column.nullable}
                for column in table.columns
                if column.type != "geometry"
            },
        }
        for name, table in tables.items()
    }
