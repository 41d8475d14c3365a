"""Which neighbourhoods are on the list, how sure are we, and why is this one not on it?

The claim is always about a **neighbourhood** (a cell with its first ring; a ward by itself), never
about the single cell. See the statistics for each figure's null hypothesis and source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_safety import statistics
from geo_safety.cube import Window
from geo_safety.denominators import FEWEST_PEOPLE
from geo_safety.neighbours import Neighbours
from geo_safety.per_head import per_head

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

RELIABLE_SPAN = 3.0
"""Figures are `reliable` where the ends of the ratio's 90 % interval differ by less than this factor."""


def _default_minimum() -> dict[str, int]:
    return {"default": 10, "robbery": 5}


EVEN_CHANCE = 0.5
"""A step is hot when the rate is at or above the level with at least this probability."""


def typical_change(theme: str) -> float:
    """By how much a theme's places usually change from year to year, as a share."""
    return statistics.TYPICAL_CHANGE.get(theme, statistics.TYPICAL_CHANGE["default"])


@dataclass(frozen=True)
class HotspotRules:
    """The hotspot rule's parameters.

    Parameters
    ----------
    alpha : float
        Expected error share of the list.
    level : float
        A hotspot has at least so many times the study's rate.
    dialect : str
        Whose rules name the emerging-hot-spot classes.
    global_window : "step" or "cube"
        What the steps of these classes are held against: the study's rate in the step, or over the whole span.
    minimum : mapping
        Theme (or `default`) → fewest incidents in the neighbourhood.
    exposure : str
        "area", or what a second list beside the first is made by (`exposure.EXPOSURES`).
    exposure_level : float
        Level of that second list: people are spread more evenly over people than over land.
    """

    alpha: float = 0.05
    level: float = 3.0
    dialect: Literal["strict", "arcgis3", "arcgis2", "sfdep"] = "strict"
    global_window: Literal["step", "cube"] = "step"
    minimum: Mapping[str, int] = field(default_factory=_default_minimum)
    exposure: str = "area"
    exposure_level: float = 2.0

    def minimum_of(self, theme: str) -> int:
        """Fewest incidents that a neighbourhood on the theme's list holds."""
        return self.minimum.get(theme, self.minimum["default"])


@dataclass(frozen=True)
class Surroundings:
    """How the zones of one layer lie among each other: made once, used by every theme.

    Parameters
    ----------
    neighbourhood : Neighbours
        What the claim is about: the cell and its first ring, or the ward itself.
    touching : Neighbours
        The zone and those that touch it.
    near, wider : Neighbours
        Zones outside the neighbourhood, near and a little further: the context.
    width : array of float, shape (n_zones,)
        Size of each zone in units of the average zone: 1 for cells, relative area for wards.
    borough : array of object, shape (n_zones,)
        Code of the borough of each zone, None for none.
    residents, by_day : arrays of float, shape (n_zones,), optional
        People who live in each zone, and who are there by day, where files of the context say; NaN where unknown.
    is_exchangeable : bool
        Whether all zones are of one size, as a permutation test asks.
    """

    neighbourhood: Neighbours
    touching: Neighbours
    near: Neighbours
    wider: Neighbours
    width: FloatArray
    borough: NDArray[np.object_]
    is_exchangeable: bool
    residents: FloatArray | None = None
    by_day: FloatArray | None = None


@dataclass(frozen=True)
class ThemeCounts:
    """Counts of one theme on one layer in its window.

    Parameters
    ----------
    monthly : array of float, shape (n_zones, n_months)
        Incidents by month; NaN in rows of zones that the feeds do not answer for.
    before : array of float, shape (n_zones,), optional
        Incidents in the window before, where there is one without gaps.
    same_incidents : tuple of str
        Themes that count some of the same incidents, which must not serve as context.
    months_broken : tuple of int
        Positions of months that start a new way of recording.
    months_wanted : int, optional
        Months in a row that a window needs.
    """

    theme: str
    window: Window | None
    monthly: FloatArray
    before: FloatArray | None
    same_incidents: tuple[str, ...] = ()
    months_broken: tuple[int, ...] = ()
    months_wanted: int | None = None

    @property
    def own(self) -> FloatArray:
        """Incidents of each zone in the window, shape (n_zones,)."""
        return np.asarray(self.monthly.sum(axis=1))

    @property
    def is_judged(self) -> bool:
        """Whether statistics can be made: a full window with at least one incident."""
        return self.window is not None and self.window.is_complete and bool(np.nansum(self.monthly) > 0)


