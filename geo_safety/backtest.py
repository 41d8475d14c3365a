"""Do past hotspots find later incidents, and better than plain methods do? `geo-safety backtest`.

From every quarter that has a whole window behind it and months after it, places are ranked on the window alone and
judged on the next 3, 6 and 12 months:

| method | ranks zones by |
|---|---|
| `hotspots` | the posterior mean ratio of the neighbourhood, as the hotspot rule makes it |
| `last year` | the zone's own count (per area) in the window: the naive ranking |
| `kernel density` | a Gaussian kernel density, its bandwidth chosen anew at every origin (see `kernel_density`) |
| `the list` | no ranking: the hotspot list with the area that it happens to have |

All rankings are cut at the same areas and judged twice: on incidents in the flagged `zones`, as others publish it, and
on incidents in their `neighbourhoods` (each zone with those around it), which is what a hotspot makes its claim about.
For wards the two are one. A description with intervals, no test of a hypothesis; nothing here forecasts
a single cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_matrix

from geo_safety.boundaries import Study, Zones
from geo_safety.cell_layers import is_cells
from geo_safety.counted import Counted, breaks_in
from geo_safety.cube import Coverage, Window, choose_window
from geo_safety.errors import ConfigError
from geo_safety.hotspots import FloatArray, ThemeCounts, choose_hotspots, fit_rates, measure_dispersion
from geo_safety.layers import Layer, make_layer
from geo_safety.months import month_text
from geo_safety.pipeline import count, theme_counts
from geo_safety.progress import Progress, Silent
from geo_safety.settings import read_settings
from geo_safety.statistics import prediction_accuracy
from geo_safety.statistics.pattern.kernel_density import gaussian_kernels, kernel_density

HORIZONS = (3, 6, 12)
"""Months after the origin that judge."""

BUDGETS = (0.005, 0.01, 0.02, 0.05)
"""Shares of the study's area that a ranking may flag."""

STEP = 3
"""Months between origins."""

OURS, THE_LIST, OPPONENTS = "hotspots", "the list", ("last year", "kernel density")
ZONES, NEIGHBOURHOODS = "zones", "neighbourhoods"
"""What may be judged: later incidents in flagged zones, or in the neighbourhoods of flagged zones."""

