import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from geo_safety.statistics import bayesian_false_discovery, context_of, hotspot_probability, posterior
from geo_safety.statistics.rates.noise import log_likelihood, upper_tail
from geo_safety.statistics.rates.prior import fit_prior, rate_grid, smooth_over


def fit(town, seed=1, mean=1.0):
    counts = town.monthly(mean=mean, dispersion=1.5, seed=seed).sum(axis=1)
    return posterior(town.near.sum(counts), town.near.sizes, dispersion=1.5)


def test_the_likelihood_is_scipys_up_to_a_constant_of_the_count():
    means = np.array([[0.2, 3.0, 80.0]])
    ours = log_likelihood(np.array([[4.0]]), means, 1.5)
    theirs = nbinom.logpmf(4, means / 0.5, 1 / 1.5)
    assert np.ptp(ours - theirs) == pytest.approx(0, abs=1e-10)


def test_the_tail_is_one_at_zero_and_zero_without_any_mean():
    assert upper_tail(np.array([0, -1, 2]), np.array([3.0, 3.0, 0.0]), 1.5).tolist() == [1, 1, 0]


def test_smoothing_loses_no_mass_at_the_ends():
    grid = rate_grid(1.0)
    smooth = smooth_over(grid)
    for place in (0, 5, 120, 239):
        mass = np.zeros(240)
        mass[place] = 1
        assert smooth(mass).sum() == pytest.approx(1)


def test_the_grid_reaches_beyond_the_busiest_place():
    assert (rate_grid(3).rates[0], rate_grid(3).rates[-1]) == pytest.approx((0.02, 100))
    assert rate_grid(400).rates[-1] >= 600
    assert rate_grid(400).middles[:240] == pytest.approx(rate_grid(3).middles)


def test_the_prior_finds_two_planted_rates():
    rng = np.random.default_rng(1)
    rates = np.where(rng.random(4000) < 0.2, 4.0, 0.5)
    counts = rng.poisson(20 * rates).astype(float)
    grid = rate_grid(5)
    log_seen = log_likelihood(counts[:, None], 20 * grid.rates[None, :], 1.0)
    likelihood = np.exp(log_seen - log_seen.max(axis=1, keepdims=True))
    prior = fit_prior(likelihood, np.ones(4000), np.full(240, 1 / 240), smooth_over(grid), 150)
    assert prior.sum() == pytest.approx(1)
    assert prior[(grid.rates > 2.7) & (grid.rates < 6)].sum() == pytest.approx(0.2, abs=0.02)
    assert prior[(grid.rates > 0.3) & (grid.rates < 0.8)].sum() == pytest.approx(0.8, abs=0.06)


def test_rounding_counts_and_means_for_the_prior_changes_no_probability_that_matters(town):
    # The other road: every distinct count and width in its own row.
    counts = town.near.sum(town.monthly(mean=3, dispersion=1.5, seed=2).sum(axis=1)).astype(float)
    width = town.near.sizes.astype(float)
    fitted = posterior(counts, width, dispersion=1.5)
    grid, expected = fitted.prior_grid, width * counts.sum() / width.sum()
    log_seen = log_likelihood(counts[:, None], expected[:, None] * grid.rates, 1.5)
    likelihood = np.exp(log_seen - log_seen.max(axis=1, keepdims=True))
    bins = len(grid.middles)
    prior = fit_prior(likelihood, np.ones(len(counts)), np.full(bins, 1 / bins), smooth_over(grid), 150)
    weights = likelihood * prior
    plain = (weights / weights.sum(axis=1, keepdims=True)) @ (grid.middles >= np.log(3))
    split = fitted.probability(3)
    assert np.abs(split - plain).max() < 0.12  # `plain` cannot split the bin at the level
    assert np.abs(split - plain).mean() < 0.003
    assert fitted.prior == pytest.approx(prior, abs=0.003)


def test_what_the_surroundings_suggest_moves_the_prior():
    # Two districts, one with four times the rate; the same count means more in the busy one.
    rng = np.random.default_rng(4)
    district = np.repeat([0.0, 1.0], [3000, 1000])
    counts = rng.poisson(np.where(district == 1, 16.0, 4.0) * np.exp(rng.normal(0, 0.3, 4000)))
    counts[[0, 3000]] = 12
    context = (district + rng.normal(0, 0.05, 4000))[:, None]
    fitted = posterior(counts, np.ones(4000), dispersion=1, context=context)
    quiet, busy = fitted.mean()[[0, 3000]]
    alone = posterior(counts, np.ones(4000), dispersion=1).mean()[0]
    assert quiet < alone < busy
    assert fitted.mean()[3000:].mean() == pytest.approx(16 / 7, rel=0.05)


