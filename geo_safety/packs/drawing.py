"""Charts and maps of packs as SVG: lines and letters, no script, no style sheet, no picture from elsewhere.

Looks stand in attributes, because the style sheet of a page does not reach into a picture of a PDF. Colours fall in
lightness, and nothing is told by colour alone: each picture has a table beside it with the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely

from geo_safety.months import month_text

WIDTH = 640
KEY_ROW = 22
"""Height of a row of a map's key."""

MANY_POINTS = 150
"""More points than these are drawn as small ones."""

LEFT, RIGHT, TOP, BOTTOM = 48, 10, 20, 24
INK, PALE, GRID, MARK, SOFT = "#1d2327", "#6b7782", "#d0d7de", "#0b5394", "#a9c4e0"
FONT = "Liberation Sans, DejaVu Sans, Arial, sans-serif"


@dataclass(frozen=True)
class Drawn:
    """Shapes of one look on a map.

    Parameters
    ----------
    label : str
        In the key below the map.
    shapes : sequence of shapes
        WGS84. Points are drawn as discs.
    fill, line : str
        Colours; `none` for none.
    names : sequence of str, optional
        What each shape is called on the map; empty where it is not named.
    width : float
        Of the line.
    dash : str
        Of the line, as SVG has it.
    """

    label: str
    shapes: Sequence[shapely.Geometry]
    fill: str = "none"
    line: str = MARK
    names: Sequence[str] = ()
    width: float = 1.6
    dash: str = ""


def month_bars(
    first: int, low: Sequence[float], high: Sequence[float], *, label: str, marks: Mapping[int, str] | None = None
) -> str:
    """Months as bars: the part that may be hidden is pale, a gap is hatched.

    Parameters
    ----------
    first : int
        First month, in months since 1970-01.
    low, high : sequences of float
        The least and the most of each month; NaN in a gap.
    marks : mapping of int to str, optional
        Months before which a line stands (a change of recording), with its words.
    """
    height = 190
    top = round_up(max(float(np.nanmax(high)), 1) if np.isfinite(high).any() else 1)
    step = (WIDTH - LEFT - RIGHT) / max(len(low), 1)
    parts = _axis(top, height)
    for place, (least, most) in enumerate(zip(low, high, strict=True)):
        x = LEFT + step * place
        wide = max(step * 0.8, 0.6)
        if np.isnan(least):
            parts.append(
                f'<rect x="{x:.1f}" y="{TOP}" width="{step:.1f}" height="{height - TOP - BOTTOM}" fill="#eceff2"/>'
            )
            continue
        for value, fill in ((most, SOFT), (least, MARK)):
            y = _y(value, top, height)
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{height - BOTTOM - y:.1f}" fill="{fill}"/>'
            )
    for month, words in (marks or {}).items():
        if 0 <= month - first < len(low):
            x = LEFT + step * (month - first)
            is_late = x > WIDTH * 0.6
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - BOTTOM}" stroke="{INK}" stroke-dasharray="3 2"/>'
                         f'<text x="{x + (-4 if is_late else 4):.1f}" y="{TOP - 9}" text-anchor="{"end" if is_late else "start"}">{escape(words)}</text>')  # fmt: skip
    years = [place for place in range(len(low)) if (first + place) % 12 == 0 and len(low) >= 24]
    every = max(1, len(years) // 12 + 1)
    parts += [
        f'<text x="{LEFT + step * place:.1f}" y="{height - 8}">{1970 + (first + place) // 12}</text>'
        for place in years[::every]
    ]
    if len(low) < 24:
        ends = ((first, LEFT, "start"), (first + len(low) - 1, WIDTH - RIGHT, "end"))
        parts += [
            f'<text x="{x}" y="{height - 8}" text-anchor="{anchor}">{month_text(month)}</text>'
            for month, x, anchor in ends
        ]
    return svg(height, label, "".join(parts))


def bars(
    values: Sequence[tuple[str, float | None]], *, label: str, unit: str = "", reference: float | None = None
) -> str:
    """Named values as lying bars; None is “not told”. `reference` is marked by a line."""
    row, text = 22, 210
    height = row * len(values) + 26
    known = [value for _, value in values if value is not None]
    most = max([*known, reference or 0, 1e-9])
    room = WIDTH - text - 70
    parts = []
    for place, (name, value) in enumerate(values):
        y = 6 + row * place
        parts.append(f'<text x="{text - 8}" y="{y + 13}" text-anchor="end">{escape(_short(name, 34))}</text>')
        if value is None:
            parts.append(f'<text x="{text}" y="{y + 13}" fill="{PALE}">not told</text>')
            continue
        wide = room * value / most
        parts.append(f'<rect x="{text}" y="{y + 2}" width="{max(wide, 0.5):.1f}" height="{row - 7}" fill="{MARK}"/>'
                     f'<text x="{text + wide + 5:.1f}" y="{y + 13}">{value:,.4g}{escape(unit)}</text>')  # fmt: skip
    if reference is not None:
        x = text + room * reference / most
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{height - 20}" stroke="{INK}" stroke-dasharray="3 2"/>'
        )
    return svg(height, label, "".join(parts))


