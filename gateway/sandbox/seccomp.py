"""The filter of system calls: the one layer that every Linux has, and the one that the claim rests on.

It is a list of what is refused, which leaves a process with the descriptors that it was given: it can accept, read and
write, start threads and programs; it can not connect, listen, send to an address, look into another process, or give
itself another namespace. Everything that it starts has the filter, too, and nobody can take it off.

A filter sees the numbers that a call is made with, and never what a pointer points to. Hence what is refused is more
than one would think:

- A datagram socket, even of the UNIX kind, may be given an address inside the structure that `sendmsg` points to.
- A listener or an accepted connection that was inherited becomes a fresh socket by `connect(AF_UNSPEC)`.
- TCP Fast Open connects by sending, so that a flag of `sendto` and `sendmsg` is refused.
- `clone3` has its flags in a structure: it is answered as by a kernel without it, and C libraries then use `clone`.
- What is newer than the list, and what might be a way out one day, is answered like that, too.
"""

import ctypes
import errno
import socket
import struct
import termios
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.sandbox.kernel import give_no_new_privileges, system_call
from gateway.sandbox.syscalls import NEWEST, Architecture, architecture

TIOCLINUX: Final = 0x541C
NEW_NAMESPACES: Final = 0x7E02_0000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET, as `clone` takes them."""
X32_CALLS: Final = 0x4000_0000
"""Where the numbers of x86-64's third kind of calls begin, which pass for 64-bit ones; no other number is so large."""
SECCOMP_SET_MODE_FILTER: Final = 1
SECCOMP_FILTER_FLAG_TSYNC: Final = 1


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Bits of an argument, of which one is set."""

    argument: int
    bits: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """An argument that is one of these, as the kernel reads it: an `int`."""

    argument: int
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """An argument that is none of these, where the bits in `ignoring` do not matter; an `int`, too."""

    argument: int
    values: Sequence[int]
    ignoring: int = 0


@dataclass(frozen=True, slots=True)
class NotNull:
    """A pointer that points to something."""

    argument: int


type Condition = AnyOf | OneOf | NoneOf | NotNull


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is answered with an error: always, or where any of the conditions holds."""

    call: str
    when: Sequence[Condition] = ()
    error: int = errno.EPERM


UNIX_STREAMS: Final = (
    NoneOf(0, (socket.AF_UNIX,)),
    NoneOf(1, (socket.SOCK_STREAM, socket.SOCK_SEQPACKET), ignoring=socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK),
)
"""What a socket may not be; both kinds that are left ignore an address when they send."""

REFUSALS: Final = (
    # New connections.
    Refusal("socket", when=UNIX_STREAMS),
    Refusal("socketpair", when=UNIX_STREAMS),
    Refusal("connect"),
    Refusal("bind"),
    Refusal("listen"),
    Refusal("sendto", when=(NotNull(4), AnyOf(3, socket.MSG_FASTOPEN))),
    Refusal("sendmsg", when=(AnyOf(2, socket.MSG_FASTOPEN),)),
    Refusal("sendmmsg"),
    # Making any call without making it.
    Refusal("io_uring_setup"),
    Refusal("io_uring_enter"),
    Refusal("io_uring_register"),
    Refusal("bpf"),
    # Other processes: their memory, their descriptors, and what is typed into them.
    Refusal("ptrace"),
    Refusal("process_vm_readv"),
    Refusal("process_vm_writev"),
    Refusal("process_madvise"),
    Refusal("pidfd_getfd"),
    Refusal("kcmp"),
    Refusal("perf_event_open"),
    Refusal("userfaultfd"),
    Refusal("ioctl", when=(OneOf(1, (termios.TIOCSTI, TIOCLINUX)),)),
    # Namespaces: another network, or to be root of one's own.
    Refusal("setns"),
    Refusal("unshare"),
    Refusal("clone", when=(AnyOf(0, NEW_NAMESPACES),)),
    Refusal("clone3", error=errno.ENOSYS),
    # File systems, some of which are on the network.
    Refusal("mount"),
    Refusal("umount2"),
    Refusal("pivot_root"),
    Refusal("fsopen"),
    Refusal("fsconfig"),
    Refusal("fsmount"),
    Refusal("fspick"),
    Refusal("move_mount"),
    Refusal("mount_setattr"),
    Refusal("open_tree"),
    Refusal("open_tree_attr"),
    # Keys: asked for one, the kernel starts a program outside that may look up a name.
    Refusal("add_key"),
    Refusal("request_key"),
    Refusal("keyctl"),
)


