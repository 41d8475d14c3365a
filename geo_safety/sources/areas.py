"""From the coded columns of a file of counts by area to plain arrays, with every row that cannot be read set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_safety.errors import SourceError
from geo_safety.sources.delimited import Coded, RowFile
from geo_safety.sources.feed import AreaRows, Int32Array, IntArray
from geo_safety.sources.points import quarantine
from geo_safety.sources.values import NO_MONTH, Times, parse_counts, parse_month

_NO_COUNT = "one of its counts is no whole number of incidents"

BoolArray = NDArray[np.bool_]


class AreaColumns(NamedTuple):
    """The columns of one batch by their meaning: `counts` by month where months are columns, else `time`.

    Parameters
    ----------
    is_repeat : array of bool, shape (n_rows,), optional
        Rows that count the incidents of other rows again.
    """

    zone: Coded
    category: Coded
    counts: Mapping[int, Coded] | None = None
    time: Coded | None = None
    weight: Coded | None = None
    is_repeat: BoolArray | None = None


@dataclass
class _Columns:
    """What has been made of the batches so far: one list of arrays for each column."""

    zone: list[Int32Array] = field(default_factory=list)
    category: list[Int32Array] = field(default_factory=list)
    row_month: list[Int32Array] = field(default_factory=list)
    row: list[IntArray] = field(default_factory=list)
    month: list[Int32Array] = field(default_factory=list)
    count: list[IntArray] = field(default_factory=list)
    repeats: list[IntArray] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    zones: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    n_rows: int = 0


def month_columns(file: RowFile) -> dict[str, int]:
    """The columns of a file that are named by a month, such as 202001 or 2020-01, in months since 1970-01.

    Raises
    ------
    SourceError
        If there is none, or two of one month.
    """
    months = {name: month for name in file.names if (month := parse_month(name)) is not None}
    if not months:
        raise SourceError(
            f"{file.name} has no column named by a month, such as 202001 or 2020-01; "
            f"its columns are {', '.join(map(repr, file.names))}.",
            "If each row holds one month, name its column as `time` in `columns`, and the counts as `weight`.",
        )
    if len(set(months.values())) < len(months):
        raise SourceError(f"{file.name} has two columns for one month.", "Keep one of them.")
    return months


def read_areas(
    file: RowFile,
    batches: Iterable[AreaColumns],
    *,
    months: Iterable[int] | None = None,
    parse_time: Callable[[Sequence[str]], Times] | None = None,
) -> AreaRows:
    """What do the rows of one file of counts say?

    Parameters
    ----------
    file : RowFile
        The file, for its hash, its ragged rows and the texts of those that cannot be read.
    batches : iterable of AreaColumns
        Its rows in order.
    months : iterable of int, optional
        Months that the file answers for, where they are columns.
    parse_time : function, optional
        From distinct texts to their times, where each row has its own.

    Raises
    ------
    SourceError
        If the file has rows and none can be read.
    """
    done = _Columns()
    for batch in batches:
        _add_names(done, batch)
        if batch.counts is not None:
            _add_wide(done, batch.counts)
        else:
            assert batch.time is not None
            assert parse_time is not None
            _add_long(done, batch.time, batch.weight, parse_time)
        if batch.is_repeat is not None:
            done.repeats.append(np.flatnonzero(batch.is_repeat) + done.n_rows)
        done.n_rows += len(batch.zone.code)
    return _assemble(done, file, None if months is None else np.array(sorted(months), dtype=np.int32))


def without_months(rows: AreaRows, months: Sequence[int]) -> AreaRows:
    """The same rows as if the file said nothing of these months."""
    keep = ~np.isin(rows.month, months)
    return replace(
        rows,
        months=rows.months[~np.isin(rows.months, months)],
        row=rows.row[keep],
        month=rows.month[keep],
        count=rows.count[keep],
    )


def _add_names(done: _Columns, batch: AreaColumns) -> None:
    # A row without a zone is unlocated: its counts belong to no place.
    codes = [done.zones.setdefault(text, len(done.zones)) if text else -1 for text in batch.zone.texts]
    done.zone.append(np.array(codes, dtype=np.int32)[batch.zone.code])
    known = done.categories
    codes = [known.setdefault(text, len(known)) for text in batch.category.texts]
    done.category.append(np.array(codes, dtype=np.int32)[batch.category.code])
    _set_aside(done, batch.category.where(lambda text: text == ""), "it has no category")


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


def _add_long(done: _Columns, time: Coded, weight: Coded | None, parse_time: Callable[[Sequence[str]], Times]) -> None:
    month = parse_time(time.texts).month[time.code]
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
    repeats = _join(done.repeats, np.int64)
    n_repeated = int(np.count_nonzero(good[repeats]))
    good[repeats] = False
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
        repeated=n_repeated,
    )


def _join(parts: list[NDArray], dtype: type) -> NDArray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)
