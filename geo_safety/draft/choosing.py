"""From a folder of unknown files to a commented config that runs.

Each file is recognised by its name, its header or its first rows, and then **read whole** by the settings guessed, so
that a comment in the config says what really came of it. Files that are not used are listed with the reason. Of feeds
that carry the same theme one alone stays active, because two feeds of the same incidents must never be added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo_safety.boundaries import BoundarySettings, locate, read_boundaries
from geo_safety.draft.surroundings import Nearby, choose_context
from geo_safety.errors import ConfigError, GeoSafetyError
from geo_safety.incidents import Feed, distinct_incidents, read_feed, theme_matrix
from geo_safety.months import month_text
from geo_safety.point_counts import Incidents
from geo_safety.progress import Progress, Silent
from geo_safety.recognition import Guess
from geo_safety.recognition.folder import Candidate, Recognised, recognise_folder
from geo_safety.recognition.surfaces import Surface
from geo_safety.recognition.tables import layer_of
from geo_safety.themes import NEVER_SCORED, TRANSPORT_FORCE

MONTHS_WANTED = 12
FAR_KM = 150.0
"""Feeds whose middles are farther apart are of two places, which need a config each."""

NEARLY_ALL = 0.95
"""A force's files hold a few per cent of rows from beyond its border (City of London: about 3 %)."""

_FEWEST_CODES = 0.5


@dataclass
class Entry:
    """One feed of the draft: what it is, what came of reading it, and whether it is active.

    Parameters
    ----------
    feed : Feed
        The feed as read.
    active : bool
        Inactive entries are written as comments.
    why : str
        Why it is inactive, or what was left out of it.
    use : tuple of str, optional
        Themes that it answers for, where others of its themes are another feed's.
    """

    candidate: Candidate
    feed: Feed
    active: bool = True
    why: str = ""
    use: tuple[str, ...] | None = None
    role: str = "primary"

    @property
    def themes(self) -> tuple[str, ...]:
        """Themes that it answers for."""
        return self.use if self.use is not None else scored_themes(self.feed)

    @property
    def months(self) -> np.ndarray:
        """Months that it supplies, since 1970-01."""
        presence = self.feed.presence
        return np.flatnonzero(presence.has_file.any(axis=0)) + presence.first_month

    @property
    def rows(self) -> int:
        """Incidents read."""
        return int(self.feed.presence.rows.sum())


@dataclass
class Draft:
    """What was recognised of a folder, and the config that follows."""

    name: str
    folder: Path
    entries: list[Entry]
    boundaries: list[Surface]
    outline: Surface | None
    within: tuple[str, ...] = ()
    left_out: list[tuple[str, str]] = field(default_factory=list)
    context: list[Nearby] = field(default_factory=list)

    @property
    def active(self) -> list[Entry]:
        """The entries that make the config."""
        return [entry for entry in self.entries if entry.active]


def make_draft(
    place: Path, *, boundaries: Sequence[Path] = (), crs: str | None = None, progress: Progress | None = None
) -> Draft:
    """What is in a folder (or one file), and which config makes a release of it?

    Parameters
    ----------
    place : Path
        The folder or file.
    boundaries : sequence of Path
        Further folders or files with boundaries. A folder named `boundaries` in `place` or beside it, up to three
        levels above, is looked through in any case.
    crs : str, optional
        Coordinate system of tables in metres that state none.

    Raises
    ------
    ConfigError
        If there is no such place, or nothing in it is a feed.
    """
    progress = progress or Silent()
    if not place.exists():
        raise ConfigError(f"There is no folder {place}.", "Name a folder with incident files, or one such file.")
    found = recognise_folder(place, crs=crs)
    near = [folder for folder in (*boundaries, *_boundary_folders(place)) if folder.exists()]
    surfaces = [*found.surfaces, *(surface for folder in near for surface in recognise_folder(folder).surfaces)]
    entries, left_out = _read_all(found, surfaces, progress)
    if not entries:
        raise _nothing(place, [*found.left_out, *left_out])
    _keep_one_place(entries)
    _keep_each_theme_once(entries)
    used = _boundaries_for(entries, surfaces)
    outline = next((surface for surface in surfaces if surface.is_outline), None)
    within = parents_of_points(entries, next((one for one in used if one.layer == "boroughs"), None))
    if outline is not None and (within or not _holds(outline, entries)):
        outline = None
    middle = next((middle for entry in entries if entry.active and (middle := middle_of(entry.feed))), None)
    nearby = choose_context(found.context, used, surfaces, middle)
    used += nearby.boundaries
    left_out = [*found.left_out, *left_out, *nearby.left_out, *_needless(found.surfaces, used, outline)]
    name = (place.resolve().name if place.is_dir() else place.name.split(".")[0]).replace("_", " ").replace("-", " ")
    return Draft(name, place, entries, used, outline, within, left_out, nearby.entries)


