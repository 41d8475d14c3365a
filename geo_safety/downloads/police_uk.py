"""data.police.uk: monthly archives, cut down to the forces and months that are wanted.

An archive holds every force of England, Wales and Northern Ireland for about 36 months (1.7 GB), and the publisher
offers no smaller file at a lasting address. It is taken whole, so that its published MD5 can be checked; what is wanted
of it is kept as an archive of the same name and layout, some tens of megabytes, and the rest deleted.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from geo_safety.downloads.addresses import Publisher
from geo_safety.downloads.atomic import told_about_disk
from geo_safety.downloads.content import zip_archive
from geo_safety.downloads.provenance import Record
from geo_safety.downloads.store import Received, Store
from geo_safety.downloads.wanted import Wanted
from geo_safety.errors import FetchError
from geo_safety.months import month_number, month_text

FOLDER = "police-uk"
_ARCHIVE = re.compile(r"(\d{4}-\d{2})\.zip")
_MD5 = re.compile(r"(?<![0-9a-z-])[0-9a-f]{32}(?![0-9a-z-])", re.IGNORECASE)  # the mark of an upload in parts is none
_MEMBER = re.compile(r"(?:.*/)?((\d{4}-\d{2})-([a-z0-9-]+?)-(street|outcomes|stop-and-search)\.csv)", re.IGNORECASE)


def fetch(publisher: Publisher, store: Store, wanted: Wanted) -> None:
    """Keep the newest months of the wanted forces, from as few archives as hold them.

    Raises
    ------
    FetchError
        An archive cannot be had, or holds nothing of a wanted force.
    """
    published = _published(publisher, store)
    newest = _newest(publisher, store, published)
    oldest = month_before(newest, wanted.months - 1)
    upto, seen = newest, set[tuple[str, str]]()
    while upto >= oldest:
        older = [month for month in published if month <= upto]
        if not older:
            store.client.tell(f"data.police.uk has no archive with {oldest} to {upto}: those months are left out")
            break
        kept = _keep(publisher, store, wanted, archive=max(older), md5=published[max(older)], span=(oldest, upto))
        if not kept:
            store.client.tell(f"the archive of {max(older)} holds none of the months up to {upto}: they are left out")
            break
        seen |= kept
        upto = month_before(min(month for _, month in kept), 1)
    for force in sorted({force for force, _ in seen}):
        if gaps := sorted(
            {month_before(newest, back) for back in range(wanted.months)} - {m for f, m in seen if f == force}
        ):
            store.client.tell(f"{force} has no files of {', '.join(gaps)}: these months will be gaps")


def _published(publisher: Publisher, store: Store) -> dict[str, str | None]:
    """Archives by month, with the MD5 that stands beside each; None where there is none that can be one."""
    page = store.client.read_text(publisher.address("archives"), trusted=publisher.trusted)
    pieces = _ARCHIVE.split(page)
    found: dict[str, str | None] = {}
    for month, after in zip(pieces[1::2], pieces[2::2], strict=True):
        md5 = _MD5.search(after)
        found[month] = found.get(month) or (md5[0].lower() if md5 else None)
    if not found:
        raise FetchError(
            f"{publisher.address('archives')} lists no archive: the page has changed, or a proxy answered in its place.",
            "Open it in a browser to see which; a mirror can be named with `--base police_uk=ADDRESS`.",
        )
    return found


def _newest(publisher: Publisher, store: Store, published: dict[str, str | None]) -> str:
    """The newest month that is out; the list of archives may be a day behind."""
    answer = store.client.read_json(publisher.address("last_updated"), trusted=publisher.trusted)
    date = answer.get("date") if isinstance(answer, dict) else None
    if not isinstance(date, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        raise FetchError(
            f"{publisher.address('last_updated')} has changed: it names no date.",
            "A newer geo-safety may know the new form.",
        )
    newest = max(published)
    if date[:7] > newest:
        store.client.tell(f"the newest month is {date[:7]}, but its archive is not out yet: taking {newest}")
    return min(date[:7], newest) if min(date[:7], newest) in published else newest


def _keep(
    publisher: Publisher, store: Store, wanted: Wanted, *, archive: str, md5: str | None, span: tuple[str, str]
) -> set[tuple[str, str]]:
    """Keep what is wanted of one archive; returns the forces and months of its street files that were."""
    name = f"{FOLDER}/{archive}.zip"
    about = {"forces": list(wanted.forces), "kinds": list(wanted.kinds), "months": list(span)}
    known = store.known(name)
    mine = known.origins[0] if known and dict(known.about) == about else None
    received = None
    if mine is None or md5 is None or mine.published_md5 != md5:
        address = publisher.address("archive", month=archive)
        store.progress.step(f"Fetching the archive of {archive} (all forces, about 1.7 GB at the official site)")
        # A stated checksum decides; only without one is the server asked whether it still has the same.
        received = store.receive(publisher, address, check=zip_archive, md5=md5, unless=None if md5 else mine)
    if received is None:
        store.progress.step(f"{name} is there already, and unchanged at its publisher")
        return _kept_in(store.folder / name)
    record = _cut(publisher, store, wanted, received, name=name, span=span, about=about)
    received.path.unlink(missing_ok=True)
    store.progress.step(f"{name}: {record.size / 1e6:,.1f} MB kept")
    return _kept_in(store.folder / name)


def _cut(
    publisher: Publisher,
    store: Store,
    wanted: Wanted,
    received: Received,
    *,
    name: str,
    span: tuple[str, str],
    about: dict[str, list[str]],
) -> Record:
    members = _members(received.path)
    forces = {force for _, _, force, _ in members}
    if absent := sorted(set(wanted.forces) - forces):
        raise FetchError(
            f"The archive {received.origin.address} has no files of {', '.join(absent)}.",
            f"Correct --forces; it has {', '.join(sorted(forces))}.",
        )
    keep = [
        (file, month, member)
        for member, month, force, (file, kind) in members
        if span[0] <= month <= span[1] and kind in wanted.kinds and (not wanted.forces or force in wanted.forces)
    ]
    written = store.aside(name, b"")
    try:
        with told_about_disk(written), zipfile.ZipFile(received.path) as whole, zipfile.ZipFile(written, "w") as part:
            for file, month, member in sorted(store.progress.over(keep, "Keeping files", total=len(keep))):
                info = zipfile.ZipInfo(f"{month}/{file}", date_time=whole.getinfo(member).date_time)
                info.compress_type = zipfile.ZIP_DEFLATED
                with whole.open(member) as source, part.open(info, "w", force_zip64=True) as target:
                    while data := source.read(1 << 20):
                        target.write(data)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        received.path.unlink(missing_ok=True)
        raise FetchError(
            f"{received.origin.address} is damaged inside ({error}).",
            "Fetch again; if it stays so, tell the publisher.",
        ) from error
    changed = f"{len(keep)} of {len(members)} files kept"
    return store.keep(publisher, name, written, [received.origin], changed=changed, about=about)


def _members(path: Path) -> list[tuple[str, str, str, tuple[str, str]]]:
    """Member, month, force, and own name with kind of each file of incidents in an archive."""
    with zipfile.ZipFile(path) as archive:
        matches = [(name, match) for name in archive.namelist() if (match := _MEMBER.fullmatch(name))]
    if not matches:
        raise FetchError(
            f"{path.name} holds no file such as 2025-12-metropolitan-street.csv: the layout has changed.",
            "A newer geo-safety may know the new form.",
        )
    return [
        (name, match[2], match[3].lower(), (match[1].rpartition("/")[2], match[4].lower())) for name, match in matches
    ]


def _kept_in(path: Path) -> set[tuple[str, str]]:
    with zipfile.ZipFile(path) as archive:
        matches = [match for name in archive.namelist() if (match := _MEMBER.fullmatch(name))]
    return {(match[3].lower(), match[2]) for match in matches}


def month_before(month: str, back: int) -> str:
    """The month so many months earlier.

    Examples
    --------
    >>> month_before("2026-01", 1), month_before("2026-09", 35)
    ('2025-12', '2023-10')
    """
    return month_text(month_number(month) - back)


def forces_of(paths: Iterable[Path]) -> set[str]:
    """Which forces have street files in these archives?"""
    return {force for path in paths for _, _, force, (_, kind) in _members(path) if kind == "street"}
