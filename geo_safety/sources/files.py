"""Finding the files of a feed, and opening them whatever they are packed in."""

from __future__ import annotations

import glob
import hashlib
import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

import pyarrow as pa
from isal import isal_zlib

from geo_safety.errors import SourceError
from geo_safety.safe_files import sha256_of
from geo_safety.sources.feed import MEMBER_SIGN
from geo_safety.sources.remote import GLOB_SIGNS, is_remote, remote_files

_SAMPLE_BYTES = 65_536
_DEEPEST = 3
_LARGEST_INNER = 1 << 30
_LARGEST_WHOLE = 4 << 30

# Incident files shrink to a tenth, tables of zeros to a fiftieth; only what is made to fill a disk shrinks further.
_BOMB_BYTES, _BOMB_RATIO = 256 << 20, 200
_DENSEST = 1032  # what deflate makes of a file of one repeated byte

# A gzip file of a month of a country or a year of a city is unpacked at once, which is quicker, and by the thread that
# reads it; a larger one piece by piece.
_GZIP = 31  # the window of 15 bits, and 16 for the header
_SMALL_PACKED, _SMALL_UNPACKED = 64 << 20, 128 << 20


class FoundFile(NamedTuple):
    """A file as found: its name, the file on disk, its name inside an archive, and the place in `path`."""

    name: str
    path: Path
    member: str | None
    place: int


def find_files(places: Sequence[Path], *, feed: str) -> list[FoundFile]:
    """Which files do these places hold, archives opened?

    Parameters
    ----------
    places : sequence of Path
        Files, folders (searched to any depth), zip archives or globs.
    feed : str
        The feed's name, for messages.

    Returns
    -------
    list of FoundFile
        In order of the places, sorted by name inside each; hidden files are left out. Names are
        relative to the folder that all places share, so they do not depend on where it stands.

    Raises
    ------
    SourceError
        If a place does not exist or an archive cannot be opened.
    """
    root = _shared_folder([place for place in places if not is_remote(place)])
    found = []
    for number, place in enumerate(places):
        for name, path in _named_files(place, root, feed=feed):
            if path.suffix.lower() != ".zip":
                found.append(FoundFile(name, path, None, number))
                continue
            found += [
                FoundFile(f"{name}/{member.replace(MEMBER_SIGN, '/')}", path, member, number)
                for member in _members(path, name)
            ]
    return found


def _named_files(place: Path, root: str, *, feed: str) -> Iterator[tuple[str, Path]]:
    if is_remote(place):
        found = list(remote_files(place))
        if not found:
            raise _nothing_at(place, feed)
        yield from found
        return
    for path in _files_in(place, feed=feed):
        yield Path(os.path.relpath(path, root)).as_posix(), path


def _nothing_at(place: Path, feed: str) -> SourceError:
    return SourceError(
        f"Feed {feed!r}: there is no file at {place}.",
        "Correct `path` in the config: a file, a folder, a .zip, a glob (relative to the config file) or an address.",
    )


def _shared_folder(places: Sequence[Path]) -> str:
    if not places:
        return "."
    folders = []
    for place in places:
        fixed = Path(*(part for part in _before_glob(place)))
        folders.append(str(fixed if fixed.is_dir() else fixed.parent))
    return os.path.commonpath(folders)


def _before_glob(place: Path) -> Iterator[str]:
    for part in place.parts:
        if GLOB_SIGNS.search(part) and not place.exists():
            return
        yield part


def _files_in(place: Path, *, feed: str) -> list[Path]:
    if place.is_dir():
        paths = list(place.rglob("*"))
    elif place.exists():
        return [place]
    else:
        paths = [Path(name) for name in glob.glob(str(place), recursive=True)]  # noqa: PTH207 - Path.glob takes no absolute pattern
        paths += [inner for path in paths if path.is_dir() for inner in path.rglob("*")]
    files = sorted({path for path in paths if path.is_file() and not _is_hidden(path, place)})
    if not files:
        raise _nothing_at(place, feed)
    return files


def _is_hidden(path: Path, place: Path) -> bool:
    parts = path.relative_to(place).parts if path.is_relative_to(place) else (path.name,)
    return any(part.startswith(".") for part in parts)