def _boundary_folders(place: Path) -> list[Path]:
    above = [place.resolve(), *place.resolve().parents][: 4 if place.is_dir() else 5]
    return [folder / "boundaries" for folder in above[1:] if (folder / "boundaries").is_dir()]


def _nothing(place: Path, left_out: Iterable[tuple[str, str]]) -> ConfigError:
    lines = "".join(f"\n- {name}: {why}" for name, why in list(left_out)[:20])
    return ConfigError(
        f"Nothing in {place} is a feed of incidents.{lines}\n",
        "Name a folder with incident files; for metres in an unstated system add --crs, for counts by area --boundaries.",
    )


def _read_all(
    found: Recognised, surfaces: Sequence[Surface], progress: Progress
) -> tuple[list[Entry], list[tuple[str, str]]]:
    entries, left_out = [], []
    forces: tuple[str, ...] = ()
    for candidate in found.candidates:
        if candidate.settings.kind == "stop_search" and forces:
            candidate.settings = replace(
                candidate.settings, forces=forces
            )  # searches beside incidents of the same place
        if candidate.settings.layer and not _layer_for(candidate, surfaces):
            left_out.append(
                (candidate.shown, f"counts by {candidate.settings.layer}, of which no boundaries were found")
            )
            continue
        try:
            entry = Entry(candidate, _read(candidate, progress))
        except GeoSafetyError as error:
            left_out.append((candidate.shown, str(error)))
            continue
        entry = _one_place_of_forces(entry, progress)
        forces = forces or entry.candidate.settings.forces
        entries += _rail_apart(entry, progress)
    return sorted(entries, key=_worth, reverse=True), left_out


def _one_place_of_forces(entry: Entry, progress: Progress) -> Entry:
    """Of several police forces those that supply the newest year: the rest would leave gaps in every window."""
    presence = entry.feed.presence
    if len(presence.units) < 2 or entry.feed.incidents is None:
        return entry
    rows = presence.rows.sum(axis=(1, 2))
    newest = [int(np.flatnonzero(has_file).max()) for has_file in presence.has_file]
    own = [place for place, unit in enumerate(presence.units) if unit != TRANSPORT_FORCE] or [0]
    home = max(own, key=lambda place: (newest[place], int(rows[place])))
    year = slice(max(0, newest[home] - MONTHS_WANTED + 1), newest[home] + 1)
    kept = [place for place, has_file in enumerate(presence.has_file) if place == home or has_file[year].all()]
    middles = {place: _middle_of_unit(entry.feed, presence.units[place]) for place in kept}
    kept = [
        place
        for place in kept
        if presence.units[place] == TRANSPORT_FORCE
        or (middles[home] and middles[place] and _distance_km(middles[home], middles[place]) <= FAR_KM)  # type: ignore[arg-type]
        or place == home
    ]
    if len(kept) == len(presence.units):
        return entry
    settings = replace(entry.candidate.settings, forces=tuple(presence.units[place] for place in kept))
    others = [
        f"{unit} ({month_text(np.flatnonzero(has_file).min() + presence.first_month)} to "
        f"{month_text(np.flatnonzero(has_file).max() + presence.first_month)})"
        for place, (unit, has_file) in enumerate(zip(presence.units, presence.has_file, strict=True))
        if place not in kept
    ]
    why = f"other forces are of other places or lack months of the newest year: {', '.join(others)}"
    entry.candidate.settings = settings
    return Entry(entry.candidate, read_feed(settings, progress=progress), why=why)


def _rail_apart(entry: Entry, progress: Progress) -> list[Entry]:
    """The transport police as a feed of its own: it places what happens on a train at a station, which is no street."""
    units, settings = entry.feed.presence.units, entry.candidate.settings
    streets = tuple(unit for unit in units if unit != TRANSPORT_FORCE)
    if settings.kind != "police_uk" or not streets or len(streets) == len(units):
        return [entry]
    parts = [
        replace(settings, forces=streets),
        replace(settings, forces=(TRANSPORT_FORCE,), name=f"{settings.name} rail"),
    ]
    return [
        Entry(replace(entry.candidate, settings=part), read_feed(part, progress=progress), why=why)
        for part, why in zip(parts, (entry.why, ""), strict=True)
    ]


