from __future__ import annotations

import pytest
from releases import tiny_release

from geo_safety.comparison import IN_NO_ZONE, UNLOCATED, compare_windows
from geo_safety.disclosure import Reader
from geo_safety.view import View


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return tiny_release(tmp_path_factory.mktemp("town"))


def view_that_tells(release, layers, reader=None):
    """The town's view with this said of robbery in the manifest."""
    view = View(release, reader or Reader())
    view.__dict__["manifest"] = {**view.manifest, "themes": {"robbery": {"layers": layers}}}
    return view


TOLD = {"unlocated": 12, "unlocated_previous": 3, "in_no_zone": 2, "in_no_zone_previous": None}


def test_what_has_no_place_is_in_the_last_two_rows(release):
    rows = compare_windows(view_that_tells(release, {"wards": TOLD}), "wards", "robbery").to_pylist()
    assert [row["zone_id"] for row in rows[-2:]] == [UNLOCATED, IN_NO_ZONE]
    told = [(row["incidents_previous"], row["incidents"], row["incidents_band"]) for row in rows[-2:]]
    assert told == [(None, 12, "12"), (None, None, "1-4")]  # 3 before and 2 now are small numbers too
    assert rows[-1]["window_start"] == rows[0]["window_start"]


def test_internal_readers_see_small_numbers(release):
    rows = compare_windows(
        view_that_tells(release, {"wards": TOLD}, Reader("internal")), "wards", "robbery"
    ).to_pylist()
    assert [(row["incidents_previous"], row["incidents"]) for row in rows[-2:]] == [(3, 12), (None, 2)]


@pytest.mark.parametrize("layers", [{}, ["wards"], {"wards": {"hotspots": 3}}])
def test_where_nothing_is_told_there_are_the_zones_alone(release, layers):
    # Of lent figures a manifest tells the names of layers only.
    rows = compare_windows(view_that_tells(release, layers), "wards", "robbery")
    assert rows["zone_id"].to_pylist() == ["X05000001", "X05000002", "X05000003", "X05000004"]


def test_a_borough_keeps_its_zones_and_what_has_no_place(release):
    rows = compare_windows(view_that_tells(release, {"wards": TOLD}), "wards", "robbery", borough="X09000002")
    assert rows["zone_id"].to_pylist() == ["X05000003", "X05000004", UNLOCATED, IN_NO_ZONE]
