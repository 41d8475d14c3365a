"""Figures of one set of zones on another set: what lies where, and sums that stay what they were.

A figure is spread over its zone evenly, or like a finer figure (households) that is known. Nothing is lost: what
belongs to no wanted zone is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_safety.shapes import EqualArea

FloatArray = NDArray[np.float64]
IntpArray = NDArray[np.intp]


@dataclass(frozen=True)
class Pieces:
    """The parts into which one set of zones cuts another.

    Parameters
    ----------
    origin, target : array of int, shape (n_pieces,)
        Indices of the two zones that share the piece, sorted by origin, then target.
    area_m2 : array of float, shape (n_pieces,)
    geometry : array of shapely geometries, shape (n_pieces,)
        WGS84.
    """

    origin: IntpArray
    target: IntpArray
    area_m2: FloatArray
    geometry: NDArray[np.object_]

    def take(self, which: NDArray) -> Pieces:
        """The pieces at these places (indices or a mask), in that order."""
        return Pieces(self.origin[which], self.target[which], self.area_m2[which], self.geometry[which])


def cut(origin: NDArray[np.object_], target: NDArray[np.object_], projection: EqualArea) -> Pieces:
    """Which parts of the origins lie in which targets?

    Parameters
    ----------
    origin, target : arrays of shapely polygons
        Valid, WGS84.
    projection : EqualArea
        In whose metres areas are taken.

    Returns
    -------
    Pieces
        Without those of no area.

    Examples
    --------
    One field of which a quarter lies in the second of two parishes:

    >>> parishes = np.array([shapely.box(0, 0, 0.03, 0.01), shapely.box(0.03, 0, 0.05, 0.01)])
    >>> pieces = cut(np.array([shapely.box(0, 0, 0.04, 0.01)]), parishes, EqualArea(0, 0))
    >>> pieces.target.tolist(), (pieces.area_m2 / pieces.area_m2.sum()).round(3).tolist()
    ([0, 1], [0.75, 0.25])
    """
    # Most cells lie in one larger zone altogether: those need no overlay.
    tree = shapely.STRtree(target)
    first, second = tree.query(origin, predicate="intersects")
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    shapely.prepare(target)
    shapely.prepare(origin)
    pieces = np.empty(len(first), dtype=object)
    whole = shapely.covered_by(origin[first], target[second])
    round_about = ~whole & shapely.covers(origin[first], target[second])
    pieces[whole] = origin[first[whole]]
    pieces[round_about] = target[second[round_about]]
    rest = ~whole & ~round_about
    pieces[rest] = shapely.intersection(origin[first[rest]], target[second[rest]])
    area = projection.area_km2(pieces) * 1e6
    has_area = area > 0
    return Pieces(first[has_area], second[has_area], area[has_area], pieces[has_area])


def spread(
    values: FloatArray, pieces: Pieces, *, n_targets: int, weights: FloatArray | None = None
) -> tuple[FloatArray, float]:
    """Move figures of the origins to the targets.

    Parameters
    ----------
    values : array of float, shape (n_origins,)
        NaN counts as nothing.
    pieces : Pieces
        Of `cut`.
    weights : array of float, shape (n_pieces,), optional
        What the figures lie like, such as households in each piece; area where there is none in an origin.

    Returns
    -------
    array of float, shape (n_targets,), and float
        The figures, and what lies in origins that meet no target. Their sum is that of the values.

    Examples
    --------
    >>> pieces = Pieces(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([3.0, 1.0, 2.0]), np.full(3, None))
    >>> spread(np.array([40.0, 5.0, 2.0]), pieces, n_targets=2)
    (array([30., 15.]), 2.0)
    """
    known = np.nan_to_num(np.asarray(values, dtype=float))
    share = shares(pieces, len(known), weights=weights)
    moved = np.bincount(pieces.target, weights=share * known[pieces.origin], minlength=n_targets)
    is_met = np.zeros(len(known), dtype=bool)
    is_met[pieces.origin] = True
    return np.asarray(moved, dtype=float), float(known[~is_met].sum())


def shares(pieces: Pieces, n_origins: int, *, weights: FloatArray | None = None) -> FloatArray:
    """What share of each origin's figure does each piece hold? They add up to one in every origin that has pieces.

    Parameters
    ----------
    weights : array of float, shape (n_pieces,), optional
        As for `spread`.
    """
    by_area = pieces.area_m2 / np.bincount(pieces.origin, weights=pieces.area_m2, minlength=n_origins)[pieces.origin]
    if weights is None:
        return np.asarray(by_area)
    total = np.bincount(pieces.origin, weights=weights, minlength=n_origins)[pieces.origin]
    return np.where(total > 0, weights / np.where(total > 0, total, 1.0), by_area)
