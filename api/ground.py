"""The ground of the release read back: outlines to draw on a sheet, and stations by name and distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_safety.nearby import distance_m

from .store import Published


@dataclass(frozen=True)
class Ground:
    """Features of the ground by kind (`land`, `water`, `park`, `borough`, `line`, `station`, ...), in WGS84."""

    shapes: dict[str, NDArray[np.object_]]
    names: dict[str, list[str]]

    def of(self, kind: str) -> NDArray[np.object_]:
        """Shapes of a kind; none where the release has none."""
        return self.shapes.get(kind, np.zeros(0, dtype=object))

    def stations_near(self, place: shapely.Geometry, metres: float) -> list[str]:
        """Names of stations within so many metres, the nearest first."""
        points = self.of("station")
        if not len(points):
            return []
        distance = distance_m(points, place)
        order = np.argsort(distance, kind="stable")
        return list(dict.fromkeys(self.names["station"][one] for one in order.tolist() if distance[one] <= metres))


def ground_of(published: Published) -> Ground:
    """The release's ground, read once."""
    return published.prepared.get("ground", lambda: _read(published))


def _read(published: Published) -> Ground:
    shapes: dict[str, list[shapely.Geometry]] = {}
    names: dict[str, list[str]] = {}
    for feature in orjson.loads(published.base_map())["features"]:
        told = feature["properties"]
        shapes.setdefault(told["kind"], []).append(shapely.from_geojson(orjson.dumps(feature["geometry"])))
        names.setdefault(told["kind"], []).append(told.get("name", ""))
    return Ground({kind: np.array(found, dtype=object) for kind, found in shapes.items()}, names)
