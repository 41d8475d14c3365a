"""The examples of all pages: fenced blocks by language, and lines of shell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from conftest import ROOT

PAGES = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md", "boundaries/README.md")),
    ]
)  # fmt: skip
BLOCK = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Example:
    """One fenced block."""

    page: Path
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text.splitlines()[0][:40]}"


def examples(*languages: str) -> list[Example]:
    """Blocks in these languages; without any, all. Pages that are made from the code hold none."""
    return [
        Example(page, one["language"].strip(), dedent(one["text"]))
        for page in PAGES
        if page.parent.name != "reference"
        for one in BLOCK.finditer(page.read_text(encoding="utf-8"))
        if not languages or one["language"].strip() in languages
    ]


def lines(example: Example) -> list[str]:
    """Commands of a block of shell, without comments; a line that goes on is one."""
    joined = re.sub(r"\\\n\s*", "", example.text)
    return [line for text in joined.splitlines() if (line := re.sub(r"\s+#.*$|^#.*$", "", text).strip())]
