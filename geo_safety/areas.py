"""Hotspots joined around their peaks into areas that have a shape and a name.

Joining all listed zones that touch would give one blob over half of inner London. So the listed zones are taken as a
landscape, their ratio as the height, and an area is what drains from one peak.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pandas as pd
import shapely

from geo_safety.boundaries import Zones, largest_share
from geo_safety.neighbours import Neighbours
from geo_safety.schema import AREAS, with_all_columns
from geo_safety.shapes import EqualArea

SADDLE_SHARE = 0.7
"""Two basins are one area where the saddle between them is at least this share of the lower peak."""

LARGEST_KM2 = 12.0
"""A larger area is a district rather than a place: it is cut up (see `landscape`)."""

STATION_REACH_M = 400.0
"""So near its peak a station gives an area its name: a five minutes' walk."""

_DECIMALS = 7  # of a degree: about a centimetre
_DIRECTIONS = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")


@dataclass(frozen=True)
class Stations:
    """Named points that people find their way by; arrays of shape (n_stations,), WGS84."""

    name: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray


@dataclass(frozen=True)
class Gazetteer:
    """What the places of a study are called: made once, used by every theme.

    Parameters
    ----------
    ward_code, borough_code : array of object, shape (n_zones,)
        By largest share; None for a zone that lies in none.
    ward_names, borough_names : mapping of str to str
        Code → name for people.
    borough_of_ward : mapping of str to str
        Ward code → borough code, as the ward file says; where it does not, the zones' own codes decide.
    """

    ward_code: np.ndarray
    borough_code: np.ndarray
    ward_names: Mapping[str, str] = field(default_factory=dict)
    borough_names: Mapping[str, str] = field(default_factory=dict)
    borough_of_ward: Mapping[str, str] = field(default_factory=dict)
    stations: Stations | None = None


def make_gazetteer(
    zones: Zones, *, wards: Zones | None = None, boroughs: Zones | None = None, stations: Stations | None = None
) -> Gazetteer:
    """In which ward and borough does each zone lie, and what are they called?

    Parameters
    ----------
    zones : Zones
        The layer whose hotspots are joined; it may be the wards themselves.
    """
    ward_code = holders(zones, wards)
    if boroughs is not None:
        borough_code = holders(zones, boroughs)
    elif wards is not None:  # a ward file often names the borough of each ward
        parents = dict(zip(wards.zone_id, wards.parent, strict=True))
        borough_code = np.array([parents.get(code) for code in ward_code], dtype=object)
    else:
        borough_code = zones.parent
    return Gazetteer(
        ward_code=np.full(len(zones), None, dtype=object) if zones.layer == "boroughs" else ward_code,
        borough_code=borough_code,
        ward_names={} if wards is None else _known(wards.zone_id, wards.name),
        borough_names={} if boroughs is None else _known(boroughs.zone_id, boroughs.name),
        borough_of_ward={} if wards is None else _known(wards.zone_id, wards.parent),
        stations=stations,
    )


def holders(zones: Zones, of: Zones | None) -> np.ndarray:
    """Code of the zone of another layer that holds the largest share of each; a layer's zones hold themselves."""
    if of is None:
        return np.full(len(zones), None, dtype=object)
    if zones.layer == of.layer:
        return zones.zone_id.astype(object)
    return largest_share(zones, of)


