"""Which files of the context the config names: each is read by the reader of a run first, and one answers for each thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geo_safety.areas import Stations
from geo_safety.context import read_figures, read_stations
from geo_safety.denominators import FEWEST_NAMED, Figures, ZoneFigure
from geo_safety.errors import GeoSafetyError
from geo_safety.recognition.context_files import ContextFile
from geo_safety.recognition.surfaces import Surface
from geo_safety.settings import Context

_ORDER = ("stations", "footfall", "stops", "population", "routes", "parks", "places", "lighting", "deprivation")

_USES = {
    "routes": "drawn on the ground of the map",
    "parks": "drawn on the ground of the map",
    "places": "the shortlist of places to walk together",
    "lighting": "the shortlist of places to walk together",
    "deprivation": "no layer uses it yet",
    "stops": "",
}

FAR_DEGREES = 2.0
"""A context file may be of the whole country, but some of it has to be as near as this."""


@dataclass
class Nearby:
    """One file of the context in the draft.

    Parameters
    ----------
    active : bool
        Inactive entries are written as comments.
    told : str
        What came of reading it, or why it is inactive.
    """

    file: ContextFile
    active: bool = True
    told: str = ""


@dataclass
class Surroundings:
    """The context of a draft, the boundaries that its figures come by, and files that are of no use with the reason."""

    entries: list[Nearby]
    boundaries: list[Surface]
    left_out: list[tuple[str, str]]


def choose_context(
    files: Sequence[ContextFile],
    used: Sequence[Surface],
    surfaces: Sequence[Surface],
    middle: tuple[float, float] | None,
) -> Surroundings:
    """Read every file of the context, and choose those that the config names.

    Parameters
    ----------
    used : sequence of Surface
        Boundaries that the config names already.
    surfaces : sequence of Surface
        All that were found: figures by zones of another layer add theirs.
    middle : tuple of float, optional
        Longitude and latitude of the incidents; points of a file that lie elsewhere are in another system.
    """
    done = Surroundings([], [], [(file.path.name, file.problem) for file in files if file.problem])
    useful = [file for file in files if not file.problem]
    by_kind = {kind: [file for file in useful if file.kind == kind] for kind in _ORDER}
    _one_of_stations(by_kind["stations"], by_kind["footfall"], done)
    for kind in ("stops", "routes", "parks", "places", "lighting"):
        _newest(by_kind[kind], done)
    _people(by_kind["population"], used, surfaces, done)
    _newest(by_kind["deprivation"], done)
    _leave_out_far(done, middle)
    done.entries.sort(key=lambda one: (_ORDER.index(one.file.kind), not one.active, one.file.path.name))
    return done


def as_context(file: ContextFile) -> Context:
    """A recognised file as a config that names it is read."""
    return Context(file.kind, file.path, file.columns, file.crs, year=file.year)


def _attempt(
    files: Iterable[ContextFile], done: Surroundings, *stations: ContextFile
) -> Iterator[tuple[ContextFile, Figures]]:
    """Files that the reader of a run takes; the others are left out with what it says."""
    for file in files:
        problems: list[GeoSafetyError] = []
        figures = read_figures([as_context(file), *map(as_context, stations)], problems)
        if problems:
            done.left_out.append((file.path.name, str(problems[0])))
        else:
            yield file, figures


def _age(file: ContextFile) -> tuple[str, str]:
    return file.year or "", file.path.name


def _newest(files: Sequence[ContextFile], done: Surroundings) -> None:
    """The newest of one kind is active."""
    read = sorted(_attempt(files, done), key=lambda one: _age(one[0]), reverse=True)
    for place, (file, figures) in enumerate(read):
        told = f"{len(figures.of_points[0].amount):,} places" if figures.of_points else _USES[file.kind]
        done.entries.append(
            Nearby(file, place == 0, told if place == 0 else f"{read[0][0].path.name} answers for {file.kind}")
        )


def _one_of_stations(stations: Sequence[ContextFile], footfall: Sequence[ContextFile], done: Surroundings) -> None:
    """The stations that most passengers can be placed at, and the newest counts of passengers there."""
    named: list[tuple[ContextFile, int]] = []
    for file in stations:
        try:
            found = read_stations([as_context(file)])
        except GeoSafetyError as error:
            done.left_out.append((file.path.name, str(error)))
            continue
        named.append((file, 0 if found is None else len(found.name)))
    placed: dict[Path, list[tuple[ContextFile, float]]] = {}
    for file, _ in named:
        own = Surroundings([], [], [])
        counted = [
            (one, float(figures.of_points[0].amount.sum()))
            for one, figures in _attempt(footfall, own, file)
            if figures.of_points
        ]
        placed[file.path] = counted
    best = max(
        named,
        key=lambda one: (sum(amount for _, amount in placed[one[0].path]), "modes" in one[0].columns, *_age(one[0])),
        default=None,
    )
    if best is None:
        done.left_out += [
            (file.path.name, "passengers of stations, of which no places were found") for file in footfall
        ]
        return
    for file, number in named:
        is_best = file is best[0]
        done.entries.append(
            Nearby(file, is_best, f"{number:,} stations" if is_best else f"{best[0].path.name} answers for stations")
        )
    counted = sorted(placed[best[0].path], key=lambda one: _age(one[0]), reverse=True)
    for place, (file, amount) in enumerate(counted):
        told = (
            f"{amount / 1e6:,.0f} million entries and exits a year at these stations" if place == 0 else "an older year"
        )
        done.entries.append(Nearby(file, place == 0, told))
    read = {file.path for file, _ in counted}
    done.left_out += [
        (file.path.name, "passengers of stations, of which none is among the stations found")
        for file in footfall
        if file.path not in read
    ]


def _people(
    files: Sequence[ContextFile], used: Sequence[Surface], surfaces: Sequence[Surface], done: Surroundings
) -> None:
    """Each figure once for each layer: by zones in use, else by the newest drawing of a layer that is not in use.

    Newer figures by as many or more zones make older ones needless, whatever their layer.
    """
    taken: dict[str, list[_Taken]] = {}
    for file, figures in sorted(_attempt(files, done), key=lambda one: _age(one[0]), reverse=True):
        surface = next(_surfaces_of(figures, [*used, *done.boundaries]), None) or next(
            _surfaces_of(figures, _of_other_layers(surfaces, [*used, *done.boundaries])), None
        )
        if surface is None:
            done.entries.append(Nearby(file, active=False, told="its zones are none of the boundaries in use"))
            continue
        mine = {
            one.name: _Taken(surface.layer, file.year or "", len(one.values), file.path.name)
            for one in figures.of_zones
        }
        better = {
            name: next((one for one in taken.get(name, ()) if one.replaces(own)), None) for name, own in mine.items()
        }
        if all(better.values()):
            by = next(iter(better.values()))
            assert by is not None
            done.entries.append(
                Nearby(file, active=False, told=f"{by.file} answers for {', '.join(better)} by {by.layer}")
            )
            continue
        for name, own in mine.items():
            taken.setdefault(name, []).append(own)
        if surface not in (*used, *done.boundaries):
            done.boundaries.append(surface)
        sums = ", ".join(f"{sum(figure.values.values()):,.0f} {figure.name}" for figure in figures.of_zones)
        done.entries.append(Nearby(file, told=f"{sums}, by {surface.layer}"))


class _Taken(NamedTuple):
    """A figure that the config names already."""

    layer: str
    year: str
    zones: int
    file: str

    def replaces(self, other: _Taken) -> bool:
        return self.layer == other.layer or (self.year > other.year and self.zones >= other.zones)


def _of_other_layers(surfaces: Sequence[Surface], used: Sequence[Surface]) -> list[Surface]:
    layers = {one.layer for one in used}
    others = [one for one in surfaces if one.layer not in layers and one.columns is not None]
    return sorted(others, key=lambda one: one.vintage or "", reverse=True)


def _surfaces_of(figures: Figures, surfaces: Sequence[Surface]) -> Iterator[Surface]:
    return (found for figure in figures.of_zones if (found := _surface_of(figure, surfaces)))


def _surface_of(figure: ZoneFigure, surfaces: Iterable[Surface]) -> Surface | None:
    codes = figure.values.keys()
    return next(
        (one for one in surfaces if one.codes and len(one.codes & codes) >= FEWEST_NAMED * len(one.codes)), None
    )


def _leave_out_far(done: Surroundings, middle: tuple[float, float] | None) -> None:
    """Points none of which lies near the incidents are of another city, or in another system than their headings say."""
    for entry in [one for one in done.entries if one.file.kind in ("stations", "stops")] if middle else ():
        found = read_stations([replace(as_context(entry.file), columns=_named(entry.file))], kind=entry.file.kind)
        assert middle is not None
        far = found is None or not len(found.name) or np.min(_degrees(found, middle)) > FAR_DEGREES
        if far:
            done.entries.remove(entry)
            done.left_out.append((entry.file.path.name, "its places are far from the incidents, or in another system"))


def _named(file: ContextFile) -> Mapping[str, str]:
    """Columns with something for a name: stops may have none."""
    return {"name": next(iter(file.columns.values())), **file.columns}


def _degrees(found: Stations, middle: tuple[float, float]) -> np.ndarray:
    return np.hypot(found.longitude - middle[0], found.latitude - middle[1])
