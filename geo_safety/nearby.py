"""What lies near a shape: how far is each zone, station or area from it, and which place is a point's nearest?"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_safety.shapes import EqualArea

FARTHEST_M = 20_000
"""Distances are right to 1 in 100,000 within 50 km of the shape."""

_SAME_M = 0.01
"""Places that are equally far to a centimetre are equally far."""


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


def nearest_within(points: NDArray[np.float64], places: NDArray[np.float64], *, metres: float) -> NDArray[np.intp]:
    """Which place is the nearest to each point? Each point has one at most, so nothing is counted twice.

    Parameters
    ----------
    points, places : arrays of float, shapes (n, 2) and (m, 2)
        In metres, east before north.
    metres : float
        Places farther than this are not looked at.

    Returns
    -------
    array of int, shape (n,)
        Number of the place; -1 where none is within reach. Of places that are equally far, to a centimetre, the first.

    Examples
    --------
    The second point lies half way between the places, the third beyond the reach of both:

    >>> places = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> nearest_within(np.array([[90.0, 0.0], [50.0, 0.0], [0.0, 80.0]]), places, metres=60).tolist()
    [1, 0, -1]
    """
    if not len(points) or not len(places):
        return np.full(len(points), -1, dtype=np.intp)
    asked = min(len(places), 4)
    distance, number = cKDTree(places).query(points, k=asked, distance_upper_bound=np.nextafter(metres, np.inf))
    distance, number = distance.reshape(len(points), asked), number.reshape(len(points), asked)
    is_first = distance <= distance[:, :1] + _SAME_M
    nearest = np.where(is_first & np.isfinite(distance), number, len(places)).min(axis=1)
    return np.where(nearest == len(places), -1, nearest)
