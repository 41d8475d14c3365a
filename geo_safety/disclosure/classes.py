"""Who may see what: the classes of readers, and the class of each theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Access = Literal["open", "partner", "internal"]

ACCESS_CLASSES: tuple[Access, ...] = ("open", "partner", "internal")
"""From the one that sees least to the one that sees all."""


@dataclass(frozen=True)
class Reader:
    """Somebody who reads a release: their class and, for partners, the boroughs that they work for.

    Parameters
    ----------
    access : {'open', 'partner', 'internal'}
        `open`: the open set. `partner`: figures of partner feeds, protected, in their own boroughs, and the open
        set everywhere. `internal`: exact figures.
    boroughs : frozenset of str
        Codes of a partner's boroughs; empty for other classes.

    Examples
    --------
    >>> Reader("partner", frozenset({"E09000033", "E09000001"})).tag
    'partner:E09000001,E09000033'
    """

    access: Access = "open"
    boroughs: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.access not in ACCESS_CLASSES:
            raise ValueError(f"unknown access class {self.access!r}: one of {', '.join(ACCESS_CLASSES)}")

    @property
    def tag(self) -> str:
        """What tells apart replies to different readers: the same tag, the same reply."""
        return ":".join((self.access, ",".join(sorted(self.boroughs)))) if self.boroughs else self.access


OPEN = Reader()
"""Whoever brings no key."""


def closed_feeds(manifest: Mapping[str, Any]) -> dict[str, Access]:
    """Feeds that are not open, with their class."""
    return {
        source["name"]: source["access"] for source in manifest["sources"] if source.get("access", "open") != "open"
    }


def closed_themes(manifest: Mapping[str, Any]) -> dict[str, Access]:
    """Themes whose figures come from feeds that are not open, with the class of the most closed one.

    Examples
    --------
    >>> closed_themes(
    ...     {
    ...         "sources": [{"name": "ambulances", "access": "partner"}, {"name": "police"}],
    ...         "themes": {"injury": {"feeds": ["ambulances"]}, "robbery": {"feeds": ["police"]}},
    ...     }
    ... )
    {'injury': 'partner'}
    """
    closed = closed_feeds(manifest)
    of_theme = {theme: strictest(closed.get(feed, "open") for feed in one["feeds"])
                for theme, one in manifest.get("themes", {}).items()}  # fmt: skip
    return {theme: access for theme, access in of_theme.items() if access != "open"}


def strictest(classes: Iterable[Access]) -> Access:
    """The class that lets the fewest in; open where there is none."""
    return max(classes, key=ACCESS_CLASSES.index, default="open")
