"""System information."""

import asyncio
from typing import Any

import pytest
from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.local_voice import system_health
from custom_components.local_voice.const import CONF_VOICE_PIN, DOMAIN
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_gateway import ScriptedGateway


async def shown(hass: HomeAssistant) -> dict[str, Any]:
    assert await async_setup_component(hass, "system_health", {})
    info: dict[str, Any] = await get_system_health_info(hass, DOMAIN)
    return {**info, "reach": await info["reach"]}


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_a_gateway_that_is_connected_is_shown_with_how_quick_it_answers(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()

    info = await shown(hass)

    assert info.pop("reach").endswith(" ms")
    assert info == {
        "connected": "1/1",
        "version": "1.2.3",
        "satellites": "1/1",
        "protection": "enforced",
        "audit_log": f"3:{gateway.log.hashes()[-1][:16]}",
        "cloud": "off (1; 0 B in 2026-11)",
    }


async def test_a_log_that_is_not_what_it_was_is_shown_as_such(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    kept = gateway.log.hashes()[-1][:16]
    gateway.log.rows[0] += " "
    await gateway.tell_watchers(gateway.log.head())
    await until_told(entry.runtime_data.broker, lambda broker: broker.finding is not None)

    assert (await shown(hass))["audit_log"] == f"3:{kept} (forked)"


async def test_a_broker_that_is_away_is_unknown(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.broker_refusal = 503, "too_many_connections"
    await setup_entry()

    info = await shown(hass)

    assert (info["protection"], info["audit_log"], info["cloud"]) == ("unknown", "unknown", "unknown")


async def test_a_gateway_that_is_away_is_unreachable(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await gateway.stop()
    await setup_entry()

    assert await shown(hass) == {
        "connected": "0/1",
        "version": "",
        "satellites": "0/0",
        "protection": "",
        "audit_log": "",
        "cloud": "",
        "reach": "unreachable",
    }


async def test_a_gateway_that_takes_too_long_is_unreachable(
    hass: HomeAssistant, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await setup_entry()
    monkeypatch.setattr(system_health, "REACH_S", 0.05)
    silent = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PORT: port})

        assert (await shown(hass))["reach"] == "unreachable"


async def test_another_in_the_gateways_place_is_shown_as_such(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_VOICE_PIN: "00" * 32})

    assert (await shown(hass))["reach"] == "another gateway"


async def test_what_may_leave_the_home_and_what_did_is_shown(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.consent.is_allowed, gateway.consent.sent_bytes = True, 1_234
    await setup_entry()

    assert (await shown(hass))["cloud"] == "on (1; 1234 B in 2026-11)"
