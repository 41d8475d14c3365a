"""The hotspot rule for any theme, window and layer of a release, straight from its exact series.

A release says which zones were on the list in its own window. Here the same rule looks at another window: the same
neighbourhoods, level, minimum and expected error share; the months of the release's series. Asked for the release's
own window, it gives the release's own list. Classes need every step of the span and are not made here; residents
are not part of a release, so no ratio per resident is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_safety import disclosure
from geo_safety.areas import Gazetteer
from geo_safety.boundaries import Zones
from geo_safety.cube import Coverage, Cube, Window
from geo_safety.disclosure import ACCESS_CLASSES, Access, closed_themes
from geo_safety.disclosure.open_set import Seen
from geo_safety.errors import AnalysisError, WindowError
from geo_safety.hotspots import FloatArray, HotspotRules, Judgement, ThemeCounts, judge_theme
from geo_safety.layers import Cautions, Layer, Recording, make_surroundings, theme_rows
from geo_safety.months import month_number, month_ranges, month_text
from geo_safety.release import Release
from geo_safety.schema import ZONES, is_true, to_arrow
from geo_safety.shapes import EqualArea
from geo_safety.window_counts import read_cube

WINDOWS_NAMED = 3
"""How many runs without a gap are offered where a window does not work."""


@dataclass(frozen=True)
class ThemeFacts:
    """What a release's manifest says of one theme.

    Parameters
    ----------
    own : Window or None
        The theme's window in the release; None where no month has data.
    same_incidents : tuple of str
        Themes that count some of the same incidents.
    """

    own: Window | None
    feeds: tuple[str, ...]
    same_incidents: tuple[str, ...]
    recording: Recording
    access: Access = "open"


@dataclass(frozen=True)
class Ground:
    """One layer of a release with the months of every theme: made once, asked for many windows.

    Parameters
    ----------
    layer : Layer
        Its zones in order of id, and how they lie among each other.
    cubes : mapping of theme to Cube
        Themes that have a series on this layer. What lay in no zone is not in a series, so it counts as nothing here.
    moved : mapping of theme to str
        Of themes whose counts were moved here from zones of other years: what to say of it.
    """

    layer: Layer
    cubes: Mapping[str, Cube]
    facts: Mapping[str, ThemeFacts]
    rules: HotspotRules
    moved: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rerun:
    """What the hotspot rule says of one theme, window and layer.

    Parameters
    ----------
    rows : DataFrame
        **Exact** figures, a row a zone in order of id, in columns of `schema.ZONES`; see `published`.
    """

    layer: str
    window: Window
    judgement: Judgement
    rows: pd.DataFrame

    @property
    def is_listed(self) -> NDArray[np.bool_]:
        """Which zones are on the list, shape (n_zones,)."""
        if self.judgement.why_not is not None:
            return np.zeros(len(self.rows), dtype=bool)
        return is_true(self.rows["is_hotspot"])

    @property
    def expected_error_share(self) -> float | None:
        """Share of the list that is expected to be wrong; None for an empty list."""
        listed = self.is_listed
        return float((1 - self.rows["probability"].to_numpy(dtype=float)[listed]).mean()) if listed.any() else None

    def published(self, places: NDArray[np.int64], *, access: Seen) -> pa.Table:
        """These rows as an access class may see them, in the columns that a window by itself can fill."""
        whole = to_arrow(self.rows.iloc[places].reset_index(drop=True), ZONES)
        shown = disclosure.protect(self.layer, whole, access=access)
        filled = {*self.rows.columns, "incidents_band"} - {"geometry"}
        return shown.select([name for name in ZONES.column_names if name in filled])


def read_ground(release: Release, layer: str, *, themes: Sequence[str] | None = None) -> Ground:
    """Prepare one layer of a release: its zones, their neighbours, and the exact months of all themes.

    Parameters
    ----------
    themes : sequence of str, optional
        Themes to prepare, all by default. A theme is context to the others, so whoever may not see its exact months
        must not be answered from a ground that holds them.

    Raises
    ------
    AnalysisError
        The exact series cannot be read, or the release is older than this kind of question.
    """
    manifest = release.manifest
    if "rules" not in manifest:
        raise AnalysisError(
            f"Release {release.release_id} does not say by which rules it was made.",
            "Make a new one with `geo-safety run CONFIG`.",
        )
    wanted = tuple(theme for theme in release.themes if themes is None or theme in themes)
    closed = closed_themes(manifest)
    facts = {theme: _facts(manifest["themes"][theme], closed.get(theme, "open")) for theme in wanted}
    try:
        zones, ward_code, borough_code = _read_zones(release, layer)
        cubes = {theme: cube for theme in wanted if (cube := _read_cube(release, zones, theme, facts[theme].feeds))}
    except OSError as error:
        raise AnalysisError(
            "This process cannot read the release's exact counts, and a window is counted from nothing else.",
            "Run it as the owner of the release's files.",
        ) from error
    rules = manifest["rules"]
    moved = {theme: _moved_text(manifest, layer, theme, one.feeds) for theme, one in facts.items()}
    return Ground(
        Layer(
            zones,
            Gazetteer(ward_code, borough_code),
            make_surroundings(zones, _projection(manifest, zones), borough_code),
        ),
        cubes,
        facts,
        HotspotRules(alpha=rules["alpha"], level=rules["level"], minimum=rules["minimum"]),
        {theme: text for theme, text in moved.items() if text},
    )


def choose_months(ground: Ground, theme: str, *, first: str | None = None, last: str | None = None) -> Window:
    """Which window is meant: the theme's own, unless the first or last month is given?

    Parameters
    ----------
    first, last : str, optional
        Months such as `2025-01`, both inside.

    Raises
    ------
    WindowError
        A month of the window is a gap or outside the data, or the window ends before it starts.
    """
    cube, own = ground.cubes.get(theme), ground.facts[theme].own
    if cube is None or own is None:
        raise WindowError(
            f"The layer {ground.layer.name} has no month with data of the theme {theme}.",
            f"Take another layer, or one of the themes {', '.join(ground.cubes) or '(none)'}.",
        )
    start = own.start if first is None else month_number(first)
    end = own.end if last is None else month_number(last)
    if start > end:
        raise WindowError(
            f"The window {month_text(start)} to {month_text(end)} ends before it starts.",
            "Give its first and its last month.",
        )
    wanted = Window(start, end, is_complete=True)
    if _has_data(cube, wanted):
        return wanted
    runs = sorted(_runs(cube), key=lambda run: (run[0] - run[1], -run[1]))[:WINDOWS_NAMED]
    windows = tuple((month_text(one), month_text(other)) for one, other in runs)
    raise WindowError(
        f"The theme {theme} has no data in {_missing_text(cube, wanted)}.",
        f"Months in a row with data: {'; '.join(f'{one} to {other}' for one, other in windows)}. Any part of them works.",
        windows=windows,
    )


def rerun(ground: Ground, theme: str, window: Window) -> Rerun:
    """Which zones are on the list of this theme in this window?

    The other themes of the same window help as context, those that count the same incidents apart; in the theme's
    own window they help with their own windows, as they did in the release.

    Parameters
    ----------
    window : Window
        Of `choose_months`; every run of months is judged, however short. From few months noise cannot be measured:
        it is assumed then, and `caution` says so.
    """
    facts, cube = ground.facts[theme], ground.cubes[theme]
    own_by_theme = _context(ground, theme, window)
    before = cube.window_before(window)
    changes = [month - window.start for month, _ in facts.recording.breaks]
    counts = ThemeCounts(
        theme,
        window,
        cube.monthly(window),
        None if before is None else cube.counts(before),
        same_incidents=facts.same_incidents,
        months_broken=tuple(place for place in changes if 0 < place < window.months),
    )
    judgement = judge_theme(counts, own_by_theme, ground.layer.surroundings, rules=ground.rules, in_full=False)
    coverage = Coverage(theme, facts.feeds, cube.first_month, cube.has_data, window, {})
    of_zones = {name: [np.full(len(cube.zone_id), text, dtype=object)] for name, text in ground.moved.items()}
    rows = theme_rows(ground.layer, judgement, coverage, Cautions({theme: facts.recording}, of_zones))
    return Rerun(ground.layer.name, window, judgement, rows.drop(columns="ratio_residents", errors="ignore"))


def _context(ground: Ground, theme: str, window: Window) -> dict[str, FloatArray]:
    """Counts of the other themes that may help: of the same window, or of their own as in the release."""
    is_own = _is_same(window, ground.facts[theme].own)
    rank = ACCESS_CLASSES.index(ground.facts[theme].access)
    found = {}
    for other, cube in ground.cubes.items():
        theirs = ground.facts[other].own if is_own else window
        if (
            other == theme
            or ACCESS_CLASSES.index(ground.facts[other].access) > rank
            or theirs is None
            or not theirs.is_complete
            or not _has_data(cube, theirs)
        ):
            continue
        counts = cube.counts(theirs)
        if np.nansum(counts) > 0:
            found[other] = counts
    return found


def _is_same(window: Window, other: Window | None) -> bool:
    return other is not None and (window.start, window.end) == (other.start, other.end)


def _has_data(cube: Cube, window: Window) -> bool:
    """Whether every month of the window is in the span and no gap."""
    first, last = window.start - cube.first_month, window.end - cube.first_month
    return first >= 0 and last < len(cube.has_data) and bool(cube.has_data[first : last + 1].all())


def _missing_text(cube: Cube, window: Window) -> str:
    """The window's months without data; what lies outside the span is named as such."""
    known = {cube.first_month + place for place in np.flatnonzero(cube.has_data).tolist()}
    span_end = cube.first_month + len(cube.has_data) - 1
    within = range(max(window.start, cube.first_month), min(window.end, span_end) + 1)
    texts = [month_ranges(gaps)] if (gaps := sorted(set(within) - known)) else []
    if window.start < cube.first_month:
        texts.append(f"months before {month_text(cube.first_month)}")
    if window.end > span_end:
        texts.append(f"months after {month_text(span_end)}")
    return " and ".join(texts)


