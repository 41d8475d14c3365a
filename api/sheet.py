"""The sheet to print: one view on A4 or A3 with its key, scale, table, cautions and source, drawn by the server."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from fastapi import Request
from numpy.typing import NDArray
from starlette.responses import Response

from geo_safety.map_classes import noun_of
from geo_safety.months import month_number
from geo_safety.publication import FEEDBACK, RECORDED_IS_NOT_ALL, SAID_BESIDE, SMALL_NUMBERS
from geo_safety.schema import ZONES
from geo_safety.window_counts import window_counts

from .ground import ground_of
from .kept import NOT_KEPT
from .layers import Layer
from .links import address, key_in, same_address
from .map_drawing import Frame, drawn, frame_around, numbered, scale_bar
from .map_harm import WEIGHTS
from .map_shell import reply
from .markup import element, link, listing, paragraph, said, table, word
from .plain_words import count_words, month_words, window_words
from .questions import AREAS, borough_name, why_no_classes
from .store import Published
from .view_classes import (
    DRAWN,
    Classed,
    breaks_for,
    classed,
    classed_by_density,
    classed_by_harm,
    counted,
    with_unsure,
)
from .words import text

PAPERS = ("a4", "a3")
TURNS = ("landscape", "portrait")
SIZES = {"landscape": (1000, 560), "portrait": (1000, 620)}
"""Units of the map; as an SVG it is as sharp as the printer."""

MOST_AREAS = 12
STATES = ("r", "t", "l", "v", "w", "end", "vs", "cmp", "b", "f", "s", "poly", "at", "tab", "sort", "cursor", "wt")
"""Keys of the map's address; a sheet takes those that say what is drawn."""

_LETTERS = {"12": 12, "q": 3, "1": 1}


@dataclass(frozen=True)
class Asked:
    """What a sheet shows."""

    published: Published
    layer: Layer
    theme: str
    view: str
    borough: str | None
    months: int
    end: str | None
    selected: tuple[str, str] | None
    at: tuple[float, float, float] | None
    weights: str
    paper: str
    turn: str
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """The classes of the zones, and the window that they are of."""

    classes: Classed
    window: str


def sheet_page(request: Request, published: Published) -> Response:
    """The sheet of a state of the map; what cannot be drawn is said and replaced by what can."""
    asked = _asked(request, published)
    shown = _shown(asked)
    frame = _frame(asked)
    areas = _areas(asked, frame)
    study = published.manifest["study"]["name"]
    title = text(f"title.{asked.view}", noun=noun_of(asked.theme), level=_level(published))
    place = borough_name(published, asked.borough) or study
    in_frame = _in_frame(asked, frame)
    svg = _map(asked, shown.classes, frame, areas, title)
    note = SAID_BESIDE.get(asked.theme)
    body = (
        paragraph(said(text("print.subtitle", place=place, window=shown.window)), class_="lead"),
        paragraph(said(note), class_="note") if note else "",
        *(paragraph(said(notice), class_="note screen-only") for notice in asked.notices),
        _choices(request, asked),
        element(
            "div",
            element("figure", svg, class_="sheet__map"),
            element(
                "div",
                _legend(asked, shown.classes, in_frame),
                _inset(asked, frame),
                _summary(shown.classes, in_frame, areas),
                class_="sheet__side",
            ),
            class_="sheet__body",
        ),
        element("div", _table(areas), _small_print(request, asked), class_="sheet__foot"),
    )
    reply_ = reply(request, published, title, *body, class_=f"page sheet sheet--{asked.paper}-{asked.turn}")
    # It tells the day on which it was made.
    reply_.headers["Cache-Control"] = NOT_KEPT
    return reply_


def _asked(request: Request, published: Published) -> Asked:
    """The state that the address names; what cannot be used is left at its default and named."""
    query = dict(request.query_params)
    zones = [name for name in published.collections if published.layer(name).definition is ZONES]
    usual = published.manifest.get("rules", {}).get("layer")
    layer = published.layer(_one_of(query.get("l"), zones, usual if usual in zones else zones[0]))
    theme = _one_of(query.get("t"), layer.themes, layer.themes[0])
    view = _one_of(query.get("v"), DRAWN, "count")
    notices = []
    if query.get("v") not in (None, *DRAWN):
        notices.append(text("print.notDrawn", view=query["v"]))
    if query.get("vs"):
        notices.append(text("print.oneWindow"))
    strange = [key for key in query if key not in (*STATES, "paper", "turn", "key")]
    if strange:
        notices.append(text("print.ignored", keys=", ".join(sorted(strange))))
    why = why_no_classes(published, layer.name, theme)
    if view in ("class", "stability") and why is not None:
        notices.append(text("print.noClasses", why=why))
    layer_name, _, row_id = query.get("s", "").partition(":")
    return Asked(
        published=published,
        layer=layer,
        theme=theme,
        view=view,
        borough=query["b"].split(",")[0] if borough_name(published, query.get("b", "").split(",")[0]) else None,
        months=_LETTERS.get(query.get("w", "12"), 12),
        end=query.get("end"),
        selected=(layer_name, row_id) if layer_name in published.collections and row_id else None,
        at=_camera(query.get("at")),
        weights=_one_of(query.get("wt"), tuple(WEIGHTS), "cchi"),
        paper=_one_of(query.get("paper"), PAPERS, PAPERS[0]),
        turn=_one_of(query.get("turn"), TURNS, TURNS[0]),
        notices=tuple(notices),
    )