def _members(archive: Path, name: str) -> list[str]:
    try:
        with archive.open("rb") as stream, zipfile.ZipFile(stream) as opened:
            return sorted(_members_of(opened, name, depth=1))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise SourceError(
            f"{name} is no readable zip archive ({error}).",
            "It is probably cut short: download it again, or remove it.",
        ) from error


def _members_of(opened: zipfile.ZipFile, name: str, *, depth: int) -> Iterator[str]:
    for member in opened.infolist():
        # "__MACOSX" holds copies of file attributes that one desktop system adds.
        if member.is_dir() or "__MACOSX" in member.filename:
            continue
        _check_member(member, name)
        if not member.filename.lower().endswith(".zip"):
            yield member.filename
            continue
        inner_name = f"{name}/{member.filename}"
        if depth == _DEEPEST:
            raise SourceError(f"{inner_name} is packed {_DEEPEST} archives deep.", "Unpack the outer archives by hand.")
        with zipfile.ZipFile(io.BytesIO(_inner_archive(opened, member.filename, inner_name))) as inner:
            for below in _members_of(inner, inner_name, depth=depth + 1):
                yield f"{member.filename}{MEMBER_SIGN}{below}"


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    """Refuse what no publisher packs: names that lead out of the archive, and members made to fill the machine."""
    if (
        member.filename.startswith(("/", "\\"))
        or ".." in re.split(r"[/\\]", member.filename)
        or "\0" in member.orig_filename
    ):
        raise SourceError(
            f"{name} holds a file whose name leads out of the archive.", "Do not use it: ask its publisher for another."
        )
    if member.file_size > _BOMB_BYTES and member.file_size > _BOMB_RATIO * member.compress_size:
        raise _bomb(f"{name}/{member.filename}", member.file_size, member.compress_size)


def _bomb(name: str, unpacked: int, packed: int) -> SourceError:
    return SourceError(
        f"{name} unpacks to {unpacked / 1e6:,.0f} MB, {unpacked // max(packed, 1):,} times its size.",
        "No table of incidents shrinks so far: it was made to fill the machine, or is damaged. Download it again.",
    )


def _inner_archive(outer: zipfile.ZipFile, member: str, name: str) -> bytes:
    if outer.getinfo(member).file_size > _LARGEST_INNER:
        raise SourceError(
            f"{name} is an archive of more than 1 GB inside another.", "Unpack the outer archive by hand."
        )
    return outer.read(member)


