"""Zones and the study: hand-drawn plots, files as people have them, and real wards against a plain spatial join."""

from __future__ import annotations

import gzip
import json
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.boundaries import (
    BoundarySettings,
    Zones,
    area_inside_km2,
    clip_to_study,
    inside,
    largest_share,
    locate,
    make_study,
    read_boundaries,
)
from geo_safety.catalogue import read_catalogue, recognise
from geo_safety.demo_city import make_demo_city
from geo_safety.errors import BoundaryError, ConfigError
from geo_safety.package_data import boundaries_dir

# Three plots in a street at 1.7 E, 54.7 N: a and b share a fence, c stands apart.
A, B, C = (
    shapely.box(1.70, 54.70, 1.71, 54.71),
    shapely.box(1.71, 54.70, 1.72, 54.71),
    shapely.box(1.75, 54.7, 1.76, 54.71),
)


def zones_of(geometry, ids=None, layer="plots"):
    geometry = np.array(geometry, dtype=object)
    none = np.full(len(geometry), None, dtype=object)
    ids = [chr(97 + row) for row in range(len(geometry))] if ids is None else ids
    return Zones(layer, np.array(ids), none, none, geometry, np.ones(len(geometry)))


def frame_of(geometry=(A, B, C), codes=("a", "b", "c"), crs="EPSG:4326"):
    frame = {"code": list(codes), "label": ["Ash", "Birch", None], "town": ["t"] * 3}
    return gpd.GeoDataFrame(frame, geometry=list(geometry), crs=crs)


def read(path, *, code="code", name="label", parent="town", crs=None):
    return read_boundaries(BoundarySettings("plots", path, code, name, parent, "2022", crs))


def assert_plots(zones):
    assert zones.zone_id.tolist() == ["a", "b", "c"]
    assert zones.name.tolist() == ["Ash", "Birch", None]
    assert zones.parent.tolist() == ["t"] * 3
    # A metre at this latitude is 1.6e-5 degrees of longitude; drawings through another datum agree to a few metres.
    assert shapely.hausdorff_distance(zones.geometry, np.array([A, B, C])).max() < 1e-4
    assert zones.area_km2 == pytest.approx([0.7183] * 3, rel=2e-3)


