"""Records of walks: what is kept, what is refused, and two walks side by side."""

from __future__ import annotations

import copy
import datetime as dt
import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.errors import WalkError
from geo_safety.walk_factors import FACTORS, KEYS
from geo_safety.walks import (
    BETWEEN_GROUPS,
    FILE,
    WalkedPlace,
    add_walk,
    blank_entry,
    compare,
    compare_latest,
    open_actions,
    read_entry,
    remove_walk,
    set_action,
    walks,
)

PLACE = WalkedPlace(
    "park-edge_51.5_0.0", "Edge of Tide Common, Northbank", "park edge", "B1", -0.128, 51.507, "Europe/London"
)


def entry(**changes):
    document = {
        "place_id": PLACE.place_id, "date": "2025-01-15", "start": "17:30", "minutes": 40, "people": 8,
        "factors": dict.fromkeys(KEYS, 1), "notes": {"lighting": "Two lamps out by the gate."},
        "actions": [{"what": "Mend two lamps", "owner": "Northbank street lighting", "due": "2025-03-01"}],
        "re_audit": "2025-07-15",
    }  # fmt: skip
    return read_entry(document | changes)


def test_a_walk_is_kept_with_its_place_and_how_dark_it_was(tmp_path):
    kept = add_walk(tmp_path, entry(), PLACE)
    assert (kept["light"], kept["dark_from"], kept["name"]) == ("dark", "17:00", PLACE.name)
    assert walks(tmp_path) == [kept]
    assert add_walk(tmp_path, entry(start="12:00"), PLACE)["light"] == "day"
    assert add_walk(tmp_path, entry(date="2025-07-15", re_audit=None), PLACE)["light"] == "day"
    file = tmp_path / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Mend two lamps" in file.read_text(encoding="utf-8")


def test_the_safetipin_factors_come_first_and_all_have_four_meanings():
    assert KEYS[:9] == ("lighting", "visibility", "openness", "people", "security", "walk_path", "public_transport",
                        "diversity", "feeling")  # fmt: skip
    assert set(KEYS[9:]) == {"signage", "isolation", "escape_routes", "maintenance", "nearby_uses"}
    assert all(len(set(factor.anchors)) == 4 for factor in FACTORS)
    assert FACTORS[0].name == "Light"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"factors": {"lighting": 4}}, "0, 1, 2 or 3"),
        ({"factors": {"lighting": -1}}, "0, 1, 2 or 3"),
        ({"factors": {"mood": 1}}, "there is no factor mood"),
        ({"factors": dict.fromkeys(KEYS)}, "no factor is rated"),
        ({"people": 1}, "people"),
        ({"names": ["Ada"]}, "names"),
        ({"notes": {"lighting": "Ask ada@example.org"}}, "leave people out"),
        ({"notes": {"whole": "call 020 7946 0999"}}, "leave people out"),
        ({"notes": {"whole": "x" * 301}}, "longer than 300"),
        ({"notes": {"mood": "x"}}, "no factor 'mood'"),
        ({"actions": [{"what": "Mend", "owner": "ring 07700 900123"}]}, "leave people out"),
        ({"actions": [{"what": "Mend"}]}, "owner"),
        ({"re_audit": "2025-01-15"}, "after the walk"),
        ({"date": "yesterday"}, "date"),
        ({"date": "9999-12-31", "re_audit": None}, "date"),
        ({"re_audit": "9999-12-31"}, "re_audit"),
    ],
)
def test_a_record_that_cannot_be_used_says_what_is_wrong(changes, told):
    with pytest.raises(WalkError, match="cannot be used") as problem:
        entry(**changes)
    assert told in str(problem.value)
    with pytest.raises(WalkError):
        read_entry("no record")


def test_the_same_walk_twice_and_a_walk_of_another_place_are_refused(tmp_path):
    kept = add_walk(tmp_path, entry(), PLACE)
    with pytest.raises(WalkError, match=kept["id"]):
        add_walk(tmp_path, entry(), PLACE)
    with pytest.raises(WalkError, match="place_id"):
        add_walk(tmp_path, entry(place_id="elsewhere"), PLACE)
    assert len(walks(tmp_path)) == 1


