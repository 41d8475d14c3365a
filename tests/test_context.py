"""Stations and figures from files of the context, as publishers make them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from geo_safety.context import read_figures, read_stations
from geo_safety.errors import SourceError
from geo_safety.settings import Context

STATION_COLUMNS = {"longitude": "lon", "latitude": "lat"}


def figures_of(*context: Context):
    problems: list = []
    found = read_figures(context, problems)
    assert problems == []
    return found


def test_stations_are_sorted_and_those_without_a_place_are_left_out(tmp_path: Path):
    path = tmp_path / "stations.csv"
    path.write_text("name,lon,lat,modes\nWest Pier,1.7,54.7,tram\nEast Pier,1.8,54.7,tram\nNowhere,,,bus\n")
    stations = read_stations([Context("stations", path, STATION_COLUMNS)])
    assert stations is not None
    assert stations.name.tolist() == ["East Pier", "West Pier"]
    assert stations.longitude.tolist() == [1.8, 1.7]
    assert read_stations([]) is None


def test_stations_as_text_in_another_system(tmp_path: Path):
    path = tmp_path / "stations.csv"
    path.write_text('wkt,name\n"Point (530034 180381)",Charing Cross\nrubbish,Nowhere\n')
    stations = read_stations([Context("stations", path, {"geometry": "wkt"}, crs="EPSG:27700")])
    assert stations is not None
    assert stations.name.tolist() == ["Charing Cross"]
    assert (stations.longitude[0], stations.latitude[0]) == pytest.approx((-0.1279, 51.5073), abs=1e-3)
    with pytest.raises(SourceError, match=r"there is no coordinate system 'EPSG:1'"):
        read_stations([Context("stations", path, {"geometry": "wkt"}, crs="EPSG:1")])


def test_residents_of_several_rows_are_added_up(tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text('code,age,people\nA,young,100\nA,old,"1,300"\nB,young,50\nC,young,-\n')
    found = figures_of(Context("population", path, {"zone_id": "code", "residents": "people"}, year="2021"))
    (figure,) = found.of_zones
    assert dict(figure.values) == {"A": 1400, "B": 50}
    assert (figure.name, figure.file, figure.year) == ("residents", "people.csv", "2021")
    assert found.notes == ("people.csv: 1 values of residents are no numbers and count as unknown",)


def test_one_file_may_hold_several_figures(tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text("zone_id,residents,workday,homes\nA,100,900,40\n")
    columns = {"residents": "residents", "workday": "workday", "households": "homes"}
    found = figures_of(Context("population", path, columns))
    assert {one.name: dict(one.values) for one in found.of_zones} == {
        "residents": {"A": 100}, "workday": {"A": 900}, "households": {"A": 40},
    }  # fmt: skip


def test_a_workbook_with_titles_above_its_headings(tmp_path: Path):
    path = tmp_path / "entries.xlsx"
    rows = [[None, "COUNTS 2023", None], [None, None, "Annualised"], ["NLC", "Station", "En/Ex"], [500, "Acton Town", 120.5],
            [500, "Acton Town", 79.5], [501, "Barbican", "---see LU---"], [502, "Aldgate", 30]]  # fmt: skip
    pd.DataFrame(rows).to_excel(path, header=False, index=False)
    places = tmp_path / "stations.csv"
    places.write_text("id,name,longitude,latitude\n500,Acton Town,1.7,54.7\n501,Barbican,1.8,54.7\n")
    footfall = Context("footfall", path, {"id": "NLC", "annual": "Annualised"}, year="2023")
    stations = Context("stations", places, {"id": "id", "name": "name"})
    found = figures_of(stations, footfall)
    (figure,) = found.of_points
    assert (figure.amount.tolist(), figure.longitude.tolist()) == ([200.0], [1.7])
    assert found.notes == (
        "entries.xlsx: 1 stations with 13.0% of the entries and exits have no place and are left out",
    )
    problems: list = []
    read_figures([footfall], problems)
    assert "none of its 2 stations has a place" in str(problems[0])


def test_footfall_of_entries_and_exits_and_a_later_file_that_replaces_it(tmp_path: Path):
    for name, rows in (("old.csv", "S1,10,5\nS2,1,1\n"), ("new.csv", "S1,20,7\n")):
        (tmp_path / name).write_text("station_id,entries,exits\n" + rows)
    (tmp_path / "stations.csv").write_text("station_id,name,longitude,latitude\nS1,West,1.7,54.7\nS2,East,1.8,54.7\n")
    columns = {"id": "station_id", "entries": "entries", "exits": "exits"}
    found = figures_of(
        Context("stations", tmp_path / "stations.csv", {"id": "station_id"}),
        *(Context("footfall", tmp_path / name, columns) for name in ("old.csv", "new.csv")),
    )
    assert found.of_points[0].amount.tolist() == [27.0, 2.0]


def test_stops_without_a_place_are_told(tmp_path: Path):
    (tmp_path / "stops.csv").write_text("longitude,latitude\n1.7,54.7\n,\n")
    found = figures_of(Context("stops", tmp_path / "stops.csv", {}))
    assert len(found.of_points[0].amount) == 1
    assert found.notes == ("stops.csv: 1 stops have no place",)


def test_a_missing_column_is_named_with_its_remedy(tmp_path: Path):
    path = tmp_path / "stations.csv"
    path.write_text("name,x,y\nWest Pier,1,2\n")
    entry = Context("stations", path, STATION_COLUMNS)
    with pytest.raises(SourceError, match=r"no table with the columns name, lon, lat.*under `columns`"):
        read_stations([entry])
    with pytest.raises(SourceError, match=r"There is no context file absent\.csv"):
        read_stations([replace(entry, path=tmp_path / "absent.csv")])


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx", "people.parquet", "people.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 50, b"code,people\n1,2,3\n4\n"])
def test_damaged_files_give_one_clear_problem(tmp_path: Path, name, content):
    (tmp_path / name).write_bytes(content)
    problems: list = []
    read_figures([Context("population", tmp_path / name, {"zone_id": "zone", "residents": "n"})], problems)
    (problem,) = problems
    assert isinstance(problem, SourceError)
    assert name in str(problem)
