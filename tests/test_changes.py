from __future__ import annotations

import pytest
from two_releases import make_two

from geo_safety.changes import compare
from geo_safety.view import View


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return tuple(View(release) for release in make_two(tmp_path_factory.mktemp("two")))


def test_what_became_of_each_area(both):
    found = compare(*both, themes=("robbery", "violence"), with_same=True)
    told = {row["area_id"]: (row["change"], row["cells_before"], row["cells"], row["zones_added"], row["zones_left"])
            for row in found.areas}  # fmt: skip
    assert told == {
        "fresh": ("new", None, 2, 2, 0),
        "goes": ("gone", 1, None, 0, 1),
        "grows": ("grown", 3, 5, 2, 0),
        "moves": ("moved", 2, 2, 1, 1),
        "shrinks": ("shrunk", 4, 2, 0, 2),
        "steady": ("new", None, 1, 1, 0),
        "violence-0001": ("same", 1, 1, 0, 0),
    }
    assert [row["theme"] for row in found.areas] == ["robbery"] * 6 + ["violence"]
    assert "violence-0001" not in {row["area_id"] for row in compare(*both, themes=("violence",)).areas}


def test_backwards_everything_is_turned_round(both):
    forwards = {row["area_id"]: row["change"] for row in compare(*both, themes=("robbery",)).areas}
    backwards = {row["area_id"]: row["change"] for row in compare(*both[::-1], themes=("robbery",)).areas}
    turned = {"new": "gone", "gone": "new", "grown": "shrunk", "shrunk": "grown", "moved": "moved"}
    assert backwards == {area_id: turned[word] for area_id, word in forwards.items()}


def test_a_release_has_not_changed_since_itself(both):
    for one in both:
        found = compare(one, one, themes=one.themes)
        assert (found.areas, found.months) == ([], [])


def test_a_revised_month_is_told_from_the_coarsest_layer_that_both_hold(both):
    (month,) = compare(*both, themes=("robbery", "violence")).months
    assert (month["theme"], month["month"], month["layer"], month["feed"]) == (
        "robbery",
        "2024-02",
        "boroughs",
        "tiny feed",
    )
    assert (month["zones"], month["zones_revised"]) == (2, 1)
    assert month["incidents"] - month["incidents_before"] == 2


def test_hidden_counts_stay_out_of_the_sums(both):
    before, now = (view.series("boroughs", theme="robbery").to_pandas() for view in both)
    (month,) = compare(*both, themes=("robbery",)).months
    shown = now[now["month"].astype(str).str.startswith("2024-02")]["incidents"].dropna()
    assert month["zones_shown"] == len(shown) < 2 or month["incidents"] == shown.sum()
    assert len(before) == len(now)
