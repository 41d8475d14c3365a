"""What of a case leaves, by class of reader: plain values and plain words, small counts hidden.

A figure that is made from a hidden count is hidden with it. Percentages need twenty incidents on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from geo_safety import disclosure
from geo_safety.cube import Cube
from geo_safety.disclosure import BAND_HIDDEN
from geo_safety.disclosure.open_set import Seen
from geo_safety.impact import Impact
from geo_safety.impact.effect import (
    ALPHA,
    FEWER,
    FEWEST_EXPECTED,
    FEWEST_INCIDENTS,
    MORE,
    NO_COMPARISON,
    NOT_COMPARABLE,
    PLANNED,
    TOO_FEW,
    UNCLEAR,
    Counts,
    Effect,
)
from geo_safety.impact.past import Past
from geo_safety.impact.watch import FALSE_ALARM, INCREASE, Watch
from geo_safety.matching import BALANCED
from geo_safety.months import month_text
from geo_safety.statistics import Difference, DisplacementDifference

PERCENT_FROM = 20
"""No percentage where either count is smaller."""

KINDS = ("response", "comparison", "buffer", "buffer_comparison")

NOT_WHY = (
    "It shows whether the place changed beyond places like it, not why. A place that was chosen in a bad year gets better "
    "by itself; another scheme, a new road or a change of recording in the place alone looks the same."
)
NO_HOURS = "No time of day in this source, so nothing can be said of a move to other hours or days."
SETTLED = "The last three months are provisional: sources still correct them."
NOT_ASKED = "The ring is judged only where the place itself changed."


def document_of(impact: Impact, cubes: Mapping[str, Cube], names: Sequence[str], *, access: Seen) -> dict[str, Any]:
    """A case as plain values.

    Parameters
    ----------
    cubes : mapping of theme to Cube
        Months of the layer's zones.
    names : sequence of str
        What each comparison area is called, in order.
    access : {'open', 'internal'}
        `open`: counts of 1 to 4 are hidden, with all that is made from them.
    """
    case, places = impact.case, impact.places
    main = impact.effects[0]
    return {
        "case": {
            "name": case.name,
            "note": case.note,
            "layer": impact.layer,
            "themes": [one.theme for one in impact.effects],
            "theme": main.theme,
            "places": len(places.parts),
            "zones": len(places.covered),
            "zones_around": len(places.buffer),
            "phases": [
                {
                    "name": one.name,
                    "from": month_text(one.first),
                    "to": None if one.last is None else month_text(one.last),
                }
                for one in case.phases
            ],
        },
        "answer": sentences(impact, access=access),
        "periods": {"before": main.periods.before.as_dict(), "scheme": main.periods.after.as_dict()},
        "past": _past(impact.past, access),
        "comparison": _comparison(impact, names),
        "effects": [_effect(one, access) for one in impact.effects],
        "displacement": _displacement(main, access),
        "harm": _harm(impact, access),
        "offence_switch": _switch(impact.effects, access),
        "temporal_switch": {"hours": NO_HOURS, "phases": _phases(main, access)},
        "watch": [_watch(one.theme, chart, access) for one, chart in zip(impact.effects, impact.watches, strict=True)],
        "plan": _plan(main),
        "months": _months(impact, cubes[main.theme], access),
        "skipped": dict(impact.skipped),
        "rule": _rule(impact),
    }


def sentences(impact: Impact, *, access: Seen) -> dict[str, str]:
    """The answers to what a board asks, each in a sentence or two."""
    main, watched = impact.effects[0], impact.watches[0]
    found = {
        "did_it_change": _changed(main, access),
        "did_it_move": _moved(main, access),
        "does_it_come_back": _back(watched),
        "what_could_be_seen": _smallest(main),
        "was_it_alike_before": _before(main),
    }
    return {**found, "what_this_does_not_say": NOT_WHY}


def is_hidden(counts: Counts, access: Seen) -> bool:
    """Whether a count is hidden from which others are made."""
    values = np.concatenate([counts.total(name) for name in KINDS]).astype(int)
    return bool(disclosure.shown_counts(pa.array(values), access=access).null_count)


def _changed(one: Effect, access: Seen) -> str:
    found = one.difference
    if one.verdict == PLANNED:
        return "The scheme has not begun in the data: nothing to judge yet."
    if one.verdict in (TOO_FEW, NO_COMPARISON, NOT_COMPARABLE) or found is None:
        return f"{one.verdict[0].upper()}{one.verdict[1:]}. {one.why}"
    if is_hidden(one.counts, access):
        return f"Too few to say: a count of {BAND_HIDDEN} is hidden."
    seen, expected = int(one.counts.total("response")[1]), found.expected
    interval = _percent_text(one)
    said = f"{seen:,} reported incidents, {expected:,.0f} expected from the comparison areas"
    if one.verdict == UNCLEAR:
        return f"Not distinguishable from the comparison areas: {said}{interval}."
    return f"{one.verdict.capitalize()} than the comparison areas lead one to expect: {said}{interval}."


def _percent_text(one: Effect) -> str:
    found = one.difference
    assert found is not None
    if min(one.counts.total("response")) < PERCENT_FROM:
        return " (counts too small for a percentage)"
    parts = [f"{100 * (value - 1):+.0f} %".replace("-", "−") for value in (found.ratio, found.low, found.high)]
    return f" ({parts[0]}, 95 % interval {parts[1]} to {parts[2]})"


def _moved(one: Effect, access: Seen) -> str:
    if one.verdict not in (FEWER, MORE) or one.displacement is None:
        return (
            "Not asked: the place itself did not change distinguishably."
            if one.verdict == UNCLEAR
            else one.verdict.capitalize() + "."
        )
    if is_hidden(one.counts, access):
        return f"Too few to say: a count of {BAND_HIDDEN} is hidden."
    ring, own = one.displacement.ring, one.counts.total("buffer")
    said = f"{int(own[1]):,} reported incidents in the ring, {ring.expected:,.0f} expected from the rings of the comparison areas"
    return {
        TOO_FEW: f"Too few to say: fewer than {FEWEST_INCIDENTS} incidents in the ring before.",
        FEWER: f"Fewer in the ring too: {said}. The benefit spread, or both followed something else.",
        MORE: f"More in the ring: {said}. Part of the problem may have moved there.",
        UNCLEAR: f"No move that can be distinguished: {said}.",
    }[one.ring_verdict]


def _back(watched: Watch) -> str:
    if watched.chart is None or watched.base is None or watched.months is None:
        return watched.why
    level = f"{month_text(watched.base[0])} to {month_text(watched.base[1])}"
    alarm = f"a place that keeps its level gives a false signal in {FALSE_ALARM:.0%} of years"
    if watched.signal is None:
        return f"No sign that it comes back: no month above the limit set by {level} ({alarm})."
    return f"Signal in {month_text(watched.signal)}: incidents are above the level of {level} ({alarm}). Look at it."


def _smallest(one: Effect) -> str:
    if np.isnan(one.smallest):
        return "Too few to say: not even the end of all incidents would be told from chance."
    return (
        f"A reduction of {one.smallest:.0%} or more would be found in four of five schemes; a smaller one would mostly be "
        "missed, which does not mean that there was none."
    )


def _before(one: Effect) -> str:
    trend = one.trend
    if trend is None or not np.isfinite([trend.p, trend.low, trend.high]).all():
        return "Too few to say."
    if trend.p <= ALPHA:
        return (
            f"No: before the scheme the place already moved away from its comparison areas ({100 * trend.change:+.0f} % a "
            "year). The comparison is weak."
        )
    return (
        "No difference in trend can be distinguished before the scheme "
        f"({100 * trend.low:+.0f} % to {100 * trend.high:+.0f} % a year)."
    )


def _past(past: Past, access: Seen) -> dict[str, Any]:
    years = [
        {
            "from": month_text(year.first),
            "to": month_text(year.last),
            **_shown(year.incidents, access),
            "ratio_to_study": None if _is_small(year.incidents, access) else _round(year.ratio),
        }
        for year in past.years
    ]
    if past.why:
        return {"years": years, "entrenched_before": None, "why": past.why}
    return {
        "years": years,
        "entrenched_before": {
            "zones": past.zones,
            "zones_entrenched": past.zones_entrenched,
            "longest_hot_steps": past.steps_hot,
            "steps": past.steps,
            "classes": list(past.classes),
            "rule": "The release's rule on the months before the scheme; without the half-cell shifts of the grid.",
        },
        "why": None,
    }


def _comparison(impact: Impact, names: Sequence[str]) -> dict[str, Any]:
    places = impact.places
    return {
        "at_least_m": impact.case.at_least_m,
        "areas": [
            {"name": name, "zones": len(zones), "unlikeness": _round(distance)}
            for name, zones, distance in zip(names, places.areas, places.distances, strict=True)
        ],
        "balance": [
            {
                "what": row.name,
                "place": _plain(row.place, row.unit),
                "comparison_areas": _plain(row.chosen, row.unit),
                "all_areas": _plain(row.all_areas, row.unit),
                "difference": _round(row.difference),
                "difference_without_choice": _round(row.difference_before),
                "is_balanced": row.is_balanced if not np.isnan(row.difference) else None,
            }
            for row in places.balance
        ],
        "balanced_up_to": BALANCED,
    }


def _plain(value: float, unit: str) -> float | None:
    """A likeness as people read it: levels and trends are compared as logarithms."""
    return _round(float(np.exp(value)) if unit.startswith("logarithm") else value)


def _effect(one: Effect, access: Seen) -> dict[str, Any]:
    hidden = is_hidden(one.counts, access)
    found, trend = (None if hidden else one.difference), one.trend
    return {
        "theme": one.theme,
        "verdict": TOO_FEW if hidden and one.verdict in (FEWER, MORE, UNCLEAR) else one.verdict,
        "why": one.why or None,
        "counts": {
            name: [_shown(int(value), access) for value in one.counts.total(name).tolist()] for name in KINDS
        },
        "sizes_in_zones": dict(zip(KINDS, map(_round, one.counts.sizes), strict=True)),
        "difference_in_differences": _difference(found, one.counts),
        "before_trend": None
        if trend is None or hidden
        else {"per_year": _round(trend.change, 3), "low": _round(trend.low, 3), "high": _round(trend.high, 3), "p": _round(trend.p, 4)},
        "minimum_detectable_change": None if hidden else _round(one.smallest, 3),
        "noise": {
            "dispersion": _round(one.noise.dispersion),
            "dispersion_basis": one.noise.basis,
            "drift": _round(float(np.sqrt(one.noise.drift)), 3),
            "drift_around": _round(float(np.sqrt(one.noise.ring_drift)), 3),
            "drift_basis": one.noise.drift_basis,
            "measured_on_areas": one.noise.areas,
        },
    }  # fmt: skip


def _difference(found: Difference | None, counts: Counts) -> dict[str, Any] | None:
    if found is None:
        return None
    has_percent = min(counts.total("response")) >= PERCENT_FROM
    return {
        "expected": _round(found.expected, 1),
        "fewer": _round(found.fewer, 1),
        "ratio": _round(found.ratio, 3) if has_percent else None,
        "low": _round(found.low, 3) if has_percent else None,
        "high": _round(found.high, 3) if has_percent else None,
        "p": _round(found.p, 4),
    }


def _displacement(one: Effect, access: Seen) -> dict[str, Any] | None:
    found = one.displacement
    if found is None or is_hidden(one.counts, access):
        return None
    quotient = found.quotient
    return {
        "verdict": one.ring_verdict if one.verdict in (FEWER, MORE) else None,
        "rule": NOT_ASKED,
        "ring": {"expected": _round(found.ring.expected, 1), "fewer": _round(found.ring.fewer, 1),
                 "p": _round(found.ring.p, 4)},
        "weighted_displacement_difference": {
            **_weighted(found.published),
            "interval_with_measured_noise": [_round(found.widened.low, 1), _round(found.widened.high, 1)],
            "interval_with_noise_and_drift": _pair(found.intervals.total),
            "interval_of_local": _pair(found.intervals.local),
            "interval_of_displaced": _pair(found.intervals.displaced),
        },
        "weighted_displacement_quotient": {
            "gross_effect": _round(quotient.gross_effect, 1),
            "net_effect": _round(quotient.net_effect, 3),
            "total_net_effect": _round(quotient.total_net_effect, 1),
            "quotient": _round(quotient.quotient, 3),
            "verdict": quotient.verdict,
            "interval_of_net_effect": _pair(found.intervals.net_effect, 3),
            "interval_of_total_net_effect": _pair(found.intervals.total_net_effect),
            "interval_of_quotient": _pair(found.intervals.quotient, 3),
        },
    }  # fmt: skip


def _weighted(found: DisplacementDifference) -> dict[str, Any]:
    return {
        "local": _round(found.local, 1),
        "displaced": _round(found.displaced, 1),
        "total": _round(found.total, 1),
        "variance": _round(found.variance, 1),
        "z": _round(found.z),
        "p": _round(found.p, 4),
        "interval_as_published": [_round(found.low, 1), _round(found.high, 1)],
    }


def _harm(impact: Impact, access: Seen) -> dict[str, Any] | None:
    """Harm over themes that share no incidents; indicative, beside the counts."""
    hidden = {one.theme for one in impact.effects if is_hidden(one.counts, access)}
    told = {edition: one for edition, one in impact.harm.items() if not hidden & set(one.themes)}
    if not told:
        return None
    return {
        "note": "Indicative: every incident of a theme weighs what an average one of it does in this study. Interval with "
        "the measured noise of counts, without drift.",
        "editions": {edition: {"themes": list(one.themes), **_weighted(one.found)} for edition, one in told.items()},
    }


def _switch(effects: Sequence[Effect], access: Seen) -> dict[str, Any]:
    """Did another offence take its place?"""
    rose = [one.theme for one in effects[1:] if one.verdict == MORE and not is_hidden(one.counts, access)]
    return {
        "answer": f"More of {', '.join(rose)} than expected."
        if rose
        else "No rise of another theme can be distinguished.",
        "themes": {one.theme: one.verdict for one in effects[1:]},
        "rule": f"All themes together claim a change that is none with at most {ALPHA:.0%} (Holm). Themes overlap and "
        "are never added.",
    }


def _phases(one: Effect, access: Seen) -> list[dict[str, Any]]:
    hidden = is_hidden(one.counts, access)
    return [
        {**span.as_dict(), "phase": span.name,
         "difference": None if hidden or found is None or found.expected < FEWEST_EXPECTED
         else {"expected": _round(found.expected, 1), "fewer": _round(found.fewer, 1)}}
        for span, found in one.phases
    ]  # fmt: skip


def _watch(theme: str, found: Watch, access: Seen) -> dict[str, Any]:
    if found.chart is None or found.months is None or found.counts is None or found.base is None:
        return {"theme": theme, "signal": None, "why": found.why}
    chart = found.chart
    shown = [_shown(int(count), access) for count in found.counts.tolist()]
    hides = any(row["incidents"] is None for row in shown)
    return {
        "theme": theme,
        "signal": None if found.signal is None else month_text(found.signal),
        "why": None,
        "level_from": month_text(found.base[0]),
        "level_to": month_text(found.base[1]),
        "looks_for_times": INCREASE,
        "false_alarms_a_year": FALSE_ALARM,
        "months": [
            {"month": month_text(int(month)), **row, "expected": _round(float(expected), 1),
             "score": None if hides else _round(float(score)), "limit": _round(float(limit)), "is_signal": bool(signal)}
            for month, row, expected, score, limit, signal in zip(
                found.months, shown, chart.expected, chart.score, chart.limit, chart.is_signal, strict=True)
        ],
    }  # fmt: skip


def _plan(one: Effect) -> dict[str, Any]:
    return {
        "minimum_detectable_change": _round(one.smallest, 3),
        "power": 0.8,
        "months_before": int(one.periods.lengths[0]),
        "months_of_scheme": int(one.periods.lengths[1]),
        "noise": "with the noise of counts and the drift of places",
    }


def _months(impact: Impact, cube: Cube, access: Seen) -> list[dict[str, Any]]:
    """The place, its ring and its comparison areas month by month; a gap is null."""
    periods, places = impact.effects[0].periods, impact.places
    # A scheme may be planned for later than the data reach.
    last = min(max(periods.after.last, periods.before.last), cube.first_month + len(cube.has_data) - 1)
    rows = []
    groups = {"place": places.covered, "ring": places.buffer,
              "comparison_areas": np.concatenate(places.areas) if places.areas else np.empty(0, np.int64)}  # fmt: skip
    for month in range(periods.known.first, last + 1):
        column = month - cube.first_month
        row: dict[str, Any] = {"month": month_text(month)}
        for name, zones in groups.items():
            count = int(cube.incidents[zones, column].sum()) if cube.has_data[column] and len(zones) else None
            row[name] = None if count is None or _is_small(count, access) else count
        rows.append(row)
    return rows


def _rule(impact: Impact) -> dict[str, Any]:
    return {
        "verdict": f"Fewer or more: the 95 % interval of the difference in differences, with the noise of counts and the "
        f"drift of places, excludes no change; at least {FEWEST_INCIDENTS} incidents before in the place and its comparison "
        f"areas, {FEWEST_EXPECTED} expected since.",
        "comparison": f"Areas of as many zones, at least {impact.case.at_least_m:,.0f} m from the place and its ring, likened "
        "by months before the scheme alone.",
        "hidden": f"Counts of {BAND_HIDDEN}, and what is made from them, in open documents.",
        "provisional": SETTLED,
        "source": "docs/products/impact.md",
    }


def _shown(count: int, access: Seen) -> dict[str, Any]:
    small = _is_small(count, access)
    return {"incidents": None if small else count, "incidents_band": BAND_HIDDEN if small else str(count)}


def _is_small(count: int, access: Seen) -> bool:
    return bool(disclosure.shown_counts(pa.array([count]), access=access).null_count)


def _pair(values: tuple[float, float], digits: int = 1) -> list[float | None]:
    return [_round(value, digits) for value in values]


def _round(value: float, digits: int = 2) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None
