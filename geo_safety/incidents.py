"""One feed, read and joined, with an account of what became of every row of every file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo_safety.accounts import FileAccount
from geo_safety.area_counts import AreaCounts, join_areas
from geo_safety.errors import GeoSafetyError, LabelError, ProblemsError, SourceError
from geo_safety.partitions import read_partitions
from geo_safety.point_counts import Incidents, InStudy, join_points
from geo_safety.presence import BoolArray, Presence, totals_by
from geo_safety.progress import Progress, Silent
from geo_safety.sources import SOURCES
from geo_safety.sources.feed import (
    AreaRows,
    CategoryCodes,
    FeedSettings,
    PointRows,
    Quarantined,
    RawFile,
)
from geo_safety.themes import themes_of

if TYPE_CHECKING:
    import pandas as pd

    from geo_safety.partition_store import PartitionStore

_SHOWN_PROBLEMS = 5


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


@dataclass(frozen=True)
class FeedFiles:
    """The files of one feed, each of them read, and not yet put together.

    Parameters
    ----------
    settings : FeedSettings
        How they were read.
    files : tuple of RawFile
        The files in order.
    parts : tuple of PointRows or AreaRows
        What each of them holds, all of one form.
    """

    settings: FeedSettings
    files: tuple[RawFile, ...]
    parts: tuple[PointRows | AreaRows, ...]


def read_files(
    settings: FeedSettings,
    *,
    progress: Progress | None = None,
    workers: int = 1,
    pool: Executor | None = None,
    store: PartitionStore | None = None,
) -> FeedFiles:
    """What do the files of a feed hold?

    Parameters
    ----------
    settings : FeedSettings
        The feed.
    progress : Progress, optional
        What is told how far the reading is.
    workers, pool, store
        What reads the files, as for `read_partitions`. The result does not depend on it.

    Raises
    ------
    SourceError, ProblemsError
        If files cannot be read: all of them are named.
    LabelError
        If no category of the feed belongs to any theme.
    """
    files = SOURCES[settings.kind].find(settings)
    outcomes = read_partitions(files, settings, progress=progress or Silent(), workers=workers, pool=pool, store=store)
    _raise_problems([outcome for outcome in outcomes if isinstance(outcome, SourceError)])
    rows_of_file = [rows for rows in outcomes if not isinstance(rows, SourceError)]
    _check_rows(settings.name, files, rows_of_file)
    codes = CategoryCodes()
    for file, rows in zip(files, rows_of_file, strict=True):
        codes.of(rows.categories, file.unit if isinstance(rows, PointRows) else "")
    themes_of_codes(settings, codes.categories, codes.forces)  # told now, with what else is wrong with the feeds
    return FeedFiles(settings, tuple(files), tuple(rows_of_file))


def joined(read: FeedFiles, in_study: InStudy | None = None) -> Feed:
    """The files of a feed as one, with an account of what became of every row of every file.

    Parameters
    ----------
    read : FeedFiles
        The files of a feed of points, or of counts by area.
    in_study : callable, optional
        Of points: which places lie in the study. Rows elsewhere are left out; they are `outside` in the accounts.
        Unlocated rows stay. Without it every place is in the study.
    """
    settings, files, parts = read.settings, read.files, read.parts
    quarantined = tuple(_quarantined(files, parts))
    points = [rows for rows in parts if isinstance(rows, PointRows)]
    if points:

        def is_used(codes: CategoryCodes) -> BoolArray:
            return _carry_theme(settings, codes.categories, codes.forces)

        incidents, accounts, presence = join_points(settings, files, points, is_used=is_used, in_study=in_study)
        return Feed(settings, accounts, presence, quarantined, incidents=incidents)
    areas = [rows for rows in parts if isinstance(rows, AreaRows)]
    area_counts, accounts, presence = join_areas(settings, files, areas)
    return _with_accounts(Feed(settings, accounts, presence, quarantined, area_counts=area_counts))


def read_feed(
    settings: FeedSettings,
    *,
    progress: Progress | None = None,
    workers: int = 1,
    pool: Executor | None = None,
    store: PartitionStore | None = None,
) -> Feed:
    """Which incidents does a feed hold, wherever they lie, and what became of every row?

    Parameters and errors are those of `read_files`.
    """
    return joined(read_files(settings, progress=progress, workers=workers, pool=pool, store=store))


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
    """Which category codes of a feed carry which theme? As `themes_of_codes`, for a feed that has been read."""
    return themes_of_codes(feed.settings, feed.counted.categories, feed.counted.forces)


def themes_of_codes(settings: FeedSettings, categories: Sequence[str], forces: Sequence[str]) -> dict[str, BoolArray]:
    """Which category codes of a feed carry which theme?

    Parameters
    ----------
    settings : FeedSettings
        The feed.
    categories, forces : sequence of str
        The category and the force of each code.

    Returns
    -------
    dict of theme to array of bool, shape (n_categories,)
        Themes that some category carries and that the feed answers for (its `use`).

    Raises
    ------
    LabelError
        If there is none.
    """
    themes = [themes_of(name, settings.labels, force=force) for name, force in zip(categories, forces, strict=True)]
    names = dict.fromkeys(theme for carried in themes for theme in carried)
    matrix = {name: np.array([name in carried for carried in themes], dtype=bool) for name in names}
    used = {name: codes for name, codes in matrix.items() if settings.use is None or name in settings.use}
    if categories and not used:
        sample = ", ".join(repr(category) for category in sorted(set(categories))[:3])
        wanted = f" of `use` ({', '.join(settings.use)})" if settings.use else ""
        raise LabelError(
            f"Feed {settings.name!r}: none of its {len(set(categories))} categories (such as {sample}) "
            f"belongs to a theme{wanted}.",
            'Give the feed a `labels` table in the config, for example labels = { "Robbery" = ["robbery"] }'
            + (", or correct `use`." if settings.use else "."),
        )
    return used


def _carry_theme(settings: FeedSettings, categories: Sequence[str], forces: Sequence[str]) -> BoolArray:
    """Whether each category code carries a theme that the feed answers for."""
    carried = np.zeros(len(categories), dtype=bool)
    for codes in themes_of_codes(settings, categories, forces).values():
        carried |= codes
    return carried


def distinct_incidents(
    parts: Sequence[Incidents],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """The locations of several feeds: longitude, latitude and incidents of each."""
    counts = [
        totals_by(part.location[part.location >= 0], len(part.longitude), part.weight[part.location >= 0])
        for part in parts
    ]
    return (
        np.concatenate([part.longitude for part in parts]),
        np.concatenate([part.latitude for part in parts]),
        np.concatenate(counts),
    )


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
    """The feed of area counts with the buckets that depend on its rows counted anew."""
    areas = feed.area_counts
    assert areas is not None
    carries_theme = _carry_theme(feed.settings, areas.categories, areas.forces)
    is_unlocated = areas.row_zone < 0
    is_unused = ~is_unlocated & ~carries_theme[areas.row_category]
    n_files = len(feed.accounts)
    buckets = zip(
        totals_by(areas.row_file[is_unlocated], n_files).tolist(),
        totals_by(areas.row_file[~is_unlocated], n_files).tolist(),
        totals_by(areas.row_file[is_unused], n_files).tolist(),
        totals_by(areas.row_file[~is_unlocated], n_files, areas.row_incidents[~is_unlocated]).tolist(),
        strict=True,
    )
    accounts = [
        replace(account, unlocated=without, accepted=counted, unused=unused, incidents=total).checked()
        for account, (without, counted, unused, total) in zip(feed.accounts, buckets, strict=True)
    ]
    return replace(feed, accounts=tuple(accounts))


def _quarantined(files: Sequence[RawFile], parts: Sequence[PointRows | AreaRows]) -> Iterator[tuple[str, Quarantined]]:
    for file, rows in zip(files, parts, strict=True):
        for row in rows.quarantined:
            yield file.name, row
