"""Being a peer no more, because the satellite's owner wants it so."""

import asyncio
from importlib.metadata import version
from typing import Final

from gateway.errors import LinkError, ProtocolError
from gateway.satellite.known_gateways import KnownGateway
from gateway.wire.broker_words import FROM_BROKER, Leave
from gateway.wire.dial import dial
from gateway.wire.messages import PROTOCOL_VERSION, Greeting, Hello

PATH: Final = "/broker"
ANSWER_S: Final = 10.0
"""A gateway greets at once, and writes a file before it lets go."""


async def leave(gateway: KnownGateway) -> None:
    """Tell the gateway that this satellite is its peer no more.

    Raises LinkError where it did not hear that, TrustError where we are no peer of it any more.
    """
    try:
        async with (
            asyncio.timeout(ANSWER_S),
            dial(gateway.broker, PATH, FROM_BROKER, pin=gateway.broker_pin, token=gateway.broker_token) as channel,
        ):
            channel.say(Hello(protocol=PROTOCOL_VERSION, version=version("local-voice")))
            if not isinstance(await channel.hear(), Greeting):
                raise LinkError(f"{gateway.broker} did not greet")
            channel.say(Leave())
            if await channel.hear() is not None:  # the connection's end is the answer
                raise LinkError(f"{gateway.broker} did not let this satellite go")
    except (TimeoutError, ProtocolError) as error:
        raise LinkError(f"{gateway.broker} did not answer in time") from error
