"""A home at the broker's port, where people see what would leave and decide: it knows the words, and nothing else."""

from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

from gateway.wire.broker_words import FROM_BROKER
from gateway.wire.channel import Channel
from gateway.wire.consent_words import (
    Approve,
    AskPreview,
    ConsentDone,
    ConsentIs,
    DecidedWords,
    Preview,
    PreviewPart,
    WaitingWords,
    WatchConsent,
)
from gateway.wire.messages import Message
from gateway.wire.pairing import Paired
from tests.e2e.serving import Serving
from tests.gateway.server.peers import Peer


class ConsentHome(Peer):
    """It is told how it stands, and says what somebody decides."""

    vocabulary = FROM_BROKER
    path = "/broker"

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self.numbers = count(1)

    @property
    def state(self) -> ConsentIs:
        """How it stands now."""
        return self.all_told(ConsentIs)[-1]

    async def stands(self, is_so: Callable[[ConsentIs], bool]) -> ConsentIs:
        """Return how it stands as soon as it is so."""
        await self.until(lambda: is_so(self.state), "another state")
        return self.state

    async def waiting(self) -> WaitingWords:
        """Return the one request that waits, once it does."""
        (request,) = (await self.stands(lambda state: bool(state.waiting))).waiting
        return request

    async def fate(self, request_id: str) -> DecidedWords:
        """Return what became of a request, once nothing else can."""

        def found(state: ConsentIs) -> list[DecidedWords]:
            return [one for one in state.decided if one.request_id == request_id and one.fate != "sending"]

        (decided,) = found(await self.stands(lambda state: bool(found(state))))
        return decided

    async def shown(self, request_id: str) -> tuple[Preview, bytes]:
        """Return what would be sent, with all of its bytes."""
        number = next(self.numbers)
        self.say(AskPreview(id=number, request_id=request_id))
        preview = await self.told(Preview, which=lambda told: told.id == number)

        def raw() -> bytes:
            return b"".join(b64decode(part.data) for part in self.all_told(PreviewPart) if part.id == number)

        await self.until(lambda: len(raw()) >= preview.size_bytes, "all of the bytes")
        return preview, raw()

    async def approve(self, preview: Preview) -> ConsentDone:
        """Say yes to what was shown; return whether that counts."""
        yes = Approve(
            id=next(self.numbers), request_id=preview.request_id, hash=preview.hash, nonce=preview.nonce, user="ada"
        )
        return await self.done(yes)

    async def done(self, message: Message) -> ConsentDone:
        """Say something that has an id of `numbers`; return its answer."""
        number: int = message.id  # type: ignore[attr-defined]
        self.say(message)
        return await self.told(ConsentDone, which=lambda told: told.id == number)


@asynccontextmanager
async def deciding(served: Serving, home: Paired) -> AsyncIterator[ConsentHome]:
    """Have a paired home connected to the broker during the block, at a point where it knows how it stands."""
    async with ConsentHome.connected(served.broker, pin=home.broker_pin, token=home.broker_token) as consent:
        consent.say(WatchConsent())
        await consent.told(ConsentIs)
        yield consent
