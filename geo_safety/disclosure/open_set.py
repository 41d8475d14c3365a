"""The open set: what of a release may everybody see?

Pure functions from an exact table of open feeds to the set of everybody. The rule guards against over-reading small
numbers and against finer places than the source supports, not against a secret leaking, for the sources are open:

- counts of 1 to 4 are shown as the band "1-4" and lose every figure made from them: for a cell those of its own
  count (a neighbourhood's stay), for a ward or another area, which is its own neighbourhood, those too;
- zero stays zero, 5 and more stay what they are, a gap stays a gap;
- nothing finer than H3 resolution 9 leaves.

What this rule does **not** do: complementary suppression. A hidden count can be narrowed down, and sometimes found,
by subtraction: a ward's total less its cells that are shown, a window less the window moved by a month, an area less
its cells, the ratio of overlapping neighbourhoods. In the open set that is accepted, because every hidden figure can
be counted by anybody from the files that the feeds publish. It is not accepted for figures from partners: those are
in no open set at all, and `partner_set` protects them together.
"""

from __future__ import annotations

import functools
import re
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.cell_layers import is_cells, resolution_of
from geo_safety.schema import ZONES, table_of_layer

Seen = Literal["open", "internal"]
"""The two sets that are made from exact figures row by row; the partners' needs all layers at once."""

SMALLEST_SHOWN = 5
"""Counts from here on are shown; zero is shown too, because it tells of nobody."""

BAND_HIDDEN = f"1-{SMALLEST_SHOWN - 1}"
"""What stands in `incidents_band` where the count is hidden."""

_BAND = re.compile(r"(\d+)-(\d+)")

SUPPRESSED = "suppressed"
"""What stands in `reliability` where the count is hidden."""

FINEST_OPEN_RESOLUTION = 9
"""Police points are moved to map points for eight or more addresses: a finer grid would show the points."""

OF_THE_NEIGHBOURHOOD = (
    "probability", "probability_next", "probability_l2", "probability_l5", "ratio", "ratio_low", "ratio_high",
    "p_value", "q_value", "gi_z", "gi_p", "trend_z", "trend_p", "top_location_share", "top_month_share",
    "entrenched_probability",
)  # fmt: skip
"""Figures of a zone's neighbourhood. A cell's is seven cells; any other zone is its own, so its p-value, say, is its
count in other words, and is hidden with it."""

# An H3 index of a cell, as text: "8", the resolution as one hex digit, thirteen more digits.
_FINER_ID = rf"^8[{''.join(f'{resolution:x}' for resolution in range(FINEST_OPEN_RESOLUTION + 1, 16))}][0-9a-f]{{13}}$"


def band_ends(band: str | None) -> tuple[int, int] | None:
    """The least and the most that a hidden count can be; None for what is no band.

    Examples
    --------
    >>> band_ends("1-4"), band_ends("30"), band_ends(None)
    ((1, 4), None, None)
    """
    found = _BAND.fullmatch(band or "")
    return None if found is None else (int(found[1]), int(found[2]))


def protect(layer: str, table: pa.Table, *, access: Seen = "open") -> pa.Table:
    """What may this access class see of a layer?

    Parameters
    ----------
    layer : str
        Name of the layer; its definition says which columns are made from the count.
    table : Table
        Exact figures, in the layer's columns.
    access : {'open', 'internal'}
        `open`: by the rule of this module. `internal`: everything, with the count itself as the band.

    Returns
    -------
    Table
        The same columns in the same order. The rows are the same but for those of places finer than
        `FINEST_OPEN_RESOLUTION`, which leave the open set.

    Examples
    --------
    >>> from geo_safety.schema import SERIES
    >>> row = {"layer": "wards", "feed": "f", "zone_id": "W1", "theme": "robbery", "month": None}
    >>> rows = [{**row, "incidents": count} for count in (0, 4, 5, None)]
    >>> shown = protect("series", pa.Table.from_pylist(rows, schema=SERIES.arrow_schema()))
    >>> shown["incidents"].to_pylist(), shown["incidents_band"].to_pylist()
    ([0, None, 5, None], ['0', '1-4', '5', None])
    """
    if access not in get_args(Seen):
        raise ValueError(f"unknown access class {access!r}: one of {', '.join(get_args(Seen))}")
    if access == "internal":
        return _with(table, "incidents_band", _as_text(table["incidents"])) if _is_counted(table) else table
    table = _without_finer_places(table)
    if not _is_counted(table):
        return table
    hidden = _is_small(table["incidents"])
    band = pc.if_else(hidden, BAND_HIDDEN, _as_text(table["incidents"]))
    others = {name: _is_small_in_any(table, counts) for name, counts in _hidden_with_others(layer).items()}
    for name in _hidden_with_the_count(layer):
        table = _with(table, name, pc.if_else(hidden, None, table[name]))
    for name, small in others.items():
        table = _with(table, name, pc.if_else(small, None, table[name]))
    table = _with(table, "incidents_band", band)
    if "incidents_previous" in table.column_names:
        previous = table["incidents_previous"]
        table = _with(table, "incidents_previous", pc.if_else(_is_small(previous), None, previous))
    if "reliability" in table.column_names:
        table = _with(table, "reliability", pc.if_else(hidden, SUPPRESSED, table["reliability"]))
    return table


