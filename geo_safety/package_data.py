"""Where the files are that come with the program: boundaries and front-end assets.

In a checkout the boundaries stand in the folder `boundaries/` beside the packages, where people
look after them; a wheel carries the same files inside the package. Nothing else knows the two places.
"""

from __future__ import annotations

from pathlib import Path

from geo_safety.errors import InstallError

_PACKAGE = Path(__file__).resolve().parent


def boundaries_dir() -> Path:
    """Where is the catalogue of boundaries, with the data that come with it?

    Returns
    -------
    Path
        An existing folder; read only.

    Raises
    ------
    InstallError
        Neither the installed package nor a checkout around it holds the folder.

    Examples
    --------
    >>> (boundaries_dir() / "README.md").is_file()
    True
    """
    installed, checkout = _PACKAGE / "_boundaries", _PACKAGE.parent / "boundaries"
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise InstallError(
        f"The boundaries that come with geo-safety are missing (looked for {installed} and {checkout}).",
        "Install the package again, or run from a whole checkout.",
    )


def asset(name: str) -> Path:
    """Where is a front-end file that a page or map embeds?

    Parameters
    ----------
    name : str
        File name, for example `leaflet.js`.

    Returns
    -------
    Path
        An existing file; read only.

    Raises
    ------
    InstallError
        The assets were not built, or none has this name.
    """
    folder = _PACKAGE / "assets"
    path = folder / name
    if path.is_file():
        return path
    there = ", ".join(sorted(entry.name for entry in folder.glob("*"))) or "nothing"
    raise InstallError(
        f"The front-end asset {name} is missing from {folder} (which holds {there}).",
        "In a checkout run `make assets`; otherwise install the package again.",
    )
