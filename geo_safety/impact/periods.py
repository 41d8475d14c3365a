"""Which months lie before a scheme, and which in each of its phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety.case_file import Case
from geo_safety.cube import Cube
from geo_safety.errors import WindowError
from geo_safety.months import month_text

FEWEST_BEFORE = 12
"""Months before the scheme that a comparison needs: every season once."""

MOST_KNOWN = 60
"""Months before the scheme by which places are likened."""


@dataclass(frozen=True)
class Span:
    """Some months of a cube.

    Parameters
    ----------
    name : str
        `before`, `after` or that of a phase.
    columns : array of int
        Columns of the cube with data, in order.
    first, last : int
        Months since 1970-01, both inside; `last` is before `first` where the span lies in the future.
    """

    name: str
    columns: NDArray[np.int64]
    first: int
    last: int

    @property
    def months(self) -> int:
        """Months with data."""
        return len(self.columns)

    def as_dict(self) -> dict[str, object]:
        """As a reply shows it."""
        return {"from": month_text(self.first), "to": month_text(self.last) if self.months else None,
                "months": self.months}  # fmt: skip


@dataclass(frozen=True)
class Periods:
    """The months of one case on one theme.

    Parameters
    ----------
    known : Span
        All months before the scheme, the last sixty at most: by these places are likened.
    before : Span
        The months before the scheme that are compared.
    after : Span
        All months of the scheme with data; none where it has not begun.
    phases : tuple of Span
    """

    known: Span
    before: Span
    after: Span
    phases: tuple[Span, ...]

    @property
    def is_planned(self) -> bool:
        """Whether no month of the scheme has data yet."""
        return self.after.months == 0

    @property
    def lengths(self) -> tuple[float, float]:
        """Months compared before and after; a scheme that has not begun is planned for as long as was before."""
        return float(self.before.months), float(self.after.months or self.before.months)


def periods_of(case: Case, cube: Cube, *, months: Sequence[int] | None = None) -> Periods:
    """The months of a case for which a theme has data.

    Parameters
    ----------
    months : sequence of int, optional
        Take these months before alone, so that another theme is compared over the same.

    Raises
    ------
    WindowError
        Too few months with data lie before the scheme.
    """
    there = np.flatnonzero(cube.has_data)
    number = there + cube.first_month
    known = there[number < case.start][-MOST_KNOWN:]
    chosen = known[-case.before_months :]
    if months is not None:
        chosen = known[np.isin(known + cube.first_month, list(months))]
    if len(chosen) < FEWEST_BEFORE:
        raise WindowError(
            f"Only {len(chosen)} months of {cube.theme} with data lie before {month_text(case.start)}, needs "
            f"{FEWEST_BEFORE}.",
            "Take a theme or a release with a longer series, or correct the first month of the case.",
        )
    end = case.end if case.end is not None else max(case.start, int(number[-1]))
    phases = tuple(
        _span(one.name, there, cube, one.first, end if one.last is None else one.last) for one in case.phases
    )
    before = Span("before", chosen, int(chosen[0]) + cube.first_month, int(chosen[-1]) + cube.first_month)
    past = Span("known", known, int(known[0]) + cube.first_month, int(known[-1]) + cube.first_month)
    return Periods(past, before, _span("after", there, cube, case.start, end), phases)


def _span(name: str, there: NDArray[np.int64], cube: Cube, first: int, last: int) -> Span:
    number = there + cube.first_month
    columns = there[(number >= first) & (number <= last)]
    return Span(name, columns, first, int(columns[-1]) + cube.first_month if len(columns) else first - 1)