def _one_of(value: str | None, choices: Any, usual: str) -> str:
    return value if value is not None and value in choices else usual


def _camera(value: str | None) -> tuple[float, float, float] | None:
    """Zoom, latitude and longitude."""
    try:
        zoom, lat, lon = (float(part) for part in (value or "").split("/"))
    except ValueError:
        return None
    is_place = 0 <= zoom <= 22 and -85 <= lat <= 85 and -180 <= lon <= 180
    return (zoom, lat, lon) if is_place else None


def _shown(asked: Asked) -> Shown:
    """Classes of the view; counts of another window are those of `/values`."""
    rows = asked.layer.rows(asked.theme).table
    breaks = breaks_for(asked.layer, asked.theme)
    own = rows.select(["window_start", "window_end"]).slice(0, 1).to_pylist()
    window = own[0] if own else {}
    end = window.get("window_end")
    is_other = asked.end is not None or asked.months != 12
    if asked.view == "count" and is_other and asked.theme in asked.published.view.recounted_themes:
        found = _other_window(asked, breaks, asked.end or (f"{end:%Y-%m}" if end else ""))
        if found is not None:
            return found
    return Shown(_own_window(asked, rows, breaks), window_words(window))


def _own_window(asked: Asked, rows: pa.Table, breaks: tuple[int, ...]) -> Classed:
    if asked.view == "count":
        return classed("count", rows, theme=asked.theme, breaks=breaks)
    if asked.view == "density":
        found = classed_by_density(asked.layer, asked.theme)
    elif asked.view in ("harm", "both"):
        found = classed_by_harm(asked.layer, asked.theme, asked.weights, asked.view)
    else:
        found = classed(asked.view, rows, theme=asked.theme, breaks=breaks)
    return with_unsure(found, rows)


def _other_window(asked: Asked, breaks: tuple[int, ...], end: str) -> Shown | None:
    """Counts of a window of the reader's choice; None where a month of it has no data."""
    try:
        last = month_number(end)
    except ValueError:
        return None
    ids = np.asarray([str(zone) for zone in asked.layer.shapes().ids])
    running = asked.published.running(asked.layer.name, asked.theme, ids)
    counts = window_counts(running, last, months=asked.months, access=asked.published.recount_access).incidents
    if counts is None:
        return None
    # What is hidden is 1 to 4; zones that no feed answers for have no class.
    values = np.where(running.is_answered, counts.fill_null(1).to_numpy(zero_copy_only=False), 0)
    of_rows = np.searchsorted(ids, asked.layer.rows(asked.theme).ids)
    months = text("window.text", months=asked.months, end=month_words(end))
    return Shown(counted(values[of_rows], breaks), months if asked.months > 1 else month_words(end))


def _frame(asked: Asked) -> Frame:
    """Around what is selected, the camera, the borough, or all."""
    width, height = SIZES[asked.turn]
    if asked.at is not None:
        zoom, lat, lon = asked.at
        half = 360 / 2**zoom * 800 / 512 / 2
        return frame_around((lon - half, lat - half * 0.4, lon + half, lat + half * 0.4), width, height, margin=0)
    shape = _shape_of(asked.published, *asked.selected) if asked.selected else None
    if shape is not None:
        return frame_around(shapely.bounds(shapely.buffer(shape, 0.012)), width, height)
    if asked.borough is not None:
        borough = _shape_of(asked.published, "boroughs", asked.borough)
        if borough is not None:
            return frame_around(shapely.bounds(borough), width, height)
    bounds = asked.layer.bounds
    assert bounds is not None
    return frame_around(bounds, width, height)


def _shape_of(published: Published, layer: str, row_id: str) -> shapely.Geometry | None:
    shapes = published.layer(layer).shapes()
    found = np.flatnonzero(shapes.ids == row_id)
    return shapes.tree.geometries[found[0]] if len(found) else None


