"""The owner's end of the ledger's socket: what `local-voice ledger` says to a running gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from gateway.broker.owner_link import NoGatewayError, out_of_order
from gateway.errors import LinkError
from gateway.processes.ledger_words import Answer, Asked, AskLedger, LedgerSays
from gateway.processes.words import LARGEST_BYTES
from gateway.wire.owners_lines import LEDGER_SOCKET, SEND_S, connect

OWNER: Final = "owner"
"""Who asks on this socket, whatever is said on it."""
CONNECT_S: Final = 5.0
ANSWER_S: Final = 120.0
"""A correction is tried on everything that was right before: on a Raspberry Pi that may take a minute."""

_SAYS: Final = msgspec.json.Decoder(LedgerSays)


class LedgerLink:
    """A connection to the running gateway's ledger. One question at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = count(1)

    async def ask(self, question: Asked) -> tuple[Answer, bytes]:
        """Return the answer, and the sound that goes with it. Raises LinkError, also where there is no answer."""
        number = next(self._numbers)
        try:
            async with asyncio.timeout(SEND_S):
                self._writer.write(msgspec.json.encode(AskLedger(id=number, by=OWNER, question=question)) + b"\n")
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise _gone() from error
        said = await self._hear()
        if said.id != number:
            raise out_of_order()
        if said.answer is None:
            raise LinkError(said.message or f"the ledger does not answer ({said.error})")
        return said.answer, said.sound

    async def _hear(self) -> LedgerSays:
        try:
            async with asyncio.timeout(ANSWER_S):
                line = await self._reader.readline()
        except TimeoutError as error:
            raise LinkError(f"the ledger did not answer within {ANSWER_S:.0f} seconds; try again") from error
        except (OSError, ValueError) as error:
            raise _gone() from error
        if not line.endswith(b"\n"):
            raise _gone()
        try:
            return _SAYS.decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise out_of_order() from error


@asynccontextmanager
async def ledger_link(folder: Path) -> AsyncIterator[LedgerLink]:
    """Hold a connection to the ledger of the gateway that keeps `folder`.

    Raises LinkError: NoGatewayError where none runs.
    """
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await connect(folder, LEDGER_SOCKET, limit=LARGEST_BYTES)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NoGatewayError("no gateway of this user is running on this machine") from error
    except (OSError, TimeoutError) as error:
        why = getattr(error, "strerror", None) or "no answer in time"
        raise LinkError(
            f"the ledger of the gateway in {folder} is not reached ({why}); is it another user's?"
        ) from error
    try:
        yield LedgerLink(reader, writer)
    finally:
        writer.transport.abort()


def _gone() -> LinkError:
    return LinkError("the ledger has ended, or the gateway that kept it; try again")
