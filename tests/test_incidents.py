"""Whole feeds: no row is lost or counted twice, whatever the files hold and however many workers read them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.accounts import FileAccount, total
from geo_safety.errors import LabelError, ProblemsError, SourceError
from geo_safety.incidents import Feed, FeedFiles, joined, read_feed, read_files, theme_matrix
from geo_safety.schema import QUARANTINE
from geo_safety.sources.feed import FeedSettings, PointRows, RawFile
from geo_safety.tally import tallied
from geo_safety.themes import POLICE_UK

COLUMNS = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what", "weight": "n"}
HEADER = "when,lon,lat,what,n\n"


def written(folder, files: dict[str, str], **rest) -> FeedSettings:
    for name, rows in files.items():
        (folder / name).write_text(HEADER + rows)
    return replace(FeedSettings("table", "points", (folder,), columns=COLUMNS, labels=POLICE_UK), **rest)


def read(folder, files: dict[str, str], *, workers: int = 1, **rest) -> Feed:
    return read_feed(written(folder, files, **rest), workers=workers)


def read_west(folder, files: dict[str, str], *, workers: int = 1) -> Feed:
    """The feed of a study that ends at a longitude of 1.5."""
    return joined(read_files(written(folder, files), workers=workers), lambda longitude, _: longitude < 1.5)


# A town of three places: A is in the study, B is not, - is unknown.
TOWN = {
    "1.csv": "2020-01,1,1,Robbery,2\n2020-01,2,2,Robbery,3\n2020-02,1,1,Knitting,1\n2020-02,,,Drugs,1\nrubbish\n",
    "2.csv": "2020-03,1,1,Drugs,1\n2020-03,1,1,Drugs,1\n",
}


def test_every_row_of_the_town_is_in_its_bucket(tmp_path):
    one, two = read_west(tmp_path, TOWN).accounts
    assert one == FileAccount(
        "1.csv", one.sha256, rows_read=5, quarantined=1, unlocated=1, outside=1, accepted=2, unused=1, incidents=3
    )
    assert two == FileAccount("2.csv", two.sha256, rows_read=2, accepted=2, incidents=2)
    assert total([one, two]) == {
        "rows_read": 7, "superseded": 0, "quarantined": 1, "repeated": 0, "unlocated": 1, "outside": 1,
        "accepted": 4, "unused": 1, "incidents": 5,
    }  # fmt: skip


def test_the_towns_rows_are_counted_by_category_file_month_and_place(tmp_path):
    counts = read(tmp_path, TOWN).incidents
    assert counts.longitude.tolist() == counts.latitude.tolist() == [1, 2]
    assert counts.location.tolist() == [0, 1, 0, -1, 0]
    assert [counts.categories[code] for code in counts.category] == ["Robbery", "Robbery", "Knitting", "Drugs", "Drugs"]
    assert (counts.month - 600).tolist() == [0, 0, 1, 1, 2]
    assert counts.weight.tolist() == [2, 3, 1, 1, 2]


def test_the_inside_has_locations_numbered_anew_and_keeps_the_unlocated(tmp_path):
    files = read_files(written(tmp_path, TOWN))
    kept = joined(files, lambda longitude, _: longitude > 1.5).incidents
    assert (kept.longitude.tolist(), kept.location.tolist()) == ([2], [0, -1])
    assert [kept.categories[code] for code in kept.category] == ["Robbery", "Drugs"]
    assert joined(files).incidents.location.tolist() == [0, 1, 0, -1, 0]  # the files are as they were


def test_what_was_supplied_does_not_depend_on_the_study(tmp_path):
    west, whole = read_west(tmp_path, TOWN).presence, read(tmp_path, TOWN).presence
    assert west.rows.tolist() == whole.rows.tolist()
    assert whole.rows[0].sum(axis=1).tolist() == [5, 2, 2]


def test_the_quarantine_is_a_valid_table(tmp_path):
    table = read(tmp_path, TOWN).quarantine
    assert QUARANTINE.check(table).to_numpy().tolist() == [
        ["points", "1.csv", 5, "it has 1 values where the header has 5", "rubbish"]
    ]
    (tmp_path / "sound").mkdir()
    assert QUARANTINE.check(read(tmp_path / "sound", {"2.csv": TOWN["2.csv"]}).quarantine).empty


ROWS = st.sampled_from(
    [
        "2020-01,1,1,Robbery,1",
        "2020-02,2,1,Drugs,4",
        "2020-02,1,2,Knitting,0",
        "2020-05,,,Robbery,1",
        "2020-05,0,0,Robbery,1",
        "2020-05,nan,1,Robbery,1",
        "never,1,1,Robbery,1",
        "2020-05,1,1,Robbery,-3",
        "2020-05,1,1",
    ]
)


@given(st.lists(st.lists(ROWS, max_size=12), min_size=1, max_size=4))
def test_no_row_is_lost_or_doubled_whatever_is_in_the_files(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("feed")
    # Empty lines are no rows; here they keep files of the same rows from being copies of each other.
    texts = {
        f"{number}.csv": "".join(f"{row}\n" for row in ["2020-01,1,1,Robbery,1", *rows]) + "\n" * number
        for number, rows in enumerate(files)
    }
    kept = read_west(folder, texts, workers=2)
    counted: Counter[tuple[str, ...]] = Counter()
    for account, rows in zip(kept.accounts, texts.values(), strict=True):
        lines = rows.split()
        located = [line.split(",") for line in lines if line.endswith(("Robbery,1", "Drugs,4", "Knitting,0")) and line[8:9] in "12" and not line.startswith("never")]  # fmt: skip
        accepted = [row for row in located if float(row[1]) < 1.5]
        assert account.rows_read == len(lines)
        assert account.outside == len(located) - len(accepted)
        assert account.unlocated == lines.count("2020-05,,,Robbery,1")
        assert account.accepted == len(accepted)
        assert account.unused == sum(row[3] == "Knitting" for row in accepted)
        assert account.incidents == sum(int(row[4]) for row in accepted)
        rest = account.rows_read - len(located) - account.unlocated
        assert account.quarantined == rest
        for when, east, north, what, number in accepted:
            counted[what, when, east, north] += int(number)
    incidents = kept.incidents
    held = Counter()
    for code, month, place, weight in zip(
        incidents.category, incidents.month, incidents.location, incidents.weight, strict=True
    ):
        if place >= 0:
            at = f"{incidents.longitude[place]:.0f}", f"{incidents.latitude[place]:.0f}"
            held[incidents.categories[code], f"2020-{month - 599:02d}", *at] += int(weight)
    assert +held == +counted
    assert kept.incidents.weight[kept.incidents.location >= 0].sum() == total(kept.accounts)["incidents"]


def test_the_number_of_workers_changes_nothing(tmp_path):
    rng = np.random.default_rng(7)
    files = {
        f"{number:02d}.csv": "".join(
            f"2020-{rng.integers(1, 13):02d},{rng.integers(9)},{rng.integers(1, 9)},{rng.choice(['Drugs', 'Robbery'])},1\n"
            for _ in range(rng.integers(1, 60))
        )
        for number in range(12)
    }
    one, four = read(tmp_path, files), read(tmp_path, files, workers=4)
    assert one.accounts == four.accounts
    assert one.quarantined == four.quarantined
    for name in ("longitude", "latitude", "location", "month", "category", "weight"):
        assert np.array_equal(getattr(one.incidents, name), getattr(four.incidents, name))


def test_all_files_that_cannot_be_read_are_named_at_once(tmp_path):
    (tmp_path / "3.csv").write_bytes(b"")
    (tmp_path / "4.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ProblemsError, match=r"2 problem\(s\)") as caught:
        read(tmp_path, TOWN)
    assert [str(problem)[:5] for problem in caught.value.problems] == ["3.csv", "4.csv"]


def test_many_bad_files_make_a_short_message(tmp_path):
    for number in range(3, 23):
        (tmp_path / f"{number}.csv").write_bytes(b"")
    with pytest.raises(ProblemsError) as caught:
        read(tmp_path, TOWN)
    assert len(caught.value.problems) == 6
    assert "15 more files cannot be read" in str(caught.value)


def test_a_feed_of_headers_alone_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"its 2 files hold a header and no rows.*download was complete"):
        read(tmp_path, {"1.csv": "", "2.csv": ""})


def test_a_copy_of_a_file_is_refused_because_it_would_count_twice(tmp_path):
    with pytest.raises(SourceError, match=r"copy\.csv is a copy of 1\.csv.*Remove one"):
        read(tmp_path, {**TOWN, "copy.csv": TOWN["1.csv"]})
    (tmp_path / "copy.csv").unlink()
    assert (
        total(read(tmp_path, {**TOWN, "8.csv": "", "9.csv": ""}).accounts)["rows_read"] == 7
    )  # empty ones are no copies


def test_use_decides_which_themes_a_feed_answers_for(tmp_path):
    feed = read(tmp_path, TOWN)
    assert {theme: codes.tolist() for theme, codes in theme_matrix(feed).items()} == {
        "robbery": [True, False, False],
        "vawg_ps": [True, False, False],
        "context": [False, False, True],
    }
    only = read(tmp_path, TOWN, use=("robbery",))
    assert list(theme_matrix(only)) == ["robbery"]
    assert total(only.accounts)["unused"] == 3  # drugs carry a theme that this feed does not answer for


def test_a_feed_that_answers_for_nothing_is_refused(tmp_path):
    with pytest.raises(LabelError, match=r"belongs to a theme of `use` \(asb\).*or correct `use`"):
        read(tmp_path, TOWN, use=("asb",))


def test_what_was_supplied_counts_rows_wherever_they_lie(tmp_path):
    presence = read(tmp_path, TOWN).presence
    assert (presence.units, presence.first_month) == (("points",), 600)
    # Robbery 2 + 3 in January; Knitting 1 and Drugs 1 (unlocated) in February; Drugs 2 in March.
    assert presence.rows[0].tolist() == [[5, 0, 0], [0, 1, 1], [0, 0, 2]]
    assert presence.has_file.tolist() == [[True, True, True]]


def test_dates_are_kept_where_every_file_has_them(tmp_path):
    files = {"1.csv": "2020-01-05,1,1,Robbery,1\n", "2.csv": "2020-02-06 12:30,1,1,Robbery,1\n"}
    assert read(tmp_path, files).incidents.date.astype(str).tolist() == ["2020-01-05T00:00", "2020-02-06T12:30"]
    files["2.csv"] = "2020-02,1,1,Robbery,1\n"
    assert read(tmp_path, files).incidents.date is None


def test_an_account_that_does_not_add_up_is_our_fault():
    with pytest.raises(AssertionError, match="account of a does not add up"):
        FileAccount("a", "", rows_read=3, accepted=2).checked()


def test_a_file_may_name_more_categories_than_its_rows_have():
    place, names = np.array([1.0]), tuple(f"Kind {number}" for number in range(300))
    rows = PointRows("", 3, 0, (), place, place, np.zeros(3, int), np.full(3, 600), np.array([0, 99, 99]), names)
    settings = FeedSettings("table", "points", (), labels=dict.fromkeys(names, ("violence",)))
    feed = joined(FeedFiles(settings, (RawFile("1.csv", Path("1.csv")),), (tallied(rows),)))
    assert feed.incidents.category.tolist() == [0, 99]
    assert feed.incidents.weight.tolist() == [1, 2]
    assert feed.accounts[0].accepted == 3
