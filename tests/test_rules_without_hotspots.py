"""Where every zone has the same rate, whatever a rule lists is wrong: every rule that can list a zone, on cells and wards.

The short form of `benchmarks/bench_rules.py`: 150 maps, at most 9 % with anything listed.
"""

from __future__ import annotations

import h3
import numpy as np
import pytest
from scipy.special import ndtr

from geo_safety import statistics
from geo_safety.cube import Window
from geo_safety.entrenchment import History, judge_history
from geo_safety.exposure import find_by_exposure
from geo_safety.hotspots import HotspotRules, Surroundings, ThemeCounts, judge_theme
from geo_safety.neighbours import Neighbours, from_cells, itself
from geo_safety.statistics import bayesian_false_discovery, false_discovery

MAPS, MOST = 150, 0.09
ALPHA = 0.05
RULES = HotspotRules(minimum={"default": 0}, exposure="residents")
FIRST = 600
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(54.7, 1.7, 9), 13))  # 547
KINDS = {"cells": (0.3, 1, 3), "wards": (3, 10, 30)}
DISPERSIONS = (1, 1.5, 2.5)
PEERS = "z-score of peers"
OURS = {"probability", "next", "strict", "by residents", "entrenched", "class"}
OF_EQUAL_ZONES = {"exact Gi*", "exact local Moran"}


def surroundings(kind: str) -> Surroundings:
    """Cells of one size, or as many wards of unequal size that touch as the cells do."""
    touching = from_cells(CELLS)
    width = np.exp(0.7 * np.random.default_rng(1).normal(size=len(CELLS)))
    return Surroundings(
        neighbourhood=touching if kind == "cells" else itself(len(CELLS)),
        touching=touching,
        near=touching.rings(2) if kind == "cells" else touching.rings(1),
        wider=touching.rings(3, 4) if kind == "cells" else touching.rings(2),
        width=np.ones(len(CELLS)) if kind == "cells" else width / width.mean(),
        borough=np.full(len(CELLS), None, dtype=object),
        is_exchangeable=kind == "cells",
    )


def drawn(mean: np.ndarray, phi: float, months: int, rng: np.random.Generator) -> np.ndarray:
    """Counts of one rate: `mean` a zone and year, variance phi times the mean."""
    monthly = np.repeat(mean[:, None] / 12, months, axis=1)
    if phi == 1:
        return rng.poisson(monthly).astype(float)
    return rng.negative_binomial(monthly / (phi - 1), 1 / phi).astype(float)


@pytest.fixture(scope="module", params=["cells", "wards"])
def shares(request) -> dict[str, float]:
    """Share of maps on which each rule lists anything."""
    around = surroundings(request.param)
    people = 800 * np.exp(0.6 * np.random.default_rng(2).normal(size=len(CELLS)))
    kinds = [(mean, phi) for mean in KINDS[request.param] for phi in DISPERSIONS]
    found: dict[str, list[bool]] = {}
    for number in range(MAPS):
        mean, phi = kinds[number % len(kinds)]
        rng = np.random.default_rng([number, len(request.param)])
        months = drawn(mean * around.width, phi, 36, rng)
        per_head = drawn(mean * people / people.mean(), phi, 12, rng)
        for rule, listed in {**of_year(around, months), **of_years(around, months, number)}.items():
            found.setdefault(rule, []).append(bool(listed.any()))
        one = ThemeCounts("robbery", Window(FIRST + 24, FIRST + 35, is_complete=True), per_head, None)
        by_residents = find_by_exposure([one], around, people, rules=RULES)["robbery"].table["is_hotspot"]
        found.setdefault("by residents", []).append(bool(by_residents.any()))
    return {rule: float(np.mean(each)) for rule, each in found.items()}


def of_year(around: Surroundings, months: np.ndarray) -> dict[str, np.ndarray]:
    year, before = months[:, -12:], months[:, -24:-12].sum(axis=1)
    one = ThemeCounts("robbery", Window(FIRST + 24, FIRST + 35, is_complete=True), year, before)
    table = judge_theme(one, {}, around, rules=RULES).table
    near: Neighbours = around.touching
    lists = {
        "probability": bayesian_false_discovery(table["probability"].to_numpy(), alpha=ALPHA),
        "next": bayesian_false_discovery(table["probability_next"].to_numpy(), alpha=ALPHA),
        "strict": table["q_value"].to_numpy() <= ALPHA,
        PEERS: false_discovery(ndtr(-statistics.gi_star(year.sum(axis=1) / around.width, near))) <= ALPHA,
    }
    if around.is_exchangeable:
        lists["exact Gi*"] = false_discovery(table["gi_p"].to_numpy()) <= ALPHA
        lists["exact local Moran"] = false_discovery(statistics.local_moran_exact(year.sum(axis=1), near)) <= ALPHA
    return lists


def of_years(around: Surroundings, months: np.ndarray, number: int) -> dict[str, np.ndarray]:
    noise = statistics.dispersion(around.neighbourhood.sum(months))
    shifts = np.full(len(CELLS), 6) if around.is_exchangeable else None
    history = History(f"test-{number}", "robbery", CELLS, months, FIRST, noise, shifts_hot=shifts)
    table = judge_history(history, around, rules=RULES).table
    named = table["class"].ne("none").to_numpy(bool)
    return {"entrenched": table["is_entrenched"].to_numpy(bool), "class": named}


def test_hotspot_free_maps_stay_empty(shares):
    ours = {rule: share for rule, share in shares.items() if rule != PEERS}
    assert set(ours) in (OURS, OURS | OF_EQUAL_ZONES)  # zones of unequal size cannot be exchanged
    assert {rule: share for rule, share in ours.items() if share > MOST} == {}


def test_the_z_score_of_other_programs_does_not(shares):
    assert shares[PEERS] > 0.2
