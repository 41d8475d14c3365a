"""From the coded columns of a file to rows of plain arrays, with every row that cannot be read set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo_safety.errors import ConfigError, SourceError
from geo_safety.sources.arrow import from_numpy, to_numpy
from geo_safety.sources.delimited import NO_NUMBER, NOWHERE, Coded, RowFile, constant
from geo_safety.sources.feed import FloatArray, Int16Array, Int32Array, IntArray, MinuteArray, PointRows, Quarantined
from geo_safety.sources.values import NO_MONTH, Times, parse_counts, parse_numbers

WGS84 = "EPSG:4326"
UNLOCATED = -1

TimeParser = Callable[[Sequence[str]], Times]

# Why a row is set aside, in the order in which reasons are looked for.
_REASONS = (
    "",
    "its time cannot be read",
    "its month is not the month of the file",
    "it has no category",
    "its weight is no whole number of incidents",
    "one of its two coordinates is empty",
    "its coordinates are no numbers",
    "its coordinates are 0, 0",
    "its coordinates are outside the range of the coordinate system",
)
_REMEDIES = {
    _REASONS[1]: 'Set `time_format` on the feed as the files write it, for example "%d/%m/%Y".',
    _REASONS[4]: "Name the column of whole numbers as `weight`, or leave it out.",
    _REASONS[6]: "Set `decimal` to the files' decimal sign, or name the right columns.",
    _REASONS[8]: "Set `crs` to the coordinates' own system, and see that longitude and latitude are not exchanged.",
}
_TIME, _OTHER_MONTH, _CATEGORY, _WEIGHT, _HALF, _NO_NUMBER, _ZERO, _RANGE = range(1, len(_REASONS))


class PointColumns(NamedTuple):
    """The columns of one batch by their meaning; absent ones are None."""

    time: Coded
    longitude: Coded | FloatArray
    latitude: Coded | FloatArray
    category: Coded | None = None
    weight: Coded | None = None
    id: Coded | None = None


@dataclass(frozen=True)
class PointFormat:
    """How the texts of a feed of points are to be understood.

    Parameters
    ----------
    parse_time : function
        From distinct texts to their times.
    crs : str
        Coordinate system.
    decimal : str
        Decimal sign of the coordinates.
    category : str
        Category of the rows of files without a column for it.
    month : int, optional
        The only month that the file may hold, since 1970-01.
    """

    parse_time: TimeParser
    crs: str = WGS84
    decimal: str = "."
    category: str = ""
    month: int | None = None


@dataclass
class _Columns:
    """What has been made of the batches so far: one list of arrays for each column."""

    month: list[Int32Array] = field(default_factory=list)
    date: list[MinuteArray | None] = field(default_factory=list)
    category: list[Int16Array] = field(default_factory=list)
    weight: list[IntArray] = field(default_factory=list)
    pair: list[Int32Array] = field(default_factory=list)
    pair_longitude: list[FloatArray] = field(default_factory=list)
    pair_latitude: list[FloatArray] = field(default_factory=list)
    pair_reason: list[NDArray[np.int8]] = field(default_factory=list)
    reason: list[NDArray[np.int8]] = field(default_factory=list)
    ids: list[pa.Array] = field(default_factory=list)
    categories: dict[str, int] = field(default_factory=dict)
    n_pairs: int = 0


class _Understood(NamedTuple):
    """Rows that were understood, and places (counted from 0 over the batches) and reasons of those that were not."""

    rows: PointRows
    bad: IntArray
    reasons: list[str]


def read_points(file: RowFile, batches: Iterable[PointColumns], how: PointFormat) -> PointRows:
    """What do the rows of one file say?

    Parameters
    ----------
    file : RowFile
        The file, for its hash, its ragged rows and the texts of those that cannot be read.
    batches : iterable of PointColumns
        Its rows in order.
    how : PointFormat
        How to understand them.

    Raises
    ------
    SourceError
        If the file has rows and none can be read.
    """
    columns = _Columns()
    for batch in batches:
        _add_batch(columns, batch, how)
    if len(columns.categories) > np.iinfo(np.int16).max:
        raise SourceError(
            f"{file.name} has {len(columns.categories):,} different categories.",
            "Name a column of offence classes as `category`, not one of ids or descriptions.",
        )
    rows, bad, reasons = _assemble(columns, how)
    quarantined = quarantine(file, bad, reasons, rows_read=rows.rows_read)
    return replace(
        rows, sha256=file.sha256, rows_read=rows.rows_read + len(file.ragged), quarantined=tuple(quarantined)
    )


def quarantine(file: RowFile, bad: IntArray, reasons: Sequence[str], *, rows_read: int) -> list[Quarantined]:
    """The rows that cannot be read, ragged ones among them, in the file's order.

    Parameters
    ----------
    bad : array of int
        Their places among the rows of the batches, counted from 0.
    reasons : sequence of str
        Why, for each of them.
    rows_read : int
        Rows of all batches.

    Raises
    ------
    SourceError
        If there are rows and none can be read: then the settings are wrong, not the rows.
    """
    ragged = file.quarantined_ragged()
    if len(bad) == rows_read and (len(bad) or ragged):
        counted = Counter([*reasons, *(row.reason for row in ragged)])
        reason, times = counted.most_common(1)[0]
        raise SourceError(
            f"{file.name}: none of its {rows_read + len(ragged):,} rows can be read; of {times:,} of them {reason}.",
            _REMEDIES.get(reason, "Compare the file with the feed's settings in the config, or remove it."),
        )
    numbers = file.rows_in_file(bad)
    raw = file.raw_texts(numbers.tolist())
    raw += [""] * (len(bad) - len(raw))  # a row is told even where its text cannot be found again
    rows = map(Quarantined, numbers.tolist(), reasons, raw)
    return sorted([*rows, *ragged])


def distinct_pairs(first: Coded, second: Coded) -> tuple[Int32Array, IntArray, IntArray]:
    """Which pairs of texts do two columns hold?

    Returns
    -------
    code : array of int, shape (n_rows,)
        Index of each row's pair.
    one, other : array of int, shape (n_pairs,)
        The two members of each pair, as indices of the columns' texts.
    """
    return _pairs_of_codes(first.code, second.code, len(second.values))


def _pairs_of_codes(first: Int32Array, second: Int32Array, n_second: int) -> tuple[Int32Array, IntArray, IntArray]:
    # A hash table is several times as fast as sorting a million keys.
    encoded = from_numpy(first.astype(np.int64) * n_second + second).dictionary_encode()
    keys = to_numpy(encoded.dictionary)
    return to_numpy(encoded.indices), keys // n_second, keys % n_second


def distinct_locations(longitude: FloatArray, latitude: FloatArray) -> tuple[Int32Array, FloatArray, FloatArray]:
    """Index of each point's location, and the distinct locations.

    Examples
    --------
    >>> code, longitude, latitude = distinct_locations(np.array([1.0, 2.0, 1.0]), np.array([5.0, 5.0, 5.0]))
    >>> code.tolist(), longitude.tolist(), latitude.tolist()
    ([0, 1, 0], [1.0, 2.0], [5.0, 5.0])
    """
    # Adding zero turns -0.0 into 0.0, which is the same place.
    east = from_numpy(longitude + 0.0).dictionary_encode()
    n_east = len(east.dictionary)
    code = to_numpy(east.indices)
    # A longitude nearly always goes with the same latitude. So the first one that comes with it is noted, the rows
    # that have it are done at once, and only the rest need to be looked up. Codes are given in order of appearance.
    newest = np.maximum.accumulate(code)
    usual = latitude[np.flatnonzero(np.append(len(code) > 0, newest[1:] != newest[:-1]))] + 0.0
    rest = np.flatnonzero(usual[code] != latitude)
    if not len(rest):
        return code, to_numpy(east.dictionary), usual
    north = from_numpy(latitude[rest] + 0.0).dictionary_encode()
    pair, one, other = _pairs_of_codes(code[rest], to_numpy(north.indices), len(north.dictionary))
    code = code.copy()
    code[rest] = pair + n_east
    return (
        code,
        np.concatenate([to_numpy(east.dictionary), to_numpy(east.dictionary)[one]]),
        np.concatenate([usual, to_numpy(north.dictionary)[other]]),
    )


def _add_batch(columns: _Columns, batch: PointColumns, how: PointFormat) -> None:
    times = how.parse_time(batch.time.texts)
    month = times.month[batch.time.code]
    columns.month.append(month)
    columns.date.append(times.minute[batch.time.code].astype("datetime64[m]") if times.has_days else None)

    category = batch.category or constant(how.category, len(month))
    known = columns.categories
    codes = np.array([known.setdefault(name, len(known)) for name in category.texts], dtype=np.int32)
    columns.category.append(codes.astype(np.int16)[category.code])

    places = _distinct_places(batch.longitude, batch.latitude, how)
    columns.pair.append(places.code + columns.n_pairs)
    columns.pair_longitude.append(places.longitude)
    columns.pair_latitude.append(places.latitude)
    columns.pair_reason.append(_reasons_of(places))
    columns.n_pairs += len(places.longitude)

    reason = np.zeros(len(month), dtype=np.int8)
    if batch.weight is not None:
        weight = parse_counts(batch.weight.values)[batch.weight.code]
        columns.weight.append(weight)
        reason[weight < 0] = _WEIGHT
    if "" in category.texts:
        reason[category.where(lambda text: text == "")] = _CATEGORY
    if how.month is not None:
        reason[month != how.month] = _OTHER_MONTH
    if (times.month == NO_MONTH).any():
        reason[month == NO_MONTH] = _TIME
    columns.reason.append(reason)
    if batch.id is not None:
        columns.ids.append(batch.id.values.take(from_numpy(batch.id.code)))


class _Places(NamedTuple):
    """Each row's pair of coordinates, the distinct pairs as numbers, and which of these numbers are not given."""

    code: Int32Array
    longitude: FloatArray
    latitude: FloatArray
    no_longitude: NDArray[np.bool_]
    no_latitude: NDArray[np.bool_]


