"""Do the lists keep their error share here, on this study's own zones and counts? `geo-safety calibrate`.

| part | how | what is said |
|---|---|---|
| known surfaces | each zone's count half smoothed with its surroundings is taken for the truth; noise is drawn month by month with the measured dispersion | share of listed places whose true rate is below the level, share of true places found; inner and outer half |
| maps without hotspots | one rate, the study's own mean, the same noise | share of maps on which anything is listed: probability list, strict test, exact Gi*, and Gi* by its z-score beside them |
| held-out months | odd months fit, even months judge, and the other way round | the reliability table of every release |

All themes of a map are drawn together, because each serves the others as context, and every figure comes from the
rule as a run applies it: its dispersion is measured anew on every drawn map. What is not tested is what a drawn map
does not have: drift within the window, and points that are moved.

The figures are kept in the state folder of the releases, `RELEASES/.state/calibration-<hash of the config>.json`; the
next run with the same config and the same rules copies them into its manifest. They are not kept beside the config,
which may be read-only and shared by several folders of releases. They stay valid when months are added, and say
themselves which window they come from.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

from geo_safety import statistics
from geo_safety.counted import Counted
from geo_safety.errors import ConfigError, OutputError
from geo_safety.hotspots import (
    BoolArray,
    FloatArray,
    HotspotRules,
    Surroundings,
    ThemeCounts,
    choose_hotspots,
    fit_rates,
    measure_dispersion,
    study_rate,
)
from geo_safety.layers import make_layer
from geo_safety.manifest import METHOD_VERSION
from geo_safety.months import month_text
from geo_safety.pipeline import calibration_file, count, theme_counts
from geo_safety.progress import Progress, Silent
from geo_safety.reliability import inner_half, reliability_rows
from geo_safety.settings import read_settings

MAPS = 200
"""Maps without hotspots of every theme and layer, and four times the number of known surfaces."""

MAPS_PER_SURFACE = 4

LISTS = ("probability", "strict")
"""The lists whose places are right or wrong: both claim that a rate is at or above the level."""

DECIMALS = 4


@dataclass(frozen=True)
class Calibration:
    """What the self-test found and where it is kept for the next run."""

    figures: dict[str, Any]
    path: Path

    def as_text(self) -> str:
        """The figures for people."""
        figures = self.figures
        asked = f"lists that allow {figures['alpha']:.0%}, at {figures['level']:g} times the study's rate"
        lines = [
            f"Known surfaces ({figures['surfaces']} of each): false places, and true ones found, on {asked}",
            f"  {'theme':12} {'layer':10} {'zone':6} {'list':12} {'listed':>8} {'false':>7} {'+/-':>6} {'found':>7}",
        ]
        for one in figures["error_share"]:
            false = "-" if one["false"] is None else f"{one['false']:.1%}"
            error = "-" if one["false_error"] is None else f"{one['false_error']:.1%}"
            found = "-" if one["found"] is None else f"{one['found']:.1%}"
            lines.append(
                f"  {one['theme']:12} {one['layer']:10} {one['zone']:6} {one['list']:12} {one['listed']:8.1f} "
                f"{false:>7} {error:>6} {found:>7}"
            )
        lines += [
            "",
            f"Maps without hotspots ({figures['maps']} of each): share on which anything is listed",
            f"  {'theme':12} {'layer':10} {'mean':>8} {'noise':>6} {'probability':>12} {'strict':>8} {'exact Gi*':>10} {'Gi* z-score':>12}",
        ]
        for one in figures["maps_without_hotspots"]:
            shares = [
                "-" if one[name] is None else f"{one[name]:.1%}"
                for name in ("probability", "strict", "exact_gi", "gi_z_score")
            ]
            lines.append(
                f"  {one['theme']:12} {one['layer']:10} {one['mean']:8.3f} {one['dispersion']:6.2f} {shares[0]:>12} "
                f"{shares[1]:>8} {shares[2]:>10} {shares[3]:>12}"
            )
        judged = [one for one in figures["reliability"] if one["within"] is not None]
        kept = sum(one["within"] for one in judged)
        lines += [
            "",
            f"Held-out months: {kept} of {len(judged)} bands of stated probability came true within their bounds",
        ]
        lines += [
            f"  {one['theme']} on {one['layer']}, {one['zone']}, {one['band']}: stated {one['stated']:.1%}, "
            f"seen {one['seen']:.1%} in {one['places']:,} places"
            for one in judged
            if not one["within"]
        ]
        return "\n".join([*lines, "", f"Kept in {self.path}: the next run with this config copies them."])


def calibrate(
    config: Path,
    releases: Path,
    *,
    maps: int = MAPS,
    seed: int = 1,
    workers: int = 1,
    progress: Progress | None = None,
) -> Calibration:
    """Run the self-test on the study that a config names, and keep its figures for the next run.

    Parameters
    ----------
    releases : Path
        Folder of releases; made where it is absent.
    maps : int
        Maps without hotspots of every theme and layer; a quarter as many known surfaces, at least one.
    seed : int
        The same counts, seed and number of maps give the same figures.

    Raises
    ------
    GeoSafetyError
        With the remedy; also where no theme has a whole window.
    """
    progress = progress or Silent()
    settings = read_settings(config)
    counted = count(settings, workers=workers, progress=progress)
    figures = calibrate_counted(counted, maps=maps, seed=seed, progress=progress)
    path = calibration_file(releases, settings)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise OutputError(
            f"The figures could not be kept in {path.parent} ({error.strerror}).", "Name another folder with --out."
        ) from error
    return Calibration(figures, path)


def calibrate_counted(
    counted: Counted, *, maps: int = MAPS, seed: int = 1, progress: Progress | None = None
) -> dict[str, Any]:
    """The figures of the self-test, without keeping them.

    Returns
    -------
    dict
        `method_version`, `seed`, `maps`, `surfaces`, `alpha`, `level`, `windows`, and the three parts as lists of rows:
        `error_share`, `maps_without_hotspots`, `reliability`.
    """
    progress = progress or Silent()
    settings, place = counted.settings, counted.place
    surfaces = max(maps // MAPS_PER_SURFACE, 1)
    error_share: list[dict[str, Any]] = []
    without: list[dict[str, Any]] = []
    reliability: list[dict[str, Any]] = []
    chosen = [name for name in place.layers if name in {settings.area_layer, "wards"}]
    for number, name in enumerate(chosen):
        layer = make_layer(
            place.layers[name], place.study, wards=place.layers.get("wards"), boroughs=place.layers.get("boroughs")
        )
        counts = [theme_counts(one, counted.cubes[name, one.theme], counted) for one in counted.coverages]
        judged = [one for one in counts if one.is_judged]
        if not judged:
            continue
        town = Town(name, judged, layer.surroundings, settings.hotspots, seed=(seed, number))
        is_inner = inner_half(layer.zones, place.study, [one.own for one in judged])
        error_share += known_surfaces(town, is_inner, surfaces=surfaces, progress=progress)
        without += maps_without_hotspots(town, maps=maps, progress=progress)
        level = settings.hotspots.level
        reliability += reliability_rows(judged, layer.surroundings, layer=name, is_inner=is_inner, level=level)
    if not error_share:
        raise ConfigError(
            f"No theme has {settings.window_months} months in a row without a gap, so there is no list to test.",
            "Add months, or set a shorter `window_months`.",
        )
    windows = {one.theme: one.window for one in counted.coverages if one.window and one.window.is_complete}
    return {
        "method_version": METHOD_VERSION,
        "seed": seed,
        "maps": maps,
        "surfaces": surfaces,
        "alpha": settings.hotspots.alpha,
        "level": settings.hotspots.level,
        "windows": {
            theme: {"start": month_text(window.start), "end": month_text(window.end)}
            for theme, window in windows.items()
        },
        "error_share": error_share,
        "maps_without_hotspots": without,
        "reliability": reliability,
    }


@dataclass(frozen=True)
class Town:
    """One layer of the study, its themes as they were counted, and how its maps are drawn.

    Parameters
    ----------
    counts : sequence of ThemeCounts
        Themes with a whole window.
    seed : tuple of int
        Of all draws on this layer.
    """

    layer: str
    counts: Sequence[ThemeCounts]
    surroundings: Surroundings
    rules: HotspotRules
    seed: tuple[int, ...]

    @property
    def dispersions(self) -> dict[str, float]:
        """Measured noise of each theme, with which its maps are drawn."""
        return {one.theme: measure_dispersion(one, self.surroundings).value for one in self.counts}

    def draw(
        self,
        surfaces: Mapping[str, FloatArray],
        before: Mapping[str, FloatArray],
        dispersions: Mapping[str, float],
        rng: np.random.Generator,
    ) -> list[ThemeCounts]:
        """One map of every theme, and of its window before where there is one.

        Parameters
        ----------
        surfaces, before : mapping of theme to array of float, shape (n_zones,)
            Expected incidents of the window and of the one before; months keep their share of the year.
        """
        drawn = []
        for one in self.counts:
            share = np.nansum(one.monthly, axis=0) / np.nansum(one.monthly)
            noise = dispersions[one.theme]
            monthly = draw_counts(surfaces[one.theme][:, None] * share, dispersion=noise, rng=rng)
            earlier = None
            if one.before is not None:
                earlier = draw_counts(before[one.theme], dispersion=noise, rng=rng)
            drawn.append(replace(one, monthly=monthly, before=earlier))
        return drawn


def draw_counts(mean: FloatArray, *, dispersion: float, rng: np.random.Generator) -> FloatArray:
    """Negative binomial counts with variance `dispersion` times the mean; Poisson at 1. NaN stays NaN.

    Examples
    --------
    >>> drawn = draw_counts(np.full(100_000, 2.0), dispersion=1.5, rng=np.random.default_rng(1))
    >>> round(float(drawn.mean()), 1), round(float(drawn.var()), 1)
    (2.0, 3.0)
    """
    known = np.nan_to_num(mean)
    if dispersion <= 1:
        counts = rng.poisson(known)
    else:
        # A size of exactly 0 is refused; one so small draws nothing but zeros.
        counts = rng.negative_binomial(np.maximum(known / (dispersion - 1), 1e-12), 1 / dispersion)
    return np.where(np.isnan(mean), np.nan, counts.astype(float))


def smoothed(counts: FloatArray, surroundings: Surroundings) -> FloatArray:
    """Each zone's count, half of it replaced by what its rate would be as the mean of the zones that touch it."""
    around, width = surroundings.touching.totals(counts, surroundings.width)
    return np.asarray((counts + around / width * surroundings.width) / 2)


