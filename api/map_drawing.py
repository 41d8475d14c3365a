"""A map as SVG, drawn by the server: for sheets, which are printed large and work with no script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .markup import element, said, word

KM_PER_DEGREE = 111.195
_BARS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


@dataclass(frozen=True)
class Frame:
    """What part of the world is drawn, and how large: degrees become units of the drawing, north is up.

    Parameters
    ----------
    west, north : float
        Degrees of the left and the upper edge.
    scale : float
        Units per degree of latitude; a degree of longitude has as many as fit its length in the middle.
    stretch : float
        Length of a degree of longitude over one of latitude.
    """

    west: float
    north: float
    scale: float
    stretch: float
    width: int
    height: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        east = self.west + self.width / (self.scale * self.stretch)
        return self.west, self.north - self.height / self.scale, east, self.north

    @property
    def units_per_km(self) -> float:
        """Length of a kilometre on the drawing."""
        return self.scale / KM_PER_DEGREE

    def place(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes in units of the drawing."""
        moved = shapely.transform(
            shapes,
            lambda points: np.column_stack(
                ((points[:, 0] - self.west) * self.scale * self.stretch, (self.north - points[:, 1]) * self.scale)
            ),
        )
        return np.asarray(moved, dtype=object)


def frame_around(bounds: Sequence[float], width: int, height: int, *, margin: float = 0.04) -> Frame:
    """The frame of this shape that shows all of a box in degrees.

    Examples
    --------
    >>> frame = frame_around((0, 51, 1, 52), 1000, 700)
    >>> west, south, east, north = frame.bounds
    >>> west < 0 and south < 51 and east > 1 and north > 52
    True
    """
    west, south, east, north = bounds
    stretch = math.cos(math.radians((south + north) / 2))
    wide, high = max((east - west) * stretch, 1e-4), max(north - south, 1e-4)
    scale = min(width / wide, height / high) / (1 + 2 * margin)
    middle = ((west + east) / 2, (south + north) / 2)
    return Frame(
        middle[0] - width / 2 / (scale * stretch), middle[1] + height / 2 / scale, scale, stretch, width, height
    )


def outlines(frame: Frame, shapes: NDArray[np.object_], *, tolerance: float = 0.4) -> str:
    """Path data of shapes, lines and outlines alike, those outside the frame left out."""
    shapes = shapes[shapely.intersects(shapes, shapely.box(*frame.bounds))] if len(shapes) else shapes
    if not len(shapes):
        return ""
    placed = shapely.simplify(frame.place(shapes), tolerance)
    parts: list[str] = []
    for shape in shapely.get_parts(placed):
        rings = [shape.exterior, *shape.interiors] if shape.geom_type == "Polygon" else [shape]
        parts += [_path(ring, closed=shape.geom_type == "Polygon") for ring in rings if not ring.is_empty]
    return "".join(parts)


def _path(ring: shapely.Geometry, *, closed: bool) -> str:
    points = np.round(shapely.get_coordinates(ring), 1)
    if closed:
        points = points[:-1]
    text = "L".join(f"{x:g} {y:g}" for x, y in points.tolist())
    return f"M{text}{'Z' if closed else ''}"


def drawn(frame: Frame, shapes: NDArray[np.object_], class_: str, *, fill: str | None = None) -> str:
    """Shapes as one path; nothing where none is in the frame."""
    path = outlines(frame, shapes)
    return element("path", d=path, class_=class_, fill=fill) if path else ""


def numbered(frame: Frame, shapes: NDArray[np.object_], taken: Iterable[str]) -> str:
    """A numbered disc beside each shape; those that would lie on another are moved on."""
    marks: list[str] = []
    places: list[tuple[float, float]] = []
    for label, shape in zip(taken, frame.place(shapes), strict=False):
        west, south, east, _ = shapely.bounds(shape).tolist()
        x = min(east + 10, frame.width - 14.0) if east < frame.width - 30 else max(west - 10, 14.0)
        y = min(max(south - 4, 14.0), frame.height - 14.0)
        for _ in range(40):
            if all(math.hypot(x - other[0], y - other[1]) >= 27 for other in places):
                break
            x, y = (x + 9, y) if x < frame.width - 40 else (x - 60, min(y + 27, frame.height - 14))
        places.append((x, y))
        marks.append(
            element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="12.5", class_="sheet__disc")
            + element("text", said(label), x=f"{x:.1f}", y=f"{y + 5:.1f}", class_="sheet__number")
        )
    return "".join(marks)


def scale_bar(frame: Frame) -> str:
    """A bar of a round length."""
    length = max((km for km in _BARS if km * frame.units_per_km <= frame.width / 4), default=_BARS[0])
    across, down = length * frame.units_per_km, frame.height - 18
    return (
        element("rect", x=10, y=down - 26, width=f"{across + 24:.1f}", height=36, class_="sheet__plate")
        + element("path", d=f"M22 {down - 4}v5h{across:.1f}v-5", class_="sheet__bar")
        + element("text", word("print.scale", n=f"{length:g}"), x=22, y=down - 9, class_="sheet__scale")
    )
