"""Zones that do not fit together: hand-drawn plots with an overlap, a crack, a splinter, a lake; real files as a whole."""

from __future__ import annotations

import numpy as np
import shapely

from geo_safety.shapes import EqualArea
from geo_safety.topology import tidy

PLACE = EqualArea(1.71, 54.705)
METRE = 1 / 64_400  # degrees of longitude at this latitude


def plots(*shapes):
    ids = np.array([chr(97 + place) for place in range(len(shapes))])
    return tidy(ids, np.array(shapes, dtype=object), PLACE)


def box(west, south, east, north):
    return shapely.box(1.70 + west, 54.70 + south, 1.70 + east, 54.70 + north)


def test_plots_that_share_their_fence_come_back_as_they_are():
    shapes, found = plots(box(0, 0, 0.01, 0.01), box(0.01, 0, 0.02, 0.01))
    assert found.notes("f") == ()
    assert shapes.tolist() == [box(0, 0, 0.01, 0.01), box(0.01, 0, 0.02, 0.01)]


def test_a_narrow_overlap_goes_to_the_first_and_a_wide_one_stays():
    shapes, found = plots(box(0, 0, 0.01, 0.01), box(0.01 - 3 * METRE, 0, 0.02, 0.01))
    assert found.overlaps_mended == (("a", "b"),)
    assert shapely.area(shapely.intersection(*shapes)) == 0
    assert shapes[0] == box(0, 0, 0.01, 0.01)
    shapes, found = plots(box(0, 0, 0.01, 0.01), box(0.008, 0, 0.02, 0.01))
    assert (found.overlaps_mended, found.overlaps_left) == ((), (("a", "b"),))
    assert 0.14 < found.overlaps_km2 < 0.15
    assert "a and b overlap by 0.14" in found.notes("plots.shp")[0]


def test_a_zone_drawn_twice_is_left_and_told():
    shapes, found = plots(box(0, 0, 0.01, 0.01), box(0, 0, 0.01, 0.01))
    assert found.overlaps_left == (("a", "b"),)
    assert not shapely.is_empty(shapes).any()


def test_a_crack_is_closed_and_a_lake_is_told():
    ring = box(0, 0, 0.03, 0.03)
    crack = box(0.01, 0.01, 0.02, 0.01 + 2 * METRE * 0.58)
    shapes, found = plots(ring - crack)
    assert (found.cracks_mended, found.gaps) == (1, 0)
    assert shapes[0].equals(ring)
    lake = box(0.01, 0.01, 0.02, 0.02)
    shapes, found = plots(ring - lake)
    assert (found.cracks_mended, found.gaps) == (0, 1)
    assert shapes[0].equals(ring - lake)
    assert "1 gaps (0.717 km²)" in found.notes("f")[0]


def test_a_splinter_is_dropped_but_never_a_whole_zone():
    splinter = box(0.02, 0, 0.02 + 0.2 * METRE, 0.0001)
    shapes, found = plots(shapely.union(box(0, 0, 0.01, 0.01), splinter), splinter)
    assert found.splinters == ("a",)
    assert shapes[0].equals(box(0, 0, 0.01, 0.01))
    assert shapes[1] == splinter
