"""Packs: what a board takes into a meeting about one place, made from a release as its reader sees it.

A kind of pack is one module with `CHECKLIST` and `make(basis, place_id)`, and one row in `PACKS`. `content` says what a
pack is made of, `basis` what it is made from, `drawing` its charts and maps; `page`, `pdf` and `files` write it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from geo_safety.case_file import Case
from geo_safety.disclosure import OPEN, Reader
from geo_safety.errors import GeoSafetyError
from geo_safety.impact.reading import report_on
from geo_safety.packs import chb
from geo_safety.packs.basis import Basis
from geo_safety.packs.content import Item, Pack
from geo_safety.packs.files import FORMATS, content_of, write_pack
from geo_safety.release import Release
from geo_safety.view import View

__all__ = ["FORMATS", "PACKS", "Basis", "Pack", "basis_of", "content_of", "make_pack", "write_pack"]


@dataclass(frozen=True)
class Kind:
    """A kind of pack.

    Parameters
    ----------
    make : callable
        From a basis and the id of a place to the pack; pure.
    checklist : tuple of Item
    places : str
        What ids of places are, for the help.
    takes_case : bool
        Whether it can be made of a case file instead.
    """

    make: Callable[..., Pack]
    checklist: tuple[Item, ...]
    places: str
    takes_case: bool = False


PACKS: dict[str, Kind] = {
    "chb": Kind(chb.make, chb.CHECKLIST, "a row of chb-candidates or hotspot-areas, or a case file", takes_case=True),
}


def basis_of(release: Release, reader: Reader = OPEN) -> Basis:
    """What packs of a release are made from, for one reader."""
    return Basis(
        view=View(release, reader),
        ground=orjson.loads(release.base_map())["features"],
        judge=lambda case: report_on(case, release, reader=reader),
    )


def make_pack(kind: str, basis: Basis, place_id: str, *, case: Case | None = None) -> Pack:
    """The pack of a place.

    Raises
    ------
    ReleaseError
        The release has no such place, or not what this kind of pack is made from.
    """
    found = PACKS[kind]
    if case is not None and not found.takes_case:
        raise GeoSafetyError(f"A pack of the kind {kind} cannot be made of a case file.", f"Give {found.places}.")
    return found.make(basis, place_id, case) if case is not None else found.make(basis, place_id)
