"""Files at addresses such as `s3://bucket/folder/*.csv`: found, told apart, and brought to the machine that reads them.

Addresses are opened by fsspec: S3, Azure (`az://`), Google (`gs://`), HTTP and whatever else has a package for it.
Credentials come from where these packages look for them (environment variables, profiles, the machine's own role);
they never stand in a config.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from geo_safety.errors import ConfigError, SourceError
from geo_safety.sources.feed import MEMBER_SIGN, RawFile

GLOB_SIGNS = re.compile(r"[*?\[]")
"""What makes a path one of many files."""

_EXTRAS = {
    "s3": "s3",
    "s3a": "s3",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
    "adl": "azure",
    "gs": "gcs",
    "gcs": "gcs",
}

# What stores say of a file that changes whenever its bytes do.
_STATES = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")


def place_of(text: str, folder: Path) -> Path:
    """Where is this? An address, or a path relative to a folder.

    Returns
    -------
    Path
        For an address a `UPath`, which has what is used of a path.

    Raises
    ------
    ConfigError
        If the package that opens such addresses is not installed.

    Examples
    --------
    >>> place_of("a/*.csv", Path("/data")).as_posix()
    '/data/a/*.csv'
    """
    if "://" not in text:
        return folder / text
    kind = text.partition("://")[0]
    if kind == "file":
        return Path(text.removeprefix("file://"))
    extra = _EXTRAS.get(kind, "remote")
    try:
        from upath import UPath

        place = UPath(text)
        place.fs  # noqa: B018 - loads the package behind this kind of address
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"The address {text!r} cannot be opened ({error}).",
            f"Install what opens such addresses: pip install 'geo-safety[{extra}]'.",
        ) from error
    return cast("Path", place)


def is_remote(path: Path) -> bool:
    """Whether this is an address rather than a path of this machine."""
    return not isinstance(path, Path)


def remote_files(place: Path) -> Iterator[tuple[str, Path]]:
    """The files of an address (a file, a folder searched to any depth, or a glob): names inside it, and addresses.

    Sorted by name; hidden files are left out.
    """
    remote = cast("Any", place)
    store, path = remote.fs, remote.path
    if sign := GLOB_SIGNS.search(path):
        root = posixpath.dirname(path[: sign.start()])
        paths = [inner for found in store.glob(path) for inner in (store.find(found) or [found])]
    elif store.isfile(path):
        root, paths = posixpath.dirname(path), [path]
    else:
        root, paths = path, store.find(path)
    for found in sorted(set(paths)):
        name = posixpath.relpath(found, root)
        if not any(part.startswith(".") for part in name.split("/")):
            yield name, type(remote)(store.unstrip_protocol(found), **remote.storage_options)


def state_of(path: Path) -> str | None:
    """What tells that an address still holds the same bytes; None where its store does not say."""
    remote = cast("Any", path)
    info = remote.fs.info(remote.path)
    told = {name: str(info[name]) for name in _STATES if info.get(name)}
    return f"{path} {info.get('size')} {told}" if told else None


@contextmanager
def on_this_machine(file: RawFile) -> Iterator[RawFile]:
    """The file where it can be read: itself, or while it is needed a copy of an address.

    Of an archive only the one member is brought.

    Raises
    ------
    SourceError
        If it cannot be brought.
    """
    if not is_remote(file.path):
        yield file
        return
    import shutil
    import tempfile  # slow to import, and most files are here

    with tempfile.TemporaryDirectory(prefix="geo-safety-") as folder:
        # A member of an archive inside an archive needs the outer one as a whole.
        is_nested = MEMBER_SIGN in (file.member or "")
        copy = Path(folder) / posixpath.basename(file.path.name if is_nested else file.member or file.path.name)
        try:
            with file.path.open("rb") as remote, copy.open("wb") as local:
                if file.member is None or is_nested:
                    shutil.copyfileobj(remote, local, 1 << 20)
                else:
                    with zipfile.ZipFile(remote) as archive, archive.open(file.member) as member:
                        shutil.copyfileobj(member, local, 1 << 20)
        except (OSError, zipfile.BadZipFile, RuntimeError) as error:
            raise SourceError(
                f"{file.name} cannot be brought from {file.path} ({error}).",
                "Look whether the address can be reached with these credentials, and run again.",
            ) from error
        yield replace(file, path=copy, member=file.member if is_nested else None)
