"""Requests to a cloud of ours, out of a room with one cable: what leaves is what somebody said yes to, and that once.

The gateway and its commands are the real programs, speech is spoken and heard by real models, and the cloud is a TLS
server at the cable's other end, under one of the world's addresses.
"""

import asyncio
import io
import json
import re
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.audio import RATE_HZ, resample
from gateway.wire.consent_words import AllowCloud, ConsentDone, ConsentIs, Refuse
from gateway.wire.messages import encode
from gateway.wire.voice_words import ActionAsked, Drain, TurnHappened
from tests.clouds import Cloud, chat, cloud, transcription
from tests.e2e.deciding import ConsentHome, deciding
from tests.e2e.household import Household, Said
from tests.e2e.namespaces import INSIDE, OUTSIDE, Meter, Room, room, why_impossible
from tests.e2e.processes import BROKER, child_of, kill
from tests.e2e.program import Finished, run, run_in_a_terminal
from tests.e2e.serving import Serving, serving
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite
from tests.voices import Voices

PORT: Final = 10_880
NAME: Final = "oracle.example"
ADDRESS: Final = "192.31.196.77"
"""Of the whole internet, and nobody's: a sink (RFC 7535). No address that is kept for documentation is one of both."""
AT_HOME: Final = "192.168.178.1"
KEY: Final = "sk-never-to-be-seen-0123456789"
WHALE: Final = Said("who wrote the book about the white whale", "consent_asked")
NEVER_MIND: Final = Said("never mind", "never_mind")
LISTEN: Final = Said("ask the cloud to listen", "consent_asked")
QUIET_S: Final = 0.5
"""A request that is on its way after all would be there by then."""

pytestmark = pytest.mark.skipif(why_impossible() != "", reason=why_impossible())

type WriteWav = Callable[[str, bytes], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A home in a room, and the cloud outside."""

    room: Room
    cloud: Cloud
    household: Household

    @property
    def served(self) -> Serving:
        return self.household.served

    @property
    def went_out(self) -> set[str]:
        """What may be met on the cable besides replies: the look-up of the cloud's name, and connections to it."""
        return {f"udp {OUTSIDE} 53", f"tcp {ADDRESS} {self.cloud.port}"}

    @asynccontextmanager
    async def at_home(self) -> AsyncIterator[tuple[ScriptedHome, ScriptedSatellite, ConsentHome]]:
        """Have the home and its satellite connected during the block, and somebody who decides."""
        async with (
            self.household.connected() as (home, (satellite,)),
            deciding(self.served, self.household.home) as consent,
        ):
            yield home, satellite, consent

    def left(self) -> tuple[int, list[bytes], list[str], Meter, Meter]:
        """Return all that has left: what the cloud has met, which names were looked up, what both meters counted."""
        sent, arrived = self.room.both()
        assert sent["strays"] == arrived["strays"]
        assert sent.named == arrived.named
        return self.cloud.connections, self.cloud.requests, list(self.room.canaries.lookups), sent, arrived

    def strays(self) -> dict[str, int]:
        return self.left()[3].named

    @asynccontextmanager
    async def nothing_leaves(self) -> AsyncIterator[None]:
        """See that nothing leaves during the block, nor soon after it, but replies."""
        before = self.left()
        yield
        await asyncio.sleep(QUIET_S)
        after = self.left()
        assert after[:3] == before[:3]
        assert after[3].named == before[3].named

    def command(self, *arguments: str | Path, text: str = "") -> Finished:
        finished = run(*arguments, text=text, environ=self.served.environ, via=self.room.via)
        assert finished.code == 0, finished
        return finished


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, voices: Voices) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with (
        room(folder, (PORT, PORT + 1), world=(ADDRESS,)) as made,
        cloud(address=ADDRESS, hosts=(NAME,), answer=chat("It was Herman Melville.")) as server,
        serving(folder / "gateway", port=PORT, host=INSIDE, via=made.via) as served,
    ):
        made.canaries.addresses[NAME] = ADDRESS
        household = asyncio.run(Household.paired(served, voices))
        world = World(room=made, cloud=server, household=household)
        authority = folder / "authority.pem"
        authority.write_text(server.ca, encoding="ascii")
        url = f"https://{NAME}:{server.port}/v1"
        for name, kind, model in (("oracle", "chat", "wise-1"), ("ears", "transcription", "keen-1")):
            options = ("--kind", kind, "--model", model, "--ca", authority)
            added = world.command("cloud", "add", name, url, *options, text=f"{KEY}\n")
            assert KEY not in added.out + added.err
        yield world


async def test_with_destinations_and_no_switch_a_question_is_not_even_asked_about(world: World) -> None:
    async with world.nothing_leaves(), world.at_home() as (home, _, consent):
        assert (len(consent.state.destinations), consent.state.is_allowed) == (2, False)
        assert (await world.household.converse(home, WHALE.words)).outcome == "not_understood"
        assert consent.state.waiting == ()
    assert world.strays() == {}
    assert '"Allow cloud requests" is on' in world.command("cloud", "on").out


