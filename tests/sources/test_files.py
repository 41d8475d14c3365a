"""Finding and opening: names that do not depend on where the data stand, archives, hashes, damage."""

from __future__ import annotations

import hashlib
import zipfile

import pytest

from geo_safety.errors import SourceError
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
