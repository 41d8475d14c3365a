"""Figures that partners lend: which windows, which layers, protected together, and remembered.

Windows are fixed: each ends with a quarter of the financial year and overlaps no other that was ever given out, so
that no two of them can be subtracted; a new one comes a year after the last. What was given out of a window stays,
even when the source corrects it. Themes that share incidents with one that is lent already are not lent, because
their difference would be a figure that nobody has protected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.areas import make_gazetteer
from geo_safety.cell_layers import is_cells
from geo_safety.counted import Counted, carriers_of
from geo_safety.counts import count_areas
from geo_safety.cube import Coverage, Cube
from geo_safety.disclosure import Access, PartnerSet, strictest
from geo_safety.disclosure.ledger import Disclosed, Figures, read_ledger, remember
from geo_safety.disclosure.partner_set import partner_rows
from geo_safety.disclosure.rules import DisclosureRules
from geo_safety.disclosure.second_look import weak_points
from geo_safety.disclosure.together import Links, Tier, protect_together
from geo_safety.errors import ConfigError
from geo_safety.incidents import Feed, theme_matrix
from geo_safety.months import month_text

QUARTER = 3
"""Months since 1970-01 that end a quarter of the calendar or of a financial year from April: 2, 5, 8, … (March is 2)."""


@dataclass(frozen=True)
class Loan:
    """What is given out of one theme: the figures of a window, and of the one before where there are any."""

    now: Disclosed
    before: Disclosed | None


def access_of(coverage: Coverage, feeds: Iterable[Feed]) -> Access:
    """Who may see a theme's figures.

    Parameters
    ----------
    feeds : iterable of Feed
        All feeds of the study.

    Raises
    ------
    ConfigError
        Feeds of different classes make it: whoever knows the open part could subtract it.
    """
    classes: set[Access] = {feed.settings.access for feed in feeds if feed.settings.name in coverage.feeds}
    if len(classes) > 1:
        raise ConfigError(
            f"The theme {coverage.theme!r} is made by feeds of different access ({', '.join(coverage.feeds)}): with the "
            "open part known, the rest could be worked out.",
            "Give the closed feed a theme of its own with `labels` or `use`.",
        )
    return strictest(classes)


def lend(counted: Counted, tables: Mapping[str, pa.Table], state: Path) -> PartnerSet:
    """The partner set of a run; what is new in it is remembered in the state folder.

    Parameters
    ----------
    tables : mapping of layer to Table
        Exact rows.
    state : Path
        State folder of the releases.
    """
    rules = counted.settings.disclosure
    closed = [one for one in counted.coverages if access_of(one, counted.feeds) == "partner"]
    if not closed:
        return PartnerSet()
    ledger = read_ledger(state)
    rows: dict[str, list[pa.Table]] = {}
    lent: dict[str, Any] = {}
    why_not: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for coverage in closed:
        categories = _categories(coverage, counted)
        if taken & set(categories):
            why_not[coverage.theme] = "It counts incidents that another lent theme counts too."
            continue
        loan = _loan(coverage, categories, counted, ledger, state, rules)
        if isinstance(loan, str):
            why_not[coverage.theme] = loan
            continue
        taken |= set(categories)
        layers = [layer for layer in loan.now.layers if _same_zones(loan.now.layers[layer], tables[layer])]
        for layer in layers:
            exact = tables[layer].filter(pc.equal(tables[layer]["theme"], coverage.theme))
            rows.setdefault(layer, []).append(partner_rows(exact, layer, loan.now, loan.before))
        lent[coverage.theme] = {
            "feeds": list(coverage.feeds),
            "layers": {layer: {"suppressed": _suppressed(loan.now.layers[layer])} for layer in layers},
            "window": {"start": month_text(loan.now.start), "end": month_text(loan.now.end)},
            "is_complete": True,
            "rule": loan.now.line,
        }
    summary = {"themes": lent, "why_not": why_not, "line": rules.line, "rules": rules.as_dict()}
    return PartnerSet({layer: pa.concat_tables(parts) for layer, parts in rows.items()}, summary)


def _loan(
    coverage: Coverage,
    categories: tuple[tuple[str, str], ...],
    counted: Counted,
    ledger: list[Disclosed],
    state: Path,
    rules: DisclosureRules,
) -> Loan | str:
    """The figures to give out, new ones remembered; or why there are none."""
    layers = rules.layers_for(coverage.theme, {category for _, category in categories}, counted.place.layers)
    if not layers:
        return "Its words make it too sensitive for any layer that there is."
    mine = [one for one in ledger if one.theme == coverage.theme and one.categories == categories]
    others = [one for one in ledger if one not in mine and one.shares_incidents(categories)]

    def is_free(start: int, end: int) -> bool:
        return not any(one.overlaps(start, end) for one in (*mine, *others))

    end = _newest_end(coverage, rules, is_free)
    fresh = []
    if end is not None and (not mine or end > mine[-1].end):
        starts = [end - rules.window_months + 1]
        if not mine:
            starts.insert(0, starts[0] - rules.window_months)
        for start in starts:
            last = start + rules.window_months - 1
            if _is_complete(coverage, start, last) and is_free(start, last):
                fresh.append(_protect(coverage, categories, counted, layers, (start, last), rules))
    for one in fresh:
        remember(state, one)
        ledger.append(one)
    mine += fresh
    if not mine:
        taken = sorted({one.theme for one in others})
        if taken:
            return (
                f"Its incidents were given out before in other figures ({', '.join(taken)}), up to the newest window."
            )
        return f"No {rules.window_months} months in a row with data end with a quarter."
    now = mine[-1]
    before = next((one for one in mine if one.end == now.start - 1), None)
    return Loan(now, before)


def _newest_end(coverage: Coverage, rules: DisclosureRules, is_free: Callable[[int, int], bool]) -> int | None:
    """The last month of the newest window that may be given out for the first time."""
    last = coverage.first_month + len(coverage.has_data) - 1
    for end in range(last - (last - 2) % QUARTER, coverage.first_month, -QUARTER):
        start = end - rules.window_months + 1
        if _is_complete(coverage, start, end) and is_free(start, end):
            return end
    return None


def _is_complete(coverage: Coverage, start: int, end: int) -> bool:
    first, last = start - coverage.first_month, end - coverage.first_month
    return first >= 0 and last < len(coverage.has_data) and bool(coverage.has_data[first : last + 1].all())


def _categories(coverage: Coverage, counted: Counted) -> tuple[tuple[str, str], ...]:
    """Which incidents a theme counts: its feeds and their categories."""
    return tuple(
        sorted(
            (feed.settings.name, f"{category} {force}".strip())
            for feed in carriers_of(coverage, counted)
            for category, force, is_in in zip(
                feed.counted.categories, feed.counted.forces, theme_matrix(feed)[coverage.theme].tolist(), strict=True
            )
            if is_in
        )
    )


def _protect(
    coverage: Coverage,
    categories: tuple[tuple[str, str], ...],
    counted: Counted,
    layers: Sequence[str],
    window: tuple[int, int],
    rules: DisclosureRules,
) -> Disclosed:
    """Count one window on all layers, and protect the counts together."""
    start, end = window
    cubes = {layer: counted.cubes[layer, coverage.theme] for layer in layers}
    cubes = {layer: cube for layer, cube in cubes.items() if cube.is_answered.any()}
    tiers, links = _ladder(coverage, counted, cubes, window)
    protected = protect_together(tiers, links, rules)
    if found := weak_points(tiers, links, protected, rules):
        raise RuntimeError(f"{coverage.theme} is not protected: {'; '.join(found)}")
    figures = {}
    for tier, shown in zip(tiers, protected, strict=True):
        if tier.layer in cubes:
            ids = cubes[tier.layer].zone_id.tolist()
            figures[tier.layer] = Figures(tuple(ids), tuple(shown.incidents[: len(ids)]), tuple(shown.band[: len(ids)]))
    return Disclosed(coverage.theme, start, end, categories, rules.line, figures)


def _ladder(
    coverage: Coverage, counted: Counted, cubes: Mapping[str, Cube], window: tuple[int, int]
) -> tuple[list[Tier], list[Links]]:
    """The layers in an order in which incidents can be followed exactly: cells, wards, boroughs.

    A borough is the sum of its wards here (and of places in it that lie in no ward), whatever the edges of the two
    files: only so does each incident have one way through, and the ranges that follow from it are exact.
    """
    start, end = window
    found = _atoms(coverage, counted, next((layer for layer in cubes if is_cells(layer)), None), window)
    places, boroughs = len(found.borough_of_place), len(found.borough_id)
    through = np.bincount(found.place, found.count, minlength=places).astype(np.int64)
    of_wards = np.full(places, -1, dtype=np.int64)
    if "wards" in cubes:
        wards = _counts(cubes["wards"], start, end)
        of_wards[: len(wards)] = wards
    tiers, links = [Tier("wards" if "wards" in cubes else "places", of_wards)], []
    if "boroughs" in cubes:
        totals = np.bincount(found.borough_of_place, through, minlength=boroughs + 1).astype(np.int64)[:boroughs]
        tiers.append(Tier("boroughs", np.where(cubes["boroughs"].is_answered, totals, -1)))
        links.append(Links(np.arange(places), found.borough_of_place, through))
    cells = next((cube for layer, cube in cubes.items() if is_cells(layer)), None)
    if cells is not None:
        size = len(cells.zone_id)
        key, place = np.unique(np.where(found.cell < 0, size, found.cell) * places + found.place, return_inverse=True)
        totals = np.bincount(place, found.count, minlength=len(key)).astype(np.int64)
        tiers.insert(0, Tier(cells.layer, _counts(cells, start, end)))
        links.insert(0, Links(key // places, key % places, totals))
    return tiers, links


@dataclass(frozen=True)
class _Atoms:
    """Where a window's incidents are, one element a location (or a zone that a feed counts by).

    Parameters
    ----------
    cell : array of int
        -1 for none.
    place : array of int
        The ward; after the wards come, for places in no ward, each borough, and one for places in none either.
    borough_of_place : array of int, shape (n_places,)
        The number of boroughs stands for none.
    """

    cell: np.ndarray
    place: np.ndarray
    count: np.ndarray
    borough_of_place: np.ndarray
    borough_id: list[str]


def _atoms(coverage: Coverage, counted: Counted, cells: str | None, window: tuple[int, int]) -> _Atoms:
    layers = counted.place.layers
    wards, boroughs = layers.get("wards"), layers.get("boroughs")
    borough_id = [] if boroughs is None else boroughs.zone_id.tolist()
    none = len(borough_id)
    of_ward = np.zeros(0, dtype=np.int64)
    if wards is not None:
        number = {code: place for place, code in enumerate(borough_id)}
        codes = make_gazetteer(wards, wards=wards, boroughs=boroughs).borough_code.tolist()
        of_ward = np.array([number.get(code, none) for code in codes], dtype=np.int64)
    parts = []
    for feed in carriers_of(coverage, counted):
        count = _count_places(feed, coverage.theme, window)
        cell, ward, borough = (_zone_of(feed, layer, counted, len(count)) for layer in (cells, "wards", "boroughs"))
        past_wards = len(of_ward) + np.where(borough >= 0, borough, none)
        parts.append((cell, np.where(ward >= 0, ward, past_wards), count))
    cell, place, count = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return _Atoms(cell, place, count, np.concatenate([of_ward, np.arange(none + 1)]), borough_id)


def _zone_of(feed: Feed, layer: str | None, counted: Counted, size: int) -> np.ndarray:
    """The zone of a layer for each place of a feed; -1 for none, and everywhere where there is no such layer."""
    placement = counted.placements.get((feed.settings.name, layer or ""))
    if placement is None:
        return np.full(size, -1, dtype=np.int64)
    if placement.zone_of_location is not None:
        return placement.zone_of_location.astype(np.int64)
    if placement.code_of_zone is None:
        return np.full(size, -1, dtype=np.int64)
    number = {zone: place for place, zone in enumerate(counted.place.layers[str(layer)].zone_id.tolist())}
    return np.array([number.get(zone, -1) for zone in placement.code_of_zone.tolist()], dtype=np.int64)


def _count_places(feed: Feed, theme: str, window: tuple[int, int]) -> np.ndarray:
    """Incidents of a window at each location, or in each zone that the feed counts by."""
    start, end = window
    mask = theme_matrix(feed)[theme]
    if feed.incidents is not None:
        return feed.incidents.by_location(mask, start, end).astype(np.int64)
    assert feed.area_counts is not None
    areas = feed.area_counts
    months = end - start + 1
    counts, _ = count_areas(areas, areas.zone_id, first_month=start, n_months=months, category_mask=mask)
    return counts.sum(axis=1)


def _counts(cube: Cube, start: int, end: int) -> np.ndarray:
    """Exact counts of a window; -1 for zones without an answer."""
    months = cube.incidents[:, start - cube.first_month : end - cube.first_month + 1]
    return np.where(cube.is_answered, months.sum(axis=1), -1).astype(np.int64)


def _same_zones(figures: Figures, table: pa.Table) -> bool:
    """Whether the figures are of the zones that the layer has now."""
    return set(figures.zone_id) == set(table["zone_id"].to_pylist())


def _suppressed(figures: Figures) -> int:
    return sum(value is None and band is not None for value, band in zip(figures.incidents, figures.band, strict=True))
