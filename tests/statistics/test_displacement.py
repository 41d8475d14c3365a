from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import weighted_displacement_difference as difference
from geo_safety.statistics import weighted_displacement_quotient as quotient

PAPER = {"response": (207, 110), "comparison": (308, 318), "buffer": (178, 157), "buffer_comparison": (150, 140)}
COUNT = st.integers(0, 60)
PAIR = st.tuples(COUNT, COUNT)


def test_difference_matches_the_paper():
    # Wheeler & Ratcliffe (2018), Crime Science 7, 11: WDD -118, variance 1568, z -2.98, 95 % interval -196 to -40.
    found = difference(**PAPER)
    assert (found.total, found.variance) == (-118, 1568)
    assert (found.local, found.displaced) == (-107, -11)
    assert (round(found.z, 2), round(found.low), round(found.high)) == (-2.98, -196, -40)
    assert found.p == pytest.approx(0.00288, abs=1e-5)


def test_periods_and_areas_of_unequal_size_match_the_authors_package():
    # Wheeler, R package ptools, tests/testthat/test-wdd.R: "Time Weights" and "Area Weights" (theirs control first).
    found = difference((80, 20), (100, 50), period_lengths=(2, 1))
    assert (found.total, found.variance) == pytest.approx((-20, 115))
    found = difference(**PAPER, area_sizes=(1.2, 0.9, 1.5, 1.6))
    assert (found.total, sqrt(found.variance), found.z) == pytest.approx((-99.69444444, 35.4280755, -2.813995483))
    assert (found.low, found.high) == pytest.approx((-169.1321965, -30.25669241))


def test_harm_weights_the_difference_and_its_square_the_variance():
    # Two categories of 5 and 2 days: -10 and +4 incidents beyond the comparison.
    found = difference([(30, 20), (10, 14)], [(25, 25), (12, 12)], harm=[5, 2])
    assert found.total == pytest.approx(5 * -10 + 2 * 4)
    assert found.variance == pytest.approx(25 * 100 + 4 * 48)
    ones = difference([(30, 20), (10, 14)], [(25, 25), (12, 12)], harm=[1, 1])
    assert (ones.total, ones.variance) == (-6, 148)


def test_dispersion_widens_the_interval():
    plain, wide = difference(**PAPER), difference(**PAPER, dispersion=1.44)
    assert wide.variance == pytest.approx(1.44 * plain.variance)
    assert wide.z == pytest.approx(plain.z / 1.2)


def test_no_effect_is_claimed_no_more_often_than_stated():
    rng = np.random.default_rng(9)
    counts = rng.negative_binomial(40 / 0.5, 1 / 1.5, (4000, 4, 2))
    claims = [difference(*row, dispersion=1.5).p <= 0.05 for row in counts]
    assert np.mean(claims) < 0.062  # sd 0.34 points


def test_without_incidents_there_is_no_score():
    found = difference((0, 0), (0, 0))
    assert (found.total, found.variance) == (0, 0)
    assert np.isnan([found.z, found.p]).all()


@settings(max_examples=60, deadline=None)
@given(PAIR, PAIR, PAIR, PAIR, st.integers(0, 20))
def test_time_reversed_turns_the_sign_and_a_common_change_cancels(r, c, d, e, more):
    found = difference(r, c, d, e)
    back = difference(r[::-1], c[::-1], d[::-1], e[::-1])
    assert (back.total, back.variance) == (-found.total, found.variance)
    together = difference((r[0], r[1] + more), (c[0], c[1] + more), d, e)
    assert together.total == pytest.approx(found.total)


@pytest.mark.parametrize(
    ("response", "buffer", "comparison", "gross", "net", "total", "wdq", "verdict"),
    [
        # Bowers & Johnson (2003) as in Guerette (2009), appendix B, by hand. First: what left came next door, to the last one.
        ((100, 50), (100, 150), (100, 100), 50, 0.5, 0, -1, "all of the gain moved"),
        ((100, 50), (100, 175), (100, 100), 50, 0.5, -25, -1.5, "all of the gain moved"),
        ((100, 50), (100, 120), (100, 100), 50, 0.5, 30, -0.4, "part of the gain moved"),
        ((100, 50), (100, 100), (100, 100), 50, 0.5, 50, 0, "no displacement and no spread"),
        ((100, 50), (100, 90), (100, 100), 50, 0.5, 60, 0.2, "benefit spread"),
        ((100, 90), (100, 70), (100, 100), 10, 0.1, 40, 3, "benefit spread beyond the direct effect"),
        # Everything halves in the comparison area: 200 -> 60 is 40 fewer than the 100 expected, 80 -> 60 is 20 more.
        # NE = 200/400 - 60/200 = .2; WDQ = (60/200 - 80/400) / -.2 = -.5.
        ((200, 60), (80, 60), (400, 200), 140, 0.2, 20, -0.5, "part of the gain moved"),
    ],
)
def test_quotient_matches_hand_calculation(response, buffer, comparison, gross, net, total, wdq, verdict):
    found = quotient(response, buffer, comparison)
    assert (found.gross_effect, found.net_effect, found.total_net_effect) == pytest.approx((gross, net, total))
    assert (found.quotient, found.verdict) == (pytest.approx(wdq), verdict)


def test_the_quotient_is_told_only_where_there_is_a_gain():
    worse = quotient((100, 100), (100, 80), (100, 90))
    assert np.isnan(worse.quotient)
    assert worse.verdict == "no gain that could have moved"
    assert worse.net_effect == pytest.approx(1 - 100 / 90)
    assert np.isnan(quotient((100, 50), (100, 80), (100, 50)).quotient)  # as much as the comparison: no gain either


@pytest.mark.parametrize("small", [0, 1, 2])
def test_below_thirty_in_any_area_is_too_few_to_say(small):
    areas = [(30, 20), (30, 30), (30, 30)]
    assert quotient(*areas).verdict != "too few to say"
    areas[small] = (29, 20)
    few = quotient(*areas)
    assert few.verdict == "too few to say"
    assert np.isnan([few.quotient, few.net_effect, few.total_net_effect]).all()
    assert few.gross_effect == areas[0][0] - areas[0][1]
    assert quotient(*areas, minimum=20).verdict != "too few to say"


@settings(max_examples=80, deadline=None)
@given(PAIR, PAIR, PAIR, st.integers(2, 5))
def test_more_of_everything_gives_the_same_quotient_and_nothing_is_infinite(r, d, c, scale):
    one = quotient(r, d, c, minimum=0)
    many = quotient(*(tuple(scale * n for n in pair) for pair in (r, d, c)), minimum=0)
    assert (one.quotient, one.net_effect) == pytest.approx((many.quotient, many.net_effect), nan_ok=True)
    assert one.verdict == many.verdict
    assert not np.isinf([one.quotient, one.net_effect, one.total_net_effect]).any()


def test_the_remedy_is_named():
    with pytest.raises(ValueError, match="whole in every area"):
        difference((1, -1), (1, 1))
    with pytest.raises(ValueError, match="whole in every area"):
        quotient((1, float("nan")), (1, 1), (1, 1))
    with pytest.raises(ValueError, match="before and after"):
        difference((1, 2, 3), (1, 1))
    with pytest.raises(ValueError, match="one weight for each category"):
        difference([(1, 2)], [(1, 1)], harm=[1, 2])
    with pytest.raises(ValueError, match="any one unit"):
        difference((1, 2), (1, 1), period_lengths=(0, 1))
