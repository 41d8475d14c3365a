from math import sqrt

import numpy as np
import pytest

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
