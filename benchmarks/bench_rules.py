"""Does every rule that can put a zone on a list keep what it says? Cells and wards, beside what other programs do.

1. Maps without hotspots: how often does each rule list anything where every zone has the same rate?
2. Known surfaces: which share of each list is false? London's robbery on cells, robbery and violence on wards, each
   half smoothed; three years of rates that drift, and a fourth for the forecast.

The rules are the product's own (`judge_theme`, `find_by_exposure`, `judge_history`), without the minimum count that
keeps sparse lists empty. The scans have the same test in `bench_scan.py`; more means, dispersions and redraws of the
first rule are in `bench_error_share.py`.

    python benchmarks/bench_rules.py [--quick] [--maps N] [--redraws N]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from grounds import Ground, london_cells, london_wards, town_cells, ward_surface
from scipy.special import ndtr
from surfaces import draw_months, robbery_by_month, say_where

from geo_safety import statistics
from geo_safety.cube import Window
from geo_safety.denominators import FEWEST_PEOPLE
from geo_safety.entrenchment import History, judge_history
from geo_safety.exposure import find_by_exposure, is_fit
from geo_safety.hotspots import HotspotRules, ThemeCounts, judge_theme
from geo_safety.statistics import bayesian_false_discovery, false_discovery
from geo_safety.statistics.rates.persistence.quarters import QUARTERS

ALPHA = 0.05
RULES = HotspotRules(minimum={"default": 0}, exposure="residents")
APRIL_2020 = 12 * 50 + 3
DISPERSIONS = (1, 1.5, 2.5)
MEANS = {"cells": (0.1, 0.3, 1, 3), "wards": (3, 10, 30, 100)}
MOST_FLAT, MOST_FALSE = 6.5, 7.0
"""Percent of maps without hotspots with anything listed; percent of a list that may be false."""

DRIFT, KEEP = 0.28, 0.9
"""Usual change from year to year, as of robbery; share of its distance from the usual that a place keeps a quarter."""

FLAT = {"cells": cache(town_cells), "wards": cache(london_wards)}
PEERS = ("Gi* z-score", "local Moran z")
LASTING = ("persistent", "intensifying", "diminishing")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="12 maps and 1 redraw; figures mean nothing")
    arguments.add_argument("--maps", type=int, default=1000, help="without hotspots")
    arguments.add_argument("--redraws", type=int, default=10, help="of each known surface")
    options = arguments.parse_args()
    say_where()
    start = time.perf_counter()
    kept = maps_without_hotspots(12 if options.quick else options.maps)
    kept &= known_surfaces(1 if options.quick else options.redraws)
    print(f"\n{'All bounds kept' if kept else 'SOME BOUNDS BROKEN'}; {time.perf_counter() - start:.0f} s")
    sys.exit(0 if kept or options.quick else 1)


# --- 1: maps without hotspots ---------------------------------------------------------------------------------------


def maps_without_hotspots(maps: int) -> bool:
    """Print how often each rule lists anything; whether all but the peers' keep their bound."""
    print(f"\n1. Maps without hotspots, {maps} of each: percent on which anything is listed (at most {MOST_FLAT})\n")
    found: dict[str, dict[str, float]] = {}
    with ProcessPoolExecutor() as pool:
        for ground, make in FLAT.items():
            listed: dict[str, list[bool]] = {}
            for of_map in pool.map(partial(_of_map, ground), range(maps), chunksize=5):
                for rule, anything in of_map:
                    listed.setdefault(rule, []).append(anything)
            found[make().name] = {rule: 100 * float(np.mean(each)) for rule, each in listed.items()}
    names = list(dict.fromkeys(rule for of_ground in found.values() for rule in of_ground))
    print(f"{'rule':28}" + "".join(f"{ground:>16}" for ground in found))
    kept = True
    for rule in names:
        shares = [of_ground.get(rule) for of_ground in found.values()]
        good = rule in PEERS or all(share is None or share <= MOST_FLAT for share in shares)
        kept &= good
        print(f"{rule:28}" + "".join(f"{'-' if share is None else format(share, '.1f'):>16}" for share in shares)
              + ("  (peers)" if rule in PEERS else "" if good else "  BOUND BROKEN"))  # fmt: skip
    return kept


