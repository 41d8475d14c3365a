"""Places for a walk, on a street drawn by hand: made from what stands around, and never premises."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.audit_places import (
    NEVER_NAMED,
    RADIUS_M,
    Points,
    PublicSpace,
    candidate_places,
    is_protected,
    tidy,
)
from geo_safety.boundaries import Study
from geo_safety.shapes import EqualArea

PROJECTION = EqualArea(1.7, 54.7)
STUDY = Study("Field", shapely.box(1.6, 54.6, 1.8, 54.8), 140.0, PROJECTION)
EAST, NORTH = 1 / 64_500, 1 / 111_300  # degrees of a metre there


def points(*rows: tuple[str | None, float, float]) -> Points:
    """Labels with metres east and north of the middle."""
    labels, east, north = zip(*rows, strict=True)
    return Points(np.array(labels, dtype=object), 1.7 + np.array(east) * EAST, 54.7 + np.array(north) * NORTH)


def made(never_named: tuple[str, ...] = (), **parts) -> list[tuple[str, str | None]]:
    frame = candidate_places(PublicSpace(**parts), STUDY, never_named=never_named)
    return list(zip(frame["type"], frame["label"].astype(object).where(frame["label"].notna(), None), strict=True))


def row_of(label: str | None, n: int, east: float, north: float = 0.0, step: float = 10.0):
    return [(label, east + step * place, north) for place in range(n)]


def test_stations_of_one_interchange_are_one_place_300_metres_across():
    frame = candidate_places(
        PublicSpace(stations=points(("Quay", 0, 0), ("Quay Underground", 100, 0), ("Far Shoal", 5000, 0))), STUDY
    )
    assert frame["label"].tolist() == ["Quay", "Far Shoal"]
    width = [np.ptp(shapely.get_coordinates(shape)[:, 0]) / EAST for shape in frame["geometry"]]
    assert width == pytest.approx([2 * RADIUS_M] * 2, rel=0.01)
    assert PROJECTION.area_km2(frame["geometry"].to_numpy()) * 1e6 == pytest.approx(np.pi * RADIUS_M**2, rel=0.02)


def test_a_bus_node_has_four_stops_within_a_hundred_metres_and_is_no_station():
    four = row_of("MILL CORNER", 4, 0, step=30)
    assert made(stops=points(*four)) == [("bus node", "Mill Corner")]
    assert made(stops=points(*four[:3])) == []
    assert made(stops=points(*four), stations=points(("Mill", 50, 20))) == [("station approach", "Mill")]


def test_a_high_street_has_twenty_uses_open_to_all():
    shops = row_of("bakery (shop)", 20, 0)
    assert made(uses=points(*shops)) == [("high street", None)]
    assert made(uses=points(*shops[:19])) == []
    assert made(
        uses=points(
            *shops,
        ),
        stops=points(("Market Place", 90, 40)),
    ) == [("high street", "Market Place")]


@pytest.mark.parametrize("kind", ["clinic", "school", "hostel", "women's_refuge", "vacant (shop)", "hotel", "doctors"])
def test_premises_make_no_high_street(kind):
    assert made(uses=points(*row_of(kind, 40, 0))) == []


def test_the_edge_of_a_named_park_where_people_arrive():
    park = shapely.box(1.7, 54.7, 1.7 + 600 * EAST, 54.7 + 200 * NORTH)
    small = shapely.box(1.72, 54.7, 1.72 + 90 * EAST, 54.7 + 90 * NORTH)
    parks = {"park_name": np.array(["Tide Common", "Little Green", None], dtype=object),
             "parks": np.array([park, small, shapely.box(1.73, 54.7, 1.74, 54.71)])}  # fmt: skip
    frame = candidate_places(PublicSpace(**parks, stops=points(*row_of("GATE", 3, 600, 100))), STUDY)
    assert list(zip(frame["type"], frame["label"], strict=True)) == [("park edge", "Tide Common")]
    shape = frame["geometry"][0]
    assert shape.distance(shapely.Point(1.7 + 600 * EAST, 54.7 + 100 * NORTH)) < 30 * EAST
    length = PROJECTION.area_km2(np.array([shape]))[0] * 1e6 / 50
    assert 200 <= length <= 400


def test_a_path_is_known_by_the_lights_that_bear_its_name():
    lamps = [*row_of("BLACK PATH", 3, 0), *row_of("HIGH STREET", 9, 900), *row_of("DARK ALLEY", 2, 2000)]
    assert made(lamps=points(*lamps)) == [("estate path", "Black Path")]
    house = row_of("FOOTPATH FROM 53 CHESTER ROAD TO MILL SCHOOL", 4, 0)
    assert made(lamps=points(*house)) == [("estate path", None)]
    assert made(uses=points(("estate_path", 0, 0))) == [("estate path", None)]


@pytest.mark.parametrize(
    "name",
    [
        "ROYAL HOSPITAL",
        "TOTTENHAM LANE Y M C A",
        "Harbour Women's Refuge",
        "ST ANNE'S SCHOOL",
        "12 MILL LANE",
        "Tide House",
    ],
)
def test_premises_and_dwellings_give_no_place_their_name(name):
    assert made(stops=points(*row_of(name, 4, 0))) == [("bus node", None)]
    # A neighbour with a name that may be shown lends its own.
    assert made(stops=points(*row_of(name, 4, 0), ("Mill Corner", 10, 10))) == [("bus node", "Mill Corner")]


def test_further_words_are_for_other_languages():
    stops = row_of("Frauenhaus Nord", 4, 0)
    assert made(stops=points(*stops)) == [("bus node", "Frauenhaus Nord")]
    assert made(("frauenhaus",), stops=points(*stops)) == [("bus node", None)]


def test_places_outside_the_study_and_without_sources_are_none():
    assert made() == []
    assert made(stations=points(("Beyond", 20_000, 0))) == []


@given(word=st.sampled_from(NEVER_NAMED), before=st.sampled_from(["", "Old ", "ST MARY'S "]), plural=st.booleans())
def test_every_protected_word_is_found_in_any_case(word, before, plural):
    assert is_protected(before + word.upper() + ("S" if plural else ""))


@given(st.text(alphabet="ABCDEFG '/-()<>#", max_size=30))
def test_a_tidy_name_is_tidy_already(text):
    assert tidy(tidy(text)) == tidy(text)
