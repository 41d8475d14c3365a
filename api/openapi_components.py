"""What the addresses of the OpenAPI document are described with: parameters, schemas, headers, replies."""

from __future__ import annotations

from typing import Any

from geo_safety.changes import CHANGES
from geo_safety.daylight import LIGHTS
from geo_safety.nearby import FARTHEST_M
from geo_safety.packs import FORMATS as PACK_FORMATS
from geo_safety.packs import PACKS
from geo_safety.schema import ZONES, Column, table_of_layer
from geo_safety.similar_zones import MOST, NEIGHBOURS

from .coordinates import BRITISH_GRID, CRS84, DECIMALS
from .filters import LANGUAGES
from .formats import COMPARISON_FORMATS, FEED_FORMATS, ITEM_FORMATS, PAGE_FORMATS, VALUE_FORMATS
from .help_pages import HELP
from .parameters import HOURS, NEAR_M
from .sheet import PAPERS, TURNS
from .store import Published
from .view_classes import DRAWN

HEADERS: dict[str, dict[str, Any]] = {
    "GeoSafety-Release": {"description": "Release that the reply is from.", "schema": {"type": "string"}},
    "GeoSafety-Data-Month": {"description": "Its last month of data.", "schema": {"type": "string"}},
    "GeoSafety-Method": {"description": "Version of the method.", "schema": {"type": "string"}},
    "GeoSafety-Disclosure": {"description": "Which counts are hidden.", "schema": {"type": "string"}},
    "ETag": {"description": "Changes with the release.", "schema": {"type": "string"}},
}

ITEM_HEADERS: dict[str, dict[str, Any]] = {
    "Link": {"description": "Links of the page, `next` and `prev` among them.", "schema": {"type": "string"}},
    "Content-Crs": {"description": "Coordinate system of a GeoJSON reply.", "schema": {"type": "string"}},
    "OGC-NumberMatched": {"description": "Rows on all pages together, for files.", "schema": {"type": "integer"}},
    "OGC-NumberReturned": {"description": "Rows on this page, for files.", "schema": {"type": "integer"}},
}

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


def problem_reply(description: str, example: dict[str, Any]) -> dict[str, Any]:
    """A reply that is a problem document."""
    media = {"schema": {"$ref": "#/components/schemas/problem"}, "example": example}
    return {"description": description, "content": {"application/problem+json": media}}


def _problem(slug: str, title: str, status: int, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "type": f"https://geo-safety.example/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "urn:uuid:1f5c9a52-9d4c-4a3b-8f0e-6d5a4b3c2d1e",
        **more,
    }


RESPONSES: dict[str, dict[str, Any]] = {
    "304": {"description": "The copy that you have is good (If-None-Match)."},
    "400": problem_reply(
        "A parameter cannot be used; the document names it and what would do.",
        _problem("bad-parameter", "A parameter of the request cannot be used", 400,
                 "The format 'shp' is not offered here. Use json, html.", parameter="f", allowed=["json", "html"]),
    ),
    "401": problem_reply(
        "The key opens nothing.",
        _problem("bad-key", "The key opens nothing", 401,
                 "Ask whoever gave it to you; without a key you get the open figures."),
    ),
    "403": problem_reply(
        "Your class of readers may not ask this.",
        _problem("not-for-this-class", "Your class of readers may not ask this", 403, "Ask with an internal key."),
    ),
    "404": problem_reply(
        "There is nothing at this address.",
        _problem("not-found", "There is nothing at this address", 404,
                 "There is no layer 'parishes' in this release. Its layers are boroughs, wards."),
    ),
    "414": problem_reply(
        "The address is too long.",
        _problem("address-too-long", "The address is too long", 414, "The address is longer than 8192 bytes."),
    ),
    "429": problem_reply(
        "You ask faster than you may.",
        _problem("too-many-requests", "You ask faster than you may", 429, "Wait as long as `Retry-After` says."),
    ),
    "500": problem_reply(
        "Our fault.",
        _problem("internal-error", "Something went wrong on our side", 500,
                 "Try again; if it happens again, report the instance id: the operator finds the cause in the log."),
    ),
    "503": problem_reply(
        "There is no release to serve.",
        _problem("no-release", "There is no release to serve", 503, "Try again shortly."),
    ),
}  # fmt: skip


