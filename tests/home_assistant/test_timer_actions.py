"""The action `cancel_timer`: by number, by name, by whoever may use switches."""

from typing import Any

import pytest
from homeassistant.auth.const import GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized, UnknownUser
from probatio import Invalid
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.const import DOMAIN
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.test_timers import LAMP, PASTA

SECOND: dict[str, Any] = {**PASTA, "timer_id": 7, "name": "Pasta "}


@pytest.fixture
async def loaded(gateway: ScriptedGateway, setup_entry: SetUp) -> MockConfigEntry:
    gateway.timers = [PASTA, LAMP, SECOND]
    return await setup_entry()


async def cancel(hass: HomeAssistant, context: Context | None = None, **data: Any) -> Any:
    return await hass.services.async_call(
        DOMAIN, "cancel_timer", data, blocking=True, return_response=True, context=context
    )


def running(loaded: MockConfigEntry) -> list[int]:
    return [timer.timer_id for timer in loaded.runtime_data.timers.running]


async def test_one_is_cancelled_by_its_number_a_delayed_command_too(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert await cancel(hass, timer_id=4) == {"cancelled": 1}
    assert running(loaded) == [3, 7]
    assert await cancel(hass, timer_id="3", config_entry_id=loaded.entry_id) == {"cancelled": 1}
    assert running(loaded) == [7]


async def test_all_of_a_name_are_cancelled_however_it_is_written(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    assert await cancel(hass, name=" PASTA") == {"cancelled": 2}
    assert running(loaded) == [4]


@pytest.mark.parametrize("which", [{"timer_id": 99}, {"name": "eggs"}, {"name": " "}])
async def test_one_that_does_not_run_is_said_not_to(
    hass: HomeAssistant, loaded: MockConfigEntry, which: dict[str, Any]
) -> None:
    with pytest.raises(HomeAssistantError) as raised:
        await cancel(hass, **which)
    assert raised.value.translation_key == "no_such_timer"
    assert running(loaded) == [3, 4, 7]


@pytest.mark.parametrize("which", [{}, {"timer_id": 3, "name": "pasta"}, {"timer_id": 0}, {"timer_id": "x"}])
async def test_it_takes_a_number_or_a_name(hass: HomeAssistant, loaded: MockConfigEntry, which: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await cancel(hass, **which)


async def test_members_and_automations_may_and_who_only_looks_may_not(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    member = await hass.auth.async_create_user("member", group_ids=[GROUP_ID_USER])
    guest = await hass.auth.async_create_user("guest", group_ids=[GROUP_ID_READ_ONLY])
    await cancel(hass, Context(user_id=member.id), timer_id=3)
    with pytest.raises(Unauthorized):
        await cancel(hass, Context(user_id=guest.id), timer_id=4)
    with pytest.raises(UnknownUser):
        await cancel(hass, Context(user_id="nobody"), timer_id=4)
    await cancel(hass, timer_id=4)
    assert running(loaded) == [7]
