"""The ways out at whose end a canary sits, and sees who got through."""

import ctypes
import errno
import socket
import struct
import threading
from typing import Final

from gateway.sandbox.aims import (
    DEADLINE_S,
    LIBC,
    SOCKADDR_BYTES,
    Address,
    Aims,
    Attempt,
    NotHereError,
    checked,
    limited,
    new_socket,
    sockaddr,
)

_RESOLVER_WAITS_S: Final = 5
"""Longer than the deadline, so that a query that left is told from one that could not."""
_MPTCP: Final = 262

# --- the internet's protocols -------------------------------------------------------------------------------------


def _tcp(aims: Aims, shown: bytes) -> None:
    _connect(new_socket(socket.AF_INET, socket.SOCK_STREAM), aims["tcp"], shown)


def _tcp6(aims: Aims, shown: bytes) -> None:
    if aims["tcp6"] is None:
        raise NotHereError
    _connect(new_socket(socket.AF_INET6, socket.SOCK_STREAM), aims["tcp6"], shown)


def _mptcp(aims: Aims, shown: bytes) -> None:
    _connect(new_socket(socket.AF_INET, socket.SOCK_STREAM, _MPTCP), aims["tcp"], shown)


def _fast_open(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.sendto(shown, socket.MSG_FASTOPEN, tuple(aims["tcp"]))


def _fast_open_sendmsg(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.sendmsg([shown], [], socket.MSG_FASTOPEN, tuple(aims["tcp"]))


def _udp(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(shown, tuple(aims["udp"]))


def _udp_sendmsg(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendmsg([shown], [], 0, tuple(aims["udp"]))


# --- names --------------------------------------------------------------------------------------------------------


def _dns_datagram(aims: Aims, shown: bytes) -> None:
    header = struct.pack("!HHHHHH", 0, 0x0100, 1, 0, 0, 0)
    question = bytes([len(shown)]) + shown + b"\x07invalid\x00" + struct.pack("!HH", 1, 1)
    with new_socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(header + question, tuple(aims["dns"]))


def _dns_name(aims: Aims, shown: bytes) -> None:
    """Look up a name that cannot exist, with the canary as the name server. Raises PermissionError if nothing left.

    What the C library says of a look-up that failed does not tell whether it asked anybody. But nobody answers here:
    if it fails at once it could not ask, and if it waits it has asked.
    """
    answers: list[bool] = []

    def look_up() -> None:
        _ask(aims["dns"])  # holds for the own thread only, so it is set in this one
        try:
            socket.getaddrinfo(f"{shown.decode()}.invalid", 443, socket.AF_INET, socket.SOCK_STREAM)
        except socket.gaierror:
            answers.append(False)
        else:
            answers.append(True)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(DEADLINE_S)
    if answers == [False]:
        raise PermissionError(errno.EPERM, "no name server could be asked")


class _ResolverState(ctypes.Structure):
    """The beginning of glibc's `struct __res_state`."""

    _fields_ = (
        ("wait_s", ctypes.c_int),
        ("tries", ctypes.c_int),
        ("options", ctypes.c_ulong),
        ("servers", ctypes.c_int),
        ("first_server", ctypes.c_char * SOCKADDR_BYTES),
    )


def _ask(server: Address) -> None:
    """Have this thread's resolver ask that server, once; other C libraries than glibc ask whom they always ask."""
    try:
        LIBC.__res_init()  # noqa: SLF001 -- what it is called
        where = LIBC.__res_state  # noqa: SLF001
    except AttributeError:
        return
    where.restype = ctypes.POINTER(_ResolverState)
    state = where().contents
    state.wait_s, state.tries, state.servers = _RESOLVER_WAITS_S, 1, 1
    ctypes.memmove(ctypes.byref(state, _ResolverState.first_server.offset), sockaddr(server), SOCKADDR_BYTES)


# --- sockets that it was given ------------------------------------------------------------------------------------


def _inherited_listener(aims: Aims, shown: bytes) -> None:
    """A listening socket that is told to forget what it was can connect: it needs no `socket()`."""
    sock = _given(aims, LISTENER)
    _forget(sock)
    _connect(sock, aims["tcp"], shown)


def _accepted_socket(aims: Aims, shown: bytes) -> None:
    with _given(aims, ACCEPTED) as listener:
        sock = listener.accept()[0]
    limited(sock)
    _forget(sock)
    _connect(sock, aims["tcp"], shown)


def _shut_listener(aims: Aims, shown: bytes) -> None:
    """`shutdown` makes it forget as well, and fast open then connects it: neither `socket()` nor `connect()`."""
    with _given(aims, SHUT_SENDTO) as sock:
        sock.shutdown(socket.SHUT_RDWR)
        sock.sendto(shown, socket.MSG_FASTOPEN, tuple(aims["tcp"]))


def _shut_listener_sendmsg(aims: Aims, shown: bytes) -> None:
    with _given(aims, SHUT_SENDMSG) as sock:
        sock.shutdown(socket.SHUT_RDWR)
        sock.sendmsg([shown], [], socket.MSG_FASTOPEN, tuple(aims["tcp"]))


def _shut_listener_sendmmsg(aims: Aims, shown: bytes) -> None:
    address = sockaddr(aims["tcp"])
    data, name = ctypes.create_string_buffer(shown), ctypes.create_string_buffer(address)
    vector = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(data), len(shown)))
    message = struct.pack(
        "PI4xPNPNi4xI4x", ctypes.addressof(name), len(address), ctypes.addressof(vector), 1, 0, 0, 0, 0
    )
    with _given(aims, SHUT_SENDMMSG) as sock:
        sock.shutdown(socket.SHUT_RDWR)
        checked(LIBC.sendmmsg(sock.fileno(), ctypes.create_string_buffer(message), 1, socket.MSG_FASTOPEN))


# --- other programs on this machine -------------------------------------------------------------------------------


def _unix(aims: Aims, shown: bytes) -> None:
    _connect(new_socket(socket.AF_UNIX, socket.SOCK_STREAM), aims["unix"], shown)


def _abstract(aims: Aims, shown: bytes) -> None:
    _connect(new_socket(socket.AF_UNIX, socket.SOCK_STREAM), aims["abstract"], shown)


def _unix_sendto(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(shown, aims["unix_datagram"])


def _unix_sendmsg(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendmsg([shown], [], 0, aims["unix_datagram"])


def _unix_raw(aims: Aims, shown: bytes) -> None:
    """The kernel takes a raw socket of this family for a datagram socket."""
    with new_socket(socket.AF_UNIX, socket.SOCK_RAW) as sock:
        sock.sendmsg([shown], [], 0, aims["unix_datagram"])


def _abstract_sendto(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(shown, aims["abstract_datagram"])


def _abstract_sendmsg(aims: Aims, shown: bytes) -> None:
    with new_socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendmsg([shown], [], 0, aims["abstract_datagram"])


def _pair_sendmsg(aims: Aims, shown: bytes) -> None:
    """One of a pair is connected, and yet may send elsewhere."""
    ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with limited(ours), other:
        ours.sendmsg([shown], [], 0, aims["abstract_datagram"])


def _given(aims: Aims, name: str) -> socket.socket:
    """Return the inherited socket of an attempt, which is the attempt's to close."""
    return limited(socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=aims["listeners"][name]))


def _connect(sock: socket.socket, address: Address | str, shown: bytes) -> None:
    with sock:
        sock.connect(address if isinstance(address, str) else tuple(address))
        sock.sendall(shown)


def _forget(sock: socket.socket) -> None:
    """Undo what a TCP socket is connected to, or that it listens: `connect` with AF_UNSPEC."""
    try:
        checked(LIBC.connect(sock.fileno(), bytes(SOCKADDR_BYTES), SOCKADDR_BYTES))
    except OSError:
        sock.close()
        raise


LISTENER: Final = "inherited listener"
ACCEPTED: Final = "accepted socket"
SHUT_SENDTO: Final = "shut listener"
SHUT_SENDMSG: Final = "shut listener sendmsg"
SHUT_SENDMMSG: Final = "shut listener sendmmsg"
SPOILING: Final = (LISTENER, ACCEPTED, SHUT_SENDTO, SHUT_SENDMSG, SHUT_SENDMMSG)
"""The attempts that need a listening socket each, with a connection waiting to be accepted, and leave it useless."""

WAYS: Final[dict[str, Attempt]] = {
    "tcp": _tcp,
    "tcp v6": _tcp6,
    "mptcp": _mptcp,
    "fast open": _fast_open,
    "fast open sendmsg": _fast_open_sendmsg,
    "udp": _udp,
    "udp sendmsg": _udp_sendmsg,
    "dns datagram": _dns_datagram,
    "dns name": _dns_name,
    LISTENER: _inherited_listener,
    ACCEPTED: _accepted_socket,
    SHUT_SENDTO: _shut_listener,
    SHUT_SENDMSG: _shut_listener_sendmsg,
    SHUT_SENDMMSG: _shut_listener_sendmmsg,
    "unix": _unix,
    "unix sendto": _unix_sendto,
    "unix sendmsg": _unix_sendmsg,
    "unix raw": _unix_raw,
    "abstract unix": _abstract,
    "abstract unix sendto": _abstract_sendto,
    "abstract unix sendmsg": _abstract_sendmsg,
    "unix pair": _pair_sendmsg,
}
"""Those that a canary sees."""
