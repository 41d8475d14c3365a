import warnings
from itertools import permutations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo_safety.statistics import mann_kendall, seasonal_mann_kendall, sen_slope

COUNTS = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=12), elements=st.integers(0, 6)
)


def by_pymannkendall(test, *arguments, **options):
    import pymannkendall

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own news
        return getattr(pymannkendall, test)(*arguments, **options)


def test_mann_kendall_with_ties_matches_hand_calculation():
    # 1 3 3 2: rises 1-3, 1-3, 1-2; falls 3-2, 3-2; one tie. S = 1.
    # Variance (Kendall 1975, with ties): [4 x 3 x 13 - 2 x 1 x 9] / 18 = 138 / 18. z = (1 - 1) / ... = 0.
    trend = mann_kendall([1, 3, 3, 2])
    assert (trend.s, trend.z, trend.p, trend.n) == (1, 0, 1, 4)
    assert trend.variance == pytest.approx(138 / 18)
    assert trend.tau == pytest.approx(1 / 6)


# Flow of the Nile at Aswan, 1871 to 1970 (Cobb 1978, Biometrika 65), with 15 ties: R's own data set.
NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
    1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
    831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
    781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
    744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip


def test_mann_kendall_of_the_nile_is_what_r_prints():
    # R 4.2.2: cor.test(1:100, Nile, method = "kendall", exact = FALSE, continuity = TRUE), z -4.128066523,
    # p 3.658262922e-05; median of all pairs' slopes -2.6. Its tau is Kendall's tau-b, which takes ties off.
    trend = mann_kendall(NILE)
    assert len(NILE) - len(set(NILE)) == 15
    assert (trend.z, trend.p) == pytest.approx((-4.128066523, 3.658262922e-05), rel=1e-9)
    assert sen_slope(NILE) == -2.6


def test_variance_with_ties_is_that_of_all_orders():
    # The formula with ties is exact: S over all 720 orders of these six values.
    values = (0, 0, 0, 1, 1, 5)
    s = np.array([mann_kendall(order).s for order in set(permutations(values))])  # each order equally often
    assert s.mean() == 0
    assert mann_kendall(values).variance == pytest.approx((s**2).mean())


@pytest.mark.parametrize("mean", [0.2, 2.0, 200.0])
def test_agrees_with_pymannkendall_with_many_ties_and_gaps(mean):
    rng = np.random.default_rng(4)
    series = rng.poisson(mean, (40, 25)).astype(float)
    series[rng.random(series.shape) < 0.1] = np.nan
    series = series[np.nanstd(series, axis=1) > 0]
    trend, slope = mann_kendall(series), sen_slope(series)
    for row, values in enumerate(series):
        theirs = by_pymannkendall("original_test", values)
        assert (trend.s[row], trend.variance[row]) == pytest.approx((theirs.s, theirs.var_s))
        assert (trend.z[row], trend.p[row], trend.tau[row]) == pytest.approx((theirs.z, theirs.p, theirs.Tau))
    # Theirs drops gaps and closes the ranks in time before the slope is taken: comparable only without gaps.
    whole = np.flatnonzero(~np.isnan(series).any(axis=1))
    assert len(whole)
    for row in whole:
        assert slope[row] == pytest.approx(by_pymannkendall("original_test", series[row]).slope)


@pytest.mark.parametrize("steps", [36, 41])
def test_seasonal_agrees_with_pymannkendall_also_in_an_incomplete_year(steps):
    rng = np.random.default_rng(5)
    season = 4 + 3 * np.sin(np.arange(steps) * np.pi / 6)
    series = rng.poisson(season + np.linspace(0, 2, steps), (30, steps)).astype(float)
    trend, slope = seasonal_mann_kendall(series, period=12), sen_slope(series, period=12)
    for row, values in enumerate(series):
        theirs = by_pymannkendall("seasonal_test", values, period=12)
        assert (trend.s[row], trend.variance[row]) == pytest.approx((theirs.s, theirs.var_s))
        assert (trend.z[row], trend.p[row], trend.tau[row]) == pytest.approx((theirs.z, theirs.p, theirs.Tau))
        assert slope[row] == pytest.approx(theirs.slope / 12)  # theirs per year, ours per step


