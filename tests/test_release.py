from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pmtiles.reader import MemorySource, all_tiles
from releases import INPUTS_HASH, THEMES, tiny_areas, tiny_content, tiny_release, tiny_series, tiny_zones

from geo_safety import layer_files, schema
from geo_safety import release as release_module
from geo_safety.errors import ReleaseError
from geo_safety.release import (
    activate,
    claim,
    current,
    current_id,
    list_releases,
    open_release,
    prune,
    verify,
    write_release,
)

OTHER_HASH = "fedcba9876543210" * 4


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A folder with the tiny town as its only release."""
    return tiny_release(tmp_path).folder.parent


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory):
    """The same, read only, for all tests of this module."""
    return tiny_release(tmp_path_factory.mktemp("town"))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Writing


def test_id_says_data_month_inputs_and_number(releases):
    assert current(releases).release_id == "2025-12-01234567-1"
    assert write_release(tiny_content(), releases, inputs_hash=OTHER_HASH).release_id == "2025-12-fedcba98-2"
    assert write_release(tiny_content(), releases, inputs_hash=INPUTS_HASH).release_id == "2025-12-01234567-3"
    assert [release.release_id[-1] for release in list_releases(releases)] == ["3", "2", "1"]


def test_manifest_lists_every_file_with_its_hash_and_every_column(town):
    manifest = json.loads((town.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["release_id"] == town.release_id
    entries = [*manifest["layers"].values(), manifest["quarantine"], manifest["base_map"]]
    listed = {name: digest for entry in entries for name, digest in entry["files"].items()}
    found = files_of(town.folder)
    assert set(found) == {*listed, "manifest.json", "manifest.json.sha256"}
    assert all(hashlib.sha256(found[name]).hexdigest() == digest for name, digest in listed.items())
    for layer in town.layers:
        table = pq.read_table(town.folder / f"{layer}.parquet")
        assert manifest["layers"][layer]["rows"] == table.num_rows
        assert set(manifest["layers"][layer]["columns"]) == set(table.column_names)
    assert manifest["layers"]["wards"]["columns"]["area_km2"]["unit"] == "km²"
    assert manifest["accounting"] == tiny_content().manifest["accounting"]
    check = subprocess.run(
        ["sha256sum", "-c", "manifest.json.sha256"], cwd=town.folder, capture_output=True, check=False
    )
    assert check.stdout == b"manifest.json: OK\n"


def test_exact_files_are_for_their_owner_only_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        town = tiny_release(tmp_path)
    finally:
        os.umask(before)
    modes = {name: (town.folder / name).stat().st_mode & 0o777 for name in files_of(town.folder)}
    # Where every feed is open, partners get the open files under a second name.
    public = {name for name in modes if name.startswith(("open/", "partner/", "manifest"))}
    assert {modes[name] for name in public} == {0o644}
    assert {modes[name] for name in set(modes) - public} == {0o600}


def test_same_content_gives_the_same_bytes_in_whatever_order_it_comes(tmp_path):
    content = tiny_content()
    shuffled = {
        name: table.take(pa.array(pd.Series(range(table.num_rows)).sample(frac=1, random_state=1)))
        for name, table in content.layers.items()
    }
    one = write_release(content, tmp_path / "one", inputs_hash=INPUTS_HASH)
    other = write_release(replace(content, layers=shuffled), tmp_path / "other", inputs_hash=INPUTS_HASH)
    assert files_of(one.folder) == files_of(other.folder)


def test_layers_are_geoparquet_with_one_row_group_a_theme(town):
    frame = gpd.read_parquet(town.folder / "open" / "wards.parquet")
    assert frame.crs.to_authority() == ("OGC", "CRS84")
    assert frame.geometry.is_valid.all()
    file = pq.ParquetFile(town.folder / "wards.parquet")
    about = json.loads(file.metadata.metadata[b"geo"])
    assert about["version"] == "1.1.0"
    assert about["columns"]["geometry"]["bbox"] == pytest.approx(shapely.total_bounds(frame.geometry).tolist())
    assert b"pandas" not in file.metadata.metadata
    assert [file.read_row_group(group)["theme"].unique().to_pylist() for group in range(2)] == [
        ["robbery"],
        ["violence"],
    ]
    assert file.num_row_groups == len(THEMES)
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_open_set_has_the_same_columns_and_no_small_count(town):
    for layer in town.layers:
        exact, shown = town.table(layer, access="internal"), town.table(layer)
        assert shown.schema == exact.schema
        assert shown.num_rows == exact.num_rows
        small = pc.and_(pc.greater_equal(shown["incidents"], 1), pc.less(shown["incidents"], 5))
        assert not pc.any(small).as_py()
    small = pc.and_(pc.greater_equal(town.table("cells-r9", access="internal")["incidents"], 1), True)
    assert pc.any(small).as_py()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=st.lists(st.none() | st.integers(0, 9), min_size=8, max_size=8))
def test_no_open_file_ever_holds_a_small_count(tmp_path_factory, counts):
    zones = pd.concat([tiny_zones("wards", theme) for theme in THEMES]).assign(
        incidents=pd.array(counts, dtype="Int64"), incidents_previous=pd.array(counts[::-1], dtype="Int64")
    )
    series = tiny_series(("wards",)).head(8).assign(incidents=pd.array(counts, dtype="Int64"))
    areas = tiny_areas().assign(incidents=pd.array(counts[:2], dtype="Int64"))
    content = replace(
        tiny_content(),
        layers={
            "wards": schema.to_arrow(zones, schema.ZONES),
            "series": schema.to_arrow(series, schema.SERIES),
            "hotspot-areas": schema.to_arrow(areas, schema.AREAS),
        },
    )
    written = write_release(content, tmp_path_factory.mktemp("any"), inputs_hash=INPUTS_HASH)
    for path in (written.folder / "open").glob("*.parquet"):
        frame = pq.read_table(path).to_pandas()
        for column in {"incidents", "incidents_previous"} & set(frame):
            assert not frame[column].between(1, 4).any(), path.name
    for path in (written.folder / "open" / "tiles").iterdir():
        for _, tile in all_tiles(MemorySource(path.read_bytes())):
            for layer in mapbox_vector_tile.decode(gzip.decompress(tile)).values():
                shown = [one["properties"].get("incidents", 0) for one in layer["features"]]
                assert not {1, 2, 3, 4} & set(shown), path.name
    assert sorted(path.name for path in (written.folder / "open").iterdir()) == [
        "base-map.geojson", "hotspot-areas.parquet", "series.parquet", "tiles", "wards.parquet",
    ]  # fmt: skip


def test_no_release_is_written_without_disclosure_control(releases, monkeypatch):
    before = current_id(releases)
    monkeypatch.setattr("geo_safety.disclosure.sets.protect", lambda layer, table, access="open": table)  # noqa: ARG005
    with pytest.raises(RuntimeError, match="shows counts of 1-4"):
        write_release(tiny_content(), releases, inputs_hash=OTHER_HASH)
    assert current_id(releases) == before
    assert [path.name for path in releases.iterdir() if path.name.startswith(".new")] == []


def test_cells_finer_than_resolution_9_are_left_out_and_the_manifest_says_so(tmp_path):
    content = tiny_content()
    finer = {**content.layers, "cells-r10": content.layers["cells-r9"]}
    town = write_release(replace(content, layers=finer), tmp_path, inputs_hash=INPUTS_HASH)
    assert town.manifest["disclosure"]["open"]["layers_left_out"] == ["cells-r10"]
    assert not (town.folder / "open" / "cells-r10.parquet").exists()
    assert town.table("cells-r10", access="internal").num_rows
    with pytest.raises(ReleaseError, match=r"finer than open data may be\. Take one of .*cells-r9"):
        town.table("cells-r10")


def test_a_full_disk_leaves_the_current_release_and_nothing_else(releases, monkeypatch):
    before = files_of(releases)

    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(release_module, "write_file", no_room)
    with pytest.raises(ReleaseError, match=r"No space left on device.*untouched\. Make room"):
        write_release(tiny_content(), releases, inputs_hash=OTHER_HASH)
    assert files_of(releases) == before


def test_a_disk_that_gives_back_other_bytes_stops_the_release(releases, monkeypatch):
    honest = layer_files.write_file

    def careless(path, data, mode):
        digest = honest(path, data, mode)
        if path.name == "wards.parquet" and path.parent.name != "open":
            path.write_bytes(data[:-1])
        return digest

    monkeypatch.setattr(layer_files, "write_file", careless)
    with pytest.raises(ReleaseError, match=r"written to wards\.parquet; the current .* untouched\. Check the disk"):
        write_release(tiny_content(), releases, inputs_hash=OTHER_HASH)
    assert current_id(releases) == "2025-12-01234567-1"


# One at a time

HOLD = """
import pathlib, sys
from geo_safety.release import claim
with claim(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_never_change_a_folder_at_once(releases):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(releases)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        for act in (
            lambda: write_release(tiny_content(), releases, inputs_hash=OTHER_HASH),
            lambda: activate(releases, "2025-12-01234567-1"),
            lambda: prune(releases, keep=1),
        ):
            with pytest.raises(ReleaseError, match=r"Another geo-safety is working on .*Wait until it has finished"):
                act()
        assert current(releases).table("wards").num_rows == 8  # reading needs no claim
        other.kill()
    assert write_release(tiny_content(), releases, inputs_hash=OTHER_HASH).release_id.endswith("-2")


def test_a_claim_can_be_held_over_a_whole_run(tmp_path):
    with claim(tmp_path / "new" / "folder") as held:
        town = write_release(tiny_content(), held, inputs_hash=INPUTS_HASH)
    assert current(tmp_path / "new" / "folder").release_id == town.release_id


def test_leftovers_of_dead_runs_are_swept(releases):
    half = releases / ".new-2025-12-01234567-2-999"
    (half / "open").mkdir(parents=True)
    (half / "wards.parquet").write_bytes(b"half")
    (releases / ".new-current-999").symlink_to("2025-12-01234567-9")
    (releases / ".old-2025-11-01234567-1").mkdir()
    write_release(tiny_content(), releases, inputs_hash=INPUTS_HASH)
    assert sorted(path.name for path in releases.iterdir()) == [
        ".lock", "2025-12-01234567-1", "2025-12-01234567-2", "current",
    ]  # fmt: skip


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"file.*Name a folder that you may write to"):
        write_release(tiny_content(), tmp_path / "file", inputs_hash=INPUTS_HASH)


