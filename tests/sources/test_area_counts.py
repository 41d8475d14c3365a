"""Counts by area: wide and long, repeated keys, months of several files, and the real ward counts."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from geo_safety.accounts import total
from geo_safety.counts import count_areas
from geo_safety.errors import SourceError
from geo_safety.incidents import keep_zones, read_feed
from geo_safety.sources.feed import FeedSettings
from geo_safety.sources.values import parse_month
from geo_safety.themes import MPS

COLUMNS = {"zone_id": "ward", "category": "major"}


def areas(*places, columns=COLUMNS, **rest) -> FeedSettings:
    return FeedSettings(
        **{
            "kind": "area_counts",
            "name": "wards",
            "path": places,
            "columns": columns,
            "labels": MPS,
            "layer": "wards",
            **rest,
        }
    )


def cells_of(feed) -> dict[tuple, int]:
    """(zone, month, category) → incidents."""
    counts = feed.area_counts
    months = counts.month.astype("datetime64[M]").astype(str)
    return {
        (str(counts.zone_id[zone]), month, counts.categories[code]): int(n)
        for zone, month, code, n in zip(counts.zone, months, counts.category, counts.count, strict=True)
    }


WIDE = "ward,major,minor,202001,2020-02\nB,ROBBERY,personal,1,2\nA,ROBBERY,personal,0,4\nB,ROBBERY,business,5,0\n"
WIDE_CELLS = {("A", "2020-02", "ROBBERY"): 4, ("B", "2020-01", "ROBBERY"): 6, ("B", "2020-02", "ROBBERY"): 2}


def test_wide_counts_are_added_up_over_repeated_keys(write_file):
    feed = read_feed(areas(write_file("a.csv", WIDE)))
    assert cells_of(feed) == WIDE_CELLS
    account = feed.accounts[0]
    assert (account.rows_read, account.accepted, account.incidents) == (3, 3, 12)
    assert feed.area_counts.zone_id.tolist() == ["A", "B"]


def test_long_counts_give_the_same(write_file):
    text = (
        "ward;major;when;n\nB;ROBBERY;2020-01-01;1\nB;ROBBERY;2020-02-01;2\nA;ROBBERY;2020-02-01;4\n"
        "B;ROBBERY;2020-01-01;5\nA;ROBBERY;2020-01-01;0\n"
    )
    feed = read_feed(areas(write_file("a.csv", text), columns={**COLUMNS, "time": "when", "weight": "n"}))
    assert cells_of(feed) == WIDE_CELLS
    assert feed.accounts[0].rows_read == feed.accounts[0].accepted == 5


def test_long_rows_without_a_weight_are_one_incident_each(write_file):
    text = "ward,major,when\nA,ROBBERY,2020-01\nA,ROBBERY,2020-01\n"
    feed = read_feed(areas(write_file("a.csv", text), columns={**COLUMNS, "time": "when"}))
    assert cells_of(feed) == {("A", "2020-01", "ROBBERY"): 2}


def test_a_later_place_supersedes_whole_months(write_file):
    old = write_file("old.csv", "ward,major,202001,202002\nA,ROBBERY,1,2\nB,ROBBERY,3,4\n")
    new = write_file("new.csv", "ward,major,202002,202003\nA,ROBBERY,9,9\n")
    feed = read_feed(areas(old, new))
    assert cells_of(feed) == {
        ("A", "2020-01", "ROBBERY"): 1,
        ("B", "2020-01", "ROBBERY"): 3,
        ("A", "2020-02", "ROBBERY"): 9,
        ("A", "2020-03", "ROBBERY"): 9,
    }
    assert total(feed.accounts)["superseded"] == 0  # the old rows still count in January
    reverse = read_feed(areas(new, old))
    assert cells_of(reverse)["A", "2020-02", "ROBBERY"] == 2


def test_rows_of_which_every_month_is_superseded_are_counted_as_such(write_file):
    old = write_file("old.csv", "ward,major,202001\nA,ROBBERY,1\nB,ROBBERY,1\n")
    new = write_file("new.csv", "ward,major,202001\nA,ROBBERY,5\n")
    feed = read_feed(areas(old, new))
    assert [(account.superseded, account.accepted) for account in feed.accounts] == [(2, 0), (0, 1)]
    long = {**COLUMNS, "time": "when"}
    old = write_file("a.csv", "ward,major,when\nA,ROBBERY,2020-01\nA,ROBBERY,2020-02\n")
    new = write_file("b.csv", "ward,major,when\nA,ROBBERY,2020-02\n")
    feed = read_feed(areas(old, new, columns=long))
    assert [(account.superseded, account.accepted) for account in feed.accounts] == [(1, 1), (0, 1)]


def test_rows_without_a_zone_are_unlocated_and_bad_ones_set_aside(write_file):
    text = "ward,major,202001,202002\n,ROBBERY,1,1\nA,ROBBERY,x,1\nA,,1,1\nA,ROBBERY,1,\nA,ROBBERY,1,1\nA,ROBBERY,1\n"
    feed = read_feed(areas(write_file("a.csv", text)))
    account = feed.accounts[0]
    assert (account.rows_read, account.quarantined, account.unlocated, account.accepted) == (6, 4, 1, 1)
    assert feed.quarantine[["row", "reason"]].to_numpy().tolist() == [
        [2, "one of its counts is no whole number of incidents"],
        [3, "it has no category"],
        [4, "one of its counts is no whole number of incidents"],
        [6, "it has 3 values where the header has 4"],
    ]
    assert account.incidents == 2
    assert feed.presence.rows.sum() == 2


def test_zones_that_are_not_in_the_study_are_outside(write_file):
    feed = keep_zones(read_feed(areas(write_file("a.csv", WIDE))), np.array(["A", "C"]))
    account = feed.accounts[0]
    assert (account.outside, account.accepted, account.incidents) == (2, 1, 4)
    assert cells_of(feed) == {("A", "2020-02", "ROBBERY"): 4}


def test_zones_that_the_feed_does_not_name_have_no_answer(write_file):
    feed = read_feed(areas(write_file("a.csv", WIDE)))
    incidents, is_answered = count_areas(
        feed.area_counts, np.array(["A", "B", "C"]), first_month=600, n_months=2, category_mask=np.array([True])
    )
    assert incidents.tolist() == [[0, 4], [6, 2], [0, 0]]
    assert is_answered.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("ward,major,jan\nA,ROBBERY,1\n", COLUMNS, r"no column named by a month.*name its column as `time`"),
        ("ward,major,202001,2020-01\nA,ROBBERY,1,1\n", COLUMNS, "two columns for one month"),
        (WIDE, {"category": "major"}, "names no zone_id"),
        (WIDE, {**COLUMNS, "longitude": "x"}, "names 'longitude', which counts by area have no use for"),
        (WIDE, {"zone_id": "wardcode"}, r"no column 'wardcode' \(zone_id\).*'ward'"),
        (WIDE, {"zone_id": "ward"}, "says nothing of the category"),
    ],
)
def test_tables_that_do_not_fit_give_one_clear_message(write_file, text, columns, message):
    with pytest.raises(SourceError, match=message):
        read_feed(areas(write_file("a.csv", text), columns=columns))


# The real files.

REAL = {"zone_id": "wardcode", "category": "majortext"}


def read_plainly(path) -> pd.Series:
    with gzip.open(path) as stream:
        frame = pd.read_csv(stream)
    months = [name for name in frame.columns if name.isdigit()]
    long = frame.melt(id_vars=["wardcode", "majortext"], value_vars=months, var_name="month", value_name="n")
    return long.groupby(["wardcode", "month", "majortext"]).n.sum().loc[lambda n: n > 0]


def test_the_real_ward_counts_equal_a_plain_recount(shared_data):
    path = shared_data / "incidents/mps-counts/mps-ward-historical.csv.gz"
    feed = read_feed(areas(path, columns=REAL))
    plain = read_plainly(path)
    assert cells_of(feed) == {
        (zone, f"{month[:4]}-{month[4:]}", category): n for (zone, month, category), n in plain.items()
    }
    assert len(feed.area_counts.zone_id) == 679
    assert feed.presence.has_file.tolist() == [[True] * 167]
    # Heathrow Villages stands twice for 27 kinds of offence; both are added.
    assert feed.accounts[0].incidents == plain.sum()


@pytest.mark.parametrize(
    ("order", "robberies"), [(("recent", "historical"), "historical"), (("historical", "recent"), "recent")]
)
def test_the_real_fragment_of_a_month_is_never_added(shared_data, order, robberies):
    folder = shared_data / "incidents/mps-counts"
    feed = read_feed(areas(*(folder / f"mps-ward-{name}.csv.gz" for name in order), columns=REAL))
    code = feed.area_counts.categories.index("ROBBERY")
    plain = read_plainly(folder / f"mps-ward-{robberies}.csv.gz")
    expected = plain.xs("202402", level="month").groupby("majortext").sum().get("ROBBERY", 0)
    assert feed.presence.rows[0, parse_month("2024-02") - feed.presence.first_month, code] == expected
    assert feed.presence.rows.shape[1] == 167 + 22


def test_real_violence_by_camden_ward_is_read_as_single_incidents(shared_data):
    path = shared_data / "incidents/camden/Violence_And_Sexual_Offences_Filtered.csv.gz"
    columns = {"zone_id": "Ward Name", "category": "Category", "time": "Epoch"}
    feed = read_feed(areas(path, columns=columns, labels={"Violence and sexual offences": ("violence",)}))
    assert feed.accounts[0].incidents == feed.accounts[0].rows_read == 41_515
    assert len(feed.area_counts.zone_id) == 18
    assert feed.presence.has_file.tolist() == [[True] * 72]
