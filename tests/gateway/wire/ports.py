"""A port that really listens, on loopback, for the tests of both its sides."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.wire.channel import Channel, accepted_channel, server_websocket
from gateway.wire.dial import Address
from gateway.wire.identity import Identity, load_or_create_identity
from gateway.wire.listener import Handler, Listener
from gateway.wire.messages import Hello, Refused, Vocabulary
from gateway.wire.port import bind

HOST = "127.0.0.1"
SOON_S = 10.0
WORDS = Vocabulary(Hello, Refused)

type Conversation = Callable[[Channel], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    listener: Listener
    identity: Identity
    address: Address


@asynccontextmanager
async def listening(folder: Path, handlers: dict[str, Handler], *, most: int = 64) -> AsyncIterator[Port]:
    """Listen with an identity in `folder`."""
    identity = load_or_create_identity(folder / "port.pem")
    listener = Listener(bind(HOST, 0), identity.server_context(), handlers, most_connections=most, name="test port")
    listener.start()
    try:
        yield Port(listener=listener, identity=identity, address=Address(host=HOST, port=listener.port))
    finally:
        await listener.close()


def talking(conversation: Conversation, *, messages_per_s: float = 1e9, bytes_per_s: float = 1e12) -> Handler:
    """Return a handler that holds a conversation."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        websocket = server_websocket()
        await websocket.prepare(request)
        channel = accepted_channel(websocket, request, WORDS, messages_per_s=messages_per_s, bytes_per_s=bytes_per_s)
        try:
            await conversation(channel)
        finally:
            await channel.close()
        return websocket

    return handle
