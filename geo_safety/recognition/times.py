"""Which columns say when, how are times written, and do dates mean days or months?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from geo_safety.recognition.guess import Certainty, Guess, Sample, share, words_of
from geo_safety.sources.values import EPOCH, EPOCH_MS, parse_month

_GOOD_WORDS = {
    "date": 3, "datetime": 3, "timestamp": 3, "fecha": 3, "datum": 3, "data": 1, "month": 3, "time": 2, "when": 3, "epoch": 3,
    "period": 2, "occurred": 3, "occur": 3, "committed": 3, "incident": 1, "hecho": 2, "year": 0, "jour": 1, "monat": 3, "mes": 3,
}  # fmt: skip
_BAD_WORDS = {"outcome", "upload", "uploaded", "update", "updated", "refresh", "created", "closed", "birth", "modified"}
_RECORDED = {"reported", "recorded", "report", "entered"}
_PARTS = {
    "year": {"year", "yr", "ano", "anio", "jahr", "annee"},
    "month": {"month", "mes", "monat", "mois", "mm"},
    "day": {"day", "dia", "tag", "jour", "dd"},
    "hour": {"hour", "hr", "hora", "stunde", "heure"},
    "minute": {"minute", "min", "minuto"},
}
_DATES = (
    "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d %b %Y",
    "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%Y%m%d", "%b %Y", "%B %Y", "%b-%y", "%b-%Y",
    "%m/%Y", "%Y/%m", "%Y-%m-%d", "%Y.%m.%d",
)  # fmt: skip
_CLOCKS = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %I:%M:%S%p",
)  # fmt: skip
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_EPOCH_SECONDS = (315_532_800, 4_102_444_800)  # 1980 to 2100
_TESTED = 400


class Timing(NamedTuple):
    """When a table's rows happened: guesses for `columns` and `time_format`; no guess where no column says it."""

    columns: dict[str, str]
    guesses: tuple[Guess, ...]
    has_offset: bool = False


class _Reading(NamedTuple):
    """How the texts of one column can be read: None as format means ISO 8601, which needs no setting."""

    time_format: str | None
    certainty: Certainty
    because: str
    has_offset: bool = False


def find_times(sample: Sample, *, taken: Sequence[str] = ()) -> Timing:
    """Which columns say when?

    Parameters
    ----------
    sample : Sample
        The table.
    taken : sequence of str
        Columns that mean something else.

    Returns
    -------
    Timing
        Of several columns the one that is named after the incident itself; split dates only where none is whole.
    """
    found = []
    for column in sample.columns:
        score = _score(column)
        if column in taken or score <= 0:
            continue
        texts = list(dict.fromkeys(sample.filled(column)))[:_TESTED]
        if texts and (reading := read_times(texts)):
            found.append((score, column, reading))
    if not found:
        return _split(sample, taken)
    _, column, reading = max(found, key=lambda one: one[0])
    others = [name for _, name, _ in found if name != column]
    because = "its name, and every value sampled is a time" + (
        f"; other times are in {', '.join(others)}" if others else ""
    )
    guesses = [Guess("columns.time", column, "likely" if others else "certain", because)]
    columns = {"time": column}
    clock = _clock_beside(sample, column, reading)
    if clock:
        columns["clock"] = clock
        guesses.append(Guess("columns.clock", clock, "likely", "it holds times of day, and the date stands alone"))
        reading = _with_clock(reading, sample.filled(clock))
    guesses.append(Guess("time_format", reading.time_format, reading.certainty, reading.because))
    return Timing(columns, tuple(guesses), reading.has_offset)


def _score(column: str) -> int:
    words = words_of(column)
    if _BAD_WORDS & set(words):
        return 0
    best = max((_GOOD_WORDS.get(word, 0) for word in words), default=0)
    if len(words) == 1 and words[0].startswith(("date", "time")):
        best = max(best, 2)
    return best * 2 + bool(len(words) == 1) - bool(_RECORDED & set(words)) if best else 0


def read_times(texts: Sequence[str]) -> _Reading | None:
    """How are these distinct texts written, if at least 95 of 100 are times?

    Examples
    --------
    >>> read_times(["2020-01", "2020-02"])[:2]
    (None, 'certain')
    >>> read_times(["31/01/2020 3:05 PM", "01/02/2020 11:00 AM"])[:2]
    ('%d/%m/%Y %I:%M %p', 'certain')
    >>> read_times(["2020-01-01", "2020-02-01", "2020-03-01"])[:2]
    ('%Y-%m-01', 'likely')
    """
    return _months(texts) or _epoch(texts) or _iso(texts) or _written(texts)


def _months(texts: Sequence[str]) -> _Reading | None:
    if share([parse_month(text) is not None for text in texts]) < 0.95:
        return None
    return _Reading(None, "certain", f"months such as {texts[0]}: there is no day in this file")


def _epoch(texts: Sequence[str]) -> _Reading | None:
    low, high = _EPOCH_SECONDS
    digits = [text.removesuffix(".0") for text in texts]
    for setting, size, unit in ((EPOCH, 1, "seconds"), (EPOCH_MS, 1000, "milliseconds")):
        if share([text.isdecimal() and low * size <= int(text) < high * size for text in digits]) >= 0.95:
            return _Reading(
                setting, "likely", f"{unit} since 1970 in universal time, such as {texts[0]}", has_offset=True
            )
    return None