class TestReading:
    @pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "kml", "shp", "gml", "tab", "parquet"])
    def test_formats_agree(self, tmp_path, suffix):
        path = tmp_path / f"plots.{suffix}"
        frame_of().to_parquet(path) if suffix == "parquet" else frame_of().to_file(path)
        assert_plots(read(path))

    @pytest.mark.parametrize("inside", ["", "deep/down/"])
    @pytest.mark.parametrize("suffix", ["gpkg", "kml", "fgb", "geojson", "shp", "gdb"])
    def test_archives_hold_any_format_at_any_depth(self, tmp_path, inside, suffix):
        made = tmp_path / "made"
        made.mkdir()
        frame_of().to_file(made / f"plots.{suffix}", driver="OpenFileGDB" if suffix == "gdb" else None)
        with zipfile.ZipFile(tmp_path / "plots.zip", "w") as archive:
            archive.writestr("__MACOSX/._plots.shp", b"rubbish")
            archive.writestr("readme.txt", b"hello")
            for part in sorted(path for path in made.rglob("*") if path.is_file()):
                archive.write(part, inside + str(part.relative_to(made)))
        assert_plots(read(tmp_path / "plots.zip"))

    def test_archive_of_several_drawings_is_searched_for_the_code_column(self, tmp_path):
        gpd.GeoDataFrame({"other": [1]}, geometry=[A], crs="EPSG:4326").to_file(tmp_path / "a.gpkg")
        frame_of().to_file(tmp_path / "b.gpkg")
        with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
            archive.write(tmp_path / "a.gpkg", "a.gpkg")
            archive.write(tmp_path / "b.gpkg", "b.gpkg")
        assert_plots(read(tmp_path / "both.zip"))

    def test_gzipped_and_zipped(self, tmp_path):
        frame_of().to_file(tmp_path / "plots.geojson")
        packed = tmp_path / "plots.geojson.gz"
        packed.write_bytes(gzip.compress((tmp_path / "plots.geojson").read_bytes()))
        assert_plots(read(packed))
        frame_of().to_file(tmp_path / "plots.gml")
        packed = tmp_path / "plots.gml.gz"
        packed.write_bytes(gzip.compress((tmp_path / "plots.gml").read_bytes()))
        assert_plots(read(packed))
        frame_of().to_file(tmp_path / "plots.shp")
        with zipfile.ZipFile(tmp_path / "plots.zip", "w") as archive:
            for part in sorted(tmp_path.glob("plots.[sdpc]*")):
                archive.write(part, part.name)
        assert_plots(read(tmp_path / "plots.zip"))

    @pytest.mark.parametrize("crs", ["EPSG:27700", "EPSG:3857", "EPSG:4258", "EPSG:25831"])
    def test_other_coordinate_systems_are_reprojected(self, tmp_path, crs):
        frame_of().to_crs(crs).to_file(tmp_path / "plots.gpkg")
        assert_plots(read(tmp_path / "plots.gpkg"))

    def test_geojson_that_names_its_system(self, tmp_path):
        path = tmp_path / "plots.geojson"
        frame_of().to_crs("EPSG:27700").to_file(path)
        assert "27700" in json.loads(path.read_text())["crs"]["properties"]["name"]
        assert_plots(read(path))

    def test_other_json_is_left_to_gdal(self, tmp_path):
        ring = [[1.70, 54.70], [1.71, 54.70], [1.71, 54.71], [1.70, 54.71], [1.70, 54.70]]
        topology = {
            "type": "Topology", "arcs": [ring],
            "objects": {"plots": {"type": "GeometryCollection", "geometries": [
                {"type": "Polygon", "arcs": [[0]], "properties": {"code": "a", "label": "Ash", "town": "t"}}]}},
        }  # fmt: skip
        path = tmp_path / "plots.json"
        path.write_text(json.dumps(topology))
        with pytest.raises(BoundaryError, match=r'does not say its coordinate system.*crs = "EPSG:4326"'):
            read(path)
        assert read(path, crs="EPSG:4326").zone_id.tolist() == ["a"]

    def test_rows_are_sorted_and_third_dimension_dropped(self, tmp_path):
        high = shapely.force_3d(np.array([C, A, B]), 12.0)
        frame = gpd.GeoDataFrame({"code": ["c ", "a", "b"]}, geometry=high, crs="EPSG:4326")
        frame.to_file(tmp_path / "plots.geojson")
        zones = read(tmp_path / "plots.geojson", name=None, parent=None)
        assert zones.zone_id.tolist() == ["a", "b", "c"]
        assert not shapely.has_z(zones.geometry).any()
        assert zones.name.tolist() == [None] * 3

    def test_layer_with_the_code_column_is_found_among_several(self, tmp_path):
        path = tmp_path / "several.gpkg"
        gpd.GeoDataFrame({"other": [1]}, geometry=[A], crs="EPSG:4326").to_file(path, layer="first")
        frame_of().to_file(path, layer="second")
        assert_plots(read(path))

    def test_bow_tie_is_repaired_and_told(self, tmp_path):
        bow_tie = shapely.Polygon([(1.70, 54.70), (1.71, 54.71), (1.71, 54.70), (1.70, 54.71)])
        frame_of((bow_tie, B, C)).to_file(tmp_path / "plots.geojson")
        zones = read(tmp_path / "plots.geojson")
        assert zones.notes == ("plots.geojson: invalid rings of a were repaired",)
        assert shapely.is_valid(zones.geometry).all()
        assert zones.area_km2[0] == pytest.approx(0.7183 / 2, rel=2e-3)

    def test_rows_without_surface_are_left_out_and_told(self, tmp_path):
        frame_of((A, None, shapely.LineString([(1.7, 54.7), (1.8, 54.8)]))).to_file(tmp_path / "plots.geojson")
        zones = read(tmp_path / "plots.geojson")
        assert zones.zone_id.tolist() == ["a"]
        assert zones.notes == ("plots.geojson: b, c have no polygon and were left out",)

    def test_collection_keeps_its_polygons(self, tmp_path):
        mixed = shapely.GeometryCollection([A, shapely.Point(1.7, 54.7)])
        frame_of((mixed, B, C)).to_file(tmp_path / "plots.geojson")
        assert_plots(read(tmp_path / "plots.geojson"))


