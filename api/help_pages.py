"""Help: what words mean, how the map decides, keys, accessibility, and the data with the answer to “can I publish this?”."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from geo_safety.map_classes import noun_of
from geo_safety.publication import SAID_BESIDE

from .check_page import check_sections
from .links import address
from .map_shell import reply
from .markup import element, heading, link, listing, paragraph, said, table, word
from .plain_words import capital, month_words, number, percent
from .store import Published
from .words import text

WORDS = ("report", "neighbourhood", "usual", "list", "area", "quarter", "longStanding", "recent", "onOff", "earlier",
         "sure", "tier", "rank", "change", "harm", "small", "gap", "provisional", "break", "around", "vawg")  # fmt: skip
METHODS = ("list", "range", "time", "areas", "change", "harm", "compare", "not")
TERMS = ("posterior", "interval", "fdr", "gi", "pvalue", "emerging", "h3", "dispersion")
"""Names from the literature, each with its meaning beside it: whoever has to defend a figure needs them."""

KEYS = ("tab", "arrows", "zoom", "list", "enter", "escape", "play", "draw")
ACCESS = ("aim", "keyboard", "colour", "script", "zoom", "motion", "known")
PROGRAMS = (("collections", "layers"), ("api", "api"), ("feed", "feed"), ("manifest", "manifest"))


@dataclass(frozen=True)
class Shown:
    """Of which release, and at which address."""

    request: Request
    published: Published


def help_page(request: Request, published: Published, page: str) -> Response:
    """One help page; `page` is a key of `HELP`."""
    links = [
        link(
            address(request, "map", "help", one),
            text(f"help.title.{one}"),
            aria_current="page" if one == page else None,
        )
        for one in HELP
    ]
    nav = element("nav", listing(links, class_="choices"), aria_label=text("help.nav"))
    return reply(request, published, text(f"help.title.{page}"), nav, *HELP[page](Shown(request, published)))


def _words(shown: Shown) -> list[str]:
    published = shown.published
    study = published.manifest["study"]["name"]
    rules = published.manifest.get("rules", {})
    given = {"study": study, "level": f"{rules.get('level', 3):g}", "share": percent(rules.get("alpha", 0.05))}
    pairs = "".join(
        element("dt", word(f"help.word.{name}")) + element("dd", word(f"help.word.{name}.means", **given))
        for name in WORDS
    )
    point = element(
        "section",
        heading("help.btp", id="transport-police"),
        paragraph(word("help.btp.1")),
        paragraph(word("help.btp.2")),
        paragraph(word("help.btp.3")),
    )
    return [paragraph(word("help.words.lead"), class_="lead"), element("dl", pairs, class_="meanings"), point]


def _methods(shown: Shown) -> list[str]:
    published = shown.published
    rules = published.manifest.get("rules", {})
    given = {
        "study": published.manifest["study"]["name"],
        "level": f"{rules.get('level', 3):g}",
        "share": percent(rules.get("alpha", 0.05)),
    }
    parts = [
        element("section", heading(f"help.method.{name}"), paragraph(word(f"help.method.{name}.text", **given)))
        for name in METHODS
    ]
    terms = "".join(
        element("dt", word(f"help.term.{name}")) + element("dd", word(f"help.term.{name}.means")) for name in TERMS
    )
    return [
        paragraph(word("help.methods.lead"), class_="lead"),
        *parts,
        _lists(published),
        heading("help.terms"),
        paragraph(word("help.terms.lead")),
        element("dl", terms, class_="meanings"),
    ]


def _lists(published: Published) -> str:
    """How long each theme's list is, and which share of it is expected to be a mistake."""
    layer = published.manifest.get("rules", {}).get("layer")
    rows = []
    for theme in published.themes:
        told: Mapping[str, Any] = published.manifest["themes"].get(theme, {}).get("layers", {}).get(layer, {})
        if told.get("hotspots") is None:
            continue
        error = told.get("expected_error_share")
        why = told.get("why_no_classes") or told.get("why_no_statistics")
        rows.append([
            said(capital(noun_of(theme))),
            said(number(told["hotspots"])),
            said(percent(error) if error is not None else text("number.none")),
            said(number(told["entrenched"]) if told.get("entrenched") is not None else why or text("number.none")),
        ])  # fmt: skip
    columns = [text(f"help.lists.{name}") for name in ("theme", "length", "error", "long")]
    return table(text("help.lists"), columns, rows) if rows else ""


