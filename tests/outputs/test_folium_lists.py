"""Lists in the stand-alone map: every list of the release, its classes and figures as published, drawn with no network."""

from __future__ import annotations

import json

import pytest
import shapely
from listed_town import ROWS, listed_release
from releases import tiny_release

from geo_safety.marks import MARKINGS
from geo_safety.outputs import folium_map
from geo_safety.outputs.folium_map import map_data, map_html, write_map


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory):
    return listed_release(tmp_path_factory.mktemp("lists") / "releases")


@pytest.fixture(scope="module")
def lists(town):
    return {one["name"]: one for one in map_data(town)["lists"]}


@pytest.fixture
def page(require_program, town, tmp_path):
    """The map, opened from its file; fails if it asks for anything else or says that something is wrong."""
    from playwright.sync_api import sync_playwright

    path = tmp_path / "map.html"
    write_map(town, path)
    asked, said = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_program("chromium"), args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 860})
        opened.on("request", lambda one: asked.append(one.url))
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(path.as_uri())
        opened.wait_for_selector("#classes button")
        yield opened
        browser.close()
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert said == []


def test_every_list_is_there_with_the_classes_of_the_release(town, lists):
    assert set(lists) == set(MARKINGS) == set(ROWS)
    for name, one in lists.items():
        marks = one["themes"]["robbery"]
        table = town.table(name, theme="robbery")
        assert sorted(marks["names"]) == sorted(table["name"].to_pylist())
        assert sum(marks["counts"]) == table.num_rows
        assert marks["left_out"] == 0
        assert len(marks["points"]) == len(marks["classes"]) == len(marks["names"])
        assert one["says"]


def test_figures_are_the_published_ones_and_small_counts_are_bands(lists):
    stations = lists["stations"]["themes"]["robbery"]
    rate, inside = (one for one in stations["figures"] if one["label"].startswith(("For each million", "Inside")))
    place = stations["names"].index("Quay 0")
    assert (rate["values"][place], rate["low"][place], rate["high"][place], inside["values"][place]) == (
        9.0,
        8.0,
        10.0,
        "200",
    )
    hidden = stations["names"].index("Quay 4")
    assert (rate["values"][hidden], inside["values"][hidden]) == (None, "1-4")
    roads = lists["road-harm-clusters"]["themes"]["robbery"]
    assert None in roads["sizes"]
    assert not {1, 2, 3, 4} & {size for size in roads["sizes"] if size is not None}


def test_a_course_keeps_both_ends_and_an_outline_its_corners(town, lists):
    data = map_data(town)
    (steps,) = lists["corridors"]["outlines"][lists["corridors"]["themes"]["robbery"]["shape"][0]]
    ends = [
        [data["origin"][axis] + data["unit"] * sum(steps[axis::2][:count]) for axis in (0, 1)]
        for count in (1, len(steps) // 2)
    ]
    name = lists["corridors"]["themes"]["robbery"]["names"][0]
    table = town.table("corridors", theme="robbery")
    line = shapely.from_wkb(table["geometry"][table["name"].to_pylist().index(name)].as_py())
    assert ends == [
        pytest.approx(corner, abs=2e-5)
        for corner in (shapely.get_coordinates(line)[0], shapely.get_coordinates(line)[-1])
    ]
    assert all(lists["chb-candidates"]["outlines"])
    assert lists["stations"]["themes"]["robbery"]["shape"] is None


def test_of_too_many_those_without_a_rate_are_left_out_and_counted(town, monkeypatch):
    monkeypatch.setattr(folium_map, "MOST_MARKS", 4)
    stops = next(one for one in map_data(town)["lists"] if one["name"] == "stop-clusters")
    marks = stops["themes"]["robbery"]
    assert [stops["classes"][kind]["key"] for kind in marks["classes"]].count("few") == 0
    assert (len(marks["names"]), marks["left_out"], sum(marks["counts"])) == (4, 1, 5)


def test_a_release_without_lists_offers_none(tmp_path):
    assert map_data(tiny_release(tmp_path))["lists"] == []


def test_a_name_cannot_break_out_of_the_page(town):
    html = map_html(town)
    assert json.dumps("Around Lamp 0, Northbank") in html
    assert html.count("<script") == html.count("</script>")


@pytest.mark.parametrize("name", list(MARKINGS))
def test_a_list_is_shown_with_its_key_its_table_and_what_must_be_said(page, lists, name):
    page.select_option("#lists", name)
    page.wait_for_selector("#lists-told tbody tr")
    told = page.inner_text("#lists-told")
    assert lists[name]["says"][0] in told
    marks = lists[name]["themes"]["robbery"]
    shown = [int(one) for one in page.locator("#list-classes .count").all_inner_texts()]
    assert shown == [count for count in marks["counts"] if count]
    assert page.locator("#lists-told tbody tr").count() == len(marks["names"])
    page.locator("#lists-told tbody button").first.click()
    popup = page.inner_text(".leaflet-popup-content")
    assert marks["names"][0] in popup
    assert marks["figures"][0]["label"] in popup
    page.locator("#list-classes button").first.click()
    assert page.get_attribute("#list-classes button[aria-pressed=true]", "title") == "Show only these"
    page.select_option("#lists", "")
    assert page.locator("#lists-told").is_hidden()
