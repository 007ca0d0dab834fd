"""Diagnostics: what an issue report needs, and nothing that was said. A canary goes through everything that hears."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.local_voice.const import CONF_NOTIFY_DEVICES, DOMAIN
from custom_components.local_voice.gateway import Said
from custom_components.local_voice.turn_log import LOGS, MOST_TURNS
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_gateway import GATEWAY_ID, PROTECTION, SATELLITE, ScriptedGateway

CANARY = "xylophone marmalade"
"""Two words that stand nowhere else, so that finding one means that speech got out."""


@pytest.fixture(autouse=True)
async def diagnostics(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "diagnostics", {})


async def pieces[T](*items: T) -> AsyncIterator[T]:
    for item in items:
        yield item


def kitchen(hass: HomeAssistant) -> dr.DeviceEntry:
    return device_of(hass, f"{GATEWAY_ID}_{SATELLITE}")


def device_of(hass: HomeAssistant, name: str) -> dr.DeviceEntry:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, name), entry.entry_id)
    assert device is not None
    return device


async def test_diagnostics_of_a_gateway(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    setup_entry: SetUp,
    hass_client: ClientSessionGenerator,
    snapshot: SnapshotAssertion,
) -> None:
    entry = await setup_entry()
    await gateway.say(
        {"type": "turn_began", "satellite_id": SATELLITE, "wake_word": "okay_nabu"},
        {"type": "turn_happened", "satellite_id": SATELLITE, "outcome": "action", "stages_ms": {"first_sound": 180.0}},
        {"type": "satellite_changed", **gateway.satellites[SATELLITE], "muted": True},
    )
    await _until_muted(hass)

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told == snapshot(exclude=props("port", "voice_pin", "broker_pin", "pipeline_id"))
    data = told["entry"]["data"]
    assert (data["voice_pin"], data["broker_pin"]) == (gateway.voice_pin[:8], gateway.broker_pin[:8])
    for secret in (gateway.voice_token, gateway.broker_token, gateway.voice_pin, "Kitchen"):
        assert secret not in json.dumps(told)


async def test_why_a_layer_is_missing_is_told_without_the_name_of_a_folder(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    gateway.protection = {**PROTECTION, "missing": {"own_user": "/home/ada/models: another user cannot read it"}}
    entry = await setup_entry()

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    missing = told["broker"]["protection"]["missing_layers"]
    assert missing == {"own_user": "/… another user cannot read it"}


async def test_diagnostics_of_a_gateway_whose_broker_is_away(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    gateway.broker_refusal = 503, "too_many_connections"
    entry = await setup_entry()
    await until_told(entry.runtime_data.broker, lambda broker: bool(broker.trouble))

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["broker"] == {
        "connected": False,
        "trouble": "too_many_connections",
        "protection": None,
        "audit_log": {"kept": None, "last_row_at": None, "finding": None},
        "cloud": None,
    }


async def test_diagnostics_say_how_many_requests_there_were_and_not_whose_phone_is_notified(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    gateway.consent.is_allowed, gateway.consent.sent_bytes = True, 612
    for request_id in ("1", "2", "3"):
        gateway.consent.ask(request_id)
    gateway.consent.decide("answered", "1")
    gateway.consent.decide("refused", "2")
    entry = await setup_entry()
    hass.config_entries.async_update_entry(entry, options={CONF_NOTIFY_DEVICES: ["mobile_app_ada_s_phone"]})

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert told["broker"]["cloud"] == {
        "is_allowed": True,
        "has_pin": False,
        "destinations": 1,
        "waiting": 1,
        "decided": {"answered": 1, "refused": 1},
        "month": "2026-11",
        "sent_bytes": 612,
    }
    assert "ada" not in json.dumps(told["entry"]["options"])
    assert "api.example.com" not in json.dumps(told)


async def test_diagnostics_of_a_log_that_is_not_what_it_was(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()
    gateway.log.rows[0] += " "
    await gateway.tell_watchers(gateway.log.head())
    await until_told(entry.runtime_data.broker, lambda broker: broker.finding is not None)

    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    found = f"3:{gateway.log.hashes()[-1][:16]}"
    assert told["broker"]["audit_log"]["finding"] == {"verdict": "forked", "found": found}


async def test_diagnostics_before_the_gateway_said_what_it_offers(
    hass: HomeAssistant, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()
    entry.runtime_data.offered = None

    assert (await get_diagnostics_for_config_entry(hass, hass_client, entry))["offered"] is None


async def test_diagnostics_of_a_satellite_are_its_own(
    hass: HomeAssistant, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()

    told = await get_diagnostics_for_device(hass, hass_client, entry, kitchen(hass))

    assert told == {
        "satellite_id": SATELLITE,
        "satellite": {"connected": True, "muted": False, "activity": "idle", "has_area": True},
    }


async def test_diagnostics_of_the_gateways_device_are_all(
    hass: HomeAssistant, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()

    told = await get_diagnostics_for_device(hass, hass_client, entry, device_of(hass, GATEWAY_ID))

    assert told == await get_diagnostics_for_config_entry(hass, hass_client, entry)


async def test_the_log_of_turns_is_bounded_and_goes_with_the_entry(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    turn = {"type": "turn_happened", "satellite_id": SATELLITE, "outcome": "answer"}
    await gateway.say(*[turn] * (MOST_TURNS + 1), {**gateway.satellites[SATELLITE], "muted": True})
    await _until_muted(hass)

    log = hass.data[LOGS][entry.entry_id].as_dict()
    assert log["outcomes"] == {"answer": MOST_TURNS + 1}
    assert len(log["latest"]) == MOST_TURNS

    await hass.config_entries.async_unload(entry.entry_id)
    assert hass.data[LOGS] == {}


async def test_what_is_said_is_in_no_diagnostics_no_state_and_no_line_of_ours(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    setup_entry: SetUp,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    entry = await setup_entry()
    known = entry.runtime_data
    gateway.words = gateway.answer = CANARY
    gateway.conversed = {"speech": CANARY, "outcome": "answer"}

    assert await known.recognize(pieces(bytes(gateway.enough_bytes)), language="en") == CANARY
    said = Said(text=CANARY, language="en", conversation_id="1", context=Context(), satellite_id=None)
    assert (await known.converse(said)).speech == CANARY
    _rate_hz, sound = await known.speak(pieces(CANARY), language="en", voice="")
    assert b"".join([piece async for piece in sound])
    assert await known.announce(SATELLITE, text=CANARY, then="answer") == CANARY
    await hass.services.async_call(
        "conversation",
        "process",
        {"text": CANARY, "agent_id": _entity_of(hass, "conversation")},
        blocking=True,
        return_response=True,
    )
    await hass.services.async_call(
        "assist_satellite",
        "announce",
        {"entity_id": _entity_of(hass, "assist_satellite"), "message": CANARY, "preannounce": False},
        blocking=True,
    )
    await gateway.say(
        {"type": "sentence_asked", "id": 7, "texts": [CANARY], "satellite_id": SATELLITE, "deadline_ms": 2000},
        {"type": "refused", "code": "unusable", "message": CANARY, "about": "announce"},
        {"type": "turn_happened", "satellite_id": SATELLITE, "outcome": "answer", "stages_ms": {"stt": 90.0}},
        {"type": "news", "text": CANARY},
        {"type": "turn_happened", "satellite_id": CANARY},
    )
    await gateway.told("sentence_done")
    await hass.async_block_till_done()

    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    told_of_device = await get_diagnostics_for_device(hass, hass_client, entry, kitchen(hass))
    states = [(state.state, dict(state.attributes)) for state in hass.states.async_all()]
    for word in CANARY.split():
        assert word in json.dumps(gateway.heard), "the canary never flew"
        assert word not in json.dumps([told, told_of_device])
        assert word not in repr(states)
        assert [line for line in _ours(caplog) if word in line] == []


def _ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what this integration has logged, at any level; Home Assistant's own debug lines are its own."""
    formatter = logging.Formatter()
    return [formatter.format(record) for record in caplog.records if DOMAIN in record.name]


def _entity_of(hass: HomeAssistant, domain: str) -> str:
    return next(known for known in hass.states.async_entity_ids(domain) if known != "conversation.home_assistant")


async def _until_muted(hass: HomeAssistant) -> None:
    """Wait until the integration has read all that the gateway said before it said that a satellite is muted."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    while not entry.runtime_data.satellites[SATELLITE].muted:  # noqa: ASYNC110 - bounded by the test's own deadline
        await asyncio.sleep(0.01)
    await hass.async_block_till_done()
