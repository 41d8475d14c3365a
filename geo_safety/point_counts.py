"""A feed of points as one table of counts: incidents by category, place and month, equal rows of a file as one.

Whatever can be said of one file is said file by file, and what lies outside the study is left out on the way: each
file's part is small enough to stay near at hand, and the whole is written only once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_safety.accounts import FileAccount
from geo_safety.presence import (
    BoolArray,
    Presence,
    answered_months,
    run_starts,
    sums_between,
    sums_of_runs,
    totals_by,
)
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
)
from geo_safety.sources.points import distinct_locations

InStudy = Callable[[FloatArray, FloatArray], BoolArray]
"""Which of some places, given by longitude and latitude in WGS84 degrees, lie in the study?"""

_AT_A_TIME = 1 << 22
"""Elements that are worked on at once: what is made of them in between stays small beside the counts themselves."""

_NOWHERE, _OUTSIDE = -1, -2
""""Locations" of rows without a place, and outside the study."""


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
    starts : sequence of int, length n_categories + 1
        Where the elements of each category code begin, and the end: they stand in order of category, and inside a
        category in order of the files.
    weight : array of int, shape (n,)
        Incidents, in numbers as narrow as they fit.
    date : array of datetime64[m], shape (n,), optional
        Local time, where the source has days; then every element is one row.
    """

    feed: str
    categories: tuple[str, ...]
    forces: tuple[str, ...]
    longitude: FloatArray
    latitude: FloatArray
    location: Int32Array
    month: NumberArray
    starts: Sequence[int]
    weight: NumberArray
    date: MinuteArray | None = None

    def __post_init__(self) -> None:
        assert len(self.starts) == len(self.categories) + 1, "each category must begin somewhere"
        assert self.starts[-1] == len(self.month), "every element must be of a category"

    @cached_property
    def category(self) -> Int16Array:
        """The category code of each element."""
        return np.repeat(np.arange(len(self.categories), dtype=np.int16), np.diff(self.starts))

    def parts(self, codes: BoolArray) -> Iterator[slice]:
        """Where the elements of some categories stand, a few million at a time.

        Parameters
        ----------
        codes : array of bool, shape (n_categories,)
            The wanted categories.
        """
        edges = np.flatnonzero(np.diff(np.concatenate(([0], codes.astype(np.int8), [0]))))
        for first, last in edges.reshape(-1, 2).tolist():
            places = [*range(self.starts[first], self.starts[last], _AT_A_TIME), self.starts[last]]
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
    settings: FeedSettings,
    files: Sequence[RawFile],
    parts: Sequence[PointRows],
    *,
    is_used: Callable[[CategoryCodes], BoolArray],
    in_study: InStudy | None = None,
) -> tuple[Incidents, tuple[FileAccount, ...], Presence]:
    """The files of one feed as one, without what lies outside the study.

    Parameters
    ----------
    settings : FeedSettings
        The feed.
    files, parts : sequence
        Its files in order, and the tally of each.
    is_used : callable
        Which category codes carry a theme that the feed answers for.
    in_study : callable, optional
        Which of these places lie in the study; without it all of them do. Unlocated rows stay.

    Returns
    -------
    Incidents, tuple of FileAccount, Presence
        What is counted, what became of every row, and what was supplied, wherever it lies.
    """
    codes = CategoryCodes()
    code_of_category = [codes.of(rows.categories, file.unit) for file, rows in zip(files, parts, strict=True)]
    number, longitude, latitude = distinct_locations(
        np.concatenate([part.longitude for part in parts]), np.concatenate([part.latitude for part in parts])
    )
    if in_study is not None:
        is_inside = in_study(longitude, latitude)
        number = np.where(is_inside, np.cumsum(is_inside) - 1, _OUTSIDE).astype(np.int32)[number]
        longitude, latitude = longitude[is_inside], latitude[is_inside]
    ends = np.cumsum([len(part.longitude) for part in parts]).tolist()
    placed = [
        _Placed(rows, code, np.append(number[end - len(rows.longitude) : end], np.int32(_NOWHERE)))
        for rows, code, end in zip(parts, code_of_category, ends, strict=True)
    ]
    used = is_used(codes)
    accounts = tuple(_account(file, part, used[part.code]) for file, part in zip(files, placed, strict=True))
    incidents = Incidents(
        settings.name, codes.categories, codes.forces, longitude, latitude, **_columns(placed, len(codes.categories))
    )
    return incidents, accounts, _presence(settings, files, placed, codes)


