"""The connection to the broker: watched, lost and found again by itself, and never waited for."""

import asyncio
import logging
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant

from custom_components.local_voice.broker import Broker
from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.errors import NotConnectedError
from custom_components.local_voice.keeper import CONF_REASON
from custom_components.local_voice.wire import backoff, connection
from custom_components.local_voice.wire.connection import Connection
from custom_components.local_voice.witness import Verdict
from custom_components.local_voice.witness_store import WitnessStore
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_gateway import PROTECTION, ScriptedGateway
from tests.home_assistant.small_house import until_state
from tests.home_assistant.test_gateway import lines
from tests.home_assistant.test_init import _ours

AUDIT_LOG, PROTECTED = "sensor.gateway_audit_log", "sensor.gateway_protection"
CONNECTED = "binary_sensor.gateway_connected"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


async def set_up(setup_entry: SetUp) -> Broker:
    broker: Broker = (await setup_entry()).runtime_data.broker
    return broker


async def until_size(broker: Broker, size: int) -> None:
    await until_told(broker, lambda broker: broker.head is not None and broker.head.size == size)


def stored_size(storage: dict[str, Any]) -> int:
    (name,) = (name for name in storage if name.startswith(f"{DOMAIN}.audit_"))
    return int(storage[name]["data"]["head"].partition('"size":')[2].partition(",")[0])


async def test_the_log_is_watched_and_its_end_kept(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_storage: dict[str, Any]
) -> None:
    broker = await set_up(setup_entry)
    assert gateway.all_told("watch_audit") == [{"type": "watch_audit"}]
    await until_state(hass, AUDIT_LOG, "3")
    assert stored_size(hass_storage) == 3

    await gateway.write()
    await until_size(broker, 4)
    await gateway.write(100)
    await until_size(broker, 104)

    await until_state(hass, AUDIT_LOG, "104")
    assert stored_size(hass_storage) == 104
    assert broker.finding is None


