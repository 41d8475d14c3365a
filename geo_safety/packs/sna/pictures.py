"""Lines over years, as a picture of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from geo_safety.packs.drawing import BOTTOM, GRID, INK, LEFT, MARK, PALE, RIGHT, TOP, WIDTH, round_up, svg

HEIGHT = 200
LOOKS = ((MARK, 2.4, ""), (INK, 1.6, "6 3"), (PALE, 1.4, "2 3"))
"""Colour, width and dash of the first, second and third line."""


def year_lines(ends: Sequence[str], lines: Mapping[str, np.ndarray], *, label: str, base: int) -> str:
    """An index by year for up to three places; a line breaks where a year is not known.

    Parameters
    ----------
    ends : sequence of str
        Last month of each year.
    lines : mapping of str to array of float, shape (n_years,)
        Name → index; NaN where it is not known.
    base : int
        Place of the year that is 100.
    """
    known = [value for values in lines.values() for value in values[~np.isnan(values)].tolist()]
    top = round_up(max([*known, 100.0]))
    step = (WIDTH - LEFT - RIGHT) / max(len(ends), 1)
    floor = HEIGHT - BOTTOM

    def x(place: float) -> float:
        return LEFT + step * (place + 0.5)

    def y(value: float) -> float:
        return TOP + (floor - TOP) * (1 - value / top)

    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(each):.1f}" y2="{y(each):.1f}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 6}" y="{y(each) + 4:.1f}" text-anchor="end">{each:,g}</text>'
        for each in (0, top / 2, top)
    ]
    parts.append(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(100):.1f}" y2="{y(100):.1f}" stroke="{PALE}" stroke-width=".6"/>'
        f'<line x1="{x(base):.1f}" x2="{x(base):.1f}" y1="{TOP}" y2="{floor}" stroke="{GRID}"/>'
    )
    for (name, values), (colour, width, dash) in zip(lines.items(), LOOKS, strict=False):
        for run in _runs(values):
            points = " ".join(f"{x(place):.1f},{y(float(values[place])):.1f}" for place in run)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"><title>{escape(name)}</title></polyline>')  # fmt: skip
            if len(run) == 1:
                parts.append(
                    f'<circle cx="{x(run[0]):.1f}" cy="{y(float(values[run[0]])):.1f}" r="3" fill="{colour}"/>'
                )
    every = max(1, -(-len(ends) // 9))
    parts += [
        f'<text x="{x(place):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{end}</text>'
        for place, end in enumerate(ends)
        if (len(ends) - 1 - place) % every == 0
    ]
    return svg(HEIGHT + 20, label, "".join(parts) + _key(list(lines)))


def months_beside_average(rows: Sequence[tuple[str, float, float, float]], *, label: str) -> str:
    """Twelve months beside an average one: a disc and its interval each, and a line at 1.

    Parameters
    ----------
    rows : sequence of (name, value, low, high)
    """
    height = 130
    top = round_up(max(high for _, _, _, high in rows))
    bottom = 0.5 if min(low for _, _, low, _ in rows) > 0.5 else 0.0
    step = (WIDTH - LEFT - RIGHT) / len(rows)

    def y(value: float) -> float:
        return TOP + (height - TOP - BOTTOM) * (1 - (value - bottom) / (top - bottom))

    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(each):.1f}" y2="{y(each):.1f}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 6}" y="{y(each) + 4:.1f}" text-anchor="end">{each:g}</text>'
        for each in (bottom, top)
    ]
    parts.append(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(1):.1f}" y2="{y(1):.1f}" stroke="{INK}" stroke-dasharray="3 2"/>'
        f'<text x="{LEFT - 6}" y="{y(1) + 4:.1f}" text-anchor="end">1</text>'
    )
    for place, (name, value, low, high) in enumerate(rows):
        x = LEFT + step * (place + 0.5)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y(low):.1f}" y2="{y(high):.1f}" stroke="{MARK}" stroke-width="2"/>'
            f'<circle cx="{x:.1f}" cy="{y(value):.1f}" r="4" fill="{MARK}"/>'
            f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{escape(name)}</text>'
        )
    return svg(height, label, "".join(parts))


def _runs(values: np.ndarray) -> list[list[int]]:
    """Places of values without a gap, run by run.

    Examples
    --------
    >>> _runs(np.array([1.0, 2.0, np.nan, 4.0]))
    [[0, 1], [3]]
    """
    runs: list[list[int]] = [[]]
    for place, is_gap in enumerate(np.isnan(values).tolist()):
        if not is_gap:
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _key(names: Sequence[str]) -> str:
    parts, x = [], float(LEFT)
    for name, (colour, width, dash) in zip(names, LOOKS, strict=False):
        parts.append(f'<line x1="{x:.0f}" x2="{x + 24:.0f}" y1="{HEIGHT + 8}" y2="{HEIGHT + 8}" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"/>'
                     f'<text x="{x + 30:.0f}" y="{HEIGHT + 12}">{escape(name)}</text>')  # fmt: skip
        x += 60 + 6.2 * len(name)
    return "".join(parts)
