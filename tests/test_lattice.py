"""Locations that share a cell: against H3 itself, over the whole world and on the very edges of cells."""

from __future__ import annotations

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety import grid
from geo_safety.lattice import shared_cells

MANY = grid._MANY


def plain(longitude, latitude, resolution):
    return [int(h3.latlng_to_cell(y, x, resolution), 16) for x, y in zip(longitude, latitude, strict=True)]


def around_the_world(n, seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


@pytest.mark.parametrize("resolution", range(16))
def test_cells_are_those_of_h3_everywhere(resolution):
    longitude, latitude = around_the_world(MANY + 1_000, resolution)
    # Pairs that share a cell, so that it is seen which are put together.
    longitude, latitude = (np.concatenate([each, each + 1e-7]) for each in (longitude, latitude))
    found = grid.index_locations(longitude, latitude, resolution)
    assert found.tolist() == plain(longitude, latitude, resolution)


@pytest.mark.parametrize("resolution", [0, 1, 4, 9])
def test_corners_and_edges_are_left_to_h3(resolution):
    longitude, latitude = around_the_world(400, 3)
    rings = [
        np.array(h3.cell_to_boundary(h3.latlng_to_cell(y, x, resolution)))
        for x, y in zip(longitude, latitude, strict=True)
    ]
    corners = np.concatenate(rings)
    middles = np.concatenate([(ring + np.roll(ring, 1, axis=0)) / 2 for ring in rings])
    latitude, longitude = np.concatenate([corners, middles]).T
    assert len(longitude) > MANY
    found = grid.index_locations(longitude, latitude, resolution)
    assert found.tolist() == plain(longitude, latitude, resolution)
    assert (shared_cells(*corners.T[::-1], resolution) < 0).mean() > 0.5


def test_pentagons_and_poles():
    for middle in [*h3.get_pentagons(0), "pole"]:
        y, x = (90.0, 0.0) if middle == "pole" else h3.cell_to_latlng(middle)
        rng = np.random.default_rng(5)
        latitude = np.clip(y + rng.normal(0, 2, MANY), -90, 90)
        longitude = (x + rng.normal(0, 2, MANY) + 180) % 360 - 180
        for resolution in (0, 3, 6):
            found = grid.index_locations(longitude, latitude, resolution)
            assert found.tolist() == plain(longitude, latitude, resolution)


@given(st.floats(-180, 180), st.floats(-89.9, 89.9), st.integers(0, 15))
def test_the_same_place_shares_with_itself(longitude, latitude, resolution):
    number = shared_cells(np.array([longitude] * 2), np.array([latitude] * 2), resolution)
    assert number[0] == number[1] or (number < 0).all()


def test_nothing_is_nothing():
    assert len(shared_cells(np.array([]), np.array([]), 9)) == 0
