"""Counts that were made by ward, LSOA or borough: wide (a column a month) or long (a row a month).

Columns: `zone_id`, and as wanted `category`; long files also `time`, and `weight` unless every row
is one incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo_safety.errors import SourceError
from geo_safety.sources.delimited import Coded, RowFile, constant, require_columns
from geo_safety.sources.feed import AreaRows, FeedSettings, Int32Array, IntArray, RawFile, constant_category
from geo_safety.sources.formats import WRITTEN_TIMES, TypedFile, find_tables, open_table
from geo_safety.sources.points import quarantine
from geo_safety.sources.values import NO_MONTH, month_number, parse_counts, parse_times

_USES = ("zone_id", "category", "time", "weight")
_NO_COUNT = "one of its counts is no whole number of incidents"

BoolArray = NDArray[np.bool_]


@dataclass
class _Columns:
    """What has been made of the batches so far: one list of arrays for each column."""

    zone: list[Int32Array] = field(default_factory=list)
    category: list[Int32Array] = field(default_factory=list)
    row_month: list[Int32Array] = field(default_factory=list)
    row: list[IntArray] = field(default_factory=list)
    month: list[Int32Array] = field(default_factory=list)
    count: list[IntArray] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    zones: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    n_rows: int = 0


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
    months = {} if "time" in columns else _month_columns(file)
    done = _Columns()
    for batch in file.batches([*columns.values(), *months]):
        _add_batch(done, {use: batch.texts[name] for use, name in columns.items()}, settings)
        if months:
            _add_wide(done, {month: batch.texts[name] for name, month in months.items()})
        else:
            _add_long(done, batch.texts[columns["time"]], batch.texts.get(columns.get("weight", "")), settings, file)
        done.n_rows += len(batch.texts[columns["zone_id"]].code)
    return _assemble(done, file, np.array(sorted(months.values()), dtype=np.int32) if months else None)


def _month_columns(file: RowFile) -> dict[str, int]:
    months = {name: month for name in file.names if (month := month_number(name)) is not None}
    if not months:
        raise SourceError(
            f"{file.name} has no column named by a month, such as 202001 or 2020-01; "
            f"its columns are {', '.join(map(repr, file.names))}.",
            "If each row holds one month, name its column as `time` in `columns`, and the counts as `weight`.",
        )
    if len(set(months.values())) < len(months):
        raise SourceError(f"{file.name} has two columns for one month.", "Keep one of them.")
    return months


def _add_batch(done: _Columns, batch: Mapping[str, Coded], settings: FeedSettings) -> None:
    zone = batch["zone_id"]
    # A row without a zone is unlocated: its counts belong to no place.
    codes = [done.zones.setdefault(text, len(done.zones)) if text else -1 for text in zone.texts]
    done.zone.append(np.array(codes, dtype=np.int32)[zone.code])
    category = batch.get("category") or constant(constant_category(settings), len(zone.code))
    known = done.categories
    codes = [known.setdefault(text, len(known)) for text in category.texts]
    done.category.append(np.array(codes, dtype=np.int32)[category.code])
    _set_aside(done, category.where(lambda text: text == ""), "it has no category")


def _set_aside(done: _Columns, is_bad: BoolArray, reason: str) -> None:
    places = (np.flatnonzero(is_bad) + done.n_rows).tolist()
    done.bad += places
    done.reasons += [reason] * len(places)


def _add_wide(done: _Columns, columns: Mapping[int, Coded]) -> None:
    counts = np.stack([parse_counts(column.values)[column.code] for column in columns.values()], axis=1)
    _set_aside(done, counts.min(axis=1) < 0, _NO_COUNT)
    row, place = np.nonzero(counts > 0)
    done.row.append(row + done.n_rows)
    done.month.append(np.array(list(columns), dtype=np.int32)[place])
    done.count.append(counts[row, place])


def _add_long(done: _Columns, time: Coded, weight: Coded | None, settings: FeedSettings, file: RowFile) -> None:
    formats: tuple[str, ...] = (settings.time_format,) if settings.time_format else ()
    if formats and isinstance(file, TypedFile):
        formats = (*formats, *WRITTEN_TIMES)
    month = parse_times(time.texts, formats=formats, time_zone=settings.time_zone).month[time.code]
    count = np.ones(len(month), dtype=np.int64) if weight is None else parse_counts(weight.values)[weight.code]
    _set_aside(done, month == NO_MONTH, "its time cannot be read")
    _set_aside(done, count < 0, _NO_COUNT)
    done.row_month.append(month)
    row = np.flatnonzero((count > 0) & (month != NO_MONTH))
    done.row.append(row + done.n_rows)
    done.month.append(month[row])
    done.count.append(count[row])


def _assemble(done: _Columns, file: RowFile, months: Int32Array | None) -> AreaRows:
    reason_of = dict(zip(reversed(done.bad), reversed(done.reasons), strict=True))  # the first reason counts
    bad = np.array(sorted(reason_of), dtype=np.int64)
    quarantined = quarantine(file, bad, [reason_of[place] for place in bad.tolist()], rows_read=done.n_rows)
    good = np.ones(done.n_rows, dtype=bool)
    good[bad] = False
    row = _join(done.row, np.int64)
    is_good = good[row]
    new_number = np.cumsum(good) - 1
    row_month = None
    if months is None:
        row_month = _join(done.row_month, np.int32)[good]
        months = np.unique(row_month)
    return AreaRows(
        sha256=file.sha256,
        rows_read=done.n_rows + len(file.ragged),
        quarantined=tuple(quarantined),
        months=months,
        zone=_join(done.zone, np.int32)[good],
        zone_ids=tuple(done.zones),
        category=_join(done.category, np.int32)[good].astype(np.int16),
        categories=tuple(done.categories),
        row=new_number[row[is_good]].astype(np.int32),
        month=_join(done.month, np.int32)[is_good],
        count=_join(done.count, np.int64)[is_good],
        row_month=row_month,
    )


def _join(parts: list[NDArray], dtype: type) -> NDArray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)
