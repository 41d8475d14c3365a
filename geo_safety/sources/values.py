"""What the texts of a file mean: times, coordinates, weights. Each function takes distinct texts once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from geo_safety.errors import ConfigError
from geo_safety.sources.arrow import to_numpy
from geo_safety.sources.feed import FloatArray, Int32Array, IntArray

NO_MONTH = np.iinfo(np.int32).min
"""Stands for a text that is no time."""

EPOCH, EPOCH_MS = "epoch", "epoch_ms"
"""Formats of times that are seconds or milliseconds since 1970-01-01 in universal time."""

_MONTH = re.compile(r"(\d{4})-?(\d{2})")
_DAY_CODES = ("%d", "%j", "%x", "%c", "%D", "%F")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times of the feed's own zone are naive throughout


class Times(NamedTuple):
    """What distinct texts say about time.

    Parameters
    ----------
    month : array of int
        Months since 1970-01; `NO_MONTH` where the text is no time.
    minute : array of int
        Minutes since 1970-01-01 00:00 of the feed's local time; 0 where the text is no time.
    has_days : bool
        Whether any text says more than the month.
    """

    month: Int32Array
    minute: IntArray
    has_days: bool


def parse_month(text: str) -> int | None:
    """Months since 1970-01 of a text such as 2020-01 or 202001; None where it is no month.

    Examples
    --------
    >>> parse_month("2020-01"), parse_month("197002"), parse_month("2020-13")
    (600, 1, None)
    """
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    return (year - 1970) * 12 + month - 1 if 1 <= month <= 12 and 1900 <= year <= 2199 else None


def parse_months(texts: Sequence[str]) -> Times:
    """Months of texts such as 2020-01 or 202001."""
    numbers = [parse_month(text) for text in texts]
    months = np.array([NO_MONTH if number is None else number for number in numbers], dtype=np.int32)
    return Times(months, np.zeros(len(texts), dtype=np.int64), has_days=False)


def parse_times(texts: Sequence[str], *, formats: Sequence[str], time_zone: str) -> Times:
    """Local times of texts.

    Parameters
    ----------
    texts : sequence of str
        Distinct texts.
    formats : sequence of str
        As for `datetime.strptime`, or `epoch` and `epoch_ms` (seconds and milliseconds since 1970 in universal
        time); the first that fits counts. Without any: months (2020-01, 202001), dates and timestamps in ISO 8601.
    time_zone : str
        Zone of the feed. A time with `Z` or an offset is turned into it before its month is taken; one
        without is local already.

    Raises
    ------
    ConfigError
        If there is no such time zone.

    Examples
    --------
    Half an hour before midnight in universal time is already August in London:

    >>> parse_times(["2020-07-31T23:30:00Z"], formats=(), time_zone="Europe/London").month.tolist()
    [607]
    """
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"There is no time zone {time_zone!r}.", 'Use a name such as time_zone = "Europe/London".'
        ) from error
    read: Callable[[str], datetime | None] = _read_iso if not formats else _reader_of(tuple(formats))
    months = np.full(len(texts), NO_MONTH, dtype=np.int32)
    minutes = np.zeros(len(texts), dtype=np.int64)
    for place, text in enumerate(texts):
        time = read(text)
        if time is None or not 1900 <= time.year <= 2199:
            continue
        if time.tzinfo is not None:
            time = time.astimezone(zone).replace(tzinfo=None)
        months[place] = (time.year - 1970) * 12 + time.month - 1
        minutes[place] = (time - _EPOCH) // timedelta(minutes=1)
    if formats:
        has_days = any(code in pattern for pattern in formats for code in (*_DAY_CODES, EPOCH))
    else:
        has_days = any(parse_month(text) is None for text in texts)
    return Times(months, minutes, has_days)


@lru_cache(maxsize=16)
def _reader_of(formats: tuple[str, ...]) -> Callable[[str], datetime | None]:
    @lru_cache(maxsize=4096)  # the files of a feed have the same months
    def read(text: str) -> datetime | None:
        for pattern in formats:
            try:
                if pattern in (EPOCH, EPOCH_MS):
                    return datetime.fromtimestamp(float(text) / (1 if pattern == EPOCH else 1000), UTC)
                return datetime.strptime(text, pattern)  # noqa: DTZ007 - the feed's zone is applied by the caller
            except (ValueError, OverflowError, OSError):  # the last two: no date is so far away
                continue
        return None

    return read


def _read_iso(text: str) -> datetime | None:
    number = parse_month(text)
    if number is not None:
        return datetime(1970 + number // 12, number % 12 + 1, 1)  # noqa: DTZ001
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def parse_numbers(texts: pa.StringArray, *, decimal: str = ".") -> FloatArray:
    """Numbers of texts; NaN where a text is none, infinite where it is too large.

    Examples
    --------
    >>> parse_numbers(pa.array(["-75,5", "", "n/a"]), decimal=",").tolist()
    [-75.5, nan, nan]
    """
    plain = texts
    if decimal != ".":
        import pyarrow.compute as pc  # loads slowly

        plain = pc.replace_substring(texts, decimal, ".")
    try:
        return np.asarray(to_numpy(plain.cast(pa.float64())))
    except pa.ArrowInvalid:  # some text is no number: find out which
        return np.array([_number(text) for text in plain.to_pylist()], dtype=np.float64)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def parse_counts(texts: pa.StringArray) -> IntArray:
    """Whole numbers of incidents; -1 where a text is none (a sign, a fraction, nothing at all).

    Examples
    --------
    >>> parse_counts(pa.array(["3", "4.0", "2.5", "-1", ""])).tolist()
    [3, 4, -1, -1, -1]
    """
    numbers = parse_numbers(texts)
    with np.errstate(invalid="ignore"):
        is_whole = (numbers >= 0) & (numbers < 2**31) & (numbers == np.floor(numbers))
    return np.where(is_whole, numbers, -1).astype(np.int64)


def looks_swapped(longitude: FloatArray, latitude: FloatArray, bounds: tuple[float, float, float, float]) -> bool:
    """Do these points miss the study only because longitude and latitude are exchanged?

    Parameters
    ----------
    longitude, latitude : array of float, shape (n_locations,)
        WGS84 degrees as read.
    bounds : tuple of float
        West, south, east, north of the study.

    Returns
    -------
    bool
        True where hardly any point lies within the bounds and most would after an exchange.

    Examples
    --------
    >>> looks_swapped(np.array([51.5, 51.6]), np.array([-0.1, 0.0]), (-0.5, 51.2, 0.4, 51.7))
    True
    """
    west, south, east, north = bounds

    def share_inside(x: FloatArray, y: FloatArray) -> float:
        return float(np.mean((x >= west) & (x <= east) & (y >= south) & (y <= north))) if len(x) else 0.0

    return share_inside(longitude, latitude) < 0.05 and share_inside(latitude, longitude) > 0.5
