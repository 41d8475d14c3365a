"""Equal rows counted together: drawn, against a plain loop, by both ways of counting."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety import tally
from geo_safety.sources.feed import PointRows
from geo_safety.tally import tallied

CATEGORIES = ("Robbery", "Drugs", "Burglary")


def rows_of(rows: list[tuple[int, int, int, int]], *, weighted: bool = True) -> PointRows:
    """Rows of (location, month, category, weight) on four places."""
    location, month, category, weight = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return PointRows(
        sha256="",
        rows_read=len(rows),
        repeated=0,
        quarantined=(),
        longitude=np.arange(4.0),
        latitude=np.arange(4.0),
        location=location.astype(np.int32),
        month=month.astype(np.int32),
        category=category.astype(np.int16),
        categories=CATEGORIES,
        weight=weight if weighted else None,
    )


def test_a_drawn_file():
    found = tallied(rows_of([(2, 600, 1, 5), (-1, 600, 0, 1), (2, 600, 1, 2), (0, 600, 0, 1), (2, 599, 1, 1)]))
    assert found.category.tolist() == [0, 0, 1, 1]
    assert found.month.tolist() == [600, 600, 599, 600]
    assert found.location.tolist() == [0, -1, 2, 2]
    assert found.rows.tolist() == [1, 1, 1, 2]
    assert found.weight.tolist() == [1, 1, 1, 7]


ROW = st.tuples(st.integers(-1, 3), st.integers(598, 604), st.integers(0, 2), st.integers(0, 2**31 - 1))


@pytest.mark.parametrize("dense", [True, False])
@given(rows=st.lists(ROW, max_size=30), weighted=st.booleans())
def test_a_tally_equals_a_plain_loop_however_it_is_made(dense, rows, weighted):
    with patch.multiple(tally, _DENSE=10**9 if dense else 0, _SMALL_TABLE=0):
        found = tallied(rows_of(rows, weighted=weighted))
    number, weight = Counter(), Counter()
    for location, month, category, incidents in rows:
        number[category, month, location] += 1
        weight[category, month, location] += incidents
    keys = list(zip(found.category.tolist(), found.month.tolist(), found.location.tolist(), strict=True))
    assert keys == sorted(number, key=lambda key: (*key[:2], key[2] if key[2] >= 0 else 9))
    assert found.rows.tolist() == [number[key] for key in keys]
    assert found.weight is None or found.weight.tolist() == [weight[key] for key in keys]
    assert (found.weight is None) == (not weighted)


def test_sums_beyond_half_a_machine_word_are_kept():
    assert tallied(rows_of([(0, 600, 0, 2**31 - 1)] * 3)).weight.tolist() == [3 * (2**31 - 1)]


def test_rows_with_a_date_stay_one_by_one_in_order_of_category():
    from dataclasses import replace

    date = np.array(["2020-01-03T10:00", "2020-01-02T10:00", "2020-01-02T10:00"], dtype="datetime64[m]")
    found = tallied(replace(rows_of([(0, 600, 1, 1), (1, 600, 0, 1), (1, 600, 0, 1)], weighted=False), date=date))
    assert found.location.tolist() == [1, 1, 0]
    assert found.date.astype(str).tolist() == ["2020-01-02T10:00", "2020-01-02T10:00", "2020-01-03T10:00"]
    assert found.rows is None
