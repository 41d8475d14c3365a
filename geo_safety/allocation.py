"""How a command that works and ends asks the system for memory: seldom, in large pieces, and it keeps what it has had.

A run makes and drops arrays of some megabytes by the hundred. By default glibc's allocator hands each back to the
kernel and asks for it again, and each page of four kilobytes interrupts the program when it is first touched: 47,000
times on the main path over London, a tenth and more of its time.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8
"""Names and numbers of glibc's `malloc.h`; mallopt(3) says what each does."""
LARGEST_PIECES = (32 << 20, 1 << 30)
"""Bytes up to which freed memory is kept. Some versions of glibc refuse the second: then the first stands."""
NEVER = (1 << 31) - 1
PIECE = 64 << 20
HEAD_START = 256 << 20
"""Bytes of addresses taken at once; only what is touched becomes memory."""
HUGE_PAGE = 2 << 20


def keep_memory() -> bool:
    """Let this process keep the memory that it frees, and take it in huge pages where the system has them.

    For commands that work and end, and before anything imports pyarrow, which is told to share this memory. Never for
    a service: it must give back what a busy minute took.

    Returns
    -------
    bool
        False where the allocator is not glibc's (macOS, Windows, Alpine): nothing was changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return False
    libc.mallopt(M_ARENA_MAX, 1)
    for size in LARGEST_PIECES:
        libc.mallopt(M_MMAP_THRESHOLD, size)
    libc.mallopt(M_TRIM_THRESHOLD, NEVER)
    libc.mallopt(M_TOP_PAD, PIECE)
    _prefer_huge_pages(libc)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    return True


def _prefer_huge_pages(libc: ctypes.CDLL) -> None:
    libc.malloc.restype = ctypes.c_void_p
    start = libc.malloc(ctypes.c_size_t(HEAD_START))
    if start is None:  # the system grants less than that: it is tight on memory, and pages stay small
        return
    first = -(-start // HUGE_PAGE) * HUGE_PAGE
    libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(HEAD_START - HUGE_PAGE), mmap.MADV_HUGEPAGE)
    libc.free(ctypes.c_void_p(start))
