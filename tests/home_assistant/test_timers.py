"""What runs at the gateway's satellites is known while it is there, and can be cancelled."""

from time import monotonic
from typing import Any

import pytest

from custom_components.local_voice import timers as under_test
from custom_components.local_voice.errors import NotConnectedError, RefusedError
from custom_components.local_voice.gateway import Gateway
from custom_components.local_voice.timers import Timers
from custom_components.local_voice.wire.timer_messages import MOST_TIMERS, TimerWords
from tests.home_assistant.conftest import SetUp, until
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway

PASTA: dict[str, Any] = {
    "timer_id": 3,
    "name": "pasta",
    "satellite_id": SATELLITE,
    "area_id": "kitchen",
    "duration_s": 600,
    "left_s": 540,
}
LAMP: dict[str, Any] = {
    "timer_id": 4,
    "duration_s": 900,
    "left_s": 900,
    "is_active": False,
    "is_command": True,
    "command": "turn off the lamp",
}


@pytest.fixture
async def timers(gateway: ScriptedGateway, setup_entry: SetUp) -> Timers:
    """Return those of a gateway which is connected: two of them."""
    gateway.timers = [PASTA, LAMP]
    known: Gateway = (await setup_entry()).runtime_data
    return known.timers


async def test_what_runs_is_known_from_the_beginning_and_since_when(timers: Timers) -> None:
    assert timers.running == (TimerWords(**PASTA), TimerWords(**LAMP))
    assert 0 <= monotonic() - timers.told_s < 30


async def test_who_listens_is_told_when_something_else_runs_and_only_then(
    gateway: ScriptedGateway, timers: Timers
) -> None:
    told: list[int] = []
    stop = timers.on_change(lambda: told.append(len(timers.running)))
    before_s = timers.told_s
    await gateway.say(gateway.timers_running())
    gateway.timers = [PASTA]
    await gateway.say(gateway.timers_running())
    await until(timers.on_change, lambda: len(timers.running) == 1)
    assert told == [1]
    assert timers.told_s > before_s
    stop()
    gateway.timers = []
    await gateway.say(gateway.timers_running())
    await until(timers.on_change, lambda: not timers.running)
    assert told == [1]


async def test_nothing_is_known_to_run_while_the_gateway_is_away(gateway: ScriptedGateway, timers: Timers) -> None:
    await gateway.stop()
    await until(timers.on_change, lambda: timers.running == ())
    with pytest.raises(NotConnectedError):
        await timers.cancel(3)
    await gateway.start()
    await until(timers.on_change, lambda: len(timers.running) == 2)


async def test_a_timer_is_cancelled_and_gone_when_that_returns(gateway: ScriptedGateway, timers: Timers) -> None:
    await timers.cancel(4)
    assert [timer.timer_id for timer in timers.running] == [3]
    assert (await gateway.told("cancel_timer"))["timer_id"] == 4
    assert gateway.all_told("forget") == []


async def test_a_timer_that_is_not_known_to_run_is_not_asked_about(gateway: ScriptedGateway, timers: Timers) -> None:
    with pytest.raises(RefusedError) as refused:
        await timers.cancel(5)
    assert refused.value.code == "unknown_timer"
    assert str(refused.value) == "There is no such timer any more"
    assert gateway.all_told("cancel_timer") == []


async def test_a_timer_that_is_up_by_then_is_an_unknown_one(gateway: ScriptedGateway, timers: Timers) -> None:
    gateway.timers = []
    with pytest.raises(RefusedError) as refused:
        await timers.cancel(3)
    assert (refused.value.code, refused.value.message) == ("unknown_timer", "it is up")


async def test_a_gateway_that_does_not_answer_is_not_waited_for(
    gateway: ScriptedGateway, timers: Timers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "CANCELLED_S", 0.02)
    gateway.scripts["cancel_timer"] = lambda _: []
    with pytest.raises(RefusedError) as refused:
        await timers.cancel(3)
    assert refused.value.code == "no_answer"
    await gateway.told("forget")


async def test_a_gateway_that_is_too_old_runs_none(gateway: ScriptedGateway, setup_entry: SetUp) -> None:
    gateway.timers = None
    timers: Timers = (await setup_entry()).runtime_data.timers
    assert timers.running == ()
    with pytest.raises(RefusedError):
        await timers.cancel(1)
    assert gateway.all_told("cancel_timer") == []


async def test_more_timers_than_there_may_be_are_passed_over_and_what_was_told_before_holds(
    gateway: ScriptedGateway, timers: Timers
) -> None:
    before = timers.running
    gateway.timers = [{**PASTA, "timer_id": number} for number in range(MOST_TIMERS + 1)]
    await gateway.say(gateway.timers_running())
    await gateway.ping()
    assert timers.running == before
    gateway.timers = gateway.timers[:MOST_TIMERS]
    await gateway.say(gateway.timers_running())
    await until(timers.on_change, lambda: len(timers.running) == MOST_TIMERS)