def intervals(
    rows: Sequence[tuple[str, float | None, float | None, float | None]], *, label: str, reference: float | None = None
) -> str:
    """Values with their intervals, one below the other: (name, value, low, high)."""
    row, text = 22, 210
    height = row * len(rows) + 30
    ends = [value for _, *values in rows for value in values if value is not None]
    most = round_up(max([*ends, reference or 0, 1e-9]))
    room = WIDTH - text - 20

    def x(value: float) -> float:
        return text + room * value / most

    parts = [
        f'<line x1="{x(each):.1f}" x2="{x(each):.1f}" y1="4" y2="{height - 22}" stroke="{GRID}"/>'
        f'<text x="{x(each):.1f}" y="{height - 8}" text-anchor="middle">{each:,g}</text>'
        for each in (0, most / 2, most)
    ]
    if reference is not None:
        parts.append(f'<line x1="{x(reference):.1f}" x2="{x(reference):.1f}" y1="4" y2="{height - 22}" stroke="{INK}" stroke-dasharray="3 2"/>')  # fmt: skip
    for place, (name, value, low, high) in enumerate(rows):
        y = 16 + row * place
        parts.append(f'<text x="{text - 8}" y="{y + 4}" text-anchor="end">{escape(_short(name, 34))}</text>')
        if value is None or low is None or high is None:
            parts.append(f'<text x="{text}" y="{y + 4}" fill="{PALE}">not told</text>')
            continue
        parts.append(f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}" stroke="{MARK}" stroke-width="2"/>'
                     f'<circle cx="{x(value):.1f}" cy="{y}" r="4" fill="{MARK}"/>')  # fmt: skip
    return svg(height, label, "".join(parts))


def steps_strip(rows: Sequence[tuple[str, str]], *, label: str) -> str:
    """Rolling years one by one: dark was high, pale was not, crossed out is not judged. (name, `hot_by_step`)."""
    row, text = 22, 210
    most = max((len(steps) for _, steps in rows), default=1)
    wide = (WIDTH - text - 10) / max(most, 1)
    parts = []
    for place, (name, steps) in enumerate(rows):
        y = 4 + row * place
        parts.append(f'<text x="{text - 8}" y="{y + 13}" text-anchor="end">{escape(_short(name, 34))}</text>')
        begin = text + wide * (most - len(steps))
        for across, mark in enumerate(steps):
            x = begin + wide * across
            fill = {"1": MARK, "0": "#e3e8ed"}.get(mark, "#ffffff")
            parts.append(f'<rect x="{x:.1f}" y="{y + 1}" width="{max(wide - 1.2, 0.8):.1f}" height="{row - 6}" fill="{fill}" stroke="#9aa5b0" stroke-width=".4"/>')  # fmt: skip
            if mark not in "01":
                parts.append(f'<line x1="{x:.1f}" x2="{x + wide - 1.2:.1f}" y1="{y + row - 5}" y2="{y + 1}" stroke="#9aa5b0" stroke-width=".6"/>')  # fmt: skip
    return svg(row * len(rows) + 6, label, "".join(parts))


