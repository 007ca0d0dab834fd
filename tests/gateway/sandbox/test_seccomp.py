"""The filter's program on both architectures, run by a small machine of our own; and its limits."""

import errno
import socket
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.seccomp import REFUSALS, program
from gateway.sandbox.syscalls import AARCH64, NEWEST, NUMBERS, X86_64, Architecture
from tests.gateway.sandbox.bpf import ALLOWED, KILLED, answer
from tests.gateway.sandbox.headers import numbers

EPERM, ENOSYS = errno.EPERM, errno.ENOSYS
BOTH: Final = [X86_64, AARCH64]
PROGRAMS: Final = {machine: program(machine) for machine in BOTH}
on_both = pytest.mark.parametrize("machine", BOTH, ids=lambda machine: machine.name)

AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64 = 0x4000_0003, 0x4000_0028, 0xC000_00F3
X32: Final = 0x4000_0000
CLOEXEC, NONBLOCK = socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK
UNIX, STREAM, DATAGRAM, RAW, SEQPACKET = 1, 1, 2, 3, 5
INET, NETLINK, INET6, PACKET, ALG, VSOCK = 2, 16, 10, 17, 38, 40
POINTER: Final = 0x7FFE_0000_1000
HIGH_POINTER: Final = 0x7FFE_0000_0000
"""Whose lower half is 0."""
FAST_OPEN: Final = 0x2000_0000
NO_SIGNAL: Final = 0x4000
GARBAGE: Final = 0xDEAD_BEEF_0000_0000
"""In the upper half of an argument that the kernel takes as an `int`, which it ignores."""
JUST_A_THREAD: Final = 0x3D_0F00
JUST_A_FORK: Final = 0x0120_0011
VFORK: Final = 0x4111

TABLE: Final = [
    # Sockets: only of the UNIX kind, and only those that cannot send to an address.
    *(("socket", (UNIX, kind | extra, 0), ALLOWED) for kind in (STREAM, SEQPACKET) for extra in (0, CLOEXEC, NONBLOCK)),
    ("socket", (GARBAGE | UNIX, GARBAGE | STREAM | CLOEXEC | NONBLOCK, 0), ALLOWED),
    *(("socket", (UNIX, kind | extra, 0), EPERM) for kind in (0, DATAGRAM, RAW, 4, 6) for extra in (0, CLOEXEC)),
    *(
        ("socket", (family, kind, 0), EPERM)
        for family in (0, INET, INET6, NETLINK, PACKET, ALG, VSOCK)
        for kind in (STREAM, DATAGRAM, RAW, SEQPACKET)
    ),
    ("socket", (INET, STREAM, 262), EPERM),  # MPTCP
    ("socket", (GARBAGE | INET, STREAM, 0), EPERM),
    ("socket", (UNIX, GARBAGE | DATAGRAM, 0), EPERM),
    ("socketpair", (UNIX, STREAM | CLOEXEC, 0, POINTER), ALLOWED),
    ("socketpair", (UNIX, SEQPACKET, 0, POINTER), ALLOWED),
    ("socketpair", (UNIX, DATAGRAM | NONBLOCK, 0, POINTER), EPERM),
    ("socketpair", (INET, STREAM, 0, POINTER), EPERM),
    # Connecting and listening, whatever with.
    *((call, arguments, EPERM) for call in ("connect", "bind", "listen") for arguments in ((), (3, POINTER, 16))),
    # Sending: to nobody but whom the socket is connected with.
    ("sendto", (3, POINTER, 9, NO_SIGNAL, 0, 0), ALLOWED),
    ("sendto", (3, POINTER, 9, 0, POINTER, 16), EPERM),
    ("sendto", (3, POINTER, 9, 0, HIGH_POINTER, 16), EPERM),
    ("sendto", (3, POINTER, 9, 0, 1, 0), EPERM),
    ("sendto", (3, POINTER, 9, FAST_OPEN | NO_SIGNAL, 0, 0), EPERM),
    ("sendto", (3, POINTER, 9, GARBAGE | FAST_OPEN, 0, 0), EPERM),
    ("sendmsg", (3, POINTER, NO_SIGNAL), ALLOWED),
    ("sendmsg", (3, POINTER, FAST_OPEN), EPERM),
    ("sendmsg", (3, POINTER, FAST_OPEN | NO_SIGNAL), EPERM),
    ("sendmmsg", (3, POINTER, 1, 0), EPERM),
    # What was handed over is used.
    *((call, (3, POINTER, 9), ALLOWED) for call in ("accept", "accept4", "read", "write", "recvfrom", "recvmsg")),
    *((call, (3, POINTER, 9), ALLOWED) for call in ("setsockopt", "getsockopt", "getpeername", "shutdown", "close")),
    # Calls made by others for us; other processes; other namespaces; mounts; keys.
    *((refusal.call, (), EPERM) for refusal in REFUSALS if not refusal.when and refusal.call != "clone3"),
    # Typing into the terminal that we came from.
    *(("ioctl", (0, request, POINTER), EPERM) for request in (0x5412, GARBAGE | 0x5412, 0x541C)),
    *(("ioctl", (0, request, POINTER), ALLOWED) for request in (0x5401, 0x5413, 0x5421, 0x541B, 0x5451)),
    # Threads and programs are started as usual; namespaces are not.
    *(("clone", (flags, 0), ALLOWED) for flags in (JUST_A_THREAD, JUST_A_FORK, VFORK, 17)),
    *(("clone", (JUST_A_FORK | 1 << bit, 0), EPERM) for bit in (17, 25, 26, 27, 28, 29, 30)),
    ("clone", (JUST_A_FORK | 0x7E02_0000, 0), EPERM),
    ("clone3", (POINTER, 88), ENOSYS),
    *((call, (POINTER,), ALLOWED) for call in ("execve", "execveat", "wait4", "exit_group", "kill", "pidfd_open")),
    # What models, event loop and C library need.
    *((call, (POINTER, 1, 2, 3), ALLOWED) for call in ("mmap", "mprotect", "madvise", "futex", "sched_setaffinity")),
    *((call, (POINTER, 1, 2, 3), ALLOWED) for call in ("openat", "eventfd2", "epoll_create1", "epoll_pwait", "pipe2")),
    *((call, (POINTER, 1, 2, 3), ALLOWED) for call in ("memfd_create", "getrandom", "clock_nanosleep", "seccomp")),
]