class TestMending:
    """What can be mended is, and each mending is told."""

    def test_heights_are_told(self, tmp_path):
        high = shapely.force_3d(np.array([A, B, C]), 12.0)
        for suffix in ("geojson", "gpkg"):
            frame_of(high).to_file(tmp_path / f"plots.{suffix}")
            zones = read(tmp_path / f"plots.{suffix}")
            assert_plots(zones)
            assert zones.notes == (f"plots.{suffix}: heights were left out",)

    def test_copies_are_left_out_and_parts_joined(self, tmp_path):
        frame = frame_of((A, B, A), codes=("a", "b", "a"))
        frame["label"] = ["Ash", "Birch", "Ash"]
        frame.to_file(tmp_path / "plots.geojson")
        zones = read(tmp_path / "plots.geojson")
        assert zones.zone_id.tolist() == ["a", "b"]
        assert zones.notes == ("plots.geojson: repeated rows of a were left out",)
        frame.geometry = [A, B, C]
        frame.to_file(tmp_path / "plots.geojson")
        zones = read(tmp_path / "plots.geojson")
        assert zones.geometry[0].equals(shapely.union(A, C))
        assert zones.notes == ("plots.geojson: rows that are parts of a were joined",)

    @pytest.mark.parametrize(
        ("stated", "written", "told"),
        [("UTF-8", "latin-1", "read as Windows-1252"), (None, "utf-8", "texts of label were UTF-8 read as another")],
    )
    def test_shapefile_in_another_encoding_than_it_says(self, tmp_path, stated, written, told):
        frame = frame_of()
        frame["label"] = ["Trädgård", "Høje", "Plain"]
        frame.to_file(tmp_path / "plots.shp", encoding="utf-8")
        table = (tmp_path / "plots.dbf").read_bytes()
        for name in ("Trädgård", "Høje"):
            raw = name.encode(written)
            table = table.replace(name.encode(), raw.ljust(len(name.encode())))
        (tmp_path / "plots.dbf").write_bytes(table)
        (tmp_path / "plots.cpg").write_text(stated) if stated else (tmp_path / "plots.cpg").unlink()
        zones = read(tmp_path / "plots.shp")
        assert zones.name.tolist() == ["Trädgård", "Høje", "Plain"]
        assert told in zones.notes[0]

    @pytest.mark.parametrize(("encoding", "told"), [("utf-8-sig", 0), ("utf-16", 0), ("cp1252", 1)])
    def test_geojson_that_is_not_plain_utf8(self, tmp_path, encoding, told):
        text = json.dumps(json.loads(frame_of().to_json()), ensure_ascii=False).replace("Ash", "Äsche")
        (tmp_path / "plots.geojson").write_bytes(text.encode(encoding))
        zones = read(tmp_path / "plots.geojson")
        assert zones.name.tolist()[0] == "Äsche"
        assert len(zones.notes) == told

    def test_text_that_only_looks_odd_is_left_alone(self, tmp_path):
        frame = frame_of()
        frame["label"] = ["Ã©", "Café", "x"]  # the first could be mended, the second not: then none is
        frame.to_file(tmp_path / "plots.geojson")
        assert read(tmp_path / "plots.geojson").name.tolist() == ["Ã©", "Café", "x"]


class TestFindingColumns:
    def test_what_the_config_does_not_say_is_found_and_told(self, shared_data):
        path = shared_data / "boundaries" / "wards_2020_london_bgc.geojson.gz"
        zones = read_boundaries(BoundarySettings("wards", path))
        stated = read_boundaries(BoundarySettings("wards", path, "WD20CD", "WD20NM", "LADCD_ACTIVE", "2020"))
        for array in ("zone_id", "name", "parent"):
            assert getattr(zones, array).tolist() == getattr(stated, array).tolist()
        assert zones.vintage == "2020"
        told = zones.columns.as_text()
        assert "code WD20CD (sure: " in told
        assert "parent LADCD_ACTIVE (likely: " in told
        assert stated.columns.as_text() == ""

    def test_a_vintage_that_the_codes_contradict_is_told(self, shared_data):
        path = shared_data / "boundaries" / "wards_2022_london_bgc.geojson.gz"
        zones = read_boundaries(BoundarySettings("wards", path, "WD22CD", vintage="2020"))
        assert zones.vintage == "2020"
        assert zones.notes[-1] == f"{path.name}: the config says vintage 2020, but its codes stand in WD22CD"

    def test_a_doubtful_code_is_asked_for(self, tmp_path):
        frame = gpd.GeoDataFrame({"a1": ["x1", "x2"], "b1": ["y1", "y2"]}, geometry=[A, B], crs="EPSG:4326")
        frame.to_file(tmp_path / "plots.geojson")
        with pytest.raises(
            BoundaryError, match=r'could be the zones\' code: a1, b1. Say which, for example code = "a1"'
        ):
            read(tmp_path / "plots.geojson", code=None, name=None, parent=None)

    def test_row_numbers_and_measures_are_no_codes(self, tmp_path):
        frame = gpd.GeoDataFrame(
            {"OBJECTID": [7, 9], "n": [1, 2], "area": [1.5, 2.5], "name": ["Ash", "Birch"]},
            geometry=[A, B],
            crs="EPSG:4326",
        )
        frame.to_file(tmp_path / "plots.geojson")
        with pytest.raises(BoundaryError, match=r"no column can be found.*OBJECTID, n, area, name"):
            read(tmp_path / "plots.geojson", code=None, name=None, parent=None)


