"""The folder of downloads: a cut download goes on where it stopped, a wrong one is taken anew, none is ever half there.

What is arriving lies in the hidden folder `.downloads/`, which no reader of feeds looks into. It gets its name once
its length and checksum are right and its content is what was asked for; then `provenance.json` says where it is from.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.atomic import put_in_place, require_room, told_about_disk
from geo_safety.downloads.client import Client, PassingError, shown
from geo_safety.downloads.provenance import Origin, Record, read_provenance, write_provenance
from geo_safety.errors import FetchError
from geo_safety.progress import Progress, Silent
from geo_safety.safe_files import sha256_of

ARRIVING = ".downloads"
_PIECE = 1 << 16


class WrongContentError(Exception):
    """What arrived is not what was asked for; it may be damaged on the way, so it is taken anew once."""


@dataclass(frozen=True)
class Received:
    """A whole and checked file that has no name in the folder yet."""

    path: Path
    origin: Origin


class Store:
    """One folder of downloads; use `open_store`.

    Parameters
    ----------
    folder : Path
        Where the files go.
    client : Client
        Who asks for them.
    """

    def __init__(self, folder: Path, client: Client, *, progress: Progress | None = None) -> None:
        self.folder = folder
        self.client = client
        self.progress: Progress = progress or Silent()
        self.records = read_provenance(folder)

    def known(self, name: str) -> Record | None:
        """The record of a file that is there and unchanged since it was fetched."""
        record = self.records.get(name)
        path = self.folder / name
        if record is None or not path.is_file() or path.stat().st_size != record.size:
            return None
        return record if sha256_of(path) == record.sha256 else None

    def download(
        self,
        publisher: Publisher,
        address: str,
        name: str,
        *,
        check: Callable[[Path], None],
        about: Mapping[str, Any] | None = None,
    ) -> Record:
        """Fetch a file and keep it as published; one that is there is only asked about.

        Parameters
        ----------
        name : str
            Path in the folder.
        check : callable
            Raises `WrongContentError` or `FetchError` where the file is not what it should be.
        """
        known = self.known(name)
        mine = known if known and not known.changed and known.origins[0].address == shown(address) else None
        received = self.receive(publisher, address, check=check, unless=mine.origins[0] if mine else None)
        if received is None:
            assert mine is not None
            self.progress.step(f"{name} is there already, and unchanged at its publisher")
            return mine
        return self.keep(publisher, name, received.path, [received.origin], about=about)

    def keep(
        self,
        publisher: Publisher,
        name: str,
        written: Path,
        origins: Sequence[Origin],
        *,
        changed: str = "",
        about: Mapping[str, Any] | None = None,
    ) -> Record:
        """Give a finished file its name, and write down where it came from."""
        record = Record(
            source=publisher.name,
            sha256=sha256_of(written),
            size=written.stat().st_size,
            licence=publisher.licence,
            attribution=publisher.attribution,
            origins=tuple(origins),
            changed=changed,
            about=dict(about or {}),
        )
        put_in_place(written, self.folder / name)
        self.records[name] = record
        write_provenance(self.folder, self.records)
        return record

    def progress_of(self, pieces: Iterable[bytes], text: str, *, size: int) -> Iterator[bytes]:
        """Pass pieces of a file on, telling how many megabytes are done."""
        total = -(-size // 1_000_000)
        ticks = iter(self.progress.over(range(total), text, total=total))
        done = told = 0
        for piece in pieces:
            yield piece
            done += len(piece)
            while told < min(total, 1 + done // 1_000_000):
                next(ticks, None)
                told += 1

    def aside(self, name: str, data: bytes) -> Path:
        """Write a file that is to be kept later."""
        path = self.folder / ARRIVING / f"{Path(name).name}.new"
        with told_about_disk(path):
            path.write_bytes(data)
        return path

    def receive(
        self,
        publisher: Publisher,
        address: str,
        *,
        check: Callable[[Path], None],
        md5: str | None = None,
        unless: Origin | None = None,
    ) -> Received | None:
        """Fetch a file into the hidden folder, going on where an earlier try stopped.

        Parameters
        ----------
        md5 : str, optional
            Checksum that the publisher states.
        unless : Origin, optional
            What we have from there already.

        Returns
        -------
        Received or None
            None where the publisher still has what `unless` describes.

        Raises
        ------
        FetchError
            It cannot be had, or what arrives is wrong twice.
        """
        part = _Part(self.folder / ARRIVING, address)
        what = shown(address)
        problem = ""
        for _ in range(2):
            arrival = _Arrival(self, publisher, address, part, unless)
            if self.client.persist(arrival.attempt, what=what, progress=part.size) is _UNCHANGED:
                return None
            try:
                part.compare(md5)
                check(part.path)
            except WrongContentError as error:
                part.discard()
                problem = str(error)
                self.client.tell(f"{what}: {problem}; taking it anew")
            except FetchError:
                part.discard()
                raise
            else:
                return Received(part.path, part.origin(md5))
        raise FetchError(
            f"{what} was taken twice and is wrong both times: {problem}.",
            "A proxy may change what passes through it, or the publisher is replacing the file: try again later, "
            "or fetch it from a mirror with `--base`.",
        )


@contextmanager
def open_store(folder: Path, client: Client, *, progress: Progress | None = None) -> Iterator[Store]:
    """Hold a folder of downloads, so that no other fetch writes into it.

    Raises
    ------
    FetchError
        Another fetch holds it, or it cannot be written.
    """
    arriving = folder / ARRIVING
    with told_about_disk(folder):
        arriving.mkdir(parents=True, exist_ok=True)
        handle = (arriving / ".lock").open("w")
    with handle:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FetchError(f"Another fetch is working on {folder}.", "Wait until it has finished.") from None
        yield Store(folder, client, progress=progress)
        for notes in arriving.glob("*.json"):
            if not notes.with_suffix(".part").exists():
                notes.unlink()


_UNCHANGED = object()
_ARRIVED = object()


class _Part:
    """What has arrived of one address, and by what the rest can be asked for."""

    def __init__(self, folder: Path, address: str) -> None:
        stem = hashlib.sha256(shown(address).encode()).hexdigest()[:16]
        self.path = folder / f"{stem}.part"
        self._notes = folder / f"{stem}.json"
        self._address = shown(address)

    def size(self) -> int:
        """Bytes that need not be asked for again."""
        return self.path.stat().st_size if self.path.exists() and self.validator else 0

    @property
    def notes(self) -> dict[str, Any]:
        try:
            return json.loads(self._notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    @property
    def validator(self) -> str | None:
        """What the server must still have for the rest to fit."""
        notes = self.notes
        etag = notes.get("etag")
        return etag if etag and not etag.startswith("W/") else notes.get("last_modified")

    def begin(self, response: requests.Response) -> None:
        """Start from nothing with this answer."""
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        length = response.headers.get("Content-Length")
        self.discard()
        self._notes.write_text(
            json.dumps(
                {
                    "address": self._address,
                    # Places in a stream that is packed on the way mean nothing once it is unpacked.
                    "etag": None if encoded else response.headers.get("ETag"),
                    "last_modified": None if encoded else response.headers.get("Last-Modified"),
                    "total": int(length) if length and not encoded else None,
                    "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
                }
            ),
            encoding="utf-8",
        )
        self.path.touch()

    def append(self, chunks: Iterable[bytes]) -> None:
        # Only the writing is guarded: what the network raises is an OSError too.
        with self.path.open("ab") as file:
            for chunk in chunks:
                with told_about_disk(self.path):
                    file.write(chunk)
                    file.flush()

    def compare(self, md5: str | None) -> None:
        """Stop where the bytes do not have the checksum that the publisher states."""
        if md5 is None:
            return
        with self.path.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if found != md5:
            raise WrongContentError(f"its MD5 is {found}, and the publisher states {md5}")

    def origin(self, md5: str | None) -> Origin:
        notes = self.notes
        return Origin(
            address=self._address,
            fetched=notes["fetched"],
            size=self.path.stat().st_size,
            sha256=sha256_of(self.path),
            etag=notes.get("etag"),
            last_modified=notes.get("last_modified"),
            published_md5=md5,
        )

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)


@dataclass
class _Arrival:
    """One file on its way: each attempt asks for what is still missing."""

    store: Store
    publisher: Publisher
    address: str
    part: _Part
    unless: Origin | None

    def attempt(self) -> object:
        have = self.part.size()
        headers = {"Accept-Encoding": "identity"}
        if have and self.part.validator:
            headers |= {"Range": f"bytes={have}-", "If-Range": self.part.validator}
        elif self.unless and (self.unless.etag or self.unless.last_modified):
            headers |= {"If-None-Match": self.unless.etag} if self.unless.etag else {}
            headers |= {} if self.unless.etag else {"If-Modified-Since": self.unless.last_modified or ""}
        with self.store.client.open(self.address, headers=headers, trusted=self.publisher.trusted) as response:
            if response.status_code == HTTPStatus.NOT_MODIFIED:
                return _UNCHANGED
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return self._nothing_beyond(response, have)
            with told_about_disk(self.part.path):
                if response.status_code != HTTPStatus.PARTIAL_CONTENT:
                    self.part.begin(response)
                elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                    self.part.discard()
                    raise PassingError("the server sent another part than was asked for")
            self._take(response)
        return _ARRIVED

    def _nothing_beyond(self, response: requests.Response, have: int) -> object:
        """The server has no more than we have: it is whole, or has become shorter."""
        if response.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
            return _ARRIVED
        self.part.discard()
        raise PassingError("the file has changed at its publisher")

    def _take(self, response: requests.Response) -> None:
        total, have = self.part.notes.get("total"), self.part.path.stat().st_size
        if total:
            require_room(self.store.folder, total - have, what=shown(self.address))
        pieces = _pieces(response)
        if total:
            name = f"{self.address.rpartition('/')[2].partition('?')[0]}, MB"
            pieces = self.store.progress_of(pieces, name, size=total - have)
        try:
            self.part.append(pieces)
        except HTTPError:
            raise PassingError(f"the connection broke off after {self.part.path.stat().st_size:,} bytes") from None
        if total is not None and self.part.path.stat().st_size != total:
            size = self.part.path.stat().st_size
            if size > total:
                self.part.discard()
            raise PassingError(f"{size:,} of {total:,} bytes arrived")


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives: a cut loses nothing, as it would if pieces of a fixed size were waited for."""
    while piece := response.raw.read1(_PIECE, decode_content=True):
        yield piece


def origin_of_answer(address: str, data: bytes) -> Origin:
    """Where content came from that was read as a whole, such as the pages of a service."""
    return Origin(
        address=shown(address),
        fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
