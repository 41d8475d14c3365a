"""Vector files of any kind as columns and WGS84 shapes, and the projection in which metres are taken.

Coordinates are WGS84, longitude before latitude. Lengths and areas are taken in an equal-area projection
centred on the place itself, so that no country's grid is assumed.

Reading plain GeoJSON needs nothing but shapely: importing GDAL's reader costs half a second, which is
most of what the main path has. Other formats, and other coordinate systems, load what they need.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import orjson
import shapely

from geo_safety.errors import BoundaryError

METRES_PER_DEGREE = 111_320.0
"""Of latitude, near enough to draw by."""

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_WGS84_NAMES = ("EPSG:4326", "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326")
_DRAWINGS = (".shp", ".gpkg", ".fgb", ".geojson", ".json", ".kml", ".gml", ".tab", ".mif")
"""Suffixes of the files that are looked for inside an archive."""

_CRS_REMEDY = 'Add crs = "EPSG:27700" (or the system that the file was drawn in) beside its path in the config.'


@dataclass(frozen=True)
class EqualArea:
    """Lambert's azimuthal equal-area projection of the WGS84 ellipsoid around one point.

    Areas are exact; distances within 50 km of the centre are right to 1 in 100,000.

    References
    ----------
    Snyder (1987), Map Projections: A Working Manual, USGS Professional Paper 1395, 187-190.

    Examples
    --------
    A square of a thousandth of a degree on the equator:

    >>> float(EqualArea(0, 0).area_km2([shapely.box(0, 0, 0.001, 0.001)])[0].round(6))
    0.012309
    """

    longitude: float
    latitude: float

    def metres(self, longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many metres east and north of the centre are these points?"""
        radius, flattening = 6378137.0, 1 / 298.257223563
        e2 = flattening * (2 - flattening)
        e = np.sqrt(e2)

        def authalic(sine: Any) -> Any:
            return (1 - e2) * (sine / (1 - e2 * sine**2) + np.arctanh(e * sine) / e)

        whole = authalic(1.0)
        sine0 = np.sin(np.radians(self.latitude))
        beta, beta0 = (np.arcsin(authalic(s) / whole) for s in (np.sin(np.radians(latitude)), sine0))
        east = np.radians(np.asarray(longitude) - self.longitude)
        rq = radius * np.sqrt(whole / 2)
        stretch = radius * np.sqrt((1 - sine0**2) / (1 - e2 * sine0**2)) / (rq * np.cos(beta0))
        scale = rq * np.sqrt(2 / (1 + np.sin(beta0) * np.sin(beta) + np.cos(beta0) * np.cos(beta) * np.cos(east)))
        north = np.cos(beta0) * np.sin(beta) - np.sin(beta0) * np.cos(beta) * np.cos(east)
        return scale * stretch * np.cos(beta) * np.sin(east), scale / stretch * north

    def project(self, geometry: np.ndarray) -> np.ndarray:
        """The same shapes in metres around the centre."""
        return shapely.transform(geometry, lambda xy: np.column_stack(self.metres(xy[:, 0], xy[:, 1])))

    def area_km2(self, geometry: Any) -> np.ndarray:
        """Area of each shape, in square kilometres."""
        return shapely.area(self.project(np.asarray(geometry, dtype=object))) / 1e6


@dataclass(frozen=True)
class Shapes:
    """What a vector file holds: its columns as they stand there, and its shapes.

    Parameters
    ----------
    columns : mapping of str to array, shape (n,)
    geometry : array of shapely geometries, shape (n,)
        None where a row has none.
    crs : str or None
        Coordinate system of the shapes; None where the file does not say it.
    notes : tuple of str
        What had to be mended or chosen to read them, in words.
    """

    columns: Mapping[str, np.ndarray]
    geometry: np.ndarray
    crs: str | None
    notes: tuple[str, ...] = ()


def read_shapes(path: Path, *, crs: str | None = None, column: str | None = None) -> Shapes:
    """What does a vector file hold, in WGS84?

    Parameters
    ----------
    path : Path
        GeoParquet, or any format that GDAL reads, plain, gzipped or anywhere inside a zip.
    crs : str, optional
        Coordinate system, where the file does not say it or says it wrongly.
    column : str, optional
        In a file of several layers, take the first that has this column.

    Returns
    -------
    Shapes
        Longitude before latitude, two dimensions; an empty shape for a row without one.

    Raises
    ------
    BoundaryError
        The file is missing, damaged, empty or of another kind, or its coordinate system is unknown or wrong.
    """
    if not path.exists():
        raise BoundaryError(f"The boundary file {path} does not exist.", "Correct its path in the config.")
    kind = (Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix).lower()
    shapes = _read_geojson(path) if kind in (".geojson", ".json") else None
    if kind in (".parquet", ".geoparquet"):
        shapes = _read_geoparquet(path)
    elif shapes is None:
        shapes = _read_with_gdal(path, column=column)
    if not len(shapes.geometry):
        raise BoundaryError(f"{path.name} holds no shapes.", "Give a file with polygons in it.")
    shapes = _with_mended_texts(shapes, path)
    notes = shapes.notes
    if shapely.has_z(shapes.geometry).any():
        notes += (f"{path.name}: heights were left out",)
    return Shapes(shapes.columns, _to_wgs84(shapes, path, crs=crs), _WGS84_NAMES[0], notes)