class TestWrongFiles:
    """Each gives one clear message with its remedy."""

    def test_missing_file(self, tmp_path):
        with pytest.raises(BoundaryError, match=r"does not exist. Correct its path"):
            read(tmp_path / "none.geojson")

    @pytest.mark.parametrize("role", ["code", "name", "parent"])
    def test_missing_column_lists_those_there_are(self, tmp_path, role):
        frame_of().to_file(tmp_path / "plots.gpkg")
        with pytest.raises(BoundaryError, match=f"no column 'WD22' for the {role}.*columns are: code, label, town"):
            read(tmp_path / "plots.gpkg", **{role: "WD22"})

    def test_repeated_codes(self, tmp_path):
        frame_of(codes=("a", "b", "a")).to_file(tmp_path / "plots.geojson")
        with pytest.raises(
            BoundaryError, match=r"a stand more than once in column 'code'. Dissolve .* or choose another"
        ):
            read(tmp_path / "plots.geojson")

    def test_empty_codes(self, tmp_path):
        frame_of(codes=("a", " ", None)).to_file(tmp_path / "plots.geojson")
        with pytest.raises(BoundaryError, match=r"2 of 3 zones have no code.*choose another column"):
            read(tmp_path / "plots.geojson")

    @pytest.mark.parametrize(("drawn_in", "remedy"), [("EPSG:27700", "EPSG:27700"), ("EPSG:4326", "EPSG:4326")])
    def test_shapefile_without_prj(self, tmp_path, drawn_in, remedy):
        frame_of().to_crs(drawn_in).to_file(tmp_path / "plots.shp")
        (tmp_path / "plots.prj").unlink()
        with pytest.raises(BoundaryError, match=f'does not say its coordinate system. Add crs = "{remedy}"'):
            read(tmp_path / "plots.shp")
        assert_plots(read(tmp_path / "plots.shp", crs=drawn_in))

    def test_geopackage_without_system(self, tmp_path):
        with pytest.warns(UserWarning, match=r"crs"):
            pyogrio.write_dataframe(frame_of(crs=None), tmp_path / "plots.gpkg")
        with pytest.raises(BoundaryError, match=r'does not say its coordinate system. Add crs = "EPSG:4326"'):
            read(tmp_path / "plots.gpkg")

    def test_geojson_in_metres_that_does_not_say_so(self, tmp_path):
        path = tmp_path / "plots.geojson"
        frame_of().to_crs("EPSG:27700").to_file(path)
        content = json.loads(path.read_text())
        del content["crs"]
        path.write_text(json.dumps(content))
        with pytest.raises(BoundaryError, match=r'do not fit.*Add crs = "EPSG:27700"'):
            read(path)
        assert_plots(read(path, crs="EPSG:27700"))

    def test_degrees_that_are_said_to_be_metres(self, tmp_path):
        frame_of().to_file(tmp_path / "plots.geojson")
        with pytest.raises(BoundaryError, match=r'look like degrees. Add crs = "EPSG:4326"'):
            read(tmp_path / "plots.geojson", crs="EPSG:27700")

    def test_unheard_of_system(self, tmp_path):
        frame_of().to_file(tmp_path / "plots.geojson")
        with pytest.raises(BoundaryError, match=r"no coordinate system 'EPSG:1'. Add crs"):
            read(tmp_path / "plots.geojson", crs="EPSG:1")

    @pytest.mark.parametrize("huge", [1e300, float("inf"), float("nan")])
    @pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:27700"])
    def test_impossible_coordinates(self, tmp_path, huge, crs):
        corners = [(500_000, 500_000), (500_100, 500_000), (huge, 500_100), (500_000, 500_000)]
        broken = shapely.set_coordinates(shapely.box(0, 0, 1, 1), corners[:1] + corners)
        frame_of((A, B, broken), crs=crs).to_file(tmp_path / "plots.gpkg")
        with pytest.raises(BoundaryError, match=r"its coordinates"):
            read(tmp_path / "plots.gpkg")

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("plots.geojson", b""),
            ("plots.geojson", b"code,label\na,Ash\n"),
            ("plots.geojson", b'{"type": "FeatureCollection", "features": [{"geo'),
            ("plots.geojson", b'{"type": "FeatureCollection"}'),
            ("plots.geojson", b'{"type": "FeatureCollection", "features": [{"geometry": {"type": "Polygon"}}]}'),
            ("plots.geojson", b'{"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", "coordinates": [0]}}]}'),
            ("plots.geojson", b'{"type": "FeatureCollection", "features": ["x"]}'),
            ("plots.geojson", b"[1, 2]"),
            ("plots.geojson.gz", b"no gzip at all"),
            ("plots.geojson.gz", gzip.compress(b'{"type": "FeatureCollection"' * 99, mtime=0)[:40]),
            ("plots.gml.gz", b"no gzip at all"),
            ("plots.gpkg", bytes(range(256)) * 40),
            ("plots.csv", b"code,label\na,Ash\n"),
            ("plots.zip", b"PK\x03\x04 torn off"),
            ("plots.zip", b""),
            ("plots.shp", b""),
            ("plots.txt", b"hello"),
        ],
    )  # fmt: skip
    def test_damaged_or_other_files(self, tmp_path, name, content):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BoundaryError, match=r"cannot be read as a boundary file.*Give GeoJSON"):
            read(tmp_path / name)

    def test_folder_that_is_no_data_set(self, tmp_path):
        with pytest.raises(BoundaryError, match=r"cannot be read as a boundary file"):
            read(tmp_path)

    def test_truncated_zip(self, tmp_path, shared_data):
        whole = (shared_data / "boundaries" / "boroughs_lad2022_london_gen20_bng_shp.zip").read_bytes()
        (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BoundaryError, match=r"cannot be read as a boundary file"):
            read(tmp_path / "half.zip", code="LAD22CD")

    def test_no_features(self, tmp_path):
        (tmp_path / "plots.geojson").write_text('{"type": "FeatureCollection", "features": []}')
        with pytest.raises(BoundaryError, match=r"holds no shapes"):
            read(tmp_path / "plots.geojson")

    def test_points_only(self, tmp_path):
        points = [shapely.Point(1.7, 54.7), shapely.Point(1.71, 54.7), None]
        frame_of(points).to_file(tmp_path / "plots.geojson")
        with pytest.raises(BoundaryError, match=r"holds no polygons"):
            read(tmp_path / "plots.geojson")


