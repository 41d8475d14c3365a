"""Vector tiles (Mapbox Vector Tile 2.1) of a layer: one vector layer a theme, one feature a zone.

A `TileSource` is prepared once for a layer; `encode_tile` then only cuts, rounds and writes. The
outline of a zone is encoded once a tile and shared by all themes. Coordinates are Web Mercator
scaled to 0-1 over the world, x eastward, y **southward**, as tiles count them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from geo_safety.outputs.vector_tiles.encoding import (
    EXTENT,
    ThemeTags,
    encode_layer,
    encode_outlines,
    encode_points,
    encode_value,
    field,
)
from geo_safety.schema import Table, table_of_layer
from geo_safety.shapes import surfaces

BUFFER = 64
"""Units beyond each side that are drawn too, so that outlines do not break at the seam."""

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

HIGHEST_ZOOM = 22
"""Beyond this a unit is smaller than the 7 decimals of our coordinates."""

TILE_COLUMNS = (
    "zone_id", "area_id", "name", "borough_code", "ward_code", "cells", "area_km2", "incidents_band", "incidents",
    "per_km2", "rank", "change_class", "probability", "probability_next", "ratio", "ratio_low", "ratio_high",
    "is_hotspot", "class", "tier", "stability", "is_entrenched", "is_venue", "is_cross_border", "reliability", "caution",
)  # fmt: skip
"""Columns that tiles carry, where the layer has them; the rest is one request for the item away."""

POINT_ZOOMS = (8, 13)
"""Points are worth keeping from a city on one tile to units of a metre."""

_MAXIMUM_LATITUDE = 85.0511287798066
_MANY_POINTS = 32


@dataclass(frozen=True)
class TileSource:
    """One layer, ready to be cut into tiles.

    Parameters
    ----------
    layer : str
        Name of the layer.
    zone_id : array of str, shape (n_zones,)
        Sorted; a feature's id is its zone's place here, counted from 0.
    outlines : tuple of arrays of polygons, each of shape (n_zones,)
        One array a zoom from 0 up, simplified as that zoom allows, in units of the world; zooms
        beyond the last use the last.
    tree : STRtree
        Of the full outlines.
    bounds : tuple of float or None
        West, south, east, north in degrees; None where the layer has no shapes.
    tags : dict
        Theme → its properties, in the layer's order of themes.
    minimum_zoom, maximum_zoom : int
        Where tiles are worth keeping: from zones of about two pixels to outlines exact to half a
        per cent. Tiles outside can still be encoded.
    """

    layer: str
    zone_id: np.ndarray
    outlines: tuple[np.ndarray, ...]
    tree: shapely.STRtree
    bounds: tuple[float, float, float, float] | None
    tags: dict[str, ThemeTags]
    minimum_zoom: int
    maximum_zoom: int

    @cached_property
    def are_points(self) -> bool:
        """Whether the layer's shapes are points."""
        kinds = shapely.get_type_id(self.outlines[-1])
        return len(kinds) > 0 and bool((kinds == shapely.GeometryType.POINT).all())

    @property
    def themes(self) -> tuple[str, ...]:
        """Themes that the layer holds."""
        return tuple(self.tags)


def prepare_tiles(layer: str, table: pa.Table, *, themes: Sequence[str] | None = None) -> TileSource:
    """Make a layer ready to be cut into tiles; done once a release.

    Parameters
    ----------
    layer : str
        Name of the layer, which says what its columns are.
    table : pyarrow.Table
        All rows of the layer, geometry as WKB in WGS84 (longitude, latitude).
    themes : sequence of str, optional
        Order of the themes; by default that in which the rows name them.

    Returns
    -------
    TileSource
    """
    definition = table_of_layer(layer)
    id_column = id_column_of(definition)
    zone_of_row, zone_id, first_row = _zones(table.column(id_column))
    geometry = shapely.from_wkb(table.column("geometry").take(pa.array(first_row)).to_numpy(zero_copy_only=False))
    are_points = (shapely.get_type_id(geometry) == shapely.GeometryType.POINT).all()
    full = shapely.transform(geometry if are_points else surfaces(geometry), _to_world)
    theme_of_row = np.asarray(table.column("theme").to_pylist(), dtype=object)
    names = list(dict.fromkeys(theme_of_row)) if themes is None else list(themes)
    columns = columns_of(definition)
    tags = {}
    for theme in names:
        rows = np.flatnonzero(theme_of_row == theme)
        tags[theme] = _theme_tags(table.take(pa.array(rows)), columns, zone_of_row[rows], len(zone_id))
    minimum_zoom, maximum_zoom = _zooms(full)
    return TileSource(
        layer=layer,
        zone_id=zone_id,
        outlines=_simplified(full, maximum_zoom),
        tree=shapely.STRtree(full),
        bounds=bounds_of(geometry),
        tags=tags,
        minimum_zoom=minimum_zoom,
        maximum_zoom=maximum_zoom,
    )


