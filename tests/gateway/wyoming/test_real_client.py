"""The protocol's own client library against our server with the real models, as Home Assistant would use it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, Recognize
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice
from wyoming.wake import Detect, Detection, NotDetected

from gateway.assembly import Assembly
from gateway.audio import resample
from gateway.config import Config, WakeConfig
from gateway.home.simulated import SimulatedHome
from gateway.server.pipeline_turns import PipelineTurns
from gateway.server.services import NO_LEDGER
from gateway.turn.policy import refused
from gateway.turn.stages import SpeechToText, TextToSpeech, Understanding
from gateway.turn.wake import WakeListener
from gateway.turn.words import plain_words
from gateway.wyoming.commands import SATELLITE_ID
from gateway.wyoming.server import WyomingServer
from gateway.wyoming.services import Engines, Names, Services, WakeEars
from tests.gateway.wyoming.rig import answers, ask, client_of, serving, sound
from tests.voices import Voices, hiss, silence

pytestmark = pytest.mark.models
CONFIG = replace(Config(), wake=WakeConfig(words=("okay_nabu", "alexa")))
MODELS_DEADLINE_S = 60.0


@pytest.fixture(scope="module")
def assembly() -> Iterator[Assembly]:
    assembly = Assembly(CONFIG)
    yield assembly
    assembly.close()


@pytest.fixture(scope="module")
def stt(assembly: Assembly) -> SpeechToText:
    return assembly.stt()


@pytest.fixture(scope="module")
def tts(assembly: Assembly) -> TextToSpeech:
    return assembly.tts()


@pytest.fixture(scope="module")
def understanding(assembly: Assembly) -> Understanding:
    return assembly.understanding(assembly.house())


@pytest.fixture
async def home(assembly: Assembly) -> AsyncIterator[SimulatedHome]:
    home = assembly.home(assembly.house(), asyncio.get_running_loop())
    yield home
    home.close()


@pytest.fixture
async def server(
    assembly: Assembly, stt: SpeechToText, tts: TextToSpeech, understanding: Understanding, home: SimulatedHome
) -> AsyncIterator[WyomingServer]:
    async def new_wake() -> WakeEars:
        return await assembly.load(lambda: WakeListener(assembly.wake(), assembly.second_opinion()))

    names = Names(
        version="0.1.0",
        language=CONFIG.stt.language,
        stt_model=CONFIG.stt.model,
        voice=CONFIG.tts.voice,
        voice_language="en-US",
        wake_words=CONFIG.wake.words,
    )
    engines = Engines(names=names, stt=stt, tts=tts)
    services = Services(
        engines=lambda: engines,
        understanding=understanding,
        home=home,
        new_wake=new_wake,
        turns=PipelineTurns(NO_LEDGER, satellite_id=SATELLITE_ID),
    )
    async with serving(services) as server:
        yield server


@pytest.fixture
async def client(server: WyomingServer) -> AsyncIterator[AsyncTcpClient]:
    async with client_of(server) as client:
        client.read_timeout = MODELS_DEADLINE_S
        yield client


def words(event: Event) -> list[str]:
    return plain_words(Transcript.from_event(event).text)


async def spoken(client: AsyncTcpClient, *said: Eventable, last: str) -> tuple[AudioStart, bytes]:
    """Return the sound that comes back, and what it is like."""
    start = AudioStart.from_event(await ask(client, *said))
    pcm = b""
    while (event := await client.read_event()) is not None and event.type != last:
        if AudioChunk.is_type(event.type):
            pcm += AudioChunk.from_event(event).audio
    return start, pcm


async def test_the_library_understands_our_description(client: AsyncTcpClient) -> None:
    info = Info.from_event(await ask(client, Describe()))
    assert [model.name for model in info.asr[0].models] == [CONFIG.stt.model]
    assert [word.name for word in info.wake[0].models] == ["okay_nabu", "alexa"]


async def test_a_spoken_command_is_transcribed(client: AsyncTcpClient, voices: Voices) -> None:
    said = voices.piper("Turn on the sofa lamp.") + silence(0.5)
    assert words(await ask(client, Transcribe(language="en"), *sound(said))) == ["turn", "on", "the", "sofa", "lamp"]
    stereo = b"".join(said[at : at + 2] * 2 for at in range(0, len(said), 2))
    event = await ask(client, Transcribe(language="en"), *sound(stereo, channels=2))
    assert words(event) == ["turn", "on", "the", "sofa", "lamp"]


@pytest.mark.parametrize("noise", [silence(2.0), hiss(2.0)])
async def test_noise_is_an_empty_transcript(client: AsyncTcpClient, noise: bytes) -> None:
    assert words(await ask(client, Transcribe(language="en"), *sound(noise))) == []


async def test_what_we_say_we_understand(client: AsyncTcpClient) -> None:
    voice = SynthesizeVoice(name=CONFIG.tts.voice)
    form, pcm = await spoken(client, Synthesize(text="Turn on the sofa lamp.", voice=voice), last="audio-stop")
    assert (form.width, form.channels) == (2, 1)
    heard = await ask(client, Transcribe(language="en"), *sound(pcm, rate=form.rate))
    assert words(heard) == ["turn", "on", "the", "sofa", "lamp"]


async def test_a_reply_in_pieces_is_spoken(client: AsyncTcpClient) -> None:
    pieces = [SynthesizeChunk(text) for text in ("Turn on the ", "sofa lamp. Then", " turn off the fan.")]
    said = [SynthesizeStart(), *pieces, Synthesize(text="Turn on the sofa lamp. Then turn off the fan.")]
    form, pcm = await spoken(client, *said, SynthesizeStop(), last="synthesize-stopped")
    heard = words(await ask(client, Transcribe(language="en"), *sound(resample(pcm, form.rate, 16_000))))
    assert heard[:5] == ["turn", "on", "the", "sofa", "lamp"]
    assert heard[-3:] == ["off", "the", "fan"]


async def test_a_spoken_wake_word_is_detected(client: AsyncTcpClient, voices: Voices) -> None:
    said = silence(0.8) + voices.piper("Okay Nabu.") + silence(1.0)
    event = await ask(client, Detect(names=["okay_nabu"]), *sound(said))
    assert Detection.from_event(event).name == "okay_nabu"
    event = await ask(client, Detect(names=["alexa"]), *sound(said))
    assert NotDetected.is_type(event.type)
    event = await ask(client, Detect(), *sound(silence(0.8) + voices.piper("Turn on the lights.") + silence(1.0)))
    assert NotDetected.is_type(event.type)


async def test_a_command_changes_the_demo_house(client: AsyncTcpClient, home: SimulatedHome) -> None:
    def state(entity_id: str) -> str:
        return next(entity.state for entity in home.snapshot().entities if entity.id == entity_id)

    intent = Intent.from_event(await ask(client, Recognize(text="turn off the sofa lamp")))
    lamp = next(entity for entity in home.snapshot().entities if entity.name == "Sofa Lamp")
    assert intent.name == "HassTurnOff"
    assert state(lamp.id) == "on"
    event = await ask(client, Transcript("turn off the sofa lamp", language="en"))
    assert Handled.from_event(event).text
    assert state(lamp.id) == "off"


async def test_a_door_stays_locked_and_a_timer_unset(client: AsyncTcpClient, home: SimulatedHome) -> None:
    before = home.snapshot()
    event = await ask(client, Transcript("unlock the front door", language="en"))
    assert NotHandled.from_event(event).text == refused("en")
    event = await ask(client, Transcript("unlock the front door in 5 minutes", language="en"))
    assert NotHandled.is_type(event.type)
    event = await ask(client, Transcript("set a timer for 5 minutes", language="en"))
    assert "timer" in (NotHandled.from_event(event).text or "").casefold()
    assert home.snapshot() == before


async def test_half_a_minute_of_sound_is_enough(client: AsyncTcpClient, voices: Voices) -> None:
    said = voices.piper("Turn on the sofa lamp.") + silence(31.0)
    await client.write_event(Transcribe(language="en").event())
    for one in sound(said, piece_bytes=32_000):
        await client.write_event(one.event())
    events = await answers(client)
    assert [words(event) for event in events] == [["turn", "on", "the", "sofa", "lamp"]]
    assert not any(AudioStop.is_type(event.type) for event in events)
