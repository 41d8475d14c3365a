"""Files that are on the disk when they are said to be, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def write_file(path: Path, data: bytes, mode: int) -> str:
    """Write one new file down to the disk; returns the hash of what was meant to be in it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)  # whatever the umask
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder safe against a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, digest: str) -> bool:
    """Whether a file is there and has this SHA-256."""
    try:
        return sha256_of(path) == digest
    except OSError:
        return False


def second_name(path: Path, other: Path, *, mode: int) -> None:
    """Give a file a second name; where the file system knows no such thing, a copy does."""
    try:
        other.hardlink_to(path)
    except OSError:
        write_file(other, path.read_bytes(), mode)
