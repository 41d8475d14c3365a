"""Which locations share a cell of H3, all at once.

H3 lays a hexagonal lattice on each face of an icosahedron, in the gnomonic projection around the face's middle, turned by
asin √(3/28) at odd resolutions and √7 times as fine at each. A location belongs to the face whose middle is nearest,
and to the lattice point that is nearest there. So locations with the same lattice point share a cell, and H3 itself need
only be asked for one of them. How the faces lie is taken from H3's own coarsest cells.

Source: H3 documentation, "Overview of the H3 Geospatial Indexing System".
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import h3
import numpy as np
from numpy.typing import NDArray

_FACES = 20
_TURN = np.arcsin(np.sqrt(3 / 28))
_SURE = np.cos(np.radians(20.9))
"""Nearer to a face's middle than its inscribed circle (20.905°), no other middle is as near."""

_EDGE = 1e-6
"""In widths of a cell: so near an edge rounding might decide, and H3 is asked itself."""

FloatArray = NDArray[np.float64]


class _Faces(NamedTuple):
    """Unit vectors to each face's middle, along its lattice and across, shape (20, 3); and the coarsest lattice's step."""

    middle: FloatArray
    along: FloatArray
    across: FloatArray
    step: float


def shared_cells(longitude: FloatArray, latitude: FloatArray, resolution: int) -> NDArray[np.int64]:
    """A number for each location's cell: locations with the same number share one.

    Parameters
    ----------
    longitude, latitude : array of float, shape (n,)
        WGS84 degrees.
    resolution : int
        Of the grid, 0 to 15.

    Returns
    -------
    array of int, shape (n,)
        Negative, and of its own, for a location so near an edge that rounding might decide. A cell that reaches over
        two faces may have two numbers.

    Examples
    --------
    Two places in one square of London, and one across the river:

    >>> square = shared_cells(np.array([-0.1281, -0.1283, -0.11]), np.array([51.508, 51.508, 51.5]), 9)
    >>> bool(square[0] == square[1]), bool(square[0] == square[2])
    (True, False)
    """
    faces = _faces()
    places = _vectors(latitude, longitude)
    face = _nearest_face(places, faces)
    east, north = np.empty(len(places)), np.empty(len(places))
    for number in np.unique(face).tolist():
        here = slice(None) if (face == number).all() else face == number
        depth = places[here] @ faces.middle[number]
        east[here] = places[here] @ faces.along[number] / depth
        north[here] = places[here] @ faces.across[number] / depth
    turn = _TURN if resolution % 2 else 0.0
    scale = np.sqrt(7.0) ** resolution / faces.step
    x = scale * (np.cos(turn) * east + np.sin(turn) * north)
    y = scale * (np.cos(turn) * north - np.sin(turn) * east)
    column, row, is_sure = _nearest_point(x, y)
    number = (face << 58) | ((column + (1 << 28)) << 29) | (row + (1 << 28))
    unsure = np.flatnonzero(~is_sure)
    number[unsure] = -1 - unsure
    return number


def _vectors(latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    north, east = np.radians(latitude), np.radians(longitude)
    level = np.cos(north)
    return np.stack([level * np.cos(east), level * np.sin(east), np.sin(north)], axis=-1)


@cache
def _faces() -> _Faces:
    """The coarsest cells whose six neighbours are equally far in their own projection lie in the middle of a face."""
    found = []
    for cell in sorted(h3.get_res0_cells()):
        ring = sorted(set(h3.grid_disk(cell, 1)) - {cell})
        middle = _vectors(*np.array(h3.cell_to_latlng(cell)))
        beside = _vectors(*np.array([h3.cell_to_latlng(near) for near in ring]).T)
        away = beside / (beside @ middle)[:, None] - middle
        steps = np.linalg.norm(away, axis=1)
        if len(ring) == 6 and np.ptp(steps) < 1e-9:
            found.append((middle, away[0] / steps[0], np.cross(middle, away[0] / steps[0]), steps[0]))
    assert len(found) == _FACES, "H3 has changed its coarsest cells"
    middle, along, across, step = (np.array(each) for each in zip(*found, strict=True))
    return _Faces(middle, along, across, float(step[0]))


def _nearest_face(places: FloatArray, faces: _Faces) -> NDArray[np.int64]:
    """Locations of one city nearly always lie on one face: the others are only compared where that is not sure."""
    guess = int(np.argmax(faces.middle @ places[0])) if len(places) else 0
    face = np.full(len(places), guess)
    other = np.flatnonzero(~(places @ faces.middle[guess] > _SURE))
    face[other] = np.argmax(places[other] @ faces.middle.T, axis=1)
    return face


def _nearest_point(x: FloatArray, y: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Column and row of the nearest point of a hexagonal lattice of step 1, and whether no other is as near."""
    row = y * (2 / np.sqrt(3))
    column = x - row / 2
    third = -column - row  # the three always add up to 0
    rounded = np.rint(column), np.rint(row), np.rint(third)
    error = [np.abs(each - exact) for each, exact in zip(rounded, (column, row, third), strict=True)]
    fix_column = (error[0] > error[1]) & (error[0] > error[2])
    fix_row = ~fix_column & (error[1] > error[2])
    columns = np.where(fix_column, -rounded[1] - rounded[2], rounded[0])
    rows = np.where(fix_row, -columns - rounded[2], rounded[1])
    a, b = column - columns, row - rows
    c = -a - b
    reach = np.maximum(np.maximum(np.abs(a - b), np.abs(b - c)), np.abs(c - a))  # 1 on an edge
    return columns.astype(np.int64), rows.astype(np.int64), reach < 1 - _EDGE
