"""What incidents are divided by: people who live, work or pass there, households, stops; on the zones of each layer.

A denominator says who could have been there, and every one of them misleads somewhere: residents in a shopping street,
station counts in a suburb. So each has its name, source and year, figures are moved to other zones only where that
makes sense, and places where residents mislead are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_safety.boundaries import Zones
from geo_safety.cell_layers import is_cells
from geo_safety.grid import locate_in
from geo_safety.interpolation import Pieces, cut, spread
from geo_safety.neighbours import Neighbours
from geo_safety.shapes import EqualArea

FloatArray = NDArray[np.float64]

ZONE_FIGURES = ("residents", "women", "workday", "daytime", "households")
"""Figures that come by zone. `workday`: residents who do not work elsewhere, and those who work here. `daytime`: with
schoolchildren, visitors and tourists as well, as the publisher defines it. `women`: women and girls who live there; no rate
is made of them, they tell where walks are invited."""

FEWEST_PEOPLE = 250
"""No rate is made where fewer people live, or are by day."""

FEWEST_NAMED = 0.9
"""A file belongs to zones when it names at least this share of them."""

COARSEST = 10.0
"""Figures are moved to smaller zones down to a tenth of their own zones' mean size: a borough's figure says nothing of
where in it people are."""

MISLEADING = 2.0
"""From so many people by day (or passing) for each resident on, residents mislead."""


@dataclass(frozen=True)
class ZoneFigure:
    """Figures by the codes of some zones.

    Parameters
    ----------
    name : str
        One of `ZONE_FIGURES`.
    values : mapping of code to float
    file : str
        Where they come from.
    layer, vintage : str, optional
        Whose codes they are, where the config says it.
    year : str, optional
        What year they are of.
    """

    name: str
    values: Mapping[str, float]
    file: str
    layer: str | None = None
    vintage: str | None = None
    year: str | None = None


@dataclass(frozen=True)
class PointFigure:
    """Figures of points, `footfall` (entries and exits of stations a year) or `stops`: WGS84, arrays of shape (n_points,)."""

    name: str
    longitude: FloatArray
    latitude: FloatArray
    amount: FloatArray
    file: str
    year: str | None = None


@dataclass(frozen=True)
class Denominator:
    """One figure on the zones of one layer.

    Parameters
    ----------
    of_zone : array of float, shape (n_zones,)
        NaN where unknown.
    how : str
        How it came to these zones, in words.
    outside : float
        What of the source's figure lies in no zone of the layer.
    """

    name: str
    of_zone: FloatArray
    file: str
    year: str | None
    how: str
    outside: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "file": self.file,
            "year": self.year,
            "how": self.how,
            "total": round(float(np.nansum(self.of_zone)), 1),
            "outside": round(self.outside, 1),
            "zones_unknown": int(np.isnan(self.of_zone).sum()),
        }


@dataclass(frozen=True)
class Figures:
    """All figures that a config's context holds, as read; and notes on what could not be used, in words."""

    of_zones: Sequence[ZoneFigure] = ()
    of_points: Sequence[PointFigure] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LocatedFigure:
    """Figures with the zones that they are of.

    Parameters
    ----------
    of_zone : array of float, shape (n_zones,)
        NaN where the file does not name a zone.
    """

    figure: ZoneFigure
    zones: Zones
    of_zone: FloatArray

    @property
    def mean_km2(self) -> float:
        """Mean size of its zones."""
        return float(self.zones.area_km2.mean())


@dataclass(frozen=True)
class People:
    """What is known of the people of a study.

    Parameters
    ----------
    by_layer : mapping of layer to name to Denominator
    notes : tuple of str
        What could not be used, in words.
    residents : LocatedFigure, optional
        Residents by the smallest zones there are.
    """

    by_layer: Mapping[str, Mapping[str, Denominator]]
    notes: tuple[str, ...] = ()
    residents: LocatedFigure | None = None


