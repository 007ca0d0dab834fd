"""How fast the gateway answered, how often it was spoken to, and how often it woke in vain."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import restore_state
from homeassistant.helpers.entity import Entity
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.local_voice.day_count import DayCount
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.small_house import until_state

LATENCY, TURNS = "sensor.gateway_latency_of_the_last_turn", "sensor.gateway_turns_today"
FALSE_WAKES = "sensor.gateway_false_wakes_today"
CLOUD = "sensor.gateway_sent_to_the_cloud_this_month"
KITCHEN_TURNS = "sensor.kitchen_satellite_turns_today"


def happened(
    outcome: str, *, wake_word: str = "okay_nabu", satellite_id: str = SATELLITE, **stages_ms: float
) -> dict[str, object]:
    return {
        "type": "turn_happened",
        "satellite_id": satellite_id,
        "outcome": outcome,
        "wake_word": wake_word,
        "stages_ms": stages_ms,
    }


async def test_the_latency_is_that_of_the_last_turn_that_had_an_answer(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await until_state(hass, LATENCY, "unknown")
    await gateway.say(happened("action", first_sound=612.4, intent=300.0))
    await until_state(hass, LATENCY, "612")
    await gateway.say(happened("nothing_heard"), happened("answer", first_sound=400.0))
    await until_state(hass, LATENCY, "400")


async def test_turns_and_false_wakes_are_counted_apart(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.say(
        happened("action"),
        happened("not_understood"),
        happened("nothing_heard"),
        happened("nothing_heard", wake_word=""),  # nobody answered a question
        {"type": "turn_began", "satellite_id": SATELLITE, "wake_word": "okay_nabu"},
        happened("answer"),
    )
    await until_state(hass, TURNS, "3")
    await until_state(hass, FALSE_WAKES, "1")


async def test_a_satellites_sensors_are_about_its_own_turns(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    with patch.object(Entity, "entity_registry_enabled_default", new=True):
        await setup_entry()
    await gateway.say(happened("action", satellite_id="another"), happened("action", first_sound=512.0))
    await until_state(hass, TURNS, "2")
    await until_state(hass, KITCHEN_TURNS, "1")
    await until_state(hass, "sensor.kitchen_satellite_latency_of_the_last_turn", "512")


@pytest.mark.parametrize(
    ("days_ago", "count"),
    [
        (0, "5"),
        (1, "0"),
    ],
)
async def test_a_restart_forgets_only_what_was_yesterday(
    hass: HomeAssistant, hass_storage: dict[str, Any], setup_entry: SetUp, days_ago: int, count: str
) -> None:
    count_before = DayCount(dt_util.now().date() - timedelta(days=days_ago), 5)
    stored = {
        "state": {"entity_id": TURNS, "state": "5"},
        "extra_data": count_before.as_dict(),
        "last_seen": dt_util.utcnow().isoformat(),
    }
    hass_storage[restore_state.STORAGE_KEY] = {"version": restore_state.STORAGE_VERSION, "data": [stored]}
    await restore_state.async_get(hass).async_load()
    await setup_entry()
    await until_state(hass, TURNS, count)


async def test_counting_begins_anew_at_midnight(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-11-22 23:59:50+00:00")
    await setup_entry()
    await gateway.say(happened("action"))
    state = await until_state(hass, TURNS, "1")
    assert state.attributes["last_reset"] == "2026-11-22T00:00:00+00:00"
    freezer.move_to("2026-11-23 00:00:01+00:00")
    async_fire_time_changed(hass, datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC))
    state = await until_state(hass, TURNS, "0")
    assert state.attributes["last_reset"] == "2026-11-23T00:00:00+00:00"


def test_a_count_is_stored_with_its_day() -> None:
    count = DayCount(date(2026, 11, 22), 3)
    assert DayCount.from_dict(count.as_dict()) == count
    assert DayCount.from_dict({"day": "never", "count": 1}) is None


# What left the home


async def test_what_left_the_home_this_month_is_what_the_audit_log_says(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-11-30T23:59:58+00:00")
    gateway.consent.month, gateway.consent.sent_bytes = "2026-11", 612
    await setup_entry()
    state = await until_state(hass, CLOUD, "612")
    about = {name: state.attributes.get(name) for name in ("device_class", "unit_of_measurement", "state_class")}
    assert about == {"device_class": "data_size", "unit_of_measurement": "B", "state_class": "total"}
    assert state.attributes["last_reset"] == "2026-11-01T00:00:00+00:00"

    freezer.move_to("2026-12-01T00:00:00.6+00:00")
    async_fire_time_changed(hass)
    state = await until_state(hass, CLOUD, "0")
    assert state.attributes["last_reset"] == "2026-12-01T00:00:00+00:00"

    gateway.consent.month, gateway.consent.sent_bytes = "2026-12", 100
    await gateway.tell_consent()
    await until_state(hass, CLOUD, "100")


async def test_a_request_for_consent_is_a_turn(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.say(happened("consent_asked"))
    await until_state(hass, TURNS, "1")
    await until_state(hass, FALSE_WAKES, "0")
