"""The integration's own actions."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component

from custom_components.local_voice.const import DOMAIN
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway

LISTEN = {"entity_id": "assist_satellite.kitchen_satellite"}


async def test_a_satellite_can_be_told_to_listen(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await hass.services.async_call(DOMAIN, "listen", LISTEN, blocking=True)
    told = await gateway.told("announce")
    assert (told["satellite_ids"], told["then"], told.get("sound_bytes", 0)) == ([SATELLITE], "listen", 0)


async def test_a_satellite_that_cannot_listen_now_is_an_error(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.scripts["announce"] = lambda told: [{"type": "announced", "id": told["id"], "error": "not_connected"}]
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "listen", LISTEN, blocking=True)
    assert raised.value.translation_domain == DOMAIN


async def test_the_action_is_there_without_a_gateway(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.has_service(DOMAIN, "listen")
