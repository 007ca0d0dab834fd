"""Who is asked too often is told so, until a day has passed without, or nothing may leave the home."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.local_voice.asked_often import MOST_A_DAY
from custom_components.local_voice.const import DOMAIN
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_gateway import ScriptedGateway

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def loaded(hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry; the cloud is allowed."""
    await hass.config.async_set_time_zone("UTC")
    gateway.consent.is_allowed = True
    return await setup_entry()


def is_told(hass: HomeAssistant, entry: MockConfigEntry) -> bool:
    return ir.async_get(hass).async_get_issue(DOMAIN, f"asked_often_{entry.entry_id}") is not None


async def ask(gateway: ScriptedGateway, entry: MockConfigEntry, times: int, day: str = "") -> None:
    """Have as many requests wait, one after another."""
    for number in range(times):
        gateway.consent.waiting = []
        gateway.consent.ask(f"{day}{number}")
        await gateway.tell_consent()
    last = f"{day}{times - 1}"
    await until_told(entry.runtime_data.broker, lambda broker: broker.cloud.waiting(last) is not None)


async def test_five_a_day_are_no_trouble_and_six_are(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    await ask(gateway, loaded, MOST_A_DAY)
    assert not is_told(hass, loaded)
    await ask(gateway, loaded, 1, day="again ")
    assert is_told(hass, loaded)
    gateway.consent.is_allowed = False
    await gateway.tell_consent()
    await until_told(
        loaded.runtime_data.broker, lambda broker: bool(broker.cloud.latest and not broker.cloud.latest.is_allowed)
    )
    assert not is_told(hass, loaded)


async def test_it_is_told_until_a_day_has_passed_without(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(NOON)
    gateway.consent.is_allowed = True
    loaded = await setup_entry()
    await ask(gateway, loaded, MOST_A_DAY + 1)
    await midnight(hass, freezer, 1)
    assert is_told(hass, loaded)
    await ask(gateway, loaded, MOST_A_DAY, day="next ")
    await midnight(hass, freezer, 2)
    assert not is_told(hass, loaded)


async def test_an_entry_that_is_removed_takes_it_along(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    await ask(gateway, loaded, MOST_A_DAY + 1)
    await hass.config_entries.async_remove(loaded.entry_id)
    assert not is_told(hass, loaded)


async def midnight(hass: HomeAssistant, freezer: FrozenDateTimeFactory, day: int) -> None:
    freezer.move_to(NOON + timedelta(days=day, hours=-12, seconds=0.6))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