async def test_what_nobody_at_home_can_answer_leaves_once_as_it_was_shown_and_is_answered_aloud(
    world: World, wav: WriteWav, state: Callable[[str], None]
) -> None:
    async with world.at_home() as (home, satellite, consent):
        async with world.nothing_leaves():
            await world.household.say_at(satellite, WHALE)
            assert (await home.told(TurnHappened)).outcome == WHALE.outcome
            request = await consent.waiting()
            preview, raw = await consent.shown(request.request_id)
            assert re.search(rb'"content":"[^"]*white whale', raw, re.IGNORECASE)
            told = b"".join(encode(message) for message in consent.all_told(ConsentIs)).lower()
            assert b"whale" not in told, "what is asked is seen by who looks at it, and told to nobody"
            assert KEY.encode() not in raw
            asked = await spoken_at(satellite)
        assert (await consent.approve(preview)).error == ""
        fate = await consent.fate(request.request_id)
        spoken = (await spoken_at(satellite, 2))[len(asked) :]
    sent = raw.replace(preview.marker.encode(), KEY.encode())
    assert (fate.fate, fate.status, fate.sent_bytes) == ("answered", 200, len(sent))
    connections, requests, lookups, meter, _ = world.left()
    assert (connections, requests) == (1, [sent]), "exactly what was shown, the key in it, once"
    assert world.cloud.names == [NAME]
    assert set(lookups) == {NAME}
    assert set(meter.named) == world.went_out
    state(f"one question to the cloud: {len(sent)} bytes in {meter['strays']}")
    heard = words_of((await asyncio.to_thread(run, "transcribe", wav("spoken.wav", spoken))).out)
    assert "the cloud says it was herman" in heard


async def test_what_is_refused_stays_and_is_not_asked_about_again(world: World) -> None:
    async with world.nothing_leaves(), world.at_home() as (home, _, consent):
        assert (await world.household.converse(home, "who painted the mona lisa")).outcome == "consent_asked"
        request = await consent.waiting()
        no = Refuse(id=next(consent.numbers), request_id=request.request_id)
        assert await consent.done(no) == ConsentDone(id=no.id)
        assert (await consent.fate(request.request_id)).fate == "refused"
        assert (await world.household.converse(home, "who painted the mona lisa")).outcome == "not_understood"
        assert consent.state.waiting == ()


async def test_what_waits_when_the_switch_is_turned_off_stays(world: World) -> None:
    async with world.nothing_leaves(), world.at_home() as (home, _, consent):
        await world.household.converse(home, "why is the sky blue")
        preview, _ = await consent.shown((await consent.waiting()).request_id)
        off = AllowCloud(id=next(consent.numbers), is_allowed=False)
        assert await consent.done(off) == ConsentDone(id=off.id)
        assert (await consent.approve(preview)).error == "switched_off"
        decided = await consent.fate(preview.request_id)
        assert (decided.fate, decided.reason) == ("revoked", "switched_off")
        assert (await world.household.converse(home, "why is the sky blue")).outcome == "not_understood"
        on = AllowCloud(id=next(consent.numbers), is_allowed=True)
        assert await consent.done(on) == ConsentDone(id=on.id)
        assert (await consent.approve(preview)).error == "not_waiting", "turned on again, it still is over"


async def test_never_mind_said_where_it_was_asked_keeps_it_here(world: World) -> None:
    async with world.nothing_leaves(), world.at_home() as (home, satellite, consent):
        await world.household.say_at(satellite, WHALE)
        preview, _ = await consent.shown((await consent.waiting()).request_id)
        await spoken_at(satellite)
        await world.household.say_at(satellite, NEVER_MIND)
        assert (await home.told(TurnHappened, 2)).outcome == NEVER_MIND.outcome
        assert (await consent.fate(preview.request_id)).fate == "withdrawn"
        assert (await consent.approve(preview)).error == "not_waiting"


async def test_what_waits_when_the_broker_is_killed_is_gone(world: World) -> None:
    running = world.served.running
    async with world.nothing_leaves(), world.at_home() as (home, _, consent):
        await world.household.converse(home, "how tall is the eiffel tower")
        preview, _ = await consent.shown((await consent.waiting()).request_id)
        lines = len(running.err)
        kill(child_of(running.process.pid, BROKER))
        await consent.ended.wait()
        await asyncio.to_thread(running.wait_for_log, "broker: serving again after", after=lines)
        async with deciding(world.served, world.household.home) as again:
            assert (again.state.waiting, again.state.is_allowed) == ((), True)
            assert (await again.approve(preview)).error == "not_waiting"


async def test_somebody_at_the_gateway_sees_and_approves_it_in_a_terminal(world: World) -> None:
    async with world.at_home() as (home, _, consent):
        await world.household.converse(home, "what is the capital of mongolia")
        preview, raw = await consent.shown((await consent.waiting()).request_id)
        before = world.cloud.requests
        finished = await asyncio.to_thread(
            run_in_a_terminal,
            *("consent", "approve", preview.request_id[:8]),
            typed={"Type yes: ": "yes\n"},
            environ=world.served.environ,
            via=world.room.via,
        )
        assert finished.code == 0, finished
        assert world.cloud.requests == [*before, raw.replace(preview.marker.encode(), KEY.encode())]
        assert (await consent.fate(preview.request_id)).fate == "answered"
    shown = finished.out.replace("\r\n", "\n")
    for words in (
        preview.hash,
        "what is the capital of mongolia",
        f"https://{NAME}:{world.cloud.port}",
        preview.marker,
    ):
        assert words in shown
    assert "It was Herman Melville." in shown
    assert KEY not in shown


