"""The questions of each role, and the ways to their answers: addresses of the map, of tables, files and pages.

A question whose answer the release does not hold says what is missing, and offers what comes nearest. No way leads
nowhere: a way is only made to a layer, theme or second release that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow.compute as pc
from fastapi import Request

from geo_safety.map_classes import noun_of
from geo_safety.marks import MARKINGS
from geo_safety.packs.pdf import can_make_pdf
from geo_safety.products.expectation import EXPECTED_FOR
from geo_safety.themes import THEMES

from .layers import Layer
from .links import address
from .parameters import zones_layer_in
from .store import Published
from .words import text

AT_NIGHT = "(incidents_night IS NULL OR incidents_night <> 0)"
"""The same rows as `hours=night`: a hidden count is a small one, and not none."""

SHORTLIST, WALKED = "wsa-shortlist", "vawg_ps"
ROUTES = "corridors"
AREAS = "hotspot-areas"
SCREEN, EXPECTED = "chb-candidates", "expectation"
VIOLENCE = "violence"
MANY = 50
"""Rows of a table that a question opens."""

ALL_ROWS = 10_000


@dataclass(frozen=True)
class Way:
    """One press: an address and the catalogue's key of its label; `of` tells it from others of the same label."""

    href: str
    label: str
    of: str = ""


@dataclass(frozen=True)
class Answer:
    """Ways to the answer, best first; `lacking` says what is not there."""

    ways: tuple[Way, ...] = ()
    lacking: str | None = None


@dataclass(frozen=True)
class Asked:
    """Who asks: of which release, for which theme, and for which borough (code) if any."""

    request: Request
    published: Published
    theme: str
    borough: str | None = None

    @cached_property
    def layer(self) -> Layer:
        """The zones that are joined into areas."""
        return zones_layer_in(None, self.published)

    @property
    def study(self) -> str:
        """Name of the study."""
        name: str = self.published.manifest["study"]["name"]
        return name

    def has(self, *collections: str) -> bool:
        """Whether all of these layers are there."""
        return set(collections) <= set(self.published.collections)

    def map(self, **state: object) -> Way:
        """The map in a state; keys as its address has them."""
        given = {"t": self.theme, "b": self.borough, **state}
        layer = str(given.get("l", ""))
        of = MARKINGS[layer].label if layer in MARKINGS else noun_of(str(given["t"]))
        return Way(address(self.request, "map", "explore", **given), "way.map", of)

    def list(self, layer: str, *, theme: str | None = None, **state: object) -> Way:
        """The map of a list, beside its table."""
        found = theme if theme is not None else self.theme
        shown = found if found in self.published.layer(layer).themes else self.published.layer(layer).themes[0]
        return self.map(l=layer, t=shown, tab="both", **state)

    def items(self, layer: str, *, label: str = "way.table", **query: object) -> Way:
        """Rows of a layer; a page of them if nothing else is asked for."""
        given = {"theme": self.theme, "borough": self.borough, "f": "html", "limit": MANY, **query}
        return Way(
            address(self.request, "collections", layer, "items", **given), label, self.published.layer(layer).label
        )

    def files(self, layer: str, *forms: str, **query: object) -> tuple[Way, ...]:
        """All rows of a layer as files."""
        return tuple(self.items(layer, label=_FILE_LABELS[form], f=form, limit=ALL_ROWS, **query) for form in forms)

    def analysis(self, name: str, query: Mapping[str, object], *, label: str = "way.table") -> Way:
        """Something that is worked out when asked."""
        given = {"theme": self.theme, "borough": self.borough, "f": "html", **query}
        layer = str(given.get("layer", ""))
        of = self.published.layer(layer).label if self.has(layer) else ""
        return Way(address(self.request, "analysis", name, **given), label, of)

    def help(self, page: str, part: str = "") -> Way:
        """A part of a help page."""
        return Way(address(self.request, "map", "help", page) + (f"#{part}" if part else ""), "way.read")

    def place(self, layer: str, row_id: str, **query: object) -> Way:
        """The page of a place."""
        return Way(address(self.request, "map", "place", layer, row_id, **{"t": self.theme, **query}), "way.place")

    def busiest(self, layer: str) -> str | None:
        """Id of the row with most reports, in the borough if one is asked for; None where there is none."""
        return self.first(layer, self.theme, "incidents")

    def first(
        self, layer: str, theme: str, column: str, *, order: str = "descending", rule: str | None = None
    ) -> str | None:
        """Id of the first row by a column, in the borough if one is asked for; of rows where `rule` is true, if it is given."""
        if not self.has(layer) or theme not in self.published.layer(layer).themes:
            return None
        of_layer = self.published.layer(layer)
        rows = of_layer.rows(theme).table
        if self.borough is not None:
            rows = rows.filter(of_layer.lies_in(theme, "borough", self.borough))
        if rule is not None:
            rows = rows.filter(pc.fill_null(rows[rule], fill_value=False))
        rows = rows.filter(pc.is_valid(rows[column]))
        if not rows.num_rows:
            return None
        found: str = rows.sort_by([(column, order), (of_layer.id_column, "ascending")])[of_layer.id_column][0].as_py()
        return found

    def pack(self, kind: str, place_id: str | None, *, label: str = "way.pack") -> tuple[Way, ...]:
        """The pack of a place as a page, and as a PDF where this service makes any; none without a place."""
        if place_id is None:
            return ()
        forms = {"html": label, "pdf": f"{label}Pdf"} if can_make_pdf() else {"html": label}
        return tuple(Way(address(self.request, "packs", kind, place_id, f=form), said) for form, said in forms.items())


