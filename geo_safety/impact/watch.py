"""Does it come back while it is held? The control chart of the months after the clear phase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety import statistics
from geo_safety.cube import Cube
from geo_safety.impact.effect import Noise
from geo_safety.impact.periods import Periods
from geo_safety.impact.places import Places
from geo_safety.statistics import ControlChart

FEWEST_BASE_MONTHS = 3
FEWEST_IN_BASE = 20
"""Months, and incidents in them, that tell the level to be held."""

FALSE_ALARM = 0.05
HALF_YEAR = 6
INCREASE = 1.5


@dataclass(frozen=True)
class Watch:
    """The chart of one theme.

    Parameters
    ----------
    chart : ControlChart or None
        None where there is nothing to watch; `why` says it.
    months : array of int
        The months watched, since 1970-01.
    counts : array of float
        Incidents of the place in each.
    base : (int, int)
        First and last month of the level that is held.
    """

    chart: ControlChart | None = None
    months: NDArray[np.int64] | None = None
    counts: NDArray[np.float64] | None = None
    base: tuple[int, int] | None = None
    why: str = ""

    @property
    def signal(self) -> int | None:
        """The first month with a signal."""
        first = None if self.chart is None else self.chart.first_signal
        return None if first is None or self.months is None else int(self.months[first])


def watch(places: Places, cube: Cube, periods: Periods, noise: Noise, *, seed: int = 0) -> Watch:
    """Watch the months of hold and build against the level of the clear phase.

    A clear phase of fewer than three months lends the first months after it to the level. Drift is measured on areas like
    the place up to the newest month: a later release may move the limits of earlier months a little.
    """
    names = [phase.name for phase in periods.phases]
    if "hold" not in names and "build" not in names:
        return Watch(why="There is no hold or build phase.")
    if not places.is_matched:
        return Watch(why="There are no comparison areas.")
    clear = periods.phases[0].columns
    later = np.concatenate([phase.columns for phase in periods.phases[1:]])
    lent = max(FEWEST_BASE_MONTHS - len(clear), 0)
    base, watched = np.concatenate([clear, later[:lent]]), later[lent:]
    if not len(watched):
        return Watch(why="No month of the hold phase has data yet.")

    def monthly(groups: tuple[NDArray[np.int64], ...], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return cube.incidents[:, columns][np.concatenate(groups)].sum(axis=0).astype(float)

    level = monthly(places.parts, base).sum(), monthly(places.areas, base).sum()
    if level[0] < FEWEST_IN_BASE or level[1] < FEWEST_IN_BASE:
        return Watch(why=f"Too few to say: fewer than {FEWEST_IN_BASE} incidents tell the level that is held.")
    counts = monthly(places.parts, watched)
    chart = statistics.control_chart(
        (float(level[0]), float(level[1])),
        counts,
        monthly(places.areas, watched),
        dispersion=noise.dispersion,
        drift=_drift_since(places, cube, base, watched, noise),
        increase=INCREASE,
        false_alarm=FALSE_ALARM,
        seed=seed,
    )
    first = cube.first_month
    return Watch(chart, watched + first, counts, (int(base[0]) + first, int(base[-1]) + first))


def _drift_since(
    places: Places, cube: Cube, base: NDArray[np.int64], watched: NDArray[np.int64], noise: Noise
) -> float:
    """Variance a year by which areas like the place went their own way: the most of what three spans show.

    Over years places wander, which the two periods of the effect show. Within months they also jump and come back, which
    only the base against the first months after it shows.
    """
    found = [noise.drift_a_year]
    for columns in (watched[:HALF_YEAR], watched[: 2 * HALF_YEAR]):
        held, later = (
            np.array([cube.incidents[area][:, months].sum() for area in places.pool], dtype=float)
            for months in (base, columns)
        )
        between = statistics.drift(
            held, later, np.ones(len(held)), level=0.0, dispersion=noise.dispersion, typical=np.sqrt(noise.drift)
        )
        # A random walk of variance v a year moves means of adjacent spans of a and b years by v (a + b) / 3.
        found.append(between.sigma2 / ((len(base) + len(columns)) / 36) if between.basis == "measured" else 0.0)
    return max(found)
