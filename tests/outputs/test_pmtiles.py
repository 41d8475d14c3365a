"""PMTiles: read back by the format's own reader and by GDAL."""

from __future__ import annotations

import gzip

import pyarrow.compute as pc
import pyogrio
import pytest
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, TileType, tileid_to_zxy
from pmtiles.writer import Writer
from releases import tiny_content, tiny_manifest

from geo_safety.disclosure import protect
from geo_safety.errors import OutputError
from geo_safety.outputs import pmtiles
from geo_safety.outputs.vector_tiles import encode_tile, prepare_tiles, tiles_between
from geo_safety.publication import publication_of


@pytest.fixture(scope="module")
def table():
    return protect("cells-r9", tiny_content().layers["cells-r9"])


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("pmtiles") / "cells.pmtiles"
    pmtiles.write(table, path, publication_of({**tiny_manifest(), "release_id": "2025-12-01234567-1"}, "cells-r9"))
    return path


def test_every_tile_of_every_zoom_is_in_the_file(table, file):
    source = prepare_tiles("cells-r9", table)
    with file.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        held = 0
        for zoom in range(source.minimum_zoom, source.maximum_zoom + 1):
            for x, y in tiles_between(source, zoom):
                tile = reader.get(zoom, x, y)
                assert (gzip.decompress(tile) if tile else b"") == encode_tile(source, zoom, x, y)
                held += tile is not None
        assert reader.header()["addressed_tiles_count"] == held


def test_the_metadata_name_the_layers_and_whose_data_they_are(file):
    with file.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        metadata, header = reader.metadata(), reader.header()
    assert [layer["id"] for layer in metadata["vector_layers"]] == ["robbery", "violence"]
    assert "invented data" in metadata["attribution"]
    assert metadata["description"].startswith("Yes, because")
    assert (header["min_zoom"], header["max_zoom"]) == (
        metadata["vector_layers"][0]["minzoom"], metadata["vector_layers"][0]["maxzoom"],
    )  # fmt: skip


def test_gdal_reads_every_zone_of_every_theme(table, file):
    assert pyogrio.list_layers(file)[:, 0].tolist() == ["robbery", "violence"]
    frame = pyogrio.read_dataframe(file, layer="robbery")
    rows = table.filter(pc.equal(table["theme"], "robbery")).to_pandas().set_index("zone_id")
    assert set(frame["zone_id"]) == set(rows.index)
    for zone in frame.itertuples():
        assert zone.incidents_band == rows.loc[zone.zone_id, "incidents_band"]


def test_the_highest_zoom_holds_whole_zones(file):
    with file.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        zoom = reader.header()["max_zoom"]
        west, south = reader.header()["min_lon_e7"] / 1e7, reader.header()["min_lat_e7"] / 1e7
    assert zoom >= 12
    assert 1.6 < west < 1.75
    assert 54.6 < south < 54.75


def test_a_layer_without_rows_is_told_what_would_do(table, tmp_path):
    publication = publication_of({**tiny_manifest(), "release_id": "2025-12-01234567-1"}, "cells-r9")
    with pytest.raises(OutputError, match=r"Use \.parquet or \.csv"):
        pmtiles.write(table.slice(0, 0), tmp_path / "none.pmtiles", publication)
    assert not (tmp_path / "none.pmtiles").exists()


@pytest.fixture(scope="module")
def archives(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")
    publication = publication_of({**tiny_manifest(), "release_id": "2025-12-01234567-1"}, "cells-r9")
    opened = {}
    for theme, data in pmtiles.archives(table, publication, themes=("violence", "robbery")):
        path = folder / f"{theme or 'all'}.pmtiles"
        path.write_bytes(data)
        opened[theme] = pmtiles.Archive(path)
    return opened


def test_each_theme_has_an_archive_whose_tiles_are_what_would_be_made(table, archives):
    assert list(archives) == [None, "violence", "robbery"]
    source = prepare_tiles("cells-r9", table, themes=("violence", "robbery"))
    for theme, archive in archives.items():
        held = 0
        for zoom in range(source.minimum_zoom, source.maximum_zoom + 1):
            assert archive.holds(zoom)
            for x, y in tiles_between(source, zoom):
                made = encode_tile(source, zoom, x, y, None if theme is None else (theme,))
                tile = archive.tile(zoom, x, y)
                assert (gzip.decompress(tile) if tile else b"") == made
                held += tile is not None
        assert len(archive) == held > 0
    assert not archives[None].holds(source.minimum_zoom - 1)
    assert archives[None].tile(source.maximum_zoom, 0, 0) is None


def test_archives_are_the_same_bytes_every_time_and_none_where_nothing_is_drawn(table):
    publication = publication_of({**tiny_manifest(), "release_id": "2025-12-01234567-1"}, "cells-r9")
    once, twice = (dict(pmtiles.archives(table, publication, themes=("robbery", "violence"))) for _ in range(2))
    assert once == twice
    assert dict(pmtiles.archives(table.slice(0, 0), publication, themes=("robbery",))) == {}
    only = table.filter(pc.equal(table["theme"], "robbery"))
    assert set(dict(pmtiles.archives(only, publication, themes=("robbery",)))) == {None, "robbery"}


def test_an_archive_of_many_tiles_reads_its_leaf_directories(tmp_path):
    with (tmp_path / "many.pmtiles").open("wb") as file:
        writer = Writer(file)
        for tile_id in range(30_000, 60_000):
            writer.write_tile(tile_id, tile_id.to_bytes(4, "little"))
        writer.finalize({"tile_type": TileType.MVT, "tile_compression": Compression.NONE}, {})
    archive = pmtiles.Archive(tmp_path / "many.pmtiles")
    assert len(archive) == 30_000
    z, x, y = tileid_to_zxy(45_678)
    assert archive.tile(z, x, y) == (45_678).to_bytes(4, "little")
