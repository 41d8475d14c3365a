import numpy as np
import pytest

from geo_safety.statistics.rates.persistence.drift import TYPICAL_CHANGE, drift

QUIET, BUSY = 400, 40


def two_windows(rng, *, cv, phi, noise_only=False):
    """Busy and quiet places whose rates change by `cv` between two windows, with noisy counts."""
    rate = np.r_[np.full(4000, 20.0), np.full(400, 120.0)]
    change = np.ones(len(rate)) if noise_only else np.exp(rng.normal(0, np.sqrt(np.log1p(cv**2)), len(rate)))

    def noisy(mean):
        return rng.negative_binomial(mean / (phi - 1), 1 / phi).astype(float)

    return noisy(rate), noisy(rate * change), np.ones(len(rate))


def test_worked_by_hand():
    # Twenty places go from 600 to 400, twenty from 400 to 600; the total stays N. Each: (200² - 1000) / (600 * 400),
    # where 1000 is the Poisson noise phi (n_A + n_B).
    earlier = [100] * QUIET + [600] * 20 + [400] * 20
    later = [100] * QUIET + [400] * 20 + [600] * 20
    found = drift(earlier, later, np.ones(440), level=3, dispersion=1, typical=0.2)
    assert found.cv2 == pytest.approx((200**2 - 1000) / (600 * 400))
    assert found.sigma2 == pytest.approx(np.log(1 + found.cv2))
    assert (found.basis, found.places) == ("measured", BUSY)


def test_what_the_whole_study_gains_is_no_drift():
    earlier = np.array([100.0] * QUIET + [600.0] * BUSY)
    found = drift(earlier, 3 * earlier, np.ones(440), level=3, dispersion=1, typical=0.2)
    assert found.cv2 < 0
    assert found.sigma2 == 0


@pytest.mark.parametrize("cv", [0.1, 0.3])
def test_known_change_is_recovered(cv):
    found = [
        drift(*two_windows(np.random.default_rng(seed), cv=cv, phi=1.5), level=3, dispersion=1.5, typical=1.0).cv2
        for seed in range(5)
    ]
    assert np.sqrt(np.mean(found)) == pytest.approx(cv, abs=0.02)


def test_noise_alone_is_no_drift():
    found = [
        drift(
            *two_windows(np.random.default_rng(seed), cv=0, phi=1.5, noise_only=True),
            level=3, dispersion=1.5, typical=1.0,
        ).cv2
        for seed in range(10)
    ]  # fmt: skip
    assert abs(np.mean(found)) < 0.0015


def test_halves_of_one_window_are_extrapolated_with_the_typical_change():
    halves = two_windows(np.random.default_rng(4), cv=0.2, phi=1.5)
    seen = drift(*halves, level=3, dispersion=1.5, typical=0.28)
    found = drift(*halves, level=3, dispersion=1.5, typical=0.28, blocks="halves")
    assert found.cv2 == pytest.approx((1.5 * seen.cv2 + 0.28**2) / 2)
    assert found.basis == "extrapolated"


def test_halves_that_moved_less_than_noise_leave_half_of_the_typical_change():
    same = np.array([100.0] * QUIET + [600.0] * BUSY)
    found = drift(same, same, np.ones(440), level=3, dispersion=2, typical=0.2, blocks="halves")
    assert found.cv2 == pytest.approx(0.2**2 / 2)


def test_too_few_busy_places_assume_the_typical_change():
    earlier = [100] * 400 + [600] * 19
    found = drift(earlier, earlier, np.ones(419), level=3, dispersion=1, typical=TYPICAL_CHANGE["violence"])
    assert (found.cv2, found.basis, found.places) == (0.1**2, "assumed", 19)
    empty = drift(np.zeros(5), np.zeros(5), np.ones(5), level=3, dispersion=1, typical=0.2)
    assert (empty.basis, empty.places) == ("assumed", 0)


def test_places_that_are_not_answered_for_say_nothing():
    earlier, later, width = two_windows(np.random.default_rng(5), cv=0.2, phi=1.5)
    alone = drift(earlier, later, width, level=3, dispersion=1.5, typical=0.2)
    with_gap = drift(
        np.append(earlier, [np.nan, 9e4]),
        np.append(later, [7e4, np.nan]),
        np.ones(4402),
        level=3,
        dispersion=1.5,
        typical=0.2,
    )
    assert with_gap == alone
