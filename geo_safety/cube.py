"""Zone × month counts of one theme, in which a zero is data and a gap is not a zero.

A month for which a feed holds no file is a gap. A category that is absent from a file that is
there is a gap when its six nearest months make a zero less likely than 1 in 10,000; otherwise it
is a zero. Both rules are applied here, once, for every feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo_safety.errors import OverlapError
from geo_safety.schema import SERIES

GAP_CHANCE = 1e-4
"""A zero less likely than this, judged from the nearest months, is a gap."""

GAP_NEIGHBOURS = 6
"""Number of nearest months that judge an absent category."""

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """A run of months: the first and the last are both inside.

    Parameters
    ----------
    start, end : int
        Months since 1970-01.
    is_complete : bool
        Whether it has the wanted number of months; statistics are made only then.
    """

    start: int
    end: int
    is_complete: bool

    @property
    def months(self) -> int:
        """Number of months inside."""
        return self.end - self.start + 1


@dataclass(frozen=True)
class Cube:
    """Counts of one theme in every zone of one layer and every month of its span.

    Parameters
    ----------
    layer, theme : str
        What is counted, and by which zones.
    zone_id : array of str, shape (n_zones,)
        Zones in order.
    first_month : int
        Month of the first column, in months since 1970-01.
    incidents : array of int, shape (n_zones, n_months)
        Incidents; zeros are data. Columns where `has_data` is false hold no meaning.
    has_data : array of bool, shape (n_months,)
        False where any feed of the theme has a gap.
    is_answered : array of bool, shape (n_zones,)
        False for zones that the feeds do not answer for: they are null, never zero.
    feeds : tuple of str
        The primary feeds that the counts come from.
    """

    layer: str
    theme: str
    zone_id: NDArray[np.str_]
    first_month: int
    incidents: IntArray
    has_data: BoolArray
    is_answered: BoolArray
    feeds: tuple[str, ...]

    def counts(self, window: Window) -> NDArray[np.float64]:
        """Incidents in the window, shape (n_zones,); NaN for zones without an answer."""
        return self.monthly(window).sum(axis=1)

    def monthly(self, window: Window) -> NDArray[np.float64]:
        """Incidents by month of the window, shape (n_zones, months); NaN for zones without an answer."""
        columns = slice(window.start - self.first_month, window.end - self.first_month + 1)
        return np.where(self.is_answered[:, None], self.incidents[:, columns], np.nan)

    def window_before(self, window: Window) -> Window | None:
        """The window of the same length that ends where this one starts; None where it has a gap."""
        start = window.start - window.months
        first, last = start - self.first_month, window.start - self.first_month
        if first < 0 or not self.has_data[first:last].all():
            return None
        return Window(start, window.start - 1, is_complete=True)


@dataclass(frozen=True)
class Coverage:
    """Which feeds answer for a theme, in which months, and which window follows from it.

    Parameters
    ----------
    feeds : tuple of str
        Feeds whose rows carry the theme, in the order of the config.
    first_month : int
        Month of the first element of `has_data`, in months since 1970-01.
    has_data : array of bool, shape (n_months,)
        Months in which every one of the feeds has data.
    window : Window or None
        The theme's window; None where no month has data.
    """

    theme: str
    feeds: tuple[str, ...]
    first_month: int
    has_data: BoolArray
    window: Window | None

    @property
    def missing(self) -> IntArray:
        """Months of the span without data, in months since 1970-01."""
        return np.flatnonzero(~self.has_data) + self.first_month


def series_of(cube: Cube) -> pa.Table:
    """Every zone and month of the cube's span as rows of `schema.SERIES`; null in a gap, never zero."""
    n_zones, n_months = cube.incidents.shape
    is_known = (cube.is_answered[:, None] & cube.has_data[None, :]).ravel()
    months = np.tile(np.arange(cube.first_month, cube.first_month + n_months), n_zones)
    return pa.table(
        {
            "layer": _constant(cube.layer, n_zones * n_months),
            "feed": _constant(" + ".join(cube.feeds), n_zones * n_months),
            "zone_id": pa.DictionaryArray.from_arrays(
                np.repeat(np.arange(n_zones, dtype=np.int32), n_months), pa.array(cube.zone_id.astype(object))
            ).cast(pa.string()),
            "theme": _constant(cube.theme, n_zones * n_months),
            "month": pa.array(months.astype("datetime64[M]").astype("datetime64[D]")),
            "incidents_band": pa.nulls(n_zones * n_months, pa.string()),
            "incidents": pa.array(cube.incidents.ravel(), mask=~is_known),
        },
        schema=SERIES.arrow_schema(),
    )


