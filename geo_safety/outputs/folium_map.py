"""A stand-alone map in one HTML file: opens in any browser with no network, to look at, print or pass on.

folium makes the page, but its own way of drawing would not do here: it asks other hosts for Leaflet and
for tiles, and repeats every outline for every theme. So Leaflet is written into the file, the ground is
drawn from the release's own boundaries, and the page's script (`folium_map.js`) draws each outline once
and colours it by the theme that is chosen. The figures are those of the open set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Protocol

import folium
import numpy as np
import orjson
import pyarrow as pa
import shapely
from branca.element import MacroElement
from folium.template import Template

from geo_safety.cell_layers import is_cells
from geo_safety.disclosure import BAND_HIDDEN
from geo_safety.errors import OutputError
from geo_safety.map_classes import COLOURS, breaks_of, fixed_breaks, noun_of
from geo_safety.marks import MARKINGS, NO_FIGURE, Figure, classes_of, points_of
from geo_safety.package_data import asset
from geo_safety.publication import SAID_BESIDE, Publication
from geo_safety.schema import AREAS, CHANGE_CLASSES, PRODUCT_TABLES, ZONES, table_of_layer

MOST_MARKS = 2_000
"""Of one list and theme; what has too few reports for a rate goes first."""

MOST_ZONES = 20_000
"""Of one layer: a browser draws these at once; larger layers are for tiles."""

_FOLDER = Path(__file__).parent
_UNIT = 1e-5  # of a degree: about a metre
_TOLERANCE = 5e-5  # degrees: corners that cut off less than about 20 square metres go


class Published(Protocol):
    """What the map needs of a release."""

    @property
    def release_id(self) -> str:
        """The release's id."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the release says about itself."""

    def table(self, layer: str, *, theme: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """One layer."""

    def publication(self, layer: str, theme: str | None = None) -> Publication:
        """What must travel with it."""


def write_map(release: Published, path: Path, *, theme: str | None = None) -> None:
    """Write the map of a release to an HTML file; replaces what is there, whole or not at all.

    Parameters
    ----------
    theme : str, optional
        Only this theme; otherwise all of them, opening on the study's first.

    Raises
    ------
    OutputError
        The file cannot be written.
    ReleaseError
        The release has no such theme.
    """
    text = map_html(release, theme=theme)
    aside = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise OutputError(
            f"{path} could not be written ({error.strerror}).", "Name a file in a folder that you may write to."
        ) from error


def map_html(release: Published, *, theme: str | None = None) -> str:
    """The map of a release as the text of one HTML page."""
    data = map_data(release, theme=theme)
    publication = release.publication("the map", theme)
    figure = folium.Figure(title=f"Safety map · {publication.study}")
    page = _OfflineMap(location=(0, 0), tiles=None, prefer_canvas=True, zoom_control="topright", zoom_snap=0.25)
    page.add_to(figure)
    _Page(data, publication).add_to(page)
    figure.header.add_child(_Verbatim(_header()), name="leaflet")
    figure.html.add_child(_Verbatim((_FOLDER / "folium_map.html").read_text(encoding="utf-8")), name="title")
    return figure.render().replace("<html>", '<html lang="en">', 1)


@dataclass(frozen=True)
class NotebookMap:
    """A map as Jupyter shows it: the whole page in a frame of its own."""

    html: str
    height: int = 520

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.html)}" title="Map" loading="lazy" '
            f'style="width:100%;height:{self.height}px;border:1px solid #b1b4b6"></iframe>'
        )


def notebook_map(release: Published, *, theme: str | None = None) -> NotebookMap:
    """The map of a release, to be looked at in a notebook."""
    return NotebookMap(map_html(release, theme=theme))