_FILE_LABELS = {"json": "way.geojson", "csv": "way.csv", "xlsx": "way.xlsx", "gpkg": "way.gpkg"}
_LONGEST = "-steps_hot,-stability"
_NOT_SOLID = "(is_venue = TRUE OR stability < 0.6)"


def v1(asked: Asked) -> Answer:
    """Longest high, with certainty."""
    zones = asked.layer.name
    why = why_no_classes(asked.published, zones, asked.theme)
    if why is not None:
        return Answer((asked.map(v="chance", tab="both"), asked.items(zones, sortby="-probability")), why)
    ways = (
        asked.map(v="class", tab="both", sort=_LONGEST),
        asked.items(zones, sortby=_LONGEST, filter="steps_hot > 0"),
        *asked.files(zones, "csv", sortby=_LONGEST, filter="steps_hot > 0"),
    )
    return Answer(ways)


def v2(asked: Asked) -> Answer:
    """Concentration."""
    return Answer((asked.analysis("top", {"layer": asked.layer.name, "borough": None}), asked.map(v="count")))


def v3(asked: Asked) -> Answer:
    """Count and harm."""
    zones = asked.layer.name
    order = "-harm_cchi,-incidents"
    return Answer(
        (asked.map(v="both", tab="both"), asked.items(zones, sortby=order), *asked.files(zones, "csv", sortby=order))
    )


def v4(asked: Asked) -> Answer:
    """Artefacts: of the places that are high, for a quiet place may well have one map point."""
    zones = asked.layer.name
    order = "-top_location_share,-top_month_share"
    why = why_no_classes(asked.published, zones, asked.theme)
    # Without classes nothing says whether a place is solid: then all high ones, the most of one map point first.
    view, rule = ("class", f"steps_hot > 0 AND {_NOT_SOLID}") if why is None else ("chance", "probability >= 0.5")
    return Answer((asked.map(v=view, tab="both", f=rule), asked.items(zones, filter=rule, sortby=order)), why)


def v5(asked: Asked) -> Answer:
    """Cross-border areas."""
    if not asked.has(AREAS):
        return Answer((asked.map(v="chance"),), text("areas.none"))
    rule = "is_cross_border = TRUE"
    table = asked.items(AREAS, filter=rule, sortby="-incidents")
    return Answer((table, asked.map(v="class", tab="both", f=rule), *asked.files(AREAS, "csv", filter=rule)))


