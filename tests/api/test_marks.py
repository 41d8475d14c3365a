"""Lists on the map: every row has one class, by the mask as by the filter; the summary says the published numbers."""

from __future__ import annotations

import re

import pytest
from browser.colour_vision import distance, seen
from listed_town import ROWS, listed_release
from starlette.testclient import TestClient
from wording import banned_in, jargon_in, spoken

from api.app import ServiceSettings, create_app
from geo_safety.marks import MARKINGS

LISTS = list(MARKINGS)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The service on the town with all lists."""
    folder = tmp_path_factory.mktemp("lists") / "releases"
    listed_release(folder)
    return TestClient(create_app(ServiceSettings(releases=folder)))


def get(client, address, **parameters):
    reply = client.get(address, params=parameters)
    assert reply.status_code == 200, reply.text
    return reply.json()


def items(client, layer, **parameters):
    return get(client, f"/collections/{layer}/items", limit=1000, **parameters)["features"]


@pytest.mark.parametrize("layer", LISTS)
def test_a_class_by_its_filter_is_the_class_on_the_map(client, layer):
    document = get(client, f"/map/marks/{layer}", theme="robbery")
    marks = document["marks"]
    assert set(marks["classes"]) <= set(range(len(document["classes"])))
    for place, one in enumerate(document["classes"]):
        drawn = {row_id for row_id, kind in zip(marks["ids"], marks["classes"], strict=True) if kind == place}
        assert {row["id"] for row in items(client, layer, theme="robbery", filter=one["clause"])} == drawn, one["key"]


def test_the_town_has_a_row_of_every_class_but_those_without_data(client):
    for layer in LISTS:
        document = get(client, f"/map/marks/{layer}", theme="robbery")
        found = {document["classes"][kind]["key"] for kind in document["marks"]["classes"]}
        missing = {one["key"] for one in document["classes"]} - found
        assert missing <= {"noRate", "noData"}, layer
    stations = get(client, "/map/marks/stations", theme="robbery")
    assert set(stations["marks"]["classes"]) == set(range(len(stations["classes"])))


@pytest.mark.parametrize("layer", LISTS)
def test_columns_filters_and_order_are_those_of_the_layer(client, layer):
    document = get(client, f"/map/marks/{layer}", theme="robbery")
    rows = items(client, layer, theme="robbery", sortby=document["sort"])
    assert [row["id"] for row in rows]
    for column in document["columns"]:
        assert column["name"] in rows[0]["properties"]
        assert banned_in(column["label"]) == jargon_in(column["label"]) == []
    for choice in document["choices"]:
        for option in choice["options"]:
            fits = {row["id"] for row in items(client, layer, theme="robbery", filter=option["clause"])}
            shown = get(client, f"/map/marks/{layer}", theme="robbery", filter=option["clause"])
            assert set(shown["marks"]["ids"]) == fits
            assert shown["of"] == document["of"]
    assert document["marks"]["points"][0] == pytest.approx([1.7, 54.7], abs=0.05)


@pytest.mark.parametrize("layer", LISTS)
def test_the_summary_holds_published_values_in_plain_words(client, layer):
    for row in items(client, layer, theme="robbery"):
        summary = get(client, f"/map/summary/{layer}/{row['id']}", theme="robbery")
        for group in summary["groups"]:
            for figure in group["figures"]:
                if figure["column"] in row["properties"]:
                    assert figure["value"] == row["properties"][figure["column"]], figure
        words = " ".join(
            [*summary["sentences"], *(one["said"] for group in summary["groups"] for one in group["figures"])]
        )
        assert banned_in(words) == jargon_in(words) == []
        page = client.get(f"/map/place/{layer}/{row['id']}", params={"t": "robbery"})
        assert page.status_code == 200
        said = spoken(page.text)
        assert all(re.sub(r"\s+", " ", sentence) in said for sentence in summary["sentences"])
        assert summary["says"][0] in said
        assert banned_in(said) == jargon_in(said) == []


def test_small_counts_stay_hidden_in_marks_and_summaries(client):
    for layer, hidden in (
        ("stations", "S4"),
        ("stop-clusters", "P4"),
        ("corridors", "P4"),
        ("road-harm-clusters", "ksi-2"),
    ):
        summary = get(client, f"/map/summary/{layer}/{hidden}", theme="robbery")
        figures = {one["column"]: one["value"] for group in summary["groups"] for one in group["figures"]}
        assert figures["incidents_band"] == "1-4"
        assert not {"rate", "ratio", "rank", "chance_share"} & {
            name for name, value in figures.items() if value is not None
        }
    road = get(client, "/map/marks/road-harm-clusters", theme="robbery")["marks"]
    assert dict(zip(road["ids"], road["sizes"], strict=True)) == {"ksi-0": 9, "ksi-1": 6, "ksi-2": None}


def test_the_screen_leaves_blank_what_only_partners_hold_and_says_what_it_is_not(client):
    summary = get(client, "/map/summary/chb-candidates/c-1", theme="robbery")
    blanks = {one["column"]: one for one in summary["groups"][-1]["figures"]}
    assert set(blanks) == {"threat", "intelligence", "safeguarding", "partnership"}
    assert all(one["value"] is None and one["said"] == "left blank" for one in blanks.values())
    assert summary["sentences"][0] == "Meets 5 of 7 screening rules. 0 not met, 2 that these data cannot answer."
    assert "choosing a site also needs information that we do not hold" in summary["sentences"][1]
    signs = [one["sign"] for one in summary["groups"][0]["figures"]]
    assert signs == ["✓"] * 5 + ["?"] * 2


def test_inside_and_on_the_way_are_two_numbers(client):
    sentences = " ".join(get(client, "/map/summary/stations/S0", theme="robbery")["sentences"])
    assert "inside: 200 by the transport police" in sentences
    assert "within 400 metres: 40 that the street police recorded" in sentences
    assert "The two are never added" in sentences
    assert "240" not in sentences


@pytest.mark.parametrize(
    ("layer", "kind"), [("chb-candidates", "chb"), ("wsa-shortlist", "wsa"), ("stations", "transport")]
)
def test_a_row_leads_to_its_pack(client, layer, kind):
    row = items(client, layer, theme="robbery")[0]
    links = {label: href for href, label in get(client, f"/map/summary/{layer}/{row['id']}", theme="robbery")["links"]}
    assert links["A pack for a meeting about it"].endswith(f"/packs/{kind}/{row['id']}")


def test_the_hour_is_a_clause_where_there_are_hours_and_off_where_there_are_none(client):
    assert get(client, "/map/marks/stop-clusters", theme="robbery")["night"] == ""
    assert get(client, "/map/marks/stations", theme="robbery")["night"] is None
    clause = get(client, "/map/marks/road-harm-clusters", theme="robbery")["night"]
    by_filter = {row["id"] for row in items(client, "road-harm-clusters", theme="robbery", filter=clause)}
    assert by_filter == {row["id"] for row in items(client, "road-harm-clusters", theme="robbery", hours="night")}


def test_a_question_opens_a_theme_with_rows_where_the_one_on_the_screen_has_none(tmp_path):
    listed_release(tmp_path / "releases", themes=("violence", "robbery"))
    client = TestClient(create_app(ServiceSettings(releases=tmp_path / "releases")))
    assert "violence" in get(client, "/collections/corridors")["themes"]
    assert not items(client, "corridors", theme="violence")
    page = client.get("/map/planner", params={"t": "violence"}).text
    (section,) = re.findall(r'<section id="T7".*?</section>', page, re.DOTALL)
    (table,) = re.findall(r'href="([^"]*/collections/corridors/items[^"]*)"', section)
    assert "theme=robbery" in table
    assert "/packs/transport/P0?f=html" in section


def test_a_release_without_a_list_says_why_and_other_layers_have_no_marks(tmp_path):
    listed_release(tmp_path / "releases", without=("stations", "wsa-shortlist"))
    client = TestClient(create_app(ServiceSettings(releases=tmp_path / "releases")))
    page = client.get("/map/explore").text
    assert '"whyNot":"No file of the config holds them."' in page
    assert client.get("/map/marks/stations").status_code == 404
    refused = client.get("/map/marks/wards")
    assert refused.status_code == 404
    assert "chb-candidates" in refused.json()["detail"]
    assert client.get("/map/marks/corridors", params={"limit": 5}).status_code == 400
    assert client.get("/map/summary/corridors/nowhere").status_code == 404
    assert client.get("/map/place/stations/S0").status_code == 404


@pytest.mark.parametrize("blindness", [None, "deuteranopia", "protanopia"])
@pytest.mark.parametrize("layer", ["stations", "stop-clusters", "chb-candidates"])
def test_colours_of_classes_are_told_apart_by_everybody(layer, blindness):
    for scheme in ("light", "dark"):
        colours = list(dict.fromkeys(getattr(one, scheme) for one in MARKINGS[layer].classes))
        rated = [colour for colour in colours if colour not in ("#ffffff", "#16191c")]
        pairs = [(one, other) for place, one in enumerate(rated) for other in rated[place + 1 :]]
        assert min(distance(seen(one, blindness), seen(other, blindness)) for one, other in pairs) > 14


def test_no_two_classes_of_a_list_share_a_sign():
    for marking in MARKINGS.values():
        signs = [one.sign for one in marking.classes]
        assert len(set(signs)) == len(signs)
    assert set(ROWS) == set(MARKINGS)
