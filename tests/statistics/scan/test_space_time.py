import h3
import numpy as np
import pytest
from scipy.stats import binom

from geo_safety.statistics import circles, discs, space_time_permutation_scan
from geo_safety.statistics.scan.likelihood import log_likelihood_ratio
from geo_safety.statistics.scan.space_time import _shuffled, _shuffled_bursts

STREET = circles(np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]))
TOWN = sorted(h3.grid_disk("89195da49a3ffff", 7))  # 169 cells
RATES = np.exp(np.random.default_rng(1).normal(size=len(TOWN)))
SEASON = 1 + 0.4 * np.sin(np.arange(12))


def test_expectation_of_a_hand_calculated_cylinder():
    # Rows 6, 6, 6, 6, 12; the last month has 12 of all 36. Last zone, last month: 12 x 12 / 36 = 4 expected, 8 seen.
    counts = np.array([[2, 3, 1], [3, 2, 1], [2, 3, 1], [3, 2, 1], [2, 2, 8]])
    best = space_time_permutation_scan(counts, STREET, seed=1, replicates=99).clusters[0]
    assert (best.zones.tolist(), best.first_step, best.last_step) == ([4], 2, 2)
    assert (best.observed, best.expected, best.ratio) == (8, pytest.approx(4), pytest.approx(2))
    assert best.log_likelihood_ratio == pytest.approx(8 * np.log(8 / 4) + 28 * np.log(28 / 32))


@pytest.mark.parametrize("mode", ["prospective", "retrospective"])
def test_best_cylinder_is_that_of_looking_at_every_one(mode):
    rng = np.random.default_rng(8)
    for _ in range(10):
        counts = rng.poisson(2, (5, 6))
        total, best = counts.sum(), 0.0
        for start in range(6):
            for end in range(start + 1, min(start + 2, 6) + 1):
                if mode == "prospective" and end < 6:
                    continue
                for position in np.flatnonzero(STREET.centres(0) >= 0):
                    zones = STREET.members(0, position)
                    inside, place, time = (
                        counts[zones, start:end].sum(),
                        counts[zones].sum(),
                        counts[:, start:end].sum(),
                    )
                    expected = place * time / total
                    if place <= total / 2 and 0 < expected < inside:
                        best = max(best, float(log_likelihood_ratio(inside, expected, total)))
        scan = space_time_permutation_scan(counts, STREET, seed=1, mode=mode, longest=2, replicates=9)
        found = scan.clusters[0].log_likelihood_ratio if scan.clusters else 0.0
        assert found == pytest.approx(best)


def town(seed, *, mean=3.0, dispersion=1.0, rises=()):
    """Counts of 12 months with busy and quiet cells and a season; some cells rise threefold in the last three."""
    monthly = np.outer(RATES, SEASON) * mean / 12
    monthly[np.ix_(list(rises), [9, 10, 11])] *= 3
    rng = np.random.default_rng(seed)
    if dispersion == 1:
        return rng.poisson(monthly)
    return rng.negative_binomial(monthly / (dispersion - 1), 1 / dispersion)


def test_a_rise_of_the_last_three_months_is_found():
    rises = [i for i, cell in enumerate(TOWN) if h3.grid_distance(cell, TOWN[80]) <= 2]
    counts = town(5, mean=60, rises=rises)
    scan = space_time_permutation_scan(counts, discs(TOWN, rings=4), seed=1, largest_p=0.2)
    best = scan.clusters[0]
    assert (set(best.zones.tolist()), best.first_step, best.last_step) == (set(rises), 9, 11)
    assert best.p == 0.001
    assert best.p_gumbel < 1e-4
    assert all(cluster.p > 0.05 for cluster in scan.clusters[1:])


def test_a_past_rise_is_found_in_retrospect_only():
    rises = [i for i, cell in enumerate(TOWN) if h3.grid_distance(cell, TOWN[80]) <= 2]
    counts = np.roll(town(5, mean=60, rises=rises), -5, axis=1)
    windows = discs(TOWN, rings=3)
    now = space_time_permutation_scan(counts, windows, seed=1, longest=3, replicates=99)
    ever = space_time_permutation_scan(counts, windows, seed=1, longest=3, replicates=99, mode="retrospective")
    assert now.clusters[0].p > 0.05
    assert (ever.clusters[0].first_step, ever.clusters[0].last_step, ever.clusters[0].p) == (4, 6, 0.01)


def test_busy_places_that_stay_busy_are_no_cluster():
    counts = np.outer([90, 1, 5, 40, 3], [2, 1, 3, 2, 1, 2])  # a purely spatial pattern under a season
    assert space_time_permutation_scan(counts, STREET, seed=1, replicates=99).clusters == ()


