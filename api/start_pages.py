"""Where people start: the welcome page with its search, and each role's questions, one press from their answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from geo_safety.cell_layers import is_cells
from geo_safety.map_classes import noun_of
from geo_safety.publication import SAID_BESIDE

from .links import address, key_in
from .map_shell import ROLES, address_without_key, reply, search_form
from .markup import element, heading, link, listing, paragraph, said, word
from .plain_words import capital, month_words
from .questions import QUESTIONS, Answer, Asked, borough_name, first_theme
from .store import Published
from .words import catalogue, text

MOST_FOUND = 30
"""Places that a search names."""

_SEARCHED = ("hotspot-areas", "boroughs", "wards", "stations")


@dataclass(frozen=True)
class Found:
    """A place that a search has found."""

    layer: str
    row_id: str
    name: str
    beside: str
    theme: str


def welcome(request: Request, published: Published, query: str) -> Response:
    """The first page: search, the three roles, the themes, and what the map cannot say."""
    study = published.manifest["study"]["name"]
    title = text("welcome.title", study=study)
    results = _results(request, published, query) if query else ""
    roles = listing(
        [
            element("div", link(address(request, "map", role), text(f"nav.{role}"), class_="card__name"),
                    paragraph(word(f"welcome.{role}")))
            for role in ROLES
        ],
        class_="cards",
    )  # fmt: skip
    themes = listing(
        [link(address(request, "map", "explore", t=theme), capital(noun_of(theme))) for theme in published.themes],
        class_="plain",
    )
    cannot = listing([word(f"welcome.cannot.{what}") for what in ("people", "next", "safe")])
    return reply(
        request,
        published,
        title,
        paragraph(word("welcome.lead"), class_="lead"),
        search_form(request, query),
        results,
        paragraph(
            link(address(request, "map", "explore"), text("welcome.open"), class_="govuk-button govuk-button--start"),
        ),
        paragraph(word("welcome.month", month=month_words(published.manifest["months"]["last"])), class_="second"),
        heading("welcome.roles"),
        roles,
        heading("welcome.themes"),
        themes,
        heading("welcome.cannot"),
        cannot,
        paragraph(link(address(request, "map", "standalone"), text("welcome.file"))),
        class_="page page--welcome",
    )


def role_page(request: Request, published: Published, role: str, theme: str | None, borough: str | None) -> Response:
    """A role's questions; the borough officer is first asked which borough, if there is a choice."""
    title = text(f"role.title.{role}")
    boroughs = _boroughs(published) if role == "borough" else []
    if boroughs and borough is None:
        return reply(request, published, title, _ask_borough(request, boroughs))
    theme = theme or first_theme(role, published.themes)
    asked = Asked(request, published, theme, borough)
    name = borough_name(published, borough) or asked.study
    lead = word(f"role.lead.{role}", theme=noun_of(theme), borough=name)
    other = link(address_without_key(request, "map", role), text("role.other")) if boroughs else ""
    note = SAID_BESIDE.get(theme)
    questions = "".join(question_section(asked, code, make(asked)) for code, make in QUESTIONS[role].items())
    return reply(
        request,
        published,
        title,
        paragraph(lead, " ", other, class_="lead"),
        paragraph(word("role.noBoroughs")) if role == "borough" and not boroughs else "",
        "" if role == "planner" else _themes(request, published, role, theme, borough),
        paragraph(said(note), class_="note") if note and role != "planner" else "",
        element("div", questions, class_="questions"),
    )


def find(published: Published, query: str) -> list[Found]:
    """Areas, boroughs, wards and stations whose name holds the text, and the zone of that id; those that begin so first."""
    wanted = query.casefold().strip()
    if not wanted:
        return []
    found = [one for one in _named(published) if wanted in one.name.casefold() or wanted == one.row_id.casefold()]
    found += _cells(published, wanted)
    return sorted(found, key=lambda one: not one.name.casefold().removeprefix("around ").startswith(wanted))[
        :MOST_FOUND
    ]


