"""Somebody takes back what somebody else says yes to, at the same time: after that not a byte comes out any more."""

import asyncio
import os
import random
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic
from typing import Final, cast

import msgspec
import pytest

from gateway.ballast import Ballast
from gateway.broker import cloud_store
from gateway.broker.audit import Action
from gateway.broker.audit_rows import decoded
from gateway.broker.egress import Egress
from gateway.broker.records import OWNER
from gateway.broker.waiting import MINUTE_S
from gateway.errors import ProtocolError
from gateway.wire.consent_words import AddDestination
from tests.clouds import Answer, Authority, Cloud, Tls, chat, transcription
from tests.gateway.broker.consent_world import fast_folder
from tests.gateway.broker.consenting import CHAT, PCM, TRANSCRIPTION, Consenting, chat_service, transcription_service

RACES: Final = 10_000 if "LOCAL_VOICE_FULL" in os.environ else 1_000
KINDS: Final = ("switch", "destination", "key", "withdraw", "peer")
FEWEST: Final = 5
"""Of each hundred races of a kind, so many each side has to win, or they were none."""
HOST: Final = "127.0.0.1"
HOME: Final = "home"
SOUND: Final = PCM * 300
"""Takes a while to leave."""
WINDOW_BYTES: Final = 4_096
"""Of the server: the rest waits in our own machine."""
SLOW_S: Final = 0.000_5
"""Between two reads."""
END_S: Final = 10.0
MEASURED: Final = 3
"""To know when the other side may win; the quickest counts."""
SEED: Final = 20_261_122
TCP_INFO_BYTES: Final = 136
BYTES_RECEIVED_AT: Final = 128
"""Where `tcpi_bytes_received` is in Linux's `struct tcp_info`."""


class Watched(Cloud):
    """A cloud that reads slowly, and the kernel's view of what has come to it."""

    taps: list[socket.socket]

    def _meet(self, link: socket.socket, answer: Answer, tls: Tls, reads_bytes: int | None) -> None:
        self.taps.append(link.dup())  # which can be looked at when `link` is closed
        super()._meet(link, answer, tls, reads_bytes)

    def _read(self, met: socket.socket, reads_bytes: int | None) -> bytes:
        return super()._read(cast("socket.socket", Slow(met)), reads_bytes)

    def come(self) -> list[int]:
        """Return how many bytes have come on each connection, read or not, encrypted as they are."""
        return [_received(tap) for tap in self.taps]

    def is_idle(self) -> bool:
        """Whether nobody is connected."""
        return not self._open

    def forget(self) -> None:
        """Let go of what was watched."""
        for tap in self.taps:
            tap.close()
        self.taps.clear()


class Slow:
    """A connection that is read slowly."""

    def __init__(self, met: socket.socket) -> None:
        self._met = met

    def recv(self, size: int) -> bytes:
        time.sleep(SLOW_S)
        return self._met.recv(min(size, WINDOW_BYTES))


def _received(tap: socket.socket) -> int:
    info = tap.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    return int.from_bytes(info[BYTES_RECEIVED_AT:TCP_INFO_BYTES], sys.byteorder)


