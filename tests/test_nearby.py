"""The nearest place of each point: against a search of every pair, and what happens half way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.nearby import nearest_within

SPOTS = st.lists(st.tuples(st.integers(-300, 300), st.integers(-300, 300)), max_size=25)


@given(SPOTS, SPOTS, st.integers(1, 400))
def test_each_point_gets_the_nearest_place_within_reach_and_of_equal_ones_the_first(points, places, metres):
    spots, homes = (np.array(one, dtype=float).reshape(-1, 2) for one in (points, sorted(set(places))))
    found = nearest_within(spots, homes, metres=metres)
    for spot, home in zip(spots, found.tolist(), strict=True):
        away = np.hypot(*(homes - spot).T) if len(homes) else np.array([np.inf])
        expected = int(np.argmin(away)) if away.min() <= metres else -1
        assert home == expected


def test_a_place_exactly_at_the_reach_is_within_it():
    assert nearest_within(np.array([[400.0, 0.0]]), np.zeros((1, 2)), metres=400.0).tolist() == [0]
