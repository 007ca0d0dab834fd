"""Run a command on a kernel that has no filters of system calls, as some are built: `seccomp` is not known to it.

`python -m tests.e2e.without_filters COMMAND…`; it is a filter itself that answers so.
"""

import ctypes
import errno
import os
import struct
import sys
from typing import Final

from gateway.sandbox.kernel import give_no_new_privileges, prctl
from gateway.sandbox.syscalls import architecture

PR_SET_SECCOMP: Final = 22
SECCOMP_MODE_FILTER: Final = 2
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06
"""Of classic BPF: a word of what the filter sees, which has the call's number first; a comparison; the end."""
ALLOWED, NUMBER_OF_ERROR = 0x7FFF_0000, 0x0005_0000


def take_filters_away() -> None:
    """Have this process and all of its children find no `seccomp`. Raises OSError."""
    number = architecture().number("seccomp")
    rules = (
        (LOAD, 0, 0, 0),
        (IF_EQUAL, 0, 1, number),
        (RETURN, 0, 0, NUMBER_OF_ERROR | errno.ENOSYS),
        (RETURN, 0, 0, ALLOWED),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("HP", len(rules), ctypes.addressof(code)))
    give_no_new_privileges()
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program))


if __name__ == "__main__":
    take_filters_away()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - that is what it is for
