"""Which columns hold coordinates, in which system and with which decimal sign?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_safety.recognition.gazetteer import city_in
from geo_safety.recognition.guess import Certainty, Guess, Sample, share, words_of
from geo_safety.sources.formats import LATITUDE, LONGITUDE

_PAIRS = (
    ("longitude", "latitude"),
    ("longitud", "latitud"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("laengengrad", "breitengrad"),
    ("langengrad", "breitengrad"),
    ("easting", "northing"),
    ("eastings", "northings"),
    ("east", "north"),
    ("este", "norte"),
    ("rechtswert", "hochwert"),
    ("x", "y"),
    ("xcoord", "ycoord"),
    ("coordx", "coordy"),
    ("pointx", "pointy"),
    ("utmx", "utmy"),
)
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_UTM = re.compile(r"utm[ _-]*(?:zone)?[ _-]*(\d{1,2})[ _-]*([c-x])?(?![a-z])", re.IGNORECASE)
_METRES_A_DEGREE = 111_195
_NEAR_DEGREES = 1.0

FloatArray = NDArray[np.float64]


class Placing(NamedTuple):
    """Where a table's coordinates are: guesses for `columns`, `crs` and `decimal`; or why there are none."""

    longitude: str | None
    latitude: str | None
    guesses: tuple[Guess, ...]
    problem: str = ""


class _System(NamedTuple):
    crs: str | None
    certainty: Certainty
    because: str
    is_swapped: bool = False


def find_places(sample: Sample, *, crs: str | None = None) -> Placing:
    """Which columns hold the rows' coordinates?

    Parameters
    ----------
    sample : Sample
        The table.
    crs : str, optional
        The system, where the user states it.

    Returns
    -------
    Placing
        Pairs in degrees come before pairs in metres. Without any pair both columns are None.
    """
    if LONGITUDE in sample.columns:
        return Placing(
            LONGITUDE, LATITUDE, (Guess("crs", sample.crs or "EPSG:4326", "certain", "the file states its system"),)
        )
    found = [placing for pair in _named_pairs(sample) if (placing := _placing(sample, *pair, crs=crs))]
    found.sort(key=lambda placing: (placing.longitude is None, _rank(placing)))
    if found:
        return found[0]
    unnamed = _unnamed_pair(sample)
    return unnamed or Placing(None, None, (), "no two columns hold coordinates")


def _rank(placing: Placing) -> int:
    return 0 if any(guess.setting == "crs" and guess.value == "EPSG:4326" for guess in placing.guesses) else 1


def _named_pairs(sample: Sample) -> Iterator[tuple[str, str]]:
    """Pairs of columns whose names differ by the words for east and north alone."""
    by_words = {tuple(words_of(name)): name for name in sample.columns}
    for east, north in _PAIRS:
        for words, name in by_words.items():
            if east in words:
                partner = tuple(north if word == east else word for word in words)
                if partner in by_words:
                    yield name, by_words[partner]


def _placing(sample: Sample, east: str, north: str, *, crs: str | None) -> Placing | None:
    texts = [
        (x, y)
        for x, y in zip(sample.columns[east], sample.columns[north], strict=True)
        if x and y and (x, y) != ("0", "0")
    ]
    decimal, numbers = _numbers(texts)
    if numbers is None:
        return None
    x, y = numbers
    system = _system(x, y, (east, north), sample, stated=crs)
    if system.is_swapped:
        east, north = north, east
    named: Certainty = "certain" if not system.is_swapped and system.certainty != "uncertain" else "uncertain"
    guesses = [
        Guess("columns.longitude", east, named, f"its name, and numbers from {x.min():g} to {x.max():g}"),
        Guess("columns.latitude", north, named, f"its name, and numbers from {y.min():g} to {y.max():g}"),
    ]
    if decimal == ",":
        guesses.append(Guess("decimal", ",", "certain", f"coordinates are written like {texts[0][0]}"))
    if system.crs is None:
        return Placing(None, None, (), f"{east} and {north} hold {system.because}")
    guesses.append(Guess("crs", system.crs, system.certainty, system.because))
    return Placing(east, north, tuple(guesses))


def _numbers(texts: Sequence[tuple[str, str]]) -> tuple[str, tuple[FloatArray, FloatArray] | None]:
    """The decimal sign, and both columns as numbers where nearly all texts are some."""
    are_numbers = [bool(_NUMBER.fullmatch(x) and _NUMBER.fullmatch(y)) for x, y in texts]
    if share(are_numbers) < 0.95:
        return ".", None
    kept = [pair for pair, is_number in zip(texts, are_numbers, strict=True) if is_number]
    decimal = "," if any("," in x for pair in kept for x in pair) else "."
    columns = np.array([[float(text.replace(",", ".")) for text in pair] for pair in kept])
    columns = columns[np.isfinite(columns).all(axis=1)]  # 1e999 is written like a number and is none
    return decimal, (columns[:, 0], columns[:, 1]) if len(columns) else None


