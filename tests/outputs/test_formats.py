from __future__ import annotations

import csv
import datetime as dt
import json
import subprocess
from dataclasses import replace

import h3
import openpyxl
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from readers import plain, read
from releases import tiny_content, tiny_release

from geo_safety import outputs, schema
from geo_safety.disclosure import Reader as ReaderOf
from geo_safety.errors import OutputError, ReleaseError
from geo_safety.outputs import FORMATS, csv_text, export, points_for_shapes, xlsx
from geo_safety.publication import publication_of
from geo_safety.view import View

LAYERS = ("cells-r9", "wards", "hotspot-areas")
FILES = sorted(set(FORMATS) - {".pmtiles"})  # whose rows come back; tiles have tests of their own


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory):
    return tiny_release(tmp_path_factory.mktemp("town"))


def rows_of(table: pa.Table) -> list[dict[str, object]]:
    return [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("suffix", FILES)
def test_every_format_gives_back_the_open_set(town, tmp_path, layer, suffix):
    path = tmp_path / f"{layer}{suffix}"
    export(town, layer, path)
    exact = town.table(layer)
    key = ["area_id"] if layer == "hotspot-areas" else ["theme", "zone_id"]
    shapes = dict(zip(range(exact.num_rows), shapely.from_wkb(exact["geometry"].to_numpy()), strict=True))
    expected = rows_of(exact.drop_columns("geometry"))
    found = sorted(read(path), key=lambda row: tuple(str(row[name]) for name in key))
    assert len(found) == len(expected)
    escaped = suffix == ".csv"
    for index, (row, want) in enumerate(zip(found, expected, strict=True)):
        for name, value in want.items():
            got = plain(row[name])
            if escaped and isinstance(value, str) and value.startswith("="):
                value = f"'{value}"  # noqa: PLW2901 - an apostrophe, by design
            assert got == (pytest.approx(value) if isinstance(value, float) else value), (name, index)
        if FORMATS[suffix].shapes == "points":
            assert shapes[index].contains(shapely.Point(float(row["longitude"]), float(row["latitude"])))
        else:
            grid = 1e-6 if suffix == ".topojson" else 1e-7
            assert shapely.hausdorff_distance(row["geometry"], shapes[index]) < grid


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if not FORMATS[suffix].needs_shapes])
def test_series_goes_into_formats_that_need_no_shapes(town, tmp_path, suffix):
    path = tmp_path / f"series{suffix}"
    export(town, "series", path, theme="robbery")
    rows = pq.read_table(path).to_pylist() if suffix == ".parquet" else read(path)
    exact = town.table("series", theme="robbery")
    assert len(rows) == exact.num_rows
    assert [plain(row["incidents"]) for row in rows] == [plain(value) for value in exact["incidents"].to_pylist()]


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if FORMATS[suffix].needs_shapes])
def test_series_is_refused_by_formats_of_shapes(town, tmp_path, suffix):
    with pytest.raises(OutputError, match=r"series has none\. Use one of \.csv, \.xlsx, \.gpkg, \.parquet"):
        export(town, "series", tmp_path / f"series{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_file_says_whether_it_may_be_published(town, tmp_path, suffix):
    path = tmp_path / f"wards{suffix}"
    answer = export(town, "wards", path).answer
    assert answer.startswith("Yes, because it is open data")
    if suffix == ".csv":
        about = json.loads((tmp_path / "wards.csv-metadata.json").read_text(encoding="utf-8"))["notes"][0]
        assert {row["may_be_published"] for row in read(path)} == {"yes"}
    elif suffix in (".geojson", ".topojson"):
        about = orjson.loads(path.read_bytes())
    elif suffix == ".parquet":
        about = json.loads(pq.read_metadata(path).metadata[b"geo_safety"])
    elif suffix == ".gpkg":
        about = pyogrio.read_info(path)["layer_metadata"]
        about["attribution"] = json.loads(about["attribution"])
    elif suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path)["About"]
        lines = {row[0]: row[1] for row in sheet.iter_rows(values_only=True, max_col=2) if row[0]}
        about = {"can_i_publish_this": lines["Can I publish this?"], "attribution": [lines["Attribution"]]}
        assert lines["per_km2"] == "Incidents per square kilometre."
    elif suffix == ".fgb":
        text = path.read_bytes().decode("utf-8", "ignore")
        about = json.loads(text[text.index('{"study"') : text.index("]}") + 2])
    else:
        from pmtiles.reader import MmapSource, Reader

        with path.open("rb") as file:
            about = Reader(MmapSource(file)).metadata()["geo_safety"]
    assert about["can_i_publish_this"] == answer
    assert about["attribution"] == ["Contains invented data of a town that does not exist."]


