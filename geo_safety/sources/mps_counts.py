"""Monthly crime counts of the Metropolitan Police by borough, ward and LSOA, as the London Datastore publishes them.

Wide files, a column a month. Which areas a file is of, and what its columns are called, is told from its header; a
feed takes the files of its `layer` and passes the others by, because they are other cuts of the same offences and
must never be added. The airports' own unit stands in the ward files beside the borough of its ward: both are added.
In the borough files it has no borough, so that its rows are unlocated.

A month whose column holds under a hundredth of what a month of the file usually holds is a fragment, left over from the
change of systems in February 2024. The file then says nothing of that month, and another file may.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.errors import SourceError
from geo_safety.sources.areas import AreaColumns, month_columns, read_areas, without_months
from geo_safety.sources.arrow import from_numpy, texts
from geo_safety.sources.delimited import Batch, Coded, read_layout, require_columns
from geo_safety.sources.feed import AreaRows, FeedSettings, RawFile
from geo_safety.sources.formats import find_tables, open_table, suffix_of
from geo_safety.sources.points import distinct_pairs
from geo_safety.themes import DETAIL_SIGN, MPS

LABELS = MPS
ATTRIBUTION = "Contains public sector information from the Metropolitan Police Service, Open Government Licence v2.0"

FRAGMENT = 0.01
"""A month with less than this share of the file's usual month is a fragment."""


class _Form(NamedTuple):
    """One form of the files: the columns of the zone and of the two levels of offence."""

    zone: str
    major: str
    minor: str


FORMS = {
    "wards": _Form("wardcode", "majortext", "minortext"),
    "lsoas": _Form("lsoa_code", "major_category", "minor_category"),
    "boroughs": _Form("boroughname", "majortext", "minortext"),
}
"""Layer → the form of its files."""

_RENAMED = {"DOMESTIC BURGLARY": "BURGLARY - RESIDENTIAL"}

BOROUGHS = {
    "City of London": "E09000001", "Barking and Dagenham": "E09000002", "Barnet": "E09000003", "Bexley": "E09000004",
    "Brent": "E09000005", "Bromley": "E09000006", "Camden": "E09000007", "Croydon": "E09000008", "Ealing": "E09000009",
    "Enfield": "E09000010", "Greenwich": "E09000011", "Hackney": "E09000012", "Hammersmith and Fulham": "E09000013",
    "Haringey": "E09000014", "Harrow": "E09000015", "Havering": "E09000016", "Hillingdon": "E09000017",
    "Hounslow": "E09000018", "Islington": "E09000019", "Kensington and Chelsea": "E09000020",
    "Kingston upon Thames": "E09000021", "Lambeth": "E09000022", "Lewisham": "E09000023", "Merton": "E09000024",
    "Newham": "E09000025", "Redbridge": "E09000026", "Richmond upon Thames": "E09000027", "Southwark": "E09000028",
    "Sutton": "E09000029", "Tower Hamlets": "E09000030", "Waltham Forest": "E09000031", "Wandsworth": "E09000032",
    "Westminster": "E09000033",
}  # fmt: skip
"""The borough files name boroughs without their codes."""


def find(settings: FeedSettings) -> list[RawFile]:
    """Which files of the feed count by its layer?

    Raises
    ------
    SourceError
        If there is none, or the layer is none of the three.
    """
    if settings.layer not in FORMS:
        raise SourceError(
            f"Feed {settings.name!r}: `layer` is {settings.layer!r}.", f"Use one of {', '.join(map(repr, FORMS))}."
        )
    form_of = {file: form_named(file) for file in find_tables(settings)}
    found = [file for file, layer in form_of.items() if layer == settings.layer]
    if not found:
        others = ", ".join(sorted({layer for layer in form_of.values() if layer})) or "none of the three"
        raise SourceError(
            f"Feed {settings.name!r}: none of the {len(form_of)} files counts by {settings.layer}.",
            f"They count by {others}: correct `layer` or `path`.",
        )
    return found


def form_named(raw_file: RawFile) -> str | None:
    """The layer that a file counts by, told from its header; None where it is no such file."""
    if suffix_of(raw_file.name) not in (".csv", ".tsv", ".txt"):
        return None
    names = read_layout(raw_file, delimiter=None).names
    return next((layer for layer, form in FORMS.items() if set(form) <= set(map(str.lower, names))), None)


def read(raw_file: RawFile, settings: FeedSettings) -> AreaRows:
    """What do the rows of one file of counts say?

    The category is the major class. Name `minor = "minortext"` in `columns` to have both, as
    `ROBBERY: ROBBERY OF PERSONAL PROPERTY`; classes that were renamed bear their newer name.

    Raises
    ------
    SourceError
        If a column is missing, or the file cannot be read.
    """
    file = open_table(raw_file, settings)
    form = FORMS[str(settings.layer)]
    by_lower = {name.lower(): name for name in file.names}
    columns: dict[str, str] = {use: by_lower.get(name, name) for use, name in zip(_Form._fields, form, strict=True)}
    columns |= settings.columns
    if "minor" not in settings.columns:
        del columns["minor"]
    require_columns(columns, file.names, file=raw_file.name)
    months = month_columns(file)

    def columns_of(batch: Batch) -> AreaColumns:
        zone = batch.texts[columns["zone"]]
        if settings.layer == "boroughs":
            zone = Coded(zone.code, texts([BOROUGHS.get(name, "") for name in zone.texts]))
        category = batch.texts[columns["major"]]
        if "minor" in columns:
            category = _both(category, batch.texts[columns["minor"]])
        return AreaColumns(zone, category, counts={month: batch.texts[name] for name, month in months.items()})

    rows = read_areas(file, map(columns_of, file.batches([*columns.values(), *months])), months=months.values())
    return without_months(rows, fragments(rows))


def _both(major: Coded, minor: Coded) -> Coded:
    code, first, second = distinct_pairs(major, minor)
    newer: pa.StringArray = texts([_RENAMED.get(name, name) for name in minor.texts])
    both = (major.values.take(from_numpy(first)), newer.take(from_numpy(second)))
    return Coded(code, pc.binary_join_element_wise(*both, DETAIL_SIGN))


def fragments(rows: AreaRows) -> list[int]:
    """Months of which the file holds only a fragment: under a hundredth of its middle month."""
    if len(rows.months) < 3:
        return []
    totals = np.bincount(np.searchsorted(rows.months, rows.month), rows.count, minlength=len(rows.months))
    return [int(month) for month in rows.months[totals < FRAGMENT * np.median(totals)]]
