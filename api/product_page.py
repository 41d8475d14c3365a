"""A row of a list as a page that needs no script: what it says, each figure under its name, and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from fastapi import Request
from starlette.responses import Response

from geo_safety.marks import MARKINGS
from geo_safety.schema import PRODUCT_TABLES

from .layers import Layer
from .links import address
from .map_shell import reply
from .markup import element, heading, link, listing, paragraph, said, table, word
from .plain_words import capital, month_words
from .product_words import Group, summary_of
from .store import Published
from .words import text


def has_own_page(layer: Layer) -> bool:
    """Whether rows of a layer are of a list, and not zones or areas made of them."""
    return layer.definition.name in PRODUCT_TABLES


def product_page(request: Request, published: Published, layer: Layer, theme: str, row_id: str) -> Response:
    """The page of one row; the row must be there."""
    found = layer.rows(theme).place_of(row_id)
    assert found is not None
    row = layer.taken(theme, np.array([found])).select(layer.columns).to_pylist()[0]
    if layer.name not in MARKINGS:
        return _plain_page(request, published, layer, theme, row)
    told = summary_of(request, published, layer, theme, row)
    on_map = address(request, "map", "explore", t=theme, l=layer.name, s=f"{layer.name}:{row_id}")
    ways = [link(on_map, text("way.map")), *(link(href, label) for href, label in told.links)]
    return reply(
        request,
        published,
        told.name,
        paragraph(said(told.sub), class_="second"),
        element("section", heading("product.beside"), listing(said(one) for one in told.says), class_="note"),
        element("section", heading("place.answer"), *(paragraph(said(one), class_="answer__line") for one in told.sentences),
                class_="answer"),
        *(_group(one) for one in told.groups),
        element("section", heading("place.careful"), listing(said(one) for one in told.cautions)),
        element("section", heading("product.ways"), listing(ways)),
        paragraph(word("product.id", id=row_id), class_="second"),
    )  # fmt: skip


def _group(group: Group) -> str:
    lines = [
        (f"{element('span', said(one.sign), aria_hidden='true')} {said(one.label)}" if one.sign else said(one.label),
         element("data", said(one.said), value="" if one.value is None else one.value, data_column=one.column))
        for one in group.figures
    ]  # fmt: skip
    columns = (text("product.what"), text("product.value"))
    return element(
        "section",
        element("h2", said(group.title)),
        paragraph(said(group.note), class_="second") if group.note else "",
        table(group.title, columns, lines, is_titled=True),
    )


def _plain_page(request: Request, published: Published, layer: Layer, theme: str, row: dict[str, object]) -> Response:
    """A row of a list that no map draws: its columns, each with its meaning."""
    row_id = str(row[layer.id_column])
    says: Sequence[str] = published.manifest.get("products", {}).get(layer.name, {}).get("says", ())
    columns = [layer.definition.column(name) for name in (layer.definition.shown or layer.columns)]
    lines = [
        (column.name.replace("_", " "), _in_words(row[column.name], column.unit), column.description)
        for column in columns
        if column.name not in ("name", "caution")
    ]
    where = ("collections", layer.name, "items")
    ways = [
        link(address(request, *where, row_id, theme=theme), text("way.api")),
        link(address(request, *where, theme=theme, f="html", limit=100), text("product.all")),
    ]
    return reply(
        request,
        published,
        str(row["name"]),
        paragraph(said(f"{capital(layer.definition.one_row_is)}."), class_="lead"),
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
