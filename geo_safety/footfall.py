"""Entries and exits of stations from the tables of those who run them: what incidents at a station are divided by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_safety.shapes import texts

PARTS = ("annual", "entries", "exits")
"""Columns that may hold them; those that are there are added up."""

BOARDING = "boarding"
"""What the coverage of a row says where it counts who boards and alights trains of one mode."""

_THOUSANDS = re.compile(r"^\s*\d{1,3}(,\d{3})+(\.\d+)?\s*$")


def entries_and_exits(tables: Sequence[pd.DataFrame]) -> dict[str, float]:
    """Entries and exits a year by station id; a later table replaces an earlier one, station by station.

    Parameters
    ----------
    tables : sequence of DataFrame
        Each with `id` and some of `annual`, `entries` and `exits`. A station with several modes has several rows in
        one table: they are added up. What is no number (a publisher's "see LU") adds nothing.

    Returns
    -------
    dict of id to float
        Ids as `station_id` writes them; stations without any number are absent.

    Examples
    --------
    >>> old = pd.DataFrame({"id": ["0719", "719", "741"], "annual": ["65,000", 16000, "---"]})
    >>> new = pd.DataFrame({"id": [741.0], "entries": [4], "exits": [5]})
    >>> entries_and_exits([old, new])
    {'719': 81000.0, '741': 9.0}
    """
    counts: dict[str, float] = {}
    for table in map(_of_whole_stations, tables):
        parts = np.array([numbers(table[name]) for name in PARTS if name in table.columns])
        total = np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))
        sums = pd.Series(total).groupby(pd.Series(station_ids(table["id"]))).sum(min_count=1).dropna()
        counts |= {str(name): float(value) for name, value in sums.items()}
    return counts


def boarded_only(tables: Sequence[pd.DataFrame]) -> set[str]:
    """Stations of which only those are counted who board or alight trains of one of their modes.

    Parameters
    ----------
    tables : sequence of DataFrame
        Those with `mode` and `coverage` tell; in a mode whose every row counts boardings (trams have no gates) these are
        all who use a stop.

    Examples
    --------
    The Overground counts who enters Hoxton, but at Clapham Junction only who boards its own trains:

    >>> mode = ["LO", "LO", "TRM"]
    >>> coverage = ["Station entry / exit", "LO boarding / alighting", "Trams boarding / alighting"]
    >>> boarded_only([pd.DataFrame({"id": ["HOX", "CLJ", "ARE"], "mode": mode, "coverage": coverage, "annual": 1})])
    {'CLJ'}
    """
    whole = {name for table in tables for name in station_ids(_of_whole_stations(table)["id"])}
    return {name for table in tables for name in station_ids(table["id"]) if name is not None} - whole


def _of_whole_stations(table: pd.DataFrame) -> pd.DataFrame:
    """Without rows that count one mode's boardings, where that mode counts entries and exits elsewhere."""
    if not {"mode", "coverage"} <= set(table.columns):
        return table
    boards = table["coverage"].astype(str).str.lower().str.contains(BOARDING)
    counts_entries = set(table["mode"][~boards & (table["coverage"].astype(str).str.lower().str.contains("entry"))])
    return table[~(boards & table["mode"].isin(counts_entries))]


def station_ids(values: Iterable[object]) -> NDArray[np.object_]:
    """Ids as texts, numbers without the zeros that spreadsheets drop from their front; None where there is none.

    Examples
    --------
    >>> station_ids([644.0, "0644", "VIC ", None]).tolist()
    ['644', '644', 'VIC', None]
    """
    found = texts(np.array(list(values), dtype=object))
    for place, text in enumerate(found.tolist()):
        if text is not None and text.isascii() and text.isdigit():
            found[place] = text.lstrip("0") or "0"
    return found


def numbers(values: Iterable[object]) -> NDArray[np.float64]:
    """Numbers, also with commas between thousands; NaN for what is none.

    Examples
    --------
    >>> numbers([1, "1,300", "---", None]).tolist()
    [1.0, 1300.0, nan, nan]
    """
    series = pd.Series(list(values), dtype=object)
    written = series.map(
        lambda value: value.replace(",", "") if isinstance(value, str) and _THOUSANDS.match(value) else value
    )
    return np.asarray(pd.to_numeric(written, errors="coerce"), dtype=float)