BANDWIDTHS = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Candidates for the kernel's standard deviation, in zone spacings (the root of the mean zone's area)."""

REPLICATES, COVERAGE = 1000, 0.95
BLOCK_RESOLUTIONS = 2
"""Cells are resampled in blocks of their parent so many resolutions up (49 cells): near places share their luck."""


@dataclass(frozen=True)
class BacktestReport:
    """What the backtest found.

    Parameters
    ----------
    layer : str
        Whose zones were ranked.
    themes : mapping
        By theme: `origins` (last month of each window), `bandwidths_m` of the kernel, `why_not`, `notes`.
    accuracy : tuple of dict
        By theme, horizon, `judged_on`, budget and method: hit rate, PAI and PEI with their intervals. `budget` is None for the list.
    comparisons : tuple of dict
        Our hit rate less the opponent's at the same area, with its interval and a `verdict`.
    """

    layer: str
    themes: Mapping[str, Mapping[str, Any]]
    accuracy: tuple[dict[str, Any], ...]
    comparisons: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "layer": self.layer,
            "themes": dict(self.themes),
            "accuracy": list(self.accuracy),
            "comparisons": list(self.comparisons),
            "verdicts": list(self.verdicts()),
        }

    def verdicts(self) -> Iterator[str]:
        """One plain sentence a theme and opponent, whichever way it falls."""
        for theme, found in self.themes.items():
            if found["why_not"]:
                yield f"{theme}: {found['why_not']}"
                continue
            units = dict.fromkeys(one["judged_on"] for one in self.comparisons if one["theme"] == theme)
            for unit, what, opponent in product(units, (OURS, THE_LIST), OPPONENTS):
                key = (theme, unit, what, opponent)
                said = [
                    one["verdict"]
                    for one in self.comparisons
                    if (one["theme"], one["judged_on"], one["method"], one["against"]) == key
                ]
                if not said:
                    yield f"{theme}, judged on {unit}: {what} against {opponent}: nothing was listed at any origin."
                    continue
                counts = ", ".join(f"{said.count(word)} {word}" for word in ("better", "worse", "not distinguishable"))
                comparisons = f"{len(said)} comparison{'s' * (len(said) != 1)}"
                yield f"{theme}, judged on {unit}: {what} against {opponent}, {comparisons}: {counts}."

    def as_text(self) -> str:
        """The report for people."""
        lines = [f"Share of later incidents found on {self.layer}, with its {COVERAGE:.0%} interval"]
        for theme, found in self.themes.items():
            if found["origins"]:
                first, last = found["origins"][0], found["origins"][-1]
                lines += ["", f"{theme}: {len(found['origins'])} origins, {first} to {last}"]
            lines += [f"  {text}" for text in (*found["notes"], *self._rows(theme))]
        return "\n".join([*lines, "", *self.verdicts()])

    def _rows(self, theme: str) -> Iterator[str]:
        methods = (OURS, *OPPONENTS)
        for unit, months in product((ZONES, NEIGHBOURHOODS), HORIZONS):
            key = (theme, unit, months)
            mine = [one for one in self.accuracy if (one["theme"], one["judged_on"], one["months"]) == key]
            if mine:
                yield f"judged on {unit}, next {months} months"
                yield f"{'':15}  area" + "".join(f"  {name:22}" for name in methods)
            for budget in dict.fromkeys(one["budget"] for one in mine):
                group = {one["method"]: one for one in mine if one["budget"] == budget}
                group = group if budget is not None else {**group, OURS: group[THE_LIST]}
                figures = "".join(f"  {_percent(group[name]):22}" for name in methods)
                said = [
                    f"{one['verdict']} than {one['against']}"
                    for one in self.comparisons
                    if (one["theme"], one["judged_on"], one["months"], one["budget"]) == (*key, budget)
                    and one["verdict"] in {"better", "worse"}
                ]
                name = "the list itself" if budget is None else ""
                yield f"{name:15} {group[OURS]['area_share']:5.1%}{figures}  {', '.join(said)}".rstrip()


def _percent(one: Mapping[str, Any]) -> str:
    return f"{one['hit_rate']:6.1%} ({one['hit_rate_low']:.1%}-{one['hit_rate_high']:.1%})"


def backtest(config: Path, *, workers: int = 1, seed: int = 1, progress: Progress | None = None) -> BacktestReport:
    """Read what a config names and backtest every theme on the layer whose hotspots are joined into areas.

    Raises
    ------
    GeoSafetyError
        With the remedy; also where no theme's series is long enough.
    """
    progress = progress or Silent()
    return backtest_counted(
        count(read_settings(config), workers=workers, progress=progress), seed=seed, progress=progress
    )


def backtest_counted(counted: Counted, *, seed: int = 1, progress: Progress | None = None) -> BacktestReport:
    """Backtest what was counted; the same counts and seed give the same report."""
    progress = progress or Silent()
    settings, layers = counted.settings, counted.place.layers
    name = settings.area_layer or next(iter(layers))
    layer = make_layer(layers[name], counted.place.study, wards=layers.get("wards"), boroughs=layers.get("boroughs"))
    ground = _make_ground(layer, counted.place.study)
    themes: dict[str, dict[str, Any]] = {}
    accuracy: list[dict[str, Any]] = []
    comparisons: list[dict[str, Any]] = []
    for coverage in counted.coverages:
        origins = find_origins(coverage, window_months=settings.window_months)
        themes[coverage.theme] = _about(coverage, origins, counted)
        if not origins:
            continue
        done = progress.over(origins, f"Backtesting {coverage.theme}", total=len(origins))
        trials = [trial for origin in done for trial in _trials(origin, coverage, ground, counted)]
        themes[coverage.theme]["bandwidths_m"] = sorted({round(trial.bandwidth_m) for trial in trials})
        for unit, months in product((ZONES, NEIGHBOURHOODS), HORIZONS):
            held = [trial for trial in trials if (trial.judged_on, trial.months) == (unit, months)]
            rng = np.random.default_rng([seed, months])
            for found, compared in _judge(held, len(ground.blocks), rng):
                place = {"theme": coverage.theme, "judged_on": unit, "months": months}
                accuracy += [place | one for one in found]
                comparisons += [place | one for one in compared]
    if not accuracy:
        reasons = " ".join(f"{theme}: {found['why_not']}" for theme, found in themes.items())
        raise ConfigError(
            f"Nothing can be backtested. {reasons}", "Add earlier or later months, or set a shorter `window_months`."
        )
    return BacktestReport(name, themes, tuple(accuracy), tuple(comparisons))


def find_origins(coverage: Coverage, *, window_months: int) -> list[int]:
    """From which months can we look back over a whole window and forward over three months, without a gap?

    Returns
    -------
    list of int
        Months since 1970-01, every third one counted back from the newest possible, oldest first.
    """
    has_data = coverage.has_data
    newest = len(has_data) - 1 - HORIZONS[0]
    return [
        coverage.first_month + origin
        for origin in range(newest, window_months - 2, -STEP)
        if has_data[origin - window_months + 1 : origin + HORIZONS[0] + 1].all()
    ][::-1]


def _about(coverage: Coverage, origins: Sequence[int], counted: Counted) -> dict[str, Any]:
    """What a reader of one theme's figures must know."""
    window = counted.settings.window_months
    needed = window + HORIZONS[0]
    changes = [one.month for one in breaks_in(coverage, counted.settings)]
    notes = [
        f"{len(crossed)} of the origins look across the change of recording in {month_text(month)}."
        for month in changes
        if (crossed := [origin for origin in origins if origin - window + 1 < month <= origin + HORIZONS[-1]])
    ]
    why_not = (
        None
        if origins
        else f"too short, {needed} months in a row without a gap are needed (a window of {window} and {HORIZONS[0]} after it)."
    )
    return {"origins": [month_text(origin) for origin in origins], "why_not": why_not, "notes": notes}


