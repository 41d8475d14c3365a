"""Entries and exits as their publishers write them."""

from __future__ import annotations

import pandas as pd
import pytest

from geo_safety.context import read_wanted
from geo_safety.footfall import boarded_only, entries_and_exits
from geo_safety.settings import Context


def frame(**columns):
    return pd.DataFrame(columns)


def test_a_station_of_several_modes_is_added_up_and_a_later_file_replaces_it_whole():
    old = frame(id=["1", "1", "2"], annual=[10, 5, 7])
    assert entries_and_exits([old, frame(id=["1"], annual=[8])]) == {"1": 8.0, "2": 7.0}


def test_what_is_no_number_is_no_count_and_does_not_replace_one():
    later = frame(id=["1", "2"], annual=["---see LU---", None])
    assert entries_and_exits([frame(id=["1"], annual=[10]), later]) == {"1": 10.0}


def test_boardings_are_left_out_where_the_mode_counts_entries_elsewhere():
    table = frame(
        id=["S", "S", "C", "T"],
        annual=[100, 40, 60, 9],
        mode=["LU", "LO", "LO", "TRM"],
        coverage=[
            "Station entry / exit",
            "LO boarding / alighting",
            "LO boarding / alighting",
            "Trams boarding / alighting",
        ],
    )
    only_mode = pd.concat([table, frame(id=["H"], annual=[3], mode=["LO"], coverage=["Station entry/exit"])])
    assert entries_and_exits([only_mode]) == {"S": 100.0, "T": 9.0, "H": 3.0}
    assert boarded_only([only_mode]) == {"C"}
    assert boarded_only([table.drop(columns="coverage")]) == set(), (
        "a file that does not say what it counts is believed"
    )


def test_an_older_file_that_counts_the_whole_station_keeps_the_newer_boardings_out():
    whole = frame(id=["C", "H"], annual=[90, 1], mode=["LO", "LO"], coverage=["Station entry / exit"] * 2)
    boards = frame(
        id=["C", "H"], annual=[60, 2], mode=["LO", "LO"], coverage=["Boarding/alighting", "Station entry/exit"]
    )
    assert entries_and_exits([whole, boards]) == {"C": 90.0, "H": 2.0}


def test_the_published_workbooks_of_2021_tell_boardings_from_entries(shared_data):
    folder = shared_data / "context" / "transport"
    columns = {"id": "NLC", "annual": "Annualised", "mode": "Mode", "coverage": "Coverage"}
    entry = Context("footfall", folder / "tfl_AC2021_AnnualisedEntryExit.xlsx", columns)
    table = read_wanted(entry, ("id",), optional=("annual", "mode", "coverage"), placed=False)
    counts = entries_and_exits([table])
    assert counts["719"] == pytest.approx(29_106_619, abs=1), "Stratford: who enters and leaves, not who changes there"
    assert "5595" in boarded_only([table]), "Clapham Junction: only the Overground's passengers"
    assert counts["8779"] == pytest.approx(500_843, abs=1), "a tram stop has no gates"
