"""Questions to a home: each ends, with an answer or with a HomeError."""

import asyncio

import pytest

from gateway.errors import HomeError
from gateway.server.open_questions import MOST_OPEN, OpenQuestions
from gateway.wire.messages import encode
from gateway.wire.voice_words import SentenceAsked


def nothing(_: int) -> None:
    """Ask nobody."""


async def test_an_answer_reaches_who_asked() -> None:
    asked: list[int] = []
    questions = OpenQuestions[str](5.0)
    first, second = (asyncio.create_task(questions.ask(asked.append)) for _ in range(2))
    await asyncio.sleep(0)
    assert asked == [1, 2]
    assert questions.deadline_ms == 5_000
    questions.answered(2, "two")
    assert await second == "two"
    questions.answered(2, "again")
    questions.answered(77, "nobody asked")
    assert not first.done()
    questions.answered(1, "one")
    questions.answered(1, "more")
    assert await first == "one"


async def test_a_home_that_does_not_answer_in_time_has_failed_and_its_late_answer_is_ignored() -> None:
    questions = OpenQuestions[str](0.05)
    with pytest.raises(HomeError, match=r"within 0\.05 s"):
        await questions.ask(nothing)
    questions.answered(1, "late")


async def test_more_than_a_home_can_answer_at_once_fails_at_once() -> None:
    questions = OpenQuestions[str](5.0)
    asking = [asyncio.create_task(questions.ask(nothing)) for _ in range(MOST_OPEN)]
    await asyncio.sleep(0)
    with pytest.raises(HomeError, match="32 questions"):
        await questions.ask(nothing)
    asking[0].cancel()
    await asyncio.gather(asking[0], return_exceptions=True)
    again = asyncio.create_task(questions.ask(nothing))
    await asyncio.sleep(0)
    assert not again.done(), "one who gave up makes room"
    questions.answered(2, "the only one")
    questions.fail()
    results = await asyncio.gather(*asking[1:], again, return_exceptions=True)
    assert {str(result) for result in results} == {"the only one", "the home is not connected"}
    with pytest.raises(HomeError, match="not connected"):
        await questions.ask(nothing)


async def test_what_does_not_fit_into_a_message_is_not_asked() -> None:
    questions = OpenQuestions[str](5.0)
    with pytest.raises(HomeError, match="fits into a message"):
        await questions.ask(lambda number: void(encode(SentenceAsked(id=number, texts=("x" * 70_000,)))))


def void(_: bytes) -> None:
    return None
