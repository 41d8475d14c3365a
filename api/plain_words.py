"""Figures as a reader says them who knows no statistics: months, shares, chances, ranks, and what a place's row means.

Pure functions from published values to text of the catalogue; nothing is worked out here but which words fit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .words import catalogue, text

CHANCES = ((0.95, "almostCertain"), (0.8, "highlyLikely"), (0.55, "likely"), (0.4, "possible"), (0.2, "unlikely"),
           (0.05, "highlyUnlikely"), (0.0, "almostCertainlyNot"))  # fmt: skip
"""Words of the UK intelligence yardstick by their lowest probability; in its gaps the weaker word."""

SURE, FAIRLY_SURE = 0.8, 0.6
"""From these shares on a class is stable, and likely."""

MARKS = {"1": "hot", "0": "notHot", "-": "notJudged"}
"""What the signs of `hot_by_step` mean, as keys of the catalogue."""


@dataclass(frozen=True)
class Step:
    """A year that ends with a quarter: its last month, and whether it was `hot`, `notHot` or `notJudged`."""

    end: str
    mark: str


def capital(words: str) -> str:
    """Words as they begin a line; names inside keep their letters.

    Examples
    --------
    >>> capital("killed or seriously injured on TfL roads")
    'Killed or seriously injured on TfL roads'
    """
    return words[:1].upper() + words[1:]


def month_words(month: str | dt.date | None) -> str:
    """A month as it is said.

    Examples
    --------
    >>> month_words("2025-12"), month_words(dt.date(2024, 2, 1))
    ('December 2025', 'February 2024')
    """
    if month is None:
        return text("window.none")
    day = dt.date.fromisoformat(f"{month}-01") if isinstance(month, str) else month
    return f"{day:%B %Y}"


def window_words(row: Mapping[str, Any]) -> str:
    """The window of a row: `12 months to December 2025`."""
    start, end = row.get("window_start"), row.get("window_end")
    if start is None or end is None:
        return text("window.none")
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    return text("window.text", months=months, end=month_words(end))


def percent(share: float) -> str:
    """A share as per cent, never surer than it is.

    Examples
    --------
    >>> percent(0.883), percent(0.9996), percent(0.001), percent(0)
    ('88 %', 'over 99 %', 'under 1 %', '0 %')
    """
    if 0 < share < 0.01:
        return text("percent.under")
    return text("percent.over") if share > 0.99 else f"{share * 100:.0f} %"


def number(value: float | None, decimals: int = 0) -> str:
    """A number with its thousands apart.

    Examples
    --------
    >>> number(12345), number(3.456, 1)
    ('12,345', '3.5')
    """
    return text("number.none") if value is None else f"{value:,.{decimals}f}"


def ordinal(place: int) -> str:
    """A place in an order.

    Examples
    --------
    >>> [ordinal(place) for place in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '111th']
    """
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place:,}{ending}"


def mode_words(codes: str) -> str:
    """Modes of a station or route, which data write as codes joined by `;`; a code that nobody has put into words stays.

    Examples
    --------
    >>> mode_words("national-rail;tube"), mode_words("hovercraft")
    ('National Rail, Underground', 'hovercraft')
    """
    return ", ".join(catalogue().get(f"mode.{code}", code) for code in map(str.strip, codes.split(";")) if code)


def count_words(row: Mapping[str, Any]) -> str:
    """A count as it may be shown: the number, a band, or that there is none.

    Examples
    --------
    >>> count_words({"incidents": 1214}), count_words({"incidents": None, "incidents_band": "1-4"})
    ('1,214', '1 to 4')
    """
    if row.get("incidents") is not None:
        return number(row["incidents"])
    band = row.get("incidents_band")
    return text("number.noData") if band is None else str(band).replace("-", " to ")


def chance_words(chance: float) -> str:
    """A probability in a word and as per cent.

    Examples
    --------
    >>> chance_words(0.88)
    'Highly likely (88 %)'
    """
    word = next(name for lowest, name in CHANCES if chance >= lowest)
    return text("chance.said", word=text(f"chance.{word}"), percent=percent(chance))


def rank_words(row: Mapping[str, Any]) -> str | None:
    """A rank with the places that chance alone could give; None without such a range, or for a place without reports."""
    rank, low, high = (row.get(name) for name in ("rank", "rank_low", "rank_high"))
    if rank is None or low is None or high is None or not row.get("incidents"):
        return None
    if low == high:
        return text("rank.alone", rank=ordinal(rank))
    return text("rank.range", rank=ordinal(rank), low=ordinal(low), high=ordinal(high))


def change_words(row: Mapping[str, Any], study: str) -> str:
    """A window and the one before, against the change of the whole study; no percentage."""
    change = row.get("change_class")
    known = row.get("incidents") is not None and row.get("incidents_previous") is not None
    counts = (
        text("place.counts", now=number(row["incidents"]), before=number(row["incidents_previous"]),
             window=window_words(row))
        if known
        else text("place.count", now=count_words(row), window=window_words(row))
    )  # fmt: skip
    if change is None:
        return counts
    return f"{counts} {text(f'place.change.{change}', study=study)}"


def class_sentence(row: Mapping[str, Any], noun: str, around: str, *, why_not: str | None) -> str:
    """How long a place has been high, and how sure we are; or that there are too few months to say."""
    kind, steps, hot = (row.get(name) for name in ("class", "steps", "steps_hot"))
    place = {"noun": noun, "place": around}
    if kind is None:
        # The engine's own reason is one sentence; without one the rule is named.
        return text(
            "place.noClass", noun=noun, place=around.removeprefix("around "), why=why_not or text("place.needs")
        )
    if steps is None or hot is None:
        return text(f"place.area.{_group(kind)}", **place)
    said = text("place.neverHot" if not hot else "place.hot", **place, hot=hot, steps=steps)
    return f"{said} {text(f'place.class.{kind}')}" if kind != "none" else said


def sure_sentence(row: Mapping[str, Any]) -> str | None:
    """How sure we are of the class, and by what else it is borne out; None where nothing was high."""
    stability = row.get("stability")
    if row.get("class") in (None, "none") or stability is None:
        return None
    degree = "stable" if stability >= SURE else "likely" if stability >= FAIRLY_SURE else "unstable"
    said = text(f"place.sure.{degree}", percent=percent(stability))
    tier = row.get("tier")
    return f"{said} {text(f'place.tier.{tier}')}" if tier else said


def level_sentence(row: Mapping[str, Any], study: str, level: float) -> str | None:
    """The chance of being at or above the level."""
    chance = row.get("probability")
    if chance is None:
        return None
    return text("place.level", chance=chance_words(chance), level=f"{level:g}", study=study)


def steps_of(row: Mapping[str, Any]) -> list[Step]:
    """The steps of a place, oldest first; the last one ends with the quarter of the window's last month.

    Examples
    --------
    >>> [(step.end, step.mark) for step in steps_of({"hot_by_step": "1-0", "window_end": dt.date(2025, 12, 1)})]
    [('2025-06', 'hot'), ('2025-09', 'notJudged'), ('2025-12', 'notHot')]
    """
    signs, end = row.get("hot_by_step"), row.get("window_end")
    if not signs or end is None:
        return []
    last = (end.year * 12 + end.month - 1) // 3  # quarters since year 0
    first = last - len(signs) + 1
    return [Step(_quarter_end(first + place), MARKS[sign]) for place, sign in enumerate(signs)]


def _quarter_end(quarter: int) -> str:
    return f"{quarter // 4:04d}-{quarter % 4 * 3 + 3:02d}"


def _group(kind: str) -> str:
    groups = {"persistent": "longStanding", "intensifying": "longStanding", "diminishing": "longStanding",
              "new": "recent", "consecutive": "recent", "sporadic": "onOff", "oscillating": "onOff",
              "historical": "earlier"}  # fmt: skip
    return groups.get(kind, "none")
