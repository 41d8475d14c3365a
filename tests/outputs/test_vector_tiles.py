"""Vector tiles: decoded by another implementation, and held against the specification."""

from __future__ import annotations

import h3
import mapbox_vector_tile
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.outputs.vector_tiles import (
    BUFFER,
    TILE_COLUMNS,
    encode_tile,
    prepare_tiles,
    tilejson,
    tiles_between,
)
from geo_safety.outputs.vector_tiles.encoding import EXTENT, _varints, encode_points
from geo_safety.schema import AREAS, ZONES, to_arrow


def zones(geometry, themes=("robbery",), **columns):
    """A layer whose zones are named a, b, c, ... in the order given."""
    names = [chr(ord("a") + number) for number in range(len(geometry))]
    frames = [
        pd.DataFrame({"zone_id": names, "theme": theme, "geometry": list(geometry), **columns}) for theme in themes
    ]
    return to_arrow(pd.concat(frames, ignore_index=True), ZONES)


def square_in_tile(west, north, east, south, *, z, x, y):
    """A rectangle given in units of one tile, as a polygon in degrees."""
    corners = [(west, north), (east, north), (east, south), (west, south)]
    return shapely.Polygon([degrees_of(point, z=z, x=x, y=y) for point in corners])


def degrees_of(point, *, z, x, y):
    across, down = (x + point[0] / EXTENT) / 2**z, (y + point[1] / EXTENT) / 2**z
    return across * 360 - 180, float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * down)))))


