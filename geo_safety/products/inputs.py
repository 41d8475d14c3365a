"""What a product is made from: all that a run knows of a study, ready to be read and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.boundaries import Study
from geo_safety.cube import Coverage, Cube, Placement
from geo_safety.incidents import Feed
from geo_safety.layers import Layer
from geo_safety.portfolio import ShortlistRules


@dataclass(frozen=True)
class Wanted:
    """What a product wants of one kind of context.

    Parameters
    ----------
    columns : tuple of str
        Columns by our names (as the config maps them); a file that lacks one is not used, with the reason.
    optional : tuple of str
        Columns that are read where the config maps them.
    placed : bool
        Whether rows have places: `longitude` and `latitude` in WGS84 are then columns too, and rows without are left out.
    drawn : bool
        Whether rows are shapes of a vector file: `geometry` in WGS84 is then a column, and no place is.
    needed : bool
        Whether the product cannot be made without a file of this kind.
    """

    columns: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    placed: bool = True
    drawn: bool = False
    needed: bool = True


@dataclass(frozen=True)
class ContextTable:
    """One file of the context as a product gets it.

    Parameters
    ----------
    frame : DataFrame
        The wanted columns, values as they stand in the file.
    """

    kind: str
    file: str
    frame: pd.DataFrame
    year: str | None = None


@dataclass(frozen=True)
class Inputs:
    """All that a run knows when products are made.

    Parameters
    ----------
    layers : mapping of name to Layer
        Zones with their names, surroundings and denominators, in the order of every array about them.
    tables : mapping of name to Table
        Exact rows of each zone layer in columns of `schema.ZONES`: use `rows`.
    coverages : mapping of theme to Coverage
        Which feeds and months answer for it, and its window; in the order of the study's themes.
    cubes : mapping of (layer, theme) to Cube
        Zone × month counts.
    second_cubes : tuple of Cube
        Of the feeds that only confirm.
    feeds : tuple of Feed
        Every feed cut to the study: `incidents` has locations, months and categories of points.
    placements : mapping of (feed, layer) to Placement
        Where each feed's places lie.
    context : mapping of kind to tuple of ContextTable
        What the product has asked for; of a kind that was not asked for there is nothing.
    beside : mapping of theme to frozenset of str
        Themes whose figures may stand in a row of this theme, itself included: those of no more closed feeds. A row
        that tells of another theme would give its figures away.
    wsa : ShortlistRules
        What the config says of the shortlist of places for a walk.
    """

    study: Study
    layers: Mapping[str, Layer]
    tables: Mapping[str, pa.Table]
    coverages: Mapping[str, Coverage]
    cubes: Mapping[tuple[str, str], Cube]
    beside: Mapping[str, frozenset[str]]
    feeds: tuple[Feed, ...] = ()
    second_cubes: tuple[Cube, ...] = ()
    placements: Mapping[tuple[str, str], Placement] = field(default_factory=dict)
    context: Mapping[str, tuple[ContextTable, ...]] = field(default_factory=dict)
    wsa: ShortlistRules = field(default_factory=ShortlistRules)

    @property
    def themes(self) -> tuple[str, ...]:
        """The study's themes, in order."""
        return tuple(self.coverages)

    def rows(self, layer: str, theme: str) -> pd.DataFrame:
        """Exact rows of one theme in the order of the layer's zones, without their shapes."""
        return self._rows[layer, theme]

    def name_of(self, kind: str, code: str) -> str | None:
        """Name of a ward or borough (`kind`) by its code."""
        for layer in self.layers.values():
            names = layer.gazetteer.ward_names if kind == "ward" else layer.gazetteer.borough_names
            if code in names:
                return names[code]
        return None

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str], pd.DataFrame]:
        return _Rows(self)


class _Rows(dict[tuple[str, str], pd.DataFrame]):
    """Rows made when first asked for: several products ask for the same."""

    def __init__(self, inputs: Inputs) -> None:
        super().__init__()
        self._inputs = inputs

    def __missing__(self, key: tuple[str, str]) -> pd.DataFrame:
        layer, theme = key
        table = self._inputs.tables[layer].drop_columns("geometry")
        table = table.filter(pc.equal(table["theme"], theme))
        # An unknown text is None, not NaN.
        texts = {
            field.name: pd.Series(table[field.name].to_pylist(), dtype=object)
            for field in table.schema
            if pa.types.is_string(field.type)
        }
        frame = table.to_pandas().assign(**texts).set_index("zone_id")
        self[key] = frame.loc[self._inputs.layers[layer].zones.zone_id.astype(str)].reset_index()
        return self[key]


@dataclass(frozen=True)
class Made:
    """What a product gives back.

    Parameters
    ----------
    frame : DataFrame
        Rows in columns of the product's table; columns that do not apply may be absent, geometry as shapely objects in
        WGS84. No rows is an answer.
    themes : tuple of str
        Themes that it answers for, whether or not they have rows.
    says : tuple of str
        What must be said beside every figure of it; plain words without figures.
    notes : tuple of str
        What could not be used and why, for the manifest.
    """

    frame: pd.DataFrame
    themes: tuple[str, ...]
    says: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
