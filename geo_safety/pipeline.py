"""From raw files to a release: the only module that knows the order of the steps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo_safety.area_life import KnownAreas, follow
from geo_safety.areas import join_hotspots
from geo_safety.base_map import base_map
from geo_safety.borough_context import borough_context
from geo_safety.boundaries import Zones, read_boundaries
from geo_safety.context import read_figures, read_stations
from geo_safety.counted import Counted, Place, breaks_in, carriers_of, recording_of, same_incidents
from geo_safety.crosswalk import FeedMove
from geo_safety.cube import (
    Coverage,
    Cube,
    coverage_of,
    series_of,
)
from geo_safety.denominators import People, day_ratio, place_figures, where_residents_mislead
from geo_safety.entrenchment import CLASS_MONTHS, judge_history, with_classes
from geo_safety.errors import GeoSafetyError, ProblemsError
from geo_safety.harm import Weighing, harm_by_zone, harm_columns, harm_summary, weigh
from geo_safety.history import HistoryReader
from geo_safety.hotspots import Judgement, ThemeCounts
from geo_safety.incidents import Feed, FeedFiles, read_files, theme_matrix
from geo_safety.layers import (
    Cautions,
    Layer,
    area_rows,
    has_rate,
    make_layer,
    with_harm_totals,
    with_peak_class,
    zone_rows,
)
from geo_safety.lending import access_of, lend
from geo_safety.manifest import (
    METHOD_VERSION,
    accounting,
    accounting_text,
    inputs_hash,
    last_month,
    make_manifest,
    missing_months,
    source_summary,
    theme_summary,
)
from geo_safety.months import first_day
from geo_safety.partition_store import PartitionStore
from geo_safety.placing import count_layers, cube_on, cut_to_study, found_text, make_place, on_shown_zones
from geo_safety.predecessor import find_predecessor
from geo_safety.production import produce
from geo_safety.progress import Progress, Silent
from geo_safety.release import Release, ReleaseContent, claim, write_release
from geo_safety.release_checks import Lists, release_checks
from geo_safety.schema import AREAS, QUARANTINE, to_arrow
from geo_safety.settings import Settings, read_settings
from geo_safety.sight import find_in_sight, reliability_in_sight
from geo_safety.sources import remarks_of
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import NEVER_SCORED

"""Rows of this theme are shown beside, and make no layer unless the config asks for it."""

Result = TypeVar("Result")


def run(
    config: Path,
    releases: Path,
    *,
    workers: int = 1,
    pool: Executor | None = None,
    recount: bool = False,
    progress: Progress | None = None,
) -> Release:
    """Turn the raw files that a config names into a new release and make it current.

    Files that an earlier run into the same folder has read, and that have not changed since, are not read again.

    Parameters
    ----------
    config : Path
        The TOML file.
    releases : Path
        Folder of releases; made where it is absent.
    workers : int
        Files read at the same time. The result does not depend on it.
    pool : Executor, optional
        Workers of a cluster, which read the files instead of threads of this process (see `cluster.connect`).
    recount : bool
        Whether to read every file anew.

    Raises
    ------
    GeoSafetyError
        With the remedy. The current release is untouched then.
    """
    progress = progress or Silent()
    settings = read_settings(config)
    with claim(releases) as held:
        store = PartitionStore(releases / ".state" / "partitions")
        if recount:
            store.forget()
        counted = count(settings, workers=workers, pool=pool, store=store, progress=progress)
        progress.step("Judging hotspots")
        before, passed_over = find_predecessor(releases, study=settings.name, last_month=last_month(counted))
        for name in passed_over:
            progress.step(f"Release {name} is damaged: areas do not continue from it")
        content = judge(counted, calibration=stored_calibration(releases, settings), before=before)
        content = replace(content, partner=lend(counted, content.layers, releases / ".state"))
        progress.step("Writing and checking the release")
        release = write_release(content, held, inputs_hash=_inputs_hash(counted, before))
        store.sweep()
        return release


def count(
    settings: Settings,
    *,
    workers: int = 1,
    pool: Executor | None = None,
    store: PartitionStore | None = None,
    progress: Progress | None = None,
) -> Counted:
    """Read boundaries and feeds, and count every theme on every layer.

    Parameters
    ----------
    workers, pool, store
        What reads the files, as for `partitions.read_partitions`. The result does not depend on it.

    Raises
    ------
    GeoSafetyError
        With all that cannot be used, not only the first.
    """
    progress = progress or Silent()
    progress.step("Reading boundaries")
    read = partial(read_files, workers=workers, pool=pool, store=store, progress=progress)
    place, feeds, moves, people = _read(settings, read, progress)
    progress.step("Counting")
    primary = [feed for feed in feeds if feed.settings.role == "primary"]
    second = [feed for feed in feeds if feed.settings.role == "second"]
    themes = settings.themes or _all_themes(primary)
    coverages = _collect(partial(coverage_of, theme, primary, window_months=settings.window_months) for theme in themes)
    _collect(partial(access_of, one, feeds) for one in coverages)
    of_layer = count_layers(feeds, place, coverages, workers=workers)
    return Counted(
        settings,
        place,
        tuple(feeds),
        tuple(coverages),
        cubes={(layer, cube.theme): cube for layer, (_, cubes) in of_layer.items() for cube in cubes},
        second_cubes=tuple(
            cube_on(
                coverage_of(theme, [feed], window_months=settings.window_months), place.layers[layer], feeds, placements
            )
            for feed in second
            for theme in themes
            if theme in theme_matrix(feed)
            for layer, (placements, _) in of_layer.items()
            if placements[feed.settings.name].is_answered.any()
        ),
        placements={
            (name, layer): one for layer, (placements, _) in of_layer.items() for name, one in placements.items()
        },
        moves=moves,
        denominators=people.by_layer,
        notes=people.notes,
    )


def _read(
    settings: Settings, read: Callable[[FeedSettings], FeedFiles], progress: Progress
) -> tuple[Place, list[Feed], tuple[FeedMove, ...], People]:
    """Boundaries, context and feeds, each feed cut to the study and on its zones; problems are raised together."""
    with ThreadPoolExecutor(1) as aside:
        drawing = aside.submit(_draw, settings)  # boundaries are read and cells made while files are read
        problems: list[GeoSafetyError] = []
        whole = list(_attempts((partial(read, entry) for entry in settings.feeds), problems))
        figures = read_figures(settings.context, problems)
        boundaries, place, wrong = drawing.result()
    _raise_all([*wrong, *problems])
    for zones in boundaries:
        if told := found_text(zones):
            progress.step(told)
    if place is None:
        place = make_place(settings, boundaries, whole)
    feeds = _collect(partial(cut_to_study, files, place) for files in whole)
    people = place_figures(figures, place.layers, place.drawings, place.study.projection)
    points = [feed for feed in feeds if feed.incidents is not None]
    found = _collect(partial(on_shown_zones, feed, place, points, people.residents) for feed in feeds)
    moves = tuple(move for _, move in found if move is not None)
    return place, [feed for feed, _ in found], moves, people


def _draw(settings: Settings) -> tuple[list[Zones], Place | None, list[GeoSafetyError]]:
    """The boundaries, and the place made of them unless the outline is to be drawn around what the files hold."""
    problems: list[GeoSafetyError] = []
    boundaries = list(_attempts((partial(read_boundaries, entry) for entry in settings.boundaries), problems))
    if problems or settings.around:
        return boundaries, None, problems
    made = list(_attempts([partial(make_place, settings, boundaries, ())], problems))
    return boundaries, made[0] if made else None, problems


def _all_themes(feeds: Iterable[Feed]) -> tuple[str, ...]:
    found = dict.fromkeys(theme for feed in feeds for theme in theme_matrix(feed))
    return tuple(theme for theme in found if theme != NEVER_SCORED)


def judge(
    counted: Counted, *, calibration: Mapping[str, Any] | None = None, before: KnownAreas | None = None
) -> ReleaseContent:
    """Apply the hotspot rule to everything counted, and put the results into published form. Pure but for stations."""
    settings, layers = counted.settings, counted.place.layers
    recording = {one.theme: recording_of(one, counted) for one in counted.coverages}
    tables: dict[str, pa.Table] = {}
    judged: dict[str, dict[str, Judgement]] = {}
    areas: list[pd.DataFrame] = []
    checks: dict[str, Any] | None = None
    reliability: list[dict[str, Any]] = []
    weighings = [
        weigh(one.theme, one.window, carriers_of(one, counted), settings.harm.weights) for one in counted.coverages
    ]
    classes = {one.theme: access_of(one, counted.feeds) for one in counted.coverages}
    stations = read_stations(settings.context)
    made: dict[str, Layer] = {}
    for name, zones in layers.items():
        layer = made[name] = make_layer(
            zones,
            counted.place.study,
            wards=layers.get("wards"),
            boroughs=layers.get("boroughs"),
            stations=stations,
            denominators=counted.denominators.get(name),
        )
        cautions = Cautions(recording, _zone_cautions(layer, counted))
        counts = [theme_counts(one, counted.cubes[name, one.theme], counted) for one in counted.coverages]
        found = find_in_sight(counts, classes, layer, rules=settings.hotspots)
        judged[name] = _with_classes(found, layer, counted, judged)
        judged[name] = _with_harm(judged[name], zones, weighings, counted)
        tables[name] = zone_rows(layer, list(judged[name].values()), counted.coverages, cautions=cautions)
        if name in {settings.area_layer, "wards"}:
            reliability += reliability_in_sight(
                counts, classes, layer, counted.place.study, level=settings.hotspots.level
            )
        if name == settings.area_layer:
            areas = [_areas(layer, judged[name][one.theme], one) for one in counted.coverages]
            checks = release_checks(Lists(layer, counts, judged[name], classes), counted)
    of_areas = judged.get(settings.area_layer or "", {})
    areas, lives = follow(areas, before, judged_themes=[theme for theme, one in of_areas.items() if not one.why_not])
    products, told = produce(counted, made, tables, classes)
    tables |= {AREAS.name: area_rows(areas), **products}
    cubes = (*counted.cubes.values(), *counted.second_cubes)
    tables["series"] = pa.concat_tables([series_of(cube) for cube in cubes if cube.is_answered.any()])
    quarantine = pd.concat([feed.quarantine for feed in counted.feeds], ignore_index=True)
    harm = harm_summary(settings.harm, weighings)
    manifest = make_manifest(
        counted,
        judged,
        reliability=reliability,
        calibration=calibration,
        harm=harm,
        areas=lives,
        products=told,
        checks=checks,
        context=borough_context(counted),
    )
    ground = base_map(counted.place.study, layers, settings.context)
    return ReleaseContent(tables, to_arrow(quarantine, QUARANTINE), manifest, base_map=ground)


def _zone_cautions(layer: Layer, counted: Counted) -> dict[str, list[NDArray[np.object_]]]:
    """What has to be said of single zones, by theme: counts that were moved, and residents that mislead."""
    boroughs = counted.place.layers.get("boroughs")
    misleading = where_residents_mislead(
        layer.denominators,
        layer.surroundings.neighbourhood,
        borough=layer.gazetteer.borough_code,
        of_borough={} if boroughs is None else day_ratio(counted.denominators["boroughs"], boroughs.zone_id),
    )
    found = {coverage.theme: [misleading] for coverage in counted.coverages}
    for move in counted.moves:
        for coverage in counted.coverages:
            if move.feed in coverage.feeds and move.layer == layer.name:
                found[coverage.theme].append(move.cautions(coverage.theme, layer.zones.zone_id))
    return found


def _with_classes(
    judgements: dict[str, Judgement], layer: Layer, counted: Counted, judged: Mapping[str, Mapping[str, Judgement]]
) -> dict[str, Judgement]:
    """Add classes and entrenchment to the themes that have statistics, and to the others how long they must be."""
    reader = HistoryReader(layer, counted, judged)
    rules = counted.settings.hotspots
    found = {}
    for coverage in counted.coverages:
        one = judgements[coverage.theme]
        if one.why_not is None:
            one = with_classes(one, judge_history(reader.read(coverage, one), layer.surroundings, rules=rules))
        elif coverage.window is None or not coverage.window.is_complete:
            one = replace(one, why_no_class=f"A class needs {CLASS_MONTHS}.")
        found[coverage.theme] = one
    return found


def _with_harm(
    judgements: Mapping[str, Judgement], zones: Zones, weighings: Iterable[Weighing], counted: Counted
) -> dict[str, Judgement]:
    """Add what harm the incidents of each theme do."""
    found = {}
    for coverage, weighing in zip(counted.coverages, weighings, strict=True):
        feeds = carriers_of(coverage, counted)
        places = [counted.placements[feed.settings.name, zones.layer] for feed in feeds]
        one = judgements[coverage.theme]
        columns = harm_columns(
            harm_by_zone(weighing, zones.zone_id, feeds, places),
            zones.area_km2,
            has_rate(zones),
            edition=counted.settings.harm.edition,
            is_judged=one.why_not is None,
        )
        found[coverage.theme] = replace(one, table=one.table.assign(**columns))
    return found


def calibration_file(releases: Path, settings: Settings) -> Path:
    """Where `calibrate` keeps its figures for this config, in the state folder of the releases."""
    written = json.dumps(settings.as_written, sort_keys=True, default=str)
    return releases / ".state" / f"calibration-{hashlib.sha256(written.encode()).hexdigest()[:16]}.json"


def stored_calibration(releases: Path, settings: Settings) -> dict[str, Any] | None:
    """What `calibrate` found for the same config under the same rules; None where it was not run."""
    path = calibration_file(releases, settings)
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found if found["method_version"] == METHOD_VERSION else None


def theme_counts(coverage: Coverage, cube: Cube, counted: Counted) -> ThemeCounts:
    """Counts of one theme on one layer in the coverage's window, with what must be known to judge them."""
    window = coverage.window
    if window is None:
        nothing = np.full((len(cube.zone_id), 1), np.nan)
        return ThemeCounts(coverage.theme, None, nothing, None)
    before = cube.window_before(window)
    changes = [one.month - window.start for one in breaks_in(coverage, counted.settings)]
    return ThemeCounts(
        coverage.theme,
        window,
        cube.monthly(window),
        None if before is None else cube.counts(before),
        same_incidents=same_incidents(coverage.theme, counted.feeds),
        months_broken=tuple(place for place in changes if 0 < place < window.months),
        months_wanted=counted.settings.window_months,
    )


