"""Equal rows of one file counted together: what is kept of a file once it has been read.

A file of street crimes says of a row only its place, its month and its category, so many rows are equal. Kept once,
with their number, they take no more memory than there are different ones, and tallies of several files are simply
put one after the other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geo_safety.sources.feed import IntArray, NumberArray, PointRows

_DENSE = 8
"""A table of all possible rows is filled where it has at most so many places a row; else rows are sorted."""

_SMALL_TABLE = 1 << 16


def tallied(rows: PointRows) -> PointRows:
    """The rows of one file in order of category, equal ones as one.

    Parameters
    ----------
    rows : PointRows
        As a reader gives them.

    Returns
    -------
    PointRows
        Sorted by category, month and location, unlocated ones last; `rows` says how many rows of the file each
        element stands for. Rows with a date stay one by one: hardly two of them are equal.

    Examples
    --------
    Three burglaries, two of them at the same place in the same month:

    >>> from geo_safety.sources.feed import PointRows
    >>> place = np.array([0.0, 1.0])
    >>> many = PointRows(
    ...     "", 3, 0, (), place, place, np.array([1, 0, 1]), np.full(3, 600), np.zeros(3, int), ("Burglary",)
    ... )
    >>> few = tallied(many)
    >>> few.location.tolist(), few.rows.tolist()
    ([0, 1], [1, 2])
    """
    if rows.date is not None:
        return _in_order(rows)
    if not len(rows.month):
        return replace(rows, rows=np.zeros(0, dtype=np.int32))
    first_month, last_month = int(rows.month.min()), int(rows.month.max())
    n_months, n_places = last_month - first_month + 1, len(rows.longitude) + 1  # and nowhere
    size = len(rows.categories) * n_months * n_places
    location = np.where(rows.location < 0, n_places - 1, rows.location)
    key = (rows.category.astype(np.int64) * n_months + (rows.month - first_month)) * n_places + location
    found, number, weight = _counted(key, rows.weight, size)
    month_of_category = found // n_places
    category = month_of_category // n_months
    location = found - month_of_category * n_places
    return replace(
        rows,
        location=narrowed(np.where(location < n_places - 1, location, -1)),
        month=narrowed(month_of_category - category * n_months + first_month),
        category=narrowed(category),
        rows=narrowed(number),
        weight=None if weight is None else narrowed(weight),
    )


def narrowed(values: IntArray) -> NumberArray:
    """Whole numbers in as little memory as they fit.

    Examples
    --------
    >>> [narrowed(np.array(values)).dtype.name for values in ([1, 127], [-1, 128], [40_000])]
    ['int8', 'int16', 'int32']
    """
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values


def _counted(key: IntArray, weight: NumberArray | None, size: int) -> tuple[IntArray, IntArray, IntArray | None]:
    """Distinct keys in order, how often each stands, and the sum of its weights."""
    if size <= max(_DENSE * len(key), _SMALL_TABLE):
        times = np.bincount(key, minlength=size)
        found = np.flatnonzero(times != 0)  # several times as fast as on numbers
        sums = None if weight is None else np.bincount(key, weight, minlength=size)[found].astype(np.int64)
        return found, times[found], sums
    if weight is None:
        return *np.unique(key, return_counts=True), None
    found, place, times = np.unique(key, return_inverse=True, return_counts=True)
    return found, times, np.bincount(place, weight, minlength=len(found)).astype(np.int64)


def _in_order(rows: PointRows) -> PointRows:
    order = np.argsort(rows.category, kind="stable")
    return replace(
        rows,
        location=rows.location[order],
        month=rows.month[order],
        category=rows.category[order],
        weight=None if rows.weight is None else rows.weight[order],
        date=None if rows.date is None else rows.date[order],
    )
