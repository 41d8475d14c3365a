"""The chapter of a needs assessment: planted changes are told, hidden counts stay hidden, blanks say why."""

from __future__ import annotations

import io
import json
import re
import time

import numpy as np
import openpyxl
import pytest
from county import CODES, NAMES, county, monthly
from lent_service import READERS
from starlette.testclient import TestClient
from wording import banned_in, spoken

from api.app import ServiceSettings, create_app
from geo_safety.disclosure import Reader
from geo_safety.errors import ReleaseError
from geo_safety.packs import basis_of, content_of, make_pack
from geo_safety.packs.basis import noun
from geo_safety.packs.content import Blank, Picture, Words
from geo_safety.packs.sna.where import season
from geo_safety.pipeline import run

INTERVAL = re.compile(r"[+−]?[\d.,]+( %)? \([+−]?[\d.,]+ to [+−]?[\d.,]+\)")


@pytest.fixture(scope="module")
def shire(tmp_path_factory):
    """Eight boroughs with context."""
    tenths = {code: [4, 4, 2, 0, 0, 0, 0, 0, 0, 0] if code in ("B1", "B2") else [0] * 8 + [5, 5] for code in CODES}
    context = {
        "deprivation": {"why_not": None, "file": "imd.csv", "year": "2025", "zones": "lsoas", "boroughs": tenths},
        "composition": {
            "why_not": None,
            "files": [
                {
                    "file": "census.csv",
                    "year": "2021",
                    "groups": ["group one", "group two"],
                    "boroughs": {code: {"group one": 60.0, "group two": 40.0} for code in CODES},
                }
            ],
        },
    }
    return county(tmp_path_factory.mktemp("county") / "releases", context=context)


def chapter(release, place, access="open"):
    return make_pack("sna", basis_of(release, Reader(access)), place)


def words_of(pack, title):
    section = next(one for one in pack.sections if one.title.startswith(title))
    return [part.text for part in section.parts if isinstance(part, Words)]


def table_of(pack, name):
    return next(table for table in pack.tables if table.name == name)


def test_a_place_that_doubled_is_told_from_the_whole_and_from_boroughs_like_it(shire):
    (said, *_) = [text for text in words_of(chapter(shire, "Ashby"), "Trend") if text.startswith("Violence")]
    assert "the twelve months to 2025-12 against those 5 years before" in said
    assert "+100 % (+" in said
    assert "boroughs like it from 0 % to 0 %" in said
    assert said.endswith("That is clearly more than the change of Doggershire.")
    table = table_of(chapter(shire, "Ashby"), "Years violence")
    assert table.head[1:] == ("Ashby", "Ashby, index", "Doggershire, index", "Middle of boroughs like it, index")
    assert [row[2] for row in table.rows] == [100.0] * 5 + [200.0]
    assert table.rows[0][1] == monthly("B1", "violence")[12:24].sum()


def test_a_place_that_stayed_is_not_told_from_boroughs_like_it(shire):
    (said, *_) = [text for text in words_of(chapter(shire, "Birch"), "Trend") if text.startswith("Violence")]
    assert "0 % (−" in said  # its own change, with an interval on both sides of nothing
    # The whole rose by the one borough that doubled, which stands in it.
    assert re.search(r"Doggershire \+1\d % \(", said)


def test_no_percentage_and_no_order_where_little_is_known(shire):
    pack = chapter(shire, "Heath")
    text = spoken(content_of(pack, "html").decode())
    trend = [part.why for section in pack.sections for part in section.parts if isinstance(part, Blank)]
    assert any("two whole years" in why for why in trend)
    level = table_of(pack, "Level")
    change = level.head.index("Change (95 %)") if "Change (95 %)" in level.head else None
    assert change is None or {row[change] for row in level.rows} == {"too few to say"}
    assert not re.search(r"Heath[^.]*[+−]\d+ %", text)


def test_every_rate_stands_with_its_interval(shire):
    rated = 0
    for place in ("Ashby", "Gorse"):
        for table in chapter(shire, place).tables:
            for at, head in enumerate(table.head):
                if "(90 %)" in head or "(95 %)" in head or "leaves open" in head:
                    for row in table.rows:
                        rated += 1
                        assert INTERVAL.search(str(row[at])) or row[at] in ("not told", "no data", "too few to say"), (
                            table.name,
                            head,
                            row[at],
                        )
    assert rated > 60