def _named(published: Published) -> Iterator[Found]:
    for name in _SEARCHED:
        if name not in published.collections:
            continue
        layer = published.layer(name)
        # Areas are of one theme each; a zone has the same name in all.
        for theme in layer.themes if name == "hotspot-areas" else layer.themes[:1]:
            table = layer.rows(theme).table
            beside = noun_of(theme) if name == "hotspot-areas" else text(f"search.{name}")
            for row_id, row_name in zip(table[layer.id_column].to_pylist(), table["name"].to_pylist(), strict=True):
                if row_name:
                    yield Found(name, row_id, row_name, beside, theme)


def _cells(published: Published, wanted: str) -> list[Found]:
    cells = [name for name in published.collections if is_cells(name)]
    return [
        Found(name, wanted, wanted, text("search.cells"), published.layer(name).themes[0])
        for name in cells
        if published.layer(name).rows(published.layer(name).themes[0]).place_of(wanted) is not None
    ]


def _results(request: Request, published: Published, query: str) -> str:
    found = find(published, query)
    if not found:
        return paragraph(word("search.none", q=query), class_="note")
    lines = [
        f"{link(address(request, 'map', 'place', one.layer, one.row_id, t=one.theme), one.name)} "
        f"{element('span', said(one.beside), class_='second')} · "
        + link(
            address(request, "map", "explore", t=one.theme, s=f"{one.layer}:{one.row_id}"),
            text("search.map"),
            aria_label=f"{one.name}, {one.beside}: {text('search.map')}",
        )
        for one in found
    ]
    return element("section", heading("search.results", n=len(found), q=query, id="found"), listing(lines),
                   aria_labelledby="found")  # fmt: skip


def _boroughs(published: Published) -> list[tuple[str, str]]:
    if "boroughs" not in published.collections:
        return []
    layer = published.layer("boroughs")
    table = layer.rows(layer.themes[0]).table
    pairs = zip(table["zone_id"].to_pylist(), table["name"].to_pylist(), strict=True)
    return sorted(((code, name or code) for code, name in pairs), key=lambda pair: pair[1])


def _ask_borough(request: Request, boroughs: list[tuple[str, str]]) -> str:
    options = "".join(element("option", said(name), value=code) for code, name in boroughs)
    key = key_in(request)
    return paragraph(word("role.whichLead"), class_="lead") + element(
        "form",
        element("label", word("role.which"), for_="b", class_="govuk-label"),
        element("select", options, id="b", name="b", class_="govuk-select"),
        element("input", type="hidden", name="key", value=key) if key else "",
        element("button", word("role.show"), class_="govuk-button", type="submit"),
        action=address_without_key(request, "map", "borough"),
        method="get",
        class_="search",
    )


def _themes(request: Request, published: Published, role: str, chosen: str, borough: str | None) -> str:
    links = [
        link(
            address(request, "map", role, b=borough, t=theme),
            capital(noun_of(theme)),
            aria_current="true" if theme == chosen else None,
        )
        for theme in published.themes
    ]
    return element("nav", listing(links, class_="choices"), aria_label=text("role.themes"))


def question_section(asked: Asked, code: str, answer: Answer) -> str:
    """A question, what it is about, and its ways; ways with the same label say what each shows."""
    question = text(f"question.{code}", study=asked.study)
    first, *rest = answer.ways or (None,)
    # The question itself is the press; where nothing answers it, it is no link.
    name = said(question) if first is None else link(first.href, question)
    lack = element("p", element("strong", word("lacking")), " ", said(answer.lacking), class_="lacking")
    about = paragraph(word(f"question.{code}.about", study=asked.study)) if _has(f"question.{code}.about") else ""
    ways = [] if first is None else [first, *rest]
    labels = Counter(way.label for way in ways)
    links = []
    for way in ways:
        label = (
            text(way.label) if labels[way.label] == 1 or not way.of else text("way.of", way=text(way.label), of=way.of)
        )
        links.append(link(way.href, label, aria_label=f"{label}: {question}"))
    return element("section", element("h2", name), about, lack if answer.lacking else "", listing(links, class_="ways"),
                   id=code, class_="question")  # fmt: skip


def _has(key: str) -> bool:
    return key in catalogue()
