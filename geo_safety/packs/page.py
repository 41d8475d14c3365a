"""A pack as one page of HTML that asks no other host and runs no script; on paper it is A4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from geo_safety.line_ends import escape
from geo_safety.packs.content import (
    Blank,
    Cell,
    Form,
    Pack,
    Part,
    Picture,
    Points,
    Section,
    Table,
    Words,
    where_answered,
)
from geo_safety.packs.figures import NO_BREAK, number
from geo_safety.packs.notes import SUPPLIED
from geo_safety.packs.statements import named_sources

WIDE = 5
"""Tables of more columns are set smaller."""

LABELS = 32
"""Percent of a form's width that its labels take."""

FEW = 3
"""Tables of so few columns fit a narrow screen: their long words are broken."""

LONG = 24
"""Texts of so many letters keep some width beside others where the screen is narrow."""

SHORT = 8
"""Tables of so few rows are not broken between two pages."""

_TYPED = re.compile(r"`([^`]+)`")
_KEPT = re.compile(r"\d{4}-\d{2}( to \d{4}-\d{2})?|[\d.,]+ \([\d.,]+ to [\d.,]+\)")
"""Months and values with their intervals: short enough to stand on one line, and broken within they are misread."""

_FIGURE = re.compile(r"[−\d][\d,.]*( %)?|1-4|1-7|not[ \u00a0]told|not shown")

STYLE = """
@page { size: A4; margin: 16mm 15mm 18mm; @bottom-left { content: string(title); font: 7.5pt "Liberation Sans", "DejaVu Sans", sans-serif; color: #4a5560 }
 @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 7.5pt "Liberation Sans", "DejaVu Sans", sans-serif; color: #4a5560 } }
* { box-sizing: border-box }
html { color: #1d2327; background: #fff }
body { font: 15px/1.5 "Liberation Sans", system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; margin: 0 auto; max-width: 54rem; padding: 1rem }
nav ol { columns: 2 16rem; column-gap: 2em; font-size: .9em; margin: .6em 0; padding-left: 2em } nav a { color: #0b5394; text-decoration: none }
h1 { font-size: 1.7em; line-height: 1.2; margin: 0 0 .3em; string-set: title content() }
h2 { font-size: 1.2em; margin: 1.8em 0 .4em; border-top: 1px solid #b9c2cb; padding-top: .6em }
h3 { font-size: 1em; margin: 1.1em 0 .2em }
p { margin: .35em 0 } ul { margin: .35em 0; padding-left: 1.3em }
code { font: .92em "DejaVu Sans Mono", "Liberation Mono", monospace }
.kind { text-transform: uppercase; letter-spacing: .06em; font-size: .78em; color: #4a5560; margin: 0 }
.lead { border-left: 4px solid #0b5394; padding: .1em 0 .1em .9em; margin: .8em 0 }
.note, footer, figcaption, caption { color: #4a5560; font-size: .86em }
table { border-collapse: collapse; margin: .5em 0; width: 100% } caption { text-align: left; padding: .2em 0 }
th, td { text-align: left; padding: .22em .7em .22em 0; border-bottom: 1px solid #d0d7de; vertical-align: top; font-weight: 400 }
thead th { font-weight: 600; border-bottom: 1.5px solid #4a5560; vertical-align: bottom } .k { white-space: nowrap } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; padding-right: 1.3em }
.wide { font-size: .86em } .wide th, .wide td { padding-right: .5em } .wide td.n, .wide th.n { padding-right: .9em }
.checklist { font-size: .86em } .checklist th, .checklist td, .few td { overflow-wrap: anywhere } .checklist th:first-child { width: 24% } .checklist th:nth-child(2), .checklist td:nth-child(2) { width: 30% }
figure { margin: .6em 0 } figure svg { width: 100%; max-width: 44rem; height: auto; display: block }
.blank { border: 1.2px dashed #6b7782; padding: .3em .7em; margin: .5em 0; background: #fbfbf8 }
.blank p { margin: 0 } .supplied { border-style: solid; border-left: 5px solid #9a5b00 } .blank.supplied p { margin: .2em 0; white-space: pre-line; overflow-wrap: anywhere } .blank .line { border-bottom: .6px solid #9aa5b0; height: 1.75em }
.form td, .form th { border: .6px solid #8a949e; padding: .25em .4em } .form td { height: 1.9em }
footer { border-top: 1px solid #b9c2cb; margin-top: 2em; padding-top: .6em } footer h2 { border: 0; margin-top: 0; padding: 0 }
@media screen {
 .scrolls { overflow-x: auto; background: linear-gradient(90deg, #fff 40%, #fff0) 0 0 / 3rem 100% no-repeat local, linear-gradient(270deg, #fff 40%, #fff0) 100% 0 / 3rem 100% no-repeat local,
  linear-gradient(90deg, #1d232744, #1d232700) 0 0 / .7rem 100% no-repeat scroll, linear-gradient(270deg, #1d232744, #1d232700) 100% 0 / .7rem 100% no-repeat scroll }
 th[scope=row] { position: sticky; left: 0; background: #fff } figure svg { min-width: 36rem } caption span { display: block; position: sticky; left: 0; max-width: calc(100vw - 2rem) }
}
@media screen and (max-width: 38rem) {
 td.t { min-width: 10em } .wide th[scope=row] { min-width: 7em } .form th, .form td { min-width: 5em }
 .checklist th, .checklist td { padding-right: .4em } .checklist th:first-child { width: 29% } .checklist td:nth-child(2) { width: 31% }
 figcaption::before { content: "Wider than this screen: push it sideways. " }
}
@media print {
 figure svg { max-width: none }
 body { font-size: 9.4pt; line-height: 1.42; max-width: none; padding: 0 }
 h2, h3, caption { break-after: avoid } figure, .blank:not(.supplied), tr, .short { break-inside: avoid } thead { display: table-header-group }
 .page { break-before: page } .page h2 { border-top: 0; margin-top: 0 } p, li { orphans: 2; widows: 2 }
}
"""


