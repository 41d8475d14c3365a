"""How long has a place been hot, what kind of hot place is it, and is it entrenched?

A step is a rolling year that ends with a financial quarter. All steps are judged together, by paths
that the neighbourhood's rate may have taken; every answer here is a share of these paths.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from geo_safety import statistics
from geo_safety.hotspots import EVEN_CHANCE, HotspotRules, Judgement, Surroundings, typical_change

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FEWEST_STEPS = 9
"""Judged steps that a class needs: three years."""

CLASS_MONTHS = "36 months in a row from the start of a quarter"
"""How long a series must be for that, in words."""

ENTRENCHED_QUARTERS, TIER_A_QUARTERS = 12, 20
"""Quarters that an entrenched place, and one of tier A, must span."""

TIER_C_STEPS = 4
"""Hot steps in a row, the last among them, that make a place `emerging` (tier C)."""

VENUE_LOCATION_SHARE, VENUE_MONTH_SHARE, VENUE_MONTHS = 0.5, 0.2, 36
"""Above these shares one map point, or one month of at least so many, dominates a place."""

SHIFTS_NEEDED = 4
"""Of six half-cell shifts of the grid, so many must find the place hot, or the coarser grid must."""


YEARS_JUDGED, YEARS_NEEDED, TOP_DECILE, FEWEST_ZONES_RANKED = 5, 4, 0.9, 10
"""A second source confirms a zone that is in its top decile in four of the last five years."""


@dataclass(frozen=True)
class History:
    """Everything known of one theme on one layer over the whole span.

    Parameters
    ----------
    monthly : array of float, shape (n_zones, n_months)
        Incidents of each zone; a column of NaN is a gap, a row of NaN a zone without an answer.
    first_month : int
        Month of the first column, in months since 1970-01.
    dispersion : float
        Variance over mean of a neighbourhood's monthly count.
    breaks : tuple of int
        Months at which recording changed.
    points_moved : bool
        Whether the map points were renewed inside the span, so that single cells cannot be compared
        across it and only a second source can confirm them.
    top_location : array of float, shape (n_zones,), optional
        Incidents of each zone's busiest location over the whole span; None for counts by area.
    shifts_hot : array of int, shape (n_zones,), optional
        Half-cell shifts of the grid under which the place is hot; None for zones that are not cells.
    parent_is_hot : array of bool, shape (n_zones,), optional
        Whether the cell of the next coarser layer is hot; None where there is none.
    is_confirmed : array of bool, shape (n_zones,), optional
        Whether a second source confirms the place; None where there is none.
    confirmed_by : str
        Name of that source.
    """

    layer: str
    theme: str
    zone_id: Sequence[str]
    monthly: FloatArray
    first_month: int
    dispersion: float
    breaks: tuple[int, ...] = ()
    points_moved: bool = False
    top_location: FloatArray | None = None
    shifts_hot: NDArray[np.int64] | None = None
    parent_is_hot: BoolArray | None = None
    is_confirmed: BoolArray | None = None
    confirmed_by: str = ""


@dataclass(frozen=True)
class Entrenchment:
    """What the history says.

    Parameters
    ----------
    table : DataFrame
        One row a zone in the layer's order; columns as `schema.ZONES` names them.
    quarters : int
        Whole quarters in the span.
    steps : int
        Judged steps.
    why_not : str, optional
        Why there are no classes; None where there are.
    """

    table: pd.DataFrame
    quarters: int
    steps: int
    why_not: str | None


def judge_history(history: History, surroundings: Surroundings, *, rules: HotspotRules) -> Entrenchment:
    """Which places have been hot, in which steps, how steadily, and which are entrenched?

    Returns
    -------
    Entrenchment
        Fewer than nine judged steps give no class: then `why_not` says how many months it takes.
    """
    monthly = history.monthly
    known: BoolArray = np.asarray(~np.isnan(monthly[:, ~np.isnan(monthly).all(axis=0)]).any(axis=1))
    around = _neighbourhoods(monthly, surroundings, known)
    shares = _top_shares(around, history, surroundings)
    columns: dict[str, Any] = dict(zip(("top_location_share", "top_month_share"), shares, strict=True))
    is_venue = _is_venue(*shares, months=int((~np.isnan(monthly).all(axis=0)).sum()))
    width = surroundings.neighbourhood.sum(np.where(known, surroundings.width, 0.0))
    quarters = statistics.quarterly(around, first_month=history.first_month)
    steps, n_quarters = int(quarters.is_judged.sum()), int(quarters.is_whole.sum())
    if steps < FEWEST_STEPS:
        why_not = (
            f"A class takes {CLASS_MONTHS}, which hold {FEWEST_STEPS} years that each end with a quarter; here there "
            f"{'is' if steps == 1 else 'are'} {steps}."
        )
        return Entrenchment(pd.DataFrame(columns), n_quarters, steps, why_not)
    paths = statistics.persistence(
        around,
        np.where(known, width, 1.0),
        first_month=history.first_month,
        zone_id=history.zone_id,
        level=min(rules.level, statistics.lowest_level(quarters, rules.level, against=rules.global_window)),
        dispersion=history.dispersion,
        typical=typical_change(history.theme),
        seed=zlib.crc32(f"{history.layer}/{history.theme}".encode()),
        breaks=history.breaks,
    )
    classes = _classes(paths, np.where(known, width, np.nan), rules)
    entrenched = paths.entrenched_probability(rules.level)
    is_long = n_quarters >= ENTRENCHED_QUARTERS
    stands = is_long & ~is_venue & _stands_shift(history, len(known)) & _stands_renewal(history, len(known))
    is_entrenched: BoolArray = np.zeros(len(known), dtype=np.bool_)
    is_entrenched[stands & known] = statistics.bayesian_false_discovery(entrenched[stands & known], alpha=rules.alpha)
    columns |= classes | {
        "entrenched_probability": entrenched,
        "is_entrenched": is_entrenched,
        "is_venue": is_venue,
        "shifts_hot": history.shifts_hot if history.shifts_hot is not None else np.full(len(known), np.nan),
        "confirmed_by": _confirmed_by(history, classes["steps_hot"] > 0),
        "tier": _tiers(history, is_entrenched, classes, n_quarters),
    }
    table = pd.DataFrame(columns)
    for name in table.columns[~table.columns.isin(["top_location_share", "top_month_share"])]:
        table[name] = table[name].astype(object).mask(~known, None)
    return Entrenchment(table, n_quarters, steps, None)


def with_classes(judgement: Judgement, entrenchment: Entrenchment) -> Judgement:
    """The judgement of the window with what the whole span adds; near misses are told in `why`."""
    added = entrenchment.table
    table = pd.concat([judgement.table, added.drop(columns=["hot_run", "why_class"], errors="ignore")], axis=1)
    if "why_class" in added:
        reasons = added["why_class"]
        tell = reasons.fillna("").ne("") & table["why"].notna()
        table["why"] = table["why"].mask(tell, table["why"] + "; class: " + reasons)
    return replace(judgement, table=table, why_no_class=entrenchment.why_not)


def confirmed_zones(monthly: FloatArray, area_km2: FloatArray) -> BoolArray | None:
    """Which zones does a second source confirm: in the top decile of rates in at least four of five years?

    Parameters
    ----------
    monthly : array of float, shape (n_zones, n_months)
        The second source's counts up to the end of the window; NaN in gaps and for zones without an answer.
    area_km2 : array of float, shape (n_zones,)

    Returns
    -------
    array of bool, shape (n_zones,), or None
        None where it holds fewer than five years, which can confirm nothing.
    """
    months = YEARS_JUDGED * 12
    if monthly.shape[1] < months:
        return None
    years = np.nansum(monthly[:, -months:].reshape(len(monthly), YEARS_JUDGED, 12), axis=2)
    answered = ~np.isnan(monthly[:, -months:]).all(axis=1)
    if answered.sum() < FEWEST_ZONES_RANKED:
        return None
    rates = years / area_km2[:, None]
    top = rates >= np.quantile(rates[answered], TOP_DECILE, axis=0)
    return np.asarray(answered & ((top & (years > 0)).sum(axis=1) >= YEARS_NEEDED))


def _neighbourhoods(monthly: FloatArray, surroundings: Surroundings, known: BoolArray) -> FloatArray:
    """Monthly counts of the neighbourhoods; gaps stay gaps, zones without an answer get none."""
    gaps = np.isnan(monthly).all(axis=0)
    around = surroundings.neighbourhood.sum(np.nan_to_num(monthly)).astype(float)
    around[:, gaps] = np.nan
    around[~known] = np.nan
    return around


def _top_shares(around: FloatArray, history: History, surroundings: Surroundings) -> tuple[FloatArray, FloatArray]:
    """Largest share of a neighbourhood's incidents at one location, and in one month."""
    total = np.nansum(around, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_month = np.where(total > 0, np.nanmax(np.nan_to_num(around), axis=1, initial=0.0) / total, np.nan)
        if history.top_location is None:
            return np.full(len(total), np.nan), by_month
        near = surroundings.neighbourhood
        # Every neighbourhood holds its own zone, so no row is empty.
        busiest = np.maximum.reduceat(history.top_location[near.indices], near.indptr[:-1])
        return np.where(total > 0, np.minimum(busiest / total, 1.0), np.nan), by_month


def _is_venue(by_location: FloatArray, by_month: FloatArray, *, months: int) -> BoolArray:
    """Whether one map point dominates, or one month of a long span."""
    one_place = np.nan_to_num(by_location) > VENUE_LOCATION_SHARE
    return one_place | ((np.nan_to_num(by_month) > VENUE_MONTH_SHARE) & (months >= VENUE_MONTHS))


def _classes(paths: statistics.Persistence, width: FloatArray, rules: HotspotRules) -> dict[str, NDArray[np.object_]]:
    """Hot steps, trend, class and how sure we are of it, from the same paths.

    A step is cold when the rate is at or below one over the level; only places that may have been hot are drawn, so
    that cold steps tell who oscillates, and no place is given a class for being quiet. Nor is one that may never have
    been hot: places with a class are a list like any other, with its error share.
    """
    against = rules.global_window
    path_hot, path_cold = paths.hot(rules.level, against=against), paths.cold(rules.level, against=against)
    chance, chance_cold = (paths.everywhere_judged(each.mean(axis=1)) for each in (path_hot, path_cold))
    hot = np.where(np.isnan(chance), np.nan, chance >= EVEN_CHANCE)
    cold = np.where(np.isnan(chance), np.nan, (chance_cold >= EVEN_CHANCE) & (chance < EVEN_CHANCE))
    quarters = paths.quarters
    per = quarters.totals if against == "step" else np.where(quarters.totals > 0, quarters.months, 0)
    observed = statistics.mann_kendall(quarters.counts / np.where(per > 0, per, np.nan))
    trend_z, trend_p = np.nan_to_num(observed.z), np.where(np.isnan(observed.p), 1.0, observed.p)
    # Paths are smoother than counts, so that their scores are larger: they are brought to the scale of
    # the counts' own, else nearly every path would have a trend.
    path_z = paths.trend(against=against)[0]
    scale = np.sqrt(np.mean(path_z**2) / max(np.mean(trend_z[paths.zones] ** 2), 1.0)) if path_z.size else 1.0
    path_z = path_z / max(scale, 1.0)
    last = _last_score(quarters, width, against)
    was_hot = _was_hot(paths, path_hot, alpha=rules.alpha)
    codes = np.where(was_hot, _hot_class(hot, cold, trend_z, trend_p, last, rules), np.int8(0))
    path_codes = _hot_class(
        np.where(paths.is_judged, path_hot, np.nan),
        np.where(paths.is_judged, path_cold, np.nan),
        path_z,
        2 * ndtr(-np.abs(path_z)),
        np.broadcast_to(last[paths.zones, None], path_z.shape),
        rules,
    )
    stability = np.ones(len(chance))
    stability[paths.zones] = (path_codes == codes[paths.zones, None]).mean(axis=1)
    steps_hot = np.nansum(hot, axis=1)
    steps = (~np.isnan(hot)).sum(axis=1)
    return {
        "class": np.array(statistics.CLASSES, dtype=object)[codes],
        "steps_hot": steps_hot,
        "steps": steps,
        "hot_by_step": _by_step(hot),
        "persistence": steps_hot / np.maximum(steps, 1),
        "trend_z": trend_z,
        "trend_p": trend_p,
        "stability": stability,
        "dialect": np.full(len(chance), rules.dialect, dtype=object),
        "hot_run": _last_run(hot),
        "why_class": np.where(
            was_hot | (steps_hot == 0), statistics.emerging_why(hot, trend_z, trend_p), _unsure(steps_hot, steps)
        ),
    }


def _was_hot(paths: statistics.Persistence, path_hot: BoolArray, *, alpha: float) -> BoolArray:
    """Which places were hot in some judged step? Of the list, at most the share `alpha` is expected not to have been."""
    ever = np.zeros(len(paths.is_answered))
    ever[paths.zones] = path_hot[:, :, paths.is_judged].any(axis=2).mean(axis=1)
    return statistics.bayesian_false_discovery(ever, alpha=alpha)


def _unsure(steps_hot: FloatArray, steps: NDArray[np.int64]) -> NDArray[np.object_]:
    """Why a place has no class though some of its steps were more likely hot than not."""
    return np.array(
        [
            f"perhaps hot in {hot:.0f} of {judged} steps, but not sure enough to be given a class"
            for hot, judged in zip(steps_hot.tolist(), steps.tolist(), strict=True)
        ],
        dtype=object,
    )


def _hot_class(
    hot: FloatArray, cold: FloatArray, trend_z: FloatArray, trend_p: FloatArray, last: FloatArray, rules: HotspotRules
) -> NDArray[np.int8]:
    """Codes of the classes in the rules' dialect; cold classes, and places that were never hot, count as `none`.

    sfdep's "intensifying" counts cold steps among the nine tenths, so that a quiet place that rises would get it.
    """
    codes = statistics.emerging_code(hot, trend_z, trend_p, dialect=rules.dialect, cold=cold, last_score=last)
    is_hot_class = (codes <= statistics.CLASSES.index("historical")) & (np.nansum(hot, axis=-1) > 0)
    return np.where(is_hot_class, codes, np.int8(0)).astype(np.int8)


def _last_score(quarters: statistics.Quarters, width: FloatArray, against: Literal["step", "cube"]) -> FloatArray:
    """Log of the last judged step's rate over the study's: sfdep's rules look at its sign, as at that of Gi*."""
    last = int(np.flatnonzero(quarters.is_judged)[-1])
    seen = statistics.step_totals(quarters)[:, last]
    study = statistics.global_rates(quarters, against=against)[last] / np.nansum(width)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = seen / width / study
    return np.log(np.maximum(np.nan_to_num(ratio, nan=0.0, posinf=0.0), 1e-9))


def _last_run(hot: FloatArray) -> NDArray[np.int64]:
    """Hot steps in a row that end with the last judged one."""
    judged = hot[:, ~np.isnan(hot).all(axis=0)]
    return np.asarray(np.cumprod(judged[:, ::-1] == 1, axis=1).sum(axis=1))


def _by_step(hot: FloatArray) -> NDArray[np.object_]:
    """Each zone's steps as text, oldest first, from the first that was judged: 1 hot, 0 not, - not judged."""
    first = int(np.argmax(~np.isnan(hot).all(axis=0))) if hot.size else 0
    signs = np.where(np.isnan(hot), "-", np.where(hot == 1, "1", "0"))[:, first:]
    return np.array(["".join(row) for row in signs.tolist()], dtype=object)


def _stands_shift(history: History, n_zones: int) -> BoolArray:
    """Cells must stay hot when the grid is moved by half a cell, or on the next coarser grid."""
    if history.shifts_hot is None:
        return np.ones(n_zones, dtype=bool)
    stands = history.shifts_hot >= SHIFTS_NEEDED
    return stands if history.parent_is_hot is None else stands | history.parent_is_hot


def _stands_renewal(history: History, n_zones: int) -> BoolArray:
    """Cells across a renewal of the map points need a second source."""
    if not history.points_moved or history.shifts_hot is None:
        return np.ones(n_zones, dtype=bool)
    return np.zeros(n_zones, dtype=bool) if history.is_confirmed is None else history.is_confirmed


def _confirmed_by(history: History, was_hot: BoolArray) -> NDArray[np.object_]:
    confirmed = np.full(len(was_hot), None, dtype=object)
    if history.is_confirmed is not None:
        confirmed[history.is_confirmed & was_hot] = history.confirmed_by
    return confirmed


def _tiers(
    history: History, is_entrenched: BoolArray, classes: dict[str, NDArray[np.object_]], quarters: int
) -> NDArray[np.object_]:
    """A: five years and confirmed; B: other entrenched places; C: emerging."""
    tiers = np.full(len(is_entrenched), None, dtype=object)
    tiers[classes["hot_run"] >= TIER_C_STEPS] = "C"
    tiers[is_entrenched] = "B"
    if history.is_confirmed is not None and quarters >= TIER_A_QUARTERS:
        tiers[is_entrenched & history.is_confirmed] = "A"
    return tiers
