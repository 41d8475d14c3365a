"""Tiles as pictures, for programs that draw no vector tiles: zones in the colours of their class, nothing written on them."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from geo_safety.outputs.vector_tiles import TileSource, shapes_of_tile
from geo_safety.outputs.vector_tiles.encoding import EXTENT

MEDIA_TYPE = "image/png"

SIZE = 256
"""Pixels along the side of a tile."""

FINER = 4
"""Drawn so many times as large and then made smaller, so that edges are smooth."""

OPACITY = 217
"""Of 255: what lies below shines through a little."""


def draw_tile(
    source: TileSource, z: int, x: int, y: int, classes: NDArray[np.int8], colours: Sequence[str]
) -> bytes | None:
    """What does the map show in this tile, as a PNG with a transparent ground?

    Parameters
    ----------
    source : TileSource
        The layer, from `prepare_tiles`.
    z, x, y : int
        Zoom, column from the west, row from the north.
    classes : array of int, shape (n_zones,)
        In the order of `source.zone_id`: place of the zone's colour, counted from 1; 0 and below are not drawn.
    colours : sequence of str
        Colours such as `#253494`, weakest first.

    Returns
    -------
    bytes or None
        None where no zone with a colour reaches into the tile.
    """
    places, shapes = shapes_of_tile(source, z, x, y)
    drawn = classes[places] > 0
    if not drawn.any():
        return None
    side = SIZE * FINER
    picture = Image.new("P", (side, side), 0)
    draw = ImageDraw.Draw(picture)
    for shape, colour in zip(shapes[drawn], classes[places[drawn]].tolist(), strict=True):
        for part in shapely.get_parts(shape):
            draw.polygon(_pixels(part.exterior), fill=colour)
            for hole in part.interiors:
                draw.polygon(_pixels(hole), fill=0)
    return _as_png(np.asarray(picture), colours)


def _pixels(ring: shapely.LinearRing) -> list[tuple[float, float]]:
    return [tuple(point) for point in (shapely.get_coordinates(ring) * (SIZE * FINER / EXTENT)).tolist()]


def _as_png(places: NDArray[np.uint8], colours: Sequence[str]) -> bytes:
    """The picture in its real size; colour is averaged over what is drawn, so that edges keep theirs."""
    palette = np.zeros((256, 4), dtype=np.float64)
    for place, colour in enumerate(colours, start=1):
        palette[place] = [*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), 1.0]
    fine = palette[places].reshape(SIZE, FINER, SIZE, FINER, 4)
    weight = fine[..., 3].mean(axis=(1, 3))
    sums = (fine[..., :3] * fine[..., 3:]).mean(axis=(1, 3))
    whole = np.zeros((SIZE, SIZE, 4), dtype=np.uint8)
    whole[..., :3] = np.rint(np.divide(sums, weight[..., None], out=np.zeros_like(sums), where=weight[..., None] > 0))
    whole[..., 3] = np.rint(weight * OPACITY)
    out = io.BytesIO()
    Image.fromarray(whole, "RGBA").save(out, "PNG", optimize=True)
    return out.getvalue()
