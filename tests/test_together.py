"""Counts protected together: by hand, against an attacker with integer programming, and against a second road."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from disclosure_attack import Knowledge, allowed, narrowed
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.disclosure.rules import NOT_SHOWN, DisclosureRules, rules_from
from geo_safety.disclosure.second_look import weak_points
from geo_safety.disclosure.together import Links, Shown, Tier, band_of, protect_together, value_range

RULES = DisclosureRules()


def within(counts, parents):
    """Links of zones that lie whole in one zone of the next tier."""
    return Links(np.arange(len(counts)), np.array(parents), np.array(counts))


def summed(counts, parents):
    return np.bincount(parents, counts).astype(np.int64)


def ladder(table: np.ndarray, boroughs: list[int]):
    """Cells × wards of incidents → tiers and links; wards lie whole in boroughs."""
    here, there = np.nonzero(np.ones_like(table))
    wards = table.sum(axis=0)
    tiers = [Tier("cells-r8", table.sum(axis=1)), Tier("wards", wards), Tier("boroughs", summed(wards, boroughs))]
    return tiers, [Links(here, there, table[here, there]), within(wards, boroughs)]


def attack(table: np.ndarray, boroughs: list[int], shown: list[Shown]) -> dict:
    cells, wards = table.shape
    atoms = [(f"c{c}", f"w{w}", f"b{boroughs[w]}") for c in range(cells) for w in range(wards)]
    knowledge, truth = Knowledge(atoms), {}
    sums = [table.sum(axis=1), table.sum(axis=0), summed(table.sum(axis=0), boroughs)]
    for level, (letter, counts, one) in enumerate(zip("cwb", sums, shown, strict=True)):
        for number, (count, band) in enumerate(zip(counts.tolist(), one.band, strict=True)):
            knowledge.learn([(level, f"{letter}{number}")], *allowed(band))
            truth[level, f"{letter}{number}"] = count
    return narrowed(knowledge, truth)


@pytest.mark.parametrize(
    ("count", "band"), [(0, "0"), (1, "1-7"), (7, "1-7"), (8, "10"), (12, "10"), (13, "15"), (100, "100")]
)
def test_a_count_by_itself(count, band):
    assert band_of(count, RULES) == band
    least, most = value_range(count, band, RULES)
    assert least <= count <= most
    assert (least, most) == allowed(band)


def test_where_nothing_is_small_nothing_is_left_out():
    counts = np.array([20, 0, 35])
    shown = protect_together(
        [Tier("wards", counts), Tier("boroughs", np.array([55]))], [within(counts, [0, 0, 0])], RULES
    )
    assert shown == [Shown([20, 0, 35], ["20", "0", "35"]), Shown([55], ["55"])]


def test_a_hidden_child_of_a_hidden_parent_may_still_be_anything():
    """A borough of 1 to 7 with two wards of 3 would say that neither ward has 7."""
    wards = np.array([3, 3])
    shown = protect_together([Tier("wards", wards), Tier("boroughs", np.array([6]))], [within(wards, [0, 0])], RULES)
    assert (shown[0].band, shown[1].band) == ([NOT_SHOWN, NOT_SHOWN], ["1-7"])


def test_a_ward_whose_cells_are_all_zero_but_one_is_that_cell():
    table = np.array([[0, 3], [0, 0], [40, 0]])
    tiers, links = ladder(table, [0, 0])
    shown = protect_together(tiers, links, RULES)
    assert attack(table, [0, 0], shown) == {}
    assert shown[0].band[0] == shown[1].band[1] == "1-7"


def test_hiding_each_layer_by_itself_gives_counts_away():
    """What the method is for: the simple rule leaves less than the promise, together they do not."""
    table = np.array([[3, 0, 0], [0, 8, 0], [0, 0, 0]])
    tiers, links = ladder(table, [0, 0, 1])
    alone = [Shown([None] * len(t.counts), [band_of(c, RULES) for c in t.counts.tolist()]) for t in tiers]
    assert attack(table, [0, 0, 1], alone) != {}
    assert weak_points(tiers, links, alone, RULES) != []
    shown = protect_together(tiers, links, RULES)
    assert attack(table, [0, 0, 1], shown) == {}
    assert weak_points(tiers, links, shown, RULES) == []


small = st.integers(0, 14).map(lambda n: 0 if n < 5 else n - 4)


@settings(max_examples=25)
@given(st.integers(2, 5), st.integers(2, 4), st.data())
def test_no_attacker_narrows_any_small_count(cells, wards, data):
    table = np.array(
        data.draw(st.lists(st.lists(small, min_size=wards, max_size=wards), min_size=cells, max_size=cells))
    )
    boroughs = sorted(data.draw(st.lists(st.integers(0, 1), min_size=wards, max_size=wards)))
    boroughs = [one - boroughs[0] for one in boroughs]
    tiers, links = ladder(table, boroughs)
    shown = protect_together(tiers, links, RULES)
    assert attack(table, boroughs, shown) == {}
    assert weak_points(tiers, links, shown, RULES) == []
    for tier, one in zip(tiers, shown, strict=True):
        for count, value, band in zip(tier.counts.tolist(), one.incidents, one.band, strict=True):
            assert value is None or (value % 5 == 0 and not 1 <= value <= 7)
            assert allowed(band)[0] <= count <= allowed(band)[1]


@settings(max_examples=25)
@given(st.lists(small, min_size=6, max_size=6), st.sampled_from([9, 15, 20]), st.sampled_from([5, 10, 20]))
def test_tighter_rules_protect_to_their_own_threshold(counts, hidden_up_to, rounded_to):
    rules = replace(RULES, hidden_up_to=hidden_up_to, rounded_to=rounded_to)
    wards, parents = np.array(counts), [0, 0, 0, 1, 1, 1]
    tiers, links = [Tier("wards", wards), Tier("boroughs", summed(wards, parents))], [within(wards, parents)]
    shown = protect_together(tiers, links, rules)
    assert weak_points(tiers, links, shown, rules) == []


def test_both_roads_agree_on_what_is_weak():
    """The attacker's integer programme and the greatest flows see the same weak points in figures hidden one by one."""
    rng = np.random.default_rng(5)
    seen = 0
    for _ in range(16):
        table = np.where(rng.random((4, 3)) < 0.6, 0, rng.integers(1, 9, (4, 3)))
        tiers, links = ladder(table, [0, 0, 1])
        alone = [Shown([None] * len(t.counts), [band_of(c, RULES) for c in t.counts.tolist()]) for t in tiers]
        weak, won = weak_points(tiers, links, alone, RULES), attack(table, [0, 0, 1], alone)
        assert len(weak) == len(won)
        seen += len(won)
    assert seen >= 5