@dataclass(frozen=True)
class Lists:
    """What the rule makes of one drawn map.

    Parameters
    ----------
    probability, strict : array of bool, shape (n_zones,)
        The hotspot list, and the strict test's.
    """

    probability: BoolArray
    strict: BoolArray


def _lists(one: ThemeCounts, drawn: Sequence[ThemeCounts], town: Town) -> Lists:
    """The hotspot rule on a drawn map, as a run applies it."""
    surroundings, rules = town.surroundings, town.rules
    own_by_theme = {other.theme: other.own for other in drawn if other.is_judged}
    noise = measure_dispersion(one, surroundings).value
    rates = fit_rates(one, own_by_theme, surroundings, dispersion=noise)
    around, width = surroundings.neighbourhood.totals(one.own, surroundings.width)
    strict = statistics.exceedance_test(
        around, width, level=rules.level, dispersion=noise, rate=study_rate(one.own, surroundings)
    )
    return Lists(
        choose_hotspots(one, rates.probability(rules.level), surroundings, rules=rules),
        statistics.false_discovery(strict) <= rules.alpha,
    )


def known_surfaces(town: Town, is_inner: BoolArray, *, surfaces: int, progress: Progress) -> list[dict[str, Any]]:
    """Which share of the listed places is false, where the truth is known?

    Returns
    -------
    list of dict
        By theme, zone ("all", "inner", "outer") and list: `listed` places a map, `false` share of them with its
        standard error over redraws, share of true places `found`. None where nothing was listed or nothing is true.
    """
    truth = {one.theme: smoothed(one.own, town.surroundings) for one in town.counts}
    before = {one.theme: smoothed(one.before, town.surroundings) for one in town.counts if one.before is not None}
    is_true = {theme: _is_true(surface, town) for theme, surface in truth.items()}
    zones = {"all": np.ones(len(is_inner), dtype=bool), "inner": is_inner, "outer": ~is_inner}
    tallies: dict[tuple[str, str, str], list[tuple[int, int, int]]] = {
        (one.theme, zone, name): [] for one in town.counts for zone in zones for name in LISTS
    }
    dispersions = town.dispersions
    for number in progress.over(range(surfaces), f"Drawing known surfaces, {town.layer}", total=surfaces):
        drawn = town.draw(truth, before, dispersions, np.random.default_rng([*town.seed, 1, number]))
        for one in drawn:
            if not one.is_judged:  # not a single incident was drawn
                continue
            lists = _lists(one, drawn, town)
            for zone, among in zones.items():
                true = is_true[one.theme] & among
                for name in LISTS:
                    listed = getattr(lists, name) & among
                    tallies[one.theme, zone, name].append((listed.sum(), (listed & true).sum(), true.sum()))
    return [
        {"theme": theme, "layer": town.layer, "zone": zone, "list": name, **_error_share(np.array(tally))}
        for (theme, zone, name), tally in tallies.items()
        if tally
    ]


