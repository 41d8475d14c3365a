"""Road-harm clusters: places where at least three collisions killed or seriously injured somebody within 100 m.

Road harm stands in a layer of its own. Safety themes on whose list the place is are named beside it and never added.
"""

from __future__ import annotations

import h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_safety.areas import STATION_REACH_M, Place, unique_names
from geo_safety.cell_layers import cell_layer, resolution_of
from geo_safety.grid import locate_in
from geo_safety.months import first_day
from geo_safety.nearby import nearest_within
from geo_safety.products.inputs import Inputs, Made
from geo_safety.products.places import degrees, lie_in, metres
from geo_safety.products.points import NO_HOURS, Points, points_of, runs_with_data
from geo_safety.schema import is_true
from geo_safety.shapes import texts

ROAD_HARM = "road_harm"
RADIUS_M = 100.0
FEWEST = 3
MONTHS = 36
FATAL, SERIOUS, SLIGHT = "Fatal", "Serious", "Slight"
_ID_RESOLUTION = 12

MOVED_M, DRAWS, SEED = 500.0, 20, 1
"""How far collisions are moved to see what chance makes, and how often."""


SAYS = (
    "Road harm is never added to crime: safety themes on whose list a place is stand beside it.",
    (
        "Severity is as the police recorded it. Forces moved to injury-based recording at different times, so compare years "
        "only by the adjusted figures of the Department for Transport."
    ),
    "Collisions that were not reported to the police are not in it. Chance alone would make some of these places: each row says what share of those with so many.",
)

FloatArray = NDArray[np.float64]


def make(inputs: Inputs) -> Made | str:
    """Every place with at least three such collisions in the newest 36 months."""
    window = runs_with_data(inputs, ROAD_HARM, months=MONTHS) if ROAD_HARM in inputs.coverages else None
    if window is None:
        return "The study has no collisions."
    points = points_of(inputs, ROAD_HARM, window, recorded="street")
    if isinstance(points, str):
        return points
    is_fatal, is_ksi = points.category == FATAL, np.isin(points.category, (FATAL, SERIOUS))
    if not is_ksi.any():
        return "The collisions have no severity."
    severe = np.flatnonzero(is_ksi)
    cluster, centres = find_clusters(points.xy[severe], points.weight[severe], is_fatal[severe])
    of_point = np.full(len(points.weight), -1, dtype=np.intp)
    of_point[severe] = cluster
    # Slight ones do not make a place; they belong to the nearest one that is there.
    others = np.flatnonzero(points.category == SLIGHT)
    of_point[others] = nearest_within(points.xy[others], centres, metres=RADIUS_M)
    rows = _rows(inputs, points, of_point, centres)
    rows["chance_share"] = chance_share(
        points.xy[severe], points.weight[severe], rows["incidents"].to_numpy(dtype=float)
    )
    caution = [f"{window.months} months of data, not {MONTHS}: fewer places reach {FEWEST}, and those can be chance."
               if window.months < MONTHS else None, None if points.is_night is not None else NO_HOURS]  # fmt: skip
    frame = rows.assign(
        theme=ROAD_HARM,
        months=window.months,
        window_start=first_day(window.start),
        window_end=first_day(window.end),
        caution=" ".join(filter(None, caution)) or None,
    )
    return Made(frame, (ROAD_HARM,), SAYS)


def find_clusters(
    xy: FloatArray, weight: FloatArray, is_fatal: NDArray[np.bool_], *, radius: float = RADIUS_M, fewest: float = FEWEST
) -> tuple[NDArray[np.intp], FloatArray]:
    """Which collisions make places, one after another, each collision one place at most?

    The collision with the most others within the radius makes the first place with them; they are taken away, and the
    next is looked for among what is left, until no place has enough.

    Parameters
    ----------
    xy : array of float, shape (n, 2)
        Metres.
    weight : array of float, shape (n,)
        Collisions at each.

    Returns
    -------
    array of int, shape (n,), and array of float, shape (n_clusters, 2)
        Place of each collision, -1 for none, and where the collision lies that is in the middle. Of equal ones that
        with more deaths, then the one farther west, then south.

    Examples
    --------
    Four in a row, 60 m apart: the second reaches both neighbours, and the last is left alone.

    >>> row = np.array([[0.0, 0], [60, 0], [120, 0], [180, 0]])
    >>> place, middle = find_clusters(row, np.ones(4), np.zeros(4, dtype=bool))
    >>> place.tolist(), middle.tolist()
    ([0, 0, 0, -1], [[60.0, 0.0]])
    """
    place = np.full(len(xy), -1, dtype=np.intp)
    if not len(xy):
        return place, np.zeros((0, 2))
    near = cKDTree(xy).query_ball_point(xy, radius + 1e-9)
    free = np.ones(len(xy), dtype=bool)
    held = np.array([weight[group].sum() for group in near])
    deaths = np.array([(weight * is_fatal)[group].sum() for group in near])
    centres: list[FloatArray] = []
    while True:
        best = np.flatnonzero(held == held.max())
        if held[best[0]] < fewest:
            return place, np.array(centres).reshape(-1, 2)
        first = best[np.lexsort((xy[best, 1], xy[best, 0], -deaths[best]))[0]]
        members = [one for one in near[first] if free[one]]
        place[members] = len(centres)
        centres.append(xy[first])
        free[members] = False
        for gone in members:
            for other in near[gone]:
                held[other] -= weight[gone]
                deaths[other] -= weight[gone] * is_fatal[gone]
        held[members] = 0.0