def test_maps_of_chance_keep_all_totals():
    counts = town(3)
    for draw in (_shuffled(counts), _shuffled_bursts(counts, 1.5)):
        drawn = draw(np.random.default_rng(1))
        assert drawn.sum(axis=0).tolist() == counts.sum(axis=1).tolist()
        assert drawn.sum(axis=1).tolist() == counts.sum(axis=0).tolist()
        assert (drawn != counts.T).any()


@pytest.mark.parametrize("mean", [0.5, 5, 50])
@pytest.mark.parametrize("dispersion", [1.3, 2.5])
def test_maps_of_bursts_have_the_dispersion_that_was_asked_for(dispersion, mean):
    counts = np.concatenate([town(seed, mean=mean, dispersion=dispersion) for seed in range(20)])
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    draw, rng = _shuffled_bursts(counts, dispersion), np.random.default_rng(1)
    # Sum of squared differences over sum of expectations; a share of 1/12 of each place and month is in its totals.
    measured = np.mean([((draw(rng).T - expected) ** 2).sum() / expected.sum() for _ in range(20)]) / (11 / 12)
    assert measured == pytest.approx(dispersion, rel=0.06)


def test_a_map_of_more_incidents_than_16_bits_hold():
    # 100,000 incidents, but no window of half of them: sums fit although the whole does not.
    counts, windows = town(4, mean=600), discs(TOWN, rings=3)
    assert counts.sum() > 2**16
    scan = space_time_permutation_scan(counts, windows, seed=9, longest=1, largest_share=0.4, replicates=3)
    best = []
    for number in range(3):
        drawn = _shuffled(counts)(np.random.default_rng([9, number]))
        best.append(0.0)
        for layer in range(windows.layers):
            for position in np.flatnonzero(windows.centres(layer) >= 0):
                zones = windows.members(layer, position)
                inside, place = drawn[11, zones].sum(), counts[zones].sum()
                expected = place * counts[:, 11].sum() / counts.sum()
                if place <= 0.4 * counts.sum() and inside > expected:
                    best[-1] = max(best[-1], float(log_likelihood_ratio(inside, expected, counts.sum())))
    assert scan.null == pytest.approx(best)


def test_threads_do_not_change_the_result():
    counts = town(2)
    one, two = (
        space_time_permutation_scan(
            counts, discs(TOWN, rings=4), seed=3, dispersion=1.5, replicates=150, threads=threads, largest_p=1
        )
        for threads in (1, 2)
    )
    assert one.null.tolist() == two.null.tolist()
    assert [c.zones.tolist() for c in one.clusters] == [c.zones.tolist() for c in two.clusters]


@pytest.mark.parametrize("dispersion", [1, 1.5])
def test_maps_of_chance_have_a_cluster_in_five_percent(dispersion):
    windows = discs(TOWN, rings=3)
    found = 0
    for number in range(120):
        counts = town([5, number], mean=6 if number % 2 else 1, dispersion=dispersion)
        scan = space_time_permutation_scan(
            counts, windows, seed=number, dispersion=dispersion, longest=3, replicates=39
        )
        found += bool(scan.clusters) and scan.clusters[0].p <= 0.05
    low, high = binom.interval(0.999, 120, 0.05)
    assert low <= found <= high


def test_bursts_taken_for_single_incidents_have_clusters_everywhere():
    windows = discs(TOWN, rings=3)
    scans = [
        space_time_permutation_scan(town([6, k], mean=6, dispersion=1.5), windows, seed=k, longest=3, replicates=39)
        for k in range(30)
    ]
    assert sum(scan.clusters[0].p <= 0.05 for scan in scans) >= 7


def test_empty_maps_and_empty_months():
    nothing = space_time_permutation_scan(np.zeros((5, 4)), STREET, seed=1)
    assert (nothing.clusters, nothing.total) == ((), 0)
    quiet_end = space_time_permutation_scan(np.eye(5, 8, dtype=int), STREET, seed=1, replicates=9, longest=3)
    assert quiet_end.clusters == ()  # the last three months are empty: there is no interval to look at


@pytest.mark.parametrize(
    ("counts", "how", "remedy"),
    [
        (np.ones(5), {}, "give one row for each of the 5 zones, 2 steps or more"),
        (np.ones((5, 1)), {}, "2 steps or more"),
        (np.full((5, 3), np.nan), {}, "leave out zones and months without an answer"),
        (np.ones((5, 3)), {"longest": 3}, "give at least 1 and fewer than all"),
        (np.ones((5, 3)), {"dispersion": 0.5}, "give 1 or more"),
    ],
)
def test_wrong_input_is_refused_with_a_remedy(counts, how, remedy):
    with pytest.raises(ValueError, match=remedy):
        space_time_permutation_scan(counts, STREET, seed=1, **how)
