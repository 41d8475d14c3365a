"""Is the list fair? What a board asks before a release goes out: who lives where it points, and what would change it.

Every check is of the lists on the layer whose hotspots are joined into areas. None of them changes a figure. Where a check
cannot be made, it says what is missing: silence would read as "all is well".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_safety.borough_context import finest_deprivation
from geo_safety.boundaries import locate
from geo_safety.cell_layers import is_cells
from geo_safety.counted import Counted, carriers_of
from geo_safety.cube import count_placed
from geo_safety.denominators import COARSEST
from geo_safety.disclosure import Access
from geo_safety.harm import EDITIONS
from geo_safety.hotspots import Judgement, ThemeCounts
from geo_safety.incidents import Feed, theme_matrix
from geo_safety.layers import Layer, has_rate
from geo_safety.schema import is_true
from geo_safety.sight import find_in_sight

FOLLOWS_THE_POLICE = frozenset(
    {"drugs", "possession of weapons", "public order", "drug offences", "public order offences"}
)
"""Categories whose number follows police activity, in whole (drugs, weapons) or in part (public order); lower case."""

TENTHS = tuple(range(1, 11))
"""1 is the most deprived tenth, as the publishers of indices of deprivation number them."""

TOP_SHARE = 0.05
"""Weights are compared by who is in the top 5 % of zones."""

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Lists:
    """The lists that are checked.

    Parameters
    ----------
    counts : sequence of ThemeCounts
        What they were made from.
    judged : mapping of theme to Judgement
        The lists as published, with harm.
    classes : mapping of theme to {'open', 'partner', 'internal'}
    """

    layer: Layer
    counts: Sequence[ThemeCounts]
    judged: Mapping[str, Judgement]
    classes: Mapping[str, Access]

    def listed(self, theme: str) -> BoolArray | None:
        """Which zones are on a theme's list; None where it was not judged."""
        one = self.judged[theme]
        return None if one.why_not is not None else is_true(one.table["is_hotspot"])


def release_checks(lists: Lists, counted: Counted) -> dict[str, Any]:
    """All checks of a release, as plain values for its manifest.

    Returns
    -------
    dict
        `layer`; `themes`: for each theme `deprivation`, `under_reporting`, `police_activity` and `weights`, each with
        `why_not` where it could not be made; and `about`: what each check did, in words.
    """
    rules = counted.settings.checks
    tenth, about_tenth = zone_tenths(lists.layer, counted)
    raised, about_raised = _raised(lists, counted)
    thinned, removed = _thinned(lists, counted)
    again = {
        "under_reporting": _listed_again(lists, raised, counted) if raised else {},
        "police_activity": _listed_again(lists, thinned, counted) if thinned else {},
    }
    themes: dict[str, Any] = {}
    for one in lists.counts:
        listed = lists.listed(one.theme)
        if listed is None:
            nothing = {"why_not": "The theme has no list."}
            themes[one.theme] = dict.fromkeys(("deprivation", "under_reporting", "police_activity", "weights"), nothing)
            continue
        themes[one.theme] = {
            "deprivation": {"why_not": about_tenth} if tenth is None else by_tenth(tenth, listed, one.own),
            "under_reporting": {"why_not": about_raised}
            if not raised
            else compare(listed, again["under_reporting"][one.theme]),
            "police_activity": {"removed": removed[one.theme], **compare(listed, again["police_activity"][one.theme])}
            if one.theme in removed
            else {"why_not": "None of its categories follows police activity."},
            "weights": by_weights(lists.judged[one.theme].table, lists.layer),
        }
    about = {"deprivation": about_tenth, "under_reporting": about_raised, "raised_by": rules.under_reporting,
             "follows_the_police": sorted(FOLLOWS_THE_POLICE), "top_share": TOP_SHARE}  # fmt: skip
    return {"layer": lists.layer.name, "zones": len(lists.layer.zones), "about": about, "themes": themes}