def test_zones_without_an_answer_are_never_invented():
    wards = np.array([3, -1, 9])
    links = Links(np.array([0, 1, 2]), np.array([0, 0, 0]), np.array([3, 4, 9]))
    shown = protect_together([Tier("wards", wards), Tier("boroughs", np.array([-1]))], [links], RULES)
    assert shown[0].band[1] is None
    assert shown[1] == Shown([None], [None])


def test_links_that_do_not_add_up_are_our_fault():
    with pytest.raises(ValueError, match="do not add up"):
        protect_together([Tier("wards", np.array([3])), Tier("boroughs", np.array([4]))], [within([3], [0])], RULES)


def test_rules_may_only_be_tightened_without_a_reason():
    assert rules_from({"hidden_up_to": 9, "rounded_to": 10, "finest_resolution": 7, "window_months": 24})[1] == []
    for name, value in (("hidden_up_to", 4), ("rounded_to", 1), ("finest_resolution", 9), ("window_months", 6),
                        ("smallest_polygon_km2", 0.1)):  # fmt: skip
        rules, unreasoned = rules_from({name: value})
        assert unreasoned == [name]
        assert f'loosened="{name}"' in rules.line
        assert rules_from({name: value, "loosened_because": "Agreed with the trust on 1 May."})[1] == []


def test_words_are_added_never_taken_away():
    rules, _ = rules_from({"ward_words": ["stalking"]})
    assert {"stalking", "sex", "hate"} <= set(rules.ward_words)
