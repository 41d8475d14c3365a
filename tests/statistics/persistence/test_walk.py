import itertools

import numpy as np
import pytest
from scipy.stats import nbinom

from geo_safety.statistics.rates.persistence.walk import (
    count_likelihood,
    draw_paths,
    reversible_walk,
    uniforms_of,
)
from geo_safety.statistics.rates.prior import RateGrid, rate_grid

GRID = rate_grid(1.0)
PRIOR = np.exp(-0.5 * ((GRID.middles + 0.3) / 0.8) ** 2)
PRIOR /= PRIOR.sum()


def matrix(walk):
    """Probability to go from each bin (row) to each bin (column)."""
    bins, reach = len(walk.start), walk.reach
    full = np.zeros((bins, bins))
    for to, d in itertools.product(range(bins), range(2 * reach + 1)):
        if 0 <= to + d - reach < bins:
            full[to + d - reach, to] = walk.into[to, d]
        else:
            assert walk.into[to, d] == 0
    return full


@pytest.mark.parametrize("variance", [1e-4, 1e-3, 0.03, 0.3])
def test_the_walk_keeps_the_prior_and_is_reversible(variance):
    walk = reversible_walk(GRID, PRIOR, variance=variance)
    step = matrix(walk)
    assert step.sum(axis=1) == pytest.approx(np.ones(len(PRIOR)))
    assert walk.start @ step == pytest.approx(walk.start, abs=1e-15)
    flow = walk.start[:, None] * step
    assert flow == pytest.approx(flow.T, abs=1e-16)


@pytest.mark.parametrize("variance", [1e-4, 7e-4, 9e-4, 0.03])
def test_steps_have_the_variance_asked_for_where_all_rates_are_alike(variance):
    step = matrix(reversible_walk(GRID, np.ones(240), variance=variance))[120]
    assert step @ GRID.middles == pytest.approx(GRID.middles[120])
    assert step @ (GRID.middles - GRID.middles[120]) ** 2 == pytest.approx(variance, rel=2e-3)


def test_rates_that_the_prior_rules_out_are_never_entered():
    prior = np.where(GRID.middles < 0, PRIOR, 0.0)
    step = matrix(reversible_walk(GRID, prior, variance=0.03))
    assert step[GRID.middles < 0][:, GRID.middles >= 0].max() < 1e-200


def test_likelihood_is_scipys_negative_binomial():
    counts, expected, phi, kappa = np.array([0.0, 7.0, 7.0, 40.0]), np.array([2.0, 2.0, 5.0, 5.0]), 1.4, 0.02
    mu = expected[:, None] * GRID.rates
    variance = phi * mu + kappa * mu**2
    pmf = nbinom.pmf(counts[:, None], mu**2 / (variance - mu), mu / variance)
    found = count_likelihood(counts, expected, GRID, dispersion=phi, swing=kappa)
    assert found == pytest.approx(pmf / pmf.max(axis=1, keepdims=True), rel=1e-6, abs=1e-90)


def test_an_absurd_count_does_not_stop_the_filter():
    found = count_likelihood(np.array([0.0]), np.array([1e5]), GRID, dispersion=1.0, swing=1e-4)
    assert found.min() > 0


def test_paths_have_the_exact_distribution():
    # Three bins, three times, the middle one unseen: 27 paths, whose probabilities are products.
    grid = RateGrid(np.array([-0.5, 0.0, 0.5]), 0.5)
    walk = reversible_walk(grid, np.array([0.5, 0.3, 0.2]), variance=0.1)
    first, last = np.array([0.2, 1.0, 0.4]), np.array([0.1, 0.5, 1.0])
    paths = 40_000
    numbers = np.random.default_rng(8).random((1, 3, paths))
    states, inside = draw_paths(walk, [first[None], None, last[None]], numbers)
    step = matrix(walk)
    exact = walk.start[:, None, None] * first[:, None, None] * step[:, :, None] * step[None] * last
    seen = np.zeros((3, 3, 3))
    np.add.at(seen, tuple(states[0].T), 1 / paths)
    assert seen == pytest.approx(exact / exact.sum(), abs=4 * np.sqrt(0.25 / paths))
    assert np.histogram(inside, bins=4, range=(-0.5, 0.5))[0] / paths == pytest.approx([0.25] * 4, abs=0.01)


def test_a_place_has_the_same_paths_alone_and_in_company():
    walk = reversible_walk(GRID, PRIOR, variance=0.02)
    rng = np.random.default_rng(9)
    seen = [count_likelihood(rng.poisson(6, 33) * 1.0, np.full(33, 2.0), GRID, dispersion=1.5, swing=0.01)] * 4
    numbers = rng.random((33, 4, 50))
    together, inside = draw_paths(walk, seen, numbers)
    for place in (0, 32):
        only = slice(place, place + 1)
        alone, its_inside = draw_paths(walk, [one[only] for one in seen], numbers[only])
        assert (alone == together[only]).all()
        assert (its_inside == inside[only]).all()


def test_random_numbers_belong_to_zone_and_seed():
    first = uniforms_of("89195da49a3ffff", seed=1, times=3, paths=4)
    assert first.shape == (3, 4)
    assert ((first >= 0) & (first < 1)).all()
    assert (first == uniforms_of("89195da49a3ffff", seed=1, times=3, paths=4)).all()
    assert not (first == uniforms_of("89195da49a7ffff", seed=1, times=3, paths=4)).any()
    assert not (first == uniforms_of("89195da49a3ffff", seed=2, times=3, paths=4)).any()
    # Written down, so that no release changes because a library did.
    assert first[0, 0] == 0.07401994276246193
