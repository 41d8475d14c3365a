"""Files of the context: stations that people know places by, and figures that incidents are divided by. Never scored."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from geo_safety.areas import Stations
from geo_safety.denominators import ZONE_FIGURES, Figures, PointFigure, ZoneFigure
from geo_safety.errors import BoundaryError, GeoSafetyError, SourceError
from geo_safety.footfall import PARTS, entries_and_exits, numbers, station_ids
from geo_safety.settings import Context
from geo_safety.shapes import read_shapes, texts

_WORKBOOKS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
_DRAWINGS = (".geojson", ".json", ".shp", ".zip", ".gpkg", ".fgb", ".kml", ".geoparquet")
_HEADER_ROWS = 20
"""A workbook's header is looked for in so many rows: publishers put titles above it."""


def read_stations(context: Sequence[Context], *, kind: str = "stations") -> Stations | None:
    """Stations of the config's context, or named points of another kind; None where it names no file of them.

    Raises
    ------
    SourceError
        A file is absent, or lacks the columns `name`, `longitude` and `latitude` (as the config maps them).
    """
    files = [entry for entry in context if entry.kind == kind]
    if not files:
        return None
    frames = [_read_places(entry, ("name",)) for entry in files]
    stations = pd.concat(frames).dropna().sort_values(["name", "longitude", "latitude"])
    return Stations(*(stations[column].to_numpy() for column in ("name", "longitude", "latitude")))


def read_wanted(
    entry: Context, columns: Sequence[str], *, optional: Sequence[str] = (), placed: bool, drawn: bool = False
) -> pd.DataFrame:
    """The columns of one file of the context that somebody wants, those optional where the config maps them.

    Parameters
    ----------
    placed : bool
        Whether rows have places: then `longitude` and `latitude` in WGS84 are columns too, and rows without are left out.
    drawn : bool
        Whether rows are shapes of a vector file: then `geometry` (WGS84) is a column too.

    Raises
    ------
    SourceError
        The file is absent or lacks a column.
    """
    names = (*columns, *(name for name in optional if name in entry.columns))
    if drawn:
        frame = _read_drawing(entry, columns, optional=optional)
        return frame.fillna({"mode": entry.mode}) if entry.mode and "mode" in frame else frame
    if not placed:
        return _read(entry, names)
    frame = _read_places(entry, names)
    return frame[frame["longitude"].notna()].reset_index(drop=True)


def read_figures(context: Sequence[Context], problems: list[GeoSafetyError]) -> Figures:
    """What incidents can be divided by, from the config's population, footfall and stops.

    Parameters
    ----------
    problems : list
        Problems of files that cannot be used are added to it.
    """
    zones: list[ZoneFigure] = []
    points: list[PointFigure] = []
    notes: list[str] = []
    stations = [entry for entry in context if entry.kind == "stations"]
    footfall = [entry for entry in context if entry.kind == "footfall"]
    calls: list[Callable[[], list[str]]] = [
        *(partial(_add_population, entry, zones) for entry in context if entry.kind == "population"),
        *(partial(_add_stops, entry, points) for entry in context if entry.kind == "stops"),
        *([partial(_add_footfall, footfall, stations, points)] if footfall else []),
    ]
    for call in calls:
        try:
            notes += call()
        except GeoSafetyError as error:
            problems.append(error)
    return Figures(zones, points, tuple(notes))


def read_quarter_hours(path: Path) -> pd.DataFrame:
    """Entries and exits of stations by quarter hour of a typical day, from TfL's workbook "ByQhr".

    Returns
    -------
    DataFrame
        One row a station, mode, day and direction: `nlc`, `station`, `mode`, `day` (as published: MTT or WKD for
        weekdays, FRI, SAT, SUN), `direction` (IN, OUT), and a column for each quarter hour, named by its start such as
        `17:15`. The traffic day starts at 05:00.

    Raises
    ------
    SourceError
        The workbook has no such table.
    """
    book = _sheets(path)
    for rows in book:
        for top in range(min(_HEADER_ROWS, len(rows))):
            header = [str(cell).strip() if cell is not None else "" for cell in rows[top]]
            quarters = {place: f"{name[:2]}:{name[2:4]}" for place, name in enumerate(header) if _is_quarter_hour(name)}
            if len(quarters) == 96:
                places = {name: header.index(name) for name in ("Mode", "Station", "day", "dir")}
                places["nlc"] = next(header.index(name) for name in ("NLC", "MNLC") if name in header)
                body = [row for row in rows[top + 1 :] if row[places["nlc"]] not in (None, "")]
                frame = pd.DataFrame(
                    {
                        "nlc": texts(np.array([row[places["nlc"]] for row in body], dtype=object)),
                        "station": [row[places["Station"]] for row in body],
                        "mode": [row[places["Mode"]] for row in body],
                        "day": [row[places["day"]] for row in body],
                        "direction": [row[places["dir"]] for row in body],
                    }
                )
                counts = {name: numbers([row[place] for row in body]) for place, name in quarters.items()}
                return pd.concat([frame, pd.DataFrame(counts)], axis=1)
    raise SourceError(
        f"{path.name} holds no table of entries and exits by quarter hour.", "Give TfL's workbook ByQhrEntryExit."
    )


