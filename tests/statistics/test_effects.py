"""Difference in differences, its check before, minimum detectable change, bootstrap intervals and the control chart."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from geo_safety.statistics import (
    control_chart,
    difference_in_differences,
    displacement_intervals,
    minimum_detectable_change,
    pre_trend,
    weighted_displacement_difference,
)

COUNT = st.integers(5, 500)


def counts_around(rng, mean, dispersion):
    extra = dispersion - 1
    return rng.poisson(rng.standard_gamma(np.asarray(mean, float) / extra) * extra)


def test_difference_by_hand():
    # 400 -> 300 against 1000 -> 900: expected 360; log ratio log(.75 / .9); variance 1/400 + 1/300 + 1/1000 + 1/900.
    found = difference_in_differences((400, 300), (1000, 900))
    error = sqrt(1 / 400 + 1 / 300 + 1 / 1000 + 1 / 900)
    assert (found.expected, found.fewer) == pytest.approx((360, 60))
    assert found.ratio == pytest.approx(0.75 / 0.9)
    assert found.error == pytest.approx(error)
    assert (found.low, found.high) == pytest.approx(
        (exp(log(found.ratio) - 1.959964 * error), exp(log(found.ratio) + 1.959964 * error))
    )
    assert found.p == pytest.approx(2 * norm.sf(abs(log(found.ratio)) / error))


def test_drift_counts_each_place_and_area_by_its_share():
    plain = difference_in_differences((400, 300), [(600, 500), (400, 400)], dispersion=1.5)
    drifting = difference_in_differences((400, 300), [(600, 500), (400, 400)], dispersion=1.5, drift=0.04)
    assert drifting.error**2 - plain.error**2 == pytest.approx(0.04 * (1 + 0.6**2 + 0.4**2))
    of_two = difference_in_differences([(100, 80), (300, 220)], [(600, 500), (400, 400)], dispersion=1.5, drift=0.04)
    assert of_two.ratio == pytest.approx(drifting.ratio)
    assert of_two.error**2 - plain.error**2 == pytest.approx(0.04 * (0.25**2 + 0.75**2 + 0.6**2 + 0.4**2))


def test_it_is_the_poisson_regression_with_an_effect_for_each_area_and_month():
    rng = np.random.default_rng(3)
    counts = rng.poisson(20 * rng.gamma(5, 0.2, 5)[:, None] * rng.gamma(20, 0.05, 12), (5, 12)).astype(float)
    treated = np.zeros((5, 12))
    treated[0, 8:] = 1

    def against_the_likelihood(parameters):
        rows, months, effect = parameters[:5], np.concatenate(([0], parameters[5:16])), parameters[16]
        mean = np.exp(rows[:, None] + months + effect * treated)
        gap = mean - counts
        slope = np.concatenate((gap.sum(axis=1), gap.sum(axis=0)[1:], [(gap * treated).sum()]))
        return float((mean - counts * np.log(mean)).sum()), slope

    start = np.concatenate((np.log(counts.mean(axis=1)), np.zeros(12)))
    fitted = minimize(against_the_likelihood, start, jac=True, method="BFGS", options={"gtol": 1e-7}).x[-1]
    before_after = np.column_stack((counts[:, :8].sum(axis=1), counts[:, 8:].sum(axis=1)))
    assert log(difference_in_differences(before_after[0], before_after[1:]).ratio) == pytest.approx(fitted, abs=1e-5)


def test_zeros_give_wide_answers_and_nothing_gives_none():
    found = difference_in_differences((40, 0), (400, 380))
    assert 0 < found.ratio < 0.1
    assert found.fewer == pytest.approx(38)
    assert np.isnan(difference_in_differences((0, 0), (400, 380)).p)
    assert np.isnan(difference_in_differences((40, 30), (0, 10)).p)


@settings(max_examples=60, deadline=None)
@given(COUNT, COUNT, COUNT, COUNT, st.integers(2, 9))
def test_a_change_that_is_common_cancels_and_time_reversed_turns_it(a, b, c, d, times):
    found = difference_in_differences((a, b), (c, d))
    longer = difference_in_differences((a, b * times), (c, d * times))
    assert longer.ratio == pytest.approx(found.ratio)
    assert difference_in_differences((b, a), (d, c)).ratio == pytest.approx(1 / found.ratio)


def test_intervals_cover_and_no_effect_is_claimed_as_rarely_as_stated():
    rng = np.random.default_rng(8)
    covered, claimed = [], []
    for _ in range(3000):
        walk = np.exp(rng.normal(0, 0.15, 9))
        own = counts_around(rng, [120, 120 * 0.7 * walk[0]], 1.4)
        others = np.column_stack((counts_around(rng, [120] * 8, 1.4), counts_around(rng, 120 * walk[1:], 1.4)))
        found = difference_in_differences(own, others, dispersion=1.4, drift=0.15**2)
        covered.append(found.low <= 0.7 <= found.high)
        none = difference_in_differences(
            (own[0], counts_around(rng, 120 * walk[0], 1.4)), others, dispersion=1.4, drift=0.15**2
        )
        claimed.append(none.p <= 0.05)
    assert 0.93 < np.mean(covered) < 0.97  # sd 0.4 points
    assert np.mean(claimed) < 0.062


def test_the_check_before_finds_a_steady_trend_and_no_other():
    flat = pre_trend([50] * 8, [500, 600, 550, 500, 520, 480, 510, 530], steps_per_year=4)
    assert flat.p > 0.5
    falling = pre_trend([100, 90, 81, 72.9], [500] * 4, steps_per_year=1)
    assert falling.change == pytest.approx(-0.1, abs=1e-6)
    rng = np.random.default_rng(2)
    claims = [
        pre_trend(
            counts_around(rng, [60] * 8, 1.4), counts_around(rng, [600] * 8, 1.4), steps_per_year=4, dispersion=1.4
        ).p
        for _ in range(2000)
    ]
    assert np.mean(np.array(claims) <= 0.05) < 0.062
    assert np.isnan(pre_trend([5, 5, 5], [9, 9, 9], steps_per_year=4).p)
    assert np.isnan(pre_trend([0] * 8, [9] * 8, steps_per_year=4).p)
    assert pre_trend([1] + [0] * 11, [3] * 12, steps_per_year=12).high == np.inf  # one incident says nothing
    assert pre_trend([50] * 8, [500] * 8, steps_per_year=4, drift=0.01).high > flat.high > 0


def test_the_smallest_change_is_found_four_times_in_five():
    rng = np.random.default_rng(4)
    smallest = minimum_detectable_change(150, [150] * 8, dispersion=1.4)
    found = []
    for _ in range(2000):
        own = counts_around(rng, [150, 150 * (1 - smallest)], 1.4)
        others = counts_around(rng, np.full((8, 2), 150.0), 1.4)
        found.append(difference_in_differences(own, others, dispersion=1.4).p <= 0.05)
    assert 0.77 < np.mean(found) < 0.84
    assert minimum_detectable_change(300, [300] * 8, dispersion=1.4) < smallest
    assert minimum_detectable_change(150, [150] * 8, dispersion=1.4, drift=0.02) > smallest
    assert minimum_detectable_change(150, [150] * 8, period_lengths=(12, 24), dispersion=1.4) < smallest
    assert np.isnan([minimum_detectable_change(0, [9]), minimum_detectable_change(5, [5] * 10)]).all()


def test_bootstrap_intervals_are_those_of_the_published_variance_for_poisson_counts():
    counts = (207, 110), (308, 318), (178, 157), (150, 140)  # Wheeler & Ratcliffe (2018)
    published = weighted_displacement_difference(*counts)
    found = displacement_intervals(*counts, draws=20_000)
    assert found.total == pytest.approx((published.low, published.high), abs=4)
    local = weighted_displacement_difference(*counts[:2])
    assert found.local == pytest.approx((local.low, local.high), abs=4)
    assert found.local[0] < -107 < found.local[1]
    drifting = displacement_intervals(*counts, drift=(0.04, 0.04), draws=4000)
    assert drifting.total[1] - drifting.total[0] > found.total[1] - found.total[0]
    assert displacement_intervals(*counts, seed=1) == displacement_intervals(*counts, seed=1)


def test_the_quotient_has_an_interval_only_where_there_was_a_gain():
    sure = displacement_intervals((600, 300), (600, 600), (600, 660), (600, 600))
    assert sure.quotient[0] < -0.2 < sure.quotient[1]
    assert sure.net_effect[0] < 0.5 < sure.net_effect[1]
    unsure = displacement_intervals((100, 98), (100, 100), (100, 100), (100, 100))
    assert np.isnan(unsure.quotient).all()
    assert np.isfinite(unsure.total).all()


def test_areas_and_periods_of_other_sizes_are_brought_to_those_of_the_place():
    one = displacement_intervals((200, 100), (400, 400), (300, 300), (600, 600), area_sizes=(1, 2, 1, 2), draws=8000)
    two = displacement_intervals((200, 100), [(200, 200)] * 2, (300, 300), [(300, 300)] * 2, draws=8000)
    assert one.local == pytest.approx(two.local, abs=4)
    longer = displacement_intervals((400, 100), (400, 200), (600, 300), (600, 300), period_lengths=(24, 12), draws=8000)
    assert np.mean(longer.local) == pytest.approx(-100, abs=4)


@pytest.mark.parametrize(("base", "months", "dispersion"), [(100, 6, 1.4), (30, 6, 1.4), (20, 3, 1.5)])
def test_a_place_that_keeps_its_level_gives_false_alarms_as_rarely_as_stated(base, months, dispersion):
    rng = np.random.default_rng(5)
    rate, alarms = base / months, []
    for seed in range(300):
        held = counts_around(rng, [base, 10 * base], dispersion)
        own, others = counts_around(rng, [rate] * 12, dispersion), counts_around(rng, [10 * rate] * 12, dispersion)
        chart = control_chart((max(held[0], 1), held[1]), own, others, dispersion=dispersion, draws=2000, seed=seed)
        alarms.append(chart.first_signal is not None)
    assert np.mean(alarms) < 0.05 + 2.6 * sqrt(0.05 * 0.95 / 300)
    assert np.mean(alarms) > 0.01  # a chart that never speaks would pass, too


def test_a_return_is_found_and_a_signal_stays():
    rng = np.random.default_rng(6)
    found = 0
    for seed in range(60):
        held = counts_around(rng, [100, 1000], 1.4)
        own, others = counts_around(rng, [33] * 12, 1.4), counts_around(rng, [167] * 12, 1.4)
        found += control_chart(tuple(held), own, others, dispersion=1.4, draws=1000, seed=seed).first_signal is not None
    assert found >= 57
    months = [10] * 6 + [20] * 6
    whole = control_chart((60, 600), months, [100] * 12)
    for upto in range(1, 13):
        part = control_chart((60, 600), months[:upto], [100] * upto)
        assert part.limit.tolist() == whole.limit[:upto].tolist()
        assert part.score.tolist() == whole.score[:upto].tolist()


def test_drift_widens_the_limits_and_a_gap_says_nothing():
    plain = control_chart((60, 600), [10] * 12, [100] * 12, draws=4000)
    drifting = control_chart((60, 600), [10] * 12, [100] * 12, drift=0.04, draws=4000)
    assert (drifting.limit[1:] >= plain.limit[1:]).all()
    assert drifting.limit[-1] > plain.limit[-1]
    gap = control_chart((60, 600), [10, np.nan, 10], [100, np.nan, 100], draws=1000)
    assert np.isnan(gap.expected[1])
    assert gap.score[1] == gap.score[0]
    assert not gap.is_signal[1]


def test_remedies_are_named():
    with pytest.raises(ValueError, match="whole in every area"):
        difference_in_differences((1, -1), (1, 1))
    with pytest.raises(ValueError, match="one count a step"):
        pre_trend([1, 2, 3, 4], [1, 2, 3], steps_per_year=4)
    with pytest.raises(ValueError, match="whole periods"):
        minimum_detectable_change(-1, [1])
    with pytest.raises(ValueError, match="between 0 and 1"):
        minimum_detectable_change(1, [1], power=1)
    with pytest.raises(ValueError, match="a row an area"):
        displacement_intervals((1, 2, 3), (1, 1), (1, 1), (1, 1))
    with pytest.raises(ValueError, match="no level to hold"):
        control_chart((0, 10), [1], [1])
    with pytest.raises(ValueError, match="one count a month"):
        control_chart((5, 10), [1, 2], [1])
