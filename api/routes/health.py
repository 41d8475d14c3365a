"""Is the service up, can it answer, and how is it doing?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..formats import JSON
from ..json_text import to_json
from ..metrics import MEDIA_TYPE, Metrics
from ..parameters import Current, query_text

router = APIRouter()


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """The process runs."""
    query_text(request, ())
    return Response(to_json({"status": "ok"}), media_type=JSON)


@router.get("/readyz")
def readyz(request: Request, published: Current) -> Response:
    """There is a release to serve; else a problem document with status 503."""
    query_text(request, ())
    return Response(to_json({"status": "ready", "release_id": published.release_id}), media_type=JSON)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    query_text(request, ())
    counted: Metrics = request.app.state.metrics
    published = request.state.published
    return Response(counted.text(published.release_id if published else None), media_type=MEDIA_TYPE)
