"""What a feed supplied, month by month: the evidence by which a gap is told from a zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety.sources.feed import IntArray, NumberArray

BoolArray = NDArray[np.bool_]

GAP_CHANCE = 1e-4
"""A month without rows is a gap, and no zero, where having none is less likely than this by its nearest months."""

GAP_NEIGHBOURS = 6
"""Number of nearest months that judge one without rows."""


@dataclass(frozen=True)
class Presence:
    """What a feed supplied: the evidence by which a gap is told from a zero.

    Parameters
    ----------
    units : tuple of str
        Who supplies files of its own: the police forces, or the feed itself.
    first_month : int
        Month of the first column, in months since 1970-01.
    rows : array of int, shape (n_units, n_months, n_categories)
        Incidents read, wherever they lie.
    has_file : array of bool, shape (n_units, n_months)
        Whether the unit supplied the month at all.
    """

    units: tuple[str, ...]
    first_month: int
    rows: IntArray
    has_file: BoolArray


def totals_by(key: NDArray[np.integer], size: int, weight: NumberArray | None = None) -> IntArray:
    """Sums of the weights (or numbers of elements) of each key from 0 to size - 1, in whole numbers.

    Examples
    --------
    >>> totals_by(np.array([0, 2, 2]), 4, np.array([5, 1, 1])).tolist()
    [5, 0, 2, 0]
    """
    if weight is not None and weight.strides == (0,):  # the same weight for every element
        same = int(weight[0]) if len(weight) else 1
        return np.bincount(key, minlength=size) * same
    # Sums are made in floats, which are exact up to 9e15 incidents.
    return np.bincount(key, weight, minlength=size).astype(np.int64)


def run_starts(*columns: NDArray[np.integer]) -> IntArray:
    """Where does a new run of rows begin that are equal in all columns?

    Examples
    --------
    >>> run_starts(np.array([1, 1, 1, 2]), np.array([5, 5, 6, 6])).tolist()
    [0, 2, 3]
    """
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    changes = columns[0][1:] != columns[0][:-1]
    for column in columns[1:]:
        changes |= column[1:] != column[:-1]
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def sums_of_runs(starts: IntArray, weight: NumberArray) -> IntArray:
    """The sum of the weights of each run.

    Examples
    --------
    >>> sums_of_runs(np.array([0, 2, 3]), np.array([1, 1, 5, 1])).tolist()
    [2, 5, 1]
    """
    return np.add.reduceat(weight, starts, dtype=np.int64) if len(starts) else np.zeros(0, dtype=np.int64)


def sums_between(starts: Sequence[int], values: NDArray) -> IntArray:
    """The sum of the values from each start to the next one, the last start being the end of them all.

    Examples
    --------
    >>> sums_between([0, 2, 2, 3], np.array([1, 1, 5])).tolist()
    [2, 0, 5]
    """
    sums = np.zeros(len(starts) - 1, dtype=np.int64)
    # `reduceat` gives a run without elements the next one's first: such runs are left at zero.
    begins = np.asarray(starts[:-1])
    filled = np.diff(starts) > 0
    sums[filled] = sums_of_runs(begins[filled], values)
    return sums


def answered_months(rows: IntArray, spans: Iterable[tuple[int, int]]) -> BoolArray:
    """Which months does a feed answer for whose files are not one a month?

    Parameters
    ----------
    rows : array of int, shape (n_months,)
        Rows by month.
    spans : iterable of (int, int)
        Each file's first and last month, as indices.

    Returns
    -------
    array of bool, shape (n_months,)
        Months with rows, and months without any that lie inside a file's span and where none is likely
        enough: their number is taken as a Poisson draw with the mean of the six nearest months with rows.

    Examples
    --------
    A feed with one row a month may well have none; one with fifty has lost a month:

    >>> answered_months(np.array([1, 0, 1]), [(0, 2)]).tolist()
    [True, True, True]
    >>> answered_months(np.array([50, 0, 50]), [(0, 2)]).tolist()
    [True, False, True]
    """
    has_rows = rows > 0
    in_span = np.zeros(len(rows), dtype=bool)
    for first, last in spans:
        in_span[first : last + 1] = True
    answered = has_rows.copy()
    filled = np.flatnonzero(has_rows)
    for month in np.flatnonzero(in_span & ~has_rows):
        nearest = filled[np.argsort(np.abs(filled - month), kind="stable")[:GAP_NEIGHBOURS]]
        answered[month] = np.exp(-rows[nearest].mean()) >= GAP_CHANCE
    return answered