class TestStudy:
    def test_union_of_the_layers(self):
        study = make_study("Street", [zones_of([A, B]), zones_of([C])])
        assert study.outline.equals(shapely.union_all([A, B, C]))
        assert study.area_km2 == pytest.approx(3 * 0.7183, rel=1e-3)

    def test_within_takes_zones_of_any_layer(self):
        layers = [zones_of([A, B], ids=["a", "b"]), zones_of([C], ids=["c"], layer="others")]
        assert make_study("Street", layers, within=["c", "a"]).outline.equals(shapely.union_all([A, C]))
        with pytest.raises(BoundaryError, match=r"x, named in `within`, are zones of no boundary.*\(plots, others\)"):
            make_study("Street", layers, within=["a", "x"])

    def test_outline_of_several_rows(self, tmp_path):
        frame_of().to_file(tmp_path / "outline.geojson")
        study = make_study("Street", [], outline=tmp_path / "outline.geojson")
        assert study.outline.equals(shapely.union_all([A, B, C]))

    def test_outline_without_system_takes_one(self, tmp_path):
        frame_of().to_crs("EPSG:27700").to_file(tmp_path / "outline.shp")
        (tmp_path / "outline.prj").unlink()
        with pytest.raises(BoundaryError, match=r"does not say its coordinate system"):
            make_study("Street", [], outline=tmp_path / "outline.shp")
        study = make_study("Street", [], outline=tmp_path / "outline.shp", crs="EPSG:27700")
        assert study.area_km2 == pytest.approx(3 * 0.7183, rel=2e-3)

    def test_repaired_outline_is_told(self, tmp_path):
        bow_tie = shapely.Polygon([(1.70, 54.70), (1.71, 54.71), (1.71, 54.70), (1.70, 54.71)])
        frame_of((bow_tie, B, C)).to_file(tmp_path / "outline.geojson")
        study = make_study("Street", [], outline=tmp_path / "outline.geojson")
        assert study.notes == ("outline.geojson: the outline was invalid and was repaired",)

    def test_points_make_no_outline(self, tmp_path):
        frame_of([shapely.Point(1.7, 54.7)] * 3).to_file(tmp_path / "outline.geojson")
        with pytest.raises(BoundaryError, match=r"holds no polygons"):
            make_study("Street", [], outline=tmp_path / "outline.geojson")

    def test_outline_and_within_exclude_each_other(self, tmp_path):
        with pytest.raises(ConfigError, match=r"Keep one of the two"):
            make_study("Street", [zones_of([A])], outline=tmp_path / "x", within=["a"])
        with pytest.raises(ConfigError, match=r"no outline and no boundaries. Add outline"):
            make_study("Street", [])

    def test_layers_in_different_places(self):
        swapped = shapely.transform(np.array([A, B]), lambda xy: xy[:, ::-1])
        with pytest.raises(BoundaryError, match=r"latitude stands before longitude. Export it again"):
            make_study("Street", [zones_of([A, B]), zones_of(swapped, layer="others")])
        away = shapely.transform(np.array([A, B]), lambda xy: xy + 10)
        with pytest.raises(BoundaryError, match=r"'plots' and 'others' lie in different places. Check"):
            make_study("Street", [zones_of([A, B]), zones_of(away, layer="others")])

    def test_study_edge_is_inside(self):
        study = make_study("Street", [zones_of([A, B, C])])
        east, north = np.array([1.70, 1.71, 1.705, 1.73, 1.7]), np.array([54.70, 54.705, 54.705, 54.705, 54.6999])
        assert inside(east, north, study).tolist() == [True, True, True, False, False]

    def test_area_inside_is_that_of_the_overlay(self):
        study = make_study("Disc", [zones_of([shapely.Point(1.7, 54.7).buffer(0.05)])])
        tiles = np.array([shapely.box(x, y, x + 0.011, y + 0.007) for x in np.arange(1.6, 1.8, 0.011)
                          for y in np.arange(54.6, 54.8, 0.007)])  # fmt: skip
        plain = study.projection.area_km2(shapely.intersection(study.outline, tiles))
        assert area_inside_km2(tiles, study) == pytest.approx(plain, abs=1e-12)
        assert area_inside_km2(tiles, study).sum() == pytest.approx(study.area_km2, rel=1e-6)
        assert len(area_inside_km2(tiles[:0], study)) == 0


