"""Known effects in Doggerland are found as often, and no effect as rarely, as is said: the short form of `bench_impact.py`."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

REPEATS = 60


@pytest.fixture
def many(planted_schemes):
    @cache
    def of(theme: str = "violence", **scheme: float) -> list:
        rng = np.random.default_rng(42)
        place = planted_schemes.town(1)
        return [planted_schemes.one_scheme(rng, place, theme, planted_schemes.Scheme(**scheme)) for _ in range(REPEATS)]

    return of


def share(values) -> float:
    return float(np.mean(list(values)))


@pytest.mark.slow
def test_intervals_hold_the_truth_and_no_effect_is_rarely_claimed(many):
    found = many(drift=0.1)
    assert share(one.effect.verdict in ("fewer", "more") for one in found) <= 0.12  # 5 %, sd 2.8 points
    assert share(one.effect.difference.low <= 1 <= one.effect.difference.high for one in found) >= 0.88
    intervals = [one.effect.displacement.intervals.total for one in found]
    assert share(low <= 0 <= high for low, high in intervals) >= 0.88
    published = [one.effect.displacement.published for one in found]
    assert share(one.low <= 0 <= one.high for one in published) < 0.88  # what Poisson noise alone would have said
    alarms = share(one.watch.chart is not None and one.watch.chart.is_signal[:12].any() for one in found)
    assert alarms <= 0.12


@pytest.mark.slow
def test_what_is_prevented_is_found_and_what_moves_is_found_in_the_ring(planted_schemes):
    rng = np.random.default_rng(43)
    place = planted_schemes.town(1)
    found = []
    for _ in range(20):
        case = planted_schemes.draw_case(rng, place, "violence", 7, least=700)
        cube, local, displaced = planted_schemes.draw(rng, place, "violence", case, planted_schemes.Scheme(0.6, 1.0))
        effect, _, _ = planted_schemes.judge(place, "violence", case, cube)
        found.append((effect, local, displaced))
    assert share(effect.verdict == "fewer" for effect, _, _ in found) == 1
    assert share(effect.ring_verdict == "more" for effect, _, _ in found) >= 0.8
    intervals = [(effect.displacement.intervals, local, displaced) for effect, local, displaced in found]
    assert share(one.local[0] <= local <= one.local[1] for one, local, _ in intervals) >= 0.8
    assert share(one.displaced[0] <= moved <= one.displaced[1] for one, _, moved in intervals) >= 0.8
    assert share(one.total[0] <= local + moved <= one.total[1] for one, local, moved in intervals) >= 0.8


@pytest.mark.slow
def test_what_comes_back_gives_a_signal(planted_schemes):
    rng = np.random.default_rng(44)
    place = planted_schemes.town(1)
    signals = []
    for _ in range(15):
        case = planted_schemes.draw_case(rng, place, "violence", 7, least=400)
        cube, _, _ = planted_schemes.draw(rng, place, "violence", case, planted_schemes.Scheme(0.5, back=2.0))
        signals.append(planted_schemes.judge(place, "violence", case, cube)[1].signal is not None)
    assert share(signals) >= 0.8
