"""One layer of a release, prepared once: rows in order of id, each row's JSON written, shapes indexed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo_safety.outputs.vector_tiles import TileSource, bounds_of, id_column_of, prepare_tiles
from geo_safety.schema import Table, table_of_layer

from .json_text import rows_to_json, to_json
from .prepared import Prepared

COORDINATE_DECIMALS = 7
"""Decimals of a degree in GeoJSON: a centimetre."""

LIST_SEPARATOR = ";"
"""Between the codes of a column that holds several."""


@dataclass(frozen=True)
class Shapes:
    """The zones of a layer: sorted ids, each one's GeoJSON up to its properties, and an index for boxes."""

    ids: np.ndarray
    feature_starts: list[bytes]
    tree: shapely.STRtree
    bounds: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class ThemeRows:
    """The rows of one theme in order of id.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    ids : array of str, shape (n_rows,)
        Sorted.
    shape : array of int, shape (n_rows,)
        Place of the row's zone among the layer's shapes.
    properties_json : list of bytes
        Each row as a JSON object.
    starts, ends : array of datetime64[D], shape (n_rows,)
        First and last day of the row's window; NaT where it has none.
    """

    table: pa.Table
    ids: np.ndarray
    shape: np.ndarray
    properties_json: list[bytes]
    starts: np.ndarray
    ends: np.ndarray

    def place_of(self, zone_id: str) -> int | None:
        """Place of one row, None where the theme has no such zone."""
        place = int(np.searchsorted(self.ids, zone_id))
        return place if place < len(self.ids) and self.ids[place] == zone_id else None


class Layer:
    """One layer of one release as one access class sees it."""

    def __init__(self, name: str, table: pa.Table, *, themes: tuple[str, ...]) -> None:
        self.name = name
        self.definition: Table = table_of_layer(name)
        self.id_column = id_column_of(self.definition)
        self.table = table
        self.themes = themes
        self._prepared = Prepared()

    @property
    def columns(self) -> list[str]:
        """Names of the properties of a feature."""
        return [column.name for column in self.definition.columns if column.type != "geometry"]

    def shapes(self) -> Shapes:
        """The layer's zones."""
        return self._prepared.get("shapes", self._make_shapes)

    def rows(self, theme: str) -> ThemeRows:
        """The rows of one theme."""
        return self._prepared.get(("rows", theme), lambda: self._make_rows(theme))

    def tiles(self) -> TileSource:
        """The layer ready to be cut into tiles."""
        return self._prepared.get("tiles", lambda: prepare_tiles(self.name, self.table, themes=self.themes))

    def features(self, theme: str, places: np.ndarray) -> list[bytes]:
        """GeoJSON features of the rows at these places."""
        rows, starts = self.rows(theme), self.shapes().feature_starts
        shapes = rows.shape[places].tolist()
        return [
            starts[shape] + rows.properties_json[place] + b"}"
            for place, shape in zip(places.tolist(), shapes, strict=True)
        ]

    def within(self, boxes: Sequence[tuple[float, float, float, float]]) -> np.ndarray:
        """Which shapes meet one of these boxes (west, south, east, north)? One bool a shape."""
        shapes = self.shapes()
        met = np.zeros(len(shapes.ids), dtype=bool)
        for box in boxes:
            met[shapes.tree.query(shapely.box(*box), predicate="intersects")] = True
        return met

    def lies_in(self, theme: str, kind: str, code: str) -> np.ndarray:
        """Which rows of a theme lie in this borough or ward (`kind`)? One bool a row.

        A zone belongs to the one that holds its largest share; an area to each that it reaches into.
        """
        table = self.rows(theme).table
        if f"{kind}_code" in table.column_names:
            return pc.fill_null(pc.equal(table.column(f"{kind}_code"), code), fill_value=False).to_numpy()
        lists = pc.split_pattern(table.column(f"{kind}s"), LIST_SEPARATOR).to_pylist()
        return np.array([code in (codes or ()) for codes in lists], dtype=bool)

    def _make_shapes(self) -> Shapes:
        ids = np.asarray(self.table.column(self.id_column).to_pylist(), dtype=object)
        unique, first = np.unique(ids, return_index=True)
        geometry = shapely.from_wkb(self.table.column("geometry").take(pa.array(first)).to_numpy(zero_copy_only=False))
        rounded = shapely.transform(geometry, lambda degrees: np.round(degrees, COORDINATE_DECIMALS))
        # RFC 7946 wants outer rings counterclockwise.
        texts = shapely.to_geojson(shapely.orient_polygons(rounded))
        feature_starts = [
            b'{"type":"Feature","id":%b,"geometry":%b,"properties":' % (to_json(zone), (text or "null").encode())
            for zone, text in zip(unique, texts, strict=True)
        ]
        return Shapes(unique, feature_starts, shapely.STRtree(geometry), bounds_of(geometry))

    def _make_rows(self, theme: str) -> ThemeRows:
        table = self.table.filter(pc.equal(self.table.column("theme"), theme)).sort_by(self.id_column)
        ids = np.asarray(table.column(self.id_column).to_pylist(), dtype=object)
        starts = table.column("window_start").to_numpy().astype("datetime64[D]")
        last_months = table.column("window_end").to_numpy().astype("datetime64[M]")
        return ThemeRows(
            table=table,
            ids=ids,
            shape=np.searchsorted(self.shapes().ids, ids),
            properties_json=rows_to_json(table, self.columns),
            starts=starts,
            ends=(last_months + 1).astype("datetime64[D]") - 1,
        )
