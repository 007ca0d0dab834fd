"""A day of the gateway in a room with one cable: turns, pairing, restarts, errors; nothing leaves but replies.

Cloud requests are allowed during this day, there is a place for them to go, and what nobody at home can answer is asked
about; nobody says yes.
"""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import pytest
from zeroconf import DNSQuestionType
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from gateway.announce import SERVICE_TYPE
from gateway.errors import TrustError
from gateway.server.arbiter import WINDOW_MS
from gateway.wire.consent_words import AllowCloud
from gateway.wire.dial import dial
from gateway.wire.pairing import Paired
from gateway.wire.peers import Role
from gateway.wire.request_words import (
    ChangeSettings,
    SettingsChanged,
)
from gateway.wire.voice_words import TO_HOME, TurnBegan
from tests.e2e.deciding import ConsentHome, deciding
from tests.e2e.household import ROOMS, SAID, Household
from tests.e2e.namespaces import INSIDE, KINDS, OUTSIDE, Count, Room, room, why_impossible
from tests.e2e.processes import BROKER, VOICE, child_of, kill
from tests.e2e.program import run
from tests.e2e.serving import Serving, serving
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite
from tests.voices import Voices, silence

PORT: Final = 10_870
PORTS: Final = (PORT, PORT + 1)
SOON_S: Final = 3.0
TURNS: Final = 40
ASKED: Final = 2
"""Of eight turns: what is asked about, at a satellite and by the home."""
MANY: Final = 1_000
"""Packets: fewer, and the meter would not see what it should."""

type State = Callable[[str], None]

pytestmark = pytest.mark.skipif(why_impossible() != "", reason=why_impossible())


@pytest.fixture
def walled(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path, PORTS) as made:
        yield made


ESCAPE: Final = """
import socket
for kind, address in ((socket.SOCK_STREAM, ("cloud.example", 443)), (socket.SOCK_DGRAM, ("203.0.113.9", 9_999))):
    with socket.socket(socket.AF_INET, kind) as way_out:
        way_out.connect((socket.gethostbyname(address[0]), address[1]))
        way_out.send(b"what was said")
with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0800) as raw:  # past the kernel's own output
    header = bytes.fromhex("450000140000000040010000") + socket.inet_aton("192.0.2.2") + socket.inet_aton("203.0.113.7")
    raw.sendto(header, ("eth0", 0x0800, 0, 0, b"\\xff" * 6))
"""
"""A name, a connection, a datagram; and a frame that is put on the wire as it is: ICMP, to somebody in the world."""


def test_whoever_does_go_out_is_counted_and_named_and_met(walled: Room, state: State) -> None:
    assert walled.sent()["strays"].packets == 0
    subprocess.run([*walled.via, sys.executable, "-c", ESCAPE], check=True, timeout=20)
    until_s = monotonic() + SOON_S
    while walled.canaries.met.total() < 2 and monotonic() < until_s:
        sleep(0.01)
    sent, arrived = walled.sent(), walled.arrived()
    state(f"a control that goes out: {sent['strays']} counted in the room, {arrived['strays']} at the cable")
    assert walled.canaries.lookups == ["cloud.example"]
    assert walled.canaries.met["tcp 443"] == 1
    went_out = {"udp 192.0.2.1 53", "tcp 192.0.2.1 443", "udp 203.0.113.9 9999"}
    assert set(sent.named) == went_out
    assert set(arrived.named) == went_out | {"icmp 203.0.113.7"}
    assert sent["replies"].packets == arrived["replies"].packets == 0


