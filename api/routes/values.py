"""Counts of all zones of a layer by month or moving window, as columns: what a time slider steps through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_safety.months import month_number, month_text
from geo_safety.schema import ZONES
from geo_safety.window_counts import RunningCounts, WindowCounts, window_counts

from ..formats import ARROW, JSON, VALUE_FORMATS, format_in
from ..json_text import to_json
from ..layers import Layer
from ..links import address, link, same_address
from ..months import study_months
from ..parameters import Current, LayerOf, choice_in, month_in, query_text, theme_in, whole_number_in
from ..problems import BadParameterError, UnknownResourceError
from ..store import Published

PARAMETERS = ("theme", "measure", "month", "from", "to", "window", "ids", "f")

MEASURES = ("incidents",)
IDS = ("include", "omit")
LONGEST_WINDOW, MOST_STEPS = 120, 120

router = APIRouter()


@router.get("/values/{layer}/zones")
def zones(request: Request, published: Current, layer: LayerOf) -> Response:
    """The ids of a layer's zones, in the order in which `/values` and the features of tiles count them."""
    query_text(request, ())
    body = published.prepared.get(("zone ids", layer.name), lambda: to_json(_zone_ids(layer)))
    return Response(
        b'{"layer":%b,"zone_ids":%b,"attribution":%b}' % (to_json(layer.name), body, to_json(published.attribution)),
        media_type=JSON,
    )


@router.get("/values/{layer}/study")
def study(request: Request, published: Current, layer: LayerOf) -> Response:
    """Counts of all zones together, month by month; null in a gap, and where the sum is a small one."""
    theme = theme_in(query_text(request, ("theme",)).get("theme"), layer)
    published.refuse_recount(layer.name, theme)
    found = study_months(published, layer, theme)
    if found is None or layer.definition is not ZONES:
        raise UnknownResourceError(f"The layer {layer.name} has no month of the theme {theme}.")
    document = {
        "layer": layer.name,
        "theme": theme,
        "months": list(found),
        "incidents": list(found.values()),
        "attribution": published.attribution,
        "publication": published.publication(layer.name, theme).as_dict(),
    }
    return Response(to_json(document), media_type=JSON)


@router.get("/values/{layer}")
def values(request: Request, published: Current, layer: LayerOf) -> Response:
    """One column of counts for each month or window asked for."""
    text = query_text(request, PARAMETERS)
    theme = theme_in(text.get("theme"), layer)
    choice_in(text.get("measure", MEASURES[0]), "measure", MEASURES)
    with_ids = choice_in(text.get("ids", IDS[0]), "ids", IDS) == "include"
    form = format_in(text.get("f"), request, VALUE_FORMATS)
    months = whole_number_in(text.get("window", "1"), "window", highest=LONGEST_WINDOW)
    running = _running(published, layer, theme)
    ends = _ends_in(text, running)
    if form == "arrow":
        steps = [window_counts(running, end, months=months, access=published.recount_access) for end in ends]
        return Response(_arrow(layer, theme, steps, with_ids=with_ids), media_type=ARROW)
    columns = [_column(published, layer, theme, running, end, months) for end in ends]
    head = {
        "layer": layer.name,
        "theme": theme,
        "measure": MEASURES[0],
        "window": months,
        "steps": [_step(published, theme, running, end, months) for end in ends],
        # Null in a column means hidden, but for these places, which no feed answers for in any month.
        "unanswered": np.flatnonzero(~running.is_answered),
        "links": [
            link("self", same_address(request), JSON, "This document"),
            link("zones", address(request, "values", layer.name, "zones"), JSON, "The zones in order"),
        ],
        "attribution": published.attribution,
        "publication": published.publication(layer.name, theme).as_dict(),
        **({"zone_ids": _zone_ids(layer)} if with_ids else {}),
    }
    return Response(b"".join((to_json(head)[:-1], b',"values":[', b",".join(columns), b"]}")), media_type=JSON)


def _zone_ids(layer: Layer) -> list[str]:
    if layer.definition is not ZONES:
        raise UnknownResourceError(f"The layer {layer.name} holds no zones. Its rows are at its items.")
    return [str(zone) for zone in layer.shapes().ids]


def _running(published: Published, layer: Layer, theme: str) -> RunningCounts:
    """The theme's counts, added up once a release."""
    running = published.running(layer.name, theme, np.asarray(_zone_ids(layer)))
    if not len(running.has_data):
        raise UnknownResourceError(f"The layer {layer.name} has no month of the theme {theme}.")
    return running


def _ends_in(text: dict[str, str], running: RunningCounts) -> list[int]:
    """Last months of the windows asked for; by default the newest month."""
    if "month" in text and ("from" in text or "to" in text):
        raise BadParameterError("month", "Send either `month`, or `from` and `to`.")
    given = {name: month_number(month_in(text[name], name)) for name in ("month", "from", "to") if name in text}
    if not {"from", "to"} & set(given):
        return [given.get("month", running.last_month)]
    first, last = given.get("from", running.first_month), given.get("to", running.last_month)
    span = f"{month_text(running.first_month)} to {month_text(running.last_month)}"
    if first > last:
        raise BadParameterError("from", f"`from` is later than `to`. There are months from {span}.")
    if last - first >= MOST_STEPS:
        raise BadParameterError("from", f"Ask for at most {MOST_STEPS} months at a time. There are months from {span}.")
    return list(range(first, last + 1))


def _column(published: Published, layer: Layer, theme: str, running: RunningCounts, end: int, months: int) -> bytes:
    """One step as JSON, written once while it is among the latest asked for."""

    def make() -> bytes:
        counts = window_counts(running, end, months=months, access=published.recount_access).incidents
        return to_json(None if counts is None else counts.to_pylist())

    return published.tiles.get(("values", layer.name, theme, end, months), make)


def _step(published: Published, theme: str, running: RunningCounts, end: int, months: int) -> dict[str, Any]:
    """What must be known of a step: its months, its gaps, and the recording breaks that it crosses."""
    start = end - months + 1
    window = range(start, end + 1)
    known = {running.first_month + int(place) for place in np.flatnonzero(running.has_data)}
    breaks = published.manifest["themes"][theme]["recording"]["breaks"]
    return {
        "from": month_text(start),
        "to": month_text(end),
        "missing": [month_text(month) for month in window if month not in known],
        "breaks": [one for one in breaks if start < month_number(one["month"]) <= end],
    }


def _arrow(layer: Layer, theme: str, steps: list[WindowCounts], *, with_ids: bool) -> bytes:
    """An Arrow stream: a column for each step, named by its last month."""
    ids = _zone_ids(layer)
    columns: dict[str, pa.Array] = {"zone_id": pa.array(ids)} if with_ids else {}
    for step in steps:
        counts = step.incidents
        columns[month_text(step.window.end)] = pa.nulls(len(ids), pa.int32()) if counts is None else counts
    table = pa.table(columns).replace_schema_metadata(
        {"layer": layer.name, "theme": theme, "window": str(steps[0].window.months)}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
