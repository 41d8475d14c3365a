"""Small incident files that a test writes itself."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import POLICE_UK

STREET_HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)


def street_row(id: str = "", month: str = "2020-01", at: str = "-0.1,51.5", category: str = "Robbery") -> str:
    return f"{id},{month},A Force,A Force,{at},On or near A Street,E01000001,A 001A,{category},,"


def packed(path: Path, text: str | bytes) -> Path:
    """Write a file, packed as its name says; `archive.zip/member` writes into an archive."""
    data = text.encode() if isinstance(text, str) else text
    archive = next((parent for parent in path.parents if parent.suffix == ".zip"), None)
    if path.name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    (archive or path).parent.mkdir(parents=True, exist_ok=True)
    if archive is None:
        path.write_bytes(data)
        return path
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(path.relative_to(archive).as_posix(), data)
    return archive


@pytest.fixture
def write_street(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a street file with these rows under this name and gives its place."""

    def write(name: str, *rows: str) -> Path:
        return packed(tmp_path / name, "\n".join([STREET_HEADER, *rows]) + "\n")

    return write


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """A function that writes any file, packed as its name says."""
    return lambda name, text: packed(tmp_path / name, text)


@pytest.fixture
def row_of() -> Callable[..., str]:
    """A function that gives one row of a street file."""
    return street_row


@pytest.fixture
def police() -> Callable[..., FeedSettings]:
    """A function from places to the settings of a police.uk feed."""

    def make(*places: Path, **rest: object) -> FeedSettings:
        return FeedSettings(**{"kind": "police_uk", "name": "police", "path": places, "labels": POLICE_UK, **rest})

    return make


@pytest.fixture
def table() -> Callable[..., FeedSettings]:
    """A function from places to the settings of a feed of tables with columns lon, lat, when and what."""
    columns = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what"}

    def make(*places: Path, columns: dict[str, str] = columns, **rest: object) -> FeedSettings:
        return FeedSettings(
            **{"kind": "table", "name": "points", "path": places, "columns": columns, "labels": POLICE_UK, **rest}
        )

    return make