def _keys(_: Shown) -> list[str]:
    rows = [[word(f"help.key.{name}"), word(f"help.key.{name}.does")] for name in KEYS]
    columns = [text("help.keys.key"), text("help.keys.does")]
    return [
        paragraph(word("help.keys.lead"), class_="lead"),
        table(text("help.title.keys"), columns, rows, is_titled=True),
        paragraph(word("help.keys.touch")),
    ]


def _accessibility(_: Shown) -> list[str]:
    parts = [
        element("section", heading(f"help.access.{name}"), paragraph(word(f"help.access.{name}.text")))
        for name in ACCESS
    ]
    return [paragraph(word("help.access.lead"), class_="lead"), *parts]


def _data(shown: Shown) -> list[str]:
    request, published = shown.request, shown.published
    return [
        paragraph(word("help.data.lead"), class_="lead"),
        element("section", heading("help.publish", id="publish"), _publish(request, published)),
        element("section", heading("help.sources", id="sources"), _sources(published), _months(published)),
        element("section", heading("help.cautions", id="cautions"), _cautions(published)),
        element("section", heading("help.programs", id="programs"), _programs(request)),
    ]


def _publish(request: Request, published: Published) -> str:
    layers: dict[str, list[str]] = {}
    for name in published.collections:
        one = link(address(request, "collections", name, f="html"), published.layer(name).label)
        layers.setdefault(published.publication(name).answer, []).append(one)
    rows = [[listing(links, class_="plain"), said(answer)] for answer, links in layers.items()]
    note = paragraph(word("help.publish.text"))
    return note + table(text("help.publish"), [text("help.layer"), text("help.answer")], rows, is_titled=True)


def _sources(published: Published) -> str:
    rows = []
    for source in published.manifest["sources"]:
        totals = {
            name: sum(file.get(name, 0) for file in source["files"]) for name in ("rows_read", "accepted", "unlocated")
        }
        role = text(f"help.role.{source.get('role', 'primary')}")
        rows.append([said(source["name"]), said(role), *(said(f"{totals[name]:,}") for name in totals)])
    columns = [text(f"help.source.{name}") for name in ("name", "role", "read", "accepted", "unlocated")]
    return table(text("help.sources"), columns, rows, is_titled=True)


def _months(published: Published) -> str:
    missing = published.manifest["months"]["missing"]
    rows = []
    for theme in published.themes:
        told = published.manifest["themes"].get(theme, {})
        window = told.get("window")
        span = (
            text("place.rangeText", low=month_words(window["start"]), high=month_words(window["end"]))
            if window
            else text("window.none")
        )
        gaps = sorted({month for feed in missing.values() for month in feed.get(theme, [])})
        breaks = [f"{month_words(one['month'])}: {one['text']}" for one in told.get("recording", {}).get("breaks", [])]
        rows.append([
            said(capital(noun_of(theme))),
            said(span),
            said(", ".join(map(month_words, gaps)) or text("help.none")),
            said(" ".join(breaks) or text("help.none")),
        ])  # fmt: skip
    columns = [text(f"help.months.{name}") for name in ("theme", "window", "gaps", "breaks")]
    return table(text("help.months"), columns, rows)


def _cautions(published: Published) -> str:
    caveats = list(published.publication(published.collections[0]).caveats)
    beside = [SAID_BESIDE[theme] for theme in published.themes if theme in SAID_BESIDE]
    return listing(said(one) for one in dict.fromkeys([*caveats, *beside]))


def _programs(request: Request) -> str:
    ways = [
        link(address(request, path), text(f"help.program.{name}")) + ": " + word(f"help.program.{name}.text")
        for path, name in PROGRAMS
    ]
    return paragraph(word("help.programs.text")) + listing(ways)


HELP: Mapping[str, Callable[[Shown], list[str]]] = {
    "words": _words,
    "methods": _methods,
    "keys": _keys,
    "accessibility": _accessibility,
    "data": _data,
    "checks": lambda shown: check_sections(shown.published),
}
"""Help pages by the last part of their address."""