def encode_tile(
    source: TileSource,
    z: int,
    x: int,
    y: int,
    themes: Sequence[str] | None = None,
    columns: Collection[str] | None = None,
) -> bytes:
    """What does the map show in this tile?

    Parameters
    ----------
    source : TileSource
        The layer, from `prepare_tiles`.
    z, x, y : int
        Zoom, column from the west, row from the north (XYZ order).
    themes : sequence of str, optional
        One vector layer for each; by default all of the layer's.
    columns : collection of str, optional
        Properties to write; by default all that the layer's tiles carry. A map that reads three of twenty is there
        sooner without the others.

    Returns
    -------
    bytes
        An uncompressed tile, empty where no zone reaches into the tile. A zone too small to be
        drawn at this zoom is a square of one unit, so that none is lost.

    Notes
    -----
    Exterior rings run clockwise as seen on the map, holes the other way; rings are closed by
    command and repeat no point (MVT 2.1, section 4.3).

    References
    ----------
    Mapbox Vector Tile specification 2.1.
    """
    return b"".join(encode_themes(source, z, x, y, themes, columns).values())


def encode_themes(
    source: TileSource,
    z: int,
    x: int,
    y: int,
    themes: Sequence[str] | None = None,
    columns: Collection[str] | None = None,
) -> dict[str, bytes]:
    """The parts of a tile by theme, each a tile by itself; themes without a zone in it are left out.

    Parameters are those of `encode_tile`. Joined they are the tile of all these themes.
    """
    if source.are_points:
        places, units = _points_of_tile(source, z, x, y)
        outlines = encode_points(units)
    else:
        places, shapes = shapes_of_tile(source, z, x, y)
        outlines = encode_outlines(shapes) if len(places) else []
    if len(places) == 0:
        return {}
    layers = {}
    for theme in source.themes if themes is None else themes:
        shown = source.tags[theme].has_zone[places]
        if shown.any():
            kept = [outline for outline, keep in zip(outlines, shown, strict=True) if keep]
            tags = source.tags[theme] if columns is None else source.tags[theme].only(columns)
            layers[theme] = field(3, encode_layer(theme, tags, places[shown], kept, are_points=source.are_points))
    return layers


def shapes_of_tile(source: TileSource, z: int, x: int, y: int) -> tuple[np.ndarray, np.ndarray]:
    """Which zones reach into a tile, and what of them?

    Returns
    -------
    places : array of int, shape (n,)
        Places of the zones in the layer's order, ascending.
    shapes : array of polygons or multipolygons, shape (n,)
        In whole units of the tile, x eastward and y southward, with the buffer around it.
    """
    places = _zones_in_tile(source, z, x, y)
    level = source.outlines[min(z, len(source.outlines) - 1)]
    shapes, drawn = _shapes_in_tile(level[places], z, x, y)
    return places[drawn], shapes


def tilejson(
    source: TileSource, tiles: str, *, themes: Sequence[str] | None = None, attribution: str = ""
) -> dict[str, Any]:
    """Which tiles are there, and what is in them (TileJSON 3.0.0)?

    Parameters
    ----------
    source : TileSource
        The layer.
    tiles : str
        Address of a tile with {z}, {x} and {y} in it.
    themes : sequence of str, optional
        As for `encode_tile`.
    attribution : str
        Whose data they are.

    Returns
    -------
    dict
        Ready to be written as JSON.
    """
    where: dict[str, Any] = {}
    if source.bounds is not None:
        west, south, east, north = source.bounds
        middle = [round((west + east) / 2, 6), round((south + north) / 2, 6), source.minimum_zoom]
        where = {"bounds": [west, south, east, north], "center": middle}
    return {
        "tilejson": "3.0.0",
        "name": source.layer,
        "tiles": [tiles],
        "scheme": "xyz",
        "vector_layers": vector_layers(source, themes),
        **where,
        "minzoom": source.minimum_zoom,
        "maxzoom": source.maximum_zoom,
        "attribution": attribution,
    }


