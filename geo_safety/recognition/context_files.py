"""Is a file one of the context (stations, stops, passengers, people, deprivation, lighting, parks, lines)? By its headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geo_safety.recognition.guess import words_of
from geo_safety.sources.values import parse_month

WORKBOOKS = (".xls", ".xlsx")
_HEADER_ROWS = 20
_YEAR = re.compile(r"(?:19|20)\d\d")
_QUARTER_HOUR = re.compile(r"\d{4}-\d{4}")
_QUARTER_HOURS_A_DAY = 96

_PLACES = (
    (("longitude", "latitude"), "EPSG:4326"),
    (("lon", "lat"), "EPSG:4326"),
    (("locationeasting", "locationnorthing"), "EPSG:27700"),
    (("easting", "northing"), "EPSG:27700"),
)
_WKT = ("wktgeom", "wkt")
_IDS = ("nlcid", "nlc", "masc", "mnlc", "naptanid", "stationid", "stationnaptan")
_STOP_IDS = ("atcocode", "naptanatco", "stopcodelbsl", "stopid")
_STOP_CLUSTERS = ("stoparea",)
_NAMES = ("name", "stationname", "commonname", "stopname")
_STREETS, _KINDS = ("streetname", "street"), ("kind", "poitype", "type")
_CODES = ("zoneid", "geographycode", "lsoa21code", "lsoa11code", "lsoa21cd", "lsoa11cd", "lsoacode2011", "lsoacode2021", "areacode",
          "wardcode", "gss", "gsscode", "boroughcode", "code")  # fmt: skip
_INCIDENT = {"crime", "offence", "incident", "victim", "casualty", "severity", "category"}
_WHEN = {"date", "time", "datetime", "month", "occurred", "when", "year", "fecha"}
_OF_THE_ROW = {"creation", "modification", "last", "updated", "opened", "closed"}
"""A date with such a word is that of the entry in the register, not of something that happened."""
_FIGURES: Mapping[str, tuple[str, ...]] = {
    "residents": (
        "residents", "usualresidents", "personsallages", "residencetypetotalmeasuresvalue",
        "totalpopulationmid2015excludingprisoners", "population2015", "population", "glapopulationestimate2017",
    ),
    "households": ("households", "glahouseholdestimate2017"),
    "workday": ("workday", "workdaypopulation"),
    "daytime": ("daytime", "daytimepopulation"),
}  # fmt: skip
_FIGURE_WORDS = {"daytime": ("total", "daytime"), "workday": ("census", "workday")}
"""Words that a workbook's heading begins with."""


@dataclass(frozen=True)
class ContextFile:
    """A file of the context as recognised, before it is read.

    Parameters
    ----------
    kind : str
        As the config names it.
    columns : mapping of str to str
        Use to heading.
    problem : str
        Why it is known and yet of no use; such a file is named, not written as an entry.
    """

    path: Path
    kind: str
    columns: Mapping[str, str]
    crs: str | None = None
    year: str | None = None
    problem: str = ""


def context_of_table(path: Path, headings: Sequence[str]) -> tuple[ContextFile, ...]:
    """What of the context does a table with these headings hold? One file may hold stations and their passengers.

    Examples
    --------
    >>> (found,) = context_of_table(Path("stops.csv"), ["ATCOCode", "CommonName", "Longitude", "Latitude"])
    >>> found.kind, dict(found.columns)
    ('stops', {'id': 'ATCOCode', 'name': 'CommonName', 'longitude': 'Longitude', 'latitude': 'Latitude'})
    """
    plain = {"".join(words_of(name)): name for name in reversed(headings)}
    words = {word for name in (path.name, *headings) for word in words_of(name)}
    is_dated = any(set(words_of(name)) & _WHEN and not set(words_of(name)) & _OF_THE_ROW for name in headings)
    if sum(parse_month(name) is not None for name in headings) > 1 or (is_dated and words & _INCIDENT):
        return ()
    places = () if is_dated else _places(path, plain, set(words_of(path.name)))
    return places or _people(path, plain)


