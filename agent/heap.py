"""One heap for all threads: glibc gives each its own, and what one of them freed no other takes again.

A pass hands every page from the thread that fetches to the one that stores, so memory grew with the mailbox
(`python -m benchmarks.memory`). Large blocks stay out of the heap: once one was freed, glibc would put the next ones of
its size there, where what lies behind them keeps their room from going back. Elsewhere than on glibc there is nothing
to do.
"""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # malloc.h
_LARGE_BYTES = 128 * 1024  # glibc's own choice before it has freed any


def share_one_heap() -> None:
    """For threads that start from now on; harmless twice."""
    if sys.platform == "linux":
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)
        if set_option is not None:
            set_option(_M_ARENA_MAX, 1)
            set_option(_M_MMAP_THRESHOLD, _LARGE_BYTES)