def map_data(release: Published, *, theme: str | None = None) -> dict[str, Any]:
    """Everything that the page's script draws, as plain values; outlines in whole units of `unit` degrees."""
    themes = (theme,) if theme else tuple(release.manifest["study"]["themes"])
    hidden = release.manifest["disclosure"]["open"]["layers_left_out"]
    names = [name for name in release.layers if name not in hidden and table_of_layer(name) is ZONES]
    tables = {name: release.table(name, theme=theme) for name in names}
    sizes = {name: len(table["zone_id"].unique()) for name, table in tables.items()}
    drawn = sorted((name for name in names if sizes[name] <= MOST_ZONES), key=lambda name: -sizes[name])
    if not drawn:
        raise OutputError(
            f"Release {release.release_id} has no layer of at most {MOST_ZONES:,} zones, which is what one file can draw.",
            "Add a coarser layer to the config, or export .pmtiles.",
        )
    origin = _origin(tables[name] for name in drawn)
    places: dict[str, Mapping[str, str]] = {
        name: _names_of(tables[name]) for name in ("wards", "boroughs") if name in drawn
    }
    level = release.manifest["settings"].get("hotspots", {}).get("level", 3)
    return {
        "study": release.manifest["study"]["name"],
        "release": release.release_id,
        "level": level,
        "unit": _UNIT,
        "origin": origin,
        "colours": COLOURS,
        "changes": CHANGE_CLASSES,
        "themes": [_theme(name, tables) for name in themes],
        "layers": [_layer(name, tables[name], themes, places, origin) for name in drawn],
        "too_large": [name for name in names if name not in drawn],
        "start": _start(drawn, release.manifest),
        "ground": min((name for name in drawn if not is_cells(name)), key=sizes.__getitem__, default=None),
        "areas": _areas(release, theme, origin),
        "lists": _lists(release, themes, origin),
    }


def encode_shapes(wkb: pa.Array, origin: Sequence[float]) -> list[list[list[list[int]]]]:
    """Each shape as polygons of rings of whole numbers: the first place from the origin, then step by step.

    Examples
    --------
    >>> triangle = pa.array([shapely.to_wkb(shapely.Polygon([(1, 54), (1.00002, 54), (1, 54.00003)]))])
    >>> encode_shapes(triangle, (1, 54))
    [[[[0, 0, 2, 0, -2, 3]]]]
    """
    shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    encoded: list[list[list[list[int]]]] = []
    for shape in shapes:
        polygons = [] if shape is None else list(getattr(shape, "geoms", [shape]))
        encoded.append([[_steps(ring, origin) for ring in (one.exterior, *one.interiors)] for one in polygons])
    return encoded


def _steps(ring: shapely.LineString, origin: Sequence[float]) -> list[int]:
    # A ring ends where it begins, and a line does not.
    corners = shapely.get_coordinates(ring)[: -1 if shapely.get_type_id(ring) == 2 else None]
    places = np.rint((corners - origin) / _UNIT).astype(np.int64)
    places[1:] = np.diff(places, axis=0)
    moves = np.append(0, np.flatnonzero(places[1:].any(axis=1)) + 1)
    steps: list[int] = places[moves].ravel().tolist()
    return steps


