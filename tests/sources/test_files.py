"""Finding and opening: names that do not depend on where the data stand, archives, hashes, damage."""

from __future__ import annotations

import gzip
import hashlib
import zipfile

import pytest

from geo_safety.errors import SourceError
from geo_safety.sources import files
from geo_safety.sources.files import find_files, read_whole


def test_names_are_relative_to_what_all_places_share(write_file, tmp_path):
    write_file("in/a/1.csv", "x")
    write_file("in/b/1.csv", "x")
    places = [tmp_path / "in/a", tmp_path / "in/b"]
    assert [file.name for file in find_files(places, feed="f")] == ["a/1.csv", "b/1.csv"]
    assert [file.name for file in find_files(places[:1], feed="f")] == ["1.csv"]
    assert [file.name for file in find_files([tmp_path / "in/*/1.csv"], feed="f")] == ["a/1.csv", "b/1.csv"]
    assert [file.name for file in find_files([tmp_path / "in/a/1.csv"], feed="f")] == ["1.csv"]


def test_places_keep_their_order_and_each_is_sorted(write_file, tmp_path):
    for name in ("b/2.csv", "b/10.csv", "a/1.csv"):
        write_file(name, "x")
    found = find_files([tmp_path / "b", tmp_path / "a"], feed="f")
    assert [(file.name, file.place) for file in found] == [("b/10.csv", 0), ("b/2.csv", 0), ("a/1.csv", 1)]


def test_members_of_archives_are_files_like_others(write_file, tmp_path):
    write_file("x.zip/2020/b.csv", "x")
    write_file("x.zip/a.csv", "x")
    write_file("x.zip/__MACOSX/a.csv", "x")
    found = find_files([tmp_path], feed="f")
    assert [(file.name, file.member) for file in found] == [
        ("x.zip/2020/b.csv", "2020/b.csv"),
        ("x.zip/a.csv", "a.csv"),
    ]


def test_the_hash_is_of_the_packed_file_and_of_an_archives_member(write_file):
    packed = write_file("a.csv.gz", "one\n")
    assert read_whole(packed, None, name="a") == (b"one\n", hashlib.sha256(packed.read_bytes()).hexdigest())
    archive = write_file("b.zip/a.csv", "one\n")
    assert read_whole(archive, "a.csv", name="a") == (b"one\n", hashlib.sha256(b"one\n").hexdigest())


@pytest.mark.parametrize("place", ["nowhere", "nowhere/*.csv", "empty"])
def test_a_place_without_files_is_named(tmp_path, place):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"Feed 'f': there is no file at .*Correct `path`"):
        find_files([tmp_path / place], feed="f")


def test_an_archive_that_is_cut_short_is_named(write_file, tmp_path):
    archive = write_file("a.zip/a.csv", "one\n" * 1000)
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(SourceError, match=r"a\.zip is no readable zip archive.*download it again"):
        find_files([tmp_path], feed="f")


def test_a_damaged_member_is_named(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "".join(f"{n * n}\n" for n in range(20_000)))
    data = bytearray(path.read_bytes())
    data[2000:2100] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"a\.csv cannot be read to its end"):
        read_whole(path, "a.csv", name="a.zip/a.csv")


ROWS = b"month,longitude\n" + b"2025-01,1.7\n" * 5_000


@pytest.mark.parametrize(
    ("packed", "how"),
    [
        (gzip.compress(ROWS), "at once"),
        (gzip.compress(ROWS[:30_000]) + gzip.compress(ROWS[30_000:]), "piece by piece"),  # two members, as `cat` makes
    ],
    ids=["one member", "two members"],  # gzip writes the clock: named by their bytes, tests differ between workers
)
def test_gzip_files_give_the_same_bytes_at_once_and_piece_by_piece(tmp_path, packed, how):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(packed)
    assert (files._unpacked_at_once(path, None) is not None) == (how == "at once")
    assert read_whole(path, None, name="rows.csv.gz") == (ROWS, hashlib.sha256(packed).hexdigest())


@pytest.mark.parametrize("fault", ["cut short", "flipped", "too large"])
def test_gzip_files_with_a_fault_are_left_to_the_road_that_names_it(tmp_path, monkeypatch, fault):
    packed = bytearray(gzip.compress(ROWS))
    if fault == "cut short":
        del packed[-20:]
    elif fault == "flipped":
        packed[len(packed) // 2] ^= 0xFF
    else:
        monkeypatch.setattr(files, "_SMALL_UNPACKED", 1_000)
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(packed)
    assert files._unpacked_at_once(path, None) is None
    if fault == "too large":
        assert read_whole(path, None, name="rows.csv.gz")[0] == ROWS
    else:
        with pytest.raises(SourceError, match=r"rows\.csv\.gz cannot be read to its end"):
            read_whole(path, None, name="rows.csv.gz")
