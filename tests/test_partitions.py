"""Files read once: what is kept, what makes it stale, and that nothing of it shows in the result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from geo_safety import partition_store, partitions, software
from geo_safety.errors import ConfigError, ProblemsError
from geo_safety.incidents import Feed, read_feed
from geo_safety.partition_store import KEPT_DAYS, PartitionStore, packed, unpacked
from geo_safety.partitions import read_partition
from geo_safety.sources.feed import AreaRows, FeedSettings, RawFile
from geo_safety.themes import POLICE_UK

SETTINGS = FeedSettings(
    "table",
    "points",
    (),
    columns={"longitude": "lon", "latitude": "lat", "time": "when", "category": "what"},
    labels=POLICE_UK,
)
HEADER = "when,lon,lat,what\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Three months of files; their age is not waited for."""
    monkeypatch.setattr(partition_store, "_YOUNGEST_SECONDS", -3600)
    place = tmp_path / "files"
    place.mkdir()
    for month in (1, 2, 3):
        (place / f"{month}.csv").write_text(
            f"{HEADER}2020-0{month},1,{month},Robbery\n2020-0{month},,,Drugs\nrubbish\n"
        )
    return place


@pytest.fixture
def read_files(monkeypatch) -> list[str]:
    """Names of the files that were really read."""
    names = []

    def watched(file: RawFile, settings: FeedSettings, **rest):
        names.append(file.name)
        return read_partition(file, settings, **rest)

    monkeypatch.setattr(partitions, "read_partition", watched)
    return names


def read(folder: Path, store: PartitionStore | None = None, **rest) -> Feed:
    return read_feed(replace(SETTINGS, path=(folder,)), store=store, **rest)


def assert_equal(one: Feed, other: Feed) -> None:
    assert (one.accounts, one.quarantined) == (other.accounts, other.quarantined)
    for field in fields(one.incidents):
        assert np.array_equal(getattr(one.incidents, field.name), getattr(other.incidents, field.name)), field.name


def test_files_that_have_not_changed_are_read_once(folder, tmp_path, read_files):
    store = PartitionStore(tmp_path / "store")
    first = read(folder, store)
    assert sorted(read_files) == ["1.csv", "2.csv", "3.csv"]
    read_files.clear()
    assert_equal(read(folder, store), first)
    assert read_files == []


def test_a_new_month_reads_one_file_and_gives_what_reading_all_gives(folder, tmp_path, read_files):
    store = PartitionStore(tmp_path / "store")
    read(folder, store)
    (folder / "4.csv").write_text(f"{HEADER}2020-04,1,1,Robbery\n")
    read_files.clear()
    assert_equal(read(folder, store), read(folder))
    assert read_files == ["4.csv", *sorted(read_files[1:])]
    assert len(read_files) == 1 + 4


def test_a_newer_archive_reads_only_what_changed_in_it(folder, tmp_path, read_files):
    def archive(name: str, months: dict[int, str]) -> None:
        with zipfile.ZipFile(folder / name, "w") as opened:
            for month, category in months.items():
                opened.writestr(f"{month}.csv", f"{HEADER}2020-0{month},1,1,{category}\n")

    for path in folder.iterdir():
        path.unlink()
    store = PartitionStore(tmp_path / "store")
    archive("a.zip", {4: "Robbery", 5: "Robbery"})
    read(folder, store)
    (folder / "a.zip").unlink()
    archive("b.zip", {4: "Robbery", 5: "Burglary", 6: "Robbery"})
    read_files.clear()
    assert_equal(read(folder, store), read(folder))
    assert sorted(read_files[:2]) == ["b.zip/5.csv", "b.zip/6.csv"]
    assert len(read_files) == 2 + 3


