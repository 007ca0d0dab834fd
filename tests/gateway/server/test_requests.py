"""Open requests: one answer each under its id, or none where it is forgotten; bounded, and gone with the home."""

import asyncio
import logging

import pytest

from gateway.errors import EngineError, ProtocolError
from gateway.server.intake import SoundIntake
from gateway.server.requests import MOST_LISTENING, MOST_OPEN, MOST_REMEMBERED, Requests
from gateway.wire.messages import Message
from gateway.wire.request_words import Detect, Detected, Recognize, Recognized, Speak, Spoken
from gateway.wire.voice_words import Announce


class Rig:
    """Requests whose work is up to the test."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.requests = Requests("home-1", self.said.append)
        self.may_end = asyncio.Event()
        self.cancelled = 0

    async def work(self) -> Message:
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Spoken(id=99)

    def speak(self, request_id: int) -> None:
        self.requests.begin(Speak(id=request_id), Spoken, self.work)

    def recognize(self, request_id: int) -> None:
        self.requests.begin(Recognize(id=request_id), Recognized, self.work, SoundIntake())

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def failing(error: Exception) -> Message:
    raise error


async def test_what_the_work_returns_is_said_and_the_request_is_over() -> None:
    rig = Rig()
    rig.recognize(1)
    await rig.settle()
    assert rig.requests.intake(1) is not None
    assert rig.requests.intake(2) is None
    rig.may_end.set()
    await rig.settle()
    assert rig.said == [Spoken(id=99)]
    assert rig.requests.intake(1) is None
    assert rig.requests.is_used(1)


async def test_an_id_is_used_once() -> None:
    rig = Rig()
    rig.speak(1)
    rig.requests.use(2, Announce)
    for used in (1, 2):
        with pytest.raises(ProtocolError, match="used already") as refused:
            rig.recognize(used)
        assert (refused.value.refusal, refused.value.about) == ("out_of_order", "recognize")
    rig.may_end.set()
    await rig.settle()
    with pytest.raises(ProtocolError):
        rig.requests.use(1, Announce)


async def test_only_the_last_ids_are_remembered_but_those_of_open_requests_all() -> None:
    rig = Rig()
    rig.speak(1)
    for number in range(2, MOST_REMEMBERED + 10):
        rig.requests.use(number, Announce)
    assert rig.requests.is_used(1)
    assert not rig.requests.is_used(2)
    assert len(rig.requests._used) == MOST_REMEMBERED
    await rig.requests.close()
    assert not rig.requests.is_used(1)


async def test_a_fault_is_an_answer_with_its_code_and_without_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    with caplog.at_level(logging.DEBUG):
        rig.requests.begin(Recognize(id=1), Recognized, lambda: failing(EngineError("Whisper failed")))
        rig.requests.begin(Detect(id=2), Detected, lambda: failing(ProtocolError("late", "no sound")))
        rig.requests.begin(Speak(id=3, text="a secret"), Spoken, lambda: failing(ValueError("a secret")))
        await rig.settle()
    assert rig.said == [
        Recognized(id=1, error="engine", message="Whisper failed"),
        Detected(id=2, error="late", message="no sound"),
        Spoken(id=3, error="internal", message="the gateway failed: ValueError"),
    ]
    assert "home-1: recognize 1: engine after" in caplog.text
    assert "secret" not in caplog.text


async def test_more_than_a_home_may_ask_at_once_is_answered_so() -> None:
    rig = Rig()
    for number in range(MOST_LISTENING):
        rig.recognize(number + 1)
    rig.recognize(100)
    assert [(answer.id, answer.error) for answer in rig.said if isinstance(answer, Recognized)] == [(100, "too_many")]
    for number in range(MOST_OPEN - MOST_LISTENING):
        rig.speak(number + 200)
    assert len(rig.said) == 1
    rig.speak(300)
    assert isinstance(rig.said[-1], Spoken)
    assert (rig.said[-1].id, rig.said[-1].error) == (300, "too_many")
    assert rig.requests.is_used(300)
    await rig.requests.close()


async def test_a_forgotten_request_is_never_answered() -> None:
    rig = Rig()
    rig.speak(1)
    await rig.settle()
    assert rig.requests.forget(1)
    assert not rig.requests.forget(7)
    await rig.settle()
    rig.may_end.set()
    await rig.settle()
    assert (rig.said, rig.cancelled, rig.requests.forget(1)) == ([], 1, False)


async def test_nothing_is_left_when_the_home_goes() -> None:
    rig = Rig()
    before = asyncio.all_tasks()
    for number in range(1, 5):
        rig.speak(number)
    await rig.settle()
    rig.speak(5)  # has not begun when it ends
    await rig.requests.close()
    assert asyncio.all_tasks() == before
    assert (rig.said, rig.cancelled) == ([], 4)
