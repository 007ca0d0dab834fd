import ctypes
import resource
import subprocess
import sys

import pytest

PROBE = """
import ctypes, resource, sys
from gateway.engines.allocator import keep_freed_memory
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
if sys.argv[1] == "keep":
    keep_freed_memory()
def use():
    block = libc.malloc(24 << 20)
    ctypes.memset(block, 1, 24 << 20)
    libc.free(block)
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROBE, how], check=True, capture_output=True, timeout=60)
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no mallopt")
def test_a_large_block_that_was_freed_is_there_at_once_the_next_time() -> None:
    pages = (24 << 20) // resource.getpagesize()
    assert page_faults("keep") < pages // 100
    assert page_faults("leave") >= page_faults("keep")
