"""Forms in which a layer leaves a release: one module a format, one row each in `FORMATS`.

To add one: a module with `write(table, path, publication)`, its row here, its test. A database is no file: `postgis`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import pyarrow as pa
import shapely

from geo_safety.errors import OutputError
from geo_safety.outputs import csv_text, fgb, geojson, gpkg, parquet, pmtiles, postgis, topojson, xlsx
from geo_safety.publication import Publication


class Published(Protocol):
    """What a format needs of a release: a view of it, so that nothing leaves that its reader may not see."""

    def table(self, layer: str, *, theme: str | None = None) -> pa.Table:
        """One layer."""

    def publication(self, layer: str, theme: str | None = None) -> Publication:
        """What must travel with it."""


@dataclass(frozen=True)
class Format:
    """One form that a layer can take.

    Parameters
    ----------
    shapes : {'as they are', 'multipolygons', 'points'}
        What becomes of the shapes before they are written: nothing, polygons become multipolygons of one part
        (for formats whose layers have one type of shape), or a point inside takes the place of each shape.
    writer : function
        Writes a table of a layer, so prepared, to a new file.
    needs_shapes : bool
        Whether a table without shapes, such as `series`, cannot be written.
    """

    title: str
    media_type: str
    shapes: Literal["as they are", "multipolygons", "points"]
    writer: Callable[[pa.Table, Path, Publication], None]
    needs_shapes: bool = False

    def write(self, table: pa.Table, path: Path, publication: Publication) -> None:
        """Write a table of a layer to a new file.

        Raises
        ------
        OutputError
            The format cannot hold this table.
        """
        if "geometry" in table.column_names:
            prepare = {"as they are": lambda same: same, "multipolygons": multipolygons, "points": points_for_shapes}
            table = prepare[self.shapes](table)
        elif self.needs_shapes:
            others = ", ".join(suffix for suffix, form in FORMATS.items() if not form.needs_shapes)
            raise OutputError(f"{self.title} holds shapes, and {publication.layer} has none.", f"Use one of {others}.")
        self.writer(table, path, publication)


_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMATS: dict[str, Format] = {
    ".geojson": Format("GeoJSON", "application/geo+json", "as they are", geojson.write, needs_shapes=True),
    ".csv": Format("CSV", "text/csv; charset=utf-8; header=present", "points", csv_text.write),
    ".xlsx": Format("Excel", _EXCEL, "points", xlsx.write),
    ".gpkg": Format("GeoPackage", "application/geopackage+sqlite3", "multipolygons", gpkg.write),
    ".fgb": Format("FlatGeobuf", "application/flatgeobuf", "multipolygons", fgb.write, needs_shapes=True),
    ".parquet": Format("GeoParquet", "application/vnd.apache.parquet", "as they are", parquet.write),
    ".topojson": Format("TopoJSON", "application/topo+json", "as they are", topojson.write, needs_shapes=True),
    ".pmtiles": Format("PMTiles", pmtiles.MEDIA_TYPE, "as they are", pmtiles.write, needs_shapes=True),
}
"""Suffix → format. The API's `f` takes the same names without the full stop."""


def export(release: Published, layer: str, path: Path, *, theme: str | None = None) -> Publication:
    """Write a layer of a release to a file whose suffix names the format; replaces what is there, whole or not at all.

    Parameters
    ----------
    release : View
        The release as whoever gets the file may see it.
    layer : str
        Name of a layer of the release, `series` included.
    theme : str, optional
        One theme; otherwise all of them.

    Returns
    -------
    Publication
        What travels with the file: whether it may be published, attribution, cautions.

    Raises
    ------
    OutputError
        No format has this suffix, the format cannot hold the layer, or the file cannot be written.
    ReleaseError
        The release has no such layer or theme.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise OutputError(
            f"{path.name} ends in no suffix that names a format.", f"Use one of {', '.join(FORMATS)} at its end."
        )
    if not path.parent.is_dir() or path.is_dir():
        raise OutputError(f"{path} is no place for a file.", "Name a file in a folder that exists.")
    table = release.table(layer, theme=theme)
    publication = release.publication(layer, theme)
    # A folder of its own, because a format may write a second file beside the first.
    aside = path.parent / f".{path.name}.new-{os.getpid()}"
    try:
        aside.mkdir()
        form.write(table, aside / path.name, publication)
        for written in aside.iterdir():
            written.replace(path.with_name(written.name))
    except OSError as error:
        raise OutputError(
            f"{path} could not be written ({error.strerror}).", "Make room, or name a folder that you may write to."
        ) from error
    finally:
        if aside.is_dir():
            for left_over in aside.iterdir():
                left_over.unlink()
            aside.rmdir()
    return publication


def export_to_database(
    release: Published,
    layers: Sequence[str],
    address: str,
    *,
    theme: str | None = None,
    schema: str = postgis.DEFAULT_SCHEMA,
) -> list[Publication]:
    """Put layers of a release into a PostGIS database, all in one transaction, in place of those before.

    Parameters
    ----------
    release : View
        The release as whoever reads the database may see it.
    layers : sequence of str
        Names of layers, `series` included.
    address : str
        Such as `postgresql://user@host/database`.
    theme : str, optional
        One theme, which is all that the tables then hold.

    Returns
    -------
    list of Publication
        What travels with each layer.

    Raises
    ------
    OutputError
        The database cannot be reached or written, or has no PostGIS.
    ReleaseError
        The release has no such layer or theme.
    """
    tables = {}
    for layer in layers:
        table = release.table(layer, theme=theme)
        publication = release.publication(layer, theme)
        tables[layer] = (multipolygons(table) if "geometry" in table.column_names else table, publication)
    postgis.write_layers(tables, address, schema=schema)
    return [publication for _, publication in tables.values()]


def points_for_shapes(table: pa.Table) -> pa.Table:
    """The table with `longitude` and `latitude` of a point inside each shape, to 6 decimals, in place of the shape.

    Examples
    --------
    >>> square = pa.array(shapely.to_wkb(np.array([shapely.box(1, 54, 2, 55)])))
    >>> points_for_shapes(pa.table({"zone_id": ["W1"], "geometry": square})).to_pylist()
    [{'zone_id': 'W1', 'longitude': 1.5, 'latitude': 54.5}]
    """
    points = shapely.point_on_surface(shapely.from_wkb(table["geometry"].to_numpy()))
    table = table.drop_columns("geometry")
    for name, values in (("longitude", shapely.get_x(points)), ("latitude", shapely.get_y(points))):
        table = table.append_column(name, pa.array(np.round(values, 6), from_pandas=True))
    return table


def multipolygons(table: pa.Table) -> pa.Table:
    """The table with each polygon as a multipolygon of one part: wards with islands are in no other type."""
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    shapes[single] = shapely.multipolygons(shapes[single, None])
    index = table.column_names.index("geometry")
    return table.set_column(index, "geometry", pa.array(shapely.to_wkb(shapes), type=pa.binary()))
