"""Zones like one zone, to compare it with: of about its size, with about as much of everything else.

The other themes stand for how busy a place is, which residents do badly in a city centre. The theme that is compared
takes no part, or the answer would be in the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NEIGHBOURS = 10
"""Zones in a comparison set."""

MOST = 50
"""Zones at most."""

KNOWN_FROM = 0.5
"""A theme takes part where at least this share of the zones have a figure that may be shown."""

LEAST_SPREAD = 0.1
"""Logarithms that differ less than this from zone to zone, as areas of cells of one grid do, are as good as equal."""

_KM2, _PER_KM2 = 1e-6, 1.0
"""Added to each area and rate, whose logarithms are taken: slivers at the edge of a study are written as 0 km²."""


@dataclass(frozen=True)
class ComparisonSet:
    """Zones like one zone.

    Parameters
    ----------
    inputs : tuple of str
        What they were likened by: `area_km2`, and `per_km2` of the other themes.
    place : int
        Place of the zone in the table.
    places : array of int
        Places of the zones like it, the most alike first.
    distance : array of float
        How unlike each is: root mean square of the differences of logarithms in units of the zones' standard deviation
        (at least `LEAST_SPREAD`).
    values : array of float, shape (n_zones, n_inputs)
        The inputs of every zone as they are published; NaN where hidden.
    """

    inputs: tuple[str, ...]
    place: int
    places: NDArray[np.int64]
    distance: NDArray[np.float64]
    values: NDArray[np.float64]


def comparison_set(
    tables: Mapping[str, pa.Table], zone_id: str, theme: str, *, wanted: int = NEIGHBOURS
) -> ComparisonSet:
    """Which zones are like this one in all but the theme?

    Parameters
    ----------
    tables : mapping of theme to Table
        Rows of one layer as the reader may see them, each with the same zones in the same order and the columns
        `zone_id`, `area_km2` and `per_km2`.

    Raises
    ------
    KeyError
        There is no such zone.

    Examples
    --------
    >>> def rows(per_km2):
    ...     return pa.table({"zone_id": list("abcd"), "area_km2": [1.0, 1, 1, 2], "per_km2": per_km2})
    >>> both = {"asb": rows([10.0, 50, 12, 11]), "robbery": rows([1.0, 2, 3, 4])}
    >>> found = comparison_set(both, "a", "robbery", wanted=2)
    >>> found.inputs, found.places.tolist()
    (('area_km2', 'per_km2 of asb'), [2, 3])
    """
    own = tables[theme]
    ids = own["zone_id"].to_pylist()
    if zone_id not in ids:
        raise KeyError(zone_id)
    place = ids.index(zone_id)
    columns = {"area_km2": own["area_km2"].to_numpy()}
    for other, table in tables.items():
        rates = table["per_km2"].to_numpy()
        # Without its own figure a zone cannot be likened by it.
        if other != theme and np.isfinite(rates[place]) and np.isfinite(rates).mean() >= KNOWN_FROM:
            columns[f"per_km2 of {other}"] = rates
    values = np.column_stack(list(columns.values()))
    beside_zero = np.array([_KM2] + [_PER_KM2] * (values.shape[1] - 1))
    nearest, distance = alike(values + beside_zero, place, wanted=wanted)
    return ComparisonSet(tuple(columns), place, nearest, distance, values)


def alike(values: NDArray[np.float64], place: int, *, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which zones are most like one of them?

    Parameters
    ----------
    values : array of float, shape (n_zones, n_inputs)
        What they are likened by, all above zero; NaN where unknown. Logarithms are compared, because figures of zones
        are skewed, in units of their standard deviation (at least `LEAST_SPREAD`).

    Returns
    -------
    places, distance : arrays
        The most alike first; ties in the order of the zones. The distance is the root mean square of the differences.

    Examples
    --------
    >>> places, distance = alike(np.array([[1.0, 10], [1, 50], [1, 12], [2, 11]]), 0, wanted=2)
    >>> places.tolist(), distance.round(1).tolist()
    ([2, 3], [0.2, 1.6])
    """
    distance = _distance(values, place)
    order = np.argsort(distance, kind="stable")
    nearest = order[np.isfinite(distance[order]) & (order != place)][:wanted]
    return nearest, distance[nearest]


def standing(values: Sequence[float | None], own: float | None) -> dict[str, float | int | None]:
    """Where a zone's figure stands among those of its comparison set, as far as they may be shown.

    Examples
    --------
    >>> standing([1.0, 5.0, None], 3.0)
    {'compared': 2, 'lower': 1, 'higher': 1, 'median': 3.0}
    """
    known = [value for value in values if value is not None]
    return {
        "compared": len(known),
        "lower": None if own is None else sum(value < own for value in known),
        "higher": None if own is None else sum(value > own for value in known),
        "median": float(np.median(known)) if known else None,
    }


def _distance(values: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    """How unlike each zone is to the one at this place; NaN where an input is hidden."""
    logs = np.log(values)
    spread = np.maximum(np.nanstd(logs, axis=0), LEAST_SPREAD)
    scaled = (logs - logs[place]) / spread
    return np.sqrt(np.mean(scaled**2, axis=1))
