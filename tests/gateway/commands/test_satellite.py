"""The program `local-voice satellite`, real, against a scripted gateway with a real broker; recordings for devices."""

import argparse
import asyncio
import json
import os
import pty
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.audio import FRAME_BYTES
from gateway.broker.app import Broker
from gateway.commands import satellite as command
from gateway.paths import satellite_file
from gateway.recordings import read_recording
from gateway.satellite.known_gateways import from_pairing, known_gateways, remember
from gateway.wire.dial import Address
from gateway.wire.identity import load_or_create_identity
from gateway.wire.peers import Role
from gateway.wire.port import bind
from gateway.wire.voice_words import Drain, Drained, Listening, Mute, Muted, SoundBegin
from tests.e2e.program import Finished, Running, run, started
from tests.e2e.serving import free_ports
from tests.gateway.broker.running import Gateway
from tests.gateway.satellite.scripted_gateway import ScriptedGateway
from tests.soundcard import tone
from tests.voices import silence

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class House:
    """A gateway whose voice port does what a test says, and whose broker is a real one."""

    voice: ScriptedGateway
    owner: Gateway
    wav: Path
    out: Path

    @property
    def address(self) -> str:
        return str(self.owner.voice)

    @property
    def devices(self) -> list[str | Path]:
        return ["--wav", self.wav, "--out", self.out]

    async def paired(self) -> None:
        """Pair this machine without running the program."""
        known = await self.owner.paired(Role.SATELLITE, "Kitchen")
        remember(satellite_file(), from_pairing(self.owner.voice, known))


@pytest.fixture
async def house(tmp_path: Path, wav: Callable[[str, bytes], Path]) -> AsyncIterator[House]:
    port, folder = free_ports(), tmp_path / "gateway"
    voice = ScriptedGateway(folder, port)
    broker = Broker(
        folder,
        bind(HOST, port + 1),
        load_or_create_identity(folder / "broker.pem"),
        voice.identity.fingerprint,
        version="test",
        configuration="",
        tell_voice=voice.admission.replace_peers,
        show_code=lambda _: None,
    )
    await broker.start()
    owner = Gateway(
        folder=folder,
        broker=broker,
        voice=Address(host=HOST, port=port),
        port=Address(host=HOST, port=port + 1),
        told=[],
        shown=[],
    )
    try:
        yield House(voice, owner, wav("in.wav", b"\1\1" * 16_000), tmp_path / "out.wav")
    finally:
        await broker.close()
        await voice.listener.close()


async def ran(*arguments: str | Path, text: str = "") -> Finished:
    return await asyncio.to_thread(run, "satellite", *arguments, text=text)


@asynccontextmanager
async def satellite(*arguments: str | Path) -> AsyncIterator[Running]:
    with started("satellite", *arguments) as running:
        yield running


async def ended(running: Running, by: signal.Signals) -> Finished:
    return await asyncio.to_thread(running.end, by)


def line(finished: Finished) -> str:
    """Return the one line that a program ended with."""
    assert (finished.code, finished.out) == (2, "")
    (only,) = finished.err.splitlines()
    return only


async def test_the_first_time_it_is_paired_and_later_it_needs_nothing(house: House) -> None:
    code = await house.owner.code(Role.SATELLITE, "Kitchen")
    async with satellite("--gateway", house.address, "--code", code.lower(), "--name", "Sink", *house.devices) as first:
        await house.voice.session()
        finished = await ended(first, signal.SIGTERM)
    assert (finished.code, finished.out) == (0, "")
    assert finished.err.splitlines() == [
        f"INFO local-voice: paired with the gateway at {house.address}; from now on `local-voice satellite` is enough",
        f"INFO local-voice: connected to the gateway at {house.address}",
    ]
    assert stat.S_IMODE(satellite_file().stat().st_mode) == 0o600
    (known,) = known_gateways(satellite_file())
    assert known.name == "Sink"
    assert not any(token in finished.err for token in (code, known.voice_token, known.broker_token))
    async with satellite(*house.devices):
        session = await house.voice.session()
        assert await session.frame() == b"\1" * FRAME_BYTES


