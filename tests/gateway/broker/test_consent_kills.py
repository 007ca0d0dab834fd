"""A broker that is killed at any step of a send: what it says afterwards is true, and nothing is sent a second time."""

import asyncio
import os
import random
import shutil
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec
import pytest

from gateway.ballast import Ballast
from gateway.broker.audit import Action
from gateway.broker.audit_rows import AuditRow
from gateway.broker.egress import Egress
from gateway.broker.outgoing import audio_request, consent_hash, text_request, with_key
from gateway.broker.records import OWNER
from gateway.errors import ProtocolError
from gateway.wire.consent_words import AddDestination, Approve
from tests.clouds import Cloud, chat, cloud, transcription
from tests.gateway.broker.audit_logs import flaw
from tests.gateway.broker.consent_world import fast_folder
from tests.gateway.broker.consenting import (
    CHAT,
    PCM,
    QUESTION,
    TRANSCRIPTION,
    Consenting,
    chat_service,
    transcription_service,
)
from tests.gateway.broker.mortal_sender import LARGEST_PACKET_BYTES, STEPS

KILLS: Final = 600 if "LOCAL_VOICE_FULL" in os.environ else 60
HOST: Final = "127.0.0.1"
END_S: Final = 20.0
MEASURED: Final = 3
"""Lives, before any is cut short; the shortest counts."""
SEED: Final = 20_261_122

NOTHING, PART, ALL = "nothing", "a part", "all"
AFTERWARDS: Final[dict[str, tuple[list[str], str, str]]] = {
    "before_approve_row": ([], NOTHING, ""),
    "before_approve_commit": ([], NOTHING, ""),
    "after_approve_row": (["approve"], NOTHING, "not_sent"),
    "after_resolving": (["approve"], NOTHING, "not_sent"),
    "after_connecting": (["approve"], NOTHING, "not_sent"),
    "after_tls": (["approve"], NOTHING, "not_sent"),
    "before_send_commit": (["approve"], NOTHING, "not_sent"),
    "after_send_row": (["approve", "send"], NOTHING, "unknown"),
    "after_half_of_the_bytes": (["approve", "send"], PART, "unknown"),
    "after_all_bytes": (["approve", "send"], ALL, "unknown"),
    "before_result_row": (["approve", "send"], ALL, "unknown"),
    "before_result_commit": (["approve", "send"], ALL, "unknown"),
    "after_result_row": (["approve", "send", "result"], ALL, "answered"),
}
"""At each step: the rows that are there, what has come to the server, and what is said to have become of it."""


@pytest.fixture
def folders() -> Iterator[Path]:
    """Return a folder on the quickest disk there is: no power is cut here."""
    folder = Path(fast_folder())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


@dataclass
class Killed:
    """A request whose broker was killed."""

    id: str = ""
    hash: str = ""
    nonce: str = ""
    lived_s: float = 0.0
    """After it was about to say yes."""
    was_over: bool = False
    """Whether the broker had told what became of it."""


class Lives:
    """The server that forks brokers."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    async def live(self, folder: Path, content: str, step: str, *, life_s: float = END_S) -> Killed:
        """Let a broker send until it dies at a step, or is killed so long after it was about to say yes."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._link, f"{folder} {content} {step}".encode())
        pid, killed, waited_s = 0, Killed(), 0.0
        async with asyncio.timeout(END_S):
            while (heard := (await loop.sock_recv(self._link, LARGEST_PACKET_BYTES)).decode().split()) != ["end"]:
                match heard:
                    case ["pid", number]:
                        pid = int(number)
                    case ["waits", request_id, request_hash, nonce]:
                        killed, waited_s = Killed(request_id, request_hash, nonce), monotonic()
                        if step == "never":
                            loop.call_later(life_s, os.kill, pid, signal.SIGKILL)
                    case ["over"]:
                        killed.was_over = True
        killed.lived_s = monotonic() - waited_s
        return killed


@asynccontextmanager
async def lives() -> AsyncIterator[Lives]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    command = (sys.executable, "-m", "tests.gateway.broker.mortal_sender", str(theirs.fileno()))
    server = await asyncio.create_subprocess_exec(*command, pass_fds=[theirs.fileno()])
    theirs.close()
    try:
        yield Lives(ours)
    finally:
        ours.close()
        async with asyncio.timeout(END_S):
            assert await server.wait() == 0