def _distinct_places(longitude: Coded | FloatArray, latitude: Coded | FloatArray, how: PointFormat) -> _Places:
    if isinstance(longitude, Coded) and isinstance(latitude, Coded):
        code, one, other = distinct_pairs(longitude, latitude)
        return _Places(
            code,
            parse_numbers(longitude.values, decimal=how.decimal)[one],
            parse_numbers(latitude.values, decimal=how.decimal)[other],
            np.array([text in NO_NUMBER for text in longitude.texts], dtype=bool)[one],
            np.array([text in NO_NUMBER for text in latitude.texts], dtype=bool)[other],
        )
    assert isinstance(longitude, np.ndarray)
    assert isinstance(latitude, np.ndarray)
    code, east, north = distinct_locations(longitude, latitude)
    return _Places(code, east, north, east == NOWHERE, north == NOWHERE)


def _reasons_of(places: _Places) -> NDArray[np.int8]:
    lon, lat = places.longitude, places.latitude
    reason = np.zeros(len(lon), dtype=np.int8)
    reason[np.isinf(lon) | np.isinf(lat)] = _RANGE
    reason[(lon == 0) & (lat == 0)] = _ZERO
    reason[np.isnan(lon) | np.isnan(lat)] = _NO_NUMBER
    reason[places.no_longitude ^ places.no_latitude] = _HALF
    reason[places.no_longitude & places.no_latitude] = UNLOCATED
    return reason