class _Hashed(io.RawIOBase):
    """Passes the bytes of an archive's member on and hashes them, so that it is unpacked once."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._hash.update(data)
        buffer[: len(data)] = data
        return len(data)

    def hexdigest(self) -> str:
        """Hash of the whole stream: reads what is left of it."""
        while data := self._stream.read(1 << 20):
            self._hash.update(data)
        return self._hash.hexdigest()


class OpenFile(NamedTuple):
    """The unpacked bytes of a file as a stream, and a function that gives the hash of its packed bytes, once read."""

    stream: pa.NativeFile
    sha256: Callable[[], str]


@contextmanager
def open_file(path: Path, member: str | None, *, name: str) -> Iterator[OpenFile]:
    """Open a file, or a member of a zip archive, and unpack it if its name ends in `.gz`.

    Raises
    ------
    SourceError
        If it is empty, cut short, damaged or locked, at any moment while it is open.
    """
    whole = _unpacked_at_once(path, member)
    if whole is not None:
        yield OpenFile(pa.BufferReader(whole), lambda: sha256_of(path))
        return
    with _open_stream(path, member, name=name) as opened:
        yield opened


@contextmanager
def _open_stream(path: Path, member: str | None, *, name: str) -> Iterator[OpenFile]:
    """The same, unpacked no further than it is read."""
    try:
        with _packed(path, member, name=name) as (stream, sha256):
            is_packed = (member or path.name).lower().endswith(".gz")
            if is_packed and member is None:
                _check_gzip(path, name)
            yield OpenFile(pa.CompressedInputStream(stream, "gzip") if is_packed else stream, sha256)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(
            f"{name} cannot be read to its end ({error}).",
            "It is probably cut short or damaged, so none of its rows can be trusted: download it again, or remove it.",
        ) from error


def _unpacked_at_once(path: Path, member: str | None) -> bytes | None:
    """What a small sound gzip file unpacks to; None for any other, whose faults are found piece by piece."""
    if member is not None or path.suffix.lower() != ".gz":
        return None
    stream = isal_zlib.decompressobj(_GZIP)
    try:
        if path.stat().st_size > _SMALL_PACKED or _said_size(path) > _SMALL_UNPACKED:
            return None
        whole = stream.decompress(path.read_bytes(), _SMALL_UNPACKED)
    except (OSError, isal_zlib.error):  # type: ignore[misc]  # its stub calls the class an instance
        return None
    return whole if stream.eof and not stream.unused_data else None


@contextmanager
def _packed(path: Path, member: str | None, *, name: str) -> Iterator[OpenFile]:
    if member is None:
        # Arrow reads it by itself: a Python stream would make its threads wait for one another.
        with pa.OSFile(str(path)) as file:
            yield OpenFile(file, lambda: sha256_of(path))
        return
    *outer, last = member.split(MEMBER_SIGN)
    held = io.BytesIO(_inner_bytes(path, path.stat().st_mtime_ns, tuple(outer), name)) if outer else path
    with zipfile.ZipFile(held) as archive:
        try:
            inner = archive.open(last)
        except (RuntimeError, NotImplementedError, KeyError) as error:  # a password; a compression that zipfile lacks
            raise SourceError(f"{name} cannot be unpacked ({error}).", "Unpack the archive by hand.") from error
        with inner:
            hashed = _Hashed(inner)
            yield OpenFile(pa.PythonFile(io.BufferedReader(hashed, 1 << 18), mode="r"), hashed.hexdigest)


@lru_cache(maxsize=1)
def _inner_bytes(path: Path, changed: int, chain: tuple[str, ...], name: str) -> bytes:  # noqa: ARG001 - `changed` is a key
    """The bytes of an archive inside an archive: kept, because its members are read one after another."""
    data: Path | bytes = path
    for member in chain:
        with zipfile.ZipFile(data if isinstance(data, Path) else io.BytesIO(data)) as archive:
            data = _inner_archive(archive, member, name)
    assert isinstance(data, bytes)
    return data


def _said_size(path: Path) -> int:
    """What a gzip file says that it unpacks to: its last four bytes, so a multiple of 4 GB may be missing."""
    with path.open("rb") as file:
        file.seek(-min(4, path.stat().st_size), os.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def _check_gzip(path: Path, name: str) -> None:
    """Refuse a file that says it unpacks to hundreds of times its size."""
    packed, unpacked = path.stat().st_size, _said_size(path)
    # More than _DENSEST is impossible: then the file is cut short, and these are any four bytes.
    if unpacked > _BOMB_BYTES and _BOMB_RATIO < unpacked / packed < _DENSEST:
        raise _bomb(name, unpacked, packed)


def read_sample(path: Path, member: str | None, *, name: str) -> bytes:
    """The first bytes of a file, unpacked.

    Raises
    ------
    SourceError
        If it cannot be opened or holds nothing.
    """
    with _open_stream(path, member, name=name) as opened:
        sample = bytes(opened.stream.read(_SAMPLE_BYTES))
    if not sample.strip():
        raise SourceError(f"{name} is empty.", "Download it again, or remove it if there is nothing to publish.")
    return sample


def read_whole(path: Path, member: str | None, *, name: str) -> tuple[bytes, str]:
    """The unpacked bytes of a file and the hash of its packed ones, for formats that cannot be streamed.

    Raises
    ------
    SourceError
        If it cannot be read to its end, or is too large to be held as a whole.
    """
    with open_file(path, member, name=name) as opened:
        parts: list[bytes] = []
        while part := bytes(opened.stream.read(1 << 20)):
            parts.append(part)
            if len(parts) > _LARGEST_WHOLE >> 20:
                raise SourceError(
                    f"{name} is larger than 4 GB.", "Split it by month, or give .csv files, which are streamed."
                )
        return b"".join(parts), opened.sha256()
