"""Which code and which packages made a figure."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

from geo_safety import __version__
from geo_safety.errors import ConfigError

PACKAGES = ("numpy", "pandas", "pyarrow", "scipy", "shapely", "pyproj", "h3", "geopandas", "libpysal", "esda")
"""Packages whose version can change a figure."""

READING_PACKAGES = ("numpy", "openpyxl", "pandas", "pyarrow", "pyogrio", "pyproj", "shapely")
"""Packages whose version can change what is read from a file."""

READING_CODE = ("sources", "months.py", "tally.py", "partitions.py", "themes.py")
"""Modules of this package that decide what is read from a file."""


def software() -> dict[str, str]:
    """Versions of everything that can change a figure."""
    from importlib.metadata import version  # slow to import, and only a run asks for versions

    return {"geo-safety": __version__} | {name: version(name) for name in PACKAGES}


@cache
def code_version() -> str:
    """A hash of all that decides what is read from a file: this code, the packages below it, and Python.

    The code is hashed as it stands on the disk, so a changed reader never meets what an older one has read.
    """
    from importlib.metadata import version

    digest = hashlib.sha256()
    digest.update(sys.version.encode())
    for name in READING_PACKAGES:
        digest.update(f"{name} {version(name)}\n".encode())
    root = Path(__file__).parent
    for place in READING_CODE:
        for path in sorted((root / place).rglob("*.py")) if (root / place).is_dir() else [root / place]:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def check_same_code(expected: str) -> None:
    """Refuse to work for a program that runs other code; an empty text is no demand.

    Raises
    ------
    ConfigError
        If the codes differ.
    """
    if expected and expected != code_version():
        from socket import gethostname

        raise ConfigError(
            f"The worker on {gethostname()} runs another geo-safety, Python or set of packages than this program.",
            "Install the same version and the same lock file on every worker, and start them again.",
        )
