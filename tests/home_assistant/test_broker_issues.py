"""What a household has to know of its gateway's log and protection: said, explained, and accepted by a person only."""

from collections.abc import Callable
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.local_voice.broker import Broker
from custom_components.local_voice.broker_issues import MOST_REASONS
from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.issues import async_check
from custom_components.local_voice.repairs import async_create_fix_flow
from custom_components.local_voice.wire import backoff
from custom_components.local_voice.witness import Verdict
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_audit import ScriptedLog
from tests.home_assistant.scripted_gateway import PROTECTION, ScriptedGateway
from tests.home_assistant.test_packaging import texts
from tests.home_assistant.test_repairs import issues, repair

ACCEPT, LEAVE = {"next_step_id": "accept"}, {"next_step_id": "leave"}
OPEN = {**PROTECTION, "is_enforced": False, "ways_out": ["main tcp", "child unix path"]}


@pytest.fixture(autouse=True)
async def repairs(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "repairs", {})


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


def short(log: ScriptedLog) -> str:
    return f"{len(log.rows)}:{log.hashes()[-1][:16]}"


def restored(rows: int) -> ScriptedLog:
    """Return a log as it comes out of a backup and goes on."""
    log = ScriptedLog(1)
    for _ in range(rows - 1):
        log.append("restored")
    return log


async def show(gateway: ScriptedGateway, log: ScriptedLog, broker: Broker) -> None:
    """Have another log at the gateway, which was restarted, and wait until it was looked at."""
    gateway.log = log
    gateway.drop_broker()
    await until_told(broker, lambda broker: _known(broker) == log.hashes()[-1])


def _known(broker: Broker) -> str:
    """Return the hash of the log as it was looked at last."""
    head = broker.head if broker.finding is None else broker.finding.head
    return "" if head is None else head.hash


def the_issue(hass: HomeAssistant, kind: str = "audit_log_") -> ir.IssueEntry:
    ((issue_id, issue),) = issues(hass).items()
    assert issue_id.startswith(kind)
    return issue


@pytest.mark.parametrize(
    ("become", "key"),
    [
        (lambda: restored(2), "audit_went_back"),
        (lambda: restored(3), "audit_forked"),
        (lambda: restored(40), "audit_forked"),
        (lambda: ScriptedLog(5, seed=8), "audit_replaced"),
    ],
)
async def test_a_log_that_is_not_what_it_was_is_an_issue_over_restarts(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, become: Callable[[], ScriptedLog], key: str
) -> None:
    entry = await setup_entry()
    kept = short(gateway.log)

    await show(gateway, become(), entry.runtime_data.broker)

    issue = the_issue(hass)
    assert (issue.translation_key, issue.severity, issue.is_fixable, issue.is_persistent) == (
        key,
        ir.IssueSeverity.ERROR,
        True,
        True,
    )
    assert issue.translation_placeholders == {"gateway": "Gateway", "kept": kept, "found": short(gateway.log)}

    await async_check(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    assert the_issue(hass) == issue
    ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
    gateway.broker_refusal = 503, "too_many_connections"
    await hass.config_entries.async_setup(entry.entry_id)
    assert the_issue(hass).translation_placeholders == issue.translation_placeholders, "it is kept with the head"


async def test_a_log_that_is_not_what_it_was_stays_so_as_it_grows_until_it_is_the_old_one_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    broker, old = entry.runtime_data.broker, gateway.log
    kept = broker.head

    await show(gateway, restored(2), broker)
    for _ in range(4):
        await gateway.write()
        await until_told(broker, lambda broker: _known(broker) == gateway.log.hashes()[-1])
        assert broker.head == kept
        assert the_issue(hass).translation_placeholders is not None
        assert the_issue(hass).translation_placeholders["found"] == short(gateway.log)  # type: ignore[index]
    assert broker.finding is not None
    assert broker.finding.verdict is Verdict.FORKED
    old.append()
    await show(gateway, old, broker)

    assert broker.head is not None
    assert (broker.finding, broker.head.size, issues(hass)) == (None, 4, {})


async def test_who_knows_why_accepts_what_was_shown_and_it_goes_on_from_there(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()
    broker = entry.runtime_data.broker
    await show(gateway, restored(2), broker)
    issue_id = the_issue(hass).issue_id

    flow = await repair(hass, hass_client, issue_id)
    assert flow["description_placeholders"]["found"] == short(gateway.log)
    shown = gateway.log.head()
    await gateway.write(2)
    await until_told(broker, lambda broker: _known(broker) == gateway.log.hashes()[-1])
    client = await hass_client()
    done = await (await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json=ACCEPT)).json()
    assert done["type"] == "create_entry"
    await until_told(broker, lambda broker: broker.finding is None and _known(broker) == gateway.log.hashes()[-1])

    assert issues(hass) == {}
    watched = gateway.all_told("watch_audit")[-1]
    assert (watched["size"], watched["hash"]) == (2, shown["hash"])
    await gateway.write()
    await until_told(broker, lambda broker: _known(broker) == gateway.log.hashes()[-1])
    assert broker.finding is None


async def test_what_was_accepted_is_watched_once_the_broker_is_there_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()
    broker = entry.runtime_data.broker
    await show(gateway, restored(2), broker)
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_told(broker, lambda broker: not broker.is_connected)

    await repair(hass, hass_client, the_issue(hass).issue_id, ACCEPT)

    assert (broker.finding, _known(broker), issues(hass)) == (None, gateway.log.hashes()[-1], {})


async def test_what_was_shown_and_is_another_log_by_now_is_an_issue_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()
    broker = entry.runtime_data.broker
    await show(gateway, restored(2), broker)
    flow = await repair(hass, hass_client, the_issue(hass).issue_id)
    await show(gateway, ScriptedLog(5, seed=8), broker)

    client = await hass_client()
    await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json=ACCEPT)
    await until_told(broker, lambda broker: broker.finding is not None and broker.is_connected)

    assert the_issue(hass).translation_key == "audit_replaced"