@settings(max_examples=50, deadline=None)
@given(level=st.floats(0.05, 50), step=st.floats(1e-6, 1e-3))
def test_probability_falls_continuously_with_the_level(level, step):
    counts = np.array([3] * 300 + [12] * 60 + [45] * 9 + [900] * 2)
    fitted = posterior(counts, np.full(len(counts), 7.0), dispersion=1.5)
    here, above = fitted.probability(level), fitted.probability(level * (1 + step))
    assert (here >= above - 1e-12).all()
    # A fine bin is .0045 wide in log rate: nothing can jump.
    assert (here - above <= step / 0.0044 + 1e-9).all()


def test_nodes_are_no_jumps(town):
    fitted = fit(town)
    for node in fitted.prior_grid.rates[[100, 140, 141]]:
        before, after = fitted.probability(node * (1 - 1e-9)), fitted.probability(node * (1 + 1e-9))
        assert np.nanmax(np.abs(before - after)) < 1e-6


def test_busier_places_are_more_probable_ratio_inside_its_interval():
    counts = np.array([2] * 200 + [5] * 50 + [20] * 8 + [60] * 2)
    fitted = posterior(counts, np.full(260, 7.0), dispersion=1.3)
    p, ratio, (low, high) = fitted.probability(3), fitted.mean(), fitted.interval()
    order = [0, 200, 250, 258]
    assert (np.diff(p[order]) > 0).all()
    assert (np.diff(ratio[order]) > 0).all()
    assert ((low < ratio) & (ratio < high)).all()
    assert (fitted.interval(0.5)[0] > low).all()
    assert hotspot_probability(counts, np.full(260, 7.0), level=3, dispersion=1.3) == pytest.approx(p)


@pytest.mark.parametrize("count", [2_000, 30_000, 100_000])
def test_large_counts_are_judged_more_finely_than_a_bin(count):
    # 300 places of rates spread over the level, each known to within phi / count.
    rates = np.exp(np.linspace(-2, 2, 300))
    counts = np.round(rates * count)
    fitted = posterior(counts, np.ones(300), dispersion=1.5)
    truth = counts / counts.mean()
    assert fitted.mean() == pytest.approx(truth, rel=0.04 if count == 2_000 else 0.004)
    p, clear = fitted.probability(3), np.abs(np.log(truth / 3)) > 4 * np.sqrt(1.5 / count / truth) + 0.003
    assert p[clear] == pytest.approx((truth[clear] >= 3).astype(float), abs=1e-3)
    low, high = fitted.interval()
    assert np.log(high / low).mean() == pytest.approx((3.29 * np.sqrt(1.5 / counts)).mean(), rel=0.15)


def test_probabilities_hold_what_they_say(town):
    stated, held = [], []
    for seed in range(6):
        counts = town.monthly(mean=0.8, dispersion=1.5, seed=seed).sum(axis=1)
        truth = town.near.sum(town.rates) / town.near.sizes >= 2
        context = context_of(counts, town.near, rings=town.rings)
        stated.append(
            hotspot_probability(town.near.sum(counts), town.near.sizes, level=2, dispersion=1.5, context=context)
        )
        held.append(truth)
    stated, held = np.concatenate(stated), np.concatenate(held)
    for low, high in ((0.05, 0.3), (0.3, 0.7), (0.7, 0.95), (0.95, 1.01)):
        band = (stated >= low) & (stated < high)
        assert held[band].mean() == pytest.approx(stated[band].mean(), abs=0.08)


def test_context_finds_more_true_places_at_the_same_error_share(town):
    found = {"one prior": [], "context": []}
    truth = town.near.sum(town.rates) / town.near.sizes >= 3
    for seed in range(6):
        counts = town.monthly(mean=0.5, dispersion=1.5, seed=seed).sum(axis=1)
        hoods, context = town.near.sum(counts), context_of(counts, town.near, rings=town.rings)
        for name, given_context in (("one prior", None), ("context", context)):
            p = hotspot_probability(hoods, town.near.sizes, level=3, dispersion=1.5, context=given_context)
            listed = bayesian_false_discovery(p, alpha=0.05)
            found[name].append([(listed & truth).sum() / truth.sum(), (listed & ~truth).sum() / max(listed.sum(), 1)])
    (plain, _), (helped, wrong) = np.mean(found["one prior"], axis=0), np.mean(found["context"], axis=0)
    assert helped > plain + 0.02
    assert wrong < 0.09


