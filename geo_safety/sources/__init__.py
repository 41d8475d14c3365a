"""One module for each kind of feed: it finds the feed's files and turns one file into rows of plain arrays."""

from collections.abc import Iterable

from geo_safety.sources import area_counts, knife_crime, mps_counts, police_uk, stats19, stop_search, table
from geo_safety.sources.feed import FeedSettings, Source

SOURCES: dict[str, Source] = {
    "police_uk": Source(police_uk.find, police_uk.read, police_uk.remarks),
    "table": Source(table.find, table.read),
    "stats19": Source(stats19.find, stats19.read, stats19.remarks),
    "area_counts": Source(area_counts.find, area_counts.read),
    "mps_counts": Source(mps_counts.find, mps_counts.read),
    "knife_crime": Source(knife_crime.find, knife_crime.read),
    "stop_search": Source(stop_search.find, stop_search.read),
}
"""Kind of feed → how it is read. A new kind is one module and one row here."""


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
