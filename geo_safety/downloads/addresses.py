"""Where each publisher's downloads are, officially or on a mirror that stands in for it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geo_safety.errors import FetchError

TABLE = Path(__file__).with_name("addresses.toml")
BASE_VARIABLE = "GEO_SAFETY_FETCH_BASE"
"""Environment variable with a mirror's address; with `_POLICE_UK` and so on, of one publisher."""


@dataclass(frozen=True)
class Publisher:
    """One row of the table of addresses, with the base that is to be asked.

    Parameters
    ----------
    base : str
        What every path is put behind; no slash at its end.
    official : str
        The same as the table has it: addresses that a publisher hands out begin with it.
    trusted : tuple of str
        Hosts that this publisher sends callers on to.
    more : mapping
        What only this publisher's module understands.
    """

    name: str
    title: str
    publisher: str
    licence: str
    attribution: str
    documented: str
    looked_up: date
    base: str
    official: str
    paths: Mapping[str, str]
    trusted: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def address(self, path: str, **values: str) -> str:
        """The whole address of one of the table's paths, with its gaps filled in."""
        return self.base + self.paths[path].format(**values)

    def mirrored(self, address: str) -> str:
        """An address that the publisher handed out, moved to the base in use."""
        return self.base + address.removeprefix(self.official) if address.startswith(self.official) else address


def read_publishers(bases: Mapping[str, str] | None = None) -> dict[str, Publisher]:
    """The table of addresses, with other bases put in.

    Parameters
    ----------
    bases : mapping of str to str, optional
        Publisher's name → base. The name `""` stands for all others: a mirror that has a folder for each official
        host, the way `wget --mirror` writes it.

    Raises
    ------
    FetchError
        A base names an unknown publisher, or is no address.

    Examples
    --------
    >>> mirror = read_publishers({"": "http://mirror.example"})
    >>> mirror["police_uk"].address("archive", month="2025-12")
    'http://mirror.example/data.police.uk/data/archive/2025-12.zip'
    """
    bases = dict(bases or {})
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    for name, base in bases.items():
        _check_base(name, base, known=list(table))
    mirror = bases.get("", "").rstrip("/")
    found = {}
    for name, row in table.items():
        official = row.pop("base")
        moved = mirror + "/" + official.partition("://")[2] if mirror else official
        found[name] = Publisher(
            name=name,
            base=bases[name].rstrip("/") if name in bases else moved,
            official=official,
            trusted=tuple(row.pop("redirects", ())),
            **{key: row.pop(key) for key in _FIELDS},
            more=row,
        )
    return found


_FIELDS = ("title", "publisher", "licence", "attribution", "documented", "looked_up", "paths")


def _check_base(name: str, base: str, *, known: Sequence[str]) -> None:
    if name and name not in known:
        raise FetchError(f"There is no source {name!r} to give a base to.", f"Use one of {', '.join(known)}.")
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchError(f"{base!r} is no base address.", "Write it like https://mirror.example/folder.")


def bases_of(
    flags: Sequence[str], environment: Mapping[str, str], written: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Which bases did the user give? A flag wins over the environment, and that over the settings file.

    Parameters
    ----------
    flags : sequence of str
        `ADDRESS`, or `NAME=ADDRESS` for one publisher.
    environment : mapping
        As of the process.
    written : mapping, optional
        The settings file: `base`, and a table `bases`.
    """
    written = written or {}
    bases: dict[str, str] = {"": written["base"]} if written.get("base") else {}
    bases |= written.get("bases", {})
    for variable, value in environment.items():
        if value and (variable == BASE_VARIABLE or variable.startswith(f"{BASE_VARIABLE}_")):
            bases[variable.removeprefix(BASE_VARIABLE).removeprefix("_").lower()] = value
    for flag in flags:
        name, equals, address = flag.partition("=")
        bases |= {name: address} if equals and "://" not in name else {"": flag}
    return bases