def test_commands_that_load_models_tell_nobody_and_keep_nothing_about_it(
    walled: Room, tmp_path: Path, voices: Voices, wav: Callable[[str, bytes], Path], state: State
) -> None:
    said = wav("said.wav", silence(0.5) + voices.piper("Okay Nabu, turn on the kitchen lights.") + silence(1.0))
    environ = {name: str(tmp_path / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
    commands: tuple[tuple[str | Path, ...], ...] = (
        ("turn", said, "--out", tmp_path / "reply.wav"),
        ("transcribe", said),
        ("say", "Good evening.", "--out", tmp_path / "evening.wav"),
        ("doctor",),
    )
    for command in commands:
        finished = run(*command, environ=environ, via=walled.via)
        assert finished.code == 0, finished
    arrived = walled.arrived()
    state(f"{len(commands)} commands that load models send {arrived}")
    assert arrived.named == {}
    assert walled.canaries.lookups == []
    assert arrived["replies"].packets == arrived["strays"].packets == 0
    assert list((tmp_path / "home").rglob("*")) == []


@dataclass(slots=True)
class Gateway:
    """The gateway in the room, which is started and stopped several times."""

    folder: Path
    room: Room
    _life: ExitStack = field(default_factory=ExitStack)
    served: Serving = field(init=False)

    def start(self) -> None:
        starting = serving(self.folder, port=PORT, announce=True, host=INSIDE, via=self.room.via)
        self.served = self._life.enter_context(starting)

    def end(self, by: signal.Signals) -> None:
        self.served.running.end(by)
        self._life.close()

    def kill(self, name: str) -> None:
        """Kill one of its processes, and return when another serves in its place."""
        running = self.served.running
        lines = len(running.err)
        kill(child_of(running.process.pid, name))
        running.wait_for_log(f"{name}: serving again after", after=lines)

    def close(self) -> None:
        """Leave nothing behind, however the day went."""
        self._life.close()

    def command(self, *arguments: str | Path) -> str:
        """Run one of the owner's commands in the room; return what it says."""
        finished = run(*arguments, environ=self.served.environ, via=self.room.via)
        assert finished.code == 0, finished
        return finished.out


@dataclass(slots=True)
class Day:
    """What happens to a gateway and its household."""

    gateway: Gateway
    household: Household

    async def eight_turns(self) -> None:
        """Take four turns at satellites, one beginning while the other ends; meanwhile four by the home's pipeline.

        The cloud could have answered one of each; somebody looks at what is asked, and says neither yes nor no.
        """
        self.household.served = served = self.gateway.served
        async with (
            deciding(served, self.household.home) as consent,
            self.household.connected() as (home, satellites),
        ):
            async with asyncio.TaskGroup() as speaking:
                speaking.create_task(self._four_turns_through(home))
                for satellite, said in zip(satellites, SAID, strict=True):
                    speaking.create_task(self.household.turn_at(home, satellite, said))
                    await self._alone_with_its_wake_word(home, satellite)
            for request in (await consent.stands(lambda state: len(state.waiting) == ASKED)).waiting:
                _, raw = await consent.shown(request.request_id)
                assert b"white whale" in raw.lower()
            await self._asked_anew(consent)

    @staticmethod
    async def _asked_anew(consent: ConsentHome) -> None:
        """Let nothing wait any more, so that the same may be asked again: off, and on."""
        for is_allowed in (False, True):
            switch = AllowCloud(id=next(consent.numbers), is_allowed=is_allowed)
            assert (await consent.done(switch)).error == ""
        assert consent.state.waiting == ()

    @staticmethod
    async def _alone_with_its_wake_word(home: ScriptedHome, satellite: ScriptedSatellite) -> None:
        """Wait until what others hear is no longer taken for the same wake word, of which the first has the turn."""
        peer_id = (await satellite.greeted()).peer_id
        await home.told(TurnBegan, which=lambda began: began.satellite_id == peer_id)
        await asyncio.sleep(WINDOW_MS / 1000)

    async def _four_turns_through(self, home: ScriptedHome) -> None:
        for said in SAID:
            await self.household.turn_through(home, said)

    async def errors(self) -> None:
        """Let happen what goes wrong on a day: strangers, nonsense, a device that is sent away, a mute house."""
        served = self.gateway.served
        _, writer = await asyncio.open_connection(served.voice.host, served.voice.port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")  # to a port that speaks TLS
        guest = await served.satellite("Guest")
        await asyncio.to_thread(self.gateway.command, "peers", "revoke", guest.peer_id)
        for token in ("no token of anybody", guest.voice_token):
            with pytest.raises(TrustError):
                async with dial(served.voice, "/voice", TO_HOME, pin=guest.voice_pin, token=token):
                    pass
        async with self.household.connected() as (home, satellites):
            for peer in (home, satellites[0]):
                await peer.say_raw('{"type":"hello","protocol":[[[[')
                await peer.refused("malformed")
            home.answers = lambda _: None
            assert (await self.household.converse(home, SAID[0].words)).outcome == "error"
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def allow_cloud(self) -> None:
        """Say where requests may go, and allow them, as the owner does."""
        options = ("https://cloud.example/v1", "--model", "wise-1", "--no-key")
        self.gateway.command("cloud", "add", "oracle", *options)
        self.gateway.command("cloud", "on")

    def look_round(self) -> None:
        """See whether all is well, as the owner does, at the gateway itself."""
        assert "damaged" not in self.gateway.command("models", "verify")
        self.gateway.command("doctor", "--config", self.gateway.served.config)
        self.gateway.command("audit", "verify")

    async def another_model(self) -> None:
        """Have the gateway load other models, and refuse one that is not there."""
        async with self.household.connected() as (home, _):
            home.say(ChangeSettings(id=1, stt_model="large"))
            home.say(ChangeSettings(id=2, wake_words=("hey_jarvis", "okay_nabu"), wake_sensitivity=60))
            assert (await home.told(SettingsChanged, 1)).error
            assert (await home.told(SettingsChanged, 2)).error == ""


async def wrong_code(served: Serving) -> None:
    """Have somebody type a code that nobody showed."""
    with pytest.raises(TrustError):
        await served.pair("ABCD-EFGH-IJKL-MNOP", Role.HOME, "Home")


async def found_by_zeroconf(home: Paired) -> None:
    """Look for the gateway as others in its network do: by its name, at the group's address."""
    looking = AsyncZeroconf(interfaces=[OUTSIDE])
    try:
        found = AsyncServiceInfo(SERVICE_TYPE, f"local-voice-{home.gateway_id}.{SERVICE_TYPE}")
        assert await found.async_request(looking.zeroconf, SOON_S * 1_000, question_type=DNSQuestionType.QM)
        assert (found.parsed_addresses(), found.port) == ([INSIDE], PORT)
    finally:
        await looking.async_close()


@pytest.mark.on_time
async def test_nothing_leaves_in_a_whole_day_but_replies_and_mdns(
    walled: Room, tmp_path: Path, voices: Voices, state: State
) -> None:
    begun_s = monotonic()
    gateway = Gateway(tmp_path / "gateway", walled)
    try:
        await asyncio.to_thread(gateway.start)
        await wrong_code(gateway.served)
        household = await Household.paired(gateway.served, voices, ROOMS)
        day = Day(gateway, household)
        await asyncio.to_thread(day.allow_cloud)
        await found_by_zeroconf(household.home)
        await day.eight_turns()
        await asyncio.gather(day.errors(), asyncio.to_thread(day.look_round))
        await day.another_model()
        for by in (signal.SIGTERM, signal.SIGKILL):
            await asyncio.to_thread(gateway.end, by)
            await asyncio.to_thread(gateway.start)
            await day.eight_turns()
        for name in (VOICE, BROKER):
            await asyncio.to_thread(gateway.kill, name)
            await day.eight_turns()
        actions = {
            json.loads(row)["action"]
            for row in gateway.command("audit", "show", "--json", "--last", "1000").splitlines()
        }
        await asyncio.to_thread(gateway.end, signal.SIGTERM)
    finally:
        gateway.close()
    sent, arrived = walled.both()
    state(f"a day of {len(household.turns)} turns in {monotonic() - begun_s:.0f} s sends {sent}")
    state(f"and at the cable's end there arrive {arrived}; {len(walled.canaries.lookups)} names were looked up")
    assert sent.named == arrived.named == {}
    assert sent["strays"] == arrived["strays"] == Count()
    assert not actions & {"approve", "send", "result"}
    assert walled.canaries.met.total() == 0
    assert walled.canaries.lookups == []
    assert [kind for kind in KINDS if kind != "arps" and sent[kind] != arrived[kind]] == []
    assert sent["replies"].packets > MANY
    assert sent["mdns"].packets > 0
    assert len(household.turns) == TURNS
    assert [(said.words, outcome) for said, outcome in household.turns if outcome != said.outcome] == []
