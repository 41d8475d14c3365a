from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from geo_safety.statistics import circles, discs, poisson_scan

STREET = circles(np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]))
TOWN = sorted(h3.grid_disk("89195da49a3ffff", 9))  # 271 cells
RATES = np.exp(np.random.default_rng(1).normal(size=len(TOWN)))


def facts(cluster):
    return (cluster.zones.tolist(), cluster.observed, pytest.approx(cluster.expected))


def test_five_zones_in_a_row():
    # Exposure 1, 2, 3, 2, 2 of 10 and 20 incidents: expected 2, 4, 6, 4, 4. Zones 3 and 4 together hold 15 where 8
    # were expected; the circle around zone 3 alone holds 8 where 4 were, and so on.
    scan = poisson_scan([0, 2, 3, 8, 7], [1, 2, 3, 2, 2], STREET, seed=1, replicates=99)
    best = scan.clusters[0]
    assert facts(best) == ([3, 4], 15, 8)
    assert best.log_likelihood_ratio == pytest.approx(15 * np.log(15 / 8) + 5 * np.log(5 / 12))
    assert best.ratio == pytest.approx(15 / 8)
    assert best.relative_risk == pytest.approx((15 / 8) / (5 / 12))
    assert (best.centre, best.radius, best.first_step, best.last_step) == (4, 1, 0, 0)


def test_satscans_clusters_of_new_york_leukaemia():
    # SaTScan v9.6, purely spatial, discrete Poisson, high rates, 50 % of the population, 999 replicates, no
    # geographical overlap; its output is kept with the tests of the R package smerc. The first p is from Gumbel.
    tracts = pd.read_csv(Path(__file__).with_name("ny_leukemia.csv"), comment="#")
    windows = circles(tracts[["longitude", "latitude"]].to_numpy())
    found = poisson_scan(tracts["cases"], tracts["residents"], windows, seed=1, largest_p=1).clusters[:6]
    assert [
        (c.zones[0] + 1, len(c.zones), c.observed, round(c.expected, 2), round(c.ratio, 2), round(c.relative_risk, 2))
        for c in found
    ] == [
        (1, 28, 100, 58.28, 1.72, 1.87),
        (84, 8, 38, 17.79, 2.14, 2.22),
        (110, 33, 64, 40.85, 1.57, 1.64),
        (62, 4, 25, 12.82, 1.95, 1.99),
        (265, 4, 12, 5.14, 2.34, 2.37),
        (159, 3, 11, 4.61, 2.38, 2.41),
    ]
    scores = [14.083511, 9.019716, 6.114140, 4.651839, 3.363518, 3.209485]
    assert [c.log_likelihood_ratio for c in found] == pytest.approx(scores, abs=5e-7)
    # Two draws of 999 maps: within four standard errors of their difference.
    for cluster, p in zip(found[1:], [0.016, 0.248, 0.645, 0.965, 0.982], strict=True):
        assert cluster.p == pytest.approx(p, abs=4 * np.sqrt(2 * p * (1 - p) / 999))
    assert found[0].p_gumbel == pytest.approx(0.00015, rel=1)
    assert (found[1].zones + 1).tolist() == sorted([89, 88, 87, 84, 90, 86, 92, 85])


def test_a_planted_disc_is_found_with_its_cells():
    windows = discs(TOWN, rings=5)
    planted = [i for i, cell in enumerate(TOWN) if h3.grid_distance(cell, TOWN[100]) <= 2]
    mean = RATES * 4
    mean[planted] *= 3
    scan = poisson_scan(np.random.default_rng(7).poisson(mean), RATES, windows, seed=1, dispersion=1.5, largest_p=0.2)
    assert set(scan.clusters[0].zones.tolist()) == set(planted)
    assert scan.clusters[0].p == 0.001
    assert scan.clusters[0].p_gumbel < 1e-4
    assert all(cluster.p > 0.05 for cluster in scan.clusters[1:])


def test_secondary_clusters_share_no_zone_and_come_in_order():
    counts = np.ones(len(TOWN), int)
    counts[[3, 90, 180]] = [60, 40, 20]
    scan = poisson_scan(counts, np.ones(len(TOWN)), discs(TOWN, rings=3), seed=1, replicates=99)
    assert [cluster.zones.tolist() for cluster in scan.clusters] == [[3], [90], [180]]
    scores = [cluster.log_likelihood_ratio for cluster in scan.clusters]
    assert scores == sorted(scores, reverse=True)
    everything = poisson_scan(counts, np.ones(len(TOWN)), discs(TOWN, rings=3), seed=1, replicates=99, largest_p=1)
    zones = np.concatenate([cluster.zones for cluster in everything.clusters])
    assert len(zones) == len(np.unique(zones))


