"""What this process has used so far, as the kernel counts it: processor time and memory."""

import ctypes
import time
from pathlib import Path

KIB = 1024
_MALLINFO2 = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"
)  # fmt: skip


def cpu_s() -> float:
    """Return the processor time of all threads: other programs on the machine do not add to it."""
    return time.process_time()


def queued_for_processor_s() -> float:
    """Return for how long this thread could have run so far, and no processor was free."""
    _, queued_ns, _ = Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()
    return int(queued_ns) / 1e9


def resident_mib() -> float:
    """Return how much memory is resident now, shared libraries included."""
    return _status_kib("VmRSS") / KIB


def in_use_mib() -> float:
    """Return how much of the C library's memory is in use, what it merely keeps left out; 0 with another than glibc."""
    mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo2 is None:
        return 0.0
    mallinfo2.restype = _Mallinfo2
    info = mallinfo2()
    return float(info.uordblks + info.hblkhd) / KIB / KIB


class _Mallinfo2(ctypes.Structure):
    """As in malloc.h."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in _MALLINFO2)


def peak_mib() -> float:
    """Return the most memory that was ever resident."""
    return _status_kib("VmHWM") / KIB


def _status_kib(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0])
    raise OSError(f"/proc/self/status has no {field}")
