"""Months as numbers: how many since January 1970."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable


def month_of(day: dt.date) -> int:
    """The month of a day.

    Examples
    --------
    >>> month_of(dt.date(2020, 1, 31))
    600
    """
    return (day.year - 1970) * 12 + day.month - 1


def first_day(month: int) -> dt.date:
    """The first day of a month.

    Examples
    --------
    >>> first_day(600)
    datetime.date(2020, 1, 1)
    """
    return dt.date(1970 + month // 12, month % 12 + 1, 1)


def month_text(month: int) -> str:
    """A month as text.

    Examples
    --------
    >>> month_text(600)
    '2020-01'
    """
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def month_number(text: str) -> int:
    """The month of a text that begins with year and month; the inverse of `month_text`.

    Examples
    --------
    >>> month_number("2020-01"), month_number("2020-01-31")
    (600, 600)
    """
    year, month = text.split("-")[:2]
    return (int(year) - 1970) * 12 + int(month) - 1


def month_ranges(months: Iterable[int]) -> str:
    """Months as short text, runs joined.

    Examples
    --------
    >>> month_ranges([600, 601, 602, 605])
    '2020-01 to 2020-03, 2020-06'
    """
    runs: list[list[int]] = []
    for month in sorted(int(month) for month in months):
        if runs and month == runs[-1][1] + 1:
            runs[-1][1] = month
        else:
            runs.append([month, month])
    return ", ".join(
        month_text(first) if first == last else f"{month_text(first)} to {month_text(last)}" for first, last in runs
    )
