"""What the ground tells of zones, on shapes as they come."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from geo_safety.impact.places import land_use
from geo_safety.shapes import EqualArea


def test_a_park_whose_pond_touches_its_edge_is_measured():
    edge = [(-0.0112, 51.536), (-0.00946, 51.53743), (-0.00974, 51.53777), (-0.00933, 51.53794), (-0.00917, 51.53805),
            (-0.00815, 51.5389), (-0.00796, 51.53929), (-0.00784, 51.54002), (-0.00823, 51.5403), (-0.0112, 51.5403)]  # fmt: skip
    pond = [(-0.00899, 51.5382), (-0.0096, 51.53785), (-0.00979, 51.53806), (-0.00912, 51.53842)]
    park = shapely.Polygon(edge, [pond])
    london = EqualArea(-0.088, 51.489)
    projected = london.project(np.array([park], dtype=object))
    assert shapely.is_valid(park)
    assert not shapely.is_valid(projected[0])  # what is whole in degrees need not be in metres
    feature = {"type": "Feature", "properties": {"kind": "park"}, "geometry": shapely.geometry.mapping(park)}
    ground = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    zones = np.array(
        [shapely.box(-0.0112, 51.5365, -0.0085, 51.5395), shapely.box(0.1, 51.5, 0.11, 51.51)], dtype=object
    )
    area = land_use(zones, ground, london)["park_km2"]
    assert area[0] == pytest.approx(london.area_km2(np.array([zones[0].intersection(park)], dtype=object))[0], rel=1e-3)
    assert area[1] == 0