def shown_counts(counts: pa.Array, *, access: Seen = "open") -> pa.Array:
    """Counts by themselves as an access class may see them: null where they are hidden.

    Examples
    --------
    >>> shown_counts(pa.array([0, 1, 4, 5, None])).to_pylist()
    [0, None, None, 5, None]
    """
    return counts if access == "internal" else pc.if_else(_is_small(counts), None, counts)


def may_leave(layer: str, *, access: Seen = "open") -> bool:
    """Whether an access class has this layer at all.

    Examples
    --------
    >>> [may_leave(layer) for layer in ("cells-r9", "cells-r10", "wards", "series")]
    [True, False, True, True]
    """
    resolution = resolution_of(layer)
    return access == "internal" or resolution is None or resolution <= FINEST_OPEN_RESOLUTION


def breaches(layer: str, table: pa.Table) -> list[str]:
    """What in this table must not be in the open set? An empty list when all is well.

    The second look, taken at the files as written: it reads nothing of how they were made.
    """
    found = [] if may_leave(layer) else [f"{layer} is finer than resolution {FINEST_OPEN_RESOLUTION}"]
    if table.num_rows != _without_finer_places(table).num_rows:
        found.append(f"{layer} holds places finer than resolution {FINEST_OPEN_RESOLUTION}")
    if not _is_counted(table):
        return found
    own = [name for name, counts in _hidden_with_others(layer).items() if name in counts]
    counts = [name for name in ("incidents", "incidents_previous", *own) if name in table.column_names]
    small = [name for name in counts if pc.any(_is_small(table[name])).as_py()]
    found += [f"{layer} shows counts of {BAND_HIDDEN} in {name}" for name in small]
    hidden = table.filter(pc.equal(table["incidents_band"], BAND_HIDDEN))
    shown = [name for name in _hidden_with_the_count(layer) if hidden[name].null_count < hidden.num_rows]
    # A count of its own that is hidden cannot be told from one that is not known: both must show nothing made from it.
    shown += [
        name
        for name, counts in _hidden_with_others(layer).items()
        for count in counts
        if name != count and pc.any(pc.and_(pc.is_null(table[count]), pc.is_valid(table[name]))).as_py()
    ]
    if shown:
        found.append(f"{layer} shows {', '.join(shown)} where the count is hidden")
    return found


def _hidden_with_the_count(layer: str) -> list[str]:
    """Columns that tell of a zone's own count."""
    definition = table_of_layer(layer)
    own = [column.name for column in definition.columns if column.from_counts]
    return own + [name for name in OF_THE_NEIGHBOURHOOD if definition is ZONES and not is_cells(layer)]


def _hidden_with_others(layer: str) -> dict[str, tuple[str, ...]]:
    """Columns that tell of other counts of the row, such as those on the way to a station, and of which."""
    return {column.name: column.hidden_with for column in table_of_layer(layer).columns if column.hidden_with}


def _is_small_in_any(table: pa.Table, counts: tuple[str, ...]) -> pa.ChunkedArray:
    small = [_is_small(table[name]) for name in counts]
    return functools.reduce(pc.or_, small)


def _is_counted(table: pa.Table) -> bool:
    return "incidents" in table.column_names


def _is_small(counts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Above zero and below the smallest count shown; null (a gap) is not small."""
    return pc.fill_null(pc.and_(pc.greater(counts, 0), pc.less(counts, SMALLEST_SHOWN)), fill_value=False)


def _as_text(counts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(counts, pa.string())


def _with(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    index = table.column_names.index(name)
    return table.set_column(index, table.schema.field(index), pc.cast(values, table.schema.field(index).type))


def _without_finer_places(table: pa.Table) -> pa.Table:
    """Without rows whose zone, or whose area's first zone (all are of one grid), is too fine a cell."""
    keep = np.ones(table.num_rows, dtype=bool)
    if "zone_id" in table.column_names:
        keep &= ~_matches(table["zone_id"])
    if "zones" in table.column_names:
        keep &= ~_matches(pc.list_element(pc.split_pattern(pc.fill_null(table["zones"], ""), ";"), 0))
    return table if keep.all() else table.filter(pa.array(keep))


def _matches(ids: pa.ChunkedArray) -> np.ndarray:
    return pc.fill_null(pc.match_substring_regex(ids, _FINER_ID), fill_value=False).to_numpy()
