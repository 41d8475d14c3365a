"""Next year's range: drawn series whose next year is known, and what must hold for every series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.forecasting.theta import ThetaModel

from geo_safety.statistics import annual_expectation
from geo_safety.statistics.time.annual_expectation import FEWEST_MONTHS


def drawn(rng, *, series=60, years=11, shock=0.08, mean=(5, 60)):
    """Poisson counts whose level moves each year for all alike and a little for each; the last year is kept apart."""
    level = rng.uniform(*mean, (series, 1))
    common = np.exp(np.cumsum(rng.normal(0, shock, years)))
    own = np.exp(np.cumsum(rng.normal(0, shock / 2, (series, years)), axis=1))
    season = 1 + 0.2 * np.sin(np.arange(12) / 12 * 2 * np.pi)
    monthly = rng.poisson((level * common * own)[:, :, None] * season)
    return monthly[:, :-1].reshape(series, -1).astype(float), monthly[:, -1].sum(axis=1)


def test_ranges_hold_as_many_next_years_as_they_say():
    held = {"theta": [], "same as last year": []}
    told = {"theta": [], "same as last year": []}
    for seed in range(20):
        monthly, truth = drawn(np.random.default_rng(seed))
        for one in annual_expectation(monthly):
            held[one.method].append(((one.low <= truth) & (truth <= one.high)).mean())
            told[one.method].append(one.coverage)
    # Errors of one year go the same way in every series, so single years spread: 20 of them average near 80 %.
    for method, shares in held.items():
        assert np.mean(shares) == pytest.approx(0.8, abs=0.1), method
        assert np.mean(told[method]) == pytest.approx(np.mean(shares), abs=0.1), method


def test_theta_is_the_library_s_for_all_series_together_shared_out():
    monthly, _ = drawn(np.random.default_rng(1), series=5)
    theta = next(one for one in annual_expectation(monthly) if one.method == "theta")
    model = ThetaModel(monthly.sum(axis=0), period=12, deseasonalize=True, use_test=False, method="additive").fit()
    share = monthly[:, -24:].sum(axis=1) / monthly[:, -24:].sum()
    assert theta.expected == pytest.approx(share * model.forecast(12).sum())
    naive = next(one for one in annual_expectation(monthly) if one.method == "same as last year")
    assert naive.expected == pytest.approx(monthly[:, -12:].sum(axis=1))


def test_a_year_like_no_other_is_told_by_the_lowest_coverage():
    monthly, _ = drawn(np.random.default_rng(3), shock=0.0)
    monthly[:, -24:-12] = np.floor(monthly[:, -24:-12] / 3)
    one, _ = annual_expectation(monthly)
    assert one.coverage_lowest < 0.2 < one.coverage
    assert one.years == 8


def test_the_better_method_comes_first():
    rising = np.random.default_rng(1).poisson(np.linspace(20, 120, 120) * np.ones((30, 1))).astype(float)
    first, second = annual_expectation(rising)
    assert (first.method, second.method) == ("theta", "same as last year")
    assert first.score < second.score
    assert (first.expected > rising[:, -12:].sum(axis=1)).mean() > 0.9


def test_short_series_are_refused():
    with pytest.raises(ValueError, match="59 months are too few: 60 in a row"):
        annual_expectation(np.ones((3, FEWEST_MONTHS - 1)))


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.sampled_from([60, 71, 96]), st.sampled_from([0.0, 0.1, 40.0]))
def test_ranges_are_finite_hold_their_middle_and_never_go_below_zero(seed, series, months, mean):
    monthly = np.random.default_rng(seed).poisson(mean, (series, months)).astype(float)
    for one in annual_expectation(monthly):
        assert np.isfinite([one.expected, one.low, one.high]).all()
        assert (one.low >= 0).all()
        assert (one.low <= one.expected).all()
        assert (one.expected <= one.high).all()
        assert 0 <= one.coverage_lowest <= one.coverage <= 1
