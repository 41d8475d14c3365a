"""Which columns of a boundary file hold a zone's code, its name and its parent, and of which year is it?

Nothing is guessed silently: what the config does not say is looked for, every finding comes with how sure it is and
why, and where two columns would do equally well the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from geo_safety.errors import BoundaryError
from geo_safety.shapes import some, texts

Sureness = Literal["stated", "sure", "likely", "none"]

OFFICIAL_CODE = re.compile(r"^(?P<kind>[A-Z]{2,6})(?P<year>\d{2})CD$")
"""How British official statistics name a column of codes: WD22CD, LSOA21CD, LAD24CD. The year is the codes' own."""

PARENTS = ("LAD", "CTYUA", "UTLA", "MSOA", "CTY", "RGN")
"""Kinds of zones that hold others; of several in one file the first of these is the parent."""

_KIND_OF_LAYER = {"wards": "WD", "boroughs": "LAD", "lsoas": "LSOA", "msoas": "MSOA"}
_NAMED_CODE = re.compile(
    r"(^|_)(gss_?code|code|cd|geoid\d*|insee(_com)?|nuts_id|ags|lau_id|key)(_|\d*$)|[a-z](Code|_?ID|CD)$|code$",
    re.IGNORECASE,
)
_NAMED_NAME = re.compile(
    r"^(name|nm|label|title|nom|nombre|nome|navn|namn|bezeichnung|libelle)(_?[a-z]{2})?$", re.IGNORECASE
)
_NAMED_PARENT = re.compile(r"^LADCD|parent|borough|district|municip", re.IGNORECASE)
_ROW_NUMBER = re.compile(r"^(fid|gid|oid|id|objectid(_\d+)?|ogc_fid|global_?id|index)$", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True)
class Found:
    """What one role of a boundary file is filled by.

    Parameters
    ----------
    value : str or None
        A column, or for the vintage a year; None where nothing fits.
    sureness : {'stated', 'sure', 'likely', 'none'}
        `stated`: the config says it.
    why : str
        In words; empty where the config says it.
    """

    value: str | None
    sureness: Sureness
    why: str = ""


@dataclass(frozen=True)
class ZoneColumns:
    """What the columns of a boundary file are for."""

    code: Found
    name: Found
    parent: Found
    vintage: Found

    def as_text(self) -> str:
        """What was found rather than stated, in words; empty where the config says everything."""
        roles = (("code", self.code), ("name", self.name), ("parent", self.parent), ("vintage", self.vintage))
        return ", ".join(
            f"{role} {found.value} ({found.sureness}: {found.why})"
            for role, found in roles
            if found.sureness in ("sure", "likely")
        )

    def as_json(self) -> dict[str, dict[str, str | None]]:
        """For the manifest: value, sureness and reason by role."""
        roles = {"code": self.code, "name": self.name, "parent": self.parent, "vintage": self.vintage}
        return {role: {"value": one.value, "sureness": one.sureness, "why": one.why} for role, one in roles.items()}


def find_columns(
    columns: Mapping[str, np.ndarray],
    *,
    file: str,
    layer: str,
    code: str | None = None,
    name: str | None = None,
    parent: str | None = None,
    vintage: str | None = None,
) -> ZoneColumns:
    """Which columns hold what? What is stated stands; the rest is looked for.

    Parameters
    ----------
    columns : mapping of str to array, shape (n,)
        As they stand in the file.
    file : str
        Its name, which may hold a year.
    layer : str
        What the zones are called: `wards` looks for codes of wards first.

    Raises
    ------
    BoundaryError
        No column, or no single one, can be the code.

    Examples
    --------
    >>> columns = {
    ...     "WD22CD": np.array(["E05000001", "E05000002"], dtype=object),
    ...     "WD22NM": np.array(["Abbey", "Abbey"], dtype=object),
    ...     "LAD22CD": np.array(["E09000001", "E09000001"], dtype=object),
    ... }
    >>> found = find_columns(columns, file="wards.geojson", layer="wards")
    >>> found.code.value, found.name.value, found.parent.value, found.vintage.value
    ('WD22CD', 'WD22NM', 'LAD22CD', '2022')
    """
    if code:
        the_code = Found(code, "stated")
    else:
        the_code = _find_code({name: texts(values) for name, values in columns.items()}, file=file, layer=layer)
    column = str(the_code.value)
    return ZoneColumns(
        the_code,
        Found(name, "stated") if name else _find_name(list(columns), column),
        Found(parent, "stated") if parent else _find_parent(columns, column),
        Found(vintage, "stated") if vintage else _find_vintage(column, file),
    )


def contradiction(columns: ZoneColumns) -> str | None:
    """What the column of codes says against the vintage that the config states; None where nothing."""
    found = _find_vintage(str(columns.code.value), "")
    stated = columns.vintage
    if stated.sureness != "stated" or found.value is None or found.value in str(stated.value):
        return None
    return f"the config says vintage {stated.value}, but {found.why}"


