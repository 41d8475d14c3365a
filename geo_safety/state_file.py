"""A list kept in the state folder as JSON: changed by one process at a time, written back whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def held(state: Path, name: str) -> Iterator[list[dict[str, Any]]]:
    """The list of one file, to be changed in place; readable by its owner only.

    Parameters
    ----------
    state : Path
        The state folder; made where it is absent.
    name : str
        The file's name in it.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state / name
    with (state / f".{name}.lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        before = path.read_text(encoding="utf-8") if path.exists() else "[]"
        kept: list[dict[str, Any]] = json.loads(before)
        was = json.dumps(kept)
        try:
            yield kept
        finally:
            if json.dumps(kept) != was:
                aside = path.with_name(f".{name}.new-{os.getpid()}")
                aside.touch(mode=0o600)
                aside.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
                aside.replace(path)
