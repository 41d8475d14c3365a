"""Archives: nested, overlapping, as they were at a date, and such as were made to do harm."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from geo_safety.errors import SourceError
from geo_safety.incidents import read_feed
from geo_safety.sources import police_uk
from geo_safety.sources.files import find_files, read_whole
from geo_safety.sources.forces import canonical_force


def zipped(members: dict[str, bytes | str], *, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.fixture
def street_text(row_of):
    header = (
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
        "Last outcome category,Context"
    )
    return lambda *rows: "\n".join([header, *(rows or (row_of(),))]) + "\n"


def test_an_archive_of_many_months_and_forces_is_read_like_a_folder(tmp_path, police, row_of, street_text):
    members = {
        f"2020-0{month}/2020-0{month}-{force}-street.csv": street_text(row_of(month=f"2020-0{month}"))
        for month in (1, 2, 3)
        for force in ("btp", "kent")
    }
    (tmp_path / "all.zip").write_bytes(zipped(members))
    feed = read_feed(police(tmp_path / "all.zip"))
    assert feed.presence.units == ("btp", "kent")
    assert feed.presence.has_file.tolist() == [[True] * 3] * 2


def test_archives_inside_an_archive_are_opened_and_the_newest_edition_wins(tmp_path, police, row_of, street_text):
    name = "2020-01/2020-01-kent-street.csv"
    old = zipped({name: street_text(row_of(), row_of())})
    new = zipped(
        {name: street_text(row_of()), f"{name}.gz".replace("kent", "btp"): gzip.compress(street_text().encode())}
    )
    path = tmp_path / "editions.zip"
    path.write_bytes(zipped({"b/2020-03.zip": old, "a/2020-06.zip": new}, kind=zipfile.ZIP_STORED))
    feed = read_feed(police(path), workers=2)
    assert [(account.name, account.superseded, account.accepted) for account in feed.accounts] == [
        ("editions.zip/a/2020-06.zip/2020-01/2020-01-btp-street.csv.gz", 0, 1),
        ("editions.zip/a/2020-06.zip/2020-01/2020-01-kent-street.csv", 0, 1),
        ("editions.zip/b/2020-03.zip/2020-01/2020-01-kent-street.csv", 2, 0),
    ]


def test_a_release_can_be_made_as_it_was_at_a_date(tmp_path, police, row_of, street_text):
    for edition, rows in (("2020-03", 1), ("2020-06", 2), ("2020-09", 3)):
        name = "2020-01/2020-01-kent-street.csv"
        (tmp_path / f"{edition}.zip").write_bytes(zipped({name: street_text(*[row_of()] * rows)}))

    def accepted(as_at):
        return sum(account.accepted for account in read_feed(police(tmp_path, as_at=as_at)).accounts)

    assert [accepted(month) for month in (None, 608, 605, 602)] == [3, 3, 2, 1]  # 608: September 2020
    with pytest.raises(SourceError, match=r"every archive is newer than `as_at`"):
        read_feed(police(tmp_path, as_at=600))


def test_the_config_names_the_date_as_a_month(tmp_path):
    from tiny_town import CONFIG

    from geo_safety.errors import ProblemsError
    from geo_safety.settings import read_settings

    (tmp_path / "a.toml").write_text(CONFIG.replace('path = "police"', 'path = "police"\nas_at = "2020-03"'))
    assert read_settings(tmp_path / "a.toml").feeds[0].as_at == 602
    (tmp_path / "b.toml").write_text(CONFIG.replace('path = "police"', 'path = "police"\nas_at = "March"'))
    with pytest.raises(ProblemsError, match="as_at"):
        read_settings(tmp_path / "b.toml")


def test_a_force_keeps_its_series_when_its_files_are_named_anew(tmp_path, write_street, police, row_of):
    write_street("2020-01-british-transport-police-street.csv", row_of())
    write_street("2020-02-btp-street.csv", row_of(month="2020-02"))
    feed = read_feed(police(tmp_path, forces=("British Transport Police",)))
    assert feed.presence.units == ("btp",)
    assert feed.presence.has_file.tolist() == [[True, True]]
    assert canonical_force("metropolitan_police") == canonical_force("metropolitan") == "metropolitan"
    forces = ("city-of-london", "south-yorkshire", "northern-ireland", "btp", "metropolitan", "west-mercia", "gwent")
    assert [canonical_force(force) for force in forces] == list(forces)


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "a\\..\\..\\evil.csv"])
def test_a_member_that_leads_out_of_its_archive_is_refused(tmp_path, name):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.zip"
    path.write_bytes(zipped({name: "x", "ok.csv": "x"}))
    with pytest.raises(SourceError, match=r"a\.zip holds a file whose name leads out"):
        find_files([path], feed="f")
    assert [file.name for file in tmp_path.rglob("*")] == ["in", "a.zip"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(300):
            member.write(b"a,b\n" * (1 << 18))
    assert path.stat().st_size < 2 << 20
    with pytest.raises(SourceError, match=r"a\.csv unpacks to .* times its size"):
        find_files([path], feed="f")


def test_a_gz_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb") as member:
        for _ in range(300):
            member.write(b"a,b\n" * (1 << 18))
    with pytest.raises(SourceError, match=r"a\.csv\.gz unpacks to .* times its size"):
        read_whole(path, None, name="a.csv.gz")


def test_archives_that_hold_themselves_over_and_over_are_refused(tmp_path):
    data = zipped({"a.csv": "x"})
    for depth in range(4):
        data = zipped({f"{depth}.zip": data})
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SourceError, match=r"3 archives deep"):
        find_files([tmp_path / "a.zip"], feed="f")


def test_a_damaged_archive_inside_an_archive_is_named(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped({"b.zip": zipped({"a.csv": "x" * 1000})[:80]}))
    with pytest.raises(SourceError, match=r"a\.zip is no readable zip archive"):
        find_files([tmp_path / "a.zip"], feed="f")


def test_editions_can_be_compared(write_street, police, row_of):
    old = write_street("a/2020-01-kent-street.csv", row_of("1"), row_of("2"), row_of("3"), row_of(""))
    new = write_street(
        "b/2020-01-kent-street.csv", row_of("1"), row_of("2", at="-0.2,51.5"), row_of("4", category="Drugs")
    )
    (remark,) = police_uk.remarks(police(old, new))
    assert remark == (
        "b/2020-01-kent-street.csv replaces a/2020-01-kent-street.csv: of 2 crimes in both, 0 have another outcome, 0 another "
        "class, 1 another place; 1 crimes appeared and 1 vanished; 4 rows became 3"
    )


def test_outcomes_are_matched_by_force_and_the_last_one_stands(tmp_path, write_street, write_file, police, row_of):
    from geo_safety.sources.outcomes import join_outcomes

    header = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type\n"

    def outcome(crime: str, what: str) -> str:
        return f"{crime},2020-01,x,x,-0.1,51.5,x,x,x,{what}\n"

    write_street("2020-01-kent-street.csv", row_of("1"), row_of("2"), row_of(""))
    write_street("2020-01-essex-street.csv", row_of("1"))
    write_file("2020-01-kent-outcomes.csv", header + outcome("1", "Under investigation") + outcome("9", "Unable"))
    write_file("2020-02-kent-outcomes.csv", header + outcome("1", "Charged"))
    settings = police(tmp_path)
    (kent,) = join_outcomes(police_uk.find(settings), settings)
    assert (kent.force, kent.files, kent.rows, kent.matched, kent.unmatched) == ("kent", 2, 3, 1, 1)
    assert dict(kent.last) == {("Robbery", "Charged"): 1}
    assert sum(account.rows_read for account in read_feed(settings).accounts) == 4
    assert any("none of them counted as an incident" in line for line in police_uk.remarks(settings))


# The real files: figures from their README.


def test_real_revisions_of_a_later_release(shared_data, police):
    from geo_safety.sources.revisions import revisions

    base, later = (shared_data / "incidents" / name for name in ("police-uk", "police-uk-later-release"))
    files = police_uk.find(police(base, later, forces=("city-of-london",)))
    found = {Path(one.newer).name[:7]: one for one in revisions(files)}
    assert sorted(found) == [f"2023-0{month}" for month in range(1, 7)]
    shares = {month: one.outcome / one.shared for month, one in found.items()}
    assert (round(shares["2023-01"], 2), round(shares["2023-06"], 2)) == (0.17, 0.84)
    assert sum(one.category for one in found.values()) == 0
    assert sum(one.place for one in found.values()) == 7
    assert sum(one.appeared + one.vanished for one in found.values()) == 0


def test_real_outcomes_are_joined_and_not_counted(shared_data, police):
    from geo_safety.sources.outcomes import join_outcomes

    settings = police(shared_data / "incidents/police-uk", forces=("city-of-london", "south-yorkshire"))
    by_force = {one.force: one for one in join_outcomes(police_uk.find(settings), settings)}
    assert {force: (one.files, one.rows) for force, one in by_force.items()} == {
        "city-of-london": (18, 9_136),
        "south-yorkshire": (3, 33_741),
    }
    for one in by_force.values():
        assert one.matched > 0.8 * (one.matched + one.unmatched)
        assert sum(one.last.values()) == one.matched