def test_boroughs_are_likened_by_who_could_be_there_and_not_by_what_is_recorded(shire):
    pack = chapter(shire, "Ashby")
    likened = table_of(pack, "Likened by")
    assert len(likened.rows) >= 6
    assert likened.rows[0][0] == "Ashby"
    inputs = " ".join(likened.head).lower()
    assert "residents per km²" in inputs
    assert "deprived" in inputs
    assert not re.search("violence|robbery|incidents", inputs)
    # Birch has the same deprivation and about as many residents.
    assert table_of(pack, "Boroughs like it").rows[1][0] == "Birch"


def test_where_residents_mislead_people_by_day_stand_beside(shire):
    gorse = chapter(shire, "Gorse")
    assert "for each person who is there by day" in gorse.lead[0]
    assert "for each km²" in gorse.lead[0]
    assert "has no borough like it here" in " ".join(words_of(gorse, "Compared"))
    assert "1,000 residents" in chapter(shire, "Ashby").lead[0]


def test_sums_of_hidden_months_are_ranges_and_nothing_small_is_shown(shire):
    table = table_of(chapter(shire, "Cedar"), "Years robbery")
    low, high = 8 * 6 + 4 * 1, 8 * 6 + 4 * 4
    assert table.rows[-1][1] == f"{low} to {high}"
    assert table_of(chapter(shire, "Cedar", "internal"), "Years robbery").rows[-1][1] == 8 * 6 + 4 * 3
    # Heath has one incident a year: nobody outside reads it.
    for form in ("html", "geojson", "xlsx"):
        body = content_of(chapter(shire, "Heath"), form)
        if form == "geojson":
            rows = [one["properties"] for one in json.loads(body)["features"]]
            assert rows
            assert {row["incidents_band"] for row in rows if row["name"] == "Heath"} == {"1-4"}
            assert all(
                row["incidents"] is None and row["per_1000_residents"] is None for row in rows if row["name"] == "Heath"
            )
    assert table_of(chapter(shire, "Heath"), "Level").rows[0][2] == "1-4"
    assert table_of(chapter(shire, "Heath", "internal"), "Level").rows[0][2] == 1


def test_the_row_of_what_has_no_place_is_hidden_like_all_small_counts(shire):
    assert table_of(chapter(shire, "Ashby"), "No place").rows[0][1:] == ("1-4", 0)
    assert table_of(chapter(shire, "Ashby", "internal"), "No place").rows[0][1:] == (3, 0)


def test_months_of_the_year_are_told_from_an_average_one(shire):
    (said,) = [text for text in words_of(chapter(shire, "Birch"), "When") if text.startswith("Violence")]
    assert "more than an average month in Dec" in said
    months = table_of(chapter(shire, "Birch"), "Months of the year")
    assert [row[0] for row in months.rows] == [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]


def test_months_are_held_to_their_days():
    rows = season(np.repeat(np.array([[31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]]).T * 10, 2, axis=1), 1.0)
    assert all(value == pytest.approx(1) and low < 1 < high for _, value, low, high in rows)


def test_context_is_told_beside_and_never_scored(shire):
    pack = chapter(shire, "Ashby")
    said = " ".join(words_of(pack, "Risk"))
    assert "Context and never score" in said
    assert "80 % of the borough's 10 small areas (LSOAs)" in said
    assert table_of(pack, "Residents").rows == (("Group one", 60.0, 60.0), ("Group two", 40.0, 40.0))
    bare = chapter_without_context(shire)
    whys = [part.why for section in bare.sections for part in section.parts if isinstance(part, Blank)]
    assert any("Census figures of the borough belong here" in why for why in whys)


def chapter_without_context(release):
    basis = basis_of(release)
    basis.manifest = {**basis.manifest, "context": {}}
    return make_pack("sna", basis, "Ashby")