def place_figures(
    figures: Figures, layers: Mapping[str, Zones], drawings: Sequence[Zones], projection: EqualArea
) -> People:
    """Bring all figures to the zones of all layers.

    Parameters
    ----------
    layers : mapping of name to Zones
        Those that are shown.
    drawings : sequence of Zones
        Others that figures may come by.
    """
    with_codes = [zones for name, zones in layers.items() if not is_cells(name)]
    located, unplaced = locate_figures(figures.of_zones, [*with_codes, *drawings])
    by_layer = {name: on_layer(zones, located, figures.of_points, projection) for name, zones in layers.items()}
    return People(by_layer, (*figures.notes, *unplaced), finest(located, "residents"))


def locate_figures(
    figures: Sequence[ZoneFigure], drawings: Sequence[Zones]
) -> tuple[list[LocatedFigure], tuple[str, ...]]:
    """Which zones are the figures of: those that the config names, else the first whose codes they hold?

    Parameters
    ----------
    drawings : sequence of Zones
        All zones with codes of their own, those that are shown first.

    Returns
    -------
    list of LocatedFigure, tuple of str
        And, in words, the figures that belong nowhere.
    """
    found, notes = [], []
    for figure in figures:
        for zones in drawings:
            if figure.layer not in (None, zones.layer) or figure.vintage not in (None, zones.vintage):
                continue
            values = np.array([figure.values.get(zone, np.nan) for zone in zones.zone_id.tolist()], dtype=float)
            if (~np.isnan(values)).mean() >= FEWEST_NAMED:
                found.append(LocatedFigure(figure, zones, values))
                break
        else:
            notes.append(
                f"{figure.file}: its {figure.name} are of no zones of this study and are not used; add their "
                "boundaries, with shown = false where no layer is wanted"
            )
    return found, tuple(notes)


def finest(located: Sequence[LocatedFigure], name: str) -> LocatedFigure | None:
    """The figure of this name by the smallest zones; None where there is none."""
    of_name = [one for one in located if one.figure.name == name]
    return min(of_name, key=lambda one: one.mean_km2, default=None)


def on_layer(
    zones: Zones, located: Sequence[LocatedFigure], points: Sequence[PointFigure], projection: EqualArea
) -> dict[str, Denominator]:
    """Every figure that can be had on the zones of one layer.

    Figures that are of these zones stand as they are. Others are moved from the smallest zones there are: like the
    households of still smaller zones where these are known, else evenly over their area. Sums are kept: what lies in
    no zone of the layer is in `outside`.
    """
    found: dict[str, Denominator] = {}
    for name in ZONE_FIGURES:
        of_name = [one for one in located if one.figure.name == name]
        own = next((one for one in of_name if _is_same(one.zones, zones)), None)
        if own is not None:
            figure = own.figure
            found[name] = Denominator(name, own.of_zone, figure.file, figure.year, "as published for these zones")
        elif (source := finest(located, name)) is not None:
            moved = _moved(source, zones, finest(located, "households"), projection)
            if moved is not None:
                found[name] = moved
    for point in points:
        place = locate_in(point.longitude, point.latitude, zones)
        inside = place >= 0
        sums = np.bincount(place[inside], weights=point.amount[inside], minlength=len(zones)).astype(float)
        outside, file = float(point.amount[~inside].sum()), point.file
        if (before := found.get(point.name)) is not None:
            sums, outside, file = sums + before.of_zone, outside + before.outside, f"{before.file}, {file}"
        found[point.name] = Denominator(point.name, sums, file, point.year, "points inside each zone", outside)
    return found


def by_day(denominators: Mapping[str, Denominator]) -> Denominator | None:
    """People who are there by day: the daytime population, else the workday population."""
    return denominators.get("daytime") or denominators.get("workday")


def figure_named(denominators: Mapping[str, Denominator], name: str) -> FloatArray | None:
    """The figure that a config calls so, on the zones of one layer; None where there is none."""
    found = by_day(denominators) if name == "by_day" else denominators.get(name)
    return None if found is None else found.of_zone