def _system(x: FloatArray, y: FloatArray, names: tuple[str, str], sample: Sample, *, stated: str | None) -> _System:
    """Which coordinate system do these numbers fit? Tails of a hundredth are left aside: they may be mistakes."""
    if stated:
        return _System(stated, "certain", "stated by you")
    west, east = np.quantile(x, [0.01, 0.99])
    south, north = np.quantile(y, [0.01, 0.99])
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90:
        has_fractions = bool((x % 1 != 0).mean() > 0.5)
        return _System("EPSG:4326", "certain" if has_fractions else "uncertain", "they are degrees")
    if max(abs(west), abs(east)) <= 90 and max(abs(south), abs(north)) <= 180:
        return _System("EPSG:4326", "uncertain", "they are degrees, but only the other way round", is_swapped=True)
    return _metres((float(west), float(south), float(east), float(north)), names, sample)


def _metres(bounds: tuple[float, float, float, float], names: tuple[str, str], sample: Sample) -> _System:
    west, south, east, north = bounds
    stated = _stated_zone(sample, names)
    if west >= 100_000 and east <= 900_000 and south >= 0 and north <= 10_000_000 and stated is not None:
        return stated
    if west >= 0 and east <= 700_000 and south >= 0 and north <= 1_300_000:
        is_named = bool(
            {"easting", "eastings", "bng", "osgb", "osgb36"} & {*words_of(names[0]), *words_of(sample.name)}
        )
        because = "they are metres in the range of the British National Grid"
        return _System("EPSG:27700", "likely" if is_named else "uncertain", because)
    if west >= 100_000 and east <= 900_000 and south >= 0 and north <= 10_000_000:
        return _utm_of_city((west + east) / 2, (south + north) / 2, sample)
    if max(map(abs, bounds)) <= 20_037_509:
        return _System("EPSG:3857", "uncertain", "they are metres in the range of web maps (Mercator)")
    return _System(None, "uncertain", "numbers that fit no coordinate system known here")


def _stated_zone(sample: Sample, names: tuple[str, str]) -> _System | None:
    """A zone of UTM that a column's name, the file's name or a column of its own states."""
    for place, text in (("the column's name", names[0]), ("the file's name", sample.name)):
        if match := _UTM.search(text):
            return _utm(int(match[1]), match[2], f"{place} states it")
    for column in sample.columns:
        words = words_of(column)
        values = set(sample.filled(column))
        if ("utm" in words or words == ["zone"]) and len(values) == 1:
            match = re.fullmatch(r"(?:utm)?\s*(\d{1,2})\s*([C-Xc-x])?", next(iter(values)))
            if match:
                return _utm(int(match[1]), match[2], f"the column {column} states it")
    return None


def _utm(zone: int, band: str | None, because: str) -> _System | None:
    if not 1 <= zone <= 60:
        return None
    # "S" is read as south, as everywhere outside the military grid.
    is_south = band is not None and (band.upper() == "S" or band.upper() < "N")
    return _System(f"EPSG:{(32700 if is_south else 32600) + zone}", "likely", f"UTM zone {zone}: {because}")


def _utm_of_city(x: float, y: float, sample: Sample) -> _System:
    """The zone of a city that the file's name names, if its latitude is that of the numbers."""
    city = city_in(sample.name)
    remedy = "UTM metres of a zone that nothing states: run again with --crs EPSG:326 and the zone (327 in the south)"
    if city is None:
        return _System(None, "uncertain", remedy)
    zone = int((city.longitude + 180) // 6) + 1
    base = 32600 if city.latitude >= 0 else 32700
    latitude = (y if city.latitude >= 0 else y - 10_000_000) / _METRES_A_DEGREE
    meridian = zone * 6 - 183
    longitude = meridian + (x - 500_000) / (_METRES_A_DEGREE * np.cos(np.radians(city.latitude)))
    if abs(latitude - city.latitude) > _NEAR_DEGREES or abs(longitude - city.longitude) > _NEAR_DEGREES:
        return _System(None, "uncertain", remedy)
    because = f"UTM zone {zone}, in which the numbers lie within a degree of {city.name}, which the file's name names"
    return _System(f"EPSG:{base + zone}", "likely", because)


def _unnamed_pair(sample: Sample) -> Placing | None:
    """Two neighbouring columns of degrees with at least three decimals, whatever they are called."""
    columns = [name for name in sample.columns if share([_has_decimals(text) for text in sample.filled(name)]) > 0.9]
    for first, second in pairwise(columns):
        for east, north in ((first, second), (second, first)):
            placing = _placing(sample, east, north, crs=None)
            if placing and placing.longitude == east and _rank(placing) == 0:
                because = "two columns side by side hold degrees; their names say nothing"
                return Placing(
                    east,
                    north,
                    tuple(guess._replace(certainty="uncertain", because=because) for guess in placing.guesses),
                )
    return None


def _has_decimals(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3,}", text))
