"""Published layers: one row a zone and theme, or one a hotspot area, in the columns of the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo_safety.areas import Gazetteer, Stations, make_gazetteer
from geo_safety.boundaries import Study, Zones
from geo_safety.cell_layers import is_cells
from geo_safety.cube import Coverage
from geo_safety.denominators import Denominator, by_day
from geo_safety.hotspots import Judgement, Surroundings
from geo_safety.months import first_day, month_ranges, month_text
from geo_safety.neighbours import from_cells, from_polygons, itself
from geo_safety.schema import AREAS, ZONES, to_arrow
from geo_safety.shapes import EqualArea

FloatArray = NDArray[np.float64]

LEAST_INSIDE = 0.1
"""A cell with less than this share of a full cell inside the study gets no rate: its area says nothing."""

DISCS_PER_ZONE = 3
"""Zones smaller than so many discs of the points' precision are finer than their source."""

UNLOCATED_WORTH_SAYING = 0.01
"""From this share on, rows without a place are named beside every figure."""


@dataclass(frozen=True)
class Layer:
    """The zones of one layer with all that does not depend on a theme.

    Parameters
    ----------
    zones : Zones
        Clipped to the study.
    gazetteer : Gazetteer
        What its places are called; ward and borough of each zone by largest share.
    surroundings : Surroundings
        How the zones lie among each other.
    denominators : mapping of name to Denominator
        What is known of the people of its zones.
    """

    zones: Zones
    gazetteer: Gazetteer
    surroundings: Surroundings
    denominators: Mapping[str, Denominator] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.zones.layer


def make_layer(
    zones: Zones,
    study: Study,
    *,
    wards: Zones | None,
    boroughs: Zones | None,
    stations: Stations | None = None,
    denominators: Mapping[str, Denominator] | None = None,
) -> Layer:
    """Find each zone's ward, borough and surroundings.

    Parameters
    ----------
    wards, boroughs : Zones, optional
        The layers of these names; without boroughs, a ward's parent stands for its borough.
    denominators : mapping of name to Denominator, optional
        Figures of people on these zones.
    """
    gazetteer = make_gazetteer(zones, wards=wards, boroughs=boroughs, stations=stations)
    known = denominators or {}
    surroundings = replace(
        make_surroundings(zones, study.projection, gazetteer.borough_code),
        residents=known["residents"].of_zone if "residents" in known else None,
        by_day=None if (people := by_day(known)) is None else people.of_zone,
    )
    return Layer(zones, gazetteer, surroundings, known)


def make_surroundings(zones: Zones, projection: EqualArea, borough_code: NDArray[np.object_]) -> Surroundings:
    """Cells: the claim is about the cell and its first ring. Other zones: about the zone itself.

    Parameters
    ----------
    projection : EqualArea
        In whose metres zones touch.
    borough_code : array of object, shape (n_zones,)
        By largest share; None for a zone that lies in none.
    """
    if is_cells(zones.layer):
        cells = from_cells(zones.zone_id.tolist())
        return Surroundings(
            neighbourhood=cells,
            touching=cells,
            near=cells.rings(2),
            wider=cells.rings(3, 4),
            width=np.ones(len(zones)),
            borough=borough_code,
            is_exchangeable=True,
        )
    touching = from_polygons(projection.project(zones.geometry).tolist())
    return Surroundings(
        neighbourhood=itself(len(zones)),
        touching=touching,
        near=touching.rings(1),
        wider=touching.rings(2),
        width=zones.area_km2 / zones.area_km2.mean(),
        borough=borough_code,
        is_exchangeable=False,
    )


def zone_rows(
    layer: Layer, judgements: Sequence[Judgement], coverages: Sequence[Coverage], *, cautions: Cautions
) -> pa.Table:
    """All themes of one layer as rows of `schema.ZONES`.

    Parameters
    ----------
    judgements, coverages : sequences of the same length
        One a theme.
    cautions : Cautions
        What has to be said beside the figures.
    """
    return pa.concat_tables(
        to_arrow(theme_rows(layer, judgement, coverage, cautions), ZONES)
        for judgement, coverage in zip(judgements, coverages, strict=True)
    )


