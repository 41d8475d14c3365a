"""Street files of data.police.uk: `YYYY-MM-<force>-street.csv`, loose, packed, or inside monthly archives.

The publisher moves every incident to the nearest of a fixed list of map points and gives its month
only. Rows that share a Crime ID inside one file are one crime; rows without an ID (anti-social
behaviour, and all of the transport police) repeat each other honestly and are all kept. An ID means
nothing outside its own force and month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from geo_safety.errors import SourceError
from geo_safety.sources.delimited import DelimitedFile, require_columns
from geo_safety.sources.feed import FeedSettings, PointRows, RawFile
from geo_safety.sources.files import FoundFile, find_files
from geo_safety.sources.points import PointColumns, PointFormat, read_points
from geo_safety.sources.values import month_number, parse_months

_COLUMNS = {
    "id": "Crime ID",
    "month": "Month",
    "longitude": "Longitude",
    "latitude": "Latitude",
    "category": "Crime type",
}
MAP_POINTS_RENEWED = month_number("2022-07")
"""Month in which the publisher renewed its map points: single cells cannot be compared across it."""

_NAME = re.compile(r"(?:.*/)?(?P<month>\d{4}-\d{2})-(?P<force>[a-z0-9-]+)-street\.csv(?:\.gz)?", re.IGNORECASE)
_EDITION = re.compile(r"\d{4}-\d{2}")


def find(settings: FeedSettings) -> list[RawFile]:
    """Which street files does the feed hold, and which of them does a newer one replace?

    Raises
    ------
    SourceError
        If there is none, or none of a force that the feed names.
    """
    found = find_files(settings.path, feed=settings.name)
    street = {file: match for file in found if (match := _NAME.fullmatch(file.name))}
    of_force = {file: (match["force"].lower(), month_number(match["month"])) for file, match in street.items()}
    forces = {force for force, _ in of_force.values()}
    if not of_force:
        raise SourceError(
            f"Feed {settings.name!r}: none of the {len(found)} files is a street file.",
            "Their names must be like 2024-01-metropolitan-street.csv (or .csv.gz); "
            'for files in another layout use kind = "table".',
        )
    if absent := [force for force in settings.forces if force not in forces]:
        raise SourceError(
            f"Feed {settings.name!r}: there is no street file of {', '.join(absent)}.",
            f"Correct `forces`; there are files of {', '.join(sorted(forces))}.",
        )
    wanted = {file: key for file, key in of_force.items() if not settings.forces or key[0] in settings.forces}
    newest = set(_newest(wanted))
    return [
        RawFile(file.name, file.path, file.member, unit=force, month=month, is_superseded=file not in newest)
        for file, (force, month) in wanted.items()
    ]


def _newest(files: dict[FoundFile, tuple[str, int | None]]) -> Iterator[FoundFile]:
    """One file for each force and month."""
    groups: dict[tuple[str, int | None], list[FoundFile]] = {}
    for file, key in files.items():
        groups.setdefault(key, []).append(file)
    for group in groups.values():
        archived = [file for file in group if _edition(file)]
        # An archive's name tells its month, so archives are compared by it; a loose file can only be
        # compared by its place.
        rivals = [file for file in group if not _edition(file)]
        if archived:
            rivals.append(max(archived, key=lambda file: (_edition(file), file.place, file.name)))
        yield max(rivals, key=lambda file: (file.place, file.name))


def _edition(file: FoundFile) -> str:
    match = _EDITION.search(file.path.name) if file.member is not None else None
    return match[0] if match else ""


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
