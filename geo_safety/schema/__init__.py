"""The one definition of every published table: columns, types, units, meaning, and their checks.

Validation, the manifest, the docs and the API's models are all made from these objects, so that
they cannot drift apart. A product's table is a module of this folder and a row in `PRODUCT_TABLES`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_safety.schema.chb_candidates import CHB_CANDIDATES
from geo_safety.schema.corridors import CORRIDORS
from geo_safety.schema.definitions import (
    AREA_LIVES,
    BAND,
    CHANGE_CLASSES,
    EMERGING_CLASSES,
    GEOMETRY,
    ID,
    INCIDENTS,
    RELIABILITY,
    THEME,
    TIERS,
    Column,
    ColumnType,
    Table,
    around,
    counted,
    probability,
)
from geo_safety.schema.expectation import EXPECTATION
from geo_safety.schema.road_harm_clusters import ROAD_HARM_CLUSTERS
from geo_safety.schema.stations import STATIONS
from geo_safety.schema.stop_clusters import STOP_CLUSTERS
from geo_safety.schema.wsa_shortlist import WSA_SHORTLIST

__all__ = [
    "AREAS",
    "CHANGE_CLASSES",
    "CHB_CANDIDATES",
    "EMERGING_CLASSES",
    "EXPECTATION",
    "PRODUCT_TABLES",
    "QUARANTINE",
    "RELIABILITY",
    "SERIES",
    "TABLES",
    "TIERS",
    "WSA_SHORTLIST",
    "ZONES",
    "Column",
    "ColumnType",
    "Table",
    "id_in",
    "is_true",
    "row_names",
    "table_of_layer",
    "to_arrow",
    "with_all_columns",
]

ZONES = Table(
    "zones",
    one_row_is="one zone (a cell, a ward, a borough) and one theme; zones without incidents included",
    key=("zone_id", "theme"),
    columns=(
        ID,
        Column("name", "string", "The zone's own name; null for cells."),
        Column("borough_code", "string", "Borough that holds the largest share of the zone."),
        Column("ward_code", "string", "Ward that holds the largest share of the zone; null where it lies in none."),
        THEME,
        Column("window_start", "date", "First day of the window's first month."),
        Column("window_end", "date", "First day of the window's last month, which is inside the window."),
        BAND,
        INCIDENTS,
        counted("incidents_previous", "int", "Recorded incidents in the window before.", unit="count", minimum=0),
        Column("area_km2", "float", "Area of the part inside the study.", unit="km²", decimals=6, minimum=0),
        counted("per_km2", "float", "Incidents per square kilometre.", unit="per km²", decimals=2, minimum=0),
        counted("rank", "int", "Place in the plain order by incidents per area, 1 is the most.", minimum=1),
        counted("rank_low", "int", "Best place that chance alone could give (90 % intervals).", minimum=1),
        counted("rank_high", "int", "Lowest place that chance alone could give (90 % intervals).", minimum=1),
        counted("change_class", "string", "Change on the window before, against the study's own change.",
                 values=CHANGE_CLASSES),
        probability("probability", "Chance that the neighbourhood has at least the level times the study rate."),
        probability("probability_next", "The same chance for the next window, at the configured level."),
        probability("probability_l2", "Chance of at least 2 times the study rate."),
        probability("probability_l5", "Chance of at least 5 times the study rate."),
        around("ratio", "Neighbourhood's rate over the study's rate (posterior mean).", decimals=3, minimum=0),
        around("ratio_low", "Lower end of the 90 % interval of the ratio.", decimals=3, minimum=0),
        around("ratio_high", "Upper end of the 90 % interval of the ratio.", decimals=3, minimum=0),
        counted("ratio_borough", "float", "Zone's rate over its borough's rate.", decimals=3, minimum=0),
        counted("ratio_residents", "float", "Neighbourhood's rate per resident over the study's (posterior mean); null "
                 "where fewer than 250 people live in the zone.", decimals=3, minimum=0),
        counted("ratio_residents_low", "float", "Lower end of its 90 % interval.", decimals=3, minimum=0),
        counted("ratio_residents_high", "float", "Upper end of its 90 % interval.", decimals=3, minimum=0),
        counted("per_1000_residents", "float", "The same as incidents of the window in the neighbourhood per 1,000 "
                 "people who live there.", unit="per 1,000 residents", decimals=2, minimum=0),
        counted("per_1000_residents_low", "float", "Lower end of its 90 % interval.", unit="per 1,000 residents",
                 decimals=2, minimum=0),
        counted("per_1000_residents_high", "float", "Upper end of its 90 % interval.", unit="per 1,000 residents",
                 decimals=2, minimum=0),
        counted("ratio_by_day", "float", "Neighbourhood's rate per person who is there by day over the study's "
                 "(posterior mean).", decimals=3, minimum=0),
        counted("ratio_by_day_low", "float", "Lower end of its 90 % interval.", decimals=3, minimum=0),
        counted("ratio_by_day_high", "float", "Upper end of its 90 % interval.", decimals=3, minimum=0),
        Column("residents", "float", "People who live in the zone; the manifest's `denominators` names source and year.",
               unit="people", decimals=1, minimum=0),
        Column("households", "float", "Households in the zone.", unit="households", decimals=1, minimum=0),
        Column("by_day", "float", "People who are in the zone by day (daytime, else workday population).", unit="people",
               decimals=1, minimum=0),
        Column("footfall", "float", "Entries to and exits from stations in the zone, a year.", unit="entries and exits",
               decimals=0, minimum=0),
        Column("stops", "float", "Bus or tram stops in the zone.", unit="stops", decimals=0, minimum=0),
        Column("exposure", "string", "Denominator of the three columns that follow; null where a zone has too little of "
               "it."),
        # A neighbourhood by exposure may be the zone alone, whose small count must not show through.
        counted("ratio_exposure", "float", "Neighbourhood's rate over the study's with `exposure` instead of area "
                 "(posterior mean).", decimals=3, minimum=0),
        counted("probability_exposure", "float", "Chance that it is at least `exposure_level` times the study's.",
                 decimals=4, minimum=0, maximum=1),
        Column("is_hotspot_exposure", "bool", "On the list by exposure, which stands beside the list by area."),
        around("p_value", "Strict test: chance of so high a count at exactly the level.", decimals=6,
                 minimum=0, maximum=1),
        around("q_value", "Benjamini-Hochberg adjusted value of the strict test.", decimals=6,
                 minimum=0, maximum=1),
        around("gi_z", "Getis-Ord Gi* standard score (for comparison with other tools).", decimals=4),
        around("gi_p", "Exact permutation value of Gi* on mid-ranks.", decimals=8, minimum=0, maximum=1),
        Column("is_hotspot", "bool", "On the list whose expected error share is the configured alpha."),
        Column("class", "string", "Emerging hot-spot class.", values=EMERGING_CLASSES),
        Column("steps_hot", "int", "Judged steps in which the zone was hot.", minimum=0),
        Column("steps", "int", "Judged steps.", minimum=0),
        Column("hot_by_step", "string", "The steps one by one, a quarter apart, the last ending with the window: 1 hot, "
               "0 not, - not judged."),
        around("trend_z", "Mann-Kendall score over the quarters.", decimals=4),
        around("trend_p", "Its two-sided value.", decimals=6, minimum=0, maximum=1),
        Column("persistence", "float", "steps_hot / steps.", decimals=4, minimum=0, maximum=1),
        Column("tier", "string", "How well founded a long-standing class is.", values=TIERS),
        Column("stability", "float", "How sure we are of the class.", decimals=4, minimum=0, maximum=1),
        around("top_location_share", "Largest share of the neighbourhood's incidents at one map point.",
                 decimals=4, minimum=0, maximum=1),
        around("top_month_share", "Largest share of the neighbourhood's incidents in one month.",
                 decimals=4, minimum=0, maximum=1),
        probability("entrenched_probability", "Chance that the neighbourhood was high in nearly all steps together."),
        Column("is_entrenched", "bool", "On the list of entrenched places."),
        Column("is_venue", "bool", "One map point or one month dominates."),
        Column("reliability", "string", "Whether the figures may be compared and ranked.", values=RELIABILITY),
        Column("shifts_hot", "int", "Half-cell grid shifts under which the place is hot, in the window or over the whole span.", minimum=0, maximum=6),
        Column("confirmed_by", "string", "Second source that confirms the class."),
        Column("why", "string", "Why the zone is, or is not, on the list, in words."),
        Column("dialect", "string", "Rule set that gave the class."),
        counted("harm_cchi", "float", "Harm by the Cambridge Crime Harm Index (indicative).", unit="days", decimals=1,
                 minimum=0),
        counted("harm_css", "float", "Harm by the ONS Crime Severity Score (indicative).", unit="score", decimals=1,
                 minimum=0),
        counted("is_harm_spot", "bool", "Harm per km² at least two standard deviations above the mean of all zones."),
        counted("harm_rank_differs", "bool", "The two indexes put the zone at least two rank classes apart."),
        Column("caution", "string", "What to be careful about; only what applies."),
        GEOMETRY,
    ),
)  # fmt: skip

SERIES = Table(
    "series",
    one_row_is="one layer, feed, zone, theme and month of the study's span",
    key=("layer", "feed", "zone_id", "theme", "month"),
    columns=(
        Column("layer", "string", "Layer that the zone belongs to.", nullable=False),
        Column("feed", "string", "Feed or feeds that the counts come from.", nullable=False),
        ID,
        THEME,
        Column("month", "date", "First day of the month of record.", nullable=False),
        Column("incidents_band", "string", "The count that may be shown; null in a gap."),
        Column("incidents", "int", "Recorded incidents; null in a gap (not zero) or where suppressed.",
               unit="count", minimum=0, from_counts=True),
    ),
)  # fmt: skip

AREAS = Table(
    "hotspot-areas",
    one_row_is="one hotspot area: listed zones joined around one peak",
    key=("area_id",),
    columns=(
        Column("area_id", "string", "Name of the area for machines.", nullable=False),
        THEME,
        Column("name", "string", "Name for people: 'Around' a ward, with its borough.", nullable=False),
        Column("window_start", "date", "First day of the window's first month."),
        Column("window_end", "date", "First day of the window's last month, which is inside the window."),
        Column("cells", "int", "Zones in the area, filled holes included.", unit="count", minimum=1),
        Column("holes_filled", "int", "Zones that are not on the list themselves but are surrounded by it.",
               unit="count", minimum=0),
        Column("area_km2", "float", "Area inside the study.", unit="km²", decimals=6, minimum=0),
        BAND,
        INCIDENTS,
        around("ratio", "Highest neighbourhood ratio inside the area (posterior mean).", decimals=3,
                 minimum=0),
        counted("probability", "float", "Mean chance, over its listed zones, of being at or above the level.",
                 decimals=4, minimum=0, maximum=1),
        Column("class", "string", "Emerging hot-spot class.", values=EMERGING_CLASSES),
        Column("tier", "string", "How well founded a long-standing class is.", values=TIERS),
        Column("stability", "float", "How sure we are of the class.", decimals=4, minimum=0, maximum=1),
        Column("boroughs", "string", "Codes of the boroughs it lies in, joined by ';'."),
        Column("borough_names", "string", "Their names, joined by '; '."),
        Column("wards", "string", "Codes of the wards it lies in, joined by ';'."),
        Column("is_cross_border", "bool", "Whether it lies in more than one borough.", nullable=False),
        counted("share_of_theme", "float", "Its share of the study's incidents of the theme.", decimals=4,
                 minimum=0, maximum=1),
        counted("harm_cchi", "float", "Harm by the Cambridge Crime Harm Index (indicative).", unit="days", decimals=1,
                 minimum=0),
        counted("harm_css", "float", "Harm by the ONS Crime Severity Score (indicative).", unit="score", decimals=1,
                 minimum=0),
        Column("first_hot", "date", "Last month of the window of the release in which the area first appeared."),
        Column("predecessors", "string", "Areas of the release before that it grew out of, joined by ';'; itself "
               "first where it kept its id."),
        Column("life", "string", "What became of it since the release before.", values=AREA_LIVES),
        Column("zones", "string", "zone_id of each zone, joined by ';'."),
        GEOMETRY,
    ),
)  # fmt: skip

QUARANTINE = Table(
    "quarantine",
    one_row_is="one row of an input file that could not be read",
    key=("source", "file", "row"),
    columns=(
        Column("source", "string", "Feed that the file belongs to.", nullable=False),
        Column("file", "string", "File, with the archive that holds it.", nullable=False),
        Column("row", "int", "Row of the file; the first row below the header is 1.", minimum=1, nullable=False),
        Column("reason", "string", "What is wrong with it.", nullable=False),
        Column("raw", "string", "The row as it stands in the file."),
    ),
)

PRODUCT_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CHB_CANDIDATES,
        EXPECTATION,
        STATIONS,
        STOP_CLUSTERS,
        CORRIDORS,
        ROAD_HARM_CLUSTERS,
        WSA_SHORTLIST,
    )
}
"""The tables of the products, by the product's name; a new one is one module here and one name in this row."""

