"""Is a file one of boundaries: of which layer, or the outline of a whole place?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from geo_safety.errors import BoundaryError
from geo_safety.recognition.guess import words_of
from geo_safety.recognition.tables import layer_of
from geo_safety.shapes import read_shapes, texts
from geo_safety.zone_columns import ZoneColumns, find_columns

_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
_SURFACES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Surface:
    """A boundary file as recognised.

    Parameters
    ----------
    columns : ZoneColumns, optional
        Its columns and vintage; None where no single column can be the code.
    codes : frozenset of str
        The zones' codes.
    bounds : tuple of float
        West, south, east, north.
    is_outline : bool
        Whether it is one shape, or says that it is an outline.
    """

    path: Path
    layer: str
    columns: ZoneColumns | None
    codes: frozenset[str]
    bounds: tuple[float, float, float, float]
    is_outline: bool

    @property
    def vintage(self) -> str | None:
        """The year of its codes, where something says it."""
        return self.columns.vintage.value if self.columns else None


def recognise_surface(path: Path) -> Surface | None:
    """What boundaries does a file hold? None where it holds no surfaces.

    Raises
    ------
    BoundaryError
        If it cannot be read.
    """
    shapes = read_shapes(path)
    kinds = shapely.get_type_id(shapes.geometry)
    if not np.isin(kinds, _SURFACES).mean() > 0.5:
        return None
    stem = path.name.split(".")[0]
    is_outline = len(kinds) == 1 or ("outline" in words_of(stem) and len(kinds) <= 3)
    west, south, east, north = shapely.total_bounds(shapes.geometry).tolist()
    named = "-".join(words_of(stem)) or "areas"
    layer = named if named[0].isalpha() else f"areas-{named}"
    columns: ZoneColumns | None = None
    codes: frozenset[str] = frozenset()
    try:
        columns = find_columns(shapes.columns, file=path.name, layer=layer)
        codes = frozenset(text for text in texts(shapes.columns[str(columns.code.value)]).tolist() if text)
    except BoundaryError:
        pass  # without a code it may still be an outline
    return Surface(path, layer_of(set(codes)) or layer, columns, codes, (west, south, east, north), is_outline)


def holds_lines(path: Path) -> bool:
    """Whether most shapes of a file are lines.

    Raises
    ------
    BoundaryError
        If it cannot be read.
    """
    kinds = shapely.get_type_id(read_shapes(path).geometry)
    return bool(np.isin(kinds, _LINES).mean() > 0.5)
