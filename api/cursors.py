"""Where a page of rows starts: after, or before, a row that is told by its sort values and id, not by its number.

So pages stay in step when rows come or go between two requests, and a page deep in a layer costs no more
than the first. Readers take cursors from links as they are.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from .problems import BadParameterError

LONGEST = 2_000
"""Characters of a cursor."""


@dataclass(frozen=True)
class Cursor:
    """The row beside which a page lies.

    Parameters
    ----------
    row_id : str
        Id of the row, which itself is on no page that starts here.
    values : tuple
        Its values in the columns of `sortby`; dates as ISO text, null as None.
    before : bool
        Whether the page ends before the row, instead of starting after it.
    """

    row_id: str
    values: tuple[Any, ...] = ()
    before: bool = False


def write_cursor(cursor: Cursor) -> str:
    """The cursor as a link carries it.

    Examples
    --------
    >>> read_cursor(write_cursor(Cursor("89195da49b3ffff", (0.75, None))), values=2)
    Cursor(row_id='89195da49b3ffff', values=(0.75, None), before=False)
    """
    text = orjson.dumps([cursor.row_id, list(cursor.values), cursor.before])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def read_cursor(text: str, *, values: int = 0) -> Cursor:
    """The cursor that a link carried.

    Parameters
    ----------
    values : int
        How many sort values it must have.

    Raises
    ------
    BadParameterError
        It is none of ours, or of another order.
    """
    try:
        padded = (text + "=" * (-len(text) % 4)).encode("ascii")
        row_id, found, before = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        is_ours = isinstance(row_id, str) and isinstance(found, list) and isinstance(before, bool)
    except (ValueError, TypeError, binascii.Error):
        is_ours, row_id, found, before = False, "", [], False
    if not is_ours or len(text) > LONGEST or not all(isinstance(one, str | int | float | None) for one in found):
        raise BadParameterError(
            "cursor", "The cursor is not one of ours. Follow the `next` or `prev` link of a page instead."
        )
    if len(found) != values:
        raise BadParameterError(
            "cursor", "The cursor is from a list in another order. Start without it, and follow the links from there."
        )
    return Cursor(row_id, tuple(found), before)