@dataclass(frozen=True)
class Judgement:
    """The hotspot rule applied to one theme on one layer.

    Parameters
    ----------
    table : DataFrame
        One row a zone in the layer's order; columns as `schema.ZONES` names them.
    dispersion : Dispersion, optional
        How noisy the counts are; None where there are no statistics.
    why_not : str, optional
        Why there are no statistics; None where there are.
    why_no_class : str, optional
        Why there are statistics of the window but no classes over the whole span.
    """

    theme: str
    table: pd.DataFrame
    dispersion: statistics.Dispersion | None
    why_not: str | None
    why_no_class: str | None = None


def find_hotspots(
    counts: Sequence[ThemeCounts], surroundings: Surroundings, *, rules: HotspotRules, in_full: bool = True
) -> dict[str, Judgement]:
    """Which zones of one layer are on the list, theme by theme?

    Parameters
    ----------
    counts : sequence of ThemeCounts
        All themes of the layer: each serves the others as context.
    surroundings : Surroundings
        How the layer's zones lie among each other.
    in_full : bool
        See `judge_theme`.

    Returns
    -------
    dict of theme to Judgement
    """
    own = {one.theme: one.own for one in counts if one.is_judged}
    return {one.theme: judge_theme(one, own, surroundings, rules=rules, in_full=in_full) for one in counts}


def judge_theme(
    one: ThemeCounts,
    own_by_theme: Mapping[str, FloatArray],
    surroundings: Surroundings,
    *,
    rules: HotspotRules,
    in_full: bool = True,
) -> Judgement:
    """Which zones are on the list of one theme?

    Parameters
    ----------
    own_by_theme : mapping of theme to array of float, shape (n_zones,)
        Counts of the zones in every theme that may serve as context.
    in_full : bool
        False leaves out what the rule does not need and a quick answer cannot wait for: the strict test, Gi* and
        the forecast for the next window.
    """
    if not one.is_judged:
        return Judgement(one.theme, pd.DataFrame({"incidents": one.own}), None, _why_not(one))
    own = one.own
    around, width = surroundings.neighbourhood.totals(own, surroundings.width)
    spread = measure_dispersion(one, surroundings)
    rates = fit_rates(one, own_by_theme, surroundings, dispersion=spread.value)
    probability = rates.probability(rules.level)
    low, high = rates.interval(0.9)
    is_hotspot = choose_hotspots(one, probability, surroundings, rules=rules)
    columns = _plain_columns(one, surroundings, dispersion=spread.value)
    columns |= {
        "probability": probability,
        "probability_l2": rates.probability(2.0),
        "probability_l5": rates.probability(5.0),
        "ratio": rates.mean(),
        "ratio_borough": _ratio_to_borough(own, around / width, surroundings),
        "ratio_low": low,
        "ratio_high": high,
        "is_hotspot": is_hotspot,
        "reliability": np.where(high < RELIABLE_SPAN * low, "reliable", "not reliable"),
        "why": _why(one, around, probability, is_hotspot, surroundings, rules),
        **_per_head_columns(own, surroundings, spread.value),
    }
    if in_full:
        columns |= _beside_the_rule(one, rates, surroundings, rules, dispersion=spread.value)
    table = pd.DataFrame(columns)
    unanswered = np.isnan(own)
    if unanswered.any():
        for name in ("is_hotspot", "reliability", "why"):
            table[name] = table[name].astype(object).mask(unanswered, None)
    return Judgement(one.theme, table, spread, None)


def _beside_the_rule(
    one: ThemeCounts,
    rates: statistics.RatePosterior,
    surroundings: Surroundings,
    rules: HotspotRules,
    *,
    dispersion: float,
) -> dict[str, Any]:
    """What other rules say of the same counts, and what the next window may show."""
    own = one.own
    around, width = surroundings.neighbourhood.totals(own, surroundings.width)
    strict = statistics.exceedance_test(
        around, width, level=rules.level, dispersion=dispersion, rate=study_rate(own, surroundings)
    )
    drift = measure_drift(one, surroundings, rules, dispersion=dispersion)
    columns: dict[str, Any] = {
        "probability_next": statistics.next_probability(rates, level=rules.level, sigma2=drift.sigma2),
        "p_value": strict,
        "q_value": statistics.false_discovery(strict),
    }
    if surroundings.is_exchangeable and not np.isnan(own).any():
        columns["gi_z"] = statistics.gi_star(own, surroundings.neighbourhood)
        columns["gi_p"] = statistics.gi_star_exact(statistics.mid_rank_grid(own), surroundings.neighbourhood)
    return columns


