"""Kills a run at many moments and tells what each kill left behind. A script: CONFIG RELEASES SPREAD.

A process of its own, which forks a child for every moment: nothing has to be imported again, and no thread runs
before a fork. It prints one line of JSON a moment; `test_kill.py` judges them. Which moments there are is learnt
from runs that are not killed:

- when our own code calls its n-th function: SPREAD of these, spread evenly over the whole run;
- before and after each file that is made in the folder of releases, when half of it is written, when all of it is,
  and before and after each folder that is made, each rename and both steps of the switch.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, Self

CHANGES = ("mkdir", "open", "rename", "replace", "symlink")
"""Calls of the file system that make or rename something."""

OUR_CODE = f"{os.sep}geo_safety{os.sep}"


class Moments:
    """Counts the moments of a run; at the wanted one the process is killed as if by `kill -9`."""

    def __init__(self, *, kill_at: int | None = None) -> None:
        self.kill_at = kill_at
        self.names: list[str] = []
        self.calls = 0

    def pass_moment(self, name: str) -> None:
        if len(self.names) == self.kill_at:
            kill_myself()
        self.names.append(name)

    def watch_calls(self) -> None:
        def watch(frame: Any, event: str, _argument: object) -> None:
            if event == "call" and OUR_CODE in frame.f_code.co_filename:
                self.calls += 1
                if self.calls == self.kill_at:
                    kill_myself()

        sys.setprofile(watch)

    def watch_files(self, releases: Path) -> None:
        def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def run_call(*arguments: Any, **options: Any) -> Any:
                # The last path is what comes to be: os.rename(from, to), os.symlink(to, at), os.open(at, flags).
                place = str(arguments[1 if name in ("rename", "replace", "symlink") else 0])
                makes = name != "open" or arguments[1] & os.O_CREAT
                if not (makes and place.startswith(str(releases))):
                    return call(*arguments, **options)
                self.pass_moment(f"before {name} {Path(place).name}")
                result = call(*arguments, **options)
                self.pass_moment(f"after {name} {Path(place).name}")
                return result

            return run_call

        for name in CHANGES:
            setattr(os, name, watched(name, getattr(os, name)))
        fdopen = os.fdopen
        os.fdopen = lambda handle, *rest: HalfWritten(fdopen(handle, *rest), self)


class HalfWritten:
    """A file whose every write has a moment in its middle and one at its end."""

    def __init__(self, file: Any, moments: Moments) -> None:
        self.file, self.moments = file, moments

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, data: bytes) -> None:
        half = len(data) // 2
        for part, moment in ((data[:half], "half a write"), (data[half:], "a whole write")):
            self.file.write(part)
            self.file.flush()
            self.moments.pass_moment(moment)


def kill_myself() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives this")


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Do something in a forked child: the signal that ended it (0: none), and what the work gave."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        result = work()
        os.write(send, json.dumps(result).encode())
        os._exit(0)
    os.close(send)
    with open(receive, encoding="utf-8") as pipe:  # noqa: PTH123 - a pipe has no path
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, json.loads(text) if text else None


def names_of_moments(config: Path, releases: Path) -> list[str]:
    moments = Moments()
    moments.watch_files(releases)
    run(config, releases)
    return moments.names


def number_of_calls(config: Path, releases: Path) -> int:
    moments = Moments()
    moments.watch_calls()
    run(config, releases)
    return moments.calls


def look(releases: Path) -> dict[str, Any]:
    """What a reader finds: the current release, proven whole, and its figures."""
    release = current(releases)
    verify(release)
    table = release.table("wards", columns=["theme", "zone_id", "incidents"])
    left_over = sorted(path.name for path in releases.iterdir() if path.name.startswith((".new", ".old")))
    return {"release": release.release_id, "wards": table.to_pydict(), "left_over": left_over}


def aftermath(config: Path, releases: Path) -> dict[str, Any]:
    """What a reader finds after the kill, and after the next run."""
    after = look(releases)
    run(config, releases)
    again = look(releases)
    prune(releases, keep=1)
    return {"after": after, "again": again}


def accounts(config: Path, releases: Path, spread: int) -> Iterator[dict[str, Any]]:
    """One account a moment."""
    in_child(lambda: run(config, releases).release_id)
    _, names = in_child(lambda: names_of_moments(config, releases))
    _, calls = in_child(lambda: number_of_calls(config, releases))
    spread_calls = [round(calls * part / (spread + 1)) for part in range(1, spread + 1)]
    moments = [("watch_calls", call, f"call {call} of {calls}") for call in spread_calls]
    moments += [("watch_files", number, name) for number, name in enumerate(names)]
    _, before = in_child(lambda: look(releases))
    for how, number, name in moments:

        def killed(how: str = how, number: int = number) -> None:
            watch = Moments(kill_at=number)
            watch.watch_calls() if how == "watch_calls" else watch.watch_files(releases)
            run(config, releases)

        signal_number, _ = in_child(killed)
        _, found = in_child(lambda: aftermath(config, releases))
        yield {"moment": name, "signal": signal_number, "before": before, **(found or {})}
        before = found["again"] if found else None


if __name__ == "__main__":
    from geo_safety.pipeline import run
    from geo_safety.release import current, prune, verify

    for account in accounts(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])):
        sys.stdout.write(f"{json.dumps(account)}\n")