class TestClip:
    def test_area_is_of_the_part_inside_and_the_outline_stays_whole(self):
        study = make_study("Half", [zones_of([shapely.box(1.69, 54.69, 1.715, 54.72)])])
        zones = clip_to_study(zones_of([A, B, C]), study)
        assert zones.zone_id.tolist() == ["a", "b"]
        assert zones.geometry[1].equals(B)
        assert zones.area_km2 == pytest.approx([0.7183, 0.7183 / 2], rel=1e-3)
        assert zones.notes == ()

    def test_sliver_is_left_out_and_told(self):
        study = make_study("Nearly", [zones_of([shapely.box(1.69, 54.69, 1.7105, 54.72)])])
        zones = clip_to_study(zones_of([A, B, C]), study)
        assert zones.zone_id.tolist() == ["a"]
        assert zones.notes == ("plots: b lie in the study by a sliver only and were left out",)

    def test_borough_around_a_small_study_stays(self):
        study = make_study("Garden", [zones_of([shapely.box(1.7001, 54.7001, 1.7002, 54.7002)])])
        zones = clip_to_study(zones_of([A, B]), study)
        assert zones.zone_id.tolist() == ["a"]
        assert zones.area_km2[0] == pytest.approx(study.area_km2)

    def test_neighbour_that_shares_the_border_is_no_zone_of_the_study(self):
        assert clip_to_study(zones_of([A, B]), make_study("Ash", [zones_of([A])])).zone_id.tolist() == ["a"]

    def test_zones_elsewhere(self):
        study = make_study("Street", [zones_of([A, B])])
        with pytest.raises(BoundaryError, match=r"No zone of layer 'plots' lies in the study 'Street'. Check"):
            clip_to_study(zones_of([C]), study)
        swapped = shapely.transform(np.array([A, B]), lambda xy: xy[:, ::-1])
        with pytest.raises(BoundaryError, match=r"latitude stands before longitude"):
            clip_to_study(zones_of(swapped), study)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40), st.randoms())
def test_locating_is_a_first_match_join(points, random):
    # Overlapping rectangles on a lattice: points fall on shared edges and corners all the time.
    corners = [(random.randint(0, 7), random.randint(0, 7)) for _ in range(6)]
    zones = zones_of([shapely.box(x, y, x + random.randint(1, 3), y + random.randint(1, 3)) for x, y in corners])
    east, north = np.array(points, dtype=float).reshape(-1, 2).T
    expected = [next((row for row, shape in enumerate(zones.geometry) if shape.intersects(shapely.Point(x, y))), -1)
                for x, y in points]  # fmt: skip
    assert locate(east, north, zones).tolist() == expected


def test_largest_share_by_hand():
    # Cells: wholly in a; mostly in b; astride a and b alike; in none; touching c's edge only.
    cells = zones_of([
        shapely.box(1.701, 54.701, 1.702, 54.702), shapely.box(1.709, 54.701, 1.712, 54.702),
        shapely.box(1.7095, 54.703, 1.7105, 54.704), shapely.box(1.73, 54.7, 1.74, 54.71),
        shapely.box(1.74, 54.7, 1.75, 54.71),
    ], layer="cells")  # fmt: skip
    assert largest_share(cells, zones_of([A, B, C])).tolist() == ["a", "b", "a", None, None]


