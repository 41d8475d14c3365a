"""A zone month by month, and all zones together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.errors import AnalysisError
from geo_safety.months import month_text
from geo_safety.window_counts import study_counts

from .layers import Layer
from .store import Published


def months_of(published: Published, layer: Layer, row_id: str, theme: str) -> dict[str, Any] | None:
    """Months of a zone by feed, the theme's own feeds first; None where the reader sees none."""
    if not published.has_series:
        return None
    rows = published.series(layer.name, row_id, theme, ["feed", "month", "incidents_band", "incidents"])
    if rows.num_rows == 0:
        return None
    months = sorted(pc.unique(rows["month"]).to_pylist())
    own = " + ".join(published.manifest.get("themes", {}).get(theme, {}).get("feeds", ()))
    feeds = sorted(pc.unique(rows["feed"]).to_pylist(), key=lambda feed: (feed != own, feed))
    return {
        "months": [f"{month:%Y-%m}" for month in months],
        "feeds": [_of_feed(rows, feed, months) for feed in feeds],
    }


def study_months(published: Published, layer: Layer, theme: str) -> dict[str, int | None] | None:
    """Counts of all zones of a layer together, by month; None in a gap and where the sum is a small one.

    None at all where the theme's months are not for this reader to add up, or there are none.
    """
    if theme not in published.view.recounted_themes or theme not in published.manifest.get("themes", {}):
        return None
    ids = np.asarray([str(zone) for zone in layer.shapes().ids])
    try:
        sums = study_counts(published.running(layer.name, theme, ids), access=published.recount_access)
    except AnalysisError:
        return None
    return {month_text(month): count for month, count in sums.items()} or None


def _of_feed(rows: pa.Table, feed: str, months: list) -> dict[str, object]:
    """One feed's counts in the order of the months; null where the feed has no such month."""
    mine = rows.filter(pc.equal(rows["feed"], feed))
    place = np.searchsorted(np.array(months, dtype="datetime64[D]"), mine["month"].to_numpy())
    columns: dict[str, object] = {"feed": feed}
    for name in ("incidents_band", "incidents"):
        values: list[object] = [None] * len(months)
        for where, value in zip(place.tolist(), mine[name].to_pylist(), strict=True):
            values[where] = value
        columns[name] = values
    return columns
