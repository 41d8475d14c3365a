"""Monthly counts as financial quarters, and quarters as rolling steps of a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

MONTHS, QUARTERS = 3, 4
"""Months in a quarter, quarters in a step."""

Against = Literal["step", "cube"]
"""What a step's rate is held against: the study's rate in that step, or its mean over all judged steps."""


@dataclass(frozen=True)
class Quarters:
    """Counts by financial quarter.

    Parameters
    ----------
    counts : array of float, shape (n, quarters)
        Incidents of the months present; NaN in rows that are not answered for.
    totals : array of float, shape (quarters,)
        Their column sums over the places that are answered for.
    months : array of int, shape (quarters,)
        Months present, 0 to 3.
    first_quarter : int
        Quarters from January 1970 to the first one.
    """

    counts: np.ndarray
    totals: np.ndarray
    months: np.ndarray
    first_quarter: int

    @property
    def is_whole(self) -> np.ndarray:
        """Quarters with all three months, shape (quarters,)."""
        return self.months == MONTHS

    @property
    def is_judged(self) -> np.ndarray:
        """Steps (four quarters in a row) without a gap, shape (quarters - 3,); the first ends with the fourth quarter."""
        if len(self.months) < QUARTERS:
            return np.zeros(0, bool)
        return np.asarray(sliding_window_view(self.is_whole, QUARTERS).all(axis=1))


def quarterly(monthly: np.ndarray, *, first_month: int) -> Quarters:
    """How many incidents in each financial quarter?

    Parameters
    ----------
    monthly : array of float, shape (n, months)
        Incidents of each neighbourhood in time order. A column of NaN is a gap; a row that misses another month is
        not answered for.
    first_month : int
        Months from January 1970 to the first column. Financial quarters begin in April, July, October and January.

    Returns
    -------
    Quarters
        A quarter with a gap, or cut by an end of the table, holds the months that are there.

    Examples
    --------
    From May: two months of the first quarter, and one of the third.

    >>> found = quarterly([[1, 2, 3, 4, 5, 6]], first_month=4)
    >>> found.counts.tolist(), found.months.tolist(), found.is_whole.tolist()
    ([[3.0, 12.0, 6.0]], [2, 3, 1], [False, True, False])
    """
    table = np.asarray(monthly, float)
    if table.ndim != 2:
        raise ValueError("`monthly` must have one row a neighbourhood and one column a month.")
    missing = np.isnan(table)
    gaps = missing.all(axis=0) if len(table) else np.zeros(table.shape[1], bool)
    answered = ~missing[:, ~gaps].any(axis=1)
    quarter = (first_month + np.arange(table.shape[1])) // MONTHS
    quarter -= first_month // MONTHS
    present = np.where(missing, 0.0, table)
    starts = np.flatnonzero(np.diff(quarter, prepend=-1))
    counts = np.add.reduceat(present, starts, axis=1) if len(starts) else np.zeros((len(table), 0))
    totals = counts[answered].sum(axis=0)
    months = np.bincount(quarter[~gaps], minlength=len(starts))
    counts[~answered] = np.nan
    return Quarters(counts, totals, months, first_month // MONTHS)


def step_totals(quarters: Quarters) -> np.ndarray:
    """Incidents of each place in each step, of the months that are there, shape (n, steps)."""
    steps = max(len(quarters.months) - QUARTERS + 1, 0)
    return sum((quarters.counts[:, k : k + steps] for k in range(QUARTERS)), np.zeros((len(quarters.counts), steps)))


def step_sums(quarters: Quarters) -> np.ndarray:
    """Incidents of the whole study in each step, shape (steps,)."""
    steps = len(quarters.is_judged)
    return sum((quarters.totals[k : k + steps] for k in range(QUARTERS)), np.zeros(steps))


def global_rates(quarters: Quarters, *, against: Against) -> np.ndarray:
    """What a ratio of 1 is in each step, in incidents of the whole study, shape (steps,)."""
    sums = step_sums(quarters)
    if against == "step" or not quarters.is_judged.any():
        return sums
    return np.full(len(sums), sums[quarters.is_judged].mean())


def lowest_level(quarters: Quarters, level: float, *, against: Against) -> float:
    """Smallest ratio to the step's own study rate that makes a judged step hot: what places must be drawn for."""
    sums = step_sums(quarters)
    used = quarters.is_judged & (sums > 0)
    if against == "step" or not used.any():
        return level
    return float(level * (global_rates(quarters, against=against) / np.maximum(sums, 1e-300))[used].min())