def v6(asked: Asked) -> Answer:
    """A ward and those like it."""
    busiest = asked.busiest("wards")
    if busiest is None:
        return Answer((asked.map(v="count"),))
    return Answer(
        (
            asked.place("wards", busiest),
            asked.map(l="wards", v="count", tab="both"),
            asked.items("wards", sortby="-incidents"),
        )
    )


def v7(asked: Asked) -> Answer:
    """Change of the study or of the place."""
    layer = "wards" if asked.has("wards") else asked.layer.name
    return Answer((asked.map(v="change", tab="both"), asked.analysis("comparison", {"layer": layer})))


def v8(asked: Asked) -> Answer:
    """High in a theme of the release's own, such as what ambulances record, and not in police records of violence."""
    own = [theme for theme in asked.layer.themes if theme not in THEMES]
    if not own or VIOLENCE not in asked.layer.themes:
        return Answer((), text("question.V8.lacking"))
    query = {"layer": asked.layer.name, "theme": None, "themes": f"{own[0]},{VIOLENCE}", "on": "first"}
    return Answer((asked.analysis("overlap", query), asked.analysis("overlap", {**query, "f": "csv"}, label="way.csv")))


def v9(asked: Asked) -> Answer:
    """A site pack."""
    if asked.has(SCREEN):
        themes = asked.published.layer(SCREEN).themes
        theme = asked.theme if asked.theme in themes else themes[0]
        return Answer(
            (
                asked.items(SCREEN, theme=theme, sortby="-criteria_met"),
                asked.list(SCREEN, theme=theme),
                *asked.pack("chb", _first_site(asked, theme)),
                *asked.files(SCREEN, "csv", theme=theme),
            )
        )
    return Answer((asked.map(v="class"),), text("question.V9.lacking"))


def _first_site(asked: Asked, theme: str) -> str | None:
    """The candidate that meets most criteria, if the reader may see the zones that it is made of: a pack counts them."""
    found = asked.first(SCREEN, theme, "criteria_met")
    if found is None:
        return None
    rows = asked.published.layer(SCREEN).rows(theme)
    place = rows.place_of(found)
    assert place is not None
    layer, zones = (rows.table[name][place].as_py() for name in ("of_layer", "zones"))
    if not asked.has(layer) or theme not in asked.published.layer(layer).themes:
        return None
    of_zones = asked.published.layer(layer).rows(theme)
    return found if all(of_zones.place_of(zone) is not None for zone in zones.split(";")) else None


def v10(asked: Asked) -> Answer:
    """The year to come, for boroughs and wards."""
    if not asked.has(EXPECTED):
        return Answer((), text("question.V10.lacking"))
    themes = asked.published.layer(EXPECTED).themes
    query = {"theme": asked.theme if asked.theme in themes else themes[0], "borough": None}
    layers = [name for name in EXPECTED_FOR if asked.has(name)]
    return Answer(tuple(asked.analysis("expectation", {**query, "layer": name}) for name in layers))


def c1(asked: Asked) -> Answer:
    """Files for a desktop GIS."""
    layer = AREAS if asked.has(AREAS) else asked.layer.name
    return Answer(
        (
            *asked.files(layer, "json", "gpkg", "csv", "xlsx"),
            asked.items(asked.layer.name, label="way.cells", f="json", limit=ALL_ROWS),
        )
    )


def c2(asked: Asked) -> Answer:
    """Ward counts, 12 months against 12 months."""
    layer = "wards" if asked.has("wards") else asked.layer.name
    files = tuple(
        asked.analysis("comparison", {"layer": layer, "f": f}, label=_FILE_LABELS[f]) for f in ("csv", "xlsx")
    )
    return Answer((asked.analysis("comparison", {"layer": layer}), asked.map(l=layer, v="change", tab="both"), *files))


def c3(asked: Asked) -> Answer:
    """What is different from the release before."""
    change = asked.map(v="change", tab="both")
    before = release_before(asked)
    if before is None or not asked.has(AREAS):
        return Answer((change,), text("question.C3.lacking"))
    since = address(asked.request, "changes", since=before, theme=asked.theme, f="html")
    return Answer((Way(since, "way.table"), change))


