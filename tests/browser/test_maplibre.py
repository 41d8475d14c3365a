"""A real MapLibre reads our TileJSON and draws our tiles."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image
from releases import cells, counts

from geo_safety.outputs.vector_tiles import TILE_COLUMNS

PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="maplibre-gl.css">
<style>html, body, #map { margin: 0; height: 100% }</style><div id="map"></div>
<script type="module">
import * as maplibregl from './maplibre-gl.mjs';
const map = window.map = new maplibregl.Map({
  container: 'map', center: [1.7, 54.7], zoom: 13, fadeDuration: 0, attributionControl: {compact: false},
  style: {version: 8, sources: {zones: {type: 'vector', url: 'TILEJSON'}}, layers: [
    {id: 'ground', type: 'background', paint: {'background-color': '#ffffff'}},
    {id: 'zones', type: 'fill', source: 'zones', 'source-layer': 'THEME',
     paint: {'fill-color': ['case', ['get', 'is_hotspot'], '#ff0000', '#00a0ff']}},
  ]},
});
map.on('error', event => { window.failure = String(event.error && event.error.message || event.error) });
map.once('idle', () => { window.drawn = true });
</script>"""

ZONES_ON_SCREEN = """() => map.queryRenderedFeatures({layers: ['zones']}).map(
    feature => ({id: feature.id, properties: feature.properties, kind: feature.geometry.type}))"""


@pytest.fixture
def draw(page, serve_folder, live, project_root, tmp_path):
    """A function that draws one layer and theme with MapLibre and waits until all is drawn."""
    package = project_root / "api" / "web" / "node_modules" / "maplibre-gl" / "dist"
    if not package.is_dir():
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("MapLibre is not there: run `npm ci` in api/web")
    for file in package.glob("maplibre-gl*"):
        if file.suffix in (".mjs", ".css"):
            (tmp_path / file.name).symlink_to(file)

    def open_map(layer, theme):
        tilejson = f"{live.address}/tiles/{layer}.json?theme={theme}"
        text = PAGE.replace("TILEJSON", tilejson).replace("THEME", theme)
        (tmp_path / "index.html").write_text(text, encoding="utf-8")
        page.goto(f"{serve_folder(tmp_path)}/index.html")
        page.wait_for_function("window.drawn || window.failure", timeout=60_000)
        assert page.evaluate("window.failure") is None
        assert not page.complaints
        assert not page.refused
        return page

    return open_map


def test_every_zone_is_drawn_with_its_figures(draw):
    features = draw("cells-r9", "violence").evaluate(ZONES_ON_SCREEN)
    # A zone on a seam is in both tiles, with the same id.
    by_zone = {feature["properties"]["zone_id"]: feature for feature in features}
    assert set(by_zone) == set(cells())
    ordered = sorted(cells())
    for cell, count in counts("violence").items():
        feature = by_zone[cell]
        assert feature["id"] == ordered.index(cell)
        hidden = 1 <= count <= 4
        assert feature["properties"].get("incidents") == (None if hidden else count)
        assert feature["properties"]["incidents_band"] == ("1-4" if hidden else str(count))
        assert feature["properties"]["is_hotspot"] is (count >= 50)
        assert set(feature["properties"]) <= set(TILE_COLUMNS)
        assert feature["kind"] in ("Polygon", "MultiPolygon")


def test_what_is_drawn_has_the_colours_of_hotspots_and_others(draw):
    picture = np.asarray(Image.open(io.BytesIO(draw("cells-r9", "violence").screenshot())).convert("RGB")).astype(int)
    red, blue, white = (_share(picture, colour) for colour in ((255, 0, 0), (0, 160, 255), (255, 255, 255)))
    hot = sum(count >= 50 for count in counts("violence").values())
    # Cells are of one size, so colours cover the picture in the ratio of their numbers.
    assert red / (red + blue) == pytest.approx(hot / 37, abs=0.02)
    assert red + blue > 0.1
    assert white > 0.1


def test_the_map_names_whose_data_it_shows(draw):
    assert "invented data" in draw("wards", "robbery").inner_text(".maplibregl-ctrl-attrib")


def test_wards_are_drawn_from_their_own_tiles(draw):
    features = draw("wards", "robbery").evaluate(ZONES_ON_SCREEN)
    names = {feature["properties"]["name"] for feature in features}
    assert names == {"Tidewater", "Lamp Street", "=Old Pier", "St Ælfric’s"}


def test_state_can_be_set_on_the_first_zone(draw):
    # Its id is 0, which some readers take for none.
    page = draw("cells-r9", "violence")
    state = page.evaluate("""() => {
        const zone = {source: 'zones', sourceLayer: 'violence', id: 0};
        map.setFeatureState(zone, {chosen: true});
        return map.getFeatureState(zone);
    }""")
    assert state == {"chosen": True}


def _share(picture, colour):
    """Share of the picture that is of this colour, edges left out."""
    return float((np.abs(picture - colour).max(axis=2) < 12).mean())
