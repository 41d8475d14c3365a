"""What the map needs to draw a list, to show it as a table and to filter it: no row but its name, place and class.

Lists that a release does not hold are told too, with the reason and what they need, so that nobody searches for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import h3
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo_safety.cell_layers import resolution_of
from geo_safety.map_classes import noun_of
from geo_safety.marks import MARKINGS, classes_of, points_of
from geo_safety.schema import PRODUCT_TABLES

from .items import find_page
from .layers import Layer
from .parameters import ItemsQuery
from .plain_words import mode_words
from .questions import AT_NIGHT
from .store import Published
from .words import text

ALL_ROWS = 100_000
DECIMALS = 5


@dataclass(frozen=True)
class Shown:
    """A column of a list's table.

    Parameters
    ----------
    kind : str
        How its values are said: text, number, decimal, count, share, flag, range or ranks (with `_low` and `_high`).
    """

    name: str
    label: str
    kind: str


_NAME = Shown("name", "list.column.name", "text")
_BOROUGHS = Shown("borough_names", "list.column.boroughs", "text")
_REPORTS = Shown("incidents", "list.column.reports", "count")
_RATIO = Shown("ratio", "list.column.ratio", "range")
_RANKS = Shown("rank", "list.column.rank", "ranks")
_LISTED = Shown("is_hotspot", "list.column.listed", "flag")
_NIGHT = Shown("incidents_night", "list.column.night", "number")

COLUMNS: Mapping[str, tuple[Shown, ...]] = {
    "chb-candidates": (
        _NAME, _BOROUGHS, _REPORTS,
        Shown("criteria_met", "list.column.met", "number"),
        Shown("criteria_not_met", "list.column.notMet", "number"),
        Shown("criteria_unknown", "list.column.unknown", "number"),
        Shown("outcome", "list.column.outcome", "text"),
        Shown("area_km2", "list.column.km2", "decimal"),
        Shown("of_layer", "list.column.of", "text"),
        Shown("class", "table.class", "text"),
        Shown("tier", "table.tier", "text"),
        Shown("weights_differ", "list.column.weightsDiffer", "flag"),
    ),
    "wsa-shortlist": (
        _NAME, _BOROUGHS,
        Shown("type", "list.column.type", "text"),
        Shown("is_listed", "list.column.invited", "flag"),
        Shown("rank", "list.column.rankWeights", "ranks"),
        Shown("score", "list.column.score", "decimal"),
        Shown("parts_missing", "list.column.missing", "text"),
        Shown("excluded_because", "list.column.excluded", "text"),
    ),
    "stations": (
        _NAME, _BOROUGHS,
        Shown("mode", "list.column.mode", "text"),
        Shown("incidents", "list.column.inside", "count"),
        Shown("approach_incidents", "list.column.approach", "number"),
        Shown("entries_exits", "list.column.entries", "number"),
        Shown("rate", "list.column.rate", "range"),
        Shown("mode_median", "list.column.median", "decimal"),
        _RANKS,
        Shown("is_hotspot", "list.column.stands", "flag"),
    ),
    "stop-clusters": (
        _NAME, _BOROUGHS, _REPORTS, _NIGHT, Shown("stops", "list.column.stops", "number"), _RATIO, _RANKS, _LISTED,
    ),
    "corridors": (
        _NAME, _BOROUGHS, Shown("mode", "list.column.mode", "text"),
        Shown("counts_of", "list.column.countsOf", "text"), _REPORTS, Shown("km", "list.column.km", "decimal"),
        Shown("per_km", "list.column.perKm", "decimal"), _RATIO, _RANKS,
        Shown("busiest_from", "list.column.busiest", "text"), _LISTED,
    ),
    "road-harm-clusters": (
        _NAME, _BOROUGHS, Shown("incidents", "list.column.ksi", "count"), Shown("fatal", "list.column.fatal", "number"),
        Shown("slight", "list.column.slight", "number"), _NIGHT, Shown("chance_share", "list.column.chance", "share"),
        Shown("also_listed", "list.column.beside", "text"), Shown("months", "list.column.months", "number"),
    ),
}  # fmt: skip
"""Columns of each list's table, in order."""

CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "chb-candidates": (("of_layer", "list.filter.of"),),
    "wsa-shortlist": (("type", "list.filter.type"),),
    "stations": (("mode", "list.filter.mode"),),
    "stop-clusters": (),
    "corridors": (("counts_of", "list.filter.countsOf"), ("mode", "list.filter.mode")),
    "road-harm-clusters": (),
}
"""Columns of which a reader may choose one value."""

CRITERIA = ("size", "entrenched", "second_theme", "harm_cchi", "harm_css", "daytime", "not_venue")
"""What is screened, in the order in which it is told."""


def lists_of(published: Published) -> list[dict[str, Any]]:
    """Every list that the map can show, and for those that are not there why, and what they need."""
    return [_told(published, name) for name in MARKINGS]


def _told(published: Published, name: str) -> dict[str, Any]:
    made = published.manifest.get("products", {}).get(name, {})
    is_there = name in published.collections
    return {
        "name": name,
        "label": MARKINGS[name].label,
        "symbol": MARKINGS[name].symbol,
        "id": PRODUCT_TABLES[name].key[0],
        "themes": list(published.layer(name).themes) if is_there else [],
        "whyNot": None if is_there else made.get("why_not") or text("list.notMade"),
        "start": _starts(published.layer(name)) if is_there and name == "chb-candidates" else {},
    }


def _starts(layer: Layer) -> dict[str, str]:
    """The clause that the screen opens with: the same neighbourhood comes up on several layers, so one is shown."""
    made_of = {theme: sorted(set(layer.rows(theme).table["of_layer"].to_pylist())) for theme in layer.themes}
    return {theme: f"of_layer = '{found[0]}'" for theme, found in made_of.items() if len(found) > 1}