def page_of(pack: Pack) -> str:
    """The pack as HTML."""
    sections = "".join(_section(number, one) for number, one in enumerate(pack.sections, start=1))
    lead = "".join(f"<p>{escape(one)}</p>" for one in pack.lead)
    contents = "".join(
        f'<li><a href="#s{number}">{escape(one.title)}</a></li>' for number, one in enumerate(pack.sections, start=1)
    )
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(pack.title)}</title><style>{STYLE}</style></head><body><header>"
        f'<p class="kind">{escape(pack.publication.study)} · data to {escape(pack.publication.data_month)}</p>'
        f'<h1>{escape(pack.title)}</h1><div class="lead">{lead}</div></header>'
        f'<nav aria-label="Sections"><ol>{contents}</ol></nav><main>{sections}{_checklist(pack)}</main>'
        f"<footer>{_small_print(pack)}</footer></body></html>\n"
    )


def _section(place: int, section: Section) -> str:
    parts = "".join(_part(one) for one in section.parts)
    class_ = ' class="page"' if section.starts_page else ""
    return f'<section id="s{place}"{class_}><h2>{place}. {escape(section.title)}</h2>{parts}</section>'


def _part(part: Part) -> str:
    match part:
        case Words():
            return f"<p{' class=note' if part.is_note else ''}>{_said(part.text)}</p>"
        case Points():
            return f"<ul>{''.join(f'<li>{_said(one)}</li>' for one in part.texts)}</ul>"
        case Picture():
            return _picture(part)
        case Table():
            return table_of(part.caption, part.head, part.rows, shown=part.shown)
        case Blank():
            return _blank(part)
        case Form():
            return _form(part)