def join_hotspots(
    zones: Zones,
    *,
    theme: str,
    is_hotspot: np.ndarray,
    ratio: np.ndarray,
    probability: np.ndarray,
    counts: np.ndarray,
    neighbours: Neighbours,
    gazetteer: Gazetteer,
    window_start: dt.date | None = None,
    window_end: dt.date | None = None,
    saddle: float = SADDLE_SHARE,
    largest_km2: float = LARGEST_KM2,
) -> pd.DataFrame:
    """Which areas do a theme's hotspots make, and what are they called?

    Parameters
    ----------
    zones : Zones
        The layer, in the order of all arrays; each has shape (n_zones,).
    is_hotspot : array of bool
        The list; null counts as not listed.
    ratio, probability : array of float
        Of the neighbourhood; they are read for listed zones only.
    counts : array of float
        Incidents of each zone in the window; NaN where no feed answers for it.
    neighbours : Neighbours
        Which zones touch: the first ring of cells, or polygons that share an edge.
    window_start, window_end : date, optional
        First day of the window's first and last month.
    saddle, largest_km2 : float
        See `landscape`.

    Returns
    -------
    DataFrame
        One row an area, as `schema.AREAS` says; the highest peak first, of equal ones that whose id sorts first.
        Classes, tiers and predecessors are null: they need more than one window.
    """
    listed = np.asarray(pd.array(is_hotspot, dtype="boolean").fillna(False), dtype=bool)  # noqa: FBT003 - pandas' own
    ratio, probability, counts = (np.asarray(values, dtype=float) for values in (ratio, probability, counts))
    basin = landscape(listed, ratio, neighbours, zones, saddle=saddle, largest_km2=largest_km2)
    peaks = np.unique(basin[basin >= 0])
    rows, places = [], []
    for peak in peaks[np.argsort(-ratio[peaks], kind="stable")]:
        inside = np.flatnonzero(basin == peak)
        area = _joined(zones.geometry[inside])
        boroughs = _busiest(gazetteer.borough_code[inside], counts[inside])
        incidents = round(float(np.nansum(counts[inside])))
        rows.append({
            "area_id": f"{theme}-{zones.zone_id[peak]}",
            "cells": len(inside),
            "holes_filled": int((~listed[inside]).sum()),
            "area_km2": float(zones.area_km2[inside].sum()),
            "incidents": incidents,
            "ratio": float(ratio[peak]),
            "probability": float(np.mean(probability[inside[listed[inside]]])),
            "boroughs": ";".join(boroughs) or None,
            "borough_names": "; ".join(gazetteer.borough_names.get(code, code) for code in boroughs) or None,
            "wards": ";".join(_busiest(gazetteer.ward_code[inside], counts[inside])) or None,
            "is_cross_border": len(boroughs) > 1,
            "share_of_theme": incidents / max(float(np.nansum(counts)), 1.0),
            "zones": ";".join(zones.zone_id[inside].tolist()),
            "geometry": area,
        })  # fmt: skip
        station = _nearest_station(area, shapely.centroid(zones.geometry[peak]), gazetteer.stations)
        places.append(_place(inside, counts, shapely.centroid(area), station, gazetteer))
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["area_id"])
    frame = frame.assign(theme=theme, name=unique_names(places), window_start=window_start, window_end=window_end)
    return AREAS.check(with_all_columns(frame, AREAS))


def landscape(
    listed: np.ndarray,
    height: np.ndarray,
    neighbours: Neighbours,
    zones: Zones,
    *,
    saddle: float = SADDLE_SHARE,
    largest_km2: float = LARGEST_KM2,
) -> np.ndarray:
    """Which zones belong to which peak, with holes filled and nothing too large to be a place?

    A flat, busy centre (thefts in London's West End) makes one basin of 22 km² at a saddle of 0.7. A basin larger
    than `largest_km2` is therefore walked again with saddles of a third more of what is left to 1, until only equal
    heights merge. What is still larger then has one peak with wide slopes (wards do, being large themselves): it keeps
    what is highest around the peak, and the rest is walked as a landscape of its own. Only a single zone can be larger.

    Returns
    -------
    array of int, shape (n_zones,)
        The place of the zone's peak; -1 for zones in no area.
    """
    basin = basins(listed, height, neighbours, saddle=saddle)
    for stricter in np.linspace(saddle, 1.0, 4)[1:]:
        for peak in np.flatnonzero(_size(basin, zones) > largest_km2):
            members = basin == peak
            basin[members] = basins(members, height, neighbours, saddle=stricter)[members]
    waiting = np.flatnonzero(_size(basin, zones) > largest_km2).tolist()
    while waiting:
        top = waiting.pop()
        members = basin == top
        rest = members & ~_core(top, members, height, neighbours, zones.area_km2, largest_km2=largest_km2)
        basin[rest] = basins(rest, height, neighbours, saddle=saddle)[rest]
        size = _size(basin, zones)
        waiting += [int(place) for place in np.unique(basin[rest]) if size[place] > largest_km2]
    filled = fill_holes(basin, neighbours, zones.geometry)
    return np.where(_size(filled, zones)[filled] > largest_km2, basin, filled)


def _size(basin: np.ndarray, zones: Zones) -> np.ndarray:
    """Size of each basin in square kilometres, at the place of its peak."""
    used = basin >= 0
    return np.bincount(basin[used], weights=zones.area_km2[used], minlength=len(basin))


def _core(
    peak: int,
    members: np.ndarray,
    height: np.ndarray,
    neighbours: Neighbours,
    area_km2: np.ndarray,
    *,
    largest_km2: float,
) -> np.ndarray:
    """The highest zones around the peak, taken one by one as long as they stay within the size."""
    core = np.zeros(len(members), dtype=bool)
    left = largest_km2
    edge = [(-height[peak], peak)]
    while edge:
        _, zone = heapq.heappop(edge)
        if core[zone]:
            continue
        if core.any() and area_km2[zone] > left:
            break
        core[zone] = True
        left -= area_km2[zone]
        near = neighbours.of(zone)
        for other in near[members[near] & ~core[near]].tolist():
            heapq.heappush(edge, (-height[other], other))
    return core


