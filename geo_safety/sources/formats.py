"""Any file of rows and columns as the same coded columns: text, Parquet, Excel, GeoPackage, GeoJSON, KML, FlatGeobuf."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from geo_safety.errors import SourceError
from geo_safety.sources.delimited import Batch, DelimitedFile, Ragged, RowFile, coded
from geo_safety.sources.feed import FeedSettings, IntArray, Quarantined, RawFile
from geo_safety.sources.files import find_files, read_whole

LONGITUDE, LATITUDE = "geometry: east", "geometry: north"
"""Columns that stand for the points of a file with geometry."""

WRITTEN_TIMES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y-%m-%d",
)
"""How times of files with column types look as text."""

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
TYPED_SUFFIXES = (".parquet", ".xlsx", ".gpkg", ".geojson", ".json", ".kml", ".fgb")
"""Suffixes of the files that are read, with or without .gz."""


def find_tables(settings: FeedSettings) -> list[RawFile]:
    """Which of the feed's files hold tables? A file that the config names itself is taken whatever its suffix.

    Raises
    ------
    SourceError
        If there is none.
    """
    found = find_files(settings.path, feed=settings.name)
    tables = [
        RawFile(file.name, file.path, file.member)
        for file in found
        if suffix_of(file.name) in (*TEXT_SUFFIXES, *TYPED_SUFFIXES)
        or (file.member is None and file.path in settings.path)
    ]
    if not tables:
        raise SourceError(
            f"Feed {settings.name!r}: none of the {len(found)} files is a table.",
            f"Their names must end in {', '.join((*TEXT_SUFFIXES, *TYPED_SUFFIXES))}, with or without .gz.",
        )
    return tables


def suffix_of(name: str) -> str:
    """The suffix that tells a file's format, in lower case.

    Examples
    --------
    >>> suffix_of("2020/Points.CSV.gz"), suffix_of("a/b")
    ('.csv', '')
    """
    last = name.lower().rsplit("/", 1)[-1].removesuffix(".gz")
    return last[last.rindex(".") :] if "." in last else ""


def open_table(raw_file: RawFile, settings: FeedSettings) -> RowFile:
    """The rows of a file, whatever its format.

    Raises
    ------
    SourceError
        If the file is not what its name says.
    """
    suffix = suffix_of(raw_file.name)
    if suffix not in TYPED_SUFFIXES:
        return DelimitedFile(raw_file, delimiter=settings.delimiter)
    data, sha256 = read_whole(raw_file.path, raw_file.member, name=raw_file.name)
    try:
        table, crs = _READERS[suffix](data, raw_file, settings.layer)
        return TypedFile(raw_file.name, table, sha256, crs=crs)
    except Exception as error:  # each library has its own errors, and all of them say that the file is unfit
        raise SourceError(
            f"{raw_file.name} is no readable {suffix} file ({error}).",
            "Export it again, or give a .csv file.",
        ) from error


class TypedFile:
    """A table with column types, its values turned into texts.

    Parameters
    ----------
    name : str
        The file's name.
    table : pyarrow.Table
        All of its columns.
    sha256 : str
        Hash of the file's bytes.
    crs : str, optional
        Coordinate system of its geometry.
    """

    def __init__(self, name: str, table: pa.Table, sha256: str, *, crs: str | None) -> None:
        self.name = name
        self.names = tuple(table.column_names)
        self.sha256 = sha256
        self.crs = crs
        self.ragged: list[Ragged] = []
        self._table = table

    def batches(
        self,
        columns: Sequence[str],
        *,
        numbers: Sequence[str] = (),
    ) -> Iterator[Batch]:
        """All rows at once."""
        try:
            texts = {name: coded(_as_text(self._table.column(name)).dictionary_encode()) for name in columns}
        except pa.ArrowInvalid as error:
            raise SourceError(f"{self.name} holds text that is none ({error}).", "Export it again as UTF-8.") from error
        yield Batch(texts, {})

    def rows_in_file(self, places: IntArray) -> IntArray:
        """Rows of the file, the first being 1."""
        return np.asarray(places + 1)

    def raw_texts(self, rows: Iterable[int]) -> list[str]:
        """The values of these rows, separated by commas."""
        picked = self._table.take(pa.array([row - 1 for row in rows], pa.int64()))
        texts = [_as_text(column).to_pylist() for column in picked.columns]
        return [",".join(value or "" for value in row) for row in zip(*texts, strict=True)]

    def quarantined_ragged(self) -> list[Quarantined]:
        """None: every row has the same columns."""
        return []


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    if pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_decode()
    if pa.types.is_nested(whole.type) or pa.types.is_binary(whole.type):
        return pa.nulls(len(whole), pa.string())
    return whole.cast(pa.string())


def _read_parquet(
    data: bytes,
    raw_file: RawFile,  # noqa: ARG001 - its bytes are enough
    layer: str | None,  # noqa: ARG001 - one table a file
) -> tuple[pa.Table, str | None]:

    return pa.parquet.read_table(pa.BufferReader(data)), None


def _read_excel(
    data: bytes,
    raw_file: RawFile,  # noqa: ARG001 - its bytes are enough
    layer: str | None,
) -> tuple[pa.Table, str | None]:
    import openpyxl  # only this format needs it

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    sheet = book[layer] if layer else book.worksheets[0]
    rows = (row for row in sheet.iter_rows(values_only=True) if any(value is not None for value in row))
    header = [str(name).strip() if name is not None else f"column {place}" for place, name in enumerate(next(rows), 1)]
    columns: list[list[str]] = [[] for _ in header]
    for row in rows:
        for values, value in zip(columns, row, strict=False):
            values.append(_cell_text(value))
    return pa.table(dict(zip(header, (pa.array(values, pa.string()) for values in columns), strict=True))), None


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    # Excel keeps whole numbers as floats.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _read_geometry(
    data: bytes,
    raw_file: RawFile,  # noqa: ARG001 - its bytes are enough
    layer: str | None,
) -> tuple[pa.Table, str | None]:
    import pyogrio  # slow to import, and most feeds are text
    import shapely

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what GDAL finds odd and reads all the same
        # The bytes, not the file: beside files GDAL may leave journals and indexes of its own.
        meta, table = pyogrio.raw.read_arrow(data, layer=layer)
    name = meta["geometry_name"] or "wkb_geometry"
    points = shapely.from_wkb(table.column(name).to_numpy(zero_copy_only=False))
    if not np.isin(shapely.get_type_id(points), (-1, 0)).all():
        raise ValueError("its shapes are not all points")
    is_there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    table = table.drop_columns([name])
    for column, values in ((LONGITUDE, shapely.get_x(points)), (LATITUDE, shapely.get_y(points))):
        table = table.append_column(column, pa.array(values, mask=~is_there))
    return _with_valid_text(table), meta["crs"]


def _with_valid_text(table: pa.Table) -> pa.Table:
    """The same rows; bytes that are no UTF-8, which GDAL hands on as text, become the sign for what cannot be read.

    A broken text costs its own value, not the file.
    """
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            values = column.cast(pa.large_binary()).to_pylist()
            texts = [None if value is None else value.decode("utf-8", "replace") for value in values]
            table = table.set_column(place, name, pa.array(texts, pa.string()))
    return table


_READERS = {
    ".parquet": _read_parquet,
    ".xlsx": _read_excel,
    ".gpkg": _read_geometry,
    ".geojson": _read_geometry,
    ".json": _read_geometry,
    ".kml": _read_geometry,
    ".fgb": _read_geometry,
}
