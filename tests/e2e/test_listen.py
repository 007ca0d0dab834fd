"""`local-voice listen` on a virtual sound card: real programs, in real time.

The microphone hears only what is played to it, so this is about logic and latency, not about echo.
"""

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from gateway.audio import RATE_HZ
from gateway.chimes import CHIME_HZ
from tests.e2e.program import Running, descendants, is_alive, run, started
from tests.soundcard import SoundCard, SpeakerRecording, running_soundcard, why_missing
from tests.voices import Voices, silence

SILENCED_MS = 300
"""From the end of the word to the last sound of the speaker."""
TRIES = 3
READY_S = 60.0
"""It loads three models; how quickly is not what is tested here."""
UNINTERRUPTED_MS = 3_300
"""How much sound the long answer makes that is interrupted here, at the least."""
LAMPS = (
    "Old Copper Lantern", "Green Banker Lamp", "Paper Moon", "Round Table Candle", "Tall Window Lamp", "Little Owl",
    "Red Desk Lamp", "Blue Corner Light", "Grandmother's Chandelier", "Yellow Bookshelf Light",
)  # fmt: skip
"""Lights that are on: an answer that names them takes long enough to be interrupted."""
PAUSE = silence(0.7)
SWITCHED = ("paper moon", "green banker lamp", "tall window lamp")
"""One for each attempt: what is off already is not switched off again."""

type State = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A microphone, a speaker, and the program between them."""

    card: SoundCard
    program: Running
    lamps: Iterator[str]
    """That are still on."""

    async def hears(self, *sounds: bytes) -> None:
        """Let the microphone hear `sounds`."""
        await self.card.play_to_microphone(b"".join(sounds))

    async def event(self, kind: str, *, after: int) -> int:
        """Return the line of the next event of a type."""
        return await asyncio.to_thread(self.program.wait_for_event, kind, after=after)

    @property
    def line(self) -> int:
        """How many events there were so far."""
        return len(self.program.out)

    @contextmanager
    def recorded(self) -> Iterator[tuple[SpeakerRecording, SpeakerRecording]]:
        """Record what the microphone hears and what the speaker plays."""
        with self.card.recorded_from_speaker("mic") as microphone, self.card.recorded_from_speaker() as speaker:
            yield microphone, speaker


@contextmanager
def room(card: SoundCard, house: Path, environ: dict[str, str]) -> Iterator[Room]:
    others = card.listeners()
    with started("listen", "--json", "--home", house, environ=card.environ | environ) as program:
        deadline_s = time.monotonic() + READY_S
        while card.listeners() == others:
            assert program.process.poll() is None, program.err
            assert time.monotonic() < deadline_s, "the program does not listen"
        yield Room(card=card, program=program, lamps=iter(SWITCHED))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("house") / "house.yaml"
    lamps = "".join(f"  - {{name: {json.dumps(name)}, domain: light, area: Hall, state: 'on'}}\n" for name in LAMPS)
    path.write_text(f"areas:\n  - name: Hall\nentities:\n{lamps}")
    return path


@pytest.fixture(scope="module")
def without_portaudio(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a machine without PortAudio, as sounddevice finds it there."""
    folder = tmp_path_factory.mktemp("no-portaudio")
    (folder / "sounddevice.py").write_text('raise OSError("PortAudio library not found")\n')
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def own_card() -> Iterator[SoundCard]:
    """Run a card that no other program listens to."""
    if reason := why_missing():
        pytest.skip(reason)
    with running_soundcard() as card:
        yield card


@pytest.fixture(scope="module")
def alsa_room(running_card: SoundCard, house: Path, without_portaudio: dict[str, str]) -> Iterator[Room]:
    with room(running_card, house, without_portaudio) as opened:
        yield opened


@pytest.mark.on_time
async def test_a_command_is_answered_and_the_chime_says_when_to_speak(
    alsa_room: Room, voices: Voices, state: State
) -> None:
    await is_answered_after_a_chime(alsa_room, voices, state)


@pytest.mark.on_time
async def test_portaudio_does_the_same(own_card: SoundCard, house: Path, voices: Voices, state: State) -> None:
    pytest.importorskip("sounddevice", reason="the extra `portaudio` is not installed", exc_type=ImportError)
    with room(own_card, house, {}) as opened:
        await is_answered_after_a_chime(opened, voices, state)
        assert descendants(opened.program.process.pid) == set()


async def is_answered_after_a_chime(opened: Room, voices: Voices, state: State) -> None:
    line, sentence = opened.line, f"turn off the {next(opened.lamps)}"
    with opened.recorded() as (_, speaker):
        await opened.hears(voices.piper("Okay Nabu."), PAUSE, voices.piper(f"{sentence}."), silence(1.5))
        last = await opened.event("end", after=line)
        await asyncio.sleep(1)
    transcript = opened.program.event(opened.program.wait_for_event("transcript", after=line))
    assert transcript["text"].strip(".").casefold() == sentence
    types = opened.program.types(line)
    assert types == ["wake", "speech_start", "speech_end", "transcript", "intent", "action", "reply", "end"]
    assert opened.program.event(last)["outcome"] == "action"

    begun_s = speaker.loud_times_s()[0]
    woken_s = opened.program.out[line][0]
    state(f"the chime is heard {1000 * (begun_s - woken_s):.0f} ms after the wake event")
    assert 0 < begun_s - woken_s < 1
    pcm = b"".join(piece for at, piece in speaker.pieces if at < begun_s + 0.2)[-int(0.25 * RATE_HZ) * 2 :]
    assert loudest_hz(pcm) == pytest.approx(CHIME_HZ[0], abs=30) or loudest_hz(pcm) == pytest.approx(
        CHIME_HZ[1], abs=30
    )
    spoken_ms = sum(len(piece) / 2 / RATE_HZ * 1000 for at, piece in speaker.pieces if at > begun_s + 0.5)
    assert spoken_ms > 500
    replied = opened.program.wait_for_event("reply", after=line)
    assert max(speaker.loud_times_s()) > opened.program.out[replied][0] - 0.1, "the reply sounds after its event"