def test_a_changed_file_is_read_again_even_with_its_old_size_and_time(folder, tmp_path, read_files):
    store = PartitionStore(tmp_path / "store")
    read(folder, store)
    path = folder / "2.csv"
    status = path.stat()
    path.write_text(path.read_text().replace("Robbery", "Pobbery"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    read_files.clear()
    assert_equal(read(folder, store), read(folder))
    assert read_files[0] == "2.csv"
    assert len(read_files) == 1 + 3


@pytest.mark.parametrize(
    "change",
    [
        {"time_format": "%Y-%m"},
        {"labels": {"Robbery": ("robbery",)}},
        {"crs": "EPSG:27700"},
    ],
)
def test_other_settings_read_anew(folder, tmp_path, read_files, change):
    store = PartitionStore(tmp_path / "store")
    read(folder, store)
    read_files.clear()
    read_feed(replace(SETTINGS, path=(folder,), **change), store=store)
    assert len(read_files) == 3


def test_other_code_reads_anew(folder, tmp_path, read_files, monkeypatch):
    store = PartitionStore(tmp_path / "store")
    read(folder, store)
    read_files.clear()
    monkeypatch.setattr(partition_store, "code_version", lambda: "another")
    read(folder, store)
    assert len(read_files) == 3


def test_the_code_version_follows_the_readers(tmp_path, monkeypatch):
    before = software.code_version()
    copy = tmp_path / "geo_safety"
    copy.mkdir()
    for place in software.READING_CODE:
        source = Path(software.__file__).parent / place
        for path in source.rglob("*.py") if source.is_dir() else [source]:
            target = copy / path.relative_to(Path(software.__file__).parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    monkeypatch.setattr(software, "__file__", str(copy / "software.py"))
    software.code_version.cache_clear()
    try:
        assert software.code_version() == before
        software.code_version.cache_clear()
        (copy / "tally.py").write_text("changed")
        assert software.code_version() != before
    finally:
        software.code_version.cache_clear()


def test_a_damaged_entry_is_read_anew(folder, tmp_path, read_files):
    store = PartitionStore(tmp_path / "store")
    first = read(folder, store)
    entries = sorted((tmp_path / "store").iterdir())
    entries[0].write_bytes(entries[0].read_bytes()[:-1])
    entries[1].write_bytes(b"")
    entries[2].write_bytes(b"{}\n")
    read_files.clear()
    assert_equal(read(folder, store), first)
    assert len(read_files) == 3


def test_a_file_that_changes_while_it_may_still_change_unseen_is_not_kept(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(partition_store, "_YOUNGEST_SECONDS", 3600)
    read(folder, PartitionStore(tmp_path / "store"))
    assert list((tmp_path / "store").iterdir()) == []


def test_what_was_read_before_a_failure_is_kept(folder, tmp_path, read_files):
    (folder / "0.csv").write_bytes(b"")
    (folder / "9.csv").write_bytes(b"")
    store = PartitionStore(tmp_path / "store")
    with pytest.raises(ProblemsError):
        read(folder, store)
    for name in ("0.csv", "9.csv"):
        (folder / name).unlink()
    read_files.clear()
    read(folder, store)
    assert read_files == []


def test_entries_are_for_their_owner_and_are_swept_when_nobody_uses_them(folder, tmp_path):
    store = PartitionStore(tmp_path / "store")
    read(folder, store)
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    old, *others = sorted((tmp_path / "store").iterdir())
    assert {path.stat().st_mode & 0o777 for path in (old, *others)} == {0o600}
    long_ago = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(old, (long_ago, long_ago))
    (tmp_path / "store" / "half.new").write_bytes(b"killed")
    store.sweep()
    assert sorted((tmp_path / "store").iterdir()) == others


def test_a_store_that_cannot_be_written_costs_nothing_but_time(folder, tmp_path, caplog, monkeypatch):
    store = PartitionStore(tmp_path / "store")
    monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    assert_equal(read(folder, store), read(folder))
    assert "cannot be kept for the next run (no space left)" in caplog.text


def test_area_counts_are_kept_too():
    numbers = np.arange(3, dtype=np.int32)
    rows = AreaRows("ab", 3, (), numbers, numbers, ("E1",), numbers.astype(np.int16), ("x",), numbers, numbers, numbers)
    again = unpacked(packed(rows))
    for field in fields(AreaRows):
        assert np.array_equal(getattr(again, field.name), getattr(rows, field.name)), field.name
        assert type(getattr(again, field.name)) is type(getattr(rows, field.name))


def test_dates_are_kept_to_the_minute(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}2020-04-05 12:34,1,1,Robbery\n")
    rows = read_partition(RawFile("a.csv", path), SETTINGS)
    assert unpacked(packed(rows)).date.astype(str).tolist() == ["2020-04-05T12:34"]


def test_a_pool_reads_instead_of_threads_and_checks_that_it_runs_the_same_code(folder, monkeypatch):
    with ThreadPoolExecutor(2) as pool:
        assert_equal(read(folder, pool=pool), read(folder))
        monkeypatch.setattr(partitions, "code_version", lambda: "another")
        with pytest.raises(ConfigError, match=r"runs another geo-safety.*Install the same version"):
            read(folder, pool=pool)


KILLED = """
import os, signal, sys
from pathlib import Path
from geo_safety import partition_store
from geo_safety.incidents import read_feed
from geo_safety.partition_store import PartitionStore
from geo_safety.progress import Silent
from geo_safety.sources.feed import FeedSettings
from geo_safety.themes import POLICE_UK

class KillAfterTwo(Silent):
    def over(self, items, text, *, total, size=None):
        for number, item in enumerate(items):
            if number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield item

partition_store._YOUNGEST_SECONDS = -3600
columns = {"longitude": "lon", "latitude": "lat", "time": "when", "category": "what"}
settings = FeedSettings("table", "points", (Path(sys.argv[1]),), columns=columns, labels=POLICE_UK)
read_feed(settings, store=PartitionStore(Path(sys.argv[2])), progress=KillAfterTwo())
"""


def test_a_killed_run_is_taken_up_where_it_was(folder, tmp_path, read_files):
    for month in (4, 5, 6):
        (folder / f"{month}.csv").write_text(f"{HEADER}2020-0{month},1,1,Robbery\n")
    command = [sys.executable, "-c", KILLED, str(folder), str(tmp_path / "store")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -signal.SIGKILL
    feed = read(folder, PartitionStore(tmp_path / "store"))
    assert len(read_files) == 6 - 2
    assert_equal(feed, read(folder))
