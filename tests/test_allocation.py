"""A command keeps its memory: fewer interruptions, the same results, and nothing changed where glibc is not."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from geo_safety.allocation import SELDOM, give_memory_back, keep_memory

GLIBC = sys.platform.startswith("linux")

FAULTS = """
import resource, sys
if sys.argv[1] == "kept":
    from geo_safety.allocation import keep_memory
    assert keep_memory()
import pyarrow
def work():
    for _ in range(40):
        pyarrow.py_buffer(bytes(3_000_000)).to_pybytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, pyarrow.default_memory_pool().backend_name)
"""


def said_by(script: str, way: str) -> tuple[int, str]:
    """What a fresh process says, without what services of other tests have told the processes that they start."""
    told = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "ARROW_"))}
    done = subprocess.run([sys.executable, "-c", script, way], capture_output=True, text=True, check=True, env=told)
    number, pool = done.stdout.split()
    return int(number), pool


@pytest.mark.skipif(not GLIBC, reason="the allocator of this system is not glibc's")
def test_memory_that_was_freed_is_used_again_without_an_interruption_per_page() -> None:
    kept, pool = said_by(FAULTS, "kept")
    plain, _ = said_by(FAULTS, "plain")
    assert pool == "system"
    assert kept * 4 < plain


HELD = """
import sys
from geo_safety.allocation import give_memory_back
if sys.argv[1] == "back":
    assert give_memory_back()
import pyarrow
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))
reply = bytearray(30_000_000)  # one large reply: from here on glibc keeps pieces of up to this size
del reply
before, small, large = resident(), [], []
for _ in range(80):  # what a release leaves behind stands between replies that are done
    large.append(bytearray(b"x" * 1_000_000))
    small.append(bytes(bytearray(600)))
large.clear()
print((resident() - before) // 1000, pyarrow.default_memory_pool().backend_name)
"""


@pytest.mark.skipif(not GLIBC, reason="the allocator of this system is not glibc's")
def test_a_service_gives_back_what_replies_took() -> None:
    given_back, pool = said_by(HELD, "back")
    plain, _ = said_by(HELD, "plain")
    assert pool == "system"
    assert given_back < 5, "MB are kept of the 80 that replies took"
    assert plain > 10, "without it: else this test shows nothing"


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, ...]] = []
    monkeypatch.setattr(gc, "set_threshold", lambda *numbers: told.append(numbers))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_memory() is False
    assert told == [SELDOM], "Python's own collector is the same everywhere"
    assert give_memory_back() is False