def _in_frame(asked: Asked, frame: Frame) -> NDArray[np.bool_]:
    """Which rows' zones lie in the frame (and in the borough)."""
    rows, shapes = asked.layer.rows(asked.theme), asked.layer.shapes()
    inside = np.zeros(len(shapes.ids), dtype=bool)
    inside[shapes.tree.query(shapely.box(*frame.bounds), predicate="intersects")] = True
    found: NDArray[np.bool_] = inside[rows.shape]
    if asked.borough is not None:
        found = found & asked.layer.lies_in(asked.theme, "borough", asked.borough)
    return found


def _areas(asked: Asked, frame: Frame) -> list[dict[str, Any]]:
    """Areas of the theme in the frame, most reports first, each with its outline."""
    published = asked.published
    if AREAS not in published.collections or asked.theme not in published.layer(AREAS).themes:
        return []
    layer = published.layer(AREAS)
    rows, shapes = layer.rows(asked.theme), layer.shapes().tree.geometries
    outlines = shapes[rows.shape]
    inside = shapely.intersects(outlines, shapely.box(*frame.bounds))
    if asked.borough is not None:
        inside &= layer.lies_in(asked.theme, "borough", asked.borough)
    places = np.flatnonzero(inside)
    found = layer.taken(asked.theme, places).select(layer.columns).to_pylist()
    for row, place in zip(found, places.tolist(), strict=True):
        row["shape"] = outlines[place]
    return sorted(found, key=lambda row: (-(row["incidents"] or 0), row["area_id"]))


def _map(asked: Asked, classes: Classed, frame: Frame, areas: list[dict[str, Any]], title: str) -> str:
    ground = ground_of(asked.published)
    rows, shapes = asked.layer.rows(asked.theme), asked.layer.shapes().tree.geometries
    inside = _in_frame(asked, frame)
    zones = "".join(
        drawn(frame, shapes[rows.shape[inside & (classes.of_zone == place)]], "sheet__zone", fill=colour)
        for place, colour in enumerate(classes.colours)
    )
    of_tier = "".join(
        drawn(frame, np.array([row["shape"] for row in areas if (row["tier"] or "") == tier], dtype=object),
              f"sheet__area{' sheet__area--' + tier.lower() if tier else ''}")
        for tier in ("", "C", "B", "A")
    )  # fmt: skip
    casing = drawn(frame, np.array([row["shape"] for row in areas], dtype=object), "sheet__casing")
    first = areas[:MOST_AREAS]
    discs = numbered(
        frame,
        np.array([row["shape"] for row in first], dtype=object),
        [str(place) for place in range(1, len(first) + 1)],
    )
    return element(
        "svg",
        element("title", said(text("print.mapLabel", title=title))),
        *(drawn(frame, ground.of(kind), f"sheet__{kind}") for kind in ("land", "park", "water")),
        zones,
        drawn(frame, shapes[rows.shape[inside & _is_ringed(asked)]], "sheet__ring"),
        *(drawn(frame, ground.of(kind), f"sheet__{kind}") for kind in ("line", "borough")),
        casing,
        of_tier,
        discs,
        scale_bar(frame),
        viewBox=f"0 0 {frame.width} {frame.height}",
        role="img",
        class_="sheet__svg",
    )


def _is_ringed(asked: Asked) -> NDArray[np.bool_]:
    """Rows' zones that the two indexes of harm put far apart, where harm is shown."""
    rows = asked.layer.rows(asked.theme).table
    if asked.view not in ("harm", "both"):
        return np.zeros(rows.num_rows, dtype=bool)
    found: NDArray[np.bool_] = pc.fill_null(rows["harm_rank_differs"], fill_value=False).to_numpy(zero_copy_only=False)
    return found


def _legend(asked: Asked, classes: Classed, in_frame: NDArray[np.bool_]) -> str:
    lines = "".join(
        element(
            "li",
            f'<svg viewBox="0 0 22 16" class="sheet__swatch" aria-hidden="true">'
            f'<rect width="22" height="16" fill="{colour}" class="sheet__key"/></svg>',
            element("span", said(label)),
            element("span", said(f"{int((in_frame & (classes.of_zone == place)).sum()):,}"), class_="sheet__count"),
        )
        for place, (label, colour) in enumerate(zip(classes.labels, classes.colours, strict=True))
    )
    tiers = "".join(
        element(
            "li",
            '<svg viewBox="0 0 22 16" class="sheet__swatch" aria-hidden="true">'
            f'<path d="M1 8h20" class="sheet__area sheet__area--{tier.lower()}"/></svg>',
            element("span", word(f"print.tier.{tier}")),
        )
        for tier in ("A", "B", "C")
    )
    return element("section", element("h2", word("print.legend")), paragraph(word("print.zones"), class_="second right"),
                   element("ul", lines, _ring_key(asked, in_frame), tiers, class_="sheet__legend"))  # fmt: skip