def _theme(theme: str, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    windows = (
        rows.select(["window_start", "window_end"]).slice(0, 1).to_pylist()
        for rows in (table.filter(pa.compute.equal(table["theme"], theme)) for table in tables.values())
    )
    window = next((found[0] for found in windows if found), None)
    months, text = 0, "no window with data"
    if window and window["window_start"] is not None:
        first, last = window["window_start"], window["window_end"]
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        text = f"{months} months to {last:%B %Y}"
    return {
        "name": theme,
        "noun": noun_of(theme),
        "months": months,
        "window": text,
        "note": SAID_BESIDE.get(theme, ""),
    }


def _layer(
    name: str, table: pa.Table, themes: Sequence[str], places: Mapping[str, Mapping[str, str]], origin: Sequence[float]
) -> dict[str, Any]:
    """One layer: its outlines once, in the order of the ids, and its figures by theme in the same order."""
    of_theme = {theme: table.filter(pa.compute.equal(table["theme"], theme)) for theme in themes}
    zones = next(rows for rows in of_theme.values() if len(rows))
    ids = zones["zone_id"].to_pylist()
    prefix = _shared_start(ids)
    suffix = _shared_start([one[len(prefix) :][::-1] for one in ids])[::-1]
    shapes = zones["geometry"].combine_chunks()
    if not is_cells(name):
        # Neighbours keep their common edge, so that no slivers open between them.
        simple = shapely.coverage_simplify(shapely.from_wkb(shapes.to_numpy(zero_copy_only=False)), _TOLERANCE)
        shapes = pa.array(shapely.to_wkb(simple))
    return {
        "name": name,
        "label": _label(name, zones),
        "is_cells": is_cells(name),
        "ids": {
            "prefix": prefix,
            "suffix": suffix,
            "middle": [one[len(prefix) : len(one) - len(suffix)] for one in ids],
        },
        "names": None if is_cells(name) else zones["name"].to_pylist(),
        "near": _near(zones, places) if name != "boroughs" else None,
        "shapes": encode_shapes(shapes, origin),
        "figures": {theme: _figures(name, theme, rows) for theme, rows in of_theme.items() if len(rows)},
    }


def _shared_start(texts: Sequence[str]) -> str:
    """The longest text that all of these start with: ids of cells share most of theirs."""
    first, last = min(texts), max(texts)
    same = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, min(len(first), len(last)))]


def _figures(layer: str, theme: str, rows: pa.Table) -> dict[str, Any]:
    """Counts (-1: 1 to 4, -2: no data), chances in per cent from 40 on (else 0), and change as one digit a zone."""
    hidden = pa.compute.fill_null(pa.compute.equal(rows["incidents_band"], BAND_HIDDEN), fill_value=False).to_numpy()
    counts = pa.compute.fill_null(rows["incidents"], -2).to_numpy().copy()
    counts[hidden] = -1
    chance = np.floor(pa.compute.fill_null(rows["probability"], 0.0).to_numpy() * 100).astype(int)
    codes = {name: str(code) for code, name in enumerate(CHANGE_CLASSES)}
    known = np.where(hidden, 2, counts)[counts != -2]
    return {
        "counts": counts.tolist(),
        "chances": np.where(chance >= 40, chance, 0).tolist(),
        "changes": "".join(codes.get(change, "-") for change in rows["change_class"].to_pylist()),
        "hotspots": np.flatnonzero(pa.compute.fill_null(rows["is_hotspot"], fill_value=False).to_numpy()).tolist(),
        "breaks": fixed_breaks(layer, theme) or breaks_of(known),
    }


