"""Street files of data.police.uk: `YYYY-MM-<force>-street.csv`, loose, packed, or inside monthly archives.

The publisher moves every incident to the nearest of a fixed list of map points and gives its month
only. Rows that share a Crime ID inside one file are one crime; rows without an ID (anti-social
behaviour, and all of the transport police) repeat each other honestly and are all kept. An ID means
nothing outside its own force and month. Outcomes files are never counted: they are matched to the crimes by ID.
"""

from __future__ import annotations

from geo_safety.errors import SourceError
from geo_safety.months import month_number
from geo_safety.sources.delimited import DelimitedFile, require_columns
from geo_safety.sources.feed import FeedSettings, PointRows, RawFile
from geo_safety.sources.files import find_files
from geo_safety.sources.forces import DATA_POLICE_UK, by_force, name_of, newest_of_each
from geo_safety.sources.outcomes import outcome_remarks
from geo_safety.sources.points import PointColumns, PointFormat, read_points
from geo_safety.sources.revisions import revision_remarks
from geo_safety.sources.values import parse_months
from geo_safety.themes import POLICE_UK

LABELS = POLICE_UK
ATTRIBUTION = DATA_POLICE_UK

_COLUMNS = {
    "id": "Crime ID",
    "month": "Month",
    "longitude": "Longitude",
    "latitude": "Latitude",
    "category": "Crime type",
}
MAP_POINTS_RENEWED = month_number("2022-07")
"""Month in which the publisher renewed its map points: single cells cannot be compared across it."""

NAME = name_of("street")


def find(settings: FeedSettings) -> list[RawFile]:
    """Which street files does the feed hold, and which of them does a newer one replace?

    Raises
    ------
    SourceError
        If there is none, or none of a force that the feed names.
    """
    found = find_files(settings.path, feed=settings.name)
    of_force = by_force(found, NAME)
    if not of_force:
        raise SourceError(
            f"Feed {settings.name!r}: none of the {len(found)} files is a street file.",
            "Their names must be like 2024-01-metropolitan-street.csv (or .csv.gz); "
            'for files in another layout use kind = "table".',
        )
    return newest_of_each(of_force, settings, what="street file")


def read(raw_file: RawFile, settings: FeedSettings) -> PointRows:
    """What do the rows of one street file say?

    Raises
    ------
    SourceError
        If the file is no street file, or cut short or damaged.
    """
    file = DelimitedFile(raw_file, delimiter=settings.delimiter or ",")
    require_columns(
        _COLUMNS,
        file.names,
        file=raw_file.name,
        hint=' It may be no file of data.police.uk; then use kind = "table".',
    )
    batches = (
        PointColumns(
            time=batch.texts[_COLUMNS["month"]],
            longitude=batch.coordinate(_COLUMNS["longitude"]),
            latitude=batch.coordinate(_COLUMNS["latitude"]),
            category=batch.texts[_COLUMNS["category"]],
            id=batch.texts[_COLUMNS["id"]],
        )
        for batch in file.batches(list(_COLUMNS.values()), numbers=(_COLUMNS["longitude"], _COLUMNS["latitude"]))
    )
    return read_points(file, batches, PointFormat(parse_months, month=raw_file.month))


def remarks(settings: FeedSettings) -> list[str]:
    """What the files say besides incidents: how later editions revised months, and what came of the crimes.

    Raises
    ------
    SourceError
        As for `find` and `read`.
    """
    files = find(settings)
    return [*revision_remarks(files), *outcome_remarks(files, settings)]
