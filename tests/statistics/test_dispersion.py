import numpy as np
import pytest

from geo_safety.statistics import dispersion, dispersion_details, near_level

# 2 neighbourhoods x 5 months; column sums 100, so a share is a count over 100.
BY_HAND = np.array([[60, 50, 60, 50, 60], [40, 50, 40, 50, 40]]) * 1.0


def test_dispersion_by_hand():
    # z = +-.1 for both places and all 4 pairs: sum z² = 8 x .01 = .08.
    # Shares .56 and .44; sum share (1 - share) = .4928; sum (1/100 + 1/100) over 4 pairs = .08.
    found = dispersion_details(BY_HAND * 2)  # 1,000 incidents; doubling halves the 1 / N
    assert found.value == pytest.approx(max(1.0, 0.08 / (0.4928 * 0.04)))
    assert (found.basis, found.pairs, found.incidents) == ("measured", 4, 1000)


def test_too_little_data_is_assumed():
    assert dispersion_details(BY_HAND * 0.99).basis == "assumed"  # 495 incidents
    assert dispersion_details(BY_HAND[:, :4] * 10).basis == "assumed"  # 3 pairs
    assert dispersion(BY_HAND * 0.1) == 1.5
    assert dispersion(np.zeros((3, 12))) == 1.5
    assert dispersion(np.zeros((0, 12))) == 1.5
    assert dispersion(np.full((1, 12), 100.0)) == 1.5  # one place: its share cannot vary


def test_pairs_across_a_gap_or_a_break_are_left_out():
    expected = np.full((300, 14), 5.0)
    expected[:150, 7:] *= 16  # recording changes for half of the places
    shifted = np.random.default_rng(1).poisson(expected).astype(float)
    assert dispersion(shifted) > 1.3
    assert dispersion(shifted, breaks=[7]) == pytest.approx(1.0, abs=0.1)
    gap = shifted.copy()
    gap[:, 7] = np.nan
    assert dispersion_details(gap).pairs == 11
    assert dispersion(gap) == pytest.approx(1.0, abs=0.1)


def test_a_place_that_misses_a_month_is_left_out():
    months = np.random.default_rng(2).poisson(5.0, (50, 12)).astype(float)
    holed = np.vstack([months, np.full((1, 12), 1000.0)])
    holed[-1, 3] = np.nan
    assert dispersion_details(holed) == dispersion_details(months)


def test_a_table_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="one column a month"):
        dispersion(np.ones(12))


@pytest.mark.parametrize("planted", [1, 1.5, 2.5])
@pytest.mark.parametrize("mean", [2.0, 0.2])
def test_planted_dispersion_is_recovered_on_a_sparse_uneven_map(town, planted, mean):
    found = []
    for seed in range(8):
        months = town.monthly(mean=mean, dispersion=planted, seed=seed)
        ring = town.rings[0]
        rows = near_level(ring.sum(months.sum(axis=1)), ring.sizes)
        found.append(dispersion(town.near.sum(months)[rows]))
    assert np.mean(found) == pytest.approx(planted, rel=0.08)


def test_choosing_places_by_their_own_count_would_bias_it(town):
    # The trap that `near_level` avoids: its ring 2 shares no incident with the place.
    months = town.monthly(mean=0.2, dispersion=2.5, seed=3)
    hoods, ring = town.near.sum(months), town.rings[0]
    own = hoods.sum(axis=1)
    right = dispersion(hoods[near_level(ring.sum(months.sum(axis=1)), ring.sizes)])
    weighted = _pooled_pearson(hoods[own > 0])
    assert right > 2.2
    assert weighted < right - 0.3


def _pooled_pearson(table):
    """The usual estimate: squared residuals over fitted means, pooled over places."""
    fitted = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return ((table - fitted) ** 2 / fitted).sum() / ((len(table) - 1) * (table.shape[1] - 1))


def test_slow_drift_is_not_taken_for_noise():
    rng = np.random.default_rng(4)
    trend = np.exp(rng.normal(0, 0.6, (1000, 1)) * np.linspace(-1, 1, 24))
    months = rng.poisson(3 * trend)
    assert dispersion(months) == pytest.approx(1.0, abs=0.05)


def test_three_wards_are_enough_for_an_honest_measure():
    found = [dispersion(np.random.default_rng(s).poisson([[90.0], [60.0], [30.0]], (3, 24))) for s in range(300)]
    # Never below 1, so the mean of a measure that is right on average lies a little above.
    assert 1.0 <= np.mean(found) < 1.2
    assert np.mean(np.array(found) > 1) > 0.35


def test_near_level_keeps_rings_from_one_to_six_times_the_mean():
    counts = 1e4 * np.array([0.0, 2, 4, 12, 40, np.nan, 2])
    width = np.array([10.0, 10, 10, 10, 10, 10, 0])
    # mean 58 / 50 = 1.16 (x 10,000) a cell: ratios 0, .17, .34, 1.03, 3.4
    assert near_level(counts, width).tolist() == [False, False, False, True, True, False, False]
    assert near_level(np.zeros(3), np.ones(3)).all()


def test_near_level_takes_all_places_where_the_busy_rings_hold_too_few():
    counts = np.array([0.0, 2_999, 12_001, np.nan])
    assert near_level(counts, np.ones(4)).tolist() == [False, False, True, False]
    assert near_level(counts - [0, 0, 2, 0], np.ones(4)).tolist() == [True, True, True, False]
