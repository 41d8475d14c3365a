"""A feed file by file: each file is a partition, read and tallied by itself, in any order, on any worker, only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from geo_safety.errors import SourceError
from geo_safety.progress import Progress
from geo_safety.software import check_same_code, code_version
from geo_safety.sources import SOURCES
from geo_safety.sources.feed import AreaRows, FeedSettings, PointRows, RawFile
from geo_safety.sources.remote import on_this_machine
from geo_safety.tally import tallied

if TYPE_CHECKING:
    from geo_safety.partition_store import PartitionStore

Outcome = PointRows | AreaRows | SourceError


def read_partition(file: RawFile, settings: FeedSettings, *, code: str = "") -> Outcome:
    """What does one file of a feed hold? A file that cannot be read gives its error, so that all of them are named.

    Parameters
    ----------
    code : str
        `code_version` of the program that asks; a worker that runs another one refuses.

    Raises
    ------
    ConfigError
        If this worker runs other code.
    """
    check_same_code(code)
    try:
        with on_this_machine(file) as local:
            rows = SOURCES[settings.kind].read(local, settings)
    except SourceError as error:
        return error
    if isinstance(rows, AreaRows):
        return rows
    return tallied(_without_rows(rows) if file.is_superseded else rows)


def read_partitions(
    files: Sequence[RawFile],
    settings: FeedSettings,
    *,
    progress: Progress,
    workers: int = 1,
    pool: Executor | None = None,
    store: PartitionStore | None = None,
) -> list[Outcome]:
    """What do the files of a feed hold, in their order?

    Parameters
    ----------
    files : sequence of RawFile
        The feed's files.
    workers : int
        Threads that read them.
    pool : Executor, optional
        What reads them instead of threads: the workers of a cluster.
    store : PartitionStore, optional
        Where files that were read before are found. Each of the others is put there as soon as it is read, so that
        the run after a killed one goes on from there.

    Returns
    -------
    list
        The same whatever read them, and in which order.
    """
    sizes = _sizes(files)
    keys = [None if store is None else store.key(file, settings) for file in files]
    found: dict[int, Outcome] = {}
    # A kept file may turn out to be damaged: then a second round reads it.
    unread = [place for place, key in enumerate(keys) if store is None or key is None or not store.holds(key)]
    while len(found) < len(files):
        unread.sort(key=lambda place: -sizes[place])  # so that no worker is left with a long one at the end
        known = "" if len(unread) == len(files) else f" of {len(files):,}, the others are known"
        text = f"Reading {settings.name}: files {len(unread):,}{known}"
        with _reading([files[place] for place in unread], settings, pool, workers=workers) as futures:
            if store is not None and not found:  # the known ones are fetched while the others are read
                waiting = set(unread)
                found = _kept(store, {place: key for place, key in enumerate(keys) if key and place not in waiting})
            size_of = {future: sizes[place] for future, place in zip(futures, unread, strict=True)}
            place_of = dict(zip(futures, unread, strict=True))
            total = sum(size_of.values())
            for future in progress.over(as_completed(futures), text, total=total, size=size_of.__getitem__):
                place = place_of[future]
                outcome = found[place] = future.result()
                key = keys[place]
                if store is not None and key is not None and not isinstance(outcome, SourceError):
                    store.put(key, outcome)
        unread = [place for place in range(len(files)) if place not in found]
    return [found[place] for place in range(len(files))]


def _kept(store: PartitionStore, key_of_place: Mapping[int, str]) -> dict[int, Outcome]:
    """Entries that the store holds, without those that are damaged."""
    entries = ((place, store.get(key)) for place, key in key_of_place.items())
    return {place: entry for place, entry in entries if entry is not None}


@contextmanager
def _reading(
    files: Sequence[RawFile], settings: FeedSettings, pool: Executor | None, *, workers: int
) -> Iterator[list[Future[Outcome]]]:
    """The reading of these files, begun; what has not started when something fails is not started any more."""
    used = pool or ThreadPoolExecutor(max_workers=max(1, workers))
    code = "" if pool is None else code_version()
    futures = [used.submit(read_partition, file, settings, code=code) for file in files]
    try:
        yield futures
    finally:
        for future in futures:
            future.cancel()
        if pool is None:
            used.shutdown()


def _sizes(files: Sequence[RawFile]) -> list[int]:
    """Bytes of each file; members of one archive share its size."""
    members = Counter(file.path for file in files)
    sizes = {path: path.stat().st_size for path in members}
    return [max(sizes[file.path] // members[file.path], 1) for file in files]


def _without_rows(rows: PointRows) -> PointRows:
    """A superseded file, of which nothing but its number of rows is wanted."""
    none = slice(0, 0)
    return replace(
        rows,
        repeated=0,
        quarantined=(),
        longitude=rows.longitude[none],
        latitude=rows.latitude[none],
        location=rows.location[none],
        month=rows.month[none],
        category=rows.category[none],
        categories=(),
        weight=None if rows.weight is None else rows.weight[none],
        date=None if rows.date is None else rows.date[none],
    )
