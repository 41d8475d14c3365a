"""The long view: years of the borough beside those of the whole study and of boroughs like it."""

from __future__ import annotations

import numpy as np

from geo_safety.packs.basis import noun
from geo_safety.packs.content import Blank, Part, Picture, Section, Table, Words
from geo_safety.packs.figures import PERCENT_FROM, span
from geo_safety.packs.sna.borough import AT_LEAST, Borough
from geo_safety.packs.sna.level import CHANGED, compared_themes, percent_change, signed
from geo_safety.packs.sna.pictures import year_lines
from geo_safety.packs.sna.years import Years
from geo_safety.statistics import change_class


def trend(borough: Borough) -> Section:
    """Years, as far back as the release goes."""
    parts: list[Part] = []
    for theme in compared_themes(borough):
        found = borough.long_view(theme)
        if found is None:
            why = (
                "The release has less than two whole years of months of this theme for this borough. Add older files, or "
                "counts by ward as a second source."
            )
            parts.append(Blank(f"{noun(theme)}: the long view", why, "level", lines=1))
            continue
        parts += _long_view(borough, theme, *found)
    breaks = borough.basis.manifest.get("settings", {}).get("breaks", [])
    parts += [
        Words(f"Do not read a change across {one['date']} as one of the place: {one['text']}", is_note=True)
        for one in breaks
    ]
    parts.append(
        Words(
            "Years are counted back from the last month of each source, so that each holds twelve months. The Police and Crime "
            "Plan sets no numbers; show direction against a stated baseline, and do not read more reports of offences "
            "against women as worse: more reporting is an aim.",
            is_note=True,
        )
    )
    return Section("Trend: the long view", ("level",), tuple(parts))


def _long_view(borough: Borough, theme: str, feed: str, years: Years) -> list[Part]:
    span_ = years.five_years()
    if span_ is None:
        return [Blank(f"{noun(theme)}: the long view", "Only one whole year is known.", "level", lines=1)]
    first, last = span_
    rows = list(range(first, last + 1))
    base = years.own_low[first]
    lines = _indexes(borough, years, first)
    caption = (
        f"{noun(theme)} by {feed}: reports of twelve months, as an index (the year to {years.ends[first]} is 100)."
    )
    head = ("Twelve months to", borough.name, *(f"{name}, index" for name in lines))
    table = Table(
        f"Years {theme}",
        caption,
        head,
        tuple(
            (
                years.ends[place],
                _years_count(years, place),
                *(
                    "no data" if np.isnan(values[place]) else round(float(values[place]), 1)
                    for values in lines.values()
                ),
            )
            for place in rows
        ),
    )
    parts: list[Part] = [Words(_trend_sentence(borough, theme, feed, years, first, last))]
    if base >= PERCENT_FROM:
        parts.append(
            Picture(
                year_lines(years.ends, lines, label=caption, base=first),
                f"{caption} All whole years of the source are drawn; a line breaks where a month has no data.",
            )
        )
    return [*parts, table]


def _years_count(years: Years, place: int) -> str | int:
    return (
        "no data"
        if np.isnan(years.own_low[place])
        else span((float(years.own_low[place]), float(years.own_high[place])))
    )


def _indexes(borough: Borough, years: Years, first: int) -> dict[str, np.ndarray]:
    """Name → index by year: the borough, the study, and the middle of boroughs like it, where these are told."""

    def index(values: np.ndarray) -> np.ndarray:
        return np.asarray(100 * values / values[first], dtype=float)

    found = {}
    if years.own_low[first] >= PERCENT_FROM:
        found[borough.name] = index((years.own_low + years.own_high) / 2)
    if years.all is not None:
        found[borough.whole] = index(years.all.mean(axis=1))
        like = [code for code in (borough.like.distance if borough.like else ()) if code in years.others]
        alike_ = [
            index(years.others[code].mean(axis=1)) for code in like if years.others[code][first, 0] >= PERCENT_FROM
        ]
        if len(alike_) >= AT_LEAST:
            found["Middle of boroughs like it"] = np.median(np.array(alike_), axis=0)
    return found


def _trend_sentence(borough: Borough, theme: str, feed: str, years: Years, first: int, last: int) -> str:
    name = noun(theme)
    now, before = (float((years.own_low[at] + years.own_high[at]) / 2) for at in (last, first))
    long = f"{last - first} years before" if last - first > 1 else "the year before"
    ends = f"the twelve months to {years.ends[last]} against those {long} ({feed})"
    if min(years.own_low[first], years.own_low[last]) < PERCENT_FROM:
        return f"{name}, {ends}: too few to say."
    dispersion = borough.dispersion(theme)
    told = f"{name}, {ends}: {percent_change(now, before, dispersion)}"
    if years.all is None:
        return f"{told}. There is no comparison: this source tells of few other boroughs."
    total_now, total_before = (float(years.all[at].mean()) for at in (last, first))
    (found,) = change_class(np.array([now]), np.array([before]), total_now, total_before, dispersion).tolist()
    told += f"; {borough.whole} {percent_change(total_now, total_before, dispersion)}"
    like = [code for code in (borough.like.distance if borough.like else ()) if code in years.others]
    changes = [
        100 * (float(years.others[code][last].mean()) / float(years.others[code][first].mean()) - 1)
        for code in like
        if min(years.others[code][first, 0], years.others[code][last, 0]) >= PERCENT_FROM
    ]
    if len(changes) >= AT_LEAST:
        told += f"; boroughs like it from {signed(min(changes))} % to {signed(max(changes))} %"
    return f"{told}. That is {CHANGED[found].format(study=borough.whole)}."