def test_predictive_probability_is_the_noisy_event():
    counts = np.array([2] * 200 + [20] * 8, float)
    width = np.where(np.arange(208) % 2, 7.0, 5.0)
    fitted = posterior(counts, width, dispersion=1.5)
    q = fitted.predictive(level=3, rate=0.4, dispersion=1.5)
    for zone in (0, 1, 203):
        part = next(part for part in fitted.parts if zone in part.zones)
        weights = part.weights[part.rows[part.zones.tolist().index(zone)]]
        need = np.ceil(3 * width[zone] * 0.4)
        tails = nbinom.sf(need - 1, 0.4 * width[zone] * part.grid.rates / 0.5, 1 / 1.5)
        assert q[zone] == pytest.approx(weights @ tails, rel=1e-9)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_tiny_and_empty_maps(n):
    counts, width = np.arange(n) * 20.0, np.ones(n)
    context = np.zeros((n, 2))
    p = hotspot_probability(counts, width, level=3, dispersion=1.5, context=context)
    assert p.shape == (n,)
    assert ((p >= 0) & (p <= 1)).all()


def test_a_map_without_incidents_has_no_hotspot_and_no_ratio():
    fitted = posterior(np.zeros(5), np.full(5, 7.0), dispersion=1.5)
    assert fitted.probability(2).tolist() == [0] * 5
    assert np.isnan(fitted.mean()).all()
    assert np.isnan(fitted.interval()).all()


def test_wards_of_unequal_width():
    rng = np.random.default_rng(8)
    width = rng.uniform(0.3, 12, 650)
    rates = np.exp(rng.normal(0, 0.7, 650))
    counts = rng.poisson(width * rates * 150)
    context = np.log(rates)[:, None] + rng.normal(0, 0.5, (650, 1))
    p = hotspot_probability(counts, width, level=2, dispersion=1.2, context=context)
    truth = rates * width.sum() / (width * rates).sum() >= 2
    assert (p[truth] > 0.5).mean() > 0.9
    assert (p[~truth] < 0.5).mean() > 0.97


def test_places_not_answered_for_are_left_out_of_everything(town):
    counts = town.monthly(mean=1, dispersion=1.5, seed=1).sum(axis=1)[:400].astype(float)
    width, context = np.full(400, 7.0), np.linspace(-1, 1, 400)[:, None]
    holed = counts.copy()
    holed[::5] = np.nan
    kept = ~np.isnan(holed)
    p = hotspot_probability(holed, width, level=3, dispersion=1.5, context=context)
    assert np.isnan(p).tolist() == (~kept).tolist()
    alone = hotspot_probability(counts[kept], width[kept], level=3, dispersion=1.5, context=context[kept])
    assert p[kept] == pytest.approx(alone)


@pytest.mark.parametrize("unit", [1e-6, 0.094, 250_000.0])
def test_the_unit_of_exposure_does_not_matter(town, unit):
    counts = town.near.sum(town.monthly(mean=1, dispersion=1.5, seed=1).sum(axis=1))
    p = hotspot_probability(counts, town.near.sizes, level=3, dispersion=1.5)
    assert hotspot_probability(counts, unit * town.near.sizes, level=3, dispersion=1.5) == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("count", [1, 7, 400])  # a count of 1 is likeliest at a mean of 1.23 under dispersion 1.5
def test_a_constant_map_has_no_hotspot_and_nothing_infinite(count):
    found = posterior(np.full(500, count), np.full(500, 7.0), dispersion=1.5)
    assert found.probability(3).max() < 0.01
    assert found.mean() == pytest.approx(np.ones(500), abs=0.3 if count == 1 else 0.05)
    assert np.isfinite(found.interval(0.9)).all()


def test_shuffled_places_give_shuffled_probabilities(town):
    counts = town.near.sum(town.monthly(mean=1, dispersion=1.5, seed=1).sum(axis=1))
    context = context_of(counts, town.near, rings=town.rings)
    order = np.random.default_rng(1).permutation(len(counts))
    p = hotspot_probability(counts, town.near.sizes, level=3, dispersion=1.5, context=context)
    shuffled = hotspot_probability(
        counts[order], town.near.sizes[order], level=3, dispersion=1.5, context=context[order]
    )
    assert shuffled == pytest.approx(p[order], abs=1e-8)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"counts": [-1, 2]}, "counts start at zero"),
        ({"width": [0, 1]}, "set the count to NaN"),
        ({"width": [1, 1, 1]}, "one number a neighbourhood"),
        ({"context": np.zeros((3, 1))}, "give 2 rows"),
        ({"dispersion": 0.5}, "1 \\(Poisson\\) or more"),
        ({"level": 0}, "positive number"),
    ],
)
def test_wrong_input_is_refused_with_the_remedy(change, remedy):
    call = {"counts": [1, 2], "width": [1, 1], "level": 3, "dispersion": 1.5} | change
    with pytest.raises(ValueError, match=remedy):
        hotspot_probability(call.pop("counts"), call.pop("width"), **call)
