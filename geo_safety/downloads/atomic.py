"""Files that are whole or not there: written aside, flushed, then renamed."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo_safety.errors import FetchError
from geo_safety.safe_files import sync_folder


def put_in_place(written: Path, path: Path) -> None:
    """Give a written file its final name, safe against a power cut."""
    with told_about_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written.open("rb") as file:
            os.fsync(file.fileno())
        written.replace(path)
        sync_folder(path.parent)


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file in one step."""
    aside = path.with_name(f".{path.name}.new")
    with told_about_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(data)
    put_in_place(aside, path)


def require_room(folder: Path, size: int, *, what: str) -> None:
    """Stop before a download that cannot fit.

    Raises
    ------
    FetchError
        Fewer than `size` bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < size:
        raise FetchError(
            f"{what} needs {size / 1e6:,.0f} MB and {folder} has {free / 1e6:,.0f} MB left.",
            "Make room, or name another folder with --to; what has arrived is kept.",
        )


@contextmanager
def told_about_disk(path: Path) -> Iterator[None]:
    """Turn a full or closed disk into words.

    Raises
    ------
    FetchError
        Nothing more can be written there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise FetchError(
                f"The disk is full: {path.name} could not be written.",
                "Make room and run the same command; what has arrived is kept.",
            ) from error
        raise FetchError(f"{path} cannot be written ({error.strerror}).", "Name another folder with --to.") from error
