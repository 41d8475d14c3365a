"""FlatGeobuf: for viewers that fetch only what is in sight; rows are in the order of its spatial index."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
from pyogrio.raw import write_arrow

from geo_safety.publication import Publication
from geo_safety.schema import table_of_layer


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a layer as FlatGeobuf; what must travel with it is in the header, as text.

    The format has date-times but no dates: dates come back as midnight.
    """
    write_arrow(
        table,
        path,
        driver="FlatGeobuf",
        layer=publication.layer,
        geometry_name="geometry",
        geometry_type=table_of_layer(publication.layer).shape,
        crs="EPSG:4326",
        layer_options={
            "TITLE": f"{publication.study}: {publication.layer}, {publication.data_month}",
            "DESCRIPTION": json.dumps(publication.as_dict(), ensure_ascii=False),
        },
    )
