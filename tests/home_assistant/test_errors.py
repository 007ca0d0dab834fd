"""What a person reads when something cannot be done: what it is, and what to do, in their language."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.errors import REFUSALS, RefusedError
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway


async def test_a_refusal_is_a_sentence_where_it_is_met_in_use_and_otherwise_quoted_by_its_code(
    hass: HomeAssistant,
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    for code in REFUSALS:
        words = str(RefusedError(code))
        assert " " in words, code
        assert "refused" not in words, code
    assert str(RefusedError("too_deep")) == "The gateway refused: too_deep"


async def test_an_announcement_at_a_satellite_that_is_away_says_what_to_look_at(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    gateway.scripts["announce"] = lambda told: [{"type": "announced", "id": told["id"], "error": "not_connected"}]
    with pytest.raises(RefusedError) as raised:
        await entry.runtime_data.announce(SATELLITE, text="Dinner")
    assert str(raised.value).startswith("The satellite is not connected to the gateway.")
