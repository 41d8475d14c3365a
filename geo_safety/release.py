"""Releases: one immutable folder of published files each, written whole or not at all.

A release is written aside, read back and checked, renamed into place, and only then made current; each
of these last two steps is one atomic call of the file system. Whoever is killed at any moment leaves the
current release as it was; what is left over is swept by whoever next claims the folder.

Nothing here looks at a clock: the same content gives the same bytes in every layer file.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo_safety import disclosure
from geo_safety.disclosure import Access, PartnerSet, closed_feeds
from geo_safety.errors import ReleaseError
from geo_safety.layer_files import PRIVATE, PUBLIC, TILES, file_name, tiles_name, write_layer
from geo_safety.outputs import parquet
from geo_safety.publication import Publication, publication_of
from geo_safety.safe_files import is_whole, sync_folder, write_file
from geo_safety.schema import QUARANTINE, ZONES, table_of_layer

MANIFEST = "manifest.json"
BASE_MAP = "open/base-map.geojson"
SEAL = "manifest.json.sha256"
CURRENT = "current"
LOCK = ".lock"
_NEW, _OLD = ".new-", ".old-"
_RELEASE_ID = re.compile(r"^\d{4}-\d{2}-[0-9a-f]{8}-(\d+)$")


@dataclass(frozen=True)
class ReleaseContent:
    """All that a run publishes.

    Parameters
    ----------
    layers : mapping of str to Table
        Exact figures by layer, each in the columns of `schema.table_of_layer`.
    quarantine : Table
        Rows that could not be read.
    manifest : mapping
        The manifest but for what only writing knows: the release's id, the layers and their files.
    partner : PartnerSet
        What partners may see of the feeds that are not open.
    base_map : bytes
        The ground for maps, as GeoJSON; of public boundaries and context, so for everybody.
    """

    layers: Mapping[str, pa.Table]
    quarantine: pa.Table
    manifest: Mapping[str, Any]
    partner: PartnerSet = field(default_factory=PartnerSet)
    base_map: bytes = b'{"type":"FeatureCollection","features":[]}'


@dataclass(frozen=True)
class Release:
    """One release, for reading. It stays readable when another one becomes current."""

    folder: Path
    release_id: str
    manifest: Mapping[str, Any]

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers, `series` included."""
        return tuple(self.manifest["layers"])

    @property
    def themes(self) -> tuple[str, ...]:
        """The study's themes, the first one first."""
        return tuple(self.manifest["study"]["themes"])

    def path(self, layer: str, *, access: Access = "open") -> Path:
        """Where is this layer's file in the set of an access class?

        Raises
        ------
        ReleaseError
            The release has no such layer, or this class may not have it.
        """
        name = file_name(layer, access)
        if layer not in self.layers:
            raise ReleaseError(
                f"Release {self.release_id} has no layer {layer!r}.", f"It has: {', '.join(self.layers)}."
            )
        if name not in self.manifest["layers"][layer]["files"]:
            raise ReleaseError(
                f"The layer {layer!r} is finer than open data may be.",
                f"Take one of {', '.join(name for name in self.layers if disclosure.may_leave(name))}.",
            )
        return self.folder / name

    def table(
        self, layer: str, *, access: Access = "open", theme: str | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """One layer, or one theme of it, sorted by theme and zone; only what is asked for is read.

        Parameters
        ----------
        access : {'open', 'partner', 'internal'}
            The set to read: the open one, the whole of the partners', or exact figures (the last two only the owner
            of the files can read). What one partner may see of its set is for `view.View` to say.
        columns : sequence of str, optional
            Columns in the wanted order; all of them otherwise. Geometry is WKB.
        """
        return self._read(layer, access, {"theme": theme}, columns)

    def series(
        self,
        layer: str,
        *,
        zone_id: str | None = None,
        theme: str | None = None,
        access: Access = "open",
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Months and counts of one layer's zones (or of one zone), sorted by theme, feed, zone and month."""
        return self._read("series", access, {"theme": theme, "layer": layer, "zone_id": zone_id}, columns)

    def publication(self, layer: str, theme: str | None = None) -> Publication:
        """What must travel with a layer of the open set."""
        return publication_of(self.manifest, layer, theme=theme)

    def base_map(self) -> bytes:
        """The ground for maps, as GeoJSON; a document without features where an older release has none."""
        path = self.folder / BASE_MAP
        return path.read_bytes() if path.is_file() else ReleaseContent.base_map

    def tiles(self, layer: str, theme: str | None = None) -> Path | None:
        """Where are the tiles of the open set: of one theme, or of all of them? None where there are none."""
        path = self.folder / tiles_name(layer, theme)
        return path if path.is_file() else None

    def _read(
        self, layer: str, access: Access, where: Mapping[str, str | None], columns: Sequence[str] | None
    ) -> pa.Table:
        theme = where["theme"]
        if theme is not None and theme not in self.themes:
            raise ReleaseError(
                f"Release {self.release_id} has no theme {theme!r}.", f"It has: {', '.join(self.themes)}."
            )
        wanted = list(columns) if columns is not None else table_of_layer(layer).column_names
        equal = {name: value for name, value in where.items() if value is not None}
        with pq.ParquetFile(self.path(layer, access=access), memory_map=True) as file:
            groups = [group for group in range(file.num_row_groups) if _may_hold(file, group, equal)]
            there = [name for name in dict.fromkeys((*wanted, *equal)) if name in file.schema_arrow.names]
            table = file.read_row_groups(groups, columns=there)
        for name, value in equal.items():
            table = table.filter(pc.equal(table[name], value))
        # An older release lacks the columns that came later: they are null, as every column that does not apply.
        schema = table_of_layer(layer).arrow_schema()
        for name in wanted:
            if name not in there:
                table = table.append_column(schema.field(name), pa.nulls(table.num_rows, schema.field(name).type))
        return table.select(wanted)


@dataclass(frozen=True)
class Claim:
    """The right to change a folder of releases, held by one process at a time."""

    folder: Path


@contextmanager
def claim(releases: Path) -> Iterator[Claim]:
    """Hold the folder of releases, so that nobody else changes it; leftovers of dead runs are swept first.

    Raises
    ------
    ReleaseError
        Another process holds it, or it cannot be written.
    """
    try:
        releases.mkdir(parents=True, exist_ok=True)
        handle = (releases / LOCK).open("w")
    except OSError as error:
        raise ReleaseError(
            f"{releases} cannot be written ({error.strerror}).", "Name a folder that you may write to."
        ) from error
    with handle:
        # A lock of this kind belongs to the process alone: workers that outlive a killed run do not keep it.
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ReleaseError(
                f"Another geo-safety is working on {releases}.", "Wait until it has finished, then do this again."
            ) from None
        for left_over in [*releases.glob(f"{_NEW}*"), *releases.glob(f"{_OLD}*")]:
            _remove(left_over)
        yield Claim(releases)


def write_release(content: ReleaseContent, releases: Path | Claim, *, inputs_hash: str) -> Release:
    """Write a release, check it as written, put it in place and make it current.

    Parameters
    ----------
    releases : Path or Claim
        The folder of releases, or a claim on it that is already held.
    inputs_hash : str
        Hash, in hex, of everything that the content was made from.

    Raises
    ------
    ReleaseError
        The folder is in use or cannot be written, or what was written cannot be read back. The current release is
        untouched then.
    """
    if isinstance(releases, Path):
        with claim(releases) as held:
            return write_release(content, held, inputs_hash=inputs_hash)
    folder = releases.folder
    number = max((_number(name) for name in release_ids(folder)), default=0) + 1
    release_id = f"{content.manifest['months']['last']}-{inputs_hash[:8]}-{number}"
    aside = folder / f"{_NEW}{release_id}-{os.getpid()}"
    try:
        written = _write_files(content, aside, release_id)
        _read_back(written)
        aside.rename(folder / release_id)
        sync_folder(folder)
        _switch(folder, release_id)
    except OSError as error:
        raise ReleaseError(
            f"The release could not be written to {folder} ({error.strerror}); the current one is untouched.",
            "Make room or mend the folder's rights, then run again.",
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return open_release(folder, release_id)


def current_id(releases: Path) -> str | None:
    """Which release is current? None where there is none yet."""
    pointer = releases / CURRENT
    try:
        # Where the file system knows no symbolic links, a file of one line holds the release's name.
        name = str(pointer.readlink()) if pointer.is_symlink() else pointer.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(
            f"{pointer} is neither a link nor a line with a release's name.",
            "Delete it, then make a release current with `geo-safety releases activate ID`.",
        ) from error
    return Path(name.strip()).name


def current(releases: Path) -> Release:
    """The current release of this folder.

    Raises
    ------
    ReleaseError
        There is none, or it is damaged.
    """
    release_id = current_id(releases)
    if release_id is not None:
        return open_release(releases, release_id)
    there = release_ids(releases)
    if there:
        raise ReleaseError(
            f"No release of {releases} is current.", f"Run `geo-safety releases activate {there[0]} {releases}`."
        )
    raise ReleaseError(
        f"There is no release in {releases} yet.", f"Run `geo-safety run CONFIG --out {releases}` first."
    )


def open_release(releases: Path, release_id: str) -> Release:
    """A release by its id.

    Raises
    ------
    ReleaseError
        There is none of this name, or its manifest cannot be read.
    """
    folder = releases.resolve() / release_id
    if release_id not in release_ids(releases):
        there = ", ".join(release_ids(releases)) or "none"
        raise ReleaseError(f"{releases} has no release {release_id!r}.", f"Releases there: {there}.")
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = {}
    if not isinstance(manifest, dict) or manifest.get("release_id") != release_id:
        raise ReleaseError(
            f"Release {release_id} is damaged: {MANIFEST} cannot be read or names another release.", _REMEDY_DAMAGE
        )
    return Release(folder, release_id, manifest)


def list_releases(releases: Path) -> list[Release]:
    """All releases of a folder, newest first."""
    return [open_release(releases, release_id) for release_id in release_ids(releases)]


def verify(release: Release) -> None:
    """Is every file of this release what was written? All are read and hashed again.

    Raises
    ------
    ReleaseError
        Naming each file that is missing, changed or unreadable.
    """
    damaged = _damaged_files(release)
    if damaged:
        raise ReleaseError(f"Release {release.release_id} is damaged: {', '.join(damaged)}.", _REMEDY_DAMAGE)


def activate(releases: Path, release_id: str) -> Release:
    """Check a release and make it the current one."""
    with claim(releases):
        release = open_release(releases, release_id)
        verify(release)
        _switch(releases, release_id)
    return release


def prune(releases: Path, *, keep: int) -> list[str]:
    """Delete all but the newest releases (and the current one); returns the ids of those deleted.

    Parameters
    ----------
    keep : int
        How many of the newest stay, at least 1.
    """
    if keep < 1:
        raise ReleaseError(f"Cannot keep {keep} releases.", "Keep at least 1.")
    with claim(releases):
        gone = [release_id for release_id in release_ids(releases)[keep:] if release_id != current_id(releases)]
        for release_id in gone:
            # Renamed first, so that nobody opens half a release.
            _remove((releases / release_id).rename(releases / f"{_OLD}{release_id}"))
    return gone


_REMEDY_DAMAGE = (
    "Run `geo-safety run` again, or make another release current with `geo-safety releases activate ID`; "
    "then delete the damaged folder."
)


def release_ids(releases: Path) -> list[str]:
    """Names of the releases in a folder, newest first."""
    names = [entry.name for entry in releases.iterdir()] if releases.is_dir() else []
    return sorted((name for name in names if _RELEASE_ID.match(name)), key=_number, reverse=True)


def _number(release_id: str) -> int:
    found = _RELEASE_ID.match(release_id)
    assert found is not None
    return int(found.group(1))


def _write_files(content: ReleaseContent, aside: Path, release_id: str) -> Release:
    aside.mkdir()
    for access in ("open", "partner"):
        (aside / access).mkdir()
    (aside / TILES).mkdir()
    about = {**content.manifest, "release_id": release_id}
    layers = {
        name: write_layer(name, table, aside, manifest=about, partner=content.partner)
        for name, table in content.layers.items()
    }
    ground = {BASE_MAP: write_file(aside / BASE_MAP, content.base_map, PUBLIC)}
    quarantine = content.quarantine.sort_by([(name, "ascending") for name in QUARANTINE.key])
    digest = write_file(aside / "quarantine.parquet", parquet.to_bytes(quarantine), PRIVATE)
    left_out = [name for name in content.layers if not disclosure.may_leave(name)]
    manifest = {
        **about,
        "layers": layers,
        "base_map": {"files": ground},
        "quarantine": {"rows": quarantine.num_rows, "files": {"quarantine.parquet": digest}},
        "disclosure": {
            "open": {
                "counts_hidden": disclosure.BAND_HIDDEN,
                "finest_h3_resolution": disclosure.FINEST_OPEN_RESOLUTION,
                "layers_left_out": left_out,
            },
            "partner": dict(content.partner.summary),
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    # Figures of closed feeds are in the manifest too (how many rows they have, how long their lists are).
    mode = PRIVATE if closed_feeds(content.manifest) else PUBLIC
    digest = write_file(aside / MANIFEST, text.encode(), mode)
    write_file(aside / SEAL, f"{digest}  {MANIFEST}\n".encode(), PUBLIC)
    for folder in (aside / TILES, aside / "open", aside / "partner", aside):
        sync_folder(folder)
    return Release(aside, release_id, json.loads(text))


def _read_back(release: Release) -> None:
    """The last look before publication, at the files as they are on the disk.

    Raises
    ------
    ReleaseError
        The disk does not give back what was written.
    RuntimeError
        What was written is not what should have been: a fault of ours, which stops the release.
    """
    damaged = _damaged_files(release)
    if damaged:
        raise ReleaseError(
            f"The disk did not give back what was written to {', '.join(damaged)}; the current release is untouched.",
            "Check the disk, then run again.",
        )
    for layer, entry in release.manifest["layers"].items():
        written = pq.read_metadata(release.path(layer, access="internal")).num_rows
        found = [] if written == entry["rows"] else [f"{layer} has {written} rows, not {entry['rows']}"]
        if disclosure.may_leave(layer):
            found += disclosure.breaches(layer, release.table(layer))
            found += disclosure.closed_rows(layer, release.table(layer), release.manifest)
            found += _partner_breaches(release, layer)
        if found:
            raise RuntimeError("; ".join(found))


def _partner_breaches(release: Release, layer: str) -> list[str]:
    """What in the partner set of a layer must not be there."""
    about = release.manifest["disclosure"]["partner"]
    themes = about.get("themes", {})
    if not themes or table_of_layer(layer) is not ZONES:
        return disclosure.closed_rows(layer, release.table(layer, access="partner"), release.manifest)
    rules = disclosure.DisclosureRules(**about["rules"])
    return disclosure.partner_breaches(layer, release.table(layer, access="partner"), themes, rules)


def _switch(folder: Path, release_id: str) -> None:
    """Make a release the current one, in one step that happens or does not."""
    aside = folder / f"{_NEW}{CURRENT}-{os.getpid()}"
    try:
        aside.symlink_to(release_id)
    except OSError:  # a file system without symbolic links
        write_file(aside, f"{release_id}\n".encode(), PUBLIC)
    aside.replace(folder / CURRENT)
    sync_folder(folder)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _damaged_files(release: Release) -> list[str]:
    damaged = [] if _is_sealed(release.folder) else [MANIFEST]
    others = (release.manifest["quarantine"], release.manifest.get("base_map", {"files": {}}))
    for entry in (*release.manifest["layers"].values(), *others):
        damaged += [name for name, digest in entry["files"].items() if not is_whole(release.folder / name, digest)]
    return damaged


def _is_sealed(folder: Path) -> bool:
    try:
        sealed = (folder / SEAL).read_text(encoding="utf-8").split()[0]
    except (OSError, ValueError, IndexError):
        return False
    return is_whole(folder / MANIFEST, sealed)


def _may_hold(file: pq.ParquetFile, group: int, equal: Mapping[str, str]) -> bool:
    """Whether a row group can hold rows with these values, by its smallest and largest ones."""
    about = file.metadata.row_group(group)
    for name, value in equal.items():
        statistics = about.column(file.schema_arrow.get_field_index(name)).statistics
        if statistics is not None and statistics.has_min_max and not statistics.min <= value <= statistics.max:
            return False
    return True
