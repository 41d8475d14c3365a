from math import log

import numpy as np
import pytest

from geo_safety.statistics.scan.likelihood import highest_ordinary, log_likelihood_ratio, lowest_ordinary


def test_ratio_of_hand_calculated_windows():
    # Kulldorff (1997): c log(c / mu) + (C - c) log((C - c) / (C - mu)), C = 12.
    assert log_likelihood_ratio([8, 3, 0, 12], [2.4, 3, 2.4, 2.4], 12) == pytest.approx(
        [8 * log(8 / 2.4) + 4 * log(4 / 9.6), 0, 12 * log(12 / 9.6), 12 * log(12 / 2.4)]
    )


def test_published_ratio_of_the_new_york_leukaemia_cluster():
    # Waller & Gotway (2004): 106 of 552 cases where 62.13 were expected, 14.78.
    assert log_likelihood_ratio(106, 62.13, 552) == pytest.approx(14.78, abs=0.005)


@pytest.mark.parametrize("floor", [0.0, 0.3, 2.5, 500.0])
@pytest.mark.parametrize("total", [1, 30])
def test_ordinary_counts_are_those_with_a_smaller_ratio(total, floor):
    counts = np.arange(total + 1)
    expected = np.array([0.001, 0.4, 0.5, 0.9]) if total == 1 else np.array([0.01, 1, 2.5, 14, 15, 29.5])
    high, low = highest_ordinary(expected, total, floor), lowest_ordinary(expected, total, floor)
    for number, mean in enumerate(expected):
        score = log_likelihood_ratio(counts, mean, total)
        remarkable = counts[(counts > mean) & (score >= floor)]
        assert counts[counts > high[number]].tolist() == remarkable.tolist()
        remarkable = counts[(counts < mean) & (score >= floor)]
        assert counts[counts < low[number]].tolist() == remarkable.tolist()
