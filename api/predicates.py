"""The operators of filters on the columns of a layer: types checked, nulls as in SQL (unknown), shapes by GEOS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo_safety.schema import Column

from .coordinates import DECIMALS
from .intervals import FIRST_DAY, LAST_DAY, RELATIONS, Days, relation
from .layers import Layer
from .problems import BadParameterError

COMPARISONS: dict[str, Callable[..., Any]] = {
    "=": pc.equal, "<>": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal,
}  # fmt: skip

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": pc.add, "-": pc.subtract, "*": pc.multiply, "/": pc.divide, "^": pc.power,
    "div": lambda one, other: pc.floor(pc.divide(one, other)),
    "%": lambda one, other: pc.subtract(one, pc.multiply(other, pc.floor(pc.divide(one, other)))),
}  # fmt: skip

_NO_MARKS = {"pattern": r"\p{M}", "replacement": ""}
TEXT: dict[str, Callable[[Any], Any]] = {
    "casei": pc.utf8_lower,
    "accenti": lambda text: pc.replace_substring_regex(pc.utf8_normalize(text, form="NFD"), **_NO_MARKS),
}

SPATIAL = {
    "s_intersects": "intersects", "s_disjoint": "intersects", "s_equals": "intersects", "s_contains": "within",
    "s_within": "contains", "s_overlaps": "overlaps", "s_crosses": "crosses", "s_touches": "touches",
}  # fmt: skip
"""Operator → what the index asks, where the filter's own shape comes first."""

OPERATORS = (
    "and",
    "or",
    "not",
    *COMPARISONS,
    "isNull",
    "between",
    "in",
    "like",
    *TEXT,
    *ARITHMETIC,
    *SPATIAL,
    *RELATIONS,
)

COSTS = {"like": 5, **dict.fromkeys(TEXT, 5), **dict.fromkeys(SPATIAL, 10), **dict.fromkeys(RELATIONS, 3)}
"""What an operator costs where it is not 1, by what it takes on a long column."""

_WORDS = {"string": "text", "number": "a number", "bool": "true or false", "date": "a date", "geometry": "a shape"}
_KINDS = {"int": "number", "float": "number"}


