"""One feed as rows of plain arrays, one an incident, with an account of what became of every row of every file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_safety.accounts import FileAccount
from geo_safety.area_counts import AreaCounts, join_areas
from geo_safety.errors import GeoSafetyError, LabelError, ProblemsError, SourceError
from geo_safety.presence import Presence, answered_months, totals_by
from geo_safety.progress import Progress, Silent
from geo_safety.sources import SOURCES
from geo_safety.sources.feed import (
    AreaRows,
    CategoryCodes,
    FeedSettings,
    FloatArray,
    Int16Array,
    Int32Array,
    IntArray,
    MinuteArray,
    PointRows,
    Quarantined,
    RawFile,
    renumbered,
)
from geo_safety.sources.points import distinct_locations
from geo_safety.themes import themes_of

if TYPE_CHECKING:
    import pandas as pd

BoolArray = NDArray[np.bool_]
Rows = TypeVar("Rows", PointRows, AreaRows)

_SHOWN_PROBLEMS = 5
_ROWS_AT_A_TIME = 1 << 16


@dataclass(frozen=True)
class Incidents:
    """The located and unlocated rows of a feed of points, one element a row.

    Parameters
    ----------
    feed : str
        The feed's name.
    categories, forces : tuple of str
        For each category code the source's own class and the force that recorded it (empty where the
        source has no forces): the same class of two forces has two codes.
    longitude, latitude : array of float, shape (n_locations,)
        Distinct locations in WGS84 degrees.
    location : array of int, shape (n_rows,)
        Index of the row's location; -1 for unlocated rows.
    month : array of int, shape (n_rows,)
        Months since 1970-01.
    category : array of int, shape (n_rows,)
        Category code.
    weight : array of int, shape (n_rows,)
        Incidents that the row stands for.
    file : array of int, shape (n_rows,)
        Index of the row's file among the feed's accounts.
    date : array of datetime64[m], shape (n_rows,), optional
        Local time, where the source has days.
    """

    feed: str
    categories: tuple[str, ...]
    forces: tuple[str, ...]
    longitude: FloatArray
    latitude: FloatArray
    location: Int32Array
    month: Int32Array
    category: Int16Array
    weight: IntArray
    file: Int32Array
    date: MinuteArray | None = None


@dataclass(frozen=True)
class Feed:
    """One feed, read: either `incidents` or `area_counts` is there.

    Parameters
    ----------
    settings : FeedSettings
        How it was read.
    accounts : tuple of FileAccount
        One for each file, in order.
    presence : Presence
        What it supplied, before anything was left out as lying outside the study.
    quarantined : tuple of (str, Quarantined)
        Rows that could not be read, with their file.
    """

    settings: FeedSettings
    accounts: tuple[FileAccount, ...]
    presence: Presence
    quarantined: tuple[tuple[str, Quarantined], ...]
    incidents: Incidents | None = None
    area_counts: AreaCounts | None = None

    @property
    def counted(self) -> Incidents | AreaCounts:
        """The rows, whichever form they have."""
        counted = self.incidents or self.area_counts
        assert counted is not None
        return counted

    @property
    def quarantine(self) -> pd.DataFrame:
        """The rows that could not be read, as `schema.QUARANTINE` defines them."""
        import pandas as pd  # counting alone needs no data frames, and they are slow to import

        rows = [(self.settings.name, file, *row) for file, row in self.quarantined]
        return pd.DataFrame(rows, columns=["source", "file", "row", "reason", "raw"])


def read_feed(settings: FeedSettings, *, progress: Progress | None = None, workers: int = 1) -> Feed:
    """Which incidents does a feed hold, and what became of every row?

    Parameters
    ----------
    settings : FeedSettings
        The feed.
    progress : Progress, optional
        What is told how far the reading is.
    workers : int
        Files read at the same time. The result does not depend on it.

    Raises
    ------
    SourceError, ProblemsError
        If files cannot be read: all of them are named.
    LabelError
        If no category of the feed belongs to any theme.
    """
    source = SOURCES[settings.kind]
    files = source.find(settings)
    outcomes = _read_all(
        files, lambda file: source.read(file, settings), settings.name, progress or Silent(), workers=workers
    )
    _raise_problems([outcome for outcome in outcomes if isinstance(outcome, SourceError)])
    rows_of_file = [rows for rows in outcomes if not isinstance(rows, SourceError)]
    _check_rows(settings.name, files, rows_of_file)
    points = [rows for rows in outcomes if isinstance(rows, PointRows)]
    areas = [rows for rows in outcomes if isinstance(rows, AreaRows)]
    if points:
        return _with_accounts(_feed_of_points(settings, files, points))
    area_counts, accounts, presence = join_areas(settings, files, areas)
    quarantined = tuple(_quarantined(files, areas))
    feed = Feed(settings, accounts, presence, quarantined, area_counts=area_counts)
    return _with_accounts(feed)


def _read_all(
    files: Sequence[RawFile],
    read: Callable[[RawFile], PointRows | AreaRows],
    name: str,
    progress: Progress,
    *,
    workers: int,
) -> list[PointRows | AreaRows | SourceError]:
    def attempt(file: RawFile) -> PointRows | AreaRows | SourceError:
        try:
            rows = read(file)
        except SourceError as error:
            return error
        return _without_rows(rows) if file.is_superseded and isinstance(rows, PointRows) else rows

    # The longest files first, so that no worker is left with one at the end; results keep the files' order.
    order = sorted(range(len(files)), key=lambda place: -files[place].path.stat().st_size)
    outcomes: list[PointRows | AreaRows | SourceError | None] = [None] * len(files)
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        results = pool.map(lambda place: (place, attempt(files[place])), order)
        for place, outcome in progress.over(results, f"Reading {name}", total=len(files)):
            outcomes[place] = outcome
    return [outcome for outcome in outcomes if outcome is not None]


def _without_rows(rows: PointRows) -> PointRows:
    """A superseded file, of which nothing but its number of rows is wanted."""
    none = slice(0, 0)
    return replace(
        rows,
        repeated=0,
        quarantined=(),
        longitude=rows.longitude[none],
        latitude=rows.latitude[none],
        location=rows.location[none],
        month=rows.month[none],
        category=rows.category[none],
        categories=(),
        weight=None if rows.weight is None else rows.weight[none],
        date=None if rows.date is None else rows.date[none],
    )


def _raise_problems(problems: list[SourceError]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        shown: list[GeoSafetyError] = list(problems[:_SHOWN_PROBLEMS])
        if len(problems) > len(shown):
            rest = len(problems) - len(shown)
            shown.append(SourceError(f"{rest} more files cannot be read.", "They probably have the same fault."))
        raise ProblemsError(shown)


def _check_rows(name: str, files: Sequence[RawFile], parts: Sequence[PointRows | AreaRows]) -> None:
    """Refuse a feed without rows, and files that would be counted twice because one is a copy of another."""
    if not any(rows.rows_read for rows in parts):
        raise SourceError(
            f"Feed {name!r}: its {len(files)} files hold a header and no rows.",
            "Look whether the download was complete, or leave the feed out of the config.",
        )
    first_with: dict[tuple[str, str], str] = {}
    for file, rows in zip(files, parts, strict=True):
        if file.is_superseded or not rows.rows_read:
            continue
        original = first_with.setdefault((file.unit, rows.sha256), file.name)
        if original != file.name:
            raise SourceError(
                f"Feed {name!r}: {file.name} is a copy of {original}, so its rows would be counted twice.",
                "Remove one of the two, or name the files to be read in `path`.",
            )


def theme_matrix(feed: Feed) -> dict[str, BoolArray]:
    """Which category codes of a feed carry which theme?

    Parameters
    ----------
    feed : Feed
        A feed that has been read.

    Returns
    -------
    dict of theme to array of bool, shape (n_categories,)
        Themes that some category carries and that the feed answers for (its `use`).

    Raises
    ------
    LabelError
        If there is none.
    """
    settings, counted = feed.settings, feed.counted
    kinds = list(zip(counted.categories, counted.forces, strict=True))
    themes = [themes_of(category, settings.labels, force=force) for category, force in kinds]
    names = dict.fromkeys(theme for carried in themes for theme in carried)
    matrix = {name: np.array([name in carried for carried in themes], dtype=bool) for name in names}
    used = {name: codes for name, codes in matrix.items() if settings.use is None or name in settings.use}
    if kinds and not used:
        sample = ", ".join(repr(category) for category in sorted(set(counted.categories))[:3])
        wanted = f" of `use` ({', '.join(settings.use)})" if settings.use else ""
        raise LabelError(
            f"Feed {settings.name!r}: none of its {len(set(counted.categories))} categories (such as {sample}) "
            f"belongs to a theme{wanted}.",
            'Give the feed a `labels` table in the config, for example labels = { "Robbery" = ["robbery"] }'
            + (", or correct `use`." if settings.use else "."),
        )
    return used


def keep_inside(feed: Feed, inside: BoolArray) -> Feed:
    """The feed without the rows whose place lies outside the study; they are `outside` in the accounts.

    Parameters
    ----------
    feed : Feed
        A feed of points.
    inside : array of bool, shape (n_locations,)
        Whether each location lies inside.

    Returns
    -------
    Feed
        Unlocated rows stay; locations that are left over are numbered anew, in the same order.
    """
    incidents = feed.incidents
    assert incidents is not None
    new_number = np.where(inside, np.cumsum(inside) - 1, -1).astype(np.int32)
    is_located = incidents.location >= 0
    keep = np.ones(len(is_located), dtype=bool)
    keep[is_located] = inside[incidents.location[is_located]]
    location = incidents.location[keep]
    kept = replace(
        incidents,
        longitude=incidents.longitude[inside],
        latitude=incidents.latitude[inside],
        location=np.where(location >= 0, new_number[location], -1).astype(np.int32),
        month=incidents.month[keep],
        category=incidents.category[keep],
        weight=incidents.weight[keep],
        file=incidents.file[keep],
        date=None if incidents.date is None else incidents.date[keep],
    )
    outside = totals_by(incidents.file[~keep], len(feed.accounts))
    accounts = [
        replace(account, outside=account.outside + int(rows))
        for account, rows in zip(feed.accounts, outside, strict=True)
    ]
    return _with_accounts(replace(feed, incidents=kept, accounts=tuple(accounts)))


def keep_zones(feed: Feed, zone_id: NDArray[np.str_]) -> Feed:
    """The feed of area counts without the rows of zones that are not in the study; they are `outside`.

    Parameters
    ----------
    feed : Feed
        A feed of counts by area.
    zone_id : array of str
        The zones of the study.
    """
    areas = feed.area_counts
    assert areas is not None
    is_known = np.isin(areas.zone_id, zone_id)
    new_number = np.where(is_known, np.cumsum(is_known) - 1, -1).astype(np.int32)
    keep = is_known[areas.zone]
    keep_row = (areas.row_zone < 0) | is_known[areas.row_zone]
    row_zone = areas.row_zone[keep_row]
    kept = replace(
        areas,
        zone_id=areas.zone_id[is_known],
        zone=new_number[areas.zone[keep]],
        month=areas.month[keep],
        category=areas.category[keep],
        count=areas.count[keep],
        row_file=areas.row_file[keep_row],
        row_zone=np.where(row_zone >= 0, new_number[row_zone], -1).astype(np.int32),
        row_category=areas.row_category[keep_row],
        row_incidents=areas.row_incidents[keep_row],
    )
    outside = totals_by(areas.row_file[~keep_row], len(feed.accounts))
    accounts = [
        replace(account, outside=account.outside + int(rows))
        for account, rows in zip(feed.accounts, outside, strict=True)
    ]
    return _with_accounts(replace(feed, area_counts=kept, accounts=tuple(accounts)))


def _with_accounts(feed: Feed) -> Feed:
    """The feed with the buckets that depend on its rows counted anew."""
    if feed.incidents is not None:
        file, category, weight = feed.incidents.file, feed.incidents.category, feed.incidents.weight
        is_placed = feed.incidents.location >= 0
    else:
        areas = feed.area_counts
        assert areas is not None
        file, category, weight = areas.row_file, areas.row_category, areas.row_incidents
        is_placed = areas.row_zone >= 0
    carries_theme = np.zeros(len(feed.counted.categories), dtype=bool)
    for codes in theme_matrix(feed).values():
        carries_theme |= codes
    n_files, n_categories = len(feed.accounts), len(carries_theme)
    key = file * np.int32(n_categories) + category

    def by_file_and_category(rows: IntArray | slice, weights: IntArray | None = None) -> IntArray:
        return totals_by(key[rows], n_files * n_categories, weights).reshape(n_files, n_categories)

    nowhere = np.flatnonzero(~is_placed)
    unlocated = by_file_and_category(nowhere)
    accepted = by_file_and_category(slice(None)) - unlocated
    incidents = by_file_and_category(slice(None), weight) - by_file_and_category(nowhere, weight[nowhere])
    buckets = zip(
        unlocated.sum(axis=1).tolist(),
        accepted.sum(axis=1).tolist(),
        accepted[:, ~carries_theme].sum(axis=1).tolist(),
        incidents.sum(axis=1).tolist(),
        strict=True,
    )
    accounts = [
        replace(account, unlocated=without, accepted=counted, unused=unused, incidents=total).checked()
        for account, (without, counted, unused, total) in zip(feed.accounts, buckets, strict=True)
    ]
    return replace(feed, accounts=tuple(accounts))


def _feed_of_points(settings: FeedSettings, files: Sequence[RawFile], parts: list[PointRows]) -> Feed:
    codes = CategoryCodes()
    category = [codes.of(rows.categories, file.unit)[rows.category] for file, rows in zip(files, parts, strict=True)]
    starts = np.cumsum([0, *(len(rows.longitude) for rows in parts)])
    code, longitude, latitude = distinct_locations(
        np.concatenate([rows.longitude for rows in parts]), np.concatenate([rows.latitude for rows in parts])
    )
    location = [
        renumbered(rows.location, code[start:end])
        for rows, start, end in zip(parts, starts[:-1], starts[1:], strict=True)
    ]
    incidents = Incidents(
        feed=settings.name,
        categories=codes.categories,
        forces=codes.forces,
        longitude=longitude,
        latitude=latitude,
        location=np.concatenate(location),
        month=np.concatenate([rows.month for rows in parts]),
        category=np.concatenate(category),
        weight=_weights(parts),
        file=np.repeat(np.arange(len(parts), dtype=np.int32), [len(rows.month) for rows in parts]),
        date=_dates(parts),
    )
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
    presence = _presence_of_points(settings, files, incidents, spans=[_span(rows) for rows in parts if len(rows.month)])
    return Feed(settings, accounts, presence, tuple(_quarantined(files, parts)), incidents=incidents)


def _weights(parts: list[PointRows]) -> IntArray:
    if all(rows.weight is None for rows in parts):
        # One number seen from every row: a million ones would cost more than counting them.
        return np.broadcast_to(np.int64(1), sum(len(rows.month) for rows in parts))
    return np.concatenate(
        [np.ones(len(rows.month), dtype=np.int64) if rows.weight is None else rows.weight for rows in parts]
    )


def _dates(parts: list[PointRows]) -> MinuteArray | None:
    dates = [rows.date for rows in parts if rows.date is not None or len(rows.month)]
    if not dates or any(date is None for date in dates):
        return None
    return np.concatenate([date for date in dates if date is not None])


def _quarantined(files: Sequence[RawFile], parts: Sequence[Rows]) -> Iterator[tuple[str, Quarantined]]:
    for file, rows in zip(files, parts, strict=True):
        for row in rows.quarantined:
            yield file.name, row


def _presence_of_points(
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
    # Some rows at a time: keys for all of them would have to be fetched from memory, these stay near.
    for begin in range(0, len(incidents.month), _ROWS_AT_A_TIME):
        rows = slice(begin, begin + _ROWS_AT_A_TIME)
        key = start_of_category[incidents.category[rows]] + incidents.month[rows] * np.int64(n_categories)
        totals += totals_by(key, size, incidents.weight[rows])
    return totals.reshape(n_units, n_months, n_categories)
