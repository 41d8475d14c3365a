"""The case file: the boundary, places and dates of one scheme, as its owner writes them, in TOML or GeoJSON.

Nothing here knows a release: what the dates and places mean on its zones and months is for `impact` to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from geo_safety.config_file import Entry
from geo_safety.errors import BoundaryError, ConfigError, GeoSafetyError, ProblemsError
from geo_safety.months import month_number
from geo_safety.shapes import read_shapes

PHASES = ("clear", "hold", "build")
"""In their order. A scheme of another kind (cameras, lighting) has `start` alone."""

MOST_CORNERS = 5_000
"""Of all shapes of a case."""

MOST_PLACES = 500

_MONTH = r"^\d{4}-(0[1-9]|1[0-2])(-\d{2})?$"
_WANTED = "Give a GeoJSON Feature or FeatureCollection of polygons or points, longitude before latitude."


class _CaseEntry(Entry):
    """`[case]`."""

    name: str = Field(min_length=1, max_length=200, description="The scheme's name in the report.")
    boundary: str | None = Field(default=None, description="File of polygons; paths are relative to the case file.")
    places: str | None = Field(
        default=None, description="File of points or polygons that are judged together, in place of `boundary`."
    )
    zones: tuple[str, ...] = Field(
        default=(), max_length=MOST_PLACES, description="Ids of zones of a layer, in place of either."
    )
    themes: tuple[str, ...] = Field(
        default=(),
        description="The first is what the scheme is about, the others tell whether another offence took its place; left out, the study's.",
    )
    layer: str | None = Field(
        default=None,
        description="Layer whose zones are counted; left out, the one whose hotspots are joined into areas.",
    )
    note: str = Field(default="", max_length=1000, description="Printed in the report.")


class _PhasesEntry(Entry):
    """`[phases]`: the first month of each; `end` is the last month."""

    clear: str | None = Field(default=None, pattern=_MONTH, description="First month of the clear phase.")
    start: str | None = Field(
        default=None, pattern=_MONTH, description="First month of a scheme without phases, in place of the three."
    )
    hold: str | None = Field(default=None, pattern=_MONTH, description="First month of the hold phase.")
    build: str | None = Field(default=None, pattern=_MONTH, description="First month of the build phase.")
    end: str | None = Field(default=None, pattern=_MONTH, description="Last month of the scheme.")


class _ComparisonEntry(Entry):
    """`[comparison]`."""

    areas: int = Field(
        default=10,
        ge=3,
        le=30,
        description="Comparison areas for each place; several places share them, three each at least.",
    )
    at_least_m: float = Field(
        default=1000, ge=1000, le=20_000, description="Metres between these and the place with its ring."
    )
    before_months: int = Field(default=24, ge=12, le=60, description="Months before the scheme that are compared.")
    exclude: tuple[str, ...] = Field(default=(), description="Zones that had a scheme of their own.")
    among: str | None = Field(default=None, description="File of places: only areas that hold one are compared with.")


class _File(Entry):
    """A whole case file in TOML."""

    case: _CaseEntry = Field(description="The scheme and where it is.")
    phases: _PhasesEntry = Field(description="Its months.")
    comparison: _ComparisonEntry = Field(default=_ComparisonEntry(), description="What it is compared with.")


@dataclass(frozen=True)
class Phase:
    """One phase of a scheme.

    Parameters
    ----------
    name : str
        `clear`, `hold`, `build`, or `start` for a scheme without phases.
    first : int
        First month, in months since 1970-01.
    last : int or None
        Last month, itself inside; None where it goes on.
    """

    name: str
    first: int
    last: int | None


@dataclass(frozen=True)
class Case:
    """One scheme.

    Parameters
    ----------
    name : str
    shapes : array of shapes
        Boundary (polygons) or places (points), longitude before latitude; empty where `zones` are named.
    zones : tuple of str
        Ids of zones of `layer` that make the boundary.
    is_set : bool
        A set of places, each judged as a place of its own, and not one boundary.
    themes : tuple of str
        The first is what the scheme is about; the others tell whether another offence took its place. Empty: the
        study's.
    layer : str or None
        Layer whose zones are counted; None for the one whose hotspots the release joins to areas.
    phases : tuple of Phase
        In order, without gaps between them.
    areas, at_least_m, before_months : int, float, int
        Comparison areas wanted for each place; how far away at least; months before the scheme that are compared.
    exclude : tuple of str
        Zones that must not serve as comparison.
    among : array of shapes or None
        Places among which comparison is sought, for example all stops without cameras.
    note : str
        What a reader must know of the case.
    """

    name: str
    shapes: NDArray[np.object_]
    phases: tuple[Phase, ...]
    zones: tuple[str, ...] = ()
    is_set: bool = False
    themes: tuple[str, ...] = ()
    layer: str | None = None
    areas: int = 10
    at_least_m: float = 1000
    before_months: int = 24
    exclude: tuple[str, ...] = ()
    among: NDArray[np.object_] | None = None
    note: str = field(default="")

    @property
    def start(self) -> int:
        """First month of the scheme."""
        return self.phases[0].first

    @property
    def end(self) -> int | None:
        """Last month of the scheme; None where it goes on."""
        return self.phases[-1].last


def read_case(path: Path) -> Case:
    """Read a case file.

    Parameters
    ----------
    path : Path
        TOML, or GeoJSON whose properties hold the dates. Paths inside are relative to it.

    Raises
    ------
    ConfigError, BoundaryError, ProblemsError
        What is wrong, with its remedy; all of it at once.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"The case file {path} cannot be read ({error.strerror}).", "Correct its path.") from error
    if path.suffix.lower() in (".geojson", ".json"):
        return case_from_geojson(content, name=path.stem)
    try:
        written = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name} is no TOML ({error}).", "Mend it, or give the case as GeoJSON.") from error
    entries = _checked(written, path.name)
    of_case, comparison = entries.case, entries.comparison
    given = [name for name in ("boundary", "places", "zones") if getattr(of_case, name)]
    if len(given) != 1:
        raise ConfigError(
            f"{path.name} gives {' and '.join(given) or 'no place'}.",
            "Under [case] give one of: boundary (a file of polygons), places (a file of points or polygons), zones (ids).",
        )
    shapes = np.empty(0, dtype=object)
    if given != ["zones"]:
        shapes = _shapes_of(path.parent / str(getattr(of_case, given[0])))
    among = None if comparison.among is None else _shapes_of(path.parent / comparison.among, most=None)
    return _case(entries, shapes, is_set=given == ["places"], among=among)


