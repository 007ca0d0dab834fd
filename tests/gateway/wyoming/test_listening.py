import asyncio
from collections.abc import Mapping

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.ping import Ping
from wyoming.wake import Detect, Detection, NotDetected

from gateway.errors import ModelError
from gateway.events import Recognition
from gateway.turn.wake import WakeListener
from gateway.wyoming.listening import UTTERANCE_BYTES, WakeDetection
from gateway.wyoming.services import Turnstile, WakeEars
from tests.fakes import ScriptedStt, ScriptedWakeWord, quiet, recognized, speech, wake_word
from tests.gateway.wyoming.rig import answers, ask, but, client_of, scripted, serving, sound

SPEECH = b"".join(speech(320))


@pytest.mark.parametrize(
    ("recognition", "text"),
    [
        (recognized("turn on the lamp"), "turn on the lamp"),
        (recognized("turn on the ramp", "turn on the lamp"), "turn on the lamp"),
        (recognized("who knows what", "who knows that"), "who knows what"),
        (recognized("thank you"), ""),
        (recognized("seven", score=-0.9), "seven"),
        (recognized("turn on the lamp", score=-0.7, no_speech=0.9), ""),
        (Recognition(hypotheses=()), ""),
    ],
)
async def test_words_are_transcribed_and_noise_is_not(recognition: Recognition, text: str) -> None:
    services = but(scripted(), stt=ScriptedStt(recognition))
    async with serving(services) as server, client_of(server) as client:
        event = await ask(client, Transcribe(language="en"), *sound(SPEECH))
    assert Transcript.from_event(event) == Transcript(text=text, language="en")


async def test_a_second_utterance_on_the_same_connection_starts_anew() -> None:
    stt = ScriptedStt(recognized("turn on the lamp"))
    async with serving(but(scripted(), stt=stt)) as server, client_of(server) as client:
        await ask(client, Transcribe(), *sound(SPEECH))
        await ask(client, Transcribe(), *sound(SPEECH + SPEECH))
        event = await ask(client, *sound(b""))
    assert [len(pcm) for pcm in stt.heard] == [len(SPEECH), 2 * len(SPEECH)]
    assert Transcript.from_event(event).text == ""


async def test_an_utterance_of_more_than_30_seconds_is_cut_answered_and_the_connection_ended() -> None:
    stt = ScriptedStt(recognized("turn on the lamp"))
    async with serving(but(scripted(), stt=stt)) as server, client_of(server) as client:
        await client.write_event(Transcribe().event())
        for one in sound(bytes(UTTERANCE_BYTES + 10 * 65_536), piece_bytes=65_536):
            await client.write_event(one.event())
        events = await answers(client)
    assert [Transcript.from_event(event).text for event in events] == ["turn on the lamp"]
    assert [len(pcm) for pcm in stt.heard] == [UTTERANCE_BYTES]


async def test_sound_may_begin_without_audio_start() -> None:
    async with serving() as server, client_of(server) as client:
        event = await ask(client, Transcribe(), *sound(SPEECH)[1:])
    assert Transcript.from_event(event).text == "turn on the lamp"


async def test_a_wake_word_is_told_with_the_time_of_its_sound() -> None:
    async with serving() as server, client_of(server) as client:
        chunk = AudioChunk(rate=16_000, width=2, channels=1, audio=b"".join([*quiet(320), *wake_word()]), timestamp=77)
        event = await ask(client, Detect(names=["okay_nabu"]), AudioStart(16_000, 2, 1), chunk)
        assert Detection.from_event(event) == Detection(name="okay_nabu", timestamp=77)
        pong = await ask(client, AudioStop(), Ping())
    assert pong.type == "pong", "what was detected is not also not detected"


async def test_without_times_the_stream_counts_its_own() -> None:
    async with serving() as server, client_of(server) as client:
        event = await ask(client, Detect(), *sound(b"".join([*quiet(320), *wake_word()]), piece_bytes=1_000))
    assert Detection.from_event(event).timestamp == 352


async def test_a_stream_without_wake_word_ends_with_not_detected() -> None:
    async with serving() as server, client_of(server) as client:
        event = await ask(client, Detect(names=[]), *sound(b"".join(quiet(640))))
        assert NotDetected.is_type(event.type)
        event = await ask(client, Detect(), *sound(b"".join(wake_word())))
    assert Detection.is_type(event.type), "the next stream is another"


async def test_a_wake_word_that_was_not_asked_for_is_not_told() -> None:
    async with serving() as server, client_of(server) as client:
        event = await ask(client, Detect(names=["alexa"]), *sound(b"".join(wake_word())))
    assert NotDetected.is_type(event.type)


async def test_each_stream_has_ears_of_its_own() -> None:
    made: list[ScriptedWakeWord] = []

    async def new_wake() -> WakeEars:
        made.append(ScriptedWakeWord())
        return WakeListener(made[-1], None)

    services = but(scripted(), new_wake=new_wake)
    async with serving(services) as server, client_of(server) as first, client_of(server) as second:
        for client in (first, second):
            await ask(client, Detect(), *sound(b"".join(quiet(64))))
        await ask(first, *sound(b"".join(quiet(64))))
    assert [ears.resets for ears in made] == [2, 1]


async def test_ears_that_cannot_be_had_are_an_error() -> None:
    async def new_wake() -> WakeEars:
        raise ModelError("scripted")

    async with serving(but(scripted(), new_wake=new_wake)) as server, client_of(server) as client:
        event = await ask(client, Detect(), *sound(b""))
    assert Error.from_event(event).code == "model"


class CountingWakeWord(ScriptedWakeWord):
    """Counts what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = 0

    async def scores(self, frame: bytes) -> Mapping[str, float]:
        self.frames += 1
        return await super().scores(frame)


async def test_a_wake_stream_is_taken_no_faster_than_its_own_pace() -> None:
    word = CountingWakeWord()

    async def new_wake() -> WakeEars:
        return WakeListener(word, None)

    async def say(said: object) -> None:
        raise AssertionError(said)

    detection = WakeDetection(but(scripted(), new_wake=new_wake), Turnstile(1.0), say, None)
    await detection.begin()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await detection.hear(bytes(60 * 32_000), None)
    assert 5_000 // 32 <= word.frames <= 6_500 // 32
