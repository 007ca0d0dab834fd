"""What becomes of memory that a model has freed. Knows the C library, and no model."""

import ctypes
from collections.abc import Mapping

MIB = 1 << 20
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""glibc's names, from malloc.h."""
SETTINGS: Mapping[int, int] = {
    M_MMAP_THRESHOLD: 64 * MIB,  # Whisper's largest block is 54 MB: the attention of one layer over 30 s
    M_TRIM_THRESHOLD: 32 * MIB,  # as much as a command needs, almost: with half of it each takes 10 ms more
    M_ARENA_MAX: 1,  # or every thread that a model ever ran in would keep as much
}


def keep_freed_memory() -> None:
    """Have glibc keep large blocks for the next call; with another C library, do nothing. Call it before threads begin.

    By default each goes back to the kernel when it is freed, and comes again page by page: 80,000 page faults for one
    sentence over 30 s, which are a third of the time that recognition takes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in SETTINGS.items():
            mallopt(parameter, value)


def give_back_freed_memory() -> None:
    """Have glibc give what is free to the kernel; with another C library, do nothing.

    For the moment after models were loaded or replaced, whose memory would be kept like that of a call.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