def _is_true(surface: FloatArray, town: Town) -> BoolArray:
    """Whether each neighbourhood's rate on the surface is at or above the level."""
    around, width = town.surroundings.neighbourhood.totals(surface, town.surroundings.width)
    rate = np.nansum(surface) / town.surroundings.width[~np.isnan(surface)].sum()
    with np.errstate(invalid="ignore"):
        return np.asarray(around / width >= town.rules.level * rate)


def _error_share(tally: np.ndarray) -> dict[str, Any]:
    listed, right, true = tally.astype(float).T
    false = error = found = None
    if listed.sum() > 0:
        false = 1 - right.sum() / listed.sum()
        if len(listed) > 1:
            # Of a ratio of sums over independent redraws.
            rest = (listed - right) - false * listed
            error = float(np.sqrt((rest**2).sum() * len(rest) / (len(rest) - 1))) / listed.sum()
    if true.sum() > 0:
        found = right.sum() / true.sum()
    return {
        "listed": round(float(listed.mean()), 1),
        "false": _rounded(false),
        "false_error": _rounded(error),
        "found": _rounded(found),
    }


def maps_without_hotspots(town: Town, *, maps: int, progress: Progress) -> list[dict[str, Any]]:
    """How often is anything listed where every zone has the same rate?

    Returns
    -------
    list of dict
        By theme: the `mean` count of a zone, the `dispersion` of the noise, and the share of maps with at least one
        listed zone: `probability`, `strict`, `exact_gi` (on ranks, as published), `gi_z_score` (z-scores turned into
        p-values, as other programs do). The last two are None where zones are of unequal size.
    """
    surroundings = town.surroundings
    flat, before = {}, {}
    for one in town.counts:
        flat[one.theme] = _flat(one.own, surroundings)
        if one.before is not None:
            before[one.theme] = _flat(one.before, surroundings)
    found: dict[str, list[list[bool | None]]] = {one.theme: [] for one in town.counts}
    dispersions = town.dispersions
    for number in progress.over(range(maps), f"Drawing maps without hotspots, {town.layer}", total=maps):
        drawn = town.draw(flat, before, dispersions, np.random.default_rng([*town.seed, 2, number]))
        for one in drawn:
            found[one.theme].append(list(_anything(one, drawn, town)))
    names = ("probability", "strict", "exact_gi", "gi_z_score")
    rows = []
    for theme, each in found.items():
        shares = {
            name: None if column[0] is None else _rounded(float(np.mean(column)))
            for name, column in zip(names, zip(*each, strict=True), strict=True)
        }
        mean, noise = float(np.nanmean(flat[theme])), dispersions[theme]
        rows.append(
            {"theme": theme, "layer": town.layer, "mean": round(mean, 4), "dispersion": round(noise, 3), **shares}
        )
    return rows


