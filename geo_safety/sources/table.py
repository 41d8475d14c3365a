"""Any table of points, with a map from our column names to the file's.

Columns: `longitude`, `latitude` (or the points of a file with geometry), `time` (perhaps with its time of day apart as
`clock`; or `year`, `month` and perhaps `day`, `hour` and `minute`), and as wanted `category` (with a second, finer class as `detail`: `Assault: knife`) and `weight`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geo_safety.errors import SourceError
from geo_safety.sources.arrow import from_numpy, texts
from geo_safety.sources.delimited import Coded, RowFile, constant, require_columns
from geo_safety.sources.feed import FeedSettings, PointRows, RawFile, constant_category
from geo_safety.sources.formats import LATITUDE, LONGITUDE, WRITTEN_TIMES, TypedFile, find_tables, open_table
from geo_safety.sources.points import PointColumns, PointFormat, distinct_pairs, read_points
from geo_safety.sources.values import parse_times
from geo_safety.themes import DETAIL_SIGN, POLICE_UK

LABELS = POLICE_UK

_SPLIT_TIME = ("year", "month", "day", "hour", "minute")
_SPLIT_FORMATS = ("%Y", "%m", "%d", "%H", "%M")
_USES = ("longitude", "latitude", "time", "clock", *_SPLIT_TIME, "category", "detail", "weight")


def find(settings: FeedSettings) -> list[RawFile]:
    """Which tables does the feed hold?

    Raises
    ------
    SourceError
        If there is none, or the feed's `columns` cannot be used.
    """
    unknown = [use for use in settings.columns if use not in _USES]
    if unknown:
        raise SourceError(
            f"Feed {settings.name!r}: `columns` names {', '.join(map(repr, unknown))}, which a table has no use for.",
            f"Use some of {', '.join(_USES)}.",
        )
    return find_tables(settings)


def read(raw_file: RawFile, settings: FeedSettings) -> PointRows:
    """What do the rows of one table say?

    Raises
    ------
    SourceError
        If a column is missing, or the file cannot be read.
    """
    file = open_table(raw_file, settings)
    columns, crs = _columns_of(file, settings)
    require_columns(columns, file.names, file=raw_file.name)
    parts = [use for use in (*_SPLIT_TIME, "time", "clock") if use in columns]
    coordinates = (columns["longitude"], columns["latitude"])
    batches = (
        PointColumns(
            time=_joined([batch.texts[columns[use]] for use in parts], "-" if "year" in parts else " "),
            longitude=batch.coordinate(columns["longitude"]),
            latitude=batch.coordinate(columns["latitude"]),
            category=_category_of(batch.texts, columns, settings),
            weight=batch.texts[columns["weight"]] if "weight" in columns else None,
        )
        for batch in file.batches(list(columns.values()), numbers=coordinates if settings.decimal == "." else ())
    )
    formats = _time_formats(settings, parts, is_typed=isinstance(file, TypedFile))
    how = PointFormat(
        lambda written: parse_times(written, formats=formats, time_zone=settings.time_zone),
        crs=crs,
        decimal=settings.decimal,
        category="" if "category" in columns else constant_category(settings),
    )
    return read_points(file, batches, how)


def _columns_of(file: RowFile, settings: FeedSettings) -> tuple[dict[str, str], str]:
    """The file's columns by use, and the coordinate system that they are in."""
    columns = dict(settings.columns)
    crs = settings.crs
    if isinstance(file, TypedFile) and LONGITUDE in file.names and "longitude" not in columns:
        columns |= {"longitude": LONGITUDE, "latitude": LATITUDE}
        crs = file.crs or crs
    needed = ["longitude", "latitude", *(("year", "month") if "year" in columns else ("time",))]
    if absent := [use for use in needed if use not in columns]:
        raise SourceError(
            f"Feed {settings.name!r}: `columns` does not say which column holds {', '.join(absent)}; "
            f"{file.name} has {', '.join(map(repr, file.names))}.",
            f'Add for example {absent[0]} = "{file.names[0]}" to `columns`.',
        )
    passed_by = ("time", "clock") if "year" in columns else _SPLIT_TIME
    return {use: name for use, name in columns.items() if use not in passed_by}, crs


def _joined(parts: Sequence[Coded], sign: str) -> Coded:
    """Several coded columns as one, their texts joined by a sign."""
    import pyarrow.compute as pc  # loads slowly

    whole = parts[0]
    for part in parts[1:]:
        code, first, second = distinct_pairs(whole, part)
        values = (whole.values.take(from_numpy(first)), part.values.take(from_numpy(second)))
        whole = Coded(code, pc.binary_join_element_wise(*values, sign))
    return whole


def _category_of(texts_of: Mapping[str, Coded], columns: Mapping[str, str], settings: FeedSettings) -> Coded | None:
    """The category, with its detail where the feed names one and the row has it."""
    category = texts_of[columns["category"]] if "category" in columns else None
    if "detail" not in columns:
        return category
    detail = texts_of[columns["detail"]]
    whole = _joined([category or constant(constant_category(settings), len(detail.code)), detail], DETAIL_SIGN)
    # A row without a category keeps none, one without a detail has the category alone.
    return Coded(
        whole.code,
        texts(["" if text.startswith(DETAIL_SIGN) else text.removesuffix(DETAIL_SIGN) for text in whole.texts]),
    )


def _time_formats(settings: FeedSettings, parts: Sequence[str], *, is_typed: bool) -> tuple[str, ...]:
    if "year" in parts:
        return ("-".join(_SPLIT_FORMATS[_SPLIT_TIME.index(part)] for part in parts),)
    if settings.time_format is None:
        return ()
    return (settings.time_format, *WRITTEN_TIMES) if is_typed else (settings.time_format,)