def _iso(texts: Sequence[str]) -> _Reading | None:
    times = [_from_iso(text) for text in texts]
    if any("/" in text for text in texts[:3]) or share([time is not None for time in times]) < 0.95:
        return None
    read = [time for time in times if time is not None]
    has_offset = any(time.tzinfo is not None for time in read)
    if not has_offset and len(texts[0]) == len("2020-01-01") and len(read) > 1 and all(time.day == 1 for time in read):
        return _Reading("%Y-%m-01", "likely", "every date is the first of a month: they mean months")
    because = f"dates and times as in ISO 8601, such as {texts[0]}"
    if has_offset:
        because += "; they carry an offset (Z is universal time), so they are turned into `time_zone`"
    return _Reading(None, "certain", because, has_offset)


def _from_iso(text: str) -> datetime | None:
    if text.isdecimal():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _written(texts: Sequence[str]) -> _Reading | None:
    """Dates in any other writing: the format that reads most texts, and whether another reads as many."""
    shares = {pattern: share([_reads(pattern, text) for text in texts]) for pattern in _plausible(texts[0], texts[-1])}
    good = [pattern for pattern, part in shares.items() if part >= 0.95 and part == max(shares.values())]
    if not good:
        return None
    day_first = next((pattern for pattern in good if pattern.startswith(("%d/%m", "%d-%m"))), None)
    month_first = next((pattern for pattern in good if pattern.startswith(("%m/%d", "%m-%d"))), None)
    if day_first and month_first:
        return _either_way(texts, day_first, month_first)
    pattern = good[0]
    return _first_of_month(texts, pattern) or _Reading(pattern, "certain", _because(texts, pattern))


def _because(texts: Sequence[str], pattern: str) -> str:
    because = f"times such as {texts[0]}; no other order of day and month fits"
    if "%p" in pattern:
        return f"{because}; AM and PM mark a 12-hour clock"
    if (
        "%H" in pattern
        and len(texts) >= 50
        and max(time.hour for text in texts if (time := _read(pattern, text))) <= 12
    ):
        because += "; no hour is after 12, as on a 12-hour clock without AM and PM: times of day are doubtful"
    return because


def _either_way(texts: Sequence[str], day_first: str, month_first: str) -> _Reading:
    """Both orders read every text: dates that are all the first of a month decide, else the clock, else custom."""
    for pattern, order in ((month_first, "month before day"), (day_first, "day before month")):
        if months := _first_of_month(texts, pattern):
            return _Reading(
                months.time_format, "uncertain", f"every date is the first of a month if read {order}: they mean months"
            )
    if "%p" in month_first:
        return _Reading(month_first, "uncertain", "no day is above 12; AM and PM go with month before day")
    return _Reading(day_first, "uncertain", "no number is above 12, so day before month is a guess")


def _first_of_month(texts: Sequence[str], pattern: str) -> _Reading | None:
    """The same format with the day as a fixed text, where it is 1 throughout and no clock time says anything."""
    times = [time for text in texts if (time := _read(pattern, text))]
    if "%d" not in pattern or not all(time.day == 1 and time.hour == time.minute == time.second == 0 for time in times):
        return None
    for day in ("01", "1"):
        fixed = pattern.replace("%d", day)
        for written, clock in (
            (" %I:%M:%S %p", " 12:00:00 AM"),
            (" %I:%M %p", " 12:00 AM"),
            (" %H:%M:%S", " 00:00:00"),
        ):
            fixed = fixed.replace(written, clock)
        if all(_reads(fixed, text) for text in texts if _reads(pattern, text)):
            return _Reading(fixed, "likely", "every date is the first of a month: they mean months")
    return None


def _plausible(*examples: str) -> Iterator[str]:
    for date in _DATES:
        for clock in _CLOCKS:
            if any(_reads(date + clock, text) for text in examples):
                yield date + clock


def _read(pattern: str, text: str) -> datetime | None:
    try:
        time = datetime.strptime(text, pattern)  # noqa: DTZ007 - only whether it can be read, and what day it is
    except ValueError:
        return None
    return time if 1900 <= time.year <= 2199 else None


def _reads(pattern: str, text: str) -> bool:
    return _read(pattern, text) is not None


def _clock_beside(sample: Sample, date: str, reading: _Reading) -> str | None:
    """A column of clock times, where the date itself has none."""
    texts = sample.filled(date)
    has_days = reading.time_format is None or "%d" in reading.time_format
    if not has_days or any(":" in text for text in texts[:20]) or share([len(text) < 8 for text in texts]) > 0.5:
        return None
    for column in sample.columns:
        clocks = sample.filled(column)
        is_full = len(clocks) == len(sample.columns[column])
        if column != date and is_full and share([bool(_CLOCK.fullmatch(text)) for text in clocks]) == 1:
            return column
    return None


def _with_clock(reading: _Reading, clocks: Sequence[str]) -> _Reading:
    if reading.time_format is None:
        return reading  # ISO 8601 reads "2020-01-31 16:40"
    return reading._replace(time_format=reading.time_format + (" %H:%M:%S" if clocks[0].count(":") == 2 else " %H:%M"))


def _split(sample: Sample, taken: Sequence[str]) -> Timing:
    """A year, a month and more in columns of their own."""
    columns: dict[str, str] = {}
    for part, names in _PARTS.items():
        for column in sample.columns:
            words = words_of(column)
            values = sample.columns[column]
            if column in taken or not set(words) & names or not all(text.isdecimal() for text in values if text):
                continue
            if all(values) or part == "day":
                columns.setdefault(part, column)
    if not {"year", "month"} <= set(columns):
        return Timing({}, ())
    kept: dict[str, str] = {}
    for part in _PARTS:
        if part not in columns:
            break
        kept[part] = columns[part]
    because = "a column for each part of the date, named after it"
    return Timing(kept, tuple(Guess(f"columns.{part}", name, "certain", because) for part, name in kept.items()))
