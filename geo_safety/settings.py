"""The configuration file: read once, checked whole, and turned into each module's own parameters.

Every problem is collected, so that the user sees them all at once, each with its remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geo_safety.boundaries import BoundarySettings
from geo_safety.cell_layers import cell_layer
from geo_safety.config_file import ConfigFile, ContextEntry, HarmEntry, SourceEntry
from geo_safety.config_problems import contradictions, problem_of
from geo_safety.disclosure import DisclosureRules, rules_from
from geo_safety.errors import ConfigError, GeoSafetyError, ProblemsError
from geo_safety.harm import HarmRules, read_weights
from geo_safety.hotspots import HotspotRules
from geo_safety.months import month_of
from geo_safety.portfolio import ShortlistRules, shortlist_rules
from geo_safety.sources import SOURCES
from geo_safety.sources.feed import FeedSettings
from geo_safety.sources.remote import place_of
from geo_safety.sources.templates import template_named
from geo_safety.sources.values import parse_month
from geo_safety.themes import labels_named

FINEST_AREA_RESOLUTION = 9
"""Areas are joined on the finest grid up to this one: police points are too coarse for a finer one."""


@dataclass(frozen=True)
class Break:
    """A change of recording that no step may silently cross.

    Parameters
    ----------
    month : int
        Month of the change, in months since 1970-01.
    feeds : tuple of str
        Feeds that it touches; empty for all.
    moves_points : bool, optional
        Whether single cells cannot be compared across it; None where the config does not say.
    """

    date: date
    month: int
    feeds: tuple[str, ...]
    text: str
    moves_points: bool | None = None


@dataclass(frozen=True)
class Context:
    """A file that is shown beside the incidents and never scored.

    Parameters
    ----------
    crs : str, optional
        Coordinate system of its points; WGS84 where nothing is said.
    layer, vintage : str, optional
        Whose codes a population file uses; found by the codes where nothing is said.
    year : str, optional
        What year its figures are of.
    mode : str, optional
        Mode of its routes, where no column says it.
    """

    kind: str
    path: Path
    columns: Mapping[str, str]
    crs: str | None = None
    layer: str | None = None
    vintage: str | None = None
    year: str | None = None
    mode: str | None = None


@dataclass(frozen=True)
class ProductRules:
    """Which products are made.

    Parameters
    ----------
    leave_out : tuple of str
        Names of those that are not wanted.
    wsa : ShortlistRules
        Of the shortlist of places to walk together.
    """

    leave_out: tuple[str, ...] = ()
    wsa: ShortlistRules = field(default_factory=ShortlistRules)


@dataclass(frozen=True)
class CheckRules:
    """How the lists are checked.

    Parameters
    ----------
    low_trust_boroughs : tuple of str
        Codes or names of boroughs where people may report less.
    under_reporting : float
        Share by which their reports are raised in one of the checks.
    """

    low_trust_boroughs: tuple[str, ...] = ()
    under_reporting: float = 0.2


@dataclass(frozen=True)
class Settings:
    """Everything that one configuration file says.

    Parameters
    ----------
    around : tuple of str
        Feeds whose points make the study's outline, where no boundary is at hand.
    themes : tuple of str
        Wanted themes in order; empty means every theme that the feeds carry, but `context`.
    resolutions : tuple of int
        H3 resolutions of the cell layers, coarse to fine.
    attribution : tuple of str
        Who must be named on every output.
    as_written : mapping
        The file's own content, for the manifest.
    """

    name: str
    outline: Path | None
    within: tuple[str, ...]
    around: tuple[str, ...]
    themes: tuple[str, ...]
    window_months: int
    feeds: tuple[FeedSettings, ...]
    boundaries: tuple[BoundarySettings, ...]
    resolutions: tuple[int, ...]
    context: tuple[Context, ...]
    breaks: tuple[Break, ...]
    hotspots: HotspotRules
    harm: HarmRules
    disclosure: DisclosureRules
    products: ProductRules
    checks: CheckRules
    area_layer: str | None
    attribution: tuple[str, ...]
    as_written: Mapping[str, Any]


def read_settings(path: Path) -> Settings:
    """Read and check a configuration file.

    Parameters
    ----------
    path : Path
        The TOML file; paths inside it are relative to its folder.

    Raises
    ------
    ConfigError, ProblemsError
        With every problem found, each with its remedy.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"There is no configuration file {path}.", "Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as text ({error}).", "Save it as UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}.", "Mend that line and run again.") from None
    try:
        entries = ConfigFile.model_validate(written)
    except ValidationError as error:
        raise ProblemsError([problem_of(path.name, detail) for detail in error.errors()]) from None
    folder = path.resolve().parent
    problems = contradictions(path.name, entries)
    feeds: list[FeedSettings] = []
    for entry in entries.sources:
        if entry.kind not in SOURCES:
            continue  # told as a contradiction
        try:
            feeds.append(_feed(entry, folder))
        except GeoSafetyError as error:
            problems.append(error)
    harm: HarmRules | None = None
    try:
        harm = _harm(entries.harm, folder)
    except GeoSafetyError as error:
        problems.append(error)
    if problems or harm is None:
        raise ProblemsError(problems)
    return _settings(entries, tuple(feeds), harm, folder, written)


