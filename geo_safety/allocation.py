"""How the program asks the system for memory: a command that works and ends keeps what it has had, a service gives back.

A run makes and drops arrays of some megabytes by the hundred. By default glibc's allocator hands each back to the
kernel and asks for it again, and each page of four kilobytes interrupts the program when it is first touched: 47,000
times on the main path over London, a tenth and more of its time.

A service makes replies in many threads. By default each thread has its own stock, and what one has freed another does
not use: under load and with a new release every eight seconds two workers' memory went from 0.67 to 1.13 GB in 90
seconds, though nothing held it; given back, from 0.61 to 0.66, at the same number of replies.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8
"""Names and numbers of glibc's `malloc.h`; mallopt(3) says what each does."""
LARGEST_PIECES = (32 << 20, 1 << 30)
"""Bytes up to which freed memory is kept. Some versions of glibc refuse the second: then the first stands."""
GIVEN_BACK = 256 << 10
"""Bytes from which a service gives each freed piece back at once."""
NEVER = (1 << 31) - 1
SELDOM = 50_000, 20, 100
"""New objects, and rounds, after which Python looks for those that only hold one another."""
PIECE = 64 << 20
HEAD_START = 256 << 20
"""Bytes of addresses taken at once; only what is touched becomes memory."""
HUGE_PAGE = 2 << 20


def keep_memory() -> bool:
    """Let this process keep the memory that it frees, and take it in huge pages where the system has them.

    For commands that work and end, and before anything imports pyarrow, which is told to share this memory. Python
    looks seldom for objects that only hold one another: a command makes few of them, and each look goes through the
    tens of thousands of polygons and names that stay.

    Returns
    -------
    bool
        False where the allocator is not glibc's (macOS, Windows, Alpine): how it works was not changed.
    """
    gc.set_threshold(*SELDOM)
    libc = _glibc()
    if libc is None:
        return False
    libc.mallopt(M_ARENA_MAX, 1)
    for size in LARGEST_PIECES:
        libc.mallopt(M_MMAP_THRESHOLD, size)
    libc.mallopt(M_TRIM_THRESHOLD, NEVER)
    libc.mallopt(M_TOP_PAD, PIECE)
    _prefer_huge_pages(libc)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    return True


def give_memory_back() -> bool:
    """Let this process and those that it starts give freed memory back to the system: for a service, before pyarrow.

    Returns
    -------
    bool
        False where the allocator is not glibc's: nothing was changed.
    """
    libc = _glibc()
    if libc is None:
        return False
    libc.mallopt(M_ARENA_MAX, 1)
    libc.mallopt(M_MMAP_THRESHOLD, GIVEN_BACK)
    libc.mallopt(M_TRIM_THRESHOLD, 4 * GIVEN_BACK)
    # Worker processes read the same from their environment, when they begin.
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(GIVEN_BACK))
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(4 * GIVEN_BACK))
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    return True


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None


def _prefer_huge_pages(libc: ctypes.CDLL) -> None:
    libc.malloc.restype = ctypes.c_void_p
    start = libc.malloc(ctypes.c_size_t(HEAD_START))
    if start is None:  # the system grants less than that: it is tight on memory, and pages stay small
        return
    first = -(-start // HUGE_PAGE) * HUGE_PAGE
    libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(HEAD_START - HUGE_PAGE), mmap.MADV_HUGEPAGE)
    libc.free(ctypes.c_void_p(start))
