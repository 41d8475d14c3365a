"""How much lies in the busiest zones, as far as published figures tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from releases import counts, tiny_release

from geo_safety.statistics import share_in_top
from geo_safety.top_zones import SHARES, as_rows, shares_of, top_shares
from geo_safety.view import View


def test_shares_of_the_town_hold_the_exact_ones(tmp_path):
    view = View(tiny_release(tmp_path))
    for theme in ("robbery", "violence"):
        exact = share_in_top(np.array(list(counts(theme).values())), SHARES)
        found = top_shares(view, "cells-r9", theme)
        assert [one.zones for one in found] == [1, 2, 4]
        for one, share in zip(found, exact, strict=True):
            assert one.low <= share <= one.high
    # The top 10 % are 3.7 cells, all of them shown; hidden counts make the rest as small as can be.
    shown, hidden = 120 + 50 + 24 + 9 + 5 + 7 + 6, 7
    found = top_shares(view, "cells-r9", "robbery")[-1]
    assert (found.low, found.high) == tuple(
        pytest.approx((120 + 50 + 24 + 0.7 * 9) / (shown + hidden * each)) for each in (4, 1)
    )


@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 9, 40]), min_size=1, max_size=60))
def test_the_range_holds_the_exact_share_and_is_a_point_where_nothing_is_hidden(exact):
    values = np.array(exact)
    hidden = (values >= 1) & (values <= 4)
    found = shares_of(np.where(hidden, 1, values), np.where(hidden, 4, values))
    if not values.sum():
        assert {one.low for one in found} == {None}
        return
    for one, share in zip(found, share_in_top(values, SHARES), strict=True):
        assert one.low - 1e-9 <= share <= one.high + 1e-9
        assert hidden.any() or one.low == pytest.approx(one.high)


def test_no_zone_is_no_share():
    assert as_rows(shares_of(np.zeros(0, int), np.zeros(0, int)))[0] == {
        "share_of_zones": 0.01,
        "zones": 0,
        "low": None,
        "high": None,
    }
