"""What becomes of areas between releases, drawn by hand: each letter of a drawing is an area, each place a zone."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety import area_life
from geo_safety.area_life import KnownAreas

THEMES = ["robbery", "violence"]


def drawn(text, month, *, theme="robbery"):
    """Areas of a drawing; each is named by theme and its first zone, as by its peak."""
    zones = {}
    for row, line in enumerate(text.split()):
        for column, letter in enumerate(line):
            if letter != ".":
                zones.setdefault(letter, []).append(f"{row}{column}")
    rows = [
        {"area_id": f"{theme}-{held[0]}", "theme": theme, "name": f"Around {letter}", "zones": ";".join(held)}
        for letter, held in sorted(zones.items())
    ]
    frame = pd.DataFrame(rows, columns=["area_id", "theme", "name", "zones"])
    return frame.assign(window_end=dt.date(2025, month, 1), first_hot=None)


def known(areas, *, release_id="2025-01-00000000-1", used_before=()):
    return KnownAreas(release_id, "ab" * 32, areas, tuple(used_before))


def follow(areas, before, *, judged_themes):
    """All themes' areas in one frame, for these short drawings."""
    frames = [frame.reset_index(drop=True) for _, frame in areas.groupby("theme", sort=False)]
    lived, summary = area_life.follow(frames, before, judged_themes=judged_themes)
    return pd.concat(lived) if lived else areas, summary


def step(old, new):
    """One release after another, both drawn."""
    return follow(drawn(new, 4), known(drawn(old, 1)), judged_themes=THEMES)


def lives(areas):
    return areas[["area_id", "life", "predecessors"]].to_numpy().tolist()


def months(areas):
    return [month.month for month in areas["first_hot"]]


def test_first_release_knows_no_past():
    areas, summary = follow(drawn("AAB", 4), None, judged_themes=THEMES)
    assert lives(areas) == [["robbery-00", None, None], ["robbery-02", None, None]]
    assert months(areas) == [4, 4]
    assert summary["compared_with"] is None


def test_area_keeps_its_id_and_age_though_its_peak_moved():
    areas, summary = step("AAA.", ".AAA")  # 2 of 4 zones are in both
    assert lives(areas) == [["robbery-00", "kept", "robbery-00"]]
    assert months(areas) == [1]
    assert summary["lives"] == {"kept": 1}
    assert summary["ended"] == []
    assert summary["compared_with_manifest_sha256"] == "ab" * 32


def test_just_under_half_is_another_area():
    areas, summary = step("AAAA...", "..AAAAA")  # 2 of 7; it grew out of the old one all the same: 2 of the smaller's 4
    assert lives(areas) == [["robbery-02", "changed", "robbery-00"]]
    assert months(areas) == [4]
    assert summary["changed"] == [{"area_id": "robbery-02", "from": ["robbery-00"]}]
    assert summary["ended"] == [
        {"area_id": "robbery-00", "name": "Around A", "first_hot": "2025-01", "into": ["robbery-02"]}
    ]


def test_birth_and_end():
    areas, summary = step("AA...", "...BB")
    assert lives(areas) == [["robbery-03", "birth", None]]
    assert summary["births"] == ["robbery-03"]
    assert summary["ended"] == [{"area_id": "robbery-00", "name": "Around A", "first_hot": "2025-01", "into": []}]
    assert summary["used_before"] == ["robbery-00"]


def test_touch_in_a_few_zones_is_no_descent():
    areas, _ = step("AAAA....", "...BBBBB")  # one zone of the smaller's four
    assert lives(areas) == [["robbery-03", "birth", None]]


def test_merge_of_equals_gets_a_new_id():
    areas, summary = step("AAABBBCCC", "AAAAAAAAA")
    assert lives(areas) == [["robbery-00-2", "merge", "robbery-00;robbery-03;robbery-06"]]
    assert months(areas) == [4]
    assert summary["merges"] == [{"area_id": "robbery-00-2", "from": ["robbery-00", "robbery-03", "robbery-06"]}]
    assert [one["into"] for one in summary["ended"]] == [["robbery-00-2"]] * 3


def test_merge_into_a_larger_one_keeps_its_id():
    areas, summary = step("AABBBBBB", "AAAAAAAA")  # B holds 6 of 8
    assert lives(areas) == [["robbery-02", "merge", "robbery-02;robbery-00"]]
    assert months(areas) == [1]
    assert [one["area_id"] for one in summary["ended"]] == ["robbery-00"]


