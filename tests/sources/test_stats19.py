"""Collisions: both spellings of columns and severity, local time, and the real year."""

from __future__ import annotations

import pytest

from geo_safety.errors import SourceError
from geo_safety.incidents import read_feed, theme_matrix
from geo_safety.sources import stats19
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import STATS19


def collisions(*places, **rest) -> FeedSettings:
    return FeedSettings("stats19", "STATS19", places, labels=STATS19, **rest)


OLD = "accident_index,longitude,latitude,accident_severity,date,time\n"


@pytest.mark.parametrize(
    "text",
    [
        OLD + "1,-0.1,51.5,Serious,2022/01/05,16:40\n",
        OLD + "1,-0.1,51.5,2,05/01/2022,16:40\n",
        "collision_index,longitude,latitude,collision_severity,date,time\n1,-0.1,51.5,2,05/01/2022,16:40\n",
        "Accident_Index,Longitude,Latitude,Accident_Severity,Date,Time\n1,-0.1,51.5,2,05/01/2022,16:40\n",
    ],
    ids=["decoded", "coded", "since 2023", "capitals"],
)
def test_every_spelling_gives_the_same(write_file, text):
    feed = read_feed(collisions(write_file("a.csv", text)))
    assert feed.incidents.categories == ("Serious",)
    assert feed.incidents.date.astype(str).tolist() == ["2022-01-05T16:40"]
    assert theme_matrix(feed)["road_harm"].tolist() == [True]


def test_a_collision_without_place_or_clock_time_is_kept(write_file):
    text = OLD + "1,NULL,NULL,3,05/01/2022,NULL\n2,-0.1,51.5,1,05/01/2022,\n3,-0.1,51.5,1,x,10:00\n"
    feed = read_feed(collisions(write_file("a.csv", text)))
    account = feed.accounts[0]
    assert (account.unlocated, account.accepted, account.quarantined) == (1, 1, 1)
    assert feed.incidents.date.astype(str).tolist() == ["2022-01-05T00:00"] * 2


@pytest.mark.parametrize("clock", ["4²:30", "9" * 9000 + ":00", "noon", ":"])
def test_a_clock_time_that_is_none_leaves_the_day(write_file, clock):
    feed = read_feed(collisions(write_file("a.csv", OLD + f"1,-0.1,51.5,1,05/01/2022,{clock}\n")))
    assert str(feed.incidents.date[0]).startswith("2022-01-05T")


def test_a_file_without_clock_times_has_days(write_file):
    feed = read_feed(
        collisions(write_file("a.csv", "longitude,latitude,accident_severity,date\n-0.1,51.5,1,05/01/2022\n"))
    )
    assert feed.incidents.date.astype(str).tolist() == ["2022-01-05T00:00"]


def test_the_casualty_file_is_refused(write_file):
    with pytest.raises(SourceError, match=r"no column 'longitude'.*casualties or vehicles holds no places"):
        read_feed(collisions(write_file("a.csv", "casualty_index,age\n1,2\n")))


def test_severities_adjusted_by_the_department_stand_beside_the_recorded_ones(write_file):
    header = (
        "collision_index,longitude,latitude,collision_severity,date,time,collision_adjusted_severity_serious,"
        "collision_adjusted_severity_slight\n"
    )
    text = header + "".join(
        f"{number},-0.1,51.5,{severity},05/01/{year},16:40,{serious},{slight}\n"
        for number, (year, severity, serious, slight) in enumerate(
            [(2022, 3, 0.25, 0.75), (2022, 2, 1, 0), (2022, 1, 0, 0), (2023, 3, 0.5, 0.5), (2023, 3, -1, -1)]
        )
    )
    settings = collisions(write_file("a.csv", text))
    first, second = stats19.adjusted(settings)
    assert (first.year, first.fatal, first.serious, first.slight) == (2022, 1, 1, 1)
    assert (first.adjusted_serious, first.adjusted_slight) == (1.25, 0.75)
    assert (second.slight, second.adjusted_serious) == (2, 0.5)
    assert read_feed(settings).incidents.categories == ("Slight", "Serious", "Fatal")
    assert "1 serious" in stats19.remarks(settings)[0]
    assert stats19.adjusted(collisions(write_file("b.csv", OLD + "1,-0.1,51.5,Serious,2022/01/05,16:40\n"))) == []


def test_all_real_collisions_of_a_year(shared_data):
    feed = read_feed(collisions(shared_data / "incidents/collisions"))
    assert feed.accounts[0].accepted == 23_467
    assert set(feed.incidents.categories) == {"Slight", "Serious", "Fatal"}
    assert str(feed.incidents.date[0]) == "2022-01-05T16:40"
    assert feed.presence.has_file.tolist() == [[True] * 12]
