"""One layer as each class of readers gets it: the files that a release is written from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.disclosure.classes import Access, closed_feeds, closed_themes
from geo_safety.disclosure.open_set import may_leave, protect
from geo_safety.disclosure.partner_set import PartnerSet


def sets_of(layer: str, table: pa.Table, manifest: Mapping[str, Any], partner: PartnerSet) -> dict[Access, pa.Table]:
    """What each class may see of a layer; a class that may see nothing of it is absent.

    Parameters
    ----------
    table : Table
        Exact figures.
    manifest : mapping
        Which feeds are closed, and which themes they make.
    partner : PartnerSet
        Protected rows of the themes of partner feeds.

    Returns
    -------
    dict of class to Table
        The partners' is the very same object as the open one where they see nothing more.
    """
    sets: dict[Access, pa.Table] = {"internal": protect(layer, table, access="internal")}
    if may_leave(layer):
        shown = sets["open"] = sets["partner"] = protect(layer, _open_rows(table, manifest))
        if layer in partner.tables:
            sets["partner"] = pa.concat_tables([shown, partner.tables[layer].select(shown.column_names)])
    return sets


def closed_rows(layer: str, table: pa.Table, manifest: Mapping[str, Any]) -> list[str]:
    """What in this table of the open set is of a closed feed? An empty list when all is well."""
    rows = table.num_rows - _open_rows(table, manifest).num_rows
    return [f"{layer} shows {rows} rows of closed feeds to everybody"] if rows else []


def _open_rows(table: pa.Table, manifest: Mapping[str, Any]) -> pa.Table:
    """Without rows of themes, or (in a series) of feeds, that are not open."""
    for name, closed in (("theme", closed_themes(manifest)), ("feed", closed_feeds(manifest))):
        if closed and name in table.column_names:
            table = table.filter(pc.invert(pc.is_in(table[name], pa.array(list(closed)))))
    return table
