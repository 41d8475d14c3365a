"""Is a file what it should be? A table with the columns we need, a readable zip archive, or a page that came instead."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from geo_safety.downloads.store import WrongContentError
from geo_safety.errors import FetchError

_HEAD_BYTES = 1 << 16


def table_with(*columns: str | Sequence[str], of: str) -> Callable[[Path], None]:
    """A check that a CSV file has these columns.

    Parameters
    ----------
    columns : str or sequence of str
        A sequence holds spellings of which one will do. Case and spaces around are ignored.
    of : str
        What the file is, for messages.
    """

    def check(path: Path) -> None:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        _refuse_page(head)
        if not head.strip():
            raise WrongContentError("it is empty")
        text = head.decode("utf-8-sig", errors="replace")
        names = {name.strip().lower() for name in next(csv.reader(text.splitlines()), [])}
        require_columns(names, columns, of=of)

    return check


def require_columns(names: set[str], columns: Sequence[str | Sequence[str]], *, of: str) -> None:
    """Stop where a publisher has changed the names of columns that we need.

    Raises
    ------
    FetchError
        Naming what is missing and what is there.
    """
    there = {name.lower() for name in names}
    spellings = [(column,) if isinstance(column, str) else column for column in columns]
    if missing := [options[0] for options in spellings if not there & {option.lower() for option in options}]:
        raise FetchError(
            f"{of} has changed: it lacks {', '.join(missing)} and has {', '.join(sorted(names)[:12])}.",
            "A newer geo-safety may know the new form; until then fetch an older edition from a mirror with `--base`, "
            "or download the file by hand and describe its columns in the config.",
        )


def zip_archive(path: Path) -> None:
    """Check that a file is a zip archive whose list of contents can be read."""
    with path.open("rb") as file:
        _refuse_page(file.read(_HEAD_BYTES))
    try:
        with zipfile.ZipFile(path) as archive:
            archive.infolist()
    except zipfile.BadZipFile as error:
        raise WrongContentError(f"it is no readable zip archive ({error})") from None


def _refuse_page(head: bytes) -> None:
    if head.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html")):
        raise WrongContentError("it is a web page: a proxy may have answered in the publisher's place")