def test_split_the_larger_part_keeps_the_id():
    areas, summary = step("AAAAAAA", "BB.AAAA")
    assert lives(areas) == [["robbery-00", "split", "robbery-00"], ["robbery-00-2", "split", "robbery-00"]]
    assert areas["zones"].tolist() == ["03;04;05;06", "00;01"]  # the small part has the old peak, but not the old id
    assert months(areas) == [1, 4]
    assert summary["splits"] == [{"area_id": "robbery-00", "into": ["robbery-00", "robbery-00-2"]}]


def test_two_halves_the_id_goes_to_one_of_them():
    areas, _ = step("AAAA", "AABB")  # both hold exactly half
    assert lives(areas) == [["robbery-00", "split", "robbery-00"], ["robbery-02", "split", "robbery-00"]]
    assert months(areas) == [1, 4]


def test_a_few_zones_that_change_hands_are_neither_merge_nor_split():
    areas, summary = step("AAABBBBBBB", "AAAAABBBBB")
    assert lives(areas) == [["robbery-00", "kept", "robbery-00"], ["robbery-03", "kept", "robbery-03"]]
    assert summary["lives"] == {"kept": 2}


def test_themes_do_not_meet():
    old = pd.concat([drawn("AA", 1), drawn("AA", 1, theme="violence")], ignore_index=True)
    areas, _ = follow(drawn("AA", 4, theme="violence"), known(old), judged_themes=THEMES)
    assert lives(areas) == [["violence-00", "kept", "violence-00"]]


def test_areas_of_a_theme_that_could_not_be_judged_have_not_ended():
    areas, summary = follow(drawn("", 4), known(drawn("AA", 1)), judged_themes=["violence"])
    assert len(areas) == 0
    assert summary["ended"] == []
    assert summary["not_judged"] == ["robbery-00"]
    assert summary["used_before"] == ["robbery-00"]


def test_id_of_an_area_that_ended_long_ago_is_not_given_again():
    before = known(drawn("..BB", 1), used_before=["robbery-00", "robbery-00-2"])
    areas, summary = follow(drawn("AABB", 4), before, judged_themes=THEMES)
    assert lives(areas) == [["robbery-00-3", "birth", None], ["robbery-02", "kept", "robbery-02"]]
    assert summary["used_before"] == ["robbery-00", "robbery-00-2"]


def test_age_is_handed_on_from_release_to_release():
    second, _ = step("AAA.", "AAAA")
    third, _ = follow(drawn(".AAA", 7), known(second), judged_themes=THEMES)
    assert lives(third) == [["robbery-00", "kept", "robbery-00"]]
    assert months(third) == [1]


@pytest.mark.parametrize("empty", ["old", "new", "both"])
def test_releases_without_areas(empty):
    old, new = ("" if empty in {"old", "both"} else "AA"), ("" if empty in {"new", "both"} else "AA")
    areas, summary = step(old, new)
    assert len(areas) == len(new) / 2
    assert len(summary["ended"]) == (1 if empty == "new" else 0)


MAPS = st.text(alphabet="ABC.", min_size=12, max_size=12)


@given(MAPS, MAPS)
def test_properties(old, new):
    before, after = drawn(old, 1), drawn(new, 4)
    areas, summary = follow(after, known(before), judged_themes=THEMES)
    again, _ = follow(after.iloc[::-1].reset_index(drop=True), known(before.iloc[::-1]), judged_themes=THEMES)
    assert areas["area_id"].is_unique
    assert areas["zones"].tolist() == after["zones"].tolist()
    held = {name: set(zones.split(";")) for name, zones in zip(before["area_id"], before["zones"], strict=True)}
    for row in areas.itertuples():
        zones = set(row.zones.split(";"))
        if row.area_id in held:  # an old id means at least half the same place, and nothing else carries it
            assert 2 * len(zones & held[row.area_id]) >= len(zones | held[row.area_id])
            assert row.first_hot.month == 1
        else:
            assert row.first_hot.month == 4
        for origin in (row.predecessors or "").split(";"):
            if origin:
                assert 2 * len(zones & held[origin]) >= min(len(zones), len(held[origin]))
        assert (row.life == "birth") == (row.predecessors is None)
    assert {one["area_id"] for one in summary["ended"]} == set(held) - set(areas["area_id"])
    by_zones = dict(zip(again["zones"], again["area_id"], strict=True))
    assert [by_zones[zones] for zones in areas["zones"]] == areas["area_id"].tolist()