def by_tenth(tenth: FloatArray, listed: BoolArray, reports: FloatArray) -> dict[str, Any]:
    """How the zones, the list and the reports are shared out over tenths of deprivation.

    Parameters
    ----------
    tenth : array of float, shape (n_zones,)
        1 is the most deprived; NaN where unknown.

    Returns
    -------
    dict
        `tenths`: for each its number of `zones`, those `listed`, `share_listed` (of its zones), `share_of_list` and
        `share_of_reports`; `unknown`: listed zones of which no tenth is known.

    Examples
    --------
    >>> found = by_tenth(np.array([1.0, 1, 2, np.nan]), np.array([True, False, True, True]), np.array([6.0, 2, 2, 1]))
    >>> found["tenths"][0]["share_listed"], found["tenths"][0]["share_of_reports"], found["unknown"]
    (0.5, 0.8, 1)
    """
    known = ~np.isnan(tenth)
    reports = np.nan_to_num(reports)
    rows = []
    for number in TENTHS:
        here = tenth == number
        rows.append(
            {
                "tenth": number,
                "zones": int(here.sum()),
                "listed": int((here & listed).sum()),
                "share_listed": _share((here & listed).sum(), here.sum()),
                "share_of_list": _share((here & listed).sum(), (known & listed).sum()),
                "share_of_reports": _share(reports[here].sum(), reports[known].sum()),
            }
        )
    return {"why_not": None, "tenths": rows, "unknown": int((~known & listed).sum())}


def compare(listed: BoolArray, again: BoolArray) -> dict[str, Any]:
    """How a list changes: zones on both, those that join and leave, and the overlap (both over either).

    Examples
    --------
    >>> compare(np.array([True, True, False]), np.array([True, False, True]))["overlap"]
    0.3333
    """
    both, either = int((listed & again).sum()), int((listed | again).sum())
    return {
        "why_not": None,
        "listed": int(listed.sum()),
        "listed_again": int(again.sum()),
        "both": both,
        "join": int((~listed & again).sum()),
        "leave": int((listed & ~again).sum()),
        "overlap": _share(both, either),
    }


def by_weights(table: pd.DataFrame, layer: Layer) -> dict[str, Any]:
    """Do the count and the two weight systems put the same zones in the top 5 %?

    Returns
    -------
    dict
        `overlap`: pair of measures → both over either of their tops; `without`: measures that the theme does not have;
        `rank_differs`: zones that the two weight systems put at least two rank classes apart.
    """
    fit = has_rate(layer.zones)
    measures = {"count": table["incidents"].to_numpy(dtype=float)}
    measures |= {name: table[f"harm_{name}"].to_numpy(dtype=float) for name in EDITIONS if f"harm_{name}" in table}
    tops = {name: _top(np.where(fit, values / layer.zones.area_km2, np.nan)) for name, values in measures.items()}
    names = list(tops)
    pairs = {
        f"{one} and {other}": compare(tops[one], tops[other])["overlap"]
        for place, one in enumerate(names)
        for other in names[place + 1 :]
    }
    missing = [name for name in EDITIONS if name not in tops]
    differs = int(is_true(table["harm_rank_differs"]).sum()) if "harm_rank_differs" in table else None
    why = None if pairs else "The theme has no weights of harm."
    return {"why_not": why, "overlap": pairs, "without": missing, "rank_differs": differs}


def zone_tenths(layer: Layer, counted: Counted) -> tuple[FloatArray | None, str]:
    """The tenth of deprivation of each zone, by the place of its middle; or None and why there is none."""
    finest = finest_deprivation(counted)
    if isinstance(finest, str):
        return None, finest
    zones, file = finest.zones, finest.figure.file
    if zones.layer == layer.name and np.array_equal(zones.zone_id, layer.zones.zone_id):
        return finest.of_zone, f"{file}, as published for these zones."
    # A cell that the study's edge cuts is not finer for that.
    area = layer.zones.area_km2
    if finest.mean_km2 > COARSEST * (area.max() if is_cells(layer.name) else area.mean()):
        return None, f"{file} is for zones far larger than those of {layer.name}: it says nothing of them."
    middle = shapely.point_on_surface(layer.zones.geometry)
    place = locate(shapely.get_x(middle), shapely.get_y(middle), zones)
    tenth = np.where(place >= 0, finest.of_zone[place], np.nan)
    kind = "cell" if is_cells(layer.name) else "zone"
    return tenth, f"{file}: each {kind} has the tenth of the {zones.layer} in which its middle lies."


