"""A timer of the gateway's is announced by Home Assistant's own satellites, over the real wire."""

import asyncio
from pathlib import Path
from typing import Final, override

import pytest
from homeassistant.components import tts
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
)
from homeassistant.components.assist_satellite.const import DATA_COMPONENT
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.house import ringing
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import Json, ScriptedGateway
from tests.home_assistant.voice import our_pipeline

HALL: Final = "assist_satellite.hall"
UP: Final = "The tea timer is up."


class Speaker(AssistSatelliteEntity):
    """A satellite of somebody else's, which notes what it announces."""

    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE
    _attr_should_poll = False

    def __init__(self, name: str) -> None:
        self._attr_name = name
        self._attr_unique_id = name
        self.announced: list[str] = []
        self.faults: list[Exception] = []

    @override
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        return AssistSatelliteConfiguration([], [], 0)

    @override
    async def async_set_configuration(self, config: AssistSatelliteConfiguration) -> None:
        raise NotImplementedError

    @override
    def on_pipeline_event(self, event: object) -> None:
        raise NotImplementedError

    @override
    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        if self.faults:
            raise self.faults.pop(0)
        token = announcement.tts_token
        assert token is not None
        stream = tts.async_get_stream(self.hass, token)
        assert stream is not None
        assert b"".join([piece async for piece in stream.async_stream_result()])
        self.announced.append(announcement.message)

    def be(self, *, available: bool) -> None:
        """Come or go."""
        self._attr_available = available
        self.async_write_ha_state()


@pytest.fixture
async def loaded(hass: HomeAssistant, tmp_path: Path, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry of a Home Assistant whose files are the test's own, and a pipeline that is ours."""
    hass.config.config_dir = str(tmp_path)
    hass.config.internal_url = "http://127.0.0.1:8123"
    entry = await setup_entry()
    await our_pipeline(hass, entry)
    return entry


async def speaker(hass: HomeAssistant, name: str, area: str | None = None) -> Speaker:
    """Have a satellite, in a room of its own."""
    one = Speaker(name)
    await hass.data[DATA_COMPONENT].async_add_entities([one])
    area_id = ar.async_get(hass).async_get_or_create(area).id if area else None
    er.async_get(hass).async_update_entity(one.entity_id, area_id=area_id)
    await hass.async_block_till_done()
    return one


async def rung(gateway: ScriptedGateway, number: int = 1, **words: str) -> Json:
    """Ask for a ring; return the answer."""
    asked = {"type": "ring_timer", "id": number, "text": UP, "deadline_ms": 5_000, **words}
    await gateway.say(asked)
    return await gateway.told("timer_rung", number)


async def test_it_is_announced_at_the_satellite_that_is_named(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    hall, bath = await speaker(hass, "hall", "Hall"), await speaker(hass, "bath")
    assert (await rung(gateway, satellite_id=HALL, area_id="hall"))["is_heard"]
    assert (hall.announced, bath.announced) == ([UP], [])
    assert not (await rung(gateway, 2, satellite_id="assist_satellite.attic")).get("is_heard", False)
    assert not (await rung(gateway, 3, satellite_id="light.hall")).get("is_heard", False)
    hall.be(available=False)
    assert not (await rung(gateway, 4, satellite_id=HALL)).get("is_heard", False)
    assert hall.announced == [UP]


async def test_one_that_is_busy_is_asked_again_and_one_that_comes_with_home_assistant_is_waited_for(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "LOOK_AGAIN_S", 0.01)
    hall = await speaker(hass, "hall")
    hall.faults = [HomeAssistantError("busy with what was said")]
    assert (await rung(gateway, satellite_id=HALL))["is_heard"]
    hall.be(available=False)
    hass.set_state(CoreState.starting)
    ringing_ = asyncio.create_task(rung(gateway, 2, satellite_id=HALL))
    await asyncio.sleep(0.05)
    assert not ringing_.done()
    hall.be(available=True)
    assert (await ringing_)["is_heard"]
    assert hall.announced == [UP, UP]
    hass.set_state(CoreState.running)


async def test_without_a_name_all_of_the_room_announce_it_and_one_is_enough(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    left, right = await speaker(hass, "left", "Hall"), await speaker(hass, "right", "Hall")
    bath = await speaker(hass, "bath", "Bath")
    right.faults = [HomeAssistantError("busy")]
    assert (await rung(gateway, area_id="hall"))["is_heard"]
    assert (left.announced, right.announced, bath.announced) == ([UP], [], [])
    assert not (await rung(gateway, 2, area_id="attic")).get("is_heard", False)


async def test_the_gateway_s_own_satellites_are_not_asked_again_by_way_of_home_assistant(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    area = ar.async_get(hass).async_get_or_create("Hall")
    kitchen = er.async_get(hass).async_get("assist_satellite.kitchen_satellite")
    assert kitchen is not None
    assert kitchen.device_id is not None
    dr.async_get(hass).async_update_device(kitchen.device_id, area_id=area.id)
    assert not (await rung(gateway, area_id="hall")).get("is_heard", False)
    assert gateway.all_told("announce") == []
