"""The page of data licences: official downloads, known boundary sets and kinds of feed, each as the program states it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_text import table

from geo_safety.sources import SOURCES

ROOT = Path(__file__).resolve().parents[2]


def licences_page() -> str:
    """Markdown of the page."""
    downloads = _read("geo_safety/downloads/addresses.toml")
    sets = _read("boundaries/catalogue.toml")
    named = [
        (f"`{kind}`", SOURCES[kind].attribution or "what the entry's `attribution` says, else its name")
        for kind in sorted(SOURCES)
    ]
    return "\n".join(
        [
            "# Licences of data\n",
            "## Who is named for a feed\n",
            table(("kind", "attribution, where the config says no other"), named),
            "## Official downloads\n",
            "`geo-safety fetch` takes these ([how](../fetch.md)).\n",
            table(
                ("source", "licence", "publisher's page"),
                [(f"`{name}`", one["licence"], _page(one)) for name, one in _entries(downloads)],
            ),
            "## Boundary sets that are recognised\n",
            table(
                ("set", "publisher", "licence"),
                [(f"`{name}`", one.get("publisher", ""), one["licence"]) for name, one in _entries(sets)],
            ),
        ]
    )


def _read(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def _entries(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries with a licence, by name: tables, or rows of a list that say their name."""
    for key, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and "licence" in one:
                named = " ".join(str(one[part]) for part in ("layer", "vintage") if part in one)
                yield named or one.get("name", key), one


def _page(one: dict[str, Any]) -> str:
    return str(one.get("documented") or one["base"])
