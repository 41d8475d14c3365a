"""One layer of a release, prepared once: rows in order of id, each row's JSON written, shapes indexed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo_safety.cell_layers import is_cells
from geo_safety.map_classes import breaks_of, count_classes, fixed_breaks
from geo_safety.marks import MARKINGS
from geo_safety.outputs.vector_tiles import TileSource, bounds_of, id_column_of, prepare_tiles
from geo_safety.schema import Table, table_of_layer

from . import tally
from .coordinates import CRS84, DECIMALS, in_system, systems_for
from .json_text import rows_to_json, to_json
from .prepared import Prepared
from .words import text

LIST_SEPARATOR = ";"
"""Between the codes of a column that holds several."""


@dataclass(frozen=True)
class Shapes:
    """The zones of a layer in one coordinate system: sorted ids, GeoJSON up to the properties, an index for boxes."""

    ids: np.ndarray
    feature_starts: list[bytes]
    tree: shapely.STRtree


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
    prepared: Prepared = field(default_factory=Prepared)
    """What else is made of these rows once, such as their order by a column."""

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
    def label(self) -> str:
        """What the layer is called on a page."""
        return self._prepared.get("label", self._make_label)

    def _make_label(self) -> str:
        if self.name in MARKINGS:
            return MARKINGS[self.name].label
        if not is_cells(self.name):
            return self.name.replace("-", " ").capitalize()
        cells = self.table.filter(pc.equal(self.table["theme"], self.themes[0]))
        return text("layer.cells", km2=f"{float(np.median(cells['area_km2'].to_numpy())):.1g}")

    @property
    def columns(self) -> list[str]:
        """Names of the properties of a feature."""
        return [column.name for column in self.definition.columns if column.type != "geometry"]

    def taken(self, theme: str, places: np.ndarray) -> pa.Table:
        """The rows at these places as a table, to be handed out."""
        return tally.add(self.rows(theme).table.take(pa.array(places)))

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees; None where the layer has no shapes."""
        return bounds_of(self._zones()[1])

    @property
    def systems(self) -> tuple[str, ...]:
        """Coordinate systems in which the layer is offered."""
        return self._prepared.get("systems", lambda: systems_for(self.bounds))

    def shapes(self, system: str = CRS84) -> Shapes:
        """The layer's zones."""
        return self._prepared.get(("shapes", system), lambda: self._make_shapes(system))

    def rows(self, theme: str) -> ThemeRows:
        """The rows of one theme."""
        return self._prepared.get(("rows", theme), lambda: self._make_rows(theme))

    def breaks(self, theme: str) -> tuple[int, ...]:
        """First counts of the five classes that maps show for a theme."""
        counts, hidden = self._counts(theme)
        return fixed_breaks(self.name, theme) or breaks_of(np.where(hidden, 2, counts)[hidden | ~np.isnan(counts)])

    def count_classes(self, theme: str) -> np.ndarray:
        """Class of each zone's count, in the order of the zones: see `map_classes.count_classes`."""
        return self._prepared.get(("classes", theme), lambda: self._find_classes(theme))

    def tiles(self) -> TileSource:
        """The layer ready to be cut into tiles."""
        return self._prepared.get("tiles", lambda: prepare_tiles(self.name, self.table, themes=self.themes))

    def features(self, theme: str, places: np.ndarray, system: str = CRS84) -> list[bytes]:
        """GeoJSON features of the rows at these places."""
        rows, starts = self.rows(theme), self.shapes(system).feature_starts
        if tally.is_counting():
            self.taken(theme, places)
        shapes = rows.shape[places].tolist()
        return [
            starts[shape] + rows.properties_json[place] + b"}"
            for place, shape in zip(places.tolist(), shapes, strict=True)
        ]

    def within(self, boxes: Sequence[tuple[float, float, float, float]], system: str = CRS84) -> np.ndarray:
        """Which shapes meet one of these boxes (west, south, east, north in the system's units)? One bool a shape."""
        shapes = self.shapes(system)
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

    def _counts(self, theme: str) -> tuple[np.ndarray, np.ndarray]:
        """Counts of the theme's rows, NaN where hidden or without data, and which are hidden."""
        table = self.rows(theme).table
        counts = table["incidents"].to_numpy().astype(float)
        return counts, np.isnan(counts) & np.asarray(table["incidents_band"].is_valid())

    def _find_classes(self, theme: str) -> np.ndarray:
        classes = np.full(len(self.shapes().ids), -1, dtype=np.int8)
        classes[self.rows(theme).shape] = count_classes(*self._counts(theme), self.breaks(theme))
        return classes

    def _zones(self) -> tuple[np.ndarray, np.ndarray]:
        """Sorted ids of the zones and their shapes in WGS84."""
        return self._prepared.get("zones", self._find_zones)

    def _find_zones(self) -> tuple[np.ndarray, np.ndarray]:
        ids = np.asarray(self.table.column(self.id_column).to_pylist(), dtype=object)
        unique, first = np.unique(ids, return_index=True)
        return unique, shapely.from_wkb(
            self.table.column("geometry").take(pa.array(first)).to_numpy(zero_copy_only=False)
        )

    def _make_shapes(self, system: str) -> Shapes:
        ids, degrees = self._zones()
        geometry = in_system(degrees, system)
        rounded = shapely.transform(geometry, lambda points: np.round(points, DECIMALS[system]))
        # RFC 7946 wants outer rings counterclockwise.
        texts = shapely.to_geojson(shapely.orient_polygons(rounded))
        feature_starts = [
            b'{"type":"Feature","id":%b,"geometry":%b,"properties":' % (to_json(zone), (text or "null").encode())
            for zone, text in zip(ids, texts, strict=True)
        ]
        return Shapes(ids, feature_starts, shapely.STRtree(geometry))

    def _make_rows(self, theme: str) -> ThemeRows:
        table = self.table.filter(pc.equal(self.table.column("theme"), theme)).sort_by(self.id_column)
        ids = np.asarray(table.column(self.id_column).to_pylist(), dtype=object)
        starts = table.column("window_start").to_numpy().astype("datetime64[D]")
        last_months = table.column("window_end").to_numpy().astype("datetime64[M]")
        return ThemeRows(
            table=table,
            ids=ids,
            shape=np.searchsorted(self._zones()[0], ids),
            properties_json=rows_to_json(table, self.columns),
            starts=starts,
            ends=(last_months + 1).astype("datetime64[D]") - 1,
        )
