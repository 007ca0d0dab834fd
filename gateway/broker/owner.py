"""The owner's socket: a name in the gateway's folder that only its user may open, for who is at the gateway itself.

One message a line, JSON as on the ports. The folder is locked by the store, so a socket that is found here is a dead
gateway's. All paths go through the folder's descriptor: a socket's own may have no more than 107 bytes.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.broker.audit import AuditError
from gateway.broker.desk import ASKED, Desk
from gateway.broker.membership import Membership
from gateway.broker.records import OWNER, Records
from gateway.broker.watchers import Watchers
from gateway.errors import ConfigError, ProtocolError
from gateway.wire.broker_words import (
    OWNER_TO_BROKER,
    AskProtection,
    OpenPairing,
    PairingClosed,
    Peers,
    ProtectionIs,
    RecordDownload,
    Recorded,
    RevokePeer,
)
from gateway.wire.consent_words import AskConsent
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, Message, Refused, encode, name_of
from gateway.wire.owners_lines import OWNER_SOCKET, SEND_S, hang_up, next_line, socket_path

MOST_CONNECTIONS: Final = 8
"""A person has a few terminals."""
QUIET_S: Final = 360.0
"""A pairing window, and a little."""

_LOG = logging.getLogger(__name__)


class OwnerSocket:
    """Serves the owner."""

    def __init__(self, membership: Membership, records: Records, watchers: Watchers, desk: Desk, folder: Path) -> None:
        """`records` are those of `folder`."""
        self._membership = membership
        self._desk = desk
        self._records = records
        self._watchers = watchers
        self._folder = folder
        self._folder_fd = records.peers.folder_fd
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises ConfigError."""
        self._server = await asyncio.start_unix_server(
            self._accepted, sock=self._bind(), limit=LARGEST_MESSAGE_BYTES, cleanup_socket=False
        )

    async def close(self) -> None:
        """Listen no more, and end every connection."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        self._unlink()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    def _bind(self) -> socket.socket:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._unlink()
            bound.bind(socket_path(self._folder_fd, OWNER_SOCKET))
            Path(socket_path(self._folder_fd, OWNER_SOCKET)).chmod(0o600)  # before it listens nobody can connect
        except OSError as error:
            bound.close()
            path = self._folder / OWNER_SOCKET
            raise ConfigError(f"{path}: cannot be made ({error.strerror}); choose another place for it") from error
        return bound

    def _unlink(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(OWNER_SOCKET, dir_fd=self._folder_fd)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MOST_CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(message: Message) -> None:
            if not writer.is_closing():
                writer.write(encode(message) + b"\n")

        async def say_patiently(message: Message) -> None:
            say(message)
            async with asyncio.timeout(SEND_S):
                await writer.drain()

        try:
            while line := await next_line(reader, within_s=QUIET_S):
                try:
                    message = OWNER_TO_BROKER.decode(line)
                    if isinstance(message, (AskConsent, *ASKED)):
                        await self._desk.answer(message, OWNER, say_patiently)
                    elif isinstance(message, RevokePeer):
                        self._membership.revoke(message.peer_id, by=OWNER)
                        await self._desk.cut()
                        say(Peers(peers=self._membership.peers()))
                    else:
                        self._answer(message, say)
                except ProtocolError as error:
                    say(Refused(code=error.refusal, message=str(error), about=error.about))
                async with asyncio.timeout(SEND_S):
                    await writer.drain()
        except TimeoutError, ConnectionError:
            writer.transport.abort()
        finally:
            await hang_up(writer, within_s=SEND_S)

    def _answer(self, message: Message, say: Callable[[Message], None]) -> None:
        match message:
            case OpenPairing():

                def tell_closed(closed: PairingClosed) -> None:
                    say(closed)

                say(self._membership.open_window(message.role, message.area, tell_closed, by=OWNER))
            case AskProtection():
                say(self._protection())
            case RecordDownload():
                say(self._recorded(message))
            case _:
                say(Peers(peers=self._membership.peers()))

    def _protection(self) -> ProtectionIs:
        if self._watchers.protection is None:
            message = "the process that hears has not started yet; wait until the gateway is ready"
            raise ProtocolError("not_known", message, about=name_of(AskProtection))
        return self._watchers.protection

    def _recorded(self, message: RecordDownload) -> Recorded:
        try:
            return Recorded(row=self._records.record_download(message.model, message.host))
        except AuditError as error:
            _LOG.error("download of %s: %s", message.model, error)
            raise ProtocolError("not_stored", f"nothing is fetched: {error}", about=name_of(RecordDownload)) from error