def _find_code(columns: Mapping[str, np.ndarray], *, file: str, layer: str) -> Found:
    able = [column for column, values in columns.items() if _is_key(values)]
    official = [column for column in able if OFFICIAL_CODE.match(column)]
    wanted = _KIND_OF_LAYER.get(layer)
    if not official:
        for column in columns:
            if (match := OFFICIAL_CODE.match(column)) and match["kind"] == wanted:
                return Found(column, "likely", "an official code of this layer, though rows share it")
    if official:
        fitting = [column for column in official if OFFICIAL_CODE.match(column)["kind"] == wanted]  # type: ignore[index]
        best = (fitting or official)[0]
        why = "its name is that of an official code and no value stands twice"
        return Found(best, "sure" if fitting or len(official) == 1 else "likely", why)
    able = [column for column in able if not _is_row_number(column, columns[column])]
    named = [column for column in able if _NAMED_CODE.search(column)]
    if len(named) == 1:
        return Found(named[0], "sure", "its name says so and no value stands twice")
    like_codes = [column for column in named or able if _look_like_codes(columns[column])]
    if len(like_codes) == 1:
        return Found(like_codes[0], "likely", "its values look like codes and none stands twice")
    names = ", ".join(columns) or "none"
    if not (candidates := like_codes or named):
        raise BoundaryError(
            f"{file}: no column can be found that holds a code of its own for every zone of {layer!r}.",
            f"Name it as `code` in the [[boundaries]] entry. Its columns are: {names}.",
        )
    raise BoundaryError(
        f"{file}: several columns could be the zones' code: {some(candidates)}.",
        f'Say which, for example code = "{candidates[0]}", in the [[boundaries]] entry of {layer!r}.',
    )


def _find_name(columns: Sequence[str], code: str) -> Found:
    swapped = [
        re.sub(old, new, code) for old, new in (("CD$", "NM"), ("CODE$", "NAME"), ("code$", "name"), ("Code$", "Name"))
    ]
    beside = [column for column in swapped if column != code and column in columns]
    if beside:
        return Found(beside[0], "sure", f"it is named like {code}")
    named = [column for column in columns if column != code and _NAMED_NAME.match(column)]
    if named:
        return Found(named[0], "likely", "its name says so")
    return Found(None, "none")


def _find_parent(columns: Mapping[str, np.ndarray], code: str) -> Found:
    likely = [column for column in columns if OFFICIAL_CODE.match(column) or _NAMED_PARENT.search(column)]
    groups = {column for column in likely if column != code and _is_group(texts(columns[column]))}
    for kind in PARENTS:
        official = [column for column in groups if (match := OFFICIAL_CODE.match(column)) and match["kind"] == kind]
        if official:
            return Found(
                min(official), "sure" if kind == "LAD" else "likely", "an official code that several zones share"
            )
    named = sorted(column for column in groups if _NAMED_PARENT.search(column))
    if len(named) == 1:
        return Found(named[0], "likely", "its name says so and several zones share a code")
    return Found(None, "none")


def _find_vintage(code: str, file: str) -> Found:
    if match := OFFICIAL_CODE.match(code):
        year = int(match["year"])
        return Found(f"{2000 + year if year < 70 else 1900 + year}", "sure", f"its codes stand in {code}")
    years = set(_YEAR.findall(file))
    if len(years) == 1:
        return Found(years.pop(), "likely", "the file's name holds this year")
    return Found(None, "none")


def _is_key(values: np.ndarray) -> bool:
    """Whether every zone has a value of its own."""
    known = [value for value in values.tolist() if value is not None]
    return len(known) == len(values) > 0 and len(set(known)) == len(known)


def _is_group(values: np.ndarray) -> bool:
    """Whether it can be the code of a larger zone: always there, shared, and written like a code."""
    known = [value for value in values.tolist() if value is not None]
    return len(known) == len(values) > len(set(known)) and _look_like_codes(values)


def _look_like_codes(values: np.ndarray) -> bool:
    """Short words with digits, and no measures: 12.5 is no code."""
    known = values.tolist()
    return all(value and " " not in value and re.search(r"\d", value) for value in known) and not any(
        re.fullmatch(r"-?\d+\.\d+(e.*)?", value) for value in known
    )


def _is_row_number(column: str, values: np.ndarray) -> bool:
    """Whether it only numbers the rows: such numbers change whenever the file is saved again."""
    known = values.tolist()
    if _ROW_NUMBER.match(column) and all(value.isdigit() for value in known):
        return True
    return known in ([str(row) for row in range(len(known))], [str(row) for row in range(1, len(known) + 1)])