def _areas(layer: Layer, judgement: Judgement, coverage: Coverage) -> pd.DataFrame:
    if judgement.why_not is not None or coverage.window is None:
        return pd.DataFrame()
    table = judgement.table
    areas = join_hotspots(
        layer.zones,
        theme=judgement.theme,
        is_hotspot=table["is_hotspot"].to_numpy(),
        ratio=table["ratio"].to_numpy(),
        probability=table["probability"].to_numpy(),
        counts=table["incidents"].to_numpy(),
        neighbours=layer.surroundings.touching,
        gazetteer=layer.gazetteer,
        window_start=first_day(coverage.window.start),
        window_end=first_day(coverage.window.end),
    )
    return with_harm_totals(with_peak_class(areas, layer.zones, table), layer.zones, table)


def _inputs_hash(counted: Counted, before: KnownAreas | None) -> str:
    """Hash of all that the release depends on: input files, the release before, the settings and the software."""
    settings = counted.settings
    parts = [
        (f"{feed.settings.name}/{account.name}", account.sha256) for feed in counted.feeds for account in feed.accounts
    ]
    files = [entry.path for entry in settings.boundaries] + [entry.path for entry in settings.context]
    files += [settings.outline] if settings.outline else []
    parts += [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files if path.is_file()]
    parts += [(f"harm/{edition}", table.sha256) for edition, table in settings.harm.weights.items()]
    parts += [] if before is None else [(before.release_id, before.manifest_sha256)]
    return inputs_hash(parts, settings.as_written)


