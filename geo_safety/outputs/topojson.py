"""TopoJSON: outlines for Power BI's shape map and for d3, in which neighbours share their border.

Each stretch of border is written once, so that zones that touch in the release touch on the map, and the file is
small. Corners lie on a grid of a millionth of a degree (about 10 cm). Outer rings run clockwise, as d3 wants, which
takes a ring the other way round for all of the globe but the zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_safety.publication import Publication
from geo_safety.schema import row_names
from geo_safety.shapes import surfaces

GRID = 1e-6
"""Degrees between two places that a corner can have."""

_ROWS_AT_ONCE = 5_000
Corners = NDArray[np.int64]
Arc = tuple[tuple[int, int], ...]


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a layer as one topology, its object named after the layer; what must travel with it are its members."""
    path.write_bytes(orjson.dumps({"type": "Topology", **publication.as_dict(), **topology(table, publication.layer)}))


def topology(table: pa.Table, name: str) -> dict[str, Any]:
    """The members `transform`, `arcs` and `objects` of a table's shapes.

    Examples
    --------
    Two squares share one side of six:

    >>> squares = pa.array(shapely.to_wkb(np.array([shapely.box(1, 54, 2, 55), shapely.box(2, 54, 3, 55)])))
    >>> made = topology(pa.table({"zone_id": ["W1", "W2"], "theme": ["asb", "asb"], "geometry": squares}), "wards")
    >>> len(made["arcs"]), [one["arcs"] for one in made["objects"]["wards"]["geometries"]]
    (3, [[[0, 1]], [[-2, 2]]])
    """
    shapes = surfaces(shapely.from_wkb(table["geometry"].to_numpy()))
    known = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    west, south = shapely.total_bounds(known)[:2].tolist() if len(known) else (0.0, 0.0)
    arcs = _Arcs()
    rings = _rings(shapes, np.array([west, south]))
    junctions = _junctions([corners for _, _, corners in rings])
    polygons: dict[int, list[list[list[int]]]] = {}
    for row, is_outer, corners in rings:
        of_row = polygons.setdefault(row, [])
        of_row += [[]] if is_outer else []
        of_row[-1].append([arcs.place(arc) for arc in _cut(corners, junctions)])
    geometries = [
        {**_outline(polygons.get(row)), "id": name, "properties": properties}
        for row, (name, properties) in enumerate(zip(row_names(table), _properties(table), strict=True))
    ]
    return {
        "transform": {"scale": [GRID, GRID], "translate": [west, south]},
        "arcs": arcs.written,
        "objects": {name: {"type": "GeometryCollection", "geometries": geometries}},
    }


@dataclass
class _Arcs:
    """Stretches of border, each written once."""

    written: list[list[list[int]]] = field(default_factory=list)
    _places: dict[Arc, int] = field(default_factory=dict)

    def place(self, arc: Arc) -> int:
        """Where this stretch is; `~n` is stretch n the other way round."""
        place = self._places.get(arc)
        if place is None:
            place = len(self.written)
            self._places[arc[::-1]] = ~place
            self._places[arc] = place
            # The first corner, and from each to the next.
            self.written.append([list(arc[0]), *([x - x0, y - y0] for (x0, y0), (x, y) in pairwise(arc))])
        return place


def _rings(shapes: NDArray[np.object_], corner: NDArray[np.float64]) -> list[tuple[int, bool, Corners]]:
    """Row, whether it is an outer one, and corners on the grid (the first not repeated) of each ring."""
    parts, rows = shapely.get_parts(shapely.orient_polygons(shapes, exterior_cw=True), return_index=True)
    found: list[tuple[int, bool, Corners]] = []
    for row, part in zip(rows.tolist(), parts, strict=True):
        for number, ring in enumerate((part.exterior, *part.interiors)):
            places = np.rint((shapely.get_coordinates(ring) - corner) / GRID).astype(np.int64)[:-1]
            places = places[np.any(places != np.roll(places, 1, axis=0), axis=1)]
            if len(places) >= 3:
                found.append((row, number == 0, places))
            elif number == 0:
                break  # smaller than the grid shows, with all its holes
    return found


def _junctions(rings: list[Corners]) -> set[tuple[int, int]]:
    """Corners at which borders meet: where two rings come from, or go on to, different corners."""
    if not rings:
        return set()
    corners = np.concatenate(rings)
    keys = _key(corners)
    before, after = np.empty_like(keys), np.empty_like(keys)
    start = 0
    for ring in rings:
        own = keys[start : start + len(ring)]
        before[start : start + len(ring)], after[start : start + len(ring)] = np.roll(own, 1), np.roll(own, -1)
        start += len(ring)
    first, second = np.minimum(before, after), np.maximum(before, after)  # either way round
    order = np.argsort(keys, kind="stable")
    keys, first, second = keys[order], first[order], second[order]
    differs = (keys[1:] == keys[:-1]) & ((first[1:] != first[:-1]) | (second[1:] != second[:-1]))
    return set(map(tuple, corners[order][1:][differs].tolist()))


def _key(places: Corners) -> NDArray[np.int64]:
    """One number a corner: the grid has fewer than 2^29 lines each way."""
    return (places[:, 0] << 31) | places[:, 1]


def _cut(ring: Corners, junctions: set[tuple[int, int]]) -> list[Arc]:
    """The ring's stretches from one junction to the next; without junctions it is one, from its first corner in order."""
    corners = list(map(tuple, ring.tolist()))
    at = [place for place, corner in enumerate(corners) if corner in junctions] or [corners.index(min(corners))]
    closed = tuple(corners[at[0] :] + corners[: at[0] + 1])
    edges = [place - at[0] for place in at] + [len(corners)]
    return [closed[start : end + 1] for start, end in pairwise(edges)]


def _outline(polygons: list[list[list[int]]] | None) -> dict[str, Any]:
    if not polygons:
        return {"type": None}
    if len(polygons) == 1:
        return {"type": "Polygon", "arcs": polygons[0]}
    return {"type": "MultiPolygon", "arcs": polygons}


def _properties(table: pa.Table) -> Iterator[dict[str, Any]]:
    others = table.drop_columns("geometry")
    for start in range(0, table.num_rows, _ROWS_AT_ONCE):
        yield from others.slice(start, _ROWS_AT_ONCE).to_pylist()