def _settings(
    entries: ConfigFile, feeds: tuple[FeedSettings, ...], harm: HarmRules, folder: Path, written: Mapping[str, Any]
) -> Settings:
    study = entries.study
    resolutions = tuple(sorted(set(entries.grid.resolutions)))
    return Settings(
        name=study.name,
        outline=folder / study.outline if study.outline else None,
        within=study.within,
        around=study.around,
        themes=study.themes,
        window_months=study.window_months,
        feeds=feeds,
        boundaries=tuple(
            BoundarySettings(
                layer=entry.layer,
                path=folder / entry.path,
                code=entry.code,
                name=entry.name,
                parent=entry.parent,
                vintage=entry.vintage,
                crs=entry.crs,
                is_shown=entry in entries.shown_boundaries,
            )
            for entry in entries.boundaries
        ),
        resolutions=resolutions,
        context=tuple(_context(entry, folder) for entry in entries.context),
        breaks=tuple(
            Break(
                entry.date,
                month_of(entry.date),
                entry.feeds,
                entry.text,
                entry.moves_points,
            )
            for entry in entries.breaks
        ),
        hotspots=HotspotRules(
            alpha=entries.hotspots.alpha,
            level=entries.hotspots.level,
            dialect=entries.hotspots.dialect,
            global_window=entries.hotspots.global_window,
            minimum={**HotspotRules().minimum, **entries.hotspots.minimum},
            exposure=entries.hotspots.exposure,
            exposure_level=entries.hotspots.exposure_level,
        ),
        harm=harm,
        disclosure=rules_from(entries.disclosure.model_dump())[0],
        products=ProductRules(entries.products.leave_out, shortlist_rules(**entries.products.wsa.model_dump())),
        checks=CheckRules(entries.checks.low_trust_boroughs, entries.checks.under_reporting),
        area_layer=_area_layer(entries, resolutions),
        attribution=_attribution(entries),
        as_written=written,
    )


def _area_layer(entries: ConfigFile, resolutions: tuple[int, ...]) -> str | None:
    """The layer whose hotspots are joined: as configured, else the finest grid up to 9, else the first boundaries."""
    if entries.hotspots.layer:
        return entries.hotspots.layer
    allowed = [resolution for resolution in resolutions if resolution <= FINEST_AREA_RESOLUTION]
    if allowed:
        return cell_layer(allowed[-1])
    shown = entries.shown_boundaries
    return shown[0].layer if shown else None


def _attribution(entries: ConfigFile) -> tuple[str, ...]:
    """Who must be named: as configured, else what the publisher of that kind of file asks for."""
    lines = [
        entry.attribution or SOURCES[entry.kind].attribution or f"Source: {entry.name}" for entry in entries.sources
    ]
    lines += [entry.attribution for entry in entries.boundaries if entry.attribution]
    lines += [entry.attribution for entry in entries.context if entry.attribution]
    return tuple(dict.fromkeys(lines))


def _harm(entry: HarmEntry, folder: Path) -> HarmRules:
    paths = [entry.weights] if isinstance(entry.weights, str) else entry.weights
    return HarmRules(entry.edition, read_weights([folder / path for path in paths]))


def _context(entry: ContextEntry, folder: Path) -> Context:
    year = None if entry.year is None else str(entry.year)
    return Context(
        entry.kind, folder / entry.path, entry.columns, entry.crs, entry.layer, entry.vintage, year, entry.mode
    )


def _feed(entry: SourceEntry, folder: Path) -> FeedSettings:
    paths = [entry.path] if isinstance(entry.path, str) else entry.path
    fields = entry.model_dump(exclude={"path", "labels", "attribution", "template", "as_at", "vintage"})
    labels = SOURCES[entry.kind].labels if entry.labels is None else labels_named(entry.labels)
    if entry.template is not None:
        template = template_named(entry.template)
        fields["columns"] = {**template.columns, **entry.columns}
        for name in ("role", "access", "crs", "precision_m"):
            if name not in entry.model_fields_set:
                fields[name] = getattr(template, name)
        if entry.labels is None:
            labels = template.labels
    vintage = (entry.vintage,) if isinstance(entry.vintage, str) else entry.vintage
    as_at = None if entry.as_at is None else parse_month(entry.as_at)
    places = tuple(place_of(path, folder) for path in paths)
    return FeedSettings(**fields, path=places, labels=labels, vintage=vintage, as_at=as_at)
