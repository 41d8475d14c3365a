"""The map's pages that run no script: where people start, one place, the sheet to print, help."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from ..help_pages import HELP, help_page
from ..parameters import Current, query_text, theme_in, zone_named
from ..place_page import missing_page, place_page, theme_of_area
from ..problems import BadParameterError, UnknownResourceError
from ..product_page import has_own_page, product_page
from ..questions import AREAS
from ..sheet import sheet_page
from ..start_pages import role_page, welcome
from ..store import Published

LONGEST_SEARCH = 100

router = APIRouter()


@router.get("/map")
def start(request: Request, published: Current) -> Response:
    """Welcome: search, roles, data month."""
    return welcome(request, published, query_text(request, ("q",)).get("q", "")[:LONGEST_SEARCH])


@router.get("/map/analyst")
def analyst(request: Request, published: Current) -> Response:
    """An analyst's questions."""
    return _role(request, published, "analyst")


@router.get("/map/borough")
def borough(request: Request, published: Current) -> Response:
    """A borough officer's questions."""
    return _role(request, published, "borough")


@router.get("/map/planner")
def planner(request: Request, published: Current) -> Response:
    """A transport planner's questions."""
    return _role(request, published, "planner")


@router.get("/map/place/{layer}/{row_id}")
def place(
    request: Request, published: Current, layer: Annotated[str, Path()], row_id: Annotated[str, Path()]
) -> Response:
    """One place, in words."""
    text = query_text(request, ("t",))
    if layer not in published.collections:
        return missing_page(request, published, layer, row_id)
    of_layer = published.layer(layer)
    given = text.get("t")
    if layer == AREAS:
        given = theme_of_area(published, row_id)
    theme = theme_in(given, of_layer)
    if of_layer.rows(theme).place_of(row_id) is None:
        return missing_page(request, published, layer, row_id)
    make = product_page if has_own_page(of_layer) else place_page
    return make(request, published, of_layer, theme, row_id)


@router.get("/map/print")
def sheet(request: Request, published: Current) -> Response:
    """The sheet to print."""
    return sheet_page(request, published)


@router.get("/map/help/{page}")
def help(request: Request, published: Current, page: Annotated[str, Path()]) -> Response:
    """Help."""
    query_text(request, ())
    if page not in HELP:
        raise UnknownResourceError(f"There is no help page {page!r}. There are {', '.join(HELP)}.")
    return help_page(request, published, page)


def _role(request: Request, published: Published, role: str) -> Response:
    text = query_text(request, ("b", "t") if role == "borough" else ("t",))
    theme = text.get("t")
    if theme is not None and theme not in published.themes:
        raise BadParameterError(
            "t", f"There is no theme {theme!r}. Use {', '.join(published.themes)}.", published.themes
        )
    code = zone_named(text["b"], "borough", published) if text.get("b") else None
    return role_page(request, published, role, theme, code)
