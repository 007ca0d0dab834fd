"""A broker that serves until it is killed: its port, its owner's socket, and settings to keep.

It is a server, which forks for each life: starting Python takes longer than a life. It is sent packets on descriptor
`FD`: `FOLDER before|after`, and answers `pid N`, `port N` when there is a broker, and `end` when it was killed. In
between `settings N` is answered with `kept N`. `after` turns round what comes first, the row or what it tells of.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.ballast import Ballast
from gateway.broker.app import Broker
from gateway.broker.audit import Action
from gateway.broker.audit_rows import Detail
from gateway.broker.records import Records
from gateway.offer import SettingsChange
from gateway.wire.identity import load_or_create_identity
from gateway.wire.port import bind

LARGEST_PACKET_BYTES = 4_096


def main(descriptor: int) -> None:
    """Serve until the other end is closed."""
    Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]  # not under test here
    with socket.socket(fileno=descriptor) as link:
        while packet := link.recv(LARGEST_PACKET_BYTES).decode():
            folder, order = packet.rsplit(maxsplit=1)
            if folder == "settings":
                continue  # the broker that was to keep them is dead
            pid = os.fork()
            if pid == 0:
                if order == "after":
                    Records._written_down = _written_down_afterwards  # type: ignore[assignment, method-assign]
                asyncio.run(live(Path(folder), link))
            link.send(f"pid {pid}".encode())
            os.waitpid(pid, 0)
            link.send(b"end")


@contextmanager
def _written_down_afterwards(
    records: Records, actor: str, action: Action, about: str, *, is_urgent: bool = False, **detail: Detail
) -> Iterator[None]:
    yield
    time.sleep(0.002)  # as long as a slow disk takes
    records.audit.append(actor, action, about, is_urgent=is_urgent, **detail)


async def live(folder: Path, link: socket.socket) -> None:
    """Be a broker for ever."""
    broker = Broker(
        folder,
        bind("127.0.0.1", 0),
        load_or_create_identity(folder.parent / "broker.pem"),
        load_or_create_identity(folder.parent / "voice.pem").fingerprint,
        version="1",
        configuration="c",
        tell_voice=lambda _: None,
        show_code=lambda _: None,
    )
    await broker.start()

    def heard() -> None:
        number = link.recv(LARGEST_PACKET_BYTES, socket.MSG_DONTWAIT).decode().split()[1]
        broker.keep_settings(SettingsChange(voice=number))
        link.send(f"kept {number}".encode())

    asyncio.get_running_loop().add_reader(link, heard)
    link.send(f"port {broker.port}".encode())
    await asyncio.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
