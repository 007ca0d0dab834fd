"""What the self-test of the voice process tries to reach: canaries, which its parent opens and looks at afterwards."""

import os
import socket
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from time import time
from typing import Final, Self

from gateway.sandbox.aims import WHO, Address, Aims, mark
from gateway.sandbox.attempts import ATTEMPTS
from gateway.sandbox.ways_out import SPOILING

MARK_BYTES: Final = 512
"""What is read of one visitor: the longest mark, in a query for a name, many times over."""
MOST_VISITORS: Final = 256
"""How many of one canary's visitors are looked at: several times as many as there are attempts."""
FOLDER_PREFIX: Final = "local-voice-canary-"
"""Of the folder that UNIX sockets need, among all that is temporary on this machine."""
STALE_S: Final = 3600.0
"""So old is no folder that is in use: canaries are up for the seconds that a start takes."""
CONNECTED_S: Final = 5.0
"""For a connection to a listener of our own, which the kernel makes at once."""
_DNS_HEADER_BYTES: Final = 12
_STREAM, _DATAGRAM = "stream", "datagram"
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where the canaries are; plain enough to be sent as JSON."""

    tcp: Address
    tcp6: Address | None
    """None where the machine does not speak IPv6 with itself."""
    udp: Address
    dns: Address
    unix: str
    unix_datagram: str
    abstract: str
    abstract_datagram: str
    listeners: dict[str, dict[str, int]]
    """Inherited descriptors of listening sockets that an attempt spoils, by who tries it and the attempt."""
    processes: tuple[int, ...]
    """Those that must not be touched; the first is the one that is tried in every way."""
    program: tuple[str, ...]
    """Files and folders that must not be written."""
    secrets: tuple[str, ...]
    """Files that must not be read."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Return the inherited ones, all of them: to be left open until the self-test has run."""
        return tuple(descriptor for listeners in self.listeners.values() for descriptor in listeners.values())

    def aims(self, who: str) -> Aims:
        """Return what is for one of `WHO`."""
        return {
            "tcp": self.tcp,
            "tcp6": self.tcp6,
            "udp": self.udp,
            "dns": self.dns,
            "unix": self.unix,
            "unix_datagram": self.unix_datagram,
            "abstract": self.abstract,
            "abstract_datagram": self.abstract_datagram,
            "listeners": self.listeners[who],
            "process": self.processes[0],
        }


def own_program() -> tuple[Path, ...]:
    """Return some of what this program is made of: ours, the libraries and Python, each a folder and a file of it."""
    ours, libraries = Path(__file__).parent, Path(sysconfig.get_path("purelib"))
    python = Path(sys.executable).resolve()
    return (ours, Path(__file__), libraries, next(libraries.glob("*/__init__.py")), python.parent, python)