# The current one


def test_current_is_a_link_that_a_line_of_text_may_stand_for(releases, monkeypatch):
    assert (releases / "current").is_symlink()
    assert (releases / "current" / "manifest.json").is_file()

    def no_links(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    second = write_release(tiny_content(), releases, inputs_hash=OTHER_HASH)
    assert (releases / "current").read_text(encoding="utf-8") == f"{second.release_id}\n"
    assert current(releases).release_id == second.release_id
    monkeypatch.undo()
    activate(releases, "2025-12-01234567-1")
    assert (releases / "current").is_symlink()
    assert current(releases).release_id == "2025-12-01234567-1"


def test_a_release_stays_readable_while_another_becomes_current(releases):
    first = current(releases)
    write_release(tiny_content(), releases, inputs_hash=OTHER_HASH)
    assert current(releases).release_id != first.release_id
    assert first.table("wards").num_rows == 8


def test_without_a_release_the_remedy_is_to_run(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ReleaseError, match=r"no release in .* yet\. Run `geo-safety run CONFIG --out .*` first"):
            current(folder)
        assert list_releases(folder) == []


def test_without_a_current_one_the_remedy_is_to_activate(releases):
    (releases / "current").unlink()
    assert current_id(releases) is None
    with pytest.raises(ReleaseError, match="releases activate 2025-12-01234567-1"):
        current(releases)


def test_releases_are_listed_though_none_is_current(releases, capsys):
    from geo_safety.cli import main

    (releases / "current").unlink()  # as a kill between the first rename and the first switch leaves it
    assert main(["releases", "list", str(releases)]) == 0
    assert capsys.readouterr().out == "  2025-12-01234567-1\n"


def test_a_folder_in_the_place_of_the_link_is_named(releases):
    (releases / "current").unlink()
    (releases / "current").mkdir()
    with pytest.raises(ReleaseError, match=r"neither a link nor a line.*Delete it"):
        current(releases)


def test_unknown_release_names_those_there(releases):
    for name in ("2025-11-01234567-1", "../elsewhere", ".lock"):
        with pytest.raises(ReleaseError, match="Releases there: 2025-12-01234567-1"):
            open_release(releases, name)


# Damage


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_whole_release_verifies(town):
    verify(town)


@pytest.mark.parametrize("name", ["wards.parquet", "open/series.parquet", "quarantine.parquet", "manifest.json"])
def test_one_changed_bit_is_found_and_its_file_named(releases, name):
    town = current(releases)
    spoil(town.folder / name)
    with pytest.raises(ReleaseError, match=f"damaged: {name}"):
        verify(town)


def test_all_damaged_files_are_named_at_once(releases):
    town = current(releases)
    spoil(town.folder / "open" / "wards.parquet")
    (town.folder / "cells-r8.parquet").unlink()
    (town.folder / "manifest.json.sha256").write_text("", encoding="utf-8")
    with pytest.raises(
        ReleaseError, match=r"manifest\.json, cells-r8\.parquet, open/wards\.parquet, partner/wards\.parquet\. Run"
    ):
        verify(town)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"release_id": "2025-12-01234567-7"}'])
