"""Questions to a home: each ends, with an answer or with a HomeError."""

import asyncio

import pytest

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Intent
from gateway.server.open_actions import MOST_OPEN, OpenActions
from gateway.wire.messages import encode
from gateway.wire.voice_words import ActionAsked
from tests.fakes import LIGHT_ON

REQUEST = ActionRequest(intent=LIGHT_ON, area_id="kitchen", satellite_id="shelf")
DONE = ActionResult(error="no_entity")


async def test_an_answer_reaches_who_asked() -> None:
    said: list[ActionAsked] = []
    actions = OpenActions(said.append)
    first, second = asyncio.create_task(actions.ask(REQUEST)), asyncio.create_task(actions.ask(REQUEST))
    await asyncio.sleep(0)
    assert [asked.id for asked in said] == [1, 2]
    assert (said[0].intent, said[0].area_id, said[0].satellite_id) == ("HassTurnOn", "kitchen", "shelf")
    assert said[0].deadline_ms == 5_000
    actions.answered(2, DONE)
    assert await second is DONE
    actions.answered(2, ActionResult())
    actions.answered(77, ActionResult())
    assert not first.done()
    actions.answered(1, DONE)
    actions.answered(1, ActionResult())
    assert await first is DONE


async def test_a_home_that_does_not_answer_in_time_has_failed_and_its_late_answer_is_ignored() -> None:
    actions = OpenActions(lambda _: None, deadline_s=0.05)
    with pytest.raises(HomeError, match=r"within 0\.05 s"):
        await actions.ask(REQUEST)
    actions.answered(1, DONE)


async def test_more_than_a_home_can_do_at_once_fails_at_once() -> None:
    actions = OpenActions(lambda _: None)
    asking = [asyncio.create_task(actions.ask(REQUEST)) for _ in range(MOST_OPEN)]
    await asyncio.sleep(0)
    with pytest.raises(HomeError, match="32 actions"):
        await actions.ask(REQUEST)
    asking[0].cancel()
    await asyncio.gather(asking[0], return_exceptions=True)
    again = asyncio.create_task(actions.ask(REQUEST))
    await asyncio.sleep(0)
    assert not again.done(), "one who gave up makes room"
    actions.fail()
    results = await asyncio.gather(*asking[1:], again, return_exceptions=True)
    assert {str(result) for result in results} == {"the home is not connected"}
    with pytest.raises(HomeError, match="not connected"):
        await actions.ask(REQUEST)


async def test_what_does_not_fit_into_a_message_is_not_done() -> None:
    slots = {str(number): "x" * 2_000 for number in range(60)}
    actions = OpenActions(lambda asked: void(encode(asked)))
    with pytest.raises(HomeError, match="fits into a message"):
        await actions.ask(ActionRequest(intent=Intent(name="x", slots=slots)))


def void(_: bytes) -> None:
    return None
