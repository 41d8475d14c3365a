"""The figures of the page on calibration: drawn from the tables of that page, so that they cannot say anything else.

`python docs/site/figures.py` writes them anew; a test fails when a table has changed and its figure has not.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
PAGE = DOCS / "calibration.md"

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #0b0c0c; } .small { font-size: 12px; fill: #505a5f; }
  .ours { fill: #1d70b8; } .other { fill: none; stroke: #505a5f; stroke-width: 1.5; } .axis { stroke: #b1b4b6; }
  .bound { stroke: #d4351c; stroke-width: 2; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8eaec; } .small { fill: #a9b1b6; } .ours { fill: #8ec5ff; } .other { stroke: #a9b1b6; }
    .axis { stroke: #4a5359; } .bound { stroke: #ff8a75; }
  }
"""
WIDTH, LEFT, ROW = 720, 240, 22


def tables() -> list[list[list[str]]]:
    """The page's tables: rows of cells, the heads first."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    return [
        [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in block.splitlines()
            if "---" not in line
        ]
        for block in found
    ]


def figures() -> dict[str, str]:
    """File name → SVG."""
    without, surfaces, classes, *_ = tables()
    return {
        "calibration-without-hotspots.svg": _without(without[1:]),
        "calibration-false-share.svg": _false_share(surfaces[1:]),
        "calibration-stability.svg": _stability(classes[1:]),
    }


def _svg(height: int, title: str, said: str, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(said)}</desc>\n<style>{STYLE}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _scale(ticks: tuple[int, ...], most: float, bottom: int, unit: str) -> list[str]:
    parts = []
    for tick in ticks:
        x = LEFT + tick / most * (WIDTH - LEFT - 60)
        parts.append(f'<path class="axis" d="M{x:.1f} 26V{bottom}"/>')
        parts.append(f'<text class="small" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick}{unit}</text>')
    return parts


def _at(value: float, most: float) -> float:
    return LEFT + value / most * (WIDTH - LEFT - 60)


def _without(rows: list[list[str]]) -> str:
    """Share of maps without hotspots on which a rule lists anything, with the bound."""
    most, bottom = 80.0, 32 + len(rows) * ROW
    parts = _scale((0, 20, 40, 60, 80), most, bottom, " %")
    bound = _at(6.5, most)
    parts += [
        f'<path class="bound" d="M{bound:.1f} 22V{bottom}"/>',
        f'<text class="small" x="{bound + 6:.1f}" y="18">at most 6.5 % is allowed</text>',
    ]
    said = []
    for number, (rule, cells, wards) in enumerate(rows):
        y = 32 + number * ROW
        parts.append(f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(rule)}</text>')
        for value, css, size in ((cells, "ours", 5), (wards, "other", 6.5)):
            if value != "-":
                parts.append(f'<circle class="{css}" cx="{_at(float(value), most):.1f}" cy="{y + 10}" r="{size}"/>')
        said.append(f"{rule}: cells {cells}, wards {wards}")
    parts.append(f'<text class="small" x="{LEFT}" y="{bottom + 36}">filled: cells; ring: wards</text>')
    title = "Maps without any hotspot on which a rule lists anything, percent"
    return _svg(bottom + 48, title, "; ".join(said), parts)


def _false_share(rows: list[list[str]]) -> str:
    """Listed places that are truly below the level, for each rule on each surface, with the expected share."""
    rules = list(dict.fromkeys(row[3] for row in rows))
    most, bottom = 27.0, 32 + len(rules) * ROW
    parts = _scale((0, 5, 10, 15, 20, 25), most, bottom, " %")
    bound = _at(5, most)
    parts += [
        f'<path class="bound" d="M{bound:.1f} 22V{bottom}"/>',
        f'<text class="small" x="{bound + 6:.1f}" y="18">5 % is what a list is allowed to expect</text>',
    ]
    said = []
    for number, rule in enumerate(rules):
        y = 32 + number * ROW
        parts.append(f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(rule)}</text>')
        shares = [(row[0], row[5]) for row in rows if row[3] == rule]
        for ground, share in shares:
            css, size = ("ours", 5) if "cells" in ground else ("other", 6.5)
            parts.append(f'<circle class="{css}" cx="{_at(float(share), most):.1f}" cy="{y + 10}" r="{size}"/>')
        said.append(f"{rule}: {', '.join(share for _, share in shares)}")
    parts.append(
        f'<text class="small" x="{LEFT}" y="{bottom + 36}">filled: cells; ring: wards; in brackets: rules that are held to no share</text>'
    )
    title = "Listed places that are truly below the level, percent, on known surfaces"
    return _svg(bottom + 48, title, "; ".join(said), parts)


def _stability(rows: list[list[str]]) -> str:
    """How often a class is true beside how often it is said to be."""
    bottom = 32 + len(rows) * ROW
    parts = _scale((0, 20, 40, 60, 80, 100), 100.0, bottom, " %")
    said = []
    for number, (ground, surface, word, _, stated, true) in enumerate(rows):
        y = 32 + number * ROW + 10
        name = f"{ground.removeprefix('London, ')}, {surface}: {word}"
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        one, other = _at(float(stated), 100.0), _at(float(true), 100.0)
        parts.append(f'<path class="axis" d="M{one:.1f} {y}H{other:.1f}"/>')
        parts.append(f'<circle class="other" cx="{one:.1f}" cy="{y}" r="6.5"/>')
        parts.append(f'<circle class="ours" cx="{other:.1f}" cy="{y}" r="5"/>')
        said.append(f"{name}: stated {stated}, true {true}")
    parts.append(f'<text class="small" x="{LEFT}" y="{bottom + 36}">ring: stated; filled: true</text>')
    return _svg(
        bottom + 48, "How often a class is true, beside how often it is said to be, percent", "; ".join(said), parts
    )


if __name__ == "__main__":
    for name, text in figures().items():
        (DOCS / "images" / name).write_text(text, encoding="utf-8")