def vector_layers(source: TileSource, themes: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Which vector layers and properties do the tiles hold, as TileJSON and PMTiles name them?"""
    definition = table_of_layer(source.layer)
    described = []
    for theme in source.themes if themes is None else themes:
        columns = [definition.column(key) for key in source.tags[theme].keys]
        fields = {c.name: f"{c.description} ({c.unit})" if c.unit else c.description for c in columns}
        described.append({
            "id": theme,
            "description": f"{source.layer}: {definition.one_row_is}",
            "fields": fields,
            "minzoom": source.minimum_zoom,
            "maxzoom": source.maximum_zoom,
        })  # fmt: skip
    return described


def columns_of(definition: Table) -> list[str]:
    """Which columns do the tiles of a layer carry: the common ones, or those that its own definition names?"""
    carried = (definition.key[0], *definition.shown) if definition.shown else TILE_COLUMNS
    return [name for name in carried if name in definition.column_names]


def id_column_of(definition: Table) -> str:
    """Which column names a row for people and addresses: `zone_id`, or `area_id` for areas?"""
    return definition.key[0]


def bounds_of(geometry: np.ndarray) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all shapes in degrees, outward to 6 decimals; None where there are none.

    Examples
    --------
    >>> bounds_of(np.array([shapely.box(1.00000049, 54, 2, 55)]))
    (1.0, 54.0, 2.0, 55.0)
    """
    drawn = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    if len(drawn) == 0:
        return None
    edges = shapely.total_bounds(drawn) * 1e6
    west, south = np.floor(edges[:2]).tolist()
    east, north = np.ceil(edges[2:]).tolist()
    return west / 1e6, south / 1e6, east / 1e6, north / 1e6


def tiles_between(source: TileSource, zoom: int) -> Iterable[tuple[int, int]]:
    """Which tiles of a zoom can hold anything? Columns and rows (x, y), west to east, north to south."""
    if source.bounds is None:
        return []
    west, south, east, north = source.bounds
    corners = _to_world(np.array([[west, north], [east, south]]))
    # The buffer of a tile shows zones of its neighbours too.
    reach = BUFFER / EXTENT
    low = np.clip(np.floor(corners[0] * 2**zoom - reach), 0, 2**zoom - 1).astype(int)
    high = np.clip(np.floor(corners[1] * 2**zoom + reach), 0, 2**zoom - 1).astype(int)
    return [(x, y) for x in range(low[0], high[0] + 1) for y in range(low[1], high[1] + 1)]


# ---- preparing -------------------------------------------------------------------------------


def _zones(ids: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Zone of each row, the sorted zones, and the first row of each."""
    values = np.asarray(ids.to_pylist(), dtype=object)
    zone_id, first_row, zone_of_row = np.unique(values, return_index=True, return_inverse=True)
    return zone_of_row, zone_id, first_row


def _to_world(degrees: np.ndarray) -> np.ndarray:
    """Longitude and latitude in degrees → Web Mercator, 0-1, y southward."""
    latitude = np.radians(np.clip(degrees[:, 1], -_MAXIMUM_LATITUDE, _MAXIMUM_LATITUDE))
    return np.column_stack([
        (degrees[:, 0] + 180) / 360,
        (1 - np.arcsinh(np.tan(latitude)) / np.pi) / 2,
    ])  # fmt: skip


def _zooms(full: np.ndarray) -> tuple[int, int]:
    """Zooms from about two pixels (of 512 a tile) a zone to outlines exact to half a per cent."""
    edges = shapely.bounds(full)
    edges = edges[~np.isnan(edges).any(axis=1)]
    if len(edges) == 0:
        return 0, 0
    if (edges[:, :2] == edges[:, 2:]).all():
        return POINT_ZOOMS
    size = float(np.median(np.maximum(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])))
    two_pixels = int(np.ceil(np.log2(2 / 512 / size)))
    exact = int(np.ceil(np.log2(1 / (EXTENT * 0.005 * size))))
    # Outlines of large zones have detail of their own size: 12 is a unit of 1.5 m in London.
    maximum = min(max(exact, 12), 14)
    return min(max(two_pixels, 0), maximum), maximum


def _simplified(full: np.ndarray, maximum_zoom: int) -> tuple[np.ndarray, ...]:
    """The outlines as each zoom needs them: detailed ones without points that half a unit hides.

    Simplified once and whole, so that the pieces of a zone in neighbouring tiles fit together.
    """
    detailed = np.flatnonzero(shapely.get_num_coordinates(full) > _MANY_POINTS)
    if len(detailed) == 0:
        return (full,)
    levels = []
    for zoom in range(maximum_zoom):
        level = full.copy()
        level[detailed] = shapely.simplify(full[detailed], 0.5 / (EXTENT * 2**zoom), preserve_topology=True)
        levels.append(level)
    return (*levels, full)


def _theme_tags(rows: pa.Table, columns: list[str], zone_of_row: np.ndarray, n_zones: int) -> ThemeTags:
    codes = np.full((n_zones, len(columns)), -1, dtype=np.int32)
    values: list[bytes] = []
    for place, name in enumerate(columns):
        encoded = rows.column(name).combine_chunks().dictionary_encode()
        codes_of_rows = encoded.indices.fill_null(-1).to_numpy().astype(np.int32)
        codes[zone_of_row, place] = np.where(codes_of_rows < 0, -1, codes_of_rows + len(values))
        values += [encode_value(value) for value in encoded.dictionary.to_pylist()]
    has_zone = np.zeros(n_zones, dtype=bool)
    has_zone[zone_of_row] = True
    return ThemeTags(keys=tuple(columns), codes=codes, values=tuple(values), has_zone=has_zone)


# ---- cutting and rounding --------------------------------------------------------------------


def _zones_in_tile(source: TileSource, z: int, x: int, y: int) -> np.ndarray:
    """Places of the zones whose bounds reach into the tile or its buffer, ascending."""
    side, reach = 1 / 2**z, BUFFER / EXTENT / 2**z
    window = shapely.box(x * side - reach, y * side - reach, (x + 1) * side + reach, (y + 1) * side + reach)
    return np.sort(source.tree.query(window))


def _points_of_tile(source: TileSource, z: int, x: int, y: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the points in a tile or its buffer, and where they lie in whole units, shape (n, 2)."""
    places = _zones_in_tile(source, z, x, y)
    world = shapely.get_coordinates(source.outlines[-1][places])
    return places, np.rint(world * EXTENT * 2.0**z - np.array([x, y]) * float(EXTENT))


def _shapes_in_tile(outlines: np.ndarray, z: int, x: int, y: int) -> tuple[np.ndarray, np.ndarray]:
    """The outlines in whole units of the tile, and which of them reach into it.

    Returns
    -------
    shapes : array of polygons or multipolygons
        Valid, on whole units, only those that are drawn.
    drawn : array of bool, shape (n_outlines,)
    """
    scale = EXTENT * 2.0**z
    origin = np.array([x, y]) * float(EXTENT)
    whole = shapely.transform(outlines, lambda world: world * scale - origin)
    low, high = -BUFFER, EXTENT + BUFFER
    edges = shapely.bounds(whole)
    crossing = (edges[:, :2] < low).any(axis=1) | (edges[:, 2:] > high).any(axis=1)
    cut = whole.copy()
    cut[crossing] = shapely.clip_by_rect(whole[crossing], low, low, high, high)
    shapes = _on_units(cut)
    gone = np.flatnonzero(shapely.area(shapes) == 0)
    too_small = gone[shapely.area(_on_units(whole[gone])) == 0]
    corner = np.floor((edges[too_small, :2] + edges[too_small, 2:]) / 2)
    inside = ((corner >= low) & (corner < high)).all(axis=1)
    too_small, corner = too_small[inside], corner[inside]
    shapes[too_small] = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 1, corner[:, 1] + 1)
    drawn = shapely.area(shapes) > 0
    return shapes[drawn], drawn


def _on_units(shapes: np.ndarray) -> np.ndarray:
    """The shapes rounded to whole units and still valid; those that vanish have no area."""
    rounded = shapely.transform(shapes, np.rint)
    edges = shapely.bounds(rounded)
    flat = (edges[:, 0] == edges[:, 2]) | (edges[:, 1] == edges[:, 3])
    rounded[flat] = shapely.Polygon()  # far out nearly all are flat, and mending them one by one is slow
    broken = np.flatnonzero(~shapely.is_valid(rounded))
    rounded[broken] = shapely.set_precision(shapely.make_valid(shapes[broken]), 1.0)
    return rounded
