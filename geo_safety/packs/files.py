"""A pack as files: page and PDF for people, GeoJSON and Excel for their tools."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geo_safety.errors import OutputError
from geo_safety.outputs.geojson import DECIMALS
from geo_safety.outputs.xlsx import ABOUT
from geo_safety.packs.content import Cell, Pack, Table, where_answered
from geo_safety.packs.notes import with_notes
from geo_safety.packs.page import page_of
from geo_safety.packs.pdf import pdf_of

FOR_READERS, FOR_TOOLS = ("html", "pdf"), ("geojson", "xlsx")
FORMATS = (*FOR_READERS, *FOR_TOOLS)

_FIXED = (1980, 1, 1, 0, 0, 0)
"""The time that every member of a workbook bears, so that the same figures are the same bytes."""


def write_pack(
    pack: Pack, folder: Path, *, formats: tuple[str, ...] = FORMATS, notes: Mapping[str, str] | None = None
) -> list[Path]:
    """Write `pack-KIND.html`, `.pdf`, `.geojson` and `.xlsx`; older ones are replaced.

    Parameters
    ----------
    notes : mapping, optional
        A user's own texts for blanks: they stand in page and PDF, and in no part that holds data.

    Raises
    ------
    OutputError
        The folder cannot be written, or there is no program that makes PDF.
    """
    read = with_notes(pack, notes or {})
    contents = {f"pack-{pack.kind}.{form}": content_of(read if form in FOR_READERS else pack, form) for form in formats}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({error.strerror}).", "Name another folder with --out."
        ) from error
    return [folder / name for name in contents]


def content_of(pack: Pack, form: str) -> bytes:
    """The pack in one format.

    Parameters
    ----------
    form : {'html', 'pdf', 'geojson', 'xlsx'}
    """
    match form:
        case "html":
            return page_of(pack).encode()
        case "pdf":
            return pdf_of(page_of(pack))
        case "geojson":
            return geojson_of(pack)
        case "xlsx":
            return xlsx_of(pack)
    raise ValueError(f"unknown format {form!r}: one of {', '.join(FORMATS)}")


def geojson_of(pack: Pack) -> bytes:
    """The pack's shapes, with what must travel with them."""
    features = []
    for shape in pack.shapes:
        rounded = shapely.transform(shapely.orient_polygons(shape.geometry), lambda xy: np.round(xy, DECIMALS))
        properties = {"kind": shape.kind, **shape.properties}
        features.append({"type": "Feature", "id": shape.id, "properties": properties,
                         "geometry": orjson.Fragment(shapely.to_geojson(rounded))})  # fmt: skip
    head = {"type": "FeatureCollection", "name": f"pack-{pack.kind}", "title": pack.title, "place_id": pack.place_id}
    return orjson.dumps({**head, **pack.publication.as_dict(), "features": features}) + b"\n"


def xlsx_of(pack: Pack) -> bytes:
    """The pack's tables, one sheet each, with what must travel with them and the checklist first."""
    book = Workbook()
    about = book.active
    about.title = ABOUT
    published = pack.publication.as_dict()
    rows: list[tuple[Cell, ...]] = [("Pack", pack.title), ("Can I publish this?", pack.publication.answer)]
    for name, value in published.items():
        if name != "can_i_publish_this":
            values = [value] if isinstance(value, str) else value
            rows += [("" if index else name.replace("_", " ").capitalize(), text) for index, text in enumerate(values)]
    _fill(about, (), rows, widths=(26, 100))
    checklist = [(words, where, " ".join(blanks)) for words, where, blanks in where_answered(pack)]
    _fill(
        book.create_sheet("Checklist"), ("Item", "Section", "Left blank there, and why"), checklist, widths=(46, 40, 80)
    )
    for table in pack.tables:
        sheet = book.create_sheet(table.name[:31])
        _fill(sheet, table.head, list(table.rows), widths=_widths(table))
        sheet.freeze_panes = "B2"
    return _without_clock(book)


def _fill(sheet: Worksheet, head: tuple[str, ...], rows: list[Any], *, widths: tuple[int, ...]) -> None:
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    lines = ([head] if head else []) + rows
    for down, line in enumerate(lines, start=1):
        for across, value in enumerate(line, start=1):
            cell = sheet.cell(down, across, value)
            if isinstance(value, str):
                cell.data_type = "s"  # what begins with "=" would be a formula
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            if (head and down == 1) or (not head and across == 1):
                cell.font = Font(bold=True)


def _widths(table: Table) -> tuple[int, ...]:
    columns = zip(table.head, *table.rows, strict=True)
    return tuple(min(max(len(str(cell or "")) for cell in column) + 2, 60) for column in columns)


def _without_clock(book: Workbook) -> bytes:
    """The workbook without the time at which it was made."""
    made = io.BytesIO()
    book.save(made)
    clean = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _CORE
            new.writestr(zipfile.ZipInfo(name, _FIXED), content, zipfile.ZIP_DEFLATED)
    return clean.getvalue()


_CORE = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties '
    b'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>geo-safety</dc:creator></cp:coreProperties>'
)
