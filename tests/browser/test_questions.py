"""V1 to V5, V7, C1 to C4, C6, T1 to T5 and T8 of the users' questions, walked from the start pages on Doggerland, against
the API."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import shapely
from browser.conftest import wait_until
from browser.polyline import polyline
from served import serving

from geo_safety.demo_city import make_demo_city
from geo_safety.pipeline import run

pytestmark = pytest.mark.slow

THEME, BOROUGH = "robbery", "DGB001"


@pytest.fixture(scope="module")
def doggerland(tmp_path_factory):
    """Two releases of Doggerland behind a real server: a shorter one, and the one of today."""
    folder = tmp_path_factory.mktemp("doggerland")
    for name, months in (("before", 45), ("now", 48)):
        run(make_demo_city(folder / name, months=months), folder / "releases")
    with serving(folder / "releases") as running:
        yield running.address


@pytest.fixture
def ask(page, doggerland):
    """Press a way of a question; gives back the page, or the text of what is downloaded."""

    def press(role, code, way, query=""):
        page.goto(f"{doggerland}/map/{role}{query}")
        link = page.locator(f"#{code}").get_by_role("link", name=re.compile(f"^{way}"))
        address = link.first.get_attribute("href")
        if "f=json" in address or "f=csv" in address or "f=atom" in address:
            return page.request.get(address).text()
        link.first.click()
        return page

    return press


def json_of(page, address):
    return json.loads(page.request.get(address.replace("f=html", "f=json")).text())


def column(page, name):
    """One column of the only table of a page."""
    heads = page.locator("thead th").all_inner_texts()
    place = heads.index(name) + 1
    return page.locator(f"tbody tr > :nth-child({place})").all_inner_texts()


def test_v1_the_longest_high_places_in_the_services_order(page, ask, doggerland):
    shown = ask("analyst", "V1", "As a table", f"?t={THEME}")
    ids = column(shown, "zone_id")
    found = json_of(page, shown.url)["features"]
    assert ids == [one["id"] for one in found]
    hot = [one["properties"]["steps_hot"] for one in found]
    assert hot == sorted(hot, reverse=True)
    assert hot[0] > 0
    assert not page.refused
    # The way to the map carries the same order.
    page.goto(f"{doggerland}/map/analyst?t={THEME}")
    state = parse_qs(urlsplit(page.locator("#V1 h2 a").get_attribute("href")).query)
    assert state == {"t": [THEME], "v": ["class"], "tab": ["both"], "sort": ["-steps_hot,-stability"]}


def press_until(page, key, wanted, *, most=150):
    """Press a key until the element that a selector names has the focus."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement?.matches(wanted) ?? false", wanted):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} is not reached by {key}")


def test_v1_is_answered_by_keys_alone(page, doggerland):
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(f"{doggerland}/map/analyst?t={THEME}")
    press_until(page, "Tab", "#V1 h2 a")
    page.keyboard.press("Enter")
    page.wait_for_selector("#table tbody tr")
    page.wait_for_selector("body[data-ready]")
    press_until(page, "Tab", ".govuk-skip-link")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "#table tbody tr:first-child th button")
    name = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .strip")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    assert page.inner_text("#panel-title") == name
    shown = page.evaluate("document.querySelector('#panel .panel__source a').href")
    row = page.request.get(shown).json()["properties"]
    assert row["name"] == name
    # Why this class, opened and read by keys.
    press_until(page, "Tab", "#panel details.panel__more summary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .panel__rules li")
    assert page.locator("#panel .panel__rules li").first.is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    # The focus is where it was, and the map can be listed and left by keys.
    assert page.evaluate("document.activeElement.closest('#table') !== null")
    assert not page.refused


def test_v2_the_share_in_the_busiest_cells(page, ask):
    shown = ask("analyst", "V2", "As a table", f"?t={THEME}")
    rows = json_of(page, shown.url)["rows"]
    assert [f"{row['low'] * 100:.1f} %" for row in rows] == column(shown, "hold at least")
    assert 0 < rows[0]["low"] <= rows[0]["high"] < rows[2]["high"] < 1


def test_v3_harm_stands_beside_the_count(page, ask):
    shown = ask("analyst", "V3", "As a table", f"?t={THEME}")
    found = [one["properties"] for one in json_of(page, shown.url)["features"]]
    assert column(shown, "harm_cchi") == [str(one["harm_cchi"]) for one in found]
    assert column(shown, "incidents_band") == [one["incidents_band"] for one in found]


