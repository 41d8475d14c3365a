from __future__ import annotations

import mapbox_vector_tile
import pytest
from releases import cells, counts

from geo_safety.outputs.vector_tiles import HIGHEST_ZOOM

TOWN = {"z": 10, "x": 516, "y": 325}  # the tile that holds the town's centre


def test_both_addresses_give_the_same_tile(service):
    xyz = service.get("/tiles/cells-r9/{z}/{x}/{y}.mvt".format(**TOWN))
    ogc = service.get("/collections/cells-r9/tiles/WebMercatorQuad/{z}/{y}/{x}".format(**TOWN))
    assert xyz.status_code == ogc.status_code == 200
    assert xyz.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert xyz.content == ogc.content


def test_a_tile_holds_the_open_rows_of_one_theme(service):
    tile = mapbox_vector_tile.decode(service.get("/tiles/cells-r9/0/0/0.mvt", params={"theme": "violence"}).content)
    assert list(tile) == ["violence"]
    rows = {feature["properties"]["zone_id"]: feature for feature in tile["violence"]["features"]}
    assert set(rows) == set(cells())
    for cell, count in counts("violence").items():
        assert rows[cell]["id"] == sorted(cells()).index(cell)
        hidden = 1 <= count <= 4
        assert rows[cell]["properties"].get("incidents") == (None if hidden else count)
        assert rows[cell]["properties"]["incidents_band"] == ("1-4" if hidden else str(count))


def test_the_studys_first_theme_is_the_default(service):
    assert list(mapbox_vector_tile.decode(service.get("/tiles/wards/0/0/0.mvt").content)) == ["robbery"]


def test_an_empty_tile_has_no_content(service):
    reply = service.get("/tiles/cells-r9/10/0/0.mvt")
    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["etag"]


def test_tilejson_leads_to_tiles_with_what_it_describes(service):
    document = service.get("/tiles/cells-r9.json", params={"theme": "violence"}).json()
    assert document["tilejson"] == "3.0.0"
    assert "invented data" in document["attribution"]
    (template,) = document["tiles"]
    reply = service.get(template.format(**TOWN))
    ((name, layer),) = mapbox_vector_tile.decode(reply.content).items()
    assert name == document["vector_layers"][0]["id"] == "violence"
    for feature in layer["features"]:
        assert set(feature["properties"]) <= set(document["vector_layers"][0]["fields"])


@pytest.mark.parametrize(
    ("place", "parameter"),
    [("23/0/0", "z"), ("3/8/0", "x"), ("3/0/8", "y"), ("-1/0/0", "z"), ("a/0/0", "z"), ("3/1.5/0", "x")],
)
def test_a_tile_that_cannot_be_is_named(service, place, parameter):
    reply = service.get(f"/tiles/wards/{place}.mvt")
    assert (reply.status_code, reply.json()["parameter"]) == (400, parameter)


def test_tiles_go_down_to_the_highest_zoom(service):
    side = 2**HIGHEST_ZOOM
    assert service.get(f"/tiles/wards/{HIGHEST_ZOOM}/{side - 1}/{side - 1}.mvt").status_code == 204


def test_tiles_of_an_unknown_layer_or_theme(service):
    assert service.get("/tiles/parishes/0/0/0.mvt").status_code == 404
    assert service.get("/tiles/parishes.json").status_code == 404
    assert service.get("/tiles/wards/0/0/0.mvt?theme=crime").json()["parameter"] == "theme"


def test_pictures_hold_the_classes_of_counts_and_no_small_count(service):
    import io

    from PIL import Image

    reply = service.get("/tiles/cells-r9/12/2067/1301.png", params={"theme": "robbery"})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png")
    image = Image.open(io.BytesIO(reply.content)).convert("RGBA")
    colours = {
        f"#{red:02x}{green:02x}{blue:02x}"
        for count, (red, green, blue, alpha) in image.getcolors(65536)
        if alpha == 217
    }
    # Counts of 1 to 4 have one class, whichever they are.
    assert {"#e9f2cc", "#253494"} <= colours
    assert service.get("/tiles/cells-r9/12/0/0.png").status_code == 204
    assert service.get("/tiles/hotspot-areas/12/0/0.png").status_code == 404


def test_a_tile_of_some_properties_holds_the_same_without_the_others(service):
    query = {"theme": "violence", "properties": "incidents,zone_id"}
    (some,) = mapbox_vector_tile.decode(service.get("/tiles/cells-r9/0/0/0.mvt", params=query).content).values()
    (whole,) = mapbox_vector_tile.decode(
        service.get("/tiles/cells-r9/0/0/0.mvt", params={"theme": "violence"}).content
    ).values()
    for feature in whole["features"]:
        feature["properties"] = {
            name: value for name, value in feature["properties"].items() if name in ("zone_id", "incidents")
        }
    assert some == whole


def test_a_property_that_tiles_lack_is_named_with_those_they_have(service):
    reply = service.get("/tiles/wards/0/0/0.mvt", params={"properties": "incidents,why"})
    assert (reply.status_code, reply.json()["parameter"]) == (400, "properties")
    assert "why" in reply.json()["detail"]
    assert "incidents_band" in reply.json()["detail"]


@pytest.mark.parametrize("layer", ["wards", "cells-r9"])
@pytest.mark.parametrize("theme", ["robbery", "violence"])
def test_tiles_hold_the_counts_that_values_tell_of_the_same_window(service, layer, theme):
    # The map colours its first picture by the counts in the tiles, and every later one by `/values`.
    query = {"theme": theme, "properties": "zone_id,incidents,incidents_band"}
    (tile,) = mapbox_vector_tile.decode(service.get(f"/tiles/{layer}/0/0/0.mvt", params=query).content).values()
    about = service.get("/manifest").json()["themes"][theme]["window"]
    months = {"theme": theme, "from": about["end"], "to": about["end"], "window": 12}
    told = service.get(f"/values/{layer}", params=months).json()
    assert tile["features"]
    for feature in tile["features"]:
        if "incidents_band" not in feature["properties"]:
            assert feature["id"] in told["unanswered"]
        else:
            assert feature["properties"].get("incidents") == told["values"][0][feature["id"]]
