"""Programs that people have, on a real server: OWSLib, GDAL's copy of a layer, pandas, LibreOffice, QGIS."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import httpx2 as httpx
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from conftest import IN_CI, ROOT
from PIL import Image
from releases import cell_shape, cells, counts
from served import serving

from geo_safety.keys import make_key

SHOWN = {cell: None if 1 <= count <= 4 else count for cell, count in counts("robbery").items()}


@pytest.fixture(scope="module")
def key(releases):
    """A key that opens the exact figures."""
    state = releases / ".state"
    return make_key(state, name="clients", access="internal", days=1, now=dt.datetime.now(dt.UTC))[1]


@pytest.fixture(scope="module")
def locked(releases, key):
    """A running service that knows the key."""
    assert key
    with serving(releases) as running:
        yield running


def test_owslib_finds_layers_columns_and_rows(live):
    from owslib.ogcapi.features import Features

    service = Features(f"{live.address}/")
    assert sorted(service.feature_collections()) == ["boroughs", "cells-r8", "cells-r9", "hotspot-areas", "wards"]
    assert "incidents_band" in service.collection_queryables("wards")["properties"]
    page = service.collection_items(
        "cells-r9", limit=3, filter="incidents > 5", sortby=("incidents", "desc"), theme="robbery"
    )
    assert [one["properties"]["incidents"] for one in page["features"]] == [120, 50, 24]
    assert page["numberMatched"] == sum(1 for count in SHOWN.values() if count and count > 5)
    assert service.collection_item("cells-r9", cells()[0])["id"] == cells()[0]
    assert "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text" in service.conformance()["conformsTo"]


@pytest.mark.parametrize("has_key", [False, True])
def test_gdal_copies_a_layer_page_by_page_and_a_key_in_the_address_survives(
    locked, key, require_program, tmp_path, has_key
):
    # Five rows a page: the links from page to page have to carry the key.
    target = tmp_path / "cells.gpkg"
    address = f"OAPIF:{locked.address}/collections/cells-r9" + (f"?key={key}" if has_key else "")
    done = subprocess.run([require_program("ogr2ogr"), "-oo", "PAGE_SIZE=5", "-f", "GPKG", target, address],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    frame = pyogrio.read_dataframe(target).set_index("zone_id")
    found = {zone: None if pd.isna(count) else int(count) for zone, count in frame["incidents"].items()}
    assert found == (counts("robbery") if has_key else SHOWN)


def test_pandas_reads_geoparquet_by_its_address(live):
    frame = pd.read_parquet(f"{live.address}/collections/cells-r9/items?f=parquet&limit=10000").set_index("zone_id")
    assert {zone: None if pd.isna(count) else int(count) for zone, count in frame["incidents"].items()} == SHOWN
    shape = shapely.from_wkb(frame.loc[cells()[0], "geometry"])
    assert shapely.hausdorff_distance(shape, cell_shape(cells()[0])) < 1e-9


def test_openpyxl_and_libreoffice_read_the_same_workbook(live, require_program, tmp_path):
    path = tmp_path / "wards.xlsx"
    path.write_bytes(httpx.get(f"{live.address}/collections/wards/items?f=xlsx&theme=violence").content)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["wards", "About"]
    # -1: every sheet into a file of its own; 76: UTF-8; all text quoted.
    text = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1"
    done = subprocess.run(
        [require_program("soffice"), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", text,
         "--outdir", tmp_path, path],
        capture_output=True, text=True, check=False, timeout=180, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert (tmp_path / "wards-wards.csv").exists(), done.stderr
    for sheet in book.sheetnames:
        with (tmp_path / f"wards-{sheet}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        ours = [list(row) for row in book[sheet].iter_rows(values_only=True)]
        assert len(rows) == len(ours)
        for theirs, row in zip(rows, ours, strict=True):
            for there, here in zip(theirs, row, strict=False):
                if isinstance(here, str):
                    assert there == here  # "=Old Pier" is text, and not run
                elif isinstance(here, bool):
                    assert there == str(here).upper()
                elif isinstance(here, int | float):
                    assert float(there) == pytest.approx(here, rel=1e-6, abs=0.01)


@pytest.fixture(scope="module")
def qgis(locked, key, tmp_path_factory):
    """What QGIS says of the service without and with a key, and the picture that it draws of the tiles."""
    python = "/usr/bin/python3"  # Debian's, for which its QGIS is built
    if (
        not Path(python).exists()
        or subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False).returncode
    ):
        (pytest.fail if IN_CI else pytest.skip)("QGIS (python3-qgis, qgis-providers) is not installed")
    folder = tmp_path_factory.mktemp("qgis")
    folder.chmod(0o700)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
    environment.pop("PYTHONPATH", None)
    said = []
    for token in ("", key):
        picture = folder / f"{bool(token)}.png"
        done = subprocess.run([python, ROOT / "tests" / "qgis_client.py", locked.address, token, picture],
                              capture_output=True, text=True, check=False, timeout=180, env=environment)  # fmt: skip
        assert done.returncode == 0, done.stderr
        said.append({**json.loads(done.stdout), "picture": picture})
    return said


def test_qgis_walks_all_pages_and_keeps_the_key(qgis):
    without, with_key = qgis
    assert without["valid"]
    assert {zone: count for zone, (count, _) in without["rows"].items()} == SHOWN
    assert {zone: count for zone, (count, _) in with_key["rows"].items()} == counts("robbery")
    assert "probability" in without["fields"]
    west, south, east, north = shapely.union_all([cell_shape(cell) for cell in cells()]).bounds
    assert without["extent"] == pytest.approx([west, south, east, north], abs=1e-6)


def test_qgis_draws_the_vector_tiles_where_the_cells_are(qgis):
    told = qgis[0]
    assert told["tiles valid"]
    west, south, east, north = told["shown"]
    pixels = np.asarray(Image.open(told["picture"]).convert("RGB")).astype(int)
    is_drawn = (pixels < 250).any(axis=2)
    rows, columns = np.indices(is_drawn.shape)
    x = west + (columns + 0.5) * (east - west) / is_drawn.shape[1]
    y = north - (rows + 0.5) * (north - south) / is_drawn.shape[0]
    radius = 6378137.0
    longitude = np.degrees(x / radius)
    latitude = np.degrees(2 * np.arctan(np.exp(y / radius)) - np.pi / 2)
    town = shapely.union_all([cell_shape(cell) for cell in cells()])
    inside = shapely.contains_xy(town.buffer(-0.0006), longitude, latitude)
    outside = ~shapely.contains_xy(town.buffer(0.0006), longitude, latitude)
    assert inside.sum() > 5_000
    assert is_drawn[inside].mean() > 0.99
    assert is_drawn[outside].mean() < 0.01


def test_the_tile_s_address_may_be_quoted(live):
    # As QGIS keeps it in its projects.
    template = quote(f"{live.address}/tiles/cells-r9/10/516/325.mvt", safe=":/")
    assert httpx.get(template).status_code == 200
