"""Vector tiles of a layer: by OGC address, as XYZ, with their TileJSON, and as one PMTiles file."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, Response

from geo_safety.map_classes import COLOURS
from geo_safety.outputs.pmtiles import MEDIA_TYPE as ARCHIVE
from geo_safety.outputs.raster_tiles import MEDIA_TYPE as PICTURE
from geo_safety.outputs.raster_tiles import draw_tile
from geo_safety.outputs.vector_tiles import MEDIA_TYPE, columns_of, encode_tile, tilejson
from geo_safety.schema import ZONES

from ..formats import JSON
from ..json_text import to_json
from ..layers import Layer
from ..links import address
from ..parameters import Current, LayerOf, TilePlace, properties_in, query_text, theme_in, tile_place
from ..problems import UnknownResourceError
from ..store import Published

router = APIRouter()

Place = Annotated[TilePlace, Depends(tile_place)]


@router.get("/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}")
def ogc_tile(request: Request, published: Current, layer: LayerOf, place: Place) -> Response:
    """A tile by OGC API - Tiles: zoom, row, column."""
    text = query_text(request, ("theme",))
    return _tile(published, layer, theme_in(text.get("theme"), layer), place)


@router.get("/tiles/{layer}/{z}/{x}/{y}.mvt")
def xyz_tile(request: Request, published: Current, layer: LayerOf, place: Place) -> Response:
    """A tile as most maps ask for it: zoom, column, row; with `properties`, of those alone."""
    text = query_text(request, ("theme", "properties"))
    theme = theme_in(text.get("theme"), layer)
    columns = properties_in(text.get("properties"), tuple(columns_of(layer.definition)))
    return _tile(published, layer, theme, place, columns)


@router.get("/tiles/{layer}/{z}/{x}/{y}.png")
def picture(request: Request, published: Current, layer: LayerOf, place: Place) -> Response:
    """A tile as a picture: the classes of counts that every map of ours shows, by day."""
    theme = theme_in(query_text(request, ("theme",)).get("theme"), layer)
    if layer.definition is not ZONES:
        raise UnknownResourceError(f"The layer {layer.name} has no counts by zone to draw. Take its vector tiles.")
    body = published.tiles.get(("png", layer.name, theme, place), lambda: _drawn(layer, theme, place))
    return Response(body or None, status_code=200 if body else 204, media_type=PICTURE)


def _drawn(layer: Layer, theme: str, place: TilePlace) -> bytes:
    classes = layer.count_classes(theme)
    return draw_tile(layer.tiles(), place.z, place.x, place.y, classes, COLOURS) or b""


@router.get("/tiles/{layer}.json")
def description(request: Request, published: Current, layer: LayerOf) -> Response:
    """Where the tiles are and what is in them (TileJSON 3)."""
    theme = theme_in(query_text(request, ("theme",)).get("theme"), layer)
    tiles = address(request, "tiles", layer.name, "{z}", "{x}", "{y}.mvt", theme=theme)
    document = tilejson(layer.tiles(), tiles, themes=(theme,), attribution=published.attribution)
    return Response(to_json(document), media_type=JSON)


@router.get("/tiles/{layer}.pmtiles")
def archive(request: Request, published: Current, layer: LayerOf) -> Response:
    """Every theme's tiles in one file, of which a map reads the parts it needs (range requests)."""
    query_text(request, ())
    found = published.archive(layer.name)
    if found is None:
        raise UnknownResourceError(
            f"There is no such file for {layer.name} as you may see it. Take its tiles at /tiles/{layer.name}.json."
        )
    return FileResponse(found.path, media_type=ARCHIVE)


def _tile(
    published: Published, layer: Layer, theme: str, place: TilePlace, columns: tuple[str, ...] | None = None
) -> Response:
    kept = published.archive(layer.name, theme)
    if columns is None and kept is not None and kept.holds(place.z):
        body = kept.tile(place.z, place.x, place.y)
    else:
        key = (layer.name, theme, place, columns)
        body = published.tiles.get(key, lambda: _made(layer, theme, place, columns)) or None
    # OGC API - Tiles, 7.1.7.B: 204 says that the tile is there and nothing is in it.
    if body is None:
        return Response(status_code=204, media_type=MEDIA_TYPE)
    return Response(body, media_type=MEDIA_TYPE, headers={"Content-Encoding": "gzip"})


def _made(layer: Layer, theme: str, place: TilePlace, columns: tuple[str, ...] | None) -> bytes:
    """A gzipped tile that no archive holds: of another zoom, of some properties, of figures that not everybody sees."""
    tile = encode_tile(layer.tiles(), place.z, place.x, place.y, (theme,), columns)
    return gzip.compress(tile, mtime=0) if tile else b""
