import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from geo_safety.statistics import exceedance_test

COUNTS, WIDTH = np.array([0, 1, 7, 30, 12]), np.array([7.0, 5, 7, 7, 2.5])


@pytest.mark.parametrize("phi", [1.2, 1.5, 4.0])
def test_p_values_equal_scipys_negative_binomial(phi):
    mean = 3 * (50 / 28.5) * WIDTH
    expected = nbinom.sf(COUNTS - 1, mean / (phi - 1), 1 / phi)
    assert exceedance_test(COUNTS, WIDTH, level=3, dispersion=phi) == pytest.approx(expected, rel=1e-10)


def test_neither_the_unit_of_exposure_nor_the_order_of_places_matters():
    p = exceedance_test(COUNTS, WIDTH, level=3, dispersion=1.5)
    assert exceedance_test(COUNTS, 1e-6 * WIDTH, level=3, dispersion=1.5) == pytest.approx(p, rel=1e-9)
    order = [3, 1, 4, 0, 2]
    assert exceedance_test(COUNTS[order], WIDTH[order], level=3, dispersion=1.5) == pytest.approx(p[order], rel=1e-12)


def test_a_constant_map_and_a_place_that_is_the_whole_map_are_never_above_the_level():
    assert (exceedance_test([50] * 40, [1] * 40, level=3, dispersion=1.5) > 0.999).all()
    assert exceedance_test([50], [7], level=3, dispersion=1.5)[0] > 0.999


def test_dispersion_one_is_poisson_and_its_limit():
    expected = poisson.sf(COUNTS - 1, 2 * 0.4 * WIDTH)
    assert exceedance_test(COUNTS, WIDTH, level=2, dispersion=1, rate=0.4) == pytest.approx(expected, rel=1e-10)
    near = exceedance_test(COUNTS, WIDTH, level=2, dispersion=1 + 2e-6, rate=0.4)
    assert near == pytest.approx(expected, rel=1e-4)


def test_places_not_answered_for_are_left_out():
    p = exceedance_test([5, np.nan, 5], [1, 1, 1], level=1, dispersion=1)
    assert np.isnan(p).tolist() == [False, True, False]
    assert p[0] == pytest.approx(poisson.sf(4, 5))


def test_empty_maps():
    assert exceedance_test([], [], level=3, dispersion=1.5).tolist() == []
    assert exceedance_test([0, 0], [7, 7], level=3, dispersion=1.5).tolist() == [1, 1]


def test_underdispersion_is_refused():
    with pytest.raises(ValueError, match="1 \\(Poisson\\) or more"):
        exceedance_test([1], [1], level=3, dispersion=0.8)