async def test_after_a_restart_the_log_is_watched_from_where_it_was_kept(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_unload(entry.entry_id)
    kept = gateway.log.hashes()[-1]
    await gateway.write(30)

    await hass.config_entries.async_setup(entry.entry_id)
    await until_size(entry.runtime_data.broker, 33)

    assert await gateway.told("watch_audit", 2) == {"type": "watch_audit", "size": 3, "hash": kept}
    assert entry.runtime_data.broker.finding is None


async def test_a_head_is_written_before_it_is_shown(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = await set_up(setup_entry)
    written, may_write, save = asyncio.Event(), asyncio.Event(), WitnessStore.save

    async def save_late(self: WitnessStore, *kept: Any) -> None:
        written.set()
        await may_write.wait()
        await save(self, *kept)

    monkeypatch.setattr(WitnessStore, "save", save_late)
    news = []
    broker.on_change(lambda: news.append(broker.head))
    await gateway.write()
    await written.wait()
    assert (news, hass.states.get(AUDIT_LOG).state) == ([], "3")  # type: ignore[union-attr]
    may_write.set()
    await until_state(hass, AUDIT_LOG, "4")


async def test_nothing_is_written_where_nothing_is_new(
    gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = await set_up(setup_entry)
    saved = []

    async def save(_: object, kept: object) -> None:
        saved.append(kept)

    monkeypatch.setattr(WitnessStore, "save", save)
    await gateway.tell_watchers(gateway.log.head(), {**PROTECTION, "attempts": 37})
    await until_told(broker, lambda broker: broker.protection is not None and broker.protection.attempts == 37)
    assert saved == []


# Away


@pytest.mark.parametrize("refusal", [(503, "too_many_connections"), (404, "not_found")])
async def test_a_gateway_hears_without_its_broker_which_comes_back_by_itself(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, refusal: tuple[int, str]
) -> None:
    gateway.broker_refusal = refusal
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED
    await until_state(hass, CONNECTED, "on")
    await until_state(hass, AUDIT_LOG, "unavailable")
    await until_state(hass, PROTECTED, "unavailable")
    await until_told(entry.runtime_data.broker, lambda broker: bool(broker.trouble))

    gateway.broker_refusal = None

    await until_state(hass, AUDIT_LOG, "3")
    await until_state(hass, PROTECTED, "enforced")
    assert entry.runtime_data.broker.trouble == ""


async def test_a_broker_that_says_nothing_keeps_nobody_waiting(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "GREETING_S", 0.2)
    gateway.broker_is_silent = True
    async with asyncio.timeout(3):
        entry = await setup_entry()
    await until_told(entry.runtime_data.broker, lambda broker: broker.trouble == "not_connected")
    gateway.broker_is_silent = False
    await until_state(hass, AUDIT_LOG, "3")


async def test_a_broker_is_missed_at_once_and_found_again_with_one_line_each(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    broker = await set_up(setup_entry)
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_state(hass, PROTECTED, "unavailable")
    assert broker.protection is not None
    await until_told(broker, lambda broker: broker.trouble == "too_many_connections")
    await asyncio.sleep(0.3)
    gateway.broker_refusal = None
    await until_state(hass, PROTECTED, "enforced")
    await until_state(hass, CONNECTED, "on")
    assert lines(caplog) == [
        "Gateway: the connection to its broker is lost",
        "Gateway: its broker is connected again",
    ]


async def test_a_broker_that_went_before_it_was_asked_anything_is_tried_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = await set_up(setup_entry)
    say, refused = Connection.say, list[Any]()

    def say_later(self: Connection, message: Any) -> None:
        if message.wire_name == "watch_audit" and not refused:
            refused.append(message)
            raise NotConnectedError
        say(self, message)

    monkeypatch.setattr(Connection, "say", say_later)
    gateway.drop_broker()
    await gateway.told("watch_audit", 2)
    await until_told(broker, lambda broker: broker.is_connected)
    assert len(refused) == 1


@pytest.mark.parametrize(("status", "reason"), [(401, "unknown_token"), (403, "unknown_token")])
async def test_a_broker_that_forgot_us_asks_for_a_new_code_and_is_not_asked_without_end(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, status: int, reason: str
) -> None:
    broker = await set_up(setup_entry)
    gateway.broker_refusal = status, reason
    gateway.drop_broker()
    await until_told(broker, lambda broker: broker.trouble == reason)
    await asyncio.sleep(0.3)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    assert hass.config_entries.flow._progress[flows[0]["flow_id"]].init_data[CONF_REASON] == reason


async def test_a_broker_of_another_version_is_left_to_what_hears(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = await set_up(setup_entry)
    reloads: list[str] = []
    monkeypatch.setattr(hass.config_entries, "async_schedule_reload", reloads.append)
    gateway.protocol = 2
    gateway.drop_broker()
    await until_told(broker, lambda broker: broker.trouble == "wrong_version")
    assert reloads == []


# What else is said


async def test_before_what_hears_has_started_there_is_no_protection(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    broker = await set_up(setup_entry)
    gateway.protection = None
    broker.protection = None
    gateway.drop_broker()
    await gateway.told("watch_audit", 2)
    await until_state(hass, PROTECTED, "unknown")
    await gateway.tell_watchers({**PROTECTION, "is_same_user": True})
    await until_state(hass, PROTECTED, "same_user")


async def test_what_was_not_asked_for_is_passed_over(
    gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    broker = await set_up(setup_entry)
    await gateway.tell_watchers(
        {"type": "refused", "code": "malformed", "message": "canary", "about": "watch_audit"},
        {"type": "peers", "peers": []},
        b"canary",
        {"type": "newer"},
    )
    await gateway.write()
    await until_size(broker, 4)
    assert lines(caplog, logging.WARNING) == [
        "Gateway: its broker does not do what it was told (watch_audit): malformed"
    ]
    assert "canary" not in "".join(lines(caplog, logging.DEBUG))


async def test_a_head_that_is_not_signed_is_said_once(
    gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    broker = await set_up(setup_entry)
    unsigned = {**gateway.log.head(), "at": "never"}
    await gateway.tell_watchers(unsigned, unsigned)
    await until_told(broker, lambda broker: broker.finding is not None)
    await gateway.write()
    await until_size(broker, 4)
    (line,) = lines(caplog, logging.WARNING)
    assert line.startswith(f"Gateway: its audit log is not what it was ({Verdict.UNSIGNED}): kept 3:")


# The end


async def test_unloading_leaves_no_task_no_connection_and_no_listener(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    broker = entry.runtime_data.broker
    held = broker._connection
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    await gateway.until(lambda: not gateway.is_watched and not gateway._sockets)
    assert held._socket.fileno() == -1
    assert len(broker._on_change) == 0
    assert not _ours()


async def test_unloading_while_it_is_away_ends_the_search(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.broker_refusal = 503, "too_many_connections"
    entry = await setup_entry()
    assert await hass.config_entries.async_unload(entry.entry_id)
    gateway.broker_refusal = None
    await asyncio.sleep(0.3)
    assert gateway.all_told("watch_audit") == []
    assert not _ours()


async def test_removing_the_entry_forgets_what_was_kept(
    hass: HomeAssistant, setup_entry: SetUp, hass_storage: dict[str, Any]
) -> None:
    entry = await setup_entry()
    name = f"{DOMAIN}.audit_{entry.entry_id}"
    assert name in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert name not in hass_storage
