"""The numbers of Linux's system calls, of those that this package calls or refuses. Knows no more about them."""

import errno
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple


class Numbers(NamedTuple):
    """One call's, on each architecture."""

    x86_64: int
    aarch64: int


NUMBERS: Final[Mapping[str, Numbers]] = {
    "add_key": Numbers(248, 217),
    "bind": Numbers(49, 200),
    "bpf": Numbers(321, 280),
    "clone": Numbers(56, 220),
    "clone3": Numbers(435, 435),
    "connect": Numbers(42, 203),
    "fsconfig": Numbers(431, 431),
    "fsmount": Numbers(432, 432),
    "fsopen": Numbers(430, 430),
    "fspick": Numbers(433, 433),
    "io_uring_enter": Numbers(426, 426),
    "io_uring_register": Numbers(427, 427),
    "io_uring_setup": Numbers(425, 425),
    "ioctl": Numbers(16, 29),
    "kcmp": Numbers(312, 272),
    "keyctl": Numbers(250, 219),
    "landlock_add_rule": Numbers(445, 445),
    "landlock_create_ruleset": Numbers(444, 444),
    "landlock_restrict_self": Numbers(446, 446),
    "listen": Numbers(50, 201),
    "mount": Numbers(165, 40),
    "mount_setattr": Numbers(442, 442),
    "move_mount": Numbers(429, 429),
    "open_tree": Numbers(428, 428),
    "open_tree_attr": Numbers(467, 467),
    "perf_event_open": Numbers(298, 241),
    "pidfd_getfd": Numbers(438, 438),
    "pivot_root": Numbers(155, 41),
    "process_madvise": Numbers(440, 440),
    "process_vm_readv": Numbers(310, 270),
    "process_vm_writev": Numbers(311, 271),
    "ptrace": Numbers(101, 117),
    "request_key": Numbers(249, 218),
    "seccomp": Numbers(317, 277),
    "sendmmsg": Numbers(307, 269),
    "sendmsg": Numbers(46, 211),
    "sendto": Numbers(44, 206),
    "setns": Numbers(308, 268),
    "socket": Numbers(41, 198),
    "socketpair": Numbers(53, 199),
    "umount2": Numbers(166, 39),
    "unshare": Numbers(272, 97),
    "userfaultfd": Numbers(323, 282),
}
"""As in the kernel's `arch/x86/entry/syscalls/syscall_64.tbl` and `scripts/syscall.tbl`."""
NEWEST: Final = 469
"""`file_setattr`, of Linux 6.17: the last call there was when the list of those to refuse was made. On both."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of processor, as the kernel sees it."""

    name: str
    """As in `Numbers`, and as `uname -m` has it."""
    audit: int
    """`AUDIT_ARCH_…`: how the kernel tells a filter by whose numbers a call was made."""

    def number(self, call: str) -> int:
        """Return the number of a call that is in `NUMBERS`."""
        return int(getattr(NUMBERS[call], self.name))


X86_64: Final = Architecture("x86_64", 0xC000_003E)
AARCH64: Final = Architecture("aarch64", 0xC000_00B7)


def architecture() -> Architecture:
    """Return the one that this process runs on. Raises OSError where it is none of ours."""
    machine = os.uname().machine
    for known in (X86_64, AARCH64):
        if machine == known.name and sys.maxsize > 1 << 32:  # a program of 32 bits makes other calls
            return known
    bits = sys.maxsize.bit_length() + 1
    raise OSError(errno.ENOSYS, f"{machine} with a Python of {bits} bits: only 64 bits on x86_64 and aarch64 are known")
