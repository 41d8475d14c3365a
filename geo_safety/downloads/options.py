"""How a fetch gets out: settings file, environment and flags, the later ones winning where the command line says so."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo_safety.downloads.addresses import bases_of
from geo_safety.errors import FetchError

FILE = "fetch.toml"
"""Read from the folder of downloads where no other is named."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str | None = Field(default=None, description="Address of a mirror of all sources.")
    bases: dict[str, str] = Field(default_factory=dict, description="Source → address of its mirror.")
    allow_hosts: list[str] = Field(default_factory=list, description="Further hosts that redirects may lead to.")
    certificates: str | None = Field(default=None, description="File of certificates to trust.")
    contact: str | None = Field(default=None, description="Told to the publishers with every request.")
    pause_s: float = Field(default=0.5, ge=0, le=60, description="Seconds between two requests to one host.")


@dataclass(frozen=True)
class Options:
    """What a fetch needs to know of the network around it.

    Parameters
    ----------
    bases : mapping of str to str
        As `addresses.read_publishers` takes them.
    """

    bases: Mapping[str, str]
    allow_hosts: tuple[str, ...]
    certificates: str | None
    contact: str | None
    pause_s: float


def read_options(
    path: Path | None,
    *,
    folder: Path,
    environment: Mapping[str, str],
    bases: Sequence[str] = (),
    allow_hosts: Sequence[str] = (),
    certificates: str | None = None,
) -> Options:
    """Put flags, environment and settings file together.

    Parameters
    ----------
    path : Path, optional
        The settings file; else `fetch.toml` in `folder`, if it is there.
    bases, allow_hosts, certificates
        What the flags say.

    Raises
    ------
    FetchError
        The file is absent or cannot be understood, or the certificates are not there.
    """
    written = _read(path or folder / FILE, required=path is not None)
    # REQUESTS_CA_BUNDLE is obeyed by the library itself; SSL_CERT_FILE, which other programs obey, is not.
    fallback = None if environment.get("REQUESTS_CA_BUNDLE") else environment.get("SSL_CERT_FILE")
    trusted = certificates or written.certificates or fallback
    if trusted and not Path(trusted).exists():
        raise FetchError(f"There is no file of certificates {trusted}.", "Correct --certificates or the settings file.")
    return Options(
        bases=bases_of(bases, environment, written.model_dump()),
        allow_hosts=(*written.allow_hosts, *allow_hosts),
        certificates=trusted,
        contact=written.contact,
        pause_s=written.pause_s,
    )


def _read(path: Path, *, required: bool) -> _File:
    if not required and not path.exists():
        return _File()
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return _File.model_validate(content)
    except OSError as error:
        raise FetchError(f"{path} cannot be read ({error.strerror}).", "Correct --settings.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FetchError(f"{path} is not valid TOML: {error}.", "Mend that line.") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise FetchError(f"{path}: {wrong}.", f"Known are {', '.join(_File.model_fields)}.") from None
