"""The map's pages that run no script: where people start, places, sheets, help; and their words."""

from __future__ import annotations

import json
import re
from html import unescape
from types import SimpleNamespace

import pytest
from releases import CENTRE, cells, counts
from starlette.testclient import TestClient
from two_releases import make_two
from wording import BANNED, banned_in, jargon_in, spoken, without_meanings

from api.app import ServiceSettings, create_app
from api.plain_words import class_sentence
from api.questions import QUESTIONS, Answer, Way
from api.start_pages import question_section
from api.words import catalogue

ROLES = {"analyst": "", "borough": "?b=X09000001", "planner": ""}
BUSIEST = cells()[0]
PAGES = (
    "/map", "/map?q=tide", "/map?q=nowhere", "/map/borough", *(f"/map/{role}{query}" for role, query in ROLES.items()),
    "/map/analyst?t=violence", f"/map/place/cells-r9/{BUSIEST}?t=robbery", f"/map/place/cells-r9/{cells()[30]}?t=violence",
    "/map/place/wards/X05000001?t=robbery", "/map/place/wards/X05000004?t=violence", "/map/place/boroughs/X09000001",
    "/map/place/hotspot-areas/robbery-0001", "/map/place/hotspot-areas/violence-0001", "/map/print", "/map/print?v=chance&l=wards",
    "/map/print?v=change&b=X09000001", "/map/print?v=class", "/map/print?v=density", "/map/print?v=harm", *(f"/map/help/{page}" for page in ("words", "methods", "keys",
    "accessibility", "data", "checks")),
)  # fmt: skip


def links_of(html):
    """Addresses of a page on this service, without the part that a `#` names."""
    found = [unescape(one) for one in re.findall(r'<a [^>]*href="([^"]+)"', html)]
    return [one.split("#")[0] for one in found if one.startswith("http://testserver")]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_stands_without_a_script_and_asks_no_other_host(service, path):
    reply = service.get(path)
    assert reply.status_code == 200
    assert "<script" not in reply.text
    assert " style=" not in reply.text
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert set(re.findall(r'(?:src|href)="(https?://[^/"]+)', reply.text)) <= {"http://testserver"}
    assert reply.text.count("<h1") == 1
    assert 'lang="en-GB"' in reply.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_says_what_must_not_be_said(service, path):
    html = service.get(path).text
    assert banned_in(spoken(html)) == []
    assert jargon_in(spoken(without_meanings(html))) == []


@pytest.mark.parametrize("path", PAGES)
def test_no_line_ends_between_a_number_and_its_unit(service, path):
    html = re.sub(r"<style\b.*?</style>", "", service.get(path).text, flags=re.DOTALL)
    assert re.findall(r"\d (?:%|k?m²?)(?!\w)", unescape(re.sub(r"<[^>]+>", "|", html))) == []


def test_the_catalogue_says_nothing_of_it_either():
    for key, text in catalogue().items():
        assert banned_in(text) == [], key
        # Names from the literature stand only beside their meaning.
        if not key.startswith("help.term."):
            assert jargon_in(text) == [], key


def test_the_check_of_words_can_fail():
    assert banned_in("the worst ward") == ["worst"]
    assert jargon_in("highly significant (p-value 0.01)") == ["p-value", "significant"]
    assert not banned_in("reported and credited")
    assert len(BANNED) > 5


def test_every_link_of_every_page_leads_somewhere(service):
    seen = set()
    for path in PAGES:
        for address in links_of(service.get(path).text):
            if address not in seen:
                seen.add(address)
                assert service.get(address).status_code == 200, (path, address)
    assert len(seen) > 80


@pytest.mark.parametrize("role", ROLES)
def test_every_question_is_one_press_from_its_answer_or_says_what_is_not_held(service, role):
    html = service.get(f"/map/{role}{ROLES[role]}").text
    for code in QUESTIONS[role]:
        (section,) = re.findall(rf'<section id="{code}".*?</section>', html, re.DOTALL)
        ways = links_of(section)
        assert ways or "We do not hold that:" in section, code
        assert re.search(r"<h2>(<a [^>]+>)?[^<]+\?", section), code


def test_ways_of_one_kind_are_told_apart_by_what_they_show():
    ways = (Way("/a", "way.table", "Wards"), Way("/b", "way.table", "Boroughs"), Way("/c", "way.map", "violence"))
    page = question_section(SimpleNamespace(study="Tiny town"), "V2", Answer(ways))
    labels = re.findall(r">([^<]+)</a>", page.split('class="ways"')[1])
    assert labels == ["As a table (Wards)", "As a table (Boroughs)", "See it on the map"]


