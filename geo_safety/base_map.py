"""The ground that maps are drawn on, from the study's own boundaries and context: no other host is asked for one.

One GeoJSON document for a release, small enough to be sent at once: land, water, parks, borough borders, rail lines,
stations, and the points where names stand. Each feature says its `kind` and, where it has one, its `name`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pandas as pd
import shapely

from geo_safety.boundaries import Study, Zones
from geo_safety.context import read_stations
from geo_safety.errors import BoundaryError, SourceError
from geo_safety.settings import Context
from geo_safety.shapes import Shapes, read_shapes

DECIMALS = 5
"""Of a degree: about a metre."""

TOLERANCE = 2e-4
"""Degrees: corners that cut off less than some 20 m go; the ground is for orientation, zones have their own outlines."""

SMALLEST_PARK_KM2 = 0.02
"""Two hectares: what can be seen of a whole city."""

NAMED_PARK_KM2 = 0.1

SMALLEST_WATER_KM2 = 0.01


def base_map(study: Study, layers: Mapping[str, Zones], context: Sequence[Context]) -> bytes:
    """The ground of a study as a GeoJSON document (WGS84, longitude before latitude).

    Parameters
    ----------
    layers : mapping of str to Zones
        The study's layers. Water is what lies inside the outline and in no ward (a tidal river lies in none).
    context : sequence of Context
        The config's files of kind `parks`, `routes`, `stations` and `places`; others are passed over.

    Raises
    ------
    SourceError
        A file of the context cannot be read.
    """
    found = [
        *_surfaces(study, layers.get("wards")),
        *_boroughs(layers.get("boroughs")),
        *_parks(context, study),
        *_lines(context, study),
        *_points(context, study),
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": found})


def _surfaces(study: Study, wards: Zones | None) -> Iterator[dict[str, Any]]:
    outline = _simple(study.outline)
    yield _feature("land", outline)
    if wards is None:
        return
    left = shapely.difference(study.outline, shapely.union_all(shapely.buffer(wards.geometry, 1e-5)))
    parts = shapely.get_parts(left)
    wet = parts[study.projection.area_km2(parts) >= SMALLEST_WATER_KM2]
    if len(wet):
        yield _feature("water", _simple(shapely.union_all(wet)))


def _boroughs(boroughs: Zones | None) -> Iterator[dict[str, Any]]:
    if boroughs is None:
        return
    # Neighbours keep their common edge, and each edge is drawn once.
    simple = shapely.coverage_simplify(boroughs.geometry, TOLERANCE)
    edges = shapely.union_all(shapely.boundary(simple))
    yield _feature("borough", shapely.line_merge(edges) if edges.geom_type == "MultiLineString" else edges)
    for name, shape in zip(boroughs.name, boroughs.geometry, strict=True):
        if name is not None:
            yield _feature("borough-name", shapely.point_on_surface(shape), str(name))


def _parks(context: Sequence[Context], study: Study) -> Iterator[dict[str, Any]]:
    for entry, shapes in _read(context, "parks"):
        whole = shapely.make_valid(shapes.geometry)
        inside = shapely.intersects(whole, study.outline)
        area = study.projection.area_km2(whole)
        names = _names(shapes, entry, "name")
        for place in np.flatnonzero(inside & (area >= SMALLEST_PARK_KM2)).tolist():
            yield _feature("park", _simple(whole[place]))
            if names[place] and area[place] >= NAMED_PARK_KM2:
                yield _feature("park-name", shapely.point_on_surface(whole[place]), names[place])


def _lines(context: Sequence[Context], study: Study) -> Iterator[dict[str, Any]]:
    for entry, shapes in _read(context, "routes"):
        modes = _names(shapes, entry, "mode")
        for shape, mode, name in zip(shapes.geometry, modes, _names(shapes, entry, "name"), strict=True):
            # Bus routes follow streets, which the ground does not show.
            if (mode or entry.mode or "").casefold() != "bus" and shapely.intersects(shape, study.outline):
                yield _feature("line", _simple(shape), name)


def _points(context: Sequence[Context], study: Study) -> Iterator[dict[str, Any]]:
    # Points of interest by kind are no names to find one's way by.
    context = [entry for entry in context if entry.kind != "places" or "kind" not in entry.columns]
    for kind, shown in (("stations", "station"), ("places", "place")):
        named = read_stations(context, kind=kind)
        if named is None:
            continue
        points = shapely.points(named.longitude, named.latitude)
        for place in np.flatnonzero(shapely.intersects(points, study.outline)).tolist():
            yield _feature(shown, points[place], str(named.name[place]))


def _read(context: Sequence[Context], kind: str) -> Iterator[tuple[Context, Shapes]]:
    for entry in context:
        if entry.kind != kind:
            continue
        try:
            shapes = read_shapes(entry.path)
        except BoundaryError as error:
            raise SourceError(
                f"The context file {entry.path.name} cannot be drawn: {error}", "Correct its entry."
            ) from error
        yield entry, shapes


def _names(shapes: Shapes, entry: Context, column: str) -> list[str]:
    values: Iterable[Any] | None = shapes.columns.get(entry.columns.get(column, column))
    if values is None:
        return [""] * len(shapes.geometry)
    return ["" if pd.isna(value) else str(value) for value in values]


def _simple(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.simplify(shape, TOLERANCE, preserve_topology=True)


def _feature(kind: str, shape: shapely.Geometry, name: str = "") -> dict[str, Any]:
    rounded = shapely.transform(shape, lambda points: np.round(points, DECIMALS))
    properties = {"kind": kind, "name": name} if name else {"kind": kind}
    return {"type": "Feature", "properties": properties, "geometry": orjson.loads(shapely.to_geojson(rounded))}
