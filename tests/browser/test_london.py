"""The real London of 2025, eight months: what the map says where there are too few of them, and the file that opens alone."""

from __future__ import annotations

import json
import re

import pytest
from browser.conftest import READY
from served import serving

from geo_safety.outputs.folium_map import write_map
from geo_safety.pipeline import run
from geo_safety.release import current

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def london(shared_data, tmp_path_factory):
    """The release behind a real server."""
    folder = tmp_path_factory.mktemp("london")
    run(shared_data / "london-2025.toml", folder)
    with serving(folder) as running:
        running.folder = folder
        yield running


def opened(page, london, query):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{london.address}/map/explore?{query}")
    page.wait_for_selector(READY, timeout=60_000)
    return page


def test_eight_months_are_called_eight_and_have_one_window(page, london, until):
    opened(page, london, "t=violence&l=cells-r9")
    assert "8 months to December 2025" in page.inner_text("#subtitle")
    assert page.inner_text("#time-window option:checked") == "All 8 months"
    assert "one window of 8 months" in page.inner_text("#time-note")
    assert page.locator("#compare").is_disabled()
    get = page.request.get
    address = f"{london.address}/values/cells-r9?theme=violence&window=8&month=2025-12&ids=omit"
    counts = get(address).json()["values"][0]
    assert len(counts) == 17_342
    # The key counts all of London, which is in view.
    most = sum(count is not None and count >= 100 for count in counts)
    until(f"document.querySelector('#legend-5 .legend__count')?.textContent === '{most}'", seconds=60)
    assert not page.refused
    assert not page.complaints


@pytest.mark.parametrize("view", ["class", "stability"])
def test_views_that_need_years_say_how_many_instead_of_an_empty_panel(page, london, view):
    first = page.request.get(
        f"{london.address}/collections/hotspot-areas/items?theme=violence&sortby=-incidents&limit=1"
    )
    area = first.json()["features"][0]
    opened(page, london, f"t=violence&v={view}&s=hotspot-areas:{area['id']}")
    page.wait_for_selector("#panel .facts")
    why = current(london.folder).manifest["themes"]["violence"]["layers"]["cells-r9"]["why_no_classes"]
    assert "Too few months" in page.inner_text("#note")
    assert why.rstrip(".") in page.inner_text("#note")
    panel = page.inner_text("#panel")
    assert "Too few months" in panel
    assert f"{area['properties']['incidents']:,} reports" in panel
    assert page.locator("#panel .strip").count() == 0
    assert page.locator("#panel-title").inner_text() == area["properties"]["name"]


def test_change_says_that_there_is_no_year_before(page, london):
    opened(page, london, "t=violence&v=change")
    assert "no window of 8 months before" in page.inner_text("#note")
    page.goto(f"{london.address}/map/print?t=violence&v=class")
    assert "There are no classes: A class takes 36 months in a row" in page.inner_text("main")


def test_the_busiest_areas_of_the_screen_are_those_of_the_api(page, london):
    opened(page, london, "t=robbery&tab=table")
    page.wait_for_selector("#table tbody tr")
    wanted = page.request.get(
        f"{london.address}/collections/hotspot-areas/items?theme=robbery&sortby=-incidents&limit=50"
    )
    ids = page.eval_on_selector_all("#table tbody tr", "all => all.map(one => one.dataset.id)")
    assert ids == [one["id"] for one in wanted.json()["features"]]
    assert ids


def test_all_london_fits_in_one_file_that_opens_alone(chromium, london, tmp_path):
    path = tmp_path / "map.html"
    write_map(current(london.folder), path)
    assert path.stat().st_size < 5e6
    data = json.loads(re.search(r"showMap\(map_hotspots, (.*)\);", path.read_text(encoding="utf-8")).group(1))
    assert [layer["name"] for layer in data["layers"]] == ["cells-r9", "cells-r8", "wards", "boroughs"]
    assert len(data["layers"][0]["shapes"]) == 17_342
    context = chromium.new_context(offline=True)
    page = context.new_page()
    asked, complaints = [], []
    page.on(
        "request",
        lambda request: asked.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(".leaflet-container canvas, .leaflet-container svg path", timeout=60_000)
    assert (asked, complaints) == ([], [])
    assert "Around" in page.inner_text("body")
    context.close()
