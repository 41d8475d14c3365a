"""GeoParquet 1.1: for analysts, DuckDB, QGIS, and the files of a release themselves."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from geo_safety.publication import Publication

GEOMETRY = "geometry"
LARGEST_GROUP = 65_536
"""Rows of one row group at most, where groups are split at all: one zone's rows then cost one small read."""


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a layer as GeoParquet; what must travel with it is in the file's metadata under `geo_safety`."""
    note = json.dumps(publication.as_dict(), ensure_ascii=False, sort_keys=True)
    path.write_bytes(to_bytes(table, metadata={"geo_safety": note}))


def to_bytes(
    table: pa.Table, *, groups_of: Sequence[str] = (), split: bool = False, metadata: dict[str, str] | None = None
) -> bytes:
    """Which bytes are this table as a (Geo)Parquet file? The same table gives the same bytes.

    Parameters
    ----------
    table : Table
        A column `geometry`, where there is one, holds WKB in WGS84, longitude before latitude.
    groups_of : sequence of str
        Columns by which the rows are sorted, first ones first; each change of their values starts a row group
        of its own, so that a reader can take one theme without touching the others.
    split : bool
        Whether groups longer than `LARGEST_GROUP` rows are split.
    metadata : dict, optional
        Further entries of the file's metadata.

    Examples
    --------
    >>> table = pa.table({"theme": ["asb", "asb", "robbery"], "incidents": [1, 2, 3]})
    >>> file = pq.ParquetFile(io.BytesIO(to_bytes(table, groups_of=["theme"])))
    >>> file.num_row_groups, file.read().num_rows
    (2, 3)
    """
    notes = {**(metadata or {})}
    if GEOMETRY in table.column_names:
        notes["geo"] = json.dumps(_geo_metadata(table[GEOMETRY]), sort_keys=True)
    table = table.replace_schema_metadata(None)
    sink = io.BytesIO()
    # Statistics of shapes help no reader. Arrow's own copy of the schema would say nothing new, but differ by version.
    options = {
        "compression": "zstd",
        "version": "2.6",
        "store_schema": False,
        "write_statistics": [name for name in table.column_names if name != GEOMETRY],
    }
    with pq.ParquetWriter(sink, table.schema, **options) as writer:
        for start, stop in _groups(table, groups_of):
            rows = LARGEST_GROUP if split else max(stop - start, 1)
            writer.write_table(table.slice(start, stop - start), row_group_size=rows)
        writer.add_key_value_metadata(notes)
    return sink.getvalue()


def _groups(table: pa.Table, columns: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and stop of each run of rows with the same values in these columns."""
    starts = np.zeros(table.num_rows, dtype=bool)
    starts[:1] = True
    for name in columns:
        codes = pc.dictionary_encode(table[name]).combine_chunks().indices.to_numpy(zero_copy_only=False)
        starts[1:] |= codes[1:] != codes[:-1]
    edges = np.append(np.flatnonzero(starts), table.num_rows)
    return zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)


def _geo_metadata(column: pa.ChunkedArray) -> dict[str, object]:
    """The `geo` entry of GeoParquet 1.1. No `crs` in it means OGC:CRS84: WGS84, longitude first."""
    shapes = shapely.from_wkb(column.to_numpy())
    known = shapes[~shapely.is_missing(shapes)]
    about: dict[str, object] = {"encoding": "WKB", "geometry_types": sorted({shape.geom_type for shape in known})}
    if len(known):
        about["bbox"] = shapely.total_bounds(known).tolist()
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: about}}