def where_residents_mislead(
    denominators: Mapping[str, Denominator],
    neighbourhood: Neighbours,
    *,
    borough: NDArray[np.object_],
    of_borough: Mapping[str, float],
) -> NDArray[np.object_]:
    """What has to be said beside a rate per resident; None where nothing has.

    Parameters
    ----------
    denominators : mapping
        Of one layer; without residents nothing is said.
    neighbourhood : Neighbours
        What the rate is of.
    borough : array of object, shape (n_zones,)
        Code of each zone's borough.
    of_borough : mapping of code to float
        People by day for each resident, where only boroughs have such figures.
    """
    if "residents" not in denominators:
        return np.full(len(borough), None, dtype=object)
    own = denominators["residents"].of_zone
    said = np.full(len(own), None, dtype=object)
    living = neighbourhood.sum(np.nan_to_num(own))
    day, footfall = by_day(denominators), denominators.get("footfall")
    people = None if day is None else neighbourhood.sum(np.nan_to_num(day.of_zone))
    passing = None if footfall is None else neighbourhood.sum(footfall.of_zone) / 365
    for zone in np.flatnonzero(np.nan_to_num(own) >= FEWEST_PEOPLE).tolist():
        texts = []
        ratio = of_borough.get(borough[zone], 0.0) if people is None else people[zone] / living[zone]
        if ratio >= MISLEADING:
            where = "in its borough" if people is None else "here"
            texts.append(f"by day there are about {ratio:.0f} people {where} for each one who lives there")
        if passing is not None and passing[zone] >= MISLEADING * living[zone]:
            texts.append(f"its stations count about {_rounded(passing[zone])} entries and exits a day")
        if texts:
            said[zone] = f"Residents mislead here: {', and '.join(texts)}."
    return said


def day_ratio(denominators: Mapping[str, Denominator], zone_id: NDArray[np.str_]) -> dict[str, float]:
    """People by day for each resident, by zone; where both are known."""
    day, residents = by_day(denominators), denominators.get("residents")
    if day is None or residents is None:
        return {}
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = day.of_zone / residents.of_zone
    return {zone: float(one) for zone, one in zip(zone_id.tolist(), ratio, strict=True) if np.isfinite(one)}


def _is_same(one: Zones, other: Zones) -> bool:
    return one.layer == other.layer and len(one) == len(other) and bool((one.zone_id == other.zone_id).all())


def _moved(
    source: LocatedFigure, zones: Zones, households: LocatedFigure | None, projection: EqualArea
) -> Denominator | None:
    """A figure of other zones on these; None where its zones are too large to tell."""
    figure, name = source.figure, source.zones.layer
    can_weigh = households is not None and figure.name == "residents" and households.mean_km2 < source.mean_km2 / 2
    base = households.mean_km2 if can_weigh and households is not None else source.mean_km2
    if base > COARSEST * float(zones.area_km2.mean()):
        return None
    pieces = cut(source.zones.geometry, zones.geometry, projection)
    weights, how = None, f"moved from {name} by area"
    if can_weigh and households is not None:
        weights = by_piece(households, pieces, projection)
        how = f"moved from {name} by households of {households.zones.layer}"
    values, outside = spread(source.of_zone, pieces, n_targets=len(zones), weights=weights)
    return Denominator(figure.name, values, figure.file, figure.year, how, outside)


def by_piece(figure: LocatedFigure, pieces: Pieces, projection: EqualArea) -> FloatArray:
    """What each piece holds of a figure that is spread evenly over the area of its own zones."""
    parts = cut(figure.zones.geometry, pieces.geometry, projection)
    return spread(figure.of_zone, parts, n_targets=len(pieces.geometry))[0]


def _rounded(value: float) -> str:
    """Two digits are enough to know a place by."""
    return f"{float(f'{value:.1e}'):,.0f}"
