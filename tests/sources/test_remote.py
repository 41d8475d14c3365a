"""Files at addresses: the same feed as from a folder, brought one by one and told apart by what their store says."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from geo_safety.errors import ConfigError, SourceError
from geo_safety.incidents import Feed, read_feed
from geo_safety.partition_store import PartitionStore
from geo_safety.sources.feed import FeedSettings
from geo_safety.sources.remote import is_remote, place_of, state_of
from geo_safety.themes import POLICE_UK

upath = pytest.importorskip("upath", reason="the extra `remote` is not installed")

HEADER = "Crime ID,Month,Longitude,Latitude,Crime type\n"


def rows_of(month: str) -> str:
    return f"{HEADER}a,{month},-0.1,51.5,Robbery\na,{month},-0.1,51.5,Robbery\n,{month},,,Drugs\n,{month},-0.2,51.6,Drugs\nrubbish\n"


@pytest.fixture
def bucket(tmp_path):
    """The same files in a store that is reached by addresses, and in a folder beside: loose, hidden and in an archive."""
    address = f"memory://{tmp_path.name}"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2020-03/2020-03-city-street.csv", rows_of("2020-03"))
        archive.writestr("2020-04/2020-04-city-street.csv", rows_of("2020-04"))
    contents = {
        "files/2020-01/2020-01-city-street.csv": rows_of("2020-01").encode(),
        "files/2020-02/2020-02-city-street.csv": rows_of("2020-02").encode(),
        "files/.hidden/2020-09-city-street.csv": b"",
        "files/2020-05.zip": packed.getvalue(),
    }
    for name, data in contents.items():
        for place in (upath.UPath(address) / name, tmp_path / name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    return address


def police(*places: str | Path) -> FeedSettings:
    paths = tuple(place_of(str(place), Path("/")) for place in places)
    return FeedSettings("police_uk", "police", paths, labels=POLICE_UK)


def assert_equal(one: Feed, other: Feed) -> None:
    assert (one.accounts, one.quarantined) == (other.accounts, other.quarantined)
    for field in fields(one.incidents):
        assert np.array_equal(getattr(one.incidents, field.name), getattr(other.incidents, field.name)), field.name


def test_a_folder_at_an_address_gives_what_a_folder_here_gives(bucket, tmp_path):
    far, near = read_feed(police(f"{bucket}/files")), read_feed(police(tmp_path / "files"))
    assert_equal(far, near)
    assert [account.name for account in far.accounts] == [
        "2020-01/2020-01-city-street.csv",
        "2020-02/2020-02-city-street.csv",
        "2020-05.zip/2020-03/2020-03-city-street.csv",
        "2020-05.zip/2020-04/2020-04-city-street.csv",
    ]


@pytest.mark.parametrize("pattern", ["files/*/*.csv", "files/2020-0?", "files/**/*.csv"])
def test_globs_at_an_address(bucket, pattern):
    assert len(read_feed(police(f"{bucket}/{pattern}")).accounts) == 2


def test_one_file_and_several_addresses(bucket):
    places = [f"{bucket}/files/2020-0{month}/2020-0{month}-city-street.csv" for month in (1, 2)]
    assert [account.name for account in read_feed(police(*places)).accounts] == [
        "2020-01-city-street.csv",
        "2020-02-city-street.csv",
    ]


def test_a_file_address_is_a_path_of_this_machine(tmp_path):
    assert place_of(f"file://{tmp_path}/a.csv", Path("/")) == tmp_path / "a.csv"
    assert not is_remote(place_of("a.csv", tmp_path))


def test_nothing_at_an_address_is_told_with_its_remedy(bucket):
    with pytest.raises(SourceError, match=r"no file at memory://.*/none.*or an address"):
        read_feed(police(f"{bucket}/none"))


def test_an_address_that_nothing_opens_is_told_with_its_remedy():
    with pytest.raises(ConfigError, match=r"nosuchstore://a/b.*pip install 'geo-safety\[remote\]'"):
        place_of("nosuchstore://a/b", Path("/"))


def test_a_file_that_vanishes_is_told_with_its_remedy(bucket, monkeypatch):
    settings = police(f"{bucket}/files/2020-01")
    monkeypatch.setattr(
        "upath.implementations.memory.MemoryPath.open",
        lambda *_args, **_rest: (_ for _ in ()).throw(FileNotFoundError("gone")),
    )
    with pytest.raises(SourceError, match=r"cannot be brought from memory://.*with these credentials"):
        read_feed(settings)


def test_an_address_is_read_once_until_its_store_says_that_it_changed(bucket, tmp_path, monkeypatch):
    store = PartitionStore(tmp_path / "store")
    first = read_feed(police(f"{bucket}/files/2020-01"), store=store)
    place = upath.UPath(f"{bucket}/files/2020-01/2020-01-city-street.csv")
    before = state_of(place)
    with monkeypatch.context() as patch:
        patch.setattr("geo_safety.partitions.on_this_machine", None)  # would fail, were it read
        assert_equal(read_feed(police(f"{bucket}/files/2020-01"), store=store), first)
    place.write_bytes(rows_of("2020-01").replace("Robbery", "Pobbery").encode())
    assert state_of(place) != before
    assert "Pobbery" in read_feed(police(f"{bucket}/files/2020-01"), store=store).incidents.categories


def test_an_address_whose_store_does_not_say_when_it_changed_is_read_each_time(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr("geo_safety.sources.remote._STATES", ())
    store = PartitionStore(tmp_path / "store")
    read_feed(police(f"{bucket}/files/2020-01"), store=store)
    assert list((tmp_path / "store").iterdir()) == []


def test_a_file_with_geometry_comes_from_an_address_too(bucket, tmp_path):
    import geopandas as gpd
    import shapely

    frame = gpd.GeoDataFrame(
        {"when": ["2020-05"], "what": ["Robbery"]}, geometry=[shapely.Point(-0.1, 51.5)], crs="EPSG:4326"
    )
    frame.to_file(tmp_path / "a.geojson")
    (upath.UPath(bucket) / "tables" / "a.geojson").write_bytes((tmp_path / "a.geojson").read_bytes())
    columns = {"time": "when", "category": "what"}
    near = FeedSettings("table", "points", (tmp_path / "a.geojson",), columns=columns, labels=POLICE_UK)
    far = replace(near, path=(place_of(f"{bucket}/tables/a.geojson", tmp_path),))
    assert_equal(read_feed(far), read_feed(near))
