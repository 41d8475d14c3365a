"""STATS19 road collisions of the Department for Transport: one row a collision with injury, exact place, local time.

Column names and codes have changed over the years; both spellings and both forms of severity are
understood. A collision's category is its severity as the police recorded it.

Forces moved to injury-based reporting at different times, which by itself makes serious injuries more; the department
publishes for each collision the probability that it would count as serious in that system. These are no whole
incidents, so they change no row: `adjusted` gives the sums by year, to be quoted beside the recorded ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from geo_safety.sources.arrow import from_numpy, texts
from geo_safety.sources.delimited import Coded, require_columns
from geo_safety.sources.feed import FeedSettings, FloatArray, PointRows, RawFile
from geo_safety.sources.formats import find_tables, open_table
from geo_safety.sources.points import PointColumns, PointFormat, distinct_pairs, read_points
from geo_safety.sources.values import NO_MONTH, Times, parse_numbers, parse_times
from geo_safety.themes import STATS19

LABELS = STATS19
ATTRIBUTION = "Contains public sector information from the Department for Transport, Open Government Licence v3.0"

_SPELLINGS = {
    "longitude": ("longitude",),
    "latitude": ("latitude",),
    "category": ("collision_severity", "accident_severity"),
    "date": ("date", "accident_date", "collision_date"),
    "time": ("time", "accident_time", "collision_time"),
}
_ADJUSTED = {
    "serious": ("collision_adjusted_severity_serious", "accident_adjusted_severity_serious", "adjusted_serious"),
    "slight": ("collision_adjusted_severity_slight", "accident_adjusted_severity_slight", "adjusted_slight"),
}
_SEVERITY = {"1": "Fatal", "2": "Serious", "3": "Slight"}
_DATES = ("%Y/%m/%d", "%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{1,2})")
_MINUTES_OF_DAY = 24 * 60


def find(settings: FeedSettings) -> list[RawFile]:
    """Which collision files does the feed hold?

    Raises
    ------
    SourceError
        If there is none.
    """
    return find_tables(settings)


def read(raw_file: RawFile, settings: FeedSettings) -> PointRows:
    """What do the rows of one collision file say?

    Raises
    ------
    SourceError
        If a column is missing, or the file cannot be read.
    """
    file = open_table(raw_file, settings)
    by_lower = {name.lower(): name for name in file.names}
    columns = {
        use: next((by_lower[name] for name in names if name in by_lower), names[0])
        for use, names in _SPELLINGS.items()
        if use != "time" or any(name in by_lower for name in names)
    }
    columns |= settings.columns
    require_columns(
        columns, file.names, file=raw_file.name, hint=" The file of casualties or vehicles holds no places."
    )
    batches = (
        PointColumns(
            time=_time_of(batch.texts, columns),
            longitude=batch.coordinate(columns["longitude"]),
            latitude=batch.coordinate(columns["latitude"]),
            category=_severity(batch.texts[columns["category"]]),
        )
        for batch in file.batches(list(columns.values()), numbers=(columns["longitude"], columns["latitude"]))
    )
    return read_points(file, batches, PointFormat(lambda written: _parse(written, settings.time_zone)))


@dataclass(frozen=True)
class Adjusted:
    """Collisions of one year: as recorded, and as if all forces had recorded by injury.

    Parameters
    ----------
    fatal, serious, slight : int
        As recorded.
    adjusted_serious, adjusted_slight : float
        Sums of the department's probabilities.
    """

    year: int
    fatal: int
    serious: int
    slight: int
    adjusted_serious: float
    adjusted_slight: float


def adjusted(settings: FeedSettings) -> list[Adjusted]:
    """What would the severities of each year be if all forces had recorded by injury?

    Returns
    -------
    list of Adjusted
        Empty where the files hold no adjusted severities.

    Raises
    ------
    SourceError
        If a file cannot be read.
    """
    totals: dict[int, list[float]] = {}
    for raw_file in find(settings):
        file = open_table(raw_file, settings)
        by_lower = {name.lower(): name for name in file.names}
        spellings = {"category": _SPELLINGS["category"], "date": _SPELLINGS["date"], **_ADJUSTED}
        columns = {
            use: by_lower[found]
            for use, names in spellings.items()
            if (found := next((n for n in names if n in by_lower), ""))
        }
        if len(columns) < len(spellings):
            continue
        for batch in file.batches(list(columns.values())):
            month = parse_times(batch.texts[columns["date"]].texts, formats=_DATES, time_zone=settings.time_zone).month[
                batch.texts[columns["date"]].code
            ]
            severity = _severity(batch.texts[columns["category"]])
            weights = {use: _probability(batch.texts[columns[use]]) for use in _ADJUSTED}
            for year in np.unique(month[month != NO_MONTH] // 12 + 1970).tolist():
                rows = (month != NO_MONTH) & (month // 12 + 1970 == year)
                counts = [float(np.count_nonzero(rows & severity.where(name.__eq__))) for name in _SEVERITY.values()]
                sums = [float(weights[use][rows].sum()) for use in _ADJUSTED]
                totals[year] = [a + b for a, b in zip(totals.get(year, [0.0] * 5), [*counts, *sums], strict=True)]
    return [Adjusted(year, *map(int, of[:3]), *of[3:]) for year, of in sorted(totals.items())]


def remarks(settings: FeedSettings) -> list[str]:
    """The adjusted severities in words, one line a year."""
    return [
        f"{one.year}: {one.fatal:,} fatal, {one.serious:,} serious and {one.slight:,} slight collisions as recorded; "
        f"adjusted by the department for how forces record: {one.adjusted_serious:,.0f} serious, {one.adjusted_slight:,.0f} slight"
        for one in adjusted(settings)
    ]


def _probability(column: Coded) -> FloatArray:
    numbers = parse_numbers(column.values)
    return np.where((numbers >= 0) & (numbers <= 1), numbers, 0.0)[column.code]


def _severity(column: Coded) -> Coded:
    return Coded(column.code, texts([_SEVERITY.get(text, text) for text in column.texts]))


def _time_of(texts_of: Mapping[str, Coded], columns: Mapping[str, str]) -> Coded:
    """Date and clock time as one column, joined by a bar; the date alone where the file has no clock times."""
    date = texts_of[columns["date"]]
    if "time" not in columns:
        return date
    clock = texts_of[columns["time"]]
    code, first, second = distinct_pairs(date, clock)
    joined = pc.binary_join_element_wise(
        date.values.take(from_numpy(first)), clock.values.take(from_numpy(second)), "|"
    )
    return Coded(code, joined)


def _parse(written: Sequence[str], time_zone: str) -> Times:
    """Times of texts such as 2022/01/05|16:40; a collision without a clock time keeps its day."""
    dates, clocks = zip(*(text.partition("|")[::2] for text in written), strict=True) if written else ((), ())
    # A year has few days and a day few minutes, so each is understood once.
    days = sorted(set(dates))
    parsed = parse_times(days, formats=_DATES, time_zone=time_zone)
    place = np.searchsorted(np.array(days), np.array(dates)) if days else np.zeros(0, dtype=int)
    month = parsed.month[place]
    minute = parsed.minute[place] // _MINUTES_OF_DAY * _MINUTES_OF_DAY + [_minute(clock) for clock in clocks]
    return Times(month, np.where(month == NO_MONTH, 0, minute), has_days=True)


def _minute(clock: str) -> int:
    match = _CLOCK.match(clock)
    return int(match[1]) * 60 + int(match[2]) if match else 0
