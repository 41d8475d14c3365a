"""Road-harm clusters: three killed-or-serious collisions within 100 m, and what chance alone would make."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transit_town import COLLISIONS, STATS19, STREET, points, table, transit_town
from wording import banned_in

from geo_safety.products.road_harm_clusters import SAYS, chance_share, find_clusters, make
from geo_safety.schema import ROAD_HARM_CLUSTERS, to_arrow


def collisions(*rows):
    return points(COLLISIONS, rows, labels=STATS19), ["road_harm"]


def made(*rows, others=(), beside=None, listed=None, months=36):
    inputs = transit_town([collisions(*rows), *others], {}, beside=beside)
    coverage = inputs.coverages["road_harm"]
    has_data = coverage.has_data.copy()
    has_data[: 36 - months] = False
    coverages = {**inputs.coverages, "road_harm": replace(coverage, has_data=has_data)}
    inputs = replace(inputs, coverages=coverages)
    if listed is not None:
        from product_town import town

        inputs = replace(inputs, tables=town({theme: {"is_hotspot": listed.get(theme)} for theme in coverages}).tables)
    answer = make(inputs)
    if not isinstance(answer, str):
        to_arrow(answer.frame, ROAD_HARM_CLUSTERS)
    return answer


JUNCTION = [("Serious", 0.0, 300.0, 0, 1), ("Serious", 60.0, 300.0, 5, 1), ("Fatal", 0.0, 360.0, 11, 1)]


def test_three_within_100_m_are_a_place_and_two_are_not():
    (place,) = made(*JUNCTION).frame.to_dict("records")
    assert (place["incidents"], place["fatal"], place["slight"]) == (3, 1, 0)
    assert place["geometry"].centroid.distance(place["geometry"].exterior) > 0.0005
    assert place["name"] == "Around Quarter 3, Northbank"
    assert not len(made(*JUNCTION[:2]).frame)


def test_slight_collisions_make_no_place_and_are_counted_beside():
    slight = [("Slight", 10.0, 300.0, 0, 1), ("Slight", 0.0, 330.0, 0, 2), ("Slight", 500.0, 300.0, 0, 30)]
    (place,) = made(*JUNCTION, *slight).frame.to_dict("records")
    assert (place["incidents"], place["slight"]) == (3, 3)


def test_three_years_are_looked_at_and_fewer_are_said_to_be_fewer():
    old = ("Serious", 0.0, 300.0, -20, 1)
    whole = made(*JUNCTION[:2], old).frame.iloc[0]
    assert (whole["months"], whole["incidents"]) == (36, 3)
    assert whole["window_start"] == date(2020, 1, 1)
    assert "months of data" not in (whole["caution"] or "")
    assert not len(made(*JUNCTION[:2], old, months=12).frame), "what lies before the gap is not counted"
    short = made(*JUNCTION, months=12).frame.iloc[0]
    assert short["months"] == 12
    assert short["caution"].startswith("12 months of data, not 36")


def test_safety_lists_are_named_beside_and_never_added():
    listed = {"violence": np.arange(10) == 3, "robbery": np.zeros(10, dtype=bool)}
    others = [(points(STREET, [("Violence and sexual offences", 0.0, 300.0, 0, 99)]), ["violence", "robbery"])]
    (place,) = made(*JUNCTION, others=others, listed=listed).frame.to_dict("records")
    assert place["also_listed"] == "violence"
    assert place["safety_layer"] == "wards"
    assert place["incidents"] == 3
    closed = {
        "road_harm": frozenset({"road_harm"}),
        "violence": frozenset({"road_harm", "violence", "robbery"}),
        "robbery": frozenset({"robbery"}),
    }
    (place,) = made(*JUNCTION, others=others, listed=listed, beside=closed).frame.to_dict("records")
    assert place["also_listed"] is None, "a list of a more closed feed is not told"


def test_the_night_is_told_where_collisions_have_hours():
    times = [
        (*row, time)
        for row, time in zip(JUNCTION, ("2025-01-01T23:10", "2025-06-01T12:00", "2025-12-01T05:00"), strict=True)
    ]
    (place,) = made(*times).frame.to_dict("records")
    assert (place["incidents_night"], place["has_hours"]) == (2, True)


def test_without_collisions_or_severity_the_reason_is_told():
    assert (
        make(transit_town([(points(STREET, [("Robbery", 0.0, 300.0, 0, 1)]), ["robbery"])], {}))
        == "The study has no collisions."
    )
    plain = points(COLLISIONS, [("Crash", 0.0, 300.0, 0, 9)], labels={"Crash": ("road_harm",)})
    assert make(transit_town([(plain, ["road_harm"])], {})) == "The collisions have no severity."


def test_a_place_is_named_after_a_station_within_a_walk():
    inputs = transit_town(
        [collisions(*JUNCTION)], {"stations": [table("stations", [{"name": "Pier", "east": 0.0, "north": 600.0}])]}
    )
    assert make(inputs).frame["name"].tolist() == ["Around Pier, Northbank"]


SPOTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=30)


@settings(max_examples=60)
@given(SPOTS)
def test_places_hold_at_least_three_within_reach_of_one_and_share_none(spots):
    xy = np.array(spots, dtype=float).reshape(-1, 2)
    place, middles = find_clusters(xy, np.ones(len(xy)), np.zeros(len(xy), dtype=bool))
    for number, middle in enumerate(middles):
        members = xy[place == number]
        assert len(members) >= 3
        assert np.hypot(*(members - middle).T).max() <= 100 + 1e-6
    left = xy[place < 0]
    for spot in left:
        assert (np.hypot(*(left - spot).T) <= 100).sum() < 3, "nothing that could be a place is left"


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(2)
    xy = rng.uniform(0, 600, (60, 2))
    order = rng.permutation(60)
    deaths = rng.random(60) < 0.2
    place, middles = find_clusters(xy, np.ones(60), deaths)
    again, middles_again = find_clusters(xy[order], np.ones(60), deaths[order])
    assert middles.tolist() == middles_again.tolist()
    assert place[order].tolist() == again.tolist()


def test_chance_explains_scattered_collisions_and_not_a_junction():
    rng = np.random.default_rng(4)
    scattered = rng.uniform(0, 4_000, (500, 2))
    place, _ = find_clusters(scattered, np.ones(500), np.zeros(500, dtype=bool))
    found = np.bincount(place[place >= 0]).astype(float)
    assert chance_share(scattered, np.ones(500), found)[found == 3].mean() > 0.6
    junction = np.vstack([rng.uniform(0, 20_000, (500, 2)), np.full((9, 2), 500.0) + rng.normal(0, 10, (9, 2))])
    place, _ = find_clusters(junction, np.ones(509), np.zeros(509, dtype=bool))
    found = np.bincount(place[place >= 0]).astype(float)
    assert chance_share(junction, np.ones(509), found)[found >= 9].max() == pytest.approx(0.0, abs=0.05)


def test_a_hidden_number_of_deaths_cannot_be_worked_out():
    assert "serious" not in ROAD_HARM_CLUSTERS.column_names, "incidents less serious would be the deaths"


def test_its_words_are_plain():
    assert [banned_in(text) for text in SAYS] == [[]] * len(SAYS)