def _raised(lists: Lists, counted: Counted) -> tuple[list[ThemeCounts], str]:
    """All counts with more reports in the boroughs where fewer may be reported, and what was done, in words."""
    rules, gazetteer = counted.settings.checks, lists.layer.gazetteer
    if not rules.low_trust_boroughs:
        return [], "The config names no low_trust_boroughs under [checks]."
    code_of = {name.casefold(): code for code, name in gazetteer.borough_names.items()}
    codes = {code_of.get(one.casefold(), one) for one in rules.low_trust_boroughs}
    there = np.array([code in codes for code in gazetteer.borough_code], dtype=bool)
    unknown = sorted(codes - set(gazetteer.borough_code.tolist()))
    if not there.any():
        return [], f"No zone lies in {', '.join(unknown)}."
    factor = np.where(there, 1 + rules.under_reporting, 1.0)
    raised = [
        replace(
            one,
            monthly=one.monthly * factor[:, None],
            before=None if one.before is None else one.before * factor,
        )
        for one in lists.counts
    ]
    names = ", ".join(gazetteer.borough_names.get(code, code) for code in sorted(codes - set(unknown)))
    lost = f" Not found: {', '.join(unknown)}." if unknown else ""
    return raised, f"As if {rules.under_reporting * 100:g} % more had been reported in {names}.{lost}"


def _thinned(lists: Lists, counted: Counted) -> tuple[list[ThemeCounts], dict[str, list[str]]]:
    """All counts without categories that follow police activity; and for each theme that loses some, which."""
    thinned, removed = [], {}
    for one, coverage in zip(lists.counts, counted.coverages, strict=True):
        feeds = carriers_of(coverage, counted)
        masks = [_followers(feed, one.theme) for feed in feeds]
        names = sorted({
            feed.counted.categories[code] for feed, mask in zip(feeds, masks, strict=True) for code in np.flatnonzero(mask)
        })  # fmt: skip
        if not names or one.window is None:
            thinned.append(one)
            continue
        removed[one.theme] = names
        months = one.monthly.shape[1]
        before = 0 if one.before is None else months
        first = one.window.start - before
        taken = np.zeros((len(lists.layer.zones), before + months))
        for feed, mask in zip(feeds, masks, strict=True):
            placement = counted.placements[feed.settings.name, lists.layer.name]
            zone_id = lists.layer.zones.zone_id
            taken += count_placed(
                feed, placement, zone_id, first_month=first, n_months=before + months, category_mask=mask
            ).incidents
        monthly = one.monthly - taken[:, before:]
        earlier = None if one.before is None else one.before - taken[:, :before].sum(axis=1)
        thinned.append(replace(one, monthly=monthly, before=earlier))
    return (thinned if removed else []), removed


def _followers(feed: Feed, theme: str) -> BoolArray:
    """Which category codes carry the theme and follow police activity?"""
    carries = theme_matrix(feed).get(theme, np.zeros(len(feed.counted.categories), dtype=bool))
    follows = np.array([name.casefold() in FOLLOWS_THE_POLICE for name in feed.counted.categories], dtype=bool)
    return np.asarray(carries & follows)


def _listed_again(lists: Lists, counts: Sequence[ThemeCounts], counted: Counted) -> dict[str, BoolArray]:
    """The lists from other counts, by the same rule."""
    rules = replace(counted.settings.hotspots, exposure="area")
    found = find_in_sight(counts, lists.classes, lists.layer, rules=rules)
    return {theme: is_true(one.table["is_hotspot"]) for theme, one in found.items() if one.why_not is None}


def _top(density: FloatArray) -> BoolArray:
    """The zones in the top 5 % of those with a figure; of equal values all are in or out together."""
    known = ~np.isnan(density)
    if not known.any():
        return np.zeros(len(density), dtype=bool)
    line = np.quantile(density[known], 1 - TOP_SHARE)
    return known & (np.nan_to_num(density) >= line) & (np.nan_to_num(density) > 0)


def _share(part: float, whole: float) -> float | None:
    return round(float(part) / float(whole), 4) if whole else None
