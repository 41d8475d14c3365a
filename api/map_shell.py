"""What stands around the answer on every page of the map that needs no script: the way on, and whose data these are."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from .formats import HTML
from .links import address, home_of, key_in
from .map_page import entry
from .markup import element, link, listing, paragraph, said, word
from .plain_words import month_words
from .store import Published
from .words import text

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""These pages run no script at all."""

ROLES = ("analyst", "borough", "planner")


def reply(
    request: Request, published: Published, title: str, *sections: str, status: int = 200, class_: str = "page"
) -> Response:
    """A whole page: its title is the heading, the sections are HTML."""
    study = published.manifest["study"]["name"]
    styles = "".join(
        element("link", rel="stylesheet", href=f"{home_of(request)}map/assets/{one}") for one in entry("pages")[1]
    )
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{said(title)} · {word('service')} · {said(study)}</title>"
        f'<link rel="icon" href="data:,">{styles}'
    )
    body = "".join(
        (
            link("#main", text("page.skip"), class_="govuk-skip-link"),
            _banner(request, study),
            element("main", element("h1", said(title)), *sections, id="main", tabindex="-1"),
            _foot(request, published),
        )
    )
    page = f'<!doctype html><html lang="en-GB"><head>{head}</head><body class="{class_}">{body}</body></html>'
    return Response(page, status, media_type=HTML, headers={"Content-Security-Policy": POLICY})


def search_form(request: Request, value: str = "") -> str:
    """One box for places of all kinds; a key in the address goes on."""
    key = key_in(request)
    return element(
        "form",
        element("label", word("search.label"), for_="q", class_="govuk-label"),
        element(
            "div",
            element("input", type="search", id="q", name="q", value=value, class_="govuk-input", autocomplete="off",
                    maxlength=100),
            element("input", type="hidden", name="key", value=key) if key else "",
            element("button", word("search.button"), class_="govuk-button", type="submit"),
            class_="search__row",
        ),
        action=address_without_key(request, "map"), method="get", role="search", class_="search",
    )  # fmt: skip


def address_without_key(request: Request, *parts: str) -> str:
    """Where a form goes: its fields make the query."""
    return address(request, *parts).split("?")[0]


def _banner(request: Request, study: str) -> str:
    ways = [
        ("explore", text("nav.map")),
        *((role, text(f"nav.{role}")) for role in ROLES),
        ("help/words", text("help")),
    ]
    links = []
    for path, label in ways:
        # Every page of help is reached by the one link.
        part = f"/map/{path.split('/')[0]}"
        is_here = request.url.path.endswith(part) or (path.startswith("help/") and f"{part}/" in request.url.path)
        links.append(link(address(request, "map", *path.split("/")), label, aria_current="page" if is_here else None))
    name = link(address(request, "map"), f"{text('service')} · {study}", class_="banner__name")
    ways_on = element("nav", listing(links), aria_label=text("nav.label"))
    return element("header", name, ways_on, class_="banner")


def _foot(request: Request, published: Published) -> str:
    manifest = published.manifest
    facts = text(
        "foot.release",
        month=month_words(manifest["months"]["last"]),
        release=published.release_id,
        method=manifest["method_version"],
    )
    return element(
        "footer",
        paragraph(said(facts)),
        paragraph(word("foot.recorded")),
        paragraph(word("foot.sources"), " ", said(published.attribution)),
        paragraph(
            link(address(request, "map", "help", "data"), text("foot.data")),
            " · ",
            link(address(request, "map", "help", "accessibility"), text("foot.accessibility")),
        ),
        class_="foot",
    )
