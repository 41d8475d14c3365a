"""All addresses as an OpenAPI 3.0 document, made from the schema and the current release.

FastAPI's own document is left out: it is OpenAPI 3.1, which the OGC standards do not know, and does
not know which layers and themes there are.
"""

from __future__ import annotations

from typing import Any

from .formats import ARROW, ATOM, FILES, GEOJSON, JSON, JSON_FEED, PDF
from .openapi_components import (
    EXAMPLES,
    HEADERS,
    ITEM_HEADERS,
    PLACE_TO_WALK,
    RESPONSES,
    SECURITY_SCHEMES,
    parameters,
    schemas,
)
from .parameters import ITEMS_PARAMETERS
from .store import Published

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"

_TAGS = {
    "service": "What is there, and how the service is.",
    "layers": "Zones with counts, rates and hotspots.",
    "tiles": "The same as vector tiles.",
    "analysis": "Questions that are worked out when asked.",
    "packs": "What is taken into a meeting about one place.",
    "walks": "Places to walk together, and what people saw there.",
}

OF_LAYER = "400 401 404 414 429 500 503"
"""Problems of an address that names a layer or a row."""

OF_CLASS = "400 401 403 404 414 429 500 503"
"""Problems of an address that not every class of readers may ask."""


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
            "contact": {"name": "The operator of this service", "url": f"{base}/"},
        },
        "servers": [{"url": base}],
        # Without a key everybody gets the open figures.
        "security": [{}, *({name: []} for name in SECURITY_SCHEMES)],
        "tags": [{"name": name, "description": text} for name, text in sorted(_TAGS.items())],
        "paths": {
            **_service_paths(),
            **_layer_paths(),
            **_analysis_paths(),
            **_walk_paths(),
            **_pack_paths(),
            **_tile_paths(),
        },
        "components": {
            "parameters": parameters(published),
            "schemas": schemas(published),
            "headers": {**HEADERS, **ITEM_HEADERS},
            "responses": RESPONSES,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operation(
    summary: str,
    name: str,
    tag: str,
    *,
    parameters: tuple[str, ...] = (),
    content: dict[str, Any],
    headers: tuple[str, ...] = (),
    errors: str = "400 401 414 429 500 503",
) -> dict[str, Any]:
    """One address: GET with its parameters and replies."""
    named = {header: {"$ref": f"#/components/headers/{header}"} for header in (*HEADERS, *headers)}
    return {
        "get": {
            "summary": summary,
            "operationId": name,
            "tags": [tag],
            "description": f"{summary} Read only.",
            "parameters": [{"$ref": f"#/components/parameters/{parameter}"} for parameter in parameters],
            "responses": {
                "200": {"description": summary, "headers": named, "content": content},
                **{status: {"$ref": f"#/components/responses/{status}"} for status in ("304", *errors.split())},
            },
        }
    }


def _content(*media_types: str, schema: str | None = None) -> dict[str, Any]:
    described: dict[str, Any] = {"schema": {"type": "object"}}
    if schema:
        described = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": EXAMPLES[schema]}
    text = {"schema": {"type": "string"}}
    return {media: described if "json" in media else text for media in media_types}


def _page(schema: str) -> dict[str, Any]:
    return _content(JSON, "text/html", schema=schema)


def _service_paths() -> dict[str, Any]:
    return {
        "/": _operation(
            "Where to start.", "landing", "service", parameters=("page-format",), content=_page("landing")
        ),
        "/conformance": _operation(
            "Standards that are kept.", "conformance", "service", parameters=("page-format",), content=_page("conformance")
        ),
        "/api": _operation(
            "This document.", "api", "service", parameters=("page-format",), content=_content(MEDIA_TYPE, "text/html")
        ),
        "/manifest": _operation("What the release was made from.", "manifest", "service", content=_content(JSON)),
        **_page_paths(),
        "/healthz": _operation("The process runs.", "healthz", "service", content=_content(JSON), errors="400 401 414 500"),
        "/map/explore": _operation("The map application; its state is in the address.", "explore", "service",
                                   content=_content("text/html")),
        "/map/base.json": _operation("The ground that maps are drawn on.", "ground", "service",
                                     content=_content(GEOJSON)),
        "/map/places.json": _operation("Names to look for on the map: areas, wards, boroughs, stations.", "places", "service",
                                       content=_content(JSON)),
        "/map/harm/{layer}": _operation("Classes of harm of a layer's zones, in the order of /values.", "harmClasses",
                                        "service", parameters=("layer", "theme", "weights"), content=_content(JSON),
                                        errors=OF_LAYER),
        "/map/marks/{layer}": _operation(
            "Marks of a list on the map: name, place and class of each row that fits, and how to sort and filter them.", "marks",
            "service", parameters=("layer", "theme", "borough", "ward", "filter", "filter-lang", "hours"), content=_content(JSON),
            errors=OF_LAYER,
        ),
        "/map/summary/{layer}/{id}": _operation("One row of a list in words, each number under the name of its column.", "summary",
                                                "service", parameters=("layer", "id", "theme"), content=_content(JSON),
                                                errors=OF_LAYER),
        "/map/assets/{name}": _operation("A file of the map application.", "mapAsset", "service",
                                         parameters=("name",), content=_content("text/javascript", "text/css"),
                                         errors="400 401 404 414 429 500"),
        "/readyz": _operation("There is a release to serve.", "readyz", "service", content=_content(JSON)),
        "/metrics": _operation(
            "Figures for Prometheus.", "metrics", "service", content=_content("text/plain"), errors="400 401 414 500"
        ),
    }  # fmt: skip


def _page_paths() -> dict[str, Any]:
    """The map's pages that need no script."""
    html = _content("text/html")
    roles = {
        f"/map/{role}": _operation(f"Questions of the role {role}, one press from their answers.", f"{role}Page", "service",
                                   parameters=parameters, content=html)
        for role, parameters in (("analyst", ("t",)), ("borough", ("b", "t")), ("planner", ("t",)))
    }  # fmt: skip
    found = {
        "/map": _operation("Where people start: search, roles, data month.", "map", "service", parameters=("q",),
                           content=html),
        **roles,
        "/map/place/{layer}/{id}": _operation("One place in words, with its months and numbers.", "placePage", "service",
                                              parameters=("layer", "id", "t"), content=html, errors=OF_LAYER),
        "/map/print": _operation("A view as a sheet to print; keys are those of the map's address.", "sheet", "service",
                                 parameters=("l", "t", "v", "b", "w", "end", "s", "at", "paper", "turn"), content=html),
        "/map/help/{page}": _operation("Help.", "helpPage", "service", parameters=("page",), content=html,
                                       errors=OF_LAYER),
        "/map/standalone": _operation("The release as one page that needs nothing else.", "standalone", "service",
                                      content=html),
    }  # fmt: skip
    # A place that is not there is a page too: it says so, and how to look for another.
    found["/map/place/{layer}/{id}"]["get"]["responses"]["404"] = {"description": "No such place.", "content": html}
    return found


def _layer_paths() -> dict[str, Any]:
    files = [form.media_type for form in FILES.values()]
    rows = {**_content(GEOJSON, schema="featureCollection"), **_content("text/html", *files)}
    return {
        "/collections": _operation(
            "All layers.", "layers", "layers", parameters=("page-format",), content=_page("layers")
        ),
        "/collections/{layer}": _operation(
            "One layer.", "layer", "layers", parameters=("layer", "page-format"), content=_page("layer"), errors=OF_LAYER
        ),
        "/collections/{layer}/queryables": _operation(
            "Columns of a layer, by which its rows can be filtered and sorted.", "queryables", "layers",
            parameters=("layer", "page-format"), content=_content("application/schema+json", "text/html"), errors=OF_LAYER,
        ),
        "/collections/{layer}/items": _operation(
            "Rows of a layer.", "items", "layers", parameters=("layer", *ITEMS_PARAMETERS), content=rows,
            headers=tuple(ITEM_HEADERS), errors=OF_LAYER,
        ),
        "/collections/{layer}/items/{id}": _operation(
            "One row of a layer.", "item", "layers", parameters=("layer", "id", "theme", "crs", "page-format"),
            content={**_content(GEOJSON, schema="feature"), **_content("text/html")}, headers=("Content-Crs",),
            errors=OF_LAYER,
        ),
        "/collections/{layer}/items/{id}/series": _operation(
            "A zone month by month; a gap is null.", "series", "layers", parameters=("layer", "id", "theme"),
            content=_content(JSON), errors=OF_LAYER,
        ),
        "/collections/{layer}/items/{id}/similar": _operation(
            "Zones like one zone, to compare it with, and the inputs that they were likened by.", "similar", "layers",
            parameters=("layer", "id", "theme", "similar-limit", "page-format"), content=_content(JSON, "text/html"),
            errors=OF_LAYER,
        ),
        "/values/{layer}": _operation(
            "Counts of all zones, a column for each month or moving window; null is hidden, a null column is a gap.",
            "values", "layers",
            parameters=("layer", "theme", "measure", "month", "first-step", "last-step", "window", "ids", "value-format"),
            content={**_content(JSON), ARROW: {"schema": {"type": "string", "format": "binary"}}}, errors=OF_LAYER,
        ),
        "/values/{layer}/study": _operation(
            "Counts of all zones together by month; null in a gap, and where the sum is a small one.", "studyValues",
            "layers", parameters=("layer", "theme"), content=_content(JSON), errors=OF_LAYER,
        ),
        "/values/{layer}/change": _operation(
            "The class of change of all zones between two windows; a percentage is never given.", "windowChange",
            "layers", parameters=("layer", "theme", "month", "against", "window"), content=_content(JSON), errors=OF_LAYER,
        ),
        "/values/{layer}/zones": _operation(
            "Ids of a layer's zones, in the order of `/values` and of tiles.", "valueZones", "layers",
            parameters=("layer",), content=_content(JSON), errors=OF_LAYER,
        ),
    }  # fmt: skip


def _analysis_paths() -> dict[str, Any]:
    return {
        "/analysis/hotspots": {
            **_operation(
                "The hotspot rule for a window of your choice.", "rerunHotspots", "analysis",
                parameters=("theme", "zones", "from", "to", "listed", "page-limit", "cursor"),
                content=_content(GEOJSON, schema="featureCollection"),
            ),
            "post": _of_shape(
                "The hotspot rule for a window of your choice, in a polygon.", "rerunHotspotsInShape",
                ("theme", "zones", "from", "to", "listed"), _content(GEOJSON, schema="featureCollection"),
            ),
        },
        "/analysis/comparison": _operation(
            "Counts of this window and of the one before, by zone, and of what has no place.", "comparison", "analysis",
            parameters=("zones", "theme", "borough", "comparison-format"),
            content=_content(JSON, "text/html", FILES["csv"].media_type, FILES["xlsx"].media_type),
        ),
        "/analysis/overlap": _operation(
            "Zones that are hotspots of two themes, or of the first and not of the second; counts are never added.", "overlap",
            "analysis", parameters=("zones", "themes", "on", "borough", "comparison-format"),
            content=_content(JSON, "text/html", FILES["csv"].media_type, FILES["xlsx"].media_type),
        ),
        "/analysis/top": _operation(
            "Which share of all incidents lies in the busiest 1, 5 and 10 % of zones; a range where small counts are hidden.",
            "topZones", "analysis", parameters=("zones", "theme", "page-format"), content=_content(JSON, "text/html"),
        ),
        "/analysis/expectation": _operation(
            "The range of reports of the next twelve months for each borough or ward, if nothing changes; cells are refused.",
            "expectation", "analysis", parameters=("zones", "theme", "borough", "comparison-format"),
            content=_content(JSON, "text/html", FILES["csv"].media_type, FILES["xlsx"].media_type), errors=OF_LAYER,
        ),
        "/analysis/totals": {
            "post": _of_shape(
                "Counts by theme of the zones whose middle lies in a polygon.", "drawnTotals", ("zones", "theme"),
                _content(JSON),
            )
        },
        "/analysis/impact": {"post": _impact()},
        "/changes": _operation(
            "Hotspot areas that are new, gone, grown or shrunk since another release, and months that were revised.",
            "changes", "analysis", parameters=("since", "theme", "change", "page-format"),
            content=_content(GEOJSON, "text/html"), errors=OF_LAYER,
        ),
        "/feed": _operation(
            "Hotspot areas that have stayed high for three steps or more (JSON Feed or Atom).", "feed", "analysis",
            parameters=("theme", "borough", "feed-format"), content=_content(JSON_FEED, ATOM),
        ),
    }  # fmt: skip


def _of_shape(summary: str, name: str, parameters: tuple[str, ...], content: dict[str, Any]) -> dict[str, Any]:
    """An address that takes a shape as its body."""
    operation: dict[str, Any] = _operation(summary, name, "analysis", parameters=parameters, content=content)["get"]
    ring = [[-0.12, 51.5], [-0.1, 51.5], [-0.1, 51.52], [-0.12, 51.52], [-0.12, 51.5]]
    media = {
        "schema": {"$ref": "#/components/schemas/shape"},
        "example": {"type": "Polygon", "coordinates": [ring]},
    }
    return _posted(operation, {"application/geo+json": media, JSON: media})


def _posted(operation: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """An operation that takes a body; no copy of its reply is kept by its address."""
    del operation["responses"]["304"], operation["responses"]["200"]["headers"]["ETag"]
    return {**operation, "requestBody": {"required": True, "content": content}}


def _impact() -> dict[str, Any]:
    """A case, judged."""
    operation: dict[str, Any] = _operation(
        "Did a scheme work, did it move, does it come back? A case (boundary and phase dates) judged; internal keys only.",
        "impact", "analysis", parameters=("impact-format",), content=_content(JSON, "text/html", GEOJSON),
        errors=OF_CLASS,
    )["get"]  # fmt: skip
    ring = [[-0.12, 51.5], [-0.1, 51.5], [-0.1, 51.52], [-0.12, 51.52], [-0.12, 51.5]]
    dates = {"name": "An example", "themes": "violence", "clear": "2024-04", "hold": "2024-07", "build": "2025-01"}
    example = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": dates}
    media = {"schema": {"$ref": "#/components/schemas/case"}, "example": example}
    return _posted(operation, {"application/geo+json": media, JSON: media})


def _pack_paths() -> dict[str, Any]:
    """Packs of published places for everybody, and of boundaries of one's own."""
    content = _content("text/html", PDF, GEOJSON, FILES["xlsx"].media_type)
    of_place = _operation("A pack for a meeting about one place: page, PDF, shapes or workbook.", "pack", "packs",
                          parameters=("pack-kind", "pack-place", "pack-format"), content=content, errors=OF_LAYER)  # fmt: skip
    of_case: dict[str, Any] = _operation(
        "A pack of a boundary of your own, with the dates of its phases; its plan is for internal keys only.", "packOfCase", "packs",
        parameters=("case-kind", "pack-format"), content=content, errors=OF_CLASS,
    )["get"]  # fmt: skip
    case = _impact()["requestBody"]["content"]
    return {"/packs/{kind}/{place_id}": of_place, "/packs/{kind}": {"post": _posted(of_case, case)}}


def _walk_paths() -> dict[str, Any]:
    """Sheets for everybody, records for those who keep them."""
    sheet = _operation("The sheet of a place where a walk could be invited, to print on A4.", "walkSheet", "walks",
                       parameters=("place_id", "walk-date"), content=_content("text/html"), errors=OF_LAYER)  # fmt: skip
    kept = _operation("Records of walks that are kept, and what is still to be done.", "walks", "walks",
                      parameters=("walk-place",), content=_content(JSON), errors=OF_CLASS)  # fmt: skip
    compared = _operation("The last two walks of a place in the same light, factor by factor.", "walkComparison", "walks",
                          parameters=("compared-place", "light"), content=_content(JSON), errors=OF_CLASS)  # fmt: skip
    add = _operation("Keep the record of a walk.", "addWalk", "walks", content=_content(JSON), errors=OF_CLASS)["get"]
    add["description"] = "Keep the record of a walk; it holds ratings, notes and tasks, and nobody's name."
    add["responses"]["201"] = add["responses"].pop("200")
    record = {
        "place_id": PLACE_TO_WALK,
        "date": "2026-01-15",
        "start": "17:30",
        "people": 8,
        "factors": {"lighting": 1},
    }
    add["requestBody"] = {"required": True, "content": {JSON: {"schema": {"type": "object"}, "example": record}}}
    for operation in (kept["get"], compared["get"], add):
        # They change with what is added: no copy is ever good.
        del operation["responses"]["304"]
        for status in ("200", "201"):
            operation["responses"].get(status, {"headers": {"ETag": None}})["headers"].pop("ETag", None)
    return {
        "/walks": {**kept, "post": add},
        "/walks/comparison": compared,
        "/walks/sheets/{place_id}": sheet,
    }


def _tile_paths() -> dict[str, Any]:
    tile = {"application/vnd.mapbox-vector-tile": {"schema": {"type": "string", "format": "binary"}}}
    ogc = _operation("A vector tile (OGC API - Tiles).", "ogcTile", "tiles",
                     parameters=("layer", "z", "y", "x", "theme"), content=tile, errors=OF_LAYER)  # fmt: skip
    xyz = _operation("A vector tile (XYZ).", "xyzTile", "tiles",
                     parameters=("layer", "z", "x", "y", "theme", "properties"), content=tile, errors=OF_LAYER)  # fmt: skip
    image = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
    picture = _operation("A tile as a picture: the classes of counts.", "pngTile", "tiles",
                         parameters=("layer", "z", "x", "y", "theme"), content=image, errors=OF_LAYER)  # fmt: skip
    for operation in (ogc, xyz, picture):
        operation["get"]["responses"]["204"] = {"description": "Nothing is in this tile."}
    return {
        "/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}": ogc,
        "/tiles/{layer}/{z}/{x}/{y}.mvt": xyz,
        "/tiles/{layer}/{z}/{x}/{y}.png": picture,
        "/tiles/{layer}.pmtiles": _operation(
            "All tiles of a layer as one PMTiles file; takes range requests.", "pmtiles", "tiles",
            parameters=("layer",), content={"application/vnd.pmtiles": {"schema": {"type": "string", "format": "binary"}}},
            errors=OF_LAYER,
        ),
        "/tiles/{layer}.json": _operation(
            "Where the tiles are and what is in them (TileJSON).", "tilejson", "tiles", parameters=("layer", "theme"),
            content=_content(JSON), errors=OF_LAYER,
        ),
    }  # fmt: skip
