"""The service's pages for people: plain HTML without scripts, the same facts as the JSON."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geo_safety.line_ends import escape

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; color: #1d2327; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem } a { color: #0b5394 }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #d0d7de; white-space: nowrap }
footer { margin-top: 2rem; border-top: 1px solid #d0d7de; color: #4a5560; font-size: .9rem }
"""


def page(title: str, *sections: str, home: str, notes: Sequence[str] = ()) -> bytes:
    """A whole page: title, sections that are HTML already, and notes as plain text in the footer.

    `home` is the address of the service, which may stand in a folder of a web site.
    """
    footer = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{html.escape(home)}style.css"></head>'
        f'<body><p><a href="{html.escape(home)}">Start</a></p><main><h1>{escape(title)}</h1>{"".join(sections)}</main>'
        f"<footer>{footer}</footer></body></html>"
    ).encode()


def paragraph(text: str) -> str:
    """Plain text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def links_list(links: Iterable[Mapping[str, Any]]) -> str:
    """Link objects as a list."""
    lines = (f'<li><a href="{html.escape(one["href"])}">{escape(one["title"])}</a></li>' for one in links)
    return f"<ul>{''.join(lines)}</ul>"


def facts(values: Mapping[str, Any]) -> str:
    """Names and values, one a line; nothing stands for null."""
    lines = (f'<tr><th scope="row">{escape(name)}</th><td>{_text(value)}</td></tr>' for name, value in values.items())
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, links: Sequence[str] = ()) -> str:
    """A table; `links`, one a row, are put on the first column."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = []
    for number, row in enumerate(rows):
        cells = [_text(value) for value in row]
        if links:
            cells[0] = f'<a href="{html.escape(links[number])}">{cells[0]}</a>'
        body.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return html.escape(str(value))