@pytest.mark.parametrize("page", ["words", "data", "checks"])
def test_help_is_marked_as_where_one_is(service, page):
    banner = service.get(f"/map/help/{page}").text.split("</header>")[0]
    assert re.findall(r'aria-current="page"[^>]*>([^<]+)<', banner) == [catalogue()["help"]]


def test_layers_with_the_same_answer_share_a_row_and_have_names_of_people(service):
    section = service.get("/map/help/data").text.split('id="publish"')[1].split("</table>")[0]
    assert section.count("<tr>") == 2
    assert "Cells of about" in section
    assert "Cells r9" not in section


def test_an_area_too_new_for_a_class_is_named_once():
    said = class_sentence({}, "robbery", "around West End, Westminster", why_not=None)
    assert "robbery around West End, Westminster has been high" in said


def test_the_borough_is_asked_once_and_kept_in_the_address(service):
    ask = service.get("/map/borough").text
    assert re.findall(r'<option value="([^"]+)">([^<]+)', ask) == [
        ("X09000001", "Northbank"),
        ("X09000002", "Southbank"),
    ]
    answer = service.get("/map/borough", params={"b": "X09000002"}).text
    assert "Southbank" in answer
    maps = [one for one in links_of(answer.split('class="questions"')[1]) if "/map/explore" in one]
    assert len(maps) >= 4
    assert all("b=X09000002" in one for one in maps)
    assert service.get("/map/borough", params={"b": "Atlantis"}).status_code == 400


def test_search_finds_places_by_name_and_cells_by_id(service):
    def found(query):
        return re.findall(
            r'<li><a href="[^"]*/map/place/([\w-]+)/([^"?]+)', service.get("/map", params={"q": query}).text
        )

    assert found("TIDE") == [("hotspot-areas", "robbery-0001"), ("wards", "X05000001")]
    assert found("northb")[0] == ("boroughs", "X09000001")
    assert found(CENTRE) == [("cells-r9", CENTRE)]
    assert found("nowhere") == []
    assert "Nothing here is called “nowhere”" in service.get("/map", params={"q": "nowhere"}).text


def test_what_is_searched_for_cannot_become_markup(service):
    reply = service.get("/map", params={"q": '"><script>alert(1)</script>'})
    assert "<script" not in reply.text


def numbers_of(html):
    """The table of numbers: what → (number, range)."""
    (table,) = re.findall(r"The numbers</h2>.*?<tbody>(.*?)</tbody>", html, re.DOTALL)
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td>', table)
    return {unescape(what): (unescape(number), unescape(span)) for what, number, span in rows}


@pytest.mark.parametrize("place", [f"cells-r9/{BUSIEST}", "wards/X05000001", "boroughs/X09000001"])
def test_every_number_of_a_place_is_the_services_own(service, place):
    row = service.get(f"/collections/{place.replace('/', '/items/')}?theme=robbery").json()["properties"]
    shown = numbers_of(service.get(f"/map/place/{place}?t=robbery").text)
    assert shown["Reports in the window"][0] == f"{row['incidents']:,}"
    assert shown["Reports in the window before"][0] == f"{row['incidents_previous']:,}"
    ratio = (f"{row['ratio']:,.1f}", f"{row['ratio_low']:,.1f} to {row['ratio_high']:,.1f}")
    assert shown["Times the usual number of Tiny town"] == ratio
    assert (
        f"{row['probability'] * 100:.0f}\u00a0%" in shown["Chance of at least 3 times"][0] or row["probability"] > 0.99
    )