def c4(asked: Asked) -> Answer:
    """Two themes at once."""
    if not {"asb", "violence"} <= set(asked.layer.themes):
        return Answer((asked.map(v="class"),), text("question.C4.lacking"))
    query = {"layer": asked.layer.name, "theme": None, "themes": "asb,violence"}
    both = (asked.analysis("overlap", query), asked.analysis("overlap", {**query, "f": "csv"}, label="way.csv"))
    return Answer((*both, asked.map(t="asb", v="class")))


def c5(asked: Asked) -> Answer:
    """Who should be at the table."""
    busiest = asked.busiest(AREAS)
    if busiest is None:
        place = {"theme": noun_of(asked.theme), "borough": borough_name(asked.published, asked.borough) or asked.study}
        return Answer((asked.map(v="chance"),), text("question.C5.lacking", **place))
    return Answer((asked.place(AREAS, busiest), asked.items(AREAS, sortby="-incidents")))


def c8(asked: Asked) -> Answer:
    """Told of what stays."""
    feed = address(asked.request, "feed", theme=asked.theme, borough=asked.borough, f="atom")
    ways = [Way(feed, "way.feed")]
    if asked.has(AREAS):
        ways.append(asked.items(AREAS, sortby="tier,-incidents"))
    return Answer(tuple(ways))


def c9(asked: Asked) -> Answer:
    """A chapter of a needs assessment."""
    sheet = address(asked.request, "map", "print", t=asked.theme, b=asked.borough)
    ways = (Way(sheet, "way.print"), asked.help("words"))
    if not asked.has("boroughs"):
        return Answer(ways, text("question.C9.lacking"))
    if asked.borough is None:
        return Answer(ways)
    return Answer((*asked.pack("sna", asked.borough, label="way.chapter"), *ways))


def product(layer: str, question: str, *, order: str | None = None, **state: object) -> Callable[[Asked], Answer]:
    """A question that a layer of its own answers; else what comes nearest, and what is missing."""

    def make(asked: Asked) -> Answer:
        if asked.has(layer):
            theme = _theme_on(layer, question, asked)
            shown = asked.list(layer, theme=theme, sort=order)
            return Answer((shown, asked.items(layer, theme=theme, sortby=order)))
        given = {name: value for name, value in state.items() if name != "t" or value in asked.published.themes}
        ways = (asked.map(**given),) if state.get("t") in (None, *asked.published.themes) else ()
        return Answer(ways, text(f"question.{question}.lacking"))

    return make


def _theme_on(layer: str, question: str, asked: Asked) -> str | None:
    """The theme on the screen where the layer has it; what a whole station records is another's.

    Where the layer may have it but holds no row of it, such as routes without incidents of the transport police, the first
    theme with rows: an empty list answers nothing.
    """
    made = asked.published.layer(layer)
    wanted = "transport" if question == "T1" else asked.theme
    if wanted not in made.themes:
        return None
    return next((theme for theme in (wanted, *made.themes) if made.rows(theme).table.num_rows), wanted)


def lacking(question: str) -> Callable[[Asked], Answer]:
    """A question that no release answers yet."""

    def make(_: Asked) -> Answer:
        return Answer((), text(f"question.{question}.lacking"))

    return make


def t3(asked: Asked) -> Answer:
    """Stops at night; by the month only where the source has no hours."""
    layer = "stop-clusters"
    if not asked.has(layer):
        return Answer((), text("question.T3.lacking"))
    made = asked.published.layer(layer)
    theme = asked.theme if asked.theme in made.themes else made.themes[0]
    if pc.any(made.rows(theme).table["has_hours"]).as_py():
        night = asked.list(layer, theme=theme, f=AT_NIGHT, sort="-incidents_night")
        return Answer((night, asked.items(layer, theme=theme, hours="night", sortby="-incidents_night")))
    ways = (asked.list(layer, theme=theme, sort="-incidents"), asked.items(layer, theme=theme, sortby="-incidents"))
    return Answer(ways, text("question.T3.lacking"))