def _is_quarter_hour(name: str) -> bool:
    match = re.fullmatch(r"(\d\d)(\d\d)-(\d\d)(\d\d)", name)
    if match is None:
        return False
    first, last = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    return (last - first) % 1440 == 15


def _add_population(entry: Context, figures: list[ZoneFigure]) -> list[str]:
    names = [name for name in ZONE_FIGURES if name in entry.columns]
    wanted = ("zone_id", *(names or ["residents"]))
    frame = _read(entry, wanted)
    frame["zone_id"] = texts(frame["zone_id"].to_numpy(dtype=object))
    notes = []
    for name in wanted[1:]:
        known = frame["zone_id"].notna().to_numpy()
        values = pd.Series(numbers(frame[name]), index=frame.index)
        if unread := int((values.isna() & known & frame[name].notna()).sum()):
            notes.append(f"{entry.path.name}: {unread} values of {name} are no numbers and count as unknown")
        # A file may have a row for each age band: they are added up.
        sums = values[known].groupby(frame["zone_id"][known]).sum(min_count=1).dropna()
        figures.append(ZoneFigure(name, sums.to_dict(), entry.path.name, entry.layer, entry.vintage, entry.year))
    return notes


def _add_stops(entry: Context, figures: list[PointFigure]) -> list[str]:
    places = _read_places(entry, ())
    is_placed = places.notna().all(axis=1).to_numpy()
    longitude, latitude = (places.loc[is_placed, name].to_numpy(dtype=float) for name in ("longitude", "latitude"))
    figures.append(PointFigure("stops", longitude, latitude, np.ones(len(longitude)), entry.path.name, entry.year))
    missing = int((~is_placed).sum())
    return [f"{entry.path.name}: {missing} stops have no place"] if missing else []


def _add_footfall(footfall: Sequence[Context], stations: Sequence[Context], figures: list[PointFigure]) -> list[str]:
    """Entries and exits a year, at the places of the stations that share their id; a later file replaces an earlier."""
    tables = []
    for entry in footfall:
        parts = [name for name in PARTS if name in entry.columns]
        kinds = [name for name in ("mode", "coverage") if name in entry.columns]
        tables.append(_read(entry, ("id", *(parts or ["annual"]), *kinds)))
    counts = entries_and_exits(tables)
    files = ", ".join(entry.path.name for entry in footfall)
    years = ", ".join(dict.fromkeys(entry.year for entry in footfall if entry.year)) or None
    known: dict[str, tuple[float, float]] = {}
    for entry in stations:
        if "id" in entry.columns:
            places = _read_places(entry, ("id",)).dropna()
            known |= dict(
                zip(
                    station_ids(places["id"]).tolist(),
                    zip(places["longitude"], places["latitude"], strict=True),
                    strict=True,
                )
            )
    placed = [station for station in counts if station in known and counts[station] > 0]
    if not placed:
        raise SourceError(
            f"{files}: none of its {len(counts)} stations has a place.",
            'Give a [[context]] entry of the kind "stations" whose `id` column holds the same ids.',
        )
    east, north = (np.array([known[station][axis] for station in placed], dtype=float) for axis in (0, 1))
    figures.append(PointFigure("footfall", east, north, np.array([counts[one] for one in placed]), files, years))
    lost = [station for station in counts if station not in known and counts[station] > 0]
    share = sum(counts[station] for station in lost) / max(sum(counts.values()), 1.0)
    told = f"{files}: {len(lost)} stations with {share:.1%} of the entries and exits have no place and are left out"
    return [told] if lost else []


