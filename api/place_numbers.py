"""The table of a place's numbers, each with the range that chance leaves and the document it is from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from .markup import link, said, table
from .plain_words import chance_words, count_words, number, ordinal, percent, rank_words
from .words import text


class Described(Protocol):
    """What the table needs of a place."""

    @property
    def row(self) -> Mapping[str, Any]:
        """The published row."""

    @property
    def study(self) -> str:
        """Name of the study."""

    @property
    def level(self) -> float:
        """How many times the usual number makes a place high."""

    def api(self, *parts: str, **query: object) -> str:
        """The address of a document about it."""


def numbers(place: Described) -> str:
    """The table; what the release does not hold is left out."""
    source = link(place.api(f="json"), "JSON", aria_label=f"JSON: {text('place.link.item')}")
    rows = [[said(label), said(value), said(span), source] for label, value, span in _lines(place)]
    columns = [text(f"place.{name}") for name in ("what", "number", "range", "source")]
    return table(text("place.numbers"), columns, rows, is_titled=True)


def _lines(place: Described) -> Iterator[tuple[str, str, str]]:
    """What, the number, and its range as words."""
    row, none = place.row, text("place.rangeNone")
    yield text("place.n.incidents"), count_words(row), none
    if row.get("incidents_previous") is not None:
        yield text("place.n.previous"), number(row["incidents_previous"]), none
    if row.get("ratio") is not None:
        yield text("place.n.ratio", study=place.study), number(row["ratio"], 1), _span(row, "ratio")
    if row.get("probability") is not None:
        yield text("place.n.chance", level=f"{place.level:g}"), chance_words(row["probability"]), none
    if row.get("per_1000_residents") is not None:
        yield text("place.n.residents"), number(row["per_1000_residents"], 1), _span(row, "per_1000_residents")
    if rank_words(row) is not None:
        ends = text("place.rangeText", low=ordinal(row["rank_low"]), high=ordinal(row["rank_high"]))
        yield text("place.n.rank"), ordinal(row["rank"]), ends
    yield from _shares(place)


def _shares(place: Described) -> Iterator[tuple[str, str, str]]:
    """Shares, harm and size: what has no range."""
    row, none = place.row, text("place.rangeNone")
    said_as: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
        ("share_of_theme", text("place.n.share", study=place.study), percent),
        ("harm_cchi", text("place.n.cchi"), lambda value: text("place.days", n=number(value))),
        ("harm_css", text("place.n.css"), number),
        ("top_location_share", text("place.n.point"), percent),
        ("top_month_share", text("place.n.month"), percent),
        ("cells", text("place.n.cells"), number),
        ("area_km2", text("place.n.area"), lambda value: text("place.km2", n=f"{value:.2g}")),
    )
    for column, label, in_words in said_as:
        if row.get(column) is not None:
            yield label, in_words(row[column]), none


def _span(row: Mapping[str, Any], name: str) -> str:
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if low is None or high is None:
        return text("place.rangeNone")
    return text("place.rangeText", low=number(low, 1), high=number(high, 1))
