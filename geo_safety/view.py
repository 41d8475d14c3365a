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

from geo_safety.disclosure import BAND_HIDDEN, OPEN, Access, Reader, closed_feeds, closed_themes, may_leave
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
        return tuple(theme for theme in self._release.themes if theme in self._open_themes or self._adds(layer, theme))

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
            text = f'partner; boroughs="{boroughs}"; {rules.get("line", "lent=none")}; elsewhere="{text}"'
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
        return self.reader.access == "partner" and layer in _partner_themes(self._release.manifest).get(theme, {}).get(
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


def manifest_for(manifest: Mapping[str, Any], reader: Reader) -> Mapping[str, Any]:
    """The manifest as a reader may see it.

    Figures of closed feeds go (rows of their files, lengths of their lists, gaps), and so do checksums of files that
    the reader may not read: from a checksum of exact figures, hidden ones can be found by trying.
    """
    if reader.access == "internal":
        return manifest
    feeds, themes = closed_feeds(manifest), closed_themes(manifest)
    shown = _partner_themes(manifest) if reader.access == "partner" else {}
    sources = [source for source in manifest["sources"] if source["name"] not in feeds]
    seen = {
        **manifest,
        "study": {**manifest["study"], "themes": [theme for theme in manifest["study"]["themes"]
                                                  if theme not in themes or theme in shown]},
        "layers": {name: _layer_for(layer, reader) for name, layer in manifest["layers"].items() if may_leave(name)},
        "disclosure": {name: text for name, text in manifest["disclosure"].items() if name in {"open", reader.access}},
    }  # fmt: skip
    del seen["quarantine"]
    if not feeds:
        return seen
    files = [file for source in sources for file in source["files"]]
    harm = manifest.get("harm")
    seen |= {
        "sources": sources,
        "accounting": {name: sum(file.get(name, 0) for file in files) for name in manifest["accounting"]},
        "months": _months_for(manifest["months"], feeds),
        "reliability": [row for row in manifest["reliability"] if row.get("theme") not in themes],
        "calibration": None,
        "areas": None,
        "harm": harm and {**harm, "themes": {name: one for name, one in harm["themes"].items() if name not in themes}},
        "settings": _settings_for(manifest["settings"], feeds, seen["study"]["themes"]),
        "attribution": _attribution_for(manifest, {name for name, access in feeds.items() if access != reader.access}),
    }
    if "themes" in manifest:
        of_open_feeds = {name: one for name, one in manifest["themes"].items() if name not in themes}
        seen["themes"] = {**of_open_feeds, **shown}
    return seen


def _partner_themes(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Closed themes that the partner set holds, with their layers and windows."""
    found: Mapping[str, Any] = manifest["disclosure"].get("partner", {}).get("themes", {})
    return found


def _layer_for(layer: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    files = {name: digest for name, digest in layer["files"].items() if name.startswith(f"{reader.access}/")}
    rows = layer.get("rows_by_class", {}).get(reader.access, layer["rows"])
    return {"rows": rows, "columns": layer["columns"], "files": files}


def _months_for(months: Mapping[str, Any], feeds: Mapping[str, Any]) -> dict[str, Any]:
    zeros = [
        text for text in months.get("counted_as_zero", ()) if not text.startswith(tuple(f"{one}: " for one in feeds))
    ]
    missing = {name: one for name, one in months["missing"].items() if name not in feeds}
    return {**months, "missing": missing, "counted_as_zero": zeros}


def _settings_for(settings: Mapping[str, Any], feeds: Mapping[str, Any], themes: list[str]) -> dict[str, Any]:
    sources = [one for one in settings.get("sources", ()) if one.get("name") not in feeds]
    return {**settings, "sources": sources, "study": {**settings.get("study", {}), "themes": themes}}


def _attribution_for(manifest: Mapping[str, Any], unseen: set[str]) -> list[str]:
    """The lines of attribution but for those of feeds that the reader may not know of."""
    lines: dict[bool, set[str]] = {True: set(), False: set()}
    for one in manifest["settings"].get("sources", ()):
        lines[one.get("name") in unseen].add(one.get("attribution") or f"Source: {one.get('name')}")
    return [line for line in manifest["attribution"] if line not in lines[True] - lines[False]]
