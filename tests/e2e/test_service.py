"""The service with a satellite of its own: what a household gets, and what its log may say."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info

from gateway.recordings import read_recording
from gateway.wire import voice_words
from gateway.wire.dial import dial
from gateway.wire.messages import Greeting, Hello
from gateway.wire.pairing import Paired
from tests.e2e.program import run
from tests.e2e.serving import Serving, free_ports, loopback_config, serving
from tests.voices import Voices, silence

ENTITIES = 2_000
USABLE_S = 1.0
ROUNDS = 3


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Return a gateway that goes on as it is."""
    with serving(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture(scope="module")
def home(served: Serving) -> Paired:
    """Return its home."""
    return asyncio.run(served.home())


def said_to(served: Serving, folder: Path, recording: Path, name: str = "Shelf") -> str:
    """Pair a satellite in the kitchen, let it hear a recording, and return what it was called."""
    with served.code("satellite", "--area", "Kitchen") as code:
        finished = run(
            *("satellite", "--gateway", str(served.voice), "--code", code, "--name", name),
            *("--wav", recording, "--out", folder / "reply.wav", "--once"),
            environ={"XDG_DATA_HOME": str(folder / "satellite")},
        )
    assert finished.code == 0, finished.err
    return finished.err


def test_the_demo_house_answers_and_says_so_and_the_log_holds_no_word(
    tmp_path: Path, voices: Voices, wav: Callable[[str, bytes], Path]
) -> None:
    said = wav("said.wav", silence(0.5) + voices.piper("Okay Nabu, turn on the kitchen lights.") + silence(1.0))
    with serving(tmp_path / "gateway") as served:
        said_to(served, tmp_path, said)
        finished = served.running.end(signal.SIGTERM)
    assert finished.code == 0
    assert finished.seconds < 1
    heard = run("transcribe", tmp_path / "reply.wav").out.casefold()
    assert "demo house" in heard
    assert "turned on" in heard
    assert len(read_recording(tmp_path / "reply.wav")) > 32_000
    log = finished.err.casefold()
    for word in ("wake okay_nabu", "intent hassturnon", "first sound after", "stopped"):
        assert word in log
    for word in ("kitchen", "lights", "turned", "ceiling", "shelf"):
        assert word not in log, "nothing of what was said, answered or done is logged"


async def test_two_thousand_entities_are_sent_and_usable_within_a_second(
    served: Serving, home: Paired, state: Callable[[str], None]
) -> None:
    rooms = [voice_words.AreaWords(id=f"area_{n}", name=f"Room {n}", floor_id="ground") for n in range(40)]
    things = [
        voice_words.EntityWords(
            id=f"{('light', 'switch', 'sensor', 'cover')[n % 4]}.thing_{n}",
            name=f"{('Lamp', 'Plug', 'Temperature', 'Blind')[n % 4]} {n // 4}",
            aliases=(f"thing number {n}",) if n % 5 == 0 else (),
            area_id=f"area_{n % 40}",
            state="off",
            attributes={"supported_features": 3, "friendly": True},
        )
        for n in range(ENTITIES)
    ]
    times_s = []
    async with dial(served.voice, "/voice", voice_words.TO_HOME, pin=home.voice_pin, token=home.voice_token) as channel:
        channel.say(Hello(protocol=1))
        assert isinstance(await channel.hear(), Greeting)
        for number in range(ROUNDS):
            start_s = asyncio.get_running_loop().time()
            channel.say(voice_words.HouseBegin(name=f"Large {number}"))
            channel.say(
                voice_words.HousePart(
                    floors=(voice_words.FloorWords(id="ground", name="Ground Floor"),), areas=tuple(rooms)
                )
            )
            for first in range(0, ENTITIES, 250):
                channel.say(voice_words.HousePart(entities=tuple(things[first : first + 250])))
            channel.say(voice_words.HouseEnd())
            while not isinstance(heard := await channel.hear(), voice_words.HouseUsable):
                assert heard is not None, channel.end
            assert heard.entities == ENTITIES
            times_s.append(asyncio.get_running_loop().time() - start_s)
    state(f"{ENTITIES} entities sent and usable after {', '.join(f'{s:.2f}' for s in times_s)} s")
    assert median(times_s) < USABLE_S


async def test_an_announcement_is_heard_at_a_satellite_as_text_and_as_a_sound_file(
    served: Serving, home: Paired, tmp_path: Path, voices: Voices, wav: Callable[[str, bytes], Path]
) -> None:
    quiet = wav("quiet.wav", silence(1.0))
    message = wav("message.wav", voices.piper("The washing machine is done.")).read_bytes()
    connected = dial(served.voice, "/voice", voice_words.TO_HOME, pin=home.voice_pin, token=home.voice_token)
    async with connected as channel:
        channel.say(Hello(protocol=1))
        for name in ("text", "file"):
            folder = tmp_path / name
            folder.mkdir()
            satellite = asyncio.create_task(asyncio.to_thread(said_to, served, folder, quiet, name))
            while not _is_there(await channel.hear(), name):
                assert not satellite.done()
            if name == "text":
                channel.say(voice_words.Announce(id=1, text="Dinner is ready."))
            else:
                channel.say(voice_words.Announce(id=2, sound_bytes=len(message)))
                await channel.play_for(2, message)
            while not isinstance(await channel.hear(), voice_words.AnnounceOver):
                assert not satellite.done()
            await satellite
    assert "dinner is ready" in run("transcribe", tmp_path / "text" / "reply.wav").out.casefold()
    assert "washing machine is done" in run("transcribe", tmp_path / "file" / "reply.wav").out.casefold()


def _is_there(heard: object, name: str) -> bool:
    assert heard is not None, "the connection has ended"
    return isinstance(heard, voice_words.SatelliteChanged) and heard.name == name and heard.connected


async def test_wyoming_is_there_when_it_is_asked_for_and_said_to_be_unprotected(tmp_path: Path) -> None:
    port = free_ports()
    with serving(tmp_path / "gateway", more=f"[wyoming]\nenabled = true\nport = {port}\n") as served:
        async with asyncio.timeout(10), AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Describe().event())
            event = await client.read_event()
        assert event is not None
        info = Info.from_event(event)
        assert [program.models[0].name for program in info.asr] == ["tiny.en"]
        served.running.wait_for_log(f"anybody who reaches port {port} may use it")
        found = run("doctor", "--config", served.config, environ=served.environ).out
    assert "unprotected" in found


def test_a_second_gateway_says_what_is_in_its_way(served: Serving, tmp_path: Path) -> None:
    same_port = run("serve", "--config", served.config, environ={"XDG_DATA_HOME": str(tmp_path / "other")})
    elsewhere = loopback_config(tmp_path / "elsewhere", free_ports())
    same_folder = run("serve", "--config", elsewhere, environ=served.environ)
    for refused, why in ((same_port, f"port {served.port} (Address already in use)"), (same_folder, "another gateway")):
        assert refused.code == 2
        assert refused.err.count("\n") == 1, refused.err
        assert why in refused.err