def answered(machine: Architecture, call: str, arguments: tuple[int, ...]) -> str | int:
    number = machine.number(call) if call in NUMBERS else numbers(machine)[call]
    return answer(PROGRAMS[machine], machine.audit, number, arguments)


@on_both
@pytest.mark.parametrize(("call", "arguments", "expected"), TABLE)
def test_each_call_gets_its_answer(
    machine: Architecture, call: str, arguments: tuple[int, ...], expected: str | int
) -> None:
    assert answered(machine, call, arguments) == expected


def test_every_refusal_is_in_the_table() -> None:
    refused = {call for call, _, expected in TABLE if expected != ALLOWED}
    assert {refusal.call for refusal in REFUSALS} == refused


def test_what_the_issue_names_is_refused_whatever_the_arguments() -> None:
    always = {refusal.call for refusal in REFUSALS if not refusal.when}
    assert always >= {"connect", "bind", "listen", "sendmmsg", "ptrace", "bpf", "pidfd_getfd", "setns", "unshare"}
    assert always >= {"process_vm_readv", "process_vm_writev", "io_uring_setup", "io_uring_enter", "io_uring_register"}


@on_both
def test_calls_that_are_not_on_the_list_are_let_through(machine: Architecture) -> None:
    listed = {machine.number(refusal.call) for refusal in REFUSALS}
    others = [number for number in range(NEWEST + 1) if number not in listed]
    assert {answer(PROGRAMS[machine], machine.audit, number, (POINTER,) * 6) for number in others} == {ALLOWED}


@on_both
def test_calls_that_are_newer_than_the_list_are_answered_as_by_an_older_kernel(machine: Architecture) -> None:
    for number in (NEWEST + 1, *range(512, 548), 548, 1_000, X32 - 1):
        assert answer(PROGRAMS[machine], machine.audit, number) == ENOSYS


@on_both
def test_calls_of_the_third_kind_are_refused(machine: Architecture) -> None:
    """x86-64's x32, whose calls come with the architecture of the 64-bit ones; and the numbers below 0."""
    for call in (*range(600), NEWEST, X32 - 1):
        assert answer(PROGRAMS[machine], machine.audit, X32 | call) == EPERM
    assert answer(PROGRAMS[machine], machine.audit, -1) == EPERM


@on_both
@pytest.mark.parametrize("audit", [AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64, 0])
def test_calls_of_another_architecture_end_the_process(machine: Architecture, audit: int) -> None:
    """There the numbers mean other calls: i386's `socketcall` is x86-64's `getuid`."""
    other = X86_64 if machine is AARCH64 else AARCH64
    for number in range(600):
        assert answer(PROGRAMS[machine], audit, number) == KILLED
        assert answer(PROGRAMS[machine], other.audit, number) == KILLED


Word = st.one_of(
    st.integers(0, (1 << 64) - 1), st.sampled_from([0, 1, 2, 5, 10, FAST_OPEN, POINTER, HIGH_POINTER, CLOEXEC])
)
Words = st.tuples(Word, Word, Word, Word, Word, Word)


def is_unix_stream(words: tuple[int, ...]) -> bool:
    family, kind = (word & 0xFFFF_FFFF for word in words[:2])
    return family == UNIX and kind & ~(CLOEXEC | NONBLOCK) in (STREAM, SEQPACKET)


@given(machine=st.sampled_from(BOTH), words=Words)
def test_whatever_the_arguments_no_other_socket_is_made(machine: Architecture, words: tuple[int, ...]) -> None:
    expected = ALLOWED if is_unix_stream(words) else EPERM
    assert {answered(machine, call, words) for call in ("socket", "socketpair")} == {expected}


@given(machine=st.sampled_from(BOTH), words=Words)
def test_whatever_the_arguments_nothing_is_sent_to_an_address(machine: Architecture, words: tuple[int, ...]) -> None:
    _, _, message_flags, flags, address, _ = words
    assert (answered(machine, "sendto", words) == ALLOWED) == (address == 0 and not flags & FAST_OPEN)
    assert (answered(machine, "sendmsg", words) == ALLOWED) == (not message_flags & FAST_OPEN)


@given(machine=st.sampled_from(BOTH), words=Words, number=st.integers(-(1 << 31), (1 << 31) - 1))
def test_whatever_the_call_the_filter_answers(machine: Architecture, words: tuple[int, ...], number: int) -> None:
    assert answer(PROGRAMS[machine], machine.audit, number, words) in (ALLOWED, EPERM, ENOSYS)


@on_both
def test_it_is_short(machine: Architecture) -> None:
    assert len(PROGRAMS[machine]) // 8 < 256
