import numpy as np
import pytest

from geo_safety.statistics.rates.persistence.quarters import quarterly
from geo_safety.statistics.rates.persistence.variation import usual_variation, variation


def series(rng, *, step, swing, quarters, mean, places=600, phi=1.5):
    """Quiet and busy places whose log rates walk by `step` and swing by `swing`; months of equal thirds."""
    base = np.r_[np.full(5 * places, mean), np.full(places, 6.0 * mean)]
    walk = np.cumsum(rng.normal(0, np.sqrt(step), (len(base), quarters)), axis=1)
    rate = base[:, None] * np.exp(walk) * rng.gamma(1 / swing, swing, walk.shape)
    monthly = np.repeat(rate / 3, 3, axis=1)
    return rng.negative_binomial(monthly / (phi - 1), 1 / phi).astype(float), np.ones(len(base))


def test_known_movement_is_recovered():
    monthly, width = series(np.random.default_rng(1), step=0.02, swing=0.01, quarters=20, mean=10)
    found = variation(quarterly(monthly, first_month=3), width, level=3, dispersion=1.5, typical=0.2)
    assert found.basis == "measured"
    assert found.step == pytest.approx(0.02, abs=0.005)
    assert found.swing == pytest.approx(0.01, abs=0.005)


def test_still_places_hardly_move():
    monthly, width = series(np.random.default_rng(2), step=1e-9, swing=1e-6, quarters=20, mean=10)
    found = variation(quarterly(monthly, first_month=3), width, level=3, dispersion=1.5, typical=0.2)
    assert found.step < 0.003
    assert found.swing < 0.003


def test_counts_too_small_to_tell_fall_back_on_the_usual():
    monthly, width = series(np.random.default_rng(3), step=0.02, swing=0.01, quarters=12, mean=0.02)
    found = variation(quarterly(monthly, first_month=3), width, level=3, dispersion=1.5, typical=0.2)
    assert found.basis == "assumed"
    assert found.step == pytest.approx(usual_variation(0.2).step, rel=0.7)


def test_a_change_of_recording_is_no_movement():
    monthly, width = series(np.random.default_rng(4), step=1e-9, swing=1e-6, quarters=20, mean=10)
    recorded_twice = np.r_[np.zeros(3300), np.ones(300)].astype(bool)
    monthly[recorded_twice, 31:] *= 2  # inside the eleventh quarter
    quarters = quarterly(monthly, first_month=3)
    told = variation(quarters, width, level=3, dispersion=1.5, typical=0.2, breaks=[3 + 31])
    assert told.step + told.swing < 0.006
    unaware = variation(quarters, width, level=3, dispersion=1.5, typical=0.2)
    assert unaware.step > 5 * told.step


def test_few_busy_places_or_short_series_assume():
    monthly, width = series(np.random.default_rng(5), step=0.02, swing=0.01, quarters=6, mean=10)
    assert variation(quarterly(monthly, first_month=3), width, level=3, dispersion=1.5, typical=0.2) == usual_variation(
        0.2
    )
    quiet = np.full((500, 36), 5.0)
    assert variation(
        quarterly(quiet, first_month=3), np.ones(500), level=3, dispersion=1.5, typical=0.2
    ) == usual_variation(0.2)
