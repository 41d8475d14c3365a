"""Stations: incidents recorded there over those who pass, and, kept apart, incidents on the way there.

A station is compared with stations of its mode only, because a tram stop and an Underground station are counted in
different ways. Its rate is shrunk to what its mode has in general, so that a handful of incidents at a quiet station
does not lead the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_safety import statistics
from geo_safety.cube import Window
from geo_safety.exposure import EXPOSURES
from geo_safety.footfall import boarded_only, entries_and_exits, station_ids
from geo_safety.months import first_day
from geo_safety.nearby import nearest_within
from geo_safety.products.inputs import ContextTable, Inputs, Made
from geo_safety.products.places import inside_study, lie_in, metres
from geo_safety.products.points import INSIDE_M, TRANSPORT, Points, fineness, points_of

APPROACH_M = 400.0
"""A walk of five minutes."""

FEEDERS = ("bus", "coach", "plane")
"""Modes that bring passengers to a station whose gates count them: it is compared by another one, where it has any."""

FEWEST_IN_MODE = 10
"""Among fewer stations there is no 90th percentile."""

FEWEST_INCIDENTS = 10
SURE, ABOVE_MEDIAN = 0.8, 1.25
"""How sure one must be that a station's rate is so many times its mode's median. Against the median alone the rule would
list 15 of London's 203 Underground stations if all had the same rate; so it lists none (`docs/products/transport.md`)."""

TOP = 90
MILLION = 1e6

