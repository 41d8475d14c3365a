"""What is wrong with a configuration file: each problem in a sentence, with its remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from geo_safety.cell_layers import cell_layer
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
from geo_safety.errors import ConfigError, GeoSafetyError
from geo_safety.schema import PRODUCT_TABLES
from geo_safety.sources import SOURCES
from geo_safety.themes import NEVER_SCORED


def _is_by_area(entry: SourceEntry) -> bool:
    return entry.kind in SOURCES and SOURCES[entry.kind].is_by_area


def contradictions(file: str, entries: ConfigFile) -> list[GeoSafetyError]:
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
    layers = [entry.layer for entry in entries.shown_boundaries]
    feeds = [entry.name for entry in entries.sources]
    for entry in entries.sources:
        if entry.kind not in SOURCES:
            yield (
                f"the feed {entry.name!r} has the unknown kind {entry.kind!r}.{_nearest(entry.kind, SOURCES)}",
                f"Use one of {', '.join(sorted(SOURCES))}.",
            )
        if _is_by_area(entry) and entry.layer not in layers:
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
    layers = [entry.layer for entry in entries.shown_boundaries]
    made = (*(cell_layer(resolution) for resolution in entries.grid.resolutions), *layers)
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
    for name in sorted(set(entries.study.around) - {entry.name for entry in entries.sources if not _is_by_area(entry)}):
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


def problem_of(file: str, detail: Mapping[str, Any]) -> ConfigError:
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