@dataclass(frozen=True)
class Ground:
    """What all origins share: the layer, its kernels and its blocks for resampling.

    Parameters
    ----------
    kernels : mapping of bandwidth in metres to sparse matrix, shape (n_zones, n_zones)
    blocks : array of int, shape (n_blocks,)
        Numbers of the blocks.
    block : array of int, shape (n_zones,)
        Block of each zone.
    """

    layer: Layer
    kernels: Mapping[float, csr_matrix]
    blocks: np.ndarray
    block: np.ndarray


@dataclass(frozen=True)
class Trial:
    """One origin and horizon: later incidents by block, in all and among what each method flagged.

    Parameters
    ----------
    total : array of float, shape (n_blocks,)
    hits : mapping of (budget, method) to array of float, shape (n_blocks,)
        Budget None: the area of the list. The method `best` is the best choice of that area with hindsight.
    list_share : float
        Share of the study's area on the list.
    """

    judged_on: str
    months: int
    bandwidth_m: float
    total: FloatArray
    hits: Mapping[tuple[float | None, str], FloatArray]
    list_share: float


def _make_ground(layer: Layer, study: Study) -> Ground:
    zones = layer.zones
    blocks, block = np.unique(_block_names(zones, layer.surroundings.borough), return_inverse=True)
    middles = shapely.centroid(zones.geometry)
    points = np.stack(study.projection.metres(shapely.get_x(middles), shapely.get_y(middles)), axis=1)
    spacing = 1000 * float(np.sqrt(np.mean(study.projection.area_km2(zones.geometry))))
    kernels = gaussian_kernels(points, [times * spacing for times in BANDWIDTHS])
    return Ground(layer, kernels, blocks, block)


