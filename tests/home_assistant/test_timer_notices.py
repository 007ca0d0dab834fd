"""What nobody could ring for is shown, until people put it away."""

import pytest
from homeassistant.components.persistent_notification import _async_get_or_create_notifications as notifications
from homeassistant.core import HomeAssistant

from custom_components.local_voice import timer_notices
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway


async def test_what_nobody_could_ring_for_is_shown_and_only_so_many_at_once(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timer_notices, "MOST_SHOWN", 2)
    entry = await setup_entry()
    for number in range(3):
        await gateway.say({"type": "timer_unheard", "text": f"Timer {number} was up at 18:03."})
    await gateway.ping()
    await hass.async_block_till_done()
    shown = [notice["message"] for notice in notifications(hass).values()]
    assert sorted(shown) == ["Timer 1 was up at 18:03.", "Timer 2 was up at 18:03."]
    assert {notice["title"] for notice in notifications(hass).values()} == {"Local Voice"}
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert len(notifications(hass)) == 2, "they are the people's"
