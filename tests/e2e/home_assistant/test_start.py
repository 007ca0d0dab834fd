"""Home Assistant starts with the integration installed, and a house to talk to is in it."""

from tests.e2e.home_assistant.connection import Connection, connected
from tests.e2e.home_assistant.onboarding import User
from tests.e2e.home_assistant.running import HomeAssistant

HOUSE = {
    "assist_satellite.office_satellite": "Office",
    "light.kitchen": "Kitchen",
    "light.living_room": "Living Room",
    "light.desk_lamp": "Office",
    "lock.front_door": "Living Room",
    "media_player.kitchen_speaker": "Kitchen",
    "media_player.office_speaker": "Office",
    "switch.heater": "Office",
}


async def test_everything_in_the_house_is_in_its_room(connection: Connection) -> None:
    areas = {area["area_id"]: area["name"] for area in await connection.call("config/area_registry/list")}
    devices = {device["id"]: device for device in await connection.call("config/device_registry/list")}
    entities = await connection.call("config/entity_registry/list")
    rooms = {
        entity["entity_id"]: areas[devices[entity["device_id"]]["area_id"]]
        for entity in entities
        if entity["platform"] == "lv_test_house"
    }
    assert rooms == HOUSE


async def test_its_things_do_what_they_are_told(connection: Connection) -> None:
    await connection.act("light.turn_on", "light.kitchen")
    await connection.wait_for_state("light.kitchen", "on")
    await connection.act("lock.unlock", "lock.front_door")
    await connection.wait_for_state("lock.front_door", "unlocked")


async def test_what_is_exposed_to_assistants_can_be_chosen(connection: Connection) -> None:
    await connection.expose("lock.front_door", is_exposed=True)
    await connection.expose("light.desk_lamp", is_exposed=False)
    exposed = (await connection.call("homeassistant/expose_entity/list"))["exposed_entities"]
    assert {name for name in HOUSE if exposed.get(name, {}).get("conversation")} == HOUSE.keys() - {
        "light.desk_lamp",
        "assist_satellite.office_satellite",
    }


async def test_the_integration_is_found_and_can_be_added(connection: Connection) -> None:
    found = await connection.call("integration/descriptions")
    assert found["custom"]["integration"]["local_voice"]["config_flow"] is True


async def test_it_starts_again_where_it_stopped(home_assistant: HomeAssistant, user: User) -> None:
    home_assistant.stop()
    home_assistant.start()
    async with connected(home_assistant.url, user.token) as connection:
        assert await connection.state("light.living_room") == "off"
