import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from geo_safety.statistics import next_probability, posterior

RNG = np.random.default_rng(20)
COUNTS = RNG.poisson(np.exp(RNG.normal(2, 0.9, 800))).astype(float)
TODAY = posterior(COUNTS, np.ones(800), dispersion=1.4)


def test_without_drift_it_is_todays_probability():
    for level in (1.0, 2.71, 3.0):
        assert next_probability(TODAY, level=level, sigma2=0) == pytest.approx(TODAY.probability(level), abs=1e-12)


def test_small_drifts_lead_there_without_a_jump():
    today = TODAY.probability(3.0)
    gaps = [np.abs(next_probability(TODAY, level=3.0, sigma2=s) - today).max() for s in (1e-3, 1e-4, 1e-6, 1e-9)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-4


def test_same_answer_as_summing_over_a_fine_grid():
    sigma2 = 0.08
    part = TODAY.parts[0]
    logs, prior = TODAY.prior_grid.middles, TODAY.prior
    middle = (prior * logs).sum()
    keep = 1 - sigma2 / (2 * (prior * (logs - middle) ** 2).sum())
    inside = (np.arange(400) + 0.5) / 400 - 0.5
    fine = part.grid.middles[:, None] + part.grid.step * inside
    tail = norm.sf(np.log(3.0), middle + keep * (fine - middle), np.sqrt(sigma2)).mean(axis=1)
    expected = (part.weights @ tail)[part.rows]
    assert next_probability(TODAY, level=3.0, sigma2=sigma2)[part.zones] == pytest.approx(expected, abs=1e-6)


def test_the_map_as_a_whole_stays_as_it_is():
    # Places fall back, others take their place: as many are above the level as before, to a few per cent.
    for level in (2.0, 3.0):
        after = next_probability(TODAY, level=level, sigma2=0.08).sum()
        assert after == pytest.approx(TODAY.probability(level).sum(), rel=0.06)


@given(st.floats(0.2, 20), st.floats(1.01, 3), st.floats(0, 1))
def test_it_falls_with_the_level_and_stays_a_probability(level, factor, sigma2):
    lower, higher = (next_probability(TODAY, level=a, sigma2=sigma2) for a in (level, factor * level))
    assert (lower >= higher - 1e-9).all()
    assert (higher >= 0).all()
    assert (lower <= 1).all()


def test_places_without_an_answer_and_maps_without_incidents():
    found = next_probability(posterior([5, np.nan, 9], np.ones(3), dispersion=1), level=2, sigma2=0.1)
    assert np.isnan(found).tolist() == [False, True, False]
    assert next_probability(posterior([0, 0], [1, 1], dispersion=1), level=2, sigma2=0.1).tolist() == [0, 0]


def test_large_counts_are_judged_on_fine_bins_too():
    busy = posterior(np.r_[np.full(200, 300.0), np.full(30, 3000.0)], np.ones(230), dispersion=1.2)
    assert len(busy.parts) == 2
    assert next_probability(busy, level=3, sigma2=0) == pytest.approx(busy.probability(3), abs=1e-12)


def test_wrong_input_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"as `drift\(\.\.\.\)\.sigma2` does"):
        next_probability(TODAY, level=3, sigma2=-0.1)
    with pytest.raises(ValueError, match="give a positive number"):
        next_probability(TODAY, level=0, sigma2=0.1)
