"""The partner set: what of partner feeds may leave, as rows of the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.cell_layers import is_cells
from geo_safety.disclosure.ledger import Disclosed, Figures
from geo_safety.disclosure.open_set import SUPPRESSED
from geo_safety.disclosure.rules import NOT_SHOWN, DisclosureRules
from geo_safety.months import first_day
from geo_safety.schema import ZONES

RELIABLE_FROM = 20
"""Shown counts from here on may be compared and ranked."""

LEAST_INSIDE = 0.1
"""Cells with a smaller share of a full cell inside the study get no rate."""

KEPT = ("zone_id", "name", "borough_code", "ward_code", "theme", "area_km2", "geometry")
"""Columns of a zone that say nothing of incidents. All others are made anew from what is shown, or are null."""

CAUTION = (
    "Lent by a partner: small counts are hidden, others rounded, and no figure here is made from exact counts. "
    "Hotspots are not judged on such counts."
)


@dataclass(frozen=True)
class PartnerSet:
    """Protected rows of the themes of partner feeds.

    Parameters
    ----------
    tables : mapping of layer to Table
        Only what may leave; layers without such rows are absent.
    summary : mapping
        What the manifest says of it.
    """

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)


def partner_rows(exact: pa.Table, layer: str, now: Disclosed, before: Disclosed | None) -> pa.Table:
    """One theme of one layer as partners may see it: nothing of it is made from anything but the figures given out.

    Parameters
    ----------
    exact : Table
        The layer's rows of the theme, from which only what is no figure is taken.
    now, before : Disclosed
        Figures of the window, and of the window just before it, if those were ever given out.
    """
    ids = exact["zone_id"].to_pylist()
    incidents, band = _of(now.layers[layer], ids)
    earlier = [None] * len(ids) if before is None or layer not in before.layers else _of(before.layers[layer], ids)[0]
    area = exact["area_km2"].to_numpy()
    # A sliver of a cell inside the study gets no rate (as in every layer), and that is for its area to say.
    has_rate = area > (LEAST_INSIDE * area.max(initial=0.0) if is_cells(layer) else 0.0)
    shown = np.array([np.nan if value is None else value for value in incidents], dtype=float)
    rate = np.where(has_rate, shown / np.where(has_rate, area, 1.0), np.nan)
    columns = {name: exact[name] for name in KEPT} | {
        "window_start": [first_day(now.start)] * len(ids),
        "window_end": [first_day(now.end)] * len(ids),
        "incidents_band": band,
        "incidents": incidents,
        "incidents_previous": earlier,
        "per_km2": [None if np.isnan(value) else round(value, 2) for value in rate.tolist()],
        "rank": _ranks(rate),
        "reliability": [_reliability(value, text) for value, text in zip(incidents, band, strict=True)],
        "caution": [CAUTION] * len(ids),
    }
    empty = pa.nulls(len(ids))
    arrays = [
        _as_array(columns[one.name], one.type) if one.name in columns else empty.cast(one.type)
        for one in ZONES.arrow_schema()
    ]
    return pa.Table.from_arrays(arrays, schema=ZONES.arrow_schema())


def partner_breaches(layer: str, table: pa.Table, themes: Mapping[str, Any], rules: DisclosureRules) -> list[str]:
    """What in the partner set of a layer must not be there? An empty list when all is well.

    The second look, taken at the files as written: it reads nothing of how they were made.

    Parameters
    ----------
    themes : mapping
        The lent themes, each with the `layers` by which it may leave.
    """
    lent = table.filter(pc.is_in(table["theme"], pa.array(sorted(themes), pa.string())))
    found = [
        f"{layer} shows the lent theme {theme}, which may not leave by it"
        for theme in lent["theme"].unique().to_pylist()
        if layer not in themes[theme]["layers"]
    ]
    if not lent.num_rows or found:
        return found
    for name in ("incidents", "incidents_previous"):
        values = [value for value in lent[name].to_pylist() if value is not None]
        if any(0 < value <= rules.hidden_up_to for value in values):
            found.append(f"{layer} shows lent counts of {rules.band} in {name}")
        if any(value % rules.rounded_to for value in values):
            found.append(f"{layer} shows lent counts that are not rounded to {rules.rounded_to} in {name}")
    hidden = lent.filter(pc.is_in(lent["incidents_band"], pa.array([rules.band, NOT_SHOWN])))
    shown = [name for name in ("incidents", "per_km2", "rank") if hidden[name].null_count < hidden.num_rows]
    if shown:
        found.append(f"{layer} shows {', '.join(shown)} where the lent count is hidden")
    made = {*KEPT, "window_start", "window_end", "incidents_band", "incidents", "incidents_previous", "per_km2", "rank",
            "reliability", "caution"}  # fmt: skip
    filled = [name for name in lent.column_names if name not in made and lent[name].null_count < lent.num_rows]
    if filled:
        found.append(f"{layer} shows {', '.join(filled)} of a lent theme, which are made from exact counts")
    return found


def _of(figures: Figures, ids: list[str]) -> tuple[list[int | None], list[str | None]]:
    place = {zone: number for number, zone in enumerate(figures.zone_id)}
    return [figures.incidents[place[zone]] for zone in ids], [figures.band[place[zone]] for zone in ids]


def _ranks(rate: np.ndarray) -> list[int | None]:
    """Place in the plain order, 1 is the most; the best place for all that are equal."""
    order = np.sort(-rate[~np.isnan(rate)])
    return [None if np.isnan(value) else int(np.searchsorted(order, -value)) + 1 for value in rate.tolist()]


def _reliability(value: int | None, band: str | None) -> str | None:
    if band is None:
        return None
    if value is None:
        return SUPPRESSED
    return "reliable" if value >= RELIABLE_FROM else "not reliable"


def _as_array(values: Any, type: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks().cast(type)
    return pa.array(values, type=type)
