"""In which wards and boroughs does a place of a product lie, and is it inside the study?"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_safety.boundaries import Zones
from geo_safety.products.inputs import Inputs

_AFTER_A_MARK = re.compile(r"(?<=[/(-])[a-z]")

_SYMBOLS = re.compile(r"<>|#|>[A-Z]+<|\[[A-Z]+\]|<[A-Z]+>")
"""Signs by which Transport for London marks the kinds of station beside a stop."""


def lie_in(inputs: Inputs, geometry: NDArray[np.object_]) -> pd.DataFrame:
    """Codes of the boroughs and wards that each shape meets, joined by ';', and the boroughs' names.

    Parameters
    ----------
    geometry : array of shapes, shape (n,)
        In WGS84.

    Returns
    -------
    DataFrame
        `boroughs`, `borough_names` and `wards`; None where it lies in none, or the study has no such layer.
    """
    wards, boroughs = (inputs.layers.get(name) for name in ("wards", "boroughs"))
    in_wards = _met(None if wards is None else wards.zones, geometry)
    parents = {} if wards is None else dict(zip(wards.zones.zone_id, wards.zones.parent, strict=True))
    if boroughs is not None:
        in_boroughs = _met(boroughs.zones, geometry)
    else:
        in_boroughs = [list(dict.fromkeys(parents[code] for code in codes if parents[code])) for codes in in_wards]
    names: Mapping[str, str] = next(iter(inputs.layers.values())).gazetteer.borough_names
    return pd.DataFrame(
        {
            "boroughs": [";".join(codes) or None for codes in in_boroughs],
            "borough_names": ["; ".join(names.get(code, code) for code in codes) or None for codes in in_boroughs],
            "wards": [";".join(codes) or None for codes in in_wards],
        },
        dtype=object,
    )


def inside_study(inputs: Inputs, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points lie in the study?"""
    shapely.prepare(inputs.study.outline)
    return np.asarray(shapely.intersects_xy(inputs.study.outline, longitude, latitude), dtype=bool)


def metres(inputs: Inputs, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres east and north of the study's middle, shape (n, 2)."""
    return np.column_stack(inputs.study.projection.metres(longitude, latitude))


def degrees(inputs: Inputs, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes in metres around the study's middle as longitude and latitude, to a tenth of a metre."""
    import pyproj

    middle = inputs.study.projection
    system = f"+proj=laea +lat_0={middle.latitude} +lon_0={middle.longitude} +datum=WGS84 +units=m"
    back = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    return np.asarray(
        shapely.transform(shapes, lambda xy: np.round(np.column_stack(back.transform(xy[:, 0], xy[:, 1])), 6))
    )


def readable(name: str | None) -> str | None:
    """A stop's name for people: without signs, and in small letters where all were capitals.

    Examples
    --------
    >>> readable("WESTMINSTER STN <> /ST ANN'S ROAD"), readable("Station >T< #"), readable("<>")
    ("Westminster Stn /St Ann's Road", 'Station', None)
    """
    plain = " ".join(_SYMBOLS.sub(" ", name or "").split()).strip("/ ")
    if plain.isupper():
        plain = _AFTER_A_MARK.sub(lambda found: found[0].upper(), string.capwords(plain))
    return plain or None


def _met(zones: Zones | None, geometry: NDArray[np.object_]) -> list[list[str]]:
    """Codes of the zones that each shape meets, in order of their code."""
    found: list[list[str]] = [[] for _ in geometry]
    if zones is not None and len(geometry):
        shape, zone = shapely.STRtree(zones.geometry).query(geometry, predicate="intersects")
        for place, code in sorted(zip(shape.tolist(), zones.zone_id[zone].tolist(), strict=True)):
            found[place].append(code)
    return found
