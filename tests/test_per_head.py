"""Rates per head: by hand, shrunken, with intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from geo_safety.neighbours import from_lists, itself
from geo_safety.per_head import per_head


def test_by_hand_where_there_is_nothing_to_shrink():
    # Two hundred places at exactly ten incidents per thousand people.
    people = np.full(200, 10_000.0)
    found = per_head(people / 100, people, itself(200), dispersion=1.0, fewest=250)
    assert found.study_rate == pytest.approx(0.01)
    assert found.ratio == pytest.approx(1.0, abs=0.02)
    assert found.rate == pytest.approx(10.0, abs=0.2)
    assert (found.rate_low < 10).all()
    assert (found.rate_high > 10).all()


def test_few_people_and_unknown_ones_get_no_rate_whoever_lives_around():
    people = np.array([1000.0, 249.0, np.nan, 0.0, 500.0])
    ring = from_lists([[0, 1, 2, 3, 4]] * 5)
    found = per_head(np.array([5.0, 5.0, 5.0, 5.0, np.nan]), people, ring, dispersion=1.0, fewest=250)
    assert np.isnan(found.rate).tolist() == [False, True, True, True, True]
    # The study's rate is of what is known on both sides: 15 incidents among 1,249 people.
    assert found.study_rate == pytest.approx(15 / 1249)
    assert per_head(np.ones(2), np.array([10.0, np.nan]), itself(2), dispersion=1.0, fewest=250) is None
    assert per_head(np.zeros(2), np.array([900.0, 900.0]), itself(2), dispersion=1.0, fewest=250) is None


def test_a_rate_from_few_incidents_moves_to_the_study_and_the_interval_holds():
    rng = np.random.default_rng(5)
    people = rng.choice([300.0, 3_000.0], 4_000)
    truth = rng.gamma(4, 1 / 4, 4_000)
    counts = rng.poisson(0.004 * truth * people).astype(float)
    found = per_head(counts, people, itself(4_000), dispersion=1.0, fewest=250)
    held = (found.ratio_low <= truth) & (truth <= found.ratio_high)
    assert held.mean() == pytest.approx(0.9, abs=0.02)
    raw = counts / people / found.study_rate
    few, many = people < 1_000, people > 1_000
    assert np.std(found.ratio[few]) < 0.7 * np.std(raw[few])
    assert np.corrcoef(found.ratio[many], raw[many])[0, 1] > 0.99
    assert np.mean((found.ratio - truth) ** 2) < 0.5 * np.mean((raw - truth) ** 2)
