"""One window against the one before, zone by zone, with a row for what has no place: nothing is left out of the sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.disclosure import BAND_HIDDEN, SMALLEST_SHOWN
from geo_safety.view import View

COLUMNS = ("zone_id", "name", "borough_code", "theme", "window_start", "window_end", "incidents_previous", "incidents",
           "incidents_band", "change_class", "caution")  # fmt: skip

UNLOCATED, IN_NO_ZONE = "unlocated", "in no zone"
"""What stands for `zone_id` in the last two rows."""

_NAMES = {UNLOCATED: "Recorded without a place", IN_NO_ZONE: "Recorded in none of these zones"}


def compare_windows(view: View, layer: str, theme: str, *, borough: str | None = None) -> pa.Table:
    """Counts of this window and of the one before in each zone, and of what lies in none.

    Parameters
    ----------
    borough : str, optional
        Code: only its zones. What has no place has no borough either, so the last two rows stay those of the study.

    Returns
    -------
    Table
        `COLUMNS`, in the order of `zone_id`; the last two rows are `UNLOCATED` and `IN_NO_ZONE`, where the release
        says how many these are. No percentage is given: most are of counts that are too small for one.
    """
    rows = view.table(layer, theme=theme, columns=COLUMNS)
    if borough is not None:
        rows = rows.filter(pc.equal(rows["borough_code"], borough))
    layers = view.manifest.get("themes", {}).get(theme, {}).get("layers")
    told = layers.get(layer) if isinstance(layers, Mapping) else None  # of lent figures only names of layers are told
    if told is None or "in_no_zone" not in told:
        return rows
    window = rows.slice(0, 1).select(["window_start", "window_end"]).to_pylist()
    exact = view.reader.access == "internal"
    beside = [
        {
            **dict.fromkeys(COLUMNS),
            **(window[0] if window else {}),
            "zone_id": zone_id,
            "name": _NAMES[zone_id],
            "theme": theme,
            **_shown(told, key, exact=exact),
        }
        for zone_id, key in ((UNLOCATED, "unlocated"), (IN_NO_ZONE, "in_no_zone"))
    ]
    return pa.concat_tables([rows, pa.Table.from_pylist(beside, schema=rows.schema)])


def _shown(told: Mapping[str, Any], key: str, *, exact: bool) -> dict[str, Any]:
    """A count of this window and of the one before, by the rule for all small counts."""
    now, before = told[key], told.get(f"{key}_previous")

    def is_hidden(count: int | None) -> bool:
        return count is not None and not exact and 0 < count < SMALLEST_SHOWN

    return {
        "incidents": None if is_hidden(now) else now,
        "incidents_band": BAND_HIDDEN if is_hidden(now) else str(now),
        "incidents_previous": None if is_hidden(before) else before,
    }
