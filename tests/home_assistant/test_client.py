"""What is asked of the gateway: sound goes as it arrives, answers come as they are made, and everything has an end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
from homeassistant.core import Context, HomeAssistant

from custom_components.local_voice.errors import NotConnectedError, RefusedError
from custom_components.local_voice.wire import client as under_test
from custom_components.local_voice.wire import open_request
from custom_components.local_voice.wire.client import MIC_FRAME_BYTES, Client
from custom_components.local_voice.wire.connection import dial
from custom_components.local_voice.wire.messages import Message
from custom_components.local_voice.wire.open_request import Said
from tests.home_assistant.scripted_gateway import SATELLITE, Json, Say, ScriptedGateway
from tests.home_assistant.test_connection import port

CHUNK = b"\1\0" * 160
"""10 ms, as Home Assistant brings it."""


class Source:
    """Sound or text that comes piece by piece, and knows what became of it."""

    def __init__(self, *pieces: Any, then: Exception | None = None, goes_on: bool = False) -> None:
        self.pieces = pieces
        self.then = then
        self.goes_on = goes_on
        self.given = 0
        self.is_closed = False

    async def play(self) -> AsyncGenerator[Any]:
        try:
            for piece in self.pieces:
                self.given += 1
                yield piece
            while self.goes_on:
                await asyncio.sleep(0.001)
                self.given += 1
                yield CHUNK
            if self.then is not None:
                raise self.then
        finally:
            self.is_closed = True


@pytest.fixture
async def client(hass: HomeAssistant, gateway: ScriptedGateway) -> AsyncIterator[Client]:
    connection = await dial(hass, port(gateway))
    await connection.greet()
    told: list[Message] = []
    client = Client(connection, told.append)
    running = asyncio.create_task(client.run())
    yield client
    running.cancel()
    await asyncio.wait({running})
    await connection.close()


def said(text: str) -> Said:
    return Said(text=text, language="en", conversation_id="1", context=Context())


def silent(_: Json) -> list[Say]:
    """Answer nothing."""
    return []


async def test_sound_goes_in_frames_of_32_ms_and_its_end_is_said(client: Client, gateway: ScriptedGateway) -> None:
    source = Source(*[CHUNK] * 10)
    assert await client.recognize(source.play(), language="en", wake_tail_ms=80) == "turn on the light"
    asked = await gateway.told("recognize")
    assert (asked["language"], asked["wake_tail_ms"]) == ("en", 80)
    assert bytes(gateway.sounds[asked["id"]]) == CHUNK * 10
    assert [len(frame) - 4 for frame in gateway.frames] == [MIC_FRAME_BYTES] * 3 + [128, 0]
    assert source.is_closed


async def test_words_that_come_before_the_sound_ends_are_returned_at_once(
    client: Client, gateway: ScriptedGateway
) -> None:
    gateway.enough_bytes = 4 * MIC_FRAME_BYTES
    source = Source(goes_on=True)
    assert await client.recognize(source.play(), language="en", wake_tail_ms=0) == "turn on the light"
    assert source.is_closed
    given = source.given
    await asyncio.sleep(0.02)
    assert source.given == given
    assert gateway.all_told("forget") == []


async def test_a_wake_word_waits_for_the_piece_that_is_on_its_way(client: Client, gateway: ScriptedGateway) -> None:
    gateway.enough_bytes = 4 * MIC_FRAME_BYTES
    broken_off = []

    async def below() -> AsyncGenerator[bytes]:
        try:
            while True:
                await asyncio.sleep(0.01)
                yield CHUNK
        except asyncio.CancelledError:
            broken_off.append(True)
            raise

    stream = below()
    detected = await client.detect((piece async for piece in stream), wake_words=["okay_nabu"])
    assert (detected.wake_word, detected.heard_ms) == ("okay_nabu", 128)
    assert (await gateway.told("detect"))["wake_words"] == ["okay_nabu"]
    assert await anext(stream) == CHUNK
    assert not broken_off
    await stream.aclose()


async def test_what_goes_wrong_in_the_source_is_told_to_whoever_asked(client: Client, gateway: ScriptedGateway) -> None:
    with pytest.raises(LookupError, match="the microphone"):
        await client.recognize(Source(CHUNK, then=LookupError("the microphone")).play(), language="en", wake_tail_ms=0)
    await gateway.told("forget")


async def test_who_is_cancelled_has_the_request_forgotten(client: Client, gateway: ScriptedGateway) -> None:
    gateway.scripts["converse"] = silent
    asking = asyncio.create_task(client.converse(said("lights")))
    asked = await gateway.told("converse")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await gateway.told("forget"))["id"] == asked["id"]


async def test_a_cancelled_recognition_closes_its_source(client: Client, gateway: ScriptedGateway) -> None:
    gateway.enough_bytes = 10**9
    source = Source(goes_on=True)
    asking = asyncio.create_task(client.recognize(source.play(), language="en", wake_tail_ms=0))
    await gateway.until(lambda: len(gateway.frames) > 2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert source.is_closed
    await gateway.told("forget")


@pytest.mark.parametrize(
    ("kind", "answer", "ask"),
    [
        ("recognize", "recognized", lambda c: c.recognize(Source(CHUNK).play(), language="", wake_tail_ms=0)),
        ("detect", "detected", lambda c: c.detect(Source(CHUNK).play(), wake_words=())),
        ("speak", "spoken", lambda c: c.speak(Source("Hi").play(), language="", voice="")),
        ("announce", "announced", lambda c: c.announce(SATELLITE, text="Hi", sound=b"", then="")),
        (
            "change_settings",
            "settings_changed",
            lambda c: c.change_settings(stt_model="x", voice=None, wake_words=None, wake_sensitivity=None),
        ),
    ],
)
async def test_a_gateway_that_says_no_is_quoted_by_its_code(
    client: Client, gateway: ScriptedGateway, kind: str, answer: str, ask: Callable[[Client], Awaitable[Any]]
) -> None:
    gateway.scripts[kind] = lambda heard: [{"type": answer, "id": heard["id"], "error": "too_many", "message": "m"}]
    with pytest.raises(RefusedError) as refused:
        await ask(client)
    assert refused.value.code == "too_many"
    assert refused.value.translation_placeholders == {"code": "too_many"}
    await client.converse(said("anything"))
    assert gateway.all_told("forget") == []


@pytest.mark.parametrize(
    ("deadline", "kind", "ask"),
    [
        ("ANSWER_S", "recognize", lambda c: c.recognize(Source(CHUNK).play(), language="", wake_tail_ms=0)),
        ("RECOGNIZED_S", "recognize", lambda c: c.recognize(Source(goes_on=True).play(), language="", wake_tail_ms=0)),
        ("ANSWER_S", "detect", lambda c: c.detect(Source(CHUNK).play(), wake_words=())),
        ("ANSWER_S", "speak", lambda c: c.speak(Source("Hi").play(), language="", voice="")),
        ("CONVERSED_S", "converse", lambda c: c.converse(said("lights"))),
        ("ANNOUNCED_S", "announce", lambda c: c.announce(SATELLITE, text="Hi", sound=b"", then="")),
        (
            "SETTINGS_S",
            "change_settings",
            lambda c: c.change_settings(stt_model="x", voice=None, wake_words=None, wake_sensitivity=None),
        ),
    ],
)
async def test_a_gateway_that_never_answers_is_given_up(
    client: Client,
    gateway: ScriptedGateway,
    monkeypatch: pytest.MonkeyPatch,
    deadline: str,
    kind: str,
    ask: Callable[[Client], Awaitable[Any]],
) -> None:
    monkeypatch.setattr(under_test, deadline, 0.1)
    gateway.scripts[kind] = silent
    with pytest.raises(RefusedError, match="no_answer") as refused:
        await ask(client)
    assert refused.value.code == "no_answer"
    await gateway.told("forget")


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        ("recognize", lambda c: c.recognize(Source(goes_on=True).play(), language="", wake_tail_ms=0)),
        ("detect", lambda c: c.detect(Source(goes_on=True).play(), wake_words=())),
        ("speak", lambda c: c.speak(Source("Hi").play(), language="", voice="")),
        ("converse", lambda c: c.converse(said("lights"))),
        ("announce", lambda c: c.announce(SATELLITE, text="", sound=b"", then="answer")),
    ],
)
async def test_a_gateway_that_goes_ends_what_is_open_at_once(
    client: Client, gateway: ScriptedGateway, kind: str, ask: Callable[[Client], Awaitable[Any]]
) -> None:
    gateway.scripts[kind] = silent
    asking = asyncio.ensure_future(ask(client))
    await gateway.told(kind)
    gateway.drop()
    async with asyncio.timeout(1):
        with pytest.raises(NotConnectedError):
            await asking
    with pytest.raises(NotConnectedError):
        await ask(client)


async def test_text_is_spoken_while_it_still_comes(client: Client, gateway: ScriptedGateway) -> None:
    more = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield ""
        yield "Hello."
        await more.wait()
        yield " Good morning."

    rate_hz, sound = await client.speak(text(), language="en", voice="joe")
    async with aclosing(sound):
        assert (rate_hz, await anext(sound)) == (22_050, gateway.speech_frame)
        more.set()
        assert [piece async for piece in sound] == [gateway.speech_frame]
    speak = await gateway.told("speak")
    assert (speak["text"], speak["language"], speak["voice"], speak["more"]) == ("Hello.", "en", "joe", True)
    assert [told.get("text", "") for told in gateway.all_told("speak_more")] == [" Good morning.", ""]
    assert gateway.all_told("forget") == []


async def test_a_text_longer_than_a_message_goes_in_several(client: Client, gateway: ScriptedGateway) -> None:
    _, sound = await client.speak(Source("x" * 5_000).play(), language="en", voice="")
    assert len([piece async for piece in sound]) == 2
    texts = [told.get("text", "") for told in gateway.all_told("speak") + gateway.all_told("speak_more")]
    assert [len(text) for text in texts] == [4_096, 904, 0]


async def test_an_empty_text_has_no_sound_and_is_not_asked_for(client: Client, gateway: ScriptedGateway) -> None:
    rate_hz, sound = await client.speak(Source("", "").play(), language="en", voice="")
    assert (rate_hz, [piece async for piece in sound]) == (16_000, [])
    assert gateway.all_told("speak") == gateway.all_told("forget") == []


async def test_a_text_of_which_nothing_can_be_said_has_no_sound(client: Client, gateway: ScriptedGateway) -> None:
    gateway.scripts["speak"] = lambda heard: [{"type": "spoken", "id": heard["id"]}]
    rate_hz, sound = await client.speak(Source("…").play(), language="en", voice="")
    assert (rate_hz, [piece async for piece in sound]) == (16_000, [])


async def test_speech_that_breaks_off_says_why(client: Client, gateway: ScriptedGateway) -> None:
    gateway.scripts["speak"] = lambda heard: [
        b"\0\0\0\x63" + b"of no request",
        heard["id"].to_bytes(4) + b"early",
        {"type": "speaking", "id": heard["id"], "rate_hz": 16_000},
        heard["id"].to_bytes(4) + b"\1\0",
        {"type": "spoken", "id": heard["id"], "error": "tts_failed"},
    ]
    _, sound = await client.speak(Source("Hi").play(), language="en", voice="")
    assert await anext(sound) == b"\1\0"
    with pytest.raises(RefusedError, match="refused"):
        await anext(sound)


async def test_who_listens_no_more_has_the_speech_forgotten(client: Client, gateway: ScriptedGateway) -> None:
    text = Source("Hi")
    gateway.scripts["speak_more"] = silent
    _, sound = await client.speak(text.play(), language="en", voice="")
    await anext(sound)
    await sound.aclose()
    await gateway.told("forget")
    assert text.is_closed


async def test_a_text_that_fails_is_told_to_whoever_asked(client: Client, gateway: ScriptedGateway) -> None:
    gateway.scripts["speak"] = silent
    with pytest.raises(LookupError):
        await client.speak(Source("Hi", then=LookupError("the model")).play(), language="en", voice="")
    await gateway.told("forget")


async def test_speech_that_nobody_fetches_is_bounded(
    client: Client, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_request, "MOST_UNHEARD_BYTES", 200_000)
    gateway.speech_frame = b"\0" * 8_000
    gateway.scripts["speak_more"] = lambda heard: [heard["id"].to_bytes(4) + gateway.speech_frame] * 30
    _, sound = await client.speak(Source("Hi").play(), language="en", voice="")
    await gateway.told("speak_more")
    await client.converse(said("anything"))
    with pytest.raises(RefusedError, match="refused") as refused:
        await anext(sound)
    assert refused.value.code == "too_slow"


async def test_what_was_said_is_known_while_it_is_answered(client: Client, gateway: ScriptedGateway) -> None:
    gateway.scripts["converse"] = silent
    words = said("lights")
    asking = asyncio.create_task(client.converse(words))
    asked = await gateway.told("converse")
    assert client.said_for(asked["id"]) is words
    await gateway.say({"type": "conversed", "id": asked["id"], "outcome": "error", "error": "no_entity"})
    assert (await asking).error == "no_entity"
    assert client.said_for(asked["id"]) is None


async def test_a_sound_file_is_sent_in_whole_samples(client: Client, gateway: ScriptedGateway) -> None:
    assert await client.announce(SATELLITE, text="", sound=b"x" * 9_999, then="") == ""
    asked = await gateway.told("announce")
    assert (asked["sound_bytes"], asked["satellite_ids"]) == (9_999, [SATELLITE])
    assert bytes(gateway.sounds[asked["id"]]) == b"x" * 9_999 + b"\0"
    assert all(len(frame) <= 8_192 and len(frame) % 2 == 0 for frame in gateway.frames)


@pytest.mark.parametrize("answer", ["yes", ""])
async def test_an_announcement_may_wait_for_an_answer_which_may_be_silence(
    client: Client, gateway: ScriptedGateway, answer: str
) -> None:
    gateway.answer = answer
    assert await client.announce(SATELLITE, text="Really?", sound=b"", then="answer") == answer
    assert gateway.all_told("forget") == []
