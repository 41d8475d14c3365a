"""Coordinate columns: every system, decimal commas, exchanged axes, and places that nothing tells."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from geo_safety.recognition.gazetteer import city_in, nearest_city
from geo_safety.recognition.guess import Sample
from geo_safety.recognition.places import find_places

LONDON = [(-0.1276, 51.5072), (-0.0911, 51.5033), (-0.2101, 51.4893), (0.0312, 51.6004)]
VANCOUVER = [(-123.12, 49.28), (-123.10, 49.25), (-123.06, 49.23)]


def sample(places, names=("lon", "lat"), *, file="a.csv", crs=None, comma=False) -> Sample:
    east, north = np.array(places).T
    if crs:
        east, north = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(east, north)
    texts = [[f"{value:.6f}".replace(".", "," if comma else ".") for value in values] for values in (east, north)]
    return Sample(file, {"other": ["x"] * len(east), names[0]: texts[0], names[1]: texts[1]})


def said(placing) -> dict:
    return {guess.setting: (guess.value, guess.certainty) for guess in placing.guesses}


@pytest.mark.parametrize(
    "names",
    [("longitude", "latitude"), ("LON", "LAT"), ("lng", "lat"), ("X", "Y"), ("start_lng", "start_lat"), ("Longitud", "Latitud"),
     ("x_wgs84", "y_wgs84"), ("geoLon", "geoLat"), ("Längengrad", "Breitengrad")],
)  # fmt: skip
def test_degrees_under_any_usual_name(names):
    found = said(find_places(sample(LONDON, names)))
    assert found["columns.longitude"] == (names[0], "certain")
    assert found["columns.latitude"] == (names[1], "certain")
    assert found["crs"] == ("EPSG:4326", "certain")


def test_decimal_commas():
    found = said(find_places(sample(LONDON, comma=True)))
    assert found["decimal"] == (",", "certain")


@pytest.mark.parametrize(
    ("names", "certainty"),
    [(("Easting", "Northing"), "likely"), (("X", "Y"), "uncertain"), (("eastings", "northings"), "likely")],
)
def test_the_british_national_grid(names, certainty):
    assert said(find_places(sample(LONDON, names, crs="EPSG:27700")))["crs"] == ("EPSG:27700", certainty)


@pytest.mark.parametrize(
    ("names", "file", "code"),
    [
        (("utm_x", "utm_y"), "utm zone 10N.csv", "EPSG:32610"),
        (("X", "Y"), "points_utm10.csv", "EPSG:32610"),
        (("X", "Y"), "vancouver_thefts.csv.gz", "EPSG:32610"),
    ],
)
def test_utm_of_a_stated_zone_or_of_a_named_city(names, file, code):
    assert said(find_places(sample(VANCOUVER, names, file=file, crs="EPSG:32610")))["crs"] == (code, "likely")


def test_utm_by_a_column_that_states_the_zone():
    whole = sample(VANCOUVER, ("x", "y"), crs="EPSG:32610")
    zoned = Sample("a.csv", {**whole.columns, "UTM zone": ["10U"] * 3})
    assert said(find_places(zoned))["crs"] == ("EPSG:32610", "likely")
    south = sample([(151.2, -33.9), (151.3, -33.8)], ("x", "y"), file="sydney.csv", crs="EPSG:32756")
    assert said(find_places(south))["crs"] == ("EPSG:32756", "likely")


@pytest.mark.parametrize("file", ["a.csv", "toronto.csv", "london.csv"])
def test_utm_of_an_unstated_zone_is_never_guessed(file):
    placing = find_places(sample(VANCOUVER, ("X", "Y"), file=file, crs="EPSG:32610"))
    assert placing.longitude is None
    assert "--crs EPSG:326" in placing.problem
    stated = find_places(sample(VANCOUVER, ("X", "Y"), file=file, crs="EPSG:32610"), crs="EPSG:32610")
    assert said(stated)["crs"] == ("EPSG:32610", "certain")


def test_web_mercator():
    assert said(find_places(sample(VANCOUVER, ("x", "y"), crs="EPSG:3857")))["crs"] == ("EPSG:3857", "uncertain")


def test_axes_under_exchanged_names_are_turned_and_said():
    beijing = [(latitude, longitude) for longitude, latitude in [(116.4, 39.9), (116.3, 39.8)]]
    placing = find_places(sample(beijing, ("longitude", "latitude")))
    assert (placing.longitude, placing.latitude) == ("latitude", "longitude")
    assert said(placing)["crs"] == ("EPSG:4326", "uncertain")


def test_degrees_come_before_metres():
    degrees, metres = (
        sample(LONDON, ("Longitude", "Latitude")),
        sample(LONDON, ("Easting", "Northing"), crs="EPSG:27700"),
    )
    both = Sample("a.csv", {**metres.columns, **degrees.columns})
    assert find_places(both).longitude == "Longitude"


def test_columns_whose_names_say_nothing_are_an_uncertain_guess():
    placing = find_places(sample(LONDON, ("c1", "c2")))
    assert {certainty for _, certainty in said(placing).values()} == {"uncertain"}


def test_zero_and_empty_coordinates_do_not_mislead():
    whole = sample(LONDON)
    holes = Sample("a.csv", {name: [*texts, "", "0"] for name, texts in whole.columns.items()})
    assert said(find_places(holes))["crs"] == ("EPSG:4326", "certain")


@pytest.mark.parametrize("columns", [{}, {"a": ["x"], "b": ["y"]}, {"x": ["one"], "y": ["two"]}, {"lon": ["-0.1"]}])
def test_no_coordinates(columns):
    assert find_places(Sample("a.csv", columns)).longitude is None


def test_cities_of_the_time_zone_database():
    assert nearest_city(-87.65, 41.85).time_zone == "America/Chicago"
    assert nearest_city(-1.15, 52.95).time_zone == "Europe/London"
    assert city_in("new_york_shootings.csv").time_zone == "America/New_York"
    assert city_in("thefts.csv") is None
