"""Distinct places: the same pairs as numpy finds, in whatever order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.sources.points import distinct_locations, pairs_of_codes

COORDINATE = st.sampled_from([0.0, -0.0, 0.1, 0.30000000000000004, 0.3, 51.5, -179.9])


@given(st.lists(st.tuples(COORDINATE, COORDINATE), max_size=50))
def test_distinct_locations_are_those_that_numpy_finds(points):
    longitude, latitude = np.array(points, dtype=float).reshape(-1, 2).T
    code, east, north = distinct_locations(longitude, latitude)
    assert np.array_equal(east[code], longitude)
    assert np.array_equal(north[code], latitude)
    assert len(east) == len({(lon, lat) for lon, lat in points})
    assert sorted(set(code.tolist())) == list(range(len(east)))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_every_row_gets_the_code_of_its_own_pair(pairs):
    first, second = np.array(pairs, dtype=np.int32).T
    used, first = np.unique(first, return_inverse=True)  # every code occurs, as in a column's dictionary
    code, one, other = pairs_of_codes(first.astype(np.int32), second, len(used))
    assert np.array_equal(one[code], first)
    assert np.array_equal(other[code], second)
    assert len(one) == len({(a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True)})
