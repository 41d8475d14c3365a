"""The manifest as each reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo_safety.disclosure.classes import Reader, closed_feeds, closed_themes
from geo_safety.disclosure.open_set import may_leave


def manifest_for(manifest: Mapping[str, Any], reader: Reader) -> Mapping[str, Any]:
    """The manifest as a reader may see it.

    Figures of closed feeds go (rows of their files, lengths of their lists, gaps), and so do checksums of files that
    the reader may not read: from a checksum of exact figures, hidden ones can be found by trying.
    """
    if reader.access == "internal":
        return manifest
    feeds, themes = closed_feeds(manifest), closed_themes(manifest)
    shown = lent_themes(manifest) if reader.access == "partner" else {}
    sources = [source for source in manifest["sources"] if source["name"] not in feeds]
    seen = {
        **manifest,
        "study": {**manifest["study"], "themes": [theme for theme in manifest["study"]["themes"]
                                                  if theme not in themes or theme in shown]},
        "layers": {name: _layer_for(layer, reader) for name, layer in manifest.get("layers", {}).items() if may_leave(name)},
        "disclosure": {name: text for name, text in manifest.get("disclosure", {}).items() if name in {"open", reader.access}},
    }  # fmt: skip
    seen.pop("quarantine", None)
    if not feeds:
        return seen
    files = [file for source in sources for file in source["files"]]
    harm, checks = manifest.get("harm"), manifest.get("checks")
    seen |= {
        "sources": sources,
        "accounting": {name: sum(file.get(name, 0) for file in files) for name in manifest["accounting"]},
        "months": _months_for(manifest["months"], feeds),
        "reliability": [row for row in manifest["reliability"] if row.get("theme") not in themes],
        "calibration": None,
        "areas": None,
        "products": {name: _product_for(one, themes, shown) for name, one in manifest.get("products", {}).items()},
        "checks": checks
        and {**checks, "themes": {name: one for name, one in checks["themes"].items() if name not in themes}},
        "harm": harm and {**harm, "themes": {name: one for name, one in harm["themes"].items() if name not in themes}},
        "settings": _settings_for(manifest["settings"], feeds, seen["study"]["themes"]),
        "attribution": _attribution_for(manifest, {name for name, access in feeds.items() if access != reader.access}),
    }
    if "themes" in manifest:
        of_open_feeds = {name: one for name, one in manifest["themes"].items() if name not in themes}
        seen["themes"] = {**of_open_feeds, **shown}
    return seen


def lent_themes(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Closed themes that the partner set holds, with their layers and windows."""
    found: Mapping[str, Any] = manifest.get("disclosure", {}).get("partner", {}).get("themes", {})
    return found


def _layer_for(layer: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    files = {name: digest for name, digest in layer["files"].items() if name.startswith(f"{reader.access}/")}
    rows = layer.get("rows_by_class", {}).get(reader.access, layer["rows"])
    return {"rows": rows, "columns": layer["columns"], "files": files}


def _product_for(product: Mapping[str, Any], closed: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Without closed themes; notes may tell of them and go."""
    themes = [theme for theme in product["themes"] if theme not in closed or theme in shown]
    return {**product, "themes": themes, "notes": []}


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
