"""Counts of every zone in moving windows, read back from a release: what a time slider steps through.

The sums are made from the exact months and hidden afterwards: months whose small counts are hidden cannot be added
up. What a reader's class may not see is hidden here, so that nothing else has to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo_safety import disclosure
from geo_safety.cube import Cube, Window
from geo_safety.disclosure.open_set import Seen
from geo_safety.errors import AnalysisError
from geo_safety.release import Release


@dataclass(frozen=True)
class WindowCounts:
    """One step: a window, and what a reader may see of it.

    Parameters
    ----------
    incidents : Int32 array, shape (n_zones,), or None
        In order of id; null where the count is hidden and for zones that no feed answers for. None where the window
        has a month without data, or reaches outside the span: that is a gap and not a zero.
    """

    window: Window
    incidents: pa.Array | None


def read_cube(release: Release, layer: str, theme: str, *, feeds: Sequence[str], zone_id: NDArray[np.str_]) -> Cube:
    """The **exact** months of one theme on one layer, from the feeds that make the layers.

    Parameters
    ----------
    feeds : sequence of str
        The theme's feeds, as the manifest names them.
    zone_id : array of str, shape (n_zones,)
        The layer's zones in order of id.

    Returns
    -------
    Cube
        Without any month where the theme has no series on the layer. What lay in no zone is not in a series, so it
        counts as nothing here.

    Raises
    ------
    AnalysisError
        This process cannot read the exact series.
    """
    try:
        rows = release.series(
            layer, theme=theme, access="internal", columns=["feed", "month", "incidents"]
        )  # in order of feed, zone and month
    except OSError as error:
        raise AnalysisError(
            "This process cannot read the release's exact counts, and a window is counted from nothing else.",
            "Run it as the owner of the release's files.",
        ) from error
    rows = rows.filter(pc.equal(rows["feed"], " + ".join(feeds)))
    months = rows["month"].slice(0, rows.num_rows // len(zone_id)).to_numpy().astype("datetime64[M]").astype(int)
    incidents = rows["incidents"].combine_chunks()
    shape = (len(zone_id), len(months))
    is_known = np.asarray(incidents.is_valid()).reshape(shape)
    return Cube(
        layer=layer,
        theme=theme,
        zone_id=zone_id,
        first_month=int(months[0]) if len(months) else 0,
        incidents=np.asarray(incidents.fill_null(0)).reshape(shape),
        has_data=np.asarray(is_known.any(axis=0)),
        is_answered=np.asarray(is_known.any(axis=1)),
        feeds=tuple(feeds),
        in_no_zone=np.zeros(len(months), dtype=np.int64),
        unlocated=np.zeros(len(months), dtype=np.int64),
    )


@dataclass(frozen=True)
class RunningCounts:
    """**Exact** incidents up to each month: a window is then one subtraction.

    Parameters
    ----------
    first_month : int
        Month of the first step, in months since 1970-01.
    has_data : array of bool, shape (n_months,)
        False in a gap.
    is_answered : array of bool, shape (n_zones,)
        False for zones that the feeds do not answer for.
    sums : array of int, shape (n_months + 1, n_zones)
        Incidents before each month, and before the one after the last.
    """

    first_month: int
    has_data: NDArray[np.bool_]
    is_answered: NDArray[np.bool_]
    sums: NDArray[np.int32]

    @property
    def last_month(self) -> int:
        """Last month of the span."""
        return self.first_month + len(self.has_data) - 1


def running_counts(cube: Cube) -> RunningCounts:
    """Add up the months of a cube once, for any number of windows."""
    sums = np.zeros((len(cube.has_data) + 1, len(cube.zone_id)), dtype=np.int32)
    np.cumsum(np.where(cube.has_data, cube.incidents, 0).T, axis=0, out=sums[1:])
    return RunningCounts(cube.first_month, cube.has_data, cube.is_answered, sums)


def window_counts(running: RunningCounts, end: int, *, months: int, access: Seen) -> WindowCounts:
    """What may a reader see of each zone in the window that ends with this month?

    Parameters
    ----------
    end : int
        Last month of the window, itself inside, in months since 1970-01.
    months : int
        Length of the window.
    """
    window = Window(end - months + 1, end, is_complete=True)
    first, last = window.start - running.first_month, end - running.first_month + 1
    if first < 0 or last > len(running.has_data) or not running.has_data[first:last].all():
        return WindowCounts(window, None)
    exact = pa.array(running.sums[last] - running.sums[first], type=pa.int32(), mask=~running.is_answered)
    return WindowCounts(window, disclosure.shown_counts(exact, access=access))


def study_counts(running: RunningCounts, *, access: Seen) -> dict[int, int | None]:
    """What may a reader see of all zones together, month by month (in months since 1970-01)? None in a gap."""
    totals = np.diff(running.sums[:, running.is_answered].sum(axis=1, dtype=np.int64)).astype(np.int32)
    shown = disclosure.shown_counts(pa.array(totals, type=pa.int32(), mask=~running.has_data), access=access)
    return dict(enumerate(shown.to_pylist(), start=running.first_month))
