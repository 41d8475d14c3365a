"""Packs: what a board takes into a meeting about one place, made from a release as its reader sees it.

A kind of pack is one module with `CHECKLIST` and `make(basis, place_id)`, and one row in `PACKS`. `content` says what a
pack is made of, `basis` what it is made from, `drawing` its charts and maps; `page`, `pdf` and `files` write it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from geo_safety.case_file import Case
from geo_safety.disclosure import OPEN, Reader
from geo_safety.errors import GeoSafetyError
from geo_safety.impact.reading import report_on
from geo_safety.nominations import nominations
from geo_safety.packs import chb, sna, transport, wsa
from geo_safety.packs.basis import Basis
from geo_safety.packs.content import Item, Pack
from geo_safety.packs.files import FORMATS, content_of, write_pack
from geo_safety.release import Release
from geo_safety.view import View
from geo_safety.walks import walks

__all__ = ["FORMATS", "PACKS", "Basis", "Pack", "basis_of", "content_of", "make_pack", "with_walks", "write_pack"]


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
    "wsa": Kind(wsa.make, wsa.CHECKLIST, "a row of wsa-shortlist, or a place that the community named"),
    "transport": Kind(transport.make, transport.CHECKLIST, "a borough, station, corridor or hotspot area, or `study`"),
    "sna": Kind(sna.make, sna.CHECKLIST, "the code or name of a borough"),
}


def basis_of(release: Release, reader: Reader = OPEN, *, state: Path | None = None) -> Basis:
    """What packs of a release are made from, for one reader.

    Parameters
    ----------
    state : Path, optional
        Folder with records of walks and nominations, for readers who keep them.
    """
    basis = Basis(
        view=View(release, reader),
        ground=orjson.loads(release.base_map())["features"],
        judge=lambda case: report_on(case, release, reader=reader),
    )
    return basis if state is None else with_walks(basis, state)


def with_walks(basis: Basis, state: Path) -> Basis:
    """The same with what is kept of walks, as far as its reader may see it: nothing for readers without a key."""
    reader = basis.view.reader
    if reader.access == "open":
        return basis
    boroughs = None if reader.access == "internal" else reader.boroughs
    records = partial(_walks_of, state, boroughs)
    return replace(basis, records=records, named=nominations(state, boroughs=boroughs))


def _walks_of(state: Path, boroughs: frozenset[str] | None, place_id: str) -> list[dict[str, Any]]:
    return walks(state, place_id=place_id, boroughs=boroughs)


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
