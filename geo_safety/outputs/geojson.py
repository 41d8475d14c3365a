"""GeoJSON by RFC 7946: for the web and QGIS. WGS84, longitude first, outer rings anticlockwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import shapely

from geo_safety.publication import Publication
from geo_safety.schema import row_names

DECIMALS = 7
"""Of coordinates: about a centimetre."""

_ROWS_AT_ONCE = 5_000


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a layer as one FeatureCollection, one feature a line; what must travel with it are its members."""
    members = {"type": "FeatureCollection", "name": publication.layer, **publication.as_dict()}
    with path.open("wb") as file:
        file.write(orjson.dumps(members)[:-1] + b',"features":[')
        separator = b"\n"
        for feature in features(table):
            file.write(separator + feature)
            separator = b",\n"
        file.write(b"\n]}\n")


def features(table: pa.Table) -> Iterator[bytes]:
    """Each row as a GeoJSON feature, in the table's order.

    A feature's `id` is the zone's (or area's) own id; where the table holds several themes, and so a zone
    several times, the theme follows it after a full stop.

    Examples
    --------
    >>> point = pa.array(shapely.to_wkb(np.array([shapely.Point(1.7, 54.7)])))
    >>> table = pa.table({"zone_id": ["W1"], "theme": ["asb"], "incidents": [None], "geometry": point})
    >>> print(next(features(table)).decode())
    {"type":"Feature","id":"W1","properties":{"zone_id":"W1","theme":"asb","incidents":null},"geometry":{"type":"Point","coordinates":[1.7,54.7]}}
    """
    names = row_names(table)
    properties = table.drop_columns("geometry")
    for start in range(0, table.num_rows, _ROWS_AT_ONCE):
        rows = properties.slice(start, _ROWS_AT_ONCE).to_pylist()
        shapes = geometries(table["geometry"].slice(start, _ROWS_AT_ONCE))
        for name, row, shape in zip(names[start : start + _ROWS_AT_ONCE], rows, shapes, strict=True):
            feature: dict[str, Any] = {"type": "Feature", "id": name, "properties": row, "geometry": shape}
            yield orjson.dumps(feature)


def geometries(wkb: pa.ChunkedArray) -> list[orjson.Fragment | None]:
    """Each shape as GeoJSON, ready to be put into a document; None where there is none."""
    shapes = shapely.orient_polygons(shapely.from_wkb(wkb.to_numpy()))
    shapes = shapely.transform(shapes, lambda places: places.round(DECIMALS))
    return [None if text is None else orjson.Fragment(text) for text in shapely.to_geojson(np.asarray(shapes)).tolist()]
