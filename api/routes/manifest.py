"""What the release was made from."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..formats import JSON
from ..json_text import to_json
from ..parameters import Current, query_text

router = APIRouter()


@router.get("/manifest")
def manifest(request: Request, published: Current) -> Response:
    """The release's manifest: sources, what became of their rows, layers, settings, checksums.

    The checksums name the exact files too, so that whoever has them can prove it; no figure of theirs is in it.
    """
    query_text(request, ())
    return Response(to_json(published.manifest), media_type=JSON)