def test_the_months_of_a_place_are_its_series_and_a_gap_is_no_zero(service):
    html = service.get("/map/place/wards/X05000001?t=robbery").text
    series = service.get("/collections/wards/items/X05000001/series?theme=robbery").json()
    rows = re.findall(r'<tr><th scope="row">(\w+ \d{4})</th><td>([^<]+)</td><td>([^<]+)</td></tr>', html)
    assert len(rows) == len(series["months"]) == 24
    assert rows[-1][0] == "January 2024"
    (feed,) = series["feeds"]
    shown = [own.replace(" to ", "-").replace(",", "") for _, own, _ in reversed(rows)]
    assert [None if one == "No data: not zero" else one for one in shown] == feed["incidents_band"]
    assert feed["incidents_band"][4] is None
    # The whole study is the sum of all wards that have months.
    study = service.get("/values/wards/study?theme=robbery").json()
    assert study["months"] == series["months"]
    assert study["incidents"][4] is None
    assert next(whole for _, _, whole in reversed(rows)) == str(study["incidents"][0])
    wards = [service.get(f"/collections/wards/items/X0500000{n}/series?theme=robbery").json() for n in (1, 2, 3, 4)]
    for place, whole in enumerate(study["incidents"]):
        known = [one["feeds"][0]["incidents"][place] for one in wards]
        assert None in known or whole == sum(known)
    assert html.count('class="chart__gap"') == 2


def test_small_counts_stay_hidden_on_a_page(service):
    cell = next(cell for cell in cells() if counts("robbery")[cell] == 3)
    html = service.get(f"/map/place/cells-r9/{cell}?t=robbery").text
    assert numbers_of(html)["Reports in the window"][0] == "1 to 4"
    assert "1 to 4 reports in 12 months to December 2025." in html
    assert "Place in the plain list" not in html


def test_a_rank_comes_with_its_range_or_not_at_all(service):
    # The tiny town's ranks have no range.
    assert "rank" not in service.get(f"/map/place/cells-r9/{BUSIEST}?t=robbery").text.lower()


def test_an_area_has_its_partners_and_cells(service):
    html = service.get("/map/place/hotspot-areas/robbery-0001").text
    row = service.get("/collections/hotspot-areas/items/robbery-0001").json()["properties"]
    assert "Community safety partnerships: Northbank. Wards: Tidewater." in html
    assert all(cell in html for cell in row["zones"].split(";"))
    assert numbers_of(html)["Reports in the window"][0] == "194"


@pytest.mark.parametrize("path", ["/map/place/wards/nope", "/map/place/parishes/1", "/map/place/hotspot-areas/nope"])
def test_a_place_that_is_not_there_is_a_page_with_a_way_on(service, path):
    reply = service.get(path)
    assert reply.status_code == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert "Search" in reply.text


