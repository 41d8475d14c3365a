"""Zones on the lists of two themes."""

from __future__ import annotations

import pytest
from releases import cells, counts, tiny_release

from geo_safety.overlap import columns_of, zones_on_both_lists, zones_on_first_list_alone
from geo_safety.view import View


@pytest.fixture
def view(tmp_path):
    return View(tiny_release(tmp_path))


def test_only_zones_on_both_lists_with_both_counts(view):
    rows = zones_on_both_lists(view, "cells-r9", "robbery", "violence")
    both = sorted(cell for cell in cells() if min(counts("robbery")[cell], counts("violence")[cell]) >= 50)
    assert rows.column_names == list(columns_of("robbery", "violence"))
    assert rows["zone_id"].to_pylist() == both
    assert both
    for row in rows.to_pylist():
        assert row["incidents_band_robbery"] == str(counts("robbery")[row["zone_id"]])
        assert row["incidents_band_violence"] == str(counts("violence")[row["zone_id"]])


def test_which_theme_is_first_changes_no_zone(view):
    one, other = (
        zones_on_both_lists(view, "cells-r9", *pair) for pair in (("robbery", "violence"), ("violence", "robbery"))
    )
    assert one["zone_id"].equals(other["zone_id"])


def test_of_a_borough_only_its_zones(view):
    parts = [
        zones_on_both_lists(view, "cells-r9", "robbery", "violence", borough=code)
        for code in ("X09000001", "X09000002")
    ]
    assert sum(part.num_rows for part in parts) == zones_on_both_lists(view, "cells-r9", "robbery", "violence").num_rows
    assert all(
        set(part["borough_code"].to_pylist()) <= {code}
        for part, code in zip(parts, ("X09000001", "X09000002"), strict=True)
    )


def test_only_zones_that_are_judged_for_both_and_listed_for_the_first(view):
    rows = zones_on_first_list_alone(view, "cells-r9", "violence", "robbery")
    alone = sorted(cell for cell in cells() if counts("violence")[cell] >= 50 > counts("robbery")[cell])
    assert rows["zone_id"].to_pylist() == alone
    assert alone
    for row in rows.to_pylist():
        assert row["ratio_violence"] is not None
        assert row["ratio_robbery"] is not None


def test_both_lists_and_the_first_alone_make_the_first_list(view):
    listed = sorted(cell for cell in cells() if counts("violence")[cell] >= 50)
    parts = [
        part(view, "cells-r9", "violence", "robbery")["zone_id"].to_pylist()
        for part in (zones_on_both_lists, zones_on_first_list_alone)
    ]
    assert sorted(parts[0] + parts[1]) == listed