@contextmanager
def watched() -> Iterator[Watched]:
    with socket.create_server((HOST, 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        Watched.taps = []
        server = Watched(listener, (HOST,), Authority(), chat("Seven."))
        try:
            yield server
        finally:
            server.stop()
            server.forget()


@asynccontextmanager
async def racing(server: Watched) -> AsyncIterator[Consenting]:
    """Run consent with the real way out, to that server."""
    folder = Path(fast_folder())
    house = Consenting(folder, Egress())
    try:
        yield house
    finally:
        await house.close()
        shutil.rmtree(folder)


def at(server: Watched, words: AddDestination) -> AddDestination:
    return msgspec.structs.replace(words, url=f"https://{HOST}:{server.port}", is_local=True, ca=server.ca)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


class Race:
    """One race: a request that waits, its yes, and somebody who takes it back."""

    def __init__(self, house: Consenting, server: Watched, kind: str, *, is_sound: bool) -> None:
        self.house, self.server = house, server
        self.kind = kind
        self.is_sound = is_sound
        self.name = TRANSCRIPTION if is_sound else CHAT

    async def prepare(self) -> None:
        """Have a request wait, and seen."""
        house = self.house
        house.wait(MINUTE_S)
        house.consent.know_peers(frozenset({HOME}))
        if house.records.cloud.get(self.name) is None:
            words = transcription_service() if self.is_sound else chat_service()
            await house.consent.add_destination(at(self.server, words), by=OWNER)
        if not house.consent.is_allowed:
            await house.allow(True)
        self.first_row = house.records.audit.head.size
        self.server.behave(transcription("Seven.") if self.is_sound else chat("Seven."))
        self.request_id = house.consent.propose_audio("shelf", SOUND, language="") if self.is_sound else house.propose()
        self.preview, self.outgoing = house.show(self.request_id, by=HOME)

    async def revoke(self) -> None:
        """Take it back; nothing may leave when this returns."""
        consent = self.house.consent
        match self.kind:
            case "switch":
                await self.house.allow(False)
            case "destination":
                await consent.remove_destination(self.name, by=OWNER)
            case "key":
                words = transcription_service(key="sk-new") if self.is_sound else chat_service(key="sk-new")
                await consent.add_destination(at(self.server, words), by=OWNER)
            case "withdraw":
                await consent.withdraw("shelf")
            case _:
                consent.know_peers(frozenset())
                await consent.cut()

    async def run(self, yes_s: float, revoke_s: float) -> tuple[list[int], list[int]]:
        """Race; return what had come when it was taken back, and what came in the end."""

        async def yes() -> None:
            await asyncio.sleep(yes_s)
            try:
                self.house.approve(self.preview, by=HOME)
            except ProtocolError as error:
                refusals.append(error.refusal)

        async def revoke() -> list[int]:
            await asyncio.sleep(revoke_s)
            await self.revoke()
            return self.server.come()

        refusals: list[str] = []
        begun = len(self.server.requests)
        _, come = await asyncio.gather(yes(), revoke())
        self.was_refused = bool(refusals)
        await until(lambda: not self.house.consent._sending and self.server.is_idle())
        self.came_bytes = sum(map(len, self.server.requests[begun:]))
        return come, self.server.come()

    def judge(self, come: list[int], at_last: list[int]) -> str:
        """Return how the race ended, where nothing is wrong with that."""
        audit = self.house.records.audit
        rows = filter(None, map(decoded, audit.rows(self.first_row, audit.head.size)))
        sent = [row.detail["bytes"] for row in rows if row.action == Action.SEND and row.about == self.request_id]
        if not sent:
            assert self.came_bytes == 0  # of the request; of TLS there may be a goodbye
            return "refused" if self.was_refused else "taken back before a byte left"
        assert at_last[: len(come)] == come, "bytes came after it was taken back"
        if self.fate == "answered":
            assert [self.came_bytes] == sent
            return "answered"
        assert self.came_bytes <= int(str(sent[0]))
        return "cut while it left"

    @property
    def fate(self) -> str:
        return next((d.sent.fate for d in self.house.decided if d.request_id == self.request_id), "waiting")


@pytest.mark.parametrize("kind", KINDS)
async def test_after_it_is_taken_back_not_a_byte_comes_out_any_more(kind: str, state: Callable[[str], None]) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same pauses each time
    outcomes: Counter[str] = Counter()
    races = RACES // len(KINDS)
    started_s = monotonic()
    with watched() as server:
        async with racing(server) as house:
            takes = [await measured(house, server, is_sound=is_sound) for is_sound in (False, True)]
            for number in range(races):
                race = Race(house, server, kind, is_sound=number % 8 == 7)
                await race.prepare()
                until_sent_s, until_answered_s = takes[race.is_sound]
                latest_s = 2 * until_sent_s if number % 2 else 1.2 * until_answered_s
                come, at_last = await race.run(chance.choice([0.0, 0.0, 0.003]), chance.uniform(0, latest_s))
                outcomes[race.judge(come, at_last)] += 1
                await clear(race)
                server.forget()
    told = ", ".join(f"{count} {what}" for what, count in sorted(outcomes.items()))
    state(f"a yes raced with {kind} {races} times in {monotonic() - started_s:.0f} s: {told}")
    lost = outcomes["refused"] + outcomes["taken back before a byte left"]
    assert min(lost, races - lost) >= races * FEWEST // 100


async def clear(race: Race) -> None:
    """Let nothing of a race be left for the next."""
    await race.house.consent.withdraw("shelf")
    race.house.decided.clear()


async def measured(house: Consenting, server: Watched, *, is_sound: bool) -> tuple[float, float]:
    """Return how long it takes from the yes until the bytes begin to leave, and until the answer."""
    times_s: list[tuple[float, float]] = []
    for _ in range(MEASURED):
        race = Race(house, server, "", is_sound=is_sound)
        await race.prepare()
        rows, started_s = house.records.audit.head.size, monotonic()
        house.approve(race.preview, by=HOME)
        await until(lambda rows=rows: house.records.audit.head.size == rows + 2)  # type: ignore[misc]
        sent_s = monotonic()
        await until(lambda: not house.consent._sending)
        assert race.fate == "answered"
        times_s.append((sent_s - started_s, monotonic() - started_s))
        await clear(race)
        server.forget()
    return min(times_s)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(END_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.000_2)