def _assemble(columns: _Columns, how: PointFormat) -> _Understood:
    pair_reason = _join(columns.pair_reason, np.int8)
    is_located = pair_reason == 0
    longitude, latitude = to_wgs84(
        _join(columns.pair_longitude, np.float64)[is_located],
        _join(columns.pair_latitude, np.float64)[is_located],
        crs=how.crs,
    )
    in_range = (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90)
    pair_reason[np.flatnonzero(is_located)[~in_range]] = _RANGE
    pair_location = np.full(len(pair_reason), -1, dtype=np.int32)
    code, longitude, latitude = distinct_locations(longitude[in_range], latitude[in_range])
    pair_location[pair_reason == 0] = code

    pair = _join(columns.pair, np.int32)
    reason = _join(columns.reason, np.int8)
    if (pair_reason > 0).any():
        reason = np.where(reason == 0, np.maximum(pair_reason, 0)[pair], reason)
    good = reason == 0
    bad = np.flatnonzero(~good)
    is_first = _first_of_each_id(columns.ids, good)
    is_kept = good & is_first
    keep = slice(None) if is_kept.all() else is_kept  # of most files nothing has to be left out

    rows = PointRows(
        sha256="",
        rows_read=len(reason),
        repeated=int(np.count_nonzero(good & ~is_first)),
        quarantined=(),
        longitude=longitude,
        latitude=latitude,
        location=pair_location[pair][keep],
        month=_join(columns.month, np.int32)[keep],
        category=_join(columns.category, np.int16)[keep],
        categories=tuple(columns.categories),
        weight=_join(columns.weight, np.int64)[keep] if columns.weight else None,
        date=_dates(columns)[keep] if any(date is not None for date in columns.date) else None,
    )
    return _Understood(rows, bad, [_REASONS[code] for code in reason[bad]])


def _dates(columns: _Columns) -> MinuteArray:
    """Times of all rows; a batch that has months only stands on the first of each."""
    batches = zip(columns.month, columns.date, strict=True)
    return np.concatenate(
        [month.astype("datetime64[M]").astype("datetime64[m]") if date is None else date for month, date in batches]
    )


def _join(parts: list[NDArray], dtype: type) -> NDArray:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)


def _first_of_each_id(ids: list[pa.Array], good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows without an id, and of those that share one the first that can be read."""
    if not ids:
        return np.ones(len(good), dtype=bool)
    import pyarrow.compute as pc  # loads slowly

    encoded = pa.chunked_array(ids).combine_chunks().dictionary_encode()
    code = to_numpy(encoded.indices)
    candidates = np.flatnonzero(good)
    is_first = np.zeros(len(good), dtype=bool)
    is_first[candidates[np.unique(code[candidates], return_index=True)[1]]] = True
    is_nameless = to_numpy(pc.binary_length(encoded.dictionary)) == 0
    return np.asarray(is_first | is_nameless[code])


def to_wgs84(longitude: FloatArray, latitude: FloatArray, *, crs: str) -> tuple[FloatArray, FloatArray]:
    """Coordinates in WGS84 degrees, east before north; infinite where the system has no such place.

    Raises
    ------
    ConfigError
        If there is no such coordinate system.
    """
    if crs == WGS84:
        return longitude, latitude
    from pyproj import Transformer  # slow to import, and most feeds are in WGS84
    from pyproj.exceptions import ProjError

    try:
        transformer = Transformer.from_crs(crs, WGS84, always_xy=True)
    except ProjError as error:  # no such system, or one of another planet
        raise ConfigError(
            f"There is no coordinate system {crs!r}.", 'Use a code such as crs = "EPSG:27700".'
        ) from error
    east, north = transformer.transform(longitude, latitude)
    return np.asarray(east), np.asarray(north)
