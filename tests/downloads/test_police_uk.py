"""Archives of data.police.uk: which ones, what is kept of them, and what happens when something is wrong."""

from __future__ import annotations

import zipfile

import pytest
from fake_london import POLICE, add_archive, zip_of
from hypothesis import given
from hypothesis import strategies as st
from loopback_sources import Fault

from geo_safety.downloads import police_uk
from geo_safety.downloads.police_uk import month_before
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError

FORCES = ("metropolitan", "city-of-london", "btp", "kent")


def months_upto(last: str, number: int) -> list[str]:
    return [month_before(last, back) for back in range(number)]


def files_of(months: list[str], *, edition: str = "", kinds=("street", "outcomes")) -> dict[str, bytes]:
    return {
        f"{month}/{month}-{force}-{kind}.csv": f"{edition}{month}{force}{kind}\n".encode() * 50
        for month in months
        for force in FORCES
        for kind in kinds
    }


@pytest.fixture
def police(officials, publisher_at):
    """Two archives of 36 months each that touch."""
    add_archive(officials, "2022-12", files_of(months_upto("2022-12", 36), edition="old"))
    add_archive(officials, "2023-06", files_of(months_upto("2023-06", 36), edition="mid"))
    add_archive(officials, "2025-12", files_of(months_upto("2025-12", 36), edition="new"))
    officials.pages[f"{POLICE}/api/crime-last-updated"] = lambda _: {"date": "2025-12-01"}
    return publisher_at("police_uk")


