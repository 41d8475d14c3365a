"""Zone × month counts of one theme, in which a zero is data and a gap is not a zero.

A month for which a feed holds no file is a gap. A category that is absent from a file that is
there is a gap when its six nearest months make a zero less likely than 1 in 10,000; otherwise it
is a zero. Both rules are applied here, once, for every feed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo_safety.boundaries import Zones
from geo_safety.counts import ZoneCounts, count_areas, count_zones
from geo_safety.errors import ConfigError, OverlapError
from geo_safety.incidents import Feed, theme_matrix
from geo_safety.months import month_ranges
from geo_safety.presence import GAP_CHANCE, GAP_NEIGHBOURS
from geo_safety.schema import SERIES

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
        The feeds that the counts come from.
    in_no_zone, unlocated : array of int, shape (n_months,)
        Incidents with a place that lies in no zone of the layer (on a bridge, in the river), and
        incidents without a place.
    """

    layer: str
    theme: str
    zone_id: NDArray[np.str_]
    first_month: int
    incidents: IntArray
    has_data: BoolArray
    is_answered: BoolArray
    feeds: tuple[str, ...]
    in_no_zone: IntArray
    unlocated: IntArray

    def counts(self, window: Window) -> NDArray[np.float64]:
        """Incidents in the window, shape (n_zones,); NaN for zones without an answer."""
        return self.monthly(window).sum(axis=1)

    def monthly(self, window: Window) -> NDArray[np.float64]:
        """Incidents by month of the window, shape (n_zones, months); NaN for zones without an answer."""
        return np.where(self.is_answered[:, None], self.incidents[:, self.columns(window)], np.nan)

    def columns(self, window: Window) -> slice:
        """The columns of a window's months."""
        return slice(window.start - self.first_month, window.end - self.first_month + 1)

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
    missing : mapping of feed to array of int
        Months without data between the feed's first and last, in months since 1970-01.
    """

    theme: str
    feeds: tuple[str, ...]
    first_month: int
    has_data: BoolArray
    window: Window | None
    missing: Mapping[str, IntArray]


@dataclass(frozen=True)
class Placement:
    """Where the places of one feed lie in one layer.

    Parameters
    ----------
    zone_of_location : array of int, shape (n_locations,), optional
        For feeds of points: index of each location's zone, -1 for none.
    code_of_zone : array of str, shape (n_named_zones,), optional
        For counts by area: the layer's zone that holds each zone that the feed names.
    is_answered : array of bool, shape (n_zones,)
        Zones of the layer that the feed answers for.
    """

    is_answered: BoolArray
    zone_of_location: NDArray[np.int32] | None = None
    code_of_zone: NDArray[np.str_] | None = None


def coverage_of(theme: str, feeds: Sequence[Feed], *, window_months: int) -> Coverage:
    """Which of the feeds answer for a theme, and which window do they allow?

    Parameters
    ----------
    feeds : sequence of Feed
        All feeds of one role.

    Raises
    ------
    OverlapError
        If two of them hold rows of the theme in the same month.
    ConfigError
        If none of them carries the theme.
    """
    carriers = [(feed, codes) for feed in feeds if (codes := theme_matrix(feed).get(theme)) is not None]
    carriers = [(feed, codes) for feed, codes in carriers if feed.presence.rows[:, :, codes].any()]
    if not carriers:
        names = sorted({name for feed in feeds for name in theme_matrix(feed)})
        raise ConfigError(
            f"No feed holds rows of the theme {theme!r}.",
            f"Remove it from `themes`, add a feed, or mend `labels` and `use`. The feeds carry: {', '.join(names)}.",
        )
    first = min(feed.presence.first_month for feed, _ in carriers)
    last = max(feed.presence.first_month + feed.presence.has_file.shape[1] for feed, _ in carriers)
    has_data = np.ones(last - first, dtype=bool)
    rows_by_feed, missing = {}, {}
    for feed, codes in carriers:
        presence = feed.presence
        own = np.zeros(last - first, dtype=bool)
        span = slice(presence.first_month - first, presence.first_month - first + presence.has_file.shape[1])
        in_theme = np.broadcast_to(codes, (len(presence.units), len(codes)))
        own[span] = months_with_data(presence.rows, presence.has_file, in_theme)
        has_data &= own
        missing[feed.settings.name] = np.flatnonzero(~own[span]) + presence.first_month
        rows = np.zeros(last - first, dtype=np.int64)
        rows[span] = presence.rows[:, :, codes].sum(axis=(0, 2))
        rows_by_feed[feed.settings.name] = rows
    check_no_overlap(theme, rows_by_feed, first, may_share=_force_pairs([feed for feed, _ in carriers]))
    window = choose_window(has_data, first, months=window_months)
    return Coverage(theme, tuple(rows_by_feed), first, has_data, window, missing)


def _force_pairs(feeds: Sequence[Feed]) -> set[frozenset[str]]:
    """Pairs of feeds that state forces and have none in common."""
    return {
        frozenset((one.settings.name, other.settings.name))
        for one in feeds
        for other in feeds
        if one.settings.forces and other.settings.forces and not set(one.settings.forces) & set(other.settings.forces)
    }


def count_placed(
    feed: Feed,
    placement: Placement,
    zone_id: NDArray[np.str_],
    *,
    first_month: int,
    n_months: int,
    category_mask: BoolArray,
) -> ZoneCounts:
    """Count some categories of one feed, of points or of areas, in every zone of a layer and every month.

    Parameters
    ----------
    placement : Placement
        Where the feed's places lie in the layer; of zones that it does not answer for the counts have no meaning.
    zone_id : array of str, shape (n_zones,)
        The layer's zones.
    first_month, n_months, category_mask
        As for `count_zones`.
    """
    if feed.incidents is not None and placement.zone_of_location is not None:
        return count_zones(
            feed.incidents,
            placement.zone_of_location,
            n_zones=len(zone_id),
            first_month=first_month,
            n_months=n_months,
            category_mask=category_mask,
        )
    if feed.area_counts is not None and placement.code_of_zone is not None:
        areas = replace(feed.area_counts, zone_id=placement.code_of_zone)
        incidents, _ = count_areas(
            areas, zone_id, first_month=first_month, n_months=n_months, category_mask=category_mask
        )
    else:
        incidents = np.zeros((len(zone_id), n_months), dtype=np.int64)
    return ZoneCounts(incidents, *np.zeros((2, n_months), dtype=np.int64))


def build_cube(coverage: Coverage, zones: Zones, feeds: Sequence[Feed], placements: Sequence[Placement]) -> Cube:
    """Count one theme in every zone of a layer and every month of the theme's span.

    Parameters
    ----------
    feeds, placements : sequences of the same length
        The feeds that answer for the theme, and where their places lie in this layer.
    """
    n_months = len(coverage.has_data)
    incidents = np.zeros((len(zones), n_months), dtype=np.int64)
    in_no_zone, unlocated = np.zeros((2, n_months), dtype=np.int64)
    is_answered = np.ones(len(zones), dtype=bool)
    for feed, placement in zip(feeds, placements, strict=True):
        is_answered &= placement.is_answered
        codes = theme_matrix(feed)[coverage.theme]
        counted = count_placed(
            feed,
            placement,
            zones.zone_id,
            first_month=coverage.first_month,
            n_months=n_months,
            category_mask=codes,
        )
        incidents += counted.incidents
        in_no_zone += counted.in_no_zone
        unlocated += counted.unlocated
    return Cube(
        layer=zones.layer,
        theme=coverage.theme,
        zone_id=zones.zone_id,
        first_month=coverage.first_month,
        incidents=incidents,
        has_data=coverage.has_data,
        is_answered=is_answered,
        feeds=coverage.feeds,
        in_no_zone=in_no_zone,
        unlocated=unlocated,
    )


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


def stays_away(rows: IntArray, has_file: BoolArray) -> BoolArray:
    """Which categories, otherwise frequent, are counted as zeros because they stay away for long?

    Parameters
    ----------
    rows, has_file
        As for `find_gaps`.

    Returns
    -------
    array of bool, shape (n_units, n_months, n_categories)
        Months in which the category is absent and taken for zero, though in the months in which it
        occurs it is too frequent for that: readers must be told.
    """
    occurs = rows > 0
    with np.errstate(invalid="ignore"):
        usual = rows.sum(axis=1) / occurs.sum(axis=1)
    is_frequent = np.exp(-np.nan_to_num(usual)) < GAP_CHANCE
    is_zero = ~occurs & has_file[:, :, None] & ~find_gaps(rows, has_file)
    return np.asarray(is_zero & is_frequent[:, None, :])