SAYS = (
    (
        "The rate is per million entries and exits of the station, which is not the transport authority's unit (crimes per "
        "million passenger journeys): never mix the two."
    ),
    (
        "Transport police records are placed at a station even where something happened on a train, and say nothing of "
        "where in the station."
    ),
    (
        "Incidents inside and on the way are recorded by different police and stand side by side: they are never added. A "
        "street incident near two stations is counted at the nearer one only."
    ),
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class StationList:
    """The stations of the study, one row each; arrays of shape (n,).

    Parameters
    ----------
    footfall : array of float
        Entries and exits a year; NaN where unknown or too few.
    why_not : array of object
        Why there is no rate; None where there is one.
    source : array of object
        Files and years of the counts.
    """

    id: NDArray[np.object_]
    name: NDArray[np.object_]
    modes: NDArray[np.object_]
    longitude: FloatArray
    latitude: FloatArray
    footfall: FloatArray
    why_not: NDArray[np.object_]
    source: str | None

    @property
    def mode(self) -> NDArray[np.object_]:
        """The one of its modes that it is compared by."""
        return np.array([None if not text else compared_mode(text) for text in self.modes], dtype=object)


def compared_mode(modes: str) -> str:
    """By which of its modes is a station compared? By the first that its gates count, as its list names them.

    Examples
    --------
    Lists are often in order of the alphabet, and passengers come to most large stations by bus, too:

    >>> compared_mode("bus;national-rail;tube"), compared_mode("tube"), compared_mode("bus")
    ('national-rail', 'tube', 'bus')
    """
    named = [one.strip() for one in modes.split(";")]
    return next((one for one in named if one.lower() not in FEEDERS), named[0])


def make(inputs: Inputs) -> Made | str:
    """Every station of the study, with every theme."""
    stations, notes = read_list(inputs)
    if not len(stations.id):
        return "None of the stations of the context lies in the study."
    xy = metres(inputs, stations.longitude, stations.latitude)
    frames = [_of_theme(inputs, theme, stations, xy, notes) for theme in inputs.themes]
    return Made(pd.concat(frames, ignore_index=True), inputs.themes, SAYS, tuple(dict.fromkeys(notes)))


def read_list(inputs: Inputs) -> tuple[StationList, list[str]]:
    """The stations inside the study with their entries and exits, and what could not be used."""
    notes: list[str] = []
    frame = pd.concat([_tidy(table.frame) for table in inputs.context["stations"]], ignore_index=True)
    frame = frame[frame["id"].notna() & frame["name"].notna()]
    inside = inside_study(inputs, frame["longitude"].to_numpy(dtype=float), frame["latitude"].to_numpy(dtype=float))
    frame = frame[inside].sort_values(["id", "name"], kind="stable")
    if repeated := int(frame["id"].duplicated().sum()):
        notes.append(f"stations: {repeated} rows repeat the id of another and are left out")
    frame = frame[~frame["id"].duplicated()].reset_index(drop=True)
    tables = inputs.context.get("footfall", ())
    counts = entries_and_exits([table.frame for table in tables])
    partly = boarded_only([table.frame for table in tables])
    found = [_footfall(row, counts, partly) for row in frame.to_dict("records")]
    return StationList(
        id=frame["id"].to_numpy(dtype=object),
        name=frame["name"].to_numpy(dtype=object),
        modes=frame["modes"].to_numpy(dtype=object),
        longitude=frame["longitude"].to_numpy(dtype=float),
        latitude=frame["latitude"].to_numpy(dtype=float),
        footfall=np.array([passing for passing, _ in found], dtype=float),
        why_not=np.array([why for _, why in found], dtype=object),
        source=_source(tables),
    ), notes


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame.reindex(columns=["id", "name", "modes", "other_ids", "uncounted", "longitude", "latitude"])
    names = [None if pd.isna(name) else " ".join(str(name).split()) or None for name in kept["name"]]
    modes = [None if pd.isna(text) else str(text).strip() or None for text in kept["modes"]]
    return kept.assign(id=station_ids(kept["id"]), name=names, modes=modes)


def _footfall(row: dict[str, Any], counts: dict[str, float], partly: set[str]) -> tuple[float, str | None]:
    """Entries and exits a year of a station with all its ids; or NaN, and why."""
    others = [] if pd.isna(row["other_ids"]) else [one for one in str(row["other_ids"]).split(";") if one.strip()]
    ids = [row["id"], *station_ids(others).tolist()]
    if partly & set(ids):
        return np.nan, "No rate: only passengers who board or alight one of its modes are counted."
    unknown = [one for one in ids if one not in counts]
    if len(unknown) == len(ids):
        return np.nan, "No rate: no entries and exits are known."
    if unknown:
        return np.nan, f"No rate: the entries and exits of {', '.join(unknown)} are not known, which is a part of it."
    if not pd.isna(row["uncounted"]) and str(row["uncounted"]).strip():
        return np.nan, f"No rate: its entries and exits leave out {str(row['uncounted']).strip()}."
    total = sum(counts[one] for one in ids)
    if total < EXPOSURES["footfall"]:
        return np.nan, "No rate: fewer than 100,000 entries and exits a year."
    return total, None


def _source(tables: Sequence[ContextTable]) -> str | None:
    return "; ".join(table.file + (f" ({table.year})" if table.year else "") for table in tables) or None


def _of_theme(inputs: Inputs, theme: str, stations: StationList, xy: FloatArray, notes: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "station_id": stations.id,
            "theme": theme,
            "name": stations.name,
            "mode": stations.mode,
            "modes": stations.modes,
            "entries_exits": np.round(stations.footfall),
            "entries_exits_source": [None if unknown else stations.source for unknown in np.isnan(stations.footfall)],
            "longitude": stations.longitude,
            "latitude": stations.latitude,
            "geometry": shapely.points(np.round(stations.longitude, 6), np.round(stations.latitude, 6)),
        }
    )
    frame = pd.concat([frame, lie_in(inputs, frame["geometry"].to_numpy())], axis=1)
    cautions: list[str] = []
    inside = _inside(inputs, theme, stations, xy, notes, cautions)
    approach = {} if theme == TRANSPORT else _approach(inputs, theme, xy, cautions)
    return frame.assign(**inside, **approach, caution=" ".join(dict.fromkeys(cautions)) or None)


def _inside(
    inputs: Inputs, theme: str, stations: StationList, xy: FloatArray, notes: list[str], cautions: list[str]
) -> dict[str, Any]:
    """Incidents that the transport police recorded, and their rate."""
    of_transport = inputs.coverages.get(TRANSPORT)
    window = None if of_transport is None else of_transport.window
    if window is None:
        cautions.append("No incidents of the transport police are at hand, so there is no rate.")
        return {}
    points = points_of(inputs, theme, window, recorded="transport")
    if isinstance(points, str):
        cautions.append(points)
        return {}
    place = nearest_within(points.xy, xy, metres=INSIDE_M)
    if lost := int(points.weight[place < 0].sum()):
        notes.append(f"{theme}: {lost} incidents of the transport police lie at no station of the list")
    counts = points.by_place(place, len(xy))
    columns = {"incidents": counts, "window_start": first_day(window.start), "window_end": first_day(window.end)}
    if not window.is_complete:
        cautions.append(f"Only {window.months} months of the transport police in a row: no rate is made.")
        return columns
    monthly = points.by_place_and_month(place, len(xy), window)
    return columns | rates(counts, monthly, stations, window)