def case_from_geojson(content: bytes, *, name: str = "case") -> Case:
    """A case from a GeoJSON Feature (a boundary) or FeatureCollection (several features: a set of places).

    Parameters
    ----------
    content : bytes
        Settings stand in the properties of the first feature, or in a member `case` of the document: `name`, `themes`
        (a list, or words with commas between), `layer`, `clear`, `hold`, `build` or `start`, `end`, `note`, `areas`,
        `at_least_m`, `before_months`. Other properties are passed over.
    name : str
        Name of a case that has none.

    Raises
    ------
    ConfigError, ProblemsError
        What is wrong, with its remedy.

    Examples
    --------
    >>> square = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0]]]}
    >>> feature = {"type": "Feature", "geometry": square, "properties": {"clear": "2024-01", "hold": "2024-04"}}
    >>> case = case_from_geojson(orjson.dumps(feature), name="Elm Road")
    >>> case.name, [(phase.name, phase.first) for phase in case.phases]
    ('Elm Road', [('clear', 648), ('hold', 651)])
    """
    try:
        document = orjson.loads(content)
        features = document["features"] if document.get("type") == "FeatureCollection" else [document]
        geometries = [one["geometry"] if one.get("type") == "Feature" else one for one in features]
        shapes = np.array([shapely.geometry.shape(one) for one in geometries], dtype=object)
        properties = document.get("case") or (features[0].get("properties") if features else None) or {}
        properties = dict(properties)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        raise ConfigError("The case cannot be read as GeoJSON.", _WANTED) from None
    themes = properties.get("themes") or ()
    if isinstance(themes, str):
        themes = [one.strip() for one in re.split(r"[,;]", themes) if one.strip()]
    written: dict[str, Any] = {
        "case": {"name": properties.get("name") or name, "themes": themes, "layer": properties.get("layer"),
                 "note": properties.get("note") or ""},
        "phases": {key: properties[key] for key in (*PHASES, "start", "end") if properties.get(key)},
        "comparison": {key: properties[key] for key in ("areas", "at_least_m", "before_months", "exclude")
                       if properties.get(key) is not None},
    }  # fmt: skip
    return _case(_checked(written, "The case"), _checked_shapes(shapes), is_set=len(shapes) > 1)


