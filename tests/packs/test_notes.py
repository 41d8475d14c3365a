"""A user's own texts: in the page and the PDF, marked, and nowhere that holds data."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from conftest import ROOT
from wording import spoken

from geo_safety.cli import main
from geo_safety.disclosure import Reader
from geo_safety.errors import GeoSafetyError
from geo_safety.packs import PACKS, basis_of, content_of, make_pack, write_pack
from geo_safety.packs.content import Blank
from geo_safety.packs.notes import IN_LEAD, LONGEST_NOTE, SUPPLIED, keys_of, read_notes, with_notes
from geo_safety.schema import id_in
from geo_safety.view import View

PLACE = "cells-r9-violence-1"
LAYERS = {"chb": "chb-candidates", "sna": "boroughs", "wsa": "wsa-shortlist", "transport": "boroughs"}
SAID = "Threat is <b>moderate</b> & falling.\n\nSee the board's own paper."


@pytest.fixture(scope="module")
def pack(pack_town):
    return make_pack("chb", basis_of(pack_town), PLACE)


@pytest.fixture
def notes(tmp_path):
    """A function from the text of a file to what is read of it."""

    def read(text: str) -> dict[str, str]:
        path = tmp_path / "notes.toml"
        path.write_text(text, encoding="utf-8")
        return read_notes(path)

    return read


def documented() -> dict[str, list[str]]:
    """Keys by kind of pack, as the page has them."""
    page = (ROOT / "docs" / "products" / "packs.md").read_text(encoding="utf-8").split("## Your own words")[1]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page.split("\n## ")[0], re.MULTILINE)
    return {kind: re.findall(r"`(\w+)`", keys) for kind, keys in rows}


@pytest.mark.parametrize("kind", sorted(PACKS))
def test_every_kind_has_blanks_of_its_own_names_and_all_can_be_filled(kind, pack_city):
    table = View(pack_city).table(LAYERS[kind])
    pack = make_pack(kind, basis_of(pack_city), table[id_in(table.column_names)][0].as_py())
    keys = keys_of(pack)
    assert list(keys) == documented()[kind]
    text = spoken(content_of(with_notes(pack, {key: f"Known of {key}." for key in keys}), "html").decode())
    assert all(f"{SUPPLIED} Known of {key}." in text for key in keys)


def test_a_text_is_marked_and_stands_as_text(pack, tmp_path):
    (page, printed) = write_pack(pack, tmp_path, formats=("html", "pdf"), notes={"threat": SAID})
    html = page.read_text(encoding="utf-8")
    assert "Threat is &lt;b&gt;moderate&lt;/b&gt; &amp; falling.</p><p>See the board" in html
    text = spoken(html)
    assert f"Organised-crime threat and intelligence picture {SUPPLIED} Threat is <b>moderate</b>" in text
    assert "intelligence picture: filled in by the user, not checked." in text  # in the checklist at the end
    assert "Safeguarding concerns Held by the partners" in text  # what nobody has filled stays blank
    assert IN_LEAD in text
    paper = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(printed.read_bytes())).pages)
    assert SUPPLIED in paper
    assert "See the board" in paper


def test_it_is_no_longer_for_everybody_to_publish(pack, pack_town):
    noted = with_notes(pack, {"threat": "Moderate."})
    assert pack.publication.may_publish
    assert not noted.publication.may_publish
    text = spoken(content_of(noted, "html").decode())
    assert "Can I publish this? No, because it holds texts that its user has supplied" in text
    assert "Yes, because" not in text
    internal = make_pack("chb", basis_of(pack_town, Reader("internal")), PLACE)
    assert "exact small counts" in with_notes(internal, {"threat": "Moderate."}).publication.answer


def test_no_text_is_in_a_part_that_holds_data(pack, tmp_path):
    written = write_pack(pack, tmp_path, formats=("geojson", "xlsx"), notes={"threat": "Zanzibar"})
    assert [path.read_bytes() for path in written] == [content_of(pack, form) for form in ("geojson", "xlsx")]


def test_without_texts_it_is_the_same_pack(pack):
    assert with_notes(pack, {}) == pack


def test_what_lacks_data_is_no_blank_to_fill(pack):
    missing = [
        part
        for section in pack.sections
        for part in section.parts
        if isinstance(part, Blank) and part.item == "buffers"
    ]
    assert not [part for part in missing if part.key]
    with pytest.raises(GeoSafetyError, match=r"no blank 'buffers'.*threat, safeguarding, capacity, community_voice"):
        with_notes(pack, {"buffers": "Two rings."})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("threat = 5", "threat is no text"),
        ("[threat]\ntext = 'a'", "threat is no text"),
        ("threat = '  '", "threat is empty"),
        (f"threat = '{'a' * (LONGEST_NOTE + 1)}'", "2,001 letters"),
        ('threat = "a\\u0000b"', "cannot be printed"),
        ('threat = "a\\u202eb"', "cannot be printed"),
        ("threat", "is no TOML"),
        ("threat = ''\ncapacity = 1", r"(?s)2 problem.*threat is empty.*capacity is no text"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_remedy(notes, text, said):
    with pytest.raises(GeoSafetyError, match=said):
        notes(text)


def test_lines_and_the_longest_text_are_taken(notes):
    assert notes(f'threat = """\none\ntwo"""\ncapacity = "{"a" * LONGEST_NOTE}"')["threat"] == "one\ntwo"


def test_the_command_takes_a_file_and_writes_nothing_where_a_key_is_wrong(pack_town, tmp_path, capsys):
    file, out = tmp_path / "notes.toml", tmp_path / "out"
    asked = ["pack", "chb", str(pack_town.folder.parent), "--place", PLACE, "--out", str(out), "--no-pdf", "--notes", str(file)]  # fmt: skip
    assert main(asked) == 1
    assert "cannot be read" in capsys.readouterr().err
    file.write_text('threats = "a"\n', encoding="utf-8")
    assert main(asked) == 1
    said = capsys.readouterr().err
    assert "no blank 'threats'" in said
    assert "safeguarding" in said
    assert not out.exists()
    file.write_text('threat = "Moderate."\n', encoding="utf-8")
    assert main(asked) == 0
    assert "Safe to publish: No, because it holds texts" in capsys.readouterr().out
    assert "Moderate." in (out / "pack-chb.html").read_text(encoding="utf-8")
