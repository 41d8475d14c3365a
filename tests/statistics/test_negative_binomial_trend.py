import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import negative_binomial_trend


def drawn(mean, dispersion, seed):
    return np.random.default_rng(seed).negative_binomial(mean / (dispersion - 1), 1 / dispersion)


@pytest.mark.parametrize("steps_per_year", [4, 12])
@pytest.mark.parametrize("mean", [0.3, 3.0])
def test_intervals_cover_the_truth_at_their_rate(mean, steps_per_year):
    years = np.arange(3 * steps_per_year) / steps_per_year
    rate = mean * 12 / steps_per_year * 1.15 ** (years - years.mean())
    counts = drawn(np.broadcast_to(rate, (3000, len(years))), 1.5, 1)
    for given_dispersion in (None, 1.5):
        trend = negative_binomial_trend(counts, steps_per_year=steps_per_year, dispersion=given_dispersion)
        told = ~np.isnan(trend.change)
        assert told.mean() > 0.99
        assert 0.935 < np.mean((trend.low <= 0.15) & (trend.high >= 0.15), where=told) < 0.985


def test_p_values_hold_their_rate_where_nothing_changes():
    trend = negative_binomial_trend(drawn(np.full((3000, 36), 2.0), 1.5, 2), steps_per_year=12)
    assert 0.03 < np.mean(trend.p <= 0.05) < 0.065


def test_the_fit_satisfies_the_likelihood_equations_of_a_poisson_regression():
    # Score equations: sum (c - mu) = 0 and sum (c - mu) t = 0 (McCullagh & Nelder 1989, section 2.5).
    counts = np.array([3.0, 0, 7, 4, np.nan, 9, 12, 8])
    expected = np.array([30.0, 28, 31, 30, 31, 30, 31, 31])
    trend = negative_binomial_trend(counts, steps_per_year=4, expected=expected)
    t, known = np.arange(8) / 4, ~np.isnan(counts)
    mu = expected * (1 + trend.change) ** t
    mu *= counts[known].sum() / mu[known].sum()
    assert ((counts - mu) * t)[known].sum() == pytest.approx(0, abs=1e-9)
    assert trend.dispersion == pytest.approx(max(1, ((counts - mu) ** 2 / mu)[known].sum() / 5))


def test_a_season_in_the_expected_counts_is_no_trend():
    season = np.tile([10.0, 20, 40, 20], 3)
    trend = negative_binomial_trend(season * 3, steps_per_year=4, expected=season)
    assert trend.change == pytest.approx(0, abs=1e-12)
    assert negative_binomial_trend(season[:7], steps_per_year=4).change > 0.1


def test_where_any_slope_would_do_none_is_told():
    rows = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 9], [9, 0, 0, 0, 0], [4, np.nan, np.nan, 5, 6], [0, 0, 3, 0, 0]]
    trend = negative_binomial_trend(rows, steps_per_year=1)
    assert np.isnan(trend.change).tolist() == [True, True, True, True, False]
    assert np.isfinite([trend.change[4], trend.low[4], trend.high[4], trend.p[4]]).all()
    assert trend.change[4] == pytest.approx(0)


def test_steep_slopes_are_reached():
    tenfold = negative_binomial_trend([1, 10, 100, 1_000, 10_000], steps_per_year=1)
    assert tenfold.change == pytest.approx(9)
    late = negative_binomial_trend([0, 0, 0, 0, 1, 10_000], steps_per_year=1, dispersion=1)
    assert late.change == pytest.approx(10_000, rel=1e-3)
    assert negative_binomial_trend([10_000, 1, 0, 0, 0, 0], steps_per_year=1, dispersion=1).change < -0.999


def test_an_interval_without_bounds_is_no_answer():
    assert np.isnan(negative_binomial_trend([1, 0, 0, 0, 0, 10_000], steps_per_year=12).high)


def test_below_zero_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match="use `sen_slope`"):
        negative_binomial_trend([1, -1, 2, 3], steps_per_year=12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=5, max_size=15), st.integers(2, 5), st.floats(0.1, 10))
def test_scale_does_not_change_the_slope_and_expected_counts_may_have_any_unit(counts, scale, unit):
    one = negative_binomial_trend(counts, steps_per_year=4)
    more = negative_binomial_trend(np.multiply(counts, scale), steps_per_year=4)
    same = negative_binomial_trend(counts, steps_per_year=4, expected=np.full(len(counts), unit))
    assert (more.change, same.change) == pytest.approx((one.change, one.change), rel=1e-6, abs=1e-9, nan_ok=True)
    assert not np.isinf([one.change, one.low, one.p]).any()
