"""Markdown that the generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NOTE = "<!-- Made from the code by `make docs`: change the code, not this page. -->\n\n"


def cell(text: object) -> str:
    """A text that stays in its cell of a table, and shows what it says."""
    return re.sub(r"\s+", " ", str(text)).replace("|", r"\|").replace("<", "&lt;").strip()


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell(value) if value != "" else " " for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def anchor(*words: str) -> str:
    """A name that links can lead to."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")
