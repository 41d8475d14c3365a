"""Pieces of HTML: elements whose attributes are escaped, around text that is."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from geo_safety.line_ends import escape

from .words import text

_EMPTY = frozenset({"input", "link", "br", "hr"})


def element(name: str, /, *inside: str, **attributes: object) -> str:
    """An element around HTML. An attribute that is None or False is left out; `class_` and `aria_label` lose their `_`.

    Examples
    --------
    >>> element("a", said("Up & down"), href="/?a=1&b=2", class_="link", hidden=None)
    '<a href="/?a=1&amp;b=2" class="link">Up &amp; down</a>'
    """
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        written.append(f" {attribute}" if value is True else f' {attribute}="{html.escape(str(value))}"')
    start = f"<{name}{''.join(written)}>"
    return start if name in _EMPTY else f"{start}{''.join(inside)}</{name}>"


def said(value: object) -> str:
    """Plain text as HTML, in which a number stays with its unit."""
    return escape(str(value))


def word(key: str, **values: object) -> str:
    """A text of the catalogue as HTML."""
    return escape(text(key, **values))


def link(href: str, label: str, **attributes: object) -> str:
    """A link; the label is plain text."""
    return element("a", said(label), href=href, **attributes)


def paragraph(*inside: str, class_: str | None = None) -> str:
    """A paragraph of HTML."""
    return element("p", *inside, class_=class_)


def heading(key: str, *, level: int = 2, id: str | None = None, **values: object) -> str:
    """A heading from the catalogue."""
    return element(f"h{level}", word(key, **values), id=id)


def listing(items: Iterable[str], *, class_: str | None = None) -> str:
    """A list of HTML; nothing where there is nothing to list."""
    lines = "".join(element("li", one) for one in items)
    return element("ul", lines, class_=class_) if lines else ""


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, is_titled: bool = False) -> str:
    """A table of HTML cells under plain text column names; the first cell of a row is its heading.

    Where a heading above says the same (`is_titled`), the caption is only heard.
    """
    head = "".join(element("th", said(name), scope="col") for name in columns)
    body = "".join(
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:])) for row in rows
    )
    whole = element(
        "table",
        element("caption", said(caption), class_="visually-hidden" if is_titled else None),
        element("thead", element("tr", head)),
        element("tbody", body),
    )
    # A wide table scrolls by itself, by keyboard too, so that the page does not.
    return element("div", whole, class_="scrolls", role="region", aria_label=caption, tabindex="0")


def more(summary: str, *inside: str) -> str:
    """Something that opens on demand, without a script."""
    return element("details", element("summary", said(summary)), *inside)
