"""Tables that set zones side by side: this window and the one before, two themes at once, the busiest and the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_safety.comparison import COLUMNS, compare_windows
from geo_safety.overlap import columns_of, zones_on_both_lists, zones_on_first_list_alone
from geo_safety.publication import NOT_ADDED, Publication
from geo_safety.top_zones import as_rows, top_shares

from .. import tally
from ..formats import COMPARISON_FORMATS, FILES, HTML, JSON, PAGE_FORMATS, format_in
from ..json_text import to_json
from ..links import home_of, link, same_address
from ..pages import page, paragraph, table
from ..parameters import Current, choice_in, query_text, theme_in, themes_in, zone_named, zones_layer_in
from ..store import Published

HOW_TOP = (
    "Zones without incidents are included, and the busiest are chosen by the same counts that are then added: part of "
    "their share is luck. Where hidden small counts have a say, there is a range."
)
SHOWN_TOP = ("busiest share of zones", "zones", "hold at least", "hold at most")

ON_LISTS = {"both": zones_on_both_lists, "first": zones_on_first_list_alone}
"""Whose list a zone has to be on: of both themes, or of the first alone."""

router = APIRouter()


@router.get("/analysis/comparison")
def comparison(request: Request, published: Current) -> Response:
    """Counts of this window and of the one before in each zone, and of what has no place."""
    text = query_text(request, ("layer", "theme", "borough", "f"))
    form = format_in(text.get("f"), request, COMPARISON_FORMATS)
    layer = zones_layer_in(text.get("layer"), published)
    theme = theme_in(text.get("theme"), layer)
    borough = zone_named(text["borough"], "borough", published) if "borough" in text else None
    rows = tally.add(compare_windows(published.view, layer.name, theme, borough=borough))
    title = f"{layer.name}: {theme}, this window and the one before"
    head = {"layer": layer.name, "theme": theme}
    return table_reply(request, published, rows, form, name="comparison", title=title, head=head, columns=COLUMNS,
                  publication=published.publication(layer.name, theme))  # fmt: skip


@router.get("/analysis/overlap")
def overlap(request: Request, published: Current) -> Response:
    """Zones that are hotspots of two themes, or of the first and not of the second; their counts are never added."""
    text = query_text(request, ("layer", "themes", "on", "borough", "f"))
    form = format_in(text.get("f"), request, COMPARISON_FORMATS)
    layer = zones_layer_in(text.get("layer"), published)
    first, second = themes_in(text.get("themes"), layer)
    borough = zone_named(text["borough"], "borough", published) if "borough" in text else None
    on = choice_in(text.get("on", "both"), "on", tuple(ON_LISTS))
    rows = tally.add(ON_LISTS[on](published.view, layer.name, first, second, borough=borough))
    title = f"{layer.name}: high for {first} {'and' if on == 'both' else 'but not'} for {second}"
    head = {"layer": layer.name, "themes": [first, second], "on": on, "how": NOT_ADDED}
    return table_reply(request, published, rows, form, name="overlap", title=title, head=head,
                  columns=columns_of(first, second), publication=published.publication(layer.name))  # fmt: skip


@router.get("/analysis/top")
def top(request: Request, published: Current) -> Response:
    """Which share of all incidents lies in the busiest 1, 5 and 10 % of zones, those without incidents included."""
    text = query_text(request, ("layer", "theme", "f"))
    form = format_in(text.get("f"), request, PAGE_FORMATS)
    layer = zones_layer_in(text.get("layer"), published)
    theme = theme_in(text.get("theme"), layer)
    rows = as_rows(top_shares(published.view, layer.name, theme))
    publication = published.publication(layer.name, theme)
    if form == "html":
        body = page(
            f"{layer.name}: {theme}, how much lies in the busiest zones",
            paragraph(f"{HOW_TOP} Can I publish this? {publication.answer}"),
            table(SHOWN_TOP, [_top_row(row) for row in rows]),
            home=home_of(request),
            notes=(*publication.caveats, published.attribution),
        )
        return Response(body, media_type=HTML)
    document = {
        "layer": layer.name,
        "theme": theme,
        "how": HOW_TOP,
        "rows": rows,
        "links": [link("self", same_address(request), JSON, "This document")],
        "attribution": published.attribution,
        "publication": publication.as_dict(),
    }
    return Response(to_json(document), media_type=JSON)


def table_reply(
    request: Request,
    published: Published,
    rows: pa.Table,
    form: str,
    *,
    name: str,
    title: str,
    head: Mapping[str, object],
    columns: tuple[str, ...],
    publication: Publication,
) -> Response:
    """A table without shapes in the format asked for."""
    if form == "html":
        body = page(
            title,
            paragraph(f"{rows.num_rows} rows. Can I publish this? {publication.answer}"),
            table(columns, [tuple(row.values()) for row in rows.to_pylist()]),
            home=home_of(request),
            notes=(*publication.caveats, published.attribution),
        )
        return Response(body, media_type=HTML)
    if form == "json":
        document = {
            **head,
            "rows": rows.to_pylist(),
            "links": [link("self", same_address(request), JSON, "This document")],
            "attribution": published.attribution,
            "publication": publication.as_dict(),
        }
        return Response(to_json(document), media_type=JSON)
    with tempfile.TemporaryDirectory(prefix="geo-safety-") as folder:
        path = Path(folder) / f"{name}.{form}"
        FILES[form].write(rows, path, publication)
        body = path.read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(body, media_type=FILES[form].media_type, headers=headers)


def _top_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    shares = [row[name] for name in ("share_of_zones", "low", "high")]
    zones, least, most = ("none" if share is None else f"{share * 100:.1f} %" for share in shares)
    return zones, f"{row['zones']:,}", least, most
