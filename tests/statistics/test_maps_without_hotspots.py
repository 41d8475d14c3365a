"""Where every cell has the same rate, a list of hotspots is wrong whatever it says."""

import numpy as np
import pytest

from geo_safety.statistics import (
    bayesian_false_discovery,
    context_of,
    dispersion,
    exceedance_test,
    false_discovery,
    gi_star_exact,
    hotspot_probability,
    near_level,
)

MAPS = 150
KINDS = [(mean, phi) for mean in (0.1, 0.3, 1, 3) for phi in (1, 1.5, 2.5)]


@pytest.fixture(scope="module")
def anything_listed(town):
    """For each map, whether the probability list, the strict test and exact Gi* list any place."""
    found, near, ring = [], town.near, town.rings[0]
    for seed in range(MAPS):
        mean, phi = KINDS[seed % len(KINDS)]
        months = town.monthly(mean=mean, dispersion=phi, seed=seed, rates=np.ones(near.n))
        counts = months.sum(axis=1)
        hoods = near.sum(counts)
        measured = dispersion(near.sum(months)[near_level(ring.sum(counts), ring.sizes)])
        context = context_of(counts, near, rings=town.rings)
        probability = hotspot_probability(hoods, near.sizes, level=3, dispersion=measured, context=context)
        strict = exceedance_test(hoods, near.sizes, level=3, dispersion=measured)
        found.append(
            [
                bayesian_false_discovery(probability, alpha=0.05).any(),
                (false_discovery(strict) <= 0.05).any(),
                (false_discovery(gi_star_exact(counts, near)) <= 0.05).any(),
            ]
        )
    return np.array(found)


@pytest.mark.parametrize(("column", "name"), [(0, "probability list"), (1, "strict test"), (2, "exact Gi*")])
def test_hotspot_free_maps_stay_empty(anything_listed, column, name):
    assert anything_listed[:, column].mean() <= 0.09, name


def test_the_probability_list_keeps_its_error_share_and_finds_hotspots(town):
    truth = town.near.sum(town.rates) / town.near.sizes >= 3
    listed_right, listed_all, found = 0, 0, []
    for seed in range(12):
        months = town.monthly(mean=0.52, dispersion=1.5, seed=100 + seed)
        counts = months.sum(axis=1)
        ring = town.rings[0]
        measured = dispersion(town.near.sum(months)[near_level(ring.sum(counts), ring.sizes)])
        context = context_of(counts, town.near, rings=town.rings)
        p = hotspot_probability(town.near.sum(counts), town.near.sizes, level=3, dispersion=measured, context=context)
        listed = bayesian_false_discovery(p, alpha=0.05)
        listed_all, listed_right = listed_all + listed.sum(), listed_right + (listed & truth).sum()
        found.append((listed & truth).sum() / truth.sum())
    assert 1 - listed_right / listed_all <= 0.08
    assert np.mean(found) >= 0.4
