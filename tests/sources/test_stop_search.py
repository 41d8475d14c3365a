"""Stop and search: universal time to local, nothing of persons, and never a layer."""

from __future__ import annotations

import pytest
from tiny_town import CONFIG, make_tiny_town

from geo_safety.accounts import total
from geo_safety.cli import main
from geo_safety.errors import ProblemsError, SourceError
from geo_safety.incidents import read_feed, theme_matrix
from geo_safety.settings import read_settings
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import STOP_SEARCH

HEADER = (
    "Type,Date,Part of a policing operation,Policing operation,Latitude,Longitude,Gender,Age range,"
    "Self-defined ethnicity,Officer-defined ethnicity,Legislation,Object of search,Outcome,"
    "Outcome linked to object of search,Removal of more than just outer clothing\n"
)


def searches(*places, **rest) -> FeedSettings:
    return FeedSettings("stop_search", "searches", places, labels=STOP_SEARCH, **rest)


def row(date: str, at: str = "51.5,-0.1", kind: str = "Person search") -> str:
    return f"{kind},{date},,,{at},Male,18-24,x,y,an act,Controlled drugs,Arrest,,\n"


def test_a_search_late_on_the_last_evening_belongs_to_the_next_month(write_file, tmp_path):
    text = HEADER + row("2016-05-31T23:30:00+00:00") + row("2016-05-31T22:30:00+00:00")
    write_file("2016-06-metropolitan-stop-and-search.csv", text)
    feed = read_feed(searches(tmp_path))
    assert feed.incidents.date.astype(str).tolist() == ["2016-06-01T00:30"]
    assert feed.quarantine.reason.tolist() == ["its month is not the month of the file"]


def test_latitude_stands_before_longitude_and_rows_without_a_place_stay(write_file, tmp_path):
    text = HEADER + row("2016-06-02T10:00:00+00:00") * 2 + row("2016-06-02T10:00:00+00:00", at=",", kind="")
    write_file("2016-06-kent-stop-and-search.csv.gz", text)
    feed = read_feed(searches(tmp_path))
    assert (feed.incidents.longitude.tolist(), feed.incidents.latitude.tolist()) == ([-0.1], [51.5])
    account = feed.accounts[0]
    assert (account.accepted, account.unlocated, account.repeated) == (2, 1, 0)
    assert feed.incidents.categories == ("Person search", "Search of an unstated kind")
    assert list(theme_matrix(feed)) == ["context"]


def test_street_files_are_passed_by(write_street, row_of, tmp_path):
    write_street("2020-01-kent-street.csv", row_of())
    with pytest.raises(SourceError, match="none of the 1 files is a file of stop and search"):
        read_feed(searches(tmp_path))


@pytest.mark.parametrize(
    ("themes", "labels"),
    [('["violence", "context"]', ""), ('["violence"]', 'labels = { "Person search" = ["violence"] }')],
    ids=["context asked for", "labelled as violence"],
)
def test_no_setting_makes_a_layer_of_searches(tmp_path, themes, labels):
    entry = f'[[sources]]\nkind = "stop_search"\nname = "searches"\npath = "searches"\n{labels}\n\n[[boundaries]]'
    text = CONFIG.replace('["violence", "robbery", "asb"]', themes).replace("[[boundaries]]", entry)
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ProblemsError, match=r"never scored.*Remove its `labels`"):
        read_settings(tmp_path / "a.toml")


def test_searches_beside_incidents_change_no_layer(tmp_path, write_file):
    from geo_safety.release import current

    town = make_tiny_town(tmp_path).parent
    plain = town / "plain"
    assert main(["run", str(town / "tiny.toml"), "--out", str(plain)]) == 0
    write_file("searches/2025-06-tiny-stop-and-search.csv", HEADER + row("2025-06-02T10:00:00Z", at="54.73,1.73") * 50)
    entry = '[[sources]]\nkind = "stop_search"\nname = "searches"\npath = "searches"\n\n[[boundaries]]'
    (town / "both.toml").write_text(CONFIG.replace("[[boundaries]]", entry))
    assert main(["run", str(town / "both.toml"), "--out", str(town / "both")]) == 0
    for layer in ("cells-r9.parquet", "wards.parquet", "series.parquet"):
        assert (current(plain).folder / layer).read_bytes() == (current(town / "both").folder / layer).read_bytes()


# The real files.


def test_all_real_searches_keep_their_month_in_local_time(shared_data):
    place = shared_data / "incidents/police-uk"
    feed = read_feed(searches(place, forces=("metropolitan",)), workers=2)
    counted = total(feed.accounts)
    assert (counted["rows_read"], counted["quarantined"], counted["repeated"]) == (993_798, 0, 0)
    utc = feed.incidents.date - (feed.incidents.date - _as_utc(feed.incidents.date))
    earlier = utc.astype("datetime64[M]").astype(int) < feed.incidents.month
    assert int(earlier.sum()) == 956
    years = feed.incidents.month // 12 + 1970
    shares = {year: float((feed.incidents.location[years == year] < 0).mean()) for year in (2015, 2016, 2017, 2023)}
    assert shares[2015] == 1.0
    assert shares[2016] == pytest.approx(0.51, abs=0.01)
    assert 0.09 <= round(shares[2017], 2) <= 0.21
    assert 0.09 <= shares[2023] <= 0.21
    city = read_feed(searches(place, forces=("city-of-london",)))
    assert total(city.accounts)["rows_read"] == 7_696


def _as_utc(local):
    """Universal time of London's local minutes."""
    import pandas as pd

    stamps = pd.DatetimeIndex(local).tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward")
    return stamps.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[m]")
