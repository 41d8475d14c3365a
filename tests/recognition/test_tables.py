"""Whole tables: categories and their themes, counts, counts by area, and what is none of these."""

from __future__ import annotations

import pytest

from geo_safety.recognition import Sample, recognise_table
from geo_safety.recognition.classes import label_guess, theme_in

POINTS = {
    "lon": ["-0.10001", "-0.20002", "-0.3"],
    "lat": ["51.50001", "51.6", "51.7"],
    "when": ["2020-01", "2020-02", "2020-03"],
}


def test_a_table_of_known_classes():
    found = recognise_table(Sample("a.csv", {**POINTS, "x": ["Robbery", "Drugs", "Robbery"]}))
    assert found.settings == {
        "columns": {"longitude": "lon", "latitude": "lat", "time": "when", "category": "x"},
        "labels": "police_uk",
        "crs": "EPSG:4326",
    }
    assert {guess.setting: guess.certainty for guess in found.guesses}["columns.category"] == "certain"


def test_every_setting_has_a_guess_with_its_reason():
    found = recognise_table(
        Sample("medellin.csv", {**POINTS, "tipo": ["Hurto", "Asalto", "Otro"], "n": ["1", "2", "3"]})
    )
    named = {guess.setting for guess in found.guesses}
    assert {f"columns.{use}" for use in found.settings["columns"]} <= named
    assert {"labels", "crs"} <= named
    assert all(guess.because for guess in found.guesses)
    assert found.settings["labels"] == {"Hurto": ("theft",), "Asalto": ("robbery",), "Otro": ("incidents",)}
    assert found.settings["columns"]["weight"] == "n"


@pytest.mark.parametrize(
    ("file", "labels"),
    [
        ("chicago_assaults.csv.gz", {"chicago assaults": ("violence",)}),
        ("nottingham-robbery.csv", {"nottingham robbery": ("robbery",)}),
        ("export.csv", {"export": ("incidents",)}),
    ],
)
def test_a_table_without_classes_takes_them_from_its_name(file, labels):
    found = recognise_table(Sample(file, POINTS))
    assert found.settings["labels"] == labels
    assert {guess.setting: guess.certainty for guess in found.guesses}["labels"] == "uncertain"


def test_personal_columns_are_no_classes():
    person = {"victim_sex": ["F", "M", "F"], "age": ["20", "30", "40"], "name": ["Ann", "Bob", "Cy"]}
    assert "category" not in recognise_table(Sample("a.csv", {**POINTS, **person})).settings["columns"]


def test_a_built_in_table_needs_a_scored_theme():
    assert label_guess({"Burglary": 5}, "points.csv")[0] == {"Burglary": ("burglary",)}
    assert label_guess({"ROBBERY": 5, "THEFT": 1}, "x.csv")[0] == "mps"
    assert theme_in("Anti-social behaviour") == "asb"


def test_counts_by_area_wide_and_long():
    wide = {
        "ward": ["E05000001", "E05000002"],
        "lad": ["E09000001"] * 2,
        "major": ["ROBBERY"] * 2,
        "202001": ["1", "0"],
        "202002": ["1", "2"],
    }
    found = recognise_table(Sample("a.csv", wide))
    assert found.kind == "area_counts"
    assert found.settings["columns"] == {"zone_id": "ward"} | ({"category": "major"})
    assert found.settings["layer"] == "wards"
    long = {
        "lsoa": ["E01000001", "E01000002"],
        "month": ["2020-01", "2020-02"],
        "category": ["Robbery"] * 2,
        "count": ["1", "2"],
    }
    found = recognise_table(Sample("a.csv", long))
    assert (found.kind, found.settings["layer"]) == ("area_counts", "lsoas")
    assert found.settings["columns"] == {"zone_id": "lsoa", "time": "month", "category": "category", "weight": "count"}


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({}, "holds no rows"),
        ({"a": []}, "holds no rows"),
        ({"lon": ["-0.1"], "lat": ["51.5"], "name": ["x"]}, "no column says when"),
        ({"ward": ["Haverstock"], "when": ["2020-01"]}, "no column holds area codes"),
        ({"202001": ["1"], "202002": ["1"], "place": ["x"]}, "no column of area codes"),
        ({"X": ["490320.2"], "Y": ["5458606.9"], "when": ["2020-01"]}, "--crs"),
    ],
)
def test_what_cannot_be_used_says_why(columns, problem):
    found = recognise_table(Sample("a.csv", columns))
    assert found.kind is None
    assert problem in found.problem
