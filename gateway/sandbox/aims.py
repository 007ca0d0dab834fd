"""What the self-test's attempts aim at, and what all of them use. The standard library only, as a child imports this.

Nothing here knows the numbers and the rules that the filter is made of: a mistake there has to be found by this.
"""

import ctypes
import os
import socket
import struct
from collections.abc import Callable
from typing import Final, TypedDict

MAIN: Final = "main"
CHILD: Final = "child"
EARLIER: Final = "earlier thread"
WHO: Final = (MAIN, CHILD, EARLIER)
"""Who tries: the thread that asks, a process that it starts, a thread that was there before the filter."""

DEADLINE_S: Final = 2
"""For one attempt. Refusals come at once; what is slower was let through, as nobody is slow on a loopback."""
SOCKADDR_BYTES: Final = 16
"""Of `struct sockaddr_in`."""
LIBC: Final = ctypes.CDLL(None, use_errno=True)

type Address = tuple[str, int]


class Aims(TypedDict):
    """What one of `WHO` tries to reach; `gateway.sandbox.targets.Targets` makes it."""

    tcp: Address
    tcp6: Address | None
    udp: Address
    dns: Address
    unix: str
    unix_datagram: str
    abstract: str
    abstract_datagram: str
    listeners: dict[str, int]
    """Descriptors of listening sockets to be spoiled, by the name of the attempt that does it."""
    process: int
    """Of another process, whose memory and descriptors are wanted."""


class NotHereError(Exception):
    """This machine does not have what the attempt needs, so there is nothing to try."""


type Attempt = Callable[[Aims, bytes], None]
"""Returns if it got through, having shown its mark where there is somebody to see it. Raises OSError, NotHereError."""


def mark(who: str, name: str) -> bytes:
    """Return what an attempt sends, by which a canary knows it. Also a valid label of a domain name."""
    return f"{who} {name}".replace(" ", "-").encode()


def checked(result: int) -> int:
    """Return what a function of the C library returned. Raises OSError where that means that it failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def sockaddr(address: Address) -> bytes:
    """Return an IPv4 address as the kernel takes it."""
    host, port = address
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)


def new_socket(family: int, kind: int, protocol: int = 0) -> socket.socket:
    """Return a socket whose calls keep the deadline. Raises OSError."""
    return limited(socket.socket(family, kind, protocol))


def limited(sock: socket.socket) -> socket.socket:
    """Have the kernel keep the deadline of a socket's calls; it stays a blocking one, which fast open needs."""
    deadline = struct.pack("ll", DEADLINE_S, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, deadline)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, deadline)
    return sock
