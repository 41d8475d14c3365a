"""Time in filters: how two dates or intervals lie to each other, for whole columns at once.

A date is the interval of that one day; a moment counts as its day, as rows know no time of day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FIRST_DAY, LAST_DAY = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")
"""What an open end (`..`) stands for."""

RELATIONS: dict[str, tuple[str, ...]] = {
    "t_after": ("first > end",),
    "t_before": ("last < start",),
    "t_contains": ("first < start", "last > end"),
    "t_during": ("first > start", "last < end"),
    "t_equals": ("first = start", "last = end"),
    "t_finishedby": ("first < start", "last = end"),
    "t_finishes": ("first > start", "last = end"),
    "t_intersects": ("first <= end", "last >= start"),
    "t_disjoint": (),
    "t_meets": ("last = start",),
    "t_metby": ("first = end",),
    "t_overlappedby": ("first > start", "first < end", "last > end"),
    "t_overlaps": ("first < start", "last > start", "last < end"),
    "t_startedby": ("first = start", "last > end"),
    "t_starts": ("first = start", "last < end"),
}
"""CQL2's temporal operators (Allen's relations): what must hold of one interval, first to last, and another, start to
end. Disjoint is what does not intersect."""

_COMPARED = {"<": np.less, "<=": np.less_equal, "=": np.equal, ">=": np.greater_equal, ">": np.greater}


@dataclass(frozen=True)
class Days:
    """First and last days, arrays of datetime64[D] or single ones; NaT where unknown."""

    first: np.ndarray
    last: np.ndarray


def relation(name: str, one: Days, other: Days) -> tuple[np.ndarray, np.ndarray]:
    """Whether the relation holds, and whether that can be known (no day is missing).

    Examples
    --------
    >>> day = np.array("2025-01-01", dtype="datetime64[D]")
    >>> [bool(one) for one in relation("t_before", Days(day, day), Days(day + 1, day + 9))]
    [True, True]
    """
    days = {"first": one.first, "last": one.last, "start": other.first, "end": other.last}
    known = ~np.any(np.stack(np.broadcast_arrays(*map(np.isnat, days.values()))), axis=0)
    if name == "t_disjoint":
        return ~relation("t_intersects", one, other)[0], known
    conditions = (condition.split() for condition in RELATIONS[name])
    holds = [_COMPARED[sign](days[left], days[right]) for left, sign, right in conditions]
    return np.all(np.stack(np.broadcast_arrays(*holds)), axis=0), known
