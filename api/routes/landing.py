"""Where a reader starts: `/`, `/conformance`, `/api`, and what a kind of problem means."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..formats import HTML, JSON, JSON_FEED, PAGE_FORMATS, format_in
from ..json_text import to_json
from ..links import address, home_of, link, same_address
from ..openapi import MEDIA_TYPE as OPENAPI
from ..openapi import describe
from ..pages import STYLE, facts, links_list, page, paragraph
from ..parameters import Current, query_text
from ..problems import ALL_KINDS, UnknownResourceError

_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"

CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    *(f"{_FEATURES}-1/1.0/conf/{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_FEATURES}-2/1.0/conf/crs",
    *(f"{_FEATURES}-3/1.0/conf/{name}" for name in ("queryables", "filter", "features-filter")),
    *(
        f"{_CQL2}/{name}"
        for name in (
            "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison",
            "accent-insensitive-comparison", "basic-spatial-functions", "basic-spatial-functions-plus",
            "spatial-functions", "temporal-functions", "arithmetic", "property-property",
        )
    ),
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
)  # fmt: skip

router = APIRouter()


@router.get("/")
def landing(request: Request, published: Current) -> Response:
    """What is there, and where."""
    form = format_in(query_text(request, ("f",)).get("f"), request, PAGE_FORMATS)
    study = published.manifest["study"]["name"]
    title = f"Hotspots in {study}"
    description = (
        f"Recorded incidents and hotspots in {study}, up to {published.manifest['months']['last']}. "
        "Recorded is not all, and places are approximate."
    )
    links = [
        link("self", same_address(request), JSON, "This document"),
        link("alternate", same_address(request, f="html"), "text/html", "This document as a page"),
        link("service-desc", address(request, "api"), OPENAPI, "All addresses (OpenAPI)"),
        link("conformance", address(request, "conformance"), JSON, "Standards that are kept"),
        link("data", address(request, "collections"), JSON, "Layers"),
        link("related", address(request, "map"), "text/html", "Map"),
        link("related", address(request, "feed"), JSON_FEED, "Places that have stayed high"),
        link("describedby", address(request, "manifest"), JSON, "What the release was made from"),
    ]
    if form == "html":
        body = page(
            title, paragraph(description), links_list(links[2:]), home=home_of(request), notes=(published.attribution,)
        )
        return Response(body, media_type=HTML)
    document = {"title": title, "description": description, "attribution": published.attribution, "links": links}
    return Response(to_json(document), media_type=JSON)


@router.get("/conformance")
def conformance(request: Request, published: Current) -> Response:
    """Which standards are kept."""
    form = format_in(query_text(request, ("f",)).get("f"), request, PAGE_FORMATS)
    if form == "html":
        body = page(
            "Standards that are kept",
            *map(paragraph, CONFORMS_TO),
            home=home_of(request),
            notes=(published.attribution,),
        )
        return Response(body, media_type=HTML)
    return Response(to_json({"conformsTo": CONFORMS_TO}), media_type=JSON)


@router.get("/api")
def api(request: Request, published: Current) -> Response:
    """All addresses as an OpenAPI document."""
    form = format_in(query_text(request, ("f",)).get("f"), request, PAGE_FORMATS)
    document = describe(published, str(request.base_url).rstrip("/"))
    if form == "html":
        return Response(_api_page(request, document, published.attribution), media_type=HTML)
    return Response(to_json(document), media_type=OPENAPI)


@router.get("/problems/{slug}")
def problem(request: Request, slug: str) -> Response:
    """What a problem document's `type` means."""
    query_text(request, ())
    for kind in ALL_KINDS:
        if kind.slug == slug:
            return Response(
                to_json({"title": kind.title, "status": kind.status, "remedy": kind.remedy}), media_type=JSON
            )
    raise UnknownResourceError(
        f"There is no kind of problem {slug!r}. There are {', '.join(k.slug for k in ALL_KINDS)}."
    )


@router.get("/style.css")
def style(request: Request) -> Response:
    """How the pages look."""
    query_text(request, ())
    return Response(STYLE, media_type="text/css; charset=utf-8")


def _api_page(request: Request, document: dict[str, Any], attribution: str) -> bytes:
    rows = {
        path: f"{operation['summary']} Parameters: "
        + (", ".join(p["$ref"].rsplit("/", 1)[-1] for p in operation.get("parameters", ())) or "none")
        for path, operations in document["paths"].items()
        for operation in operations.values()
    }
    return page("All addresses", facts(rows), home=home_of(request), notes=(attribution,))