def chance_share(xy: FloatArray, weight: FloatArray, found: FloatArray, *, draws: int = DRAWS) -> FloatArray:
    """Of the places with at least so many collisions, how many would be there by chance?

    Parameters
    ----------
    xy, weight : arrays of float, shapes (n, 2) and (n,)
        Collisions in metres.
    found : array of float, shape (n_clusters,)
        Collisions of each place that was found.

    Returns
    -------
    array of float, shape (n_clusters,)
        Mean number of places with at least so many in maps on which every collision was moved at random within 500 m,
        over the number that was found; at most 1.

    Notes
    -----
    Null hypothesis: collisions lie as densely as they do in each quarter of town, and nothing draws them to one junction.
    A road with many of them explains a place under this hypothesis, and the draws are kept in their quarter, not on roads,
    so the share is rather low than high.
    """
    rng = np.random.default_rng(SEED)
    levels, level = np.unique(found, return_inverse=True)
    by_chance = np.zeros(len(levels))
    for _ in range(draws if len(found) else 0):
        turn, far = rng.uniform(0, 2 * np.pi, len(xy)), MOVED_M * np.sqrt(rng.uniform(size=len(xy)))
        moved = xy + np.column_stack([far * np.cos(turn), far * np.sin(turn)])
        place, _ = find_clusters(moved, weight, np.zeros(len(xy), dtype=bool))
        held = np.bincount(place[place >= 0], weights=weight[place >= 0])
        by_chance += (held[:, None] >= levels).sum(axis=0) / draws
    there = (found[:, None] >= levels).sum(axis=0)
    return np.minimum(by_chance / np.maximum(there, 1), 1.0)[level]


def _rows(inputs: Inputs, points: Points, of_point: NDArray[np.intp], centres: FloatArray) -> pd.DataFrame:
    n = len(centres)
    circles = degrees(inputs, shapely.buffer(shapely.points(centres), RADIUS_M, quad_segs=8))
    middles = degrees(inputs, shapely.points(centres))
    east, north = shapely.get_x(middles), shapely.get_y(middles)
    where = lie_in(inputs, middles)

    def counted(category: str | tuple[str, ...]) -> FloatArray:
        return points.by_place(np.where(np.isin(points.category, category), of_point, -1), n)

    severe = np.isin(points.category, (FATAL, SERIOUS))
    listed, layer = _also_listed(inputs, east, north)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "cluster_id": [
                        f"ksi-{h3.latlng_to_cell(y, x, _ID_RESOLUTION)}" for x, y in zip(east, north, strict=True)
                    ],
                    "name": _names(inputs, where, east, north),
                    "incidents": counted((FATAL, SERIOUS)),
                    "fatal": counted(FATAL),
                    "slight": counted(SLIGHT),
                    "incidents_night": points.by_night(np.where(severe, of_point, -1), n),
                    "has_hours": points.is_night is not None,
                    "also_listed": listed,
                    "safety_layer": layer,
                    "geometry": circles,
                }
            ),
            where,
        ],
        axis=1,
    )


def _names(inputs: Inputs, where: pd.DataFrame, east: FloatArray, north: FloatArray) -> list[str]:
    """After the nearest station within a walk of five minutes, else after the ward."""
    tables = [table.frame[["name", "longitude", "latitude"]] for table in inputs.context.get("stations", ())]
    known = pd.concat([*tables, pd.DataFrame(columns=["name", "longitude", "latitude"])], ignore_index=True).dropna()
    known = known.sort_values(["name", "longitude", "latitude"])
    spots = metres(inputs, known["longitude"].to_numpy(dtype=float), known["latitude"].to_numpy(dtype=float))
    station = nearest_within(metres(inputs, east, north), spots, metres=STATION_REACH_M)
    called = texts(known["name"].to_numpy(dtype=object))
    places = []
    for number, (ward, borough) in enumerate(zip(where["wards"], where["borough_names"], strict=True)):
        code = None if ward is None else ward.split(";")[0]
        first = (
            called[station[number]]
            if station[number] >= 0
            else None
            if code is None
            else inputs.name_of("ward", code) or code
        )
        in_borough = None if borough is None else borough.split("; ")[0]
        places.append(
            Place(
                first or in_borough or "a place without a name",
                None,
                in_borough if first else None,
                east[number],
                north[number],
            )
        )
    return unique_names(places)


def _also_listed(inputs: Inputs, east: FloatArray, north: FloatArray) -> tuple[list[str | None], str | None]:
    """Safety themes on whose list the place's zone is, and the layer that was looked at: the finest with lists."""
    cells = sorted(resolution for name in inputs.layers if (resolution := resolution_of(name)) is not None)
    names = (*map(cell_layer, reversed(cells)), "wards")
    layer = next((inputs.layers[name] for name in names if name in inputs.layers and name in inputs.tables), None)
    if layer is None:
        return [None] * len(east), None
    zone = locate_in(east, north, layer.zones)
    found: list[list[str]] = [[] for _ in east]
    for theme in inputs.themes:
        if theme != ROAD_HARM and theme in inputs.beside[ROAD_HARM]:
            is_listed = is_true(inputs.rows(layer.name, theme)["is_hotspot"])
            for number in np.flatnonzero(zone >= 0).tolist():
                if is_listed[zone[number]]:
                    found[number].append(theme)
    return [";".join(themes) or None for themes in found], layer.name