def test_maps_and_charts_are_drawn_and_the_files_hold_the_same_figures(shire):
    pack = chapter(shire, "Ashby")
    pictures = [part for section in pack.sections for part in section.parts if isinstance(part, Picture)]
    assert len(pictures) >= 6
    assert all(one.svg.startswith("<svg") and one.caption for one in pictures)
    book = openpyxl.load_workbook(io.BytesIO(content_of(pack, "xlsx")))
    sheet = book["Level"]
    assert sheet["A2"].value == "Violence"
    shapes = json.loads(content_of(pack, "geojson"))["features"]
    assert {one["properties"]["kind"] for one in shapes} == {"borough", "ward"}
    assert {one["properties"]["name"] for one in shapes} == {"Ashby", "Ashby North", "Ashby South"}


def test_the_review_date_comes_from_the_data_and_not_from_a_clock(shire):
    (said,) = words_of(chapter(shire, "Ashby"), "Review")
    assert "financial year to 2026-03" in said
    assert "(2026-12)" in said


def test_places_go_by_code_or_name_and_others_are_told(shire):
    assert chapter(shire, "b3").place_name == NAMES["B3"]
    with pytest.raises(ReleaseError, match="no borough 'Nowhere'"):
        chapter(shire, "Nowhere")


def test_the_service_makes_it_too_and_tells_what_there_is_not(shire):
    client = TestClient(create_app(ServiceSettings(releases=shire.folder.parent)))
    reply = client.get("/packs/sna/Ashby?f=html")
    assert reply.status_code == 200
    assert spoken(reply.text) == spoken(content_of(chapter(shire, "Ashby"), "html").decode())
    unknown = client.get("/packs/sna/Nowhere?f=html")
    assert unknown.status_code == 404
    assert "Ashby" in unknown.text


def test_every_table_has_a_sheet_of_its_own(shire):
    for place in ("Ashby", "Heath"):
        names = [table.name for table in chapter(shire, place).tables]
        assert len(set(names)) == len(names)
        assert all(len(name) <= 31 for name in names)
        assert all(len(row) == len(table.head) for table in chapter(shire, place).tables for row in table.rows)


def test_each_reader_gets_a_chapter_of_what_they_may_know(lent):
    hidden = {"open": ("injury", "sexual_injury", "admissions"), "partner": ("admissions",), "internal": ()}
    for reader, (access, boroughs) in READERS.items():
        seen = Reader(access, frozenset(boroughs))
        for place in ("TB1", "TB2"):
            pack = make_pack("sna", basis_of(lent.release, seen), place)
            assert not pack.missing
            themes = hidden[access] if place in boroughs or access != "partner" else hidden["open"]
            for form in ("html", "geojson", "xlsx"):
                body = content_of(pack, form)
                text = body.decode() if form != "xlsx" else _text_of(body)
                # Our own words speak of injury and ambulances too: names of themes and feeds are told by their case.
                names = [*(noun(theme) for theme in themes), *(f'"{theme}"' for theme in themes)]
                names += {"open": ["ambulance", "hospital"], "partner": ["hospital"], "internal": []}[access]
                found = [name for name in names if re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", text)]
                assert not found, (reader, place, form, found)
                assert banned_in(spoken(text) if form == "html" else text) == []
            allowed = lent.allowed(reader, "boroughs", "injury")
            own = None if allowed is None else allowed[allowed["id"] == place]
            told = {row[0]: row[2] for row in table_of(pack, "Level").rows}
            if own is not None and len(own):
                assert str(told["Injury"]) == own["incidents_band"].iloc[0]


def _text_of(workbook: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    return "\n".join(
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    )


@pytest.mark.slow
def test_three_boroughs_of_london_inner_outer_and_city(shared_data, tmp_path):
    release = run(shared_data / "wards-mps.toml", tmp_path / "releases")
    for place, in_words in (("Camden", "Camden Town"), ("Havering", "St Edward's"), ("City of London", "")):
        begun = time.perf_counter()
        pack = chapter(release, place)
        text = spoken(content_of(pack, "html").decode())
        assert time.perf_counter() - begun < 20
        assert in_words in text
        assert banned_in(text) == []
        assert not re.search(r"(?<![\w.])nan(?![\w])|None\b", text)
        if place == "City of London":
            assert "no source of this release answers for City of London" in text
        else:
            assert "the twelve months to 2024-02 against those 5 years before" in text
            assert len(table_of(pack, "Years violence").rows) == 6