def kept(store, month: str) -> dict[str, bytes]:
    with zipfile.ZipFile(store.folder / "police-uk" / f"{month}.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_only_the_wanted_forces_months_and_kinds_are_kept(store, police):
    police_uk.fetch(police, store, Wanted(months=3, forces=("metropolitan", "btp")))
    assert sorted(kept(store, "2025-12")) == [
        f"{month}/{month}-{force}-street.csv"
        for month in ("2025-10", "2025-11", "2025-12")
        for force in ("btp", "metropolitan")
    ]
    assert kept(store, "2025-12")["2025-11/2025-11-btp-street.csv"] == b"new2025-11btpstreet\n" * 50
    assert list(store.folder.rglob("*.part")) == []


def test_the_published_checksum_and_what_was_kept_are_written_down(store, police, officials):
    police_uk.fetch(police, store, Wanted(months=3, forces=("btp",), kinds=("street", "outcomes")))
    record = store.records["police-uk/2025-12.zip"]
    assert record.origins[0].published_md5 in officials.files[f"{POLICE}/data/archive/"].decode()
    assert record.origins[0].size == len(officials.files[f"{POLICE}/data/archive/2025-12.zip"])
    assert record.changed == "6 of 288 files kept"
    assert record.about == {"forces": ["btp"], "kinds": ["street", "outcomes"], "months": ["2025-10", "2025-12"]}


def test_more_months_come_from_older_archives_and_none_twice(store, police, officials):
    police_uk.fetch(police, store, Wanted(months=60, forces=("btp",)))
    assert sorted(path.name for path in (store.folder / "police-uk").iterdir()) == ["2022-12.zip", "2025-12.zip"]
    assert officials.asked_for(f"{POLICE}/data/archive/2023-06.zip") == []
    new, old = kept(store, "2025-12"), kept(store, "2022-12")
    assert sorted(name[:7] for name in [*new, *old]) == sorted(months_upto("2025-12", 60))


def test_months_before_the_oldest_archive_are_said_to_be_missing(store, police, told):
    police_uk.fetch(police, store, Wanted(months=90, forces=("btp",)))
    assert any("no archive with 2018-07 to 2019-12: those months are left out" in line for line in told)


def test_a_second_run_asks_for_no_archive(store, police, officials):
    wanted = Wanted(months=40, forces=("btp",))
    police_uk.fetch(police, store, wanted)
    before = len(officials.asked)
    police_uk.fetch(police, store, wanted)
    assert [one.path for one in officials.asked[before:]] == [
        f"{POLICE}/data/archive/",
        f"{POLICE}/api/crime-last-updated",
    ]


def test_another_wish_or_a_new_archive_is_fetched(store, police, officials):
    police_uk.fetch(police, store, Wanted(months=3, forces=("btp",)))
    police_uk.fetch(police, store, Wanted(months=4, forces=("btp",)))
    assert len(kept(store, "2025-12")) == 4
    officials.files[f"{POLICE}/data/archive/"] = b"<table>\n</table>"
    add_archive(officials, "2025-12", files_of(months_upto("2025-12", 36), edition="resupplied"))
    police_uk.fetch(police, store, Wanted(months=4, forces=("btp",)))
    assert kept(store, "2025-12")["2025-12/2025-12-btp-street.csv"].startswith(b"resupplied")


def test_a_month_without_its_archive_falls_back_to_the_newest_one(store, police, officials, told):
    officials.pages[f"{POLICE}/api/crime-last-updated"] = lambda _: {"date": "2026-01-01"}
    police_uk.fetch(police, store, Wanted(months=2, forces=("btp",)))
    assert sorted(name[:7] for name in kept(store, "2025-12")) == ["2025-11", "2025-12"]
    assert "the newest month is 2026-01, but its archive is not out yet" in told[0]


def test_missing_months_of_one_force_are_named(store, police, officials, told):
    files = files_of(months_upto("2025-12", 36))
    del files["2025-11/2025-11-btp-street.csv"]
    officials.files[f"{POLICE}/data/archive/"] = b"<table>\n</table>"
    add_archive(officials, "2025-12", files)
    police_uk.fetch(police, store, Wanted(months=3, forces=("btp", "kent")))
    assert told == ["btp has no files of 2025-11: these months will be gaps"]


def test_a_force_that_is_not_there_is_an_error_with_those_that_are(store, police):
    with pytest.raises(FetchError, match=r"no files of londen.*btp, city-of-london, kent, metropolitan"):
        police_uk.fetch(police, store, Wanted(months=2, forces=("londen",)))


def test_a_corrupted_archive_is_taken_anew_and_then_refused(store, police, officials):
    path = f"{POLICE}/data/archive/2025-12.zip"
    officials.faults[path] = [Fault(corrupt=True)]
    police_uk.fetch(police, store, Wanted(months=2, forces=("btp",)))
    assert len(officials.asked_for(path)) == 2
    officials.faults[path] = [Fault(corrupt=True), Fault(corrupt=True)]
    with pytest.raises(FetchError, match="wrong both times: its MD5 is"):
        police_uk.fetch(police, store, Wanted(months=3, forces=("btp",)))
    assert len(kept(store, "2025-12")) == 2  # what was there before stays


def test_a_checksum_that_is_none_is_not_held_against_an_archive(store, police, officials):
    officials.files[f"{POLICE}/data/archive/"] = b"<table>\n</table>"
    add_archive(officials, "2025-12", files_of(months_upto("2025-12", 36)), md5="9b2cf535f27731c974343645a3985328-108")
    # The publisher has shown such a mark of an upload in parts where the MD5 should stand.
    police_uk.fetch(police, store, Wanted(months=1, forces=("btp",)))
    assert store.records["police-uk/2025-12.zip"].origins[0].published_md5 is None
    police_uk.fetch(police, store, Wanted(months=1, forces=("btp",)))
    assert "If-None-Match" in officials.asked[-1].headers
    assert len(kept(store, "2025-12")) == 1


def test_an_archive_that_is_damaged_inside_is_an_error(store, police, officials):
    whole = bytearray(zip_of(files_of(["2025-12"])))
    whole[60:90] = b"\xff" * 30  # inside the first member
    officials.files[f"{POLICE}/data/archive/"] = b"<table>\n<a>2025-12.zip</a></table>"
    officials.files[f"{POLICE}/data/archive/2025-12.zip"] = bytes(whole)
    with pytest.raises(FetchError, match="damaged inside"):
        police_uk.fetch(police, store, Wanted(months=1))
    assert not (store.folder / "police-uk").exists()


def test_names_inside_an_archive_lead_nowhere_else(store, police, officials):
    add_archive(
        officials,
        "2026-01",
        {"../../2026-01/2026-01-btp-street.csv": b"x", "/etc/2026-01-kent-street.csv": b"y", "../../evil.csv": b"z"},
    )
    officials.pages[f"{POLICE}/api/crime-last-updated"] = lambda _: {"date": "2026-01-01"}
    police_uk.fetch(police, store, Wanted(months=1))
    assert sorted(kept(store, "2026-01")) == ["2026-01/2026-01-btp-street.csv", "2026-01/2026-01-kent-street.csv"]


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("/data/archive/", b"<html>We have moved</html>", "lists no archive"),
        ("/api/crime-last-updated", b'{"updated": "2025-12"}', "names no date"),
        ("/data/archive/2025-12.zip", zip_of({"readme.txt": b"moved"}), "the layout has changed"),
        ("/data/archive/2025-12.zip", b"<!DOCTYPE html><p>Blocked by the council", "a web page"),
        ("/data/archive/2025-12.zip", b"PK but no more", "no readable zip archive"),
    ],
)
def test_a_changed_service_is_an_error_that_says_what_changed(store, police, officials, path, content, says):
    officials.pages.pop(f"{POLICE}{path}", None)
    officials.files[f"{POLICE}{path}"] = content
    if path.endswith(".zip"):
        officials.files[f"{POLICE}/data/archive/"] = b"<a>2025-12.zip</a>"
    with pytest.raises(FetchError, match=says):
        police_uk.fetch(police, store, Wanted(months=1))


def test_the_same_archive_and_wish_give_the_same_bytes(store, police):
    police_uk.fetch(police, store, Wanted(months=2, forces=("btp",)))
    first = (store.folder / "police-uk" / "2025-12.zip").read_bytes()
    (store.folder / "police-uk" / "2025-12.zip").unlink()
    police_uk.fetch(police, store, Wanted(months=2, forces=("btp",)))
    assert (store.folder / "police-uk" / "2025-12.zip").read_bytes() == first


@given(st.integers(2010, 2040), st.integers(1, 12), st.integers(0, 200), st.integers(0, 200))
def test_months_back_add_up(year, month, back, further):
    start = f"{year}-{month:02d}"
    assert month_before(month_before(start, back), further) == month_before(start, back + further)
    assert month_before(start, 12) == f"{year - 1}-{month:02d}"
