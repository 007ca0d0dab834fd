"""The switch of a satellite: whether it listens."""

from homeassistant.core import HomeAssistant

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.small_house import until_state

LISTENING = "switch.kitchen_satellite_listening"


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
