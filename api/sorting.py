"""The order of items: by the columns that `sortby` names, then by id, so that it is always the same.

Rows without a value come last, whichever way the column is sorted: what is hidden must not lead a list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .cursors import Cursor
from .layers import Layer, ThemeRows
from .problems import BadParameterError

MOST_COLUMNS = 4


@dataclass(frozen=True)
class SortColumn:
    """One column of an order."""

    name: str
    is_descending: bool = False


def columns_in(text: str, layer: Layer) -> tuple[SortColumn, ...]:
    """The columns that `sortby` names, such as `-probability,name`.

    Raises
    ------
    BadParameterError
        A column is unknown or named twice.
    """
    known = tuple(layer.columns)
    found: list[SortColumn] = []
    for part in text.split(","):
        # A plus sign that was not quoted arrives as a space.
        name = part.removeprefix("-").removeprefix("+").removeprefix(" ")
        if name not in known:
            raise BadParameterError(
                "sortby",
                f"The layer {layer.name} has no column {name!r}. Send columns such as sortby=-incidents,name; there are "
                f"{', '.join(known)}.",
                known,
            )
        if name in (one.name for one in found):
            raise BadParameterError("sortby", f"The column {name} is named twice. Name it once.")
        found.append(SortColumn(name, part.startswith("-")))
    if len(found) > MOST_COLUMNS:
        raise BadParameterError("sortby", f"An order has {MOST_COLUMNS} columns at most.")
    return tuple(found)


def in_order(rows: ThemeRows, places: np.ndarray, columns: tuple[SortColumn, ...]) -> np.ndarray:
    """These places (ascending, which is the order of ids) in the order of the columns."""
    if not columns:
        return places
    keys = [_ranks(rows, column)[places] for column in columns]
    # The last key weighs most; the sort is stable, so that ids decide where all keys are alike.
    return places[np.lexsort(keys[::-1])]


def beside(rows: ThemeRows, ordered: np.ndarray, columns: tuple[SortColumn, ...], cursor: Cursor) -> int:
    """How many of the ordered places come before the page that the cursor starts (or ends, if it looks back).

    Raises
    ------
    BadParameterError
        A value of the cursor is of another type than its column.
    """
    side = np.zeros(len(ordered), dtype=np.int8)  # -1: comes before the cursor's row, 1: after it
    for column, value in zip(columns, cursor.values, strict=True):
        ranks, place = _ranks(rows, column)[ordered], _place(rows, column, value)
        side = np.where(side == 0, np.sign(ranks - place).astype(np.int8), side)
    ids = rows.ids[ordered]
    side = np.where(side == 0, (ids > cursor.row_id).astype(np.int8) - (ids < cursor.row_id).astype(np.int8), side)
    return int((side < 0).sum() if cursor.before else (side <= 0).sum())


def cursor_at(rows: ThemeRows, place: int, columns: tuple[SortColumn, ...], *, before: bool = False) -> Cursor:
    """The cursor beside this row."""
    values = tuple(_plain(rows.table.column(column.name)[place]) for column in columns)
    return Cursor(str(rows.ids[place]), values, before)


def _distinct(rows: ThemeRows, column: SortColumn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct known values in ascending order, each row's place among them, and which rows have none."""

    def find() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        values = rows.table.column(column.name).combine_chunks()
        is_missing = values.is_null().to_numpy(zero_copy_only=False)
        known = np.array([_plain(one) for one in values.drop_null()], dtype=object)
        distinct, places = np.unique(known, return_inverse=True)
        found = np.zeros(len(values), dtype=np.int64)
        found[~is_missing] = places
        return distinct, found, is_missing

    return rows.prepared.get(("sorted", column.name), find)


def _ranks(rows: ThemeRows, column: SortColumn) -> np.ndarray:
    """A number a row that sorts as the column does."""
    distinct, places, is_missing = _distinct(rows, column)
    ranks = (len(distinct) - 1 - places if column.is_descending else places).astype(float)
    ranks[is_missing] = len(distinct)
    return ranks


def _place(rows: ThemeRows, column: SortColumn, value: str | float | None) -> float:
    """Where a cursor's value stands among the ranks: on one of them, between two, or last."""
    distinct, _, _ = _distinct(rows, column)
    if value is None:
        return float(len(distinct))
    if len(distinct) == 0:
        return -1.0
    if isinstance(value, str) is not isinstance(distinct[0], str):
        raise BadParameterError("cursor", "The cursor is from a list in another order. Start without it.")
    place = int(np.searchsorted(distinct, value))
    is_there = place < len(distinct) and distinct[place] == value
    rank = place if is_there else place - 0.5
    return len(distinct) - 1 - rank if column.is_descending else rank


def _plain(value: pa.Scalar) -> str | float | None:
    """A value as a cursor carries it."""
    plain = value.as_py()
    return plain.isoformat() if hasattr(plain, "isoformat") else plain