def test_a_broken_manifest_is_damage_not_a_crash(releases, text):
    (releases / "2025-12-01234567-1" / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"is damaged: manifest\.json.*releases activate"):
        current(releases)


def test_a_damaged_release_is_not_activated(releases):
    write_release(tiny_content(), releases, inputs_hash=OTHER_HASH)
    spoil(releases / "2025-12-01234567-1" / "boroughs.parquet")
    with pytest.raises(ReleaseError, match=r"boroughs\.parquet"):
        activate(releases, "2025-12-01234567-1")
    assert current_id(releases) == "2025-12-fedcba98-2"


# Pruning


def test_prune_keeps_the_newest_and_the_current(releases):
    for _ in range(4):
        write_release(tiny_content(), releases, inputs_hash=OTHER_HASH)
    activate(releases, "2025-12-fedcba98-2")
    assert prune(releases, keep=2) == ["2025-12-fedcba98-3", "2025-12-01234567-1"]
    assert [release.release_id[-1] for release in list_releases(releases)] == ["5", "4", "2"]
    assert prune(releases, keep=2) == []
    # Numbers are not used again, so an id never means two things.
    assert write_release(tiny_content(), releases, inputs_hash=OTHER_HASH).release_id.endswith("-6")


def test_prune_refuses_to_keep_nothing(releases):
    with pytest.raises(ReleaseError, match="Keep at least 1"):
        prune(releases, keep=0)