async def test_a_code_may_be_needed_and_how_to_get_one_is_said(house: House) -> None:
    finished = await ran("--gateway", house.address, *house.devices)
    assert line(finished) == (
        f"local-voice: this satellite is not paired with {house.address}: `local-voice pair satellite --area NAME` "
        f"on the gateway shows a code; then here: local-voice satellite --gateway {house.address} --code CODE"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "not paired yet; name its gateway: local-voice satellite --gateway HOST"),
        (["--code", "ABCD-EFGH-IJKL-MNOP"], "--code: name the gateway that shows it too"),
        (["--gateway", "http://x"], "must be a host or an address"),
        (["--gateway", "127.0.0.1", "--forget"], "--forget: this satellite knows no gateway at 127.0.0.1:10870"),
        (["--once"], "--once: only with --wav and --out"),
        (["--gateway", "127.0.0.1", "--code", "x", "--wav", "none.wav"], "none.wav: there is no such file"),
        (["--gateway", "127.0.0.1", "--code", "x"], "that is no pairing code"),
        (["--gateway", "127.0.0.1:1", "--code", "ABCD-EFGH-IJKL-MNOP"], "127.0.0.1:1 is not reached (Connect"),
    ],
)
async def test_what_cannot_be_done_is_one_line_that_says_why(arguments: list[str], said: str) -> None:
    assert said in line(await ran(*arguments))
    assert not satellite_file().exists()


async def test_a_wrong_code_stores_nothing(house: House) -> None:
    await house.owner.code(Role.SATELLITE)
    finished = await ran("--gateway", house.address, "--code", "AAAA-AAAA-AAAA-AAAA", *house.devices)
    assert line(finished).startswith("local-voice: that code is not right; compare it")
    assert not satellite_file().exists()


async def test_a_gateway_that_was_set_up_anew_is_paired_anew(house: House) -> None:
    await house.paired()
    (known,) = known_gateways(satellite_file())
    content = json.loads(satellite_file().read_bytes())
    content[0]["voice_pin"] = content[0]["broker_pin"]
    satellite_file().write_text(json.dumps(content))
    said = line(await ran(*house.devices))
    assert "is not the gateway this device was paired with" in said
    assert said.endswith(f"then here: local-voice satellite --gateway {house.address} --code CODE")
    code = await house.owner.code(Role.SATELLITE)
    async with satellite("--gateway", house.address, "--code", code, *house.devices):
        await house.voice.session()
    (again,) = known_gateways(satellite_file())
    assert (again.voice_pin, again.peer_id == known.peer_id) == (known.voice_pin, False)


async def test_what_is_forgotten_is_forgotten_on_both_sides(house: House) -> None:
    await house.paired()
    finished = await ran("--forget")
    assert (finished.code, known_gateways(satellite_file())) == (0, ())
    assert f"this satellite and the gateway at {house.address} have forgotten each other" in finished.err
    assert house.voice.admission._peers.by_role(Role.SATELLITE) == ()


async def test_a_gateway_that_is_gone_is_forgotten_too_and_that_is_said(house: House) -> None:
    await house.paired()
    (known,) = known_gateways(satellite_file())
    await house.owner.broker.close()
    finished = await ran("--forget", "--gateway", house.address)
    assert (finished.code, known_gateways(satellite_file())) == (0, ())
    assert "is forgotten, but could not be told (" in finished.err
    assert finished.err.endswith(f"there: local-voice peers revoke {known.peer_id}\n")


async def test_a_gateway_that_does_not_know_us_any_more_is_forgotten_too(house: House) -> None:
    await house.paired()
    content = json.loads(satellite_file().read_bytes())
    content[0]["broker_token"] = "wrong"  # noqa: S105 - no secret
    satellite_file().write_text(json.dumps(content))
    finished = await ran("--forget")
    assert (finished.code, known_gateways(satellite_file())) == (0, ())
    assert "it did not know this satellite any more" in finished.err


async def test_once_it_ends_when_the_first_reply_was_heard(house: House) -> None:
    await house.paired()
    reply = tone(440, seconds=0.5, rate_hz=22_050)
    async with satellite("--once", *house.devices) as running:
        session = await house.voice.session()
        session.say(SoundBegin(rate_hz=22_050))
        await session.channel.play(reply)
        start_s = time.monotonic()
        session.say(Drain(id=1))
        await session.next(Drained)
        assert time.monotonic() - start_s > 0.4, "a speaker takes its time"
        assert await asyncio.to_thread(running.process.wait, 10) == 0
    assert len(read_recording(house.out)) == pytest.approx(16_000, abs=100)


