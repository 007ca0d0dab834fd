"""Landlock: which files a process may still open, from the kernel; a further layer, as many systems do not have it.

Each version of it (ABI) knows more rights. All that the kernel knows are taken away, and reading is given back for what
a program of ours needs; so is nothing else that the version knows: no TCP, no signals to processes outside.
"""

import contextlib
import ctypes
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from gateway.sandbox.kernel import give_no_new_privileges, system_call

NEWEST_ABI: Final = 10
"""The last whose rights are known here; a newer kernel knows all of those, too."""
EXECUTE: Final = 1 << 0
WRITE_FILE: Final = 1 << 1
READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3
REMOVE_DIR: Final = 1 << 4
REMOVE_FILE: Final = 1 << 5
MAKE_DIR: Final = 1 << 7
MAKE_REG: Final = 1 << 8
TRUNCATE: Final = 1 << 14
KEEPING: Final = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR
"""What keeping plain files in a folder takes: no links, sockets or devices, and nothing is executed."""
FILES: Final[Mapping[int, int]] = {
    1: (1 << 13) - 1,  # the four above; removing, and making of each kind
    2: 1 << 13,  # linking or moving between folders
    3: 1 << 14,  # truncating
    5: 1 << 15,  # ioctl on devices
    9: 1 << 16,  # reaching UNIX sockets by their path
}
"""Rights on files, and the ABI that first had them."""
NETWORK: Final[Mapping[int, int]] = {
    4: 0b0011,  # TCP: bind, connect
    10: 0b1100,  # UDP: bind, connect or send
}
SCOPES: Final[Mapping[int, int]] = {
    6: 0b11,  # abstract UNIX sockets of others, signals to others
}
LANDLOCK_CREATE_RULESET_VERSION: Final = 1
LANDLOCK_RULE_PATH_BENEATH: Final = 1

SYSTEM: Final = (
    # Programs and libraries.
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/alternatives"),
    # The time here, names of users, what kind of system this is; OpenSSL reads its file before it does anything.
    *("/etc/localtime", "/etc/timezone", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/os-release"),
    *("/etc/locale.alias", "/etc/ssl/openssl.cnf"),
    # The process itself, processor and memory. What it may see of others is for the kernel to say, which says: nothing.
    *("/proc", "/sys"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)
"""What any program may need, and what holds nothing of anybody; not all of /etc, which holds keys."""
WRITABLE: Final = "/dev/null"


def restrict(readable: Sequence[Path], writable: Sequence[Path] = ()) -> int:
    """Let this thread and what it starts read `readable` and the system, keep files in `writable`, open nothing else.

    Return the ABI that is in force: 0 where the kernel has none, or does not let us. What is not there is passed over.
    """
    try:
        abi = system_call("landlock_create_ruleset", 0, 0, LANDLOCK_CREATE_RULESET_VERSION)
        _restrict(abi, readable, writable)
    except OSError:
        return 0
    return abi


def known(rights: Mapping[int, int], abi: int) -> int:
    """Return those of `rights` that an ABI has."""
    return sum(bits for since, bits in rights.items() if since <= abi)


def _restrict(abi: int, readable: Sequence[Path], writable: Sequence[Path]) -> None:
    # struct landlock_ruleset_attr; an older kernel takes the whole of it, as long as what it does not know is 0.
    handled = struct.pack("QQQ", known(FILES, abi), known(NETWORK, abi), known(SCOPES, abi))
    buffer = ctypes.create_string_buffer(handled, len(handled))
    rules = system_call("landlock_create_ruleset", ctypes.addressof(buffer), len(handled), 0)
    try:
        for path in (*map(Path, SYSTEM), *readable):
            _allow(rules, path, READ_FILE | READ_DIR | EXECUTE)
        for folder in writable:
            _allow(rules, folder, KEEPING & known(FILES, abi))
        _allow(rules, Path(WRITABLE), READ_FILE | WRITE_FILE)
        give_no_new_privileges()
        system_call("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    """Allow `rights` on a file, or on a folder and all that is in it; those for folders are left out for a file."""
    with contextlib.suppress(OSError):  # what is not there, or is not to be reached, is not to be read either
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights = rights if path.is_dir() else rights & ~READ_DIR
            rule = struct.pack("=Qi", rights, descriptor)  # struct landlock_path_beneath_attr, which is packed
            buffer = ctypes.create_string_buffer(rule, len(rule))
            system_call("landlock_add_rule", rules, LANDLOCK_RULE_PATH_BENEATH, ctypes.addressof(buffer), 0)
        finally:
            os.close(descriptor)
