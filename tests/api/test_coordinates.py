"""The coordinate systems: their reach and exactness. What the standard wants is in test_ogc_features_crs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import shapely
from releases import INPUTS_HASH, tiny_content
from starlette.testclient import TestClient

from api.app import ServiceSettings, create_app
from api.coordinates import BRITISH_GRID, CRS84, in_system, systems_for
from geo_safety.release import write_release

CELLS = "/collections/cells-r9/items"


def test_the_grid_is_the_one_of_the_survey():
    # Caister Water Tower, the worked example of "A guide to coordinate systems in Great Britain"
    # (Ordnance Survey): 52° 39' 28.8282" N, 1° 42' 57.8663" E in ETRS89 is E 651409.804, N 313177.450 on the
    # National Grid. The seven-parameter shift is right to about 5 m.
    tower = np.array([shapely.Point(1 + 42 / 60 + 57.8663 / 3600, 52 + 39 / 60 + 28.8282 / 3600)])
    (point,) = in_system(tower, BRITISH_GRID)
    assert (point.x, point.y) == pytest.approx((651409.804, 313177.450), abs=5)


def test_the_next_page_keeps_the_coordinate_system(service):
    document = service.get(CELLS, params={"limit": 30, "crs": BRITISH_GRID}).json()
    (following,) = [link["href"] for link in document["links"] if link["rel"] == "next"]
    assert service.get(following).headers["content-crs"] == f"<{BRITISH_GRID}>"


def test_places_beyond_the_grids_reach_are_offered_in_degrees_only(tmp_path):
    assert systems_for(None) == (CRS84,)
    content = tiny_content()
    moved = {name: _moved_east(table) for name, table in content.layers.items()}
    write_release(replace(content, layers=moved), tmp_path, inputs_hash=INPUTS_HASH)
    service = TestClient(create_app(ServiceSettings(releases=tmp_path)))
    assert service.get("/collections/wards").json()["crs"] == [CRS84]
    assert service.get("/collections/wards/items", params={"crs": BRITISH_GRID}).status_code == 400


def _moved_east(table):
    if "geometry" not in table.column_names:
        return table
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    moved = shapely.to_wkb(shapely.transform(shapes, lambda degrees: np.add(degrees, [5, 0])))
    return table.set_column(table.column_names.index("geometry"), "geometry", pa.array(moved, type=pa.binary()))
