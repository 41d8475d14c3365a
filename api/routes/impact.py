"""A case file judged: did a scheme work, did it move, does it come back? For internal readers."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from geo_safety.case_file import case_from_geojson
from geo_safety.errors import BoundaryError, ConfigError, ProblemsError, WindowError
from geo_safety.impact.page import page_of
from geo_safety.impact.reading import Report

from ..bodies import body_of
from ..formats import GEOJSON, HTML, JSON, OWN_STYLE
from ..json_text import to_json
from ..parameters import Current, choice_in, query_text
from ..problems import BadParameterError, NotAllowedError
from ..store import Published

FORMATS = ("json", "html", "geojson")

router = APIRouter()


@router.post("/analysis/impact")
async def impact(request: Request, published: Current) -> Response:
    """Judge a case: its boundary, ring and comparison places, before and since."""
    text = query_text(request, ("f",))
    form = choice_in(text.get("f", "json"), "f", FORMATS)
    if published.reader.access != "internal":
        raise NotAllowedError(
            "Cases are judged on exact counts, for internal readers only. Ask with an internal key, or run "
            "`geo-safety impact` and pass its open report on."
        )
    body = await body_of(request)
    report = await run_in_threadpool(_judged, published, body)
    if form == "html":
        return Response(page_of(report).encode(), media_type=HTML, headers=OWN_STYLE)
    if form == "geojson":
        return Response(to_json({**report.places, "publication": report.publication.as_dict()}), media_type=GEOJSON)
    return Response(to_json({**report.document, "places": report.places}), media_type=JSON)


def _judged(published: Published, body: bytes) -> Report:
    try:
        return published.report_on(case_from_geojson(body))
    except (ConfigError, BoundaryError, WindowError, ProblemsError) as error:
        raise BadParameterError("body", str(error)) from error
