"""What a transport brief is about: a borough, a station and what is around it, a route or line, a hotspot area, or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray

from geo_safety.errors import ReleaseError
from geo_safety.nearby import distance_m
from geo_safety.packs.basis import Basis

AROUND_STATION_M = 800
ALONG_M = 150
STUDY = "study"


@dataclass(frozen=True)
class Scope:
    """What a brief is about.

    Parameters
    ----------
    id, name : str
    how : str
        In a sentence: what lies in it.
    shape : shape
        WGS84; for the map.
    reach_m : float or None
        What lies so near to the shape is in it; None for all there is.
    """

    id: str
    name: str
    how: str
    shape: shapely.Geometry
    reach_m: float | None = 0.0

    @property
    def outline(self) -> shapely.Geometry:
        """What is drawn of it: of a point what lies within reach."""
        if self.shape.geom_type != "Point" or not self.reach_m:
            return self.shape
        north = self.reach_m / 111_195
        disc = self.shape.buffer(1.0)
        return shapely.affinity.scale(disc, north / np.cos(np.radians(self.shape.y)), north, origin=self.shape)

    def holds(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows whose shapes lie in it, in their order; their names go without the scope's own."""
        if self.reach_m is None or not rows:
            return rows
        shapes = np.array([row["geometry"] for row in rows], dtype=object)
        is_in: NDArray[np.bool_] = (
            shapely.intersects(shapes, self.shape)
            if self.reach_m == 0
            else distance_m(shapes, self.shape) <= self.reach_m
        )
        return [
            {**row, "name": without_scope(str(row["name"]), self.name)}
            for row, inside in zip(rows, is_in.tolist(), strict=True)
            if inside
        ]


def without_scope(name: str, scope: str) -> str:
    """A name without the borough's, where the whole scope is that borough.

    Examples
    --------
    >>> without_scope("Around Kilburn, Camden", "Camden"), without_scope("Around Kilburn, Brent", "Camden")
    ('Around Kilburn', 'Around Kilburn, Brent')
    """
    return name.removesuffix(f", {scope}")


def find_scope(basis: Basis, place_id: str) -> Scope:
    """The scope of this id.

    Raises
    ------
    ReleaseError
        There is none, saying what there could be.
    """
    if place_id == STUDY:
        land = next(
            shapely.geometry.shape(one["geometry"]) for one in basis.ground if one["properties"]["kind"] == "land"
        )
        name = str(basis.manifest["study"]["name"])
        return Scope(STUDY, name, "All stations, stops and routes of the study.", land, reach_m=None)
    for layer, key in (("boroughs", "zone_id"), ("stations", "station_id"), ("corridors", "corridor_id"),
                       ("hotspot-areas", "area_id")):  # fmt: skip
        found = _row(basis, layer, key, place_id)
        if found is not None:
            return _scope(layer, place_id, found)
    known = [row["name"] for row in _rows(basis, "boroughs")[:3]] + [
        row["station_id"] for row in _rows(basis, "stations")[:2]
    ]
    raise ReleaseError(
        f"Release {basis.view.release_id} has no {place_id!r} for a transport brief.",
        f"Give a borough, a station_id, a corridor_id, an area_id or `{STUDY}`: for example {', '.join(map(str, known)) or STUDY}.",
    )


def _scope(layer: str, place_id: str, row: dict[str, Any]) -> Scope:
    name, shape = str(row["name"]), row["geometry"]
    if layer == "boroughs":
        return Scope(row["zone_id"], name, f"Stations and stops in {name}, and routes through it.", shape)
    if layer == "stations":
        how = f"{name}, and stations, stops and routes within {AROUND_STATION_M} m of it."
        return Scope(place_id, f"Around {name}", how, shape, reach_m=AROUND_STATION_M)
    if layer == "corridors":
        how = f"Stations and stops within {ALONG_M} m of the course of {name}."
        return Scope(place_id, name, how, shape, reach_m=ALONG_M)
    return Scope(place_id, name, "Stations and stops in a hotspot area, and routes through it.", shape)


def _row(basis: Basis, layer: str, key: str, wanted: str) -> dict[str, Any] | None:
    rows = _rows(basis, layer)
    by_name = layer == "boroughs"
    for row in rows:
        if row[key] == wanted or (by_name and str(row["name"]).casefold() == wanted.casefold()):
            return row
    return None


def _rows(basis: Basis, layer: str) -> list[dict[str, Any]]:
    """Each place of a layer once; of areas all, since each is of one theme."""
    if not basis.has(layer):
        return []
    if layer == "hotspot-areas":
        return basis.rows(layer)
    return basis.rows(layer, basis.view.themes_of(layer)[0])