_ROW = {
    "type": "Feature",
    "id": "89195da49b3ffff",
    "geometry": {"type": "Polygon", "coordinates": [[[-0.128, 51.508], [-0.126, 51.508], [-0.126, 51.51], [-0.128, 51.508]]]},
    "properties": {"zone_id": "89195da49b3ffff", "theme": "robbery", "incidents_band": "1-4", "incidents": None,
                   "probability": 0.31, "is_hotspot": False, "reliability": "suppressed"},
}  # fmt: skip

_LINK = {"rel": "self", "href": "https://geo-safety.example/collections/cells-r9/items", "type": "application/geo+json",
         "title": "This document"}  # fmt: skip

EXAMPLES: dict[str, dict[str, Any]] = {
    "feature": _ROW,
    "featureCollection": {
        "type": "FeatureCollection", "numberMatched": 1, "numberReturned": 1, "links": [_LINK], "features": [_ROW],
    },
    "landing": {"title": "Hotspots in London", "description": "Recorded is not all.", "links": [_LINK]},
    "conformance": {"conformsTo": ["http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"]},
    "layer": {"id": "wards", "title": "wards in London", "itemType": "feature", "links": [_LINK]},
    "layers": {"links": [_LINK], "collections": [{"id": "wards", "title": "wards in London", "links": [_LINK]}]},
}  # fmt: skip
"""By schema: what a document looks like, shortened. A hidden count is a band and null."""

PLACE_TO_WALK = "park-edge_51.4600_-0.1400"

SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, or a token of the operator's issuer."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key."},
    "query": {"type": "apiKey", "in": "query", "name": "key",
              "description": "A key, for clients that can send it in no other way; links keep it."},
}  # fmt: skip


def parameters(published: Published) -> dict[str, Any]:
    """Every parameter by name; the layers and themes are those of the release."""
    described = {}
    for name, (text, schema, example) in {**_query(published), **_periods(published)}.items():
        described[name] = {"name": name, "in": "query", "required": False, "description": text, "schema": schema,
                           "style": "form", "explode": False, "example": example}  # fmt: skip
    for name, (text, schema, example) in _path(published).items():
        described[name] = {"name": name, "in": "path", "required": True, "description": text, "schema": schema,
                           "example": example}  # fmt: skip
    zones = [name for name in published.collections if table_of_layer(name) is ZONES]
    described["zones"] = {**described["f"], "name": "layer", "schema": {"type": "string", "enum": zones},
                          "description": "Zones to judge; by default those that are joined into areas.",
                          "example": zones[0] if zones else ""}  # fmt: skip
    described["first-step"] = {**described["from"], "description": "Last month of the first window."}
    described["last-step"] = {**described["to"], "description": "Last month of the last window, at most 120 later."}
    described["value-format"] = {**described["f"], "schema": {"type": "string", "enum": list(VALUE_FORMATS)}}
    limit = described["limit"]
    described["page-limit"] = {**limit, "schema": {**limit["schema"], "default": 10_000}}
    few = {"type": "integer", "minimum": 1, "maximum": MOST, "default": NEIGHBOURS}
    described["similar-limit"] = {**limit, "description": "Zones at most.", "schema": few, "example": 10}
    described["since"]["required"] = True
    described["feed-format"] = {**described["f"], "schema": {"type": "string", "enum": list(FEED_FORMATS)}}
    formats = {"type": "string", "enum": list(COMPARISON_FORMATS)}
    described["comparison-format"] = {**described["f"], "schema": formats, "example": "csv"}
    described["page-format"] = {**described["f"], "schema": {"type": "string", "enum": list(PAGE_FORMATS)}}
    described["walk-date"]["name"], described["walk-place"]["name"] = "date", "place"
    described["compared-place"] = {**described["walk-place"], "required": True}
    described["impact-format"] = {
        **described["f"],
        "schema": {"type": "string", "enum": ["json", "html", "geojson"]},
        "example": "html",
    }
    described["pack-format"] = {
        **described["f"],
        "description": "Format of the pack.",
        "schema": {"type": "string", "enum": list(PACK_FORMATS), "default": "html"},
        "example": "pdf",
    }
    described["pack-kind"]["name"], described["pack-place"]["name"] = "kind", "place_id"
    of_cases = [name for name, one in PACKS.items() if one.takes_case]
    described["case-kind"] = {
        **described["pack-kind"],
        "schema": {"type": "string", "enum": of_cases},
        "example": of_cases[0],
    }
    return described