class Evaluation:
    """One filter on the rows of one theme.

    Parameters
    ----------
    system : str
        Coordinate system of the shapes in the filter.
    """

    def __init__(self, layer: Layer, theme: str, system: str) -> None:
        self.layer = layer
        self.rows = layer.rows(theme)
        self.system = system
        self._columns: dict[str, Column] = {column.name: column for column in layer.definition.columns}
        # Operator → how many arguments it takes, and what answers it.
        self._conditions: dict[str, tuple[int, Callable[..., Any]]] = {
            "not": (1, lambda argument: pc.invert(self.truth(argument))),
            "isnull": (1, self._is_null),
            "between": (3, self._between),
            "in": (2, self._in),
            "like": (2, self._like),
            **{name: (2, partial(self._compared, name)) for name in COMPARISONS},
            **{name: (2, partial(self._spatial, name)) for name in SPATIAL},
            **{name: (2, partial(self._temporal, name)) for name in RELATIONS},
        }

    def truth(self, node: Any) -> Any:
        """An expression that is true, false or unknown in each row: an Arrow array of bool, or one such value."""
        if isinstance(node, bool):
            return pa.scalar(node)
        if _is_column(node):
            return self._typed(node, "bool")
        operator = self._operator(node)
        if operator in ("and", "or"):
            return self._joined(operator, node["args"])
        if operator not in self._conditions:
            raise _bad(f"{node['op']!r} gives no true or false. Compare it with something.")
        number, answer = self._conditions[operator]
        return answer(*_exactly(number, node["args"], operator))

    def _joined(self, operator: str, arguments: Sequence[Any]) -> Any:
        if not arguments:
            raise _bad(f"{operator!r} joins nothing. Give it two conditions.")
        join = pc.and_kleene if operator == "and" else pc.or_kleene
        joined = self.truth(arguments[0])
        for argument in arguments[1:]:
            joined = join(joined, self.truth(argument))
        return joined

    def _compared(self, operator: str, one: Any, other: Any) -> Any:
        kind = self._kind(one)
        if kind == "geometry":
            raise _bad(f"Shapes cannot be compared by {operator}. Use {_listed(SPATIAL)}.")
        if kind == "bool" and operator not in ("=", "<>"):
            raise _bad(f"What is true or false has no order. Use = or <>, not {operator}.")
        self._check_known_value(one, [other])
        self._check_known_value(other, [one])
        return COMPARISONS[operator](self._typed(one, kind), self._typed(other, kind))

    def _is_null(self, argument: Any) -> Any:
        if self._kind(argument) == "geometry":
            return pa.scalar(False)  # noqa: FBT003 - every zone has an outline
        return pc.is_null(self._typed(argument, self._kind(argument)))

    def _between(self, argument: Any, low: Any, high: Any) -> Any:
        kind = self._kind(argument)
        if kind not in ("number", "date"):
            raise _bad("BETWEEN is for numbers and dates.")
        value = self._typed(argument, kind)
        return pc.and_kleene(
            pc.greater_equal(value, self._typed(low, kind)), pc.less_equal(value, self._typed(high, kind))
        )

    def _in(self, argument: Any, values: Any) -> Any:
        if not isinstance(values, list) or not values:
            raise _bad("IN wants a list of values in brackets, such as tier IN ('A', 'B').")
        kind = self._kind(argument)
        self._check_known_value(argument, values)
        known = [self._typed(value, kind) for value in values]
        if not all(isinstance(value, pa.Scalar) for value in known):
            raise _bad("IN wants values, not columns. Join conditions by OR instead.")
        value = self._typed(argument, kind)
        if isinstance(value, pa.Scalar):
            return pa.scalar(value in known)
        found = pc.is_in(value, value_set=pa.array([one.as_py() for one in known], type=value.type))
        return pc.if_else(pc.is_valid(value), found, None)  # unknown where the value is, as in SQL

    def _like(self, argument: Any, pattern: Any) -> Any:
        wanted = self._typed(pattern, "string")
        if not isinstance(wanted, pa.Scalar):
            raise _bad("LIKE wants a pattern in quotes, such as name LIKE 'St %'.")
        return pc.match_like(self._typed(argument, "string"), wanted.as_py())

    def _spatial(self, operator: str, one: Any, other: Any) -> Any:
        if _is_column(other):
            if _is_column(one):
                raise _bad(f"{operator.upper()} wants the column geometry and one shape.")
            # The inverse relation with the column first.
            inverse = {"s_within": "s_contains", "s_contains": "s_within"}
            return self._spatial(inverse.get(operator, operator), other, one)
        if self._kind(one) != "geometry":
            raise _bad(f"{operator.upper()} wants the column geometry and one shape.")
        shape = _shape_in(other)
        shapes = self.layer.shapes(self.system)
        met = np.zeros(len(shapes.ids), dtype=bool)
        met[shapes.tree.query(shape, predicate=SPATIAL[operator])] = True
        if operator == "s_equals":
            distance = shapely.hausdorff_distance(shapes.tree.geometries[met], shape)
            met[met] = distance <= 2 * 10.0 ** -DECIMALS[self.system]  # outlines in replies are rounded
        if operator == "s_disjoint":
            met = ~met
        return pa.array(met[self.rows.shape])

    def _temporal(self, operator: str, one: Any, other: Any) -> Any:
        holds, known = relation(operator, self._days(one), self._days(other))
        answer = pa.array(np.atleast_1d(holds), mask=~np.atleast_1d(known))
        return answer if np.ndim(holds) else answer[0]

    def _days(self, node: Any) -> Days:
        ends = node["interval"] if isinstance(node, dict) and "interval" in node else [node, node]
        if not isinstance(ends, list) or len(ends) != 2:
            raise _bad("An interval has two ends, such as INTERVAL('2025-01-01', '..').")
        opens = (FIRST_DAY, LAST_DAY)
        first, last = (self._day(end, open_end) for end, open_end in zip(ends, opens, strict=True))
        return Days(first, last)

    def _day(self, end: Any, open_end: np.datetime64) -> np.ndarray:
        if end == "..":
            return np.asarray(open_end)
        value = self._typed({"date": end} if isinstance(end, str) else end, "date")
        if isinstance(value, pa.Scalar):
            return np.array(value.as_py(), dtype="datetime64[D]")
        return value.to_numpy(zero_copy_only=False).astype("datetime64[D]")

    def _kind(self, node: Any) -> str:
        """What kind of value an expression gives."""
        if _is_column(node):
            column = self._column(node["property"])
            return _KINDS.get(column.type, column.type)
        if isinstance(node, dict) and "op" in node:
            operator = self._operator(node)
            return "number" if operator in ARITHMETIC else "string" if operator in TEXT else "bool"
        if isinstance(node, dict):
            return "date" if "date" in node or "timestamp" in node else "geometry"
        kind = {bool: "bool", int: "number", float: "number", str: "string"}.get(type(node))
        if kind is None:
            raise _bad("A value is missing: null is asked for by IS NULL.")
        return kind

    def _typed(self, node: Any, kind: str) -> Any:
        """An expression's values, which must be of this kind: a column, or one value."""
        found = self._kind(node)
        if found != kind:
            raise _bad(f"{_WORDS[kind].capitalize()} does not go with {_WORDS[found]} ({_shown(node)}).")
        if _is_column(node):
            values = self.rows.table.column(node["property"]).combine_chunks()
            return values.cast(pa.float64()) if kind == "number" else values
        if isinstance(node, dict) and "op" in node:
            return self._worked_out(node)
        if kind == "date":
            return pa.scalar(_date_in(node), type=pa.date32())
        return pa.scalar(float(node) if kind == "number" else node)

    def _worked_out(self, node: Any) -> Any:
        operator = self._operator(node)
        if operator in TEXT:
            (argument,) = _exactly(1, node["args"], operator)
            return TEXT[operator](self._typed(argument, "string"))
        if operator in ARITHMETIC:
            one, other = _exactly(2, node["args"], operator)
            return ARITHMETIC[operator](self._typed(one, "number"), self._typed(other, "number"))
        return self.truth(node)

    def _operator(self, node: Any) -> str:
        name = node.get("op") if isinstance(node, dict) else None
        if name is None:
            raise _bad(f"{_shown(node)} is no condition. Compare a column with a value.")
        lowered = str(name).lower()
        if lowered not in {known.lower() for known in OPERATORS} or not isinstance(node.get("args"), list):
            raise BadParameterError(
                "filter", f"There is no function {name!r} here. Use one of {_listed(OPERATORS)}.", OPERATORS
            )
        return lowered

    def _column(self, name: Any) -> Column:
        column = self._columns.get(name) if isinstance(name, str) else None
        if column is None:
            known = tuple(self._columns)
            raise BadParameterError(
                "filter", f"The layer {self.layer.name} has no column {name!r}. Use one of {_listed(known)}.", known
            )
        return column

    def _check_known_value(self, node: Any, values: Sequence[Any]) -> None:
        """A column of fixed words is compared with one of them, or the filter has a slip of the pen."""
        if not _is_column(node):
            return
        column = self._column(node["property"])
        known = self.layer.themes if column.name == "theme" else column.values
        for value in values:
            if known is not None and isinstance(value, str) and value not in known:
                raise BadParameterError(
                    "filter", f"{column.name} is never {value!r}. It is one of {_listed(known)}.", tuple(known)
                )