@dataclass(frozen=True)
class _Placed:
    """One file's part, with what its categories and locations are called in the whole.

    Parameters
    ----------
    rows : PointRows
        The part.
    code : array of int, shape (n_categories,)
        Code of each of its categories.
    number : array of int, shape (n_locations + 1,)
        Number of each of its locations, `_OUTSIDE` where it lies outside the study; and `_NOWHERE`, which the
        location -1 of unlocated rows finds.
    """

    rows: PointRows
    code: Int16Array
    number: Int32Array

    @property
    def weight(self) -> NumberArray:
        """Incidents of each element."""
        return _rows_of(self.rows) if self.rows.weight is None else self.rows.weight

    @cached_property
    def starts(self) -> list[int]:
        """Where each category begins, and the end."""
        return _starts(self.rows.category, len(self.code))

    @cached_property
    def has_outside(self) -> bool:
        """Whether any of its locations lies outside the study."""
        return bool((self.number == _OUTSIDE).any())

    @cached_property
    def is_kept(self) -> BoolArray:
        """Whether each element lies in the study or has no place."""
        return np.asarray((self.number != _OUTSIDE).take(self.rows.location, mode="wrap"), dtype=bool)

    @property
    def kept_of_category(self) -> IntArray:
        """Elements of each category that are kept."""
        return sums_between(self.starts, self.is_kept) if self.has_outside else np.diff(self.starts)

    def kept(self, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Some columns of the elements that are kept, locations by their numbers in the whole."""
        rows = self.rows
        columns = {
            "location": self.number.take(rows.location, mode="wrap"),
            "month": rows.month,
            "weight": self.weight,
            "date": rows.date,
        }
        found = {name: np.asarray(columns[name]) for name in names}
        return {name: values[self.is_kept] for name, values in found.items()} if self.has_outside else found


def _account(file: RawFile, part: _Placed, is_used: BoolArray) -> FileAccount:
    """What became of the rows of one file."""
    rows, n_categories = part.rows, len(part.code)
    of_element = _rows_of(rows)
    nowhere = np.flatnonzero(rows.location < 0)
    outside = np.flatnonzero(~part.is_kept) if part.has_outside else nowhere[:0]

    def by_category(number: NumberArray) -> tuple[IntArray, IntArray, IntArray]:
        """Of all elements, of those without a place, and of those outside."""
        gone = (totals_by(rows.category[place], n_categories, number[place]) for place in (nowhere, outside))
        return sums_between(part.starts, number), *gone  # type: ignore[return-value]

    read, unlocated, left_out = by_category(of_element)
    accepted = read - unlocated - left_out
    incidents = accepted
    if rows.weight is not None:
        whole, *gone = by_category(rows.weight)
        incidents = whole - gone[0] - gone[1]
    return FileAccount(
        file.name,
        rows.sha256,
        rows.rows_read,
        superseded=rows.rows_read if file.is_superseded else 0,
        quarantined=len(rows.quarantined),
        repeated=rows.repeated,
        unlocated=int(unlocated.sum()),
        outside=int(left_out.sum()),
        accepted=int(accepted.sum()),
        unused=int(accepted[~is_used].sum()),
        incidents=int(incidents.sum()),
    ).checked()


def _starts(category: NumberArray, n_categories: int) -> list[int]:
    """Where each category begins, and the end."""
    # As wide as codes are: the part's own numbers may be too narrow for categories that none of its rows has.
    return [*np.searchsorted(category, np.arange(n_categories, dtype=np.int16)).tolist(), len(category)]


def _columns(placed: Sequence[_Placed], n_categories: int) -> dict[str, Any]:
    """The elements of all parts that are kept, in order of category, and inside each in order of the parts."""
    held = np.zeros((n_categories, len(placed)), dtype=np.int64)
    for number, part in enumerate(placed):
        held[part.code, number] = part.kept_of_category
    ends = np.cumsum(held.ravel()).reshape(held.shape)
    n = int(held.sum())
    filled = [(number, part) for number, part in enumerate(placed) if len(part.rows.month)]
    whole: dict[str, NDArray[Any]] = {
        "location": np.empty(n, dtype=np.int32),
        "month": np.empty(n, dtype=np.result_type(np.int16, *(part.rows.month.dtype for _, part in filled))),
        "weight": np.empty(n, dtype=np.result_type(np.int8, *(part.weight.dtype for _, part in filled))),
    }
    if filled and all(part.rows.date is not None for _, part in filled):
        whole["date"] = np.empty(n, dtype="datetime64[m]")
    for number, part in filled:
        values = part.kept(whole)
        done = 0
        for code in part.code.tolist():
            length, end = int(held[code, number]), int(ends[code, number])
            for name, column in whole.items():
                column[end - length : end] = values[name][done : done + length]
            done += length
    return {**whole, "starts": [0, *ends[:, -1].tolist()]}


def _rows_of(part: PointRows) -> NumberArray:
    return np.ones(len(part.month), dtype=np.int8) if part.rows is None else part.rows


def _presence(
    settings: FeedSettings, files: Sequence[RawFile], placed: Sequence[_Placed], codes: CategoryCodes
) -> Presence:
    supplied = [(file.unit, file.month) for file in files if file.month is not None and not file.is_superseded]
    spans = [_span(part.rows) for part in placed if len(part.rows.month)]
    units = tuple(dict.fromkeys(unit for unit, _ in supplied)) or (settings.name,)
    months = [month for _, month in supplied] or [month for span in spans for month in span] or [0]
    first, n_months = min(months), max(months) - min(months) + 1
    unit = np.array([units.index(force) if force else 0 for force in codes.forces], dtype=np.int64)
    rows = _rows_by_month(unit, placed, len(units), first, n_months)
    has_file = np.zeros((len(units), n_months), dtype=bool)
    for name, month in supplied:
        has_file[units.index(name), month - first] = True
    if not supplied:
        has_file[0] = answered_months(rows.sum(axis=(0, 2)), [(low - first, high - first) for low, high in spans])
    return Presence(units, first, rows, has_file)


def _span(rows: PointRows) -> tuple[int, int]:
    return int(rows.month.min()), int(rows.month.max())


def _rows_by_month(unit: IntArray, placed: Sequence[_Placed], n_units: int, first: int, n_months: int) -> IntArray:
    n_categories = len(unit)
    keys, sums = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for part in placed:
        category, month = part.rows.category, part.rows.month
        starts = run_starts(category, month)
        code = part.code[category[starts]]
        keys.append((unit[code] * n_months + (month[starts].astype(np.int64) - first)) * n_categories + code)
        sums.append(sums_of_runs(starts, part.weight))
    size = n_units * n_months * n_categories
    return totals_by(np.concatenate(keys), size, np.concatenate(sums)).reshape(n_units, n_months, n_categories)
