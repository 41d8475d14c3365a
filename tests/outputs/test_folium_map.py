from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import shapely
from releases import INPUTS_HASH, counts, tiny_content, tiny_release

from geo_safety.errors import OutputError, ReleaseError
from geo_safety.map_classes import BREAKS, breaks_of
from geo_safety.outputs import folium_map
from geo_safety.outputs.folium_map import encode_shapes, map_data, map_html, write_map
from geo_safety.release import write_release

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory):
    return tiny_release(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def page_file(town, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(town, path)
    return path


@pytest.fixture(scope="module")
def browser(require_program):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=require_program("chromium"), args=["--no-sandbox"])
        yield program
        program.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(browser, page_file, request):
    """The map, opened from the file; fails if it asks for anything else or says that something is wrong."""
    opened = browser.new_page(viewport=request.param)
    asked, said = [], []
    opened.on("request", lambda one: asked.append(one.url))
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(page_file.as_uri())
    opened.wait_for_selector("#classes button")
    yield opened
    opened.close()
    assert [url for url in asked if not url.startswith("data:")] == [page_file.as_uri()]
    assert said == []


def legend_of(page) -> dict[str, int]:
    rows = page.locator("#classes button").all()
    return {
        row.locator("span").nth(1).inner_text(): int(row.locator(".count").inner_text().replace(",", ""))
        for row in rows
    }


# What is in the file


def test_file_names_no_other_host_and_no_other_file(page_file):
    text = page_file.read_text(encoding="utf-8")
    # Addresses in words (licences, namespaces) ask for nothing; these do.
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"'](?!data:)", text)
    assert "url(" not in re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)[0]
    assert "@import" not in text
    assert not re.findall(r"cdn|unpkg|openstreetmap|googleapis", text)
    assert '<html lang="en">' in text
    assert "sourceMappingURL" not in text


def test_same_release_gives_the_same_file(town):
    assert map_html(town) == map_html(town)


def test_no_small_count_is_in_the_file(town):
    for layer in map_data(town)["layers"]:
        for figures in layer["figures"].values():
            assert not set(figures["counts"]) & {1, 2, 3, 4}


def test_one_theme_alone_is_smaller_and_holds_no_other(town):
    alone = map_data(town, theme="violence")
    assert [theme["name"] for theme in alone["themes"]] == ["violence"]
    assert {theme for layer in alone["layers"] for theme in layer["figures"]} == {"violence"}
    assert {area["theme"] for area in alone["areas"]} == {"violence"}
    with pytest.raises(ReleaseError, match="It has: robbery, violence"):
        map_data(town, theme="joy")


def test_a_name_cannot_break_out_of_the_page(tmp_path):
    content = tiny_content()
    wards = content.layers["wards"]
    bad = pa.array(["</script><script>alert(1)</script>"] * wards.num_rows)
    evil = wards.set_column(wards.column_names.index("name"), "name", bad)
    town = write_release(replace(content, layers={**content.layers, "wards": evil}), tmp_path, inputs_hash=INPUTS_HASH)
    assert "<script>alert(1)" not in map_html(town)


def test_layers_too_large_to_draw_are_named_and_left_out(town, monkeypatch):
    monkeypatch.setattr(folium_map, "MOST_ZONES", 36)
    data = map_data(town)
    assert data["too_large"] == ["cells-r9"]
    assert "cells-r9" not in [layer["name"] for layer in data["layers"]]
    monkeypatch.setattr(folium_map, "MOST_ZONES", 1)
    with pytest.raises(OutputError, match=r"at most 1 zones.*export \.pmtiles"):
        map_data(town)


def test_a_folder_that_is_not_there_is_told(town, tmp_path):
    with pytest.raises(OutputError, match="Name a file in a folder that you may write to"):
        write_map(town, tmp_path / "absent" / "map.html")


@pytest.mark.parametrize(
    ("numbers", "breaks"),
    [
        ([], (1, 5, 10, 20, 50)),
        ([0] * 100, (1, 5, 10, 20, 50)),
        ([0] * 500 + [1, 2, 3] * 100 + [8] * 150 + [30] * 45 + [80] * 5, (1, 5, 10, 20, 50)),
        (list(range(0, 10_000, 10)), (1, 5, 5000, 10000, 20000)),
    ],
)
def test_breaks_start_with_1_to_4_and_at_least_double(numbers, breaks):
    found = breaks_of(np.array(numbers, dtype=int))
    assert found == breaks
    assert all(later >= 2 * earlier for earlier, later in pairwise(found))
    assert all(fixed[:2] == (1, 5) for fixed in BREAKS.values())


