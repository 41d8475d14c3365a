"""A draft as the text of a config: every guess stands beside its setting, with how sure it is and why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from geo_safety.draft.choosing import MONTHS_WANTED, Draft, Entry
from geo_safety.draft.surroundings import Nearby
from geo_safety.months import month_text
from geo_safety.recognition.surfaces import Surface

_DEFAULTS = {"crs": "EPSG:4326", "time_zone": "Europe/London", "decimal": "."}
_PLAIN = ("time_format", "time_zone", "crs", "delimiter", "decimal", "layer", "precision_m")


def config_text(draft: Draft, folder: Path) -> str:
    """The draft as a commented config.

    Parameters
    ----------
    draft : Draft
        What was recognised.
    folder : Path
        Where the config will stand: paths in it are relative to it where they lie near.
    """
    lines = [
        f"# Drafted by `geo-safety init` from {draft.folder.name}.",
        "# Every file named here was read whole by these settings. A guess says how sure it is: certain (nothing else fits",
        '# the rows), likely, or UNCERTAIN (look at it before you trust the map). "#" before a setting switches it off.',
        "",
        *_study(draft, folder),
        "",
    ]
    for entry in draft.entries:
        lines += [*_entry(entry, folder), ""]
    for surface in draft.boundaries:
        lines += [*_boundary(surface, folder), ""]
    for nearby in draft.context:
        lines += [*_context(nearby, folder), ""]
    if any(entry.feed.incidents is not None for entry in draft.active):
        lines += ["[grid]", "resolutions = [8, 9]  # H3 cells of about 0.7 and 0.1 km²", ""]
    if draft.left_out:
        lines += ["# Not used:", *(f"# - {name}: {' '.join(why.split())}" for name, why in draft.left_out), ""]
    return "\n".join(lines)


def summary(draft: Draft) -> Iterator[str]:
    """What was found, for people at a terminal."""
    yield f"{len(draft.active)} feed(s) recognised and read:"
    for entry in draft.active:
        yield f"- {entry.candidate.settings.name}: {_what(entry)}"
        yield from (
            f"  UNCERTAIN {one.setting}: {one.because}"
            for one in entry.candidate.guesses
            if one.certainty == "uncertain"
        )
    yield from (f"- boundaries: {one.layer}, {one.path.name}" for one in draft.boundaries)
    if draft.outline is not None:
        yield f"- outline: {draft.outline.path.name}"
    yield from (f"- {one.file.kind}: {one.file.path.name}, {one.told}" for one in draft.context if one.active)
    switched_off = [entry for entry in draft.entries if not entry.active]
    others = [one for one in draft.context if not one.active]
    if switched_off or others:
        yield "Recognised and switched off:"
        yield from (f"- {entry.candidate.settings.name}: {entry.why}" for entry in switched_off)
        yield from (f"- {one.file.path.name}: {one.told}" for one in others)
    if draft.left_out:
        yield "Not used:"
        yield from (f"- {name}: {' '.join(why.split())}" for name, why in draft.left_out)


def _study(draft: Draft, folder: Path) -> Iterator[str]:
    yield "[study]"
    yield f"name = {_text(draft.name.title())}"
    if draft.outline is not None:
        yield f"outline = {_text(relative(draft.outline.path, folder))}"
    elif draft.within:
        yield "# Nearly all points lie in these boroughs, so these are the study; elsewhere the files say nothing."
        yield f"within = [{', '.join(map(_text, draft.within))}]"
    elif not draft.boundaries:
        points = [
            entry.candidate.settings.name for entry in draft.active if entry.feed.incidents is not None and entry.themes
        ]
        yield "# No boundary was found, so the study is drawn around the points: H3 cells of about 5 km² that hold any. Places"
        yield "# where nothing was recorded are left out of it, so rates over the study are too high. Give `outline` instead."
        yield f"around = [{', '.join(map(_text, points))}]"
    themes = list(dict.fromkeys(theme for entry in draft.active if entry.role == "primary" for theme in entry.themes))
    yield f"themes = [{', '.join(map(_text, themes))}]"
    months = window_months(draft)
    if months < MONTHS_WANTED:
        yield f"# No theme has {MONTHS_WANTED} months in a row."
    yield f"window_months = {months}"


def window_months(draft: Draft) -> int:
    """Months of the window: a year, or what the longest newest run of a feed allows."""
    runs = [_newest_run(entry.months) for entry in draft.active if entry.themes and entry.role == "primary"]
    return max(1, min(MONTHS_WANTED, max(runs, default=1)))


def _newest_run(months: np.ndarray) -> int:
    """Length of the run of consecutive months that ends with the newest."""
    if not len(months):
        return 0
    breaks = np.flatnonzero(np.diff(months) > 1)
    return int(len(months) - (breaks[-1] + 1 if len(breaks) else 0))


def _what(entry: Entry) -> str:
    months = entry.months
    span = (
        "no month" if not len(months) else f"{month_text(months[0])} to {month_text(months[-1])}, {len(months)} months"
    )
    accounts = entry.feed.accounts
    rows = sum(account.rows_read for account in accounts)
    lost = {
        "without a place": sum(account.unlocated for account in accounts),
        "could not be read": sum(account.quarantined for account in accounts),
    }
    told = "".join(f", {number:,} {what}" for what, number in lost.items() if number)
    return f"{rows:,} rows in {len(accounts)} file(s), {span}{told}"


def _entry(entry: Entry, folder: Path) -> Iterator[str]:
    settings = entry.candidate.settings
    yield f"# {entry.candidate.shown}: {_what(entry)}."
    if entry.why:
        yield f"# {'Switched off' if not entry.active else 'Note'}: {entry.why}."
    mark = "" if entry.active else "# "
    for line in _lines(entry, folder):
        yield line if line.startswith("#") else f"{mark}{line}"
    if isinstance(entry.candidate.labels, dict):
        yield f"{mark}[sources.labels]"
        yield from (
            f"{mark}{_text(name)} = [{', '.join(map(_text, themes))}]"
            for name, themes in entry.candidate.labels.items()
        )
    assert settings.path


def _lines(entry: Entry, folder: Path) -> Iterator[str]:
    settings = entry.candidate.settings
    yield "[[sources]]"
    yield f"kind = {_text(settings.kind)}"
    yield f"name = {_text(settings.name)}"
    yield f"path = {_path(settings.path, folder)}"
    if entry.role != "primary":
        yield f"role = {_text(entry.role)}"
    if settings.forces:
        yield f"forces = [{', '.join(map(_text, settings.forces))}]"
    if entry.use is not None:
        yield f"use = [{', '.join(map(_text, entry.use))}]"
    yield from (f"# {_guess(one)}" for one in entry.candidate.guesses)
    if settings.columns:
        pairs = ", ".join(f"{use} = {_text(name)}" for use, name in settings.columns.items())
        yield f"columns = {{ {pairs} }}"
    for name in _PLAIN:
        value = getattr(settings, name)
        if value is not None and value != _DEFAULTS.get(name):
            yield f"{name} = {_text(value) if isinstance(value, str) else value}"
    if isinstance(entry.candidate.labels, str):
        yield f"labels = {_text(entry.candidate.labels)}"


def _guess(guess: tuple[str, object, str, str]) -> str:
    setting, value, certainty, because = guess
    shown = "" if isinstance(value, dict) else "ISO 8601" if value is None else f" = {value}"
    sure = "UNCERTAIN" if certainty == "uncertain" else certainty
    return (
        f"{setting}{shown if shown.startswith(' ') or not shown else ': ' + shown}, {sure}: {' '.join(because.split())}"
    )


def _boundary(surface: Surface, folder: Path) -> Iterator[str]:
    assert surface.columns is not None
    yield f"# {len(surface.codes):,} zones. {surface.columns.as_text()}"
    yield "[[boundaries]]"
    yield f"layer = {_text(surface.layer)}"
    yield f"path = {_text(relative(surface.path, folder))}"
    for key in ("code", "name", "parent", "vintage"):
        value = getattr(surface.columns, key).value
        if value is not None:
            yield f"{key} = {_text(value)}"


def _context(nearby: Nearby, folder: Path) -> Iterator[str]:
    file = nearby.file
    told = nearby.told
    yield f"# {file.path.name}: {told}." if nearby.active else f"# Switched off: {told}."
    if file.crs is not None:
        yield f"# crs = {file.crs}, likely: its headings are of metres, and its places lie near the incidents"
    mark = "" if nearby.active else "# "
    yield f"{mark}[[context]]"
    yield f"{mark}kind = {_text(file.kind)}"
    yield f"{mark}path = {_text(relative(file.path, folder))}"
    if file.columns:
        pairs = ", ".join(f"{use} = {_text(name)}" for use, name in file.columns.items())
        yield f"{mark}columns = {{ {pairs} }}"
    for key in ("crs", "year"):
        if (value := getattr(file, key)) is not None:
            yield f"{mark}{key} = {_text(value)}"


def _path(paths: Iterable[Path], folder: Path) -> str:
    names = [_text(relative(path, folder)) for path in paths]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def relative(path: Path, folder: Path) -> str:
    """A path as a config in this folder writes it: relative where it lies below the folder or beside it."""
    path = path.absolute()
    if any(path.is_relative_to(base) for base in (folder, folder.parent)):
        return Path(os.path.relpath(path, folder)).as_posix()
    return path.as_posix()


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