def read_varint(data, place):
    value, shift = 0, 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def fields(message):
    """(number, content) of a protocol buffer, read by the book."""
    place = 0
    while place < len(message):
        key, place = read_varint(message, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = read_varint(message, place)
        elif wire == 1:
            value, place = message[place : place + 8], place + 8
        else:
            length, place = read_varint(message, place)
            value, place = message[place : place + length], place + length
        yield number, value


def rings_of(tile):
    """Rings of each feature of the first layer, as the commands draw them: lists of points."""
    layer = next(content for number, content in fields(tile) if number == 3)
    drawn = []
    for feature in (content for number, content in fields(layer) if number == 2):
        commands = next(content for number, content in fields(feature) if number == 4)
        integers, place = [], 0
        while place < len(commands):
            value, place = read_varint(commands, place)
            integers.append(value)
        drawn.append(_rings(integers))
    return drawn


def _rings(integers):
    rings, cursor, place = [], np.zeros(2, dtype=int), 0
    while place < len(integers):
        command, count = integers[place] & 7, integers[place] >> 3
        place += 1
        if command == 7:
            assert count == 1
            continue
        if command == 1:
            assert count == 1, "one ring starts at one point"
            rings.append([])
        for _ in range(count):
            step = [(value >> 1) ^ -(value & 1) for value in integers[place : place + 2]]
            cursor = cursor + step
            rings[-1].append(tuple(cursor.tolist()))
            place += 2
    return rings


def twice_area(ring):
    """The surveyor's formula in tile units: positive for rings that run clockwise on the map."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))


def assert_by_the_book(tile):
    """MVT 2.1, 4.3.4.4: an outer ring first and clockwise, holes against it; no repeated points, none closed twice."""
    for rings in rings_of(tile):
        assert twice_area(rings[0]) > 0
        outer = None
        for ring in rings:
            assert len(ring) >= 3
            assert all(here != following for here, following in zip(ring, [*ring[1:], ring[0]], strict=True))
            shape = shapely.Polygon(ring)
            assert shape.is_valid
            if twice_area(ring) > 0:
                outer = shape
            else:
                assert outer is not None
                assert outer.covers(shape)


def test_a_square_is_drawn_with_the_commands_of_the_specification():
    source = prepare_tiles("wards", zones([square_in_tile(100, 200, 300, 400, z=10, x=516, y=322)]))
    tile = encode_tile(source, 10, 516, 322)
    (ring,) = rings_of(tile)[0]
    assert sorted(ring) == [(100, 200), (100, 400), (300, 200), (300, 400)]
    assert twice_area(ring) == 2 * 200 * 200
    layer = dict(next(content for number, content in [(n, dict(fields(c))) for n, c in fields(tile)] if number == 3))
    assert (layer[1], layer[5], layer[15]) == (b"robbery", EXTENT, 2)


def test_holes_run_against_their_outer_ring():
    where = {"z": 10, "x": 516, "y": 322}
    outer = square_in_tile(100, 100, 900, 900, **where)
    hole = square_in_tile(300, 300, 500, 500, **where)
    island = square_in_tile(350, 350, 400, 400, **where)
    shape = shapely.MultiPolygon([outer.difference(hole), island])
    tile = encode_tile(prepare_tiles("wards", zones([shape])), 10, 516, 322)
    assert [np.sign(twice_area(ring)) for ring in rings_of(tile)[0]] == [1, -1, 1]
    assert_by_the_book(tile)


def test_another_decoder_reads_the_properties_and_nulls_are_left_out():
    table = zones(
        [square_in_tile(0, 0, 50, 50, z=10, x=516, y=322), square_in_tile(50, 0, 99, 50, z=10, x=516, y=322)],
        name=["St Ælfric’s", None], incidents=[120, None], incidents_band=["120", "1-4"], probability=[0.1234, 1.0],
        is_hotspot=[True, False], reliability=["reliable", "suppressed"],
    )  # fmt: skip
    decoded = mapbox_vector_tile.decode(encode_tile(prepare_tiles("wards", table), 10, 516, 322))
    first, second = decoded["robbery"]["features"]
    assert first["properties"] == {
        "zone_id": "a", "name": "St Ælfric’s", "incidents": 120, "incidents_band": "120", "probability": 0.1234,
        "is_hotspot": True, "reliability": "reliable",
    }  # fmt: skip
    assert second["properties"] == {
        "zone_id": "b", "incidents_band": "1-4", "probability": 1.0, "is_hotspot": False, "reliability": "suppressed",
    }  # fmt: skip
    assert [feature["id"] for feature in (first, second)] == [0, 1]


def test_each_theme_is_a_layer_of_its_own_and_only_those_asked_for_are_written():
    source = prepare_tiles(
        "wards",
        zones([square_in_tile(0, 0, 50, 50, z=10, x=516, y=322)], themes=("robbery", "asb")),
        themes=("asb", "robbery"),
    )
    assert list(mapbox_vector_tile.decode(encode_tile(source, 10, 516, 322))) == ["asb", "robbery"]
    assert list(mapbox_vector_tile.decode(encode_tile(source, 10, 516, 322, ["robbery"]))) == ["robbery"]


def test_a_zone_keeps_its_id_in_every_tile_zoom_and_theme():
    shapes = [square_in_tile(100 * n, 0, 100 * n + 90, 90, z=10, x=516, y=322) for n in range(5)]
    table = zones(shapes, themes=("robbery", "asb"))
    source = prepare_tiles("wards", table.filter(np.array([True] * 9 + [False])))  # asb lacks the last zone
    for z, x, y in ((10, 516, 322), (11, 1032, 644), (9, 258, 161)):
        for theme in mapbox_vector_tile.decode(encode_tile(source, z, x, y)).values():
            for feature in theme["features"]:
                assert source.zone_id[feature["id"]] == feature["properties"]["zone_id"]
    themes = mapbox_vector_tile.decode(encode_tile(source, 10, 516, 322))
    assert [len(themes[theme]["features"]) for theme in ("robbery", "asb")] == [5, 4]


def test_a_zone_too_small_to_draw_is_a_square_of_one_unit():
    cell = h3.latlng_to_cell(54.7, 1.7, 9)
    shape = shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])
    source = prepare_tiles("cells-r9", zones([shape]))
    for zoom in range(source.maximum_zoom + 1):
        ((x, y),) = [place for place in tiles_between(source, zoom) if _holds(place, zoom, shape.centroid)]
        ((ring,),) = rings_of(encode_tile(source, zoom, x, y))
        assert twice_area(ring) > 0
    assert twice_area(rings_of(encode_tile(source, 0, 0, 0))[0][0]) == 2


def test_a_sliver_that_the_edge_cuts_off_is_left_to_the_tile_that_holds_the_zone():
    # One tenth of a unit reaches into the buffer of the tile to the west.
    shape = square_in_tile(EXTENT + BUFFER - 0.1, 0, EXTENT + 500, 500, z=10, x=516, y=322)
    source = prepare_tiles("wards", zones([shape]))
    assert encode_tile(source, 10, 516, 322) == b""
    assert encode_tile(source, 10, 517, 322) != b""


def test_points_are_points_in_the_tiles_that_hold_them():
    z, x, y = 12, 2066, 1320
    inside, beyond = (degrees_of(point, z=z, x=x, y=y) for point in ((25, 17), (EXTENT + 1000, 10)))
    source = prepare_tiles("wards", zones([shapely.Point(inside), shapely.Point(beyond)], incidents=[7, 8]))
    (layer,) = mapbox_vector_tile.decode(encode_tile(source, z, x, y), default_options={"y_coord_down": True}).values()
    (feature,) = layer["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [25, 17]}
    assert (feature["id"], feature["properties"]["incidents"]) == (0, 7)
    assert (source.minimum_zoom, source.maximum_zoom) == (8, 13)
    (next_tile,) = mapbox_vector_tile.decode(encode_tile(source, z, x + 1, y)).values()
    assert [one["id"] for one in next_tile["features"]] == [1]
    assert encode_points(np.array([[25.0, 17.0]])) == [bytes([9, 50, 34])], "the example of the specification"


def test_a_tile_with_nothing_in_it_is_empty():
    source = prepare_tiles("wards", zones([square_in_tile(0, 0, 50, 50, z=10, x=516, y=322)]))
    assert encode_tile(source, 10, 0, 0) == b""


def test_neighbouring_tiles_show_a_zone_on_their_edge_with_the_same_points():
    shape = square_in_tile(EXTENT - 30, 100, EXTENT + 30, 200, z=10, x=516, y=322)
    source = prepare_tiles("wards", zones([shape]))
    west, east = (rings_of(encode_tile(source, 10, x, 322))[0][0] for x in (516, 517))
    assert sorted(west) == sorted((across + EXTENT, down) for across, down in east)


def test_the_world_is_cut_at_the_buffer():
    shape = square_in_tile(-9000, -9000, 9000, 9000, z=10, x=516, y=322)
    ((ring,),) = rings_of(encode_tile(prepare_tiles("wards", zones([shape])), 10, 516, 322))
    assert {value for point in ring for value in point} == {-BUFFER, EXTENT + BUFFER}


def test_detailed_outlines_lose_points_at_low_zooms_only():
    circle = shapely.Point(1.7, 54.7).buffer(0.05, quad_segs=500)
    source = prepare_tiles("wards", zones([circle]))
    points = [shapely.get_num_coordinates(level)[0] for level in source.outlines]
    assert points == sorted(points)
    assert points[5] < 100 < points[-1] == shapely.get_num_coordinates(circle)


@given(
    st.lists(
        st.tuples(st.floats(1.6, 1.8), st.floats(54.6, 54.8), st.floats(0.0001, 0.05), st.integers(1, 4)),
        min_size=1, max_size=5,
    ),
    st.integers(6, 13),
)  # fmt: skip
def test_every_tile_keeps_to_the_specification_and_no_zone_is_lost(circles, zoom):
    shapes = [shapely.Point(lon, lat).buffer(radius, quad_segs=segments) for lon, lat, radius, segments in circles]
    rings = [
        shape.difference(shape.centroid.buffer(r / 2)) for shape, (_, _, r, _) in zip(shapes, circles, strict=True)
    ]
    source = prepare_tiles("wards", zones(rings))
    seen = set()
    for x, y in tiles_between(source, zoom):
        tile = encode_tile(source, zoom, x, y)
        if tile:
            assert_by_the_book(tile)
            seen |= {feature["id"] for feature in mapbox_vector_tile.decode(tile)["robbery"]["features"]}
    assert seen == set(range(len(rings)))


@given(st.lists(st.integers(0, 2**35 - 1), max_size=30))
def test_varints_are_those_of_protocol_buffers(values):
    encoded, ends = _varints(np.array(values, dtype=np.uint64))
    place, read = 0, []
    for end in ends:
        value, place = read_varint(encoded, place)
        assert place == end
        read.append(value)
    assert (read, place) == (values, len(encoded))


def test_tilejson_describes_the_layers_and_where_they_lie():
    shape = square_in_tile(0, 0, 4096, 4096, z=10, x=516, y=322)
    source = prepare_tiles("wards", zones([shape], themes=("robbery", "asb")))
    document = tilejson(source, "http://host/tiles/wards/{z}/{x}/{y}.mvt", themes=("asb",), attribution="Somebody")
    assert document["tilejson"] == "3.0.0"
    assert document["bounds"] == pytest.approx(shape.bounds, abs=1e-6)
    assert [layer["id"] for layer in document["vector_layers"]] == ["asb"]
    fields_of_layer = document["vector_layers"][0]["fields"]
    assert fields_of_layer["incidents"].endswith("(count)")
    assert set(fields_of_layer) <= set(TILE_COLUMNS)
    assert 0 <= document["minzoom"] <= document["maxzoom"] <= 14


def test_areas_carry_their_own_columns():
    shape = square_in_tile(0, 0, 50, 50, z=10, x=516, y=322)
    row = {"area_id": "robbery-0001", "theme": "robbery", "name": "Around Tidewater", "cells": 3, "is_cross_border": True,
           "geometry": shape}  # fmt: skip
    table = to_arrow(pd.DataFrame([row]), AREAS)
    decoded = mapbox_vector_tile.decode(encode_tile(prepare_tiles("hotspot-areas", table), 10, 516, 322))
    assert decoded["robbery"]["features"][0]["properties"] == {
        "area_id": "robbery-0001", "name": "Around Tidewater", "cells": 3, "is_cross_border": True,
    }  # fmt: skip


def _holds(place, zoom, point):
    west, north = degrees_of((0, 0), z=zoom, x=place[0], y=place[1])
    east, south = degrees_of((EXTENT, EXTENT), z=zoom, x=place[0], y=place[1])
    return west <= point.x < east and south < point.y <= north