def test_shapes_come_back_from_their_steps():
    shape = shapely.MultiPolygon(
        [
            (((1.7, 54.7), (1.71, 54.7), (1.71, 54.71), (1.7, 54.71)), [((1.702, 54.702), (1.703, 54.703), (1.703, 54.702))]),
            (((1.72, 54.7), (1.73, 54.7), (1.73, 54.69)), []),
        ]
    )  # fmt: skip
    (encoded,) = encode_shapes(pa.array([shapely.to_wkb(shape)]), (1.7, 54.7))
    rings = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) * 1e-5 + (1.7, 54.7) for part in encoded for ring in part]
    again = shapely.MultiPolygon([(rings[0], [rings[1]]), (rings[2], [])])
    assert shapely.hausdorff_distance(shape, again) < 1e-9


# What a reader sees


def test_legend_counts_what_the_release_holds(page):
    robbery = counts("robbery").values()
    assert legend_of(page) == {
        "50 or more": sum(count >= 50 for count in robbery),
        "25 to 49": sum(25 <= count < 50 for count in robbery),
        "10 to 24": sum(10 <= count < 25 for count in robbery),
        "5 to 9": sum(5 <= count < 10 for count in robbery),
        "1 to 4; too few for a rate": sum(1 <= count < 5 for count in robbery),
        "None reported": sum(count == 0 for count in robbery),
    }
    page.select_option("#themes", "violence")
    page.select_option("#layers", "wards")
    assert legend_of(page)["No data: not zero"] == 1
    assert page.locator("h1").inner_text() == "Reported violence: how often, by ward"


def test_title_says_what_where_and_when(page):
    assert page.locator("h1").inner_text() == "Reported robbery: how often, by neighbourhood"
    assert page.locator("#subtitle").inner_text().startswith("Tiny town · 12 months to December 2025")
    assert page.title() == "Safety map · Tiny town"


def test_page_carries_cautions_publication_and_sources(page, town):
    text = page.locator("#more").inner_text()
    assert "about half of violent incidents had been reported to police" in text
    assert "Yes, because it is open data" in text
    assert "Contains invented data of a town that does not exist." in text
    assert f"Data to 2025-12 · release {town.release_id}" in text


def test_areas_are_listed_named_and_opened(page):
    row = page.locator("#results tbody tr").first
    assert re.sub(r"\s+", " ", row.inner_text()) == "Around Tidewater, Northbank 194 0.26"
    row.get_by_role("button").click()
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "194 reports in 12 months." in popup.inner_text()
    page.select_option("#themes", "violence")
    assert "1 to 4" in page.locator("#results tbody tr").first.inner_text()


def test_words_under_the_pointer_say_count_and_place(browser, page_file):
    page = browser.new_page(viewport=DESKTOP)
    page.goto(page_file.as_uri())
    page.wait_for_selector("#classes button")
    spot = page.evaluate("() => { const p = map_hotspots.latLngToContainerPoint([54.7, 1.7]); return [p.x, p.y]; }")
    page.locator(".folium-map").hover(position={"x": spot[0], "y": spot[1]})
    tip = page.locator(".leaflet-tooltip")
    tip.wait_for()
    assert re.fullmatch(r"In .*bank\n120 reports in 12 months", tip.inner_text())
    page.locator(".folium-map").click(position={"x": spot[0], "y": spot[1]})
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "at least 3 times the usual number of the whole study" in popup.inner_text()
    assert "Not distinguishable from the change in the whole study." in popup.inner_text()
    page.close()


def test_works_from_the_keyboard(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to results"
    names = []
    for _ in range(16):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
            )
        )
    order = [name for name in names if name in ("themes", "layers", "show-areas", "show-names")]
    assert order == ["themes", "layers", "show-areas", "show-names"]
    assert "map_hotspots" in names
    page.locator("#classes button").first.press("Enter")
    assert page.locator("#classes button").first.get_attribute("aria-pressed") == "true"
    before = page.evaluate("map_hotspots.getZoom()")
    page.locator(".folium-map").focus()
    page.keyboard.press("+")
    page.wait_for_function(f"map_hotspots.getZoom() > {before}")
    label = page.locator(".folium-map").get_attribute("aria-label")
    assert label.startswith("Map: reported robbery, by neighbourhood. Arrow keys move")


def test_nothing_is_wider_than_the_screen_and_targets_are_large_enough(page):
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    least = 44 if page.viewport_size == PHONE else 24
    for control in page.locator("select, #classes button, .leaflet-bar a").all():
        assert control.bounding_box()["height"] >= least
    shown = page.locator(".name span").all_inner_texts()
    assert "Around Tidewater" in shown
    # On a phone the map leaves room for what is below it.
    assert page.locator(".leaflet-container").bounding_box()["height"] <= page.viewport_size["height"] * 0.95


def test_text_has_contrast(page):
    """All text on the page is dark on light: at least 4.5 to 1 (WCAG 2.2 AA)."""
    colours = page.evaluate("""() => [...document.querySelectorAll('h1,h2,p,li,td,th,label,caption,summary,button,small,.count')]
        .map((one) => getComputedStyle(one).color)""")
    for colour in set(colours):
        red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (light + 0.05) >= 4.5, colour