def _is_column(node: Any) -> bool:
    return isinstance(node, dict) and "property" in node


def _exactly(number: int, arguments: list, operator: str) -> list:
    if len(arguments) != number:
        raise _bad(f"{operator!r} takes {number} arguments, not {len(arguments)}.")
    return arguments


def _date_in(node: Any) -> Any:
    text = node.get("date", node.get("timestamp"))
    try:
        return np.datetime64(str(text)[:10], "D").astype(object) if len(str(text)) >= 10 else _no_date(text)
    except ValueError:
        return _no_date(text)


def _no_date(text: Any) -> Any:
    raise _bad(f"{text!r} is no date. Send one such as DATE('2025-03-01').")


def _shape_in(node: Any) -> shapely.Geometry:
    """The shape that a filter names, valid and finite."""
    try:
        if isinstance(node, dict) and "bbox" in node:
            numbers = [float(number) for number in node["bbox"]]
            half = len(numbers) // 2
            west, south, east, north = *numbers[:2], *numbers[half : half + 2]
            shape = shapely.box(west, south, east, north)
        else:
            shape = shapely.geometry.shape(node)  # exact to the last digit, which GEOS's own reader is not
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        raise _bad(f"The shape {_shown(node)} cannot be read. {_SHAPE}") from None
    if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all() or not shape.is_valid:
        raise _bad(f"The shape {_shown(node)} is empty, endless or crosses itself. {_SHAPE}")
    return shape


_SHAPE = "Send one such as POLYGON((-0.2 51.4, 0.1 51.4, 0.1 51.6, -0.2 51.4)) or BBOX(-0.2, 51.4, 0.1, 51.6)."


def _shown(node: Any) -> str:
    if _is_column(node):
        return str(node["property"])
    return orjson.dumps(node).decode()[:60]


def _listed(names: Any) -> str:
    return ", ".join(names)


def _bad(detail: str) -> BadParameterError:
    return BadParameterError("filter", detail)
