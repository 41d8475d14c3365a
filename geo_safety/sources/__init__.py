"""One module for each kind of feed: it finds the feed's files and turns one file into rows of plain arrays."""

from geo_safety.sources import police_uk
from geo_safety.sources.feed import Source

SOURCES: dict[str, Source] = {
    "police_uk": Source(police_uk.find, police_uk.read, labels="police_uk"),
}
"""Kind of feed → how it is read. A new kind is one module and one row here."""
