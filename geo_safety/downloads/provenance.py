"""Where every downloaded file came from: `provenance.json` beside the data, one record a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geo_safety.downloads.atomic import write_whole
from geo_safety.errors import FetchError

FILE = "provenance.json"


@dataclass(frozen=True)
class Origin:
    """What was received from an address, before anything was done with it.

    Parameters
    ----------
    address : str
        As asked for, without name and password.
    fetched : str
        Day and time in UTC, ISO 8601.
    sha256 : str
        Of the bytes received.
    published_md5 : str, optional
        Checksum that the publisher states, with which the bytes agree.
    """

    address: str
    fetched: str
    size: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    published_md5: str | None = None


@dataclass(frozen=True)
class Record:
    """One file of the folder.

    Parameters
    ----------
    origins : tuple of Origin
        What it was made from; of a file kept as published, its own bytes.
    changed : str
        What was done with it since; empty for a file kept as published.
    """

    source: str
    sha256: str
    size: int
    licence: str
    attribution: str
    origins: tuple[Origin, ...]
    changed: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


def read_provenance(folder: Path) -> dict[str, Record]:
    """Records of a folder by file name; empty where there are none yet.

    Raises
    ------
    FetchError
        The file is there and cannot be understood.
    """
    path = folder / FILE
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Record(**{**row, "origins": tuple(Origin(**origin) for origin in row["origins"])})
            for name, row in written["files"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FetchError(
            f"{path} cannot be understood ({type(error).__name__}: {error}).",
            "Move it away; the next fetch then takes everything anew.",
        ) from None


def write_provenance(folder: Path, records: Mapping[str, Record]) -> None:
    """Write all records, sorted by file name."""
    files = {name: asdict(records[name]) for name in sorted(records)}
    write_whole(folder / FILE, json.dumps({"files": files}, ensure_ascii=False, indent=1).encode() + b"\n")