def polygons(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What surfaces do these shapes cover, and which of them had to be repaired?

    Returns
    -------
    array of shapely geometries, array of bool
        Valid polygons and multipolygons, empty where there is no surface; and where the shape was invalid.

    Examples
    --------
    A bow-tie becomes two triangles; a line covers nothing:

    >>> shapes, repaired = polygons(shapely.from_wkt(["POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", "LINESTRING (0 0, 1 1)"]))
    >>> shapely.area(shapes).tolist(), repaired.tolist()
    ([2.0, 0.0], [True, False])
    """
    repaired = ~shapely.is_valid(geometry)
    surfaces = np.array(geometry, dtype=object)
    surfaces[repaired] = shapely.make_valid(surfaces[repaired])
    for row in np.flatnonzero(~np.isin(shapely.get_type_id(surfaces), _POLYGONAL)):
        parts = shapely.get_parts(shapely.get_parts(surfaces[row]))
        surfaces[row] = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), _POLYGONAL)])
    return surfaces, repaired


def surfaces(geometry: np.ndarray, *, metres: float = 60.0) -> np.ndarray:
    """The same shapes, but points as discs and lines as ribbons, for what can show surfaces only.

    Parameters
    ----------
    geometry : array of shapely geometries
        In WGS84.
    metres : float
        Radius of a disc, and half the width of a ribbon.

    Examples
    --------
    >>> disc, square = surfaces(shapely.from_wkt(["POINT (0 0)", "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"]))
    >>> disc.geom_type, [round(side, 5) for side in disc.bounds], square.area
    ('Polygon', [-0.00054, -0.00054, 0.00054, 0.00054], 1.0)
    """
    kind = shapely.get_type_id(geometry)
    thin = (kind >= 0) & ~np.isin(kind, _POLYGONAL) & ~shapely.is_empty(geometry)
    if not thin.any():
        return geometry
    shown = np.array(geometry, dtype=object)
    narrower = np.cos(np.radians(shapely.get_coordinates(shown[thin])[:, 1].mean()))
    even = shapely.transform(shown[thin], lambda xy: xy * (narrower, 1.0))
    shown[thin] = shapely.transform(
        shapely.buffer(even, metres / METRES_PER_DEGREE, quad_segs=4), lambda xy: xy / (narrower, 1.0)
    )
    return shown


def texts(values: np.ndarray) -> np.ndarray:
    """What do the values of a column read as text?

    Returns
    -------
    array of object
        Without blanks around them; None for what is empty.

    Examples
    --------
    >>> texts(np.array(["E09000001 ", " ", None, 12.0, 7], dtype=object)).tolist()
    ['E09000001', None, None, '12', '7']
    """
    read = np.full(len(values), None, dtype=object)
    for row, value in enumerate(values.tolist()):
        if value is None or value != value:  # noqa: PLR0124 - not a number
            continue
        whole = isinstance(value, float) and value.is_integer()
        read[row] = (f"{value:.0f}" if whole else str(value)).strip() or None
    return read


def some(names: Sequence[Any] | np.ndarray) -> str:
    """Up to five names for a message, and how many more there are.

    Examples
    --------
    >>> some("abcdefg")
    'a, b, c, d, e and 2 more'
    """
    shown = ", ".join("(no code)" if name is None else str(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _read_geojson(path: Path) -> Shapes | None:
    """A feature collection; None for any other kind of JSON, which GDAL may know."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
        text, notes = _as_utf8(raw, path)
        document = orjson.loads(text)
        if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
            return None
        features = document["features"]
        geometry = _geometries([feature["geometry"] for feature in features])
        properties = [feature.get("properties") or {} for feature in features]
        # RFC 7946 knows WGS84 only; files made to the 2008 draft may name another system.
        crs = document.get("crs") or {}
        crs_name = crs.get("properties", {}).get("name", _WGS84_NAMES[0])
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        shapely.errors.ShapelyError,
    ) as error:
        raise _unreadable(path) from error
    names = dict.fromkeys(name for row in properties for name in row)
    columns = {}
    for name in names:
        columns[name] = np.full(len(properties), None, dtype=object)
        columns[name][:] = [row.get(name) for row in properties]
    return Shapes(columns, geometry, crs_name, notes)