def _constant(value: str, n: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(np.zeros(n, dtype=np.int32), pa.array([value])).cast(pa.string())


def find_gaps(rows: IntArray, has_file: BoolArray) -> BoolArray:
    """In which months is a category's zero no zero but a gap?

    Parameters
    ----------
    rows : array of int, shape (n_units, n_months, n_categories)
        Rows of each supplying unit (a police force, or the whole feed), month and category.
    has_file : array of bool, shape (n_units, n_months)
        Whether the unit supplied the month at all.

    Returns
    -------
    array of bool, shape (n_units, n_months, n_categories)
        True where there is a gap.

    Notes
    -----
    Null hypothesis for an absent category: its month is a Poisson draw with the mean of its six
    nearest months that have a file (the earlier first where two are as near). Below 1 in 10,000
    the zero is a gap. A category that stays away for long is therefore zeros.

    Examples
    --------
    A category with about 20 rows a month, absent once; and one with 2 a month, absent once:

    >>> rows = np.array([[[20, 2], [21, 2], [0, 0], [19, 3], [20, 2], [22, 1], [20, 2]]])
    >>> find_gaps(rows, np.ones((1, 7), dtype=bool))[0, 2].tolist()
    [True, False]
    """
    gaps = np.repeat(~has_file[:, :, None], rows.shape[2], axis=2)
    for unit in range(len(rows)):
        supplied = np.flatnonzero(has_file[unit])
        absent = (rows[unit, supplied] == 0).any(axis=1)
        for month in supplied[absent]:
            others = supplied[supplied != month]
            nearest = others[np.argsort(np.abs(others - month), kind="stable")[:GAP_NEIGHBOURS]]
            if not len(nearest):
                continue
            chance_of_zero = np.exp(-rows[unit, nearest].mean(axis=0))
            gaps[unit, month] |= (rows[unit, month] == 0) & (chance_of_zero < GAP_CHANCE)
    return gaps


def months_with_data(rows: IntArray, has_file: BoolArray, in_theme: BoolArray) -> BoolArray:
    """In which months does a feed have data for a theme?

    A unit that never supplies any category of the theme has no say.

    Parameters
    ----------
    rows, has_file
        As for `find_gaps`.
    in_theme : array of bool, shape (n_units, n_categories)
        Which categories of which unit carry the theme.

    Returns
    -------
    array of bool, shape (n_months,)
    """
    carried = in_theme & (rows.sum(axis=1) > 0)
    has_say = carried.any(axis=1)
    if not has_say.any():
        return np.zeros(rows.shape[1], dtype=bool)
    gaps = find_gaps(rows, has_file) & carried[:, None, :]
    complete = has_file & ~gaps.any(axis=2)
    return np.asarray(complete[has_say].all(axis=0))


def choose_window(has_data: BoolArray, first_month: int, *, months: int) -> Window | None:
    """Which window does a theme get: the newest run of so many months without a gap?

    Parameters
    ----------
    has_data : array of bool, shape (n_months,)
        True where every feed of the theme has data.
    first_month : int
        Month of the first element, in months since 1970-01.
    months : int
        Wanted length.

    Returns
    -------
    Window or None
        Where no run is long enough, the newest run, marked as not complete; None where no month
        has data at all.

    Examples
    --------
    >>> choose_window(np.array([1, 1, 1, 0, 1], dtype=bool), 600, months=2)
    Window(start=601, end=602, is_complete=True)
    >>> choose_window(np.array([1, 1, 1, 0, 1], dtype=bool), 600, months=4)
    Window(start=604, end=604, is_complete=False)
    """
    edges = np.diff(np.concatenate(([0], has_data.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    if not len(starts):
        return None
    lengths = ends - starts + 1
    long_enough = np.flatnonzero(lengths >= months)
    if len(long_enough):
        end = int(ends[long_enough[-1]])
        return Window(first_month + end - months + 1, first_month + end, is_complete=True)
    return Window(first_month + int(starts[-1]), first_month + int(ends[-1]), is_complete=False)


def check_no_overlap(
    theme: str, rows_by_feed: dict[str, IntArray], first_month: int, *, may_share: set[frozenset[str]]
) -> None:
    """Refuse two primary feeds that both hold rows of a theme in the same month: they would be counted twice.

    Parameters
    ----------
    theme : str
        The theme that is checked.
    rows_by_feed : dict of feed name to array of int, shape (n_months,)
        Rows of the theme by month.
    first_month : int
        Month of the first element, in months since 1970-01.
    may_share : set of pairs of feed names
        Feeds that state forces and have none in common.

    Raises
    ------
    OverlapError
        Naming both feeds, the theme and the months.
    """
    names = list(rows_by_feed)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            both = np.flatnonzero((rows_by_feed[one] > 0) & (rows_by_feed[other] > 0))
            if len(both) and frozenset((one, other)) not in may_share:
                raise OverlapError(
                    f"The feeds {one!r} and {other!r} both hold rows of the theme {theme!r} in "
                    f"{month_ranges(both + first_month)}: the same incidents would be counted twice.",
                    f'Let one feed alone answer for it, for example use = ["{theme}"] on one and a list without '
                    "it on the other; or state `forces` on both, with none in common.",
                )


def month_text(month: int) -> str:
    """A month since 1970-01 as text.

    Examples
    --------
    >>> month_text(600)
    '2020-01'
    """
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def month_number(text: str) -> int:
    """A month as text since 1970-01; the inverse of `month_text`.

    Examples
    --------
    >>> month_number("2020-01")
    600
    """
    year, month = text.split("-")[:2]
    return (int(year) - 1970) * 12 + int(month) - 1


def month_ranges(months: Sequence[int] | IntArray) -> str:
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
