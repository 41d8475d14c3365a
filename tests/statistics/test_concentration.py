import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_safety.statistics import generalised_gini, gini, location_quotient, lorenz, share_in_top

COUNTS = st.lists(st.integers(0, 20), min_size=2, max_size=30)


@pytest.mark.parametrize(
    ("counts", "standard", "generalised"),
    [
        # Examples of the authors' own R package (Steenbeek & Bernasco, lorenzgini, R/gini.R), without bias correction.
        ([10, 8, 2, 0, 0, 0, 0, 0, 0, 0], 0.78, 0.78),
        ([5, 2, 1, 0, 0, 0, 0, 0, 0, 0], 0.8, 0.75),
        ([10, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0.9, 0.9),
        ([10] + [0] * 99, 0.99, 0.9),
        # Their vignette: 3 + 1 + 1 crimes in ten places, G = .78. It prints G' = .58; by their formula it is .56.
        ([3, 1, 1, 0, 0, 0, 0, 0, 0, 0], 0.78, 0.56),
        # Their "concrete but imaginary example": ten robberies in ten places, five in five of ten.
        ([1] * 10, 0, 0),
        ([1] * 5 + [0] * 5, 0.5, 0),
    ],
)
def test_gini_matches_published_examples(counts, standard, generalised):
    assert gini(counts) == pytest.approx(standard)
    assert generalised_gini(counts) == pytest.approx(generalised)


def test_gini_is_half_the_relative_mean_difference():
    # The other definition (Gini 1912): mean absolute difference over all pairs, over twice the mean.
    counts = np.array([0, 3, 1, 7, 2, 2.5])
    assert gini(counts) == pytest.approx(np.abs(counts[:, None] - counts).mean() / (2 * counts.mean()))


def test_gini_is_twice_the_area_between_lorenz_curve_and_diagonal():
    counts = [22, 18, 17, 12, 11, 8, 6, 3, 2, 1]
    zones, incidents = lorenz(counts)
    assert gini(counts) == pytest.approx(2 * np.trapezoid(incidents - zones, zones))
    assert incidents[:3] == pytest.approx([0, 0.22, 0.40])


def test_zero_cells_make_the_difference():
    town = [4, 1, 1] + [0] * 97
    assert share_in_top(town).tolist() == pytest.approx([4 / 6, 1, 1])
    assert share_in_top(town[:3], [0.1]) == pytest.approx(0.2)  # without them: a tenth of three zones


def test_a_share_of_zones_that_is_no_whole_number_counts_the_last_zone_in_part():
    assert share_in_top([5, 3, 2, 0], [0.25, 0.375, 0.5]).tolist() == pytest.approx([0.5, 0.65, 0.8])


def test_zones_not_answered_for_are_left_out():
    assert gini([4, np.nan, 1]) == gini([4, 1])
    assert share_in_top([4, np.nan, 1], [0.5]) == pytest.approx(0.8)


def test_without_incidents_nothing_is_defined():
    for nothing in ([0, 0, 0], [], [np.nan]):
        assert np.isnan(gini(nothing))
        assert np.isnan(generalised_gini(nothing))
        assert np.isnan(share_in_top(nothing)).all()
    assert gini([2, 2, 2]) == pytest.approx(0)


@settings(max_examples=100, deadline=None)
@given(COUNTS, st.integers(2, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_scale_order_and_level(counts, scale, level, random):
    if not sum(counts):
        return
    shuffled = random.sample(counts, len(counts))
    assert gini(shuffled) == pytest.approx(gini(counts), abs=1e-12)
    assert gini(np.multiply(counts, scale)) == pytest.approx(gini(counts), abs=1e-12)
    assert gini(np.add(counts, level)) <= gini(counts) + 1e-12  # the same for all: more even
    assert -1e-12 <= generalised_gini(counts) <= gini(counts) + 1e-12
    zones, incidents = lorenz(counts)
    assert (incidents >= zones - 1e-12).all()
    assert (np.diff(np.diff(incidents)) <= 1e-12).all()
    assert np.array_equal(share_in_top(shuffled, [0.3]), share_in_top(counts, [0.3]))


def test_location_quotient_matches_hand_calculation():
    # City: 10 of 100. Zone 1: 6 / 20 = .3, three times .1; zone 2: 4 / 80 = .05, half.
    assert location_quotient([6, 4, 0, np.nan], [20, 80, 0, 5]) == pytest.approx([3, 0.5, np.nan, np.nan], nan_ok=True)
    assert np.isnan(location_quotient([0, 0], [3, 4])).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 50)), min_size=2, max_size=10),
    st.integers(1, 7),
    st.integers(1, 7),
)
def test_location_quotients_average_to_one_under_their_base_whatever_the_units(zones, unit, other):
    part, whole = np.array(zones, float).T
    if not part.sum():
        return
    quotient = location_quotient(part, whole)
    assert quotient @ whole / whole.sum() == pytest.approx(1)
    assert location_quotient(part * unit, whole * other) == pytest.approx(quotient)


def test_the_remedy_is_named():
    with pytest.raises(ValueError, match="not differences"):
        gini([1, -1])
    with pytest.raises(ValueError, match=r"write 5 % as 0\.05"):
        share_in_top([1, 2], [5])
    with pytest.raises(ValueError, match="the same zones"):
        location_quotient([1], [1, 2])
    with pytest.raises(ValueError, match="not differences"):
        location_quotient([-1], [1])
