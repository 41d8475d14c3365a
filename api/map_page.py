"""The page that the map application runs in: what it must know of the release, and the first answer without a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any

import numpy as np

from geo_safety.cell_layers import is_cells
from geo_safety.map_classes import noun_of
from geo_safety.months import month_number
from geo_safety.package_data import asset
from geo_safety.publication import SAID_BESIDE
from geo_safety.schema import ZONES, table_of_layer

from .json_text import to_json
from .layers import Layer
from .product_lists import lists_of
from .store import Published
from .view_classes import density_breaks
from .words import text

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self' blob:; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""What the map's pages may do: run our own files and ask our own service, and nothing else.

Styles on elements are allowed because MapLibre places its controls with them; scripts never are.
"""

AREAS_AT_FIRST = 10


@cache
def entry(name: str) -> tuple[str, tuple[str, ...]]:
    """The built script of an entry and its style sheets, by their names under `map/assets/`."""
    built = _built()
    part = built[f"src/{name}.ts"]
    styles = list(part.get("css", ()))
    for other in (*part.get("imports", ()), *part.get("dynamicImports", ())):
        styles += built[other].get("css", ())
    return part["file"], tuple(dict.fromkeys(styles))


@cache
def following(name: str) -> tuple[str, ...]:
    """The scripts that an entry needs next: what it imports, and what it imports once it runs."""
    built, found = _built(), []
    waiting = [*built[f"src/{name}.ts"].get("imports", ()), *built[f"src/{name}.ts"].get("dynamicImports", ())]
    while waiting:
        part = built[waiting.pop(0)]
        if part["file"] not in found:
            found.append(part["file"])
            waiting += part.get("imports", ())
    return tuple(one for one in found if one != built[f"src/{name}.ts"]["file"])


def _built() -> Mapping[str, Any]:
    return json.loads(asset("map/manifest.json").read_text(encoding="utf-8"))


def explore_page(published: Published, home: str) -> bytes:
    """The map's page: title and the busiest areas as plain HTML first, so that the answer is there before any script."""
    study = published.manifest["study"]["name"]
    theme = published.themes[0]
    title = text("title.count", noun=noun_of(theme))
    config = to_json(config_of(published, home)).decode().replace("<", "\\u003c")
    body = (
        '<div class="app" id="app">'
        f'<a class="govuk-skip-link" href="#results">{escape(text("skip"))}</a>'
        f'<header class="app__top"><a class="app__name" href="{escape(home)}map">{escape(text("service"))} · '
        f'{escape(study)}</a><div id="search"></div>'
        f'<a href="{escape(home)}map/help/words">{escape(text("help"))}</a></header>'
        f'<aside class="app__side" aria-label="{escape(text("controls.label"))}">'
        '<div id="controls"></div><div id="filters"></div>'
        f'<div id="areas">{_first_areas(published, theme, home)}</div></aside>'
        f'<main class="app__contents"><div class="app__head"><h1 id="title">{escape(title)}</h1><p id="subtitle">'
        '</p><p id="note"></p>'
        '<div id="tabs"></div><div id="notice" role="alert"></div></div>'
        '<div class="app__main" id="results" tabindex="-1"><div id="table" hidden></div>'
        '<section class="app__map" role="region" aria-labelledby="title" aria-describedby="map-keys">'
        '<div id="map"></div><div id="legend"></div><div id="map-tools"></div>'
        f'<p id="map-keys" class="visually-hidden">{escape(text("map.keys"))}</p></section></div>'
        f'<section class="app__time" id="time" aria-label="{escape(text("time.label"))}"></section></main>'
        f'<section class="app__panel" id="panel" aria-label="{escape(text("panel.label"))}" hidden></section>'
        '<p id="announcer" class="visually-hidden" aria-live="polite"></p></div>'
        f'<script type="application/json" id="config">{config}</script>'
    )
    return document(title, body, home=home, script="start")


def document(title: str, body: str, *, home: str, script: str) -> bytes:
    """A whole page of the map application; `body` is HTML already."""
    file, styles = entry(script)
    address = f"{escape(home)}map/assets/"
    links = "".join(f'<link rel="stylesheet" href="{address}{escape(one)}">' for one in styles)
    links += "".join(f'<link rel="modulepreload" href="{address}{escape(one)}">' for one in following(script))
    return (
        '<!doctype html><html lang="en-GB" class="govuk-template"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · {escape(text("service"))}</title><link rel="icon" href="data:,">{links}'
        f'<script type="module" src="{address}{escape(file)}"></script></head>'
        f"<body>{body}</body></html>"
    ).encode()


