"""What Python has no function for: calls of the kernel, through the C library. Each raises OSError where it is refused.

Arguments are numbers, or the addresses of what `ctypes` holds.
"""

import ctypes
import os
from typing import Final

from gateway.sandbox.syscalls import architecture

PR_SET_PDEATHSIG: Final = 1
PR_GET_PDEATHSIG: Final = 2
PR_SET_DUMPABLE: Final = 4
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
"""From the kernel's `linux/prctl.h`."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_LIBC.capset.argtypes = (ctypes.c_void_p, ctypes.c_void_p)


def system_call(name: str, *arguments: int) -> int:
    """Make a call that is in `syscalls.NUMBERS`."""
    number = architecture().number(name)
    return _checked(_LIBC.syscall(*map(ctypes.c_long, (number, *arguments))), name)


def prctl(option: int, *arguments: int) -> int:
    """Change something of the calling thread; arguments that are not given are 0, as newer options demand."""
    four = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_LIBC.prctl(ctypes.c_int(option), *map(ctypes.c_ulong, four)), "prctl")


def capset(header: ctypes.Array[ctypes.c_uint32], sets: ctypes.Array[ctypes.c_uint32]) -> None:
    """Set the calling thread's capabilities."""
    _checked(_LIBC.capset(ctypes.addressof(header), ctypes.addressof(sets)), "capset")


def give_no_new_privileges() -> None:
    """Have no program that is started from here get more rights than there are; the filters want that, too."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def _checked(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
