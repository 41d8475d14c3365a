"""Figures on other zones: hand-drawn fields, sums that stay, and a plain overlay as the second road."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.interpolation import cut, shares, spread
from geo_safety.shapes import EqualArea

PLACE = EqualArea(1.72, 54.72)


def boxes(*corners):
    return np.array([shapely.box(1.70 + w, 54.70 + s, 1.70 + e, 54.70 + n) for w, s, e, n in corners], dtype=object)


def test_pieces_of_a_whole_a_split_and_an_outer_zone():
    fields = boxes((0, 0, 0.01, 0.01), (0.005, 0.02, 0.015, 0.03), (0.05, 0, 0.06, 0.01))
    parishes = boxes((0, 0, 0.01, 0.04), (0.01, 0, 0.02, 0.04))
    pieces = cut(fields, parishes, PLACE)
    assert list(zip(pieces.origin.tolist(), pieces.target.tolist(), strict=True)) == [(0, 0), (1, 0), (1, 1)]
    assert shares(pieces, 3).round(4).tolist() == [1.0, 0.5, 0.5]
    moved, nowhere = spread(np.array([10.0, 4.0, 3.0]), pieces, n_targets=2)
    assert moved.round(6).tolist() == [12.0, 2.0]
    assert nowhere == 3.0


def test_weights_decide_where_there_are_any_and_area_where_not():
    pieces = cut(
        boxes((0, 0, 0.02, 0.01), (0, 0.02, 0.02, 0.03)), boxes((0, 0, 0.01, 0.04), (0.01, 0, 0.02, 0.04)), PLACE
    )
    assert shares(pieces, 2, weights=np.array([30.0, 10.0, 0.0, 0.0])).round(4).tolist() == [0.75, 0.25, 0.5, 0.5]


@given(
    st.lists(st.tuples(*[st.integers(0, 9)] * 2, *[st.integers(1, 6)] * 2), min_size=1, max_size=6),
    st.lists(st.floats(0, 1000), min_size=6, max_size=6),
)
def test_nothing_is_lost(corners, values):
    origins = boxes(*((w / 100, s / 100, (w + dw) / 100, (s + ds) / 100) for w, s, dw, ds in corners))
    grid = boxes(*((x / 100, y / 100, (x + 4) / 100, (y + 4) / 100) for x in range(0, 12, 4) for y in range(0, 12, 4)))
    figures = np.array(values[: len(origins)])
    moved, nowhere = spread(figures, cut(origins, grid, PLACE), n_targets=len(grid))
    assert moved.sum() + nowhere == pytest.approx(figures.sum(), abs=1e-9)


def test_real_pieces_are_those_of_a_plain_overlay(shared_data):
    file = shared_data / "boundaries" / "{}"
    wards = gpd.read_file(f"/vsigzip/{file}".format("wards_2020_london_bgc.geojson.gz"))[["WD20CD", "geometry"]]
    boroughs = gpd.read_file(str(file).format("boroughs_lad2022_london_gen20_bng_shp.zip")).to_crs(4326)
    plain = gpd.overlay(wards, boroughs[["LAD22CD", "geometry"]], keep_geom_type=True)
    projection = EqualArea(-0.1, 51.5)
    pieces = cut(wards.geometry.to_numpy(), boroughs.geometry.to_numpy(), projection)
    ours = dict(
        zip(
            zip(wards["WD20CD"].to_numpy()[pieces.origin], boroughs["LAD22CD"].to_numpy()[pieces.target], strict=True),
            pieces.area_m2.tolist(),
            strict=True,
        )
    )
    theirs = dict(zip(zip(plain["WD20CD"], plain["LAD22CD"], strict=True),
                      (projection.area_km2(plain.geometry.to_numpy()) * 1e6).tolist(), strict=True))  # fmt: skip
    assert {key for key, area in ours.items() if area > 1} == {key for key, area in theirs.items() if area > 1}
    assert all(ours[key] == pytest.approx(area, abs=0.5) for key, area in theirs.items() if area > 1)
