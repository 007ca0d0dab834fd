"""The commands of the page: who may use them, what they answer, and that what is in a request goes nowhere else."""

import base64
import logging
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.local_voice import consent_api
from custom_components.local_voice.approvers import EVERYONE
from custom_components.local_voice.const import CONF_APPROVERS
from custom_components.local_voice.wire import backoff
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.ledger_users import log_in
from tests.home_assistant.scripted_consent import CANARY, CHAT, MARKER, NONCE, PIN, REQUEST, WAITING
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.test_gateway import lines

HASH = "ab" * 32
YES = {"hash": HASH, "nonce": NONCE}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
async def loaded(gateway: ScriptedGateway, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry; a request waits."""
    gateway.consent.ask()
    return await setup_entry()


@pytest.fixture
async def page(hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Page:
    """An administrator's."""
    return Page(await hass_ws_client(hass), loaded)


@pytest.fixture
async def guests(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> Page:
    """Somebody's who is no administrator."""
    return Page(await hass_ws_client(hass, hass_read_only_access_token), loaded)


class Page:
    """What a page asks."""

    def __init__(self, client: MockHAClientWebSocket, entry: MockConfigEntry) -> None:
        self.client = client
        self.entry_id = entry.entry_id

    async def ask(self, kind: str, **words: object) -> dict[str, Any]:
        """Return the answer to a command about the request that waits."""
        about = {} if kind in ("subscribe", "allow") else {"request_id": REQUEST}
        entry = {} if kind == "subscribe" else {"entry_id": self.entry_id}
        await self.client.send_json_auto_id({"type": f"local_voice/consent/{kind}", **entry, **about, **words})
        answer: dict[str, Any] = await self.client.receive_json()
        return answer

    async def refused(self, kind: str, **words: object) -> str:
        """Return why a command is not done."""
        answer = await self.ask(kind, **words)
        assert not answer["success"]
        assert answer["error"]["message"]
        return str(answer["error"]["code"])

    async def told(self) -> dict[str, Any]:
        """Return the gateway of the next event."""
        event = (await self.client.receive_json())["event"]
        (gateway,) = event["gateways"]
        found: dict[str, Any] = gateway
        return found


# How it stands


async def test_the_page_is_told_how_it_stands(page: Page, gateway: ScriptedGateway) -> None:
    assert (await page.ask("subscribe"))["success"]
    told = await page.told()
    (waiting,) = told.pop("waiting")
    assert 290 <= waiting.pop("left_s") <= 300
    assert waiting == {
        **{name: value for name, value in WAITING.items() if name != "left_s"},
        "satellite_name": "Kitchen satellite",
    }
    assert told == {
        "entry_id": page.entry_id,
        "name": "Gateway",
        "connected": True,
        "may_approve": True,
        "is_admin": True,
        "is_allowed": False,
        "has_pin": False,
        "destinations": [{**CHAT, "is_local": False}],
        "decided": [],
        "month": "2026-11",
        "sent_bytes": 0,
        "sent_days": {},
    }


async def test_the_page_is_told_again_when_something_is_different_and_not_otherwise(
    page: Page, gateway: ScriptedGateway
) -> None:
    await page.ask("subscribe")
    await page.told()
    await gateway.tell_consent()
    await gateway.write()
    gateway.consent.decide("refused")
    await gateway.tell_consent()
    (decided,) = (await page.told())["decided"]
    assert (decided["fate"], decided["satellite_name"], decided["has_answer"]) == (
        "refused",
        "Kitchen satellite",
        False,
    )
    await gateway.change_satellite(SATELLITE, name="Stove")
    (decided,) = (await page.told())["decided"]
    assert decided["satellite_name"] == "Stove"
    await gateway.unpair_satellite(SATELLITE)
    (decided,) = (await page.told())["decided"]
    assert decided["satellite_name"] == ""


async def test_what_is_left_of_a_requests_time_counts_from_when_it_is_told(page: Page, loaded: MockConfigEntry) -> None:
    loaded.runtime_data.broker.cloud.told_s -= 100
    await page.ask("subscribe")
    (waiting,) = (await page.told())["waiting"]
    assert 195 <= waiting["left_s"] <= 200
    loaded.runtime_data.broker.cloud.told_s -= 1_000
    assert (await page.ask("subscribe"))["success"]
    (waiting,) = (await page.told())["waiting"]
    assert waiting["left_s"] == 0


async def test_a_gateway_that_is_away_or_not_loaded_is_shown_as_such(
    hass: HomeAssistant, page: Page, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    await page.ask("subscribe")
    assert (await page.told())["connected"]
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    told = await page.told()
    assert (told["connected"], told["waiting"], told["destinations"]) == (False, [], [])
    gateway.broker_refusal = None
    assert (await page.told())["connected"]
    await hass.config_entries.async_unload(loaded.entry_id)
    told = await page.told()
    assert (told["name"], told["connected"], told["may_approve"]) == ("Gateway", False, True)
    await hass.config_entries.async_remove(loaded.entry_id)
    assert (await page.client.receive_json())["event"] == {"gateways": []}


async def test_a_page_that_is_closed_is_told_nothing(hass: HomeAssistant, page: Page, gateway: ScriptedGateway) -> None:
    subscription = await page.ask("subscribe")
    await page.told()
    await page.client.send_json_auto_id({"type": "unsubscribe_events", "subscription": subscription["id"]})
    assert (await page.client.receive_json())["success"]
    assert len(hass.data[consent_api.NEWS]) == 0


# What is asked


async def test_a_preview_is_every_byte_and_what_is_said_of_them(page: Page, gateway: ScriptedGateway) -> None:
    shown = (await page.ask("preview"))["result"]
    assert base64.b64decode(shown.pop("bytes")) == gateway.consent.raw
    assert shown.pop("hash") == gateway.consent.hash(REQUEST)
    assert shown == {
        "request_id": REQUEST,
        "nonce": NONCE,
        "key_version": 3,
        "destination": {**CHAT, "is_local": False},
        "method": "POST",
        "content": "text",
        "satellite_id": SATELLITE,
        "left_s": 299,
        "size_bytes": len(gateway.consent.raw),
        "body_at": gateway.consent.raw.index(b"\r\n\r\n") + 4,
        "marker": MARKER,
        "audio_at": 0,
        "audio_bytes": 0,
        "replaced": [{"placeholder": "[device 1]", "original": "Kitchen light"}],
    }


async def test_a_preview_that_was_altered_is_not_shown(page: Page, gateway: ScriptedGateway) -> None:
    gateway.consent.shown = {"method": "PUT"}
    assert await page.refused("preview") == "altered"


async def test_a_yes_goes_to_the_broker_as_it_was_given_and_says_whose_it_is(
    page: Page, gateway: ScriptedGateway, hass_admin_user: MockUser
) -> None:
    shown = (await page.ask("preview"))["result"]
    answer = await page.ask("approve", hash=shown["hash"], nonce=shown["nonce"], pin=PIN)
    assert answer["result"] == {}
    said = await gateway.told("approve")
    about = {"request_id": REQUEST, "hash": shown["hash"], "nonce": NONCE, "pin": PIN, "user": hass_admin_user.id}
    assert said == {"type": "approve", "id": said["id"], **about}
    assert (await page.ask("answer"))["result"] == {"text": CANARY}


async def test_a_no_says_whose_it_is(page: Page, gateway: ScriptedGateway, hass_admin_user: MockUser) -> None:
    assert (await page.ask("refuse"))["result"] == {}
    assert (await gateway.told("refuse"))["user"] == hass_admin_user.id


async def test_the_switch_is_turned_by_an_administrator(
    page: Page, gateway: ScriptedGateway, hass_admin_user: MockUser
) -> None:
    assert (await page.ask("allow", is_allowed=True))["result"] == {}
    said = await gateway.told("allow_cloud")
    assert (said["is_allowed"], said["user"]) == (True, hass_admin_user.id)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("preview", {}), ("approve", YES), ("refuse", {}), ("answer", {}), ("allow", {"is_allowed": True})],
)
async def test_why_something_is_not_done_is_told(
    page: Page, gateway: ScriptedGateway, loaded: MockConfigEntry, kind: str, words: dict[str, object]
) -> None:
    gateway.consent.error = {"error": "wrong_pin", "message": "this is not the PIN"}
    answer = await page.ask(kind, **words)
    assert answer["error"] == {"code": "wrong_pin", "message": "this is not the PIN"}
    assert await page.refused(kind, **words, entry_id="another") == "not_found"
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_told(loaded.runtime_data.broker, lambda broker: not broker.is_connected)
    assert await page.refused(kind, **words) == "not_connected"


async def test_a_gateway_that_is_not_loaded_is_not_connected(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    assert await page.refused("preview") == "not_connected"


# Who may


@pytest.mark.parametrize(
    ("kind", "words"),
    [("preview", {}), ("approve", YES), ("refuse", {}), ("answer", {}), ("allow", {"is_allowed": True})],
)
async def test_who_is_no_administrator_decides_nothing_and_sees_nothing(
    guests: Page, gateway: ScriptedGateway, kind: str, words: dict[str, object]
) -> None:
    assert await guests.refused(kind, **words) == "unauthorized"
    await guests.ask("subscribe")
    told = await guests.told()
    assert (told["may_approve"], told["is_admin"], len(told["waiting"])) == (False, False, 1)
    for asked in ("ask_preview", "approve", "refuse", "ask_answer", "allow_cloud"):
        assert gateway.all_told(asked) == []


async def test_a_programs_account_is_told_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    for account in ("program", "members_program"):
        login = await log_in(hass, account)
        programs = Page(await hass_ws_client(hass, login.access), loaded)
        assert await programs.refused("subscribe") == "unauthorized"
    assert len(hass.data[consent_api.NEWS]) == 0


async def test_everyone_may_decide_where_that_was_chosen_but_not_turn_the_switch(
    hass: HomeAssistant, guests: Page, gateway: ScriptedGateway, loaded: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    hass.config_entries.async_update_entry(loaded, options={CONF_APPROVERS: EVERYONE})
    shown = (await guests.ask("preview"))["result"]
    assert (await guests.ask("approve", hash=shown["hash"], nonce=shown["nonce"]))["success"]
    assert (await gateway.told("approve"))["user"] == hass_read_only_user.id
    assert await guests.refused("allow", is_allowed=True) == "unauthorized"
    assert gateway.all_told("allow_cloud") == []


async def test_who_may_no_more_is_refused_from_then_on(page: Page, hass_admin_user: MockUser) -> None:
    assert (await page.ask("preview"))["success"]
    hass_admin_user.groups = []
    assert await page.refused("preview") == "unauthorized"


# Nothing that is in it


@pytest.mark.parametrize(
    "words",
    [
        {**YES, "pin": 271828},
        {**YES, "pin": "271828" * 6},
        {**YES, "hash": HASH.upper()},
        {**YES, "nonce": "ab"},
        {**YES, "request_id": ""},
    ],
)
async def test_what_is_no_command_goes_nowhere_and_a_pin_into_no_log(
    page: Page, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture, words: dict[str, object]
) -> None:
    assert await page.refused("approve", **words) == "invalid_format"
    assert gateway.all_told("approve") == []
    assert "271828" not in caplog.text


async def test_what_is_in_a_request_is_in_no_state_and_no_line_of_ours(
    hass: HomeAssistant,
    page: Page,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = (await page.ask("preview"))["result"]
    await page.ask("approve", hash=shown["hash"], nonce=shown["nonce"], pin="271828")
    await until_told(
        loaded.runtime_data.broker, lambda broker: bool(broker.cloud.latest and broker.cloud.latest.decided)
    )
    assert (await page.ask("answer"))["result"]["text"] == CANARY
    await hass.async_block_till_done()
    states = repr([(state.state, dict(state.attributes)) for state in hass.states.async_all()])
    for secret in (*CANARY.split(), "271828", NONCE, shown["hash"], "Kitchen light"):
        assert secret not in states
        assert [line for line in lines(caplog, logging.DEBUG) if secret in line] == []
