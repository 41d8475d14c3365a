"""What changed between two releases: hotspot areas that are new, gone, grown or shrunk, and months that sources revised.

Both releases are seen through the eyes of one reader, so that what is told of them is no more than what the two say
themselves: of figures that are hidden in one of them, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from geo_safety.schema import AREAS, ZONES, table_of_layer
from geo_safety.view import View

CHANGES = ("new", "gone", "grown", "shrunk", "moved", "same")
"""What can have become of an area: `moved` has as many zones as before, but not the same."""

_READ = ("area_id", "theme", "name", "boroughs", "wards", "cells", "zones", "incidents_band", "class", "tier", "life",
         "predecessors", "geometry")  # fmt: skip


@dataclass(frozen=True)
class Changes:
    """What changed.

    Parameters
    ----------
    areas : list of dict
        One a changed (or, if asked for, unchanged) area in the order of theme and id: `change`, what it is now and
        (`…_before`) what it was, `zones_added` and `zones_left`, and its outline as WKB: the old one where it is gone.
    months : list of dict
        Months that both releases hold and whose figures differ: how many zones differ, and the sums of the zones whose
        figures both releases show.
    """

    areas: list[dict[str, Any]]
    months: list[dict[str, Any]]


def compare(before: View, now: View, *, themes: Sequence[str], with_same: bool = False) -> Changes:
    """What changed from one release to another, for one reader.

    Parameters
    ----------
    themes : sequence of str
        Themes of the later release; one that the earlier one did not have has only new areas.
    with_same : bool
        Whether areas that did not change are told too.
    """
    areas: list[dict[str, Any]] = []
    for theme in themes:
        both = (_areas(before, theme), _areas(now, theme))
        told = [_change(*(one.get(area_id) for one in both)) for area_id in sorted({*both[0], *both[1]})]
        areas += [one for one in told if with_same or one["change"] != "same"]
    months = [row for theme in themes for row in _revised(before, now, theme)]
    return Changes(areas, months)


def _areas(view: View, theme: str) -> dict[str, dict[str, Any]]:
    if AREAS.name not in view.layers or theme not in view.themes_of(AREAS.name):
        return {}
    return {row["area_id"]: row for row in view.table(AREAS.name, theme=theme, columns=_READ).to_pylist()}


def _change(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """One area: what it is, what it was, and the word for it."""
    one = new or old
    assert one is not None
    had, has = (set() if area is None else set((area["zones"] or "").split(";")) for area in (old, new))
    told = {name: one[name] for name in ("area_id", "theme", "name", "boroughs", "wards")}
    for name in ("cells", "incidents_band", "class", "tier"):
        told[name] = None if new is None else new[name]
        told[f"{name}_before"] = None if old is None else old[name]
    told |= {"life": None if new is None else new["life"], "predecessors": None if new is None else new["predecessors"]}
    told |= {"zones_added": len(has - had), "zones_left": len(had - has), "geometry": one["geometry"]}
    return {"change": _word(old, new, has_same_zones=had == has), **told}


def _word(old: dict[str, Any] | None, new: dict[str, Any] | None, *, has_same_zones: bool) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    if has_same_zones:
        return "same"
    if new["cells"] == old["cells"]:
        return "moved"
    return "grown" if new["cells"] > old["cells"] else "shrunk"


def _revised(before: View, now: View, theme: str) -> list[dict[str, Any]]:
    """Months of a theme that were resupplied, on the coarsest layer of which both releases hold months."""
    layer = _coarsest(before, now)
    if layer is None or theme not in before.themes:
        return []
    columns = ["feed", "zone_id", "month", "incidents_band", "incidents"]
    old, new = (_months(view.series(layer, theme=theme, columns=columns)) for view in (before, now))
    both = old.merge(new, on=["feed", "zone_id", "month"], suffixes=("_before", ""))
    band, band_before = (both[name].fillna("") for name in ("incidents_band", "incidents_band_before"))
    both = both.assign(differs=band != band_before)
    rows = []
    for (feed, month), group in both[both["month"].isin(both.loc[both["differs"], "month"])].groupby(["feed", "month"]):
        if not group["differs"].any():
            continue
        shown = group.dropna(subset=["incidents", "incidents_before"])
        rows.append({
            "theme": theme, "feed": feed, "month": f"{month:%Y-%m}", "layer": layer,
            "zones": len(group), "zones_revised": int(group["differs"].sum()), "zones_shown": len(shown),
            "incidents_before": int(shown["incidents_before"].sum()), "incidents": int(shown["incidents"].sum()),
        })  # fmt: skip
    return rows


def _months(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    return frame.assign(month=pd.to_datetime(frame["month"]))


def _coarsest(before: View, now: View) -> str | None:
    """The zone layer with the fewest zones of which both releases hold months; None without one."""
    if not all("series" in view.layers for view in (before, now)):
        return None
    shared = [name for name in now.layers if name in before.layers and table_of_layer(name) is ZONES]
    held = [name for name in shared if all(view.series(name, columns=["month"]).num_rows for view in (before, now))]
    return min(held, key=lambda name: (now.manifest["layers"][name]["rows"], name), default=None)
