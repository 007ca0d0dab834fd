"""Who presses "Forget everything" is asked; only an administrator's yes does it."""

from http import HTTPStatus
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.forget_repair import FORGET_EVERYTHING
from custom_components.local_voice.issues import async_check
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.test_repairs import issues, repair

BUTTON = "button.gateway_forget_everything"
FORGET, KEEP = {"next_step_id": "forget"}, {"next_step_id": "keep"}


@pytest.fixture(autouse=True)
async def repairs(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "repairs", {})


@pytest.fixture
async def issue_id(hass: HomeAssistant, setup_entry: SetUp) -> str:
    """Press the button, and return what is asked then."""
    entry = await setup_entry()
    await press(hass)
    return FORGET_EVERYTHING + entry.entry_id


async def press(hass: HomeAssistant) -> None:
    await hass.services.async_call("button", "press", {"entity_id": BUTTON}, blocking=True)


async def test_pressing_forgets_nothing_and_asks(hass: HomeAssistant, gateway: ScriptedGateway, issue_id: str) -> None:
    await async_check(hass)  # which looks after other issues
    assert list(issues(hass)) == [issue_id]
    assert issues(hass)[issue_id].is_fixable
    assert gateway.all_told("forget_turns") == []


async def test_an_administrators_yes_forgets_everything_and_says_whose_it_was(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    issue_id: str,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    asked = await repair(hass, hass_client, issue_id)
    assert (asked["type"], asked["menu_options"]) == ("menu", ["forget", "keep"])
    assert asked["description_placeholders"] == {"gateway": "Gateway"}
    assert gateway.all_told("forget_turns") == []
    done = await repair(hass, hass_client, issue_id, FORGET)
    assert done["type"] == "create_entry"
    told = await gateway.told("forget_turns")
    assert told["everything"] is True
    assert told["user_id"] == hass_admin_user.id
    assert not {"selection", "of_user"} & told.keys()
    assert issues(hass) == {}


async def test_no_is_an_answer(
    hass: HomeAssistant, gateway: ScriptedGateway, issue_id: str, hass_client: ClientSessionGenerator
) -> None:
    done = await repair(hass, hass_client, issue_id, KEEP)
    assert (done["type"], done["reason"]) == ("abort", "kept")
    assert gateway.all_told("forget_turns") == []
    assert issues(hass) == {}


async def test_who_is_no_administrator_is_not_asked(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    issue_id: str,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    hass_admin_user.groups = []
    client = await hass_client()
    response = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id})
    assert response.status == HTTPStatus.UNAUTHORIZED
    assert gateway.all_told("forget_turns") == []


async def test_a_programs_account_cannot_confirm(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    issue_id: str,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    hass_admin_user.system_generated = True
    done = await repair(hass, hass_client, issue_id, FORGET)
    assert (done["type"], done["reason"]) == ("abort", "failed")
    assert gateway.all_told("forget_turns") == []
    assert list(issues(hass)) == [issue_id]


async def test_why_nothing_was_forgotten_is_said_and_it_can_be_tried_again(
    hass: HomeAssistant, gateway: ScriptedGateway, issue_id: str, hass_client: ClientSessionGenerator
) -> None:
    gateway.ledger.error = {"error": "away", "message": ""}
    done = await repair(hass, hass_client, issue_id, FORGET)
    assert done["reason"] == "failed"
    assert "local-voice doctor" in done["description_placeholders"]["why"]
    assert list(issues(hass)) == [issue_id]


async def test_what_was_ignored_once_is_asked_again(hass: HomeAssistant, issue_id: str) -> None:
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)
    await press(hass)
    assert issues(hass)[issue_id].dismissed_version is None


async def test_an_entry_that_is_not_set_up_cannot_forget_and_one_that_is_removed_is_not_asked(
    hass: HomeAssistant, entry: MockConfigEntry, issue_id: str, hass_client: ClientSessionGenerator
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    done: dict[str, Any] = await repair(hass, hass_client, issue_id, FORGET)
    assert (done["type"], done["reason"]) == ("abort", "away")
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == {}


async def test_an_entry_that_went_while_somebody_looked_has_no_name_any_more(
    hass: HomeAssistant, entry: MockConfigEntry, issue_id: str, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    response = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id})
    flow = await response.json()
    await hass.config_entries.async_remove(entry.entry_id)
    response = await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json=FORGET)
    assert (await response.json())["reason"] == "away"
