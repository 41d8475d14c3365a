"""Which class of a view each zone has on a sheet: from the same published columns, in the same colours as the map's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo_safety.map_classes import COLOURS, breaks_of, fixed_breaks
from geo_safety.schema import CHANGE_CLASSES

from .layers import Layer
from .map_harm import harm_classes
from .plain_words import FAIRLY_SURE, SURE
from .words import text

DRAWN = ("count", "density", "chance", "class", "stability", "harm", "both", "change")
"""Views of which sheets are made."""

CHANCES = (0.4, 0.55, 0.8, 0.95)
CHANCE_COLOURS = ("#e9e6f2", "#b3aad6", "#7a68b4", "#3f1f78")
KINDS = (
    ("longStanding", ("persistent", "intensifying", "diminishing"), "#332288"),
    ("recent", ("new", "consecutive"), "#e69f00"),
    ("onOff", ("sporadic", "oscillating"), "#56b4e9"),
    ("earlier", ("historical",), "#7d868c"),
)
STABILITY_COLOURS = ("#d9d5cc", "#8fa7b3", "#2f5d7c")
CHANGE_COLOURS = ("#5e3c99", "#b2abd2", "#f7f7f7", "#fdb863", "#e66101")
HARM_COLOURS = ("#f5ead6", "#e0b887", "#bb8353", "#85502f", "#45220f")
BOTH_COLOURS = ("#e3e1dc", "#4aa3b8", "#dca43c", "#3d2b56")
UNSURE_COLOUR = "#d9d5cc"
VAWG_COLOURS = ("#7a5a12", "#d9bd72", "#f5f5f5", "#93bde0", "#1d4f8a")
"""More reports are blue here, and no end is a warning: more reporting is an aim."""


@dataclass(frozen=True)
class Classed:
    """The class of each zone (-1: none), and what the classes are called, weakest first where they have an order."""

    of_zone: NDArray[np.int64]
    labels: tuple[str, ...]
    colours: tuple[str, ...]


def classed(view: str, rows: pa.Table, *, theme: str, breaks: Sequence[int]) -> Classed:
    """The classes of a view for the rows of one theme."""
    if view == "chance":
        labels = tuple(text(f"chance.{bound * 100:.0f}") for bound in CHANCES)
        return Classed(_above(rows["probability"], CHANCES), labels, CHANCE_COLOURS)
    if view == "stability":
        degrees = _above(rows["stability"], (0.0, FAIRLY_SURE, SURE))
        degrees[_is_one_of(rows["class"], ("none",)) | rows["class"].is_null().to_numpy(zero_copy_only=False)] = -1
        labels = tuple(text(f"stability.{name}") for name in ("unstable", "likely", "stable"))
        return Classed(degrees, labels, STABILITY_COLOURS)
    if view == "class":
        found = np.full(rows.num_rows, -1)
        for place, (_, names, _) in enumerate(KINDS):
            found[_is_one_of(rows["class"], names)] = place
        return Classed(found, tuple(text(f"class.{name}") for name, _, _ in KINDS), tuple(one[2] for one in KINDS))
    if view == "change":
        found = np.full(rows.num_rows, -1)
        changes = CHANGE_CLASSES[:5]
        for place, name in enumerate(changes):
            found[_is_one_of(rows["change_class"], (name,))] = place
        colours = VAWG_COLOURS if theme.startswith("vawg") else CHANGE_COLOURS
        return Classed(found, tuple(text(f"change.{name}") for name in changes), colours)
    hidden = _is_one_of(rows["incidents_band"], ("1-4",))
    counts = pc.fill_null(rows["incidents"], 0).to_numpy(zero_copy_only=False)
    return counted(np.where(hidden, 1, counts), breaks)


def counted(counts: NDArray[np.int64], breaks: Sequence[int]) -> Classed:
    """Classes of counts; a hidden small count stands as 1, what has no data or no reports has no class.

    Examples
    --------
    >>> found = counted(np.array([0, 1, 5, 200]), (1, 5, 20, 50, 100))
    >>> found.of_zone.tolist(), found.labels[1]
    ([-1, 0, 1, 4], '5 to 19')
    """
    labels = [text("legend.small")]
    for place, bound in enumerate(breaks[1:], start=1):
        last = place + 1 == len(breaks)
        labels.append(
            text("legend.andMore", n=bound)
            if last
            else text("legend.range", **{"from": bound, "to": breaks[place + 1] - 1})
        )
    return Classed(np.searchsorted(np.asarray(breaks), counts, side="right") - 1, tuple(labels), COLOURS)


def classed_by_density(layer: Layer, theme: str) -> Classed:
    """Classes of reports per km²; what may not have a rate is in the first."""
    rows = layer.rows(theme).table
    breaks = density_breaks(layer, theme)
    found = _above(rows["per_km2"], (0.0, *breaks))
    found[pc.fill_null(pc.equal(rows["incidents"], 0), fill_value=False).to_numpy(zero_copy_only=False)] = -1
    found[_is_one_of(rows["incidents_band"], ("1-4",))] = 0
    spans = pairwise(breaks)
    labels = (
        text("legend.under", n=f"{breaks[0]:,}"),
        *(text("legend.span", **{"from": f"{low:,}", "to": f"{high:,}"}) for low, high in spans),
        text("legend.andMore", n=f"{breaks[-1]:,}"),
    )
    return Classed(found, labels, COLOURS)


def classed_by_harm(layer: Layer, theme: str, weights: str, view: str) -> Classed:
    """Classes of harm, or of reports and harm at once, as the map has them."""
    found = harm_classes(layer, theme, weights, many=many_from(layer, theme))
    names, colours = (
        (("harm.50", "harm.25", "harm.10", "harm.5", "harm.1"), HARM_COLOURS)
        if view == "harm"
        else (("both.neither", "both.many", "both.harm", "both.both"), BOTH_COLOURS)
    )
    codes = np.maximum(found["classes" if view == "harm" else "both"][layer.rows(theme).shape] - 1, -1)
    return Classed(codes, tuple(text(name) for name in names), colours)


def with_unsure(classes: Classed, rows: pa.Table) -> Classed:
    """The same with a class of its own for zones that are too uncertain to rank: nothing looks surer than it is."""
    unsure = _is_one_of(rows["reliability"], ("not reliable",)) & (classes.of_zone >= 0)
    if not unsure.any():
        return classes
    found = np.where(unsure, len(classes.labels), classes.of_zone)
    return Classed(found, (*classes.labels, text("legend.unsure")), (*classes.colours, UNSURE_COLOUR))


def many_from(layer: Layer, theme: str) -> int:
    """Reports from which a zone lies in the upper two classes of counts."""
    return layer.breaks(theme)[3]


def density_breaks(layer: Layer, theme: str) -> tuple[int, ...]:
    """Reports per km² from which the second to fifth class begin."""
    values = pc.fill_null(layer.rows(theme).table["per_km2"], 0.0).to_numpy()
    return breaks_of(values[values > 0])[1:]


def breaks_for(layer: Layer, theme: str) -> tuple[int, ...]:
    """First counts of the classes of a layer and theme: the same on the map, on sheets and for every window."""
    rows = layer.rows(theme).table
    counts = pc.fill_null(rows["incidents"], -1).to_numpy(zero_copy_only=False).copy()
    counts[_is_one_of(rows["incidents_band"], ("1-4",))] = 2
    return fixed_breaks(layer.name, theme) or breaks_of(counts[counts >= 0])


def _above(column: pa.ChunkedArray, bounds: Sequence[float]) -> NDArray[np.int64]:
    values = pc.fill_null(column.cast(pa.float64()), -1.0).to_numpy(zero_copy_only=False)
    return np.searchsorted(np.asarray(bounds), values, side="right") - 1


def _is_one_of(column: pa.ChunkedArray, names: Sequence[str]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.is_in(column, value_set=pa.array(names)).to_numpy(zero_copy_only=False)
    return found