def test_v4_only_places_that_one_point_dominates_or_whose_class_is_unsure(page, ask):
    shown = ask("analyst", "V4", "As a table", f"?t={THEME}")
    found = [one["properties"] for one in json_of(page, shown.url)["features"]]
    assert found
    assert all(one["steps_hot"] > 0 and (one["is_venue"] or one["stability"] < 0.6) for one in found)


def test_v5_areas_across_a_border_name_all_boroughs(page, ask):
    shown = ask("analyst", "V5", "As a table", f"?t={THEME}")
    found = [one["properties"] for one in json_of(page, shown.url)["features"]]
    assert column(shown, "area_id") == [one["area_id"] for one in found]
    assert all(";" in one["boroughs"] for one in found)


def test_v7_each_ward_against_the_change_of_all(page, ask):
    shown = ask("analyst", "V7", "As a table", f"?t={THEME}")
    rows = json_of(page, shown.url)["rows"]
    assert column(shown, "change_class") == [row["change_class"] or "" for row in rows]


def test_c1_geojson_of_the_borough_with_ids_that_stay(ask):
    found = json.loads(ask("borough", "C1", "GeoJSON", f"?b={BOROUGH}&t={THEME}"))
    assert found["type"] == "FeatureCollection"
    assert len({one["id"] for one in found["features"]}) == found["numberMatched"] > 0
    assert all(BOROUGH in one["properties"]["boroughs"] for one in found["features"])


def test_c2_wards_this_year_and_the_year_before_with_what_has_no_place(page, ask):
    shown = ask("borough", "C2", "As a table", f"?b={BOROUGH}&t={THEME}")
    rows = json_of(page, shown.url)["rows"]
    assert column(shown, "zone_id") == [row["zone_id"] for row in rows]
    assert column(shown, "zone_id")[-2:] == ["unlocated", "in no zone"]
    csv = ask("borough", "C2", re.escape("Spreadsheet (CSV)"), f"?b={BOROUGH}&t={THEME}")
    assert all(row["zone_id"] in csv for row in rows)


def test_c3_what_is_different_from_the_release_before(page, ask):
    shown = ask("borough", "C3", "As a table", f"?b={BOROUGH}&t={THEME}")
    document = json_of(page, shown.url)
    assert f"{document['numberMatched']} hotspot areas have changed" in shown.inner_text("main")


def test_c4_cells_on_both_lists(page, ask):
    shown = ask("borough", "C4", "As a table", f"?b={BOROUGH}")
    document = json_of(page, shown.url)
    assert document["themes"] == ["asb", "violence"]
    assert column(shown, "zone_id") == [row["zone_id"] for row in document["rows"]]


def test_c6_can_i_publish_this(page, ask, doggerland):
    shown = ask("borough", "C6", "Read the answer", f"?b={BOROUGH}")
    told = page.request.get(f"{doggerland}/collections/wards/items?limit=1").json()["publication"]
    assert told["can_i_publish_this"] in shown.locator("#publish ~ *, section:has(#publish)").first.inner_text()


def test_the_change_between_the_releases_own_windows_is_the_published_one(page, doggerland):
    for layer in ("wards", "cells-r9"):
        rows = page.request.get(f"{doggerland}/collections/{layer}/items?theme={THEME}&limit=10000").json()["features"]
        found = page.request.get(f"{doggerland}/values/{layer}/change?theme={THEME}").json()
        # A row with a hidden count does not say its class; it is too few whatever is hidden.
        shown = {one["id"]: one["properties"] for one in rows}
        hidden = [row for row in shown.values() if row["change_class"] is None]
        assert all(row["incidents"] is None or row["incidents_previous"] is None for row in hidden)
        published = {zone: row["change_class"] or "too few" for zone, row in shown.items()}
        zones = page.request.get(f"{doggerland}/values/{layer}/zones").json()["zone_ids"]
        assert [published[zone] for zone in zones] == [found["words"][code] for code in found["classes"]]
        assert len(set(published.values())) > 1


