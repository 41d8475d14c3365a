"""A feed that comes counted by ward, LSOA or borough, as sums by zone, month and category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_safety.accounts import FileAccount
from geo_safety.presence import BoolArray, Presence, totals_by
from geo_safety.sources.feed import (
    AreaRows,
    CategoryCodes,
    FeedSettings,
    Int16Array,
    Int32Array,
    IntArray,
    RawFile,
    renumbered,
)


@dataclass(frozen=True)
class AreaCounts:
    """A feed that comes counted by area.

    Parameters
    ----------
    feed : str
        The feed's name.
    layer : str
        Boundary layer whose codes it uses.
    zone_id : array of str, shape (n_zones,)
        The zones that it names, sorted: it answers for these and no others.
    categories, forces : tuple of str
        As for `Incidents`.
    zone, month, category, count : array of int, shape (n_counts,)
        The counts other than zero, one element a zone, month and category.
    row_file, row_zone, row_category, row_incidents : array of int, shape (n_rows,)
        For each row of the files that is not superseded: its file, its zone (-1 where it names none), its
        category code and the sum of its counts. The account is made from them.
    """

    feed: str
    layer: str
    zone_id: NDArray[np.str_]
    categories: tuple[str, ...]
    forces: tuple[str, ...]
    zone: Int32Array
    month: Int32Array
    category: Int16Array
    count: IntArray
    row_file: Int32Array
    row_zone: Int32Array
    row_category: Int16Array
    row_incidents: IntArray


def join_areas(
    settings: FeedSettings, files: Sequence[RawFile], parts: Sequence[AreaRows]
) -> tuple[AreaCounts, tuple[FileAccount, ...], Presence]:
    """The files of one feed as one: repeated keys are added up, a month of several files is the last one's.

    Parameters
    ----------
    settings : FeedSettings
        The feed.
    files, parts : sequence
        Its files in order, and the rows of each.

    Returns
    -------
    AreaCounts, tuple of FileAccount, Presence
        The buckets that depend on the study are left empty in the accounts.
    """
    codes = CategoryCodes()
    category = [codes.of(rows.categories, "")[rows.category] for rows in parts]
    zone_id = np.unique(np.array([zone for rows in parts for zone in rows.zone_ids], dtype=np.str_))
    zone = [
        renumbered(rows.zone, np.searchsorted(zone_id, np.array(rows.zone_ids, dtype=np.str_)).astype(np.int32))
        for rows in parts
    ]
    # A month that several files hold is taken whole from the last of them.
    last_file = {month: number for number, rows in enumerate(parts) for month in rows.months.tolist()}
    newest = [
        np.array([month for month in rows.months.tolist() if last_file[month] == number], dtype=np.int32)
        for number, rows in enumerate(parts)
    ]
    is_kept = [_rows_kept(rows, months) for rows, months in zip(parts, newest, strict=True)]
    is_counted = [np.isin(rows.month, months) for rows, months in zip(parts, newest, strict=True)]
    row_incidents = [
        totals_by(rows.row[counted], len(rows.zone), rows.count[counted])
        for rows, counted in zip(parts, is_counted, strict=True)
    ]

    def rows_of(arrays: list[NDArray]) -> NDArray:
        return np.concatenate([values[kept] for values, kept in zip(arrays, is_kept, strict=True)])

    def counts_of(arrays: list[NDArray]) -> NDArray:
        return np.concatenate([values[counted] for values, counted in zip(arrays, is_counted, strict=True)])

    counts = added_up(
        counts_of([place[rows.row] for place, rows in zip(zone, parts, strict=True)]),
        counts_of([rows.month for rows in parts]),
        counts_of([code[rows.row] for code, rows in zip(category, parts, strict=True)]),
        counts_of([rows.count for rows in parts]),
    )
    areas = AreaCounts(
        settings.name,
        settings.layer or "",
        zone_id,
        codes.categories,
        codes.forces,
        *counts,
        row_file=rows_of([np.full(len(rows.zone), number, dtype=np.int32) for number, rows in enumerate(parts)]),
        row_zone=rows_of(zone),
        row_category=rows_of(category),
        row_incidents=rows_of(row_incidents),
    )
    accounts = tuple(
        FileAccount(
            file.name,
            rows.sha256,
            rows.rows_read,
            superseded=int(np.count_nonzero(~kept)),
            quarantined=len(rows.quarantined),
            repeated=rows.repeated,
        )
        for file, rows, kept in zip(files, parts, is_kept, strict=True)
    )
    return areas, accounts, _presence(areas, np.concatenate([rows.months for rows in parts]))


def _rows_kept(rows: AreaRows, newest: Int32Array) -> BoolArray:
    """Rows with at least one month that no later file holds."""
    if rows.row_month is None:
        return np.full(len(rows.zone), len(newest) > 0)
    return np.isin(rows.row_month, newest)


def added_up(
    zone: Int32Array, month: Int32Array, category: Int16Array, count: IntArray
) -> tuple[Int32Array, Int32Array, Int16Array, IntArray]:
    """One element for each zone, month and category, unlocated ones left out: repeated keys are added up."""
    is_placed = zone >= 0
    keys, key_of_row = _distinct(np.stack([zone, month, category])[:, is_placed])
    totals = totals_by(key_of_row, keys.shape[1], count[is_placed])
    return keys[0].astype(np.int32), keys[1].astype(np.int32), keys[2].astype(np.int16), totals


def _distinct(columns: NDArray) -> tuple[NDArray, NDArray]:
    """Distinct columns in order, and the place of each column among them."""
    if not columns.size:
        return columns, columns[0]
    low, high = columns.min(axis=1), columns.max(axis=1)
    sizes = tuple((high - low + 1).tolist())
    # One number for each column sorts many times as fast as the columns themselves.
    keys, place = np.unique(np.ravel_multi_index(tuple(columns - low[:, None]), sizes), return_inverse=True)
    return np.stack(np.unravel_index(keys, sizes)) + low[:, None], place


def _presence(areas: AreaCounts, months: Int32Array) -> Presence:
    low, high = int(months.min()), int(months.max())
    n_months, n_categories = high - low + 1, len(areas.categories)
    key = (areas.month - low).astype(np.int64) * n_categories + areas.category
    rows = totals_by(key, n_months * n_categories, areas.count).reshape(1, n_months, n_categories)
    has_file = np.zeros((1, n_months), dtype=bool)
    has_file[0, months - low] = True
    return Presence((areas.feed,), low, rows, has_file)
