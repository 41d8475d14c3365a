"""The map page on the tiny town: what is on the screen is what the API says."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from browser.conftest import READY
from browser.polyline import polyline
from releases import CENTRE


def legend_counts(page, until) -> list[int]:
    """Zones in view by class, none reported first."""
    until(
        "[...document.querySelectorAll('#legend .legend__rows > li')].slice(0, 6)"
        ".reduce((sum, row) => sum + Number(row.querySelector('.legend__count').textContent || 0), 0) === 37"
    )
    rows = page.locator("#legend .legend__rows > li")
    return [int(rows.nth(place).locator(".legend__count").inner_text()) for place in range(6)]


def classes_of(column: list[int | None]) -> list[int]:
    """How many counts of a column lie in each of the map's classes; a hidden count is 1 to 4."""
    found = [0] * 6
    for count in column:
        known = 1 if count is None else count
        found[0 if known == 0 else sum(known >= start for start in (1, 5, 10, 25, 50))] += 1
    return found


def test_the_key_counts_what_the_api_counts_at_each_step_of_time(explore, get, until):
    page = explore("t=robbery&l=cells-r9")
    newest = get("/values/cells-r9?theme=robbery&window=12&month=2025-12&ids=omit")["values"][0]
    assert legend_counts(page, until) == classes_of(newest)
    page.click("#time-back")
    until("document.querySelector('#subtitle').textContent.includes('November 2025')")
    page.wait_for_selector(READY)
    before = get("/values/cells-r9?theme=robbery&window=12&month=2025-11&ids=omit")["values"][0]
    assert legend_counts(page, until) == classes_of(before)
    until("location.search.includes('end=2025-11')")


def test_a_window_with_a_gap_says_so_and_counts_no_zeros(explore, until):
    page = explore("t=robbery&end=2025-04&l=cells-r9")
    assert "No data for May 2024: not zero" in page.inner_text("#note")
    until("document.querySelector('#legend').textContent.includes('No data: not zero')")
    assert page.locator("#legend .legend__rows > li").first.locator(".legend__count").inner_text() == "0"


def test_play_goes_to_the_newest_window_and_stops(explore, until):
    page = explore("t=robbery&end=2025-10&l=cells-r9")
    page.click("#time-play")
    until("document.querySelector('#subtitle').textContent.includes('December 2025')")
    until("document.querySelector('#time-play').textContent === 'Play'")


def test_reduced_motion_leaves_step_buttons_only(chromium, live):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{live.address}/map/explore?t=robbery")
    page.wait_for_selector(READY)
    assert page.locator("#time-play").count() == 0
    assert page.locator("#time-back").is_enabled()
    context.close()


def test_the_panel_shows_the_numbers_of_the_api_and_links_to_them(explore, get):
    page = explore(f"t=robbery&s=cells-r9:{CENTRE}")
    page.wait_for_selector("#panel .facts")
    address = f"/collections/cells-r9/items/{CENTRE}?theme=robbery"
    row = get(address)["properties"]
    shown = page.eval_on_selector_all("#panel data", "all => all.map(one => [one.dataset.column, one.value])")
    assert len(shown) >= 5
    for column, value in shown:
        assert value == json_text(row[column]), column
    assert "120 reports" in page.inner_text("#panel")
    assert "60 in the same time before" in page.inner_text("#panel")
    hrefs = page.eval_on_selector_all("#panel a", "all => all.map(one => one.href)")
    assert any(address in one for one in hrefs)
    page.wait_for_selector("#panel .chart canvas")
    page.click("#panel .numbers summary")
    first = page.locator("#panel .numbers tbody tr").first.inner_text()
    series = get(f"/collections/cells-r9/items/{CENTRE}/series?theme=robbery")
    assert series["feeds"][0]["incidents_band"][-1] in first


def json_text(value) -> str:
    """A value as a script writes it."""
    return "" if value is None else json.dumps(value).strip('"').removesuffix(".0")


def test_too_few_months_are_said_and_not_left_empty(explore):
    page = explore(f"t=robbery&v=class&s=cells-r9:{CENTRE}")
    page.wait_for_selector("#panel .facts")
    assert "There is no class for this place" in page.inner_text("#panel") or "Too few months" in page.inner_text(
        "#panel"
    )


def test_escape_closes_the_panel_and_back_opens_it_again(explore):
    page = explore(f"t=robbery&s=cells-r9:{CENTRE}")
    page.wait_for_selector("#panel .facts")
    page.focus("#panel-close")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    page.go_back()
    page.wait_for_selector("#panel .facts")


def test_the_table_has_the_order_and_the_filter_of_the_api(explore, get, until):
    page = explore("t=robbery&tab=table&rows=zones&l=cells-r9&b=X09000001")
    page.wait_for_selector("#table tbody tr")
    wanted = get("/collections/cells-r9/items?theme=robbery&borough=X09000001&sortby=-incidents&limit=50")
    ids = page.eval_on_selector_all("#table tbody tr", "all => all.map(one => one.dataset.id)")
    assert ids == [one["id"] for one in wanted["features"]]
    assert f"{wanted['numberMatched']} zones" in page.inner_text("#table caption")
    # Two quick presses: the second comes before the rows of the first.
    page.evaluate(
        "document.querySelector('#sort-probability').click(); document.querySelector('#sort-probability').click()"
    )
    page.wait_for_selector("th[aria-sort=ascending] #sort-probability")
    wanted = get("/collections/cells-r9/items?theme=robbery&borough=X09000001&sortby=probability&limit=50")
    until(f"document.querySelector('#table tbody tr').dataset.id === {wanted['features'][0]['id']!r}")