def theme_rows(layer: Layer, judgement: Judgement, coverage: Coverage, cautions: Cautions) -> pd.DataFrame:
    """One theme of one layer in columns of `schema.ZONES`, a row a zone; what does not apply is absent."""
    zones = layer.zones
    window = coverage.window
    incidents = judgement.table["incidents"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        per_km2 = np.where(has_rate(zones), incidents / zones.area_km2, np.nan)
    return judgement.table.assign(
        zone_id=zones.zone_id,
        name=zones.name,
        borough_code=layer.gazetteer.borough_code,
        ward_code=layer.gazetteer.ward_code,
        theme=judgement.theme,
        window_start=first_day(window.start) if window else None,
        window_end=first_day(window.end) if window else None,
        area_km2=zones.area_km2,
        per_km2=per_km2,
        caution=cautions.of(layer, judgement, coverage),
        geometry=zones.geometry,
        **_people(layer),
    )


def _people(layer: Layer) -> dict[str, FloatArray]:
    """The denominators themselves, as they are published beside the rates."""
    columns = {
        name: one.of_zone for name, one in layer.denominators.items() if name not in ("women", "workday", "daytime")
    }
    people = by_day(layer.denominators)
    return columns if people is None else {**columns, "by_day": people.of_zone}


def has_rate(zones: Zones) -> NDArray[np.bool_]:
    """Which zones are large enough inside the study for a figure per square kilometre?"""
    return np.asarray(zones.area_km2 > LEAST_INSIDE * (zones.area_km2.max() if is_cells(zones.layer) else 0.0))


def area_rows(areas: Sequence[pd.DataFrame]) -> pa.Table:
    """The areas of all themes as rows of `schema.AREAS`."""
    return pa.concat_tables([AREAS.arrow_schema().empty_table(), *(to_arrow(frame, AREAS) for frame in areas)])


def with_peak_class(areas: pd.DataFrame, zones: Zones, table: pd.DataFrame) -> pd.DataFrame:
    """Give each area class, tier and stability of its peak: the member with the highest ratio.

    Parameters
    ----------
    areas : DataFrame
        In the columns of `schema.AREAS`.
    table : DataFrame
        The judgement of the layer's zones, in their order.
    """
    if "class" not in table or not len(areas):
        return areas
    ratio = table["ratio"].to_numpy(dtype=float)
    peaks = [max(numbers, key=lambda number: (ratio[number], -number)) for numbers in _members(areas, zones)]
    return areas.assign(**{name: table[name].to_numpy()[peaks] for name in ("class", "tier", "stability")})


def with_harm_totals(areas: pd.DataFrame, zones: Zones, table: pd.DataFrame) -> pd.DataFrame:
    """Give each area the harm of its zones; null where the theme has none.

    Parameters
    ----------
    areas, table : DataFrame
        As for `with_peak_class`.
    """
    if not len(areas):
        return areas
    members = _members(areas, zones)
    names = [name for name in ("harm_cchi", "harm_css") if name in table]
    return areas.assign(**{name: [table[name].iloc[numbers].sum(min_count=1) for numbers in members] for name in names})


def _members(areas: pd.DataFrame, zones: Zones) -> list[list[int]]:
    """Places of each area's zones among those of the layer."""
    place = {zone: number for number, zone in enumerate(zones.zone_id.tolist())}
    return [[place[zone] for zone in listed.split(";")] for listed in areas["zones"]]


@dataclass(frozen=True)
class Recording:
    """How the incidents of one theme were recorded.

    Parameters
    ----------
    precision_m : float, optional
        How far a point may be from the truth.
    unlocated_share : float
        Share of the window's incidents that no place is known of.
    breaks : tuple of (month, text)
        Changes of recording, in months since 1970-01.
    """

    precision_m: float | None = None
    unlocated_share: float = 0.0
    breaks: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Cautions:
    """What has to be said beside the figures.

    Parameters
    ----------
    recording : mapping of theme to Recording
        What holds for every zone.
    of_zones : mapping of theme to list of array of object, shape (n_zones,)
        What holds for single zones; None for those of which nothing has to be said.
    """

    recording: Mapping[str, Recording]
    of_zones: Mapping[str, Sequence[NDArray[np.object_]]] = field(default_factory=dict)

    def of(self, layer: Layer, judgement: Judgement, coverage: Coverage) -> NDArray[np.object_] | str | None:
        """One text a zone; None where nothing has to be said."""
        said = self._of_all(layer, judgement, coverage)
        own = self.of_zones.get(judgement.theme, ())
        if not own:
            return said
        general = np.full(len(layer.zones), said, dtype=object) if said is None or isinstance(said, str) else said
        joined = np.empty(len(layer.zones), dtype=object)
        joined[:] = [" ".join(filter(None, texts)) or None for texts in zip(general, *own, strict=True)]
        return joined

    def _of_all(self, layer: Layer, judgement: Judgement, coverage: Coverage) -> NDArray[np.object_] | str | None:
        recording = self.recording.get(judgement.theme, Recording())
        texts = self._of_theme(recording, judgement, coverage)
        together = " ".join(texts) or None
        if recording.precision_m is None:
            return together
        disc = np.pi * (recording.precision_m / 1000) ** 2
        # A zone cut by the study's edge is not finer for that: cells are judged by a whole cell.
        area = layer.zones.area_km2
        size = np.full(len(area), area.max()) if is_cells(layer.name) else area
        finer = f"Finer than the source: points may be {recording.precision_m:g} m from the truth."
        said = np.full(len(area), together, dtype=object)
        said[size < DISCS_PER_ZONE * disc] = " ".join([finer, *texts])
        return said

    @staticmethod
    def _of_theme(recording: Recording, judgement: Judgement, coverage: Coverage) -> list[str]:
        texts = []
        texts += [why for why in (judgement.why_not, judgement.why_no_class) if why]
        window = coverage.window
        if window is not None:
            has_classes = "class" in judgement.table
            reach = range(coverage.first_month if has_classes else window.start - window.months, window.end + 1)
            gaps = sorted({int(month) for months in coverage.missing.values() for month in months} & set(reach))
            if has_classes and gaps:
                texts.append(f"Years with a gap month are not judged: {month_ranges(gaps)}.")
            texts += [
                f"Recording changed in {month_text(month)}: {text} Do not compare across it."
                for month, text in recording.breaks
                if month in reach
            ]
        if recording.unlocated_share >= UNLOCATED_WORTH_SAYING:
            texts.append(f"{recording.unlocated_share:.0%} of the reports have no place and are in no zone.")
        if judgement.dispersion is not None and judgement.dispersion.basis == "assumed":
            texts.append("Too few months or reports to measure their noise: it is assumed.")
        return texts