def _runs(cube: Cube) -> list[tuple[int, int]]:
    """First and last month of each run of months with data."""
    edges = np.diff(np.concatenate(([0], cube.has_data.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return list(zip((starts + cube.first_month).tolist(), (ends + cube.first_month).tolist(), strict=True))


def _read_zones(release: Release, layer: str) -> tuple[Zones, NDArray[np.object_], NDArray[np.object_]]:
    """The zones in order of id with the codes of their wards and boroughs."""
    columns = ["zone_id", "name", "ward_code", "borough_code", "area_km2", "geometry"]
    table = release.table(layer, access="internal", theme=release.themes[0], columns=columns)
    of_name = {name: np.asarray(table[name].to_pylist(), dtype=object) for name in columns[:4]}
    zones = Zones(
        layer,
        of_name["zone_id"].astype(str),
        of_name["name"],
        np.full(table.num_rows, None, dtype=object),
        shapely.from_wkb(table["geometry"].to_numpy()),
        table["area_km2"].to_numpy(),
    )
    return zones, of_name["ward_code"], of_name["borough_code"]


def _projection(manifest: Mapping[str, Any], zones: Zones) -> EqualArea:
    """The projection of the study, about the middle of its bounds."""
    west, south, east, north = manifest["study"].get("bounds") or shapely.total_bounds(zones.geometry).tolist()
    return EqualArea((west + east) / 2, (south + north) / 2)


def _read_cube(release: Release, zones: Zones, theme: str, feeds: Sequence[str]) -> Cube | None:
    """The exact months of one theme, from the feeds that make the layers; None where there are none."""
    cube = read_cube(release, zones.layer, theme, feeds=feeds, zone_id=zones.zone_id)
    return cube if len(cube.has_data) else None


def _moved_text(manifest: Mapping[str, Any], layer: str, theme: str, feeds: Sequence[str]) -> str | None:
    """What has to be said of counts that came by zones of other years; None where none did."""
    for move in manifest.get("crosswalks", ()):
        if move["feed"] in feeds and move["layer"] == layer and theme in move["themes"]:
            years, by = " and ".join(move["from"]), move["themes"][theme]["shares_by"]
            return f"Reports of {layer} of {years} were moved here by {by}: counts of single zones are estimates."
    return None


def _facts(summary: Mapping[str, Any], access: Access) -> ThemeFacts:
    window, recording = summary["window"], summary["recording"]
    return ThemeFacts(
        own=None
        if window is None
        else Window(month_number(window["start"]), month_number(window["end"]), is_complete=summary["is_complete"]),
        feeds=tuple(summary["feeds"]),
        same_incidents=tuple(summary["same_incidents"]),
        recording=Recording(
            recording["precision_m"],
            recording["unlocated_share"],
            tuple((month_number(one["month"]), one["text"]) for one in recording["breaks"]),
        ),
        access=access,
    )
