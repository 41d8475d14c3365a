"""How each list of places is drawn on a map: the class of every row, its sign, colour and size.

A class is a comparison of published figures, given twice: as a filter in CQL2, which tables and downloads use, and as a
mask over rows, which maps use. Nothing is counted or divided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class MarkClass:
    """One class of a list's rows.

    Parameters
    ----------
    key : str
        Its name for machines.
    label : str
        Its name for people.
    sign : str
        One sign, so that colour is never alone.
    light, dark : str
        Its colour by day and by night; tested for colour blindness.
    clause : str
        The rows that have it, as CQL2.
    """

    key: str
    label: str
    sign: str
    light: str
    dark: str
    clause: str


@dataclass(frozen=True)
class Figure:
    """A column that is told of a row where there is little room; `has_range` if its `_low` and `_high` stand beside it."""

    label: str
    column: str
    has_range: bool = False


@dataclass(frozen=True)
class Marking:
    """How the rows of one list are drawn.

    Parameters
    ----------
    label : str
        What the list is called.
    symbol : {'circle', 'square', 'diamond', 'area', 'line'}
        What stands for a row: a mark at a point of it, or its own shape.
    classes : tuple of MarkClass
        All classes; each row has exactly one.
    size : str, optional
        Column that the area of a mark follows.
    number : str, optional
        Column that is written on the mark.
    sort : str
        The order that suits the list, as the service takes it.
    figures : tuple of Figure
        What is told of a row where there is little room.
    """

    label: str
    symbol: Literal["circle", "square", "diamond", "area", "line"]
    classes: tuple[MarkClass, ...]
    mask_of: Callable[[pa.Table, str], Mask]
    sort: str
    figures: tuple[Figure, ...]
    size: str | None = None
    number: str | None = None


NO_FIGURE = ("#ffffff", "#16191c")
"""Fill of marks without a rate: the ground shows that there is nothing to colour."""


def _without_rate(rate: str, label: str) -> tuple[MarkClass, ...]:
    hidden = "incidents IS NULL AND incidents_band IS NOT NULL"
    return (
        MarkClass("few", "1 to 4; too few for a rate", "·", *NO_FIGURE, hidden),
        MarkClass("noRate", label, "?", *NO_FIGURE, f"incidents IS NOT NULL AND {rate}"),
        MarkClass("noData", "No data: not zero", "/", *NO_FIGURE, "incidents_band IS NULL"),
    )


_PURPLE, _VIOLET, _GREY, _GREEN = (
    ("#2a0f45", "#f3e6ff"), ("#8a5fb0", "#a77fd0"), ("#d9d5cc", "#4a4f54"), ("#4f8f8b", "#58a79c"),
)  # fmt: skip
_NOT_LISTED = "(is_hotspot IS NULL OR is_hotspot = FALSE)"

_STATIONS = (
    MarkClass("listed", "Stands out among stations of its mode", "★", *_PURPLE,
              "is_hotspot = TRUE AND rate_low > mode_median"),
    MarkClass("above", "Above the middle station of its mode", "▲", *_VIOLET,
              f"rate_low > mode_median AND {_NOT_LISTED}"),
    MarkClass("same", "Not distinguishable from the middle station", "–", *_GREY,
              "rate_low <= mode_median AND rate_high >= mode_median"),
    MarkClass("below", "Below the middle station of its mode", "▼", *_GREEN, "rate_high < mode_median"),
    *_without_rate("(rate_low IS NULL OR mode_median IS NULL)", "No rate: its passengers are not all counted"),
)  # fmt: skip


def _busy(kind: str) -> tuple[MarkClass, ...]:
    return (
        MarkClass("listed", f"On the list: at least 3 times the mean of all {kind}", "★", *_PURPLE,
                  "is_hotspot = TRUE AND ratio_low > 1"),
        MarkClass("above", f"Above the mean of all {kind}", "▲", *_VIOLET, f"ratio_low > 1 AND {_NOT_LISTED}"),
        MarkClass("same", "Not distinguishable from the mean", "–", *_GREY, "ratio_low <= 1 AND ratio_high >= 1"),
        MarkClass("below", f"Below the mean of all {kind}", "▼", *_GREEN, "ratio_high < 1"),
        *_without_rate("ratio_low IS NULL", "No rate here"),
    )  # fmt: skip


_INK, _BLUE = ("#0b0c0c", "#ffffff"), ("#1d4f8a", "#8ec5ff")
_OUTCOMES = {"allMet": "all met", "someUnknown": "none failed, some unknown", "notAll": "not all met"}

MARKINGS: Mapping[str, Marking] = {
    "chb-candidates": Marking(
        "Clear Hold Build screen",
        "area",
        (
            MarkClass("allMet", "Meets all seven screening rules", "●", "#0b3c6f", "#cfe4ff", "outcome = 'all met'"),
            MarkClass(
                "someUnknown",
                "Fails none; some cannot be answered",
                "◐",
                "#7ba7cc",
                "#5f8fb8",
                "outcome = 'none failed, some unknown'",
            ),
            MarkClass("notAll", "Does not meet all", "○", "#c9d7e4", "#3a444d", "outcome = 'not all met'"),
        ),
        lambda rows, key: _is(rows["outcome"], _OUTCOMES[key]),
        figures=(
            Figure("Rules met, of 7", "criteria_met"),
            Figure("Not met", "criteria_not_met"),
            Figure("Cannot be answered", "criteria_unknown"),
            Figure("Reports", "incidents_band"),
            Figure("Borough", "borough_names"),
        ),
        sort="-criteria_met",
        number="criteria_met",
    ),
    "wsa-shortlist": Marking(
        "Women’s Safety Audit places",
        "square",
        (
            MarkClass("listed", "On the list: invite a walk", "■", *_BLUE, "is_listed = TRUE"),
            MarkClass(
                "ranked",
                "Another place that was ranked",
                "□",
                "#aab2b7",
                "#59626a",
                "is_listed = FALSE AND rank IS NOT NULL",
            ),
            MarkClass(
                "unranked", "Too little is known to rank it", "?", *NO_FIGURE, "is_listed = FALSE AND rank IS NULL"
            ),
        ),
        lambda rows, key: _walk(rows)[key],
        figures=(
            Figure("Place in the order of invitations", "rank", has_range=True),
            Figure("Kind", "type"),
            Figure("Why not on the list", "excluded_because"),
        ),
        sort="rank",
        number="rank",
    ),
    "stations": Marking(
        "Stations",
        "circle",
        _STATIONS,
        lambda rows, key: _rated(rows, "rate", rows["mode_median"])[key],
        figures=(
            Figure("For each million entries and exits", "rate", has_range=True),
            Figure("Inside", "incidents_band"),
            Figure("On the way, never added", "approach_incidents"),
            Figure("Mode", "mode"),
        ),
        sort="-rate",
        size="entries_exits",
    ),
    "stop-clusters": Marking(
        "Bus and tram stops",
        "circle",
        _busy("stop clusters"),
        lambda rows, key: _rated(rows, "ratio", 1.0)[key],
        figures=(
            Figure("Reports", "incidents_band"),
            Figure("Times the mean", "ratio", has_range=True),
            Figure("Stops", "stops"),
        ),
        sort="-incidents",
    ),
    "corridors": Marking(
        "Routes and lines",
        "line",
        _busy("routes of its kind"),
        lambda rows, key: _rated(rows, "ratio", 1.0)[key],
        figures=(
            Figure("Times the mean of its kind", "ratio", has_range=True),
            Figure("Reports", "incidents_band"),
            Figure("Length in km", "km"),
            Figure("Busiest from", "busiest_from"),
            Figure("to", "busiest_to"),
        ),
        sort="-ratio",
    ),
    "road-harm-clusters": Marking(
        "Road harm places",
        "diamond",
        (
            MarkClass("beside", "Also on the list of a safety theme", "◈", *_INK, "also_listed IS NOT NULL"),
            MarkClass("alone", "On no list of a safety theme", "◇", *_INK, "also_listed IS NULL"),
        ),
        lambda rows, key: _known(rows["also_listed"]) == (key == "beside"),
        figures=(
            Figure("Collisions that killed or seriously injured", "incidents_band"),
            Figure("Also on the list of", "also_listed"),
            Figure("Months", "months"),
        ),
        sort="-incidents",
        size="incidents",
    ),
}
"""Name of a product's layer → how its rows are drawn."""


