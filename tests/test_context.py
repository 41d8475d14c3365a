"""Stations and residents from files of the context."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo_safety.boundaries import Zones
from geo_safety.context import read_residents, read_stations, residents_of
from geo_safety.errors import SourceError
from geo_safety.settings import Context

STATION_COLUMNS = {"longitude": "lon", "latitude": "lat"}


def wards(*codes: str) -> Zones:
    none = np.full(len(codes), None, dtype=object)
    shapes = np.array([shapely.box(k, 0, k + 1, 1) for k in range(len(codes))])
    return Zones("wards", np.array(codes), none, none, shapes, np.ones(len(codes)))


def test_stations_are_sorted_and_those_without_a_place_are_left_out(tmp_path: Path):
    path = tmp_path / "stations.csv"
    path.write_text("name,lon,lat,modes\nWest Pier,1.7,54.7,tram\nEast Pier,1.8,54.7,tram\nNowhere,,,bus\n")
    stations = read_stations([Context("stations", path, STATION_COLUMNS)])
    assert stations is not None
    assert stations.name.tolist() == ["East Pier", "West Pier"]
    assert stations.longitude.tolist() == [1.8, 1.7]
    assert read_stations([]) is None


def test_residents_of_several_rows_are_added_up(tmp_path: Path):
    path = tmp_path / "people.csv"
    path.write_text("code,age,people\nA,young,100\nA,old,300\nB,young,50\n")
    residents = read_residents([Context("population", path, {"zone_id": "code", "residents": "people"})])
    assert residents == {"A": 400, "B": 50}


def test_a_population_file_of_other_zones_is_not_of_this_layer():
    assert residents_of(wards("A", "B"), {"A": 400.0, "B": 50.0}).tolist() == [400, 50]
    assert residents_of(wards("A", "B"), {"A": 400.0}) is None


def test_a_missing_column_is_named_with_its_remedy(tmp_path: Path):
    path = tmp_path / "stations.csv"
    path.write_text("name,x,y\nWest Pier,1,2\n")
    entry = Context("stations", path, STATION_COLUMNS)
    with pytest.raises(SourceError, match=r"no table with the columns name, lon, lat.*under `columns`"):
        read_stations([entry])
    with pytest.raises(SourceError, match=r"There is no context file absent\.csv"):
        read_stations([replace(entry, path=tmp_path / "absent.csv")])
