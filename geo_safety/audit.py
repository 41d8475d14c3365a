"""The audit log: who read what of partners' and exact figures; one line of JSON a read, one file a day.

A day's file is only ever added to, by any number of processes, a line at a time; files older than the days to keep
are deleted. No key is in it, only the ids of keys.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geo_safety.errors import AuditError

FOLDER = "audit"
KEPT_DAYS = 400
"""A year, and a month to look at it."""

_NAME = re.compile(r"^audit-(\d{4}-\d{2}-\d{2})\.jsonl$")


class AuditLog:
    """Where reads are written down.

    Parameters
    ----------
    state : Path
        The state folder of a folder of releases.
    kept_days : int
        Older files are deleted.
    """

    def __init__(self, state: Path, *, kept_days: int = KEPT_DAYS) -> None:
        self.folder = state / FOLDER
        self.kept_days = kept_days
        self._day = ""

    def write(self, record: Mapping[str, Any], *, now: dt.datetime) -> None:
        """Add one line; the day's first line deletes what is too old.

        Raises
        ------
        AuditError
            It could not be written. Whoever is about to send what has to be written down must not.
        """
        day = f"{now.astimezone(dt.UTC):%Y-%m-%d}"
        line = json.dumps({"time": now.astimezone(dt.UTC).isoformat(timespec="milliseconds"), **record}) + "\n"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / f"audit-{day}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
            if day != self._day:
                self._day = day
                self._delete_before(now.date() - dt.timedelta(days=self.kept_days))
        except OSError as error:
            raise AuditError(
                f"The audit log {self.folder} cannot be written ({error.strerror}).",
                "Make room, or mend the folder's rights: keys open nothing until then.",
            ) from error

    def _delete_before(self, first_kept: dt.date) -> None:
        for path in self.folder.iterdir():
            name = _NAME.match(path.name)
            if name and dt.date.fromisoformat(name.group(1)) < first_kept:
                path.unlink(missing_ok=True)


def read_audit(state: Path, *, key: str | None = None, since: dt.date | None = None) -> Iterator[dict[str, Any]]:
    """The lines of the log in order of time, those of one key or from one day on if wanted."""
    folder = state / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = _NAME.match(path.name)
        if name is None or (since is not None and dt.date.fromisoformat(name.group(1)) < since):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if key is None or record.get("key") == key:
                yield record