def classes_of(layer: str, rows: pa.Table) -> NDArray[np.int8]:
    """Place of each row's class among those of its list; -1 would be a row that no class fits.

    Examples
    --------
    >>> rows = pa.table({"outcome": ["all met", "not all met"]})
    >>> classes_of("chb-candidates", rows).tolist()
    [0, 2]
    """
    marking = MARKINGS[layer]
    found = np.full(len(rows), -1, dtype=np.int8)
    for place, one in enumerate(marking.classes):
        found[marking.mask_of(rows, one.key) & (found < 0)] = place
    return found


def points_of(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """A place on each shape where a mark or a name can stand: longitude, latitude.

    Examples
    --------
    >>> points_of(
    ...     np.array([shapely.Point(1, 2), shapely.MultiLineString([[(0, 0), (4, 0)], [(9, 9), (9, 10)]])])
    ... ).tolist()
    [[1.0, 2.0], [2.0, 0.0]]
    """
    found = np.full((len(shapes), 2), np.nan)
    kinds = shapely.get_type_id(shapes)
    for place, (shape, kind) in enumerate(zip(shapes, kinds, strict=True)):
        if shape is None or shape.is_empty:
            continue
        if kind in (1, 5):  # lines: the middle of the longest part
            line = max(getattr(shape, "geoms", [shape]), key=lambda part: part.length)
            point = line.interpolate(0.5, normalized=True)
        else:
            point = shape if kind == 0 else shape.representative_point()
        found[place] = point.x, point.y
    return found


def _known(column: pa.ChunkedArray) -> Mask:
    mask: Mask = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return mask


def _is(column: pa.ChunkedArray, value: object) -> Mask:
    mask: Mask = pc.fill_null(pc.equal(column, value), fill_value=False).to_numpy(zero_copy_only=False)
    return mask


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _rated(rows: pa.Table, name: str, middle: pa.ChunkedArray | float) -> dict[str, Mask]:
    """Rows by where the range of their rate lies beside the middle; a comparison with what is not known is false."""
    low, high = _numbers(rows[f"{name}_low"]), _numbers(rows[f"{name}_high"])
    beside = middle if isinstance(middle, float) else _numbers(middle)
    listed, counted, banded = (
        _is(rows["is_hotspot"], value=True),
        _known(rows["incidents"]),
        _known(rows["incidents_band"]),
    )
    has_rate = ~np.isnan(low) & ~np.isnan(beside)
    return {
        "listed": listed & (low > beside),
        "above": ~listed & (low > beside),
        "same": (low <= beside) & (high >= beside),
        "below": high < beside,
        "few": ~counted & banded,
        "noRate": counted & ~has_rate,
        "noData": ~banded,
    }


def _walk(rows: pa.Table) -> dict[str, Mask]:
    listed, ranked = _is(rows["is_listed"], value=True), _known(rows["rank"])
    return {"listed": listed, "ranked": ~listed & ranked, "unranked": ~listed & ~ranked}
