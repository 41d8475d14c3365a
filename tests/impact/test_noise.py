"""How much places change of themselves: measured on sixty areas whose months were made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geo_safety.cube import Cube
from geo_safety.impact.effect import measure_noise
from geo_safety.impact.periods import Periods, Span
from geo_safety.impact.places import Places
from geo_safety.impact.watch import watch

AREAS, BEFORE, CLEAR, HOLD = 60, 24, 6, 12
FIRST = 588  # 2019-01


def cube_of(incidents: np.ndarray) -> Cube:
    zones, months = incidents.shape
    nothing = np.zeros(months, np.int64)
    return Cube("wards", "violence", np.array([f"z{i}" for i in range(zones)]), FIRST, incidents.astype(np.int64),
                np.ones(months, bool), np.ones(zones, bool), ("police",), nothing, nothing)  # fmt: skip


def span(name: str, start: int, months: int) -> Span:
    return Span(name, np.arange(start, start + months), FIRST + start, FIRST + start + months - 1)


PERIODS = Periods(
    span("before", 0, BEFORE), span("before", 0, BEFORE), span("after", BEFORE, CLEAR + HOLD),
    (span("clear", BEFORE, CLEAR), span("hold", BEFORE + CLEAR, HOLD)),
)  # fmt: skip
ALONE = tuple(np.array([zone]) for zone in range(AREAS))
PLACES = Places(ALONE[:1], np.array([AREAS - 1]), ALONE[1:11], ALONE[11:21], ALONE, ALONE)


def test_independent_months_make_periods_as_noisy_as_they_are():
    rng = np.random.default_rng(1)
    noise = measure_noise(PLACES, cube_of(rng.poisson(rng.gamma(100, 0.4, (AREAS, BEFORE + CLEAR + HOLD)))), PERIODS)
    assert noise.dispersion == pytest.approx(1.4, abs=0.15)
    assert noise.of_periods == pytest.approx(noise.dispersion, abs=0.3)
    assert noise.drift < 0.002


def test_months_that_make_up_for_each_other_leave_periods_quieter():
    swing = np.tile([60, 20], (AREAS, (BEFORE + CLEAR + HOLD) // 2))
    swing[::2] = swing[::2, ::-1]  # half of the areas have their busy months when the others are quiet
    noise = measure_noise(PLACES, cube_of(swing), PERIODS)
    assert noise.dispersion > 5
    assert noise.of_periods == noise.of_ring_periods == 1.0, "but never below the noise of counts"
    assert noise.drift == 0.0


def test_places_that_jump_after_the_clear_phase_and_come_back_widen_the_chart():
    rng = np.random.default_rng(2)
    mean = np.full((AREAS, BEFORE + CLEAR + HOLD), 60.0)
    steady = watch(
        PLACES, cube_of(rng.poisson(mean)), PERIODS, measure_noise(PLACES, cube_of(rng.poisson(mean)), PERIODS)
    )
    jump = np.where(np.arange(AREAS) % 2, 1.4, 1 / 1.4)[:, None]
    mean[:, BEFORE + CLEAR : BEFORE + CLEAR + 6] *= jump
    mean[:, BEFORE + CLEAR + 6 :] /= jump
    cube = cube_of(rng.poisson(mean))
    noise = measure_noise(PLACES, cube, PERIODS)
    jumpy = watch(PLACES, cube, PERIODS, noise)
    assert np.sqrt(noise.drift_a_year) < 0.1, "two periods of years see none of it"
    assert steady.chart is not None
    assert jumpy.chart is not None
    assert jumpy.chart.limit[5] > 1.5 * steady.chart.limit[5]
