"""What a pack is made from: a release as its reader sees it, and nothing else.

Sums over zones are worked out from the figures that this reader may see anyway, so that a pack tells no more than the
layers do: where a hidden count has a say, the sum is a range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import h3
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from geo_safety.case_file import Case
from geo_safety.cell_layers import resolution_of
from geo_safety.disclosure import band_ends
from geo_safety.impact.reading import Report
from geo_safety.map_classes import noun_of
from geo_safety.months import month_number
from geo_safety.packs.figures import listed
from geo_safety.publication import Publication
from geo_safety.schema import id_in
from geo_safety.view import View

THEIRS = "it holds what people saw on a walk, which is theirs to publish; make it without a key"


@dataclass(frozen=True)
class Months:
    """Counts of a set of zones, month by month.

    Parameters
    ----------
    first : int
        First month, in months since 1970-01.
    low, high : arrays of float
        The least and the most that each month can hold; the same where no hidden count has a say, NaN in a gap.
    """

    first: int
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def sum_of(self, start: int, length: int) -> tuple[float, float] | None:
        """Least and most of `length` months from `start`; None where one of them is a gap or not there."""
        begin = start - self.first
        if begin < 0 or begin + length > len(self.low):
            return None
        low, high = self.low[begin : begin + length].sum(), self.high[begin : begin + length].sum()
        return None if np.isnan(low) else (float(low), float(high))

    @property
    def last(self) -> int:
        """Last month."""
        return self.first + len(self.low) - 1


@dataclass
class Basis:
    """A release for one reader, with what was read of it written down.

    Parameters
    ----------
    view : View
    ground : sequence of mapping
        Features of the release's base map.
    judge : callable
        A case on this release, as this reader may see it: `impact.reading.report_on`.
    records : callable
        Records of walks of a place, for readers who keep them; none for others.
    named : sequence of mapping
        Places that the community named, for the same readers.
    """

    view: View
    ground: Sequence[Mapping[str, Any]]
    judge: Callable[[Case], Report]
    records: Callable[[str], Sequence[Mapping[str, Any]]] = lambda _: ()
    named: Sequence[Mapping[str, Any]] = ()
    _used: dict[tuple[str, str | None], Publication] = field(default_factory=dict)
    _holds_walks: bool = False

    def walks_of(self, place_id: str) -> Sequence[Mapping[str, Any]]:
        """What groups saw on walks of a place, as far as the reader may see it."""
        found = self.records(place_id)
        self._holds_walks = self._holds_walks or bool(found)
        return found

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The release's manifest, as the reader sees it."""
        return self.view.manifest

    @property
    def themes(self) -> tuple[str, ...]:
        """Themes that the reader may see."""
        return self.view.themes

    def has(self, layer: str, theme: str | None = None) -> bool:
        """Whether the reader may see this layer (and theme of it)."""
        return layer in self.view.layers and (theme is None or theme in self.view.themes_of(layer))

    def table(self, layer: str, theme: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """A layer, or one theme of it."""
        found = self.view.table(layer, theme=theme, columns=columns)
        self._used[layer, theme] = self.view.publication(layer, theme)
        return found

    def rows(self, layer: str, theme: str | None = None, *, where: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Rows of a layer as plain values, with their shapes: all, or those of these ids."""
        found = self.table(layer, theme)
        if where is not None:
            found = found.filter(pc.is_in(found[id_in(found.column_names)], pa.array(list(where), pa.string())))
        shapes = shapely.from_wkb(found["geometry"].to_numpy()) if "geometry" in found.column_names else None
        rows: list[dict[str, Any]] = found.drop_columns(["geometry"] if shapes is not None else []).to_pylist()
        for row, shape in zip(rows, [] if shapes is None else shapes, strict=False):
            row["geometry"] = shape
        return rows

    def months(self, layer: str, theme: str, zones: Iterable[str]) -> Months | None:
        """Months of a set of zones together; None where the reader may not see them.

        A month in which one of the zones has no data is a gap.
        """
        if not self.has("series") or not self.has(layer, theme) or theme not in self.view.recounted_themes:
            return None
        wanted = pa.array(sorted(zones), pa.string())
        columns = ["zone_id", "feed", "month", "incidents", "incidents_band"]
        table = self.view.series(layer, theme=theme, columns=columns)
        table = table.filter(pc.is_in(table["zone_id"], wanted))
        feeds = self.manifest.get("themes", {}).get(theme, {}).get("feeds")
        if feeds:
            table = table.filter(pc.equal(table["feed"], " + ".join(feeds)))
        if not table.num_rows:
            return None
        self._used[layer, theme] = self.view.publication(layer, theme)
        return _added(table)

    def breaks(self, theme: str) -> list[Mapping[str, Any]]:
        """Changes of recording in a theme's months (`month`, `text`), as far as the reader may know of them."""
        found: list[Mapping[str, Any]] = self.manifest["themes"].get(theme, {}).get("recording", {}).get("breaks", [])
        return found

    @property
    def publication(self) -> Publication:
        """What must travel with all that was read: the strictest answer of all of it, every caution once."""
        found = list(self._used.values()) or [self.view.publication(self.view.layers[0])]
        order = ("internal", "partner", "open")
        strictest = min(found, key=lambda one: order.index(one.access))
        caveats = tuple(dict.fromkeys(text for one in found for text in one.caveats))
        themes = tuple(dict.fromkeys(theme for one in found for theme in one.themes))
        layers = ", ".join(dict.fromkeys(layer for layer, _ in self._used))
        if self._holds_walks and strictest.may_publish:
            strictest = replace(strictest, may_publish=False, because=THEIRS)
        return replace(strictest, layer=layers, themes=themes, caveats=caveats)

    @property
    def last_month(self) -> int:
        """Last month of the data, in months since 1970-01; a theme's own may be earlier."""
        return month_number(self.manifest["months"]["last"])


_LABELS = {
    "asb": "Anti-social behaviour",
    "transport": "Stations and trains",
    "vawg_ps": "Women's safety in public space",
    "road_harm": "Road harm",
}


def label(theme: str) -> str:
    """How a theme reads in a table, where there is little room.

    Examples
    --------
    >>> label("vawg_ps"), label("bus_crime")
    ("Women's safety in public space", 'Bus crime')
    """
    return _LABELS.get(theme) or noun(theme)


def noun(theme: str) -> str:
    """How a theme reads in a sentence, with a capital.

    Examples
    --------
    >>> noun("asb")
    'Anti-social behaviour'
    """
    text = noun_of(theme)
    return text[0].upper() + text[1:]


def layer_words(layer: str) -> str:
    """A layer's name as a board reads it.

    Examples
    --------
    >>> layer_words("cells-r9"), layer_words("wards")
    ('cells of about 0.1 km² (H3 resolution 9)', 'wards')
    """
    resolution = resolution_of(layer)
    return layer if resolution is None else f"cells of about {cell_words(layer)} (H3 resolution {resolution})"


def cell_words(layer: str) -> str:
    """How large the cells of a layer are.

    Examples
    --------
    >>> cell_words("cells-r8"), cell_words("cells-r9")
    ('0.7 km²', '0.1 km²')
    """
    resolution = resolution_of(layer)
    assert resolution is not None
    km2 = h3.average_hexagon_area(resolution, "km^2")
    return f"{float(f'{km2:.1g}'):g} km²"


def window_text(row: Mapping[str, Any]) -> str:
    """The window of a row, as months."""
    if not row.get("window_start"):
        return "no window"
    return f"{row['window_start']:%Y-%m} to {row['window_end']:%Y-%m}"


def months_words(of_theme: Mapping[str, Sequence[Mapping[str, Any]]], *, prefix: str = "") -> str:
    """Which months the figures are of, themes of the same months together; empty where no row has any.

    Parameters
    ----------
    of_theme : mapping
        Theme to its rows.
    prefix : str
        Of the columns that hold the first and the last month.

    Examples
    --------
    >>> import datetime as dt
    >>> row = {"window_start": dt.date(2024, 4, 1), "window_end": dt.date(2025, 3, 1)}
    >>> months_words({"robbery": [row], "asb": [row, row]})
    'robbery and anti-social behaviour: 2024-04 to 2025-03'
    """
    found: dict[str, list[str]] = {}
    for theme, rows in of_theme.items():
        ends = {(row.get(f"{prefix}window_start"), row.get(f"{prefix}window_end")) for row in rows}
        for months in {f"{first:%Y-%m} to {last:%Y-%m}" for first, last in ends if first}:
            found.setdefault(months, []).append(label(theme).lower())
    return "; ".join(f"{listed(themes)}: {months}" for months, themes in sorted(found.items()))


def months_in_caption(rows: Sequence[Mapping[str, Any]]) -> str:
    """The months of rows that have the same, as a part of a caption."""
    found = {window_text(row) for row in rows if row.get("window_start")}
    return f", {found.pop()}" if len(found) == 1 else ""


def _added(table: pa.Table) -> Months:
    """Zones added up month by month."""
    month = table["month"].to_numpy().astype("datetime64[M]").astype(int)
    count = table["incidents"].to_numpy(zero_copy_only=False).astype(float)
    low, high = count.copy(), count.copy()
    for place, band in enumerate(table["incidents_band"].to_pylist()):
        ends = band_ends(band)
        if ends and np.isnan(count[place]):
            low[place], high[place] = ends
    first, last = int(month.min()), int(month.max())
    sums = []
    for values in (low, high):
        total = np.bincount(month - first, weights=np.nan_to_num(values), minlength=last - first + 1)
        gaps = np.bincount(month - first, weights=np.isnan(values), minlength=last - first + 1)
        there = np.bincount(month - first, minlength=last - first + 1)
        sums.append(np.where((gaps > 0) | (there == 0), np.nan, total))
    return Months(first, sums[0], sums[1])
