"""The first picture of the map: a whole one or none, and the same one to which later steps lead."""

from __future__ import annotations

import io

import numpy as np
from browser.conftest import READY
from browser.polyline import polyline
from PIL import Image
from releases import CENTRE

FIRST = "performance.getEntriesByName('first-map').length === 1"
CLOSE = "at=13.20/54.7020/1.7000"
WIDE = {"width": 1280, "height": 860}
SELECTED = (255, 221, 0)


def middle(page) -> np.ndarray:
    """The middle of the map, on which nothing lies: pixels as numbers."""
    box = page.locator("#map").bounding_box()
    across, down = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shot = page.screenshot(clip={"x": across - 150, "y": down - 150, "width": 300, "height": 300})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def at_rest(page, until) -> np.ndarray:
    """The same once all is drawn."""
    until(FIRST)
    page.wait_for_selector(READY)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    return middle(page)


def colours(picture: np.ndarray) -> int:
    return len(np.unique(picture.reshape(-1, 3), axis=0))


def differ(one: np.ndarray, other: np.ndarray) -> float:
    """Share of pixels that are not the same."""
    return float((np.abs(one - other).max(axis=2) > 2).mean())


def test_half_a_map_is_not_shown(page, live, until):
    page.set_viewport_size(WIDE)
    held = []
    page.route("**/*.mvt?*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright cannot keep a method of a list
    page.goto(f"{live.address}/map/explore?t=robbery&l=cells-r9")
    page.wait_for_selector(READY)
    page.wait_for_timeout(600)
    assert held
    assert not page.evaluate(FIRST)
    assert colours(middle(page)) == 1
    for route in held:
        route.continue_()
    page.unroute("**/*.mvt?*")
    until(FIRST)
    assert colours(middle(page)) > 5
    assert not page.complaints


def test_what_does_not_come_is_not_waited_for_in_vain(page, live, until):
    page.set_viewport_size(WIDE)
    page.route("**/map/base.json", lambda route: route.abort())
    page.goto(f"{live.address}/map/explore?t=robbery&l=cells-r9")
    until(FIRST)
    assert colours(middle(page)) > 5
    assert "the ground" in page.inner_text("#notice")


def test_the_whole_study_stands_where_fitting_it_later_puts_it(explore, until):
    page = explore("t=robbery&l=cells-r9")
    before = at_rest(page, until)
    page.select_option("#layer", "stations")
    until("document.body.dataset.list === 'stations'")
    page.wait_for_selector(READY)
    assert differ(before, middle(page)) > 0.01
    page.go_back()
    until("document.body.dataset.list === undefined")
    assert differ(before, at_rest(page, until)) < 1e-4


def test_a_map_that_had_no_room_beside_a_table_finds_its_place(explore, until):
    opened = at_rest(explore("t=robbery&l=cells-r9"), until)
    page = explore("t=robbery&l=cells-r9&tab=table")
    page.click("#tab-map")
    assert differ(opened, at_rest(page, until)) < 1e-4


def test_a_view_looks_the_same_opened_or_chosen(explore, until):
    opened = {
        view: at_rest(explore(f"t=robbery&l=cells-r9&{CLOSE}&v={view}"), until) for view in ("class", "harm", "count")
    }
    page = explore(f"t=robbery&l=cells-r9&{CLOSE}&v=count")
    for view in ("class", "harm", "class", "count"):
        page.select_option("#view", view)
        until(f"location.search.includes('v={view}') || '{view}' === 'count'")
        assert differ(opened[view], at_rest(page, until)) < 1e-4, view
    assert differ(opened["class"], opened["count"]) > 0.01


def test_what_is_selected_is_outlined_and_no_longer_when_it_is_closed(explore, until):
    page = explore(f"t=robbery&l=cells-r9&{CLOSE}&s=cells-r9:{CENTRE}")
    marked = (at_rest(page, until) == SELECTED).all(axis=2).sum()
    page.click("#panel-close")
    until("document.querySelector('#panel').hidden")
    assert marked > 100
    assert (at_rest(page, until) == SELECTED).all(axis=2).sum() == 0


def test_a_drawn_shape_is_outlined_and_no_longer_when_it_is_cleared(explore, until):
    ring = [[1.694, 54.6985], [1.706, 54.6985], [1.706, 54.7055], [1.694, 54.7055]]
    without = at_rest(explore(f"t=robbery&l=cells-r9&{CLOSE}"), until)
    page = explore(f"t=robbery&l=cells-r9&{CLOSE}&poly={polyline(ring)}")
    # The card with the totals may lie on the left of it.
    assert differ(without[:, 100:], at_rest(page, until)[:, 100:]) > 0.01
    page.locator("#map-tools .panel__close").click()
    assert differ(without, at_rest(page, until)) < 1e-4
