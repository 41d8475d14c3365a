"""Distinct places: the same pairs as numpy finds, in whatever order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.sources.arrow import texts
from geo_safety.sources.delimited import coded
from geo_safety.sources.points import distinct_locations, distinct_pairs

COORDINATE = st.sampled_from([0.0, -0.0, 0.1, 0.30000000000000004, 0.3, 51.5, -179.9])


@given(st.lists(st.tuples(COORDINATE, COORDINATE), max_size=50))
def test_distinct_locations_are_those_that_numpy_finds(points):
    longitude, latitude = np.array(points, dtype=float).reshape(-1, 2).T
    code, east, north = distinct_locations(longitude, latitude)
    assert np.array_equal(east[code], longitude)
    assert np.array_equal(north[code], latitude)
    assert len(east) == len({(lon, lat) for lon, lat in points})
    assert sorted(set(code.tolist())) == list(range(len(east)))


TEXT = st.sampled_from(["", "a", "b", "c"])


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=60))
def test_every_row_gets_the_code_of_its_own_pair(pairs):
    first, second = (coded(texts(column).dictionary_encode()) for column in zip(*pairs, strict=True))
    code, one, other = distinct_pairs(first, second)
    assert [(first.texts[one[pair]], second.texts[other[pair]]) for pair in code] == pairs
    assert len(one) == len(set(pairs))


@given(
    st.lists(st.tuples(st.sampled_from([1.0, 2.0, np.nan]), st.sampled_from([5.0, 6.0, np.nan, np.inf])), max_size=40)
)
def test_numbers_that_are_none_are_places_of_their_own(points):
    longitude, latitude = np.array(points, dtype=float).reshape(-1, 2).T
    code, east, north = distinct_locations(longitude, latitude)
    assert np.array_equal(east[code], longitude, equal_nan=True)
    assert np.array_equal(north[code], latitude, equal_nan=True)