def test_a_row_leads_to_the_map(explore):
    page = explore("t=robbery&tab=table&rows=zones&l=cells-r9")
    page.wait_for_selector("#table tbody tr")
    page.locator("#table tbody tr").first.locator("button", has_text="View on map").click()
    page.wait_for_selector("#panel .facts")
    assert parse_qs(urlsplit(page.url).query)["tab"] == ["both"]
    assert page.locator("#map canvas").is_visible()


def test_show_only_these_filters_the_table_too(explore, get, until):
    page = explore("t=robbery&tab=both&rows=zones&l=cells-r9")
    few = legend_counts(page, until)[1]
    page.click("#legend-1")
    until(f"document.querySelector('#table caption')?.textContent.startsWith('{few} zones')")
    assert (
        get("/collections/cells-r9/items?theme=robbery&filter=incidents_band=%271-4%27&limit=1")["numberMatched"] == few
    )
    assert page.get_attribute("#legend-1", "aria-pressed") == "true"
    page.click("#legend-all")
    until("document.querySelector('#table caption')?.textContent.startsWith('37 zones')")


def test_an_empty_answer_offers_the_way_out(explore):
    page = explore("t=robbery&tab=table&f=tier IN ('A')")
    page.wait_for_selector(".table__empty")
    assert "Nothing meets this filter" in page.inner_text(".table__empty")
    page.locator(".table__empty button").click()
    page.wait_for_selector("#table tbody tr")


def test_downloads_name_every_format_and_say_whether_they_may_be_published(explore, get):
    page = explore("t=robbery&l=cells-r9")
    page.click("#download")
    page.wait_for_selector(".menu__publish")
    answer = get("/collections/hotspot-areas/items?theme=robbery&limit=1")
    formats = {urlsplit(one["href"]).query.rpartition("f=")[2] for one in answer["links"] if one["rel"] == "alternate"}
    shown = page.eval_on_selector_all("[data-format]", "all => all.map(one => one.dataset.format)")
    assert set(shown) == formats - {"html"} | {"geojson"}
    assert answer["publication"]["can_i_publish_this"] in page.inner_text(".menu__publish")


def test_search_is_a_combobox_that_selects(explore, until):
    page = explore("t=violence")
    page.wait_for_load_state("networkidle")
    page.fill("#search-box", "lamp st")
    page.wait_for_selector("#search-list [role=option]")
    kinds = page.locator("#search-list .search__kind").all_inner_texts()
    assert kinds[0].startswith("ward")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#search-box", "aria-activedescendant") == "search-0"
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .facts")
    assert page.inner_text("#panel-title") == "Lamp Street"
    page.fill("#search-box", CENTRE)
    page.keyboard.press("Enter")
    until(f"location.search.includes({CENTRE!r})")


def test_keys_alone_list_what_is_in_view_and_select_it(explore, until):
    page = explore("t=robbery&l=cells-r9")
    legend_counts(page, until)
    page.focus("#map canvas")
    page.keyboard.press("l")
    page.wait_for_selector(".inview")
    first = page.locator(".inview__entry").first
    assert first.evaluate("one => one === document.activeElement")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "inview-1"
    assert page.locator(".inview__entry[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .facts")
    until("document.activeElement.id === 'panel-title'")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")


def test_a_drawn_shape_has_the_total_of_the_api(explore, get):
    ring = [[1.68, 54.68], [1.72, 54.68], [1.72, 54.72], [1.68, 54.72]]
    page = explore(f"t=robbery&l=cells-r9&poly={polyline(ring)}")
    page.wait_for_selector("#draw-total")
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    total = get("/analysis/totals?layer=cells-r9&theme=robbery", shape)["totals"][0]
    said = page.inner_text("#draw-total")
    assert total["incidents"] is None  # the town has hidden counts
    assert f"Between {total['incidents_low']:,} and {total['incidents_high']:,}" in said


def test_a_shape_is_drawn_by_keys_alone(explore, until):
    page = explore("t=robbery&at=11/54.7/1.7")
    page.click("#tool-draw")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(500)
    until("document.querySelector('#draw-finish')?.disabled === false")
    page.click("#draw-finish")
    page.wait_for_selector("#draw-total, #draw-problem")
    assert page.locator("#draw-problem").count() == 0, page.inner_text("#draw-problem")
    assert "poly" in parse_qs(urlsplit(page.url).query)


def test_every_key_of_the_state_stays_in_the_address(explore, until):
    query = (
        f"t=violence&l=wards&v=chance&w=q&end=2025-09&vs=2024-09&cmp=side&b=X09000001&s=cells-r9%3A{CENTRE}"
        "&at=12.50%2F54.7000%2F1.7000&tab=both&sort=-name&rows=zones&wt=css"
    )
    page = explore(query)
    page.click("#tab-table")
    until("location.search.includes('tab=table')")
    asked = parse_qs(query) | {"tab": ["table"]}
    assert parse_qs(urlsplit(page.url).query) == asked


def test_unknown_keys_are_named(explore):
    page = explore("t=robbery&colour=pink&end=never")
    assert "colour, end" in page.inner_text("#notice")


def test_on_a_phone_the_place_is_a_sheet_and_nothing_is_wider_than_the_screen(explore):
    page = explore(f"t=robbery&s=cells-r9:{CENTRE}", width=390, height=844)
    page.wait_for_selector("#panel .facts")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name, height in (("peek", 96), ("full", 844)):
        page.click(f"#sheet-{name}")
        assert page.locator("#panel").bounding_box()["height"] == pytest.approx(height, abs=2)