def _near(zones: pa.Table, places: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The ward and borough of each zone, as texts said once and a number a zone (-1: none)."""
    wards = [places.get("wards", {}).get(code) for code in zones["ward_code"].to_pylist()]
    boroughs = [places.get("boroughs", {}).get(code) for code in zones["borough_code"].to_pylist()]
    own = zones["name"].to_pylist()
    texts = [
        ", ".join(dict.fromkeys(part for part in (ward, borough) if part is not None and part != name))
        for ward, borough, name in zip(wards, boroughs, own, strict=True)
    ]
    said = sorted(set(texts) - {""})
    place = {text: index for index, text in enumerate(said)}
    return {"texts": said, "of_zone": [place.get(text, -1) for text in texts]}


def _areas(release: Published, theme: str | None, origin: Sequence[float]) -> list[dict[str, Any]]:
    """Hotspot areas, most incidents first."""
    if AREAS.name not in release.layers:
        return []
    table = release.table(AREAS.name, theme=theme).sort_by([("incidents", "descending"), ("area_id", "ascending")])
    shapes = encode_shapes(table["geometry"].combine_chunks(), origin)
    columns = ("theme", "name", "borough_names", "incidents_band", "cells", "area_km2", "share_of_theme", "tier")
    rows = table.select(columns).to_pylist()
    return [{**row, "shape": shape} for row, shape in zip(rows, shapes, strict=True)]


def _lists(release: Published, themes: Sequence[str], origin: Sequence[float]) -> list[dict[str, Any]]:
    """Lists that the release holds, with the themes that they answer for."""
    hidden = release.manifest["disclosure"]["open"]["layers_left_out"]
    found = []
    for name, marking in MARKINGS.items():
        if name not in release.layers or name in hidden:
            continue
        told = release.manifest.get("products", {}).get(name, {})
        answered = [theme for theme in themes if theme in told.get("themes", themes)]
        by_theme = {theme: _marks(release.table(name, theme=theme), name, theme, origin) for theme in answered}
        shown = {theme: marks for theme, marks in by_theme.items() if marks["names"]}
        if not shown:
            continue
        classes = [
            {
                "key": one.key,
                "label": one.label,
                "sign": one.sign,
                "colour": one.light,
                "rated": one.light != NO_FIGURE[0],
            }
            for one in marking.classes
        ]
        found.append(
            {"name": name, "label": marking.label, "symbol": marking.symbol, "classes": classes,
             "says": list(told.get("says", ())), "outlines": _said_once(shown.values()), "themes": shown}
        )  # fmt: skip
    return found


def _said_once(themes: Iterable[dict[str, Any]]) -> list[Any]:
    """Outlines of all themes, each once; rows of a theme then hold its place. A route is the same in every theme."""
    outlines: list[Any] = []
    known: dict[str, int] = {}
    for marks in themes:
        ids, shapes = marks.pop("ids"), marks.pop("shapes")
        for row_id, shape in zip(ids, shapes or (), strict=False):
            if row_id not in known:
                known[row_id] = len(outlines)
                outlines.append(shape)
        marks["shape"] = [known[row_id] for row_id in ids] if shapes else None
    return outlines


def _marks(table: pa.Table, name: str, theme: str, origin: Sequence[float]) -> dict[str, Any]:
    """The rows of a list and theme in its order: of more than a browser draws at once, those without a rate are left out."""
    marking = MARKINGS[name]
    column, way = marking.sort.lstrip("-"), "descending" if marking.sort.startswith("-") else "ascending"
    table = table.sort_by([(column, way), ("name", "ascending")])
    classes = classes_of(name, table)
    counts = [int((classes == place).sum()) for place in range(len(marking.classes))]
    kept = np.sort(np.argsort(classes, kind="stable")[:MOST_MARKS])
    table, classes = table.take(pa.array(kept)), classes[kept]
    shapes = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    # A line may have no place of its own rate at all: then its row stays without a point.
    points = np.nan_to_num((points_of(shapes) - origin) / _UNIT).round().astype(int).tolist()
    return {
        "noun": noun_of(theme),
        "ids": table[PRODUCT_TABLES[name].key[0]].to_pylist(),
        "names": table["name"].to_pylist(),
        "points": points,
        "classes": classes.tolist(),
        "counts": counts,
        "left_out": sum(counts) - len(kept),
        "sizes": table[marking.size].to_pylist() if marking.size else None,
        "numbers": table[marking.number].to_pylist() if marking.symbol == "square" and marking.number else None,
        "shapes": _drawn(marking.symbol, table["geometry"].combine_chunks(), shapes, origin),
        "figures": [_figure(one, table) for one in marking.figures],
    }


def _drawn(symbol: str, wkb: pa.Array, shapes: np.ndarray, origin: Sequence[float]) -> list[Any] | None:
    """Outlines and courses; marks need none."""
    if symbol == "area":
        return encode_shapes(wkb, origin)
    if symbol != "line":
        return None
    simple = shapely.simplify(shapes, 2 * _TOLERANCE)
    return [[_steps(part, origin) for part in getattr(line, "geoms", [line])] for line in simple]


def _figure(figure: Figure, table: pa.Table) -> dict[str, Any]:
    def values(column: str) -> list[Any]:
        found = table[column].to_pylist()
        return [round(one, 1) if isinstance(one, float) else one for one in found]

    told: dict[str, Any] = {"label": figure.label, "values": values(figure.column)}
    if figure.has_range:
        told |= {"low": values(f"{figure.column}_low"), "high": values(f"{figure.column}_high")}
    return told


def _names_of(table: pa.Table) -> dict[str, str]:
    pairs = zip(table["zone_id"].to_pylist(), table["name"].to_pylist(), strict=True)
    return {code: name for code, name in pairs if name is not None}


def _origin(tables: Any) -> tuple[float, float]:
    """A place near all shapes, so that the numbers counted from it are short."""
    for table in tables:
        first = shapely.from_wkb(table["geometry"][0].as_py())
        return round(first.centroid.x, 2), round(first.centroid.y, 2)
    return 0.0, 0.0


def _start(drawn: Sequence[str], manifest: Mapping[str, Any]) -> str | None:
    """The layer shown first: the one whose hotspots became areas, else the finest one."""
    wanted = manifest["settings"].get("hotspots", {}).get("layer")
    return wanted if wanted in drawn else next(iter(drawn), None)


def _label(layer: str, zones: pa.Table) -> str:
    if not is_cells(layer):
        return layer.replace("-", " ").capitalize()
    return f"Cells of about {np.median(zones['area_km2'].to_numpy()):.1g} km²"


def _header() -> str:
    css = asset("leaflet.css").read_text(encoding="utf-8")
    # Pictures of controls that are not used here: their addresses would lead out of the file.
    css = re.sub(r"url\([^)]*\)", "none", css) + (_FOLDER / "folium_map.css").read_text(encoding="utf-8")
    scripts = (asset("leaflet.js"), _FOLDER / "folium_lists.js", _FOLDER / "folium_map.js")
    code = "\n".join(_in_script(path.read_text(encoding="utf-8")) for path in scripts)
    return f'<link rel="icon" href="data:,">\n<style>{css}</style>\n<script>{code}</script>'


def _in_script(text: str) -> str:
    """Text that cannot end the script element that it stands in, nor name a file beside the page."""
    return re.sub(r"//# sourceMappingURL=\S+", "", text).replace("</", "<\\/")


class _OfflineMap(folium.Map):
    """folium's map without the scripts and style sheets that it would fetch from other hosts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.default_js, self.default_css = [], []
        self._id = "hotspots"  # folium's own would be another on every run


class _Verbatim(MacroElement):
    """Text that goes into the page as it is: what looks like a template in it is none."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.text = text

    def render(self, **_: Any) -> str:
        """The text."""
        return self.text


class _Page(MacroElement):
    """What stands below the map, and the call that draws on it."""

    _template = Template(
        "{% macro html(this, kwargs) %}{{ this.html }}{% endmacro %}"
        "{% macro script(this, kwargs) %}showMap({{ this._parent.get_name() }}, {{ this.data }});{% endmacro %}"
    )

    def __init__(self, data: Mapping[str, Any], publication: Publication) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Page"
        # No "<" at all: names come from files of others, and none may end the script that they stand in.
        self.data = orjson.dumps(data).decode().replace("<", "\\u003c")
        self.html = _small_print(publication)


def _small_print(publication: Publication) -> str:
    caveats = "".join(f"<li>{escape(caveat)}</li>" for caveat in publication.caveats)
    sources = "".join(f"<li>{escape(source)}</li>" for source in publication.attribution)
    return (
        '<aside id="more" aria-label="Results and notes">'
        '<section id="legend"><h2>Reports in the window</h2><div id="classes"></div><p id="note"></p></section>'
        '<section id="lists-told" hidden></section><section id="results"></section>'
        f"<section><h2>What to be careful about</h2><ul>{caveats}</ul></section>"
        f"<section><h2>Can I publish this?</h2><p>{escape(publication.answer)}</p></section>"
        f"<section><h2>Sources</h2><ul>{sources}</ul>"
        f"<p>Data to {escape(publication.data_month)} · release {escape(publication.release_id)} · "
        f"method {escape(publication.method_version)}</p></section></aside>"
    )
