"""A gateway's voice port that says what a test wants it to: real sockets, real TLS, our own limits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from aiohttp import web

from gateway.satellite.known_gateways import KnownGateway
from gateway.wire.admission import Admission
from gateway.wire.channel import Channel, accepted_channel, server_websocket
from gateway.wire.dial import Address
from gateway.wire.identity import Identity, load_or_create_identity
from gateway.wire.listener import Handler, Listener
from gateway.wire.messages import Greeting, Hello, Message
from gateway.wire.peers import Peer, PeerTable, Role, new_token
from gateway.wire.port import bind
from gateway.wire.voice_words import TO_GATEWAY

SOON_S: Final = 5.0


@dataclass(eq=False, slots=True)
class ScriptedSession:
    """One satellite's connection, seen from the gateway."""

    channel: Channel
    frames: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    messages: asyncio.Queue[Message | None] = field(default_factory=asyncio.Queue)
    """What the satellite said; None at the connection's end."""
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.channel.say(message)

    async def next[Said: Message](self, kind: type[Said]) -> Said:
        """Return the next message of a kind; others before it are passed over."""
        async with asyncio.timeout(SOON_S):
            while (message := await self.messages.get()) is not None:
                if isinstance(message, kind):
                    return message
        raise AssertionError(f"the connection ended before any {kind.__name__}")

    async def until[Said: Message](self, wanted: Said) -> list[Message]:
        """Return everything that is said before `wanted`."""
        before: list[Message] = []
        async with asyncio.timeout(SOON_S):
            while (message := await self.messages.get()) != wanted:
                assert message is not None, f"the connection ended after {before}"
                before.append(message)
        return before

    async def frame(self) -> bytes:
        async with asyncio.timeout(SOON_S):
            return await self.frames.get()

    async def serve(self) -> None:
        while (heard := await self.channel.hear()) is not None:
            if isinstance(heard, bytes):
                self.frames.put_nowait(heard)
            else:
                self.messages.put_nowait(heard)
        self.messages.put_nowait(None)
        self.has_ended.set()


class ScriptedGateway:
    """One satellite's gateway: the voice port, and a broker's port for which nobody can be let go."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.identity: Identity = load_or_create_identity(folder / "voice.pem")
        peer_id = "satellite-1"
        token, secret_hash = new_token(peer_id)
        self.peer = Peer(id=peer_id, name="Kitchen", role=Role.SATELLITE, secret_hash=secret_hash)
        self.admission = Admission(PeerTable([self.peer]), frozenset({Role.SATELLITE}))
        self.greeting: Message | None = Greeting(
            protocol=1, version="1", gateway_id="gateway", peer_id=peer_id, role=Role.SATELLITE, name="Kitchen"
        )
        self.sessions: asyncio.Queue[ScriptedSession] = asyncio.Queue()
        self.requests = 0
        self.listener: Listener
        self.start(port)
        self.known = KnownGateway(
            voice=Address(host="127.0.0.1", port=self.listener.port),
            gateway_id="gateway",
            peer_id=peer_id,
            name="Kitchen",
            voice_pin=self.identity.fingerprint,
            broker_pin=bytes(32),
            voice_token=token,
            broker_token=token,
        )

    def start(self, port: int = 0) -> None:
        """Listen; on the port of before where it was closed."""
        self.listener = Listener(
            bind("127.0.0.1", port),
            self.identity.server_context(),
            dict.fromkeys(("/voice", "/broker"), cast("Handler", self._answer)),
            most_connections=8,
            name="test",
        )
        self.listener.start()

    async def session(self) -> ScriptedSession:
        """Return the next satellite that connects."""
        async with asyncio.timeout(SOON_S):
            return await self.sessions.get()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests += 1
        peer = self.admission.admit(request)
        websocket = server_websocket()
        await websocket.prepare(request)
        self.listener.vouch(request)
        channel = accepted_channel(websocket, request, TO_GATEWAY)
        session = ScriptedSession(channel)
        with self.admission.present(peer, channel):
            if isinstance(await channel.hear(), Hello):
                if self.greeting is not None:
                    channel.say(self.greeting)
                self.sessions.put_nowait(session)
                await session.serve()
            await channel.close()
        return websocket


@asynccontextmanager
async def scripted_gateway(folder: Path) -> AsyncIterator[ScriptedGateway]:
    """Serve during the block."""
    gateway = ScriptedGateway(folder)
    try:
        yield gateway
    finally:
        with contextlib.suppress(OSError):
            await gateway.listener.close()
