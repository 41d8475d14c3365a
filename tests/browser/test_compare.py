"""Two windows at once: side by side, under a divider, and as their difference, against the API."""

from __future__ import annotations

import io
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import numpy as np
from browser.conftest import READY
from PIL import Image

QUARTERS = "t=robbery&l=cells-r9&w=q&end=2025-12"
NOW = "/values/cells-r9?theme=robbery&window=3&ids=omit&month=2025-12"
BEFORE = "/values/cells-r9?theme=robbery&window=3&ids=omit&month=2024-12"
CHANGE = "/values/cells-r9/change?theme=robbery&window=3&month=2025-12&against=2024-12"


def counts_by_column(page) -> list[list[int]]:
    """What the key says of each class: the window beside, and the window on the map."""
    rows = page.locator("#legend .legend__rows > li:not(.legend__heads)")
    found = [rows.nth(place).locator(".legend__count").all_inner_texts() for place in range(6)]
    return [[int(row[place]) for row in found] for place in (0, 1)]


def classes_of(column: list[int | None]) -> list[int]:
    found = [0] * 6
    for count in column:
        known = 1 if count is None else count
        found[sum(known >= start for start in (1, 5, 10, 25, 50))] += 1
    return found


def test_two_windows_stand_side_by_side_with_one_key_and_one_camera(explore, get, until):
    page = explore(f"{QUARTERS}&vs=2024-12&cmp=side")
    page.wait_for_selector("#map-other canvas")
    until("document.querySelectorAll('#legend .legend__heads').length === 1")
    page.wait_for_load_state("networkidle")
    until("[...document.querySelectorAll('#legend .legend__rows > li:not(.legend__heads)')].slice(0, 6)"
          ".reduce((sum, row) => sum + Number(row.querySelectorAll('.legend__count')[0].textContent), 0) === 37")  # fmt: skip
    before, now = counts_by_column(page)
    assert now == classes_of(get(NOW)["values"][0])
    assert before == classes_of(get(BEFORE)["values"][0])
    assert page.locator(".compare__label").all_inner_texts() == ["To December 2024", "To December 2025"]
    page.evaluate("document.querySelector('#legend').hidden = true")
    boxes = [page.locator(name).bounding_box() for name in ("#map-other", "#map")]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"] + 4
    left, right = (np.asarray(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")) for box in boxes)
    # The busiest cell has the same class in both.
    for half in (left, right):
        assert (np.abs(half.astype(int) - [0x2C, 0x7F, 0xB8]).max(axis=2) < 25).mean() > 0.01


def test_side_by_side_the_key_lies_on_neither_map_and_the_maps_keep_the_whole_study(explore, until):
    page = explore(f"{QUARTERS}&vs=2024-12&cmp=side")
    page.wait_for_selector("#map-other canvas")
    until("document.querySelectorAll('#legend .legend__heads').length === 1")
    # Read in one go: the key is written anew while the maps are drawn. A row for each window, its month beside its counts.
    until("""(() => {
      const [left, right, key] = ["#map-other", "#map", "#legend .legend"].map((name) => document.querySelector(name)?.getBoundingClientRect());
      const tops = (name) => [...document.querySelectorAll(name)].map((one) => one.getBoundingClientRect().top);
      const [months, counts] = ["#legend .legend__heads .legend__count", "#legend-1 .legend__count"].map(tops);
      return left && right && key && left.height === right.height && right.height > 300
        && key.height > 50 && key.top >= left.bottom
        && months.length === 2 && months.join() === counts.join() && counts[0] < counts[1];
    })()""")
    page.wait_for_load_state("networkidle")
    # The key's own place is the maps' when it is closed, and they show the whole study larger.
    height, text, width = page.evaluate(
        "(one => [document.querySelector('#map').clientHeight, one.innerText, one.offsetWidth])"
        "(document.querySelector('.maplibregl-ctrl-scale'))"
    )
    page.click("#legend-title")
    until(f"document.querySelector('#map').clientHeight > {height}")
    until(
        f"(one => one.innerText !== '{text}' || one.offsetWidth > {width})(document.querySelector('.maplibregl-ctrl-scale'))"
    )
    until("document.querySelector('#map-other').clientHeight === document.querySelector('#map').clientHeight")


def test_the_divider_moves_by_keys_and_by_mouse(explore):
    page = explore(f"{QUARTERS}&vs=2024-12&cmp=swipe")
    page.wait_for_selector("#map-other canvas")
    page.focus("#swipe")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#swipe", "aria-valuetext") == "55 % from the left"
    line = page.locator(".compare__line").bounding_box()
    stage = page.locator(".app__map").bounding_box()
    page.mouse.move(line["x"] + line["width"] / 2, line["y"] + line["height"] / 2)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * 0.25, line["y"] + 50)
    page.mouse.up()
    assert page.get_attribute("#swipe", "aria-valuetext") == "25 % from the left"
    assert "inset(0px 75% 0px 0px)" in page.eval_on_selector("#map-other", "one => getComputedStyle(one).clipPath")
    # Stopping takes the second map away, and Back brings it again.
    page.click("#compare-stop")
    page.wait_for_selector("#map-other", state="detached")
    page.go_back()
    page.wait_for_selector("#map-other canvas")


def test_the_difference_is_told_in_words_and_never_in_percent(explore, get, until):
    page = explore(f"{QUARTERS}&vs=2024-12&cmp=diff")
    found = get(CHANGE)
    wanted = Counter(found["classes"])
    until(f"document.querySelector('#legend-3 .legend__count')?.textContent === '{wanted[3]}'")
    shown = page.locator("#legend .legend__rows > li")
    told = {shown.nth(place).locator(".legend__label").inner_text(): shown.nth(place).locator(".legend__count").inner_text()
            for place in range(6)}  # fmt: skip
    assert told == {
        "Clearly fewer": str(wanted[1]), "Fewer": str(wanted[2]), "Not distinguishable": str(wanted[3]),
        "More": str(wanted[4]), "Clearly more": str(wanted[5]), "Too few to say": str(wanted[0]),
    }  # fmt: skip
    assert page.locator("#map-other").count() == 0
    assert "how it changed" in page.inner_text("#title")
    assert "December 2025 against the one to December 2024" in page.inner_text("#subtitle")
    assert "fewer than 20 reports" in page.inner_text("#note")
    assert "%" not in page.inner_text(".app__head") + page.inner_text("#legend")


def test_windows_that_share_months_get_no_difference_and_say_so(explore):
    page = explore("t=robbery&l=cells-r9&end=2025-12&vs=2025-06&cmp=diff")
    assert "share 6 months" in page.inner_text("#note")
    # The list of windows offers only those that are apart, and the one that the address names.
    assert page.locator("#compare option").all_inner_texts() == [
        "no other window", "June 2025", "December 2024 (a year before)",
    ]  # fmt: skip


def test_a_comparison_is_chosen_in_the_bar_and_stays_in_the_address(explore, until):
    page = explore(QUARTERS)
    page.select_option("#compare", "2024-12")
    page.wait_for_selector("#map-other canvas")
    page.click("#compare-diff")
    until("document.querySelector('#title').textContent.includes('how it changed')")
    page.wait_for_selector(READY)
    assert parse_qs(urlsplit(page.url).query) == {
        "l": ["cells-r9"], "w": ["q"], "end": ["2025-12"], "vs": ["2024-12"], "cmp": ["diff"],
    }  # fmt: skip


def test_a_phone_compares_by_difference_alone(explore):
    page = explore(f"{QUARTERS}&vs=2024-12&cmp=side", width=390, height=844)
    assert "how it changed" in page.inner_text("#title")
    assert page.locator("#map-other, #compare-side").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
