"""What a published table is made of: columns with their types, units and limits, and those that many tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from geo_safety.errors import SchemaError

ColumnType = Literal["string", "int", "float", "bool", "date", "geometry"]

Shape = Literal["MultiPolygon", "Point", "MultiLineString"]

_ARROW = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "geometry": pa.binary(),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, type, meaning, unit and limits.

    Parameters
    ----------
    decimals : int, optional
        Floats are rounded to so many decimals before they are written, so that the same inputs
        give the same bytes.
    from_counts : bool
        Whether the figure is made from the incident count of the row's own zone, so that disclosure
        control hides it where it hides the count.
    hidden_with : tuple of str
        Other counts of the row, each with a small-number rule of its own, that this figure is made from: where one of
        them is hidden, so is this. Such a count names itself.
    """

    name: str
    type: ColumnType
    description: str
    unit: str | None = None
    decimals: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] | None = None
    nullable: bool = True
    from_counts: bool = False
    hidden_with: tuple[str, ...] = ()

    def problems(self, values: pd.Series) -> list[str]:
        """What in this column breaks its definition? An empty list when nothing does."""
        found = []
        known = values.dropna()
        if not self.nullable and len(known) < len(values):
            found.append(f"{self.name} has {len(values) - len(known)} empty values")
        if self.minimum is not None and len(known) and known.min() < self.minimum:
            found.append(f"{self.name} goes below {self.minimum}")
        if self.maximum is not None and len(known) and known.max() > self.maximum:
            found.append(f"{self.name} goes above {self.maximum}")
        if self.values is not None and not known.isin(self.values).all():
            found.append(f"{self.name} holds values other than {', '.join(self.values)}")
        return found


@dataclass(frozen=True)
class Table:
    """A published table: what one row is, its key and its columns in order.

    Parameters
    ----------
    key : tuple of str
        Columns that together name a row; the first of them names it in addresses.
    shown : tuple of str
        Of a product's columns those that fit a screen: tiles and pages with many rows hold these.
    shape : {'MultiPolygon', 'Point', 'MultiLineString'}
        What its geometry is, for formats that hold one kind only.
    """

    name: str
    one_row_is: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    shown: tuple[str, ...] = ()
    shape: Shape = "MultiPolygon"

    @property
    def column_names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    @property
    def has_geometry(self) -> bool:
        """Whether rows are shapes (then the table can be a map layer)."""
        return any(column.type == "geometry" for column in self.columns)

    def column(self, name: str) -> Column:
        """The definition of one column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame unchanged if it is a valid table, with its columns in this order.

        Raises
        ------
        SchemaError
            Naming every column that is missing, unknown or breaks its definition.
        """
        names = self.column_names
        problems = [f"{name} is missing" for name in names if name not in frame.columns]
        problems += [f"{name} is not a column of {self.name}" for name in frame.columns if name not in names]
        if not problems:
            for column in self.columns:
                if column.type != "geometry":
                    problems += column.problems(frame[column.name])
            repeated = int(frame.duplicated(list(self.key)).sum())
            if repeated:
                problems.append(f"{repeated} rows repeat the key ({', '.join(self.key)})")
        if problems:
            raise SchemaError(f"Table {self.name}: " + "; ".join(problems))
        return frame

    def arrow_schema(self) -> pa.Schema:
        """The table's columns as an Arrow schema (geometry as WKB)."""
        return pa.schema([pa.field(column.name, _ARROW[column.type]) for column in self.columns])

    def describe(self) -> dict[str, dict[str, Any]]:
        """Column → type, unit and description, as the manifest and the docs show it."""
        return {
            column.name: {"type": column.type, "unit": column.unit, "description": column.description}
            for column in self.columns
        }


CHANGE_CLASSES = ("clearly fewer", "fewer", "not distinguishable", "more", "clearly more", "too few")
RELIABILITY = ("reliable", "not reliable", "suppressed")
EMERGING_CLASSES = (
    "new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical", "none",
)  # fmt: skip
TIERS = ("A", "B", "C")
AREA_LIVES = ("birth", "kept", "merge", "split", "changed")

ID = Column("zone_id", "string", "H3 index as text, or the boundary file's own code.", nullable=False)
THEME = Column("theme", "string", "Our family of categories; themes are never added together.", nullable=False)
GEOMETRY = Column("geometry", "geometry", "Outline in WGS84, longitude before latitude.")
INCIDENTS = Column(
    "incidents", "int", "Recorded incidents in the window; null where suppressed or without data.",
    unit="count", minimum=0, from_counts=True,
)  # fmt: skip
BAND = Column(
    "incidents_band", "string", "The count in words that may be shown: the number itself, or a band such as 1-4."
)


def counted(name: str, type: ColumnType, description: str, **rest: Any) -> Column:
    """A figure made from the row's own count: hidden where that is."""
    return Column(name, type, description, from_counts=True, **rest)


def around(name: str, description: str, **rest: Any) -> Column:
    """A figure of the zone's neighbourhood: it stays where the zone's own small count is hidden."""
    return Column(name, "float", description, **rest)


def probability(name: str, description: str) -> Column:
    """A chance of the zone's neighbourhood."""
    return around(name, description, decimals=4, minimum=0, maximum=1)


def place_columns(id: Column) -> tuple[Column, ...]:
    """What every row of a product begins with: its id, what it is called, where and when it is, and its count."""
    return (
        id,
        THEME,
        Column("name", "string", "Name for people: 'Around' a station or ward, with its borough.", nullable=False),
        Column("boroughs", "string", "Codes of the boroughs it lies in, joined by ';'."),
        Column("borough_names", "string", "Their names, joined by '; '."),
        Column("wards", "string", "Codes of the wards it lies in, joined by ';'."),
        Column("window_start", "date", "First day of the window's first month."),
        Column("window_end", "date", "First day of the window's last month, which is inside the window."),
        BAND,
        INCIDENTS,
    )


PLACE_ENDS = (Column("caution", "string", "What to be careful about; only what applies."), GEOMETRY)
"""What every row of a product ends with."""


def busy_columns(kind: str, rate: str) -> tuple[Column, ...]:
    """How busy a place is for its size among places of its kind, as `products.busy` finds it."""
    return (
        counted("rank", "int", f"Place in the plain order of {kind} by {rate}, 1 is the most.", minimum=1),
        counted("rank_low", "int", "Best place that chance alone could give (90 % intervals).", minimum=1),
        counted("rank_high", "int", "Lowest place that chance alone could give (90 % intervals).", minimum=1),
        counted("ratio", "float", f"Its {rate} over the mean of all {kind} (posterior mean).", decimals=3, minimum=0),
        counted("ratio_low", "float", "Lower end of its 90 % interval.", decimals=3, minimum=0),
        counted("ratio_high", "float", "Upper end of its 90 % interval.", decimals=3, minimum=0),
        counted("probability", "float", f"Chance of at least 3 times the mean of all {kind}.", decimals=4, minimum=0,
                maximum=1),
        counted("is_hotspot", "bool", f"On the list of {kind} with at least 3 times their mean: at least 10 incidents, "
                "expected error share 5 %."),
    )  # fmt: skip
