"""The switch of a satellite: whether it listens; and the gateway's: whether people may be asked to send anything."""

import pytest
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockUser

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.small_house import until_state

LISTENING = "switch.kitchen_satellite_listening"
CLOUD = "switch.gateway_allow_cloud_requests"


async def test_a_satellite_that_is_switched_off_is_muted_and_back(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await until_state(hass, LISTENING, "on")
    for action, muted, state in (("turn_off", True, "off"), ("turn_on", False, "on")):
        count = len(gateway.all_told("mute_satellite"))
        await hass.services.async_call("switch", action, {"entity_id": LISTENING}, blocking=True)
        said = await gateway.told("mute_satellite", count + 1)
        assert said == {"type": "mute_satellite", "satellite_id": SATELLITE, "muted": muted}
        await until_state(hass, LISTENING, state)


async def test_a_satellites_own_button_is_followed(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.change_satellite(SATELLITE, muted=True)
    await until_state(hass, LISTENING, "off")


async def test_a_satellite_that_is_away_or_gone_has_no_switch(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.change_satellite(SATELLITE, connected=False)
    await until_state(hass, LISTENING, "unavailable")


async def test_the_brokers_switch_is_turned_and_who_turned_it_is_told(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_admin_user: MockUser
) -> None:
    await setup_entry()
    await until_state(hass, CLOUD, "off")
    for count, (action, is_allowed, state) in enumerate((("turn_on", True, "on"), ("turn_off", False, "off")), 1):
        await hass.services.async_call(
            "switch", action, {"entity_id": CLOUD}, blocking=True, context=Context(user_id=hass_admin_user.id)
        )
        said = await gateway.told("allow_cloud", count)
        assert (said["is_allowed"], said["user"]) == (is_allowed, hass_admin_user.id)
        await until_state(hass, CLOUD, state)


async def test_an_automation_turns_the_switch_as_nobody(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await hass.services.async_call("switch", "turn_on", {"entity_id": CLOUD}, blocking=True)
    assert "user" not in await gateway.told("allow_cloud")


async def test_a_switch_that_the_broker_did_not_turn_says_why_and_stays(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.consent.error = {"error": "not_stored", "message": "no space left"}
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call("switch", "turn_on", {"entity_id": CLOUD}, blocking=True)
    assert refused.value.translation_key == "not_stored"
    await until_state(hass, CLOUD, "off")


async def test_the_switch_is_followed_and_away_with_the_broker(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.consent.is_allowed = True
    await gateway.tell_consent()
    await until_state(hass, CLOUD, "on")
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_state(hass, CLOUD, "unavailable")
