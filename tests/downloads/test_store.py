"""Files on their way: cut, damaged, changed, too large; whole under their name or not there."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback_sources import Fault, serve

from geo_safety.downloads import atomic
from geo_safety.downloads.addresses import read_publishers
from geo_safety.downloads.client import Client, Manners
from geo_safety.downloads.provenance import Origin, Record, read_provenance, write_provenance
from geo_safety.downloads.store import WrongContentError, open_store
from geo_safety.errors import FetchError

BODY = np.random.default_rng(1).bytes(3_000_000)
MD5 = hashlib.md5(BODY).hexdigest()
NAME = "collisions/file.bin"


def right(path: Path) -> None:
    """The check of these tests: nothing but our body will do."""
    if path.read_bytes() != BODY:
        raise WrongContentError("it is another file")


@pytest.fixture
def publisher(publisher_at, officials):
    officials.files["/file"] = BODY
    return publisher_at("stats19")


@pytest.fixture
def address(officials) -> str:
    return f"{officials.address}/file"


def test_a_file_is_kept_as_published_with_its_origin(store, publisher, address):
    record = store.download(publisher, address, NAME, check=right)
    assert (store.folder / NAME).read_bytes() == BODY
    assert record.sha256 == hashlib.sha256(BODY).hexdigest()
    assert record.size == len(BODY)
    assert record.licence == "Open Government Licence v3.0"
    (origin,) = record.origins
    assert origin.address == address
    assert origin.sha256 == record.sha256
    assert origin.etag == f'"{hashlib.sha1(BODY).hexdigest()}"'
    assert read_provenance(store.folder) == {NAME: record}


def test_a_cut_download_goes_on_where_it_stopped(store, officials, publisher, address, slept):
    officials.faults["/file"] = [Fault(drop=1_000_000), Fault(drop=700_000)]
    store.download(publisher, address, NAME, check=right)
    assert (store.folder / NAME).read_bytes() == BODY
    first, *rest = officials.asked_for("/file")
    assert "Range" not in first.headers
    assert [one.headers["Range"] for one in rest] == ["bytes=1000000-", "bytes=1700000-"]
    assert all(one.headers["If-Range"] == f'"{hashlib.sha1(BODY).hexdigest()}"' for one in rest)
    assert slept == [1, 1]  # something arrived in between, so patience starts anew


@settings(max_examples=20)
@given(st.lists(st.integers(0, len(BODY) // 3), max_size=6))
def test_wherever_it_is_cut_the_bytes_are_the_same(cuts):
    with (
        serve() as officials,
        tempfile.TemporaryDirectory() as folder,
        open_store(Path(folder), Client(Manners(tries=10, pause_s=0), sleep=lambda _: None)) as store,
    ):
        officials.files["/file"] = BODY
        officials.faults["/file"] = [Fault(drop=cut) for cut in cuts]
        received = store.receive(read_publishers()["stats19"], f"{officials.address}/file", check=right, md5=MD5)
        assert received is not None
        assert received.origin.sha256 == hashlib.sha256(BODY).hexdigest()
        assert sum(len(one.headers.get("Range", "")) > 0 for one in officials.asked) <= len(cuts)


def test_what_arrived_before_a_failure_is_used_by_the_next_run(tmp_path, officials, publisher, address):
    officials.faults["/file"] = [Fault(drop=2_000_000)]
    with (
        open_store(tmp_path, Client(Manners(tries=1, pause_s=0))) as store,
        pytest.raises(FetchError, match=r"broke off after 2,000,000 bytes.*what has arrived is kept"),
    ):
        store.download(publisher, address, NAME, check=right)
    assert not (tmp_path / NAME).exists()
    with open_store(tmp_path, Client(Manners(pause_s=0))) as store:
        store.download(publisher, address, NAME, check=right)
    assert officials.asked[-1].headers["Range"] == "bytes=2000000-"
    assert (tmp_path / NAME).read_bytes() == BODY
    assert [path.name for path in (tmp_path / ".downloads").iterdir()] == [".lock"]


def test_a_killed_process_leaves_no_half_file_and_its_bytes_are_used(tmp_path, officials, publisher, address, client):
    officials.faults["/file"] = [Fault(drop=1_500_000, stall=True)]
    script = (
        "import sys; from pathlib import Path; from geo_safety.downloads.client import Client; "
        "from geo_safety.downloads.store import open_store; from geo_safety.downloads.addresses import read_publishers\n"
        "with open_store(Path(sys.argv[1]), Client()) as s: "
        "s.download(read_publishers()['stats19'], sys.argv[2], sys.argv[3], check=lambda _: None)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), address, NAME])
    deadline = time.monotonic() + 60
    while not (parts := [p for p in tmp_path.glob(".downloads/*.part") if p.stat().st_size >= 1_000_000]):
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    arrived = parts[0].stat().st_size
    assert not (tmp_path / NAME).exists()
    with open_store(tmp_path, client) as store:
        store.download(publisher, address, NAME, check=right)
    assert officials.asked[-1].headers["Range"] == f"bytes={arrived}-"


def test_a_file_that_changed_in_between_is_taken_from_its_start(tmp_path, officials, publisher, address):
    officials.files["/file"] = b"old" * 500_000
    officials.faults["/file"] = [Fault(drop=1_000_000)]
    with open_store(tmp_path, Client(Manners(tries=1, pause_s=0))) as store, pytest.raises(FetchError):
        store.download(publisher, address, NAME, check=right)
    officials.files["/file"] = BODY
    with open_store(tmp_path, Client(Manners(pause_s=0))) as store:
        store.download(publisher, address, NAME, check=right)
    assert (tmp_path / NAME).read_bytes() == BODY
    assert len(officials.asked) == 2  # the whole new file in one answer, not its end behind the old beginning


def test_a_rest_that_is_shorter_than_it_should_be_is_asked_for_too(store, officials, publisher, address, told):
    officials.faults["/file"] = [Fault(drop=1_000_000), Fault(cut=100)]
    store.download(publisher, address, NAME, check=right)
    assert "2,999,900 of 3,000,000 bytes arrived" in told[-1]
    assert officials.asked[-1].headers["Range"] == "bytes=2999900-"
    assert (store.folder / NAME).read_bytes() == BODY


def test_a_server_without_ranges_or_marks_is_asked_for_the_whole(store, officials, publisher, address):
    officials.faults["/file"] = [Fault(drop=1_000_000, plain=True), Fault(plain=True)]
    store.download(publisher, address, NAME, check=right)
    assert [one.headers.get("Range") for one in officials.asked] == [None, None]
    assert (store.folder / NAME).read_bytes() == BODY


def test_a_download_that_was_whole_but_not_yet_named_is_not_taken_again(
    tmp_path, officials, publisher, address, client
):
    with open_store(tmp_path, client) as store:
        store.receive(publisher, address, check=right)
    with open_store(tmp_path, client) as store:
        store.download(publisher, address, NAME, check=right)
    assert [one.headers.get("Range") for one in officials.asked] == [None, f"bytes={len(BODY)}-"]
    assert (tmp_path / NAME).read_bytes() == BODY


def test_a_file_that_became_shorter_is_taken_anew(tmp_path, officials, publisher, address, client):
    officials.files["/file"] = BODY + b"more"
    with open_store(tmp_path, client) as store:
        store.receive(publisher, address, check=lambda _: None)
    officials.faults["/file"] = [Fault(status=416, headers=(("Content-Range", f"bytes */{len(BODY)}"),))]
    officials.files["/file"] = BODY
    with open_store(tmp_path, client) as store:
        store.download(publisher, address, NAME, check=right)
    assert (tmp_path / NAME).read_bytes() == BODY


@pytest.mark.parametrize("fault", [Fault(corrupt=True), Fault(cut=100)], ids=["corrupted", "truncated"])
def test_a_wrong_checksum_is_taken_anew_once(store, officials, publisher, address, told, fault):
    officials.faults["/file"] = [fault]
    received = store.receive(publisher, address, check=lambda _: None, md5=MD5)
    assert received is not None
    assert received.path.read_bytes() == BODY
    assert f"the publisher states {MD5}; taking it anew" in told[-1]


def test_a_checksum_that_is_wrong_twice_is_an_error_and_leaves_nothing(store, officials, publisher, address):
    officials.faults["/file"] = [Fault(corrupt=True), Fault(corrupt=True)]
    with pytest.raises(FetchError, match=rf"taken twice and is wrong both times: its MD5 is \w+, and.*{MD5}"):
        store.receive(publisher, address, check=lambda _: None, md5=MD5)
    assert list(store.folder.rglob("*.part")) == []
    assert not (store.folder / NAME).exists()


def test_what_is_there_is_only_asked_about(store, officials, publisher, address):
    once = store.download(publisher, address, NAME, check=right)
    assert store.download(publisher, address, NAME, check=right) == once
    assert officials.asked[-1].headers["If-None-Match"] == once.origins[0].etag
    officials.files["/file"] = BODY[::-1]
    assert (
        store.download(publisher, address, NAME, check=lambda _: None).sha256 == hashlib.sha256(BODY[::-1]).hexdigest()
    )


def test_a_file_that_somebody_changed_is_fetched_again(store, publisher, address):
    store.download(publisher, address, NAME, check=right)
    (store.folder / NAME).write_bytes(BODY[:-1] + b"!")
    store.download(publisher, address, NAME, check=right)
    assert (store.folder / NAME).read_bytes() == BODY


def test_a_newer_file_that_is_wrong_leaves_the_old_one(store, officials, publisher, address):
    store.download(publisher, address, NAME, check=right)
    officials.files["/file"] = b"<html>Log in to the council network</html>"
    with pytest.raises(FetchError, match="it is another file"):
        store.download(publisher, address, NAME, check=right)
    assert (store.folder / NAME).read_bytes() == BODY
    assert store.known(NAME) is not None


def test_a_disk_without_room_is_said_before_the_download(store, publisher, address, monkeypatch):
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(FetchError, match=r"needs 3 MB and .* has 0 MB left"):
        store.download(publisher, address, NAME, check=right)


def test_a_disk_that_fills_up_on_the_way_is_said_and_the_rest_comes_later(
    tmp_path, officials, publisher, address, client
):
    # A limit on the size of files is the kind of full disk that a test can make.
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, 1_200_000))\n"
        "from pathlib import Path; from geo_safety.downloads.client import Client; "
        "from geo_safety.downloads.store import open_store; from geo_safety.downloads.addresses import read_publishers\n"
        "from geo_safety.errors import FetchError\n"
        "with open_store(Path(sys.argv[1]), Client()) as s:\n"
        "  try: s.download(read_publishers()['stats19'], sys.argv[2], sys.argv[3], check=lambda _: None)\n"
        "  except FetchError as e: print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), address, NAME],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "The disk is full" in done.stdout
    assert not (tmp_path / NAME).exists()
    with open_store(tmp_path, client) as store:
        store.download(publisher, address, NAME, check=right)
    assert int(officials.asked[-1].headers["Range"].removeprefix("bytes=").rstrip("-")) >= 1_000_000
    assert (tmp_path / NAME).read_bytes() == BODY


def test_two_fetches_never_write_into_one_folder(store):
    script = (
        "import sys; from pathlib import Path; from geo_safety.downloads.client import Client; "
        "from geo_safety.downloads.store import open_store\n"
        "with open_store(Path(sys.argv[1]), Client()): pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(store.folder)], capture_output=True, text=True, check=False
    )
    assert "Another fetch is working on" in done.stderr


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path, client):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FetchError, match="Name another folder with --to"),
        open_store(tmp_path / "file" / "data", client),
    ):
        pass


def test_provenance_comes_back_as_it_was_written(tmp_path):
    origin = Origin("http://host/a", "2026-01-01T00:00:00+00:00", 3, "ab", published_md5="cd")
    record = Record("stats19", "ab", 3, "OGL", "who", (origin,), "cut", {"months": ["2025-01", "2025-12"]})
    write_provenance(tmp_path, {"b": record, "a": record})
    assert read_provenance(tmp_path) == {"a": record, "b": record}
    assert list(json.loads((tmp_path / "provenance.json").read_text())["files"]) == ["a", "b"]


def test_provenance_that_cannot_be_understood_is_an_error_with_a_remedy(tmp_path, client):
    (tmp_path / "provenance.json").write_text('{"files": {"a": 1}}')
    with pytest.raises(FetchError, match="Move it away"), open_store(tmp_path, client):
        pass
