"""The map application, its files, and the release as one page that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from geo_safety.errors import InstallError
from geo_safety.outputs.folium_map import map_html
from geo_safety.package_data import asset
from geo_safety.schema import ZONES

from ..formats import GEOJSON, HTML, JSON
from ..json_text import to_json
from ..links import home_of
from ..map_harm import WEIGHTS, harm_classes
from ..map_page import POLICY, explore_page
from ..map_places import places_of
from ..parameters import Current, LayerOf, choice_in, query_text, theme_in
from ..problems import UnknownResourceError
from ..store import Published
from ..view_classes import many_from

WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
"""A worker lives by the policy of its own file, and MapLibre's fetches the tiles."""

router = APIRouter()


@router.get("/map/explore")
def explore(request: Request, published: Current) -> Response:
    """The map application; its whole state is in the address, which only its scripts read."""
    home = home_of(request)
    body = published.prepared.get(("explore", home), lambda: explore_page(published, home))
    return Response(body, media_type=HTML, headers={"Content-Security-Policy": POLICY})


@router.get("/map/base.json")
def ground(request: Request, published: Current) -> Response:
    """The ground that the map is drawn on."""
    query_text(request, ())
    return Response(published.base_map(), media_type=GEOJSON)


@router.get("/map/places.json")
def places(request: Request, published: Current) -> Response:
    """Names that a reader may look for, each with its box."""
    query_text(request, ())
    body = published.prepared.get("places", lambda: to_json({"places": places_of(published)}))
    return Response(body, media_type=JSON)


@router.get("/map/harm/{layer}")
def harm(request: Request, published: Current, layer: LayerOf) -> Response:
    """Classes of harm of a layer's zones, in the order of `/values`."""
    asked = query_text(request, ("theme", "weights"))
    theme = theme_in(asked.get("theme"), layer)
    weights = choice_in(asked.get("weights", "cchi"), "weights", tuple(WEIGHTS))
    if layer.definition is not ZONES:
        raise UnknownResourceError(f"The layer {layer.name} holds no zones, and only zones have classes of harm.")

    def make() -> bytes:
        return to_json(harm_classes(layer, theme, weights, many=many_from(layer, theme)))

    return Response(published.prepared.get(("harm", layer.name, theme, weights), make), media_type=JSON)


@router.get("/map/assets/{name}")
def built_file(request: Request, name: Annotated[str, Path()]) -> Response:
    """A script or style sheet of the application; its name holds its hash, so it never changes."""
    query_text(request, ())
    gone = "There is no such file. Open /map/explore again."
    if not re.fullmatch(r"[A-Za-z0-9_-]+\.(js|css)", name):
        raise UnknownResourceError(gone)
    try:
        body = asset(f"map/{name}").read_bytes()
    except InstallError as error:
        raise UnknownResourceError(gone) from error
    media = "text/javascript" if name.endswith(".js") else "text/css"
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": WORKER_POLICY}
    return Response(body, media_type=media, headers=headers)


@router.get("/map/standalone")
def standalone(request: Request, published: Current) -> Response:
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
