"""Keys of partners and internal readers: made, listed, revoked, found. Only hashes are kept, in the state folder.

A key holds 32 bytes from the system's own source of chance, so nobody can guess or try it: what passwords need
(a slow hash) would only make every request slow. What is kept is HMAC-SHA256 under a salt of each key's own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from geo_safety.disclosure import Access, Reader
from geo_safety.errors import KeyringError

FILE = "keys.sqlite"
PREFIX = "gsk"
"""First letters of every key: logs, mail filters and secret scanners know them by it."""

LONGEST_LIFE_DAYS = 366
USED_AT_MOST_EVERY = dt.timedelta(minutes=1)
"""How often the time of last use is written down."""

TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{10}})_([A-Za-z0-9_-]{{43}})")

_TABLE = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, access TEXT NOT NULL, boroughs TEXT NOT NULL, made TEXT NOT NULL,
    expires TEXT NOT NULL, revoked TEXT, last_used TEXT, salt BLOB NOT NULL, digest BLOB NOT NULL
)
"""
_COLUMNS = "id, name, access, boroughs, made, expires, revoked, last_used"


@dataclass(frozen=True)
class Key:
    """What is known of a key; the key itself is not.

    Parameters
    ----------
    id : str
        Its public part, which logs may show.
    name : str
        Whom it was made for.
    reader : Reader
        What its holder may see.
    made, expires, revoked, last_used : datetime, optional
        In UTC.
    """

    id: str
    name: str
    reader: Reader
    made: dt.datetime
    expires: dt.datetime
    revoked: dt.datetime | None
    last_used: dt.datetime | None

    def state(self, now: dt.datetime) -> str:
        """`revoked`, `expired` or `valid`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if now >= self.expires else "valid"


def make_key(
    state: Path, *, name: str, access: Access, boroughs: Iterable[str] = (), days: int, now: dt.datetime
) -> tuple[Key, str]:
    """Make a key and keep its hash.

    Parameters
    ----------
    state : Path
        The state folder of a folder of releases; made where it is absent.
    days : int
        After how many days it expires, 1 to 366.

    Returns
    -------
    key : Key
        What is kept.
    token : str
        The key itself, which is nowhere else: show it once.

    Raises
    ------
    KeyringError
        The class, the boroughs or the days do not fit, or the folder cannot be written.
    """
    codes = frozenset(boroughs)
    if access not in ("partner", "internal"):
        raise KeyringError(f"Nobody needs a key to read as {access!r}.", "Make keys of the class partner or internal.")
    if (access == "partner") != bool(codes):
        raise KeyringError(
            "A partner's key names its boroughs, and an internal key names none.",
            "Give --borough for each borough of a partner, and leave it out for --class internal.",
        )
    if not 1 <= days <= LONGEST_LIFE_DAYS:
        raise KeyringError(f"A key cannot be valid for {days} days.", f"Give 1 to {LONGEST_LIFE_DAYS} days.")
    if not name.strip() or not name.isprintable() or len(name) > 100:
        raise KeyringError("The name of a key has to tell whom it is for.", "Give a line of 1 to 100 letters.")
    key_id, secret, salt = secrets.token_hex(5), secrets.token_urlsafe(32), secrets.token_bytes(16)
    key = Key(key_id, name, Reader(access, codes), now, now + dt.timedelta(days=days), None, None)
    with _open(state, write=True) as table:
        table.execute(
            f"INSERT INTO keys ({_COLUMNS}, salt, digest) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)",  # noqa: S608 - our own names
            (
                key.id,
                name,
                access,
                " ".join(sorted(codes)),
                _text(now),
                _text(key.expires),
                salt,
                _digest(secret, salt),
            ),
        )
    return key, f"{PREFIX}_{key_id}_{secret}"


def list_keys(state: Path) -> list[Key]:
    """All keys that were ever made, the oldest first."""
    if not (state / FILE).is_file():
        return []
    with _open(state, write=False) as table:
        return [_key(row) for row in table.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY made, id")]  # noqa: S608


def revoke_key(state: Path, key_id: str, *, now: dt.datetime) -> Key:
    """Take a key back; it opens nothing from the next request on.

    Raises
    ------
    KeyringError
        There is no such key.
    """
    known = {key.id: key for key in list_keys(state)}
    if key_id not in known:
        raise KeyringError(f"There is no key {key_id!r}.", "`geo-safety keys list` shows the ids of all keys.")
    with _open(state, write=True) as table:
        table.execute("UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", (_text(now), key_id))
    return next(key for key in list_keys(state) if key.id == key_id)


def find_key(state: Path, token: str) -> Key | None:
    """The key that this token is, whatever its state; None where there is none.

    A token of no key costs as much time as one whose secret is wrong.
    """
    parts = TOKEN.fullmatch(token)
    if parts is None or not (state / FILE).is_file():
        return None
    key_id, secret = parts.groups()
    with _open(state, write=False) as table:
        row = table.execute(f"SELECT {_COLUMNS}, salt, digest FROM keys WHERE id = ?", (key_id,)).fetchone()  # noqa: S608
    *about, salt, digest = row or (*[None] * 8, b"", b"")
    if not hmac.compare_digest(_digest(secret, salt), digest) or row is None:
        return None
    return _key(about)


def note_use(state: Path, key: Key, *, now: dt.datetime) -> None:
    """Write down that a key was used, at most once a minute."""
    if key.last_used is None or now - key.last_used >= USED_AT_MOST_EVERY:
        with _open(state, write=True) as table:
            table.execute("UPDATE keys SET last_used = ? WHERE id = ?", (_text(now), key.id))


def _digest(secret: str, salt: bytes) -> bytes:
    return hmac.digest(salt, secret.encode(), hashlib.sha256)


@contextmanager
def _open(state: Path, *, write: bool) -> Iterator[sqlite3.Connection]:
    path = state / FILE
    try:
        if write and not path.exists():
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        mode = "rw" if write else "ro"
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=10)) as connection:
            if write:
                connection.execute(_TABLE)
            with connection:
                yield connection
    except (OSError, sqlite3.Error) as error:
        raise KeyringError(
            f"The keys in {path} cannot be {'written' if write else 'read'} ({error}).",
            "Run this as the owner of the state folder, and check that there is room.",
        ) from error


def _key(row: Iterable[str | None]) -> Key:
    key_id, name, access, boroughs, *times = (value or "" for value in row)
    made, expires, revoked, last_used = (dt.datetime.fromisoformat(text) if text else None for text in times)
    assert made is not None
    assert expires is not None
    reader = Reader(cast("Access", access), frozenset(boroughs.split()))
    return Key(key_id, name, reader, made, expires, revoked, last_used)


def _text(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat(timespec="seconds")