def _checked(written: Mapping[str, Any], where: str) -> _File:
    try:
        return _File.model_validate(written)
    except ValidationError as error:
        problems: list[GeoSafetyError] = []
        for one in error.errors():
            at = ".".join(map(str, one["loc"]))
            remedy = (
                "Write a month such as 2024-04."
                if at.startswith("phases.")
                else "Correct it; see docs/products/impact.md."
            )
            problems.append(ConfigError(f"{where}: {at}: {one['msg']}.", remedy))
        raise (problems[0] if len(problems) == 1 else ProblemsError(problems)) from None


def _case(
    entries: _File, shapes: NDArray[np.object_], *, is_set: bool, among: NDArray[np.object_] | None = None
) -> Case:
    case, comparison = entries.case, entries.comparison
    return Case(
        name=case.name,
        shapes=shapes,
        phases=_phases(entries.phases),
        zones=case.zones,
        is_set=is_set,
        themes=case.themes,
        layer=case.layer,
        areas=comparison.areas,
        at_least_m=comparison.at_least_m,
        before_months=comparison.before_months,
        exclude=comparison.exclude,
        among=among,
        note=case.note,
    )


def _phases(entry: _PhasesEntry) -> tuple[Phase, ...]:
    """The phases in their order; each ends where the next one begins."""
    remedy = 'Under [phases] give clear (or start), and if you like hold, build and end, as months: clear = "2024-04".'
    if (entry.clear is None) == (entry.start is None):
        raise ConfigError("The case has no first month, or two.", remedy)
    if entry.start is not None and (entry.hold or entry.build):
        raise ConfigError(
            "The case has a start and phases.", "Call the first phase clear, or leave hold and build out."
        )
    names: Sequence[Literal["clear", "start", "hold", "build"]] = ("clear", "start", "hold", "build")
    firsts = [(name, month_number(text)) for name in names if (text := getattr(entry, name)) is not None]
    end = None if entry.end is None else month_number(entry.end)
    months = [month for _, month in firsts]
    if any(later <= earlier for earlier, later in pairwise(months)) or (end is not None and end < months[-1]):
        raise ConfigError(
            "The phases are not in their order.", "Each begins after the one before: clear, hold, build, end."
        )
    lasts = [*(month - 1 for month in months[1:]), end]
    return tuple(Phase(name, first, last) for (name, first), last in zip(firsts, lasts, strict=True))


def _shapes_of(path: Path, *, most: int | None = MOST_PLACES) -> NDArray[np.object_]:
    return _checked_shapes(read_shapes(path).geometry, most=most)


def _checked_shapes(shapes: NDArray[np.object_], *, most: int | None = MOST_PLACES) -> NDArray[np.object_]:
    """Valid polygons or points on the globe, or the problem."""
    known = shapes[~shapely.is_empty(shapes)] if len(shapes) else shapes
    if not len(known):
        raise BoundaryError("The case holds no shape.", _WANTED)
    if most is not None and (len(known) > most or shapely.get_num_coordinates(known).sum() > MOST_CORNERS):
        raise BoundaryError(
            f"The case has more than {most} places or {MOST_CORNERS:,} corners.", "Draw it with fewer corners."
        )
    kinds = sorted({shape.geom_type for shape in known} - {"Polygon", "MultiPolygon", "Point", "MultiPoint"})
    if kinds:
        raise BoundaryError(f"The case holds a {kinds[0]}, which has no inside.", _WANTED)
    if not shapely.is_valid(known).all():
        why = shapely.is_valid_reason(known[~shapely.is_valid(known)][0])
        raise BoundaryError(f"A shape of the case crosses itself: {why}.", "Draw it anew.")
    corners = shapely.get_coordinates(known)
    if not np.isfinite(corners).all() or (np.abs(corners) > [180, 90]).any():
        raise BoundaryError("A shape of the case is not on the globe.", _WANTED)
    return known
