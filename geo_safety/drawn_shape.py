"""Counts of a shape that a reader has drawn, made from published zones alone.

A sum over what everybody may add up themselves tells no secret, however the shape is drawn, moved or drawn again. The
price is said in the answer: a hidden count is somewhere in its band, so the sum is a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_safety.disclosure import NOT_SHOWN, band_ends
from geo_safety.shapes import EqualArea

MINIMUM_KM2 = 0.5
"""Smaller shapes are refused: places are approximate, and a few houses are nobody's statistic."""

MOST_CORNERS = 5_000
"""Of a drawn shape."""


@dataclass(frozen=True)
class Totals:
    """Counts of one theme in a shape.

    Parameters
    ----------
    zones, hidden, without_data : int
        Zones whose middle lies in the shape; how many of them hide their count; how many have none.
    low, high : int or None
        Least and most that the sum can be; None where no zone has data. No `high` where a count is left out that may
        be anything.
    area_km2 : float
        Of those zones, inside the study.
    """

    zones: int
    hidden: int
    without_data: int
    low: int | None
    high: int | None
    area_km2: float

    def as_dict(self) -> dict[str, Any]:
        """As a reply shows them."""
        return {
            "zones": self.zones,
            "zones_hidden": self.hidden,
            "zones_without_data": self.without_data,
            "incidents": self.low if self.low == self.high else None,
            "incidents_low": self.low,
            "incidents_high": self.high,
            "area_km2": round(self.area_km2, 6),
            "per_km2_low": self._per_km2(self.low),
            "per_km2_high": self._per_km2(self.high),
        }

    def _per_km2(self, count: int | None) -> float | None:
        known = count is not None and self.area_km2 > 0
        return round(count / self.area_km2, 2) if known and count is not None else None


def area_of(shape: shapely.Geometry) -> float:
    """Area of a drawn shape (longitude, latitude) in square kilometres.

    Examples
    --------
    >>> round(area_of(shapely.box(-0.1, 51.5, -0.09, 51.51)), 3)
    0.772
    """
    middle = shape.centroid
    return float(EqualArea(middle.x, middle.y).area_km2([shape])[0])


def inside(zones: NDArray[np.object_], shape: shapely.Geometry) -> NDArray[np.bool_]:
    """Which zones have their middle in the shape? Each lies in one of two shapes that touch, or in neither."""
    shapely.prepare(shape)
    return np.asarray(shapely.contains(shape, shapely.centroid(zones)))


def totals(rows: pa.Table, *, rounded_to: int = 1) -> Totals:
    """Add up the published counts of some zones of one theme.

    Parameters
    ----------
    rows : Table
        With `incidents`, `incidents_band` and `area_km2`, as the reader may see them.
    rounded_to : int
        What the counts were rounded to before they were published: each is as much as half of that away.

    Examples
    --------
    >>> rows = {"incidents": [7, None, 0, None], "incidents_band": ["7", "1-4", "0", None], "area_km2": [0.1] * 4}
    >>> found = totals(pa.table(rows))
    >>> (found.low, found.high), found.hidden, found.without_data
    ((8, 11), 1, 1)
    """
    low = high = hidden = without = 0
    has_end, half = True, rounded_to // 2
    for count, band in zip(rows["incidents"].to_pylist(), rows["incidents_band"].to_pylist(), strict=True):
        ends = band_ends(band)
        if ends:
            low, high, hidden = low + ends[0], high + ends[1], hidden + (count is None)
        elif band == NOT_SHOWN:
            hidden, has_end = hidden + 1, False
        elif count is None:
            without += 1
        else:
            low, high = low + max(count - half, 0), high + count + (half if count else 0)
    area = float(np.nansum(rows["area_km2"].to_numpy()))
    has_data = rows.num_rows > without
    return Totals(
        rows.num_rows, hidden, without, low if has_data else None, high if has_data and has_end else None, area
    )
