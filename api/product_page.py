"""A row of a list as a page that needs no script: what must be said beside it first, then what is known of it."""

from __future__ import annotations

from datetime import date

import numpy as np
from fastapi import Request
from starlette.responses import Response

from geo_safety.schema import PRODUCT_TABLES

from .layers import Layer
from .links import address
from .map_shell import reply
from .markup import element, heading, link, listing, paragraph, said, table, word
from .plain_words import month_words
from .questions import SHORTLIST
from .store import Published
from .words import text


def has_own_page(layer: Layer) -> bool:
    """Whether rows of a layer are of a product, and not made of zones: these have the page of an area."""
    return layer.definition.name in PRODUCT_TABLES and "zones" not in layer.definition.column_names


def product_page(request: Request, published: Published, layer: Layer, theme: str, row_id: str) -> Response:
    """The page of one row; the row must be there."""
    found = layer.rows(theme).place_of(row_id)
    assert found is not None
    row = layer.taken(theme, np.array([found])).select(layer.columns).to_pylist()[0]
    says = published.manifest.get("products", {}).get(layer.name, {}).get("says", ())
    columns = [layer.definition.column(name) for name in layer.definition.shown if name not in ("name", "caution")]
    lines = [
        (column.name.replace("_", " "), _in_words(row[column.name], column.unit), column.description)
        for column in columns
    ]
    where = ("collections", layer.name, "items")
    ways = [
        link(address(request, *where, row_id, theme=theme), text("way.api")),
        link(address(request, *where, theme=theme, f="html", limit=100), text("product.all")),
    ]
    if layer.name == SHORTLIST:
        ways.insert(0, link(address(request, "walks", "sheets", row_id), text("product.sheet")))
    return reply(
        request,
        published,
        str(row["name"]),
        paragraph(said(f"{layer.definition.one_row_is[:1].upper()}{layer.definition.one_row_is[1:]}."), class_="lead"),
        element("section", heading("product.beside"), listing([said(one) for one in says]), class_="note"),
        paragraph(said(row["caution"])) if row.get("caution") else "",
        element(
            "section",
            heading("product.known"),
            table(
                text("product.known"),
                (text("product.what"), text("product.value"), text("product.meaning")),
                [tuple(map(said, line)) for line in lines],
                is_titled=True,
            ),
        ),
        element("section", heading("product.ways"), listing(ways)),
        paragraph(word("product.id", id=row_id), class_="second"),
    )


def _in_words(value: object, unit: str | None) -> str:
    if value is None:
        return text("number.none")
    if isinstance(value, bool):
        return text("product.yes") if value else text("product.no")
    if isinstance(value, date):
        return month_words(value)
    number = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    return f"{number} {unit}" if unit and isinstance(value, int | float) and unit != "score" else number
