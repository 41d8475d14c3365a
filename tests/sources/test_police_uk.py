"""Street files: which of them are read, which is the newest, which rows are one crime, and the real ones."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from geo_safety.accounts import total
from geo_safety.errors import LabelError, SourceError
from geo_safety.incidents import read_feed
from geo_safety.sources import police_uk
from geo_safety.sources.values import parse_month


def names_of(settings, *, superseded: bool = False) -> list[str]:
    return [file.name for file in police_uk.find(settings) if file.is_superseded == superseded]


def test_only_street_files_of_the_wanted_forces_are_taken(write_street, police, row_of, tmp_path):
    for name in (
        "2020-01/2020-01-btp-street.csv.gz",
        "2020-01/2020-01-metropolitan-street.csv",
        "2020-01/2020-01-btp-outcomes.csv.gz",
        "2020-01/2020-01-metropolitan-stop-and-search.csv",
        "2020-02/2020-02-btp-street.csv",
        "2020-02/.2020-02-btp-street.csv.swp",
        "notes.txt",
    ):
        write_street(name, row_of())
    assert names_of(police(tmp_path, forces=("btp",))) == [
        "2020-01/2020-01-btp-street.csv.gz",
        "2020-02/2020-02-btp-street.csv",
    ]
    assert len(names_of(police(tmp_path))) == 3


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (["2020-01-btp-street.csv"], "2020-01-btp-street.csv"),
        (["2020-01-btp-street.csv.gz"], "2020-01-btp-street.csv.gz"),
        (["raw/2020-01/2020-01-btp-street.csv"], "raw"),
        (["raw/2020-01/2020-01-btp-street.csv", "raw/2020-01/x.txt"], "raw/*/*-street.csv*"),
        (["latest.zip/2020-01/2020-01-btp-street.csv"], "latest.zip"),
        (["latest.zip/2020-01-btp-street.csv.gz"], "*.zip"),
        (["raw/old.zip/2020-01/2020-01-btp-street.csv"], "raw"),
    ],
    ids=["file", "gz", "folder", "glob", "archive", "gz in archive", "archive in folder"],
)
def test_the_same_file_is_read_however_it_is_packed(write_street, police, row_of, tmp_path, files, place):
    for name in files:
        write_street(name, row_of(), row_of(category="Drugs"))
    feed = read_feed(police(tmp_path / place))
    assert feed.incidents.categories == ("Robbery", "Drugs")
    assert feed.accounts[0].rows_read == feed.accounts[0].accepted == 2
    assert feed.presence.units == ("btp",)


def test_rows_that_share_an_id_are_one_crime_and_rows_without_one_are_all_kept(write_street, police, row_of, tmp_path):
    same = row_of("abc")
    nameless = row_of("", category="Anti-social behaviour")
    write_street("2020-01-city-of-london-street.csv", same, nameless, nameless, same, row_of("abd"), nameless)
    account = read_feed(police(tmp_path)).accounts[0]
    assert (account.rows_read, account.repeated, account.accepted) == (6, 1, 5)


def test_an_id_means_nothing_in_another_month_or_force(write_street, police, row_of, tmp_path):
    for name in ("2020-01-btp-street.csv", "2020-02-btp-street.csv", "2020-01-kent-street.csv"):
        write_street(name, row_of("abc", month=name[:7]))
    assert total(read_feed(police(tmp_path)).accounts)["accepted"] == 3


def test_of_two_rows_with_one_id_the_first_that_can_be_read_stays(write_street, police, row_of, tmp_path):
    write_street("2020-01-kent-street.csv", row_of("abc", at="0,0"), row_of("abc"))
    account = read_feed(police(tmp_path)).accounts[0]
    assert (account.quarantined, account.repeated, account.accepted) == (1, 0, 1)


def test_an_archive_with_a_later_month_in_its_name_supersedes_whatever_the_order(write_street, police, row_of):
    new = write_street("2020-06.zip/2020-01/2020-01-kent-street.csv", row_of())
    old = write_street("2020-03.zip/2020-01/2020-01-kent-street.csv", row_of(), row_of())
    settings = police(new, old)
    assert names_of(settings) == ["2020-06.zip/2020-01/2020-01-kent-street.csv"]
    feed = read_feed(settings)
    assert [(account.superseded, account.accepted) for account in feed.accounts] == [(0, 1), (2, 0)]
    assert feed.presence.rows.sum() == 1


def test_of_loose_files_the_later_place_supersedes(write_street, police, row_of, tmp_path):
    write_street("b/2020-01-kent-street.csv", row_of())
    write_street("a/2020-01-kent-street.csv", row_of())
    assert names_of(police(tmp_path / "b", tmp_path / "a")) == ["a/2020-01-kent-street.csv"]
    assert names_of(police(tmp_path / "a", tmp_path / "b")) == ["b/2020-01-kent-street.csv"]
    assert names_of(police(tmp_path)) == ["b/2020-01-kent-street.csv"]  # one place: the later name


def test_a_month_is_superseded_whole_and_only_for_its_force(write_street, police, row_of, tmp_path):
    write_street("old/2020-01-kent-street.csv", row_of(), row_of(category="Drugs"))
    write_street("old/2020-01-btp-street.csv", row_of())
    write_street("new/2020-01-kent-street.csv", row_of())
    feed = read_feed(police(tmp_path / "old", tmp_path / "new"))
    assert total(feed.accounts)["superseded"] == 2
    assert sorted(zip(feed.incidents.forces, feed.incidents.categories, strict=True)) == [
        ("btp", "Robbery"),
        ("kent", "Robbery"),
    ]


def test_every_btp_row_is_transport_too(write_street, police, row_of, tmp_path):
    from geo_safety.incidents import theme_matrix

    write_street("2020-01-btp-street.csv", row_of(category="Drugs"))
    write_street("2020-01-kent-street.csv", row_of(category="Drugs"))
    feed = read_feed(police(tmp_path))
    assert dict(zip(feed.incidents.forces, theme_matrix(feed)["transport"].tolist(), strict=True)) == {
        "btp": True,
        "kent": False,
    }


def test_a_row_of_another_month_is_set_aside(write_street, police, row_of, tmp_path):
    write_street("2020-01-kent-street.csv", row_of(), row_of(month="2019-12"))
    feed = read_feed(police(tmp_path))
    assert feed.quarantine[["row", "reason"]].to_numpy().tolist() == [[2, "its month is not the month of the file"]]


def test_a_month_with_a_header_alone_is_there_and_empty(write_street, police, row_of, tmp_path):
    write_street("2020-01-kent-street.csv", row_of())
    write_street("2020-02-kent-street.csv")
    feed = read_feed(police(tmp_path))
    assert feed.presence.has_file.tolist() == [[True, True]]
    assert feed.presence.rows[0, :, 0].tolist() == [1, 0]
    assert feed.accounts[1].rows_read == 0


@pytest.mark.parametrize(
    ("name", "forces", "message"),
    [
        ("crimes.csv", (), r"none of the 1 files is a street file.*kind = \"table\""),
        ("2020-01-kent-street.csv", ("btp",), r"no street file of btp.*there are files of kent"),
    ],
)
def test_files_that_do_not_fit_are_named(write_street, police, row_of, tmp_path, name, forces, message):
    write_street(name, row_of())
    with pytest.raises(SourceError, match=message):
        read_feed(police(tmp_path, forces=forces))


def test_a_file_of_another_kind_under_a_street_name_is_refused(write_file, police, tmp_path):
    write_file("2020-01-kent-street.csv", "id,month\n1,2020-01\n")
    with pytest.raises(SourceError, match=r"no column 'Crime ID' \(id\), 'Month' \(month\).*kind = \"table\""):
        read_feed(police(tmp_path))


def test_a_feed_whose_labels_fit_nothing_is_refused(write_street, police, row_of, tmp_path):
    write_street("2020-01-kent-street.csv", row_of())
    with pytest.raises(LabelError, match=r"none of its 1 categories.*labels = "):
        read_feed(police(tmp_path, labels={"Burglary": ("burglary",)}))


# The real files: the figures are the publisher's own oddities, counted once by hand in their README.


@pytest.mark.parametrize(
    ("folder", "force", "read", "repeated", "without_place"),
    [
        ("police-uk", "city-of-london", 77_494, 829, 5_365),
        ("police-uk", "btp", 86_594, 0, 0),
        ("police-uk", "northern-ireland", 26_726, 0, 290),
        ("police-uk", "south-yorkshire", 191_151, 0, 6_852),
        pytest.param("police-uk-met-burglary-only", "metropolitan", 553_188, 5_964, 4_655, marks=pytest.mark.slow),
    ],
)
def test_real_forces_are_read_to_the_last_row(shared_data, police, folder, force, read, repeated, without_place):
    place = shared_data / "incidents" / folder
    feed = read_feed(police(place, forces=(force,)), workers=2)
    counted = total(feed.accounts)
    assert (counted["rows_read"], counted["repeated"], counted["quarantined"]) == (read, repeated, 0)
    assert counted["accepted"] + counted["unlocated"] == read - repeated
    plain = plain_recount(place, force)
    assert plain["read"] == read
    assert plain["without place"] == without_place
    assert counted["unlocated"] == plain["unlocated"]
    assert {
        (category, force): int(feed.presence.rows[0, :, code].sum())
        for code, (category, force) in enumerate(zip(feed.incidents.categories, feed.incidents.forces, strict=True))
    } == {(category, force): n for category, n in plain["categories"].items()}


def plain_recount(place: Path, force: str) -> dict:
    """The same figures by the csv module and sets."""
    read = without_place = unlocated = 0
    categories: Counter[str] = Counter()
    for path in sorted(place.glob(f"*/*-{force}-street.csv.gz")):
        seen = set()
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                read += 1
                without_place += not row["Longitude"]
                if row["Crime ID"] and row["Crime ID"] in seen:
                    continue
                seen.add(row["Crime ID"])
                unlocated += not row["Longitude"]
                categories[row["Crime type"]] += 1
    return {"read": read, "without place": without_place, "unlocated": unlocated, "categories": categories}


@pytest.mark.parametrize("release", ["police-uk-later-release", "police-uk-earlier-release"])
def test_a_real_resupplied_month_is_taken_from_the_later_place(shared_data, police, release):
    base, again = (shared_data / "incidents" / name for name in ("police-uk", release))
    months = {path.name for path in again.glob("*/*city-of-london-street*")}
    settings = police(base, again, forces=("city-of-london",))
    files = police_uk.find(settings)
    replaced = [file for file in files if file.is_superseded]
    assert {Path(file.name).name for file in replaced} == months & {path.name for path in base.glob("*/*")}
    assert all(file.name.startswith("police-uk/") for file in replaced)
    feed = read_feed(settings, workers=2)
    assert total(feed.accounts)["superseded"] == sum(
        account.rows_read for account in feed.accounts if account.name in {file.name for file in replaced}
    )


def test_the_real_city_has_the_gaps_and_zeros_that_are_known(shared_data, police):
    from geo_safety.cube import find_gaps

    feed = read_feed(police(shared_data / "incidents/police-uk", forces=("city-of-london",)), workers=2)
    presence = feed.presence
    gaps = find_gaps(presence.rows, presence.has_file)[0]

    def is_gap(month: str, category: str) -> bool:
        return bool(gaps[parse_month(month) - presence.first_month, feed.incidents.categories.index(category)])

    assert [is_gap(month, "Anti-social behaviour") for month in ("2017-05", "2017-07", "2017-08")] == [True] * 3
    assert [is_gap(month, "Robbery") for month in ("2016-10", "2017-03", "2020-04")] == [False] * 3
    assert is_gap("2017-10", "Robbery")  # no file at all
