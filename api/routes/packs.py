"""Packs: what a board takes into a meeting about one place, as its reader may see it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request
from fastapi import Path as InPath
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from geo_safety.case_file import Case, case_from_geojson
from geo_safety.errors import AnalysisError, BoundaryError, ConfigError, ProblemsError, ReleaseError
from geo_safety.impact.reading import Report
from geo_safety.outputs import FORMATS
from geo_safety.packs import PACKS, Basis, Pack, content_of, make_pack, with_walks
from geo_safety.packs.pdf import can_make_pdf

from ..bodies import body_of
from ..formats import GEOJSON, HTML, OWN_STYLE, PDF
from ..kept import NOT_KEPT
from ..parameters import Current, choice_in, query_text
from ..problems import BadParameterError, UnknownResourceError
from ..store import Published

MEDIA = {"html": HTML, "pdf": PDF, "geojson": GEOJSON, "xlsx": FORMATS[".xlsx"].media_type}

OF_WALKS = "wsa"
"""Holds what is kept of walks, for readers with a key: it changes with what is kept."""

PLAN_IS_INTERNAL = (
    (
        "Comparison areas and the smallest change to be seen are worked out from exact counts: for a boundary of your own, "
        "for internal readers only."
    ),
    "Ask with an internal key, or take a published place.",
)

router = APIRouter()


@router.get("/packs/{kind}/{place_id}")
def pack(
    request: Request, published: Current, kind: Annotated[str, InPath()], place_id: Annotated[str, InPath()]
) -> Response:
    """The pack of a place: page, PDF, GeoJSON or Excel."""
    form = _form_in(request, kind)
    holds_walks = kind == OF_WALKS and published.reader.access != "open"
    try:
        if holds_walks:
            state: Path = request.app.state.folder
            made = make_pack(kind, with_walks(_basis(published), state), place_id)
        else:
            made = published.packs.get((kind, place_id), lambda: make_pack(kind, _basis(published), place_id))
    except ReleaseError as error:
        raise UnknownResourceError(str(error)) from None
    return _reply(made, form, is_kept=not holds_walks)


@router.post("/packs/{kind}")
async def pack_of_case(request: Request, published: Current, kind: Annotated[str, InPath()]) -> Response:
    """The pack of a boundary of the reader's own, sent as GeoJSON with its dates."""
    form = _form_in(request, kind)
    if not PACKS[kind].takes_case:
        takes = tuple(name for name, one in PACKS.items() if one.takes_case)
        raise BadParameterError(
            "kind", f"A boundary of your own makes a pack of the kind {', '.join(takes)} only.", takes
        )
    body = await body_of(request)
    return await run_in_threadpool(_of_case, published, kind, body, form)


def _of_case(published: Published, kind: str, body: bytes, form: str) -> Response:
    try:
        case = case_from_geojson(body)
        made = make_pack(kind, _basis(published, is_own=True), case.name, case=case)
    except (ConfigError, BoundaryError, ProblemsError, ReleaseError) as error:
        raise BadParameterError("body", str(error)) from error
    return _reply(made, form, is_kept=False)


def _form_in(request: Request, kind: str) -> str:
    text = query_text(request, ("f",))
    if kind not in PACKS:
        raise UnknownResourceError(f"There is no pack of the kind {kind!r}. There are {', '.join(PACKS)}.")
    form = choice_in(text.get("f", "html"), "f", tuple(MEDIA))
    if form == "pdf" and not can_make_pdf():
        others = tuple(name for name in MEDIA if name != "pdf")
        raise BadParameterError(
            "f", "This service makes no PDF. Take f=html and print it: it is laid out for A4.", others
        )
    return form


def _basis(published: Published, *, is_own: bool = False) -> Basis:
    is_refused = is_own and published.reader.access != "internal"
    judge = _refuse_plan if is_refused else published.report_on
    ground = orjson.loads(published.base_map())["features"]
    return Basis(view=published.view, ground=ground, judge=judge)


def _refuse_plan(_case: Case) -> Report:
    raise AnalysisError(*PLAN_IS_INTERNAL)


def _reply(made: Pack, form: str, *, is_kept: bool) -> Response:
    headers = {} if is_kept else {"Cache-Control": NOT_KEPT}
    if form == "html":
        headers |= OWN_STYLE
    else:
        name = f"pack-{made.kind}-{made.place_id}.{form}"
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content_of(made, form), media_type=MEDIA[form], headers=headers)