def _ring_key(asked: Asked, in_frame: NDArray[np.bool_]) -> str:
    ringed = int((in_frame & _is_ringed(asked)).sum())
    if not ringed:
        return ""
    picture = (
        '<svg viewBox="0 0 22 16" class="sheet__swatch" aria-hidden="true">'
        '<rect x="2" y="2" width="18" height="12" class="sheet__ring"/></svg>'
    )
    count = element("span", said(f"{ringed:,}"), class_="sheet__count")
    return element("li", picture, element("span", word("legend.ring")), count)


def _inset(asked: Asked, frame: Frame) -> str:
    """All of the study small, with the frame on it; nothing where the frame shows it all."""
    bounds = asked.layer.bounds
    assert bounds is not None
    whole = frame_around(bounds, 200, 150)
    if frame.units_per_km < 1.5 * frame_around(bounds, frame.width, frame.height).units_per_km:
        return ""
    ground = ground_of(asked.published)
    box = np.array([shapely.box(*frame.bounds)], dtype=object)
    return element(
        "figure",
        element(
            "svg",
            element("title", word("print.inset")),
            *(drawn(whole, ground.of(kind), f"sheet__{kind}") for kind in ("land", "water", "borough")),
            drawn(whole, box, "sheet__frame"),
            viewBox="0 0 200 150",
            role="img",
        ),
        element("figcaption", word("print.inset")),
        class_="sheet__inset",
    )


def _summary(classes: Classed, in_frame: NDArray[np.bool_], areas: list[dict[str, Any]]) -> str:
    shown = int((in_frame & (classes.of_zone >= 0)).sum())
    lines = [
        text("print.summary.counts", listed=len(areas), shown=min(len(areas), MOST_AREAS)),
        text("print.summary.zones", shown=f"{shown:,}", zones=f"{int(in_frame.sum()):,}"),
        *(text(f"print.summary.{what}") for what in ("small", "around", "recorded")),
    ]
    return element("section", element("h2", word("print.summary")), listing(said(line) for line in lines))


def _table(areas: list[dict[str, Any]]) -> str:
    if not areas:
        return paragraph(word("print.noAreas"))
    columns = [text(f"print.col.{name}") for name in ("n", "area", "reports", "class", "tier")]
    rows = [
        [
            said(place),
            said(row["name"]),
            said(count_words(row)),
            word(f"print.class.{row['class']}") if row["class"] else word("number.none"),
            said(row["tier"] or "–"),
        ]
        for place, row in enumerate(areas[:MOST_AREAS], start=1)
    ]
    left = len(areas) - len(rows)
    rest = paragraph(word("print.more", n=left), class_="second") if left else ""
    return element("section", table(text("print.table"), columns, rows), rest, class_="sheet__table")


def _small_print(request: Request, asked: Asked) -> str:
    publication = asked.published.publication(asked.layer.name, asked.theme)
    today = dt.datetime.now(dt.UTC).date()
    # A key is nobody's business on paper.
    where = same_address(request).split("?")[0] if key_in(request) else same_address(request)
    manifest = asked.published.manifest
    release = {"month": month_words(manifest["months"]["last"]), "release": asked.published.release_id,
               "method": manifest["method_version"]}  # fmt: skip
    lines = [
        text("print.publish", answer=publication.answer),
        f"{text('foot.sources')} {asked.published.attribution}",
        text("foot.release", **release),
        RECORDED_IS_NOT_ALL,
        FEEDBACK,
        *([SMALL_NUMBERS] if SMALL_NUMBERS in publication.caveats else []),
        f"{text('print.address', address=where)} · {text('print.date', date=f'{today.day} {today:%B %Y}')}",
    ]
    return element("section", *(paragraph(said(line)) for line in lines), class_="sheet__print")


def _choices(request: Request, asked: Asked) -> str:
    """Other papers, and how to print; not itself printed."""
    query = {key: value for key, value in request.query_params.items() if key in STATES}
    others = [
        link(address(request, "map", "print", **{**query, "paper": paper, "turn": turn}),
             f"{paper.upper()} {text(f'print.{turn}')}",
             aria_current="true" if (paper, turn) == (asked.paper, asked.turn) else None)
        for paper in PAPERS
        for turn in TURNS
    ]  # fmt: skip
    back = link(address(request, "map", "explore", **query), text("place.link.map"))
    how = text("print.how", paper=asked.paper.upper(), turn=text(f"print.{asked.turn}"))
    return element("div", paragraph(said(how), " ", back),
                   element("nav", listing(others, class_="choices"), aria_label=text("print.other")),
                   class_="screen-only")  # fmt: skip


def _level(published: Published) -> str:
    return f"{published.manifest.get('rules', {}).get('level', 3):g}"
