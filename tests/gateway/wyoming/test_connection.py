import logging

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.info import Describe, SelectProgram
from wyoming.intent import Recognize
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize
from wyoming.wake import Detect

from gateway.events import Recognition
from tests.fakes import ScriptedHome, ScriptedStt, recognized
from tests.gateway.wyoming.rig import answers, ask, but, client_of, scripted, serving, sound

START = AudioStart(rate=16_000, width=2, channels=1)


async def test_a_ping_is_answered_with_its_text() -> None:
    async with serving() as server, client_of(server) as client:
        assert Pong.from_event(await ask(client, Ping(text="here"))).text == "here"
        assert Pong.from_event(await ask(client, Ping())).text is None


async def test_events_that_nobody_knows_are_passed_over() -> None:
    async with serving() as server, client_of(server) as client:
        await client.write_event(Event("run-satellite", {"any": ["thing"]}, b"payload"))
        event = await ask(client, SelectProgram(name="other"), Describe())
    assert event.type == "info"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([Transcribe(name="large")], "unknown_model"),
        ([Transcribe(language="fr")], "unsupported_language"),
        ([Detect(names=["hey_computer"])], "unknown_model"),
        ([START], "unexpected"),
        ([AudioStop()], "unexpected"),
        ([AudioChunk(16_000, 2, 1, b"")], "unexpected"),
        ([Transcribe(), AudioStop()], "unexpected"),
        ([Transcribe(), START, Detect(), AudioStop()], "unexpected"),
        ([Transcribe(), AudioStart(rate=96_000, width=2, channels=1)], "unsupported_format"),
        ([Transcribe(), AudioChunk(16_000, 3, 1, b"")], "unsupported_format"),
        ([Transcribe(), START, AudioChunk(48_000, 2, 1, b"")], "unsupported_format"),
        ([Transcribe(), START, AudioChunk(16_000, 2, 1, b"abc")], "malformed"),
    ],
)
async def test_what_breaks_the_rules_is_answered_with_why_and_the_end(said: list[Eventable], code: str) -> None:
    async with serving() as server, client_of(server) as client:
        error = Error.from_event(await ask(client, *said))
        assert (error.code, bool(error.text)) == (code, True)
        assert await answers(client) == []


async def test_a_stage_that_fails_ends_the_connection_with_an_error() -> None:
    services = but(scripted(), stt=ScriptedStt(recognized("x"), fails=True))
    async with serving(services) as server, client_of(server) as client:
        error = Error.from_event(await ask(client, Transcribe(), *sound(bytes(64))))
        assert error.code == "engine"
        assert await answers(client) == []


class BrokenStt(ScriptedStt):
    """Has a fault of its own."""

    async def recognize(self, pcm: bytes, *, language: str = "") -> Recognition:
        raise ZeroDivisionError("turn on the secret lamp")


async def test_a_fault_ends_one_connection_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(but(scripted(), stt=BrokenStt())) as server, client_of(server) as other:
        await ask(other, Ping())
        async with client_of(server) as client:
            error = Error.from_event(await ask(client, Transcribe(), *sound(bytes(64))))
            assert await answers(client) == []
        assert Pong.is_type((await ask(other, Ping())).type)
    assert error.code == "internal"
    assert "secret" not in error.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


async def test_no_log_holds_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fault = RuntimeError("about the lamp")
    services = but(scripted(), home=ScriptedHome(fault=fault))
    for said in (
        [Transcribe(), *sound(bytes(64))],
        [Recognize(text="turn on the lamp")],
        [Transcript("turn on the lamp")],
        [Transcript("turn on the lamp", language="de")],
        [Synthesize(text="the lamp is on")],
        [Synthesize(text="the lamp " * 1_000)],
    ):
        async with serving(services) as server, client_of(server) as client:
            await ask(client, *said)
    assert "RuntimeError" in caplog.text
    assert "lamp" not in caplog.text.casefold()
