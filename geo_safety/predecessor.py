"""Which release comes before this one, and which areas did it have?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from geo_safety.area_life import KnownAreas
from geo_safety.errors import ReleaseError
from geo_safety.release import MANIFEST, Release, open_release
from geo_safety.schema import AREAS

_COLUMNS = ("area_id", "theme", "name", "zones", "first_hot", "window_end")


def find_predecessor(releases: Path, *, study: str, last_month: str) -> tuple[KnownAreas | None, tuple[str, ...]]:
    """The areas of the release before one whose data end with this month.

    That is the release of the same study with the latest last data month that is earlier, and of several with that
    month the newest. A release of the same month is never it: a correction continues what the corrected one continued.

    Parameters
    ----------
    releases : Path
        The folder of releases; it may be absent.
    study : str
        Name of the study.
    last_month : str
        Last data month of the release that is being made, such as `2025-12`.

    Returns
    -------
    KnownAreas or None
        None where there is no such release.
    tuple of str
        Names of damaged releases that were passed over in the search.
    """
    found: list[Release] = []
    passed_over = []
    for folder in sorted(releases.iterdir()) if releases.is_dir() else []:
        if folder.is_symlink() or not (folder / MANIFEST).exists() or folder.name.startswith("."):
            continue
        try:
            release = open_release(releases, folder.name)
        except ReleaseError:
            passed_over.append(folder.name)
            continue
        if release.manifest["study"]["name"] == study and release.manifest["months"]["last"] < last_month:
            found.append(release)
    for release in sorted(found, key=_age, reverse=True):
        areas = _areas_of(release)
        if areas is not None:
            return areas, tuple(passed_over)
        passed_over.append(release.release_id)
    return None, tuple(passed_over)


def _age(release: Release) -> tuple[str, int]:
    return release.manifest["months"]["last"], int(release.release_id.rsplit("-", 1)[1])


def _areas_of(release: Release) -> KnownAreas | None:
    """The areas of a release; None where their file is not what was written."""
    path = release.path(AREAS.name, access="internal")
    written = release.manifest["layers"][AREAS.name]["files"][path.name]
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != written:
        return None
    return KnownAreas(
        release.release_id,
        hashlib.sha256((release.folder / MANIFEST).read_bytes()).hexdigest(),
        release.table(AREAS.name, access="internal", columns=_COLUMNS).to_pandas(),
        tuple(release.manifest.get("areas", {}).get("used_before", ())),
    )
