"""The pages without scripts in a real browser: accessible, at every width, by day and night, with no other host."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from browser.axe import violations
from PIL import Image
from releases import cells

BUSIEST = cells()[0]
PAGES = {
    "welcome": "/map?q=tide",
    "analyst": "/map/analyst",
    "ask": "/map/borough",
    "borough": "/map/borough?b=X09000001",
    "planner": "/map/planner",
    "cell": f"/map/place/cells-r9/{BUSIEST}?t=robbery",
    "area": "/map/place/hotspot-areas/robbery-0001",
    "missing": "/map/place/wards/nope",
    "sheet": "/map/print?l=cells-r9",
    "words": "/map/help/words",
    "methods": "/map/help/methods",
    "keys": "/map/help/keys",
    "accessibility": "/map/help/accessibility",
    "data": "/map/help/data",
    "checks": "/map/help/checks",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_a_rule_of_wcag(page, live, name, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(live.address + PAGES[name])
    assert violations(page) == []
    assert not page.refused
    assert name == "missing" or not page.complaints


def test_the_checker_would_find_something(page):
    page.set_content("<html><body><img src='data:,'><a href='#'></a></body></html>")
    found = violations(page)
    assert any(one.startswith("image-alt") for one in found)
    assert any(one.startswith("link-name") for one in found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["t=robbery", "t=robbery&v=change&l=wards"])
def test_the_map_itself_breaks_none_either(page, live, scheme, query):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live.address}/map/explore?{query}")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_function("document.querySelectorAll('#legend li').length > 3")
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 2560])
def test_no_page_is_wider_than_its_screen(page, live, name, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(live.address + PAGES[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pages_work_where_scripts_are_off(chromium, live):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live.address}/map")
    page.get_by_role("searchbox").fill("Tidewater")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Tidewater", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Tidewater: robbery"
    page.goto(f"{live.address}/map/borough")
    page.get_by_label("Which borough?").select_option("Southbank")
    page.get_by_role("button", name="Show its questions").click()
    assert "b=X09000002" in page.url
    assert page.get_by_role("heading", level=2).count() >= 9
    context.close()


@pytest.mark.parametrize(
    ("paper", "turn", "size"),
    [("a4", "landscape", (842, 595)), ("a4", "portrait", (595, 842)), ("a3", "landscape", (1191, 842))],
)
def test_a_sheet_is_one_page_of_its_paper_and_prints_its_colours(page, live, paper, turn, size):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live.address}/map/print?t=robbery&l=cells-r9&paper={paper}&turn={turn}")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") == 1
    box = [float(part) for part in pdf.split(b"/MediaBox [")[1].split(b"]")[0].split()]
    assert box[2:] == pytest.approx(size, abs=2)


def test_a_sheet_shows_its_classes_in_grey_too(page, live):
    page.goto(f"{live.address}/map/print?t=robbery&l=cells-r9")
    picture = Image.open(io.BytesIO(page.locator(".sheet__svg").screenshot())).convert("RGB")
    colours = {tuple(colour) for colour in np.unique(np.asarray(picture).reshape(-1, 3), axis=0).tolist()}
    ramp = [(0xE9, 0xF2, 0xCC), (0x93, 0xD3, 0xB4), (0x41, 0xB0, 0xC4), (0x25, 0x34, 0x94)]
    assert set(ramp) <= colours
    grey = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in ramp]
    assert all(lighter - darker > 15 for lighter, darker in pairwise(grey))
