"""Files that have been read before, kept in the state folder of the releases so that they are read only once.

An entry is found by everything that its content depends on: which file it is and that it has not changed since (place,
size, times and inode, or what its remote store says of it), the settings of its feed, and the code that read it. Entries
are exact figures: the folder can be read by its owner only.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from isal import isal_zlib

from geo_safety.software import code_version
from geo_safety.sources.feed import AreaRows, FeedSettings, PointRows, Quarantined, RawFile
from geo_safety.sources.remote import is_remote, state_of

KEPT_DAYS = 30
"""Entries that no run has used for so long are swept."""

_YOUNGEST_SECONDS = 0.1
"""A file that changed so shortly before it was read may change again without a new time: it is not kept."""

log = logging.getLogger("geo_safety")

_CHECK_BYTES = 4

_FORMS = {form.__name__: form for form in (PointRows, AreaRows)}


class PartitionStore:
    """A folder of entries, one a file that was read.

    Parameters
    ----------
    folder : Path
        Made where it is absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def key(self, file: RawFile, settings: FeedSettings) -> str | None:
        """Under which name is the file's entry found? It must be asked before the file is read.

        Returns
        -------
        str or None
            A hash of all that the entry's content depends on; None where the file is too young to be told by its times.
        """
        signature = signature_of(file.path) if file.member is None else signature_of_member(file.path, file.member)
        if signature is None:
            return None
        depends_on = {
            "file": signature,
            # The end of the name tells the format.
            "part": [file.name.rsplit("/", 1)[-1], file.unit, file.month, file.is_superseded],
            # All settings but the places of the feed's files: the file's own is in its signature.
            "settings": {
                field.name: getattr(settings, field.name) for field in fields(settings) if field.name != "path"
            },
            "code": code_version(),
        }
        return hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=_plain).encode()).hexdigest()

    def holds(self, key: str) -> bool:
        """Whether there is an entry, sound or damaged."""
        return (self._folder / key).exists()

    def get(self, key: str) -> PointRows | AreaRows | None:
        """What was read from a file before; None where it was not, or where the entry is damaged."""
        path = self._folder / key
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        os.utime(path)  # still in use
        return unpacked(data)

    def put(self, key: str, rows: PointRows | AreaRows) -> None:
        """Keep what was read from a file: written aside, then renamed, so that no entry is ever half there.

        Where that fails (a full disk), the run goes on: the file is read again next time.
        """
        aside = self._folder / f"{key}.new"
        try:
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as opened:
                opened.write(packed(rows))
            aside.replace(self._folder / key)
        except OSError as error:
            log.warning("What was read cannot be kept for the next run (%s).", error)
            aside.unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete every entry, so that all files are read anew."""
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete entries that no run has used for long, and what killed runs left half written."""
        oldest = time.time() - KEPT_DAYS * 86_400
        for path in self._folder.iterdir():
            if path.suffix == ".new" or path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def signature_of(path: Path) -> str | None:
    """Which file is this, and in which state? Equal signatures mean equal bytes.

    Returns
    -------
    str or None
        None for a file that changed so shortly ago that it may change again without its times showing it, and for an
        address whose store does not say when it changed.
    """
    if is_remote(path):
        return state_of(path)
    status = path.stat()
    changed = max(status.st_mtime, status.st_ctime)
    if changed > time.time() - _YOUNGEST_SECONDS:
        return None
    # The time of the last change of the inode cannot be set: copies that keep the older time do not deceive.
    return f"{path.absolute()} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def signature_of_member(archive: Path, member: str) -> str | None:
    """Which file of an archive is this, by what the archive's directory says of its bytes?

    The archive itself does not matter: a newer one that holds the same months again has them read already.

    Returns
    -------
    str or None
        The signature of the whole archive where its directory does not list the member by itself.
    """
    whole = signature_of(archive)
    if whole is None:
        return None
    size_and_crc = _members(archive, whole).get(member)
    return f"{whole} {member}" if size_and_crc is None else f"{member} {size_and_crc}"


@lru_cache(maxsize=4)
def _members(archive: Path, signature: str) -> dict[str, str]:  # noqa: ARG001 - a key: another signature, another directory
    with archive.open("rb") as stream, zipfile.ZipFile(stream) as opened:
        return {member.filename: f"{member.file_size} {member.CRC:08x}" for member in opened.infolist()}


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def packed(rows: PointRows | AreaRows) -> bytes:
    """Rows as bytes: a checksum, a line of JSON that tells what follows, and the arrays one after the other."""
    plain: dict[str, Any] = {}
    arrays: list[tuple[str, str, int]] = []
    body: list[bytes] = []
    for field in fields(rows):
        value = getattr(rows, field.name)
        if isinstance(value, np.ndarray):
            arrays.append((field.name, value.dtype.str, len(value)))
            body.append(value.tobytes())
        else:
            plain[field.name] = value
    head = json.dumps({"form": type(rows).__name__, "plain": plain, "arrays": arrays}).encode()
    content = head + b"\n" + b"".join(body)
    return isal_zlib.crc32(content).to_bytes(_CHECK_BYTES) + content


def unpacked(data: bytes) -> PointRows | AreaRows | None:
    """The inverse of `packed`; None where the bytes are damaged.

    Examples
    --------
    >>> unpacked(b"half an entry") is None
    True
    """
    content = memoryview(data)[_CHECK_BYTES:]
    if not content or isal_zlib.crc32(content) != int.from_bytes(data[:_CHECK_BYTES]):
        return None
    offset = data.index(b"\n", _CHECK_BYTES) + 1
    head = json.loads(data[_CHECK_BYTES:offset])
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in head["plain"].items()
    }
    values["quarantined"] = tuple(Quarantined(*row) for row in values["quarantined"])
    for name, kind, length in head["arrays"]:
        dtype = np.dtype(kind)
        values[name] = np.frombuffer(data, dtype, length, offset)
        offset += length * dtype.itemsize
    return _FORMS[head["form"]](**values)
