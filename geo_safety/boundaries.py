"""Boundary files to zones, the study area, and which zone a location lies in.

Everything is WGS84, longitude before latitude; `shapes` reads the files and measures in metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo_safety.errors import BoundaryError, ConfigError
from geo_safety.shapes import EqualArea, Shapes, polygons, read_shapes, some, texts
from geo_safety.topology import tidy
from geo_safety.zone_columns import ZoneColumns, contradiction, find_columns

SMALLEST_SHARE = 0.1
"""Of a zone, or of the study: a smaller common part is a difference between two drawings of one line.

Measured on London's boroughs against wards and LSOAs of other files: the part of a neighbour's zone that falls
inside reaches 6 %, the part of an own zone is never under 87 %."""


@dataclass(frozen=True)
class BoundarySettings:
    """One `[[boundaries]]` entry: where a layer's file is and what its columns are called.

    Parameters
    ----------
    code, name, parent : str, optional
        Columns with the zone's code, its name for people, and the code of the zone that holds it; looked for where the
        config does not name them.
    vintage : str, optional
        Year or other name of this drawing of the zones; looked for as well.
    crs : str, optional
        Coordinate system, where the file does not say it or says it wrongly.
    is_shown : bool
        Whether a layer is made of it; else it only tells how figures by its zones are to be moved.
    """

    layer: str
    path: Path
    code: str | None = None
    name: str | None = None
    parent: str | None = None
    vintage: str | None = None
    crs: str | None = None
    is_shown: bool = True


@dataclass(frozen=True)
class Zones:
    """The zones of one layer, sorted by `zone_id`; cells and wards alike.

    Parameters
    ----------
    zone_id : array of str, shape (n,)
        Sorted, no code twice.
    name, parent : array of object, shape (n,)
        None where there is none.
    geometry : array of shapely polygons, shape (n,)
        WGS84, whole zones, also where they reach beyond the study.
    area_km2 : array of float, shape (n,)
        Of the part inside the study, once clipped to one.
    notes : tuple of str
        What was repaired or left out, in words.
    columns : ZoneColumns, optional
        Which columns of the file were used and how sure that is; None for zones that come from no file.
    """

    layer: str
    zone_id: np.ndarray
    name: np.ndarray
    parent: np.ndarray
    geometry: np.ndarray
    area_km2: np.ndarray
    vintage: str | None = None
    notes: tuple[str, ...] = ()
    columns: ZoneColumns | None = None

    def __len__(self) -> int:
        return len(self.zone_id)

    def take(self, which: np.ndarray) -> Zones:
        """The zones at these places (indices or a mask), in that order."""
        arrays = ("zone_id", "name", "parent", "geometry", "area_km2")
        return replace(self, **{array: getattr(self, array)[which] for array in arrays})


@dataclass(frozen=True)
class Study:
    """The area that is studied: its name, outline (WGS84), size, and the projection for its metres."""

    name: str
    outline: shapely.Geometry
    area_km2: float
    projection: EqualArea
    notes: tuple[str, ...] = ()


def read_boundaries(settings: BoundarySettings) -> Zones:
    """Which zones does a boundary file hold?

    Returns
    -------
    Zones
        Valid polygons in WGS84; `notes` names the shapes that were repaired or left out.

    Raises
    ------
    BoundaryError
        The file cannot be read, states no coordinate system, lacks a column, has empty or repeated codes, or leaves
        it open which column is the code.
    """
    path = settings.path
    shapes = read_shapes(path, crs=settings.crs, column=settings.code)
    for role in ("code", "name", "parent"):
        wanted = getattr(settings, role)
        if wanted is not None and wanted not in shapes.columns:
            raise BoundaryError(
                f"{path.name} has no column {wanted!r} for the {role} of layer {settings.layer!r}.",
                f"Its columns are: {', '.join(shapes.columns) or 'none'}.",
            )
    geometry, repaired = polygons(shapes.geometry)
    has_shape = ~shapely.is_empty(geometry)
    if not has_shape.any():
        raise BoundaryError(f"{path.name} holds no polygons.", "Give a file with the outlines of the zones.")
    columns = find_columns(
        {name: values[has_shape] for name, values in shapes.columns.items()},
        file=path.name,
        layer=settings.layer,
        code=settings.code,
        name=settings.name,
        parent=settings.parent,
        vintage=settings.vintage,
    )
    code = texts(shapes.columns[str(columns.code.value)])
    notes = shapes.notes + _notes(path, code, left_out=~has_shape, repaired=repaired & has_shape)
    name, parent = (_column(shapes, found.value) for found in (columns.name, columns.parent))
    rows, geometry, joined = _join_parts(code, name, parent, np.flatnonzero(has_shape), geometry, path)
    _check_codes(code[rows], path.name, str(columns.code.value), list(shapes.columns))
    order = np.argsort(code[rows].astype(str), kind="stable")
    rows, geometry = rows[order], geometry[order]
    zone_id, projection = code[rows].astype(str), _centred(geometry)
    geometry, topology = tidy(zone_id, geometry, projection)
    notes += joined + topology.notes(path.name)
    if wrong := contradiction(columns):
        notes += (f"{path.name}: {wrong}",)
    return Zones(
        layer=settings.layer,
        zone_id=zone_id,
        name=name[rows],
        parent=parent[rows],
        geometry=geometry,
        area_km2=projection.area_km2(geometry),
        vintage=columns.vintage.value,
        notes=notes,
        columns=columns,
    )


def make_study(
    name: str,
    layers: Sequence[Zones],
    *,
    outline: Path | None = None,
    within: Sequence[str] = (),
    around: shapely.Geometry | None = None,
    crs: str | None = None,
) -> Study:
    """What area is studied: an outline file, some zones of the layers, a shape around points, or all layers?

    Parameters
    ----------
    layers : sequence of Zones
        The boundary layers as read.
    outline : Path, optional
        File whose polygons, all together, are the study.
    within : sequence of str
        Ids of zones, of any of the layers, that together are the study.
    around : shapely geometry, optional
        Outline drawn around points (WGS84), where no boundary is at hand.
    crs : str, optional
        Coordinate system of the outline file, where it does not say it.

    Raises
    ------
    ConfigError
        Both `outline` and `within` are given, or nothing that could make a study.
    BoundaryError
        The outline cannot be read, an id of `within` is in no layer, or two layers lie in different places.
    """
    if outline is not None and len(within):
        raise ConfigError("The study has both an outline and `within`.", "Keep one of the two.")
    if outline is not None:
        parts, repaired = polygons(read_shapes(outline, crs=crs).geometry)
        notes: tuple[str, ...] = (f"{outline.name}: the outline was invalid and was repaired",) * bool(repaired.any())
        if shapely.is_empty(parts).all():
            raise BoundaryError(f"{outline.name} holds no polygons.", "Give a file with the outline of the study.")
    elif len(within):
        parts, notes = _zones_named(within, layers), ()
    elif around is not None:
        parts = shapely.get_parts(around)
        notes = ("the outline is drawn around the points: no boundary of the study is given",)
    elif layers:
        _check_same_place(layers)
        parts, notes = np.concatenate([zones.geometry for zones in layers]), ()
    else:
        raise ConfigError(
            f"The study {name!r} has no outline and no boundaries.",
            'Add outline = "file" under [study], or a [[boundaries]] entry.',
        )
    whole = shapely.union_all(parts) if len(parts) > 1 else parts[0]
    projection = _centred(whole)
    return Study(name, whole, float(projection.area_km2([whole])[0]), projection, notes)


def clip_to_study(zones: Zones, study: Study) -> Zones:
    """Which zones belong to the study, and how much of each lies inside?

    A zone stays when the part inside is at least a tenth of the zone **or** of the study. Two files draw one border
    differently by up to their generalisation (20 m), which would otherwise make neighbours beyond the border
    into zones of the study; the second half of the rule keeps the borough around a study of one ward. What is
    left out is named in `notes`.

    Returns
    -------
    Zones
        Whole outlines; `area_km2` is that of the part inside.

    Raises
    ------
    BoundaryError
        No zone lies in the study.
    """
    shapely.prepare(study.outline)
    reached = np.flatnonzero(shapely.intersects(study.outline, zones.geometry))
    full = study.projection.area_km2(zones.geometry[reached])
    inside = area_inside_km2(zones.geometry[reached], study)
    keep = (inside > 0) & ((inside >= SMALLEST_SHARE * full) | (inside >= SMALLEST_SHARE * study.area_km2))
    if not keep.any():
        raise _elsewhere(f"No zone of layer {zones.layer!r} lies in the study {study.name!r}.", zones, study.outline)
    slivers = zones.zone_id[reached[~keep & (inside > 0)]]
    notes = zones.notes
    if len(slivers):
        notes += (f"{zones.layer}: {some(slivers)} lie in the study by a sliver only and were left out",)
    return replace(zones.take(reached[keep]), area_km2=inside[keep], notes=notes)


def area_inside_km2(geometry: np.ndarray, study: Study) -> np.ndarray:
    """How large is the part of each shape that lies inside the study?

    Returns
    -------
    array of float, shape (len(geometry),)
    """
    area = study.projection.area_km2(geometry)
    if not len(area):
        return area
    shapely.prepare(study.outline)
    cut = np.flatnonzero(~shapely.covers(study.outline, geometry))
    # An overlay costs as much as the outline has corners, so shapes on the border are taken in 12 × 12 tiles of the
    # map, each against the outline's part around it.
    west, south, east, north = shapely.bounds(geometry[cut]).T
    middle = np.column_stack([west + east, south + north]) / 2
    low, high = shapely.bounds(study.outline).reshape(2, 2)
    tile = np.floor((middle - low) / np.maximum(high - low, 1e-9) * 12).astype(np.int64)
    _, tile_of = np.unique(tile, axis=0, return_inverse=True)
    for number in range(tile_of.max(initial=-1) + 1):
        here = cut[tile_of == number]
        nearby = shapely.intersection(study.outline, shapely.box(*shapely.total_bounds(geometry[here])))
        area[here] = study.projection.area_km2(shapely.intersection(nearby, geometry[here]))
    return area


def inside(longitude: np.ndarray, latitude: np.ndarray, study: Study) -> np.ndarray:
    """Which locations lie in the study? Those on its edge do.

    Returns
    -------
    array of bool, shape (n_locations,)
    """
    shapely.prepare(study.outline)
    return shapely.intersects_xy(study.outline, longitude, latitude)


def locate(longitude: np.ndarray, latitude: np.ndarray, zones: Zones) -> np.ndarray:
    """Which zone does each location lie in?

    Returns
    -------
    array of int32, shape (n_locations,)
        Index into `zones`, -1 for none. A location on an edge that zones share, or where zones overlap, belongs to
        the zone whose id sorts first.

    Examples
    --------
    Two plots side by side; the second point lies on the fence between them:

    >>> plots = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> none = np.array([None, None])
    >>> zones = Zones("plots", np.array(["a", "b"]), none, none, plots, np.ones(2))
    >>> locate(np.array([0.5, 1.0, 1.5, 9.0]), np.array([0.5, 0.5, 0.5, 0.5]), zones).tolist()
    [0, 0, 1, -1]
    """
    longitude, latitude = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    # Sorted by longitude, a zone's candidates are one slice: no tree of point objects has to be built.
    order = np.argsort(longitude, kind="stable")
    east, north = longitude[order], latitude[order]
    west_edge, south_edge, east_edge, north_edge = shapely.bounds(zones.geometry).T
    first = np.searchsorted(east, west_edge, side="left")
    last = np.searchsorted(east, east_edge, side="right")
    found = np.full(len(east), -1, dtype=np.int32)
    shapely.prepare(zones.geometry)
    # From the last zone to the first, so that the id that sorts first has the last word.
    for zone in range(len(zones) - 1, -1, -1):
        band = slice(first[zone], last[zone])
        near = np.flatnonzero((north[band] >= south_edge[zone]) & (north[band] <= north_edge[zone])) + first[zone]
        found[near[shapely.intersects_xy(zones.geometry[zone], east[near], north[near])]] = zone
    located = np.empty_like(found)
    located[order] = found
    return located


def largest_share(zones: Zones, of: Zones) -> np.ndarray:
    """Which zone of another layer holds the largest part of each zone (the ward of a cell)?

    Returns
    -------
    array of object, shape (len(zones),)
        Codes of `of`; None where nothing of the zone lies in any. Of equal parts the code that sorts first.
    """
    best = np.full(len(zones), -1, dtype=np.intp)
    # Most cells lie in one ward altogether: those need no overlay.
    tree = shapely.STRtree(zones.geometry)
    shapely.prepare(of.geometry)
    holder, held = tree.query(of.geometry, predicate="covers")
    best[held[::-1]] = holder[::-1]
    holder, held = tree.query(of.geometry, predicate="intersects")
    open_pairs = best[held] < 0
    holder, held = holder[open_pairs], held[open_pairs]
    # Degrees serve: within one zone both parts are stretched alike.
    common = shapely.area(shapely.intersection(of.geometry[holder], zones.geometry[held]))
    order = np.lexsort((holder, -common, held))
    order = order[common[order] > 0]
    zone, place = np.unique(held[order], return_index=True)
    best[zone] = holder[order][place]
    codes = np.full(len(zones), None, dtype=object)
    codes[best >= 0] = of.zone_id[best[best >= 0]].astype(object)
    return codes


def _column(shapes: Shapes, name: str | None) -> np.ndarray:
    return np.full(len(shapes.geometry), None, dtype=object) if name is None else texts(shapes.columns[name])


def _join_parts(
    code: np.ndarray, name: np.ndarray, parent: np.ndarray, rows: np.ndarray, geometry: np.ndarray, path: Path
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Make one zone of rows that are copies of each other, or parts: the same code, name and parent.

    Returns
    -------
    array of int, array of shapely polygons, tuple of str
        The first row of each zone and its shape, and what was done. Rows that only share their code stay apart.
    """
    keys = [(code[row], name[row], parent[row]) for row in rows.tolist()]
    first: dict[tuple[str | None, str | None, str | None], int] = {}
    owner = np.array([first.setdefault(key, place) for place, key in enumerate(keys)], dtype=np.intp)
    again = np.flatnonzero(owner != np.arange(len(rows)))
    shapes = geometry[rows]
    gone = np.zeros(len(rows), dtype=bool)
    copied, parted = [], []
    for place in again.tolist():
        value, called, held = keys[place]
        original = int(owner[place])
        if value is not None and shapely.equals(shapes[place], shapes[original]):
            copied.append(value)
        elif value is not None and (called is not None or held is not None):
            shapes[original] = shapely.union(shapes[original], shapes[place])
            parted.append(value)
        else:
            continue
        gone[place] = True
    told = [f"{path.name}: repeated rows of {some(sorted(set(copied)))} were left out"] if copied else []
    told += [f"{path.name}: rows that are parts of {some(sorted(set(parted)))} were joined"] if parted else []
    return rows[~gone], shapes[~gone], tuple(told)


