"""Zones on the lists of two themes."""

from __future__ import annotations

import pytest
from releases import cells, counts, tiny_release

from geo_safety.overlap import columns_of, zones_on_both_lists
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
