"""A case on the planted town: what is found, by which months and places, and what is said where nothing can be."""

from __future__ import annotations

import json
from dataclasses import replace

import h3
import numpy as np
import pytest
import shapely
from planted_release import BACK, MONTHS, START, case_feature, cells, counts, treated

from geo_safety.case_file import Case, Phase, case_from_geojson
from geo_safety.errors import BoundaryError, ConfigError, WindowError
from geo_safety.impact import assess
from geo_safety.impact.effect import Counts, Effect, among_themes
from geo_safety.nearby import distance_m
from geo_safety.statistics import Difference

FIRST = 50 * 12


def case_of(**properties) -> Case:
    return case_from_geojson(json.dumps(case_feature(**properties)).encode())


@pytest.fixture(scope="module")
def whole(ground):
    """The scheme up to the month in which its effect goes."""
    return assess(case_of(end="2025-06"), ground)


def test_what_was_planted_is_found_here_and_not_in_the_ring(whole):
    effect = whole.effects[0]
    assert (effect.theme, effect.verdict, effect.ring_verdict) == ("violence", "fewer", "not distinguishable")
    assert effect.difference.low < 0.5 < effect.difference.high
    assert effect.difference.high < 0.8
    assert whole.effects[1].verdict == "not distinguishable"


def test_counts_are_those_of_the_zones_and_months(whole):
    effect, values = whole.effects[0], counts()["violence"]
    own = np.isin(cells(), treated())
    before = [month for month in range(START) if month != 30][-24:]
    assert effect.counts.total("response").tolist() == [values[own][:, before].sum(), values[own, START:BACK].sum()]
    assert (effect.periods.before.months, effect.periods.after.months) == (24, BACK - START)
    assert [span.name for span in effect.periods.phases] == ["clear", "hold", "build"]
    assert sum(span.months for span in effect.periods.phases) == effect.periods.after.months
    for group, zones in (
        ("buffer", [whole.places.buffer]),
        ("comparison", whole.places.areas),
        ("buffer_comparison", whole.places.rings),
    ):
        expected = (
            sum(values[each][:, before].sum() for each in zones),
            sum(values[each, START:BACK].sum() for each in zones),
        )
        assert tuple(effect.counts.total(group)) == expected


def test_comparison_areas_are_far_away_alike_and_as_large(whole, ground):
    shapes, places = ground.layer.zones.geometry, whole.places
    own = shapely.union_all(shapes[np.concatenate([places.covered, places.buffer])])
    assert len(places.areas) == 10
    for zones in places.areas:
        assert len(zones) == len(places.covered) == 7
        assert distance_m(shapes[zones], own).min() >= 999
    level = places.balance[0]
    assert abs(level.difference) < abs(level.difference_before)
    assert len(set(np.concatenate(places.areas).tolist())) == 70


def test_its_return_gives_a_signal_soon_after(ground):
    found = assess(case_of(), ground)
    assert found.watches[0].base == (FIRST + START, FIRST + START + 5)
    assert FIRST + BACK <= found.watches[0].signal <= FIRST + BACK + 5
    held = assess(case_of(end="2025-06"), ground)
    assert held.watches[0].signal is None
    assert held.watches[0].chart is not None


def test_no_later_month_changes_what_places_are_compared(ground, whole):
    later = assess(case_of(), ground)
    assert [area.tolist() for area in later.places.areas] == [area.tolist() for area in whole.places.areas]


def test_a_plan_tells_what_could_be_seen_and_nothing_else(ground):
    found = assess(case_of(clear="2026-01", hold="2026-04", build="2026-07"), ground)
    effect = found.effects[0]
    assert effect.verdict == "not begun"
    assert effect.difference is None
    assert 0.05 < effect.smallest < 0.5
    assert found.watches[0].chart is None
    assert len(found.places.areas) == 10


def test_a_short_clear_phase_borrows_months_for_the_level(ground):
    found = assess(case_of(hold="2024-02", build="2024-08"), ground).watches[0]
    assert found.base == (FIRST + START, FIRST + START + 2)
    assert found.months[0] == FIRST + START + 3


def test_a_scheme_without_phases_is_not_watched(ground):
    case = replace(case_of(), phases=(Phase("start", FIRST + START, None),))
    assert assess(case, ground).watches[0].why == "There is no hold or build phase."


def test_entrenchment_is_judged_on_the_months_before(whole, ground):
    past = whole.past
    assert [(year.last - year.first) for year in past.years] == [11] * len(past.years)
    assert past.years[-1].last == FIRST + START - 1
    values = counts()["violence"][np.isin(cells(), treated())]
    assert past.years[-1].incidents == values[:, START - 12 : START].sum()
    assert past.zones == 7
    assert past.steps >= 9
    short = assess(case_of(clear="2021-06", hold="2021-09", build="2022-01", end="2022-12"), ground)
    assert "A class takes 36 months in a row" in short.past.why


