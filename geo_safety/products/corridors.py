"""Corridors: what is recorded along a bus route, or at the stations of a line.

A bus route is a street: incidents of the street police within 50 m of it count. A line of trains runs in tunnels and on
viaducts, where a street incident means nothing, so what the transport police recorded at its stations counts.
Routes share streets and lines share stations: their counts are views and are never added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_safety.cube import Window
from geo_safety.months import first_day
from geo_safety.nearby import nearest_within
from geo_safety.products.busy import busy_rows
from geo_safety.products.inputs import ContextTable, Inputs, Made
from geo_safety.products.places import degrees, inside_study, lie_in, metres, readable
from geo_safety.products.points import INSIDE_M, NO_HOURS, TRANSPORT, Points, points_of, street_points
from geo_safety.shapes import texts

BESIDE_M = 50.0
"""What counts as along a street route."""

ON_LINE_M = 250.0
"""So near its course a station is on a line: lists put large stations beside their platforms."""

STRETCH_M = 1_000.0
"""Length of the busiest stretch."""

ON_STREETS = ("bus", "coach", "tram", "trolley")
"""Modes that run on streets; a route without a mode is one of buses."""

SAYS = (
    "Routes share streets and lines share stations: rows are views of the same incidents and are never added.",
    (
        "Along a bus route street incidents within 50 m are counted, whatever they had to do with a bus; along a line of trains "
        "what the transport police recorded at its stations."
    ),
    "Ratios are by length, not by passenger.",
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Routes:
    """Courses inside the study.

    Parameters
    ----------
    course : array of MultiLineString, shape (n,)
        In metres around the study's middle.
    about : DataFrame
        One row a route: columns that do not depend on the theme.
    """

    course: NDArray[np.object_]
    about: pd.DataFrame


@dataclass(frozen=True)
class Named:
    """Named points: stations or stops."""

    name: NDArray[np.object_]
    xy: FloatArray


def make(inputs: Inputs) -> Made | str:
    """Every route of the context with every theme that is counted along it."""
    stations, stops = (_named(inputs, kind) for kind in ("stations", "stops"))
    routes = read_routes(inputs, stations, stops)
    if routes is None:
        return "None of the routes of the context runs in the study."
    frames, notes = [], []
    for theme in inputs.themes:
        for kind, count in (("street", _along), ("stations", _at_stations)):
            chosen = np.flatnonzero(routes.about["counts_of"] == kind)
            if len(chosen) and not (kind == "street" and theme == TRANSPORT):
                part = Routes(routes.course[chosen], routes.about.iloc[chosen].reset_index(drop=True))
                found = count(inputs, theme, part, stations if kind == "stations" or not len(stops.name) else stops)
                if isinstance(found, str):
                    notes.append(f"{theme}: {found}")
                else:
                    frames.append(found)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return Made(frame, inputs.themes, SAYS, tuple(dict.fromkeys(notes)))


def read_routes(inputs: Inputs, stations: Named, stops: Named) -> Routes | None:
    """One course for each id, cut to the study; None where none runs in it."""
    frame = pd.concat([_tidy(table) for table in inputs.context["routes"]], ignore_index=True)
    frame = frame[frame["id"].notna()]
    courses: list[Any] = []
    rows: list[dict[str, Any]] = []
    outline = inputs.study.projection.project(np.array([inputs.study.outline], dtype=object))[0]
    shapely.prepare(outline)
    for name, group in frame.groupby("id", sort=True):
        course = _course(inputs.study.projection.project(group["geometry"].to_numpy(dtype=object)), outline)
        if course is not None:
            mode = next((text for text in group["mode"] if text is not None), None)
            called = next((text for text in group["name"] if text is not None), str(name))
            street = mode is None or any(word in mode.lower() for word in ON_STREETS)
            courses.append(course)
            rows.append({
                "corridor_id": str(name), "name": f"Route {called}" if street and len(called) <= 4 else called, "mode": mode,
                "counts_of": "street" if street else "stations", "km": course.length / 1000,
            })  # fmt: skip
    if not rows:
        return None
    lines = np.array(courses, dtype=object)
    geometry = degrees(inputs, lines)
    about = pd.concat([pd.DataFrame(rows), lie_in(inputs, geometry)], axis=1).assign(
        geometry=geometry,
        stations=_held(lines, stations.xy, ON_LINE_M),
        stops=_held(lines, stops.xy, BESIDE_M),
    )
    return Routes(lines, about)


def busiest_stretch(place: FloatArray, weight: FloatArray, *, length: float = STRETCH_M) -> tuple[float, float]:
    """Where does the stretch with the most incidents begin, and how many has it?

    Parameters
    ----------
    place, weight : arrays of float, shape (n,)
        Metres along the course, and incidents.

    Returns
    -------
    start, incidents : float
        The first of stretches that are equally busy.

    Examples
    --------
    >>> busiest_stretch(np.array([0.0, 400, 900, 5000]), np.array([1.0, 2, 1, 3]))
    (0.0, 4.0)
    """
    order = np.argsort(place, kind="stable")
    along, total = place[order], np.concatenate([[0.0], np.cumsum(weight[order])])
    held = total[np.searchsorted(along, along + length, side="right")] - total[:-1]
    first = int(np.argmax(held))
    return float(along[first]), float(held[first])


def _tidy(table: ContextTable) -> pd.DataFrame:
    frame = table.frame.reindex(columns=["id", "name", "mode", "geometry"])
    return frame.assign(**{name: texts(frame[name].to_numpy(dtype=object)) for name in ("id", "name", "mode")})


def _named(inputs: Inputs, kind: str) -> Named:
    frames = [table.frame.reindex(columns=["name", "longitude", "latitude"]) for table in inputs.context.get(kind, ())]
    frame = pd.concat([*frames, pd.DataFrame(columns=["name", "longitude", "latitude"])], ignore_index=True)
    frame = frame.dropna().sort_values(["longitude", "latitude", "name"])
    east, north = (frame[name].to_numpy(dtype=float) for name in ("longitude", "latitude"))
    inside = inside_study(inputs, east, north)
    names = texts(frame["name"].to_numpy(dtype=object))
    return Named(names[inside], metres(inputs, east[inside], north[inside]))


def _course(lines: NDArray[np.object_], outline: shapely.Geometry) -> shapely.Geometry | None:
    joined = shapely.intersection(shapely.union_all(lines, grid_size=1.0), outline)
    parts = [part for part in shapely.get_parts(joined) if part.geom_type == "LineString" and part.length > 0]
    if not parts:
        return None
    merged = shapely.line_merge(shapely.multilinestrings(parts))
    return shapely.multilinestrings(shapely.get_parts(merged))


def _held(lines: NDArray[np.object_], xy: FloatArray, reach: float) -> NDArray[np.int64]:
    if not len(xy):
        return np.zeros(len(lines), dtype=np.int64)
    pairs = shapely.STRtree(shapely.points(xy)).query(lines, predicate="dwithin", distance=reach)
    return np.bincount(pairs[0], minlength=len(lines))


def _along(inputs: Inputs, theme: str, routes: Routes, named: Named) -> pd.DataFrame | str:
    """Street incidents within 50 m of each street route."""
    found = street_points(inputs, theme, BESIDE_M)
    if isinstance(found, str):
        return found
    window, points, told = found
    spots, spot = np.unique(points.xy, axis=0, return_inverse=True)
    places = shapely.points(spots)
    route, near = shapely.STRtree(places).query(routes.course, predicate="dwithin", distance=BESIDE_M)
    monthly = points.by_place_and_month(spot.astype(np.intp).ravel(), len(spots), window)
    night = points.by_night(spot.astype(np.intp).ravel(), len(spots))
    totals = monthly.sum(axis=1)
    stretches = []
    for number in range(len(routes.course)):
        held = near[route == number]
        stretches.append(_stretch(routes.course[number], places[held], totals[held], named))
    of_route = np.zeros((len(routes.course), window.months))
    np.add.at(of_route, route, monthly[near])
    at_night = np.bincount(route, weights=night[near], minlength=len(routes.course)).astype(float)
    return _rows(routes, theme, window, of_route, at_night, points, stretches, told)


def _at_stations(inputs: Inputs, theme: str, routes: Routes, stations: Named) -> pd.DataFrame | str:
    """Incidents of the transport police at the stations of each line."""
    of_transport = inputs.coverages.get(TRANSPORT)
    window = None if of_transport is None else of_transport.window
    if window is None:
        return "No incidents of the transport police are at hand."
    points = points_of(inputs, theme, window, recorded="transport")
    if isinstance(points, str):
        return points
    if not len(stations.name):
        return "The config names no [[context]] of the kind stations."
    place = nearest_within(points.xy, stations.xy, metres=INSIDE_M)
    monthly = points.by_place_and_month(place, len(stations.name), window)
    night = points.by_night(place, len(stations.name))
    line, station = shapely.STRtree(shapely.points(stations.xy)).query(
        routes.course, predicate="dwithin", distance=ON_LINE_M
    )
    of_line = np.zeros((len(routes.course), window.months))
    np.add.at(of_line, line, monthly[station])
    at_night = np.bincount(line, weights=night[station], minlength=len(routes.course)).astype(float)
    totals = monthly.sum(axis=1)
    stretches = []
    for number in range(len(routes.course)):
        held = station[line == number]
        top = held[np.argmax(totals[held])] if len(held) and totals[held].max() > 0 else None
        name = None if top is None else str(stations.name[top])
        stretches.append(
            {"busiest_from": name, "busiest_to": name, "busiest_incidents": 0.0 if top is None else totals[top]}
        )
    return _rows(routes, theme, window, of_line, at_night, points, stretches, None)


def _stretch(course: shapely.Geometry, places: NDArray[np.object_], weight: FloatArray, named: Named) -> dict[str, Any]:
    """The busiest kilometre of a street route; of one in several pieces, that of the longest."""
    parts = shapely.get_parts(course)
    line = parts[np.argmax(shapely.length(parts))]
    beside = shapely.dwithin(line, places, BESIDE_M)
    if not weight[beside].sum():
        return {"busiest_from": None, "busiest_to": None, "busiest_incidents": 0.0}
    start, incidents = busiest_stretch(shapely.line_locate_point(line, places[beside]), weight[beside])
    ends = [shapely.line_interpolate_point(line, min(at, line.length)) for at in (start, start + STRETCH_M)]
    return {
        "busiest_from": _nearest_name(named, ends[0]), "busiest_to": _nearest_name(named, ends[1]),
        "busiest_incidents": incidents,
    }  # fmt: skip


def _nearest_name(named: Named, place: shapely.Point) -> str | None:
    if not len(named.name):
        return None
    return readable(str(named.name[np.argmin(np.hypot(*(named.xy - (place.x, place.y)).T))]))


def _rows(
    routes: Routes,
    theme: str,
    window: Window,
    monthly: FloatArray,
    at_night: FloatArray,
    points: Points,
    stretches: list[dict[str, Any]],
    told: str | None,
) -> pd.DataFrame:
    counts = monthly.sum(axis=1)
    length = routes.about["km"].to_numpy()
    has_hours = points.is_night is not None
    cautions = " ".join(filter(None, [told, None if has_hours else NO_HOURS])) or None
    rows = routes.about.assign(
        theme=theme,
        incidents=counts,
        per_km=counts / length if window.is_complete else np.nan,
        incidents_night=at_night if has_hours else np.nan,
        has_hours=has_hours,
        window_start=first_day(window.start),
        window_end=first_day(window.end),
        caution=cautions,
    )
    return pd.concat(
        [rows, pd.DataFrame(stretches), busy_rows(counts, length, monthly, is_complete=window.is_complete)], axis=1
    )
