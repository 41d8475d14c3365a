"""The recipe `london`: everything that a first release of London needs, and the config that reads it.

Residents, stations and stops are context; the boundaries are those of 2022, in force since the last re-warding.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from geo_safety.catalogue import BoundarySet, set_named
from geo_safety.downloads import census, naptan, open_geography, police_uk, stats19, tfl
from geo_safety.downloads.addresses import read_publishers
from geo_safety.downloads.atomic import write_whole
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError

SOURCES = ("police_uk", "open_geography", "stats19", "census", "tfl", "naptan")
ESSENTIAL = frozenset({"police_uk", "open_geography"})
"""Without these there is no release; without one of the others the config leaves it out."""

STREET_FORCES = ("metropolitan", "city-of-london")
RAIL_FORCE = "btp"
CONFIG = "london.toml"


def wanted_for(asked: Wanted) -> Wanted:
    """What the recipe wants, where the user has not asked otherwise."""
    return replace(asked, forces=asked.forces or (*STREET_FORCES, RAIL_FORCE))


def write_config(folder: Path) -> Path:
    """Write the config that reads what the recipe fetched, unless the user has changed the one that is there.

    Raises
    ------
    FetchError
        There are no street files.
    """
    forces = police_uk.forces_of(sorted((folder / police_uk.FOLDER).glob("*.zip")))
    if not forces:
        raise FetchError(f"{folder} holds no street files.", "Fetch `police_uk` first.")
    has_collisions = (folder / stats19.FILE).exists()
    streets = bool(forces - {RAIL_FORCE})
    themes = [
        *(["violence", "robbery", "asb"] if streets else []),
        *(["transport"] if RAIL_FORCE in forces else []),
        *(["vawg_ps"] if streets else []),
        *(["road_harm"] if has_collisions else []),
    ]
    feeds = [*_feeds(forces), *([_COLLISIONS] if has_collisions else [])]
    head = _HEAD.format(themes=_list(themes))
    text = "\n".join([head, *feeds, *_layers(), _GRID, *_context(folder), *([_BREAKS] if streets else [])])
    path = folder / CONFIG
    if path.exists() and path.read_text(encoding="utf-8") != text:
        path = folder / f"{path.stem}-new.toml"
    write_whole(path, text.encode())
    return path


def _feeds(forces: set[str]) -> list[str]:
    streets = sorted(forces - {RAIL_FORCE})
    feeds = []
    if streets:
        feeds.append(
            _FEED.format(name="police.uk", forces=_list(streets), use='["violence", "robbery", "asb", "vawg_ps"]')
        )
    if RAIL_FORCE in forces:
        feeds.append(_RAIL + _FEED.format(name="police.uk rail", forces=_list([RAIL_FORCE]), use='["transport"]'))
    return feeds


def _list(words: list[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def _layers() -> list[str]:
    attribution = read_publishers()["open_geography"].attribution
    return [_layer(set_named(name), attribution) for name in Wanted().layers]


def _layer(known: BoundarySet, attribution: str) -> str:
    named = {"code": known.code, "name": known.name, "parent": known.parent, "vintage": known.vintage}
    lines = [
        "[[boundaries]]",
        f'layer = "{known.layer}"',
        f'path = "{open_geography.FOLDER}/{known.id}.geojson"',
        *(f'{key} = "{value}"' for key, value in named.items() if value is not None),
        f'attribution = "{attribution}"',
    ]
    return "\n".join(lines) + "\n"


def _context(folder: Path) -> list[str]:
    residents = f'{{ zone_id = "{census.CODE}", residents = "{census.RESIDENTS}" }}'
    stations = '{ id = "naptan_id", name = "name", longitude = "longitude", latitude = "latitude", modes = "modes" }'
    stops = '{ id = "ATCOCode", name = "CommonName", longitude = "Longitude", latitude = "Latitude" }'
    entries = [
        ("stations", tfl.FILE, stations),
        ("stops", naptan.FILE, stops),
        *(("population", path, residents) for path in (*census.BULK, census.WARDS)),
    ]
    return [
        _ENTRY.format(kind=kind, path=path, columns=columns)
        for kind, path, columns in entries
        if (folder / path).exists()
    ]


_HEAD = """\
# London, from official open data; provenance.json beside this file says where each part came from.
# Run it:  geo-safety run london.toml --out releases
[study]
name = "London"
themes = {themes}
window_months = 12
"""

_FEED = """\
[[sources]]
kind = "police_uk"
name = "{name}"
path = "police-uk"
forces = {forces}
use = {use}
"""

_RAIL = """\
# The transport police places every incident at a station, even one on a train: `use` keeps its incidents out of the
# street themes. Without that line they count towards violence, robbery and the others too.
"""

_COLLISIONS = f"""\
[[sources]]
kind = "stats19"                # the whole country; rows outside the boundaries are counted as `outside`
name = "Collisions"
path = "{stats19.FILE}"
"""

_GRID = """\
[grid]
resolutions = [8, 9]            # police.uk places are too coarse for finer cells
"""

_ENTRY = """\
[[context]]
kind = "{kind}"
path = "{path}"
columns = {columns}
"""

_BREAKS = """\
[[breaks]]
date = "2022-07-01"
feeds = ["police.uk"]
text = "data.police.uk renewed its map points: single cells cannot be compared across this month."
moves_points = true

[[breaks]]
date = "2024-02-28"
feeds = ["police.uk"]
text = "The Metropolitan Police changed its recording system (CRIS to CONNECT)."
"""