async def test_a_name_that_leads_into_the_home_by_now_is_not_followed(world: World) -> None:
    addresses = world.room.canaries.addresses
    async with world.at_home() as (home, _, consent):
        await world.household.converse(home, "when was rome founded")
        preview, _ = await consent.shown((await consent.waiting()).request_id)
        before = world.left()
        addresses[NAME] = AT_HOME
        assert (await consent.approve(preview)).error == ""
        decided = await consent.fate(preview.request_id)
        addresses[NAME] = ADDRESS
        assert (decided.fate, decided.reason, decided.sent_bytes) == ("failed", "private_address", 0)
        after = world.left()
        assert after[:2] == before[:2]
        looked_up = len(after[2]) - len(before[2])
        assert looked_up > 0
        key = f"udp {OUTSIDE} 53"
        assert after[3].named == before[3].named | {key: before[3].named.get(key, 0) + looked_up}, (
            "nobody was called on"
        )


async def test_a_cloud_that_is_to_listen_is_sent_what_was_said_and_what_it_heard_is_done(
    world: World, voices: Voices
) -> None:
    world.cloud.behave(transcription("Turn on the ceiling light."))
    async with world.at_home() as (home, satellite, consent):
        await world.household.say_at(satellite, Said("the white whale sings at night", "not_understood"))
        assert (await home.told(TurnHappened)).outcome == "not_understood"
        await spoken_at(satellite)
        await world.household.say_at(satellite, LISTEN)
        assert (await home.told(TurnHappened, 2)).outcome == LISTEN.outcome
        request = await consent.waiting()
        preview, raw = await consent.shown(request.request_id)
        sound = raw[preview.audio_at :][: preview.audio_bytes]
        with wave.open(io.BytesIO(sound)) as reading:
            assert (reading.getnchannels(), reading.getsampwidth(), reading.getframerate()) == (1, 2, RATE_HZ)
            assert 1 < reading.getnframes() / RATE_HZ < 8
        before = world.cloud.requests
        assert home.all_told(ActionAsked) == []
        assert (await consent.approve(preview)).error == ""
        asked = await home.told(ActionAsked)
        assert (asked.intent, asked.satellite_id) == ("HassTurnOn", (await satellite.greeted()).peer_id)
        assert world.cloud.requests == [*before, raw.replace(preview.marker.encode(), KEY.encode())]
        assert sound in world.cloud.requests[-1]


async def test_the_audit_log_has_every_send_that_happened_and_none_that_did_not(
    world: World, state: Callable[[str], None]
) -> None:
    """To be the last of this module: it looks back on all of it."""
    world.command("audit", "verify")
    rows = world.command("audit", "show", "--json", "--last", "1000").lines
    approved, sent, came = (of_action(rows, action) for action in ("approve", "send", "result"))
    assert [row["detail"]["bytes"] for row in sent.values()] == list(map(len, world.cloud.requests))
    assert world.cloud.connections == world.cloud.complete == len(sent)
    assert set(sent) <= set(approved)
    assert list(came) == list(approved), "each yes has come to an end"
    for request_id, row in came.items():
        assert row["detail"]["outcome"] == ("answered" if request_id in sent else "not_sent")
        order = [found["seq"] for found in (approved[request_id], sent.get(request_id), row) if found is not None]
        assert order == sorted(order)
    left_bytes = sum(map(len, world.cloud.requests))
    assert f"{left_bytes} bytes" in world.command("cloud", "list").out
    assert set(world.strays()) <= world.went_out
    assert set(world.room.canaries.lookups) <= {NAME}
    written = json.dumps(rows) + "\n".join(line for _, line in world.served.running.err)
    secrets = (KEY, "whale", "melville", "mongolia", "mona lisa", "eiffel")
    assert [word for word in secrets if word in written.casefold()] == []
    state(f"{len(approved)} approvals, {len(sent)} sends in the audit log; the cloud met {world.cloud.connections}")


async def spoken_at(satellite: ScriptedSatellite, times: int = 1) -> bytes:
    """Return all that was said at a satellite, once it has said something so many times; 16 kHz mono s16le."""
    await satellite.told(Drain, times)
    return b"".join(resample(bytes(pcm), rate_hz, RATE_HZ) for rate_hz, pcm in satellite.sounds)


def of_action(rows: list[dict[str, Any]], action: str) -> dict[str, dict[str, Any]]:
    """Return the rows of an action by the request that they are about, of which each has one."""
    found = [row for row in rows if row["action"] == action]
    by_request = {row["about"]: row for row in found}
    assert len(by_request) == len(found)
    return by_request


def words_of(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.casefold()))