def test_v9_the_rule_runs_in_a_drawn_shape_for_the_window_on_the_screen(page, doggerland):
    (area,) = page.request.get(
        f"{doggerland}/collections/hotspot-areas/items?theme={THEME}&sortby=-incidents&limit=1"
    ).json()["features"]
    west, south, east, north = shapely.total_bounds(shapely.geometry.shape(area["geometry"]).buffer(0.02)).tolist()
    ring = [[west, south], [east, south], [east, north], [west, north]]
    query = f"t={THEME}&end=2025-09&l=cells-r9&poly={polyline(ring)}"
    page.goto(f"{doggerland}/map/explore?{query}")
    page.locator("#draw-rerun").click()
    page.wait_for_selector("#draw-listed")
    address = f"{doggerland}/analysis/hotspots?theme={THEME}&layer=cells-r9&from=2024-10&to=2025-09"
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    found = page.request.post(address, data=shape).json()
    assert found["numberReturned"] > 0
    assert page.get_attribute("#draw-listed", "data-listed") == str(found["numberReturned"])
    assert "October 2024 to September 2025" in page.inner_text("#draw-rule")
    assert f"{found['numberReturned']} of {found['zones']} places" in page.inner_text("#draw-listed")
    assert not page.refused


def rows_of(page, layer, **parameters):
    """Rows of the API in the order of the screen."""
    address = page.url.split("/map/")[0] + f"/collections/{layer}/items?{urlencode({'limit': 50, **parameters})}"
    return json.loads(page.request.get(address).text())["features"]


def listed(page):
    """Ids and cells of the map's table, once the view is ready."""
    page.wait_for_selector("body[data-ready]")
    page.wait_for_selector("#table tbody tr")
    ids = page.eval_on_selector_all("#table tbody tr", "all => all.map(one => one.dataset.id)")

    def cells(name):
        return [one.strip() for one in page.locator(f'#table td[data-column="{name}"]').all_inner_texts()]

    return ids, cells


def panel_of_first_row(page, row):
    """Press the first row: each number of the panel is the API's."""
    page.locator("#table tbody tr").first.locator("th button").click()
    page.wait_for_selector("#panel .facts")
    shown = page.eval_on_selector_all("#panel data", "all => all.map(one => [one.dataset.column, one.value])")
    published = row["properties"]
    assert len(shown) >= 4
    for name, value in shown:
        wanted = "" if published[name] is None else json.dumps(published[name]).strip('"').removesuffix(".0")
        assert value == wanted, name
    return page.inner_text("#panel")


def ranged(row, name):
    value, low, high = (row[name], row[f"{name}_low"], row[f"{name}_high"])
    return "" if value is None else f"{value:,.1f} ({low:,.1f} to {high:,.1f})"


def test_t1_stations_by_their_shrunken_rate_with_its_range(page, ask):
    shown = ask("planner", "T1", "See it on the map")
    ids, cells = listed(shown)
    rows = rows_of(shown, "stations", theme="transport", sortby="-rate")
    assert ids == [one["id"] for one in rows]
    assert cells("rate") == [ranged(one["properties"], "rate") for one in rows]
    assert cells("entries_exits") == [f"{one['properties']['entries_exits']:,}" for one in rows]
    marks = json.loads(page.request.get(f"{shown.url.split('/explore')[0]}/marks/stations?theme=transport").text())
    for place, one in enumerate(marks["classes"]):
        number = len(rows_of(shown, "stations", theme="transport", filter=one["clause"]))
        count = shown.locator(f"#legend-{place + 1} .legend__count")
        assert (count.text_content() if count.count() else "0") == str(number), one["key"]
    assert "for each million entries and exits" in shown.inner_text("#title")
    panel = panel_of_first_row(shown, rows[0])
    assert "most likely between" in panel
    assert not page.refused


def test_t2_inside_a_station_and_on_the_way_to_it_stay_two_numbers(page, ask):
    shown = ask("planner", "T2", "See it on the map", "?t=robbery")
    ids, cells = listed(shown)
    rows = rows_of(shown, "stations", theme="robbery", sortby="-approach_incidents")
    assert ids == [one["id"] for one in rows]
    known = [one["properties"]["approach_incidents"] for one in rows]
    assert cells("approach_incidents") == ["" if one is None else f"{one:,}" for one in known]
    panel = panel_of_first_row(shown, rows[0])
    assert f"within 400 metres: {known[0]:,} that the street police recorded" in panel
    assert "The two are never added" in panel
    pack = shown.get_by_role("link", name="A pack for a meeting about it").get_attribute("href")
    assert page.request.get(pack).ok
    assert not page.refused