def _flat(counts: FloatArray, surroundings: Surroundings) -> FloatArray:
    """What each zone would hold at the study's rate; NaN where not answered for."""
    known = ~np.isnan(counts)
    rate = counts[known].sum() / surroundings.width[known].sum()
    return np.where(known, surroundings.width * rate, np.nan)


def _anything(one: ThemeCounts, drawn: Sequence[ThemeCounts], town: Town) -> Iterator[bool | None]:
    """Whether each list holds anything: by probability, strict, exact Gi*, Gi* by z-score."""
    can_permute = town.surroundings.is_exchangeable and not np.isnan(one.own).any()
    if not one.is_judged:  # not a single incident was drawn: nothing is listed
        yield from (False, False, *((False, False) if can_permute else (None, None)))
        return
    lists = _lists(one, drawn, town)
    yield bool(lists.probability.any())
    yield bool(lists.strict.any())
    if not can_permute:
        yield from (None, None)
        return
    near, alpha = town.surroundings.neighbourhood, town.rules.alpha
    exact = statistics.gi_star_exact(statistics.mid_rank_grid(one.own), near)
    for p_values in (exact, ndtr(-statistics.gi_star(one.own, near))):
        yield bool((statistics.false_discovery(p_values) <= alpha).any())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DECIMALS)
