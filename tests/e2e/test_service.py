"""The service with a satellite of its own: what a household gets, and what its log may say."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from statistics import median

from gateway.recordings import read_recording
from gateway.wire import voice_words
from gateway.wire.dial import dial
from gateway.wire.messages import Greeting, Hello
from tests.e2e.program import run
from tests.e2e.serving import Serving, serving
from tests.voices import Voices, silence

ENTITIES = 2_000
USABLE_S = 1.0
ROUNDS = 3


def said_to(served: Serving, folder: Path, recording: Path) -> str:
    """Pair a satellite in the kitchen, let it hear a recording, and return what it was called."""
    with served.code("satellite", "--area", "Kitchen") as code:
        finished = run(
            *("satellite", "--gateway", str(served.voice), "--code", code, "--name", "Shelf"),
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
    tmp_path: Path, state: Callable[[str], None]
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
    with serving(tmp_path / "gateway") as served:
        home = await served.home()
        times_s = []
        async with dial(
            served.voice, "/voice", voice_words.TO_HOME, pin=home.voice_pin, token=home.voice_token
        ) as channel:
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
