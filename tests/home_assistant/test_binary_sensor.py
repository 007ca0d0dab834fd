"""Whether gateway and satellites are connected is known at all times."""

from homeassistant.core import HomeAssistant

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.small_house import until_state

GATEWAY, KITCHEN = "binary_sensor.gateway_connected", "binary_sensor.kitchen_satellite_connected"


async def test_a_satellite_that_goes_is_not_connected(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await until_state(hass, KITCHEN, "on")
    await gateway.change_satellite(SATELLITE, connected=False)
    await until_state(hass, KITCHEN, "off")
    await until_state(hass, GATEWAY, "on")
    await gateway.change_satellite(SATELLITE, connected=True)
    await until_state(hass, KITCHEN, "on")


async def test_a_gateway_that_goes_takes_its_satellites_along(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.drop()
    await until_state(hass, KITCHEN, "off")
    await until_state(hass, GATEWAY, "off")


async def test_a_new_satellite_has_one_at_once(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.pair_satellite("bedroom", name="Bedroom satellite", area_id=None)
    await until_state(hass, "binary_sensor.bedroom_satellite_connected", "on")
