"""The page of notices: what other people's work is in it, and under which licence, from the lock and the packages themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from markdown_text import table

ROOT = Path(__file__).resolve().parents[2]

EMBEDDED = ("leaflet", "maplibre-gl", "uplot", "govuk-frontend")
"""Packages whose code is in the built map application and so in the wheel."""


def python_packages() -> Iterator[tuple[str, str]]:
    """Name and licence of every package of the run-time lock that is installed here (some are for other systems)."""
    names = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name in sorted(set(names), key=str.lower):
        try:
            yield name, _licence(name)
        except PackageNotFoundError:
            continue


def _licence(name: str) -> str:
    said = metadata(name)
    if expression := said.get("License-Expression"):
        return expression
    classes = [
        line.rsplit("::", 1)[1].strip() for line in said.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    classes = [one for one in classes if one != "OSI Approved"]
    short = (said.get("License") or "").strip()
    if classes:
        return ", ".join(dict.fromkeys(classes))
    return short.splitlines()[0] if short and len(short.splitlines()[0]) < 80 else "see the package"


def web_packages() -> Iterator[tuple[str, str]]:
    """Name and licence of every package whose code the map application embeds, and of those that come with them."""
    packages = json.loads((ROOT / "api" / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted, seen = list(EMBEDDED), set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        wanted += packages[f"node_modules/{name}"].get("dependencies", {})
    for name in sorted(seen):
        yield name, packages[f"node_modules/{name}"].get("license", "see the package")


def notices_page() -> str:
    """Markdown of the page."""
    heads = ("package", "licence")
    return "\n".join(
        [
            "# Licence and notices\n",
            (
                "geo-safety itself: MIT, see the file `LICENSE`. It stands on the work of others, whose licences hold for"
                " their parts; whose **data** it reads and what they ask for is in [data and licences](../data-and-licences.md).\n"
            ),
            "## Embedded in the map application\n",
            "Their code is in the files under `geo_safety/assets/`, and so in the wheel.\n",
            table(heads, [(f"`{name}`", licence) for name, licence in web_packages()]),
            "## Installed with it\n",
            (
                "Python packages of `requirements.lock`, with the licence that each states in its own metadata. They are"
                " installed from their own packages and not copied.\n"
            ),
            table(heads, [(f"`{name}`", licence) for name, licence in python_packages()]),
        ]
    )
