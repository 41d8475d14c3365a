"""Incidents at their points, as products of single places count them: on the street, or recorded by the transport police.

The two are kept apart by who recorded them, and a point is given to one place only, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo_safety.cube import Window
from geo_safety.incidents import Feed, theme_matrix
from geo_safety.layers import DISCS_PER_ZONE
from geo_safety.products.inputs import Inputs
from geo_safety.themes import themes_of

TRANSPORT = "transport"
"""Theme of incidents that the transport police recorded: at a station, even where something happened on a train."""

INSIDE_M = 500.0
"""The transport police place an incident at a point of the station; of London's such points in the study 97 in 100 lie
so near a station of the list, and large stations have theirs 400 m from where the list puts them."""

NIGHT_FROM, NIGHT_TO = 22, 6
"""Hours between which it is night, local time."""

NO_HOURS = "No time of day in this source."

MIDNIGHT_SHARE = 0.5
"""With so many of its times at midnight sharp a source gives days and no hours."""

Recorded = Literal["street", "transport"]

NONE_RECORDED: dict[Recorded, str] = {
    "street": "All incidents of {theme} were recorded by the transport police.",
    "transport": "The transport police record no incidents of {theme}.",
}


@dataclass(frozen=True)
class Points:
    """Incidents with a place, in some months.

    Parameters
    ----------
    xy : array of float, shape (n, 2)
        Metres east and north of the study's middle.
    month : array of int, shape (n,)
        Months since 1970-01.
    weight : array of float, shape (n,)
        Incidents.
    category : array of object, shape (n,)
        The source's own class.
    is_night : array of bool, shape (n,), optional
        Between 22:00 and 06:00; None where a source gives no hours.
    precision_m : float, optional
        How far a point may be from the truth, where a feed says so.
    """

    xy: NDArray[np.float64]
    month: NDArray[np.int64]
    weight: NDArray[np.float64]
    category: NDArray[np.object_]
    is_night: NDArray[np.bool_] | None
    precision_m: float | None

    def by_place(self, place: NDArray[np.intp], n_places: int) -> NDArray[np.float64]:
        """Incidents of each place; points whose place is -1 belong to none."""
        held = place >= 0
        return np.bincount(place[held], weights=self.weight[held], minlength=n_places).astype(float)

    def by_place_and_month(self, place: NDArray[np.intp], n_places: int, window: Window) -> NDArray[np.float64]:
        """Incidents of each place and month, shape (n_places, months)."""
        held = place >= 0
        key = place[held] * window.months + self.month[held] - window.start
        counts = np.bincount(key, weights=self.weight[held], minlength=n_places * window.months)
        return counts.astype(float).reshape(n_places, -1)

    def by_night(self, place: NDArray[np.intp], n_places: int) -> NDArray[np.float64]:
        """Incidents of each place at night; NaN where the source gives no hours."""
        if self.is_night is None:
            return np.full(n_places, np.nan)
        return self.by_place(np.where(self.is_night, place, -1), n_places)


def points_of(inputs: Inputs, theme: str, window: Window, *, recorded: Recorded) -> Points | str:
    """Incidents of a theme that one kind of police recorded in a window; or why there are none to be counted.

    Parameters
    ----------
    recorded : {'street', 'transport'}
        `transport`: those that also carry the theme `transport`, from the feeds that make it. `street`: those of the
        theme's own feeds that do not.
    """
    if recorded == "transport" and TRANSPORT not in inputs.coverages:
        return "No feed of this study holds incidents of the transport police."
    if recorded == "transport" and TRANSPORT not in inputs.beside[theme]:
        return "Incidents of the transport police are not open to all who may see this theme."
    names = inputs.coverages[TRANSPORT if recorded == "transport" else theme].feeds
    feeds = [feed for feed in inputs.feeds if feed.settings.name in names]
    if any(feed.incidents is None for feed in feeds):
        return "The source gives counts of areas and no points."
    parts = [part for feed in feeds if (part := _part(feed, theme, window, inputs, recorded)) is not None]
    if not parts:
        return NONE_RECORDED[recorded].format(theme=theme)
    nights = [part.is_night for part in parts if len(part.month)]
    has_hours = bool(nights) and all(night is not None for night in nights)
    precisions = [part.precision_m for part in parts if part.precision_m is not None]
    return Points(
        np.concatenate([part.xy for part in parts]),
        np.concatenate([part.month for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.category for part in parts]),
        np.concatenate([night for night in nights if night is not None]) if has_hours else None,
        max(precisions, default=None),
    )


def street_points(inputs: Inputs, theme: str, reach_m: float) -> tuple[Window, Points, str | None] | str:
    """Street incidents of a theme's window for zones of this reach, and what has to be said; or why there are none."""
    window = inputs.coverages[theme].window
    if window is None:
        return "No month has data."
    points = points_of(inputs, theme, window, recorded="street")
    if isinstance(points, str):
        return points
    is_fit, told = fineness(points, reach_m)
    if not is_fit:
        assert told is not None
        return told
    return window, points, told


