"""CSV by RFC 4180: for everything that reads no shapes.

Decisions, for people who open it with a double click:

- UTF-8 **with** a byte order mark: without one Excel takes names like "Ælfric" for another alphabet. pandas,
  R's readr, DuckDB and GDAL skip the mark; in plain Python read it as "utf-8-sig".
- All text is quoted, so that readers that look at quotes keep codes as text.
- A text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV injection").
- Empty means null; the text "" does not occur.
- Lines end with CR LF.
- The band "1-4" stays as it is everywhere, though Excel takes it for a date in a CSV file that is opened with a
  double click: whoever works in Excel takes `.xlsx`, where text is text.

A CSV file has no place for notes: the last two columns say whether it may be published and from which
release it is; all the rest (attribution, cautions, units) stands in a second file beside it, named as the
W3C's "Model for Tabular Data" asks: `wards.csv` has `wards.csv-metadata.json`.
"""

from __future__ import annotations

import codecs
import io
import json
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from geo_safety.publication import Publication
from geo_safety.schema import table_of_layer

_FORMULA = r"^[=+\-@\t\r\n]"
_W3C_TYPES = {"string": "string", "int": "integer", "float": "double", "bool": "boolean", "date": "date"}


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a table without shapes as CSV, and beside it what must travel with it."""
    table = without_formulas(table)
    release_id = pa.array([publication.release_id] * table.num_rows, type=pa.string())
    may = pa.array([publication.answer.split(",")[0].lower()] * table.num_rows, type=pa.string())
    table = table.append_column("release_id", release_id).append_column("may_be_published", may)
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8)
        pyarrow.csv.write_csv(table, _RowsEndWithCrLf(file), pyarrow.csv.WriteOptions(quoting_style="needed"))
    about = json.dumps(_about(path.name, table, publication), ensure_ascii=False, indent=1) + "\n"
    path.with_name(f"{path.name}-metadata.json").write_text(about, encoding="utf-8")


class _RowsEndWithCrLf(io.RawIOBase):
    """Hands bytes on with CR LF after each row; line ends inside quotes stay as they are.

    Arrow can do so itself only from version 26 on.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._in_quotes = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        parts = bytes(data).split(b'"')
        first_outside = int(self._in_quotes)
        parts[first_outside::2] = [part.replace(b"\n", b"\r\n") for part in parts[first_outside::2]]
        self._in_quotes ^= len(parts) % 2 == 0
        self._file.write(b'"'.join(parts))
        return len(data)


def without_formulas(table: pa.Table) -> pa.Table:
    """The table with an apostrophe in front of every text that a spreadsheet would run.

    Examples
    --------
    >>> without_formulas(pa.table({"name": ["=1+1", "Old Pier", None], "ratio": [-1.0, 0, 1]})).to_pydict()
    {'name': ["'=1+1", 'Old Pier', None], 'ratio': [-1.0, 0.0, 1.0]}
    """
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table.column(index)
            risky = pc.match_substring_regex(texts, _FORMULA)
            table = table.set_column(
                index, field, pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)
            )
    return table


def _about(name: str, table: pa.Table, publication: Publication) -> dict[str, Any]:
    """The file's description by the W3C's vocabulary for tabular data, with our own terms beside."""
    known = {column.name: column for column in table_of_layer(publication.layer).columns}
    columns = []
    for field in table.schema:
        entry: dict[str, Any] = {"name": field.name, "titles": field.name}
        if field.name in known:
            column = known[field.name]
            entry |= {"datatype": _W3C_TYPES[column.type], "dc:description": column.description, "unit": column.unit}
        columns.append(entry)
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": name,
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"]},
        "notes": [publication.as_dict()],
        "tableSchema": {"columns": columns},
    }
