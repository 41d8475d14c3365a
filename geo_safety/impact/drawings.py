"""The page's chart and map as SVG: no script draws them, and the page's tables have the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import shapely

WIDTH, CHART_HEIGHT, MAP_HEIGHT = 640, 170, 420
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 18, 24
INK, LIGHT, MARK = "#1d2327", "#8a949e", "#0b5394"

LOOKS = {
    "comparison area": f'fill="none" stroke="{LIGHT}" stroke-width="1.5"',
    "ring": f'fill="url(#hatched)" stroke="{MARK}" stroke-width="1"',
    "place": f'fill="{MARK}" stroke="{MARK}" stroke-width="1"',
}
"""In the order of drawing."""


def month_chart(months: Sequence[Mapping[str, Any]], phases: Sequence[tuple[str, str]], label: str) -> str:
    """A line of the place's months with the first months of the phases marked; broken where a month is not told."""
    counts = [row["place"] for row in months]
    top = _round_up(max((count for count in counts if count is not None), default=1))
    step = (WIDTH - LEFT - RIGHT) / max(len(months), 1)
    high = CHART_HEIGHT - TOP - BOTTOM

    def x(place: float) -> float:
        return round(LEFT + step * (place + 0.5), 1)

    def y(count: float) -> float:
        return round(TOP + high * (1 - count / top), 1)

    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(each)}" y2="{y(each)}" stroke="#d0d7de"/>'
        f'<text x="{LEFT - 6}" y="{y(each) + 4}" text-anchor="end">{each:,g}</text>'
        for each in (0, top / 2, top)
    ]
    runs: list[list[str]] = [[]]
    for place, count in enumerate(counts):
        if count is None:
            runs.append([])
        else:
            runs[-1].append(f"{x(place)},{y(count)}")
    parts += [
        f'<polyline points="{" ".join(run)}" fill="none" stroke="{INK}" stroke-width="1.5"/>' for run in runs if run
    ]
    names = [str(row["month"]) for row in months]
    for name, first in phases:
        if first in names:
            at = x(names.index(first) - 0.5)
            parts.append(f'<line x1="{at}" x2="{at}" y1="{TOP - 6}" y2="{CHART_HEIGHT - BOTTOM}" stroke="{MARK}"/>'
                         f'<text x="{at + 3}" y="{TOP - 6}" fill="{MARK}">{escape(name)}</text>')  # fmt: skip
    parts += [
        f'<text x="{x(place)}" y="{CHART_HEIGHT - 8}">{name[:4]}</text>'
        for place, name in enumerate(names)
        if name.endswith("-01")
    ]
    return _svg(CHART_HEIGHT, label, "".join(parts))


def place_map(places: Mapping[str, Any], label: str) -> str:
    """The place, its ring and its comparison areas, north up."""
    shapes = [(one["properties"], shapely.geometry.shape(one["geometry"])) for one in places["features"]]
    west, south, east, north = shapely.total_bounds(np.array([shape for _, shape in shapes], dtype=object)).tolist()
    narrow = float(np.cos(np.radians((south + north) / 2)))
    scale = min((WIDTH - 20) / max((east - west) * narrow, 1e-9), (MAP_HEIGHT - 20) / max(north - south, 1e-9))

    def path(shape: shapely.Geometry) -> str:
        rings = []
        for part in shapely.get_parts(shape):
            for ring in (part.exterior, *part.interiors):
                corners = np.asarray(ring.coords)[:, :2]
                xs, ys = 10 + (corners[:, 0] - west) * narrow * scale, 10 + (north - corners[:, 1]) * scale
                rings.append("M" + "L".join(f"{one:.1f} {other:.1f}" for one, other in zip(xs, ys, strict=True)) + "Z")
        return "".join(rings)

    drawn = "".join(
        f'<path d="{path(shape)}" {look}><title>{escape(about["name"])}</title></path>'
        for kind, look in LOOKS.items()
        for about, shape in shapes
        if about["kind"] == kind
    )
    hatch = (
        '<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<line x1="0" y1="0" x2="0" y2="6" stroke="{MARK}" stroke-width="1.5"/></pattern></defs>'
    )
    return _svg(MAP_HEIGHT, label, hatch + drawn)


def _svg(height: int, label: str, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-label="{escape(label)}" '
        f'font-size="11" fill="{INK}" xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    )


def _round_up(value: float) -> float:
    """The next round number, for the top of an axis.

    Examples
    --------
    >>> _round_up(87), _round_up(3)
    (100, 4)
    """
    power = 10 ** max(len(str(int(value))) - 1, 0)
    return next(step * power for step in (1, 2, 4, 5, 6, 8, 10) if step * power >= value)
