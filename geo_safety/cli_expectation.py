"""`geo-safety expectation`: the range of next year for boroughs and wards, as a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geo_safety.cli_options import EXIT_DONE, RELEASES_HELP, add_json, answer


def add_expectation_command(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = command("expectation", _expectation, "what a borough or ward may expect next year if nothing changes")
    parser.add_argument("releases", type=Path, metavar="RELEASES", help=RELEASES_HELP)
    parser.add_argument(
        "--layer", default="boroughs", metavar="L", help="boroughs (default) or wards; cells are refused"
    )
    parser.add_argument("--theme", metavar="T", help="default: the first that has an expectation")
    parser.add_argument("--borough", metavar="CODE", help="of this borough only; default all")
    add_json(parser)


def _expectation(options: argparse.Namespace) -> int:
    from geo_safety.expected import LAYER, expected_rows
    from geo_safety.release import current
    from geo_safety.view import View

    view = View(current(options.releases))
    known = view.themes_of(LAYER) if LAYER in view.layers else ()
    theme = options.theme or (*known, *view.themes)[0]
    rows = expected_rows(view, options.layer, theme, borough=options.borough).to_pylist()
    answer(options, {"layer": options.layer, "theme": theme, "rows": rows}, _table(theme, options.layer, rows))
    return EXIT_DONE


def _table(theme: str, layer: str, rows: list[dict[str, Any]]) -> str:
    lines = [["", "last 12 months", "expected", "range", "method"]]
    for row in rows:
        has_range = row["expected"] is not None
        span = f"{row['expected_low']:,.0f} to {row['expected_high']:,.0f}" if has_range else "too few to say"
        middle = f"{row['expected']:,.0f}" if has_range else ""
        lines.append([row["name"], row["incidents_band"] or "", middle, span, row["method"] or ""])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    if rows:
        first = rows[0]
        text.append(
            f"{theme}, {layer}, {first['expected_start']:%B %Y} to {first['expected_end']:%B %Y}. Of such ranges for "
            f"{first['years_tested']} past years {first['coverage']:.0%} held; in the year that fitted least "
            f"{first['coverage_lowest']:.0%}. If nothing changes: not a target, not a promise."
        )
    return "\n".join(text)
