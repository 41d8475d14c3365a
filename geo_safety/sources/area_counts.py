"""Counts that were made by ward, LSOA or borough: wide (a column a month) or long (a row a month).

Columns: `zone_id`, and as wanted `category`; long files also `time`, and `weight` unless every row
is one incident.
"""

from __future__ import annotations

from geo_safety.errors import SourceError
from geo_safety.sources.areas import AreaColumns, month_columns, read_areas
from geo_safety.sources.delimited import Batch, constant, require_columns
from geo_safety.sources.feed import AreaRows, FeedSettings, RawFile, constant_category
from geo_safety.sources.formats import WRITTEN_TIMES, TypedFile, find_tables, open_table
from geo_safety.sources.values import parse_times
from geo_safety.themes import MPS

LABELS = MPS

_USES = ("zone_id", "category", "time", "weight")


def find(settings: FeedSettings) -> list[RawFile]:
    """Which tables does the feed hold?

    Raises
    ------
    SourceError
        If there is none, or the feed's `columns` cannot be used.
    """
    unknown = [use for use in settings.columns if use not in _USES]
    if unknown or "zone_id" not in settings.columns:
        problem = (
            f"names {', '.join(map(repr, unknown))}, which counts by area have no use for"
            if unknown
            else "names no zone_id"
        )
        raise SourceError(
            f"Feed {settings.name!r}: `columns` {problem}.", f"Name zone_id, and as wanted {', '.join(_USES[1:])}."
        )
    return find_tables(settings)


def read(raw_file: RawFile, settings: FeedSettings) -> AreaRows:
    """What do the rows of one table of counts say?

    Raises
    ------
    SourceError
        If a column is missing, or the file cannot be read.
    """
    file = open_table(raw_file, settings)
    columns = dict(settings.columns)
    require_columns(columns, file.names, file=raw_file.name)
    months = {} if "time" in columns else month_columns(file)
    formats: tuple[str, ...] = (settings.time_format,) if settings.time_format else ()
    if formats and isinstance(file, TypedFile):
        formats = (*formats, *WRITTEN_TIMES)

    def columns_of(batch: Batch) -> AreaColumns:
        texts = {use: batch.texts[name] for use, name in columns.items()}
        zone = texts["zone_id"]
        category = texts.get("category") or constant(constant_category(settings), len(zone.code))
        if months:
            return AreaColumns(zone, category, counts={month: batch.texts[name] for name, month in months.items()})
        return AreaColumns(zone, category, time=texts["time"], weight=texts.get("weight"))

    return read_areas(
        file,
        map(columns_of, file.batches([*columns.values(), *months])),
        months=months.values() if months else None,
        parse_time=lambda texts: parse_times(texts, formats=formats, time_zone=settings.time_zone),
    )
