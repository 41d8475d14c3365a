"""The files of one layer in a release: exact figures, the set of each class of readers, and the tiles of the open set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from geo_safety import disclosure
from geo_safety.disclosure import Access, PartnerSet
from geo_safety.outputs import parquet, pmtiles
from geo_safety.publication import publication_of
from geo_safety.safe_files import second_name, write_file
from geo_safety.schema import table_of_layer

TILES = "open/tiles"

PRIVATE, PUBLIC = 0o600, 0o644

_SORTED_BY = ("theme", "layer", "feed", "zone_id", "month")
_GROUPED_BY = ("theme", "layer")


def file_name(layer: str, access: Access) -> str:
    """Name of a layer's file in the set of a class of readers."""
    return f"{layer}.parquet" if access == "internal" else f"{access}/{layer}.parquet"


def tiles_name(layer: str, theme: str | None) -> str:
    """Name of the file with the tiles of one theme, or of all of them."""
    return f"{TILES}/{layer}.pmtiles" if theme is None else f"{TILES}/{layer}.{theme}.pmtiles"


def write_layer(
    layer: str, table: pa.Table, aside: Path, *, manifest: Mapping[str, Any], partner: PartnerSet
) -> dict[str, Any]:
    """Write all files of one layer into a folder; returns the layer's entry in the manifest.

    Parameters
    ----------
    table : Table
        Exact figures.
    aside : Path
        The release's folder before it is put in place.
    manifest : mapping
        What the release says of itself, its id included.
    """
    definition = table_of_layer(layer)
    by = [name for name in _SORTED_BY if name in definition.column_names]
    order = [(name, "ascending") for name in dict.fromkeys((*by, *definition.key))]
    groups = [name for name in _GROUPED_BY if name in definition.column_names]

    def encoded(rows: pa.Table) -> bytes:
        rows = rows.select(definition.column_names).sort_by(order)
        return parquet.to_bytes(rows, groups_of=groups, split=layer == "series")

    files: dict[str, str] = {}
    sets = disclosure.sets_of(layer, table, manifest, partner)
    for access, rows in sets.items():
        name = file_name(layer, access)
        if access == "partner" and rows is sets["open"]:
            files[name] = files[file_name(layer, "open")]
            second_name(aside / file_name(layer, "open"), aside / name, mode=PUBLIC)
        else:
            files[name] = write_file(aside / name, encoded(rows), PUBLIC if access == "open" else PRIVATE)
    if definition.has_geometry and "open" in sets:
        seen = disclosure.manifest_for(manifest, disclosure.OPEN)
        publication = publication_of(seen, layer)
        themes = publication.themes
        for theme, data in pmtiles.archives(sets["open"].sort_by(order), publication, themes=themes):
            name = tiles_name(layer, theme)
            files[name] = write_file(aside / name, data, PUBLIC)
    return {
        "rows": table.num_rows,
        "rows_by_class": {access: rows.num_rows for access, rows in sets.items()},
        "columns": definition.describe(),
        "files": files,
    }
