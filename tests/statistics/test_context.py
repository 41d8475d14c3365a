import numpy as np
import pytest

from geo_safety import neighbours
from geo_safety.statistics import context_of
from geo_safety.statistics.rates.context import FEWEST_PLACES, fitted_log_ratio, strata_of

NEAR = neighbours.from_lists([[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4]])  # A - B - C - D - E
RINGS = [NEAR.rings(2), NEAR.rings(3, 4)]


def test_covariates_by_hand():
    # 20 incidents in 5 zones: 4 expected in each.
    values = np.array([1, 0, 9, 2, 8])
    context = context_of(
        values, NEAR, rings=RINGS, boroughs=["X", "X", "X", "Y", "Y"], previous=np.array([5, 0, 0, 0, 5])
    )
    # Ring 2 of A: C (9); rings 3-4: D, E (10); borough X without A and B: C (9); before, in A and B: 5 of 2 a zone.
    assert context[0] == pytest.approx(np.log([10 / 5, 11 / 9, 10 / 5, 6 / 5]))
    # D's borough is D and E, both in its neighbourhood: nothing is known of the rest.
    assert context[3] == pytest.approx(np.log([1 / 5, 2 / 5, 1, 1 / 1]) + np.log([1, 1, 1, 6 / 7]))


def test_the_own_neighbourhood_never_enters():
    values = np.array([1.0, 0, 9, 2, 8])
    moved = np.array([0.0, 1, 9, 2, 8])  # inside A's neighbourhood
    boroughs = ["X"] * 5
    before, after = (context_of(v, NEAR, rings=RINGS, boroughs=boroughs)[0] for v in (values, moved))
    assert before == pytest.approx(after)


def test_other_themes_exposure_and_zones_not_answered_for():
    values = np.array([1, np.nan, 9, 2, 8])
    context = context_of(
        values, NEAR, rings=RINGS, exposure=np.array([1.0, 1, 2, 1, 1]), others=[np.array([4, 4, 4, 4, 4])]
    )
    # Rate 20 / 5 = 4 for each unit of width; C has 2 of them. The other theme: 20 over 6 units.
    assert context[0] == pytest.approx(np.log([10 / 9, 11 / 9, 9 / (2 * 20 / 6 + 1)]))
    assert np.isfinite(context).all()


def test_no_borough_and_an_empty_map_say_nothing():
    assert context_of(np.ones(5), NEAR, rings=[], boroughs=[None] * 5).tolist() == [[0.0]] * 5
    assert context_of(np.zeros(5), NEAR, rings=RINGS).tolist() == [[0.0, 0.0]] * 5
    assert context_of(np.full(5, np.nan), NEAR, rings=RINGS).tolist() == [[0.0, 0.0]] * 5


def test_the_fit_finds_a_planted_log_ratio():
    rng = np.random.default_rng(1)
    covariate = rng.normal(size=5000)
    log_ratio = -0.3 + 0.8 * covariate - 0.2 * covariate**2
    expected = rng.uniform(5, 20, 5000)
    fitted = fitted_log_ratio(rng.poisson(expected * np.exp(log_ratio)), expected, covariate[:, None], dispersion=1)
    assert np.abs(fitted - log_ratio).max() < 0.15
    assert np.abs(fitted - log_ratio).mean() < 0.02


def test_surroundings_that_explain_no_more_than_chance_are_not_used():
    rng = np.random.default_rng(3)
    expected = np.full(3000, 2.0)
    noise = fitted_log_ratio(rng.poisson(expected), expected, rng.normal(size=(3000, 4)), dispersion=1)
    assert not noise.any()
    signal = rng.normal(size=3000)
    assert fitted_log_ratio(rng.poisson(expected * np.exp(signal)), expected, signal[:, None], dispersion=1).any()


def test_constant_and_twin_covariates_do_no_harm():
    rng = np.random.default_rng(2)
    covariate = rng.normal(size=300)
    counts, expected = rng.poisson(3 * np.exp(covariate)), np.full(300, 3.0)
    alone = fitted_log_ratio(counts, expected, covariate[:, None], dispersion=1)
    crowded = fitted_log_ratio(counts, expected, np.stack([covariate, np.ones(300), covariate], axis=1), dispersion=1)
    assert crowded == pytest.approx(alone, abs=0.01)


def test_strata_follow_the_quantiles_and_small_ones_join():
    log_ratio = np.linspace(-2, 2, 10_000)
    strata = strata_of(log_ratio, np.full(10_000, 10.0))
    assert np.bincount(strata).tolist() == pytest.approx(
        [1333, 1334, 1333, 1333, 1334, 1333, 500, 500, 400, 300, 200, 100], abs=2
    )
    assert (np.diff(strata) >= 0).all()
    wards = strata_of(np.linspace(-2, 2, 600), np.full(600, 50.0))
    assert np.bincount(wards).min() >= FEWEST_PLACES
    assert wards.max() >= 4
    assert strata_of(np.linspace(-2, 2, 5000), np.zeros(5000)).max() == 0
    assert strata_of(np.empty(0), np.empty(0)).tolist() == []