def rates(counts: FloatArray, monthly: FloatArray, stations: StationList, window: Window) -> dict[str, Any]:
    """Rates of stations with their intervals, mode by mode, and which stations stand out.

    Parameters
    ----------
    counts : array of float, shape (n,)
        Incidents inside.
    monthly : array of float, shape (n, months)
        The same by month.
    window : Window
        Entries and exits of a year are taken for its share of a year.
    """
    passing = stations.footfall * window.months / 12 / MILLION
    fit = ~np.isnan(passing)
    n = len(counts)
    names = ("rate_observed", "rate", "rate_low", "rate_high", "mode_median", "mode_p90", "ratio", "probability", "probability_above_median", "rank",
             "rank_low", "rank_high")  # fmt: skip
    columns: dict[str, Any] = {name: np.full(n, np.nan) for name in names}
    columns |= {"is_hotspot": np.full(n, None, dtype=object), "why": stations.why_not.copy()}
    if fit.any() and counts[fit].sum():
        phi = statistics.dispersion(monthly[fit])
        columns["rate_observed"][fit] = counts[fit] / passing[fit]
        for mode in dict.fromkeys(stations.mode[fit].tolist()):
            group = np.flatnonzero(fit & np.array([one == mode for one in stations.mode]))
            enough = len(group) >= FEWEST_IN_MODE and counts[group].sum() > 0
            _shrink(columns, group if enough else np.flatnonzero(fit), group, counts, passing, phi)
            if enough:
                _compare(columns, group, counts, passing, phi)
            else:
                columns["why"][group] = (
                    f"Fewer than {FEWEST_IN_MODE} stations of its mode: shrunk to all stations, and not compared."
                )
    return columns


def _shrink(
    columns: dict[str, Any],
    among: NDArray[np.intp],
    group: NDArray[np.intp],
    counts: FloatArray,
    passing: FloatArray,
    phi: float,
) -> None:
    """Posterior mean and interval of the group's rates, learnt from all stations among which it is."""
    fitted = statistics.posterior(counts[among], passing[among], dispersion=phi)
    low, high = fitted.interval(0.9)
    kept = np.isin(among, group)
    for name, values in (("rate", fitted.mean()), ("rate_low", low), ("rate_high", high)):
        columns[name][group] = (values * fitted.rate)[kept]
    if len(among) == len(group):
        median = float(np.median(fitted.mean()))
        columns["probability"][group] = fitted.probability(ABOVE_MEDIAN * median)
        columns["probability_above_median"][group] = fitted.probability(median)


def _compare(
    columns: dict[str, Any], group: NDArray[np.intp], counts: FloatArray, passing: FloatArray, phi: float
) -> None:
    """Hold the stations of one mode against each other."""
    rate = columns["rate"][group]
    median, top = float(np.median(rate)), float(np.percentile(rate, TOP))
    columns["mode_median"][group], columns["mode_p90"][group] = median, top
    columns["ratio"][group] = rate / median
    ranks = statistics.rank_interval(counts[group], passing[group], dispersion=phi)
    for name, values in zip(("rank", "rank_low", "rank_high"), ranks, strict=True):
        columns[name][group] = values
    above, sure, enough = rate > top, columns["probability"][group] >= SURE, counts[group] >= FEWEST_INCIDENTS
    columns["is_hotspot"][group] = above & sure & enough
    words = (
        "above the 90th percentile of its mode",
        "at least 80 % sure that it is a quarter above the median",
        "at least 10 incidents",
    )
    for place, met in zip(group.tolist(), zip(above, sure, enough, strict=True), strict=True):
        columns["why"][place] = "; ".join(
            f"{text}: {'yes' if one else 'no'}" for text, one in zip(words, met, strict=True)
        )


def _approach(inputs: Inputs, theme: str, xy: FloatArray, cautions: list[str]) -> dict[str, Any]:
    """Incidents of the street police on the way to each station."""
    window = inputs.coverages[theme].window
    if window is None:
        return {}
    points: Points | str = points_of(inputs, theme, window, recorded="street")
    if isinstance(points, str):
        cautions.append(f"The way to the station is not counted: {points}")
        return {}
    is_fit, told = fineness(points, APPROACH_M)
    cautions += [told] if told else []
    if not is_fit:
        return {}
    place = nearest_within(points.xy, xy, metres=APPROACH_M)
    return {
        "approach_incidents": points.by_place(place, len(xy)),
        "approach_window_start": first_day(window.start),
        "approach_window_end": first_day(window.end),
    }
