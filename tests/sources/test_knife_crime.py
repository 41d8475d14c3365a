"""Knife crime: two cuts of the same offences are never added, and subtypes overlap."""

from __future__ import annotations

import pytest

from geo_safety.errors import SourceError
from geo_safety.incidents import read_feed, theme_matrix
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import KNIFE_CRIME

HEADER = (
    "month_year,area_type,borough_snt,area_name,area_code,crime_type,crime_subtype,measure,financial_year,fy_fyindex,count,"
    "refresh_date,sheet\n"
)


def knives(*places, layer="boroughs") -> FeedSettings:
    return FeedSettings("knife_crime", "knives", places, labels=KNIFE_CRIME, layer=layer)


def row(area: str, count: int, subtype: str = "Knife Crime", measure: str = "Offences") -> str:
    kind = "Borough" if area.startswith("E09") else "Safer Neighbourhood Teams"
    return f"2024-05-01,{kind},x,y,{area},Knife Crime,{subtype},{measure},fy,i,{count},2026-01-01,s\n"


TEXT = (
    HEADER
    + row("E09000001", 5)
    + row("E05000001", 2)
    + row("E05000002", 3)
    + row("E09000001", 2, "Knife Crime with Injury")
    + row("E09000001", 1, measure="Positive Outcomes")
    + row("", 1).replace("Safer Neighbourhood Teams", "Borough")
)


def test_rows_of_the_other_cut_are_repeats(write_file):
    path = write_file("a.csv", TEXT)
    for layer, kept, knife in (("boroughs", 3, 5), ("wards", 2, 5)):
        feed = read_feed(knives(path, layer=layer))
        account = feed.accounts[0]
        assert (account.accepted, account.repeated, account.rows_read) == (kept, 5 - kept + (layer == "wards"), 6)
        counts = feed.area_counts
        themes = theme_matrix(feed)
        assert int(counts.count[themes["knife_crime"][counts.category]].sum()) == knife
    assert feed.accounts[0].checked()


def test_injury_is_a_theme_of_its_own_and_outcomes_are_none(write_file):
    feed = read_feed(knives(write_file("a.csv", TEXT)))
    themes = {
        theme: [feed.area_counts.categories[code] for code in codes.nonzero()[0]]
        for theme, codes in theme_matrix(feed).items()
    }
    assert themes == {"knife_crime": ["Knife Crime"], "knife_injury": ["Knife Crime with Injury"]}
    assert "Positive Outcomes of Knife Crime" in feed.area_counts.categories
    assert feed.accounts[0].unused == 1


def test_a_file_of_the_other_cut_alone_is_refused(write_file):
    with pytest.raises(SourceError, match=r"counts nothing by 'Safer Neighbourhood Teams'.*Set `layer`"):
        read_feed(knives(write_file("a.csv", HEADER + row("E09000001", 5)), layer="wards"))
    with pytest.raises(SourceError, match=r"`layer` is 'cells'.*never both"):
        read_feed(knives(write_file("b.csv", TEXT), layer="cells"))


def test_the_real_dashboard_says_the_same_by_borough_and_by_team(shared_data):
    path = shared_data / "incidents/mps-counts/mps-monthly-dashboard.csv.gz"
    totals = {}
    for layer in ("boroughs", "wards"):
        feed = read_feed(knives(path, layer=layer))
        rows = feed.presence.rows.sum(axis=(0, 1))
        named = dict(zip(feed.area_counts.categories, rows.tolist(), strict=True))
        totals[layer] = {name: named[name] for name in ("Knife Crime", "Knife Crime with Injury")}
        account = feed.accounts[0]
        assert account.rows_read == 56_852
        assert account.rows_read == account.repeated + account.unlocated + account.accepted
    assert totals["boroughs"]["Knife Crime with Injury"] < totals["boroughs"]["Knife Crime"]
    assert max(totals["wards"]["Knife Crime"], totals["boroughs"]["Knife Crime"]) <= 55_616
