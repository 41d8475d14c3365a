import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from geo_safety.statistics import bayesian_false_discovery, false_discovery


def test_the_list_is_drawn_by_hand():
    #          .02  .08  .04  .06 -> .02, .03, .04, .05: all four; the next error .2 would make it .08
    p = [0.80, 0.98, 0.92, 0.96, 0.94, 0.10]
    assert bayesian_false_discovery(p, alpha=0.05).tolist() == [False, True, True, True, True, False]


def test_a_mean_of_exactly_alpha_is_listed():
    assert bayesian_false_discovery([1.0, 0.95, 0.90], alpha=0.05).all()


def test_equal_probabilities_stand_or_fall_together():
    assert bayesian_false_discovery([0.9, 1.0, 0.9], alpha=0.05).tolist() == [False, True, False]
    assert bayesian_false_discovery([0.95] * 7, alpha=0.05).all()


def test_unknown_places_are_never_listed_and_empty_lists_are_allowed():
    assert bayesian_false_discovery([np.nan, 1.0], alpha=0.05).tolist() == [False, True]
    assert not bayesian_false_discovery([0.9, 0.5], alpha=0.05).any()
    assert bayesian_false_discovery([], alpha=0.05).tolist() == []


@given(st.lists(st.floats(0, 1), max_size=40), st.floats(0.01, 0.5))
def test_no_longer_list_of_the_most_probable_keeps_the_share(p, alpha):
    listed = bayesian_false_discovery(p, alpha=alpha)
    p = np.array(p)
    if listed.any():
        assert (1 - p[listed]).mean() <= alpha + 1e-9
        assert p[listed].min() > p[~listed].max(initial=-1)
    if not listed.all():
        longer = p >= p[~listed].max()
        assert (1 - p[longer]).mean() > alpha


@pytest.mark.parametrize("method", ["bh", "by"])
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_equal_scipys(method, p):
    assert false_discovery(p, method=method) == pytest.approx(false_discovery_control(p, method=method))


def test_the_fifteen_tests_of_the_paper():
    # Benjamini & Hochberg (1995), section 4, fifteen tests of a study of thrombolysis: four are discoveries at 5 %
    # (Bonferroni finds three).
    p = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0]  # fmt: skip
    assert (false_discovery(p) <= 0.05).tolist() == [True] * 4 + [False] * 11
    assert (np.multiply(p, 15) <= 0.05).sum() == 3


def test_missing_tests_do_not_count():
    q = false_discovery([0.01, np.nan, 0.03, np.nan])
    assert q.tolist() == pytest.approx([0.02, np.nan, 0.03, np.nan], nan_ok=True)


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="use 'bh'"):
        false_discovery([0.1], method="bonferroni")
    with pytest.raises(ValueError, match="between 0 and 1"):
        false_discovery([1.1])