def basins(
    listed: np.ndarray, height: np.ndarray, neighbours: Neighbours, *, saddle: float = SADDLE_SHARE
) -> np.ndarray:
    """To which peak does each listed zone drain?

    The zones are walked from the highest down. A zone without a higher listed neighbour is a peak, any other joins
    the basin of its highest neighbour. Where basins meet, they become one if the zone where they meet is at least
    `saddle` times as high as the lower peak.

    Returns
    -------
    array of int, shape (n_zones,)
        The place of the basin's peak, -1 for zones that are not listed. Of equal heights the zone that comes first
        is the higher.

    Examples
    --------
    A street of five with two peaks. Over a saddle of 5 they are one basin (5 is more than 0.7 of 6), over 4 two:

    >>> from geo_safety.neighbours import from_lists
    >>> street = from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4]])
    >>> basins(np.full(5, True), np.array([3, 8, 5, 6, 3]), street).tolist()
    [1, 1, 1, 1, 1]
    >>> basins(np.full(5, True), np.array([3, 8, 4, 6, 3]), street).tolist()
    [1, 1, 1, 3, 3]
    """
    places = np.flatnonzero(listed)
    order = places[np.argsort(-np.asarray(height, dtype=float)[places], kind="stable")]
    basin = np.full(len(listed), -1, dtype=np.intp)
    place_in_order = np.full(len(listed), len(listed))
    place_in_order[order] = np.arange(len(order))
    for zone in order:
        near = neighbours.of(zone)
        near = near[basin[near] >= 0]
        if not len(near):
            basin[zone] = zone
            continue
        home = basin[near[np.argmin(place_in_order[near])]]
        basin[zone] = home
        for other in sorted(set(basin[near].tolist()) - {int(home)}, key=lambda peak: place_in_order[peak]):
            upper, lower = sorted((home, other), key=lambda peak: place_in_order[peak])
            if height[zone] >= saddle * height[lower]:
                basin[basin == lower] = upper
                home = upper
    return basin


def fill_holes(basin: np.ndarray, neighbours: Neighbours, geometry: np.ndarray) -> np.ndarray:
    """Which zones outside every basin are surrounded by one, and so belong to it?

    Returns
    -------
    array of int, shape (n_zones,)
        The basins with their holes of a single zone. A zone at the study's edge is not surrounded.
    """
    filled = basin.copy()
    for zone in np.flatnonzero(basin < 0).tolist():
        near = neighbours.of(zone)
        near = near[near != zone]
        if not len(near) or basin[near[0]] < 0 or (basin[near] != basin[near[0]]).any():
            continue
        ring = shapely.union_all(geometry[near])
        shells = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(ring)))
        if shapely.covers(shells, shapely.point_on_surface(geometry[zone])).any():
            filled[zone] = basin[near[0]]
    return filled


@dataclass(frozen=True)
class Place:
    """What an area could be called after.

    Parameters
    ----------
    first : str
        The nearest station, the busiest ward, or what else there is.
    second : str or None
        The next ward of the same borough.
    borough : str or None
    longitude, latitude : float
        The area's middle, by which places of one name are told apart.
    """

    first: str
    second: str | None
    borough: str | None
    longitude: float
    latitude: float


def unique_names(places: Sequence[Place]) -> list[str]:
    """What are the areas called, so that no two of a theme share a name?

    Names that would repeat get the next ward, else their direction from each other, else a number.

    Examples
    --------
    >>> unique_names(
    ...     [
    ...         Place("Abbey", "Gascoigne", "Barking", 0.08, 51.53),
    ...         Place("Abbey", None, "Barking", 0.07, 51.54),
    ...         Place("Bridge", None, "Redbridge", 0.05, 51.60),
    ...         Place("Bridge", None, "Redbridge", 0.05, 51.59),
    ...     ]
    ... )  # doctest: +NORMALIZE_WHITESPACE
    ['Around Abbey and Gascoigne, Barking', 'Around Abbey, Barking',
     'Around Bridge (north), Redbridge', 'Around Bridge (south), Redbridge']
    """
    labels = [place.first for place in places]

    def names() -> list[str]:
        return [_name(label, place.borough) for label, place in zip(labels, places, strict=True)]

    for group in _repeated(names()):
        for row in group:
            second = places[row].second
            labels[row] = places[row].first if second is None else f"{places[row].first} and {second}"
    for group in _repeated(names()):
        for row, direction in zip(group, _directions([places[row] for row in group]), strict=True):
            labels[row] = f"{labels[row]} ({direction})"
    taken = set(names())
    for group in _repeated(names()):
        for row in group[1:]:
            numbered = (f"{labels[row]} ({number})" for number in count(2))
            labels[row] = next(label for label in numbered if _name(label, places[row].borough) not in taken)
            taken.add(_name(labels[row], places[row].borough))
    return names()


