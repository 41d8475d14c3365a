"""GeoPackage: for QGIS and ArcGIS. One layer, named after ours; polygons come as multipolygons."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
from pyogrio.raw import write_arrow

from geo_safety.publication import Publication
from geo_safety.schema import table_of_layer


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a layer as a GeoPackage; what must travel with it is in the file's own metadata."""
    has_shapes = "geometry" in table.column_names
    notes = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in publication.as_dict().items()
    }
    write_arrow(
        table,
        path,
        driver="GPKG",
        layer=publication.layer,
        geometry_name="geometry" if has_shapes else None,
        geometry_type=table_of_layer(publication.layer).shape if has_shapes else None,
        crs="EPSG:4326" if has_shapes else None,
        layer_metadata=notes,
        dataset_options={"VERSION": "1.3"},  # newer ones make readers of 2022 complain
        layer_options={"IDENTIFIER": publication.layer, "DESCRIPTION": publication.answer},
    )