def fineness(points: Points, reach_m: float) -> tuple[bool, str | None]:
    """Are the points good enough for a zone of this reach, and what has to be said?

    Not at all where a point may be farther from the truth than the zone reaches; with a caution where the zone is
    smaller than three discs of their precision.

    Examples
    --------
    >>> nothing = np.zeros(0)
    >>> for precision in (None, 20, 40, 90):
    ...     points = Points(np.zeros((0, 2)), nothing, nothing, nothing, None, precision)
    ...     fineness(points, 50.0)
    (True, None)
    (True, None)
    (True, 'Finer than the source: points may be 40 m from the truth.')
    (False, 'Not counted: points may be 90 m from the truth, and the zone reaches 50 m.')
    """
    precision = points.precision_m
    if precision is None or reach_m**2 >= DISCS_PER_ZONE * precision**2:
        return True, None
    if precision > reach_m:
        return False, f"Not counted: points may be {precision:g} m from the truth, and the zone reaches {reach_m:g} m."
    return True, f"Finer than the source: points may be {precision:g} m from the truth."


def runs_with_data(inputs: Inputs, theme: str, *, months: int) -> Window | None:
    """The newest run of months with data that ends with the theme's window, of so many months at most."""
    coverage = inputs.coverages[theme]
    if coverage.window is None:
        return None
    end = coverage.window.end
    start = end
    while (
        end - start + 1 < months
        and start > coverage.first_month
        and coverage.has_data[start - 1 - coverage.first_month]
    ):
        start -= 1
    return Window(start, end, is_complete=end - start + 1 == months)


def _part(feed: Feed, theme: str, window: Window, inputs: Inputs, recorded: Recorded) -> Points | None:
    """The points of one feed; None where it has no category that counts."""
    incidents = feed.incidents
    assert incidents is not None
    codes = _codes(feed, theme, recorded)
    if not codes.any():
        return None
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *_rows(feed, codes, window)])
    # Times of day are judged on all that the feed holds: a few incidents may all be at midnight.
    is_night = None
    if incidents.date is not None and has_hours(incidents.date):
        hour = _minute_of_day(incidents.date[rows]) // 60
        is_night = (hour >= NIGHT_FROM) | (hour < NIGHT_TO)
    location = incidents.location[rows]
    east, north = inputs.study.projection.metres(incidents.longitude[location], incidents.latitude[location])
    return Points(
        np.column_stack([east, north]),
        incidents.month[rows].astype(np.int64),
        incidents.weight[rows].astype(float),
        np.array(incidents.categories, dtype=object)[incidents.category[rows]],
        is_night,
        feed.settings.precision_m,
    )


def has_hours(date: NDArray[np.datetime64]) -> bool:
    """Whether times have hours: dates alone are all at midnight.

    Examples
    --------
    >>> has_hours(np.array(["2022-01-05T00:00", "2022-01-06T00:00"], dtype="datetime64[m]"))
    False
    >>> has_hours(np.array(["2022-01-05T16:40", "2022-01-06T00:00", "2022-01-06T08:15"], dtype="datetime64[m]"))
    True
    """
    return bool(len(date)) and bool((_minute_of_day(date) == 0).mean() < MIDNIGHT_SHARE)


def _minute_of_day(date: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return (date - date.astype("datetime64[D]")).astype("timedelta64[m]").astype(np.int64)


def _codes(feed: Feed, theme: str, recorded: Recorded) -> NDArray[np.bool_]:
    """Which of the feed's categories count."""
    incidents = feed.incidents
    assert incidents is not None
    matrix, nothing = theme_matrix(feed), np.zeros(len(incidents.categories), dtype=bool)
    if recorded == "street":
        return matrix.get(theme, nothing) & ~_carrying(feed, TRANSPORT)
    # A feed may answer for `transport` alone (`use`): what its categories are is known all the same.
    return matrix.get(TRANSPORT, nothing) & _carrying(feed, theme)


def _carrying(feed: Feed, theme: str) -> NDArray[np.bool_]:
    """Categories that carry a theme, whether or not the feed is used for it."""
    incidents = feed.incidents
    assert incidents is not None
    kinds = zip(incidents.categories, incidents.forces, strict=True)
    return np.array([theme in themes_of(name, feed.settings.labels, force=force) for name, force in kinds], dtype=bool)


def _rows(feed: Feed, codes: NDArray[np.bool_], window: Window) -> Iterator[NDArray[np.int64]]:
    incidents = feed.incidents
    assert incidents is not None
    for part in incidents.parts(codes):
        month, location = incidents.month[part], incidents.location[part]
        yield np.flatnonzero((month >= window.start) & (month <= window.end) & (location >= 0)) + part.start
