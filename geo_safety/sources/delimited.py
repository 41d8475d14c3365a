"""Text files with separated values, read in batches in which each column's distinct values stand once.

Incident files repeat themselves: a million rows share a few dozen months and categories and some
ten thousand coordinates. So columns are read as dictionaries, and whatever has to be understood
(a month, a coordinate) is understood once for each distinct text.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from geo_safety.errors import SourceError
from geo_safety.sources.arrow import floats, texts, to_numpy
from geo_safety.sources.feed import FloatArray, Int32Array, IntArray, Quarantined, RawFile
from geo_safety.sources.files import open_file, read_sample

_DELIMITERS = ",;\t|"
_TEXT = pa.dictionary(pa.int32(), pa.string())

NO_NUMBER = frozenset(("", "NA", "N/A", "NULL", "null"))
"""How programs write that there is no value; "NaN" is not among them, as it may come from a failed calculation."""

NOWHERE = -1.2345e300
"""Stands for no coordinate among numbers: far outside every coordinate system, and nothing that a file would hold."""

# Large enough that distinct values are not repeated too often, small enough to stay near the processor.
_BATCH_BYTES = 8 << 20

# Bytes of other formats that people hand over under a .csv name.
_BINARY_SIGNS = (b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"SQLite format 3", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0")


class Coded(NamedTuple):
    """A column as distinct texts and, for each row, the index of its own."""

    code: Int32Array
    values: pa.StringArray

    @property
    def texts(self) -> list[str]:
        """The distinct texts as a list."""
        return self.values.to_pylist()

    def by_row(self) -> list[str]:
        """The text of each row."""
        return self.values.take(pa.array(self.code)).to_pylist()

    def where(self, is_it: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Whether each row's text is of some kind."""
        return np.array([is_it(text) for text in self.texts], dtype=bool)[self.code]


class Batch(NamedTuple):
    """Some rows of a file: columns of texts, and columns of numbers in which `NOWHERE` stands for none."""

    texts: dict[str, Coded]
    numbers: dict[str, FloatArray]

    def coordinate(self, name: str) -> Coded | FloatArray:
        """A column of coordinates, in whichever form it comes."""
        return self.numbers[name] if name in self.numbers else self.texts[name]


class Layout(NamedTuple):
    """How a text file is written: its columns in order, what separates them, its encoding, and where rows begin."""

    names: tuple[str, ...]
    delimiter: str
    encoding: str
    lines_to_skip: int


class _NoNumberError(ValueError):
    """A column that was taken for numbers holds something else."""


@dataclass(frozen=True)
class Ragged:
    """A row with more or fewer values than the header."""

    row: int
    values: int
    raw: str


def coded(column: pa.DictionaryArray) -> Coded:
    """A dictionary column of Arrow as codes and stripped texts; null is the empty text."""
    import pyarrow.compute as pc  # loads slowly: here it does so while other threads parse

    values, indices = pc.utf8_trim_whitespace(column.dictionary), column.indices
    if indices.null_count:
        indices = indices.fill_null(len(values))
        values = pa.concat_arrays([values, texts([""])])
    return Coded(to_numpy(indices).astype(np.int32, copy=False), values)


def _understood(batch: pa.RecordBatch, *, is_whole: bool) -> Batch:
    texts_of, numbers_of = {}, {}
    for name in batch.schema.names:
        column = batch.column(name)
        if pa.types.is_floating(column.type):
            numbers_of[name] = floats(column, none=NOWHERE)
        else:
            # Part of a batch may not hold every value of the dictionary.
            texts_of[name] = coded(column if is_whole else column.dictionary_decode().dictionary_encode())
    return Batch(texts_of, numbers_of)


def constant(text: str, n_rows: int) -> Coded:
    """A column that holds the same text in every row."""
    return Coded(np.zeros(n_rows, dtype=np.int32), texts([text]))


