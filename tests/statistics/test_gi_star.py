from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo_safety import neighbours
from geo_safety.statistics import gi_star

STREET = np.eye(4) + np.eye(4, k=1) + np.eye(4, k=-1)  # A - B - C - D


def as_neighbours(dense):
    return neighbours.from_lists([np.flatnonzero(row).tolist() for row in dense])


def grid_of(size):
    """Squares with their edge neighbours, themselves included: uneven at the border."""
    at = np.pad(np.arange(size * size).reshape(size, size), 1, constant_values=-1)
    near = np.stack([at[1:-1, 1:-1], at[:-2, 1:-1], at[2:, 1:-1], at[1:-1, :-2], at[1:-1, 2:]], axis=-1)
    return [row[row >= 0] for row in near.reshape(-1, 5)]


def test_gi_star_matches_hand_calculation():
    # Ord & Getis (1995), binary weights with self; mean = 1, population s.d. = sqrt(3).
    # Zone D: (4 - 1*2) / (sqrt(3) * sqrt((4*2 - 2**2) / 3)) = 2 / 2 = 1
    expected = [-1, -sqrt(3), 1 / sqrt(3), 1]
    assert gi_star([0, 0, 0, 4], STREET) == pytest.approx(expected)
    assert gi_star([0, 0, 0, 4], as_neighbours(STREET)) == pytest.approx(expected)


def test_gi_star_of_six_points_is_the_published_one():
    # The six points within 15 of each other of the worked example in esda's documentation (G_Local, transform "B", star).
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)])
    near = (np.hypot(*(points[:, None] - points).transpose(2, 0, 1)) <= 15).astype(float)
    expected = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    values = [2, 3, 3.2, 5, 8, 7]
    assert gi_star(values, near) == pytest.approx(expected, abs=1e-8)
    # Its example with transform "R" prints -0.62 for the first: half of the score, which cannot hang on the row's unit.
    assert gi_star(values, near / near.sum(axis=1, keepdims=True)) == pytest.approx(expected, abs=1e-8)


def test_gi_star_of_the_16_by_16_cells_is_the_published_one():
    # Getis & Ord (1996): cell 136, d = 30 m. Equation 14.2 (p. 263) gives 1.450780 (as spdep prints it, help of localG);
    # the book's own figure (p. 267) divides by n - 1 in the variance: 1.447943.
    values = np.loadtxt(Path(__file__).with_name("getis_ord_1996.csv"), delimiter=",").ravel()
    scores = gi_star(values, neighbours.from_lists(grid_of(16)))
    assert scores[135] == pytest.approx(1.450780, abs=5e-7)
    assert scores[135] * values.std() / values.std(ddof=1) == pytest.approx(1.447943, abs=5e-7)


def test_gi_star_agrees_with_esda_on_an_uneven_grid():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packages' own news
        from esda import G_Local
        from libpysal.weights import W

        lists = grid_of(8)
        counts = np.random.default_rng(1).poisson(2.0, 64).astype(float)
        w = W({i: [int(j) for j in row if j != i] for i, row in enumerate(lists)}, silence_warnings=True)
        theirs = G_Local(counts, w, transform="B", star=True, permutations=0).Zs
    assert gi_star(counts, neighbours.from_lists(lists)) == pytest.approx(theirs, abs=1e-12)


def test_gi_star_is_undefined_on_a_constant_map_and_for_a_zone_that_neighbours_all():
    assert np.isnan(gi_star([2, 2, 2, 2], STREET)).all()
    hub = neighbours.from_lists([[0, 1, 2], [0, 1], [0, 2]])
    assert np.isnan(gi_star([1, 2, 5], hub)).tolist() == [True, False, False]
    assert np.isnan(gi_star([3.0], neighbours.itself(1))).all()


def test_zones_not_answered_for_are_left_out_of_everything():
    scores = gi_star([0, 0, np.nan, 0, 4], np.eye(5) + np.eye(5, k=1) + np.eye(5, k=-1))
    assert np.isnan(scores[2])
    pairs = np.kron(np.eye(2), np.ones((2, 2)))  # what is left: A - B, D - E
    assert scores[[0, 1, 3, 4]] == pytest.approx(gi_star([0, 0, 0, 4], pairs))


def weights_and_values(size):
    weights = hnp.arrays(float, (size, size), elements=st.sampled_from([0.0, 0.0, 1.0, 0.5]))
    return st.tuples(weights, hnp.arrays(float, size, elements=st.integers(0, 9)))


MAPS = st.integers(2, 9).flatmap(weights_and_values)


@settings(max_examples=100, deadline=None)
@given(MAPS, st.floats(1e-6, 1e6), st.integers(-1000, 1000), st.integers(1, 50), st.randoms(use_true_random=False))
def test_units_level_and_the_order_of_zones_do_not_matter(drawn, unit, level, scale, random):
    weights, values = drawn
    np.fill_diagonal(weights, 1.0)
    scores = gi_star(values, weights)
    assert not np.isinf(scores).any()
    scaled = weights.copy()
    scaled[0] *= unit
    order = random.sample(range(len(values)), len(values))
    for other in (
        gi_star(values, scaled),
        gi_star(values + level, weights),
        gi_star(values * scale, weights),
        gi_star(values[order], weights[np.ix_(order, order)])[np.argsort(order)],
    ):
        assert other == pytest.approx(scores, nan_ok=True, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(MAPS)
def test_constant_maps_and_a_neighbourhood_that_is_the_whole_map_are_undefined(drawn):
    weights, values = drawn
    np.fill_diagonal(weights, 1.0)
    assert np.isnan(gi_star(np.full(len(values), values[0]), weights)).all()
    assert np.isnan(gi_star(values, np.full(weights.shape, 0.3))).all()
    assert np.isnan(gi_star(values, neighbours.from_lists([range(len(values))] * len(values)))).all()
