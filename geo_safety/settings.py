"""The configuration file: read once, checked whole, and turned into each module's own parameters.

Every problem is collected, so that the user sees them all at once, each with its remedy.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geo_safety.boundaries import BoundarySettings
from geo_safety.config_file import (
    BoundaryEntry,
    BreakEntry,
    ChecksEntry,
    ConfigFile,
    ContextEntry,
    DisclosureEntry,
    Entry,
    GridEntry,
    HarmEntry,
    HotspotsEntry,
    ProductsEntry,
    SourceEntry,
    StudyEntry,
    WsaEntry,
)
from geo_safety.disclosure import DisclosureRules, rules_from
from geo_safety.errors import ConfigError, GeoSafetyError, ProblemsError
from geo_safety.harm import HarmRules, read_weights
from geo_safety.hotspots import HotspotRules
from geo_safety.portfolio import ShortlistRules, shortlist_rules
from geo_safety.schema import PRODUCT_TABLES
from geo_safety.sources import SOURCES
from geo_safety.sources.defaults import ATTRIBUTION, DEFAULT_LABELS
from geo_safety.sources.feed import FeedSettings
from geo_safety.sources.remote import place_of
from geo_safety.sources.templates import template_named
from geo_safety.sources.values import month_number
from geo_safety.themes import labels_named

NEVER_SCORED = "context"
"""The theme of what is shown beside; stop and search carries no other."""

_BY_AREA = ("area_counts", "mps_counts", "knife_crime")

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
        raise ProblemsError([_problem(path.name, detail) for detail in error.errors()]) from None
    folder = path.resolve().parent
    problems = _contradictions(path.name, entries)
    feeds: list[FeedSettings] = []
    for entry in entries.sources:
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
                is_shown=entry in _shown(entries),
            )
            for entry in entries.boundaries
        ),
        resolutions=resolutions,
        context=tuple(_context(entry, folder) for entry in entries.context),
        breaks=tuple(
            Break(
                entry.date,
                (entry.date.year - 1970) * 12 + entry.date.month - 1,
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


def _shown(entries: ConfigFile) -> list[BoundaryEntry]:
    """The entries that make layers: of several drawings of one layer the first."""
    first: dict[str, BoundaryEntry] = {}
    for entry in entries.boundaries:
        if entry.shown:
            first.setdefault(entry.layer, entry)
    return list(first.values())


def _area_layer(entries: ConfigFile, resolutions: tuple[int, ...]) -> str | None:
    """The layer whose hotspots are joined: as configured, else the finest grid up to 9, else the first boundaries."""
    if entries.hotspots.layer:
        return entries.hotspots.layer
    allowed = [resolution for resolution in resolutions if resolution <= FINEST_AREA_RESOLUTION]
    if allowed:
        return f"cells-r{allowed[-1]}"
    shown = _shown(entries)
    return shown[0].layer if shown else None


def _attribution(entries: ConfigFile) -> tuple[str, ...]:
    """Who must be named: as configured, else what the publisher of that kind of file asks for."""
    lines = [entry.attribution or ATTRIBUTION.get(entry.kind) or f"Source: {entry.name}" for entry in entries.sources]
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
    labels = labels_named(entry.labels if entry.labels is not None else DEFAULT_LABELS.get(entry.kind, "police_uk"))
    if entry.template is not None:
        template = template_named(entry.template)
        fields["columns"] = {**template.columns, **entry.columns}
        for name in ("role", "access", "crs", "precision_m"):
            if name not in entry.model_fields_set:
                fields[name] = getattr(template, name)
        if entry.labels is None:
            labels = template.labels
    vintage = (entry.vintage,) if isinstance(entry.vintage, str) else entry.vintage
    as_at = None if entry.as_at is None else month_number(entry.as_at)
    places = tuple(place_of(path, folder) for path in paths)
    return FeedSettings(**fields, path=places, labels=labels, vintage=vintage, as_at=as_at)


def _contradictions(file: str, entries: ConfigFile) -> list[GeoSafetyError]:
    """What is wrong between entries, each of which is right by itself."""
    found = (
        *_wrong_names(entries),
        *_wrong_feeds(entries),
        *_wrong_places(entries),
        *_wrong_products(entries),
        *_loose(entries),
    )
    return [ConfigError(f"{file}: {problem}", remedy) for problem, remedy in found]


def _wrong_names(entries: ConfigFile) -> Iterator[tuple[str, str]]:
    names = [entry.name for entry in entries.sources]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two [[sources]] entries are named {name!r}.", "Give each its own name."
    drawings = [(entry.layer, entry.vintage) for entry in entries.boundaries]
    for layer in sorted({layer for layer, _ in drawings}):
        years = [vintage for other, vintage in drawings if other == layer]
        if len(years) > 1 and (None in years or len(set(years)) < len(years)):
            yield (
                f"two [[boundaries]] entries are named {layer!r}.",
                "Give each its own name, or, where they are drawings of different years, each its own `vintage`.",
            )


def _wrong_feeds(entries: ConfigFile) -> Iterator[tuple[str, str]]:
    layers = [entry.layer for entry in _shown(entries)]
    feeds = [entry.name for entry in entries.sources]
    for entry in entries.sources:
        if entry.kind not in SOURCES:
            yield (
                f"the feed {entry.name!r} has the unknown kind {entry.kind!r}.{_nearest(entry.kind, SOURCES)}",
                f"Use one of {', '.join(sorted(SOURCES))}.",
            )
        if entry.kind in _BY_AREA and entry.layer not in layers:
            yield (
                f"the feed {entry.name!r} counts by the layer {entry.layer!r}, which no [[boundaries]] entry gives.",
                f"Set `layer` to one of {layers or 'the layers that you add'}.",
            )
        vintage = (entry.vintage,) if isinstance(entry.vintage, str) else entry.vintage
        known = [other.vintage for other in entries.boundaries if other.layer == entry.layer]
        for year in vintage:
            if year not in known:
                yield (
                    f"the feed {entry.name!r} counts by {entry.layer!r} of {year!r}, which no [[boundaries]] entry gives.",
                    f'Add an entry with layer = "{entry.layer}" and vintage = "{year}", or correct `vintage`.',
                )
        if entry.template and entry.kind != "table":
            yield f"the feed {entry.name!r} names a template, but is no table.", 'Set kind = "table".'
        if entry.kind == "stop_search" and (entry.labels is not None or NEVER_SCORED in entries.study.themes):
            yield (
                f"the feed {entry.name!r} holds stop and search, which tells where the police searched: it is never scored.",
                f"Remove its `labels`, and {NEVER_SCORED!r} from `themes`.",
            )
    for name in sorted({name for entry in entries.breaks for name in entry.feeds} - set(feeds)):
        yield f"a [[breaks]] entry names the unknown feed {name!r}.", f"Use one of {', '.join(feeds)}."


def _wrong_places(entries: ConfigFile) -> Iterator[tuple[str, str]]:
    layers = [entry.layer for entry in _shown(entries)]
    made = (*(f"cells-r{resolution}" for resolution in entries.grid.resolutions), *layers)
    for resolution in entries.grid.resolutions:
        if not 0 <= resolution <= 15:
            yield f"there is no H3 resolution {resolution}.", "Use whole numbers from 0 to 15, such as 8 and 9."
    places = [key for key in ("outline", "within", "around") if getattr(entries.study, key)]
    if len(places) > 1:
        yield f"[study] says where it is by {' and by '.join(places)}.", "Keep one of them."
    if not layers and not places:
        yield (
            "nothing says where the study is.",
            "Give `outline` under [study] or a [[boundaries]]; where there is neither, `around` with the names of feeds.",
        )
    elif not made:
        yield "there is nothing to count by.", "Add [grid] with `resolutions = [8, 9]`, or a [[boundaries]] entry."
    for name in sorted(
        set(entries.study.around) - {entry.name for entry in entries.sources if entry.kind not in _BY_AREA}
    ):
        yield f"`around` names {name!r}, which is no feed of points.", "Use the names of feeds of points."
    if entries.study.within and not layers:
        yield "`within` names zones, but there are no [[boundaries]].", "Add the layer that holds these zones."
    if entries.hotspots.layer and entries.hotspots.layer not in made:
        yield (
            f"[hotspots] names the layer {entries.hotspots.layer!r}, which is not made.",
            f"Use one of {', '.join(made)}.",
        )
    yield from _wrong_exposure(entries)


def _wrong_exposure(entries: ConfigFile) -> Iterator[tuple[str, str]]:
    wanted = entries.hotspots.exposure
    figures = {"residents", "workday", "daytime", "households"}
    # A population file whose columns are not named holds residents.
    given = {
        name
        for one in entries.context
        if one.kind == "population"
        for name in figures & set(one.columns) or {"residents"}
    }
    given |= {"area", *(one.kind for one in entries.context), *(["by_day"] if given & {"workday", "daytime"} else [])}
    if wanted not in given:
        kind = "footfall" if wanted == "footfall" else "population"
        yield (
            f"[hotspots] wants a list by {wanted}, but nothing says how many there are.",
            f'Add a [[context]] entry of the kind "{kind}" that does.',
        )


def _wrong_products(entries: ConfigFile) -> Iterator[tuple[str, str]]:
    for name in entries.products.leave_out:
        if name not in PRODUCT_TABLES:
            yield (
                f"[products] leaves out {name!r}, which is no product.{_nearest(name, PRODUCT_TABLES)}",
                f"Use names such as {', '.join(PRODUCT_TABLES)}.",
            )


def _loose(entries: ConfigFile) -> Iterator[tuple[str, str]]:
    """Settings of disclosure that protect less than the defaults, without a reason."""
    for name in rules_from(entries.disclosure.model_dump())[1]:
        yield (
            f"[disclosure] {name} protects less than its default {getattr(DisclosureRules(), name)}.",
            "Take it out. If you may go below it, say why in `loosened_because`: every reply will say that you did.",
        )


def _problem(file: str, detail: Mapping[str, Any]) -> ConfigError:
    """One finding of the checker as a sentence with its remedy."""
    *path, last = detail["loc"]
    place = "".join(f"[{part}]" if isinstance(part, str) else f" entry {part + 1}" for part in path) or "the file"
    if detail["type"] == "missing":
        return ConfigError(f"{file}: {place} lacks {last!r}.", f"Add a line such as {last} = ….")
    if detail["type"] == "extra_forbidden":
        known = _known_keys(path)
        return ConfigError(
            f"{file}: {place} has the unknown setting {last!r}.{_nearest(str(last), known)}",
            f"Known here: {', '.join(known)}.",
        )
    return ConfigError(f"{file}: {last!r} in {place} is wrong: {detail['msg']}.", "Correct its value.")


def _known_keys(path: list[str | int]) -> list[str]:
    """Settings that exist at a place of the file."""
    sections: dict[str, type[Entry]] = {
        "study": StudyEntry,
        "sources": SourceEntry,
        "boundaries": BoundaryEntry,
        "grid": GridEntry,
        "context": ContextEntry,
        "breaks": BreakEntry,
        "hotspots": HotspotsEntry,
        "harm": HarmEntry,
        "disclosure": DisclosureEntry,
        "products": ProductsEntry,
        "checks": ChecksEntry,
    }
    model = sections.get(str(path[0]), ConfigFile) if path else ConfigFile
    model = WsaEntry if path[:2] == ["products", "wsa"] else model
    return list(model.model_fields)


def _nearest(word: str, known: Any) -> str:
    """A hint at the known word that was probably meant."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
