"""The list as a whole: wards, kinds, boroughs, the zone outside, and places kept for the community."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.portfolio import NO_WARD, NOT_RANKED, SAME_WARD, PortfolioRules, choose


def chosen(kinds, wards, of_borough, *, inner=None, spots=None, rank=None, **rules):
    n = len(kinds)
    return choose(
        np.arange(1.0, n + 1) if rank is None else np.array(rank, dtype=float),
        types=kinds,
        wards=wards,
        boroughs=of_borough,
        is_inner=None if inner is None else np.array(inner),
        spots=np.column_stack([1000.0 * np.arange(n), np.zeros(n)]) if spots is None else np.array(spots, dtype=float),
        rules=PortfolioRules(**{"types": 1, "boroughs": 1, **rules}),
    )


def test_one_place_in_five_is_kept_for_the_community():
    assert [(PortfolioRules(size=size).kept, PortfolioRules(size=size).scored) for size in (5, 20, 21)] == [
        (1, 4), (4, 16), (5, 16),
    ]  # fmt: skip
    found = chosen(["a"] * 10, [str(n) for n in range(10)], ["x"] * 10, size=5)
    assert found.is_listed.sum() == 4
    assert "1 of 5 places are kept for the community to name." in found.notes


def test_a_ward_has_at_most_one_place():
    found = chosen(["a"] * 4, ["w", "w", "v", None], ["x"] * 4, size=5)
    assert found.is_listed.tolist() == [True, False, True, False]
    assert found.excluded_because.tolist() == [None, SAME_WARD, None, NO_WARD]


def test_places_that_are_near_each_other_are_not_both_listed():
    found = chosen(["a"] * 3, ["u", "v", "w"], ["x"] * 3, spots=[(0, 0), (399, 0), (800, 0)], size=5)
    assert found.is_listed.tolist() == [True, False, True]
    assert "nearer than 400 m" in found.excluded_because[1]


def test_places_of_which_too_little_is_known_say_so():
    found = chosen(["a"] * 2, ["u", "v"], ["x"] * 2, rank=[np.nan, 1], size=5)
    assert (found.is_listed.tolist(), found.excluded_because[0]) == ([False, True], NOT_RANKED)


def test_a_turn_is_given_up_for_a_kind_a_borough_or_a_place_outside():
    wards = [str(n) for n in range(6)]
    found = chosen(["a", "a", "a", "a", "b", "a"], wards, ["x"] * 6, types=2, size=5)
    assert found.is_listed.tolist() == [True, True, True, False, True, False]
    assert "2 kinds of place" in found.excluded_because[3]
    found = chosen(["a"] * 6, wards, ["x", "x", "x", "x", "x", "y"], boroughs=2, size=5)
    assert found.is_listed.tolist() == [True, True, True, False, False, True]
    found = chosen(["a"] * 6, wards, ["x"] * 6, inner=[True] * 4 + [False] * 2, size=5)
    assert found.is_listed.tolist() == [True, True, False, False, True, True]
    assert "outside the inner zone" in found.excluded_because[2]


def test_what_no_list_could_hold_is_said():
    found = chosen(["a"] * 2, ["u", "v"], ["x"] * 2, types=3, boroughs=5, inner=[True, True], size=5)
    assert found.is_listed.all()
    told = " ".join(found.notes)
    assert "No list could hold at least 3 kinds of place here." in told
    assert "places in at least 5 boroughs" in told
    assert "outside the inner zone" in told
    assert "Only 2 of 4 places" in told


def test_without_an_inner_zone_its_rule_does_not_apply_and_that_is_said():
    assert any("names no inner zone" in note for note in chosen(["a"], ["w"], ["x"], size=5).notes)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from("abcde"), st.integers(0, 40), st.sampled_from("stuvwxyz"), st.booleans(), st.booleans()
        ),
        min_size=1,
        max_size=120,
    )
)
def test_a_list_that_can_keep_the_rules_keeps_them(rows):
    types, wards, boroughs, inner, ranked = zip(*rows, strict=True)
    rank = np.where(ranked, np.arange(1.0, len(rows) + 1), np.nan)
    codes = [f"{borough}{ward}" for borough, ward in zip(boroughs, wards, strict=True)]
    found = chosen(list(types), codes, list(boroughs), inner=list(inner), rank=rank, types=3, boroughs=5, size=20)
    listed = np.flatnonzero(found.is_listed)
    assert len(listed) <= 16
    assert len({codes[place] for place in listed}) == len(listed)
    assert all(
        (because is None) == is_listed
        for because, is_listed in zip(found.excluded_because, found.is_listed, strict=True)
    )
    told = " ".join(found.notes)
    assert (len({types[place] for place in listed}) >= 3) == ("kinds of place" not in told)
    assert (len({boroughs[place] for place in listed}) >= 5) == ("boroughs here" not in told)
    assert (sum(not inner[place] for place in listed) >= 5) == ("outside the inner zone here" not in told)


@pytest.mark.parametrize("size", [5, 20])
def test_the_first_places_are_the_highest_ranked_where_no_rule_speaks(size):
    n = 40
    found = chosen(["a", "b", "c"] * 13 + ["a"], [str(place) for place in range(n)], [str(place % 7) for place in range(n)],
                   types=3, boroughs=4, size=size)  # fmt: skip
    assert np.flatnonzero(found.is_listed).tolist() == list(range(PortfolioRules(size=size).scored))
