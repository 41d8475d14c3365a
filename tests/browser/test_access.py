"""The map for everybody: WCAG rules in every state, keys alone, large text, no motion, and colours for the colour-blind."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from browser.axe import violations
from browser.colour_vision import distance, seen
from browser.conftest import READY
from browser.polyline import polyline
from releases import CENTRE

RING = polyline([[1.68, 54.68], [1.72, 54.68], [1.72, 54.72], [1.68, 54.72]])
PANEL = f"t=robbery&s=cells-r9:{CENTRE}"
WINDOWS = "t=robbery&l=cells-r9&w=q&end=2025-12&vs=2024-12"
STATES = {
    # name: address, what to wait for, what to press first
    "panel": (PANEL, "#panel .chart canvas", "#panel .numbers summary"),
    "both": ("t=robbery&tab=both", "#table tbody tr", None),
    "class": ("t=robbery&v=class", "#legend .legend__foot", "#filters-title"),
    "downloads": ("t=robbery&v=harm", "#legend .legend__foot", "#download"),
    "shared": ("t=robbery&l=cells-r9&end=1990-01&colour=pink", "#notice .notice", "#share"),
    "list": ("t=robbery", "#legend .legend__foot", "#tool-list"),
    "draw": ("t=robbery", "#legend .legend__foot", "#tool-draw"),
    "drawn": (f"t=robbery&l=cells-r9&poly={RING}", "#draw-total", None),
    "swipe": (f"{WINDOWS}&cmp=swipe", "#map-other canvas", None),
    "difference": (f"{WINDOWS}&cmp=diff", "#legend .legend__foot", None),
    "empty": ("t=robbery&tab=table&f=tier IN ('A') AND is_cross_border = TRUE", ".table__empty", None),
}
DARK = ("panel", "both", "class", "swipe", "difference")


def opened(page, live, name, *, width=1280, height=860):
    query, wanted, press = STATES[name]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{live.address}/map/explore?{query}")
    page.wait_for_selector(READY)
    page.locator(wanted).first.wait_for(state="attached")
    if press:
        page.locator(press).first.click()
        page.wait_for_timeout(300)


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "light") for name in STATES), *((name, "dark") for name in DARK)]
)
def test_no_state_of_the_map_breaks_a_rule_of_wcag(page, live, name, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, live, name)
    assert violations(page) == []
    assert not page.refused


@pytest.mark.parametrize("name", ["panel", "both", "difference"])
def test_nor_does_the_phone(page, live, name):
    opened(page, live, name, width=390, height=844)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


PARTS = ("#title", "#tabs", "#map", "#time", "#controls")


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [("panel", 720, 450), ("both", 720, 450), ("swipe", 800, 900), ("panel", 1000, 700), ("both", 320, 640)],
)
def test_large_text_and_narrow_screens_lose_nothing(page, live, name, width, height):
    # A screen of 1440 by 900 at 200 % has room for 720 by 450.
    opened(page, live, name, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = {part: page.locator(part).bounding_box() for part in PARTS}
    assert all(box and box["width"] > 60 and box["height"] > 10 for box in boxes.values()), boxes
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        wide = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
        high = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
        assert wide <= 1 or high <= 1, f"{one} lies on {other}"
    assert boxes["#title"]["width"] >= min(240, width * 0.55)
    if name == "panel":
        assert page.locator("#panel-close").is_visible()


def test_without_motion_the_map_jumps_and_never_plays(chromium, live):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{live.address}/map/explore?t=robbery&l=cells-r9")
    page.wait_for_selector(READY)
    assert page.locator("#time-play").count() == 0
    page.click("#time-back")
    page.wait_for_selector(READY)
    assert "November 2025" in page.inner_text("#subtitle")
    moving = page.evaluate("document.getAnimations().filter(one => one.playState === 'running').length")
    assert moving == 0
    context.close()


def test_distances_of_colours_are_the_published_ones():
    # Sharma, Wu, Dalal (2005), table 1, pairs 1, 7, 17 and 25.
    for one, other, wanted in (
        ([50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425),
        ([50, 0, 0], [50, -1, 2], 2.3669),
        ([50, 2.5, 0], [73, 25, -18], 27.1492),
        ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
    ):
        assert distance(np.array(one), np.array(other)) == pytest.approx(wanted, abs=1e-4)


# Views whose classes have an order are told apart from their neighbours; the others all from each other.
ORDERED = {"count": 8, "chance": 12, "harm": 12, "stability": 12, "change": 12}
NAMED = {"class": 18, "both": 14}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_classes_are_told_apart_without_seeing_red_or_green(page, live, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1280, "height": 860})
    near = {}
    for view, least in (ORDERED | NAMED).items():
        page.goto(f"{live.address}/map/explore?t=robbery&v={view}")
        page.wait_for_selector("#legend .legend__row")
        swatch = "#legend .legend__row svg rect:first-child"
        colours = page.eval_on_selector_all(swatch, "all => all.map(one => one.getAttribute('fill'))")
        assert len(colours) >= 3
        pairs = list(pairwise(colours) if view in ORDERED else combinations(colours, 2))
        for blindness in (None, "deuteranopia", "protanopia"):
            closest = min(distance(seen(one, blindness), seen(other, blindness)) for one, other in pairs)
            if closest < least:
                near[view, blindness] = round(closest, 1)
    assert near == {}