def _geometries(drawn: Sequence[Mapping[str, Any] | None]) -> np.ndarray:
    """GeoJSON geometries as shapely ones; None stays None."""
    try:
        return _surfaces(drawn)
    except (ValueError, TypeError, KeyError, IndexError):  # other kinds, empty rings, mixed heights: one by one
        geometry = np.full(len(drawn), None, dtype=object)
        for row, shape in enumerate(drawn):
            if shape is not None:
                geometry[row] = shapely.geometry.shape(shape)
        return geometry


def _surfaces(drawn: Sequence[Mapping[str, Any] | None]) -> np.ndarray:
    """Polygons and multipolygons made all at once, which takes half the time."""
    kinds = {"Polygon": True, "MultiPolygon": False}
    is_single = np.array([kinds[shape["type"]] for shape in drawn if shape])
    parts_of = [[shape["coordinates"]] if kinds[shape["type"]] else shape["coordinates"] for shape in drawn if shape]
    parts = [part for parts in parts_of for part in parts]
    rings = [np.array(ring, dtype=float) for part in parts for ring in part]
    ring_of = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    part_of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    polygon = shapely.polygons(shapely.linearrings(np.concatenate(rings), indices=ring_of), indices=part_of)
    n_parts = [len(parts) for parts in parts_of]
    first = np.cumsum([0, *n_parts])[:-1]
    shapes = shapely.multipolygons(polygon, indices=np.repeat(np.arange(len(parts_of)), n_parts))
    shapes[is_single] = polygon[first[is_single]]
    geometry = np.full(len(drawn), None, dtype=object)
    geometry[[shape is not None for shape in drawn]] = shapes
    return geometry


