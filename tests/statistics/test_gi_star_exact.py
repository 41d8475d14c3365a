from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety import neighbours
from geo_safety.statistics import gi_star_exact, mid_rank_grid
from geo_safety.statistics.local.urn import upper_tails

GRID = [  # 3 x 3 squares with edge neighbours, themselves included: 3 to 5 of them
    [0, 1, 3], [0, 1, 2, 4], [1, 2, 5],
    [0, 3, 4, 6], [1, 3, 4, 5, 7], [2, 4, 5, 8],
    [3, 6, 7], [4, 6, 7, 8], [5, 7, 8],
]  # fmt: skip


def by_enumeration(values, lists, *, conditional):
    """Every set of zones that the neighbourhood could be, in rational arithmetic."""
    answers = []
    for zone, row in enumerate(lists):
        others = [v for i, v in enumerate(values) if not (conditional and i == zone)]
        own = values[zone] if conditional else 0
        k = len(row) - (1 if conditional else 0)
        total = sum(values[i] for i in row)
        sets = list(combinations(others, k))
        answers.append(Fraction(sum(own + sum(chosen) >= total for chosen in sets), len(sets)))
    return answers


def by_polynomial(values, k, total):
    """P(sum of k draws >= total) from the coefficients of prod (1 + y z^x), in whole numbers."""
    ways = [Counter() for _ in range(k + 1)]
    ways[0][0] = 1
    for value in values:
        for draws in range(k, 0, -1):
            for s, number in ways[draws - 1].items():
                ways[draws][s + value] += number
    return Fraction(sum(number for s, number in ways[k].items() if s >= total), comb(len(values), k))


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize(
    "values", [[0, 0, 0, 0, 0, 0, 0, 2, 5], [3, 1, 4, 1, 5, 9, 2, 6, 5], [7, 0, 0, 1000, 2, 2, 0, 1, 3]]
)
def test_exact_p_equals_rational_arithmetic_to_ten_digits(values, conditional):
    p = gi_star_exact(values, neighbours.from_lists(GRID), conditional=conditional)
    assert p == pytest.approx([float(f) for f in by_enumeration(values, GRID, conditional=conditional)], rel=1e-11)


@pytest.mark.parametrize("road", ["values", "transform"])
def test_small_tails_of_a_map_with_large_counts_are_right_to_ten_digits(road):
    values = np.random.default_rng(3).negative_binomial(0.5, 0.01, 250)
    draws = np.array([1, 3, 5, 7, 7, 7])
    largest = np.sort(values)[::-1]
    sums = np.array(
        [largest[9], largest[:9].sum() // 3, 60, largest[20:27].sum(), largest[4:11].sum(), largest[:7].sum()]
    )
    expected = [float(by_polynomial(values.tolist(), int(k), int(s))) for k, s in zip(draws, sums, strict=True)]
    assert min(expected) < 1e-12
    found = upper_tails(values, draws, sums, road=road)
    assert found == pytest.approx(expected, rel=1e-10 if road == "values" else 1e-8)


def test_by_default_whatever_road_the_tail_is_right_to_ten_digits():
    # Thousands, nearly all distinct: the road by transform, and what it cannot reach by distinct values.
    values = np.random.default_rng(3).integers(0, 3000, 200)
    draws, largest = np.array([4, 4, 4]), np.sort(values)[::-1]
    sums = np.array([2 * 3000, largest[5:9].sum(), largest[:4].sum()])
    expected = [float(by_polynomial(values.tolist(), 4, int(s))) for s in sums]
    assert upper_tails(values, draws, sums) == pytest.approx(expected, rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(0, 60), min_size=30, max_size=120).filter(lambda v: min(v) < max(v)),
    conditional=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_both_roads_agree(values, conditional, seed):
    rng = np.random.default_rng(seed)
    n = len(values)
    near = neighbours.from_lists([[i, *rng.choice(n, rng.integers(0, 5)).tolist()] for i in range(n)])
    by_values = gi_star_exact(values, near, conditional=conditional, road="values")
    by_transform = gi_star_exact(values, near, conditional=conditional, road="transform")
    assert by_transform == pytest.approx(by_values, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_shuffled_zones_give_shuffled_results(seed):
    rng = np.random.default_rng(seed)
    values, order = rng.poisson(1.0, 9), rng.permutation(9)
    place = np.argsort(order)
    moved = neighbours.from_lists([[int(place[j]) for j in GRID[i]] for i in order])
    assert gi_star_exact(values[order], moved) == pytest.approx(
        gi_star_exact(values, neighbours.from_lists(GRID))[order], rel=1e-12, nan_ok=True
    )


@pytest.mark.parametrize("conditional", [False, True])
def test_the_level_and_the_unit_of_all_values_change_nothing(conditional):
    values = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5])
    near = neighbours.from_lists(GRID)
    p = gi_star_exact(values, near, conditional=conditional)
    assert gi_star_exact(values - 7, near, conditional=conditional) == pytest.approx(p, rel=1e-12)
    assert gi_star_exact(values * 12, near, conditional=conditional) == pytest.approx(p, rel=1e-12)


def test_a_neighbourhood_that_is_the_whole_map_is_as_full_as_it_can_be():
    whole = neighbours.from_lists([range(9)] * 9)
    assert gi_star_exact([3, 1, 4, 1, 5, 9, 2, 6, 5], whole) == pytest.approx(np.ones(9), abs=1e-12)


def test_p_values_of_a_shuffled_map_are_uniform_or_larger():
    rng, near = np.random.default_rng(5), neighbours.from_lists(GRID)
    p = np.array([gi_star_exact(rng.permutation([0, 0, 0, 1, 1, 2, 3, 5, 8]), near) for _ in range(2000)])
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean(axis=0).max() <= level + 4 * np.sqrt(level * (1 - level) / 2000)


def test_undefined_maps_zones_not_answered_for_and_a_zone_that_neighbours_all():
    near = neighbours.from_lists([[0, 1, 2], [0, 1], [0, 2]])
    assert np.isnan(gi_star_exact([4, 4, 4], near)).all()
    assert np.isnan(gi_star_exact([4, np.nan, np.nan], near)).all()
    assert gi_star_exact([1, 2, 5], near)[0] == 1.0
    assert gi_star_exact([0, np.nan, 5], near) == pytest.approx([1.0, np.nan, 1.0], nan_ok=True)


def test_fractions_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="mid_rank_grid"):
        gi_star_exact([0.5, 1, 2], neighbours.itself(3))


def test_mid_ranks_are_drawn_by_hand():
    # ranks 2, 2, 2, 4, 5 -> from 0 to 12 in proportion
    assert mid_rank_grid([1, 1, 1, 50, 9000], top=12).tolist() == [0, 0, 0, 8, 12]
    assert mid_rank_grid([7, np.nan, 7]).tolist() == pytest.approx([0, np.nan, 0], nan_ok=True)
    assert np.isnan(mid_rank_grid([np.nan])).all()
