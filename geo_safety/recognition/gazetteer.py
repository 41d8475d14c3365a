"""Cities that time zones are named after: enough to tell a zone from a place, and a place from a file's name."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple
from zoneinfo import TZPATH

import numpy as np

from geo_safety.recognition.guess import words_of


class City(NamedTuple):
    """A reference city: its name, its time zone, and where it is in WGS84 degrees."""

    name: str
    time_zone: str
    longitude: float
    latitude: float


@cache
def cities() -> tuple[City, ...]:
    """All reference cities of the time-zone database, sorted by zone; empty where it is not installed."""
    found = []
    for line in _table().splitlines():
        if line.startswith("#") or line.count("\t") < 2:
            continue
        _, place, zone = line.split("\t")[:3]
        latitude, longitude = (_degrees(part) for part in re.findall(r"[+-]\d+", place))
        found.append(City(zone.rsplit("/", 1)[-1].replace("_", " "), zone, longitude, latitude))
    return tuple(sorted(found, key=lambda city: city.time_zone))


def _table() -> str:
    for folder in TZPATH:
        path = Path(folder) / "zone.tab"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    try:
        return (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return ""


def _degrees(text: str) -> float:
    """Degrees of ±DDMM, ±DDDMM, ±DDMMSS or ±DDDMMSS."""
    digits = text[1:]
    width = 2 if len(digits) in (4, 6) else 3
    parts = [digits[:width], digits[width : width + 2], digits[width + 2 :] or "0"]
    value = sum(int(part) / 60**place for place, part in enumerate(parts))
    return -value if text[0] == "-" else value


def city_in(name: str) -> City | None:
    """The reference city that a file's name names; None where it names none, or several.

    Examples
    --------
    >>> city_in("vancouver_thefts.csv.gz").time_zone
    'America/Vancouver'
    """
    words = " ".join(words_of(name))
    found = [city for city in cities() if f" {' '.join(words_of(city.name))} " in f" {words} "]
    return found[0] if len(found) == 1 else None


def nearest_city(longitude: float, latitude: float) -> City | None:
    """The nearest reference city of a place; None where there is no table of them.

    Examples
    --------
    >>> nearest_city(-75.57, 6.25).time_zone
    'America/Bogota'
    """
    table = cities()
    if not table:
        return None
    east = np.radians([city.longitude for city in table])
    north = np.radians([city.latitude for city in table])
    cosine = np.sin(north) * np.sin(np.radians(latitude)) + np.cos(north) * np.cos(np.radians(latitude)) * np.cos(
        east - np.radians(longitude)
    )
    return table[int(np.argmax(cosine))]
