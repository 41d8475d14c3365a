"""The equal-area projection against PROJ, and small helpers; files are read in test_boundaries."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.shapes import EqualArea


@given(
    st.floats(-180, 180), st.floats(-85, 85),
    st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=1, max_size=5),
)  # fmt: skip
def test_projection_is_that_of_proj(longitude, latitude, offsets):
    # Snyder (1987), equations 24-17 to 24-20, written out once more by PROJ.
    proj = pyproj.Proj(f"+proj=laea +lon_0={longitude!r} +lat_0={latitude!r} +ellps=WGS84")
    east, north = (np.array([longitude, latitude]) + offsets).T
    expected = np.array(proj(east, north))
    assert np.array(EqualArea(longitude, latitude).metres(east, north)) == pytest.approx(expected, abs=1e-3)


def test_area_does_not_depend_on_the_centre():
    geod = pyproj.Geod(ellps="WGS84")
    square = shapely.segmentize(shapely.box(-0.2, 51.4, 0.0, 51.6), 0.001)
    expected = abs(geod.geometry_area_perimeter(square)[0]) / 1e6
    for centre in (EqualArea(-0.1, 51.5), EqualArea(2, 53)):
        assert centre.area_km2([square])[0] == pytest.approx(expected, rel=1e-6)


def test_distances_near_the_centre():
    geod = pyproj.Geod(ellps="WGS84")
    _, _, metres = geod.inv(-0.1, 51.5, 0.3, 51.7)
    east, north = EqualArea(-0.1, 51.5).metres(np.array([0.3]), np.array([51.7]))
    assert np.hypot(east, north)[0] == pytest.approx(metres, rel=1e-5)
