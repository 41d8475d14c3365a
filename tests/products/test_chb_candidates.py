from __future__ import annotations

import numpy as np
import pytest
from product_town import WARDS, town
from wording import banned_in

from geo_safety.products import chb_candidates
from geo_safety.products.chb_candidates import make, top_share
from geo_safety.schema import CHB_CANDIDATES, to_arrow

ON = np.arange(WARDS) < 2
"""The two wards in the west."""

ALL_MET = {
    "is_hotspot": ON, "ratio": np.where(ON, [9.0, 8.0] * 5, 1.0), "probability": np.where(ON, 0.99, 0.01),
    "is_entrenched": ON, "tier": np.where(ON, "A", None), "is_venue": np.zeros(WARDS, dtype=bool),
    "incidents": np.where(ON, 400, 50), "harm_cchi": np.where(ON, [9000.0, 9000.0] * 5, 10.0),
    "harm_css": np.where(ON, 900.0, 10.0), "by_day": np.full(WARDS, 1000.0),
}  # fmt: skip


def screened(changed: dict | None = None, *, second: dict | None = None, **rest):
    themes = {"violence": {**ALL_MET, **(changed or {})}}
    if second is not None:
        themes["robbery"] = {"is_hotspot": np.zeros(WARDS, dtype=bool), **second}
    return make(town(themes, **rest))


def test_each_criterion_is_answered_by_itself(monkeypatch):
    # Two of ten wards are the top 20 %, so the shares are set to that.
    for name in ("TOP_CCHI", "TOP_CSS", "TOP_BY_DAY"):
        monkeypatch.setattr(chb_candidates, name, 0.2)
    made = screened(second={"is_hotspot": ON, "ratio": np.where(ON, 5.0, 1.0)})
    (place,) = made.frame[made.frame["theme"] == "violence"].to_dict("records")
    assert place["outcome"] == "all met"
    assert (place["criteria_met"], place["criteria_not_met"], place["criteria_unknown"]) == (7, 0, 0)
    assert place["area_km2"] == pytest.approx(2.0)
    assert place["second_themes"] == "robbery"
    assert place["incidents"] == 800
    assert place["harm_cchi_top_share"] == 0.2
    assert place["why"].count(": met.") == 7


@pytest.mark.parametrize(
    ("criterion", "changed", "answer"),
    [
        ("entrenched", {"tier": np.full(WARDS, "C")}, "not met"),
        ("entrenched", {"is_entrenched": None, "tier": None}, "unknown"),
        ("harm_cchi", {"harm_cchi": np.full(WARDS, 10.0)}, "not met"),
        ("harm_css", {"harm_css": None}, "unknown"),
        ("daytime", {"by_day": np.where(ON, 100_000.0, 300.0)}, "not met"),
        ("daytime", {"by_day": np.where(ON, 100.0, 300.0)}, "unknown"),
        ("not_venue", {"is_venue": ON}, "not met"),
        ("not_venue", {"is_venue": None}, "unknown"),
        ("second_theme", {}, "unknown"),
    ],
)
def test_what_fails_and_what_cannot_be_known_are_told_apart(criterion, changed, answer):
    (place,) = screened(changed).frame.to_dict("records")
    assert place[f"meets_{criterion}"] == answer
    assert place["outcome"] != "all met"


def test_another_theme_that_is_not_hot_there_is_not_met_only_when_all_are_judged():
    both = {"robbery": {"is_hotspot": np.zeros(WARDS, dtype=bool)}, "asb": {"is_hotspot": ~ON}}
    (place,) = make(town({"violence": ALL_MET, **both})).frame.to_dict("records")
    assert place["meets_second_theme"] == "not met"
    (place,) = screened(second={}).frame.to_dict("records")
    assert place["meets_second_theme"] == "unknown", "anti-social behaviour is not known"


def test_half_of_the_reports_decides_whether_a_place_is_entrenched():
    one = {"is_entrenched": np.arange(WARDS) == 1, "tier": np.where(np.arange(WARDS) == 1, "B", None)}
    fewer = {**one, "incidents": np.where(np.arange(WARDS) == 0, 401, 400)}
    assert screened(one).frame["meets_entrenched"].tolist() == ["met"]
    assert screened(fewer).frame["meets_entrenched"].tolist() == ["not met"]


@pytest.mark.parametrize(
    ("side", "pieces", "answer"), [(0.3, 1, "not met"), (1.0, 1, "met"), (1.5, 2, "met"), (2.0, 2, "not met")]
)
def test_places_are_contiguous_and_of_the_size_of_a_neighbourhood(side, pieces, answer):
    frame = screened(side_km=side).frame
    assert len(frame) == pieces
    assert set(frame["meets_size"]) == {answer}


def test_a_closed_theme_is_not_told_in_the_rows_of_an_open_one():
    hot = {"is_hotspot": ON, "ratio": np.where(ON, 5.0, 1.0)}
    apart = {"violence": frozenset({"violence"}), "robbery": frozenset({"violence", "robbery"})}
    frame = screened(second=hot, beside=apart).frame.set_index("theme")
    assert frame.loc["violence", "second_themes"] is None
    assert frame.loc["violence", "meets_second_theme"] == "unknown"
    assert frame.loc["robbery", "second_themes"] == "violence"


def test_only_the_police_hold_what_stays_blank():
    table = to_arrow(screened().frame, CHB_CANDIDATES)
    for name in ("threat", "intelligence", "safeguarding", "partnership"):
        assert table[name].null_count == table.num_rows
        assert "only the police and the partners" in CHB_CANDIDATES.column(name).description


def test_words_do_not_stigmatise_and_do_not_choose():
    made = screened(second={})
    texts = [*made.says, *made.frame["why"], *(column.description for column in CHB_CANDIDATES.columns)]
    assert [word for text in texts for word in banned_in(text)] == []
    assert "no list of Clear Hold Build sites" in made.says[0]
    assert "site selection also needs information" in made.says[0]


def test_nothing_is_screened_where_nothing_is_judged():
    made = screened({"is_hotspot": None})
    assert made.themes == ("violence",)
    assert len(made.frame) == 0
    assert made.notes == ("violence on wards: not judged, so nothing is screened.",)
    assert make(town({"asb": {}})) == "The study has none of the themes violence and robbery."


def test_place_among_all_zones_needs_every_part_to_be_known():
    amount = np.array([4.0, 3, 2, 1, np.nan])
    size = np.ones(5)
    assert top_share(amount, size, np.array([0])) == 0.25
    assert top_share(amount, size, np.array([1, 2])) == 0.5
    assert top_share(amount, size, np.array([3, 4])) is None
    assert top_share(np.zeros(5), size, np.array([0])) == 1.0