def install_filter() -> None:
    """Put the filter on this process, all its threads, and all that it will ever start; there is no way back.

    Raises OSError where the kernel refuses, and where it has none for this machine.
    """
    code = program(architecture())
    instructions = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(code) // INSTRUCTION.size, ctypes.addressof(instructions))
    )
    give_no_new_privileges()
    thread = system_call("seccomp", SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, ctypes.addressof(header))
    if thread:
        raise OSError(errno.EBUSY, f"thread {thread} has a filter of its own, and cannot be given ours")


def program(machine: Architecture) -> bytes:
    """Return the filter for one architecture, as the kernel takes it: a program for its packet filter."""
    return b"".join(
        (
            *(_load(_ARCHITECTURE), *_if(_EQUAL, machine.audit, otherwise=_KILL)),
            _load(_NUMBER),
            *_if_not(_AT_LEAST, X32_CALLS, otherwise=_error(errno.EPERM)),
            *_if_not(_MORE_THAN, NEWEST, otherwise=_error(errno.ENOSYS)),
            *(instruction for refusal in REFUSALS for instruction in _refuse(refusal, machine)),
            _ALLOW,
        )
    )


# From here on: instructions. Each part either ends the program or goes on behind itself; behind the first three, the
# call's number is in the accumulator, as a part that loads anything else ends the program.

INSTRUCTION: Final = struct.Struct("<HBBI")
"""Operation, how many instructions to skip where it holds and where it does not, and a number."""
_LOAD, _AND, _EQUAL, _MORE_THAN, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where they are in `struct seccomp_data`, from which the filter reads."""
_ALL_BITS = 0xFFFF_FFFF


def _instruction(operation: int, number: int, *, if_so: int = 0, if_not: int = 0) -> bytes:
    return INSTRUCTION.pack(operation, if_so, if_not, number)


_ALLOW = _instruction(_RETURN, 0x7FFF_0000)
_KILL = _instruction(_RETURN, 0x8000_0000)
"""The whole process: it made calls of another architecture, which nothing of ours does."""


def _error(number: int) -> bytes:
    return _instruction(_RETURN, 0x0005_0000 | number)


def _load(offset: int) -> bytes:
    return _instruction(_LOAD, offset)


def _low_half(argument: int) -> bytes:
    return _load(_ARGUMENTS + 8 * argument)


def _high_half(argument: int) -> bytes:
    return _load(_ARGUMENTS + 8 * argument + 4)


def _if(test: int, number: int, *, otherwise: bytes) -> Iterable[bytes]:
    return (_instruction(test, number, if_so=1), otherwise)


def _if_not(test: int, number: int, *, otherwise: bytes) -> Iterable[bytes]:
    return (_instruction(test, number, if_not=1), otherwise)


def _refuse(refusal: Refusal, machine: Architecture) -> Iterable[bytes]:
    answer = _error(refusal.error)
    parts = [part for condition in refusal.when for part in _answered(condition, answer)]
    parts.append(_ALLOW if refusal.when else answer)
    return (_instruction(_EQUAL, machine.number(refusal.call), if_not=len(parts)), *parts)


def _answered(condition: Condition, answer: bytes) -> Iterable[bytes]:
    """Return what ends with `answer` where the condition holds, and goes on behind itself where it does not."""
    match condition:
        case AnyOf(argument, bits):
            return (_low_half(argument), *_if_not(_ANY_BIT, bits, otherwise=answer))
        case OneOf(argument, values):
            tests = (part for value in values for part in _if_not(_EQUAL, value, otherwise=answer))
            return (_low_half(argument), *tests)
        case NoneOf(argument, values, ignoring):
            behind = range(len(values), 0, -1)  # how far it is from each test to what comes after the answer
            tests = (_instruction(_EQUAL, value, if_so=far) for value, far in zip(values, behind, strict=True))
            return (_low_half(argument), _instruction(_AND, _ALL_BITS ^ ignoring), *tests, answer)
        case NotNull(argument):
            halves = (_low_half(argument), _high_half(argument))
            return tuple(part for half in halves for part in (half, *_if(_EQUAL, 0, otherwise=answer)))
