"""A user's own texts for what a pack leaves blank: escaped, marked as unchecked, and in no part that holds data.

Threat, capacity or what people want is known to the police, the partners and the community. Whoever writes a pack for
their board may bring such texts in a file; they stand in the page and the PDF, and nowhere else.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from geo_safety.errors import ConfigError, GeoSafetyError, ProblemsError
from geo_safety.packs.content import Blank, Pack, Section

LONGEST_NOTE = 2_000
"""Letters of one text: a page and a half of a board paper is no note."""

SUPPLIED = "Supplied by the user, not checked."

IN_LEAD = "It holds texts that its user has supplied and nobody has checked; each is marked."

THEIRS = (
    "it holds texts that its user has supplied, which this program has not checked; whether they may be shown is for whoever "
    "wrote them to say; make it without --notes"
)

_REORDERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks with which a text is read in another order than it is written."""


def read_notes(path: Path) -> dict[str, str]:
    """The texts of a file: TOML, one key a blank.

    Raises
    ------
    GeoSafetyError
        The file cannot be read, is no TOML, or holds something else than texts of up to 2,000 letters; all that is
        wrong is said at once.
    """
    try:
        written = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}).", 'Give a file of lines such as threat = "…".'
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name} is no TOML ({error}).", 'Write lines such as threat = "…".') from error
    problems = [problem for key, value in written.items() if (problem := _problem(key, value))]
    if problems:
        raise ProblemsError(problems) if len(problems) > 1 else problems[0]
    return {key: str(value).strip() for key, value in written.items()}


def keys_of(pack: Pack) -> tuple[str, ...]:
    """Names of the blanks of a pack that a user may fill, in order.

    What is blank because the release lacks data has none: no text stands for a figure.
    """
    return tuple(blank.key for blank in _blanks(pack) if blank.key)


def with_notes(pack: Pack, notes: Mapping[str, str]) -> Pack:
    """The pack with texts in its blanks, for a page or a PDF; shapes and tables are to be taken from the pack without.

    Raises
    ------
    GeoSafetyError
        A key names no blank of this pack.
    """
    known = keys_of(pack)
    strange = [key for key in notes if key not in known]
    if strange:
        raise ConfigError(
            f"A pack of the kind {pack.kind} has no blank {' and no blank '.join(map(repr, strange))}.",
            f"Its blanks are {', '.join(known)}.",
        )
    if not notes:
        return pack
    told = pack.publication
    return replace(
        pack,
        lead=(*pack.lead, IN_LEAD),
        sections=tuple(_filled(section, notes) for section in pack.sections),
        publication=replace(told, may_publish=False, because=THEIRS if told.may_publish else told.because),
    )


def _blanks(pack: Pack) -> list[Blank]:
    return [part for section in pack.sections for part in section.parts if isinstance(part, Blank)]


def _filled(section: Section, notes: Mapping[str, str]) -> Section:
    parts = tuple(
        replace(part, text=notes[part.key]) if isinstance(part, Blank) and part.key in notes else part
        for part in section.parts
    )
    return replace(section, parts=parts)


def _problem(key: str, value: object) -> GeoSafetyError | None:
    if not isinstance(value, str):
        return ConfigError(f"{key} is no text.", f'Write {key} = "…", without a section.')
    if not value.strip():
        return ConfigError(f"{key} is empty.", "Leave the line out: the pack then has room to write.")
    if len(value) > LONGEST_NOTE:
        return ConfigError(
            f"{key} has {len(value):,} letters.", f"A note has at most {LONGEST_NOTE:,}: attach longer papers."
        )
    if any((unicodedata.category(one) == "Cc" and one not in "\n\r\t") or one in _REORDERS for one in value):
        return ConfigError(f"{key} holds signs that cannot be printed.", "Write it as plain text.")
    return None
