"""The map."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_safety.outputs.folium_map import map_html

from ..formats import HTML
from ..parameters import Current, query_text
from ..store import Published

router = APIRouter()


@router.get("/map")
def show(request: Request, published: Current) -> Response:
    """The release as a map: one page that needs nothing else."""
    query_text(request, ())
    body, policy = published.prepared.get("map", lambda: _make(published))
    return Response(body, media_type=HTML, headers={"Content-Security-Policy": policy})


def _make(published: Published) -> tuple[bytes, str]:
    body = map_html(published.view).encode()
    return body, policy_for(body)


def policy_for(page: bytes) -> str:
    """The content security policy under which this page runs, and nothing else does.

    The page is written by ourselves and holds its scripts inside, so each is named by its hash. Styles
    cannot be: Leaflet and folium put them on elements (`style="..."`), which a hash does not cover.
    Pictures are data inside the page; nothing may be fetched from anywhere.
    """
    scripts = re.findall(rb"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in scripts if text
    )
    return (
        f"default-src 'none'; script-src {hashes or chr(39) + 'none' + chr(39)}; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