def _middle_of_unit(feed: Feed, unit: str) -> tuple[float, float] | None:
    incidents = feed.incidents
    assert incidents is not None
    is_of_unit = np.array([force == unit for force in incidents.forces])[incidents.category]
    return _middle(incidents, is_of_unit & (incidents.location >= 0))


def _middle(incidents: Incidents, wanted: NDArray[np.bool_]) -> tuple[float, float] | None:
    """The median place of some located incidents; None where there are none."""
    places = incidents.location[wanted]
    if not len(places):
        return None
    return float(np.median(incidents.longitude[places])), float(np.median(incidents.latitude[places]))


def _worth(entry: Entry) -> tuple[bool, bool, int, int, str]:
    """Points before counts by area, newer before older, many before few."""
    settings = entry.candidate.settings
    is_point = entry.feed.incidents is not None
    # Of several cuts of the same counts wards are the most useful: small enough to tell places apart, with a long past.
    preferred = is_point or settings.layer == "wards"
    return is_point, preferred, int(entry.months.max(initial=0)), entry.rows, settings.name


def _read(candidate: Candidate, progress: Progress) -> Feed:
    """The feed, with months in place of days if the rest of the file has other days than its first rows."""
    feed = read_feed(candidate.settings, progress=progress)
    lost = sum(account.quarantined for account in feed.accounts)
    fixed = candidate.settings.time_format or ""
    if lost and any(day in fixed for day in ("-01", "/01", "/1/", "01/", "1/")):
        general = replace(candidate.settings, time_format=None if fixed == "%Y-%m-01" else fixed.replace("01", "%d", 1))
        again = read_feed(general, progress=progress)
        if sum(account.quarantined for account in again.accounts) < lost:
            because = "most dates sampled were the first of a month, the rest of the file has other days"
            candidate.settings = general
            candidate.guesses = tuple(
                Guess("time_format", general.time_format, "likely", because) if one.setting == "time_format" else one
                for one in candidate.guesses
            )
            return again
    return feed


def scored_themes(feed: Feed) -> tuple[str, ...]:
    """Themes of a feed that make layers."""
    return tuple(theme for theme in theme_matrix(feed) if theme != NEVER_SCORED)


def middle_of(feed: Feed) -> tuple[float, float] | None:
    """The median place of a feed of points."""
    incidents = feed.incidents
    if incidents is None or not len(incidents.longitude):
        return None
    return _middle(incidents, incidents.location >= 0)


def _keep_one_place(entries: Sequence[Entry]) -> None:
    """Feeds far from the newest one belong to a config of their own."""
    middles = [middle_of(entry.feed) for entry in entries]
    rows: dict[int, int] = {}
    for number, middle in enumerate(middles):
        if middle is not None:
            near = [other for other in rows if _distance_km(middles[other], middle) <= FAR_KM]
            rows[near[0] if near else number] = rows.get(near[0] if near else number, 0) + entries[number].rows
    if not rows:
        return
    home = middles[max(rows, key=lambda number: (rows[number], -number))]
    for entry, middle in zip(entries, middles, strict=True):
        if middle is not None and (distance := _distance_km(home, middle)) > FAR_KM:
            entry.active = False
            entry.why = (
                f"lies {distance:,.0f} km away: make a config of its own with `geo-safety init {entry.candidate.shown}`"
            )


def _distance_km(one: tuple[float, float] | None, other: tuple[float, float]) -> float:
    assert one is not None
    east1, north1, east2, north2 = np.radians([*one, *other])
    cosine = np.sin(north1) * np.sin(north2) + np.cos(north1) * np.cos(north2) * np.cos(east1 - east2)
    return float(6371 * np.arccos(np.clip(cosine, -1, 1)))


def _keep_each_theme_once(entries: Sequence[Entry]) -> None:
    """The first feed that carries a theme answers for it; counts by area of a theme that is taken confirm it."""
    taken: dict[str, str] = {}
    by_area: set[str] = set()
    for entry in entries:
        if not entry.active or entry.candidate.settings.kind == "stop_search":
            continue
        carried = scored_themes(entry.feed)
        free = tuple(theme for theme in carried if theme not in taken)
        others = sorted({taken[theme] for theme in carried if theme in taken})
        is_by_area = entry.feed.area_counts is not None
        if is_by_area and carried and not free and not by_area & set(carried):
            by_area |= set(carried)
            entry.role = "second"
            entry.why = f"a second source: the same themes as {', '.join(others)}, never added to them"
            continue
        if not free:
            entry.active = False
            same = (
                f"carries the same themes as {', '.join(others)}, and two feeds of the same incidents are never added"
            )
            entry.why = same if carried else "carries no theme that makes a layer"
            continue
        if len(free) < len(carried):
            entry.use = free
            entry.why = f"its other themes are taken from {', '.join(others)}"
        if is_by_area:
            by_area |= set(free)
        taken |= dict.fromkeys(free, entry.candidate.settings.name)


