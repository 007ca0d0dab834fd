"""A satellite says its name when somebody presses its button."""

import asyncio
import logging

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from custom_components.local_voice import button
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway

TEST = "button.kitchen_satellite_test"


async def press(hass: HomeAssistant) -> None:
    await hass.services.async_call("button", "press", {"entity_id": TEST}, blocking=True)


async def test_a_satellite_says_its_name(hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp) -> None:
    await setup_entry()
    await press(hass)
    said = await gateway.told("announce")
    assert (said["text"], said["satellite_ids"]) == ("Kitchen satellite", [SATELLITE])


async def test_why_it_cannot_be_said_is_told(hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp) -> None:
    gateway.scripts["announce"] = lambda said: [
        {"type": "announced", "id": said["id"], "error": "not_connected", "message": ""}
    ]
    await setup_entry()
    with pytest.raises(HomeAssistantError) as error:
        await press(hass)
    assert error.value.translation_placeholders == {"code": "not_connected"}


async def test_nobody_waits_for_what_is_said_later(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    setup_entry: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(button, "PRESS_S", 0.05)
    gateway.scripts["announce"] = lambda said: [{"type": "announced", "id": said["id"], "satellite_ids": [SATELLITE]}]
    entry = await setup_entry()
    async with asyncio.timeout(2):
        await press(hass)
    gone = asyncio.Event()
    entry.runtime_data.on_change(gone.set)
    with caplog.at_level(logging.WARNING):
        gateway.drop()
        async with asyncio.timeout(3):
            await gone.wait()
        await asyncio.sleep(0.05)
    assert "The test of a satellite failed: NotConnectedError" in caplog.text
