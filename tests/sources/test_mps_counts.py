"""Counts of the Metropolitan Police: which cut a file is, fragments, renamed classes, and every number of the README."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict

import numpy as np
import pytest

from geo_safety.errors import SourceError
from geo_safety.incidents import read_feed
from geo_safety.sources import mps_counts
from geo_safety.sources.feed import FeedSettings
from geo_safety.sources.values import parse_month
from geo_safety.themes import MPS

WARDS = "wardname,wardcode,majortext,minortext,lookup_boroughname,202001,202002,202003\n"


def counts(*places, layer="wards", **rest) -> FeedSettings:
    return FeedSettings("mps_counts", "MPS", places, labels=MPS, layer=layer, **rest)


def total_of(feed, month: str, category: str | None = None) -> int:
    rows = feed.presence.rows[0, parse_month(month) - feed.presence.first_month]
    return int(rows.sum() if category is None else rows[feed.area_counts.categories.index(category)])


def test_a_feed_takes_the_files_of_its_layer_alone(write_file, tmp_path):
    write_file("ward.csv", WARDS + "A,E05000001,ROBBERY,PERSONAL,X,1,1,1\n")
    write_file("borough.csv", "majortext,minortext,boroughname,202001,202002\nROBBERY,PERSONAL,Camden,4,4\n")
    write_file(
        "lsoa.csv", "lsoa_code,lsoa_name,borough,major_category,minor_category,202001\nE01000001,a,b,ROBBERY,P,9\n"
    )
    write_file("other.csv", "a,b\n1,2\n")
    found = {
        layer: [file.name for file in mps_counts.find(counts(tmp_path, layer=layer))] for layer in mps_counts.FORMS
    }
    assert found == {"wards": ["ward.csv"], "boroughs": ["borough.csv"], "lsoas": ["lsoa.csv"]}
    with pytest.raises(SourceError, match=r"counts by wards.*They count by boroughs"):
        mps_counts.find(counts(tmp_path / "borough.csv"))
    with pytest.raises(SourceError, match=r"`layer` is 'zones'.*'wards', 'lsoas', 'boroughs'"):
        mps_counts.find(counts(tmp_path, layer="zones"))


def test_borough_names_become_codes_and_the_airports_have_none(write_file):
    text = "majortext,minortext,boroughname,202001\nROBBERY,P,Camden,4\nROBBERY,P,Unknown,2\nTHEFT,S,Aviation Security (SO18),1\n"
    feed = read_feed(counts(write_file("a.csv", text), layer="boroughs"))
    assert feed.area_counts.zone_id.tolist() == ["E09000007"]
    assert (feed.accounts[0].accepted, feed.accounts[0].unlocated, feed.accounts[0].incidents) == (1, 2, 4)


def test_a_ward_named_twice_is_added_up(write_file):
    text = WARDS + "H,E05013570,ROBBERY,P,Aviation Security (SO18),1,2,3\nH,E05013570,ROBBERY,P,Hillingdon,10,20,30\n"
    feed = read_feed(counts(write_file("a.csv", text)))
    assert [total_of(feed, month) for month in ("2020-01", "2020-02", "2020-03")] == [11, 22, 33]


def test_a_fragment_of_a_month_answers_nothing_whatever_the_order(write_file):
    old = write_file("a.csv", WARDS + "A,E05000001,ROBBERY,P,X,500,500,500\n")
    new = write_file(
        "b.csv", WARDS.replace("202001,202002,202003", "202003,202004,202005") + "A,E05000001,ROBBERY,P,X,4,500,500\n"
    )
    for places in ((old, new), (new, old)):
        feed = read_feed(counts(*places))
        assert [total_of(feed, month) for month in ("2020-03", "2020-04")] == [500, 500]
    alone = read_feed(counts(new))
    assert alone.area_counts.month.min() == parse_month("2020-04")
    assert alone.accounts[0].rows_read == alone.accounts[0].accepted == 1


def test_minor_classes_bear_their_newer_name(write_file):
    old = write_file("a.csv", WARDS + "A,E05000001,BURGLARY,DOMESTIC BURGLARY,X,5,5,5\n")
    new = write_file(
        "b.csv", WARDS.replace("202001,202002,202003", "202004") + "A,E05000001,BURGLARY,BURGLARY - RESIDENTIAL,X,6\n"
    )
    feed = read_feed(counts(old, new, columns={"minor": "minortext"}))
    assert feed.area_counts.categories == ("BURGLARY: BURGLARY - RESIDENTIAL",)
    assert [total_of(feed, month) for month in ("2020-03", "2020-04")] == [5, 6]


# The real files, against a plain recount.


def plain_totals(path, zone: str) -> tuple[dict[str, int], Counter]:
    by_month: dict[str, int] = defaultdict(int)
    keys: Counter = Counter()
    with gzip.open(path, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            keys[
                row[zone],
                row.get("majortext") or row.get("major_category"),
                row.get("minortext") or row.get("minor_category"),
            ] += 1
            for name, text in row.items():
                if name.isdigit():
                    by_month[name] += int(text)
    return by_month, keys


def test_the_real_ward_files(shared_data):
    folder = shared_data / "incidents/mps-counts"
    historical, keys = plain_totals(folder / "mps-ward-historical.csv.gz", "wardcode")
    recent, _ = plain_totals(folder / "mps-ward-recent.csv.gz", "wardcode")
    assert (historical["202402"], recent["202402"]) == (73_652, 40)
    repeated = {key for key, times in keys.items() if times > 1}
    assert len(repeated) == 27
    assert {ward for ward, _, _ in repeated} == {"E05013570"}  # Heathrow Villages
    for order in (("historical", "recent"), ("recent", "historical")):
        feed = read_feed(counts(*(folder / f"mps-ward-{name}.csv.gz" for name in order)))
        assert total_of(feed, "2024-02") == 73_652
        assert total_of(feed, "2024-03") == recent["202403"]
    assert len(feed.area_counts.zone_id) == 679
    assert feed.presence.has_file.tolist() == [[True] * 189]
    prefixes = Counter(code[:4] for code in feed.area_counts.zone_id.tolist())
    assert set(prefixes) == {"E050"}
    assert (
        sum(code < "E05011" for code in feed.area_counts.zone_id.tolist()) == 59
    )  # Hackney, Kensington and Chelsea, Tower Hamlets


def test_the_real_wards_are_all_of_the_2022_vintage(shared_data):
    from geo_safety.boundaries import BoundarySettings, read_boundaries

    wards = read_boundaries(
        BoundarySettings(
            "wards", shared_data / "boundaries/wards_2022_london_bgc.geojson.gz", "WD22CD", parent="LAD22CD"
        )
    )
    feed = read_feed(counts(shared_data / "incidents/mps-counts"))
    assert set(feed.area_counts.zone_id) < set(wards.zone_id)
    old = [code < "E05011" for code in feed.area_counts.zone_id.tolist()]
    parent = dict(zip(wards.zone_id, wards.parent, strict=True))
    assert {parent[code] for code in feed.area_counts.zone_id[old]} == {"E09000012", "E09000020", "E09000030"}


def test_the_real_lsoa_and_borough_files(shared_data):
    folder = shared_data / "incidents/mps-counts"
    lsoas = read_feed(counts(folder, layer="lsoas"))
    assert len(lsoas.area_counts.zone_id) == 4_988
    raw, _ = plain_totals(folder / "mps-lsoa-recent.csv.gz", "lsoa_code")
    assert raw["202402"] == 39
    assert lsoas.area_counts.month.min() == parse_month("2024-03")
    assert "SEXUAL OFFENCES" not in lsoas.area_counts.categories
    boroughs = read_feed(counts(folder, layer="boroughs"))
    assert boroughs.area_counts.zone_id.tolist() == sorted(set(mps_counts.BOROUGHS.values()) - {"E09000001"})
    assert sum(account.unlocated for account in boroughs.accounts) > 0  # the airports, and unknown
    wards = read_feed(counts(folder))
    totals = {
        name: np.asarray(one.presence.rows[0, -12:]).sum()
        for name, one in (("b", boroughs), ("w", wards), ("l", lsoas))
    }
    assert 0.02 <= round(1 - totals["w"] / totals["b"], 2) <= 0.03
    assert totals["l"] < totals["w"]
    details = read_feed(counts(folder, columns={"minor": "minortext"})).area_counts.categories
    assert "BURGLARY: BURGLARY - RESIDENTIAL" in details
    assert not [name for name in details if "DOMESTIC" in name]