def _read_places(entry: Context, wanted: tuple[str, ...]) -> pd.DataFrame:
    """The wanted columns with `longitude` and `latitude` in WGS84; those may be given as WKT, in any system."""
    if _is_drawing(entry):
        frame = _read_drawing(entry, wanted)
        middles = shapely.centroid(frame["geometry"].to_numpy(dtype=object))
        return frame[list(wanted)].assign(longitude=shapely.get_x(middles), latitude=shapely.get_y(middles))
    where = ("geometry",) if "geometry" in entry.columns else ("longitude", "latitude")
    frame = _read(entry, (*wanted, *where))
    if "geometry" in where:
        points = shapely.from_wkt(frame["geometry"].to_numpy(dtype=object), on_invalid="ignore")
        east, north = shapely.get_x(points), shapely.get_y(points)
    else:
        east, north = numbers(frame["longitude"]), numbers(frame["latitude"])
    if entry.crs not in (None, "EPSG:4326"):
        import pyproj

        try:
            move = pyproj.Transformer.from_crs(entry.crs, "EPSG:4326", always_xy=True)
        except pyproj.exceptions.ProjError:
            raise SourceError(
                f"{entry.path.name}: there is no coordinate system {entry.crs!r}.", "Correct `crs` of that entry."
            ) from None
        east, north = move.transform(east, north)
    frame = frame[list(wanted)].assign(longitude=east, latitude=north)
    return frame.where(np.isfinite(frame["longitude"]) & np.isfinite(frame["latitude"]))


def _is_drawing(entry: Context) -> bool:
    """Whether the file is a vector file whose rows have their places with them."""
    name = entry.path.name.lower().removesuffix(".gz")
    return name.endswith(_DRAWINGS) and not {"longitude", "geometry"} & set(entry.columns)


def _read_drawing(entry: Context, wanted: Sequence[str], *, optional: Sequence[str] = ()) -> pd.DataFrame:
    """Columns of a vector file under our names, and its shapes (WGS84) as `geometry`.

    A column that is optional is null where the file has none of its name and the config maps none.
    """
    try:
        shapes = read_shapes(entry.path, crs=entry.crs)
    except BoundaryError as error:
        raise SourceError(
            f"The context file {entry.path.name} cannot be read: {error}", "Correct its entry."
        ) from error
    names = {column: entry.columns.get(column, column) for column in (*wanted, *optional)}
    needed = {*wanted, *(set(optional) & set(entry.columns))}
    if missing := [name for column, name in names.items() if column in needed and name not in shapes.columns]:
        raise SourceError(
            f"{entry.path.name} has no column {', '.join(missing)}; it has {', '.join(shapes.columns)}.",
            f"Name its columns for {', '.join(wanted)} under `columns` of that entry.",
        )
    nothing = np.full(len(shapes.geometry), None, dtype=object)
    frame = pd.DataFrame({column: shapes.columns.get(name, nothing) for column, name in names.items()})
    return frame.assign(geometry=pd.Series(shapes.geometry, dtype=object))


def _read(entry: Context, wanted: Sequence[str]) -> pd.DataFrame:
    """Columns of a table under our names; the values as they stand there."""
    path, names = entry.path, {column: entry.columns.get(column, column) for column in wanted}
    try:
        if path.suffix.lower() in _WORKBOOKS:
            frame = _from_workbook(path, list(names.values()))
        elif path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path, columns=list(dict.fromkeys(names.values())))
        else:
            frame = pd.read_csv(
                path, usecols=list(dict.fromkeys(names.values())), encoding="utf-8-sig", low_memory=False
            )
    except FileNotFoundError:
        raise SourceError(f"There is no context file {path.name}.", "Correct `path` of that entry.") from None
    except (ValueError, OSError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(
            f"{path.name} is no table with the columns {', '.join(names.values())} ({reason}).",
            f"Name its columns for {', '.join(wanted)} under `columns` of that entry.",
        ) from None
    return pd.DataFrame({column: frame[name] for column, name in names.items()})


def _from_workbook(path: Path, names: Sequence[str]) -> pd.DataFrame:
    """The first sheet that has all these headings, each somewhere above its column; titles above them do not matter."""
    for rows in _sheets(path):
        found: dict[str, tuple[int, int]] = {}
        for top, row in enumerate(rows[:_HEADER_ROWS]):
            for place, cell in enumerate(row):
                if isinstance(cell, str) and cell.strip() in names:
                    found.setdefault(cell.strip(), (top, place))
        if set(found) == set(names):
            bottom = max(top for top, _ in found.values())
            return pd.DataFrame(
                {
                    name: pd.Series([row[place] for row in rows[bottom + 1 :]], dtype=object)
                    for name, (_, place) in found.items()
                }
            )
    raise ValueError("no sheet has these headings")


def _sheets(path: Path) -> list[list[list[object]]]:
    """Every sheet of a workbook as rows of cells, empty ones as None."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = [
            book.get_sheet_by_index(number).to_python(skip_empty_area=False) for number in range(len(book.sheet_names))
        ]
    except CalamineError as error:
        if not path.exists():
            raise FileNotFoundError(path) from error
        raise ValueError("it is no workbook") from error
    return [[[None if cell == "" else cell for cell in row] for row in rows] for rows in sheets]