def remove_stale() -> None:
    """Remove the folders of canaries whose process was killed; of this user, and if nothing else is in them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or not ours after all: it stays
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and time() - found.st_mtime > STALE_S:
                for path in (folder / _STREAM, folder / _DATAGRAM):
                    if path.is_socket():
                        path.unlink()
                folder.rmdir()


class Canary:
    """The targets, open as long as this context is; in the parent of the process that tests itself.

    They are as easy to reach as can be, for any user, so that it is not their doing if nothing comes.
    """

    def __init__(
        self, *, processes: Sequence[int], program: Sequence[Path] | None = None, secrets: Sequence[Path] = ()
    ) -> None:
        """`processes` has at least one. `program` is some of ours, of the libraries and Python, if it is not given."""
        self._open = ExitStack()
        self._reached: set[str] = set()
        self._processes, self._secrets = tuple(processes), tuple(map(str, secrets))
        self._program = tuple(map(str, own_program() if program is None else program))
        self._visited: dict[str, socket.socket] = {}
        self.targets: Targets
        """What the other process needs to know."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the other process has to inherit."""
        return self.targets.descriptors

    def __enter__(self) -> Self:
        """Open them. Raises OSError."""
        with ExitStack() as opening:
            self.targets = self._opened(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close and remove them all."""
        self._open.close()

    @property
    def reached(self) -> tuple[str, ...]:
        """What has come so far: the attempts by name (`child tcp`), or the canary where it came without a mark."""
        for canary, sock in self._visited.items():
            self._reached |= {_named(data) or canary for data in _visitors(sock)}
        return tuple(sorted(self._reached))

    def _opened(self, opening: ExitStack) -> Targets:
        remove_stale()
        folder = Path(opening.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)))
        folder.chmod(0o711)  # its name cannot be guessed: who was told it may pass

        def new(canary: str, family: int, kind: int, address: Address | str) -> socket.socket:
            sock = opening.enter_context(socket.socket(family, kind))
            sock.bind(address)
            if kind == socket.SOCK_STREAM:
                sock.listen()
            sock.setblocking(False)
            self._visited[canary] = sock
            return sock

        def new_unix(canary: str, kind: int, address: str) -> str:
            new(canary, socket.AF_UNIX, kind, address)
            if not address.startswith("\0"):
                Path(address).chmod(0o666)
            return address

        tcp6 = None
        with suppress(OSError):
            tcp6 = _address(new("tcp v6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)))
        secret = token_hex(8)
        return Targets(
            tcp=_address(new("tcp", socket.AF_INET, socket.SOCK_STREAM, (_LOOPBACK, 0))),
            tcp6=tcp6,
            udp=_address(new("udp", socket.AF_INET, socket.SOCK_DGRAM, (_LOOPBACK, 0))),
            dns=_address(new("dns", socket.AF_INET, socket.SOCK_DGRAM, (_LOOPBACK, 0))),
            unix=new_unix("unix", socket.SOCK_STREAM, str(folder / _STREAM)),
            unix_datagram=new_unix("unix datagram", socket.SOCK_DGRAM, str(folder / _DATAGRAM)),
            abstract=new_unix("abstract unix", socket.SOCK_STREAM, f"\0lv-{secret}-stream"),
            abstract_datagram=new_unix("abstract unix datagram", socket.SOCK_DGRAM, f"\0lv-{secret}-datagram"),
            listeners={who: {name: _listener(opening) for name in SPOILING} for who in WHO},
            processes=self._processes,
            program=self._program,
            secrets=self._secrets,
        )


def _listener(opening: ExitStack) -> int:
    """Return the descriptor of a listening socket at which somebody waits already."""
    sock = opening.enter_context(socket.create_server((_LOOPBACK, 0)))
    opening.enter_context(socket.create_connection(sock.getsockname(), timeout=CONNECTED_S))
    return sock.fileno()


def _address(sock: socket.socket) -> Address:
    host, port = sock.getsockname()[:2]
    return host, port


def _visitors(sock: socket.socket) -> Iterator[bytes]:
    """Return what each visitor of a canary has brought, without waiting."""
    for _ in range(MOST_VISITORS):
        try:
            if sock.type == socket.SOCK_DGRAM:
                yield sock.recv(MARK_BYTES)
            else:
                yield _brought(sock.accept()[0])
        except BlockingIOError:
            return


def _brought(visitor: socket.socket) -> bytes:
    with visitor:
        visitor.setblocking(False)
        try:
            return visitor.recv(MARK_BYTES)
        except OSError:
            return b""


def _named(data: bytes) -> str | None:
    """Return the attempt whose mark this is, alone or as the first label of the name in a DNS query."""
    length_at, label_at = _DNS_HEADER_BYTES, _DNS_HEADER_BYTES + 1
    label = data[label_at : label_at + data[length_at]] if len(data) > length_at else b""
    return _MARKS.get(data) or _MARKS.get(label)


_MARKS: Final = {mark(who, name): f"{who} {name}" for who in WHO for name in ATTEMPTS}
