"""What lies near a shape: how far is each zone, station or area from it, in metres over the ground?"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_safety.shapes import EqualArea

FARTHEST_M = 20_000
"""Distances are right to 1 in 100,000 within 50 km of the shape."""


def distance_m(shapes: NDArray[np.object_], place: shapely.Geometry) -> NDArray[np.float64]:
    """Metres from each shape to the place; 0 where they meet.

    Parameters
    ----------
    shapes : array of shapes
        In WGS84, longitude before latitude.
    place : shape
        The same.

    Examples
    --------
    A degree of latitude at London is 111.3 km:

    >>> points = shapely.points([[0, 51.5], [0, 51.51]])
    >>> distance_m(points, points[0]).round().tolist()
    [0.0, 1113.0]
    """
    middle = place.centroid
    around = EqualArea(middle.x, middle.y)
    (target,) = around.project(np.array([place], dtype=object))
    return np.asarray(shapely.distance(around.project(np.asarray(shapes, dtype=object)), target))