def test_a_form_becomes_a_record_once_something_is_rated():
    form = blank_entry(PLACE, date=dt.date(2025, 1, 15))
    with pytest.raises(WalkError, match="no factor is rated"):
        read_entry(form)
    form["factors"]["lighting"] = 2
    assert read_entry(json.loads(json.dumps(form))).factors["lighting"] == 2


def test_walks_are_found_by_place_and_by_borough(tmp_path):
    add_walk(tmp_path, entry(), PLACE)
    assert walks(tmp_path, place_id="elsewhere") == []
    assert len(walks(tmp_path, boroughs=["B1"])) == 1
    assert walks(tmp_path, boroughs=["B2"]) == []


def test_a_walk_again_is_compared_with_the_last_in_the_same_light(tmp_path):
    first = add_walk(tmp_path, entry(), PLACE)
    add_walk(tmp_path, entry(start="12:00", date="2025-06-15", re_audit=None), PLACE)
    with pytest.raises(WalkError, match="no two walks"):
        compare_latest(tmp_path, PLACE.place_id, "dark")
    again = dict.fromkeys(KEYS, 1) | {"lighting": 3, "people": 0, "signage": None}
    second = add_walk(tmp_path, entry(date="2025-12-15", re_audit=None, factors=again), PLACE)
    found = compare_latest(tmp_path, PLACE.place_id, "dark")
    assert (found["before"]["id"], found["after"]["id"]) == (first["id"], second["id"])
    words = {row["factor"]: row["in_words"] for row in found["factors"]}
    assert words["lighting"] == "rated higher by 2"
    assert words["people"] == "rated lower by 1"
    assert words["feeling"] == "the same"
    assert words["signage"] == "not rated both times"
    # Thirteen of one, then eleven of one, three and nought.
    assert (found["rated_both_times"], found["mean_before"], found["mean_after"]) == (13, 1.0, 1.08)
    assert found["how"] == BETWEEN_GROUPS


def test_day_and_dark_and_two_places_are_not_compared(tmp_path):
    dark, day = add_walk(tmp_path, entry(), PLACE), add_walk(tmp_path, entry(start="12:00"), PLACE)
    with pytest.raises(WalkError, match="not compared"):
        compare(dark, day)
    other = copy.deepcopy(dark) | {"place_id": "elsewhere"}
    with pytest.raises(WalkError, match="two places"):
        compare(dark, other)


def test_a_whole_is_not_made_of_four_factors(tmp_path):
    few = dict.fromkeys(KEYS[:4], 2)
    first = add_walk(tmp_path, entry(factors=few), PLACE)
    second = add_walk(tmp_path, entry(factors=few, date="2025-01-16"), PLACE)
    assert compare(first, second)["mean_before"] is None


def test_actions_are_open_until_somebody_says_otherwise(tmp_path):
    later = {"what": "Cut back the hedge", "owner": "Parks"}
    kept = add_walk(tmp_path, entry(actions=[later, {**later, "what": "Mend", "due": "2025-02-01"}]), PLACE)
    assert [one["number"] for one in open_actions(walks(tmp_path))] == [2, 1]
    assert set_action(tmp_path, kept["id"], 2, "done")["state"] == "done"
    assert [one["what"] for one in open_actions(walks(tmp_path))] == ["Cut back the hedge"]
    with pytest.raises(WalkError, match="no action 3"):
        set_action(tmp_path, kept["id"], 3, "done")
    remove_walk(tmp_path, kept["id"])
    assert walks(tmp_path) == []
    with pytest.raises(WalkError, match="no walk"):
        remove_walk(tmp_path, kept["id"])


@given(
    before=st.fixed_dictionaries({key: st.one_of(st.none(), st.integers(0, 3)) for key in KEYS}),
    after=st.fixed_dictionaries({key: st.one_of(st.none(), st.integers(0, 3)) for key in KEYS}),
)
def test_a_comparison_turned_round_is_the_same_with_the_other_sign(before, after):
    record = {
        "place_id": "p",
        "light": "dark",
        "id": "a",
        "date": "2025-01-01",
        "people": 5,
        "name": "P",
        "actions": [],
    }
    there = compare(record | {"factors": before}, record | {"factors": after})
    back = compare(record | {"factors": after}, record | {"factors": before})
    for one, other in zip(there["factors"], back["factors"], strict=True):
        assert one["change"] == (None if other["change"] is None else -other["change"])
    assert (there["mean_before"], there["mean_after"]) == (back["mean_after"], back["mean_before"])