def test_a_season_is_no_trend():
    winters = np.tile([9.0, 1.0, 1.0, 5.0], 6)
    assert abs(seasonal_mann_kendall(winters + np.arange(24) * 0, period=4).s) == 0
    assert np.isnan(seasonal_mann_kendall(winters, period=4).z)  # each season is constant
    assert seasonal_mann_kendall(winters + np.arange(24) // 4 * 0.1, period=4).p < 1e-6


def test_random_series_are_found_at_the_stated_rate():
    # 5 % of 4,000 with sd 0.34 points; the continuity correction makes the test a little careful.
    for mean, steps in ((0.3, 12), (3.0, 12), (3.0, 36)):
        p = mann_kendall(np.random.default_rng(6).poisson(mean, (4000, steps))).p
        assert 0.02 < np.mean(p[~np.isnan(p)] <= 0.05) < 0.062


def test_a_constant_or_short_series_has_no_trend_never_an_infinite_one():
    series = [[3, 3, 3, 3], [np.nan] * 4, [1, np.nan, np.nan, 2], [np.nan, 1, 2, 3]]
    trend = mann_kendall(series)
    assert (
        np.isnan(trend.z).tolist() == np.isnan(trend.p).tolist() == np.isnan(trend.tau).tolist() == [True] * 3 + [False]
    )
    assert trend.n.tolist() == [4, 0, 2, 3]
    assert sen_slope(series).tolist() == pytest.approx([0, np.nan, 1 / 3, 1], nan_ok=True)


def test_gaps_keep_their_place_in_time():
    assert sen_slope([0, np.nan, np.nan, 6]) == 2
    assert mann_kendall([0, np.nan, 1, 2]).s == mann_kendall([0, 1, 2]).s


def test_chunks_do_not_show():
    series = np.random.default_rng(7).poisson(2, (5_000, 9))
    whole, slope = mann_kendall(series), sen_slope(series)
    alone = mann_kendall(series[4_321])
    assert (whole.s[4_321], whole.z[4_321], slope[4_321]) == (alone.s, alone.z, sen_slope(series[4_321]))


@settings(max_examples=60, deadline=None)
@given(COUNTS, st.integers(1, 5), st.integers(-3, 3))
def test_scale_and_level_do_not_matter_and_time_reversed_turns_the_sign(series, scale, level):
    trend, moved, back = mann_kendall(series), mann_kendall(series * scale + level), mann_kendall(series[:, ::-1])
    assert np.array_equal(trend.z, moved.z, equal_nan=True)
    assert np.array_equal(trend.z, -back.z, equal_nan=True)
    assert sen_slope(series * scale + level) == pytest.approx(scale * sen_slope(series))
    assert not np.isinf(trend.z).any()


@settings(max_examples=30, deadline=None)
@given(COUNTS, st.randoms(use_true_random=False))
def test_shuffled_zones_give_shuffled_trends(series, random):
    order = list(range(len(series)))
    random.shuffle(order)
    assert np.array_equal(mann_kendall(series).z[order], mann_kendall(series[order]).z, equal_nan=True)
    assert np.array_equal(sen_slope(series)[order], sen_slope(series[order]))


def test_the_remedy_is_named():
    with pytest.raises(ValueError, match="use `mann_kendall`"):
        seasonal_mann_kendall([1, 2, 3], period=1)
    with pytest.raises(ValueError, match="one row a zone"):
        mann_kendall(np.zeros((2, 2, 2)))


def test_hand_example_of_the_normal_score():
    assert mann_kendall([1, 3, 2, 4, 5]).z == pytest.approx(7 / sqrt(50 / 3))
