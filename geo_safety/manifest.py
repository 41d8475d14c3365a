"""What a release says about itself: sources, accounting, windows, settings, software.

Everything here is a pure function of what was read and counted; no clock, no host, no path of the
machine that made it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from geo_safety import __version__

METHOD_VERSION = "2026.1"
"""Version of the rules that make a hotspot; it changes whenever the same counts could give another list."""

BUCKETS = ("superseded", "quarantined", "repeated", "unlocated", "outside", "accepted")
"""What can become of a row, in the order in which it is decided; they add up to `rows_read`."""

TOTALS = ("rows_read", *BUCKETS, "unused", "incidents")

PACKAGES = ("numpy", "pandas", "pyarrow", "scipy", "shapely", "pyproj", "h3", "geopandas", "libpysal", "esda")
"""Packages whose version can change a figure."""


def software() -> dict[str, str]:
    """Versions of everything that can change a figure."""
    return {"geo-safety": __version__} | {name: version(name) for name in PACKAGES}


def accounting(sources: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Totals over all files of all feeds.

    Parameters
    ----------
    sources : sequence of mapping
        The manifest's `sources`.

    Examples
    --------
    >>> one = {"files": [{"rows_read": 3, "accepted": 2, "outside": 1}]}
    >>> accounting([one, one])["rows_read"]
    6
    """
    files = [file for source in sources for file in source["files"]]
    return {name: sum(file.get(name, 0) for file in files) for name in TOTALS}


def inputs_hash(parts: Iterable[tuple[str, str]], settings: Mapping[str, Any]) -> str:
    """One hash of everything that the figures depend on.

    Parameters
    ----------
    parts : iterable of (str, str)
        Name and hash of each input file; their order does not matter.
    settings : mapping
        The configuration as written.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    content = {"files": sorted(parts), "settings": settings, "software": software(), "method": METHOD_VERSION}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def accounting_text(manifest: Mapping[str, Any]) -> str:
    """The accounting of a release as a table for people: one line a feed, and the sum.

    Parameters
    ----------
    manifest : mapping
        A release's manifest, or anything with its `sources`.
    """
    header = ("feed", *TOTALS)
    rows = [(source["name"], *_sums(source)) for source in manifest["sources"]]
    if len(rows) > 1:
        rows.append(("all feeds", *accounting(manifest["sources"]).values()))
    texts = [header, *((str(name), *(f"{number:,}" for number in numbers)) for name, *numbers in rows)]
    widths = [max(len(row[place]) for row in texts) for place in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in texts
    )


def _sums(source: Mapping[str, Any]) -> list[int]:
    return list(accounting([source]).values())
