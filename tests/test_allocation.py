"""A command keeps its memory: fewer interruptions, the same results, and nothing changed where glibc is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from geo_safety.allocation import keep_memory

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


def faults(way: str) -> tuple[int, str]:
    said = subprocess.run([sys.executable, "-c", FAULTS, way], capture_output=True, text=True, check=True).stdout
    number, pool = said.split()
    return int(number), pool


@pytest.mark.skipif(not GLIBC, reason="the allocator of this system is not glibc's")
def test_memory_that_was_freed_is_used_again_without_an_interruption_per_page() -> None:
    kept, pool = faults("kept")
    plain, _ = faults("plain")
    assert pool == "system"
    assert kept * 4 < plain


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_memory() is False
