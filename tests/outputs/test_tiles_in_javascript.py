"""A thousand tiles read by the library that maps in browsers read them with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import IN_CI
from releases import THEMES, tiny_content

from geo_safety.disclosure import protect
from geo_safety.outputs.vector_tiles import encode_tile, prepare_tiles, tiles_between

FOLDER = Path(__file__).resolve().parents[1] / "node"
WANTED = 1000


def test_a_thousand_tiles_hold_no_fault_of_geometry(tmp_path):
    if not (FOLDER / "node_modules" / "@mapbox" / "vector-tile").is_dir():
        (pytest.fail if IN_CI else pytest.skip)("@mapbox/vector-tile is not installed: `make test` does it")
    written = 0
    for layer in ("wards", "cells-r9", "boroughs", "cells-r8"):
        source = prepare_tiles(layer, protect(layer, tiny_content().layers[layer]), themes=THEMES)
        for zoom in range(4, 19):
            for x, y in tiles_between(source, zoom):
                if tile := encode_tile(source, zoom, x, y):
                    (tmp_path / f"{layer}-{zoom}-{x}-{y}.mvt").write_bytes(tile)
                    written += 1
    assert written >= WANTED
    node = Path(sys.executable).with_name("node")
    done = subprocess.run([node, FOLDER / "check_tiles.mjs", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *faults, last = done.stdout.splitlines()
    assert not faults, faults
    assert json.loads(last)["tiles"] == written
    assert json.loads(last)["features"] > written
