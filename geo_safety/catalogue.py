"""The catalogue of public boundary sets: whose they are, and which of them a layer is."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geo_safety.package_data import boundaries_dir


@dataclass(frozen=True)
class BoundarySet:
    """One set of the catalogue, as its publisher offers it.

    Parameters
    ----------
    id, layer, title, vintage, publisher, licence, address, crs : str
        `address` is the page that describes and offers it.
    code, name : str
        Columns with a zone's code and name.
    zones : int
        How many of them lie in the catalogue's city.
    checksum : str
        `checksum_of` the codes and names of those zones: the same for every format, system and generalisation.
    parent : str, optional
        Column with the code of the zone around it.
    attribution : str, optional
        What its licence asks to be said.
    file : str, optional
        Where it comes with the program: its path in the folder of the catalogue.
    """

    id: str
    layer: str
    title: str
    vintage: str
    publisher: str
    licence: str
    address: str
    crs: str
    code: str
    name: str
    zones: int
    checksum: str
    parent: str | None = None
    attribution: str | None = None
    file: str | None = None


@cache
def read_catalogue() -> tuple[BoundarySet, ...]:
    """All sets, in the order of the file."""
    entries = tomllib.loads((boundaries_dir() / "catalogue.toml").read_text(encoding="utf-8"))["sets"]
    return tuple(BoundarySet(**entry) for entry in entries)


def set_named(id: str) -> BoundarySet:
    """The set of this id."""
    return next(one for one in read_catalogue() if one.id == id)


def checksum_of(code: NDArray[np.str_], name: NDArray[np.object_]) -> str:
    """SHA-256 of codes and names, whatever their order.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> one = checksum_of(np.array(["E1", "E2"]), np.array(["Abbey", "Bridge"], dtype=object))
    >>> one == checksum_of(np.array(["E2", "E1"]), np.array(["Bridge", "Abbey"], dtype=object))
    True
    """
    lines = sorted(f"{one}\t{other or ''}\n" for one, other in zip(code.tolist(), name.tolist(), strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def recognise(code: NDArray[np.str_], name: NDArray[np.object_], *, column: str) -> BoundarySet | None:
    """Which set of the catalogue has exactly these codes and names? None where none has.

    Parameters
    ----------
    code, name : arrays, shape (n_zones,)
    column : str
        The file's column of codes, which tells two publishers of the same zones apart.
    """
    found = checksum_of(code, name)
    return next((one for one in read_catalogue() if one.checksum == found and one.code == column), None)
