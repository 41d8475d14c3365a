from __future__ import annotations

from collections import Counter
from itertools import chain

import numpy as np
import orjson
import pyarrow as pa
import pytest
import shapely
from releases import tiny_release

from geo_safety.outputs import export, topojson
from geo_safety.view import View


def table_of(shapes):
    ids = [f"Z{number}" for number in range(len(shapes))]
    return pa.table(
        {"zone_id": ids, "theme": ["asb"] * len(ids), "geometry": pa.array(shapely.to_wkb(np.array(shapes)))}
    )


def decoded(document):
    """The shapes of a topology, by its specification: steps added up, `~n` read backwards."""
    (scale_x, scale_y), (west, south) = document["transform"]["scale"], document["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * [scale_x, scale_y] + [west, south] for arc in document["arcs"]]

    def ring(numbers):
        parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
        return np.vstack([parts[0], *(part[1:] for part in parts[1:])])

    def polygon(rings):
        return shapely.Polygon(ring(rings[0]), [ring(hole) for hole in rings[1:]])

    shapes = []
    for one in document["objects"]["x"]["geometries"]:
        if one["type"] is None:
            shapes.append(None)
        elif one["type"] == "Polygon":
            shapes.append(polygon(one["arcs"]))
        else:
            shapes.append(shapely.MultiPolygon([polygon(rings) for rings in one["arcs"]]))
    return shapes


SQUARES = [shapely.box(x, y, x + 1, y + 1) for y in (54, 55, 56) for x in (1, 2, 3)]
ISLAND = shapely.box(2.25, 55.25, 2.5, 55.5)


@pytest.mark.parametrize(
    "shapes",
    [
        SQUARES,
        [shapely.box(-3, -2, -1, -1), shapely.box(179, 88, 180, 90)],
        [SQUARES[4].difference(ISLAND), ISLAND, *SQUARES[:4], *SQUARES[5:]],
        [shapely.MultiPolygon([SQUARES[0], SQUARES[8]]), SQUARES[1], SQUARES[4]],
        [SQUARES[0].reverse(), SQUARES[1]],
        [],
    ],
)
def test_what_is_read_back_is_what_was_written(shapes):
    document = topojson.topology(table_of(shapes), "x")
    for shape, back in zip(shapes, decoded(document), strict=True):
        assert back.is_valid
        assert shapely.hausdorff_distance(shape, back) < topojson.GRID
        assert back.area == pytest.approx(shape.area)
        for part in shapely.get_parts(back):
            assert not part.exterior.is_ccw
            assert all(hole.is_ccw for hole in part.interiors)


def test_a_border_is_written_once():
    # 3 x 3 squares: 12 stretches inside, and the outside cut at the 8 corners at which inner ones end.
    document = topojson.topology(table_of(SQUARES), "x")
    numbers = [one["arcs"][0] for one in document["objects"]["x"]["geometries"]]
    used = Counter(number if number >= 0 else ~number for number in chain.from_iterable(numbers))
    assert Counter(used.values()) == {2: 12, 1: 8}
    assert len(document["arcs"]) == 20


def test_a_hole_and_the_zone_in_it_share_their_whole_border():
    document = topojson.topology(table_of([SQUARES[4].difference(ISLAND), ISLAND]), "x")
    around, inside = document["objects"]["x"]["geometries"]
    assert [~number for number in around["arcs"][1]] == inside["arcs"][0]


def test_what_is_smaller_than_the_grid_has_no_outline():
    speck = shapely.box(1, 54, 1 + 1e-8, 54 + 1e-8)
    document = topojson.topology(table_of([speck, SQUARES[0]]), "x")
    assert [one["type"] for one in document["objects"]["x"]["geometries"]] == [None, "Polygon"]
    assert decoded(document)[0] is None


def test_wards_are_the_release_s_and_touch_without_gaps(tmp_path):
    town = tiny_release(tmp_path)
    export(town, "wards", tmp_path / "wards.topojson", theme="robbery")
    document = orjson.loads((tmp_path / "wards.topojson").read_bytes())
    assert list(document["objects"]) == ["wards"]
    wards = document["objects"]["wards"]["geometries"]
    assert [one["id"] for one in wards] == ["X05000001", "X05000002", "X05000003", "X05000004"]
    assert wards[0]["properties"]["name"] == "Tidewater"
    document["objects"]["x"] = document["objects"].pop("wards")
    shapes = decoded(document)
    whole = shapely.coverage_union_all(shapes)
    assert shapely.coverage_is_valid(shapes)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors


def test_ids_are_those_of_geojson(tmp_path):
    town = tiny_release(tmp_path)
    for layer in ("wards", "hotspot-areas"):
        for theme in (None, "violence"):
            view = View(town)
            export(view, layer, tmp_path / "a.topojson", theme=theme)
            export(view, layer, tmp_path / "a.geojson", theme=theme)
            ours = orjson.loads((tmp_path / "a.topojson").read_bytes())["objects"][layer]["geometries"]
            theirs = orjson.loads((tmp_path / "a.geojson").read_bytes())["features"]
            assert [one["id"] for one in ours] == [one["id"] for one in theirs]