def place_map(
    layers: Sequence[Drawn], *, ground: Iterable[Mapping[str, Any]], label: str, height: int = 315, around: float = 0.15
) -> str:
    """Shapes on the release's own ground, north up, with a scale and a key.

    Parameters
    ----------
    layers : sequence of Drawn
        In the order of drawing; the frame holds all of them.
    ground : iterable of mapping
        GeoJSON features of the base map.
    around : float
        Room around the shapes, as a share of their size.
    """
    shapes = [shape for layer in layers for shape in layer.shapes]
    frame = _Frame(shapely.total_bounds(np.array(shapes, dtype=object)), height, around)
    if sum(shape.geom_type == "Point" for shape in shapes) > MANY_POINTS:
        frame.dot = 2.2
    taken: list[shapely.Geometry] = []
    names = [
        _name(x, _free(x, y, name, taken), name)
        for layer in layers
        for shape, name in zip(layer.shapes, layer.names, strict=False)
        if name
        for x, y in (frame.xy(shape.centroid),)
    ]
    land, towns = _ground(ground, frame, taken)
    parts = [f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>', land]
    for layer in layers:
        parts += [frame.drawn(shape, layer.fill, layer.line, layer.width, layer.dash) for shape in layer.shapes]
    parts += [towns, *names]
    metres = round_down(frame.metres_wide / 5)
    long = metres / frame.metres_wide * WIDTH
    said = f"{metres:g} m" if metres < 1000 else f"{metres / 1000:g} km"
    parts.append(f'<rect x="8" y="{height - 30}" width="{long + 16:.1f}" height="24" fill="#ffffff" fill-opacity=".85"/>'
                 f'<path d="M16 {height - 12}h{long:.1f}" stroke="{INK}" stroke-width="3"/><text x="16" y="{height - 18}">{said}</text>'
                 f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" fill="none" stroke="{PALE}"/>')  # fmt: skip
    inside = f'<svg width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">{"".join(parts)}</svg>'
    key, rows = _key(layers, height)
    return svg(height + KEY_ROW * rows, label, inside + key)


def svg(height: int, label: str, inside: str) -> str:
    """A picture with its words for who does not see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-label="{escape(label)}" '
        f'font-size="11" font-family="{FONT}" fill="{INK}" xmlns="http://www.w3.org/2000/svg"><title>{escape(label)}</title>{inside}</svg>'
    )


def round_up(value: float) -> float:
    """The next round number, for the top of an axis.

    Examples
    --------
    >>> round_up(87), round_up(3), round_up(0.13)
    (100, 3, 0.15)
    """
    power = 10 ** np.floor(np.log10(max(value, 1e-9)))
    found = next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))
    return int(found) if found >= 1 and found == int(found) else round(float(found), 9)


def round_down(value: float) -> float:
    """The round number before, for a scale.

    Examples
    --------
    >>> round_down(870), round_down(230)
    (500, 200)
    """
    power = 10 ** int(np.floor(np.log10(max(value, 1e-9))))
    return next(step * power for step in (5, 2, 1) if step * power <= value * (1 + 1e-9))


class _Frame:
    """The part of the world that a map shows."""

    def __init__(self, bounds: Any, height: int, around: float) -> None:
        west, south, east, north = (float(one) for one in bounds)
        self.narrow = float(np.cos(np.radians((south + north) / 2)))
        wide, high = max((east - west) * self.narrow, 0.004), max(north - south, 0.004)
        self.scale = min(WIDTH / (wide * (1 + 2 * around)), height / (high * (1 + 2 * around)))
        self.middle = ((west + east) / 2, (south + north) / 2)
        self.height, self.dot = height, 4.4
        half = (WIDTH / self.scale / self.narrow / 2, height / self.scale / 2)
        self.box = shapely.box(self.middle[0] - half[0], self.middle[1] - half[1], self.middle[0] + half[0], self.middle[1] + half[1])  # fmt: skip
        self.metres_wide = WIDTH / self.scale * 111_195

    def corners(self, shape: shapely.Geometry) -> Any:
        xy = shapely.get_coordinates(shape)
        return np.column_stack([
            WIDTH / 2 + (xy[:, 0] - self.middle[0]) * self.narrow * self.scale,
            self.height / 2 - (xy[:, 1] - self.middle[1]) * self.scale,
        ])  # fmt: skip

    def xy(self, point: shapely.Geometry) -> tuple[float, float]:
        (found,) = self.corners(point)
        return float(found[0]), float(found[1])

    def drawn(self, shape: shapely.Geometry, fill: str, line: str, width: float, dash: str = "") -> str:
        if shape.geom_type in ("Point", "MultiPoint"):
            return "".join(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{self.dot:g}" fill="{line}" stroke="#ffffff" stroke-width="{self.dot / 4:g}"/>'
                for x, y in self.corners(shape)
            )
        shape = shapely.simplify(shape, 0.3 / self.scale)  # a third of a unit of the picture: nobody sees less
        paths = []
        for piece in shapely.get_parts(shape):
            rings = [piece.exterior, *piece.interiors] if piece.geom_type == "Polygon" else [piece]
            end = "Z" if piece.geom_type == "Polygon" else ""
            paths += ["M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self.corners(ring)) + end for ring in rings if len(ring.coords)]  # fmt: skip
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        faint = ' fill-opacity=".28"' if fill not in ("none", "#ffffff") and line != "none" else ""
        return f'<path d="{"".join(paths)}" fill="{fill}"{faint} stroke="{line}" stroke-width="{width}"{dashed}/>' if paths else ""  # fmt: skip


_GROUND = {
    "land": ("#f6f5f1", "none", 0.0),
    "park": ("#dcead2", "none", 0.0),
    "water": ("#cfe2f0", "none", 0.0),
    "borough": ("none", "#8a949e", 1.2),
    "line": ("none", "#b3b8bd", 1.2),
}


def _ground(features: Iterable[Mapping[str, Any]], frame: _Frame, taken: list[shapely.Geometry]) -> tuple[str, str]:
    """Land, water and borders; and names, for above what is shown.

    A name that would lie on another one is left out, the stations' first ones kept.
    """
    layers = dict.fromkeys((*_GROUND, "station", "place"), "")
    names: list[str] = []
    for feature in features:
        kind = feature["properties"]["kind"]
        if kind not in layers:
            continue
        shape = shapely.geometry.shape(feature["geometry"])
        if not shape.intersects(frame.box):
            continue
        if kind in _GROUND:
            fill, line, width = _GROUND[kind]
            cut = shapely.make_valid(shape).intersection(frame.box)
            layers[kind] += "".join(
                frame.drawn(piece, fill, line, width)
                for piece in shapely.get_parts(cut)
                if piece.geom_type in ("Polygon", "LineString")
            )
        elif frame.metres_wide < 12_000:
            x, y = frame.xy(shape)
            if kind == "station":
                layers[kind] += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="#ffffff" stroke="{PALE}"/>'
            name = str(feature["properties"].get("name", ""))
            room = _room(x, y - 5, name)
            if len(names) < 40 and not any(room.intersects(other) for other in taken):
                taken.append(room)
                names.append(_name(x, y - 5, name, pale=True))
    return "".join(layers.values()), "".join(names)


def _free(x: float, y: float, name: str, taken: list[shapely.Geometry]) -> float:
    """How high a name stands: above its place, or below it, or farther off, where other names are in the way."""
    places = [(y + shift, _room(x, y + shift, name, bold=True)) for shift in (-7.0, 16.0, -20.0, 29.0)]
    free = [one for one in places if not any(one[1].intersects(other) for other in taken)]
    height, room = (free or places)[0]
    taken.append(room)
    return height


def _room(x: float, y: float, name: str, *, bold: bool = False) -> shapely.Geometry:
    """About what a name covers, in units of the picture."""
    half = len(_short(name, 30)) * (3.9 if bold else 2.7) + 2
    return shapely.box(x - half, y - 10, x + half, y + 3)


def _name(x: float, y: float, name: str, *, pale: bool = False) -> str:
    """A name with a white shadow: two texts, because not every program draws the line behind the letters."""
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="middle"'
    size = ' font-size="9"' if pale else ' font-weight="bold"'
    said = escape(_short(name, 30))
    return (
        f'<text {at}{size} fill="#ffffff" stroke="#ffffff" stroke-width="2.5" stroke-linejoin="round">{said}</text>'
        f'<text {at}{size} fill="{"#57606a" if pale else INK}">{said}</text>'
    )


def _key(layers: Sequence[Drawn], below: int) -> tuple[str, int]:
    """What the looks mean, and in how many rows it is told."""
    x, rows, parts = 4.0, 1, []
    for layer in layers:
        wide = 34 + 6.3 * len(layer.label)
        if x > 4 and x + wide > WIDTH:
            x, rows, below = 4.0, rows + 1, below + KEY_ROW
        is_points = layer.shapes and all(shape.geom_type == "Point" for shape in layer.shapes)
        parts.append(
            f'<circle cx="{x + 7:.1f}" cy="{below + 13}" r="4.5" fill="{layer.line}"/>'
            if is_points
            else f'<rect x="{x:.1f}" y="{below + 7}" width="14" height="11" fill="{layer.fill}" fill-opacity=".28" stroke="{layer.line}" '
            f'stroke-width="1.4" stroke-dasharray="{layer.dash or "none"}"/>'
        )
        parts.append(f'<text x="{x + 19:.1f}" y="{below + 17}">{escape(layer.label)}</text>')
        x += wide
    return "".join(parts), rows


def _axis(top: float, height: int) -> list[str]:
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(each, top, height):.1f}" y2="{_y(each, top, height):.1f}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 6}" y="{_y(each, top, height) + 4:.1f}" text-anchor="end">{each:,g}</text>'
        for each in (0, top / 2, top)
    ]


def _y(value: float, top: float, height: int) -> float:
    return TOP + (height - TOP - BOTTOM) * (1 - value / top)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
