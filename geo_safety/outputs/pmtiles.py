"""PMTiles 3: all tiles of a layer in one file, for a static web server or a desktop map.

A file holds every theme, each as a vector layer of its own.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from geo_safety.errors import OutputError
from geo_safety.outputs.vector_tiles import TileSource, encode_tile, prepare_tiles, tiles_between, vector_layers
from geo_safety.publication import Publication

MEDIA_TYPE = "application/vnd.pmtiles"


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a layer's tiles, from zooms at which its zones are visible to where their outlines are exact.

    Maps draw closer zooms from the last one. What must travel with the figures is in the file's metadata.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of the layer, one theme or all, geometry as WKB in WGS84.
    path : Path
        File to write.
    publication : Publication
        The layer's name, whose data they are and how they mislead.

    Raises
    ------
    OutputError
        If there is nothing to draw: a file of this kind has at least one tile.
    """
    source = prepare_tiles(publication.layer, table)
    if source.bounds is None:
        raise OutputError(
            f"{publication.layer} has no shapes here, so there is no tile.", "Use .parquet or .csv instead."
        )
    where = source.bounds
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id, tile in _tiles(source):
            writer.write_tile(tile_id, tile)
        writer.finalize(_header(source, where), _metadata(source, publication))


def _tiles(source: TileSource) -> list[tuple[int, bytes]]:
    """Tiles that hold anything, gzipped, in the file's own order."""
    places = sorted(
        (zxy_to_tileid(zoom, x, y), zoom, x, y)
        for zoom in range(source.minimum_zoom, source.maximum_zoom + 1)
        for x, y in tiles_between(source, zoom)
    )
    encoded = ((tile_id, encode_tile(source, zoom, x, y)) for tile_id, zoom, x, y in places)
    return [(tile_id, gzip.compress(tile, mtime=0)) for tile_id, tile in encoded if tile]


def _header(source: TileSource, bounds: tuple[float, float, float, float]) -> dict[str, object]:
    west, south, east, north = (round(degrees * 10_000_000) for degrees in bounds)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": source.minimum_zoom,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(source: TileSource, publication: Publication) -> dict[str, object]:
    return {
        "name": f"{publication.layer} in {publication.study}",
        "type": "overlay",
        "attribution": "; ".join(publication.attribution),
        "description": publication.answer,
        "vector_layers": vector_layers(source),
        "geo_safety": publication.as_dict(),
    }
