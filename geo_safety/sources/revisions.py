"""How did a later edition of the same force and month change what an earlier one said?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geo_safety.sources.delimited import DelimitedFile
from geo_safety.sources.feed import RawFile

_KEY = "Crime ID"
_COMPARED = {
    "Crime type": "category",
    "Last outcome category": "outcome",
    "Longitude": "place",
    "Latitude": "place",
}


@dataclass(frozen=True)
class Revision:
    """What changed between two editions of one force and month, over the crimes that have an ID.

    Parameters
    ----------
    older, newer : str
        Names of the two files.
    shared : int
        Crimes that are in both.
    appeared, vanished : int
        Crimes that are in the newer or in the older one alone.
    category, outcome, place : int
        Shared crimes of which this was changed.
    rows_older, rows_newer : int
        All rows, those without an ID among them.
    """

    older: str
    newer: str
    shared: int
    appeared: int
    vanished: int
    category: int
    outcome: int
    place: int
    rows_older: int
    rows_newer: int


def revisions(files: Sequence[RawFile]) -> Iterator[Revision]:
    """What became of each file that a newer one replaces?

    Parameters
    ----------
    files : sequence of RawFile
        Street files, those that are superseded marked.

    Raises
    ------
    SourceError
        If a file cannot be read.
    """
    newest = {(file.unit, file.month): file for file in files if not file.is_superseded}
    for older in files:
        if older.is_superseded:
            yield compare(older, newest[older.unit, older.month])


def compare(older: RawFile, newer: RawFile) -> Revision:
    """What changed between two street files of one force and month?"""
    (before, rows_before), (after, rows_after) = _crimes(older), _crimes(newer)
    shared = before.keys() & after.keys()
    changed = {"category": 0, "outcome": 0, "place": 0}
    for crime in shared:
        pairs = zip(_COMPARED.values(), before[crime], after[crime], strict=True)
        for what in {what for what, old, new in pairs if old != new}:
            changed[what] += 1
    return Revision(
        older.name,
        newer.name,
        shared=len(shared),
        appeared=len(after) - len(shared),
        vanished=len(before) - len(shared),
        rows_older=rows_before,
        rows_newer=rows_after,
        **changed,
    )


def revision_remarks(files: Sequence[RawFile]) -> list[str]:
    """The same in words, one line a file that was replaced."""
    return [
        f"{one.newer} replaces {one.older}: of {one.shared:,} crimes in both, {one.outcome:,} have another outcome, "
        f"{one.category:,} another class, {one.place:,} another place; {one.appeared:,} crimes appeared and "
        f"{one.vanished:,} vanished; {one.rows_older:,} rows became {one.rows_newer:,}"
        for one in revisions(files)
    ]


def _crimes(raw_file: RawFile) -> tuple[dict[str, tuple[str, ...]], int]:
    """What the file says of each crime with an ID (the first row of several), and its number of rows."""
    file = DelimitedFile(raw_file, delimiter=",")
    wanted = [_KEY, *(name for name in _COMPARED if name in file.names)]
    found: dict[str, tuple[str, ...]] = {}
    rows = 0
    for batch in file.batches(wanted):
        columns = [column.by_row() for column in batch.texts.values()]
        for crime, *said in zip(*columns, strict=True):
            rows += 1
            if crime:
                found.setdefault(crime, tuple(said))
    return found, rows + len(file.ragged)
