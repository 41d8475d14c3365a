"""Stop and search records of data.police.uk: context that is shown beside, and never scored.

They tell where the police searched, not where harm was done, so settings refuse to make a layer of them. Nothing of the
person searched is read: not sex, age, ethnicity, nor what was found. Times are universal and exact to the minute; they
are turned into local time before their month is taken. Many rows have no place: all of the Metropolitan Police's in 2015.
"""

from __future__ import annotations

from geo_safety.errors import SourceError
from geo_safety.sources.arrow import texts
from geo_safety.sources.delimited import Coded, DelimitedFile, require_columns
from geo_safety.sources.feed import FeedSettings, PointRows, RawFile
from geo_safety.sources.files import find_files
from geo_safety.sources.forces import DATA_POLICE_UK, by_force, name_of, newest_of_each
from geo_safety.sources.points import PointColumns, PointFormat, read_points
from geo_safety.sources.values import parse_times
from geo_safety.themes import STOP_SEARCH

LABELS = STOP_SEARCH
ATTRIBUTION = DATA_POLICE_UK

_COLUMNS = {"type": "Type", "time": "Date", "longitude": "Longitude", "latitude": "Latitude"}
NAME = name_of("stop-and-search")

UNNAMED = "Search of an unstated kind"
"""Category of rows that do not say whether a person or a vehicle was searched."""


def find(settings: FeedSettings) -> list[RawFile]:
    """Which stop-and-search files does the feed hold, and which of them does a newer one replace?

    Raises
    ------
    SourceError
        If there is none, or none of a force that the feed names.
    """
    found = find_files(settings.path, feed=settings.name)
    of_force = by_force(found, NAME)
    if not of_force:
        raise SourceError(
            f"Feed {settings.name!r}: none of the {len(found)} files is a file of stop and search.",
            "Their names must be like 2024-01-metropolitan-stop-and-search.csv (or .csv.gz).",
        )
    return newest_of_each(of_force, settings, what="file of stop and search")


def read(raw_file: RawFile, settings: FeedSettings) -> PointRows:
    """What do the rows of one file say?

    Raises
    ------
    SourceError
        If the file holds something else, or is cut short or damaged.
    """
    file = DelimitedFile(raw_file, delimiter=settings.delimiter or ",")
    require_columns(_COLUMNS, file.names, file=raw_file.name)
    coordinates = (_COLUMNS["longitude"], _COLUMNS["latitude"])
    batches = (
        PointColumns(
            time=batch.texts[_COLUMNS["time"]],
            longitude=batch.coordinate(coordinates[0]),
            latitude=batch.coordinate(coordinates[1]),
            category=_named(batch.texts[_COLUMNS["type"]]),
        )
        for batch in file.batches(list(_COLUMNS.values()), numbers=coordinates)
    )
    how = PointFormat(
        lambda written: parse_times(written, formats=(), time_zone=settings.time_zone), month=raw_file.month
    )
    return read_points(file, batches, how)


def _named(kind: Coded) -> Coded:
    return Coded(kind.code, texts([text or UNNAMED for text in kind.texts]))
