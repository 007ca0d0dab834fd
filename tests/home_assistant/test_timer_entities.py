"""The sensor shows when the next timer is up, and the button beside it cancels that one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar

from custom_components.local_voice.timer_entities import ATTR_TIMERS, NextTimerSensor
from tests.home_assistant.conftest import SetUp, until
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.test_timers import LAMP, PASTA

NEXT = "sensor.gateway_next_timer"
CANCEL = "button.gateway_cancel_next_timer"
SOON: dict[str, Any] = {**LAMP, "timer_id": 5, "left_s": 60, "is_active": True}
PAUSED: dict[str, Any] = {**PASTA, "timer_id": 6, "name": "", "left_s": 30, "is_active": False, "area_id": ""}


def shown(hass: HomeAssistant) -> State:
    state = hass.states.get(NEXT)
    assert state is not None
    return state


async def test_it_is_the_next_that_rings_and_the_others_are_in_its_attribute(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    ar.async_get(hass).async_get_or_create("Kitchen")
    gateway.timers = [PAUSED, SOON, PASTA]
    await setup_entry()
    state = shown(hass)
    end = datetime.fromisoformat(state.state)
    assert abs(end - datetime.now(UTC) - timedelta(seconds=540)) < timedelta(seconds=20)
    paused, soon, pasta = state.attributes[ATTR_TIMERS]
    assert (paused["ends_at"], paused["remaining_s"], paused["is_paused"], paused["area"]) == (None, 30, True, None)
    assert (soon["is_command"], soon["name"]) == (True, "")
    assert "turn off" not in str(state.attributes), "what is to be done is for few people"
    assert (pasta["timer_id"], pasta["name"], pasta["area"], pasta["satellite_id"]) == (
        3,
        "pasta",
        "Kitchen",
        SATELLITE,
    )
    assert datetime.fromisoformat(pasta["ends_at"]) == end


@pytest.mark.usefixtures("freezer")  # what the machine takes is no second of the gateway's
async def test_it_changes_with_what_runs_and_not_by_a_second_of_the_gateway_s(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.timers = [PASTA]
    timers = (await setup_entry()).runtime_data.timers
    before = shown(hass)
    gateway.timers = [{**PASTA, "left_s": 541}, LAMP]
    await gateway.say(gateway.timers_running())
    await until(timers.on_change, lambda: len(timers.running) == 2)
    assert shown(hass).state == before.state
    gateway.timers = [{**PASTA, "left_s": 600}]
    await gateway.say(gateway.timers_running())
    await until(timers.on_change, lambda: len(timers.running) == 1)
    later = datetime.fromisoformat(shown(hass).state) - datetime.fromisoformat(before.state)
    assert timedelta(seconds=50) < later < timedelta(seconds=80)
    gateway.timers = []
    await gateway.say(gateway.timers_running())
    await until(timers.on_change, lambda: not timers.running)
    assert (shown(hass).state, shown(hass).attributes[ATTR_TIMERS]) == (STATE_UNKNOWN, [])
    await gateway.stop()
    await until(timers.on_change, lambda: True)
    await hass.async_block_till_done()
    assert shown(hass).state == STATE_UNAVAILABLE


def test_what_somebody_said_is_not_recorded() -> None:
    assert NextTimerSensor._unrecorded_attributes == {ATTR_TIMERS}


async def test_the_button_cancels_the_one_that_is_shown(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.timers = [PAUSED, SOON, PASTA]
    await setup_entry()
    await hass.services.async_call("button", "press", {"entity_id": CANCEL}, blocking=True)
    assert (await gateway.told("cancel_timer"))["timer_id"] == 3
    assert shown(hass).state == STATE_UNKNOWN
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call("button", "press", {"entity_id": CANCEL}, blocking=True)
    assert raised.value.translation_key == "no_such_timer"
