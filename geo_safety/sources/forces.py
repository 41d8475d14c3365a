"""Files of data.police.uk by force and month: one name for each force, and the newest file of each month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from geo_safety.errors import SourceError
from geo_safety.sources.feed import MEMBER_SIGN, FeedSettings, RawFile
from geo_safety.sources.files import FoundFile
from geo_safety.sources.values import parse_month

DATA_POLICE_UK = "Contains public sector information from data.police.uk, Open Government Licence v3.0"
"""What the publisher asks to be said beside its data."""

_EDITION = re.compile(r"(?<!\d)\d{4}-\d{2}(?!\d)")
_SUFFIX = re.compile(r"-(?:police-service|police-force|police|constabulary|policing|service)$")
_RENAMED = {
    "british-transport": "btp",
    "met": "metropolitan",
    "mps": "metropolitan",
    "metropolitan-service": "metropolitan",
    "city": "city-of-london",
    "cityoflondon": "city-of-london",
    "police-service-of-northern-ireland": "northern-ireland",
    "psni": "northern-ireland",
    "gmp": "greater-manchester",
    "devon-cornwall": "devon-and-cornwall",
    "avon-somerset": "avon-and-somerset",
    "heddlu-gwent": "gwent",
    "heddlu-dyfed-powys": "dyfed-powys",
}


def canonical_force(name: str) -> str:
    """The publisher's present name of a force, so that its series goes on when its files are named anew.

    Examples
    --------
    >>> canonical_force("British-Transport-Police"), canonical_force("city-of-london"), canonical_force("kent-police")
    ('btp', 'city-of-london', 'kent')
    """
    plain = re.sub(r"[\s_]+", "-", name.strip().lower())
    plain = _RENAMED.get(plain, plain)
    short = _SUFFIX.sub("", plain)
    return _RENAMED.get(short, short)


def name_of(kind: str) -> re.Pattern[str]:
    """How the publisher names its files of a kind: `street`, `outcomes` or `stop-and-search`.

    Examples
    --------
    >>> name_of("street").fullmatch("2024-01/2024-01-kent-street.csv")["force"]
    'kent'
    """
    return re.compile(rf"(?:.*/)?(?P<month>\d{{4}}-\d{{2}})-(?P<force>[a-z0-9-]+)-{kind}\.csv(?:\.gz)?", re.IGNORECASE)


def by_force(files: Iterable[FoundFile], name: re.Pattern[str]) -> dict[FoundFile, tuple[str, int | None]]:
    """Force and month of each file that is named so; the others are left out."""
    return {
        file: (canonical_force(match["force"]), parse_month(match["month"]))
        for file in files
        if (match := name.fullmatch(file.name))
    }


def edition(file: FoundFile) -> str:
    """The month in the name of the archive that holds a file, the innermost first; empty for loose files."""
    if file.member is None:
        return ""
    archives = [file.path.name, *file.member.split(MEMBER_SIGN)[:-1]]
    for archive in reversed(archives):
        if match := _EDITION.search(archive.rsplit("/", 1)[-1]):
            return match[0]
    return ""


def newest_of_each(
    files: Mapping[FoundFile, tuple[str, int | None]], settings: FeedSettings, *, what: str
) -> list[RawFile]:
    """The files of the wanted forces, as they were at the wanted date, those that a newer one replaces marked.

    Parameters
    ----------
    files : mapping
        File → its force and month.
    settings : FeedSettings
        `forces` and `as_at` choose among them.
    what : str
        What such a file is called in messages.

    Raises
    ------
    SourceError
        If there is none of a force that the feed names, or none as old as wanted.
    """
    forces = {force for force, _ in files.values()}
    wanted_forces = {canonical_force(name): name for name in settings.forces}
    if absent := [name for force, name in wanted_forces.items() if force not in forces]:
        raise SourceError(
            f"Feed {settings.name!r}: there is no {what} of {', '.join(absent)}.",
            f"Correct `forces`; there are files of {', '.join(sorted(forces))}.",
        )
    wanted = {
        file: key
        for file, key in files.items()
        if (not wanted_forces or key[0] in wanted_forces) and not _is_later(file, settings.as_at)
    }
    if not wanted:
        raise SourceError(
            f"Feed {settings.name!r}: every archive is newer than `as_at`.", "Set it to a later month, or leave it out."
        )
    newest = set(_newest(wanted))
    return [
        RawFile(file.name, file.path, file.member, unit=force, month=month, is_superseded=file not in newest)
        for file, (force, month) in wanted.items()
    ]


def _is_later(file: FoundFile, as_at: int | None) -> bool:
    month = parse_month(edition(file))
    return as_at is not None and month is not None and month > as_at


def _newest(files: Mapping[FoundFile, tuple[str, int | None]]) -> Iterator[FoundFile]:
    """One file for each force and month."""
    groups: dict[tuple[str, int | None], list[FoundFile]] = {}
    for file, key in files.items():
        groups.setdefault(key, []).append(file)
    for group in groups.values():
        archived = [file for file in group if edition(file)]
        # An archive's name tells its month, so archives are compared by it; a loose file can only be
        # compared by its place.
        rivals = [file for file in group if not edition(file)]
        if archived:
            rivals.append(max(archived, key=lambda file: (edition(file), file.place, file.name)))
        yield max(rivals, key=lambda file: (file.place, file.name))
