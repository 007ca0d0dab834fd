"""A broker that sends one approved request, and is killed at a step of that; or whenever somebody else does it.

It is a server, which forks for each life: starting Python takes longer than a life. It is sent packets on descriptor
`FD`: `FOLDER text|sound STEP`, and answers `pid N`, then `waits ID HASH NONCE` right before it says yes to what waits,
`over` when it outlived that, and `end` when it was killed. The steps are those of `STEPS`.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gateway.ballast import Ballast
from gateway.broker import egress
from gateway.broker.audit import Action
from gateway.broker.audit_chain import StoredRow
from gateway.broker.audit_database import AuditDatabase
from gateway.broker.audit_rows import decoded
from gateway.broker.egress import Egress
from gateway.wire.broker_words import AuditHead
from tests.gateway.broker.consenting import PCM, Consenting

LARGEST_PACKET_BYTES: Final = 4_096
LIFE_S: Final = 20.0
LOOK_S: Final = 0.001


def die() -> None:
    """Be no more."""
    os.kill(os.getpid(), signal.SIGKILL)


def before_row(action: Action) -> None:
    """Die before anything of this row is written."""
    add = AuditDatabase.add

    def dying(self: AuditDatabase, row: StoredRow, head: AuditHead, *, consumes: str = "") -> None:
        if _action(row) == action:
            die()
        add(self, row, head, consumes=consumes)

    AuditDatabase.add = dying  # type: ignore[method-assign]


def before_commit(action: Action) -> None:
    """Die when all of this row is written, but not yet for good."""
    add, write_head = AuditDatabase.add, AuditDatabase._write_head
    writing: list[str] = []

    def noting(self: AuditDatabase, row: StoredRow, head: AuditHead, *, consumes: str = "") -> None:
        writing.append(_action(row))
        add(self, row, head, consumes=consumes)

    def dying(self: AuditDatabase, head: AuditHead) -> None:
        write_head(self, head)
        if writing[-1:] == [action]:
            die()

    AuditDatabase.add = noting  # type: ignore[method-assign]
    AuditDatabase._write_head = dying  # type: ignore[method-assign]


def after_row(action: Action) -> None:
    """Die when this row is on disk."""
    add = AuditDatabase.add

    def dying(self: AuditDatabase, row: StoredRow, head: AuditHead, *, consumes: str = "") -> None:
        add(self, row, head, consumes=consumes)
        if _action(row) == action:
            die()

    AuditDatabase.add = dying  # type: ignore[method-assign]


def after(where: object, name: str) -> None:
    """Die when this coroutine has done its work."""
    act = getattr(where, name)

    async def dying(*arguments: Any) -> Any:
        await act(*arguments)
        die()

    setattr(where, name, dying)


def after_bytes(share: float) -> None:
    """Die when so much of the request is handed to the connection."""
    write = asyncio.StreamWriter.write

    def dying(self: asyncio.StreamWriter, data: bytes) -> None:
        write(self, data[: int(len(data) * share)])
        die()

    asyncio.StreamWriter.write = dying  # type: ignore[assignment, method-assign]


STEPS: Final[dict[str, Callable[[], None]]] = {
    "before_approve_row": lambda: before_row(Action.APPROVE),
    "before_approve_commit": lambda: before_commit(Action.APPROVE),
    "after_approve_row": lambda: after_row(Action.APPROVE),
    "after_resolving": lambda: after(egress, "_looked_up"),
    "after_connecting": lambda: after(BaseSelectorEventLoop, "sock_connect"),
    "after_tls": lambda: after(egress, "_connected"),
    "before_send_commit": lambda: before_commit(Action.SEND),
    "after_send_row": lambda: after_row(Action.SEND),
    "after_half_of_the_bytes": lambda: after_bytes(0.5),
    "after_all_bytes": lambda: after_bytes(1.0),
    "before_result_row": lambda: before_row(Action.RESULT),
    "before_result_commit": lambda: before_commit(Action.RESULT),
    "after_result_row": lambda: after_row(Action.RESULT),
    "never": lambda: None,
}


def main(descriptor: int) -> None:
    """Serve until the other end is closed."""
    Ballast.refill = lambda _: None  # type: ignore[assignment, method-assign]  # not under test here
    with socket.socket(fileno=descriptor) as link:
        while packet := link.recv(LARGEST_PACKET_BYTES).decode():
            folder, content, step = packet.rsplit(maxsplit=2)
            pid = os.fork()
            if pid == 0:
                STEPS[step]()
                asyncio.run(live(Path(folder), link, is_sound=content == "sound"))
            link.send(f"pid {pid}".encode())
            os.waitpid(pid, 0)
            link.send(b"end")


async def live(folder: Path, link: socket.socket, *, is_sound: bool) -> None:
    """Have a request wait, say yes to it, and see what becomes of it."""
    house = Consenting(folder, Egress())
    request_id = house.consent.propose_audio("shelf", PCM, language="de") if is_sound else house.propose()
    preview, _ = house.show(request_id)
    link.send(f"waits {request_id} {preview.hash} {preview.nonce}".encode())
    house.approve(preview)
    async with asyncio.timeout(LIFE_S):
        while not house.decided:  # noqa: ASYNC110 - nothing here waits for anything else
            await asyncio.sleep(LOOK_S)
        link.send(b"over")
        await asyncio.sleep(LIFE_S)


def _action(row: StoredRow) -> str:
    said = decoded(row.text)
    assert said is not None
    return said.action


if __name__ == "__main__":
    main(int(sys.argv[1]))