async def test_who_does_not_know_why_is_told_what_to_do_and_nothing_is_accepted(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    entry = await setup_entry()
    broker = entry.runtime_data.broker
    await show(gateway, restored(2), broker)
    before = the_issue(hass)

    done = await repair(hass, hass_client, before.issue_id, LEAVE)

    assert (done["type"], done["reason"]) == ("abort", "left")
    assert the_issue(hass) == before
    assert broker.head is not None
    assert broker.head.size == 3


@pytest.mark.parametrize("step", ["init", "accept"])
async def test_a_log_that_continues_what_was_kept_by_now_is_not_accepted(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, step: str
) -> None:
    entry = await setup_entry()
    assert (await _step(hass, entry.entry_id, step))["reason"] == "gone"


@pytest.mark.parametrize("step", ["init", "accept"])
async def test_nothing_is_accepted_of_a_gateway_that_is_not_set_up(
    hass: HomeAssistant, setup_entry: SetUp, step: str
) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await _step(hass, entry.entry_id, step))["reason"] == "away"
    assert (await _step(hass, "gone", step))["reason"] == "away"


async def _step(hass: HomeAssistant, entry_id: str, step: str) -> Any:
    issue_id = f"audit_log_{entry_id}"
    flow: Any = await async_create_fix_flow(hass, issue_id, {"entry_id": entry_id})
    flow.hass, flow.context, flow.flow_id, flow.handler = hass, {"issue_id": issue_id}, "flow", DOMAIN
    return await getattr(flow, f"async_step_{step}")()


async def test_a_log_that_is_not_signed_is_an_issue_that_nobody_can_accept(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    await gateway.tell_watchers({**gateway.log.head(), "size": 9})
    await until_told(entry.runtime_data.broker, lambda broker: broker.finding is not None)

    issue = the_issue(hass)
    assert (issue.translation_key, issue.is_fixable) == ("audit_unsigned", False)
    assert (await _step(hass, entry.entry_id, "init"))["reason"] == "gone"


async def test_a_first_head_that_is_not_signed_is_not_kept(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.scripts["watch_audit"] = lambda _: [{**gateway.log.head(), "size": 9}, gateway.protection]
    entry = await setup_entry()
    assert entry.runtime_data.broker.head is None
    assert the_issue(hass).translation_placeholders is not None
    assert the_issue(hass).translation_placeholders["kept"] == "—"  # type: ignore[index]
    state = hass.states.get("sensor.gateway_audit_log")
    assert state is not None
    assert (state.state, state.attributes["verdict"]) == ("unknown", "unsigned")


# Protection


async def test_what_is_not_enforced_is_an_issue_until_it_is(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.protection = OPEN
    entry = await setup_entry()

    issue = the_issue(hass, "not_enforced_")
    assert (issue.severity, issue.is_fixable, issue.is_persistent) == (ir.IssueSeverity.WARNING, False, False)
    assert issue.translation_placeholders == {
        "gateway": "Gateway",
        "attempts": "36",
        "open": "2",
        "reasons": "- main tcp\n- child unix path\n- landlock: this kernel has none",
    }
    before = entry.runtime_data.broker.protection
    await gateway.tell_watchers(PROTECTION)
    await until_told(entry.runtime_data.broker, lambda broker: broker.protection != before)
    assert issues(hass) == {}


async def test_only_the_first_reasons_are_listed(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.protection = {**OPEN, "ways_out": [f"way {number}" for number in range(MOST_REASONS + 5)]}
    await setup_entry()
    placeholders = the_issue(hass, "not_enforced_").translation_placeholders
    assert placeholders is not None
    assert placeholders["open"] == str(MOST_REASONS + 5)
    assert placeholders["reasons"].endswith(f"way {MOST_REASONS - 1}")


async def test_who_ignores_it_is_not_asked_again_after_a_restart(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.protection = OPEN
    entry = await setup_entry()
    issue_id = f"not_enforced_{entry.entry_id}"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)

    await hass.config_entries.async_reload(entry.entry_id)
    await until_told(entry.runtime_data.broker, lambda broker: broker.protection is not None)

    assert issues(hass)[issue_id].dismissed_version is not None


async def test_the_same_user_is_no_issue_but_a_state(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.protection = {**PROTECTION, "is_same_user": True}
    await setup_entry()
    state = hass.states.get("sensor.gateway_protection")
    assert state is not None
    assert (state.state, issues(hass)) == ("same_user", {})
    shown = texts()["entity"]["sensor"]["protection"]["state"]["same_user"]
    assert "same user: a compromised voice process could alter the broker" in shown


async def test_issues_go_with_the_entry(hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp) -> None:
    gateway.protection = OPEN
    entry = await setup_entry()
    await show(gateway, restored(2), entry.runtime_data.broker)
    assert len(issues(hass)) == 2

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert issues(hass) == {}
