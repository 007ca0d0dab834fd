"""Consent with everything around it: a folder with destinations, clocks to turn, a sender that does as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from gateway.broker.audit import Action
from gateway.broker.audit_rows import AuditRow, decoded
from gateway.broker.consent import Consent
from gateway.broker.decided import Decided
from gateway.broker.destination import Destination
from gateway.broker.egress import Answer, EgressError, Release
from gateway.broker.outgoing import Outgoing
from gateway.broker.records import OWNER, Records
from gateway.broker.sending import Sender
from gateway.wire.consent_words import AddDestination, AllowCloud, Approve, AskPreview, Preview, Refuse

NOW: Final = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
CHAT, TRANSCRIPTION = "chat-service", "transcription-service"
HOST: Final = "cloud.example"
KEY: Final = "sk-canary-of-the-key"
PIN: Final = "canary-of-the-pin"
QUESTION: Final = "canary of the question"
ANSWER: Final = "canary of the answer"
PCM: Final = b"canary of the sound!" * 16
CANARIES: Final = (KEY, PIN, QUESTION, ANSWER, PCM[:20].decode())
"""None of them is ever to be in a row, or in a log record."""
NEVER: Final = "0" * 32
"""A nonce, or the id of a request, that nobody was ever told."""
TURNS: Final = 8
"""Of the event loop: in fewer everything has happened that needs no time."""

type Order = Callable[[Wire], Answer | None]
"""What a sender is told to do: to return an answer, or something else, after which it goes on waiting."""


def chat_service(*, key: str = KEY, url: str = f"https://{HOST}") -> AddDestination:
    return AddDestination(id=1, name=CHAT, kind="chat", url=url, model="m", key=key)


def transcription_service(*, key: str = KEY) -> AddDestination:
    return AddDestination(id=1, name=TRANSCRIPTION, kind="transcription", url=f"https://{HOST}", model="w", key=key)


class Wire:
    """One request on its way out, as who sends it sees it."""

    def __init__(self, destination: Destination, release: Release, *, is_stubborn: bool) -> None:
        self.destination = destination
        self.is_stubborn = is_stubborn
        """Whether it goes on when it is to end at once."""
        self.released: list[bytes] = []
        """What left."""
        self.cuts = 0
        """How often it was to end at once."""
        self._release = release
        self._orders: asyncio.Queue[Order] = asyncio.Queue()

    def release(self) -> None:
        """Do the last thing before the bytes leave; they have left when this returns."""
        self.released.append(self._release())

    def order(self, order: Order) -> None:
        """Have the sender do something when it has time."""
        self._orders.put_nowait(order)

    async def do(self, order: Order) -> None:
        """Have the sender do something, and see what comes of it."""
        self.order(order)
        await turns()

    async def carry(self) -> Answer:
        """Do what is ordered until there is an answer."""
        while True:
            try:
                order = await self._orders.get()
            except asyncio.CancelledError:
                self.cuts += 1
                if self.is_stubborn:
                    continue
                raise
            answer = order(self)
            if answer is not None:
                return answer


def release(wire: Wire) -> None:
    """Send the bytes."""
    wire.release()


def answers(text: str = ANSWER) -> Order:
    """Return what comes back."""
    return lambda _: Answer(status=200, text=text, received_bytes=7)


def fails(reason: str, *, status: int = 0, received_bytes: int = 0) -> Order:
    """Fail as `egress` does."""

    def fail(_: Wire) -> None:
        raise EgressError(reason, f"never in a log: {ANSWER}", status=status, received_bytes=received_bytes)

    return fail


def breaks(_: Wire) -> None:
    """Fail as nobody expects."""
    raise RuntimeError(f"never in a log: {QUESTION}")


class ScriptedSender:
    """Sends nothing but what it is ordered to."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self.is_stubborn = False

    async def send(self, destination: Destination, release: Release) -> Answer:
        """Wait for orders."""
        wire = Wire(destination, release, is_stubborn=self.is_stubborn)
        self.wires.append(wire)
        return await wire.carry()


class Consenting:
    """All of it. Belongs to the event loop that is running when it is made."""

    def __init__(self, folder: Path, sender: Sender | None = None) -> None:
        """Open what is in `folder`; `sender` is another one than the scripted one."""
        self.now = NOW
        self.clock_s = 1_000.0
        self.decided: list[Decided] = []
        self.told = 0
        """How often `state` was another one."""
        self.sender = ScriptedSender()
        self.records = Records(folder, now=lambda: self.now)
        self.consent = Consent(
            self.records,
            sender or self.sender,
            decided=self.decided.append,
            clock=lambda: self.clock_s,
            now=lambda: self.now,
        )
        self.consent.on_change(self._count)

    async def close(self) -> None:
        """Let go of the folder."""
        await self.consent.close()
        self.records.close()

    async def add(self, *destinations: AddDestination) -> None:
        """Add destinations, and switch on."""
        for words in destinations:
            await self.consent.add_destination(words, by=OWNER)
        await self.allow(True)

    async def allow(self, is_allowed: bool) -> None:
        await self.consent.allow(AllowCloud(id=1, is_allowed=is_allowed), by=OWNER)

    def wait(self, seconds: float) -> None:
        """Let time go by, on both clocks."""
        self.clock_s += seconds
        self.now += timedelta(seconds=seconds)

    def propose(self, text: str = QUESTION, satellite_id: str = "shelf") -> str:
        return self.consent.propose_text(satellite_id, text, ())

    def show(self, request_id: str, *, by: str = OWNER) -> tuple[Preview, Outgoing]:
        return self.consent.preview(AskPreview(id=1, request_id=request_id), by=by)

    def approve(self, preview: Preview, *, by: str = OWNER, **changes: str) -> None:
        """Say yes to what was shown, or, with `changes`, to something else."""
        yes = Approve(id=2, request_id=preview.request_id, hash=preview.hash, nonce=preview.nonce)
        self.consent.approve(msgspec.structs.replace(yes, **changes), by=by)

    def refuse(self, request_id: str, *, by: str = OWNER) -> None:
        self.consent.refuse(Refuse(id=3, request_id=request_id), by=by)

    async def send(self, text: str = QUESTION, satellite_id: str = "shelf", *, by: str = OWNER) -> tuple[str, Wire]:
        """Have a request proposed, shown, and approved; return its id, and it on its way."""
        request_id = self.propose(text, satellite_id)
        preview, _ = self.show(request_id, by=by)
        self.approve(preview, by=by)
        await turns()
        return request_id, self.sender.wires[-1]

    def rows(self, *actions: Action) -> list[AuditRow]:
        """Return the rows of these actions, the oldest first; of any where none is named."""
        rows = filter(None, map(decoded, self.records.audit.rows(0, self.records.audit.head.size)))
        return [row for row in rows if not actions or row.action in actions]

    @property
    def fates(self) -> list[tuple[str, str]]:
        """Of all requests that were decided: their fate and the reason, the oldest first."""
        return [(decided.sent.fate, decided.sent.reason) for decided in self.decided]

    def _count(self) -> None:
        self.told += 1


@asynccontextmanager
async def consenting(folder: Path, *destinations: AddDestination) -> AsyncIterator[Consenting]:
    """Open `folder`, with these destinations in it and the switch on, if there are any."""
    house = Consenting(folder)
    if destinations:
        await house.add(*destinations)
    try:
        yield house
    finally:
        await house.close()


async def turns() -> None:
    """Let happen what needs no time."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
