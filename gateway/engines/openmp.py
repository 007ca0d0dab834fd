"""How many threads a library computes with that does not let one choose. Knows OpenMP, and no model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LIMIT: Final = "OMP_THREAD_LIMIT"


@contextmanager
def one_thread() -> Iterator[None]:
    """Have each OpenMP that is loaded during the block, with the library that brings it, run everything in one thread.

    It reads its limit once, when it is loaded. What is loaded before or afterwards has an OpenMP of its own and is not
    concerned. Silero's would take four threads for each stream, which wait for each other on fewer cores: a frame of
    32 ms took it 2 ms and up to 10, with one thread 0.2 ms.
    """
    before = os.environ.get(LIMIT)
    os.environ[LIMIT] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[LIMIT]
        else:
            os.environ[LIMIT] = before
