"""Files of the context by their headings: official layouts are known, feeds of incidents are never taken for context."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest

from geo_safety.recognition.context_files import context_of_shapes, context_of_table, context_of_workbook, year_in

NAPTAN = ["ATCOCode", "CommonName", "Longitude", "Latitude", "StopType", "CreationDateTime", "ModificationDateTime"]
NOMIS = ["date", "geography", "geography code", "Residence type: Total; measures: Value"]


@pytest.mark.parametrize(
    ("name", "headings", "kind", "columns", "crs", "year"),
    [
        ("naptan-stops.csv", NAPTAN, "stops",
         {"id": "ATCOCode", "name": "CommonName", "longitude": "Longitude", "latitude": "Latitude"}, None, None),
        ("tfl.csv", ["Stop_Code_LBSL", "Stop_Name", "Location_Easting", "Location_Northing", "Stop_Area"], "stops",
         {"id": "Stop_Code_LBSL", "name": "Stop_Name", "cluster": "Stop_Area", "longitude": "Location_Easting",
          "latitude": "Location_Northing"}, "EPSG:27700", None),
        ("census2021-lsoas.csv", NOMIS, "population", {"zone_id": NOMIS[2], "residents": NOMIS[3]}, None, "2021"),
        ("people_2019.csv", ["LSOA11CD", "Persons_All-Ages"], "population",
         {"zone_id": "LSOA11CD", "residents": "Persons_All-Ages"}, None, "2019"),
        ("homes.csv", ["lsoa21_code", "total_households", "type", "n"], "population",
         {"zone_id": "lsoa21_code", "households": "n"}, None, None),
        ("imd2025.csv", ["lsoa21_code", "IMD_decile", "Crime_decile"], "deprivation", {"zone_id": "lsoa21_code"}, None, "2025"),
        ("a.csv", ["wkt_geom", "id", "name", "nlc_id", "category"], "stations",
         {"id": "nlc_id", "name": "name", "geometry": "wkt_geom"}, "EPSG:27700", None),
        ("b.csv", ["Wattage", "Easting", "Northing", "Last Uploaded"], "lighting",
         {"longitude": "Easting", "latitude": "Northing"}, "EPSG:27700", None),
        ("lights.csv", ["Street Name", "lon", "lat"], "lighting", {"street": "Street Name", "longitude": "lon", "latitude": "lat"},
         None, None),
        ("pois_2020.csv", ["poi_type", "lon", "lat"], "places", {"kind": "poi_type", "longitude": "lon", "latitude": "lat"},
         None, "2020"),
        ("profiles.csv", ["GSS", "population__2015", "crime_rate"], "population",
         {"zone_id": "GSS", "residents": "population__2015"}, None, "2015"),
    ],
)  # fmt: skip
def test_tables_by_their_headings(name, headings, kind, columns, crs, year):
    (found,) = context_of_table(Path(name), headings)
    assert (found.kind, dict(found.columns), found.crs, found.year) == (kind, columns, crs, year)


def test_stations_with_their_passengers_are_two_things():
    found = context_of_table(Path("stations.csv"), ["station_id", "name", "longitude", "latitude", "entries", "exits"])
    assert [one.kind for one in found] == ["stations", "footfall"]
    assert dict(found[1].columns) == {"id": "station_id", "entries": "entries", "exits": "exits"}


@pytest.mark.parametrize(
    "headings",
    [
        ["month", "stop_id", "longitude", "latitude", "category"],
        ["date", "station_name", "nlc", "longitude", "latitude"],
        ["occurred_date", "name", "station_id", "lat", "lon"],
        ["ward_code", "month", "crime", "population", "count"],
        ["code", "population", "202001", "202002", "202003"],
        ["name", "longitude", "latitude"],
        ["urn", "lsoa_code", "number_of_pupils"],
    ],
)
def test_feeds_and_other_tables_are_no_context(headings):
    assert context_of_table(Path("rows.csv"), headings) == ()


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_workbooks_below_their_titles(tmp_path):
    titles: list[list[object]] = [["COUNTS"], [], ["Typical"]]
    annual = workbook(
        tmp_path / "AC2023_Annualised.xlsx", [*titles, ["Mode", "MNLC", "Station", "Annualised"], ["LU", 500, "A", 9]]
    )
    (found,) = context_of_workbook(annual)
    assert (found.kind, dict(found.columns), found.year) == ("footfall", {"id": "MNLC", "annual": "Annualised"}, "2023")
    wide = ["Mode", "MNLC", "Station", "Coverage", "Annualised"]
    rows = [*titles, wide, ["LU", 500, "A", "Station entry/exit", 9]]
    (found,) = context_of_workbook(workbook(tmp_path / "AC2024_Annualised.xlsx", rows))
    assert found.columns["coverage"] == "Coverage", "so that boardings are not taken for entries"
    starts = [f"{n // 4:02d}{n % 4 * 15:02d}" for n in range(97)]
    quarters = [f"{a}-{b}" for a, b in pairwise(starts)]
    (found,) = context_of_workbook(workbook(tmp_path / "q.xlsx", [*titles, ["NLC", *quarters]]))
    assert "quarter hour" in found.problem
    assert (
        context_of_workbook(workbook(tmp_path / "i.xlsx", [["date", "longitude", "latitude"], ["2020-01-01", 0, 51]]))
        == ()
    )
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04")
    assert context_of_workbook(tmp_path / "broken.xlsx") == ()


def test_shapes_by_their_names():
    assert context_of_shapes(Path("osm_parks.geojson"), are_surfaces=True).kind == "parks"
    assert context_of_shapes(Path("wards.geojson"), are_surfaces=True) is None
    assert context_of_shapes(Path("rail_lines.geojson"), are_surfaces=False).problem == ""
    assert "bus routes" in context_of_shapes(Path("bus_routes.geojson"), are_surfaces=False).problem


def test_the_year_of_a_name_is_no_part_of_a_longer_number():
    assert [year_in(Path(name)) for name in ("a_2020.csv", "a_20201.csv", "x.csv")] == ["2020", None, None]