def _of_map(ground: str, number: int) -> list[tuple[str, bool]]:
    kinds = [(mean, phi) for mean in MEANS[ground] for phi in DISPERSIONS]
    mean, phi = kinds[number % len(kinds)]
    of = FLAT[ground]()
    return list(_anything(of, mean, phi, np.random.default_rng([21, number, of.n]), seed=number))


def _anything(
    ground: Ground, mean: float, phi: float, rng: np.random.Generator, *, seed: int
) -> Iterator[tuple[str, bool]]:
    """Whether each rule lists anything on one map of one rate, by area or by residents."""
    width = ground.surroundings.width
    cells = draw_months(3 * mean * width, dispersion=phi, months=36, rng=rng)
    for rule, listed in window_lists(ground, cells[:, -12:], cells[:, -24:-12].sum(axis=1)).items():
        yield rule, bool(listed.any())
    for rule, listed in history_lists(ground, cells, seed=seed).items():
        yield rule, bool(listed.any())
    fit = is_fit(ground.residents, fewest=FEWEST_PEOPLE)
    people = np.where(fit, ground.residents, 0.0)
    months = draw_months(mean * people / people[fit].mean(), dispersion=phi, months=12, rng=rng)
    for rule, listed in exposure_lists(ground, months).items():
        yield rule, bool(listed.any())


def window_lists(ground: Ground, months: np.ndarray, before: np.ndarray) -> dict[str, np.ndarray]:
    """Lists of the newest year: ours, and on cells those of rules about arrangement."""
    around, own = ground.surroundings, months.sum(axis=1)
    one = ThemeCounts("robbery", Window(APRIL_2020 + 24, APRIL_2020 + 35, is_complete=True), months, before)
    table = judge_theme(one, {}, around, rules=RULES).table
    lists = {
        "list": table["is_hotspot"].to_numpy(bool),
        "list, no conditions": bayesian_false_discovery(table["probability"].to_numpy(), alpha=ALPHA),
        "next window": bayesian_false_discovery(table["probability_next"].to_numpy(), alpha=ALPHA),
        "strict": table["q_value"].to_numpy() <= ALPHA,
    }
    # Other programs look at a zone and those that touch it; on wards they take rates.
    rates = own / around.width
    if around.is_exchangeable:
        exact = statistics.local_moran_exact(own, around.touching)
        lists["Gi* exact"] = false_discovery(table["gi_p"].to_numpy()) <= ALPHA
        lists["local Moran exact"] = false_discovery(exact) <= ALPHA
    lists["Gi* z-score"] = false_discovery(ndtr(-statistics.gi_star(rates, around.touching))) <= ALPHA
    z = statistics.local_moran(rates, around.touching).z
    lists["local Moran z"] = false_discovery(2 * ndtr(-np.abs(z))) <= ALPHA
    return lists


def exposure_lists(ground: Ground, months: np.ndarray) -> dict[str, np.ndarray]:
    """Lists by residents: that of the product, and the strict test's."""
    around = ground.surroundings
    fit = is_fit(ground.residents, fewest=FEWEST_PEOPLE)
    one = ThemeCounts("robbery", Window(APRIL_2020 + 24, APRIL_2020 + 35, is_complete=True), months, None)
    judged = find_by_exposure([one], around, ground.residents, rules=RULES, fewest=FEWEST_PEOPLE)["robbery"]
    assert judged.dispersion is not None
    counts, people = around.neighbourhood.totals(
        np.where(fit, months.sum(axis=1), np.nan), np.where(fit, ground.residents, 0)
    )
    p = statistics.exceedance_test(
        counts, np.where(fit, people, 1.0), level=RULES.exposure_level, dispersion=judged.dispersion.value,
        rate=months[fit].sum() / ground.residents[fit].sum(),
    )  # fmt: skip
    return {
        "list by residents": judged.table["is_hotspot"].fillna(value=False).to_numpy(bool),
        "strict by residents": false_discovery(p) <= ALPHA,
    }


