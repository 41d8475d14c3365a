"""What a release tells a reader of one borough: its rows, those of boroughs like it, and its months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.cell_layers import cell_layer, resolution_of
from geo_safety.errors import ReleaseError
from geo_safety.packs.basis import Basis
from geo_safety.packs.sna.years import FEWEST, Years, years_of
from geo_safety.packs.statements import plain_reason
from geo_safety.schema import table_of_layer
from geo_safety.similar_zones import alike
from geo_safety.top_zones import count_bounds

LAYER = "boroughs"

FIRST_THEMES = ("violence", "robbery")
"""The definition of the Serious Violence Duty, as far as open data can be cut to it."""

AT_LEAST, WANTED = 5, 8
"""Boroughs to compare with: fewer than five are no comparison."""


@dataclass(frozen=True)
class Likeness:
    """Boroughs like the borough.

    Parameters
    ----------
    inputs : tuple of str
        What they were likened by, in words.
    values : mapping of str to tuple
        The inputs of each borough by its code, the borough's own too.
    distance : mapping of str to float
        How unlike each is, nearest first.
    """

    inputs: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]
    distance: Mapping[str, float]


class Borough:
    """One borough of a release, as a reader may see it.

    Raises
    ------
    ReleaseError
        The release has no boroughs, or none of this code or name.
    """

    def __init__(self, basis: Basis, place: str) -> None:
        self.basis = basis
        if not basis.has(LAYER):
            raise ReleaseError(
                "This release has no layer of boroughs, and a chapter is about one.",
                'Name the drawing of the boroughs as a [[boundaries]] entry with layer = "boroughs", and run again.',
            )
        # Of what a partner lent, a reader sees some boroughs only; of an open theme everybody sees all.
        theme = next((theme for theme in basis.view.themes_of(LAYER) if theme in basis.view.recounted_themes), None)
        codes = basis.table(LAYER, theme, ["zone_id", "name"]).to_pylist()
        self.names = {one["zone_id"]: one["name"] or one["zone_id"] for one in codes}
        wanted = place.casefold()
        found = [code for code, name in self.names.items() if wanted in (code.casefold(), name.casefold())]
        if not found:
            raise ReleaseError(
                f"The release has no borough {place!r}.", f"It has: {', '.join(sorted(self.names.values()))}."
            )
        self.code, self.name = found[0], self.names[found[0]]

    @cached_property
    def themes(self) -> tuple[str, ...]:
        """The themes of which the reader may see this borough's row, those of the duty first."""
        view = self.basis.view
        is_lent_to_them = self.code in view.reader.boroughs
        seen = [theme for theme in view.themes_of(LAYER) if theme in view.recounted_themes or is_lent_to_them]
        first = [theme for theme in FIRST_THEMES if theme in seen]
        return (*first, *(theme for theme in seen if theme not in first))

    @property
    def study(self) -> str:
        """Name of the study."""
        return str(self.basis.manifest["study"]["name"])

    @property
    def whole(self) -> str:
        """What the study is called in a sentence: its name where that names a place alone, such as no year."""
        return "the whole area" if any(sign.isdigit() for sign in self.study) else self.study

    @property
    def setting(self) -> Mapping[str, Any]:
        """A row with the borough's own figures, which are the same for every theme."""
        return self.row(self.themes[0])

    def told(self, theme: str) -> Mapping[str, Any]:
        """What the manifest says of a theme; nothing where it is lent."""
        found: Mapping[str, Any] = self.basis.manifest.get("themes", {}).get(theme, {})
        return found

    def dispersion(self, theme: str) -> float:
        """Variance over mean of a borough's count, at least 1."""
        layers = self.told(theme).get("layers", {})
        found = layers.get(LAYER, {}) if isinstance(layers, Mapping) else {}
        return max(float(found.get("dispersion") or 1.0), 1.0)

    def is_whole(self, theme: str) -> bool:
        """Whether the reader sees all boroughs, so that there is a study to compare with."""
        return self.rows(theme).num_rows == len(self.names)

    def rows(self, theme: str) -> pa.Table:
        """All boroughs' rows that the reader may see, without shapes."""
        return self._rows(LAYER, theme)

    def row(self, theme: str) -> Mapping[str, Any]:
        """The borough's row; empty where the reader may not see it."""
        rows = self.rows(theme)
        found = rows.filter(pc.equal(rows["zone_id"], self.code)).to_pylist()
        return found[0] if found else {}

    def total(self, theme: str, column: str = "incidents") -> tuple[float, float] | None:
        """Incidents in all boroughs, the least and the most that hidden counts leave.

        None where the reader does not see all boroughs. Those for which no feed answers are left out on both sides.
        """
        if not self.is_whole(theme):
            return None
        rows = self.rows(theme)
        if column == "incidents":
            low, high = count_bounds(rows)
            return (float(low.sum()), float(high.sum())) if len(low) else None
        answered = rows.filter(pc.is_valid(rows["incidents_band"]))[column]
        if answered.null_count or not len(answered):
            return None
        total = float(pc.sum(answered).as_py())
        return total, total

    def lists(self, layer: str, theme: str) -> bool:
        """Whether the reader may see this theme on this layer."""
        return self.basis.has(layer, theme)

    def all_zones(self, layer: str, theme: str) -> pa.Table:
        """All rows of a layer that the reader may see, without shapes."""
        return self._rows(layer, theme)

    def zones_in(self, layer: str, theme: str) -> pa.Table:
        """The rows of a layer's zones that lie in the borough, without shapes."""
        rows = self._rows(layer, theme)
        return rows.filter(pc.equal(rows["borough_code"], self.code))

    def cells_of(self, theme: str) -> str | None:
        """The finest layer of cells on which the reader may see a theme."""
        found = [
            resolution
            for name in self.basis.view.layers
            if (resolution := resolution_of(name)) is not None and self.lists(name, theme)
        ]
        return cell_layer(max(found)) if found else None

    @cached_property
    def area_layer(self) -> str:
        """The layer whose hotspots are joined into areas."""
        named = self.basis.manifest.get("rules", {}).get("layer")
        return str(named) if named in self.basis.view.layers else (self.cells_of(self.themes[0]) or LAYER)

    def in_product(self, layer: str, theme: str | None = None) -> list[dict[str, Any]]:
        """Rows of a product or of hotspot areas that touch the borough, without shapes."""
        if layer not in self.basis.view.layers:
            return []
        columns = [name for name in table_of_layer(layer).column_names if name != "geometry"]
        rows = self.basis.table(layer, theme, columns).to_pylist()
        return [one for one in rows if self.code in str(one.get("boroughs") or "").split(";")]

    def why_not(self, product: str) -> str:
        """Why a product is not there."""
        told = self.basis.manifest.get("products", {}).get(product, {})
        return plain_reason(str(told.get("why_not") or "This release was made without it."))

    @cached_property
    def years(self) -> Mapping[tuple[str, str], Years]:
        """Years of months by feed and theme, as far as the reader may see months."""
        found: dict[tuple[str, str], Years] = {}
        for theme in self.themes:
            if theme not in self.basis.view.recounted_themes or not self.basis.has("series"):
                continue
            months = self.basis.view.series(LAYER, theme=theme).to_pandas()
            for feed, rows in months.groupby("feed", sort=True):
                found[str(feed), theme] = years_of(rows, self.code)
        return found

    def long_view(self, theme: str) -> tuple[str, Years] | None:
        """The feed that tells longest of the borough, with its years; None where none has two whole years.

        A feed of another force's files names a few incidents beyond its border: that is no long view of this borough.
        """
        known = {feed: years for (feed, of), years in self.years.items() if of == theme and years.is_known}
        usual = {feed: float(np.nanmean(years.own_high)) for feed, years in known.items()}
        feeds = [
            feed
            for feed in known
            if usual[feed] >= max(usual.values()) / 2 and usual[feed] >= FEWEST and known[feed].known >= 2
        ]
        if not feeds:
            return None
        primary = set(self.told(theme).get("feeds", ()))
        best = max(feeds, key=lambda feed: (known[feed].known, feed in primary, feed))
        return best, known[best]

    @cached_property
    def like(self) -> Likeness | None:
        """Boroughs like this one in size, density, people by day and deprivation, not in what is recorded."""
        whole = next((theme for theme in self.themes if self.is_whole(theme)), None)
        if whole is None or len(self.names) <= AT_LEAST:
            return None
        rows = self.rows(whole).to_pandas().set_index("zone_id")
        inputs = _inputs(rows, self.basis.manifest.get("context", {}))
        if len(inputs.columns) < 2:
            return None
        order, distance = alike(inputs.to_numpy(dtype=float), list(rows.index).index(self.code), wanted=WANTED)
        values = {code: tuple(map(float, inputs.loc[code])) for code in rows.index}
        codes = [str(rows.index[place]) for place in order]
        if len(codes) < AT_LEAST:
            return None
        return Likeness(tuple(inputs.columns), values, dict(zip(codes, map(float, distance), strict=True)))

    def _rows(self, layer: str, theme: str) -> pa.Table:
        columns = [name for name in table_of_layer(layer).column_names if name != "geometry"]
        return self.basis.table(layer, theme, columns)


def _inputs(rows: pd.DataFrame, context: Mapping[str, Any]) -> pd.DataFrame:
    """What boroughs are likened by: a column each, all of them known for every borough."""
    found = pd.DataFrame({"area in km²": rows["area_km2"].astype(float)})
    residents, by_day = (rows[name].astype(float) for name in ("residents", "by_day"))
    found["residents per km²"] = residents / rows["area_km2"].astype(float)
    found["people there by day for each resident"] = by_day / residents
    found["homes per resident"] = rows["households"].astype(float) / residents
    tenths = context.get("deprivation", {}).get("boroughs", {})
    if tenths:
        # Zones of 0 and 1 in the most deprived tenths are told apart; the logarithm of nothing is not taken.
        share = pd.Series({code: (sum(one[:3]) + 0.5) / (sum(one) + 1) for code, one in tenths.items()}, dtype=float)
        found["share of small areas in the three most deprived tenths"] = share.reindex(found.index)
    return found.loc[:, np.isfinite(found).all()]
