"""Tiles as pictures: colours where zones are, smooth edges, and nothing where no class is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from releases import tiny_content

from geo_safety.disclosure import protect
from geo_safety.outputs.raster_tiles import OPACITY, SIZE, draw_tile
from geo_safety.outputs.vector_tiles import prepare_tiles, tiles_between

COLOURS = ("#ff0000", "#00ff00")


@pytest.fixture(scope="module")
def source():
    return prepare_tiles("cells-r9", protect("cells-r9", tiny_content().layers["cells-r9"]))


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_each_zone_has_the_colour_of_its_class_and_edges_keep_it(source):
    (place,) = tiles_between(source, 12)
    classes = np.ones(len(source.zone_id), dtype=np.int8)
    classes[::2] = 2
    picture = pixels(draw_tile(source, 12, *place, classes, COLOURS))
    assert picture.shape == (SIZE, SIZE, 4)
    solid = picture[picture[..., 3] == OPACITY]
    assert {tuple(one) for one in np.unique(solid[:, :3], axis=0).tolist()} >= {(255, 0, 0), (0, 255, 0)}
    edge = picture[(picture[..., 3] > 0) & (picture[..., 3] < OPACITY)]
    assert len(edge)
    assert (edge[:, :3].sum(axis=1) >= 250).all(), "an edge is darker than both of its colours"


def test_zones_without_a_class_are_not_drawn(source):
    (place,) = tiles_between(source, 12)
    nothing = np.zeros(len(source.zone_id), dtype=np.int8)
    assert draw_tile(source, 12, *place, nothing, COLOURS) is None
    one = nothing.copy()
    one[0] = 1
    drawn = pixels(draw_tile(source, 12, *place, one, COLOURS))
    every = pixels(draw_tile(source, 12, *place, nothing + 1, COLOURS))
    share = (drawn[..., 3] > 0).sum() / (every[..., 3] > 0).sum()
    assert 0.5 / len(nothing) < share < 2 / len(nothing)
    assert draw_tile(source, 12, 0, 0, nothing + 1, COLOURS) is None