async def test_a_signal_mutes_and_another_one_ends_that(house: House) -> None:
    await house.paired()
    async with satellite("--muted", *house.devices) as running:
        session = await house.voice.session()
        assert await session.next(Muted) == Muted(muted=True)
        running.process.send_signal(signal.SIGUSR1)
        assert await session.next(Muted) == Muted(muted=False)
        assert await session.frame()
        session.say(Mute(muted=True))
        assert await session.next(Muted) == Muted(muted=True)
        finished = await ended(running, signal.SIGINT)
    assert (finished.code, finished.out) == (130, "")
    assert [words.partition(": ")[2] for words in finished.err.splitlines()] == [
        "muted: nothing that is said here leaves this program",
        f"connected to the gateway at {house.address}",
        "not muted any more",
        "muted: nothing that is said here leaves this program",
    ]


async def test_without_sound_devices_the_missing_package_is_named(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.paired()
    monkeypatch.setenv("PATH", str(tmp_path))
    said = line(await ran("--microphone", "no-such-device"))
    assert said == "local-voice: no microphone: neither PortAudio nor arecord is here; install the package alsa-utils"
    said = line(await ran("--wav", house.wav, "--speaker", "no-such-device"))
    assert said == "local-voice: no speaker: neither PortAudio nor aplay is here; install the package alsa-utils"


class Terminal:
    """What a person sees and types."""

    def __init__(self) -> None:
        self.keyboard, self.program_side = pty.openpty()
        self.seen = ""
        self._news = asyncio.Event()

    def read(self) -> None:
        self.seen += os.read(self.keyboard, 4_096).decode(errors="replace")
        self._news.set()

    async def until(self, words: str) -> None:
        async with asyncio.timeout(10):
            while words not in self.seen:
                self._news.clear()
                await self._news.wait()
        self.seen = ""

    def types(self, text: str) -> None:
        os.write(self.keyboard, text.encode())


@asynccontextmanager
async def on_terminal(*arguments: str | Path) -> AsyncIterator[tuple[Terminal, asyncio.subprocess.Process]]:
    """Run the satellite on a terminal of its own during the block."""
    terminal = Terminal()
    side = terminal.program_side
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "satellite", *map(str, arguments)),
        stdin=side,
        stdout=side,
        stderr=side,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        start_new_session=True,
    )
    loop = asyncio.get_running_loop()
    loop.add_reader(terminal.keyboard, terminal.read)
    try:
        yield terminal, process
    finally:
        loop.remove_reader(terminal.keyboard)
        if process.returncode is None:
            process.kill()
        await process.wait()
        os.close(terminal.keyboard)
        os.close(side)


async def test_on_a_terminal_the_code_is_asked_for_and_m_mutes(house: House) -> None:
    code = await house.owner.code(Role.SATELLITE)
    async with on_terminal("--gateway", house.address, *house.devices) as (terminal, process):
        await terminal.until("on the gateway shows a code. Code: ")
        terminal.types(f"{code}\n")
        session = await house.voice.session()
        assert await session.next(Muted) == Muted(muted=False)
        await terminal.until("waiting for the wake word")
        terminal.types("m\n")
        assert await session.next(Muted) == Muted(muted=True)
        await terminal.until("m and Enter listens again")
        terminal.types("what?\n")
        terminal.types("M\n")
        assert await session.next(Muted) == Muted(muted=False)
        session.say(Listening(listening=True))
        await terminal.until("● listening")
        await house.voice.listener.close()
        await terminal.until("not connected")
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 2) == 0


async def test_on_a_terminal_nobody_has_to_give_a_code(house: House) -> None:
    async with on_terminal("--gateway", house.address, *house.devices) as (terminal, process):
        await terminal.until("Code: ")
        terminal.types("\x04")  # Ctrl-D
        await terminal.until("this satellite is not paired with")
        assert await asyncio.wait_for(process.wait(), 5) == 2


async def test_once_it_gives_up_where_no_reply_comes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "REPLY_S", 0.05)
    await house.paired()
    (known,) = known_gateways(satellite_file())
    args = argparse.Namespace(microphone=None, speaker=None, out=house.out, muted=False, once=True)
    assert await command._serve(known, silence(1), args) == 1


async def test_a_gateway_that_hangs_does_not_keep_the_program(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway neither reads nor answers when the satellite says good-bye."""
    await house.paired()
    async with satellite(*house.devices) as running:
        session = await house.voice.session()
        transport = session.channel._websocket._req.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.pause_reading()
        finished = await ended(running, signal.SIGTERM)
        session.channel.cut("test")
    assert finished.code == 0
    assert finished.seconds < 2
