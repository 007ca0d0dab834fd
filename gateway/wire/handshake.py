"""What every session begins with, `hello` and `greeting`, and how it listens: who may say what, and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.errors import ProtocolError
from gateway.wire.admission import check_may_say
from gateway.wire.channel import Channel
from gateway.wire.messages import PROTOCOL_VERSION, WRONG_VERSION, Greeting, Hello, Message, name_of
from gateway.wire.peers import Peer, Role

HELLO_S: Final = 5.0
"""A peer says it as soon as it is connected."""


async def greet(channel: Channel, peer: Peer, *, gateway_id: str, version: str) -> bool:
    """Hear `hello` and answer with `greeting`; return whether there is a session, or the connection has to end."""
    try:
        async with asyncio.timeout(HELLO_S):
            heard = await channel.hear()
        if heard is None:
            return False
        _check_hello(heard)
    except TimeoutError:
        channel.end = channel.end or "late"
        return False
    except ProtocolError as error:
        channel.refuse(error)
        channel.end = channel.end or error.refusal
        return False
    greeting = Greeting(
        protocol=PROTOCOL_VERSION,
        version=version,
        gateway_id=gateway_id,
        peer_id=peer.id,
        role=peer.role,
        name=peer.name,
    )
    channel.say(greeting)
    return True


async def listen(
    channel: Channel,
    role: Role,
    may_send: tuple[type[Message], ...],
    on_message: Callable[[Message], Awaitable[None]],
    on_sound: Callable[[bytes], None],
) -> None:
    """Hand on what the peer says, of what its role `may_send`, until the connection ends, or has to.

    Either function may raise ProtocolError: what was said is refused, and the peer may go on.
    """
    while (heard := await channel.hear()) is not None:
        try:
            if isinstance(heard, bytes):
                on_sound(heard)
            else:
                check_may_say(role, type(heard), may_send, name_of(type(heard)))
                await on_message(heard)
        except ProtocolError as error:
            channel.refuse(error)


def _check_hello(heard: Message | bytes) -> None:
    if not isinstance(heard, Hello):
        about = "" if isinstance(heard, bytes) else name_of(type(heard))
        raise ProtocolError("out_of_order", "the first message is `hello`", about=about)
    if heard.protocol != PROTOCOL_VERSION:
        raise ProtocolError(
            WRONG_VERSION,
            f"this gateway speaks version {PROTOCOL_VERSION} of the protocol, and you speak {heard.protocol}; "
            "update the older of the two",
            about=name_of(Hello),
        )