def test_a_set_of_places_is_judged_together(ground):
    middles = [
        h3.latlng_to_cell(54.7 + north, 1.7 + east, 9) for north, east in ((0.03, -0.02), (-0.02, 0.03), (-0.03, -0.03))
    ]
    ids = ground.layer.zones.zone_id
    case = Case(
        "Cameras", np.empty(0, dtype=object), (Phase("start", FIRST + START, None),), zones=tuple(middles), is_set=True
    )
    found = assess(replace(case, themes=("violence",)), ground)
    assert [ids[part].tolist() for part in found.places.parts] == sorted([[middle] for middle in middles])
    assert len(found.places.areas) == 9  # three for each
    assert {len(zones) for zones in found.places.areas} == {1}
    effect = found.effects[0]
    assert effect.counts.response.shape == (3, 2)
    assert effect.verdict == "not distinguishable"
    assert found.places.balance[0].name == "incidents a zone and year"


def test_comparison_among_named_places_and_without_excluded_ones(ground, whole):
    chosen = [ground.layer.zones.zone_id[area[0]] for area in whole.places.areas]
    without = assess(replace(case_of(), exclude=(chosen[0],)), ground)
    assert ground.layer.zones.zone_id.tolist().index(chosen[0]) not in np.concatenate(without.places.areas)
    points = ground.layer.zones.geometry[np.concatenate(whole.places.areas)[::7]]
    among = assess(replace(case_of(), among=points), ground)
    assert {area[0] for area in among.places.areas} <= set(np.concatenate(whole.places.areas).tolist())


def test_all_themes_together_claim_no_more_than_one_alone():
    def effect(p, ratio=0.5):
        counts = Counts(*(np.array([[99.0, 99.0]]),) * 4, (1.0,) * 4)
        return Effect("t", None, counts, None, "fewer" if p <= 0.05 else "not distinguishable",
                      difference=Difference(99, 0, ratio, 0, 0, 1, p))  # fmt: skip

    verdicts = [one.verdict for one in among_themes([effect(0.03), effect(0.04), effect(0.6)])]
    assert verdicts == ["not distinguishable"] * 3
    verdicts = [one.verdict for one in among_themes([effect(0.03), effect(0.01, 2.0), effect(0.024)])]
    assert verdicts == ["fewer", "more", "fewer"]  # .01 <= .05 / 3, .024 <= .05 / 2, .03 <= .05


def test_too_few_incidents_say_so(ground):
    found = assess(case_of(themes="robbery", hold=None, build=None, end="2024-01"), ground)
    assert found.effects[0].verdict == "too few to say"
    assert "expected" in found.effects[0].why


def test_cells_are_not_compared_across_new_map_points(ground):
    found = assess(case_of(), ground, points_moved={"violence": [FIRST + START + 2], "robbery": [FIRST + 2]})
    assert [one.verdict for one in found.effects] == ["not comparable", "not distinguishable"]
    assert "wards" in found.effects[0].why


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"themes": "burglary"}, ConfigError, "no months of burglary"),
        ({"clear": "2020-06", "hold": "2020-09"}, WindowError, "Only 5 months"),
        ({"exclude": []}, None, ""),
    ],
)
def test_a_case_that_does_not_fit_is_told(ground, change, error, message):
    if error is None:
        assert assess(case_of(**change), ground).effects
        return
    with pytest.raises(error, match=message):
        assess(case_of(**change), ground)


def test_a_place_outside_or_over_most_of_the_study_is_told(ground):
    outside = case_feature()
    outside["geometry"] = {"type": "Polygon", "coordinates": [[[0, 50], [0.1, 50], [0.1, 50.1], [0, 50]]]}
    with pytest.raises(BoundaryError, match="longitude before latitude"):
        assess(case_from_geojson(json.dumps(outside).encode()), ground)
    outside["geometry"] = {"type": "Polygon", "coordinates": [[[1, 54], [2, 54], [2, 55], [1, 55], [1, 54]]]}
    with pytest.raises(BoundaryError, match="nothing is left"):
        assess(case_from_geojson(json.dumps(outside).encode()), ground)
    with pytest.raises(ConfigError, match="name the `layer`"):
        assess(replace(case_of(), shapes=np.empty(0, dtype=object), zones=("E05000026",)), ground)


def test_where_no_other_place_is_alike_there_is_no_comparison(ground):
    cube = ground.cubes["violence"]
    quiet = replace(cube, incidents=np.where(np.isin(cells(), treated())[:, None], cube.incidents, 0))
    found = assess(case_of(themes="violence"), replace(ground, cubes={"violence": quiet}))
    assert found.effects[0].verdict == "no comparison areas"
    assert np.isnan(found.effects[0].smallest)
    assert cube.incidents.shape[1] == MONTHS
