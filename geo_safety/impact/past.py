"""What went before a scheme: years of counts, and how entrenched the place was when it began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_safety import statistics
from geo_safety.analysis import Ground
from geo_safety.cube import Cube
from geo_safety.entrenchment import History, judge_history
from geo_safety.impact.periods import Periods
from geo_safety.impact.places import Places
from geo_safety.schema import is_true


@dataclass(frozen=True)
class Year:
    """Twelve months in a row that end before the scheme (the last of them: just before).

    Parameters
    ----------
    first, last : int
        Months since 1970-01.
    incidents : int
        Of the place.
    ratio : float
        Its rate over the study's.
    """

    first: int
    last: int
    incidents: int
    ratio: float


@dataclass(frozen=True)
class Past:
    """The history of a place.

    Parameters
    ----------
    years : tuple of Year
        Oldest first; years with a gap are left out.
    zones, zones_entrenched : int
        Zones of the place, and how many of them were entrenched when the scheme began.
    steps_hot, steps : int
        Of the zone that was hot for longest: in so many of so many rolling years.
    classes : tuple of str
        Classes that its zones had, the most frequent first.
    why : str
        Why entrenchment cannot be told; empty where it can.
    """

    years: tuple[Year, ...]
    zones: int
    zones_entrenched: int = 0
    steps_hot: int = 0
    steps: int = 0
    classes: tuple[str, ...] = ()
    why: str = ""


def past_of(places: Places, ground: Ground, cube: Cube, periods: Periods) -> Past:
    """The years before the scheme, and the entrenchment rule on the months before it alone.

    The rule is the release's own but for the half-cell shifts of the grid, which need points and not counts.
    """
    covered = places.covered
    years = _years(covered, ground, cube, periods)
    judged, why = _judged(ground, cube, periods)
    if judged is None:
        return Past(years, len(covered), why=why)
    rows = judged.iloc[covered]
    steps_hot = rows["steps_hot"].fillna(0).astype(int)
    classes = rows["class"].dropna().value_counts()
    return Past(
        years,
        len(covered),
        int(is_true(rows["is_entrenched"]).sum()),
        int(steps_hot.max()),
        int(rows["steps"].max()),
        tuple(str(name) for name in classes.index),
    )


def _years(covered: np.ndarray, ground: Ground, cube: Cube, periods: Periods) -> tuple[Year, ...]:
    width = ground.layer.surroundings.width
    answered = cube.is_answered
    share = width[covered].sum() / width[answered].sum()
    found = []
    last = periods.known.last - cube.first_month
    for end in range(last, 10, -12):
        months = slice(end - 11, end + 1)
        if not cube.has_data[months].all():
            continue
        own = int(cube.incidents[covered, months].sum())
        everywhere = int(cube.incidents[answered, months].sum())
        ratio = own / everywhere / share if everywhere else float("nan")
        found.append(Year(end - 11 + cube.first_month, end + cube.first_month, own, float(ratio)))
    return tuple(found[::-1])


def _judged(ground: Ground, cube: Cube, periods: Periods) -> tuple[pd.DataFrame | None, str]:
    """The release's rule on the months before the scheme, or why not."""
    there = np.flatnonzero(cube.has_data)
    first, last = int(there[0]), periods.known.last - cube.first_month
    monthly = np.where(cube.is_answered[:, None], cube.incidents[:, first : last + 1], np.nan).astype(float)
    monthly[:, ~cube.has_data[first : last + 1]] = np.nan
    surroundings = ground.layer.surroundings
    filled = surroundings.neighbourhood.sum(np.nan_to_num(monthly[:, -12:])).astype(float)
    filled[:, ~cube.has_data[last - 11 : last + 1]] = np.nan
    breaks = tuple(
        month
        for month, _ in ground.facts[cube.theme].recording.breaks
        if cube.first_month + first < month <= periods.known.last
    )
    history = History(
        layer=cube.layer,
        theme=cube.theme,
        zone_id=cube.zone_id.tolist(),
        monthly=monthly,
        first_month=cube.first_month + first,
        dispersion=statistics.dispersion(filled),
        breaks=breaks,
    )
    found = judge_history(history, surroundings, rules=ground.rules)
    return (None, found.why_not) if found.why_not else (found.table, "")