@dataclass(frozen=True)
class CheckReport:
    """What `check` found in a config without problems."""

    sources: tuple[dict[str, Any], ...]
    themes: dict[str, Any]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {"accounting": accounting(self.sources), "themes": self.themes, "notes": list(self.notes)}

    def as_text(self) -> str:
        """The report for people."""
        lines = [accounting_text({"sources": self.sources})]
        for theme, found in self.themes.items():
            window = found["window"]
            text = "no month with data" if window is None else f"{window['start']} to {window['end']}"
            lines.append(f"{theme}: {text}" + ("" if found["is_complete"] else "; too few months for statistics"))
        return "\n".join([*lines, *self.notes, "No problem found."])


def check_config(config: Path, *, progress: Progress | None = None) -> CheckReport:
    """Read a config and all its inputs and say what a run would find; nothing is written.

    Raises
    ------
    GeoSafetyError
        With every problem, each with its remedy.
    """
    settings = read_settings(config)
    counted = count(settings, progress=progress)
    themes = {one.theme: theme_summary(one, counted, {}) for one in counted.coverages}
    layers = (*counted.place.layers.values(), *counted.place.drawings)
    notes = [told for zones in layers if (told := found_text(zones))]
    notes += [*counted.place.study.notes, *(note for zones in layers for note in zones.notes)]
    notes += [*(move.as_text() for move in counted.moves), *counted.notes]
    gaps = [
        f"{feed}: no data for {theme} in {', '.join(months)}"
        for feed, themes_missing in missing_months(counted).items()
        for theme, months in themes_missing.items()
        if months
    ]
    return CheckReport(
        tuple(source_summary(feed) for feed in counted.feeds), themes, (*notes, *remarks_of(settings.feeds), *gaps)
    )


def _attempts(calls: Iterable[Callable[[], Result]], problems: list[GeoSafetyError]) -> Iterator[Result]:
    """The results of the calls that succeed; the problems of the others are added to the list."""
    for call in calls:
        try:
            yield call()
        except ProblemsError as error:
            problems.extend(error.problems)
        except GeoSafetyError as error:
            problems.append(error)


def _collect(calls: Iterable[Callable[[], Result]]) -> list[Result]:
    """The results of all calls, or all their problems at once."""
    problems: list[GeoSafetyError] = []
    results = list(_attempts(calls, problems))
    _raise_all(problems)
    return results


def _raise_all(problems: list[GeoSafetyError]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ProblemsError(problems)