def t4(asked: Asked) -> Answer:
    """Where to invite a walk: the list by rank; every other place says why it is not on it."""
    if not asked.has(SHORTLIST):
        return product(SHORTLIST, "T4", t="vawg_ps", v="count")(asked)
    listed = asked.items(SHORTLIST, theme=None, filter="is_listed = true", sortby="rank")
    invited = asked.first(SHORTLIST, WALKED, "rank", order="ascending", rule="is_listed")
    return Answer((asked.list(SHORTLIST, only="1"), listed, *asked.pack("wsa", invited)))


def t7(asked: Asked) -> Answer:
    """A route: the list, and the brief of the one with most reports along it."""
    found = product(ROUTES, "T7", order="-incidents", t="transport", v="count")(asked)
    if not asked.has(ROUTES):
        return found
    theme = _theme_on(ROUTES, "T7", asked) or asked.published.layer(ROUTES).themes[0]
    return replace(found, ways=(*found.ways, *asked.pack("transport", asked.first(ROUTES, theme, "incidents"))))


def t5(asked: Asked) -> Answer:
    """Road harm beside violence."""
    themes = asked.layer.themes
    if "road_harm" not in themes:
        return Answer((), text("question.T5.lacking"))
    query = {"layer": asked.layer.name, "theme": None, "themes": f"road_harm,{themes[0]}"}
    harm = "road-harm-clusters"
    places = (asked.list(harm), asked.items(harm, theme=None)) if asked.has(harm) else ()
    maps = (asked.map(t="road_harm", v="class"), asked.map(t=themes[0], v="class"))
    return Answer((*places[:1], asked.analysis("overlap", query), *places[1:], *maps))


def t9(asked: Asked) -> Answer:
    """The address of what is on the screen."""
    rows = asked.items(asked.layer.name, label="way.api", f="json", sortby="-incidents")
    return Answer((rows, asked.help("data", "programs")))


QUESTIONS: Mapping[str, Mapping[str, Callable[[Asked], Answer]]] = {
    "analyst": {
        "V1": v1, "V2": v2, "V3": v3, "V4": v4, "V5": v5, "V6": v6, "V7": v7, "V8": v8, "V9": v9,
        "V10": v10,
    },
    "borough": {
        "C1": c1, "C2": c2, "C3": c3, "C4": c4, "C5": c5, "C6": lambda asked: Answer((asked.help("data", "publish"),)),
        "C7": lacking("C7"), "C8": c8, "C9": c9,
    },
    "planner": {
        "T1": product("stations", "T1", order="-rate", t="transport", v="count"),
        "T2": product("stations", "T2", order="-approach_incidents", t="transport", v="count"),
        "T3": t3,
        "T4": t4,
        "T5": t5,
        "T6": lacking("T6"),
        "T7": t7,
        "T8": lambda asked: Answer((asked.help("words", "transport-police"),)),
        "T9": t9,
    },
}  # fmt: skip
"""What each role asks, in the order of its page."""


def first_theme(role: str, themes: tuple[str, ...]) -> str:
    """The theme that a role's page opens with."""
    wanted = {"borough": ("asb",), "planner": ("transport",)}.get(role, ())
    return next((theme for theme in wanted if theme in themes), themes[0])


def why_no_classes(published: Published, layer: str, theme: str) -> str | None:
    """Why a theme has no classes on a layer; None where it has."""
    told: Mapping[str, Any] = published.manifest.get("themes", {}).get(theme, {}).get("layers", {}).get(layer, {})
    found = told.get("why_no_statistics") or told.get("why_no_classes")
    return str(found) if found else None


def borough_name(published: Published, code: str | None) -> str | None:
    """Name of a borough."""
    if code is None or "boroughs" not in published.collections:
        return None
    layer = published.layer("boroughs")
    rows = layer.rows(layer.themes[0])
    place = rows.place_of(code)
    return None if place is None else rows.table["name"][place].as_py()


def release_before(asked: Asked) -> str | None:
    """The newest other release that is not later."""
    others = [one for one in asked.request.state.store.release_ids() if one != asked.published.release_id]
    earlier = [one for one in others if one[:7] <= asked.published.release_id[:7]]
    return earlier[0] if earlier else None
