"""The town with lent figures as a service, its readers with their keys, and what each may see, read from the files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from lent_town import make_lent_town
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from geo_safety.keys import make_key
from geo_safety.pipeline import run
from geo_safety.release import Release

THEMES = ("robbery", "injury", "sexual_injury", "admissions")
LAYERS = ("cells-r7", "cells-r8", "cells-r9", "wards", "boroughs", "hotspot-areas")
LENT_BY = {"injury": ("cells-r8", "wards", "boroughs"), "sexual_injury": ("wards", "boroughs")}
READERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "everybody": ("open", ()),
    "TB1": ("partner", ("TB1",)),
    "TB2": ("partner", ("TB2",)),
    "TB1 and TB3": ("partner", ("TB1", "TB3")),
    "all boroughs": ("partner", ("TB1", "TB2", "TB3")),
    "internal": ("internal", ()),
}


@dataclass(frozen=True)
class LentService:
    """A service with a key for each reader."""

    folder: Path
    release: Release
    client: TestClient
    keys: dict[str, str]

    def get(self, reader: str, address: str, *, in_address: bool = False, **headers: str):
        """Ask as a reader, with the key in a header or in the address."""
        key = self.keys.get(reader)
        if key and in_address:
            address += f"{'&' if '?' in address else '?'}key={key}"
        elif key:
            headers["X-API-Key"] = key
        return self.client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def allowed(self, reader: str, layer: str, theme: str) -> pd.DataFrame | None:
        """What the reader may see, by the files as they lie on the disk; None where they may not know of it."""
        access, boroughs = READERS[reader]
        if access == "internal":
            return _rows(self.release.folder / f"{layer}.parquet", theme)
        if theme == "robbery":
            return _rows(self.release.folder / "open" / f"{layer}.parquet", theme)
        if access == "open" or layer not in LENT_BY.get(theme, ()):
            return None
        rows = _rows(self.release.folder / "partner" / f"{layer}.parquet", theme)
        return rows[rows["borough_code"].isin(boroughs)]


@cache
def _rows(path: Path, theme: str) -> pd.DataFrame:
    rows = pq.read_table(path).to_pandas()
    key = "zone_id" if "zone_id" in rows else "area_id"
    rows = rows[rows["theme"] == theme].sort_values(key)
    return rows.assign(id=rows[key]).reset_index(drop=True)


@pytest.fixture(scope="session")
def lent(tmp_path_factory) -> LentService:
    folder = tmp_path_factory.mktemp("lent-service")
    release = run(make_lent_town(folder / "city"), folder / "releases")
    now = dt.datetime.now(dt.UTC)
    keys = {
        reader: make_key(
            folder / "releases" / ".state", name=reader, access=access, boroughs=boroughs, days=1, now=now
        )[1]
        for reader, (access, boroughs) in READERS.items()
        if access != "open"
    }
    client = TestClient(create_app(ServiceSettings(releases=folder / "releases")))
    return LentService(folder, release, client, keys)
