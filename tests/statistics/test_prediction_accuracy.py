import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import prediction_accuracy, s_index

CITY = np.array([40, 20, 10, 10, 5, 5, 5, 5, 0, 0])  # ten zones alike, 100 later incidents


@pytest.mark.parametrize(
    ("flagged", "hit_rate", "area_share", "pai", "pei"),
    [
        # PAI as Chainey, Tompson & Uhlig (2008) define it: 20 % of later crimes in 10 % of the area is 2, and a quarter of
        # them in half of the area 0.5. PEI (Hunt 2016): against the best zones of the same number, 40, then 85.
        ([1], 0.2, 0.1, 2, 20 / 40),
        ([4, 5, 6, 7, 8], 0.2, 0.5, 0.4, 20 / 85),
        ([0, 1], 0.6, 0.2, 3, 1),
        (range(10), 1, 1, 1, 1),
    ],
)
def test_pai_and_pei_match_hand_calculation(flagged, hit_rate, area_share, pai, pei):
    found = prediction_accuracy(np.isin(np.arange(10), list(flagged)), CITY)
    assert (found.hit_rate, found.area_share, found.pai, found.pei) == pytest.approx((hit_rate, area_share, pai, pei))
    assert np.isnan(found.rri)


@pytest.mark.parametrize(("first", "pai"), [(1, 2.0), (2, 1.5), (3, 1.0)])
def test_pai_and_pei_match_the_authors_package(first, pai):
    # Wheeler, R package ptools, tests/testthat/test-pai.R: 6, 3 and 0 crimes in three areas alike, ranked rightly. (Its RRI
    # is predicted over observed, another index than Levine's.)
    found = prediction_accuracy(np.arange(3) < first, [6, 3, 0])
    assert (found.pai, found.pei) == pytest.approx((pai, 1.0))


def test_half_of_the_area_with_a_quarter_of_the_crimes_is_a_half():
    # The paper's own reading of the index (Chainey, Tompson & Uhlig 2008), with 20 % in 10 % above.
    assert prediction_accuracy([True, False], [25, 75]).pai == pytest.approx(0.5)


def test_unequal_areas_and_the_best_choice_of_the_same_area():
    # Flagged: 2 km2 with 10 of 30. Best 2 km2: the 1 km2 zone with 12, then 1 of the 3 km2 with 8.
    found = prediction_accuracy([True, False, False], [10, 12, 8], area=[2, 1, 3])
    assert found.pai == pytest.approx((10 / 30) / (2 / 6))
    assert found.pei == pytest.approx(10 / (12 + 5))  # the second best km2 is half of the flagged zone itself


def test_recapture_rate_matches_hand_calculation():
    # Levine (2008): hotspots went from 50 to 40, the city from 100 to 200: (40 / 50) / (200 / 100).
    assert prediction_accuracy([True, False], [40, 160], earlier=[50, 50]).rri == pytest.approx(0.4)


def test_undefined_is_nan():
    assert np.isnan(prediction_accuracy([True, False], [0, 0]).pai)
    nothing = prediction_accuracy([False, False], [1, 2])
    assert (nothing.hit_rate, nothing.area_share) == (0, 0)
    assert np.isnan([nothing.pai, nothing.pei]).all()
    assert prediction_accuracy([True, False, True], [1, 3, np.nan]).hit_rate == pytest.approx(0.25)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(1, 5)), min_size=2, max_size=12), st.integers(2, 5)
)
def test_no_choice_beats_the_best_one_and_units_do_not_matter(zones, unit):
    flagged, later, area = (np.array(column) for column in zip(*zones, strict=True))
    found = prediction_accuracy(flagged, later, area=area)
    scaled = prediction_accuracy(flagged, later * unit, area=area * unit)
    assert (found.pai, found.pei) == pytest.approx((scaled.pai, scaled.pei), nan_ok=True)
    if not np.isnan(found.pei):
        assert 0 <= found.pei <= 1 + 1e-12


def test_s_index_matches_the_example_of_the_r_package():
    # Steenbeek et al., package sppt, README: 8 points against 9 in six areas, globalS .8333333, area 2 is -1; their
    # samples of 85 % hold 8 of the 9 points, intervals 12.5-25 % and 0-12.5 %.
    found = s_index([2, 2, 2, 1, 0, 1], [2, 1, 2, 2, 1, 1])
    assert (found.s, found.s_robust) == pytest.approx((0.8333333, 0.8333333))
    assert found.direction.tolist() == [0, -1, 0, 0, 0, 0]


def test_s_index_interval_is_that_of_many_samples():
    rng = np.random.default_rng(2)
    base, test = rng.poisson(6, 60), rng.poisson(6, 60)
    events = np.repeat(np.arange(60), test)
    drawn = round(0.85 * len(events))
    samples = np.array([np.bincount(rng.permutation(events)[:drawn], minlength=60) for _ in range(4000)]) / drawn
    low, high = np.quantile(samples, [0.025, 0.975], axis=0, method="inverted_cdf")
    share = base / base.sum()
    sampled = np.where(share > high + 1e-9, -1, np.where(share < low - 1e-9, 1, 0))
    assert np.mean(s_index(base, test).direction == sampled) >= 58 / 60  # an end may fall the other way by chance


def test_empty_zones_flatter_s_but_not_the_robust_one():
    base, test = [9, 0] + [0] * 8, [0, 9] + [0] * 8
    found = s_index(base, test)
    assert (found.s, found.s_robust) == pytest.approx((0.8, 0))
    assert found.direction.tolist() == [-1, 1] + [0] * 8
    assert np.isnan(s_index([0, 0], [1, 2]).s)
    assert s_index([*base, np.nan], [*test, 3]).s == found.s


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=12))
def test_a_pattern_is_like_itself(counts):
    if sum(counts) > 1:
        assert s_index(counts, counts).s == 1


def test_the_remedy_is_named():
    with pytest.raises(ValueError, match="the same zones"):
        prediction_accuracy([True], [1, 2])
    with pytest.raises(ValueError, match="leave such zones out"):
        prediction_accuracy([True, False], [1, 2], area=[0, 1])
    with pytest.raises(ValueError, match="not rates or harm"):
        s_index([0.5], [1])
    with pytest.raises(ValueError, match=r"such as 0\.85"):
        s_index([1], [1], sampled=1)
    with pytest.raises(ValueError, match="the same zones"):
        s_index([1], [1, 2])