@pytest.mark.on_time
async def test_stop_silences_a_reply(alsa_room: Room, voices: Voices, state: State) -> None:
    late_ms = await is_silenced_by(alsa_room, voices, voices.piper("Stop."))
    state(f"“stop” silences a reply within {late_ms} ms")


@pytest.mark.on_time
async def test_the_wake_word_silences_a_reply_and_the_next_words_are_heard(
    alsa_room: Room, voices: Voices, state: State
) -> None:
    word, then = voices.piper("Okay Nabu."), voices.piper("Never mind.")
    late_ms = await is_silenced_by(alsa_room, voices, word, then=then)
    state(f"the wake word silences a reply within {late_ms} ms")


async def is_silenced_by(opened: Room, voices: Voices, word: bytes, then: bytes = b"") -> list[int]:
    """Interrupt a long answer a few times; what follows the wake word must be heard as a turn of its own."""
    late_ms = []
    for _ in range(TRIES):
        line = opened.line
        with opened.recorded() as (microphone, speaker):
            await opened.hears(voices.piper("Okay Nabu."), PAUSE, voices.piper("what lights are on?"), silence(1.5))
            reply = await opened.event("reply", after=line)
            assert len(opened.program.event(reply)["text"]) > 60
            await opened.hears(word, silence(0.6))
            await opened.event("end", after=line)
            await asyncio.sleep(1)
            late_ms.append((speaker.loud_times_s()[-1] - microphone.loud_times_s()[-1]) * 1000)
            assert speaker.loud_ms < UNINTERRUPTED_MS
        if then:
            line = opened.line
            await opened.hears(then, silence(1.2))
            last = await opened.event("end", after=line)
            assert opened.program.types(line) == ["speech_start", "speech_end", "transcript", "intent", "end"]
            assert opened.program.event(last)["outcome"] == "never_mind"
    assert median(late_ms) <= SILENCED_MS, late_ms
    return [round(ms) for ms in late_ms]


async def test_nobody_hears_a_word_after_never_mind(alsa_room: Room, voices: Voices) -> None:
    line = alsa_room.line
    with alsa_room.recorded() as (_, speaker):
        await alsa_room.hears(voices.piper("Okay Nabu."), PAUSE, voices.piper("Never mind."), silence(1.5))
        last = await alsa_room.event("end", after=line)
        await asyncio.sleep(0.5)
        assert speaker.loud_ms < 300, "nothing but the chime"
    assert alsa_room.program.event(last)["outcome"] == "never_mind"
    assert "reply" not in alsa_room.program.types(line)


@pytest.mark.on_time
async def test_a_timer_rings_until_somebody_says_stop(alsa_room: Room, voices: Voices, state: State) -> None:
    line = alsa_room.line
    sentence = voices.piper("set a timer for five seconds.")
    await alsa_room.hears(voices.piper("Okay Nabu."), PAUSE, sentence, silence(1.5))
    await alsa_room.event("end", after=line)
    set_s = next(at for at, text in alsa_room.program.out[line:] if json.loads(text)["type"] == "action")
    with alsa_room.recorded() as (microphone, speaker):
        await asyncio.sleep(max(set_s + 4.5 - time.monotonic(), 0))
        speaker.pieces.clear()
        speaker.has_sound.clear()
        await speaker.wait_for_sound()
        assert speaker.loud_times_s()[0] - set_s == pytest.approx(5, abs=0.5)
        await asyncio.sleep(2.5)
        assert speaker.loud_ms > 600
        await alsa_room.hears(voices.piper("Stop."), silence(3))
        late_ms = (speaker.loud_times_s()[-1] - microphone.loud_times_s()[-1]) * 1000
        state(f"“stop” silences a ring within {late_ms:.0f} ms")
        assert late_ms < SILENCED_MS
    assert alsa_room.program.types(line)[-1] == "end", "nobody spoke to the house"


async def test_control_c_ends_it_and_leaves_no_sound_program_behind(
    own_card: SoundCard, house: Path, without_portaudio: dict[str, str], voices: Voices
) -> None:
    with room(own_card, house, without_portaudio) as opened, opened.recorded() as (_, speaker):
        await opened.hears(voices.piper("Okay Nabu."), PAUSE, voices.piper("what lights are on?"), silence(1))
        await opened.event("reply", after=0)
        speaker.has_sound.clear()
        await speaker.wait_for_sound()
        assert (await opened.event("reply", after=0)) == opened.line - 1, "it still speaks"
        helpers = descendants(opened.program.process.pid)
        assert len(helpers) == 2, "arecord and aplay are at work"
        finished = await asyncio.to_thread(opened.program.end, signal.SIGINT)
    assert (finished.code, finished.err.strip()) == (130, "")
    assert finished.seconds < 1
    assert not any(is_alive(pid) for pid in helpers)


def test_say_speaks_on_the_speaker(own_card: SoundCard, without_portaudio: dict[str, str]) -> None:
    with own_card.recorded_from_speaker() as speaker:
        finished = run("say", "The washing machine has finished.", environ=own_card.environ | without_portaudio)
    assert (finished.code, finished.out, finished.err) == (0, "", "")
    assert 1_000 < speaker.loud_ms < 4_000


def loudest_hz(pcm: bytes) -> float:
    values = np.frombuffer(pcm, dtype="<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(values, 1 << 15))
    return float(np.argmax(spectrum) * RATE_HZ / (1 << 15))