TABLES: dict[str, Table] = {table.name: table for table in (ZONES, SERIES, AREAS, QUARANTINE)} | PRODUCT_TABLES


def id_in(columns: Sequence[str]) -> str:
    """Which of a table's columns names a row by itself, or for zones with its theme?

    Examples
    --------
    >>> id_in(["zone_id", "theme"]), id_in(["candidate_id", "theme", "zones"])
    ('zone_id', 'candidate_id')
    """
    ids = [table.key[0] for table in TABLES.values() if table.has_geometry]
    return next((name for name in ids if name != ID.name and name in columns), ID.name)


def row_names(rows: pa.Table) -> list[str]:
    """What each row is called: by its own id, with the theme after a full stop where a zone stands once for each theme.

    Examples
    --------
    >>> row_names(pa.table({"zone_id": ["W1", "W1"], "theme": ["asb", "robbery"]}))
    ['W1.asb', 'W1.robbery']
    >>> row_names(pa.table({"zone_id": ["W1", "W2"], "theme": ["asb", "asb"]}))
    ['W1', 'W2']
    """
    key = id_in(rows.column_names)
    names: list[str] = rows[key].to_pylist()
    has_theme_in_key = any(table.key == (key, THEME.name) for table in TABLES.values())
    if has_theme_in_key and len(rows[THEME.name].unique()) > 1:
        return [f"{name}.{theme}" for name, theme in zip(names, rows[THEME.name].to_pylist(), strict=True)]
    return names