# Reading


def test_a_table_is_read_by_theme_and_columns(town):
    table = town.table("wards", theme="violence", columns=["incidents", "zone_id"])
    assert table.to_pydict() == {
        "incidents": [389, 24, 81, None],
        "zone_id": ["X05000001", "X05000002", "X05000003", "X05000004"],
    }
    whole = town.table("wards")
    assert whole.column_names == schema.ZONES.column_names
    keys = list(zip(whole["theme"].to_pylist(), whole["zone_id"].to_pylist(), strict=True))
    assert keys == sorted(keys)


def test_a_release_older_than_a_column_reads_as_null(releases, monkeypatch):
    write_release(tiny_content(), releases, inputs_hash=INPUTS_HASH)
    later = replace(
        schema.ZONES, columns=(*schema.ZONES.columns, schema.Column("added_later", "float", "Not there yet."))
    )
    monkeypatch.setattr("geo_safety.release.table_of_layer", lambda _: later)
    table = current(releases).table("wards", theme="robbery")
    assert table.column_names == later.column_names
    assert table["added_later"].null_count == table.num_rows == 4
    assert current(releases).table("wards", columns=["added_later", "zone_id"]).num_rows == 8


def test_the_series_of_one_zone_keeps_its_gap(town):
    series = town.series("wards", zone_id="X05000001", theme="robbery", columns=["month", "incidents"])
    assert series.num_rows == 24
    by_month = dict(zip(series["month"].to_pylist(), series["incidents"].to_pylist(), strict=True))
    assert [month.isoformat() for month, count in by_month.items() if count is None] == ["2024-05-01"]
    exact = town.series("wards", zone_id="X05000001", theme="robbery", access="internal")
    assert sum(exact["incidents"].to_pylist()[12:]) == 182
    assert set(town.series("boroughs")["layer"].to_pylist()) == {"boroughs"}


def test_unknown_layers_and_themes_name_those_there(town):
    with pytest.raises(ReleaseError, match=r"no layer 'parishes'\. It has: .*wards"):
        town.table("parishes")
    with pytest.raises(ReleaseError, match=r"no theme 'joy'\. It has: robbery, violence"):
        town.table("wards", theme="joy")