def context_of_workbook(path: Path) -> tuple[ContextFile, ...]:
    """What of the context does a workbook hold? Titles may stand above its headings, and the headings be of two rows."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        tops = [book.get_sheet_by_name(name).to_python(nrows=_HEADER_ROWS) for name in book.sheet_names]
    except (CalamineError, OSError):
        return ()
    found: list[ContextFile] = []
    for rows in tops:
        headings = [cell.strip() for row in rows for cell in row if isinstance(cell, str) and cell.strip()]
        if sum(bool(_QUARTER_HOUR.fullmatch(name)) for name in headings) >= _QUARTER_HOURS_A_DAY:
            why = "entries and exits by quarter hour: no layer uses them yet (`geo_safety.context.read_quarter_hours`)"
            return (ContextFile(path, "footfall", {}, problem=why),)
        station = next((name for name in ("NLC", "MNLC") if name in headings), None)
        if station and "Annualised" in headings:
            kinds = {use: name for use, name in (("mode", "Mode"), ("coverage", "Coverage")) if name in headings}
            columns = {"id": station, "annual": "Annualised", **(kinds if len(kinds) == 2 else {})}
            return (ContextFile(path, "footfall", columns, year=year_in(path)),)
        code = next((name for name in headings if "".join(words_of(name)) in _CODES), None)
        figures = {
            figure: name
            for figure, words in _FIGURE_WORDS.items()
            for name in headings
            if tuple(words_of(name)[:2]) == words
        }
        if code and figures:
            found.append(_population(path, code, figures))
    return tuple(found[:1])


def context_of_shapes(path: Path, *, are_surfaces: bool) -> ContextFile | None:
    """Parks and lines, by the file's name: their columns are as different as their publishers."""
    words = set(words_of(path.name))
    if are_surfaces:
        return ContextFile(path, "parks", {}) if words & {"park", "parks", "greenspace"} else None
    if not words & {"route", "routes", "line", "lines", "rail", "railway", "tube", "tram"}:
        return None
    why = (
        'bus routes, for corridors: give them an entry with mode = "bus" and the columns `id` and `name`'
        if words & {"bus", "buses"}
        else ""
    )
    return ContextFile(path, "routes", {}, problem=why)


def year_in(path: Path) -> str | None:
    """The year in a file's name, if there is one.

    Examples
    --------
    >>> year_in(Path("tfl_AC2023_AnnualisedEntryExit.xlsx")), year_in(Path("lsoa11_people.csv"))
    ('2023', None)
    """
    years = [word for word in words_of(path.name) if _YEAR.fullmatch(word)]
    return years[-1] if years else None


def _first(plain: Mapping[str, str], wanted: Iterable[str]) -> str | None:
    return next((plain[name] for name in wanted if name in plain), None)


def _places(path: Path, plain: Mapping[str, str], words: set[str]) -> tuple[ContextFile, ...]:
    wkt = _first(plain, _WKT)
    pair, system = next((one for one in _PLACES if set(one[0]) <= set(plain)), (None, "EPSG:27700"))
    if wkt is not None:
        where, system = {"geometry": wkt}, "EPSG:27700"
    elif pair is not None:
        where = {use: plain[name] for use, name in zip(("longitude", "latitude"), pair, strict=True)}
    else:
        return ()
    crs = None if system == "EPSG:4326" else system
    name, year = _first(plain, _NAMES), year_in(path)
    if _first(plain, _STOP_IDS) or words & {"stops"}:
        known = {"id": _first(plain, _STOP_IDS), "name": name, "cluster": _first(plain, _STOP_CLUSTERS)}
        return (ContextFile(path, "stops", {**{use: of for use, of in known.items() if of}, **where}, crs, year),)
    if (found := _public_space(plain, words)) is not None:
        return (ContextFile(path, found[0], {**found[1], **where}, crs, year),)
    identity = _first(plain, _IDS)
    if name and (identity or words & {"station", "stations"}):
        columns = {**({"id": identity} if identity else {}), "name": name, **where}
        if "modes" in plain:
            columns["modes"] = plain["modes"]
        stations = ContextFile(path, "stations", columns, crs, year)
        passengers = {use: plain[use] for use in ("annual", "entries", "exits") if use in plain}
        if identity and passengers:
            return stations, ContextFile(path, "footfall", {"id": identity, **passengers}, year=year)
        return (stations,)
    return ()


def _public_space(plain: Mapping[str, str], words: set[str]) -> tuple[str, dict[str, str]] | None:
    """Street lights, and points of interest by kind: what they are, and the column that labels them."""
    if "wattage" in plain or words & {"lighting", "lamps", "lights"}:
        street = _first(plain, _STREETS)
        return "lighting", {"street": street} if street else {}
    kind = _first(plain, _KINDS)
    return ("places", {"kind": kind}) if kind and words & {"places", "pois", "poi", "uses"} else None


def _people(path: Path, plain: Mapping[str, str]) -> tuple[ContextFile, ...]:
    zone = _first(plain, _CODES)
    if zone is None:
        return ()
    if any(name.startswith("imd") or "multipledeprivation" in name for name in plain):
        return (ContextFile(path, "deprivation", {"zone_id": zone}, year=year_in(path)),)
    figures = {figure: name for figure, wanted in _FIGURES.items() if (name := _first(plain, wanted))}
    if "totalhouseholds" in plain and "n" in plain:  # one row a type of home, and the total on each of them
        figures["households"] = plain["n"]
    return (_population(path, zone, figures),) if figures else ()


def _population(path: Path, zone: str, figures: Mapping[str, str]) -> ContextFile:
    """The year that the headings of the figures say, if they say one, else the file's name."""
    years = {year_in(Path(name)) for name in figures.values()}
    year = years.pop() if len(years) == 1 else None
    of_file = year_in(path) if year is None and not years else None
    return ContextFile(path, "population", {"zone_id": zone, **figures}, year=year or of_file)