def read_layout(raw_file: RawFile, *, delimiter: str | None) -> Layout:
    """How is this file written?

    Parameters
    ----------
    raw_file : RawFile
        The file.
    delimiter : str, optional
        What separates values; None to take whichever sign stands most often in the header.

    Raises
    ------
    SourceError
        If the file is empty or is no text.
    """
    sample = read_sample(raw_file.path, raw_file.member, name=raw_file.name)
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif sample.startswith(_BINARY_SIGNS) or b"\0" in sample:
        raise SourceError(
            f"{raw_file.name} is no text file of separated values.",
            "Give a .csv file, or end its name as its format asks (.xlsx, .parquet, .gpkg, .geojson, .gz, .zip).",
        )
    else:
        encoding = "utf-8-sig"
    lines = sample.decode(encoding, errors="replace").splitlines()
    place, header = next(((place, line) for place, line in enumerate(lines) if line.strip()), (0, ""))
    if not header:
        raise SourceError(
            f"{raw_file.name} is empty.", "Download it again, or remove it if there is nothing to publish."
        )
    if delimiter is None:
        delimiter = max(_DELIMITERS, key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    return Layout(tuple(_unique(names)), delimiter, encoding, place + 1)


def _unique(names: Sequence[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def require_columns(wanted: Mapping[str, str], found: Sequence[str], *, file: str, hint: str = "") -> None:
    """Refuse a file that lacks a column.

    Parameters
    ----------
    wanted : mapping
        What it is for → the column's name.
    found : sequence of str
        The file's columns.
    file : str
        The file's name, for the message.
    hint : str
        A further remedy.

    Raises
    ------
    SourceError
        Naming every column that is missing, those that are there, and the likeliest remedy.
    """
    missing = {use: name for use, name in wanted.items() if name not in found}
    if not missing:
        return
    listed = ", ".join(f"{name!r} ({use})" for use, name in missing.items())
    if len(found) == 1 and (sign := max(_DELIMITERS, key=found[0].count)) in found[0]:
        remedy = f"Its values seem to be separated by {sign!r}: set delimiter = {sign!r} on the feed."
    else:
        near = [close[0] for name in missing.values() if (close := _nearest(name, found))]
        guess = f" (perhaps {', '.join(map(repr, near))})" if near else ""
        remedy = f"Name the right columns in `columns` of the feed{guess}."
    raise SourceError(
        f"{file} has no column {listed}; its columns are {', '.join(map(repr, found))}.", f"{remedy}{hint}"
    )


def _nearest(name: str, found: Sequence[str]) -> list[str]:
    import difflib  # for a message only

    by_lower = {other.lower(): other for other in found}
    return [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=1)]


class RowFile(Protocol):
    """A file whose rows are read once as a whole; what was not understood can be asked for afterwards."""

    name: str
    names: tuple[str, ...]
    sha256: str
    ragged: list[Ragged]

    def batches(self, columns: Sequence[str], *, numbers: Sequence[str] = ()) -> Iterator[Batch]:
        """The rows that fit the header, in order.

        Columns among `numbers` come as such as long as they hold nothing else: that is quicker than texts.
        """

    def rows_in_file(self, places: IntArray) -> IntArray:
        """Rows of the file, the first below the header being 1, of rows counted over the batches from 0."""

    def raw_texts(self, rows: Iterable[int]) -> list[str]:
        """The text of these rows of the file, which are in ascending order."""

    def quarantined_ragged(self) -> list[Quarantined]:
        """The rows that do not fit the header, with their reason."""


class DelimitedFile:
    """The batches of one text file, and, once they have been read, its ragged rows and its hash.

    Parameters
    ----------
    raw_file : RawFile
        The file.
    delimiter : str, optional
        What separates values; None to take whichever sign stands most often in the header.

    Raises
    ------
    SourceError
        If the file is empty or is no text.
    """

    def __init__(self, raw_file: RawFile, *, delimiter: str | None) -> None:
        self.name = raw_file.name
        self.names, self._delimiter, self._encoding, self._lines_to_skip = read_layout(raw_file, delimiter=delimiter)
        self.ragged: list[Ragged] = []
        self.sha256 = ""
        self._file = raw_file

    def batches(self, columns: Sequence[str], *, numbers: Sequence[str] = ()) -> Iterator[Batch]:
        """The rows that fit the header, some hundred thousand at a time.

        Raises
        ------
        SourceError
            If the file is cut short, damaged or no text.
        """
        types = {name: pa.float64() if name in numbers else _TEXT for name in columns}
        done = 0
        while True:
            seen = 0
            try:
                for batch in self._read(types):
                    # After a second start the rows that were handed over before are passed by.
                    rest = batch.slice(min(max(done - seen, 0), batch.num_rows))
                    seen += batch.num_rows
                    done = max(done, seen)
                    if rest.num_rows:
                        yield _understood(rest, is_whole=rest.num_rows == batch.num_rows)
            except UnicodeError:
                # Older exports are in the Western encoding of their desktop, in which every byte means something.
                self._encoding = "latin-1"
            except _NoNumberError:
                types = dict.fromkeys(columns, _TEXT)  # as texts, so that the rows concerned can be told
            else:
                return
            self.ragged.clear()

    def _read(self, types: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        file = self._file
        _say_nothing_of_undecodable_rows()
        with open_file(file.path, file.member, name=file.name) as opened:
            try:
                yield from self._open_csv(opened.stream, types)
            except pa.ArrowInvalid as error:
                # Arrow decodes a ragged row before it hands it over; where it cannot, it gives up with "Expected n columns".
                if "UTF8" in str(error) or (self._encoding == "utf-8-sig" and ": Expected " in str(error)):
                    raise UnicodeError from error
                if "conversion error to double" in str(error):
                    raise _NoNumberError from error
                raise SourceError(
                    f"{file.name} cannot be read as separated values ({error}).",
                    "Look at the place named, or export the file again.",
                ) from error
            self.sha256 = opened.sha256()
        for row in self.ragged:
            if row.raw.count('"') % 2 and "\n" in row.raw:
                raise SourceError(
                    f'{file.name} opens a quotation (") in row {row.row} that is never closed, which hides the rows after it.',
                    "Remove the sign from the row, or write it twice inside a quotation.",
                )

    def _open_csv(self, stream: pa.NativeFile, types: dict[str, pa.DataType]) -> pyarrow.csv.CSVStreamingReader:
        return pa.csv.open_csv(
            stream,
            # Threads go over files, so that the numbers of ragged rows are known.
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                block_size=_BATCH_BYTES,
                column_names=list(self.names),
                skip_rows=self._lines_to_skip,
                encoding="utf-8" if self._encoding == "utf-8-sig" else self._encoding,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=self._delimiter, newlines_in_values=True, invalid_row_handler=self._keep_ragged
            ),
            convert_options=pa.csv.ConvertOptions(
                include_columns=list(types), column_types=types, null_values=sorted(NO_NUMBER)
            ),
        )

    def _keep_ragged(self, row: pyarrow.csv.InvalidRow) -> str:
        self.ragged.append(Ragged(row.number - self._lines_to_skip, row.actual_columns, row.text))
        return "skip"

    def rows_in_file(self, places: IntArray) -> IntArray:
        """Rows of the file, the first below the header being 1, of rows counted over the batches from 0."""
        skipped = np.array([row.row for row in self.ragged], dtype=np.int64)
        # Of the ragged rows, as many come before a good one as there are whose own place among the good is not above it.
        before = np.searchsorted(skipped - np.arange(1, len(skipped) + 1), places, side="right")
        return np.asarray(places + 1 + before, dtype=np.int64)

    def raw_texts(self, rows: Iterable[int]) -> list[str]:
        """The text of these rows (ascending numbers below the header) as it stands in the file."""
        wanted = iter(rows)
        target = next(wanted, None)
        found: list[str] = []
        if target is None:
            return found
        with open_file(self._file.path, self._file.member, name=self._file.name) as opened:
            stream = io.TextIOWrapper(opened.stream, encoding=self._encoding, errors="replace", newline="")
            for number, text in enumerate(_records(stream, self._delimiter)):
                if number == target:
                    found.append(text)
                    target = next(wanted, None)
                    if target is None:
                        break
        return found

    def quarantined_ragged(self) -> list[Quarantined]:
        """The ragged rows with their reason."""
        expected = len(self.names)
        return [
            Quarantined(row.row, f"it has {row.values} values where the header has {expected}", row.raw)
            for row in self.ragged
        ]


@cache
def _say_nothing_of_undecodable_rows() -> None:
    """Keep Python from printing a traceback for each ragged row that Arrow cannot decode: the file is read anew then."""
    earlier = sys.unraisablehook

    def tell(one: Any) -> None:
        is_ours = isinstance(getattr(one.object, "__self__", None), DelimitedFile)
        if not (is_ours and isinstance(one.exc_value, UnicodeDecodeError)):
            earlier(one)

    sys.unraisablehook = tell


def _records(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """Whole records, the header first: lines are joined while a quotation is open, empty ones are no rows."""
    record, is_open = "", False
    for line in lines:
        record += line
        is_open = _is_left_open(line, delimiter, is_open=is_open)
        if not is_open:
            if text := record.strip("\r\n"):
                yield text
            record = ""
    if text := record.strip("\r\n"):
        yield text


def _is_left_open(line: str, delimiter: str, *, is_open: bool) -> bool:
    """Whether a quotation is open at the end of a line. As in Arrow it opens at the start of a value and nowhere else."""
    if not is_open and '"' not in line:
        return False
    place = 0
    while True:
        if not is_open:
            if not line.startswith('"', place):
                place = line.find(delimiter, place) + 1
                if not place:
                    return False
                continue
            place += 1
        end = line.find('"', place)
        if end < 0:
            return True
        is_open = line.startswith('"', end + 1)  # twice inside a quotation it stands for itself
        place = end + 2 if is_open else end + 1
        if not is_open:  # what follows belongs to the same value
            place = line.find(delimiter, place) + 1
            if not place:
                return False
