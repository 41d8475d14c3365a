"""The picture of the data flow: the layers of `pyproject.toml`, lowest first, as one SVG that follows light and dark.

import-linter holds the code to these layers (`make check`), so the picture cannot show what is not so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

STAGES: tuple[tuple[str, str, str], ...] = (
    # the highest layer of the stage, its title, what happens there
    ("themes", "Ground", "definitions that all others stand on"),
    ("sources", "Read", "raw files become rows; what cannot be used is set aside with its reason"),
    ("incidents", "Gather", "rows of all feeds become incidents, each counted once"),
    ("cube", "Place and count", "zones, neighbours and denominators; a count for each zone, month and theme"),
    ("area_life", "Judge", "statistics make hotspots, areas, classes, reliability and harm"),
    ("products", "Lists to act on", "layers with all columns, and the products made of them"),
    ("release", "Protect and publish", "disclosure control, then formats, then one release switched in one step"),
    ("subscriptions", "Answer", "views of a release for one reader: changes, comparisons, alerts, walks"),
    ("__main__", "Run", "settings, the pipeline that knows the order, self-tests and the command line"),
)


@dataclass(frozen=True)
class Stage:
    """Some layers that follow each other, under one title.

    Parameters
    ----------
    rows : tuple of tuple of str
        Layers, lowest first, each with the modules that stand in it side by side.
    """

    title: str
    does: str
    rows: tuple[tuple[str, ...], ...]


def layers() -> list[tuple[str, ...]]:
    """The layers of the engine, lowest first, each with its modules."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    return [tuple(re.findall(r"\w+", line)) for line in reversed(contract["layers"])]


def stages() -> list[Stage]:
    """The layers by stage; every layer has one.

    Raises
    ------
    ValueError
        A stage ends with a module that is in no layer.
    """
    left, found = layers(), []
    for last, title, does in STAGES:
        ends = [number for number, row in enumerate(left) if last in row]
        if not ends:
            raise ValueError(
                f"{last!r} ends the stage {title!r} of docs/site/data_flow.py, but is in no layer of pyproject.toml."
            )
        found.append(Stage(title, does, tuple(left[: ends[0] + 1])))
        left = left[ends[0] + 1 :]
    if left:
        raise ValueError(f"Layers above the last stage of docs/site/data_flow.py: {left}.")
    return found


WIDTH, MARGIN, LINE, ROW, GAP = 760, 16, 17, 23, 20
CHARACTER = 7.3
"""Width of a letter of the modules' names in the picture, a little too wide rather than too narrow."""

STYLE = """
  .box { fill: #f3f6f9; stroke: #1d70b8; }
  .title { font: 600 15px system-ui, sans-serif; fill: #0b0c0c; }
  .does { font: 13px system-ui, sans-serif; fill: #505a5f; }
  .module { font: 12px ui-monospace, monospace; fill: #0b0c0c; }
  .chip { fill: #ffffff; stroke: #b1b4b6; }
  .arrow { stroke: #1d70b8; fill: none; stroke-width: 2; }
  .head { fill: #1d70b8; }
  @media (prefers-color-scheme: dark) {
    .box { fill: #1d2226; stroke: #8ec5ff; } .title, .module { fill: #e8eaec; } .does { fill: #a9b1b6; }
    .chip { fill: #16191c; stroke: #4a5359; } .arrow { stroke: #8ec5ff; } .head { fill: #8ec5ff; }
  }
"""


def picture() -> str:
    """The SVG."""
    parts: list[str] = []
    y = MARGIN
    made = stages()
    for number, stage in enumerate(made):
        lines = list(_lines(stage.rows))
        height = 52 + len(lines) * ROW + 8
        parts.append(f'<rect class="box" x="{MARGIN}" y="{y}" width="{WIDTH - 2 * MARGIN}" height="{height}" rx="4"/>')
        parts.append(f'<text class="title" x="{MARGIN + 14}" y="{y + 23}">{escape(stage.title)}</text>')
        parts.append(f'<text class="does" x="{MARGIN + 14}" y="{y + 42}">{escape(stage.does)}</text>')
        for row, line in enumerate(lines):
            x = float(MARGIN + 14)
            for module in line:
                wide = len(module) * CHARACTER + 14
                top = y + 52 + row * ROW
                parts.append(f'<rect class="chip" x="{x:.0f}" y="{top}" width="{wide:.0f}" height="{ROW - 4}" rx="3"/>')
                parts.append(f'<text class="module" x="{x + 7:.0f}" y="{top + 14}">{escape(module)}</text>')
                x += wide + 6
        y += height
        if number + 1 < len(made):
            middle = WIDTH // 2
            parts.append(f'<path class="arrow" d="M{middle} {y}v{GAP - 6}"/>')
            parts.append(f'<path class="head" d="M{middle - 6} {y + GAP - 8}h12l-6 8z"/>')
            y += GAP
    said = "; ".join(f"{stage.title}: {', '.join(name for row in stage.rows for name in row)}" for stage in made)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + MARGIN}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">Data flow of geo-safety, from raw files at the top to the command line</title>\n'
        f'<desc id="d">{escape(said)}</desc>\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _lines(rows: Sequence[tuple[str, ...]]) -> Iterator[list[str]]:
    """The modules in lines that fit the width, lowest layer first."""
    line: list[str] = []
    used = 0.0
    for module in (name for row in rows for name in row):
        wide = len(module) * CHARACTER + 20
        if line and used + wide > WIDTH - 2 * MARGIN - 28:
            yield line
            line, used = [], 0.0
        line.append(module)
        used += wide
    if line:
        yield line