def test_t3_stops_with_the_hour_off_and_its_reason_and_on_where_there_are_hours(page, ask, doggerland):
    shown = ask("planner", "T3", "See it on the map")
    ids, _ = listed(shown)
    theme = parse_qs(urlsplit(shown.url).query)["t"][0]
    assert ids == [one["id"] for one in rows_of(shown, "stop-clusters", theme=theme, sortby="-incidents")]
    assert shown.is_disabled("#filter-night")
    assert "month only" in shown.inner_text("#filter-night-why")
    page.goto(f"{doggerland}/map/explore?l=stop-clusters&t=road_harm&tab=both&sort=-incidents_night")
    listed(page)
    page.check("#filter-night")
    wait_until(page, "location.search.includes('incidents_night+IS')")
    night = rows_of(page, "stop-clusters", theme="road_harm", hours="night", sortby="-incidents_night")
    page.wait_for_selector(f'#table tbody tr[data-id="{night[0]["id"]}"]')
    page.wait_for_selector("body[data-ready]")
    assert listed(page)[0] == [one["id"] for one in night]
    assert not page.refused


def test_t4_places_to_invite_a_walk_to_with_the_range_of_their_rank(page, ask):
    shown = ask("planner", "T4", "See it on the map")
    ids, cells = listed(shown)
    rows = rows_of(shown, "wsa-shortlist", filter="is_listed = TRUE", sortby="rank")
    assert ids == [one["id"] for one in rows]
    ranks = [[one["properties"][name] for name in ("rank", "rank_low", "rank_high")] for one in rows]
    assert cells("rank") == [f"{rank:,} (between {low:,} and {high:,})" for rank, low, high in ranks]
    assert shown.text_content("#legend-1 .legend__count") == str(len(rows))
    assert "no place on it has been found unsafe" in shown.inner_text("#note")
    panel = panel_of_first_row(shown, rows[0])
    assert "Low reports do not mean safe" in panel
    assert shown.get_by_role("link", name="The sheet for a walk, to print").get_attribute("href").endswith(ids[0])
    assert not page.refused


def test_t5_road_harm_beside_violence_and_never_added(page, ask):
    shown = ask("planner", "T5", "See it on the map")
    ids, cells = listed(shown)
    rows = rows_of(shown, "road-harm-clusters", sortby="-incidents")
    assert ids == [one["id"] for one in rows]
    assert cells("incidents") == [one["properties"]["incidents_band"].replace("-", " to ") for one in rows]
    both = rows_of(shown, "road-harm-clusters", filter="also_listed IS NOT NULL")
    assert shown.text_content("#legend-1 .legend__count") == str(len(both)) != "0"
    assert "seen beside, never added" in shown.text_content("#legend")
    shown.set_viewport_size({"width": 1280, "height": 860})
    shown.evaluate("document.querySelector('#legend details').open = true")
    shown.click("#legend-1")
    wait_until(page, f"document.querySelectorAll('#table tbody tr').length === {len(both)}")
    panel = panel_of_first_row(
        shown, rows_of(shown, "road-harm-clusters", filter="also_listed IS NOT NULL", sortby="-incidents")[0]
    )
    assert "It is also on the list of" in panel
    assert not page.refused


def test_t8_what_a_point_of_the_transport_police_means(ask):
    shown = ask("planner", "T8", "Read the answer")
    assert shown.url.endswith("#transport-police")
    assert "even where something happened on a moving train" in shown.inner_text("main")


def test_a_place_is_one_press_from_search_and_says_what_the_service_says(page, doggerland):
    (area,) = page.request.get(
        f"{doggerland}/collections/hotspot-areas/items?theme={THEME}&sortby=-incidents&limit=1"
    ).json()["features"]
    row = area["properties"]
    page.goto(f"{doggerland}/map?q={row['name'].removeprefix('Around ')[:5]}")
    page.locator("section").get_by_role("link", name=row["name"], exact=True).first.click()
    assert row["name"] in page.inner_text("h1")
    assert f"{row['incidents']:,}" in page.inner_text("main")
