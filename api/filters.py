"""Filters of items in CQL2 (OGC 21-065r2), as text or JSON: which rows of a layer do they keep?

The language is read by the `cql2` library. What is ours is what it may cost (length, depth, work), that every
name and type fits the layer's columns, and the answer: whole columns at once, by Arrow and GEOS. A filter looks
at the rows of the reader's own access class, so that a hidden count is null to it too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import cql2
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from .layers import Layer
from .predicates import COSTS, Evaluation
from .problems import BadParameterError

LANGUAGES = ("cql2-text", "cql2-json")

LONGEST = 8_000
"""Characters of a filter: an outline of a few hundred corners, or a list of a few hundred codes."""

DEEPEST = 20
"""Levels of brackets or operators inside each other."""

MOST_WORK = 100
"""Sum of the costs of a filter's operators (`predicates.COSTS`): some tenths of a second on 200,000 rows."""


@dataclass(frozen=True)
class Filter:
    """A filter that was read, with the coordinate system of its shapes."""

    expression: Any
    system: str


def filter_in(text: str, language: str, system: str) -> Filter:
    """The filter that a request asks for.

    Raises
    ------
    BadParameterError
        It cannot be read, or would cost too much.

    Examples
    --------
    >>> filter_in("incidents > 5", "cql2-text", "").expression
    {'op': '>', 'args': [{'property': 'incidents'}, 5.0]}
    """
    if len(text) > LONGEST:
        raise _bad(f"The filter has {len(text):,} characters. Send {LONGEST:,} at most, or filter in several requests.")
    # Counted before anything looks inside: brackets in quotations count too, which nobody misses.
    if _deepest_bracket(text) > DEEPEST:
        raise _bad(f"The filter has brackets more than {DEEPEST} deep. Write it flatter.")
    try:
        read = cql2.parse_text(text) if language == "cql2-text" else cql2.parse_json(text)
        expression = read.to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError) as error:
        raise _bad(_what_is_wrong(str(error), text, language)) from None
    work, depth = _work(expression)
    if depth > DEEPEST:
        raise _bad(f"The filter is {depth} levels deep. Write it flatter: {DEEPEST} at most.")
    if work > MOST_WORK:
        raise _bad(f"The filter would cost {work} units of work. {MOST_WORK} is the most: send a shorter one.")
    return Filter(expression, system)


def rows_that_fit(filter_: Filter, layer: Layer, theme: str) -> np.ndarray:
    """Which rows of a theme does the filter keep? One bool a row; where it cannot be told (null), the row is not kept.

    Raises
    ------
    BadParameterError
        A column is unknown, or types do not go together.
    """
    rows = layer.rows(theme)
    found = Evaluation(layer, theme, filter_.system).truth(filter_.expression)
    if isinstance(found, pa.Scalar):
        return np.full(len(rows.ids), found.as_py() is True)
    return pc.fill_null(found, fill_value=False).to_numpy(zero_copy_only=False)


def _bad(detail: str) -> BadParameterError:
    return BadParameterError("filter", detail)


def _deepest_bracket(text: str) -> int:
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


def _what_is_wrong(message: str, text: str, language: str) -> str:
    """The library's message in one line that a reader can act on."""
    if language == "cql2-text" and text.lstrip().startswith("{"):
        return "The filter looks like JSON. Send filter-lang=cql2-json with it."
    example = "incidents >= 10 AND class = 'persistent'"
    if language == "cql2-json":
        example = orjson.dumps({"op": ">=", "args": [{"property": "incidents"}, 10]}).decode()
    place = re.search(r"--> \d+:(\d+)", message)
    at = f" at character {place[1]}" if place else ""
    return f"The filter is no {language}{at}. Send one such as {example}."


def _work(node: Any) -> tuple[int, int]:
    """Cost of an expression, and how deep it is."""
    work, deepest, left = 0, 0, [(node, 1)]
    while left:
        part, depth = left.pop()
        if isinstance(part, dict) and "op" in part:
            work += COSTS.get(str(part["op"]).lower(), 1)
            deepest = max(deepest, depth)
            left += [(argument, depth + 1) for argument in part.get("args", ())]
        elif isinstance(part, list):
            left += [(one, depth) for one in part]
    return work, deepest