class Restarted:
    """The broker after one that was killed, in another process, with the same folder."""

    def __init__(self, folder: Path, killed: Killed, *, is_sound: bool) -> None:
        self.house = Consenting(folder, Egress())
        self.killed = killed
        destination = self.house.records.cloud.get(TRANSCRIPTION if is_sound else CHAT)
        assert destination is not None
        self.destination = destination
        self.outgoing = (
            audio_request(destination, PCM, language="de") if is_sound else text_request(destination, QUESTION)
        )
        assert consent_hash(killed.id, destination, self.outgoing).hex() == killed.hash, "these are the bytes"

    def rows(self) -> list[AuditRow]:
        return [row for row in self.house.rows() if row.about == self.killed.id]

    def settled(self) -> str:
        """Settle, twice; return what is said to have become of the request."""
        before = len(self.rows())
        self.house.consent.settle()
        rows = self.rows()
        self.house.consent.settle()
        assert self.rows() == rows
        assert len(rows) - before in (0, 1)
        results = [str(row.detail["outcome"]) for row in rows if row.action == Action.RESULT]
        assert len(results) == sum(row.action == Action.APPROVE for row in rows)
        return results[0] if results else ""

    def say_yes(self) -> str:
        """Say the same yes again; return why not."""
        killed = self.killed
        yes = Approve(id=1, request_id=killed.id, hash=killed.hash, nonce=killed.nonce)
        with pytest.raises(ProtocolError) as refused:
            self.house.consent.approve(yes, by=OWNER)
        return refused.value.refusal

    def forge(self) -> None:
        """Have the request wait again, as it did, and seen by the same."""
        waiting, killed = self.house.consent._waiting, self.killed
        request = waiting.add(killed.id, "shelf", self.destination, self.outgoing, bytes.fromhex(killed.hash), ())
        request.nonces[killed.nonce] = OWNER


async def prepared(folder: Path, server: Cloud, *, is_sound: bool) -> None:
    """Make a folder with the server in it as a destination."""
    words: AddDestination = transcription_service() if is_sound else chat_service()
    house = Consenting(folder)
    await house.add(msgspec.structs.replace(words, url=f"https://{HOST}:{server.port}", is_local=True, ca=server.ca))
    await house.close()


def come(server: Cloud, before: int, whole: bytes) -> str:
    """Return how much of a request has come since then."""
    server.wait(lambda one: not one._open)
    received = server.requests[before:]
    assert len(received) <= 1, "it was sent twice"
    assert whole.startswith(b"".join(received))
    return ALL if received == [whole] else PART if received else NOTHING


def test_each_step_has_its_place_in_the_table() -> None:
    assert STEPS.keys() == AFTERWARDS.keys() | {"never"}


@pytest.mark.parametrize("content", ["text", "sound"])
async def test_a_broker_that_is_killed_at_a_step_of_a_send_tells_what_is_true_and_sends_nothing_again(
    content: str, folders: Path
) -> None:
    is_sound = content == "sound"
    with cloud(hosts=(HOST,), answer=transcription("Seven.") if is_sound else chat("Seven.")) as server:
        async with lives() as life:
            for step, (actions, arrived, outcome) in AFTERWARDS.items():
                folder, before = folders / step, len(server.requests)
                await prepared(folder, server, is_sound=is_sound)
                killed = await life.live(folder, content, step)
                assert not killed.was_over, step
                again = Restarted(folder, killed, is_sound=is_sound)
                whole = with_key(again.outgoing, again.destination.key)
                assert [row.action for row in again.rows()] == actions, step
                assert come(server, before, whole) == arrived, step
                assert again.settled() == outcome, step
                assert again.say_yes() == "not_waiting"
                again.forge()
                if outcome:
                    assert again.say_yes() == "not_stored", step
                    assert come(server, before, whole) == arrived, step
                await again.house.close()
                assert flaw(folder) is None


async def test_a_broker_that_is_killed_at_any_time_sends_once_at_most_and_tells_the_truth(
    folders: Path, state: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same lives each time, as far as that can be
    found: Counter[str] = Counter()
    started_s = monotonic()
    with cloud(hosts=(HOST,), answer=chat("Seven.")) as server:
        async with lives() as life:
            longest_s = await as_long_as_it_takes(life, folders / "first", server)
            for number in range(KILLS):
                folder, before = folders / str(number), len(server.requests)
                await prepared(folder, server, is_sound=False)
                killed = await life.live(folder, "text", "never", life_s=chance.uniform(0, longest_s))
                again = Restarted(folder, killed, is_sound=False)
                actions = [row.action for row in again.rows()]
                arrived = come(server, before, with_key(again.outgoing, again.destination.key))
                outcome = again.settled()
                assert actions == [Action.APPROVE, Action.SEND, Action.RESULT][: len(actions)]
                assert arrived == NOTHING or Action.SEND in actions
                assert outcome == ["", "not_sent", "unknown", "answered"][len(actions)]
                assert outcome != "answered" or arrived == ALL
                assert outcome == "answered" or not killed.was_over
                assert again.say_yes() == "not_waiting"
                again.forge()
                if outcome:
                    assert again.say_yes() == "not_stored"
                await again.house.close()
                found[f"{outcome or 'not approved'}, {arrived} arrived"] += 1
    told = ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
    state(f"a broker that sends killed {KILLS} times in {monotonic() - started_s:.0f} s: {told}")
    assert len(found) >= 2


async def as_long_as_it_takes(life: Lives, folder: Path, server: Cloud) -> float:
    """Return how long a broker lives from its yes until it has told what became of it; a little more."""
    lived_s = []
    for number in range(MEASURED):
        await prepared(folder / str(number), server, is_sound=False)
        lived_s.append((await life.live(folder / str(number), "text", "after_result_row")).lived_s)
    return min(lived_s)
