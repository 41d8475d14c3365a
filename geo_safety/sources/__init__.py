"""One module for each kind of feed: it finds the feed's files and turns one file into rows of plain arrays."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import get_type_hints

from geo_safety.sources.feed import AreaRows, FeedSettings, Source


class Kinds(Mapping[str, Source]):
    """Kind of feed → how it is read. A kind is imported when it is first asked for: most studies use one or two."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Source:
        if name not in self._names:
            raise KeyError(name)
        module = import_module(f"{__name__}.{name}")
        return Source(
            module.find,
            module.read,
            remarks=getattr(module, "remarks", None),
            labels=module.LABELS,
            attribution=getattr(module, "ATTRIBUTION", None),
            is_by_area=get_type_hints(module.read)["return"] is AreaRows,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


SOURCES = Kinds(
    "area_counts",
    "knife_crime",
    "mps_counts",
    "police_uk",
    "stats19",
    "stop_search",
    "table",
)
"""Kinds of feed, each the name of a module here with `find`, `read` and `LABELS` (category → themes), and where there is
one its publisher's `ATTRIBUTION`; if its files say more than incidents, `remarks`.

A new kind is one module and one name in this row (docs/recipes/add-a-source.md)."""


def remarks_of(feeds: Iterable[FeedSettings]) -> list[str]:
    """What the files of these feeds say besides incidents, in words, each line with its feed's name.

    Raises
    ------
    SourceError
        If a file cannot be read.
    """
    return [
        f"{feed.name}: {line}" for feed in feeds if (remarks := SOURCES[feed.kind].remarks) for line in remarks(feed)
    ]