def _block_names(zones: Zones, borough: np.ndarray) -> np.ndarray:
    """Cells: their parent two resolutions up. Other zones: their borough, or themselves where there is none."""
    if not is_cells(zones.layer):
        return np.array([code or zone for code, zone in zip(borough, zones.zone_id, strict=True)])
    import h3

    resolution = h3.get_resolution(zones.zone_id[0]) - BLOCK_RESOLUTIONS
    return np.array([h3.cell_to_parent(cell, max(resolution, 0)) for cell in zones.zone_id.tolist()])


def _trials(origin: int, coverage: Coverage, ground: Ground, counted: Counted) -> Iterator[Trial]:
    """Rank on the window that ends with the origin, and look at each horizon that has data."""
    surroundings, rules = ground.layer.surroundings, counted.settings.hotspots
    one, own_by_theme = _as_of(origin, coverage, ground.layer.name, counted)
    if not one.is_judged:
        return
    spread = measure_dispersion(one, surroundings)
    rates = fit_rates(one, own_by_theme, surroundings, dispersion=spread.value)
    is_hotspot = choose_hotspots(one, rates.probability(rules.level), surroundings, rules=rules)
    density, bandwidth = kernel_density(one.monthly, ground.kernels, width=surroundings.width)
    unknown = np.isnan(one.own)
    scores = {
        OURS: rates.mean(),
        "last year": one.own / surroundings.width,
        "kernel density": density,
    }
    cube = counted.cubes[ground.layer.name, coverage.theme]
    for months in HORIZONS:
        first, last = origin + 1 - cube.first_month, origin + 1 + months - cube.first_month
        if last > len(cube.has_data) or not cube.has_data[first:last].all():
            continue
        later = np.where(unknown, np.nan, cube.incidents[:, first:last].sum(axis=1))
        judge = partial(_outcome, scores, is_hotspot, ground=ground, months=months, bandwidth_m=bandwidth)
        yield judge(later, judged_on=ZONES)
        if is_cells(ground.layer.name):
            around, width = surroundings.neighbourhood.totals(later, surroundings.width)
            yield judge(around / width * surroundings.width, judged_on=NEIGHBOURHOODS)


def _as_of(origin: int, coverage: Coverage, layer: str, counted: Counted) -> tuple[ThemeCounts, dict[str, FloatArray]]:
    """The theme's counts as they stood at the origin, and those of all themes as context: nothing later."""
    counts = {}
    for one in counted.coverages:
        months = origin - one.first_month + 1
        past = one.has_data[: max(months, 0)]
        window = choose_window(past, one.first_month, months=counted.settings.window_months) if len(past) else None
        known = replace(one, window=window)
        counts[one.theme] = theme_counts(known, counted.cubes[layer, one.theme], counted)
    assert counts[coverage.theme].window == Window(
        origin - counted.settings.window_months + 1, origin, is_complete=True
    )
    return counts[coverage.theme], {theme: one.own for theme, one in counts.items() if one.is_judged}


def _outcome(
    scores: Mapping[str, FloatArray],
    is_hotspot: np.ndarray,
    later: FloatArray,
    *,
    ground: Ground,
    judged_on: str,
    months: int,
    bandwidth_m: float,
) -> Trial:
    """Later incidents by block among what each method flags at each budget."""
    width = ground.layer.surroundings.width

    def of_block(values: FloatArray) -> FloatArray:
        return np.bincount(ground.block, weights=values, minlength=len(ground.blocks)).astype(float)

    on_list = prediction_accuracy(is_hotspot, later, area=width)
    found = np.nan_to_num(later)
    hits: dict[tuple[float | None, str], FloatArray] = {}
    for budget in (*BUDGETS, None):
        share = on_list.area_share if budget is None else budget
        for method, score in {**scores, "best": later / width}.items():
            hits[budget, method] = of_block(found * flagged_share(score, width, budget=share))
    hits[None, THE_LIST] = of_block(found * is_hotspot)
    return Trial(judged_on, months, bandwidth_m, of_block(found), hits, on_list.area_share)


