"""The numbers of system calls as the kernel's own headers have them."""

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from gateway.sandbox.syscalls import AARCH64, Architecture

PACKAGE: Final = "linux-libc-dev"
FOLDERS: Final = (Path("/usr/include"), Path("/usr/include/x86_64-linux-gnu"))
GENERIC: Final = "asm-generic/unistd.h"
"""What aarch64 has; Debian puts it there on every machine."""
OF_X86_64: Final = "asm/unistd_64.h"


@cache
def numbers(machine: Architecture) -> dict[str, int]:
    """Return all calls that the headers know; the test is skipped where there are no headers."""
    name = GENERIC if machine is AARCH64 else OF_X86_64
    for folder in FOLDERS:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="ascii")
            found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", text, re.MULTILINE)
            return {call: int(number) for call, number in found if call not in ("syscalls", "arch_specific_syscall")}
    pytest.skip(f"no {name} here: sudo apt-get install {PACKAGE} (on a machine of that kind, for asm/)")
