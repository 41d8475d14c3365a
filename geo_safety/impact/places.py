"""Where a scheme is, what lies around it, and which places it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_safety.analysis import Ground
from geo_safety.buffers import covered_zones, parts_of, ring_around, rings_of
from geo_safety.case_file import Case
from geo_safety.cube import Cube
from geo_safety.errors import BoundaryError, ConfigError
from geo_safety.impact.periods import Periods
from geo_safety.matching import (
    FEWEST_AREAS,
    Balance,
    Candidates,
    Likeness,
    Matched,
    candidate_areas,
    level_of,
    match,
    summed,
    trend_of,
)
from geo_safety.shapes import EqualArea

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEVEL = "incidents a zone and year"
SMALLEST_KM2 = 1e-6
"""As areas are rounded."""

STATION_M = 500.0

WIDEST_SHARE = 0.25
"""A scheme that covers more of the study than this leaves nothing to compare it with."""


@dataclass(frozen=True)
class Places:
    """Zones of a case, by their places in the layer.

    Parameters
    ----------
    parts : tuple of array of int
        The places of the scheme: one for a boundary; for a set, zones that touch are one place.
    buffer : array of int
        Zones in the rings around them.
    areas, rings : tuples of array of int
        Comparison areas, and the ring around each.
    pool, pool_rings : tuples of array of int
        Further areas like the places, these among them, and the ring around each: how much places drift.
    distances : tuple of float
        How unlike each comparison area is.
    balance : tuple of Balance
        Places against comparison areas, for a set on average.
    """

    parts: tuple[IntArray, ...]
    buffer: IntArray
    areas: tuple[IntArray, ...] = ()
    rings: tuple[IntArray, ...] = ()
    pool: tuple[IntArray, ...] = ()
    pool_rings: tuple[IntArray, ...] = ()
    distances: tuple[float, ...] = ()
    balance: tuple[Balance, ...] = field(default=())

    @property
    def covered(self) -> IntArray:
        """All zones of the scheme."""
        return np.concatenate(self.parts)

    @property
    def is_matched(self) -> bool:
        """Whether there are enough comparison areas."""
        return len(self.areas) >= FEWEST_AREAS


def find_places(case: Case, ground: Ground) -> Places:
    """The zones of a case and the rings around them.

    Raises
    ------
    BoundaryError, ConfigError
        The case lies outside the study, or covers most of it, or names zones that are not there.
    """
    zones = ground.layer.zones
    if case.zones:
        known = {name: place for place, name in enumerate(zones.zone_id.tolist())}
        unknown = [name for name in case.zones if name not in known]
        if unknown:
            raise ConfigError(
                f"The layer {zones.layer} has no zone {', '.join(unknown[:3])}.",
                "Correct `zones`, or name the `layer` whose zones they are.",
            )
        covered = np.array(sorted(known[name] for name in set(case.zones)), dtype=np.int64)
    else:
        covered = covered_zones(zones.geometry, case.shapes)
    if not len(covered):
        raise BoundaryError(
            f"The case lies in no zone of {zones.layer}.",
            "Check that its coordinates are longitude before latitude and inside the study.",
        )
    if len(covered) > WIDEST_SHARE * len(zones):
        raise BoundaryError(
            f"The case covers {len(covered)} of {len(zones)} zones of {zones.layer}: nothing is left to compare it with.",
            "Draw it smaller, or take a layer of finer zones.",
        )
    touching = ground.layer.surroundings.touching
    parts = parts_of(covered, touching) if case.is_set else (covered,)
    return Places(parts, ring_around(covered, touching, rings=rings_of(zones.layer)))


def with_comparison(
    places: Places, case: Case, ground: Ground, cube: Cube, periods: Periods, *, base_map: bytes = b""
) -> Places:
    """The places with those that they are compared with, likened by months before the scheme alone.

    Parameters
    ----------
    base_map : bytes
        The release's ground as GeoJSON: parks and stations.
    """
    layer = ground.layer
    projection = _projection(layer.zones.geometry)
    usable = _usable(places, case, ground, cube, projection)
    seeds = None
    if case.among is not None:
        seeds = np.zeros(len(layer.zones), dtype=bool)
        seeds[covered_zones(layer.zones.geometry, case.among)] = True
    figures = _figures(ground, cube, periods, land_use(layer.zones.geometry, base_map, projection))
    centres = shapely.get_coordinates(shapely.centroid(projection.project(layer.zones.geometry)))
    wanted = case.areas if len(places.parts) == 1 else max(FEWEST_AREAS, round(case.areas / len(places.parts)))
    of_size: dict[int, Candidates] = {}
    taken = np.zeros(len(layer.zones), dtype=bool)
    found: list[tuple[Candidates, Matched]] = []
    for part in places.parts:
        candidates = of_size.get(len(part))
        if candidates is None:
            candidates = of_size[len(part)] = candidate_areas(
                centres, len(part), usable, layer.surroundings.touching, rings=rings_of(layer.zones.layer), seeds=seeds
            )
        ring = places.buffer if len(places.parts) == 1 else None
        likenesses = _likenesses(figures, part, ring, candidates, periods)
        matched = match(candidates, likenesses, level=LEVEL, wanted=wanted, taken=taken)
        for area in matched.areas.tolist():
            taken[candidates.zones[area]] = True
        found.append((candidates, matched))
    chosen = [(candidates, area) for candidates, matched in found for area in matched.areas.tolist()]
    pool = [(candidates, area) for candidates, area in _pooled(found)]
    return replace(
        places,
        areas=tuple(candidates.zones[area] for candidates, area in chosen),
        rings=tuple(candidates.ring(area) for candidates, area in chosen),
        pool=tuple(candidates.zones[area] for candidates, area in pool),
        pool_rings=tuple(candidates.ring(area) for candidates, area in pool),
        distances=tuple(float(one) for _, matched in found for one in matched.distance),
        balance=_mean_balance([matched.balance for _, matched in found]),
    )


def _pooled(found: list[tuple[Candidates, Matched]]) -> list[tuple[Candidates, int]]:
    """Areas like any of the places, each zone once."""
    held: set[int] = set()
    pool: list[tuple[Candidates, int]] = []
    for candidates, matched in found:
        for area in matched.pool.tolist():
            zones = candidates.zones[area].tolist()
            if not held.intersection(zones):
                held.update(zones)
                pool.append((candidates, area))
    return pool


def _usable(places: Places, case: Case, ground: Ground, cube: Cube, projection: EqualArea) -> NDArray[np.bool_]:
    """Zones far enough away, with data, and without a scheme of their own."""
    zones = ground.layer.zones
    projected = projection.project(zones.geometry)
    own = shapely.union_all(projected[np.concatenate([places.covered, places.buffer])])
    shapely.prepare(own)
    far = ~shapely.dwithin(projected, own, case.at_least_m)
    excluded = np.isin(zones.zone_id, list(case.exclude))
    return np.asarray(far & cube.is_answered & ~excluded)


def _projection(shapes: NDArray[np.object_]) -> EqualArea:
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return EqualArea((west + east) / 2, (south + north) / 2)


def land_use(shapes: NDArray[np.object_], base_map: bytes, projection: EqualArea) -> dict[str, FloatArray]:
    """What the ground tells of each zone: square kilometres of parks, and stations near its middle.

    Parameters
    ----------
    base_map : bytes
        GeoJSON whose features say their `kind`; may be empty.
    """
    features = orjson.loads(base_map)["features"] if base_map else []
    of_kind: dict[str, list[shapely.Geometry]] = {"park": [], "station": []}
    for one in features:
        if one["properties"]["kind"] in of_kind:
            of_kind[one["properties"]["kind"]].append(shapely.geometry.shape(one["geometry"]))
    found: dict[str, FloatArray] = {}
    projected = projection.project(shapes)
    if of_kind["park"]:
        # Narrow necks that hold in degrees can cross themselves in metres.
        parks = shapely.make_valid(projection.project(np.array(of_kind["park"], dtype=object)))
        zone, park = shapely.STRtree(parks).query(projected, predicate="intersects")
        area = shapely.area(shapely.intersection(projected[zone], parks[park])) / 1e6
        found["park_km2"] = np.bincount(zone, weights=area, minlength=len(shapes)).astype(float)
    if of_kind["station"]:
        stations = projection.project(np.array(of_kind["station"], dtype=object))
        middle, _ = shapely.STRtree(stations).query(
            shapely.centroid(projected), predicate="dwithin", distance=STATION_M
        )
        found["stations"] = np.bincount(middle, minlength=len(shapes)).astype(float)
    return found


def _figures(
    ground: Ground, cube: Cube, periods: Periods, ground_figures: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """What can be added up over zones: counts before the scheme, sizes, what the ground tells."""
    known = periods.known.columns
    half = len(known) // 2
    found = {
        "all": cube.incidents[:, known].sum(axis=1).astype(float),
        "earlier": cube.incidents[:, known[:half]].sum(axis=1).astype(float),
        "later": cube.incidents[:, known[len(known) - half :]].sum(axis=1).astype(float),
        "width": ground.layer.surroundings.width,
        "area": ground.layer.zones.area_km2,
        **ground_figures,
    }
    for theme, other in ground.cubes.items():
        shares_incidents = theme in ground.facts[cube.theme].same_incidents
        months = other.first_month + np.flatnonzero(other.has_data)
        past = np.flatnonzero(other.has_data)[(months >= periods.known.first) & (months <= periods.known.last)]
        if not shares_incidents and theme != cube.theme and len(past) >= periods.known.months // 2:
            found[f"theme {theme}"] = other.incidents[:, past].sum(axis=1) / len(past) * periods.known.months
    return found


def _likenesses(
    figures: Mapping[str, FloatArray],
    part: IntArray,
    ring: IntArray | None,
    candidates: Candidates,
    periods: Periods,
) -> list[Likeness]:
    """Level, trend, surroundings and land use of a place and of every candidate."""
    own = {name: float(each[part].sum()) for name, each in figures.items()}
    others = summed(figures, candidates.zones)
    years = periods.known.months / 12
    found = [
        Likeness(LEVEL, "logarithm", float(level_of(own["all"] / years, own["width"])),
                 level_of(others["all"] / years, others["width"]), 3.0),
        Likeness("later half of the time before over the earlier one", "logarithm",
                 float(trend_of(own["earlier"], own["later"])), trend_of(others["earlier"], others["later"]), 1.5),
    ]  # fmt: skip
    if ring is not None and len(ring):
        around = candidates.ring_sum(figures["all"]), np.maximum(candidates.ring_sum(figures["width"]), 1e-9)
        own_ring = float(level_of(figures["all"][ring].sum() / years, figures["width"][ring].sum()))
        found.append(
            Likeness("incidents a zone and year around", "logarithm", own_ring, level_of(around[0] / years, around[1]))
        )
    found += [
        Likeness(
            f"{name.removeprefix('theme ')} a zone and year",
            "logarithm",
            float(level_of(own[name] / years, own["width"])),
            level_of(others[name] / years, others["width"]),
            0.5,
        )
        for name in figures
        if name.startswith("theme ")
    ]
    if "park_km2" in figures:
        # Slivers at the edge of a study are written as 0 km².
        wide = np.maximum(others["area"], SMALLEST_KM2)
        own_share = own["park_km2"] / max(own["area"], SMALLEST_KM2)
        found.append(Likeness("share of parks", "share", own_share, others["park_km2"] / wide, 0.5))
    if "stations" in figures:
        found.append(Likeness(f"stations within {STATION_M:.0f} m, a zone", "number", own["stations"] / len(part),
                              others["stations"] / len(part), 0.5))  # fmt: skip
    return found


def _mean_balance(tables: list[tuple[Balance, ...]]) -> tuple[Balance, ...]:
    """One table for all places of a set."""
    if not tables:
        return ()
    found = []
    for rows in zip(*tables, strict=True):
        values = np.array(
            [[row.place, row.chosen, row.all_areas, row.difference, row.difference_before] for row in rows]
        )
        place, chosen, everywhere, after, before = values.mean(axis=0).tolist()
        found.append(Balance(rows[0].name, rows[0].unit, place, chosen, everywhere, after, before))
    return tuple(found)
