"""Knife crime of the Metropolitan Police by borough or Safer Neighbourhood Team, from its monthly dashboard.

A measure of its own, never to be derived from other data: open point files carry no knife flag. The dashboard holds the
same offences twice, by borough and by team, and subtypes that overlap (knife crime with injury is knife crime). So a
feed takes the area type of its `layer`, every row of the other one is `repeated`, and each subtype is a category of
its own, of which `Knife Crime` alone is the whole. Positive outcomes are categories without a theme.
"""

from __future__ import annotations

from geo_safety.errors import SourceError
from geo_safety.sources.areas import AreaColumns, read_areas
from geo_safety.sources.arrow import texts
from geo_safety.sources.delimited import Batch, Coded, require_columns
from geo_safety.sources.feed import AreaRows, FeedSettings, RawFile
from geo_safety.sources.formats import find_tables, open_table
from geo_safety.sources.points import distinct_pairs
from geo_safety.sources.values import parse_times
from geo_safety.themes import KNIFE_CRIME

LABELS = KNIFE_CRIME
ATTRIBUTION = "Contains public sector information from the Metropolitan Police Service, Open Government Licence v2.0"

COLUMNS = {
    "time": "month_year",
    "area_type": "area_type",
    "zone_id": "area_code",
    "subtype": "crime_subtype",
    "measure": "measure",
    "weight": "count",
}
"""What the dashboard's columns are called."""

AREA_TYPES = {"boroughs": "Borough", "wards": "Safer Neighbourhood Teams"}
"""Layer → how the dashboard calls its areas. Teams are wards."""

_OFFENCES = "Offences"


def find(settings: FeedSettings) -> list[RawFile]:
    """Which dashboard files does the feed hold?

    Raises
    ------
    SourceError
        If there is none, or the layer is neither boroughs nor wards.
    """
    if settings.layer not in AREA_TYPES:
        raise SourceError(
            f"Feed {settings.name!r}: `layer` is {settings.layer!r}.",
            'Use "boroughs", or "wards" for the Safer Neighbourhood Teams; never both in one study.',
        )
    return find_tables(settings)


def read(raw_file: RawFile, settings: FeedSettings) -> AreaRows:
    """What do the rows of one dashboard file say?

    Raises
    ------
    SourceError
        If a column is missing, or the file cannot be read.
    """
    file = open_table(raw_file, settings)
    by_lower = {name.lower(): name for name in file.names}
    columns = {use: by_lower.get(name, name) for use, name in COLUMNS.items()} | dict(settings.columns)
    require_columns(columns, file.names, file=raw_file.name)
    wanted = AREA_TYPES[str(settings.layer)]

    def columns_of(batch: Batch) -> AreaColumns:
        return AreaColumns(
            batch.texts[columns["zone_id"]],
            _category(batch.texts[columns["subtype"]], batch.texts[columns["measure"]]),
            time=batch.texts[columns["time"]],
            weight=batch.texts[columns["weight"]],
            is_repeat=batch.texts[columns["area_type"]].where(lambda text: text != wanted),
        )

    rows = read_areas(
        file,
        map(columns_of, file.batches(list(columns.values()))),
        parse_time=lambda written: parse_times(written, formats=("%Y-%m-01",), time_zone=settings.time_zone),
    )
    if rows.rows_read and rows.repeated + len(rows.quarantined) == rows.rows_read:
        raise SourceError(
            f"{raw_file.name} counts nothing by {wanted!r}.", "Set `layer` to the other of boroughs and wards."
        )
    return rows


def _category(subtype: Coded, measure: Coded) -> Coded:
    """The subtype, and the measure where it is not offences."""
    code, first, second = distinct_pairs(subtype, measure)
    what = [subtype.texts[place] for place in first.tolist()]
    units = [measure.texts[place] for place in second.tolist()]
    named = [
        name if unit == _OFFENCES or not name else f"{unit} of {name}" for name, unit in zip(what, units, strict=True)
    ]
    return Coded(code, texts(named))
