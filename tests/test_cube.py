"""Gaps, zeros and windows: hand-drawn runs of months, and the real City of London."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.cube import Cube, Window, check_no_overlap, choose_window, find_gaps, months_with_data, series_of
from geo_safety.errors import OverlapError
from geo_safety.months import month_number, month_ranges, month_text


def bools(text: str) -> np.ndarray:
    """'#' is data, '.' is none."""
    return np.array([sign == "#" for sign in text])


def one_unit(*monthly: int) -> np.ndarray:
    return np.array(monthly)[None, :, None]


def test_a_month_without_a_file_is_a_gap():
    gaps = find_gaps(one_unit(0, 5, 5), bools("._#".replace("_", "#"))[None])
    assert gaps[0, :, 0].tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("around", "is_gap"),
    # The threshold is -log(1/10,000) = 9.21 rows on average in the six nearest months.
    [(9, False), (10, True), (0, False), (100, True)],
)
def test_an_absent_category_is_a_gap_when_a_zero_is_unlikely(around, is_gap):
    rows = one_unit(*[around] * 3, 0, *[around] * 3)
    assert find_gaps(rows, np.ones((1, 7), dtype=bool))[0, 3, 0] == is_gap


def test_only_the_six_nearest_months_judge():
    # Far months are full, the six nearest empty: a category that stays away counts as zeros.
    rows = one_unit(900, 900, *[0] * 7, 900)
    gaps = find_gaps(rows, np.ones((1, 10), dtype=bool))[0, :, 0]
    assert not gaps[5]


def test_months_without_a_file_do_not_judge():
    rows = one_unit(20, 20, 20, 0, 0, 20, 20, 20)
    gaps = find_gaps(rows, bools("####.###")[None])[0, :, 0]
    assert gaps.tolist() == [False, False, False, True, True, False, False, False]


def test_a_unit_that_never_carries_the_theme_has_no_say():
    rows = np.zeros((2, 3, 1), dtype=int)
    rows[0] = 30
    has_file = np.array([[True, True, True], [True, False, True]])
    carried_by_both = np.ones((2, 1), dtype=bool)
    assert months_with_data(rows, has_file, carried_by_both).tolist() == [True, True, True]
    rows[1, 0] = 30
    assert months_with_data(rows, has_file, carried_by_both).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("months", "wanted", "answer"),
    [
        ("######", 3, Window(3, 5, is_complete=True)),
        ("####.#", 3, Window(1, 3, is_complete=True)),
        ("##.##.#", 3, Window(6, 6, is_complete=False)),
        ("##..", 2, Window(0, 1, is_complete=True)),
        ("....", 2, None),
    ],
)
def test_window_is_the_newest_run_that_is_long_enough(months, wanted, answer):
    assert choose_window(bools(months), 0, months=wanted) == answer


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 14))
def test_every_month_of_a_window_has_data(has_data, months):
    window = choose_window(np.array(has_data), 100, months=months)
    if window is None:
        assert not any(has_data)
    else:
        assert all(has_data[window.start - 100 : window.end - 99])
        assert window.months == months if window.is_complete else window.months < months


def tiny_cube() -> Cube:
    return Cube(
        layer="wards",
        theme="robbery",
        zone_id=np.array(["A", "B"]),
        first_month=600,
        incidents=np.array([[1, 2, 3, 4], [5, 6, 7, 8]]),
        has_data=bools("####"),
        is_answered=np.array([True, False]),
        feeds=("feed",),
        in_no_zone=np.array([0, 0, 1, 0]),
        unlocated=np.array([2, 0, 0, 0]),
    )


def test_counts_of_a_window_leave_unanswered_zones_empty():
    counts = tiny_cube().counts(Window(602, 603, is_complete=True))
    assert counts[0] == 7
    assert np.isnan(counts[1])


def test_the_window_before_must_be_without_gaps_and_inside_the_span():
    cube = tiny_cube()
    assert cube.window_before(Window(602, 603, is_complete=True)) == Window(600, 601, is_complete=True)
    assert cube.window_before(Window(601, 602, is_complete=True)) is None


def test_two_feeds_with_the_same_theme_and_month_are_refused():
    rows = {"county": np.array([3, 0, 4]), "borough": np.array([0, 2, 1])}
    with pytest.raises(OverlapError, match=r"'county' and 'borough'.*'asb' in 2020-03.*use = \[\"asb\"\]"):
        check_no_overlap("asb", rows, month_number("2020-01"), may_share=set())
    check_no_overlap("asb", rows, month_number("2020-01"), may_share={frozenset(("county", "borough"))})


@given(st.integers(0, 2000))
def test_month_text_and_number_are_inverse(month):
    assert month_number(month_text(month)) == month


def test_month_ranges_join_runs():
    assert month_ranges([3, 1, 2, 7]) == "1970-02 to 1970-04, 1970-08"


def test_series_is_null_in_gaps_and_for_zones_without_an_answer():
    rows = series_of(replace(tiny_cube(), has_data=bools("##.#"))).to_pylist()
    assert [row["incidents"] for row in rows] == [1, 2, None, 4, None, None, None, None]
    assert rows[1] == {
        "layer": "wards",
        "feed": "feed",
        "zone_id": "A",
        "theme": "robbery",
        "month": date(2020, 2, 1),
        "incidents_band": None,
        "incidents": 2,
    }
