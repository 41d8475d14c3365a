"""A release as one reader may see it: the only way from a release to anything that leaves.

Row filters, columns and the manifest's own figures are cut here, once, below every route, export and map. Whatever
is computed from a view (filters, counts of matches, tiles, sums) is computed from what its reader may see anyway,
and so tells nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from geo_safety.disclosure import (
    BAND_HIDDEN,
    OPEN,
    Access,
    Reader,
    closed_themes,
    lent_themes,
    manifest_for,
    may_leave,
)
from geo_safety.errors import ReleaseError
from geo_safety.publication import Publication, publication_of
from geo_safety.release import Release
from geo_safety.schema import table_of_layer


class View:
    """What of a release a reader may see.

    Parameters
    ----------
    release : Release
        All of it.
    reader : Reader
        Open: the open set. A partner: beside it the partner set in their own boroughs. Internal: exact figures.
    """

    def __init__(self, release: Release, reader: Reader = OPEN) -> None:
        self._release = release
        self.reader = reader
        self.release_id = release.release_id

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest without figures of what the reader may not see."""
        return manifest_for(self._release.manifest, self.reader)

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that the reader may see, `series` included."""
        if self.reader.access == "internal":
            return self._release.layers
        return tuple(layer for layer in self._release.layers if may_leave(layer) and self.themes_of(layer))

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes that the reader may see on any layer, in the study's order."""
        return tuple(self.manifest["study"]["themes"])

    def themes_of(self, layer: str) -> tuple[str, ...]:
        """The themes that the reader may see on this layer."""
        product = self._release.manifest.get("products", {}).get(layer)
        return tuple(
            theme
            for theme in self._release.themes
            if (theme in self._open_themes or self._adds(layer, theme))
            and (product is None or theme in product["themes"])
        )

    @property
    def recounted_themes(self) -> tuple[str, ...]:
        """Themes whose exact months may be counted anew for this reader, and then hidden by the open rule.

        For internal readers all of them, and nothing is hidden; for everybody else those of open feeds.
        """
        return tuple(
            theme for theme in self._release.themes if theme in self._open_themes or self.reader.access == "internal"
        )

    def is_as_open(self, layer: str) -> bool:
        """Whether the reader sees of this layer just what everybody sees."""
        if self.reader.access == "internal":
            return False
        return set(self.themes_of(layer)) <= self._open_themes

    def table(self, layer: str, *, theme: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """One layer, or one theme of it, in the order of theme and zone.

        Raises
        ------
        ReleaseError
            There is no such layer or theme that the reader may see.
        """
        self._refuse_unseen(layer, theme)
        if self.reader.access == "internal":
            return self._release.table(layer, access="internal", theme=theme, columns=columns)
        if theme in self._open_themes or self.is_as_open(layer):
            return self._release.table(layer, theme=theme, columns=columns)
        wanted = list(columns) if columns is not None else table_of_layer(layer).column_names
        read = list(dict.fromkeys([*wanted, "theme", "borough_code"]))
        whole = self._release.table(layer, access="partner", theme=theme, columns=read)
        is_theirs = pc.is_in(whole["borough_code"], pa.array(sorted(self.reader.boroughs), pa.string()))
        is_open = pc.is_in(whole["theme"], pa.array(sorted(self._open_themes), pa.string()))
        return whole.filter(pc.or_(is_open, is_theirs)).select(wanted)

    def series(
        self,
        layer: str,
        *,
        zone_id: str | None = None,
        theme: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Months and counts of one layer's zones, or of one zone; months of partner feeds are for internal eyes only."""
        self._refuse_unseen(layer, theme)
        access: Access = "internal" if self.reader.access == "internal" else "open"
        return self._release.series(layer, zone_id=zone_id, theme=theme, access=access, columns=columns)

    @cached_property
    def disclosure(self) -> str:
        """What is hidden from the reader, in one line for machines."""
        if self.reader.access == "internal":
            return "internal; hidden=none"
        rules = self._release.manifest["disclosure"].get("partner", {})
        text = f'open; hidden="{BAND_HIDDEN}"'
        if self.reader.access == "partner":
            boroughs = " ".join(sorted(self.reader.boroughs))
            text = f'partner; boroughs="{boroughs}"; {rules.get("line", "lent=none")}; elsewhere=open; hidden-elsewhere="{BAND_HIDDEN}"'
        return text

    def rounding(self, theme: str) -> int:
        """What the counts of a theme are rounded to for this reader; 1 where they are not."""
        lent = self.reader.access == "partner" and theme not in self._open_themes
        return int(self._rules["rounded_to"]) if lent else 1

    @property
    def smallest_polygon_km2(self) -> float:
        """The smallest shape that this reader may have counted; internal readers may draw any."""
        return float(self._rules["smallest_polygon_km2"]) if self.reader.access == "partner" and self._rules else 0.0

    @property
    def _rules(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._release.manifest["disclosure"].get("partner", {}).get("rules", {})
        return found

    def publication(self, layer: str, theme: str | None = None) -> Publication:
        """What must travel with these figures."""
        return publication_of(self.manifest, layer, theme=theme, reader=self.reader)

    @cached_property
    def _open_themes(self) -> frozenset[str]:
        return frozenset(self._release.themes) - frozenset(closed_themes(self._release.manifest))

    def _adds(self, layer: str, theme: str) -> bool:
        """Whether the reader's own set adds a closed theme to this layer."""
        if self.reader.access == "internal":
            return True
        return self.reader.access == "partner" and layer in lent_themes(self._release.manifest).get(theme, {}).get(
            "layers", ()
        )

    def _refuse_unseen(self, layer: str, theme: str | None) -> None:
        if layer not in self.layers:
            raise ReleaseError(
                f"Release {self.release_id} has no layer {layer!r}.", f"It has: {', '.join(self.layers) or 'none'}."
            )
        if theme is not None and theme not in self.themes_of(layer):
            raise ReleaseError(
                f"The layer {layer} of release {self.release_id} has no theme {theme!r}.",
                f"It has: {', '.join(self.themes_of(layer))}.",
            )