_Parameter = tuple[str, dict[str, Any], Any]


def _query(published: Published) -> dict[str, _Parameter]:
    themes = list(published.themes)
    system = {"type": "string", "format": "uri", "enum": list(DECIMALS), "default": CRS84}
    box = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    # Part 1 wants four numbers, or six with heights; five are refused all the same.
    return {
        "theme": ("Our family of categories; the study's first by default. Themes are never added together.",
                  {"type": "string", "enum": themes, "default": themes[0]}, themes[0]),
        "bbox": ("West, south, east, north in degrees (six numbers with heights): only zones that meet this box.",
                 box, [-0.2, 51.4, 0.1, 51.6]),
        "bbox-crs": ("Coordinate system of `bbox`; WGS84 by default.", system, BRITISH_GRID),
        "crs": ("Coordinate system of GeoJSON; WGS84 by default. A layer says which it is offered in.",
                system, BRITISH_GRID),
        "datetime": ("Only rows whose window meets this time or interval (RFC 3339, `..` for an open end).",
                     {"type": "string"}, "2025-01-01/.."),
        "hours": ("Only rows with incidents at night (22:00 to 06:00); refused where the source has no time of day.", {"type": "string", "enum": list(HOURS)}, HOURS[0]),
        "limit": ("Rows at most; above 10,000 counts as 10,000.",
                  {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}, 100),
        "cursor": ("Where the page starts; `next` and `prev` links carry it.", {"type": "string"},
                   "WyJFMDUwMDkzMTciLFtdLGZhbHNlXQ"),
        "filter": ("Only rows that fit a filter in CQL2. What is hidden is null, and null fits nothing but IS NULL.",
                   {"type": "string", "maxLength": 8000}, "incidents >= 10 AND is_hotspot = TRUE"),
        "filter-lang": ("How the filter is written.", {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
                        LANGUAGES[0]),
        "filter-crs": ("Coordinate system of shapes in the filter; WGS84 by default.", system, BRITISH_GRID),
        "sortby": ("Columns to sort by, `-` in front for the highest first; rows without a value come last.",
                   {"type": "string"}, "-probability,name"),
        "borough": ("Code or name of a borough: only zones with their largest share in it.", {"type": "string"}, "E09000001"),
        "ward": ("Code or name of a ward: only zones with their largest share in it.", {"type": "string"}, "E05009317"),
        "near": ("A row of a layer, as LAYER/ID: only rows that lie near it, such as stations near a hotspot area.",
                 {"type": "string"}, "wards/E05009317"),
        "within": ("Metres from the outline of `near`.",
                   {"type": "integer", "minimum": 1, "maximum": FARTHEST_M, "default": NEAR_M}, 800),
        "f": ("Format; what `Accept` says otherwise.", {"type": "string", "enum": list(ITEM_FORMATS)}, "json"),
    }  # fmt: skip


def _periods(published: Published) -> dict[str, _Parameter]:
    themes = list(published.themes)
    month = {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
    return {
        "from": ("First month of the window; that of the theme's own window by default.", month, "2025-01"),
        "to": ("Last month of the window, itself inside; that of the theme's own window by default.", month, "2025-12"),
        **_map_state(published),
        "themes": ("Two themes of the layer.", {"type": "array", "minItems": 2, "maxItems": 2,
                                                "items": {"type": "string", "enum": themes}}, themes[:2]),
        "on": ("Whose list a zone has to be on: of both themes, or of the first and not of the second.",
               {"type": "string", "enum": ["both", "first"], "default": "both"}, "both"),
        "since": ("The release to compare with, by its name or by the last month of its data.", {"type": "string"},
                  "2024-12"),
        "change": ("Only areas of which this has become.", {"type": "string", "enum": list(CHANGES)}, "new"),
        "listed": ("True: hotspots alone. False: all zones.", {"type": "boolean", "default": True}, True),
        "measure": ("What is counted.", {"type": "string", "enum": ["incidents"], "default": "incidents"}, "incidents"),
        "month": ("Last month of the one window; the newest by default.", month, "2025-12"),
        "against": ("Last month of the window to compare with; the window before by default.", month, "2024-12"),
        "window": ("Months of each window, added up by the service because hidden numbers cannot be added.",
                   {"type": "integer", "minimum": 1, "maximum": 120, "default": 1}, 12),
        "properties": ("Only these properties of the tile; all by default.", {"type": "array", "items": {"type": "string"}},
                       ["incidents_band", "incidents"]),
        "weights": ("Index of harm by which zones are ranked.",
                    {"type": "string", "enum": ["cchi", "css"], "default": "cchi"}, "cchi"),
        "walk-date": ("Day of the walk; today by default.", {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}, "2026-01-15"),
        "walk-place": ("place_id of the layer wsa-shortlist.", {"type": "string"}, PLACE_TO_WALK),
        "light": ("Which walks.", {"type": "string", "enum": list(LIGHTS), "default": "dark"}, "dark"),
        "ids": ("Whether the zones' ids come too.",
                {"type": "string", "enum": ["include", "omit"], "default": "include"}, "omit"),
    }  # fmt: skip


def _map_state(published: Published) -> dict[str, _Parameter]:
    """Keys of the map's addresses; a page passes over values that it cannot use."""
    themes, text = list(published.themes), {"type": "string"}
    return {
        "q": ("What to look for: a part of a name.", {"type": "string", "maxLength": 100}, "water"),
        "t": ("Theme.", {"type": "string", "enum": themes}, themes[0] if themes else ""),
        "l": ("Layer of zones.", text, "wards"),
        "v": ("View.", {"type": "string", "enum": list(DRAWN)}, "count"),
        "b": ("Code or name of a borough.", text, "E09000001"),
        "w": ("Window: 12 months, a quarter, a month.", {"type": "string", "enum": ["12", "q", "1"]}, "12"),
        "end": ("Last month of the window.", {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}, "2025-12"),
        "s": ("What is selected, as LAYER:ID.", text, "wards:E05009317"),
        "at": ("Where the frame lies, as zoom/latitude/longitude.", text, "13/51.5/-0.1"),
        "paper": ("Size of the sheet.", {"type": "string", "enum": list(PAPERS)}, PAPERS[0]),
        "turn": ("How the sheet lies.", {"type": "string", "enum": list(TURNS)}, TURNS[0]),
    }


def _path(published: Published) -> dict[str, _Parameter]:
    layers = list(published.collections)
    whole = {"type": "integer", "minimum": 0}
    return {
        "layer": ("Name of the layer.", {"type": "string", "enum": layers}, layers[0] if layers else "wards"),
        "id": ("Id of the row: the zone's or the area's.", {"type": "string"}, _some_id(published)),
        "place_id": ("Id of a place of the layer wsa-shortlist.", {"type": "string"}, PLACE_TO_WALK),
        "pack-kind": ("Which pack.", {"type": "string", "enum": list(PACKS)}, "transport"),
        "pack-place": (
            "What it is about: " + "; ".join(f"{name}: {one.places}" for name, one in PACKS.items()) + ".",
            {"type": "string"},
            "study",
        ),
        "page": ("Which help.", {"type": "string", "enum": list(HELP)}, "words"),
        "name": ("Name of the file.", {"type": "string", "pattern": r"^[\w-]+\.(js|css)$"}, "explore-1a2b3c4d.js"),
        "z": ("Zoom.", {**whole, "maximum": 22}, 10),
        "x": ("Column of tiles from the west.", whole, 511),
        "y": ("Row of tiles from the north.", whole, 340),
    }


def _some_id(published: Published) -> str:
    """An id of the first layer, so that the example works."""
    if not published.collections:
        return "E05009317"
    layer = published.layer(published.collections[0])
    ids = layer.table.column(layer.id_column)
    return str(ids[0]) if len(ids) else "E05009317"


def schemas(published: Published) -> dict[str, Any]:
    """What documents are made of."""
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    links = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    tables = _tables(published)
    feature = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": text,
        "geometry": {"type": "object", "nullable": True},
        "properties": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in tables]},
        "links": links,
        "attribution": text,
        "publication": {"$ref": "#/components/schemas/publication"},
    }
    collection = {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "numberMatched": count,
        "numberReturned": count,
        "attribution": text,
        "publication": {"$ref": "#/components/schemas/publication"},
        "links": links,
        "features": {"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
    }
    layer = {
        "id": text, "title": text, "description": text, "itemType": text, "attribution": text,
        "themes": {"type": "array", "items": text}, "extent": {"type": "object"},
        "crs": {"type": "array", "items": text}, "storageCrs": text, "links": links,
    }  # fmt: skip
    landing = {"title": text, "description": text, "attribution": text, "links": links}
    publication = {"can_i_publish_this": text, "study": text, "layer": text, "release_id": text, "data_month": text,
                   "attribution": {"type": "array", "items": text}, "caveats": {"type": "array", "items": text}}  # fmt: skip
    problem = {
        **dict.fromkeys(("type", "title", "detail", "instance", "parameter"), text),
        "status": {"type": "integer"},
        "allowed": {"type": "array", "items": text},
    }
    return {
        "feature": _object(feature, "type", "geometry", "properties"),
        "featureCollection": _object(collection, "type", "features"),
        "layer": _object(layer, "id", "links"),
        "layers": _object({"links": links, "collections": {"type": "array", "items": {"$ref": "#/components/schemas/layer"}}},
                          "links", "collections"),
        "landing": _object(landing, "links"),
        "conformance": _object({"conformsTo": {"type": "array", "items": text}}, "conformsTo"),
        "publication": _object(publication, "can_i_publish_this", "attribution"),
        "link": _object(dict.fromkeys(("href", "rel", "type", "title"), text), "href", "rel"),
        "case": _object({"type": {"type": "string", "enum": ["Feature", "FeatureCollection"]},
                         "geometry": {"type": "object", "nullable": True}, "properties": {"type": "object", "nullable": True},
                         "features": {"type": "array", "items": {"type": "object"}}}, "type"),
        "shape": _object({"type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
                          "coordinates": {"type": "array", "items": {}}}, "type", "coordinates"),
        "problem": _object(problem, "type", "title", "status", "detail", "instance"),
        **tables,
    }  # fmt: skip


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _tables(published: Published) -> dict[str, Any]:
    """The properties of a feature for each kind of layer that the release has."""
    tables = {table.name: table for table in map(table_of_layer, published.collections)}
    return {
        name: {
            "type": "object",
            "description": f"One row is {table.one_row_is}.",
            "properties": {
                column.name: _nullable(column_schema(column)) if column.nullable else column_schema(column)
                for column in table.columns
                if column.type != "geometry"
            },
        }
        for name, table in tables.items()
    }


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with null allowed; OpenAPI 3.0 wants it among the values too."""
    return {**schema, "nullable": True, **({"enum": [*schema["enum"], None]} if "enum" in schema else {})}
