"""Change between two windows: the release's own answer for its own windows, and nothing about what is hidden."""

from __future__ import annotations

import numpy as np
import pytest

from geo_safety.cube import Cube
from geo_safety.months import month_number
from geo_safety.statistics import change_class
from geo_safety.window_change import window_change
from geo_safety.window_counts import running_counts

FIRST = month_number("2024-01")


def running(monthly, *, has_data=None, answered=None):
    monthly = np.asarray(monthly)
    zones, months = monthly.shape
    return running_counts(
        Cube(
            layer="wards",
            theme="robbery",
            zone_id=np.array([f"Z{place}" for place in range(zones)]),
            first_month=FIRST,
            incidents=monthly,
            has_data=np.ones(months, bool) if has_data is None else np.asarray(has_data),
            is_answered=np.ones(zones, bool) if answered is None else np.asarray(answered),
            feeds=("feed",),
            in_no_zone=np.zeros(months, int),
            unlocated=np.zeros(months, int),
        )
    )


MONTHLY = [[10] * 12 + [20] * 12, [10] * 24, [0] * 12 + [3] * 12, [40] * 24, [50] * 12 + [49] * 12]


def test_it_is_the_change_class_of_the_two_sums():
    found = window_change(running(MONTHLY), FIRST + 23, FIRST + 11, months=12, access="open", dispersion=1.5)
    sums = np.array(MONTHLY, float).reshape(5, 2, 12).sum(axis=2)
    wanted = change_class(sums[:, 1], sums[:, 0], sums[:, 1].sum(), sums[:, 0].sum(), dispersion=1.5)
    assert found.tolist() == wanted.tolist()
    assert found.tolist()[:3] == ["clearly more", "not distinguishable", "too few"]


def test_turned_round_more_becomes_fewer():
    there, back = (
        window_change(running(MONTHLY), *ends, months=12, access="open", dispersion=1.0)
        for ends in ((FIRST + 23, FIRST + 11), (FIRST + 11, FIRST + 23))
    )
    other = {"clearly more": "clearly fewer", "more": "fewer", "fewer": "more", "clearly fewer": "clearly more"}
    assert [other.get(one, one) for one in there] == back.tolist()


@pytest.mark.parametrize("hidden", [1, 2, 3, 4])
def test_what_a_hidden_count_hides_makes_no_difference(hidden):
    monthly = [[hidden] + [0] * 11 + [2] * 12, [100 - hidden] + [100] * 23]
    found = window_change(running(monthly), FIRST + 23, FIRST + 11, months=12, access="open", dispersion=1.0)
    assert found.tolist() == ["too few", "not distinguishable"]


def test_a_gap_has_no_change_and_unanswered_zones_have_none_either():
    gap = np.arange(24) != 5
    assert (
        window_change(running(MONTHLY, has_data=gap), FIRST + 23, FIRST + 11, months=12, access="open", dispersion=1.0)
        is None
    )
    found = window_change(
        running(MONTHLY, answered=[True, False, True, True, True]), FIRST + 23, FIRST + 11, months=12, access="open",
        dispersion=1.0,
    )  # fmt: skip
    assert found[1] is None


def test_windows_that_share_a_month_are_refused():
    with pytest.raises(ValueError, match="share a month"):
        window_change(running(MONTHLY), FIRST + 23, FIRST + 12, months=12, access="open", dispersion=1.0)
