"""The ground on Doggerland's own boundaries and context, and on hand-drawn ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from geo_safety.base_map import base_map
from geo_safety.boundaries import Study, Zones
from geo_safety.errors import SourceError
from geo_safety.settings import Context
from geo_safety.shapes import EqualArea

# Two wards with a river a hundredth of a degree wide between them; each is a borough of its own.
WEST, EAST = shapely.box(1.0, 54.0, 1.04, 54.05), shapely.box(1.05, 54.0, 1.09, 54.05)
OUTLINE = shapely.box(1.0, 54.0, 1.09, 54.05)


def zones(layer: str) -> Zones:
    nothing = np.full(2, None, dtype=object)
    names = np.array(["Westbank", "Eastbank"], dtype=object)
    return Zones(layer, np.array(["A", "B"]), names, nothing, np.array([WEST, EAST]), np.array([1.0, 1.0]))


def ground(layers=("wards", "boroughs"), context=()) -> dict[str, list[dict]]:
    study = Study("town", OUTLINE, 10.0, EqualArea(1.045, 54.025))
    document = json.loads(base_map(study, {name: zones(name) for name in layers}, context))
    found: dict[str, list[dict]] = {}
    for feature in document["features"]:
        found.setdefault(feature["properties"]["kind"], []).append(feature)
    return found


def test_water_is_what_lies_inside_the_outline_and_in_no_ward():
    found = ground()
    (land,), (water,) = found["land"], found["water"]
    assert shapely.equals(shapely.geometry.shape(land["geometry"]), OUTLINE)
    assert shapely.geometry.shape(water["geometry"]).bounds == pytest.approx((1.04, 54.0, 1.05, 54.05), abs=1e-4)
    assert "water" not in ground(layers=("boroughs",))


def test_each_borough_has_its_border_and_its_name_inside():
    found = ground()
    assert len(found["borough"]) == 1
    for feature, shape in zip(found["borough-name"], (WEST, EAST), strict=True):
        assert shapely.within(shapely.geometry.shape(feature["geometry"]), shape)
    assert [one["properties"]["name"] for one in found["borough-name"]] == ["Westbank", "Eastbank"]


def test_parks_lines_and_stations_come_from_the_context(tmp_path):
    def write(name: str, *features: tuple[dict, shapely.Geometry]) -> None:
        written = [
            {"type": "Feature", "properties": about, "geometry": json.loads(shapely.to_geojson(shape))}
            for about, shape in features
        ]
        (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": written}), encoding="utf-8")

    write("parks.geojson", ({"title": "Great Park"}, shapely.box(1.01, 54.01, 1.02, 54.02)),
          ({"title": "Bench"}, shapely.box(1.03, 54.03, 1.0301, 54.0301)),
          ({"title": "Far Park"}, shapely.box(2.0, 54.0, 2.1, 54.1)))  # fmt: skip
    write("lines.geojson", ({"mode": "rail", "name": "North line"}, shapely.LineString([(1.0, 54.01), (1.09, 54.01)])),
          ({"mode": "bus", "name": "12"}, shapely.LineString([(1.0, 54.02), (1.09, 54.02)])))  # fmt: skip
    write("buses.geojson", ({"line": "25"}, shapely.LineString([(1.0, 54.03), (1.09, 54.03)])))
    (tmp_path / "stations.csv").write_text("name,longitude,latitude\nTidewater,1.02,54.01\nElsewhere,3,54\n")
    found = ground(
        context=[
            Context("parks", tmp_path / "parks.geojson", {"name": "title"}),
            Context("routes", tmp_path / "lines.geojson", {}),
            Context("routes", tmp_path / "buses.geojson", {"name": "line"}, mode="bus"),
            Context("stations", tmp_path / "stations.csv", {}),
            Context("population", tmp_path / "none.csv", {}),
        ]
    )
    names = {kind: [one["properties"].get("name") for one in features] for kind, features in found.items()}
    assert names["park"] == [None]
    assert names["park-name"] == ["Great Park"]
    assert names["line"] == ["North line"]
    assert names["station"] == ["Tidewater"]


def test_a_file_that_cannot_be_drawn_is_named(tmp_path):
    (tmp_path / "parks.geojson").write_text("nonsense", encoding="utf-8")
    with pytest.raises(SourceError, match=r"parks\.geojson"):
        ground(context=[Context("parks", tmp_path / "parks.geojson", {})])
