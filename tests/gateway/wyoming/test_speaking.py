import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from gateway.events import Sound
from gateway.wyoming.limits import TEXT_CHARS
from gateway.wyoming.speaking import CHUNK_BYTES
from tests.fakes import ScriptedTts
from tests.gateway.wyoming.rig import NAMES, ask, but, client_of, scripted, serving


async def spoken(client: AsyncTcpClient, *said: Eventable, last: str = "audio-stop") -> list[Event]:
    events = [await ask(client, *said)]
    while events[-1].type != last:
        event = await client.read_event()
        assert event is not None
        events.append(event)
    return events


def pcm_of(events: list[Event]) -> bytes:
    return b"".join(AudioChunk.from_event(event).audio for event in events if AudioChunk.is_type(event.type))


@pytest.mark.parametrize(
    "voice", [None, SynthesizeVoice(name=NAMES.voice), SynthesizeVoice(language="en_US"), SynthesizeVoice()]
)
async def test_a_text_becomes_sound(voice: SynthesizeVoice | None) -> None:
    async with serving() as server, client_of(server) as client:
        events = await spoken(client, Synthesize(text="good morning", voice=voice))
        again = await spoken(client, Synthesize(text="again"))
    assert [event.type for event in events] == ["audio-start", "audio-chunk", "audio-chunk", "audio-stop"]
    assert AudioStart.from_event(events[0]) == AudioStart(rate=16_000, width=2, channels=1)
    assert pcm_of(events) == b"good".ljust(20, b"\0") + b"morning".ljust(20, b"\0")
    assert pcm_of(again) == b"again".ljust(20, b"\0")


class LongTts(ScriptedTts):
    """Speaks ten seconds for anything."""

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        yield Sound(rate_hz=22_050, pcm=bytes(range(250)) * 1_764)


async def test_long_sound_comes_in_small_pieces() -> None:
    async with serving(but(scripted(), tts=LongTts())) as server, client_of(server) as client:
        events = await spoken(client, Synthesize(text="anything"))
    assert pcm_of(events) == bytes(range(250)) * 1_764
    assert all(len(event.payload or b"") <= CHUNK_BYTES for event in events)
    assert AudioStart.from_event(events[0]).rate == 22_050


@pytest.mark.parametrize("text", ["", " \n"])
async def test_nothing_to_say_is_an_empty_sound(text: str) -> None:
    async with serving() as server, client_of(server) as client:
        events = await spoken(client, Synthesize(text=text))
    assert [event.type for event in events] == ["audio-start", "audio-stop"]


async def test_a_text_in_pieces_is_spoken_sentence_by_sentence_as_home_assistant_sends_it() -> None:
    tts = ScriptedTts()
    async with serving(but(scripted(), tts=tts)) as server, client_of(server) as client:
        first = await ask(client, SynthesizeStart(), SynthesizeChunk("Good mor"), SynthesizeChunk("ning. It is"))
        assert AudioStart.is_type(first.type), "the first sentence sounds before the last is known"
        rest = [SynthesizeChunk(" seven."), Synthesize(text="Good morning. It is seven."), SynthesizeStop()]
        events = await spoken(client, *rest, last="synthesize-stopped")
    assert tts.said == ["Good morning. ", "It is seven."]
    assert pcm_of(events) == b"".join(word.ljust(20, b"\0") for word in (b"Good", b"morning.", b"It", b"is", b"seven."))
    assert [event.type for event in events[-2:]] == ["audio-stop", "synthesize-stopped"]
    assert SynthesizeStopped.is_type(events[-1].type)


async def test_a_whole_text_after_one_in_pieces_is_spoken_again() -> None:
    async with serving() as server, client_of(server) as client:
        await spoken(client, SynthesizeStart(), SynthesizeChunk("one"), SynthesizeStop(), last="synthesize-stopped")
        assert pcm_of(await spoken(client, Synthesize(text="two"))) == b"two".ljust(20, b"\0")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([Synthesize(text="x", voice=SynthesizeVoice(name="en_GB-other"))], "unknown_model"),
        ([Synthesize(text="x", voice=SynthesizeVoice(language="de_DE"))], "unsupported_language"),
        ([Synthesize(text="<speak/>", text_format="ssml")], "unsupported_format"),
        ([Synthesize(text="x" * (TEXT_CHARS + 1))], "malformed"),
        ([SynthesizeStart(voice=SynthesizeVoice(name="en_GB-other"))], "unknown_model"),
        ([SynthesizeChunk("x")], "unexpected"),
        ([SynthesizeStop()], "unexpected"),
        ([SynthesizeStart(), *[SynthesizeChunk("x" * 4_000)] * 2], "too_long"),
    ],
)
async def test_what_cannot_be_spoken_is_refused(said: list[Eventable], code: str) -> None:
    async with serving() as server, client_of(server) as client:
        event = await ask(client, *said)
        assert Error.from_event(event).code == code
        assert await client.read_event() is None


class SharedTts(ScriptedTts):
    """Notices when two speak at once, and when speech is given up."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = 0
        self.most_at_once = 0
        self.finished = 0

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        try:
            for _ in range(20):
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await asyncio.sleep(0)
                self.at_once -= 1
                yield Sound(rate_hz=16_000, pcm=bytes(32_000))
        finally:
            self.finished += 1


async def test_the_voice_speaks_for_one_at_a_time() -> None:
    tts = SharedTts()
    async with serving(but(scripted(), tts=tts)) as server, client_of(server) as one, client_of(server) as other:
        sounds = await asyncio.gather(*(spoken(client, Synthesize(text="x")) for client in (one, other)))
    assert [len(pcm_of(events)) for events in sounds] == [640_000, 640_000]
    assert tts.most_at_once == 1
    assert tts.finished == 2


async def test_speech_for_a_peer_that_has_gone_is_given_up() -> None:
    tts = SharedTts()
    async with serving(but(scripted(), tts=tts)) as server:
        async with client_of(server) as client:
            assert AudioStart.is_type((await ask(client, Synthesize(text="x"))).type)
        async with client_of(server) as client:
            assert AudioStop.is_type((await spoken(client, Synthesize(text="y")))[-1].type)
    assert tts.finished == 2


async def test_a_voice_that_was_chosen_meanwhile_speaks_on_the_same_connection() -> None:
    services, usual, chosen = scripted(), ScriptedTts(), ScriptedTts()
    engines = [but(services, tts=usual).engines()]
    following = replace(services, engines=lambda: engines[-1])
    async with serving(following) as server, client_of(server) as client:
        await spoken(client, Synthesize("one"))
        names = replace(NAMES, voice="espeak-de", voice_language="de")
        engines.append(replace(engines[0], names=names, tts=chosen))
        await spoken(client, Synthesize("zwei", voice=SynthesizeVoice(name="espeak-de", language="de")))
        event = await ask(client, Synthesize("drei", voice=SynthesizeVoice(name=NAMES.voice)))
        assert event.data["code"] == "unknown_model"
    assert (usual.said, chosen.said) == (["one"], ["zwei"])
