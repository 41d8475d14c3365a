"""The page of the library: every public statistic with the question it answers and its page."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from markdown_text import table

from geo_safety import statistics

PAGES = Path(__file__).resolve().parents[1] / "statistics"


def library_page() -> str:
    """Markdown of the page."""
    pages = {
        name: page.name
        for page in sorted(PAGES.glob("*.md"))
        for line in re.findall(r"^\*\*In the library:\*\* (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", line)
    }
    rows = []
    for name in sorted(statistics.__all__, key=str.lower):
        one = getattr(statistics, name)
        if not callable(one):
            continue
        first = (inspect.getdoc(one) or "").split("\n\n")[0].replace("\n", " ")
        where = f"[page](../statistics/{pages[name]})" if name in pages else ""
        rows.append((f"`{name}`", first, where))
    return "\n".join(
        [
            "# The statistics as a library\n",
            (
                "`from geo_safety.statistics import …`: arrays in, arrays out, no files, no clock, no settings. `help(function)`"
                " shows shapes, units, what zeros, gaps and ties do, references and an example that our tests run.\n"
            ),
            table(("name", "what it answers or is", "explained"), rows),
        ]
    )