def _repeated(names: Sequence[str]) -> list[list[int]]:
    """The rows of each name that stands more than once."""
    repeated = [name for name, times in Counter(names).items() if times > 1]
    return [[row for row, other in enumerate(names) if other == name] for name in repeated]


def _name(label: str, borough: str | None) -> str:
    return f"Around {label}" if borough is None else f"Around {label}, {borough}"


def _directions(group: Sequence[Place]) -> list[str]:
    """Where each place lies as seen from the middle of them all."""
    spots = np.array([(place.longitude, place.latitude) for place in group])
    east, north = (spots - spots.mean(axis=0)).T
    turns = np.arctan2(north, east * np.cos(np.radians(spots[:, 1].mean()))) / (np.pi / 4)
    return [_DIRECTIONS[round(turn) % 8] for turn in turns.tolist()]


def _place(
    inside: np.ndarray, counts: np.ndarray, middle: shapely.Point, station: str | None, names: Gazetteer
) -> Place:
    wards = _busiest(names.ward_code[inside], counts[inside])
    borough_code = next(iter(_busiest(names.borough_code[inside], counts[inside])), None)
    if wards:
        of_ward = inside[names.ward_code[inside] == wards[0]]
        own = _busiest(names.borough_code[of_ward], counts[of_ward])
        borough_code = names.borough_of_ward.get(wards[0], own[0] if own else borough_code)
    borough = None if borough_code is None else names.borough_names.get(borough_code, borough_code)
    labels = [names.ward_names.get(code, code) for code in wards]
    if station is not None:
        return Place(station, None, borough, middle.x, middle.y)
    if labels:
        same = [
            label
            for code, label in zip(wards[1:], labels[1:], strict=True)
            if names.borough_of_ward.get(code, borough_code) == borough_code
            and label != labels[0]
            # "Stratford and New Town and West Ham" would read as three wards.
            and " and " not in labels[0] + label
        ]
        return Place(labels[0], next(iter(same), None), borough, middle.x, middle.y)
    if borough is not None:
        return Place(borough, None, None, middle.x, middle.y)
    north = f"{abs(middle.y):.3f}° {'N' if middle.y >= 0 else 'S'}"
    return Place(f"{north} {abs(middle.x):.3f}° {'E' if middle.x >= 0 else 'W'}", None, None, middle.x, middle.y)


def _known(codes: np.ndarray, values: np.ndarray) -> dict[str, str]:
    return {code: value for code, value in zip(codes.tolist(), values.tolist(), strict=True) if value is not None}


def _busiest(codes: np.ndarray, counts: np.ndarray) -> list[str]:
    """The codes that there are, the one with the most incidents first; of equal ones that which sorts first."""
    incidents: dict[str, float] = {}
    for code, count_here in zip(codes.tolist(), np.nan_to_num(counts).tolist(), strict=True):
        if code is not None:
            incidents[code] = incidents.get(code, 0.0) + count_here
    return sorted(incidents, key=lambda code: (-incidents[code], code))


def _nearest_station(area: shapely.Geometry, peak: shapely.Point, stations: Stations | None) -> str | None:
    """The station nearest to the peak among those inside the area or within reach of the peak."""
    if stations is None or not len(stations.name):
        return None
    east, north = EqualArea(peak.x, peak.y).metres(stations.longitude, stations.latitude)
    distance = np.hypot(east, north)
    near = (distance <= STATION_REACH_M) | shapely.intersects_xy(area, stations.longitude, stations.latitude)
    if not near.any():
        return None
    order = np.lexsort((stations.name.astype(str), distance))
    return " ".join(str(stations.name[order[near[order]][0]]).split())


def _joined(geometry: np.ndarray) -> shapely.Geometry:
    """One shape of all zones; a grid of a centimetre leaves no slivers between edges that were rounded apart."""
    joined = shapely.union_all(geometry, grid_size=10.0**-_DECIMALS)
    return shapely.transform(joined, lambda degrees: np.round(degrees, _DECIMALS))