def measure_drift(
    one: ThemeCounts, surroundings: Surroundings, rules: HotspotRules, *, dispersion: float
) -> statistics.Drift:
    """How much do busy neighbourhoods change from window to window: from two windows, else from the halves of one."""
    typical = typical_change(one.theme)
    half = one.monthly.shape[1] // 2
    blocks: Literal["windows", "halves"] = "halves" if one.before is None else "windows"
    earlier, later = (one.monthly[:, :half].sum(axis=1), one.monthly[:, -half:].sum(axis=1))
    if one.before is not None:
        earlier, later = one.before, one.own
    around, width = surroundings.neighbourhood.totals(later, surroundings.width)
    return statistics.drift(
        surroundings.neighbourhood.totals(earlier, surroundings.width)[0],
        around,
        width,
        level=rules.level,
        dispersion=dispersion,
        typical=typical,
        blocks=blocks,
    )


def fit_rates(
    one: ThemeCounts, own_by_theme: Mapping[str, FloatArray], surroundings: Surroundings, *, dispersion: float
) -> statistics.RatePosterior:
    """What do the counts of one theme say about every neighbourhood's rate, given all that lies around it?

    Parameters
    ----------
    own_by_theme : mapping of theme to array of float, shape (n_zones,)
        Counts of the zones in every theme that may serve as context; the theme's own are left out.
    dispersion : float
        Variance over mean of a count, as `measure_dispersion` says.
    """
    around, width = surroundings.neighbourhood.totals(one.own, surroundings.width)
    return statistics.posterior(
        around,
        width,
        dispersion=dispersion,
        context=_context(one, own_by_theme, surroundings),
        rate=study_rate(one.own, surroundings),
    )


def study_rate(own: FloatArray, surroundings: Surroundings) -> float:
    """Incidents over width of the whole study: zones at its edge count once, as they do not in neighbourhoods."""
    known = ~np.isnan(own)
    return float(own[known].sum() / surroundings.width[known].sum())


def choose_hotspots(
    one: ThemeCounts, probability: FloatArray, surroundings: Surroundings, *, rules: HotspotRules
) -> BoolArray:
    """Which zones make the list: the conditions first, then the longest list with the allowed error share.

    Parameters
    ----------
    probability : array of float, shape (n_zones,)
        That the neighbourhood is at or above the rules' level.
    """
    around = surroundings.neighbourhood.totals(one.own, surroundings.width)[0]
    eligible = _is_eligible(one.own, around, surroundings, minimum=rules.minimum_of(one.theme))
    is_hotspot = np.zeros(len(probability), dtype=bool)
    is_hotspot[eligible] = statistics.bayesian_false_discovery(probability[eligible], alpha=rules.alpha)
    return is_hotspot


