"""Walks: the sheet of a place for everybody, and records of walks for those who keep them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from fastapi import Path as InPath
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from geo_safety.daylight import LIGHTS
from geo_safety.errors import ReleaseError, WalkError
from geo_safety.nominations import nominations
from geo_safety.walk_sheet import SheetPlace, place_named, walk_sheet
from geo_safety.walks import add_walk, compare_latest, open_actions, read_entry, walks

from ..bodies import body_of
from ..formats import HTML, JSON, OWN_STYLE
from ..json_text import to_json
from ..kept import NOT_KEPT
from ..parameters import Current, choice_in, query_text
from ..problems import BadParameterError, NotAllowedError, UnknownResourceError
from ..store import Published

router = APIRouter()


@router.get("/walks/sheets/{place_id}")
def sheet(request: Request, published: Current, place_id: Annotated[str, InPath()]) -> Response:
    """The sheet of a place, to print and take along."""
    text = query_text(request, ("date",))
    day = _day_in(text["date"]) if "date" in text else dt.datetime.now(dt.UTC).date()
    found = _place(request, published, place_id)
    ground = orjson.loads(published.base_map())["features"]
    try:
        html = walk_sheet(found, date=day, manifest=published.manifest, ground=ground)
    except WalkError as error:
        raise BadParameterError("date", str(error)) from None
    # Without a date it tells of the day on which it was made.
    is_kept = "date" in text and "named_by" not in found.row
    return Response(html, media_type=HTML, headers=OWN_STYLE if is_kept else {**OWN_STYLE, "Cache-Control": NOT_KEPT})


@router.get("/walks")
def kept(request: Request, published: Current) -> Response:
    """Records of walks, the newest first, and what of them is still to be done."""
    text = query_text(request, ("place",))
    boroughs = _boroughs(published)
    rows = walks(_state(request), place_id=text.get("place"), boroughs=boroughs)
    named = nominations(_state(request), boroughs=boroughs)
    return _private({"walks": rows, "open_actions": open_actions(rows), "nominations": named})


@router.post("/walks")
async def add(request: Request, published: Current) -> Response:
    """Keep the record of a walk."""
    query_text(request, ())
    boroughs = _boroughs(published)
    body = await body_of(request)
    made = await run_in_threadpool(_add, request, published, body, boroughs)
    return _private(made, status=201)


@router.get("/walks/comparison")
def comparison(request: Request, published: Current) -> Response:
    """The last two walks of a place in the same light, factor by factor."""
    text = query_text(request, ("place", "light"))
    boroughs = _boroughs(published)
    if "place" not in text:
        raise BadParameterError("place", "Say of which place: `place` is a place_id of the layer wsa-shortlist.")
    light: Any = choice_in(text.get("light", "dark"), "light", LIGHTS)
    try:
        found = compare_latest(_state(request), text["place"], light, boroughs=boroughs)
    except WalkError as error:
        raise UnknownResourceError(str(error)) from None
    return _private(found)


def _add(request: Request, published: Published, body: bytes, boroughs: frozenset[str] | None) -> dict[str, Any]:
    try:
        entry = read_entry(orjson.loads(body))
        found = _place(request, published, entry.place_id).place
        if boroughs is not None and found.borough_code not in boroughs:
            raise NotAllowedError(f"The place {entry.place_id} is in none of your boroughs.")
        return add_walk(_state(request), entry, found)
    except orjson.JSONDecodeError:
        raise BadParameterError("body", "The record cannot be read. Send it as JSON.") from None
    except WalkError as error:
        raise BadParameterError("body", str(error)) from None


def _boroughs(published: Published) -> frozenset[str] | None:
    """Whose walks the reader may see: all (None) for internal keys, those of their boroughs for partners."""
    reader = published.reader
    if reader.access == "open":
        raise NotAllowedError("Records of walks are for those who keep them. Ask with a partner's or an internal key.")
    return None if reader.access == "internal" else reader.boroughs


def _place(request: Request, published: Published, place_id: str) -> SheetPlace:
    """A place of the release; for those who keep records also one that the community named."""
    named: list[dict[str, Any]] = []
    if published.reader.access != "open":
        named = nominations(_state(request), boroughs=_boroughs(published))
    try:
        return place_named(published.view, place_id, named=named)
    except ReleaseError as error:
        raise UnknownResourceError(str(error)) from None


def _state(request: Request) -> Path:
    folder: Path = request.app.state.folder
    return folder


def _day_in(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadParameterError("date", f"{text!r} is no day. Write it as 2026-01-15.") from None


def _private(document: Any, *, status: int = 200) -> Response:
    return Response(to_json(document), status, {"Cache-Control": NOT_KEPT}, JSON)
