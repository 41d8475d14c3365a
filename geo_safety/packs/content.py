"""What a pack is made of: sections that answer items of a checklist, in words, tables, pictures and blanks.

Nothing here knows how a pack looks. A maker gives a `Pack`; `page` turns it into HTML, `pdf` that into PDF, `files`
its tables into Excel and its shapes into GeoJSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely

from geo_safety.publication import Publication

Cell = str | int | float | bool | None
"""What stands in a table; None where there is nothing to tell."""

POLICE_HOLD = "Held by the police; to be filled in by hand."
PARTNERS_HOLD = "Held by the partners; to be filled in by hand."
COMMUNITY_HOLDS = "Known to the people who use the place; to be asked, and filled in by hand."
BOARD_DECIDES = "For the board to decide; to be filled in by hand."


@dataclass(frozen=True)
class Words:
    """A paragraph. `is_note` sets it small: how a figure came about, or how it misleads."""

    text: str
    is_note: bool = False


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows with a head: on the page, and as a sheet of the workbook.

    Parameters
    ----------
    name : str
        Of the sheet: short, and its own in the pack.
    caption : str
        What the rows are, in words.
    head : tuple of str
        Names of the columns, each with its unit.
    rows : tuple of tuples
        Whole and broken numbers as numbers, rounded as they are to be read. None is printed as “not told”.
    shown : int, optional
        Rows that the page shows; the workbook has all.
    """

    name: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: int | None = None


@dataclass(frozen=True)
class Picture:
    """A chart or map.

    Parameters
    ----------
    svg : str
        Made of lines and letters alone, its looks in attributes: style sheets of the page do not reach into it.
    caption : str
        What it shows, and how to read it.
    """

    svg: str
    caption: str


@dataclass(frozen=True)
class Blank:
    """What only others know: room to write, and why it is empty.

    Parameters
    ----------
    label : str
    why : str
        Who holds it, or what is missing.
    item : str
        Key of the item of the checklist that it leaves blank.
    lines : int
        Room, in lines of handwriting.
    key : str
        Name under which a user may bring a text of their own; empty where data are missing, for which no text stands.
    text : str
        That text, if there is one.
    """

    label: str
    why: str
    item: str
    lines: int = 2
    key: str = ""
    text: str = ""


@dataclass(frozen=True)
class Form:
    """A table to write in.

    Parameters
    ----------
    head : tuple of str
    labels : tuple of str
        First column of each row; empty for rows without any.
    why : str
        Who fills it in.
    item : str
        Key of the item of the checklist that it leaves blank.
    known : tuple of tuples of str
        What is filled in already: the cells after the label, row by row; shorter rows leave the rest to write in.
    """

    caption: str
    head: tuple[str, ...]
    labels: tuple[str, ...]
    why: str
    item: str
    known: tuple[tuple[str, ...], ...] = ()


Part = Words | Points | Table | Picture | Blank | Form


@dataclass(frozen=True)
class Section:
    """One section.

    Parameters
    ----------
    answers : tuple of str
        Keys of the items of the checklist that it answers or leaves visibly blank.
    starts_page : bool
        Whether it begins a new page on paper.
    """

    title: str
    answers: tuple[str, ...]
    parts: tuple[Part, ...]
    starts_page: bool = False


@dataclass(frozen=True)
class Shape:
    """One shape of the pack's GeoJSON.

    Parameters
    ----------
    id : str
        Its own in the pack.
    kind : str
        What it is, in words: `place`, `ring`, `station` and the like.
    geometry : shape
        WGS84, longitude before latitude.
    properties : mapping
        Plain values.
    """

    id: str
    kind: str
    geometry: shapely.Geometry
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """One item of a checklist.

    Parameters
    ----------
    key : str
    words : str
        As the brief for packs has it.
    """

    key: str
    words: str


@dataclass(frozen=True)
class Pack:
    """One pack, whole.

    Parameters
    ----------
    kind : str
        Its name in the command.
    title : str
    place_id, place_name : str
    lead : tuple of str
        What a board has to know before it reads on, in a few sentences.
    checklist : tuple of Item
        All of its kind's items; each is in `answers` of a section.
    sections : tuple of Section
    shapes : tuple of Shape
    publication : Publication
        May it be published, whose data it is, how it misleads: of all layers and themes that were read.
    disclosure : str
        What is hidden from its reader, in words.
    """

    kind: str
    title: str
    place_id: str
    place_name: str
    lead: tuple[str, ...]
    checklist: tuple[Item, ...]
    sections: tuple[Section, ...]
    shapes: tuple[Shape, ...]
    publication: Publication
    disclosure: str

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, in order."""
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, Table))

    @property
    def missing(self) -> tuple[Item, ...]:
        """Items of the checklist that no section answers: none in a whole pack."""
        answered = {key for section in self.sections for key in section.answers}
        return tuple(item for item in self.checklist if item.key not in answered)


def where_answered(pack: Pack) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Each item of the checklist, the section that has it, and what of that section is left blank, and why, one by one."""
    rows = []
    for item in pack.checklist:
        numbered = [(n, s) for n, s in enumerate(pack.sections, start=1) if item.key in s.answers]
        blanks = tuple(
            f"{part.label}: filled in by the user, not checked."
            if isinstance(part, Blank) and part.text
            else f"{part.label if isinstance(part, Blank) else part.caption.rstrip('.')}: {part.why}"
            for _, section in numbered
            for part in section.parts
            if isinstance(part, Blank | Form) and part.item == item.key
        )
        rows.append((item.words, ", ".join(f"{n}. {s.title}" for n, s in numbered), blanks))
    return tuple(rows)


def items(**words: str) -> tuple[Item, ...]:
    """A checklist from its keys and words.

    Examples
    --------
    >>> items(place="the place", survey_plan="survey plan")[1].key
    'survey_plan'
    """
    return tuple(Item(key, text) for key, text in words.items())


def facts(name: str, caption: str, pairs: Sequence[tuple[str, Cell]]) -> Table:
    """A table of two columns: what, and what is known of it."""
    return Table(name, caption, ("What", "Known"), tuple(pairs))
