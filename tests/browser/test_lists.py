"""Lists as views of the map on the tiny town: what is on the screen is what the API says, for everybody and by keys."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import pypdf
import pytest
from browser.axe import violations
from browser.conftest import READY
from listed_town import ROWS, listed_release
from served import serving

from geo_safety.marks import MARKINGS

LISTS = list(MARKINGS)
FIRST = {name: make()[0] for name, make in ROWS.items()}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The town with all lists behind a real server."""
    folder = tmp_path_factory.mktemp("lists") / "releases"
    listed_release(folder)
    with serving(folder) as running:
        yield running


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The same without stations."""
    folder = tmp_path_factory.mktemp("bare") / "releases"
    listed_release(folder, without=("stations",))
    with serving(folder) as running:
        yield running


@pytest.fixture
def show(page, town):
    """A function that opens a list; afterwards nothing was asked of another host and nothing complained."""

    def opened(query, *, width=1280, height=860, at=town):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{at.address}/map/explore?{query}")
        page.wait_for_selector(READY)
        return page

    yield opened
    assert not page.refused
    assert not page.complaints


@pytest.fixture
def get(page, town):
    """A function from an address to its JSON."""
    return lambda address: page.request.get(town.address + address).json()


def row_of(layer):
    """The first row of a list: its id."""
    return next(value for name, value in FIRST[layer].items() if name.endswith("_id"))


@pytest.mark.parametrize("layer", LISTS)
def test_the_key_counts_and_the_table_lists_what_the_api_holds(show, get, layer):
    page = show(f"l={layer}&t=robbery&tab=both")
    marks = get(f"/map/marks/{layer}?theme=robbery")
    filtered = "&filter=of_layer='cells-r8'" if layer == "chb-candidates" else ""
    rows = get(f"/collections/{layer}/items?theme=robbery&limit=50&sortby={marks['sort']}{filtered}")
    page.wait_for_selector("#table tbody tr")
    ids = page.eval_on_selector_all("#table tbody tr", "all => all.map(one => one.dataset.id)")
    assert ids == [one["id"] for one in rows["features"]]
    assert page.inner_text("#title") == marks["title"]
    assert marks["says"][0] in page.inner_text("#note").replace("\u00a0", " ")
    for place, one in enumerate(marks["classes"]):
        clause = one["clause"] + (" AND of_layer='cells-r8'" if filtered else "")
        number = get(f"/collections/{layer}/items?theme=robbery&limit=1&filter={clause}")["numberMatched"]
        row = page.locator(f"#legend-{place + 1}")
        shown = row.locator(".legend__count").inner_text() if row.count() else "0"
        assert shown == str(number), one["key"]


@pytest.mark.parametrize("layer", LISTS)
def test_every_number_of_the_panel_is_the_apis_with_a_link_to_it(show, get, layer):
    page = show(f"l={layer}&t=robbery&s={layer}:{row_of(layer)}")
    page.wait_for_selector("#panel .facts")
    address = f"/collections/{layer}/items/{row_of(layer)}?theme=robbery"
    properties = get(address)["properties"]
    shown = page.eval_on_selector_all("#panel data", "all => all.map(one => [one.dataset.column, one.value])")
    assert shown
    for column, value in shown:
        published = properties[column]
        assert value == ("" if published is None else str(published).removesuffix(".0")), column
    hrefs = page.eval_on_selector_all("#panel a", "all => all.map(one => one.href)")
    assert any(href.endswith(address) for href in hrefs)
    assert (
        FIRST[layer]["caution"] in page.locator("#panel .panel__more").inner_text()
        or page.locator("#panel .panel__more li", has_text=FIRST[layer]["caution"]).count()
    )
    page_of_its_own = next(href for href in hrefs if "/map/place/" in href)
    sentences = page.locator("#panel .panel__summary > p:not(.panel__source)").all_inner_texts()
    plain = page.request.get(page_of_its_own).text()
    assert all(one.split(":")[0] in plain for one in sentences)


def test_modes_are_said_in_words_in_table_panel_and_page_and_stay_codes_in_data(show, page, get, town):
    row = get("/collections/stations/items/S0?theme=robbery")["properties"]
    assert (row["mode"], row["modes"]) == ("metro", "metro;plateway")
    show("l=stations&t=robbery&tab=both&s=stations:S0")
    page.wait_for_selector("#panel .facts")
    assert set(page.locator("#table td[data-column=mode]").all_inner_texts()) == {"Metro"}
    # A code that nobody has put into words is better than nothing.
    assert "Metro, plateway" in page.inner_text("#panel")
    assert "its mode (Metro)" in page.inner_text("#panel")
    page.goto(f"{town.address}/map/place/stations/S0?t=robbery")
    assert "Metro, plateway" in page.inner_text("main")
    assert "its mode (Metro)" in page.inner_text("main")


def test_no_line_of_the_panel_ends_between_a_number_and_its_unit(show, page, get):
    show(f"l=chb-candidates&t=robbery&s=chb-candidates:{row_of('chb-candidates')}")
    page.wait_for_selector("#panel .facts")
    text = page.eval_on_selector(".app", "one => one.textContent")
    assert re.findall("\\d\u00a0%", text)
    assert re.findall("\\d\u00a0km²", text)
    assert not re.findall(r"\d (?:%|k?m²?)(?!\w)", text)
    # The service's own documents keep the plain blank.
    assert "\u00a0" not in json.dumps(
        get(f"/map/summary/chb-candidates/{row_of('chb-candidates')}?theme=robbery"), ensure_ascii=False
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("layer", LISTS)
def test_no_list_breaks_a_rule_of_wcag(show, page, layer, scheme):
    page.emulate_media(color_scheme=scheme)
    show(f"l={layer}&t=robbery&tab=both&s={layer}:{row_of(layer)}")
    page.wait_for_selector("#panel .facts")
    page.wait_for_selector("#table tbody tr")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


@pytest.mark.parametrize("layer", LISTS)
def test_a_page_of_a_row_breaks_none_either(page, town, layer):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": 320, "height": 800})
        page.goto(f"{town.address}/map/place/{layer}/{row_of(layer)}?t=robbery")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert not page.refused


@pytest.mark.parametrize("layer", LISTS)
def test_on_paper_a_list_is_a_table_with_its_months_cautions_and_sources(show, page, get, layer):
    page.emulate_media(color_scheme="dark")
    show(f"l={layer}&t=robbery&tab=both&s={layer}:{row_of(layer)}")
    page.wait_for_selector("#table tbody tr")
    page.wait_for_selector("#panel .facts")
    paper = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    words = re.sub(r"\s+", " ", " ".join(one.extract_text() for one in paper.pages))
    width, height = (float(one) for one in paper.pages[0].mediabox[2:])
    assert width > height, "A4 across: a list has many columns"
    assert len(paper.pages) <= 3
    marks = get(f"/map/marks/{layer}?theme=robbery")
    manifest = get("/manifest")
    assert marks["title"] in words
    assert "2025" in page.inner_text("#subtitle")
    assert page.inner_text("#subtitle") in words
    for head in (one["label"] for one in marks["columns"]):
        assert head in words
    for row in get(f"/collections/{layer}/items?theme=robbery&limit=1&sortby={marks['sort']}")["features"]:
        assert row["properties"]["name"].split(",")[0] in words
    for said in (*marks["says"], "Counts of 1 to 4 are shown as a band", "Recorded is not all", "Can I publish this? Yes, because",
                 f"Release {manifest['release_id']}", "Sources: "):  # fmt: skip
        assert said in words, said
    for pressed in ("Download", "Copy link", "View on map", "Map and table", "not printed"):
        assert pressed not in words, pressed


def test_the_button_shows_the_table_and_then_prints(show, page, until):
    page.add_init_script(
        "window.print = () => { window.rowsPrinted = document.querySelectorAll('#table tbody tr').length; }"
    )
    show("l=stations&t=robbery&tab=map")
    page.click("#list-print")
    until("window.rowsPrinted === 7")
    assert "tab=table" in page.url
    page.select_option("#layer", value="cells-r9")
    until("document.getElementById('list-print') === null && document.getElementById('list-foot') === null")


def test_a_class_shown_alone_filters_table_files_and_address(show, get, until):
    page = show("l=stations&t=robbery&tab=both")
    page.click("#legend-1")
    until("document.querySelectorAll('#table tbody tr').length === 1")
    until("location.search.includes('only=1')")
    page.click("#download")
    page.wait_for_selector(".menu__publish")
    formats = page.eval_on_selector_all("[data-format]", "all => all.map(one => one.dataset.format)")
    answer = get("/collections/stations/items?theme=robbery&limit=1")
    wanted = {urlsplit(one["href"]).query.rpartition("f=")[2] for one in answer["links"] if one["rel"] == "alternate"}
    assert set(formats) == wanted - {"html"} | {"geojson"}
    href = page.get_attribute("[data-format='geojson']", "href")
    assert [one["id"] for one in page.request.get(href).json()["features"]] == ["S0"]
    page.click("#legend-all")
    until("document.querySelectorAll('#table tbody tr').length === 7")


def test_filters_are_clauses_in_the_address_and_back_undoes_them(show, until):
    page = show("l=chb-candidates&t=robbery&tab=both")
    assert page.input_value("#choice-of_layer") == "of_layer = 'cells-r8'"
    page.select_option("#choice-of_layer", label="All")
    until("document.querySelectorAll('#table tbody tr').length === 4")
    page.select_option("#choice-border", label="Yes")
    until("document.querySelectorAll('#table tbody tr').length === 1")
    assert parse_qs(urlsplit(page.url).query)["f"] == ["of_layer IS NOT NULL AND is_cross_border = TRUE"]
    page.go_back()
    until("document.querySelectorAll('#table tbody tr').length === 4")


def test_filters_that_nothing_fits_are_said_on_the_map_too_and_dropped(show, until):
    page = show("l=corridors&t=robbery&f=incidents > 99999&tab=both")
    assert "No place fits these filters" in page.inner_text("#list-none")
    assert "No place fits these filters" in page.inner_text("#table")
    page.click("#filter-clear")
    until("document.querySelectorAll('#table tbody tr').length === 5")


def test_a_row_of_a_list_opens_beside_zones_too(show):
    page = show("l=cells-r9&t=violence&s=stations:S0")
    page.wait_for_selector("#panel .facts")
    assert page.inner_text("#panel-title") == "Quay 0"
    assert "inside: 200 by the transport police" in page.inner_text("#panel")


def test_the_switch_for_the_night_is_off_with_its_reason_where_there_are_no_hours(show, until):
    page = show("l=stop-clusters&t=robbery")
    assert page.is_disabled("#filter-night")
    assert "gives the month only" in page.inner_text("#filter-night-why")
    page = show("l=road-harm-clusters&t=robbery&tab=both")
    page.check("#filter-night")
    until("location.search.includes('incidents_night')")
    page.wait_for_selector("#table tbody tr")


def test_a_list_that_is_not_there_says_why_and_what_it_needs_and_leads_back(show, page, bare):
    show("l=stations&t=robbery&tab=both", at=bare)
    said = page.inner_text("#legend")
    assert "No file of the config holds them." in said
    assert "entries and exits" in said
    assert violations(page) == []
    page.select_option("#layer", value="cells-r9")
    page.wait_for_selector("#legend .legend__rows")
    page.wait_for_selector("#table tbody tr")
    assert "Reported robbery" in page.inner_text("#title")


def test_from_zones_to_a_list_and_back_nothing_is_left_over(show, until):
    page = show("t=robbery&l=cells-r9&tab=both&rows=zones")
    page.wait_for_selector("#table tbody tr")
    page.select_option("#layer", value="wsa-shortlist")
    until("document.querySelector('#title').textContent.includes('Women’s Safety Audit')")
    until("document.querySelectorAll('#table tbody tr').length === 4")
    assert page.locator("#view").count() == 0
    assert page.locator("#time-slider, #time-play").count() == 0
    page.go_back()
    until("document.querySelector('#title').textContent.includes('Reported robbery')")
    until("document.querySelectorAll('#table tbody tr').length === 37")
    assert page.locator("#view").count() == 1
    assert page.locator("#time-play").count() == 1


def test_keys_alone_list_what_is_in_view_and_select_it(show, until):
    page = show("l=stations&t=robbery")
    page.focus("#map canvas")
    page.keyboard.press("l")
    page.wait_for_selector(".inview")
    assert "★ Stands out among stations of its mode" in page.inner_text("#inview-0")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .facts")
    until("document.activeElement.id === 'panel-title'")
    assert page.inner_text("#panel-title") == "Quay 0"
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")


def test_a_mark_is_pressed_and_a_copied_link_opens_the_same_view(show, page, until):
    station = FIRST["stations"]
    show(f"l=stations&t=robbery&at=14/{station['latitude']}/{station['longitude']}")
    box = page.locator("#map").bounding_box()
    page.wait_for_timeout(500)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#panel .facts")
    page.click("#share")
    link = page.input_value("#share-text input")
    assert parse_qs(urlsplit(link).query)["l"] == ["stations"]
    page.goto(link)
    page.wait_for_selector("#panel .facts")
    assert page.inner_text("#panel-title") == "Quay 0"
    until("document.querySelector('#legend-1') !== null")