# Real London

REAL_SPLINTERS = {  # parts of 1 to 13 m², at most half a metre wide, that generalising left beside a zone
    "wards_2025_london_bgc.geojson.gz": "E05013625, E05013785, E05014081",
    "wards_2022_london_bgc.geojson.gz": "E05013625, E05013665, E05014018, E05014081",
    "boroughs_lad2022_london_gen20_bng_shp.zip": "E09000018",
    "boroughs_london_datastore_bng_shp.zip": "E09000025",
    "msoa_2021_london_bgc.geojson.gz": "E02000545",
}


@pytest.fixture(scope="session")
def wards_2022(shared_data):
    path = shared_data / "boundaries" / "wards_2022_london_bgc.geojson.gz"
    return read_boundaries(BoundarySettings("wards", path, "WD22CD", "WD22NM", "LAD22CD", "2022"))


@pytest.fixture(scope="session")
def boroughs(shared_data):
    path = shared_data / "boundaries" / "boroughs_lad2022_london_gen20_bng_shp.zip"
    return read_boundaries(BoundarySettings("boroughs", path, "LAD22CD", "LAD22NM", None, "2022"))


@pytest.mark.parametrize(
    ("file", "code", "rows", "area"),
    [
        ("wards_2025_london_bgc.geojson.gz", "WD25CD", 704, 1573.31),
        ("wards_2022_london_bgc.geojson.gz", "WD22CD", 704, 1573.36),
        ("wards_2020_london_bgc.geojson.gz", "WD20CD", 657, 1573.39),
        ("boroughs_lad2022_london_gen20_bng_shp.zip", "LAD22CD", 33, 1573.34),
        ("boroughs_london_datastore_bng_shp.zip", "GSS_CODE", 33, 1573.40),
        ("greater_london_outline.kml", "Source", 1, 1594.72),
        ("greater_london_inner_outer.geojson", "name", 2, 1594.72),
        ("lsoa_2011_london_bgc.geojson.gz", "LSOA11CD", 4835, 1573.50),
        ("msoa_2021_london_bgc.geojson.gz", "MSOA21CD", 1002, 1573.34),
    ],
)
def test_real_files(shared_data, file, code, rows, area):
    zones = read_boundaries(BoundarySettings("any", shared_data / "boundaries" / file, code))
    assert len(zones) == rows
    lost = f"splinters of {REAL_SPLINTERS[file]} were dropped" if file in REAL_SPLINTERS else None
    assert zones.notes == ((f"{file}: {lost}",) if lost else ())
    # The published areas are taken in the national grid, which enlarges London by 0.03 to 0.05 %.
    assert zones.area_km2.sum() == pytest.approx(area * 1.0003, rel=1e-4)


def test_system_without_authority_falls_on_the_same_place(shared_data, boroughs):
    path = shared_data / "boundaries" / "boroughs_london_datastore_bng_shp.zip"
    other = read_boundaries(BoundarySettings("boroughs", path, "GSS_CODE", "NAME"))
    common = shapely.area(shapely.intersection(boroughs.geometry, other.geometry))
    assert (common / shapely.area(boroughs.geometry)).min() > 0.985  # the City; others are above 0.997


def test_city_study_has_its_25_wards_and_no_slivers(wards_2022, boroughs):
    study = make_study("City of London", [wards_2022, boroughs], within=["E09000001"])
    wards = clip_to_study(wards_2022, study)
    assert len(wards) == 25
    assert set(wards.parent) == {"E09000001"}
    assert clip_to_study(boroughs, study).name.tolist() == ["City of London"]
    assert wards.area_km2.sum() == pytest.approx(study.area_km2, rel=1e-2)


def test_every_borough_as_study_keeps_its_own_wards(shared_data, wards_2022):
    path = shared_data / "boundaries" / "boroughs_london_datastore_bng_shp.zip"
    for borough in (boroughs := read_boundaries(BoundarySettings("boroughs", path, "GSS_CODE"))).zone_id:
        study = make_study("One", [boroughs], within=[borough])
        kept = clip_to_study(wards_2022, study)
        assert set(kept.zone_id) == set(wards_2022.zone_id[wards_2022.parent == borough])


def test_wards_lie_in_their_boroughs(wards_2022, boroughs):
    assert largest_share(wards_2022, boroughs).tolist() == wards_2022.parent.tolist()


