"""One module for each kind of feed: it finds the feed's files and turns one file into rows of plain arrays."""

from geo_safety.sources import area_counts, police_uk, stats19, table
from geo_safety.sources.feed import Source

SOURCES: dict[str, Source] = {
    "police_uk": Source(police_uk.find, police_uk.read),
    "table": Source(table.find, table.read),
    "stats19": Source(stats19.find, stats19.read),
    "area_counts": Source(area_counts.find, area_counts.read),
}
"""Kind of feed → how it is read. A new kind is one module and one row here."""
