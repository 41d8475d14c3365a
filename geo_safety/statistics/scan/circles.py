"""Circles around the centres of polygons: for each zone its nearest zones, one more in each circle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

LAYER = 2**16
"""Circles summed together: few enough to stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Circles:
    """Circles around every zone, each a zone larger than the one before; see `circles`.

    Parameters
    ----------
    order : array of int, shape (n, most)
        For each zone the zones by distance from it, itself first.
    distance : array of float, shape (n, most)
        Theirs, in the unit of the coordinates.
    whole : array of bool, shape (n, most)
        Whether the circle that ends with this zone is one: not where the next zone is at the same distance, nor
        beyond the largest radius.
    """

    order: np.ndarray
    distance: np.ndarray
    whole: np.ndarray

    @property
    def n(self) -> int:
        """Number of zones."""
        return len(self.order)

    @property
    def layers(self) -> int:
        """Groups of zones whose circles are summed together."""
        return -(-self.n // self._centres_each)

    @property
    def _centres_each(self) -> int:
        return max(1, LAYER // self.order.shape[1])

    def _rows(self, layer: int) -> slice:
        return slice(layer * self._centres_each, min((layer + 1) * self._centres_each, self.n))

    def sums(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Sum of each map over each circle, layer by layer; see `Windows.sums`."""
        for layer in range(self.layers):
            inside = values[:, self.order[self._rows(layer)]]
            yield np.add.accumulate(inside, axis=2, out=inside).reshape(len(values), -1)

    def exact_sums(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Sum of one map of floats over each circle; see `Windows.exact_sums`."""
        for sums in self.sums(np.asarray(values, float)[None]):
            yield sums[0]

    def centres(self, layer: int) -> np.ndarray:
        """The zone in the middle of each circle; -1 where there is none."""
        rows = self._rows(layer)
        return np.where(self.whole[rows], np.arange(self.n)[rows, None], -1).ravel()

    def members(self, layer: int, position: int) -> np.ndarray:
        """The zones of one circle, sorted."""
        row, last = divmod(position, self.order.shape[1])
        return np.sort(self.order[self._rows(layer)][row, : last + 1])

    def radius(self, layer: int, position: int) -> float:
        """Distance from the centre to the farthest zone of one circle."""
        return float(self.distance[self._rows(layer)].ravel()[position])


def circles(points: np.ndarray, *, radius: float = np.inf, most: int | None = None) -> Circles:
    """Every circle around every zone's centre: the windows of a scan over wards or other polygons.

    Parameters
    ----------
    points : array of float, shape (n, 2)
        Centres of the zones, east before north, in metres of a projected coordinate system. A zone belongs to a
        circle when its centre does.
    radius : float
        Of the largest circle, in metres; by default only the scan's `largest_share` limits it.
    most : int, optional
        Largest number of zones in a circle; by default all. Memory grows with n x most: give one of both limits for
        more than some thousand zones.

    Raises
    ------
    ValueError
        If there are no points, or not two finite coordinates each.

    Examples
    --------
    Three zones in a street, 1 apart. Around the middle one there is no circle of two: both ends are equally far.

    >>> street = circles(np.array([[0, 0], [1, 0], [2, 0]]))
    >>> [street.members(0, k).tolist() for k in np.flatnonzero(street.centres(0) >= 0)]
    [[0], [0, 1], [0, 1, 2], [1], [0, 1, 2], [2], [1, 2], [0, 1, 2]]
    """
    from scipy.spatial import KDTree

    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1:] != (2,) or not len(points) or not np.isfinite(points).all():
        raise ValueError(f"`points` has shape {points.shape}: give east and north of each zone, finite, shape (n, 2).")
    if not radius >= 0 or (most is not None and most < 1):
        raise ValueError(f"No circle has radius {radius} and at most {most} zones: give 0 or more, and 1 or more.")
    most = len(points) if most is None else min(most, len(points))
    # One zone beyond the largest circle tells whether that circle is whole.
    distance, order = KDTree(points).query(points, k=range(1, min(most + 1, len(points)) + 1))
    if most == len(points):
        distance = np.column_stack([distance, np.full(len(points), np.inf)])
    inside = distance[:, :most] <= radius
    widest = max(1, int(inside.sum(axis=1).max()))
    apart = np.diff(distance, axis=1)[:, :widest] > 1e-9 * np.maximum(distance[:, :widest], 1e-300)
    return Circles(order[:, :widest].astype(np.int32), distance[:, :widest], inside[:, :widest] & apart)
