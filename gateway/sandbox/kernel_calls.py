"""Calls that lead round everything else, and sockets that have no canary: only the kernel's answer tells about them.

Each is put so that it harms nobody where it is let through: most have arguments that the kernel itself turns down, by
an error that is not one of a closed way.
"""

import ctypes
import os
import platform
import socket
import struct
from collections.abc import Mapping
from typing import Final

from gateway.sandbox import x32
from gateway.sandbox.aims import LIBC, Aims, Attempt, NotHereError, checked, new_socket

_CLONE_FS: Final = 0x200
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_ECHO_REQUEST: Final = 8
_PTRACE_PEEKDATA: Final = 2
_IO_URING_SETUP: Final = 425
_CLONE3: Final = 435
_PIDFD_GETFD: Final = 438
"""These three have the same number on every machine."""
_BPF: Final = {"x86_64": 321, "aarch64": 280}
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_AF_BLUETOOTH: Final = 31
"""Python has a name for it only where it was built with Bluetooth."""
_IO_URING_PARAMETERS_BYTES: Final = 120


def _icmp(_aims: Aims, shown: bytes) -> None:
    _echo(socket.SOCK_RAW, shown)


def _ping(_aims: Aims, shown: bytes) -> None:
    _echo(socket.SOCK_DGRAM, shown)


def _echo(kind: int, shown: bytes) -> None:
    with new_socket(socket.AF_INET, kind, socket.IPPROTO_ICMP) as sock:
        sock.sendto(struct.pack("!BBHHH", _ECHO_REQUEST, 0, 0, 0, 0) + shown, ("127.0.0.1", 0))


def _packet(_aims: Aims, _shown: bytes) -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()


def _netlink(_aims: Aims, _shown: bytes) -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()


def _vsock(_aims: Aims, _shown: bytes) -> None:
    """From a virtual machine to the one that it runs on."""
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()


def _bluetooth(_aims: Aims, _shown: bytes) -> None:
    socket.socket(_AF_BLUETOOTH, socket.SOCK_RAW).close()


def _listen(_aims: Aims, _shown: bytes) -> None:
    with new_socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(1)


def _unix_listen(_aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(b"\0local-voice-" + shown + os.urandom(8))
        sock.listen(1)


def _io_uring(_aims: Aims, _shown: bytes) -> None:
    os.close(_call(_IO_URING_SETUP, 1, ctypes.create_string_buffer(_IO_URING_PARAMETERS_BYTES)))


def _bpf(_aims: Aims, _shown: bytes) -> None:
    _call(_number(_BPF), 0, None, 0)


def _clone(_aims: Aims, _shown: bytes) -> None:
    """No process may have a user namespace of its own and share its folders with another: the kernel makes none."""
    _call(_number(_CLONE), _CLONE_NEWUSER | _CLONE_FS, None, None, None, None)


def _x32(_aims: Aims, _shown: bytes) -> None:
    """The same machine has another set of numbers for the same calls."""
    if platform.machine() != "x86_64":
        raise NotHereError
    x32.make_socket()


def _clone3(_aims: Aims, _shown: bytes) -> None:
    """What it is to make is not in the call's arguments, where a filter could see it."""
    _call(_CLONE3, None, 0)


def _setns(_aims: Aims, _shown: bytes) -> None:
    checked(LIBC.setns(-1, _CLONE_NEWNET))


def _unshare(_aims: Aims, _shown: bytes) -> None:
    """Only the child, which has one thread, can really do it."""
    checked(LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET))


def _ptrace(aims: Aims, _shown: bytes) -> None:
    checked(LIBC.ptrace(_PTRACE_PEEKDATA, aims["process"], None, None))


def _pidfd_getfd(aims: Aims, _shown: bytes) -> None:
    process = os.pidfd_open(aims["process"])
    try:
        os.close(_call(_PIDFD_GETFD, process, 0, 0))
    finally:
        os.close(process)


def _process_vm_writev(aims: Aims, _shown: bytes) -> None:
    """Write a byte to the address 0 of another process, where nothing is."""
    byte = ctypes.create_string_buffer(1)
    ours, theirs = struct.pack("PN", ctypes.addressof(byte), 1), struct.pack("PN", 0, 1)
    checked(LIBC.process_vm_writev(aims["process"], ours, 1, theirs, 1, 0))


def _number(numbers: Mapping[str, int]) -> int:
    number = numbers.get(platform.machine())
    if number is None:
        raise NotHereError
    return number


def _call(number: int, *arguments: object) -> int:
    return checked(LIBC.syscall(ctypes.c_long(number), *arguments))


CALLS: Final[dict[str, Attempt]] = {
    "raw icmp": _icmp,
    "ping": _ping,
    "packet": _packet,
    "netlink": _netlink,
    "vsock": _vsock,
    "bluetooth": _bluetooth,
    "listen": _listen,
    "unix listen": _unix_listen,
    "io_uring": _io_uring,
    "bpf": _bpf,
    "clone": _clone,
    "clone3": _clone3,
    "x32": _x32,
    "ptrace": _ptrace,
    "pidfd_getfd": _pidfd_getfd,
    "process_vm_writev": _process_vm_writev,
    "setns": _setns,
    "unshare": _unshare,
}
"""Those that only the kernel's answer tells about. `unshare` is the last: what works of it leads away from the rest."""