def test_people_get_a_problem_as_a_page_and_programs_as_a_document(service):
    address = "/map/help/nothing"
    page = service.get(address, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (404, "text/html")
    assert "There is no help page" in page.text
    assert "urn:uuid:" in page.text
    assert service.get(address).json()["status"] == 404


def sheet(service, **params):
    return service.get("/map/print", params=params)


def legend(html):
    (part,) = re.findall(r'<ul class="sheet__legend">(.*?)</ul>', html, re.DOTALL)
    return dict(re.findall(r'<span>([^<]+)</span><span class="sheet__count">([\d,]+)</span>', part))


def test_a_sheet_has_all_that_a_sheet_needs(service):
    html = sheet(service, t="robbery", l="cells-r9").text
    known = counts("robbery").values()
    assert legend(html) == {
        "1 to 4; too few for a rate": str(sum(1 <= n <= 4 for n in known)),
        "5 to 9": str(sum(5 <= n <= 9 for n in known)),
        "10 to 24": str(sum(10 <= n <= 24 for n in known)),
        "25 to 49": str(sum(25 <= n <= 49 for n in known)),
        "50 or more": str(sum(n >= 50 for n in known)),
    }
    for needed in ("<h1>Reported robbery", "12 months to December 2025", "\u00a0km</text>", "Around Tidewater, Northbank", "invented data",
                   "Can I publish this? Yes", "approximate", "Printed ", "release 2025-12-"):  # fmt: skip
        assert needed in html, needed
    assert html.count('class="sheet__disc"') == 1


def test_a_sheet_tells_the_day_and_is_made_anew(service):
    reply = sheet(service)
    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers
    assert "no-store" not in service.get("/map").headers["cache-control"]


def test_a_sheet_of_another_window_shows_the_counts_of_values(service):
    html = sheet(service, t="robbery", l="cells-r9", w="q", end="2025-03").text
    values = service.get("/values/cells-r9?theme=robbery&month=2025-03&window=3").json()["values"][0]
    assert "3 months to March 2025" in html
    assert int(legend(html)["1 to 4; too few for a rate"]) == sum(one is None for one in values)
    # A window with a gap is not drawn as zero: the newest is shown instead.
    assert "12 months to December 2025" in sheet(service, t="robbery", end="2024-06").text


def test_a_sheet_says_what_it_cannot_draw_or_does_not_know(service):
    assert "There is no view “smell”. This sheet shows reports." in sheet(service, v="smell").text
    assert "The map compares two windows" in sheet(service, vs="2024-12").text
    assert "settings that the sheet does not know: colour" in sheet(service, colour="blue").text


def test_sheets_of_density_and_harm_have_the_classes_of_the_map(lent):
    def get(address):
        return lent.get("internal", address)

    rows = [one["properties"] for one in get("/collections/wards/items?theme=robbery&limit=1000").json()["features"]]
    sure = [row for row in rows if row["reliability"] != "not reliable"]
    ids = get("/values/wards/zones").json()["zone_ids"]
    is_sure = {row["zone_id"] for row in sure}
    density = legend(get("/map/print?t=robbery&l=wards&v=density").text)
    assert sum(map(int, density.values())) == sum(row["incidents"] != 0 for row in rows)
    for weights in ("cchi", "css"):
        classes = get(f"/map/harm/wards?theme=robbery&weights={weights}").json()
        for view, codes, names in (("harm", classes["classes"], ("Upper half", "Highest 1\u00a0%")),
                                   ("both", classes["both"], ("Neither", "Both"))):  # fmt: skip
            html = get(f"/map/print?t=robbery&l=wards&v={view}&wt={weights}").text
            told = legend(html)
            assert set(names) <= set(told)
            shown = {zone: code for zone, code in zip(ids, codes, strict=True) if zone in is_sure}
            first, last = (sum(code == wanted for code in shown.values()) for wanted in (1, 5 if view == "harm" else 4))
            assert (told[names[0]], told[names[1]]) == (str(first), str(last))
            ringed = told.get("Ring: the two harm indexes disagree", "0")
            assert ringed == str(len(classes["differs"]))


@pytest.mark.parametrize("state", [{"at": "13/54.7/1.7"}, {"s": "wards:X05000001"}, {"b": "X09000002"}, {"at": "x/y/z"},
                                   {"s": "wards:none"}, {"end": "yesterday"}, {"l": "?"}, {"paper": "a3", "turn": "portrait"}])  # fmt: skip
def test_a_sheet_of_any_state_is_a_sheet(service, state):
    reply = sheet(service, **state)
    assert reply.status_code == 200
    assert 'class="sheet__svg"' in reply.text


def test_overlap_and_top_answer_in_every_form(service):
    both = service.get("/analysis/overlap", params={"themes": "robbery,violence", "layer": "cells-r9"}).json()
    listed = [
        {
            one["id"]
            for one in service.get(
                f"/collections/cells-r9/items?theme={theme}&filter=is_hotspot%20=%20TRUE&limit=100"
            ).json()["features"]
        }
        for theme in both["themes"]
    ]
    assert {row["zone_id"] for row in both["rows"]} == listed[0] & listed[1]
    csv = service.get("/analysis/overlap?themes=robbery,violence&layer=cells-r9&f=csv").text
    assert all(row["zone_id"] in csv for row in both["rows"])
    for bad in ("robbery", "robbery,robbery", "robbery,joy", ""):
        assert service.get("/analysis/overlap", params={"themes": bad}).json()["parameter"] == "themes"
    top = service.get("/analysis/top?theme=robbery&layer=cells-r9").json()["rows"]
    page = service.get("/analysis/top?theme=robbery&layer=cells-r9&f=html").text
    assert all(f"{row['low'] * 100:.1f} %" in page for row in top)


def test_changes_since_the_release_before_are_one_press_away(tmp_path):
    earlier, _ = make_two(tmp_path)
    service = TestClient(create_app(ServiceSettings(releases=tmp_path)))
    html = service.get("/map/borough?b=X09000001&t=robbery").text
    (section,) = re.findall(r'<section id="C3".*?</section>', html, re.DOTALL)
    way = next(one for one in links_of(section) if "/changes" in one)
    assert f"since={earlier.release_id}" in way
    page, document = service.get(way).text, service.get(way.replace("f=html", "f=json")).json()
    assert f"{document['numberMatched']} hotspot areas have changed" in page


def test_the_catalogue_is_valid_and_each_key_is_said_once(project_root):
    pairs = json.loads((project_root / "api/words/en.json").read_text(encoding="utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys))
    assert not [key for key, text in pairs if not text.strip()]