def _ratio_to_borough(own: FloatArray, rate: FloatArray, surroundings: Surroundings) -> FloatArray:
    """The neighbourhood's rate over its borough's: per area, a city's list is largely a map of where people are."""
    known = ~np.isnan(own)
    code = pd.factorize(surroundings.borough)[0]  # -1: in none
    counts = np.bincount(code + 1, weights=np.where(known, own, 0.0))
    width = np.bincount(code + 1, weights=np.where(known, surroundings.width, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = rate / (counts / width)[code + 1]
    return np.where((code >= 0) & np.isfinite(ratio), ratio, np.nan)


def _per_head_columns(own: FloatArray, surroundings: Surroundings, dispersion: float) -> dict[str, FloatArray]:
    """The shrunken rate per head of the neighbourhood with its interval, for each denominator that is known."""
    columns: dict[str, FloatArray] = {}
    for name, people in (("residents", surroundings.residents), ("by_day", surroundings.by_day)):
        if people is None:
            continue
        found = per_head(own, people, surroundings.neighbourhood, dispersion=dispersion, fewest=FEWEST_PEOPLE)
        if found is None:  # nobody fit for a rate
            continue
        columns |= {f"ratio_{name}": found.ratio, f"ratio_{name}_low": found.ratio_low}
        columns |= {f"ratio_{name}_high": found.ratio_high}
        if name == "residents":
            columns |= {"per_1000_residents": found.rate, "per_1000_residents_low": found.rate_low}
            columns |= {"per_1000_residents_high": found.rate_high}
    return columns


def measure_dispersion(one: ThemeCounts, surroundings: Surroundings) -> statistics.Dispersion:
    """How noisy are the neighbourhoods' monthly counts, where the decision falls?"""
    known = ~np.isnan(one.own)
    monthly = surroundings.neighbourhood.sum(np.nan_to_num(one.monthly))
    near, size = surroundings.near.totals(one.own, surroundings.width)
    return statistics.dispersion_details(monthly[statistics.near_level(near, size) & known], breaks=one.months_broken)


def _context(one: ThemeCounts, own_by_theme: Mapping[str, FloatArray], surroundings: Surroundings) -> FloatArray:
    """What is known of each place from outside its own counts: places × covariates."""
    has_before = one.before is not None and np.nansum(one.before) > 0
    return statistics.context_of(
        one.own,
        surroundings.neighbourhood,
        rings=(surroundings.near, surroundings.wider),
        exposure=surroundings.width,
        boroughs=surroundings.borough.tolist(),
        others=[own for theme, own in own_by_theme.items() if theme != one.theme and theme not in one.same_incidents],
        previous=one.before if has_before else None,
    )


def _is_eligible(own: FloatArray, around: FloatArray, surroundings: Surroundings, *, minimum: int) -> BoolArray:
    """Enough incidents in the neighbourhood, and the zone itself at least at the study's mean rate."""
    with np.errstate(invalid="ignore"):
        return np.asarray((around >= minimum) & (own >= _mean_count(own, surroundings)))


def _plain_columns(one: ThemeCounts, surroundings: Surroundings, *, dispersion: float) -> dict[str, Any]:
    """The plain order and the change on the window before: they need no model of the map."""
    own = one.own
    rank, low, high = statistics.rank_interval(own, surroundings.width, dispersion=dispersion)
    columns: dict[str, Any] = {"incidents": own, "rank": rank, "rank_low": low, "rank_high": high}
    if one.before is not None:
        columns["incidents_previous"] = one.before
        columns["change_class"] = statistics.change_class(
            own, one.before, float(np.nansum(own)), float(np.nansum(one.before)), dispersion=dispersion
        )
    return columns


def _why_not(one: ThemeCounts) -> str:
    """Why there are no statistics for a theme."""
    if one.window is None:
        return "No month in which every feed of this theme has data."
    if not one.window.is_complete:
        needed = "" if one.months_wanted is None else f", needs {one.months_wanted}"
        return f"Too few months in a row: {one.window.months} without a gap{needed}. Counts are of the newest run."
    return "No incident of this theme in the study."


def _why(
    one: ThemeCounts,
    around: FloatArray,
    probability: FloatArray,
    is_hotspot: BoolArray,
    surroundings: Surroundings,
    rules: HotspotRules,
) -> NDArray[np.object_]:
    """Why each zone is, or is not, on the list, in words."""
    minimum = rules.minimum_of(one.theme)
    sure = np.array(
        [f"{percent} % sure of at least {rules.level:g} times the study's rate here" for percent in range(101)],
        dtype=object,
    )
    percent = np.floor(100 * np.nan_to_num(probability)).astype(int)
    with np.errstate(invalid="ignore"):
        reasons = [
            (is_hotspot, ("On the list: " + sure)[percent]),
            (around < minimum, f"Not on the list: fewer than {minimum} incidents in the neighbourhood"),
            (one.own < _mean_count(one.own, surroundings), "Not on the list: the zone itself is below the mean"),
        ]
    return np.select(
        [where for where, _ in reasons],
        [text for _, text in reasons],
        default=("Not on the list: only " + sure)[percent],
    )


def _mean_count(own: FloatArray, surroundings: Surroundings) -> FloatArray:
    """What each zone would hold at the study's mean rate."""
    return surroundings.width * study_rate(own, surroundings)
