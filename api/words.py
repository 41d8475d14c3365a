"""Every word on the map's pages, from the one catalogue that the scripts share: ready for translation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


@cache
def catalogue() -> dict[str, str]:
    """All texts by key."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "words" / "en.json").read_text(encoding="utf-8"))
    return found


def text(key: str, **values: object) -> str:
    """The text under a key, with `{name}` replaced by its value.

    Examples
    --------
    >>> text("legend.range", **{"from": 5, "to": 9})
    '5 to 9'
    """
    return catalogue()[key].format(**values)
