"""A real server and the readers that people have: GDAL by its command line, and HTTP as it goes over the wire."""

from __future__ import annotations

import json
import subprocess
import threading

import httpx2 as httpx
import pyogrio
import pytest
from releases import cells, counts


def ogrinfo(program, *arguments):
    """What ogrinfo prints, in a file's worth of text."""
    done = subprocess.run([program, "-ro", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def test_gdal_reads_a_page_of_geojson(live, require_program):
    address = f"{live.address}/collections/cells-r9/items?limit=100&theme=violence"
    text = ogrinfo(require_program("ogrinfo"), "-al", "-so", f"/vsicurl_streaming/{address}")
    assert "Feature Count: 37" in text
    assert "zone_id: String" in text
    assert "incidents: Integer" in text
    assert "is_hotspot: Integer(Boolean)" in text


def test_gdal_walks_all_pages_of_the_ogc_api(live, require_program):
    text = ogrinfo(
        require_program("ogrinfo"), "-al", "-oo", "PAGE_SIZE=5", f"OAPIF:{live.address}/collections/cells-r9"
    )
    assert {cell for cell in cells() if f"zone_id (String) = {cell}" in text} == set(cells())


def test_gdal_lists_the_layers_of_the_ogc_api(live, require_program):
    text = ogrinfo(require_program("ogrinfo"), f"OAPIF:{live.address}")
    for layer in ("boroughs", "cells-r8", "cells-r9", "hotspot-areas", "wards"):
        assert layer in text


def test_gdal_reads_a_vector_tile(live, require_program):
    tile = f"MVT:/vsicurl_streaming/{live.address}/tiles/cells-r9/10/516/325.mvt?theme=violence"
    text = ogrinfo(require_program("ogrinfo"), "-al", "-oo", "X=516", "-oo", "Y=325", "-oo", "Z=10", tile)
    assert "Layer name: violence" in text
    shown = {line.split(" = ")[1] for line in text.splitlines() if "zone_id (String) = " in line}
    assert shown
    assert shown <= set(cells())


@pytest.mark.parametrize("form", ["gpkg", "fgb"])
def test_gdal_reads_the_files(live, require_program, tmp_path, form):
    path = tmp_path / f"cells.{form}"
    path.write_bytes(httpx.get(f"{live.address}/collections/cells-r9/items?limit=100&f={form}").content)
    assert "Feature Count: 37" in ogrinfo(require_program("ogrinfo"), "-al", "-so", str(path))


def test_pyogrio_reads_an_address(live):
    frame = pyogrio.read_dataframe(f"{live.address}/collections/cells-r9/items?limit=100")
    shown = {count for count in counts("robbery").values() if not 1 <= count <= 4}
    assert set(frame["incidents"].dropna()) == shown


def test_errors_and_no_content_are_well_formed_on_the_wire(live):
    with httpx.Client(base_url=live.address) as client:
        assert client.get("/tiles/cells-r9/10/0/0.mvt").status_code == 204
        assert client.head("/collections/wards/items").headers["content-length"] != "0"
        tag = client.get("/collections/wards/items").headers["etag"]
        assert client.get("/collections/wards/items", headers={"If-None-Match": tag}).status_code == 304
        assert client.get("/collections/nope").json()["status"] == 404
        # The connection is still in step after each of them.
        assert client.get("/healthz").json() == {"status": "ok"}


def test_many_readers_at_once_get_whole_replies_of_one_release(live):
    seen, failures = set(), []

    def read(theme):
        with httpx.Client(base_url=live.address) as client:
            for z in range(8, 12):
                reply = client.get("/collections/cells-r9/items", params={"limit": z, "theme": theme})
                document = json.loads(reply.content)
                if reply.status_code != 200 or document["numberReturned"] != z:
                    failures.append(reply)
                seen.add(reply.headers["geosafety-release"])
                client.get(f"/tiles/cells-r9/{z}/0/0.mvt").raise_for_status()

    threads = [threading.Thread(target=read, args=(theme,)) for theme in ("robbery", "violence") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failures
    assert len(seen) == 1