def test_real_points_are_located_as_by_a_plain_spatial_join(shared_data, wards_2022):
    files = sorted((shared_data / "incidents" / "london-points").glob("*.csv.gz"))
    points = pd.concat(pd.read_csv(file, usecols=["longitude", "latitude"]) for file in files)
    distinct = points.value_counts().reset_index()
    east, north = distinct["longitude"].to_numpy(), distinct["latitude"].to_numpy()
    zone = locate(east, north, wards_2022)
    assert (len(points), len(distinct)) == (1_289_288 + int(distinct.loc[zone < 0, "count"].sum()), 59_918)

    frame = gpd.GeoDataFrame({"ward": wards_2022.zone_id}, geometry=wards_2022.geometry, crs="EPSG:4326")
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=gpd.points_from_xy(east, north), crs="EPSG:4326"), frame)
    joined = joined[~joined.index.duplicated()]
    expected = np.full(len(distinct), None, dtype=object)
    expected[joined.index] = joined["ward"]
    assert np.where(zone >= 0, wards_2022.zone_id[zone], None).tolist() == expected.tolist()


CATALOGUED = {
    "wards-2025": "wards_2025_london_bgc.geojson.gz",
    "wards-2022": "wards_2022_london_bgc.geojson.gz",
    "wards-2020": "wards_2020_london_bgc.geojson.gz",
    "boroughs-2022": "boroughs_lad2022_london_gen20_bng_shp.zip",
    "boroughs-datastore": "boroughs_london_datastore_bng_shp.zip",
    "lsoas-2021": "lsoa_2021_london_gen20_bng_shp.zip",
    "lsoas-2011": "lsoa_2011_london_bgc.geojson.gz",
    "msoas-2021": "msoa_2021_london_bgc.geojson.gz",
    "msoas-2011": "msoa_2011_london_bgc.geojson.gz",
}


@pytest.fixture(scope="session")
def catalogue():
    return {entry.id: entry for entry in read_catalogue()}


def test_catalogue_says_where_each_set_comes_from(catalogue):
    assert set(catalogue) == {*CATALOGUED, "wards-doggerland", "boroughs-doggerland", "lsoas-doggerland"}
    for entry in catalogue.values():
        assert entry.id.startswith(entry.layer)
        assert len(entry.checksum) == 64
        if entry.file:
            assert (boundaries_dir() / entry.file).is_file()
        else:
            assert entry.address.startswith("https://")
            assert entry.vintage in entry.attribution


@pytest.mark.parametrize(("name", "file"), CATALOGUED.items())
def test_catalogue_names_the_columns_of_the_files_and_knows_them_again(shared_data, catalogue, name, file):
    entry = catalogue[name]
    path = shared_data / "boundaries" / file
    zones = read_boundaries(BoundarySettings(entry.layer, path, entry.code, entry.name, entry.parent, entry.vintage))
    assert len(zones) == entry.zones
    assert None not in zones.name
    assert entry.parent is None or None not in zones.parent
    assert recognise(zones.zone_id, zones.name, column=entry.code) is entry
    assert recognise(zones.zone_id[1:], zones.name[1:], column=entry.code) is None
    found = read_boundaries(BoundarySettings(entry.layer, path))  # with nothing said
    assert found.columns.code.value == entry.code
    assert found.columns.name.value == entry.name


def test_the_demo_city_is_in_the_catalogue_as_it_is_made(catalogue, tmp_path):
    make_demo_city(tmp_path, seed=1)
    for layer in ("wards", "boroughs", "lsoas"):
        entry = catalogue[f"{layer}-doggerland"]
        made = (tmp_path / "boundaries" / f"{layer}.geojson").read_bytes()
        assert gzip.decompress((boundaries_dir() / entry.file).read_bytes()) == made


def test_real_names_are_no_keys_and_codes_outlive_them(shared_data):
    folder = shared_data / "boundaries"
    of_2022, of_2025 = (
        read_boundaries(BoundarySettings("wards", folder / f"wards_{year}_london_bgc.geojson.gz"))
        for year in (2022, 2025)
    )
    names, times = np.unique(of_2022.name.astype(str), return_counts=True)
    assert times[times > 1].sum() == 22
    assert {"Abbey", "Bridge", "Village"} <= set(names[times > 1])
    assert of_2022.zone_id.tolist() == of_2025.zone_id.tolist()
    renamed = of_2022.name != of_2025.name
    assert dict(zip(of_2025.zone_id[renamed].tolist(), of_2025.name[renamed].tolist(), strict=True)) == {
        "E05009317": "Bethnal Green East", "E05009331": "Bethnal Green West",
    }  # fmt: skip
