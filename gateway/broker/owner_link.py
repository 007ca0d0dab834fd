"""The owner's end of the owner's socket: what `local-voice pair` and `local-voice peers` say to a running gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from gateway.errors import LinkError
from gateway.wire.broker_words import BROKER_TO_OWNER
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, Message, Refused, encode
from gateway.wire.owners_lines import OWNER_SOCKET, SEND_S, connect

ANSWER_S: Final = 5.0
"""A gateway that is loading its models answers within two."""


class NoGatewayError(LinkError):
    """No gateway runs here."""


class OwnerLink:
    """A connection to the running gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, message: Message) -> Message:
        """Say something and return the answer. Raises LinkError, also for a refusal."""
        try:
            async with asyncio.timeout(SEND_S):
                self._writer.write(encode(message) + b"\n")
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise _gone() from error
        return await self.hear(ANSWER_S)

    async def hear(self, within_s: float) -> Message:
        """Return what the gateway says next. Raises LinkError, also for a refusal."""
        try:
            async with asyncio.timeout(within_s):
                line = await self._reader.readline()
        except TimeoutError as error:
            raise LinkError(f"the gateway did not answer within {within_s:.0f} seconds; try again") from error
        except (OSError, ValueError) as error:
            raise _gone() from error
        if not line.endswith(b"\n"):
            raise _gone()
        message = BROKER_TO_OWNER.decode(line)
        if isinstance(message, Refused):
            raise LinkError(message.message)
        return message


@asynccontextmanager
async def owner_link(folder: Path) -> AsyncIterator[OwnerLink]:
    """Hold a connection to the gateway that keeps `folder`. Raises LinkError: NoGatewayError where none runs."""
    try:
        async with asyncio.timeout(SEND_S):
            reader, writer = await connect(folder, OWNER_SOCKET, limit=LARGEST_MESSAGE_BYTES)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NoGatewayError(
            "no gateway of this user is running on this machine; start it with `local-voice serve`"
        ) from error
    except (OSError, TimeoutError) as error:
        why = getattr(error, "strerror", None) or "no answer in time"
        raise LinkError(f"the gateway in {folder} is not reached ({why}); is it another user's?") from error
    try:
        yield OwnerLink(reader, writer)
    finally:
        writer.transport.abort()


def answer_of[M: Message](kind: type[M], message: Message) -> M:
    """Return the gateway's answer, which has to be of this kind. Raises LinkError."""
    if not isinstance(message, kind):
        raise out_of_order()
    return message


def out_of_order() -> LinkError:
    """Return what is said of a gateway that answers something else."""
    return LinkError("the gateway answered out of order; is it of the same version? start it again")


def _gone() -> LinkError:
    return LinkError("the gateway has ended, or does not listen any more; start it with `local-voice serve`")