def _layer_for(candidate: Candidate, surfaces: Iterable[Surface]) -> Surface | None:
    """The boundaries that hold most of the codes that a feed of counts uses."""
    shares = [
        (len(candidate.zones & surface.codes) / max(len(candidate.zones), 1), surface.vintage or "", surface)
        for surface in surfaces
        if surface.codes
    ]
    best = max(shares, key=lambda one: one[:2], default=None)
    return best[2] if best and best[0] >= _FEWEST_CODES else None


def _needless(
    surfaces: Iterable[Surface], used: Sequence[Surface], outline: Surface | None
) -> Iterator[tuple[str, str]]:
    """Surfaces that the config does not name, with the reason."""
    of_layer = {one.layer: one.path.name for one in used}
    for surface in surfaces:
        if surface in used or surface is outline:
            continue
        if surface.layer in of_layer:
            why = f"other boundaries of {surface.layer}: {of_layer[surface.layer]} is used"
        elif surface.is_outline:
            why = "an outline: the study has one already" if outline else "an outline, which the study does not need"
        else:
            why = f"surfaces ({surface.layer}) of which nothing in this config is counted"
        yield surface.path.name, why


def _boundaries_for(entries: Sequence[Entry], surfaces: Sequence[Surface]) -> list[Surface]:
    """One set of boundaries for each layer: that of the counts by area, else the newest that holds the points."""
    chosen: dict[str, Surface] = {}
    for entry in entries:
        if entry.active and entry.candidate.settings.layer and (surface := _layer_for(entry.candidate, surfaces)):
            layer = layer_of(set(surface.codes)) or entry.candidate.settings.layer
            if chosen.setdefault(layer, surface) is not surface:
                entry.active, entry.why = False, f"needs another vintage of {layer} than another feed"
                continue
            entry.candidate.settings = replace(entry.candidate.settings, layer=layer)
    for layer in ("wards", "boroughs"):
        of_layer = [one for one in surfaces if one.layer == layer and _holds(one, entries)]
        if layer not in chosen and of_layer:
            chosen[layer] = max(
                of_layer, key=lambda one: (_was_in_force(one, entries), one.vintage or "", one.path.name)
            )
    return list(chosen.values())


def _was_in_force(surface: Surface, entries: Sequence[Entry]) -> bool:
    """Whether boundaries are no younger than the newest incidents."""
    newest = max((int(entry.months.max(initial=0)) for entry in entries if entry.active), default=0)
    return surface.vintage is None or int(surface.vintage) <= newest // 12 + 1970


def parents_of_points(entries: Sequence[Entry], boroughs: Surface | None) -> tuple[str, ...]:
    """The boroughs that hold nearly all points, if they are fewer than half of them.

    A wider outline would then count places as empty that the files do not cover.
    """
    points = [
        entry.feed.incidents for entry in entries if entry.active and entry.feed.incidents is not None and entry.themes
    ]
    if boroughs is None or boroughs.columns is None or not points:
        return ()
    zones = read_boundaries(BoundarySettings(boroughs.layer, boroughs.path, boroughs.columns.code.value))
    longitude, latitude, incidents = distinct_incidents(points)
    place = locate(longitude, latitude, zones)
    held = np.bincount(place[place >= 0], incidents[place >= 0], minlength=len(zones))
    order = np.argsort(-held, kind="stable")
    needed = int(np.searchsorted(np.cumsum(held[order]), NEARLY_ALL * held.sum())) + 1
    return tuple(sorted(zones.zone_id[order[:needed]].tolist())) if held.sum() and needed < len(zones) / 2 else ()


def _holds(surface: Surface, entries: Sequence[Entry]) -> bool:
    """Whether the middle of the first feed of points lies in the box around a surface; true of counts by area alone."""
    middles = [middle for entry in entries if entry.active and (middle := middle_of(entry.feed))]
    if not middles:
        return True
    west, south, east, north = surface.bounds
    return west <= middles[0][0] <= east and south <= middles[0][1] <= north
