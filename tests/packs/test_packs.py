"""What holds of every kind of pack: its checklist, its words, its bytes, and that it asks nobody for anything."""

from __future__ import annotations

import io
import json
import re
import zipfile

import openpyxl
import pypdf
import pytest
from pack_checklists import EVIDENCE, items_of
from wording import banned_in, spoken

from geo_safety.disclosure import ACCESS_CLASSES, Reader
from geo_safety.packs import PACKS, basis_of, content_of, make_pack
from geo_safety.packs.content import Blank, Form, Picture
from geo_safety.packs.pdf import pdf_of
from geo_safety.schema import id_in
from geo_safety.view import View

LAYERS = {"chb": "chb-candidates", "sna": "boroughs", "wsa": "wsa-shortlist", "transport": "boroughs"}
"""Whose first row is the place of the pack, for each kind."""

KINDS = sorted(PACKS)


@pytest.fixture(scope="module")
def places(pack_city) -> dict[str, str]:
    view = View(pack_city)
    return {kind: view.table(layer)[id_in(view.table(layer).column_names)][0].as_py() for kind, layer in LAYERS.items()}


@pytest.fixture(scope="module")
def packs(pack_city, places):
    return {kind: make_pack(kind, basis_of(pack_city), places[kind]) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_item_of_the_briefs_checklist_is_there_or_visibly_blank(kind, packs):
    pack = packs[kind]
    assert [item.words for item in PACKS[kind].checklist] == items_of(kind)
    assert pack.checklist == PACKS[kind].checklist
    assert not pack.missing
    known = {item.key for item in pack.checklist}
    assert {key for section in pack.sections for key in section.answers} <= known
    html = content_of(pack, "html").decode()
    for section in pack.sections:
        assert section.parts, section.title
        for part in section.parts:
            if isinstance(part, Blank | Form):
                assert part.item in section.answers
                assert part.why.rstrip().endswith(".")
                assert part.why in spoken(html)


@pytest.mark.parametrize(("kind", "item"), [(kind, item) for kind in KINDS for item in items_of(kind)])
def test_the_sections_that_claim_an_item_hold_it(kind, item, packs):
    pack = packs[kind]
    key = next(one.key for one in pack.checklist if one.words == item)
    said = " ".join(text for section, text in _said_by(pack) if key in section.answers)
    for sign in EVIDENCE[kind][item]:
        assert re.search(sign, said), f"{kind}: {item!r} wants {sign!r} in: {said[:1500]}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_map_has_a_scale_a_date_its_sources_and_a_key(kind, packs):
    maps = [
        part for section in packs[kind].sections for part in section.parts
        if (isinstance(part, Picture) and 'aria-label="Map' in part.svg) or (isinstance(part, Picture) and "hotspot areas" in part.caption)
    ]  # fmt: skip
    assert len(maps) == 1
    (drawn,) = maps
    assert re.search(r">[\d.]+ k?m</text>", drawn.svg)
    assert "North is up" in drawn.caption
    assert "Data to 20" in drawn.caption
    for source in packs[kind].publication.attribution:
        assert source in drawn.caption
    key = drawn.svg.rpartition("</svg></svg>")[0] or drawn.svg
    assert len(re.findall(r"<text[^>]*>[A-Z][^<]+</text>", key)) >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_says_what_its_marks_are(kind, packs):
    drawn = [part for section in packs[kind].sections for part in section.parts if isinstance(part, Picture)]
    assert drawn
    for part in drawn:
        assert len(part.caption.split()) >= 5, part.caption
        assert 'role="img" aria-label="' in part.svg


@pytest.mark.parametrize("kind", KINDS)
def test_a_pack_says_nothing_that_stigmatises_and_promises_nothing(kind, packs):
    said = spoken(content_of(packs[kind], "html").decode())
    assert banned_in(said) == []
    assert not re.search(r"\bcrime will\b|\bpredict", said, re.IGNORECASE)
    assert not re.search(r"(?<![\w.])nan(?![\w])|None|Traceback", said)


@pytest.mark.parametrize("access", ACCESS_CLASSES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_class_of_readers_gets_a_forbidden_word_or_a_column_of_persons(kind, access, pack_city, places):
    boroughs = {row["zone_id"] for row in View(pack_city).table("boroughs", columns=["zone_id"]).to_pylist()}
    pack = make_pack(
        kind, basis_of(pack_city, Reader(access, frozenset(boroughs if access == "partner" else ()))), places[kind]
    )
    book = openpyxl.load_workbook(io.BytesIO(content_of(pack, "xlsx")))
    cells = " ".join(
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    )
    shapes = content_of(pack, "geojson").decode()
    for words in (spoken(content_of(pack, "html").decode()), shapes, cells):
        assert banned_in(words) == []
        assert not re.search(r"\bcrime will\b|\bpredict", words, re.IGNORECASE)
    names = {name for one in json.loads(shapes)["features"] for name in one["properties"]}
    assert not [name for name in names if re.search("victim|suspect|offender|gang|ethnic|nominal|home_|risk_", name)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["html", "geojson", "xlsx"])
def test_a_second_pack_is_the_same_bytes(kind, form, packs, places, pack_city):
    again = make_pack(kind, basis_of(pack_city), places[kind])
    assert content_of(again, form) == content_of(packs[kind], form)


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_of_a_pack_ends_between_a_number_and_its_unit(kind, packs):
    html = re.sub(r"<(style|svg)\b.*?</\1>", "", content_of(packs[kind], "html").decode(), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", "|", html)
    assert re.search(r"\d\u00a0(%|k?m²?)(?!\w)", words)
    assert re.findall(r"\d (?:%|k?m²?)(?!\w)", words) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_pack_asks_no_other_host_and_runs_no_script(kind, packs):
    html = content_of(packs[kind], "html").decode().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|<script|<link|<img|@import|url\(", html)
    assert "http" not in content_of(packs[kind], "geojson").decode()


@pytest.mark.parametrize("kind", KINDS)
def test_the_pdf_has_an_outline_tags_and_text(kind, packs):
    pack = packs[kind]
    reader = pypdf.PdfReader(io.BytesIO(content_of(pack, "pdf")))
    titles = [one.title for one in _flat(reader.outline)]
    assert pack.title in titles
    assert all(any(section.title in title for title in titles) for section in pack.sections)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "Can I publish this?" in text
    width, height = (float(value) for value in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (595, 842)  # A4 in points
    assert not any(page.images for page in reader.pages)  # charts and maps are vectors


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_tables_leave_with_their_answer_to_can_i_publish_this(kind, packs):
    pack = packs[kind]
    shapes = json.loads(content_of(pack, "geojson"))
    assert shapes["can_i_publish_this"].startswith("Yes, because")
    assert [one["id"] for one in shapes["features"]] == [shape.id for shape in pack.shapes]
    assert len({shape.id for shape in pack.shapes}) == len(pack.shapes)
    book = openpyxl.load_workbook(io.BytesIO(content_of(pack, "xlsx")))
    assert book.sheetnames[:2] == ["About", "Checklist"]
    assert len(book.sheetnames) == 2 + len(pack.tables)
    assert book["About"]["B2"].value == pack.publication.answer
    with zipfile.ZipFile(io.BytesIO(content_of(pack, "xlsx"))) as packed:
        assert {one.date_time for one in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("kind", KINDS)
def test_an_internal_pack_says_that_it_must_stay_inside(kind, places, pack_city):
    pack = make_pack(kind, basis_of(pack_city, Reader("internal")), places[kind])
    assert not pack.publication.may_publish
    assert "Keep it to those who are authorised" in content_of(pack, "html").decode()


def test_a_page_that_names_a_file_gets_nothing(tmp_path):
    secret = tmp_path / "secret.svg"
    secret.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20"><text y="12">secret</text></svg>',
        encoding="utf-8",
    )
    made = pypdf.PdfReader(io.BytesIO(pdf_of(f'<html lang="en"><title>t</title><h1>t</h1><img src="file://{secret}">')))
    assert "secret" not in made.pages[0].extract_text()


def _said_by(pack):
    """Each section with what a reader sees of it."""
    html = content_of(pack, "html").decode()
    pieces = re.findall(r'<section id="s(\d+)"[^>]*>(.*?)</section>', html, re.DOTALL)
    assert len(pieces) == len(pack.sections)
    return [(pack.sections[int(number) - 1], spoken(inside)) for number, inside in pieces]


def _flat(outline):
    for one in outline:
        if isinstance(one, list):
            yield from _flat(one)
        else:
            yield one
