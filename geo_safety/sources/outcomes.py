"""Outcomes files of data.police.uk, matched to the crimes of the street files by ID. They are never counted as incidents.

A month's file holds the outcomes that were given in that month, often to crimes of earlier months, and a crime may have
several; the last one stands. An ID is trusted within its own force only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from geo_safety.sources.delimited import DelimitedFile, require_columns
from geo_safety.sources.feed import FeedSettings, RawFile
from geo_safety.sources.files import find_files
from geo_safety.sources.forces import by_force, name_of, newest_of_each

NAME = name_of("outcomes")


@dataclass(frozen=True)
class Outcomes:
    """What came of the crimes of one force.

    Parameters
    ----------
    force : str
        The force.
    files, rows : int
        Outcomes files, and the outcomes in them.
    matched : int
        Crimes of the street files that have one or more.
    unmatched : int
        Other crimes that the outcomes name: their street files are not there, or leave them out.
    last : mapping of (str, str) to int
        (class of crime, its last outcome) → crimes.
    """

    force: str
    files: int
    rows: int
    matched: int
    unmatched: int
    last: Counter[tuple[str, str]]


def join_outcomes(street: Sequence[RawFile], settings: FeedSettings) -> list[Outcomes]:
    """What came of the crimes of these street files, force by force?

    Parameters
    ----------
    street : sequence of RawFile
        Street files; those that are superseded are left aside.
    settings : FeedSettings
        Where outcomes files are looked for.

    Raises
    ------
    SourceError
        If a file cannot be read.
    """
    of_force = by_force(find_files(settings.path, feed=settings.name), NAME)
    forces = {file.unit for file in street} & {force for force, _ in of_force.values()}
    wanted = {file: key for file, key in of_force.items() if key[0] in forces}
    any_force = replace(settings, forces=())  # a force may have street files alone
    found = newest_of_each(wanted, any_force, what="outcomes file") if wanted else []
    return [_of_force(force, street, found) for force in sorted(forces)]


def _of_force(force: str, street: Sequence[RawFile], outcomes: Sequence[RawFile]) -> Outcomes:
    last: dict[str, str] = {}
    rows = 0
    files = [file for file in outcomes if file.unit == force and not file.is_superseded]
    for file in sorted(files, key=lambda file: file.month or 0):
        for crime, outcome in _pairs(file, "Outcome type"):
            rows += 1
            if crime:
                last[crime] = outcome
    counted: Counter[tuple[str, str]] = Counter()
    seen: set[str] = set()
    for file in street:
        if file.unit != force or file.is_superseded:
            continue
        for crime, category in _pairs(file, "Crime type"):
            if crime in last and crime not in seen:
                seen.add(crime)
                counted[category, last[crime]] += 1
    return Outcomes(force, len(files), rows, len(seen), len(last) - len(seen), counted)


def outcome_remarks(street: Sequence[RawFile], settings: FeedSettings) -> list[str]:
    """The same in words, one line a force."""
    lines = []
    for one in join_outcomes(street, settings):
        by_outcome = Counter[str]()
        for (_, outcome), crimes in one.last.items():
            by_outcome[outcome] += crimes
        most = ", ".join(f"{outcome} {crimes:,}" for outcome, crimes in by_outcome.most_common(3))
        lines.append(
            f"{one.force}: {one.rows:,} outcomes in {one.files} files, none of them counted as an incident; "
            f"{one.matched:,} crimes have one (most often {most}), {one.unmatched:,} are of crimes that are not here"
        )
    return lines


def _pairs(raw_file: RawFile, column: str) -> list[tuple[str, str]]:
    """Crime ID and another column of every row."""
    file = DelimitedFile(raw_file, delimiter=",")
    wanted = ("Crime ID", column)
    require_columns({name: name for name in wanted}, file.names, file=raw_file.name)
    found: list[tuple[str, str]] = []
    for batch in file.batches(wanted):
        columns = [column.by_row() for column in batch.texts.values()]
        found += zip(*columns, strict=True)
    return found
