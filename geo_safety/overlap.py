"""Zones on the lists of two themes at once, or of the first alone; their counts stand side by side and are never added."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.view import View

_SHARED = ("zone_id", "name", "borough_code", "ward_code")
_OF_THEME = ("incidents_band", "ratio", "ratio_low", "ratio_high")


def columns_of(first: str, second: str) -> tuple[str, ...]:
    """Columns of the answer for two themes."""
    return (*_SHARED, *(f"{column}_{theme}" for theme in (first, second) for column in _OF_THEME))


def zones_on_both_lists(view: View, layer: str, first: str, second: str, *, borough: str | None = None) -> pa.Table:
    """Which zones are hotspots of both themes?

    Parameters
    ----------
    borough : str, optional
        Code: only its zones.

    Returns
    -------
    Table
        `columns_of(first, second)` in the order of `zone_id`; no rows where no zone is on both lists.
    """
    one, other = (_listed(view, layer, theme) for theme in (first, second))
    if borough is not None:
        one = one.filter(pc.equal(one["borough_code"], borough))
    joined = one.join(other.drop_columns(list(_SHARED[1:])), keys="zone_id", join_type="inner")
    return joined.select(columns_of(first, second)).sort_by("zone_id")


def zones_on_first_list_alone(
    view: View, layer: str, first: str, second: str, *, borough: str | None = None
) -> pa.Table:
    """Which zones are hotspots of one theme and are judged, but no hotspots, of another?

    Where the first is what health services record and the second what the police do, these are places that police
    records alone would not show. A zone that is not judged for the second theme is not among them: nothing is known there.

    Returns
    -------
    Table
        As of `zones_on_both_lists`: the second theme's figures stand beside, so that a near miss is seen as one.
    """
    one, judged = _listed(view, layer, first), _judged(view, layer, second)
    if borough is not None:
        one = one.filter(pc.equal(one["borough_code"], borough))
    other = judged.filter(pc.invert(judged["is_hotspot"])).drop_columns(["is_hotspot"])
    joined = one.join(other.drop_columns(list(_SHARED[1:])), keys="zone_id", join_type="inner")
    return joined.select(columns_of(first, second)).sort_by("zone_id")


def _listed(view: View, layer: str, theme: str) -> pa.Table:
    rows = _judged(view, layer, theme)
    return rows.filter(rows["is_hotspot"]).drop_columns(["is_hotspot"])


def _judged(view: View, layer: str, theme: str) -> pa.Table:
    rows = view.table(layer, theme=theme, columns=[*_SHARED, *_OF_THEME, "is_hotspot"])
    rows = rows.filter(pc.is_valid(rows["is_hotspot"]))
    return rows.rename_columns([*_SHARED, *(f"{column}_{theme}" for column in _OF_THEME), "is_hotspot"])