def _picture(picture: Picture) -> str:
    """A chart or map at the size at which its letters can be read; a narrow screen pushes it sideways."""
    return (
        f'<figure><div class="scrolls" tabindex="0">{picture.svg}</div>'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _blank(blank: Blank) -> str:
    """Room to write, or what a user has written: then marked as theirs, and never read as a figure of the release."""
    if blank.text:
        pieces = re.split(r"\n\s*\n", blank.text.replace("\r\n", "\n"))
        inside = f'<p class="note">{escape(SUPPLIED)}</p>' + "".join(f"<p>{escape(one)}</p>" for one in pieces)
    else:
        inside = f'<p class="note">{escape(blank.why)}</p>' + '<div class="line"></div>' * blank.lines
    named = "blank supplied" if blank.text else "blank"
    return f'<div class="{named}"><p><strong>{escape(blank.label)}</strong></p>{inside}</div>'


def table_of(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], *, shown: int | None = None, class_: str = ""
) -> str:
    """A table with its head; numbers stand to the right."""
    rows = [tuple(row) for row in rows]
    if shown is not None and len(rows) > shown:
        caption += f" (the first {shown} of {len(rows):,}; the workbook has all)"
        rows = rows[:shown]
    if not rows:
        return f'<p class="note">{escape(caption)}: none.</p>'
    numeric = [all(_is_figure(row[place]) for row in rows) for place in range(len(head))]
    long = [len(head) > FEW and any(len(_text(row[place])) >= LONG for row in rows) for place in range(len(head))]
    kept = [all(_KEPT.fullmatch(_text(row[place])) for row in rows) for place in range(len(head))]
    kinds = [
        _right(is_right=True) if right else ' class="k"' if whole else ' class="t"' if wide else ""
        for right, whole, wide in zip(numeric, kept, long, strict=True)
    ]
    columns = "".join(
        f'<th scope="col"{_right(is_right=right)}>{escape(name)}</th>'
        for name, right in zip(head, numeric, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(_text(row[0]))}</th>'
        + "".join(f"<td{kind}>{_said(_text(cell))}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    classes = [
        class_,
        "wide" if len(head) > WIDE else "few" if len(head) <= FEW else "",
        "short" if len(rows) <= SHORT else "",
    ]
    return _scrolling(
        caption, f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody>", " ".join(filter(None, classes))
    )


def _form(form: Form) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in form.head)
    body = ""
    for place, label in enumerate(form.labels):
        known = form.known[place] if place < len(form.known) else ()
        cells = [*known, *[""] * (len(form.head) - 1 - len(known))]
        body += f'<tr><th scope="row">{escape(label)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
    inside = f"{_room(form)}<thead><tr>{columns}</tr></thead><tbody>{body}</tbody>"
    classes = ["form", "wide" if len(form.head) >= WIDE else "", "short" if len(form.labels) <= SHORT else ""]
    return _scrolling(f"{form.caption.rstrip('.')}. {form.why}", inside, " ".join(filter(None, classes)))


def _room(form: Form) -> str:
    """Widths that leave room to write: labels take a third at most. What is filled in already sets its own."""
    if form.known:
        return ""
    others = len(form.head) - 1
    first = LABELS if any(form.labels) else 100 // len(form.head)
    return (
        f'<colgroup><col style="width:{first}%">'
        + f'<col style="width:{(100 - first) / others:.3g}%">' * others
        + "</colgroup>"
    )


def _scrolling(caption: str, inside: str, class_: str) -> str:
    """A table that a narrow screen can push sideways, by keyboard too."""
    named = f' class="{class_}"' if class_ else ""
    return (
        f'<div class="scrolls" role="region" aria-label="{escape(caption)}" tabindex="0"><table{named}>'
        f"<caption><span>{escape(caption)}</span></caption>{inside}</table></div>"
    )


def _checklist(pack: Pack) -> str:
    head = ("Item", "Section", "Left blank there, and why")
    rows = [(item, where, " ".join(map(_first_sentence, blanks))) for item, where, blanks in where_answered(pack)]
    return (
        f"<section><h2>Checklist of this pack</h2>"
        f"{table_of('Every item, where it is, and what is left blank', head, rows, class_='checklist')}</section>"
    )


def _first_sentence(text: str) -> str:
    """The whole reason stands in the box itself.

    Examples
    --------
    >>> _first_sentence("Deprivation: no such file was given. Census figures belong here.")
    'Deprivation: no such file was given.'
    """
    return text.split(". ", maxsplit=1)[0].rstrip(".") + "."


def _small_print(pack: Pack) -> str:
    about = pack.publication
    lines = [
        f"Can I publish this? {about.answer}",
        pack.disclosure,
        *about.caveats,
        f"Sources: {named_sources(about.attribution)}.",
        f"Release {about.release_id}, data to {about.data_month}, method {about.method_version}. Place {pack.place_id}.",
    ]
    return "<h2>Small print</h2>" + "".join(f"<p>{_said(one)}</p>" for one in lines)


def _said(text: str) -> str:
    """Text as HTML; what stands between backticks is typed, as in the documentation."""
    return _TYPED.sub(r"<code>\1</code>", escape(text))


def _text(cell: Cell) -> str:
    if cell is None:
        return f"not{NO_BREAK}told"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell if isinstance(cell, str) else number(cell)


def _is_figure(cell: Cell) -> bool:
    """Whether it is read as a number, and so stands to the right."""
    return not isinstance(cell, bool) and _FIGURE.fullmatch(_text(cell)) is not None


def _right(*, is_right: bool) -> str:
    return ' class="n"' if is_right else ""