def history_lists(ground: Ground, cells: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    """Lists of three years: entrenched places, and places with any class or with a sure one."""
    table = judged_history(ground, cells, seed=seed)
    named = table["class"].ne("none").to_numpy(bool)
    sure = table["stability"].to_numpy(float) >= 0.8
    return {
        "entrenched": table["is_entrenched"].to_numpy(bool),
        "any class": named,
        "any class, stable": named & sure,
        "tier C (emerging)": table["tier"].eq("C").to_numpy(bool),
    }


def judged_history(ground: Ground, cells: np.ndarray, *, seed: int):
    """What the product says of 36 months: on cells as if no shift of the grid mattered."""
    around = ground.surroundings
    ring = around.near
    hoods = around.neighbourhood.sum(cells)
    chosen = statistics.near_level(*ring.totals(cells.sum(axis=1), around.width))
    history = History(
        layer=f"{ground.name}/{seed}",
        theme="robbery",
        zone_id=ground.zone_id,
        monthly=cells,
        first_month=APRIL_2020,
        dispersion=statistics.dispersion(hoods[chosen]),
        shifts_hot=np.full(ground.n, 6) if around.is_exchangeable else None,
    )
    return judge_history(history, around, rules=RULES).table


# --- 2: known surfaces ----------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Listed, false and true places over all redraws."""

    listed: int = 0
    wrong: int = 0
    true: int = 0

    def add(self, listed: np.ndarray, truth: np.ndarray) -> None:
        self.listed += int(listed.sum())
        self.wrong += int((listed & ~truth).sum())
        self.true += int(truth.sum())


def known_surfaces(redraws: int) -> bool:
    """Print the false share of every list and the share of true places it holds; whether the bounds were kept."""
    print(
        f"\n2. Known surfaces that drift, {redraws} redraws each, dispersion 1.5: percent (false at most {MOST_FALSE:g})\n"
    )
    print(f"{'ground':16}{'surface':10}{'mean':>6}  {'rule':22}{'listed':>8}{'false':>7}{'found':>7}")
    cells, wards = london_cells(), london_wards()
    robbery = robbery_by_month()[:, -12:].sum(axis=1)
    cases = [(cells, "robbery", robbery, 2.1), (cells, "robbery", robbery, 0.52)]
    cases += [(wards, name, ward_surface(name), None) for name in ("robbery", "violence")]
    kept = True
    for ground, name, surface, mean in cases:
        usual = _smoothed(surface, ground)
        usual *= (surface.mean() if mean is None else mean) / usual.mean()
        tallies: dict[str, Tally] = {}
        stability: list[np.ndarray] = []
        for number in range(redraws if ground is wards else max(redraws // 3, 1)):
            rng = np.random.default_rng([22, number, ground.n, round(100 * usual.mean())])
            for rule, listed, truth in _judged(ground, usual, rng, stability, seed=number):
                tallies.setdefault(rule, Tally()).add(listed, truth)
        for rule, one in tallies.items():
            false = 100 * one.wrong / max(one.listed, 1)
            # A few places more or less are no broken promise: two standard deviations of a share of so many.
            bound = MOST_FALSE + 200 * np.sqrt(0.05 * 0.95 / max(one.listed, 1) * 3)
            good = rule.startswith("(") or false <= bound
            kept &= bool(good)
            print(f"{ground.name:16}{name:10}{usual.mean():6.2f}  {rule:22}{one.listed:8}{false:7.1f}"
                  f"{100 * (one.listed - one.wrong) / max(one.true, 1):7.1f}{'' if good else '  BOUND BROKEN'}", flush=True)  # fmt: skip
        kept &= _print_stability(ground, name, np.concatenate(stability, axis=1))
    return kept


def _smoothed(surface: np.ndarray, ground: Ground) -> np.ndarray:
    around = ground.surroundings
    near, width = around.touching.totals(surface, around.width)
    return np.maximum((surface + near / width * around.width) / 2, 0.02 * surface.mean() * around.width)


def _judged(
    ground: Ground, usual: np.ndarray, rng: np.random.Generator, stability: list[np.ndarray], *, seed: int
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each rule's list on one drawing of four years, and what is true of it."""
    rates = _drifting(ground, usual, rng)
    months = np.hstack([draw_months(quarter, dispersion=1.5, months=3, rng=rng) for quarter in rates[:, :12].T])
    around, level = ground.surroundings, RULES.level
    ratio = np.stack([_ratio(ground, rates[:, k : k + QUARTERS].sum(axis=1)) for k in range(9)], axis=1)
    now, ahead = ratio[:, -1] >= level, _ratio(ground, rates[:, 12:].sum(axis=1)) >= level
    for rule, listed in window_lists(ground, months[:, -12:], months[:, -24:-12].sum(axis=1)).items():
        if rule in {"list", "list, no conditions", "strict"}:
            yield rule, listed, now
        elif rule == "next window":
            yield rule, listed, ahead
        elif rule == "Gi* z-score":  # it makes no claim about a level
            yield f"({rule})", listed, now
    fit = is_fit(ground.residents, fewest=FEWEST_PEOPLE)
    year = rates[:, 8:12].sum(axis=1)
    counts, people = around.neighbourhood.totals(np.where(fit, year, np.nan), np.where(fit, ground.residents, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        per_head = counts / people >= RULES.exposure_level * year[fit].sum() / ground.residents[fit].sum()
    for rule, listed in exposure_lists(ground, months[:, -12:]).items():
        yield rule, listed, fit & per_head
    table = judged_history(ground, months, seed=seed)
    hot = ratio >= level
    lasting = (hot.sum(axis=1) >= 0.9 * hot.shape[1]) & hot[:, -1]
    yield "entrenched", table["is_entrenched"].to_numpy(bool), lasting
    named = table["class"].isin(LASTING).to_numpy(bool)
    yield "(lasting class)", named, lasting
    stable = table["stability"].to_numpy(float) >= 0.8
    yield "(lasting, stable)", named & stable, lasting
    is_named = table["class"].ne("none").to_numpy(bool)
    yield "any class", is_named, hot.any(axis=1)  # what having a class says: hot at some time
    true_class = statistics.emerging_class(hot.astype(float), np.zeros(ground.n), np.ones(ground.n))
    said = table["class"].where(~table["class"].isin(LASTING), "persistent").to_numpy()
    stability.append(np.stack([table["stability"].to_numpy(float), said == true_class])[:, is_named])


def _ratio(ground: Ground, rates: np.ndarray) -> np.ndarray:
    around = ground.surroundings
    counts, width = around.neighbourhood.totals(rates, around.width)
    return counts / width / (rates.sum() / around.width.sum())


def _drifting(ground: Ground, usual: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rates by zone and quarter over four years: each drifts with those around it, and falls back to the usual."""
    touching, sizes = ground.surroundings.touching, ground.surroundings.touching.sizes
    step = np.log1p(DRIFT**2) * (1 - KEEP**2) / (2 * (1 - KEEP**4))  # so that a year later it differs by DRIFT

    def smooth() -> np.ndarray:
        noise = rng.normal(size=ground.n)
        for _ in range(2):
            noise = touching.sum(noise) / sizes
        return noise / noise.std()

    away = [smooth() * np.sqrt(step / (1 - KEEP**2))]
    for _ in range(15):
        away.append(KEEP * away[-1] + np.sqrt(step) * smooth())
    rates = usual[:, None] * np.exp(np.stack(away, axis=1))
    return rates * (usual.mean() / 4 / rates.mean())


def _print_stability(ground: Ground, name: str, pairs: np.ndarray) -> bool:
    """Print how often the class is the true one, by stability; whether it is at least as often as stated."""
    kept = True
    for low, high, word in ((0, 0.6, "unstable"), (0.6, 0.8, "likely"), (0.8, 1.01, "stable")):
        held = (pairs[0] >= low) & (pairs[0] < high)
        if held.sum() < 20:
            continue
        said, seen = pairs[0, held].mean(), pairs[1, held].mean()
        good = seen >= said - max(0.05, 2.5 * np.sqrt(1.5 * said * (1 - said) / held.sum()))
        kept &= bool(good)
        print(f"{ground.name:16}{name:10}        class, {word:14} places {held.sum():5}: stated {100 * said:.0f}, "
              f"true {100 * seen:.0f}{'' if good else '  BOUND BROKEN'}", flush=True)  # fmt: skip
    return kept


if __name__ == "__main__":
    main()