@pytest.mark.parametrize(("direction", "zone"), [("high", 0), ("low", 4), ("both", 4)])
def test_direction_says_what_is_looked_for(direction, zone):
    scan = poisson_scan([40, 20, 20, 20, 2], np.ones(5), STREET, seed=1, direction=direction, replicates=99)
    assert scan.clusters[0].zones.tolist() == [zone]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=5, max_size=5), st.floats(0.001, 1000), st.permutations(range(5)))
def test_neither_the_unit_of_exposure_nor_the_order_of_zones_matters(counts, unit, order):
    order, counts, exposure = np.array(order), np.array(counts), np.array([1.0, 2, 3, 4, 5])
    scan = poisson_scan(counts, exposure, STREET, seed=1, replicates=9)
    scaled = poisson_scan(counts, exposure * unit, STREET, seed=1, replicates=9)
    moved = circles(np.column_stack([order, order * 0.0]))
    shuffled = poisson_scan(counts[order], exposure[order], moved, seed=1, replicates=9)
    for other in (scaled, shuffled):
        assert [c.log_likelihood_ratio for c in other.clusters] == pytest.approx(
            [c.log_likelihood_ratio for c in scan.clusters]
        )
    assert [facts(cluster) for cluster in scaled.clusters] == [facts(cluster) for cluster in scan.clusters]


def test_threads_do_not_change_the_result():
    counts = np.random.default_rng(1).poisson(RATES)
    one, two = (
        poisson_scan(counts, RATES, discs(TOWN, rings=4), seed=3, dispersion=2, replicates=200, threads=threads)
        for threads in (1, 2)
    )
    assert one.null.tolist() == two.null.tolist()
    assert [facts(cluster) for cluster in one.clusters] == [facts(cluster) for cluster in two.clusters]


def share_of_maps_with_a_cluster(*, noise, allowed, maps=200):
    """On maps without clusters: variance over mean of `noise`, of which the scan allows for `allowed`."""
    windows = discs(TOWN, rings=4)
    found = 0
    for number in range(maps):
        rng = np.random.default_rng([11, number])
        mean = RATES * (0.3 if number % 2 else 3)
        counts = rng.poisson(mean) if noise == 1 else rng.negative_binomial(mean / (noise - 1), 1 / noise)
        scan = poisson_scan(counts, RATES, windows, seed=number, dispersion=allowed, replicates=39)
        found += scan.clusters[0].p <= 0.05
    return found


def test_maps_of_chance_have_a_cluster_in_five_percent():
    low, high = binom.interval(0.999, 200, 0.05)
    assert low <= share_of_maps_with_a_cluster(noise=1, allowed=1) <= high


def test_noisier_maps_of_chance_too_if_their_dispersion_is_given():
    low, high = binom.interval(0.999, 200, 0.05)
    assert low <= share_of_maps_with_a_cluster(noise=1.5, allowed=1.5) <= high


def test_noisier_maps_taken_for_poisson_have_clusters_everywhere():
    assert share_of_maps_with_a_cluster(noise=1.5, allowed=1, maps=40) >= 10


def test_nothing_happened():
    scan = poisson_scan(np.zeros(5), np.ones(5), STREET, seed=1)
    assert (scan.clusters, scan.null.tolist(), scan.total) == ((), [], 0)


def test_counts_in_proportion_to_exposure_have_no_cluster():
    assert poisson_scan([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], STREET, seed=1, replicates=9).clusters == ()


def test_zones_without_exposure_make_no_window():
    scan = poisson_scan([0, 0, 9, 1, 1], [0, 0, 1, 1, 1], STREET, seed=1, replicates=99)
    assert facts(scan.clusters[0]) == ([2], 9, pytest.approx(11 / 3))


@pytest.mark.parametrize(
    ("counts", "expected", "how", "remedy"),
    [
        ([1, 2], np.ones(5), {}, "give one value a zone to both"),
        ([1, 2, 3, 4, np.nan], np.ones(5), {}, "leave out zones that no feed answers for"),
        ([1, 2, 3, 4, 0.5], np.ones(5), {}, "whole numbers"),
        ([1, 2, 3, 4, 5], [1, 1, 1, 1, -1], {}, "leave out zones without a figure"),
        ([1, 2, 3, 4, 5], [0, 1, 1, 1, 1], {}, "1 zones have incidents without exposure: give them some"),
        ([1, 2, 3, 4, 5], np.ones(5), {"dispersion": 0.9}, "give 1 or more"),
        ([1, 2, 3, 4, 5], np.ones(5), {"dispersion": 16}, "at most the 15 incidents"),
        ([1, 2, 3, 4, 5], np.ones(5), {"largest_share": 0}, "give a share above 0"),
    ],
)
def test_wrong_input_is_refused_with_a_remedy(counts, expected, how, remedy):
    with pytest.raises(ValueError, match=remedy):
        poisson_scan(counts, expected, STREET, seed=1, **how)
