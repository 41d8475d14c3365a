"""What a feed is before and after reading: its settings, its files, and the rows that a reader makes of one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_safety.errors import SourceError
from geo_safety.themes import Labels

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NumberArray = NDArray[np.signedinteger]  # whole numbers as narrow as they fit
Int32Array = NDArray[np.int32]
Int16Array = NDArray[np.int16]
MinuteArray = NDArray[np.datetime64]


@dataclass(frozen=True)
class FeedSettings:
    """One entry of `[[sources]]` in the config.

    Parameters
    ----------
    kind : str
        Which reader: a key of `geo_safety.sources.SOURCES`.
    name : str
        The feed's name in messages and in the manifest.
    path : tuple of Path
        Files, folders, archives or globs, absolute; a later place supersedes an earlier one.
    role : {'primary', 'second'}
        Whether the feed makes the layers or only confirms them.
    forces : tuple of str
        Police forces to keep, as police.uk spells them; empty for all.
    use : tuple of str, optional
        Themes that the feed answers for; None for all that its rows carry.
    columns : mapping
        Our name → the file's name of a column.
    category : str, optional
        The category of every row, where the files have no column for it.
    time_format : str, optional
        As for `datetime.strptime`; None for months, dates and timestamps in ISO 8601.
    time_zone : str
        Zone of the feed's local time; times that carry an offset are turned into it.
    crs : str
        Coordinate system of the file's coordinates.
    precision_m : float, optional
        How far a point may be from the truth, in metres.
    access : {'open', 'partner', 'internal'}
        Who may see figures made from the feed.
    labels : mapping
        Category → themes.
    delimiter : str, optional
        What separates values; None to take it from the header.
    decimal : str
        Decimal sign of the coordinates.
    layer : str, optional
        For counts by area: the boundary layer whose codes the files use.
    vintage : tuple of str
        Which drawings of that layer the codes are of; empty for the one that is shown.
    as_at : int, optional
        For files in archives named by month: leave out archives of later months (months since 1970-01), so that a
        release can be made as it would have been then.
    """

    kind: str
    name: str
    path: tuple[Path, ...]
    role: Literal["primary", "second"] = "primary"
    forces: tuple[str, ...] = ()
    use: tuple[str, ...] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    category: str | None = None
    time_format: str | None = None
    time_zone: str = "Europe/London"
    crs: str = "EPSG:4326"
    precision_m: float | None = None
    access: Literal["open", "partner", "internal"] = "open"
    labels: Labels = field(default_factory=dict)
    delimiter: str | None = None
    decimal: str = "."
    layer: str | None = None
    vintage: tuple[str, ...] = ()
    as_at: int | None = None


MEMBER_SIGN = "!/"
"""Stands between an archive inside an archive and its own member, as in `inner.zip!/a.csv`."""


@dataclass(frozen=True)
class RawFile:
    """One input file, which may lie inside an archive.

    Parameters
    ----------
    name : str
        Name in messages and in the manifest, relative to what all files of the feed share.
    path : Path
        The file on disk, or the archive that holds it.
    member : str, optional
        Name inside the archive.
    unit : str
        Who supplied it: a police force, or empty for the feed itself.
    month : int, optional
        Its month by its name, in months since 1970-01.
    is_superseded : bool
        Whether a newer file holds the same unit and month.
    """

    name: str
    path: Path
    member: str | None = None
    unit: str = ""
    month: int | None = None
    is_superseded: bool = False


class Quarantined(NamedTuple):
    """A row that could not be read: its place below the header (the first is 1), why, and its text."""

    row: int
    reason: str
    raw: str


@dataclass(frozen=True)
class PointRows:
    """Rows of one file of points, without those that are quarantined or repeated.

    Parameters
    ----------
    sha256 : str
        Hash of the file's bytes (inside an archive: of the member's).
    rows_read : int
        Rows of the file, whatever became of them.
    repeated : int
        Rows that share the id of an earlier row and so describe the same incident.
    quarantined : tuple of Quarantined
        Rows that could not be read.
    longitude, latitude : array of float, shape (n_locations,)
        Distinct locations in WGS84 degrees.
    location : array of int, shape (n_rows,)
        Index of a row's location; -1 where the source gives none.
    month : array of int, shape (n_rows,)
        Months since 1970-01.
    category : array of int, shape (n_rows,)
        Index into `categories`.
    categories : tuple of str
        The source's own classes, in order of appearance.
    weight : array of int, shape (n_rows,), optional
        Incidents that a row stands for; None where every row is one.
    date : array of datetime64[m], shape (n_rows,), optional
        Local time; None where the source has months only.
    rows : array of int, shape (n_rows,), optional
        Rows of the file that an element stands for, once equal ones are counted together; None where each is one.
    """

    sha256: str
    rows_read: int
    repeated: int
    quarantined: tuple[Quarantined, ...]
    longitude: FloatArray
    latitude: FloatArray
    location: NumberArray
    month: NumberArray
    category: NumberArray
    categories: tuple[str, ...]
    weight: NumberArray | None = None
    date: MinuteArray | None = None
    rows: NumberArray | None = None


@dataclass(frozen=True)
class AreaRows:
    """Rows of one file of counts by area, without those that are quarantined.

    Parameters
    ----------
    sha256, rows_read, repeated, quarantined
        As for `PointRows`.
    months : array of int, shape (n_months,)
        Months that the file answers for, since 1970-01, in order.
    zone : array of int, shape (n_rows,)
        Index into `zone_ids`; -1 where the row names no zone.
    zone_ids : tuple of str
        Zones that the file names.
    category : array of int, shape (n_rows,)
        Index into `categories`.
    categories : tuple of str
        The source's own classes.
    row, month, count : array of int, shape (n_counts,)
        The counts other than zero: index of the row, month since 1970-01, incidents.
    row_month : array of int, shape (n_rows,), optional
        A row's month in files with one month a row; None where months are columns.
    """

    sha256: str
    rows_read: int
    quarantined: tuple[Quarantined, ...]
    months: Int32Array
    zone: Int32Array
    zone_ids: tuple[str, ...]
    category: Int16Array
    categories: tuple[str, ...]
    row: Int32Array
    month: Int32Array
    count: IntArray
    row_month: Int32Array | None = None
    repeated: int = 0


@dataclass(frozen=True)
class Source:
    """A kind of feed: how its files are found and how one of them is read.

    Parameters
    ----------
    find : function
        From settings to the feed's files, in order; those that a newer file replaces are marked.
    read : function
        From one file and the settings to its rows. It depends on nothing else, so files may be read
        in any order, on any worker, or taken from a cache.
    remarks : function, optional
        From the settings to what the files say besides incidents, in words, for `check`.
    labels : mapping
        Category → themes, where the config does not say it.
    attribution : str, optional
        What the publisher asks for, where the config names nobody.
    is_by_area : bool
        Whether its rows are counts by area, so that a feed must name its `layer`.
    """

    find: Callable[[FeedSettings], list[RawFile]]
    read: Callable[[RawFile, FeedSettings], PointRows | AreaRows]
    remarks: Callable[[FeedSettings], list[str]] | None = None
    labels: Labels = field(default_factory=dict)
    attribution: str | None = None
    is_by_area: bool = False


class CategoryCodes:
    """Numbers the pairs of category and force of a feed in order of appearance."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], int] = {}

    def of(self, categories: Sequence[str], force: str) -> Int16Array:
        """The codes of these categories of one force."""
        return np.array(
            [self._codes.setdefault((name, force), len(self._codes)) for name in categories], dtype=np.int16
        )

    @property
    def categories(self) -> tuple[str, ...]:
        """The category of each code."""
        return tuple(category for category, _ in self._codes)

    @property
    def forces(self) -> tuple[str, ...]:
        """The force of each code."""
        return tuple(force for _, force in self._codes)


def renumbered(location: Int32Array, numbers: Int32Array) -> Int32Array:
    """Indices by their new numbers; -1 stays."""
    with_none = np.append(numbers, -1).astype(np.int32)  # index -1 finds the last element
    return np.asarray(with_none[location], dtype=np.int32)


def constant_category(settings: FeedSettings) -> str:
    """The category of a feed without a column for it: the one it states, or the only one that has a label.

    Raises
    ------
    SourceError
        If neither says which.
    """
    if settings.category:
        return settings.category
    if len(settings.labels) == 1:
        return next(iter(settings.labels))
    raise SourceError(
        f"Feed {settings.name!r} says nothing of the category of its rows.",
        "Name the column as `category` in `columns`, or give the feed one label, "
        'for example labels = { "Homicide" = ["violence"] }.',
    )