def config_of(published: Published, home: str) -> dict[str, Any]:
    """What the scripts must know of the release: themes, layers, windows, classes. No figure of a zone is in it."""
    manifest = published.manifest
    layers = [
        published.layer(name)
        for name in published.collections
        if table_of_layer(name) is ZONES and published.layer(name).bounds is not None
    ]
    rules = manifest.get("rules", {})
    names = [layer.name for layer in layers]
    publication = published.publication(names[0])
    return {
        "home": home,
        "release": published.release_id,
        "study": manifest["study"]["name"],
        "dataMonth": manifest["months"]["last"],
        "level": rules.get("level", 3),
        "bounds": _bounds(layers),
        "themes": [_theme(theme, manifest) for theme in published.themes],
        "layers": [_layer(published, layer) for layer in layers],
        "startLayer": rules.get("layer") if rules.get("layer") in names else names[0],
        "boroughs": _boroughs(published),
        "hasAreas": "hotspot-areas" in published.collections,
        "lists": lists_of(published),
        "publish": publication.answer,
        "caveats": list(publication.caveats),
        "attribution": published.attribution,
    }


def _theme(theme: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    told = manifest.get("themes", {}).get(theme, {})
    window = told.get("window")
    of_layers = told.get("layers", {}).values()
    why_not = [one["why_no_classes"] for one in of_layers if one.get("why_no_classes")]
    months = None
    if window:
        length = month_number(window["end"]) - month_number(window["start"]) + 1
        months = {"from": window["start"], "to": window["end"], "months": length}
    return {
        "name": theme,
        "noun": noun_of(theme),
        "window": months,
        "note": SAID_BESIDE.get(theme, ""),
        "whyNoClass": why_not[0] if why_not else None,
        "isVawg": theme.startswith("vawg"),
        "missing": _missing(theme, manifest),
        "breaks": told.get("recording", {}).get("breaks", []),
    }


def _missing(theme: str, manifest: Mapping[str, Any]) -> list[str]:
    """Months that one of the theme's feeds did not supply."""
    by_feed = manifest.get("months", {}).get("missing", {}).values()
    return sorted({month for themes in by_feed for month in themes.get(theme, ())})


def _layer(published: Published, layer: Layer) -> dict[str, Any]:
    tiles = layer.tiles()
    return {
        "name": layer.name,
        "label": layer.label,
        "isCells": is_cells(layer.name),
        "zones": len(layer.shapes().ids),
        "minzoom": tiles.minimum_zoom,
        "maxzoom": tiles.maximum_zoom,
        "breaks": {theme: layer.breaks(theme) for theme in layer.themes},
        "density": {theme: density_breaks(layer, theme) for theme in layer.themes},
        "span": _spans(published, layer),
    }


def _spans(published: Published, layer: Layer) -> dict[str, dict[str, str]]:
    """First and last month of each theme's series on this layer."""
    found = {theme: published.months(layer.name, theme) for theme in layer.themes}
    return {theme: {"from": str(ends[0]), "to": str(ends[1])} for theme, ends in found.items() if ends is not None}


def _boroughs(published: Published) -> list[dict[str, str]]:
    if "boroughs" not in published.collections:
        return []
    table = published.layer("boroughs").rows(published.themes[0]).table
    pairs = zip(table["zone_id"].to_pylist(), table["name"].to_pylist(), strict=True)
    return sorted(({"code": code, "name": name or code} for code, name in pairs), key=lambda one: one["name"])


def _bounds(layers: list[Layer]) -> list[float]:
    boxes = np.array([layer.bounds for layer in layers])
    return [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]


def _first_areas(published: Published, theme: str, home: str) -> str:
    """The busiest areas as a list, for whoever has no scripts."""
    if "hotspot-areas" not in published.collections:
        return ""
    rows = published.layer("hotspot-areas").rows(theme).table.sort_by([("incidents", "descending")])
    lines = "".join(
        f'<li><a href="{escape(home)}collections/hotspot-areas/items/{escape(code)}?theme={escape(theme)}&amp;f=html">'
        f"{escape(name)}</a>: {escape(band or '')}</li>"
        for code, name, band in zip(
            *(rows[column].slice(0, AREAS_AT_FIRST).to_pylist() for column in ("area_id", "name", "incidents_band")),
            strict=True,
        )
    )
    table = f"{escape(home)}collections/hotspot-areas/items?theme={escape(theme)}&amp;f=html"
    return f'<ul>{lines}</ul><noscript><p>{escape(text("noscript"))} <a href="{table}">hotspot areas</a></p></noscript>'