def _check_codes(code: np.ndarray, file: str, column: str, columns: list[str]) -> None:
    empty = sum(value is None for value in code)
    if empty:
        raise BoundaryError(
            f"{file}: {empty} of {len(code)} zones have no code in column {column!r}.",
            f"Fill them in, or choose another column as `code`: {', '.join(columns)}.",
        )
    values, times = np.unique(code.astype(str), return_counts=True)
    if (times > 1).any():
        raise BoundaryError(
            f"{file}: {some(values[times > 1])} stand more than once in column {column!r}.",
            f"Dissolve the file by {column}, or choose another column as `code`: {', '.join(columns)}.",
        )


def _notes(path: Path, code: np.ndarray, *, left_out: np.ndarray, repaired: np.ndarray) -> tuple[str, ...]:
    notes = []
    if repaired.any():
        notes.append(f"{path.name}: invalid rings of {some(code[repaired])} were repaired")
    if left_out.any():
        notes.append(f"{path.name}: {some(code[left_out])} have no polygon and were left out")
    return tuple(notes)


def _centred(geometry: Any) -> EqualArea:
    west, south, east, north = shapely.total_bounds(geometry)
    return EqualArea(float(west + east) / 2, float(south + north) / 2)


def _zones_named(ids: Sequence[str], layers: Sequence[Zones]) -> np.ndarray:
    wanted = set(ids)
    missing = sorted(wanted.difference(*(zones.zone_id.tolist() for zones in layers)))
    if missing:
        names = ", ".join(zones.layer for zones in layers) or "none"
        raise BoundaryError(
            f"{some(missing)}, named in `within`, are zones of no boundary layer.",
            f"Use codes of the layers that the config names ({names}).",
        )
    return np.concatenate([zones.geometry[np.isin(zones.zone_id, sorted(wanted))] for zones in layers])


def _check_same_place(layers: Sequence[Zones]) -> None:
    """Layers may lie side by side, but not more than a degree apart: then one is misread."""
    place = shapely.box(*shapely.total_bounds(layers[0].geometry)).buffer(1)
    for zones in layers[1:]:
        if not shapely.box(*shapely.total_bounds(zones.geometry)).intersects(place):
            problem = f"The layers {layers[0].layer!r} and {zones.layer!r} lie in different places."
            raise _elsewhere(problem, zones, place)


def _elsewhere(problem: str, zones: Zones, place: shapely.Geometry) -> BoundaryError:
    """The error for zones that miss the place, with a hint where swapped axes explain it."""
    west, south, east, north = shapely.total_bounds(zones.geometry)
    if shapely.box(south, west, north, east).intersects(place):
        return BoundaryError(
            f"{problem} In one of the two files latitude stands before longitude.",
            "Export it again with longitude first (GeoJSON's order).",
        )
    return BoundaryError(problem, "Check that both files cover the same place, and the crs of each.")
