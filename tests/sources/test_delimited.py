"""Text files: separators, encodings, ragged rows with their numbers, and what is no text at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_safety.errors import SourceError
from geo_safety.incidents import read_feed
from geo_safety.sources import delimited
from geo_safety.sources.delimited import NOWHERE, DelimitedFile, require_columns
from geo_safety.sources.feed import RawFile


def opened(path: Path, *, delimiter: str | None = None) -> DelimitedFile:
    return DelimitedFile(RawFile(path.name, path), delimiter=delimiter)


def column(file: DelimitedFile, name: str) -> list[str]:
    return [batch.texts[name].texts[code] for batch in file.batches([name]) for code in batch.texts[name].code]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_separator_is_taken_from_the_header(write_file, sign):
    file = opened(write_file("a.csv", f"one{sign}two\n1{sign}2\n"))
    assert file.names == ("one", "two")
    assert column(file, "two") == ["2"]


@pytest.mark.parametrize(
    "data",
    [
        "a,b\nCafé,1\n".encode(),
        "\ufeffa,b\r\nCafé,1\r\n".encode(),
        "a,b\nCafé,1\n".encode("latin-1"),
        "\ufeffa,b\r\nCafé,1\r\n".encode("utf-16-le"),
        "a,b\n\n  Café ,1".encode(),
    ],
    ids=["utf-8", "byte-order mark", "latin-1", "utf-16", "no last newline, blank line, spaces"],
)
def test_every_usual_encoding_is_read(write_file, data):
    file = opened(write_file("a.csv", data))
    assert file.names == ("a", "b")
    assert column(file, "a") == ["Café"]


def test_a_western_letter_late_in_a_file_neither_loses_nor_doubles_rows(write_file, monkeypatch):
    # The first batches are read as UTF-8 before the letter shows that the file is not.
    monkeypatch.setattr(delimited, "_BATCH_BYTES", 64)
    rows = [f"{number},x" for number in range(200)]
    rows[150] = "150,é"
    file = opened(write_file("a.csv", ("a,b\n" + "\n".join(rows)).encode("latin-1")))
    assert column(file, "a") == [str(number) for number in range(200)]


def test_a_text_late_in_a_column_of_numbers_neither_loses_nor_doubles_rows(write_file, monkeypatch):
    monkeypatch.setattr(delimited, "_BATCH_BYTES", 64)
    rows = [f"{number},{number / 2}" for number in range(200)]
    rows[150] = "150,north"
    file = opened(write_file("a.csv", "a,b\n" + "\n".join(rows) + "\n\n7\n"))
    found: list[str] = []
    for batch in file.batches(["a", "b"], numbers=["b"]):
        if "b" in batch.numbers:
            found += [str(value) for value in batch.numbers["b"]]
        else:
            found += [batch.texts["b"].texts[code] for code in batch.texts["b"].code]
    assert found[:150] == [str(number / 2) for number in range(150)]
    assert found[150:] == ["north", *(str(number / 2) for number in range(151, 200))]
    assert len(file.ragged) == 1


def test_a_column_of_numbers_tells_what_is_missing_from_what_is_wrong(write_file):
    file = opened(write_file("a.csv", "a,b\n1,x\n,x\nNA,x\nnan,x\n1e999,x\n"))
    (batch,) = file.batches(["a"], numbers=["a"])
    assert str(batch.numbers["a"].tolist()) == str([1.0, NOWHERE, NOWHERE, np.nan, np.inf])


def test_ragged_rows_are_kept_aside_with_their_own_numbers(write_file):
    file = opened(write_file("a.csv", 'a,b\n1,x\n2\n"3\n3",y\n\n4,5,6\n7,z\n'))
    assert column(file, "a") == ["1", "3\n3", "7"]
    assert [(row.row, row.raw) for row in file.ragged] == [(2, "2"), (4, "4,5,6")]
    assert file.rows_in_file(np.array([0, 1, 2])).tolist() == [1, 3, 5]
    assert file.raw_texts([1, 3, 5]) == ["1,x", '"3\n3",y', "7,z"]


def test_empty_lines_before_the_header_are_passed_by(write_file):
    file = opened(write_file("a.csv", "\n\na,b\n1,x\n2\n3,y\n"))
    assert column(file, "a") == ["1", "3"]
    assert [(row.row, row.raw) for row in file.ragged] == [(2, "2")]
    assert file.raw_texts([1, 3]) == ["1,x", "3,y"]


@given(st.lists(st.sampled_from(["1,2", "1", "1,2,3"]), min_size=1, max_size=40))
def test_every_row_is_either_read_or_ragged_under_its_own_number(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    path.write_text("a,b\n" + "\n".join(rows) + "\n")
    file = opened(path)
    read = len(column(file, "a"))
    numbers = [row.row for row in file.ragged]
    assert numbers == [number for number, row in enumerate(rows, 1) if row != "1,2"]
    good = file.rows_in_file(np.arange(read)).tolist()
    assert good == [number for number, row in enumerate(rows, 1) if row == "1,2"]
    assert file.raw_texts(good) == ["1,2"] * read


def test_a_column_named_twice_is_read_once(write_file):
    assert opened(write_file("a.csv", "a,a,b\n1,2,3\n")).names == ("a", "a (2)", "b")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "is empty.*Download it again"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b"PK\x03\x04rest of a workbook", r"no text file.*\.xlsx"),
        ("a.csv", bytes(range(256)), "no text file"),
        ("a.csv.gz", b"a,b\n1,2\n", "is empty|cannot be read to its end"),
    ],
    ids=["nothing", "blank lines", "zip bytes", "binary", "empty gz is written"],
)
def test_what_is_no_table_is_refused(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)  # as they are, also under a .gz name
    with pytest.raises(SourceError, match=message):
        opened(path)


def test_a_quotation_that_is_never_closed_is_refused_because_it_hides_rows(write_file):
    file = opened(write_file("a.csv", 'a,b,c\n1,x,2\n2,"y,3\n3,z,4\n'))
    with pytest.raises(SourceError, match=r'opens a quotation \("\) in row 2 that is never closed.*Remove the sign'):
        column(file, "a")


def test_a_sign_of_inches_inside_a_value_hides_nothing(write_file):
    assert column(opened(write_file("a.csv", 'a,b\n1,10" pipe\n2,y\n')), "a") == ["1", "2"]


def test_a_gz_file_that_is_cut_short_is_refused_whole(tmp_path):
    data = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n * 7919 % 1000003, n) for n in range(100_000)))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match=r"cannot be read to its end.*download it again"):
        column(opened(path), "a")


@pytest.mark.parametrize(
    ("wanted", "found", "message"),
    [
        (
            {"time": "month"},
            ["Month", "Place"],
            r"no column 'month' \(time\); its columns are 'Month', 'Place'.*perhaps 'Month'",
        ),
        ({"time": "a", "category": "b"}, ["a;b;c"], r"seem to be separated by ';': set delimiter = ';'"),
        ({"time": "zzz"}, ["one", "two"], r"Name the right columns in `columns` of the feed\."),
    ],
)
def test_a_missing_column_is_named_with_what_is_there(wanted, found, message):
    with pytest.raises(SourceError, match=message):
        require_columns(wanted, found, file="a.csv")


def test_a_file_is_read_the_same_in_small_and_large_batches(write_file, monkeypatch):
    text = "a,b\n" + "".join(f"{n % 7},{n}\n" if n % 50 else f"{n}\n" for n in range(3000))
    whole = opened(write_file("a.csv", text))
    at_once = column(whole, "a")
    monkeypatch.setattr(delimited, "_BATCH_BYTES", 100)
    parts = opened(write_file("a.csv", text))
    assert column(parts, "a") == at_once
    assert parts.ragged == whole.ragged
    assert parts.sha256 == whole.sha256


def test_a_ragged_row_in_a_western_encoding_is_set_aside_without_a_word(write_file, table, capsys):
    text = "when,lon,lat,what\n2020-05,-0.1,51.5,Robbery\n2020-05,-0.1,51.5,Räuber,more\n".encode("latin-1")
    feed = read_feed(table(write_file("a.csv", text)))
    assert (feed.accounts[0].accepted, feed.accounts[0].quarantined) == (1, 1)
    assert feed.quarantine.raw.tolist() == ["2020-05,-0.1,51.5,Räuber,more"]
    assert "Exception ignored" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "odd", ['2020-0",-0.1,51.5,x', '2020-0,"-0.1"x,51.5,x', '2020-0,-0.1,51.5,"say ""no"""', '2020-0"9,-0.1,51.5,x']
)
def test_a_quotation_sign_inside_a_value_hides_no_row_after_it(write_file, table, odd):
    rows = [odd, "2820-04,-0.1,51.5,Robbery", "2020-05,-0.1,51.5,Robbery", "2020-0>,-0.1,51.5,Robbery"]
    feed = read_feed(table(write_file("a.csv", "when,lon,lat,what\n" + "\n".join(rows) + "\n")))
    account = feed.accounts[0]
    assert (account.rows_read, account.accepted, account.quarantined) == (4, 1, 3)
    assert feed.quarantine.raw.tolist() == [rows[0], rows[1], rows[3]]


def test_a_file_that_holds_a_mark_of_its_encoding_alone_is_empty(write_file, table):
    with pytest.raises(SourceError, match="is empty"):
        read_feed(table(write_file("a.csv", b"\xff\xfe")))
