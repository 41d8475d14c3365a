"""PMTiles 3: the tiles of a layer in one file, for a static web server, a desktop map and our own service.

A file that leaves a release holds every theme, each as a vector layer of its own. Beside it a release keeps a file
for each theme, from which the service answers without making anything.
"""

from __future__ import annotations

import gzip
import io
import mmap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pmtiles.tile import (
    Compression,
    HeaderDict,
    TileType,
    deserialize_directory,
    deserialize_header,
    zxy_to_tileid,
)
from pmtiles.writer import Writer

from geo_safety.errors import OutputError
from geo_safety.outputs.vector_tiles import TileSource, encode_themes, prepare_tiles, tiles_between, vector_layers
from geo_safety.publication import Publication

MEDIA_TYPE = "application/vnd.pmtiles"

_HEADER_BYTES = 127
_LEVEL = 6
"""Of gzip: a tenth larger than at 9, in a third of the time."""

Tiles = list[tuple[int, bytes]]
"""Tile id and gzipped tile, in the order of the ids."""


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
    path.write_bytes(_file(source, _encode(source)[None], source.themes, publication))


def archives(table: pa.Table, publication: Publication, *, themes: Sequence[str]) -> Iterator[tuple[str | None, bytes]]:
    """Every file of a layer's tiles: the one with all themes (its theme is None), then one for each theme.

    Every tile is cut once for all of them. A layer without a shape has no file, nor has a theme without a zone.

    Parameters
    ----------
    themes : sequence of str
        Order of the themes.
    """
    source = prepare_tiles(publication.layer, table, themes=themes)
    if source.bounds is None:
        return
    for theme, tiles in _encode(source).items():
        if tiles:
            yield theme, _file(source, tiles, source.themes if theme is None else (theme,), publication)


class Archive:
    """One file of tiles, open for reading: every place is looked up in memory, every tile is read from the map.

    The bytes are shared by all processes that open the same file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header = deserialize_header(self._bytes[:_HEADER_BYTES])
        self.minimum_zoom, self.maximum_zoom = header["min_zoom"], header["max_zoom"]
        self._place_of = {
            tile_id: (header["tile_data_offset"] + offset, length)
            for tile_id, offset, length in self._entries(header["root_offset"], header["root_length"], header)
        }

    def __len__(self) -> int:
        return len(self._place_of)

    def holds(self, z: int) -> bool:
        """Whether tiles of this zoom are in the file: then one that is not there is empty."""
        return self.minimum_zoom <= z <= self.maximum_zoom

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The gzipped tile, None where nothing is in it."""
        place = self._place_of.get(zxy_to_tileid(z, x, y))
        return None if place is None else self._bytes[place[0] : place[0] + place[1]]

    def _entries(self, offset: int, length: int, header: HeaderDict) -> Iterator[tuple[int, int, int]]:
        for entry in deserialize_directory(self._bytes[offset : offset + length]):
            if entry.run_length:
                for step in range(entry.run_length):
                    yield entry.tile_id + step, entry.offset, entry.length
            else:
                yield from self._entries(header["leaf_directory_offset"] + entry.offset, entry.length, header)


def _encode(source: TileSource) -> dict[str | None, Tiles]:
    """Tiles that hold anything, gzipped, by theme; under None those that hold all themes."""
    places = sorted(
        (zxy_to_tileid(zoom, x, y), zoom, x, y)
        for zoom in range(source.minimum_zoom, source.maximum_zoom + 1)
        for x, y in tiles_between(source, zoom)
    )
    found: dict[str | None, Tiles] = defaultdict(list)
    found[None] = []
    for tile_id, zoom, x, y in places:
        parts = encode_themes(source, zoom, x, y)
        if parts:
            found[None].append((tile_id, gzip.compress(b"".join(parts.values()), _LEVEL, mtime=0)))
        for theme, part in parts.items():
            found[theme].append((tile_id, gzip.compress(part, _LEVEL, mtime=0)))
    return found


def _file(source: TileSource, tiles: Tiles, themes: Sequence[str], publication: Publication) -> bytes:
    out = io.BytesIO()
    writer = Writer(out)
    for tile_id, tile in tiles:
        writer.write_tile(tile_id, tile)
    writer.finalize(_header(source), _metadata(source, themes, publication))
    return out.getvalue()


def _header(source: TileSource) -> dict[str, object]:
    assert source.bounds is not None
    west, south, east, north = (round(degrees * 10_000_000) for degrees in source.bounds)
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


def _metadata(source: TileSource, themes: Sequence[str], publication: Publication) -> dict[str, object]:
    return {
        "name": f"{publication.layer} in {publication.study}",
        "type": "overlay",
        "attribution": "; ".join(publication.attribution),
        "description": publication.answer,
        "vector_layers": vector_layers(source, themes),
        "geo_safety": publication.as_dict(),
    }
