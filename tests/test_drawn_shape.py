from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.drawn_shape import area_of, inside, totals
from geo_safety.nearby import distance_m


def as_published(counts):
    """Counts as the open rule shows them."""
    bands = [None if n is None else "1-4" if 1 <= n <= 4 else str(n) for n in counts]
    shown = [None if n is None or 1 <= n <= 4 else n for n in counts]
    return pa.table({"incidents": pa.array(shown, pa.int64()), "incidents_band": pa.array(bands, pa.string()),
                     "area_km2": [0.1] * len(counts)})  # fmt: skip


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=30))
def test_the_true_sum_is_in_the_range_and_the_range_is_made_of_what_is_shown(counts):
    found = totals(as_published(counts))
    known = [n for n in counts if n is not None]
    hidden = sum(1 <= n <= 4 for n in known)
    assert (found.zones, found.hidden, found.without_data) == (len(counts), hidden, len(counts) - len(known))
    if not known:
        assert (found.low, found.high) == (None, None)
        return
    assert found.low <= sum(known) <= found.high
    assert found.high - found.low == 3 * hidden
    # Any other counts behind the same bands give the same answer.
    other = [n if n is None or not 1 <= n <= 4 else 5 - n for n in counts]
    assert totals(as_published(other)) == found


def test_each_zone_is_in_one_of_two_shapes_that_share_a_border():
    zones = np.array([shapely.box(x / 10, 0, x / 10 + 0.1, 0.1) for x in range(10)])
    west, east = shapely.box(0, 0, 0.47, 1), shapely.box(0.47, 0, 1, 1)
    assert (inside(zones, west) ^ inside(zones, east)).all()
    assert inside(zones, west).tolist() == [True] * 5 + [False] * 5


def test_the_area_of_a_shape_is_that_on_the_ground():
    # A degree square at the equator is 12,308.8 km² (Snyder, as in shapes.EqualArea).
    assert area_of(shapely.box(-0.5, -0.5, 0.5, 0.5)) == pytest.approx(12_308.8, rel=1e-3)


def test_distances_are_over_the_ground_and_nothing_where_shapes_meet():
    # 0.01 degrees of longitude at 54.7° north are 644.4 m.
    place = shapely.box(1.70, 54.70, 1.71, 54.71)
    zones = np.array([shapely.box(1.705, 54.705, 1.8, 54.8), shapely.Point(1.72, 54.705)])
    near, far = distance_m(zones, place)
    assert near == 0
    assert far == pytest.approx(644.4, rel=2e-3)
