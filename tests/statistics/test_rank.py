import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from geo_safety.statistics import count_interval, rank_interval


def test_the_interval_is_garwoods():
    low, high = count_interval([10], dispersion=1)
    assert poisson.sf(9, low[0]) == pytest.approx(0.05)
    assert poisson.cdf(10, high[0]) == pytest.approx(0.05)


def test_dispersion_widens_the_interval_by_its_root():
    low, high = count_interval([400.0], dispersion=4)
    assert (high - low)[0] == pytest.approx(2 * 3.29 * 20, rel=0.04)


def test_ranks_by_hand():
    rank, low, high = rank_interval([10, 400, 10, np.nan, 12], dispersion=1)
    assert rank.tolist() == pytest.approx([3, 1, 3, np.nan, 2], nan_ok=True)
    assert low.tolist() == pytest.approx([2, 1, 2, np.nan, 2], nan_ok=True)
    assert high.tolist() == pytest.approx([4, 1, 4, np.nan, 4], nan_ok=True)


def test_width_turns_counts_into_rates():
    rank, _, _ = rank_interval([10, 10, 10], [5.0, 1.0, 2.0], dispersion=1)
    assert rank.tolist() == [3, 1, 2]


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(0, 200), min_size=1, max_size=25), phi=st.floats(1, 4))
def test_overlapping_intervals_have_overlapping_rank_ranges(counts, phi):
    low_count, high_count = count_interval(counts, dispersion=phi)
    rank, low, high = rank_interval(counts, dispersion=phi)
    assert ((low <= rank) & (rank <= high)).all()
    overlap = (low_count[:, None] <= high_count) & (low_count <= high_count[:, None])
    assert ((low[:, None] <= high) & (low <= high[:, None]))[overlap].all()
