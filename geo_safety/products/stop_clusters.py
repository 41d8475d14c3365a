"""Stop clusters: street incidents within 50 m of bus or tram stops that lie together.

Open data carry no flag for buses, so this is what was recorded around stops, whatever it had to do with one. An incident
belongs to its nearest stop, so it is counted in one cluster only.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo_safety.areas import Place, unique_names
from geo_safety.months import first_day
from geo_safety.nearby import nearest_within
from geo_safety.products.busy import busy_rows
from geo_safety.products.inputs import Inputs, Made
from geo_safety.products.places import degrees, inside_study, lie_in, metres, readable
from geo_safety.products.points import NO_HOURS, TRANSPORT, street_points
from geo_safety.shapes import texts

AROUND_M = 50.0
"""What counts as around a stop."""

TOGETHER_M = 100.0
"""Where the file names no clusters, stops are together whose surroundings meet. For London's stops that gives 10,635 clusters;
Transport for London's own stop areas are 11,114."""

SAYS = (
    "Street incidents within 50 m of stops: open data do not say whether a bus had anything to do with them.",
    "Ratios are by area, not by passenger: no passenger numbers of stops are used.",
    "An incident near two clusters is counted at the nearest stop only.",
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """Stops of the study and their clusters.

    Parameters
    ----------
    xy : array of float, shape (n_stops, 2)
        Metres around the study's middle.
    of_stop : array of int, shape (n_stops,)
        Cluster of each stop.
    about : DataFrame
        One row a cluster: columns that do not depend on the theme.
    """

    xy: FloatArray
    of_stop: NDArray[np.intp]
    about: pd.DataFrame


def make(inputs: Inputs) -> Made | str:
    """Every cluster with incidents of each theme that is recorded on the street."""
    clusters = read_clusters(inputs)
    if clusters is None:
        return "None of the stops of the context lies in the study."
    themes = tuple(theme for theme in inputs.themes if theme != TRANSPORT)
    frames, notes = [], []
    for theme in themes:
        found = _of_theme(inputs, theme, clusters)
        if isinstance(found, str):
            notes.append(f"{theme}: {found}")
        else:
            frames.append(found)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return Made(frame, themes, SAYS, tuple(notes))


def read_clusters(inputs: Inputs) -> Clusters | None:
    """The stops inside the study, put together; None where there is none."""
    frame = pd.concat([table.frame for table in inputs.context["stops"]], ignore_index=True)
    frame = frame.reindex(columns=["id", "name", "cluster", "longitude", "latitude"])
    for name in ("id", "name", "cluster"):
        frame[name] = texts(frame[name].to_numpy(dtype=object))
    frame = frame[
        inside_study(inputs, frame["longitude"].to_numpy(dtype=float), frame["latitude"].to_numpy(dtype=float))
    ]
    frame = (
        frame[frame["id"].notna()].sort_values(["id", "longitude", "latitude"], kind="stable").reset_index(drop=True)
    )
    if not len(frame):
        return None
    xy = metres(inputs, frame["longitude"].to_numpy(dtype=float), frame["latitude"].to_numpy(dtype=float))
    label = (
        frame["cluster"].to_numpy(dtype=object)
        if frame["cluster"].notna().any()
        else together(xy, frame["id"].to_numpy())
    )
    label = np.where(pd.isna(label), frame["id"].to_numpy(dtype=object), label).astype(str)
    ids, of_stop = np.unique(label, return_inverse=True)
    return Clusters(xy, of_stop, _about(inputs, frame, xy, ids, of_stop))


def together(xy: FloatArray, ids: NDArray[np.object_], *, metres: float = TOGETHER_M) -> NDArray[np.object_]:
    """For each stop the first id of the stops that it is together with, directly or over others.

    Examples
    --------
    >>> together(np.array([[0.0, 0], [90, 0], [180, 0], [500, 0]]), np.array(["d", "b", "c", "a"])).tolist()
    ['b', 'b', 'b', 'a']
    """
    near = cKDTree(xy).sparse_distance_matrix(cKDTree(xy), metres)
    _, group = connected_components(near, directed=False)
    first = pd.Series(np.asarray(ids, dtype=object)).groupby(group).transform("min")
    return first.to_numpy(dtype=object)


def _about(
    inputs: Inputs, frame: pd.DataFrame, xy: FloatArray, ids: NDArray[np.str_], of_stop: NDArray[np.intp]
) -> pd.DataFrame:
    order = np.argsort(of_stop, kind="stable")
    bounds = np.searchsorted(of_stop[order], np.arange(len(ids) + 1))
    members = [order[start:end] for start, end in itertools.pairwise(bounds)]
    zones = np.array([shapely.buffer(shapely.multipoints(xy[stops]), AROUND_M, quad_segs=4) for stops in members])
    geometry = degrees(inputs, zones)
    where = lie_in(inputs, shapely.points(*_middles(frame, of_stop, len(ids))))
    names = [readable(name if isinstance(name, str) else None) for name in frame["name"]]
    called = [
        Counter(names[stop] or f"stop {ids[place]}" for stop in stops.tolist()) for place, stops in enumerate(members)
    ]
    first = [min(counter, key=lambda name: (-counter[name], name)) for counter in called]
    middles = zip(first, where["borough_names"], *_middles(frame, of_stop, len(ids)), strict=True)
    places = [
        Place(name, None, None if borough is None else borough.split("; ")[0], east, north)
        for name, borough, east, north in middles
    ]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "cluster_id": ids,
                    "name": unique_names(places),
                    "stops": [len(stops) for stops in members],
                    "stop_ids": [";".join(frame["id"].iloc[stops]) for stops in members],
                    "area_km2": shapely.area(zones) / 1e6,
                    "geometry": geometry,
                }
            ),
            where,
        ],
        axis=1,
    )


def _middles(frame: pd.DataFrame, of_stop: NDArray[np.intp], n: int) -> tuple[FloatArray, FloatArray]:
    stops = np.bincount(of_stop, minlength=n)
    east, north = (np.bincount(of_stop, weights=frame[name].to_numpy(dtype=float), minlength=n) / stops
                   for name in ("longitude", "latitude"))  # fmt: skip
    return east, north


def _of_theme(inputs: Inputs, theme: str, clusters: Clusters) -> pd.DataFrame | str:
    """Rows of one theme; or why there are none."""
    found = street_points(inputs, theme, AROUND_M)
    if isinstance(found, str):
        return found
    window, points, told = found
    n = len(clusters.about)
    stop = nearest_within(points.xy, clusters.xy, metres=AROUND_M)
    place = np.where(stop >= 0, clusters.of_stop[stop], -1)
    counts = points.by_place(place, n)
    area = clusters.about["area_km2"].to_numpy()
    has_hours = points.is_night is not None
    cautions = [told, None if has_hours else NO_HOURS]
    rows = clusters.about.assign(
        theme=theme,
        incidents=counts,
        per_km2=counts / area if window.is_complete else np.nan,
        incidents_night=points.by_night(place, n),
        has_hours=has_hours,
        window_start=first_day(window.start),
        window_end=first_day(window.end),
        caution=" ".join(filter(None, cautions)) or None,
    )
    busy = busy_rows(counts, area, points.by_place_and_month(place, n, window), is_complete=window.is_complete)
    return pd.concat([rows, busy], axis=1)[counts > 0]
