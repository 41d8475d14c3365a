"""The pack of a walk: no counts, nobody's name, and what people saw only for those who keep it."""

from __future__ import annotations

import json
import re

import pytest
from wording import spoken

from geo_safety.disclosure import Reader
from geo_safety.errors import ReleaseError
from geo_safety.nominations import nominate
from geo_safety.packs import basis_of, content_of, make_pack
from geo_safety.view import View
from geo_safety.walk_factors import FACTORS, KEYS
from geo_safety.walk_sheet import place_named
from geo_safety.walks import add_walk, read_entry


@pytest.fixture(scope="module")
def rows(pack_city) -> list[dict]:
    return View(pack_city).table("wsa-shortlist", theme="vawg_ps").drop_columns("geometry").to_pylist()


@pytest.fixture(scope="module")
def listed(rows) -> dict:
    return next(row for row in rows if row["is_listed"])


def text_of(pack) -> str:
    return spoken(content_of(pack, "html").decode())


def test_it_holds_no_count_and_no_sexual_offences(pack_city, listed):
    pack = make_pack("wsa", basis_of(pack_city), listed["place_id"])
    assert not [name for table in pack.tables for name in table.head if "ncident" in name]
    assert "incidents" not in {name for shape in pack.shapes for name in shape.properties}
    text = text_of(pack)
    # Named only to say that they are in no figure.
    assert {said.lower() for said in re.findall(r"(\S+ sexual offence)", text)} == {"no sexual offence"}
    assert "Low reports do not mean safe." in text
    assert all(factor.question in text for factor in FACTORS)
    assert f"with other weights between {listed['rank_low']:,} and {listed['rank_high']:,}" in text


def test_a_place_off_the_list_says_why(pack_city, rows):
    row = next(row for row in rows if not row["is_listed"] and row["rank"])
    text = text_of(make_pack("wsa", basis_of(pack_city), row["place_id"]))
    because = row["excluded_because"]
    assert f"It is not on the list: {because[0].lower()}{because[1:]}" in text


def test_what_people_saw_is_for_those_who_keep_it_and_for_nobody_to_publish(pack_city, listed, tmp_path):
    found = place_named(View(pack_city), listed["place_id"])
    walk = {"place_id": listed["place_id"], "date": "2025-01-15", "start": "18:30", "people": 6,
            "factors": {**dict.fromkeys(KEYS, 2), "lighting": 1}}  # fmt: skip
    add_walk(tmp_path, read_entry(walk), found.place)
    readers = {
        "open": Reader(),
        "theirs": Reader("partner", frozenset({found.place.borough_code})),
        "others": Reader("partner", frozenset({"nowhere"})),
        "internal": Reader("internal"),
    }
    packs = {
        name: make_pack("wsa", basis_of(pack_city, reader, state=tmp_path), listed["place_id"])
        for name, reader in readers.items()
    }
    seen = {name: "last time: dark 1" in text_of(pack) for name, pack in packs.items()}
    assert seen == {"open": False, "theirs": True, "others": False, "internal": True}
    assert [name for name, pack in packs.items() if pack.publication.may_publish] == ["open", "others"]
    assert "theirs to publish" in packs["theirs"].publication.answer


def test_a_place_that_the_community_named_has_a_pack_without_a_score(pack_city, listed, tmp_path):
    middle = place_named(View(pack_city), listed["place_id"]).place
    one = nominate(tmp_path, View(pack_city), name="Path by the weir", type="park edge", longitude=middle.longitude,
                   latitude=middle.latitude, by="Women's Forum")  # fmt: skip
    pack = make_pack("wsa", basis_of(pack_city, Reader("internal"), state=tmp_path), one["place_id"])
    assert "It has no score and needs none." in text_of(pack)
    assert not pack.missing
    assert json.loads(content_of(pack, "geojson"))["features"][0]["properties"]["rank"] is None
    with pytest.raises(ReleaseError, match="no place"):
        make_pack("wsa", basis_of(pack_city, state=tmp_path), one["place_id"])
