"""Excel: the rows on one sheet, and on a second one what they mean and whether they may be published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from geo_safety.errors import OutputError
from geo_safety.publication import Publication
from geo_safety.schema import table_of_layer

MOST_ROWS = 1_048_576
"""Rows of a sheet, the header included: a limit of Excel's."""

LONGEST_TEXT = 32_767
"""Characters of a cell: a limit of Excel's."""

ABOUT = "About"
_ROWS_AT_ONCE = 5_000


def write(table: pa.Table, path: Path, publication: Publication) -> None:
    """Write a table without shapes as an Excel file.

    Text stays text: codes keep their zeros, and what looks like a formula is not run.

    Raises
    ------
    OutputError
        A sheet cannot hold so many rows.
    """
    if table.num_rows >= MOST_ROWS:
        raise OutputError(
            f"{publication.layer} has {table.num_rows:,} rows, and an Excel sheet holds {MOST_ROWS - 1:,}.",
            "Take one theme (--theme), or write .csv or .parquet.",
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet(publication.layer[:31])
    sheet.freeze_panes = "B2"
    sheet.append([_bold(sheet, name) for name in table.column_names])
    for start in range(0, table.num_rows, _ROWS_AT_ONCE):
        columns = [column.to_pylist() for column in table.slice(start, _ROWS_AT_ONCE).columns]
        for row in zip(*columns, strict=True):
            sheet.append([_cell(sheet, value) for value in row])
    about = book.create_sheet(ABOUT)
    about.column_dimensions["A"].width = 26
    about.column_dimensions["B"].width = 100
    for line in _about(about, publication):
        about.append(line)
    book.save(path)


def _cell(sheet: Worksheet, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Control characters are no legal content of the file format; longer texts make Excel call the file damaged.
    value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)[:LONGEST_TEXT]
    if value.startswith("="):
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"  # else it would be a formula
        return cell
    return value


def _bold(sheet: Worksheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _about(sheet: Worksheet, publication: Publication) -> Iterator[list[Any]]:
    """Rows of the second sheet: the answer first, then the rest, then the meaning of each column."""
    yield [_bold(sheet, "Can I publish this?"), publication.answer]
    for name, value in publication.as_dict().items():
        if name != "can_i_publish_this":
            label = name.replace("_", " ").capitalize()
            for index, text in enumerate([value] if isinstance(value, str) else value):
                yield ["" if index else _bold(sheet, label), text]
    yield []
    yield [_bold(sheet, "Column"), _bold(sheet, "Meaning"), _bold(sheet, "Unit")]
    for column in table_of_layer(publication.layer).columns:
        if column.type != "geometry":
            yield [column.name, column.description, column.unit]
