"""How many rows a reply hands out, and how many of them with their count hidden: for the audit log."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass
class Tally:
    """Rows of one reply; None where it hands out none, or (tiles) shapes that nobody counts."""

    rows: int | None = None
    suppressed: int | None = None


_TALLY: ContextVar[Tally | None] = ContextVar("tally", default=None)


def begin() -> Tally:
    """Start to count for the request that runs in this context (and in the threads that it starts)."""
    tally = Tally()
    _TALLY.set(tally)
    return tally


def add(rows: pa.Table) -> pa.Table:
    """Count these rows as handed out, and return them. Where nobody counts this costs nothing.

    Examples
    --------
    >>> tally = begin()
    >>> rows = add(pa.table({"incidents": [7, None, None], "incidents_band": ["7", "1-4", None]}))
    >>> tally
    Tally(rows=3, suppressed=1)
    """
    tally = _TALLY.get()
    if tally is not None:
        hidden = 0
        if {"incidents", "incidents_band"} <= set(rows.column_names):
            is_hidden = pc.and_(pc.is_null(rows["incidents"]), pc.is_valid(rows["incidents_band"]))
            hidden = pc.sum(is_hidden, min_count=0).as_py()
        tally.rows = (tally.rows or 0) + rows.num_rows
        tally.suppressed = (tally.suppressed or 0) + hidden
    return rows


def is_counting() -> bool:
    """Whether somebody wants to know."""
    return _TALLY.get() is not None