def flagged_share(score: FloatArray, width: FloatArray, *, budget: float) -> FloatArray:
    """Which share of each zone does a ranking flag, if it may flag this share of the area?

    Zones with equal scores share what is left of the budget, so that the order of zones decides nothing.

    Parameters
    ----------
    score : array of float, shape (n,)
        Highest first; NaN is never flagged and no part of the area.
    width : array of float, shape (n,)
        Area of each zone.
    budget : float
        Share of the area, 0 to 1.

    Examples
    --------
    Half of five equal zones: the first, and three quarters of each of the two that tie.

    >>> flagged_share(np.array([9.0, 4, 4, 1, 0]), np.ones(5), budget=0.5).tolist()
    [1.0, 0.75, 0.75, 0.0, 0.0]
    """
    known = ~np.isnan(score)
    _, group = np.unique(-score[known], return_inverse=True)
    area = np.bincount(group, weights=width[known])
    left = budget * area.sum() - (np.cumsum(area) - area)
    flagged = np.zeros(len(score))
    flagged[known] = np.clip(left / area, 0.0, 1.0)[group]
    return flagged


def _judge(
    trials: Sequence[Trial], n_blocks: int, rng: np.random.Generator
) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Accuracy and comparisons of one theme and horizon, budget by budget, pooled over origins.

    Origins and blocks of places are drawn anew with replacement, the same draws for every method: the choices stand,
    the places and times that judge them vary.
    """
    if not trials or not sum(trial.total.sum() for trial in trials):
        return
    origins = rng.multinomial(len(trials), np.full(len(trials), 1 / len(trials)), REPLICATES)
    places = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), REPLICATES)
    # The first row is the data as they are.
    origins = np.concatenate([np.ones((1, len(trials)), int), origins])
    places = np.concatenate([np.ones((1, n_blocks), int), places])

    def pooled(values: Sequence[FloatArray]) -> FloatArray:
        return np.asarray(((places @ np.stack(values, axis=1)) * origins).sum(axis=1))

    total = np.maximum(pooled([trial.total for trial in trials]), 1e-9)
    for budget in (*BUDGETS, None):
        share = np.mean([trial.list_share for trial in trials]) if budget is None else budget
        if not share > 0:  # no list at any origin
            continue
        hit = {
            method: pooled([trial.hits[budget, method] for trial in trials]) / total
            for of, method in trials[0].hits
            if of == budget
        }
        best = np.maximum(hit.pop("best"), 1e-9)
        place: dict[str, Any] = {"budget": budget, "area_share": round(float(share), 5), "origins": len(trials)}
        found = [
            place
            | {"method": method}
            | _spread("hit_rate", one)
            | _spread("pai", one / share)
            | _spread("pei", one / best)
            for method, one in hit.items()
        ]
        what = OURS if budget is not None else THE_LIST
        yield (
            found,
            [
                place | {"method": what, "against": opponent} | _difference(hit[what] - hit[opponent])
                for opponent in OPPONENTS
            ],
        )


def _spread(name: str, replicates: FloatArray) -> dict[str, float]:
    """The figure and its interval; the first replicate is the data as they are."""
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(replicates[1:], [tail, 1 - tail])
    return {
        name: round(float(replicates[0]), 4),
        f"{name}_low": round(float(low), 4),
        f"{name}_high": round(float(high), 4),
    }


def _difference(replicates: FloatArray) -> dict[str, Any]:
    found = _spread("difference", replicates)
    verdict = "not distinguishable"
    if found["difference_low"] > 0:
        verdict = "better"
    elif found["difference_high"] < 0:
        verdict = "worse"
    return found | {"verdict": verdict}
