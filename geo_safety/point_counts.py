"""A feed of points as one table of counts: incidents by category, place and month, equal rows of a file as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_safety.accounts import FileAccount
from geo_safety.presence import BoolArray, Presence, answered_months, run_starts, sums_of_runs, totals_by
from geo_safety.sources.feed import (
    CategoryCodes,
    FeedSettings,
    FloatArray,
    Int16Array,
    Int32Array,
    IntArray,
    MinuteArray,
    NumberArray,
    PointRows,
    RawFile,
    renumbered,
)
from geo_safety.sources.points import distinct_locations

_AT_A_TIME = 1 << 22
"""Elements that are worked on at once: what is made of them in between stays small beside the counts themselves."""


@dataclass(frozen=True)
class Incidents:
    """The located and unlocated incidents of a feed of points, equal rows of a file as one element.

    Parameters
    ----------
    feed : str
        The feed's name.
    categories, forces : tuple of str
        For each category code the source's own class and the force that recorded it (empty where the
        source has no forces): the same class of two forces has two codes.
    longitude, latitude : array of float, shape (n_locations,)
        Distinct locations in WGS84 degrees.
    location : array of int, shape (n,)
        Index of the location; -1 for unlocated rows.
    month : array of int, shape (n,)
        Months since 1970-01.
    category : array of int, shape (n,)
        Category code, in rising order; inside a category the files follow one another.
    weight : array of int, shape (n,)
        Incidents.
    file : array of int, shape (n,)
        Index of the file among the feed's accounts.
    rows : array of int, shape (n,)
        Rows of the file.
    date : array of datetime64[m], shape (n,), optional
        Local time, where the source has days; then every element is one row.
    """

    feed: str
    categories: tuple[str, ...]
    forces: tuple[str, ...]
    longitude: FloatArray
    latitude: FloatArray
    location: Int32Array
    month: Int32Array
    category: Int16Array
    weight: NumberArray
    file: Int32Array
    rows: NumberArray
    date: MinuteArray | None = None

    def __post_init__(self) -> None:
        assert (self.category[1:] >= self.category[:-1]).all(), "the elements must be in order of their categories"

    def parts(self, codes: BoolArray) -> Iterator[slice]:
        """Where the elements of some categories stand, a few million at a time.

        Parameters
        ----------
        codes : array of bool, shape (n_categories,)
            The wanted categories.
        """
        starts = _starts(self.category, len(self.categories))
        edges = np.flatnonzero(np.diff(np.concatenate(([0], codes.astype(np.int8), [0]))))
        for first, last in edges.reshape(-1, 2).tolist():
            places = [*range(starts[first], starts[last], _AT_A_TIME), starts[last]]
            yield from (slice(start, end) for start, end in pairwise(places))

    def by_location(self, codes: BoolArray, first: int, last: int) -> FloatArray:
        """Incidents of some categories at each location from one month to another, both inside."""
        counts = np.zeros(len(self.longitude))
        for part in self.parts(codes):
            month, location = self.month[part], self.location[part]
            keep = (month >= first) & (month <= last) & (location >= 0)
            counts += np.bincount(location[keep], self.weight[part][keep], minlength=len(counts))
        return counts


def join_points(
    settings: FeedSettings, files: Sequence[RawFile], parts: Sequence[PointRows]
) -> tuple[Incidents, tuple[FileAccount, ...], Presence]:
    """The files of one feed as one.

    Parameters
    ----------
    settings : FeedSettings
        The feed.
    files, parts : sequence
        Its files in order, and the tally of each.

    Returns
    -------
    Incidents, tuple of FileAccount, Presence
        The buckets that depend on themes and on the study are left empty in the accounts.
    """
    incidents = _joined(settings, files, parts)
    accounts = tuple(
        FileAccount(
            file.name,
            rows.sha256,
            rows.rows_read,
            superseded=rows.rows_read if file.is_superseded else 0,
            quarantined=len(rows.quarantined),
            repeated=rows.repeated,
        )
        for file, rows in zip(files, parts, strict=True)
    )
    spans = [_span(rows) for rows in parts if len(rows.month)]
    return incidents, accounts, _presence(settings, files, incidents, spans=spans)


def _starts(category: Int16Array, n_categories: int) -> list[int]:
    """Where each category begins, and the end."""
    # Looked for as they are written: anything wider would make a wider copy of all of them first.
    return [*np.searchsorted(category, np.arange(n_categories, dtype=category.dtype)).tolist(), len(category)]


class _Run(NamedTuple):
    """Elements of one category that follow one another in one part."""

    code: int
    part: int
    start: int
    end: int


def _runs(parts: Sequence[PointRows], code_of_category: Sequence[Int16Array]) -> list[_Run]:
    """The runs of all parts in order of category, and inside each in order of the parts."""
    runs = []
    for number, (part, codes) in enumerate(zip(parts, code_of_category, strict=True)):
        bounds = zip(codes.tolist(), pairwise(_starts(part.category, len(codes))), strict=True)
        runs += [_Run(code, number, start, end) for code, (start, end) in bounds if end > start]
    return sorted(runs)


def _joined(settings: FeedSettings, files: Sequence[RawFile], parts: Sequence[PointRows]) -> Incidents:
    codes = CategoryCodes()
    runs = _runs(parts, [codes.of(rows.categories, file.unit) for file, rows in zip(files, parts, strict=True)])
    lengths = [run.end - run.start for run in runs]
    number, longitude, latitude = distinct_locations(
        np.concatenate([part.longitude for part in parts]), np.concatenate([part.latitude for part in parts])
    )
    begins = np.cumsum([0, *(len(part.longitude) for part in parts)])

    def of_runs(arrays: Sequence[NDArray]) -> NDArray:
        return np.concatenate([arrays[0][:0], *(arrays[run.part][run.start : run.end] for run in runs)])

    rows = of_runs([_rows_of(part) for part in parts])
    is_weighted = any(part.weight is not None for part in parts)
    return Incidents(
        feed=settings.name,
        categories=codes.categories,
        forces=codes.forces,
        longitude=longitude,
        latitude=latitude,
        location=of_runs(
            [
                renumbered(part.location, number[begin:end])
                for part, (begin, end) in zip(parts, pairwise(begins), strict=True)
            ]
        ),
        month=of_runs([part.month for part in parts]),
        category=np.repeat(np.array([run.code for run in runs], dtype=np.int16), lengths),
        weight=of_runs([_rows_of(part) if part.weight is None else part.weight for part in parts])
        if is_weighted
        else rows,
        file=np.repeat(np.array([run.part for run in runs], dtype=np.int32), lengths),
        rows=rows,
        date=_dates(parts, of_runs),
    )


def _rows_of(part: PointRows) -> NumberArray:
    return np.ones(len(part.month), dtype=np.int32) if part.rows is None else part.rows


def _dates(parts: Sequence[PointRows], of_runs: Callable[[Sequence[NDArray]], NDArray]) -> MinuteArray | None:
    filled = [part.date for part in parts if len(part.month)]
    if not filled or any(date is None for date in filled):
        return None
    return of_runs([np.zeros(0, dtype="datetime64[m]") if part.date is None else part.date for part in parts])


def _presence(
    settings: FeedSettings, files: Sequence[RawFile], incidents: Incidents, *, spans: Sequence[tuple[int, int]]
) -> Presence:
    supplied = [(file.unit, file.month) for file in files if file.month is not None and not file.is_superseded]
    units = tuple(dict.fromkeys(unit for unit, _ in supplied)) or (settings.name,)
    months = [month for _, month in supplied] or [month for span in spans for month in span] or [0]
    first, n_months = min(months), max(months) - min(months) + 1
    unit = np.array([units.index(force) if force else 0 for force in incidents.forces], dtype=np.int64)
    rows = _rows_by_month(unit, incidents, len(units), first, n_months)
    has_file = np.zeros((len(units), n_months), dtype=bool)
    for name, month in supplied:
        has_file[units.index(name), month - first] = True
    if not supplied:
        has_file[0] = answered_months(rows.sum(axis=(0, 2)), [(low - first, high - first) for low, high in spans])
    return Presence(units, first, rows, has_file)


def _span(rows: PointRows) -> tuple[int, int]:
    return int(rows.month.min()), int(rows.month.max())


def _rows_by_month(unit: IntArray, incidents: Incidents, n_units: int, first: int, n_months: int) -> IntArray:
    n_categories = len(incidents.categories)
    size = n_units * n_months * n_categories
    start_of_category = unit * n_months * n_categories + np.arange(n_categories) - first * n_categories
    totals = np.zeros(size, dtype=np.int64)
    for part in incidents.parts(np.ones(n_categories, dtype=bool)):
        category, month = incidents.category[part], incidents.month[part]
        starts = run_starts(category, month)
        key = start_of_category[category[starts]] + month[starts] * np.int64(n_categories)
        totals += totals_by(key, size, sums_of_runs(starts, incidents.weight[part]))
    return totals.reshape(n_units, n_months, n_categories)
