"""Places of London from the real files of the context: made by their rules, known by their names, and never premises."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely

from geo_safety.audit_places import PREMISES, candidate_places
from geo_safety.boundaries import BoundarySettings, Study, locate, read_boundaries
from geo_safety.context import read_wanted
from geo_safety.products import ContextTable
from geo_safety.products.wsa_shortlist import CONTEXT, space_of
from geo_safety.settings import Context
from geo_safety.shapes import EqualArea, read_shapes

LONDON = EqualArea(-0.12, 51.5)


@pytest.fixture(scope="module")
def context(shared_data) -> list[Context]:
    transport, public = shared_data / "context" / "transport", shared_data / "context" / "public_space"
    return [
        Context("stations", transport / "london_combined_stations_630.csv", {"name": "name", "geometry": "wkt_geom"}, "EPSG:27700"),
        Context("stops", transport / "tfl_bus_stops_2021.csv.gz", {
            "name": "Stop_Name", "longitude": "Location_Easting", "latitude": "Location_Northing"}, "EPSG:27700"),
        Context("parks", public / "osm_parks_2021.geojson.gz", {"name": "name"}),
        Context("places", public / "osm_pois_2020.geojson.gz", {"kind": "poi_type"}),
        Context("lighting", public / "camden_street_lighting_2018.csv.gz", {
            "street": "Street Name", "longitude": "Longitude", "latitude": "Latitude"}),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def study(shared_data) -> Study:
    outline = shapely.union_all(read_shapes(shared_data / "boundaries" / "greater_london_outline.geojson").geometry)
    return Study("London", outline, 1594.7, LONDON)


@pytest.fixture(scope="module")
def places(context, study):
    tables: dict[str, tuple[ContextTable, ...]] = {}
    for entry in context:
        wanted = CONTEXT[entry.kind]
        frame = read_wanted(entry, wanted.columns, optional=wanted.optional, placed=wanted.placed, drawn=wanted.drawn)
        tables[entry.kind] = (ContextTable(entry.kind, entry.path.name, frame),)
    return candidate_places(space_of(tables), study)


def test_london_has_places_of_every_kind(places):
    counts = places["type"].value_counts().to_dict()
    assert 550 <= counts["station approach"] <= 630
    assert 300 <= counts["bus node"] <= 700
    assert 400 <= counts["high street"] <= 700
    assert 900 <= counts["park edge"] <= 1500
    assert counts["estate path"] >= 10


def test_londoners_know_them(places):
    of_kind = {kind: set(rows["label"].dropna()) for kind, rows in places.groupby("type")}
    assert {"Brixton", "Uxbridge", "Walthamstow Central", "Stratford"} <= of_kind["station approach"]
    assert {"Clapham Common", "Victoria Park", "Finsbury Park"} <= of_kind["park edge"]
    assert "Black Path" in of_kind["estate path"]


def test_no_name_is_that_of_premises_or_holds_a_house_number(places):
    words = re.compile(rf"\b({'|'.join(PREMISES)})s?\b(?! (road|street|lane|hill|way|green|park|row))", re.IGNORECASE)
    named = places[places["label"].notna()]
    assert [label for label in named["label"] if words.search(label)] == []
    # Stations and parks may have a number in their names (Heathrow Terminal 4); what borrows a name may not.
    borrowed = named[~named["type"].isin(("station approach", "park edge"))]
    assert [label for label in borrowed["label"] if re.search(r"\d", label)] == []


def test_places_are_200_to_400_metres_long(places):
    boxes = shapely.minimum_rotated_rectangle(LONDON.project(places["geometry"].to_numpy()))
    corners = np.array([shapely.get_coordinates(box)[:3] for box in boxes])
    sides = np.hypot(*(np.diff(corners, axis=1).transpose(2, 0, 1)))
    longest = sides.max(axis=1)
    # The edge of a park bends: its ends may be nearer to each other than its length.
    assert np.quantile(longest, 0.99) <= 400
    assert (longest[places["type"] != "park edge"] >= 290).all()


def test_only_the_borough_that_lists_its_lights_has_paths(places, shared_data):
    file = shared_data / "boundaries" / "boroughs_lad2022_london_gen20_bng_shp.zip"
    boroughs = read_boundaries(BoundarySettings("boroughs", file, code="LAD22CD", name="LAD22NM"))
    paths = places[places["type"] == "estate path"]
    where = locate(paths["longitude"].to_numpy(dtype=float), paths["latitude"].to_numpy(dtype=float), boroughs)
    assert set(boroughs.name[where[where >= 0]]) == {"Camden"}