def to_arrow(frame: pd.DataFrame, table: Table) -> pa.Table:
    """Return the frame as an Arrow table of this definition, rounded as it states, geometry as WKB.

    Columns that the frame lacks are null. Rounding makes the written bytes the same on every run.

    Parameters
    ----------
    frame : DataFrame
        Geometry, where the table has it, as shapely objects in WGS84 (longitude, latitude).

    Raises
    ------
    SchemaError
        If the frame breaks the table's definition.
    """
    frame = with_all_columns(frame, table)
    rounded = {
        # Adding zero turns -0.0 into 0.0, which would otherwise differ in bytes.
        column.name: pd.to_numeric(frame[column.name]).round(column.decimals) + 0.0
        for column in table.columns
        if column.decimals is not None
    }
    frame = table.check(frame.assign(**rounded))
    arrays = [
        pa.array(shapely.to_wkb(frame[field.name].to_numpy()), type=field.type)
        if column.type == "geometry"
        else pa.Array.from_pandas(frame[field.name], type=field.type)
        for column, field in zip(table.columns, table.arrow_schema(), strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=table.arrow_schema())


def is_true(values: pd.Series) -> NDArray[np.bool_]:
    """Which values of a column are true; null is not.

    Examples
    --------
    >>> is_true(pd.Series([True, None, False], dtype="boolean")).tolist()
    [True, False, False]
    """
    return np.asarray(values.eq(True).fillna(False), dtype=bool)  # noqa: FBT003


def table_of_layer(layer: str) -> Table:
    """Which table defines a published layer? Every layer with no table of its own holds zones.

    Examples
    --------
    >>> table_of_layer("cells-r9").name, table_of_layer("series").name
    ('zones', 'series')
    """
    return TABLES.get(layer, ZONES)


def with_all_columns(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return a copy with every column of the table that the frame lacks, as null, in the table's order.

    A column that does not apply is null, never invented.
    """
    missing = {column.name: None for column in table.columns if column.name not in frame.columns}
    return frame.assign(**missing)[table.column_names]