def _as_utf8(raw: bytes, path: Path) -> tuple[bytes, tuple[str, ...]]:
    """The text in the one encoding that JSON allows, and what was done to it."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16").encode(), ()
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252").encode(), (f"{path.name}: it is not UTF-8 and was read as Windows-1252",)
    return raw, ()


def _read_geoparquet(path: Path) -> Shapes:
    import geopandas as gpd
    import pyarrow as pa
    from pyproj.exceptions import ProjError

    try:
        frame = gpd.read_parquet(path)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        pa.ArrowException,
        ProjError,
        shapely.errors.ShapelyError,
    ) as error:
        raise _unreadable(path) from error
    shape = frame.geometry.name
    columns = {str(name): frame[name].to_numpy(dtype=object) for name in frame.columns if name != shape}
    return Shapes(columns, frame.geometry.to_numpy(), None if frame.crs is None else frame.crs.to_string())


def _read_with_gdal(path: Path, *, column: str | None) -> Shapes:
    """The first layer that has the column; where none has it, the first one."""
    from pyogrio import errors, list_layers, raw, read_info, set_gdal_config_options

    set_gdal_config_options({"CPL_VSIL_GZIP_WRITE_PROPERTIES": "NO"})  # else a .gz file gets another one beside it
    try:
        # A table without shapes has no geometry type.
        layers = [
            (source, name, str(kind))
            for source in _sources(path)
            for name, kind in list_layers(source)
            if kind is not None
        ]
        if not layers:
            raise _unreadable(path)
        source, name, kind = layers[0]
        if column and len(layers) > 1:
            fields = [_in_any_encoding(partial(read_info, one, layer=layer))[0]["fields"] for one, layer, _ in layers]
            source, name, kind = next(
                (layer for layer, names in zip(layers, fields, strict=True) if column in names), layers[0]
            )
        (meta, _, geometry, values), encoding = _in_any_encoding(partial(raw.read, source, layer=name, force_2d=True))
        with np.errstate(invalid="ignore"):  # coordinates that are no numbers are told below
            shapes = shapely.from_wkb(geometry)
    except (
        errors.DataSourceError,
        errors.DataLayerError,
        errors.FeatureError,
        errors.GeometryError,
        shapely.errors.ShapelyError,
        UnicodeDecodeError,
        UnboundLocalError,  # pyogrio 0.11 and 0.12, where a coordinate system cannot be written as text
    ) as error:
        raise _unreadable(path) from error
    notes = []
    if len(layers) > 1 and column is None:
        notes.append(f"{path.name}: of its layers {some([layer for _, layer, _ in layers])} the first was taken")
    if encoding:
        notes.append(f"{path.name}: its texts are not in the encoding that it states and were read as {encoding}")
    if " Z" in kind or kind.startswith(("2.5D", "3D")):
        notes.append(f"{path.name}: heights were left out")
    return Shapes(dict(zip(meta["fields"], values, strict=True)), shapes, meta["crs"], tuple(notes))


def _sources(path: Path) -> Iterator[str | Path]:
    """What GDAL is asked to open: the file itself, or each drawing inside an archive, wherever it stands in there."""
    if path.suffix.lower() == ".gz":
        yield f"/vsigzip/{path}"
    elif path.suffix.lower() in (".zip", ".kmz"):
        try:
            with zipfile.ZipFile(path) as archive:
                members = [PurePosixPath(name) for name in archive.namelist()]
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise _unreadable(path) from error
        members = [member for member in members if not any(part.startswith(("__", ".")) for part in member.parts)]
        folders = sorted({str(parent) for member in members for parent in member.parents if parent.suffix == ".gdb"})
        files = sorted(str(member) for member in members if member.suffix.lower() in _DRAWINGS)
        for member in (*folders, *files):
            yield f"/vsizip/{path}/{member}"
    else:
        yield path


def _in_any_encoding(read: Callable[..., Any]) -> tuple[Any, str | None]:
    """What reading gives, and the encoding that had to be used instead of the stated one."""
    try:
        return read(), None
    except UnicodeDecodeError:
        return read(encoding="cp1252"), "Windows-1252"


def _with_mended_texts(shapes: Shapes, path: Path) -> Shapes:
    """Mend columns whose UTF-8 was read as an older encoding somewhere on the way ("CafÃ©")."""
    mended = {}
    for name, values in shapes.columns.items():
        if values.dtype != object:
            continue
        old = [value for value in values.tolist() if isinstance(value, str) and not value.isascii()]
        new = [_mended(value) for value in old]
        if old and None not in new:
            known = dict(zip(old, new, strict=True))
            mended[name] = np.empty(len(values), dtype=object)
            mended[name][:] = [known.get(value, value) if isinstance(value, str) else value for value in values]
    if not mended:
        return shapes
    note = f"{path.name}: texts of {some(list(mended))} were UTF-8 read as another encoding and were mended"
    return replace(shapes, columns={**shapes.columns, **mended}, notes=(*shapes.notes, note))


def _mended(text: str) -> str | None:
    """The text with its UTF-8 read as such; None where it is none."""
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode()
        except UnicodeError:
            continue
    return None


def _unreadable(path: Path) -> BoundaryError:
    return BoundaryError(
        f"{path.name} cannot be read as a boundary file; it may be damaged or of another kind.",
        "Give GeoJSON, GeoPackage, FlatGeobuf, KML, GeoParquet or a zipped shapefile, or download it again.",
    )


def _to_wgs84(shapes: Shapes, path: Path, *, crs: str | None) -> np.ndarray:
    """The shapes in longitude and latitude, two dimensions; a row without a shape gets an empty one."""
    geometry = shapely.force_2d(shapes.geometry)
    geometry[shapely.is_missing(geometry)] = shapely.MultiPolygon()
    stated = crs or shapes.crs
    if shapely.is_empty(geometry).all():
        return geometry
    if stated not in _WGS84_NAMES:
        geometry = _reprojected(geometry, stated, path)
    if not _like_degrees(geometry):
        raise BoundaryError(
            f"{path.name} is said to be in {stated}, but its coordinates do not fit: they are no longitudes and "
            "latitudes in this order.",
            _CRS_REMEDY,
        )
    return geometry


def _like_degrees(geometry: np.ndarray) -> bool:
    """Whether all coordinates can be longitude and latitude (with room for rounding)."""
    coordinates = shapely.get_coordinates(geometry)
    return bool((np.abs(coordinates) <= (180.000001, 90.000001)).all())


def _reprojected(geometry: np.ndarray, stated: str | None, path: Path) -> np.ndarray:
    import pyproj

    like_degrees = _like_degrees(geometry)
    try:
        system = pyproj.CRS(stated) if stated else None
    except pyproj.exceptions.CRSError as error:
        raise BoundaryError(f"{path.name}: there is no coordinate system {stated!r}.", _CRS_REMEDY) from error
    # GeoPackage cannot leave the system out, so it has an entry for "undefined".
    if system is None or system.is_engineering or system.name.startswith("Undefined"):
        remedy = _CRS_REMEDY.replace("27700", "4326") if like_degrees else _CRS_REMEDY
        raise BoundaryError(f"{path.name} does not say its coordinate system.", remedy)
    if system.is_projected and like_degrees:
        raise BoundaryError(
            f"{path.name} is said to be in {system.name}, but its coordinates look like degrees.",
            _CRS_REMEDY.replace("27700", "4326"),
        )
    try:
        move = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError as error:  # a damaged .prj can name an ellipsoid of another planet, or no unit
        raise BoundaryError(
            f"{path.name}: coordinates in {system.name!r} cannot be turned into longitude and latitude.", _CRS_REMEDY
        ) from error
    return shapely.transform(geometry, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))
