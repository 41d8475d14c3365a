"""The cells of a study: H3's own slower fill, holes, islands and edges of the map; and locations in cells."""

from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.boundaries import Zones, inside, make_study
from geo_safety.cell_layers import cell_layer
from geo_safety.errors import BoundaryError
from geo_safety.grid import index_locations, locate_cells, make_cells


def study_of(outline):
    none = np.array([None])
    return make_study("Here", [Zones("all", np.array(["all"]), none, none, np.array([outline]), np.ones(1))])


def plain_fill(outline, resolution):
    return sorted(h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(outline), resolution, contain="overlap"))


def hexagon(cell):
    return shapely.Polygon([(east, north) for north, east in h3.cell_to_boundary(cell)])


DISC = shapely.Point(1.7, 54.7).buffer(0.05)
RING = DISC.difference(shapely.Point(1.7, 54.7).buffer(0.03))
ISLANDS = shapely.union_all([shapely.box(1.6, 54.6, 1.63, 54.61), shapely.box(1.9, 54.8, 1.905, 54.83), RING])


@pytest.mark.parametrize("outline", [DISC, RING, ISLANDS, shapely.box(1.7, 54.7, 1.70001, 54.70001)])
@pytest.mark.parametrize("resolution", [5, 7, 8, 9])
def test_cells_are_those_of_the_plain_fill(outline, resolution):
    cells = make_cells(study_of(outline), resolution)
    assert cells.zone_id.tolist() == plain_fill(outline, resolution)
    assert cells.layer == f"cells-r{resolution}" == cell_layer(resolution)


@given(st.floats(-170, 170), st.floats(-75, 75), st.floats(0.001, 0.05), st.floats(0.3, 3))
def test_cells_are_those_of_the_plain_fill_anywhere(longitude, latitude, width, stretch):
    outline = shapely.Point(longitude, latitude).buffer(width, quad_segs=3)
    outline = shapely.transform(outline, lambda xy: (xy - [longitude, latitude]) * [stretch, 1] + [longitude, latitude])
    assert make_cells(study_of(outline), 7).zone_id.tolist() == plain_fill(outline, 7)


def test_pentagon_and_its_ring():
    pentagon = h3.get_pentagons(6)[3]
    cells = make_cells(study_of(hexagon(pentagon).buffer(1e-4)), 6)
    assert cells.zone_id.tolist() == sorted(h3.grid_disk(pentagon, 1))
    assert len(cells) == 6


def test_coarsest_cells():
    assert make_cells(study_of(shapely.box(10, 50, 11, 51)), 0).zone_id.tolist() == plain_fill(
        shapely.box(10, 50, 11, 51), 0
    )


def test_cell_around_a_hole_counts_only_its_part_inside():
    middle = h3.latlng_to_cell(54.7, 1.7, 8)
    outline = shapely.union_all([hexagon(cell) for cell in h3.grid_disk(middle, 1)]).difference(hexagon(middle))
    study = study_of(outline.buffer(-1e-6))
    cells = make_cells(study, 8)
    area = dict(zip(cells.zone_id.tolist(), cells.area_km2, strict=True))
    assert middle not in area  # the study ends just short of it
    ring = [area[cell] for cell in h3.grid_ring(middle, 1)]
    assert ring == pytest.approx([h3.cell_area(cell) for cell in h3.grid_ring(middle, 1)], rel=5e-3)


def test_outlines_and_areas():
    study = study_of(DISC)
    cells = make_cells(study, 8)
    corners = shapely.get_coordinates(cells.geometry)
    assert (corners == np.round(corners, 7)).all()
    assert shapely.is_valid(cells.geometry).all()
    assert cells.area_km2.sum() == pytest.approx(study.area_km2, rel=1e-6)
    whole = shapely.covers(DISC, cells.geometry)
    # H3 states areas on a sphere, which at this latitude differ from the ellipsoid's by half a percent.
    assert cells.area_km2[whole] == pytest.approx([h3.cell_area(c) for c in cells.zone_id[whole].tolist()], rel=6e-3)
    assert (cells.area_km2[~whole] < cells.area_km2[whole].min()).all()


def test_180th_meridian_is_refused():
    with pytest.raises(BoundaryError, match=r"180th meridian.*Leave out \[grid\]"):
        make_cells(study_of(shapely.box(179.9, -17, 180, -16.9)), 6)
    near = shapely.box(178.5, -17, 178.6, -16.9)
    assert make_cells(study_of(near), 6).zone_id.tolist() == plain_fill(near, 6)


@given(st.lists(st.tuples(st.floats(1.6, 1.8), st.floats(54.6, 54.8)), max_size=20))
def test_locations_lie_in_the_cell_that_h3_gives_them(points):
    cells = make_cells(study_of(DISC), 7)
    east, north = np.array(points, dtype=float).reshape(-1, 2).T
    expected = [h3.latlng_to_cell(y, x, 7) for x, y in points]
    assert [h3.int_to_str(cell) for cell in index_locations(east, north, 7).tolist()] == expected
    known = cells.zone_id.tolist()
    place = locate_cells(east, north, cells)
    assert place.dtype == np.int32
    assert place.tolist() == [known.index(cell) if cell in known else -1 for cell in expected]
    assert (place[inside(east, north, study_of(DISC))] >= 0).all()


# Real London


@pytest.fixture(scope="module")
def london(shared_data):
    return make_study("London", [], outline=shared_data / "boundaries" / "greater_london_outline.geojson")


@pytest.mark.parametrize(("resolution", "number"), [(8, 2_580), (9, 17_342)])
def test_london(london, resolution, number):
    cells = make_cells(london, resolution)
    assert len(cells) == number
    assert cells.zone_id.tolist() == plain_fill(london.outline, resolution)
    assert cells.area_km2.sum() == pytest.approx(london.area_km2, rel=1e-9)


def test_every_point_of_london_lies_in_a_cell_of_london(london):
    cells = make_cells(london, 9)
    west, south, east, north = london.outline.bounds
    dice = np.random.default_rng(2018)
    longitude, latitude = dice.uniform(west, east, 50_000), dice.uniform(south, north, 50_000)
    here = inside(longitude, latitude, london)
    assert here.mean() > 0.5
    assert (locate_cells(longitude[here], latitude[here], cells) >= 0).all()
