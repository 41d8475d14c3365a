"""What became of every row of every file: nothing is dropped without a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class FileAccount:
    """What became of the rows of one file. `rows_read` is the exact sum of the six numbers after it.

    Parameters
    ----------
    name, sha256 : str
        The file and the hash of its bytes.
    rows_read : int
        Rows of the file.
    superseded : int
        Rows of a month that a newer file holds.
    quarantined : int
        Rows that could not be read.
    repeated : int
        Rows that describe an incident of an earlier row.
    unlocated : int
        Rows without a place.
    outside : int
        Rows with a place outside the study.
    accepted : int
        Rows that are counted.
    unused : int
        Of the accepted rows, those whose category carries no theme.
    incidents : int
        Sum of the weights of the accepted rows.
    """

    name: str
    sha256: str
    rows_read: int
    superseded: int = 0
    quarantined: int = 0
    repeated: int = 0
    unlocated: int = 0
    outside: int = 0
    accepted: int = 0
    unused: int = 0
    incidents: int = 0

    def checked(self) -> FileAccount:
        """The account itself, once its sum is right: no row may be lost or counted twice."""
        buckets = (self.superseded, self.quarantined, self.repeated, self.unlocated, self.outside, self.accepted)
        assert self.rows_read == sum(buckets), f"the account of {self.name} does not add up"
        return self


def total(accounts: Iterable[FileAccount]) -> dict[str, int]:
    """The sums over files of every number of their accounts."""
    listed = list(accounts)
    names = [field.name for field in fields(FileAccount) if field.type == "int"]
    return {name: sum(getattr(account, name) for account in listed) for name in names}
