"""How readily the gateway wakes is a number."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.small_house import until_state

SENSITIVITY = "number.gateway_wake_sensitivity"


async def change(hass: HomeAssistant, value: float) -> None:
    await hass.services.async_call("number", "set_value", {"entity_id": SENSITIVITY, "value": value}, blocking=True)


async def test_the_sensitivity_is_the_gateways(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await until_state(hass, SENSITIVITY, "50")
    await change(hass, 80)
    assert (await gateway.told("change_settings"))["wake_sensitivity"] == 80
    await until_state(hass, SENSITIVITY, "80")


async def test_a_sensitivity_beyond_its_range_is_an_error(hass: HomeAssistant, setup_entry: SetUp) -> None:
    await setup_entry()
    with pytest.raises(ServiceValidationError):
        await change(hass, 101)