def test_exact_figures_say_no(town, tmp_path):
    publication = export(View(town, ReaderOf("internal")), "wards", tmp_path / "wards.csv")
    assert (
        publication.answer
        == "No, because it holds exact small counts; publish the open set of the same release instead."
    )
    assert {row["may_be_published"] for row in read(tmp_path / "wards.csv")} == {"no"}
    assert not any("band" in caveat for caveat in publication.caveats)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".fgb"])
def test_debians_gdal_reads_it(town, tmp_path, require_program, suffix):
    path = tmp_path / f"wards{suffix}"
    export(town, "wards", path, theme="robbery")
    said = subprocess.run(
        [require_program("ogrinfo"), "-ro", "-al", "-geom=SUMMARY", path], capture_output=True, text=True, check=True
    )
    assert "Feature Count: 4" in said.stdout
    assert "Extent: (1.680963, 54.6902" in said.stdout  # longitude first
    assert "St Ælfric’s" in said.stdout
    assert "WGS 84" in said.stdout
    assert "ERROR" not in said.stderr
    assert "Warning" not in said.stderr


def test_geojson_follows_rfc_7946(town, tmp_path):
    export(town, "wards", tmp_path / "all.geojson")
    export(town, "wards", tmp_path / "one.geojson", theme="violence")
    export(town, "hotspot-areas", tmp_path / "areas.geojson")
    documents = {path.stem: orjson.loads(path.read_bytes()) for path in tmp_path.glob("*.geojson")}
    ids = {name: [feature["id"] for feature in document["features"]] for name, document in documents.items()}
    assert ids["one"] == ["X05000001", "X05000002", "X05000003", "X05000004"]
    assert ids["all"][:2] == ["X05000001.robbery", "X05000002.robbery"]
    assert len(set(ids["all"])) == 8
    assert ids["areas"] == ["robbery-0001", "violence-0001"]
    assert "crs" not in documents["one"]
    for feature in documents["one"]["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert all(part.exterior.is_ccw for part in getattr(shape, "geoms", [shape]))
        places = shapely.get_coordinates(shape)
        assert (places == places.round(7)).all()
    text = (tmp_path / "one.geojson").read_text(encoding="utf-8")
    assert "St Ælfric’s" in text
    assert text.count("\n") == 6  # one feature a line


def test_h3_ids_are_text_everywhere(town, tmp_path):
    for suffix in FILES:
        export(town, "cells-r9", tmp_path / f"cells{suffix}", theme="robbery")
        ids = [row["zone_id"] for row in read(tmp_path / f"cells{suffix}")]
        assert all(isinstance(cell, str) and h3.is_valid_cell(cell) for cell in ids), suffix


def test_csv_suits_excel_and_rfc_4180(town, tmp_path):
    path = tmp_path / "wards.csv"
    export(town, "wards", path, theme="robbery")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 5
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines(keepends=True), strict=True))
    assert [row["name"] for row in rows] == ["Tidewater", "Lamp Street", "'=Old Pier", "St Ælfric’s"]
    assert rows[0]["caution"] == "Approximate places; \"around\", never 'at'."
    assert rows[0]["tier"] == ""
    assert [*rows[0]][-4:] == ["longitude", "latitude", "release_id", "may_be_published"]
    assert {row["release_id"] for row in rows} == {town.release_id}
    about = json.loads((tmp_path / "wards.csv-metadata.json").read_text(encoding="utf-8"))
    assert about["url"] == "wards.csv"
    assert [column["name"] for column in about["tableSchema"]["columns"]] == [*rows[0]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_csv_runs_no_formula(text):
    table = csv_text.without_formulas(pa.table({"name": [text, f"x{text}"], "number": [-1, 1]}))
    assert table.to_pydict() == {"name": [f"'{text}", f"x{text}"], "number": [-1, 1]}


def test_excel_keeps_types_and_runs_no_formula(town, tmp_path):
    export(town, "wards", tmp_path / "wards.xlsx", theme="robbery")
    book = openpyxl.load_workbook(tmp_path / "wards.xlsx")
    assert book.sheetnames == ["wards", "About"]
    sheet = book["wards"]
    column = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(4, column["name"]).value == "=Old Pier"
    assert sheet.cell(4, column["name"]).data_type == "s"
    assert sheet.cell(2, column["incidents"]).value == 182
    assert sheet.cell(2, column["is_hotspot"]).value is True
    assert sheet.cell(2, column["window_start"]).value == dt.datetime(2025, 1, 1)  # noqa: DTZ001 - as Excel has it
    assert sheet.cell(2, column["tier"]).value is None


def test_excel_takes_any_text_and_refuses_too_many_rows(town, tmp_path, monkeypatch):
    frame = pd.DataFrame([{"source": "f", "file": "a", "row": 1, "reason": "bell\x07", "raw": "x" * 40_000}])
    publication = replace(publication_of(town.manifest, "wards"), layer="quarantine")
    xlsx.write(schema.to_arrow(frame, schema.QUARANTINE), tmp_path / "q.xlsx", publication)
    (row,) = read(tmp_path / "q.xlsx")
    assert row["reason"] == "bell\N{REPLACEMENT CHARACTER}"
    assert len(row["raw"]) == 32_767

    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    with pytest.raises(OutputError, match=r"wards has 4 rows.*one theme \(--theme\), or write \.csv or \.parquet"):
        export(town, "wards", tmp_path / "wards.xlsx", theme="robbery")


def test_a_layer_without_rows_is_an_empty_file_not_an_error(town, tmp_path):
    empty = town.table("hotspot-areas").slice(0, 0)
    publication = publication_of(town.manifest, "hotspot-areas")
    for suffix in FILES:
        path = tmp_path / f"areas{suffix}"
        FORMATS[suffix].write(empty, path, publication)
        assert read(path) == [], suffix


def test_suffix_names_the_format_and_an_unknown_one_those_there(town, tmp_path):
    export(town, "wards", tmp_path / "WARDS.GeoJSON")
    assert orjson.loads((tmp_path / "WARDS.GeoJSON").read_bytes())["name"] == "wards"
    for name in ("wards.shp", "wards", "wards.csv.gz"):
        with pytest.raises(
            OutputError, match=r"Use one of \.geojson, \.csv, \.xlsx, \.gpkg, \.fgb, \.parquet, \.topojson, \.pmtiles"
        ):
            export(town, "wards", tmp_path / name)


def test_unknown_layers_themes_and_folders_are_told(town, tmp_path):
    with pytest.raises(ReleaseError, match="It has: boroughs"):
        export(town, "parishes", tmp_path / "a.csv")
    with pytest.raises(ReleaseError, match="It has: robbery, violence"):
        export(town, "wards", tmp_path / "a.csv", theme="joy")
    with pytest.raises(OutputError, match="Name a file in a folder that exists"):
        export(town, "wards", tmp_path / "absent" / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_the_new_file_is_whole(town, tmp_path, monkeypatch):
    path = tmp_path / "wards.csv"
    path.write_text("old", encoding="utf-8")

    def no_room(_table, path, _publication):
        path.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(outputs.FORMATS, ".csv", replace(FORMATS[".csv"], writer=no_room))
    with pytest.raises(OutputError, match=r"No space left on device.*Make room"):
        export(town, "wards", path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["wards.csv"]
    assert path.read_text(encoding="utf-8") == "old"
    monkeypatch.undo()
    export(town, "wards", path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_points_lie_inside_shapes_even_where_the_centre_does_not():
    horseshoe = shapely.Polygon([(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)])
    assert not horseshoe.contains(horseshoe.centroid)
    table = pa.table({"zone_id": ["U"], "geometry": pa.array([shapely.to_wkb(horseshoe)])})
    (row,) = points_for_shapes(table).to_pylist()
    assert horseshoe.contains(shapely.Point(row["longitude"], row["latitude"]))


def test_same_release_gives_the_same_bytes_where_that_is_promised(town, tmp_path):
    for suffix in (".geojson", ".csv", ".parquet", ".topojson"):
        one, other = (tmp_path / folder / f"wards{suffix}" for folder in ("a", "b"))
        for path in (one, other):
            path.parent.mkdir(exist_ok=True)
            export(town, "wards", path)
        assert one.read_bytes() == other.read_bytes()


def test_caveats_say_only_what_applies():
    manifest = {**tiny_content().manifest, "release_id": "2025-12-01234567-1"}
    manifest["settings"] = {"breaks": [{"date": "2024-02-28", "text": "New recording system."}]}
    both = publication_of(manifest, "wards").caveats
    assert "Themes overlap, because an incident can belong to several: never add them together." in both
    assert "Do not compare across 2024-02-28: New recording system." in both
    one = publication_of(manifest, "wards", theme="vawg_ps").caveats
    assert not any(caveat.startswith("Themes overlap") for caveat in one)
    assert any("few reports do not mean safe" in caveat for caveat in one)


def test_rows_of_csv_end_with_cr_lf_and_texts_keep_their_own_line_ends(tmp_path):
    texts = ['two\nlines and a "word"', "", 'ends with a quote"', "\n"] * 5000  # several blocks of Arrow's writer
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        pyarrow.csv.write_csv(pa.table({"text": texts}), csv_text._RowsEndWithCrLf(file))
    with path.open(encoding="utf-8", newline="") as file:
        assert [text for (text,) in csv.reader(file)] == ["text", *texts]
    assert path.read_bytes().count(b"\r\n") == 1 + len(texts)