def marks_of(published: Published, layer: Layer, query: ItemsQuery) -> dict[str, Any]:
    """The rows that fit a query, as a map draws them, and how to say, sort and filter them."""
    found = find_page(layer, replace(query, limit=ALL_ROWS, cursor=None, order=()), published)
    rows = layer.taken(query.theme, found.places)
    marking = MARKINGS[layer.name]
    points = layer.rows(query.theme).prepared.get("points", lambda: _points(layer, query.theme))[found.places]
    themed = layer.rows(query.theme).table
    return {
        "layer": layer.name,
        "theme": query.theme,
        "title": text(f"list.title.{layer.name}", noun=noun_of(query.theme)),
        "window": _window(themed),
        "says": list(published.manifest.get("products", {}).get(layer.name, {}).get("says", ())),
        "classes": [
            {"key": one.key, "label": one.label, "sign": one.sign, "light": one.light, "dark": one.dark,
             "clause": one.clause}
            for one in marking.classes
        ],
        "columns": [
            {"name": one.name, "label": text(one.label), "kind": one.kind}
            for one in COLUMNS[layer.name]
            if one.name != "incidents_night" or _has_hours(themed)
        ],
        "choices": _choices(layer.name, themed),
        "night": _night(themed),
        "sort": marking.sort,
        "of": len(themed),
        "most": _most(themed),
        "marks": {
            "ids": rows[layer.id_column].to_pylist(),
            "names": rows["name"].to_pylist(),
            "points": np.round(points, DECIMALS).tolist(),
            "boxes": _boxes(layer, query.theme, found.places) if marking.symbol in ("area", "line") else None,
            "classes": classes_of(layer.name, rows).tolist(),
            "sizes": rows[marking.size].to_pylist() if marking.size else None,
            "numbers": rows[marking.number].to_pylist() if marking.number else None,
        },
    }  # fmt: skip


def _points(layer: Layer, theme: str) -> np.ndarray:
    return points_of(layer.shapes().tree.geometries[layer.rows(theme).shape])


def _boxes(layer: Layer, theme: str, places: np.ndarray) -> list[list[float]]:
    """West, south, east, north of each row: a long line is in view though its middle may not be."""
    shapes = layer.shapes().tree.geometries[layer.rows(theme).shape[places]]
    boxes: list[list[float]] = np.round(shapely.bounds(shapes), DECIMALS).tolist()
    return boxes


def _window(rows: pa.Table) -> dict[str, str] | None:
    """First and last month; rows may have different ones, then the last is told."""
    starts, ends = pc.min(rows["window_start"]).as_py(), pc.max(rows["window_end"]).as_py()
    return None if ends is None else {"from": f"{starts:%Y-%m}", "to": f"{ends:%Y-%m}"}


def _has_hours(rows: pa.Table) -> bool:
    return "has_hours" in rows.column_names and bool(pc.any(rows["has_hours"]).as_py())


def _night(rows: pa.Table) -> str | None:
    """The clause of what happened at night; empty where the source has no hours, None where hours mean nothing."""
    if "has_hours" not in rows.column_names:
        return None
    return AT_NIGHT if _has_hours(rows) else ""


def _most(rows: pa.Table) -> int | None:
    """The last place of the order, for pictures of ranges of ranks."""
    if "rank_high" not in rows.column_names:
        return None
    most: int | None = pc.max(rows["rank_high"]).as_py()
    return most


def _choices(name: str, rows: pa.Table) -> list[dict[str, Any]]:
    found = [_choice(column, text(label), rows) for column, label in CHOICES[name]]
    if name == "chb-candidates":
        if found[0]["options"]:
            found[0] |= {"all": "of_layer IS NOT NULL", "start": found[0]["options"][0]["clause"]}
        options = [(text(f"list.criterion.{one}"), f"meets_{one} = 'met'") for one in CRITERIA]
        found.append(_options("meets", text("list.filter.meets"), options))
        found.append(_options("border", text("list.filter.border"), [(text("word.yes"), "is_cross_border = TRUE")]))
    if name == "road-harm-clusters":
        themes = sorted({one for row in rows["also_listed"].to_pylist() if row for one in row.split(";")})
        options = [(noun_of(theme), f"also_listed LIKE '%{theme}%'") for theme in themes]
        found.append(_options("beside", text("list.filter.beside"), options))
    return [one for one in found if len(one["options"]) > 0]


def _choice(column: str, label: str, rows: pa.Table) -> dict[str, Any]:
    values = sorted({value for value in rows[column].to_pylist() if value})
    in_words = {"of_layer": layer_words, "mode": mode_words}.get(column, str)
    quoted = [(in_words(value), f"{column} = '{_quoted(value)}'") for value in values]
    return _options(column, label, quoted if len(values) > 1 else [])


def layer_words(layer: str) -> str:
    """What a layer of zones is called inside a sentence.

    Examples
    --------
    >>> layer_words("cells-r8"), layer_words("wards")
    ('cells of about 0.7 km²', 'wards')
    """
    resolution = resolution_of(layer)
    if resolution is None:
        return layer.replace("-", " ")
    return text("list.cells", km2=f"{h3.average_hexagon_area(resolution):.1g}")


def _options(name: str, label: str, options: Sequence[tuple[str, str]]) -> dict[str, Any]:
    listed = [{"label": said, "clause": clause} for said, clause in options]
    return {"name": name, "label": label, "options": listed, "all": "", "start": ""}


def _quoted(value: str) -> str:
    return value.replace("'", "''")
