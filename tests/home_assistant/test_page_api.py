"""The page's commands about gateways themselves: what is told, what is done, and by whom."""

import logging
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Final, cast

import pytest
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.local_voice import page_api, page_standing
from custom_components.local_voice.approvers import ADMINISTRATORS, EVERYONE
from custom_components.local_voice.const import (
    CONF_APPROVERS,
    CONF_CUSTOM_SENTENCES,
    CONF_MEMBERS_SEE_OWN_TURNS,
    CONF_PIN_HASH,
)
from custom_components.local_voice.errors import TrustError
from custom_components.local_voice.house.pin import hashed
from custom_components.local_voice.wire import backoff
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.decisions import decision
from tests.home_assistant.ledger_users import Page, log_in, open_page
from tests.home_assistant.scripted_gateway import OFFERED, PROTECTION, SATELLITE, Json, Say, ScriptedGateway
from tests.home_assistant.small_house import WORLD, SmallHouse
from tests.home_assistant.test_gateway import lines

CANARY: Final = "gramophone quicksilver"
EGGS: Final[Json] = {
    "timer_id": 1,
    "name": "eggs",
    "satellite_id": SATELLITE,
    "area_id": "kitchen",
    "duration_s": 600,
    "left_s": 400,
}
LATER: Final[Json] = {
    "timer_id": 2,
    "satellite_id": SATELLITE,
    "area_id": "kitchen",
    "duration_s": 900,
    "left_s": 500,
    "is_active": False,
    "is_command": True,
    "command": CANARY,
}
COMMANDS: Final[dict[str, dict[str, object]]] = {
    "mute": {"satellite_id": SATELLITE, "muted": True},
    "cancel_timer": {"timer_id": 1},
    "change_settings": {"wake_sensitivity": 60},
    "change_options": {CONF_APPROVERS: EVERYONE},
    "things": {},
    "verify": {},
}
NO_COMMANDS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("mute", {"satellite_id": "", "muted": True}),
    ("mute", {"satellite_id": SATELLITE, "muted": "yes"}),
    ("cancel_timer", {"timer_id": -1}),
    ("cancel_timer", {"timer_id": CANARY}),
    ("change_settings", {"wake_sensitivity": 101}),
    ("change_settings", {"wake_words": []}),
    ("change_settings", {"wake_words": ["okay_nabu"] * 65}),
    ("change_settings", {"stt_model": ""}),
    ("change_options", {CONF_APPROVERS: "nobody"}),
    ("change_options", {CONF_MEMBERS_SEE_OWN_TURNS: 1}),
    ("change_options", {CONF_CUSTOM_SENTENCES: False}),
]
"""Of another form than commands have, or about what is not changed here."""


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture(autouse=True)
def timers(gateway: ScriptedGateway) -> list[Json]:
    """Return those that run: a test adds some, and says so (`tell_timers`)."""
    running: list[Json] = []

    def cancel(heard: Json) -> Iterable[Say]:
        running[:] = [timer for timer in running if timer["timer_id"] != heard["timer_id"]]
        yield {"type": "timers_running", "timers": running}
        yield {"type": "timer_cancelled", "id": heard["id"]}

    gateway.scripts["cancel_timer"] = cancel
    return running


@pytest.fixture
async def house(hass: HomeAssistant) -> SmallHouse:
    return await SmallHouse(hass).build()


@pytest.fixture
async def loaded(setup_entry: SetUp) -> MockConfigEntry:
    return await setup_entry()


@pytest.fixture
async def page(hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Page:
    """An administrator's."""
    return Page(await hass_ws_client(hass), loaded, "page")


async def page_of(hass: HomeAssistant, connect: WebSocketGenerator, entry: MockConfigEntry, account: str) -> Page:
    """Open the page as one of `ledger_users.ACCOUNTS`."""
    return await open_page(hass, connect, entry, await log_in(hass, account), "page")


async def tell_timers(gateway: ScriptedGateway, *timers: Json) -> None:
    await gateway.say({"type": "timers_running", "timers": list(timers)})


async def gateway_of(page: Page) -> dict[str, Any]:
    """Return the one gateway of the next event."""
    (gateway,) = (await page.told())["gateways"]
    found: dict[str, Any] = gateway
    return found


# How it stands


async def test_the_page_is_told_how_it_stands(page: Page, gateway: ScriptedGateway) -> None:
    head = gateway.log.head()
    await page.result("subscribe")
    assert await page.told() == {
        "gateways": [
            {
                "entry_id": page.entry_id,
                "name": "Gateway",
                "connected": True,
                "version": "1.2.3",
                "is_admin": True,
                "offered": {name: value for name, value in OFFERED.items() if name != "type"},
                "options": {CONF_APPROVERS: ADMINISTRATORS, CONF_MEMBERS_SEE_OWN_TURNS: False},
                "guarded": {"decisions": [], "has_pin": False},
                "satellites": [
                    {
                        "satellite_id": SATELLITE,
                        "name": "Kitchen satellite",
                        "area_id": "kitchen",
                        "connected": True,
                        "muted": False,
                        "activity": "idle",
                        "last_wake_at": "",
                    }
                ],
                "timers": [],
                "trust": {
                    "connected": True,
                    "level": "enforced",
                    **{name: PROTECTION[name] for name in ("layers", "missing", "attempts", "ways_out")},
                    "head": {name: head[name] for name in ("size", "hash", "at")},
                    "verdict": "good",
                },
            }
        ]
    }


async def test_the_page_is_told_again_when_something_is_different_and_not_otherwise(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry, gateway: ScriptedGateway
) -> None:
    await page.result("subscribe")
    await page.told()
    await gateway.say(gateway.offered)
    await gateway.tell_consent()
    await gateway.pair_satellite("attic", name="attic", muted=True, activity="listening")
    assert [words["name"] for words in (await gateway_of(page))["satellites"]] == ["attic", "Kitchen satellite"]
    await gateway.say({"type": "turn_began", "satellite_id": "attic"})
    await gateway.write()
    assert (await gateway_of(page))["trust"]["head"]["size"] == 4
    await gateway.tell_watchers({**PROTECTION, "is_enforced": False, "ways_out": ["tcp to the internet"]})
    trust = (await gateway_of(page))["trust"]
    assert (trust["level"], trust["ways_out"]) == ("not_enforced", ["tcp to the internet"])
    hass.config_entries.async_update_entry(loaded, options={CONF_MEMBERS_SEE_OWN_TURNS: True})
    assert (await gateway_of(page))["options"] == {CONF_APPROVERS: ADMINISTRATORS, CONF_MEMBERS_SEE_OWN_TURNS: True}


async def test_the_page_is_told_what_is_protected_and_whether_there_is_a_pin_but_not_the_pin(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry
) -> None:
    await page.result("subscribe")
    assert (await gateway_of(page))["guarded"] == {"decisions": [], "has_pin": False}
    for title in ("Locks: After a yes and the PIN", "heater: Never"):
        words = decision("never", entities=["switch.kettle"])
        subentry = ConfigSubentry(
            data=MappingProxyType(dict(words["data"])),
            subentry_type=words["subentry_type"],
            title=title,
            unique_id=None,
        )
        hass.config_entries.async_add_subentry(loaded, subentry)
    while len((told := (await gateway_of(page))["guarded"])["decisions"]) < 2:
        pass
    assert told["decisions"] == ["heater: Never", "Locks: After a yes and the PIN"]
    kept = await hass.async_add_executor_job(hashed, "2580")
    hass.config_entries.async_update_entry(loaded, options={CONF_PIN_HASH: kept})
    while not (told := await gateway_of(page))["guarded"]["has_pin"]:
        pass
    assert kept["hash"] not in str(told)


async def test_a_log_that_was_changed_is_told_as_such(page: Page, gateway: ScriptedGateway) -> None:
    await page.result("subscribe")
    before = (await gateway_of(page))["trust"]
    gateway.log = type(gateway.log)(2)
    await gateway.tell_watchers(gateway.log.head())
    assert (await gateway_of(page))["trust"] == {**before, "verdict": "went_back"}


async def test_a_gateway_that_is_away_or_not_loaded_is_shown_as_such(
    hass: HomeAssistant, page: Page, gateway: ScriptedGateway
) -> None:
    await page.result("subscribe")
    await page.told()
    gateway.refusal = gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop()
    gateway.drop_broker()
    while (told := await gateway_of(page))["connected"] or told["trust"]["connected"]:
        pass
    assert (told["version"], told["trust"]["verdict"]) == ("1.2.3", "good")
    gateway.refusal = gateway.broker_refusal = None
    while not (told := await gateway_of(page))["connected"] or not told["trust"]["connected"]:
        pass
    await hass.config_entries.async_unload(page.entry_id)
    while (told := await gateway_of(page))["offered"] is not None:
        pass
    assert (told["connected"], told["satellites"], told["trust"]) == (False, [], page_standing.UNKNOWN_TRUST)
    assert told["options"] is not None
    await hass.config_entries.async_remove(page.entry_id)
    while (await page.told())["gateways"]:
        pass


async def test_before_the_broker_has_said_anything_nothing_is_said_of_trust(
    gateway: ScriptedGateway, page: Page, loaded: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, hass: HomeAssistant
) -> None:
    gateway.broker_refusal = 503, "too_many_connections"
    await loaded.runtime_data.broker.store.remove()
    await hass.config_entries.async_reload(page.entry_id)
    await page.result("subscribe")
    assert (await gateway_of(page))["trust"] == page_standing.UNKNOWN_TRUST


async def test_who_is_no_administrator_is_not_told_the_options_nor_what_a_delayed_command_says(
    hass: HomeAssistant,
    page: Page,
    loaded: MockConfigEntry,
    gateway: ScriptedGateway,
    hass_ws_client: WebSocketGenerator,
) -> None:
    members = await page_of(hass, hass_ws_client, loaded, "member")
    commands = {}
    for one in (members, page):
        await one.result("subscribe")
        told = await gateway_of(one)
        assert (told["options"] is None) is (told["guarded"] is None) is (one is members)
        assert told["is_admin"] is (one is page)
    await tell_timers(gateway, LATER)
    for one in (members, page):
        (timer,) = (await gateway_of(one))["timers"]
        commands[one] = timer["command"]
        assert timer["is_command"]
    assert commands == {members: "", page: CANARY}


@pytest.mark.parametrize("account", ["program", "members_program"])
async def test_a_programs_account_is_told_nothing(
    hass: HomeAssistant, setup_entry: SetUp, hass_ws_client: WebSocketGenerator, account: str
) -> None:
    programs = await page_of(hass, hass_ws_client, await setup_entry(), account)
    assert await programs.outcome("subscribe") == "unauthorized"
    assert len(hass.data[page_api.NEWS]) == 0


async def test_a_page_that_is_closed_is_told_nothing(hass: HomeAssistant, page: Page) -> None:
    subscription = await page.ask("subscribe")
    await page.told()
    assert len(hass.data[page_api.NEWS]) == 1
    await page.client.send_json_auto_id({"type": "unsubscribe_events", "subscription": subscription["id"]})
    assert (await page.client.receive_json())["success"]
    assert len(hass.data[page_api.NEWS]) == 0


# Timers


async def test_what_is_left_of_a_timer_counts_from_when_it_was_told_and_is_no_news(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry, gateway: ScriptedGateway
) -> None:
    await page.result("subscribe")
    await page.told()
    await tell_timers(gateway, EGGS, LATER)
    eggs, later = (await gateway_of(page))["timers"]
    assert 395 <= eggs["left_s"] <= 400
    assert eggs == {**EGGS, "left_s": eggs["left_s"], "is_active": True, "is_command": False, "command": ""}
    assert later == {**LATER, "name": ""}
    await tell_timers(gateway, EGGS, LATER)
    await gateway.change_satellite(SATELLITE, name="Stove")
    told = await gateway_of(page)
    assert [words["name"] for words in told["satellites"]] == ["Stove"]
    loaded.runtime_data.timers.told_s -= 450
    await gateway.change_satellite(SATELLITE, name="Oven")
    assert [timer["left_s"] for timer in (await gateway_of(page))["timers"]] == [0, 500]
    await tell_timers(gateway, {**EGGS, "left_s": 460})
    (eggs,) = (await gateway_of(page))["timers"]
    assert 455 <= eggs["left_s"] <= 460


async def test_a_timer_is_cancelled_once(page: Page, gateway: ScriptedGateway, timers: list[Json]) -> None:
    timers += EGGS, LATER
    await tell_timers(gateway, *timers)
    await page.result("subscribe")
    while len((await gateway_of(page))["timers"]) < 2:
        pass
    await page.client.send_json_auto_id(
        {"type": "local_voice/page/cancel_timer", "entry_id": page.entry_id, "timer_id": 1}
    )
    (left,) = (await gateway_of(page))["timers"]
    assert left["timer_id"] == 2
    assert (await page.client.receive_json())["result"] == {}
    assert await page.outcome("cancel_timer", timer_id=1) == "unknown_timer"


# Satellites


async def test_a_satellite_is_muted_and_listens_again(page: Page, gateway: ScriptedGateway) -> None:
    await page.result("subscribe")
    await page.told()
    for muted in (True, False):
        await page.client.send_json_auto_id(
            {
                "type": "local_voice/page/mute",
                "entry_id": page.entry_id,
                "satellite_id": SATELLITE,
                "muted": muted,
            }
        )
        assert (await page.client.receive_json())["result"] == {}
        (satellite,) = (await gateway_of(page))["satellites"]
        assert satellite["muted"] is muted


async def test_a_satellite_that_is_away_or_not_paired_is_not_muted(page: Page, gateway: ScriptedGateway) -> None:
    assert await page.outcome("mute", satellite_id="another", muted=True) == "unknown_satellite"
    await page.result("subscribe")
    await page.told()
    await gateway.change_satellite(SATELLITE, connected=False)
    await page.told()
    assert await page.outcome("mute", satellite_id=SATELLITE, muted=True) == "satellite_away"
    assert gateway.all_told("mute_satellite") == []


# Settings


async def test_the_gateway_is_set_up_differently_and_what_is_not_said_stays(
    page: Page, gateway: ScriptedGateway
) -> None:
    await page.result("subscribe")
    await page.told()
    settings = {"stt_model": "base", "voice": "de_DE-thorsten-medium", "wake_words": ["hey_jarvis"]}
    assert await page.result("change_settings", **settings) == {}
    told = await gateway.told("change_settings")
    assert told == {"type": "change_settings", "id": told["id"], **settings}
    await page.result("change_settings", wake_sensitivity=70)
    told = await gateway.told("change_settings", 2)
    assert told == {"type": "change_settings", "id": told["id"], "wake_sensitivity": 70}
    await page.result("subscribe")
    offered = (await gateway_of(page))["offered"]
    assert (offered["voice"], offered["wake_sensitivity"]) == ("de_DE-thorsten-medium", 70)


async def test_why_the_gateway_cannot_be_set_up_so_is_told(page: Page, gateway: ScriptedGateway) -> None:
    gateway.scripts["change_settings"] = lambda heard: [
        {"type": "settings_changed", "id": heard["id"], "error": "config", "message": "there is no such model"}
    ]
    answer = await page.ask("change_settings", stt_model="huge")
    assert answer["error"] == {"code": "config", "message": "there is no such model"}


async def test_options_are_changed_without_setting_anything_up_anew_and_the_others_stay(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry, gateway: ScriptedGateway
) -> None:
    hass.config_entries.async_update_entry(loaded, options={CONF_CUSTOM_SENTENCES: False})
    assert await page.result("change_options", **{CONF_APPROVERS: EVERYONE}) == {}
    assert await page.result("change_options", **{CONF_MEMBERS_SEE_OWN_TURNS: True}) == {}
    await hass.async_block_till_done()
    everything = {CONF_CUSTOM_SENTENCES: False, CONF_APPROVERS: EVERYONE, CONF_MEMBERS_SEE_OWN_TURNS: True}
    assert loaded.options == everything
    assert gateway.connections == 1
    await hass.config_entries.async_unload(page.entry_id)
    assert await page.outcome("change_options", **{CONF_APPROVERS: ADMINISTRATORS}) == "done"


# What there is to look at


async def test_the_things_are_those_that_may_be_asked_for_in_the_order_of_their_names(
    house: SmallHouse, page: Page
) -> None:
    found = (await page.result("things"))["things"]
    names = [thing["name"] for thing in found]
    assert names == sorted(names, key=str.casefold)
    assert {"Kitchen light", "Front door"} <= {*names}
    assert WORLD not in names
    assert {"entity_id": "light.kitchen_light", "name": "Kitchen light", "area_id": "kitchen"} in found
    assert {"entity_id": "lock.front_door", "name": "Front door", "area_id": None} in found


async def test_a_thing_that_an_account_may_not_see_is_not_shown_to_it(
    hass: HomeAssistant, house: SmallHouse, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    hass.config_entries.async_update_entry(loaded, options={CONF_MEMBERS_SEE_OWN_TURNS: True})
    login = await log_in(hass, "member")
    cast("MockUser", login.user).mock_policy({"entities": {"entity_ids": {"light.kitchen_light": {"read": True}}}})
    members = await open_page(hass, hass_ws_client, loaded, login, "page")
    assert [thing["name"] for thing in (await members.result("things"))["things"]] == ["Kitchen light"]


async def test_of_a_house_without_end_so_many_things_are_shown_as_the_gateway_knows(
    house: SmallHouse, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_api, "MOST_ENTITIES", 3)
    assert len((await page.result("things"))["things"]) == 3


async def test_the_whole_log_is_read_and_what_it_proves_is_told(page: Page, gateway: ScriptedGateway) -> None:
    head = {name: gateway.log.head()[name] for name in ("size", "hash", "at")}
    assert await page.result("verify") == {"rows": 3, "head": head, "verdict": "good"}


async def test_another_gateway_in_its_place_is_told_apart_from_one_that_is_away(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:

    async def verify() -> None:
        raise TrustError("changed_pin")

    monkeypatch.setattr(loaded.runtime_data.broker, "verify", verify)
    assert await page.outcome("verify") == "changed_pin"


# Who may


@pytest.mark.parametrize(
    ("account", "may"),
    [
        ("owner", COMMANDS.keys()),
        ("administrator", COMMANDS.keys()),
        ("member", {"mute", "cancel_timer", "verify"}),
        ("reader", {"verify"}),
        ("program", set()),
        ("members_program", set()),
    ],
)
async def test_each_account_may_do_what_is_its_own(
    hass: HomeAssistant,
    setup_entry: SetUp,
    gateway: ScriptedGateway,
    timers: list[Json],
    hass_ws_client: WebSocketGenerator,
    account: str,
    may: Iterable[str],
) -> None:
    entry = await setup_entry()
    timers.append(EGGS)
    await tell_timers(gateway, *timers)
    page = await page_of(hass, hass_ws_client, entry, account)
    found = {kind: await page.outcome(kind, **words) for kind, words in COMMANDS.items()}
    assert found == {kind: "done" if kind in may else "unauthorized" for kind in COMMANDS}
    for kind, asked in (("mute", "mute_satellite"), ("cancel_timer", "cancel_timer"), ("change_settings",) * 2):
        assert bool(gateway.all_told(asked)) is (kind in may)
    assert bool(entry.options) is ("change_options" in may)


async def test_who_may_correct_their_own_turns_may_see_what_there_is_to_choose_from(
    hass: HomeAssistant, setup_entry: SetUp, hass_ws_client: WebSocketGenerator
) -> None:
    entry = await setup_entry()
    members = await page_of(hass, hass_ws_client, entry, "member")
    assert await members.outcome("things") == "unauthorized"
    hass.config_entries.async_update_entry(entry, options={CONF_MEMBERS_SEE_OWN_TURNS: True})
    assert await members.outcome("things") == "done"


async def test_what_is_asked_of_a_gateway_that_is_away_or_unknown_is_not_done(
    hass: HomeAssistant, page: Page, loaded: MockConfigEntry, gateway: ScriptedGateway
) -> None:
    for kind, words in COMMANDS.items():
        assert await page.outcome(kind, **words, entry_id="another") == "not_found"
    gateway.refusal = 503, "too_many_connections"
    gateway.drop()
    gateway.drop_broker()
    await gateway.until(lambda: not gateway.is_connected)
    await until_told(loaded.runtime_data.broker, lambda broker: not broker.is_connected)
    for kind in ("mute", "cancel_timer", "change_settings", "verify"):
        assert await page.outcome(kind, **COMMANDS[kind]) == "not_connected"
    await hass.config_entries.async_unload(page.entry_id)
    for kind in ("mute", "cancel_timer", "change_settings", "things", "verify"):
        assert await page.outcome(kind, **COMMANDS[kind]) == "not_connected"


# Nothing that was said


async def test_what_is_no_command_goes_nowhere(
    page: Page, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    for kind, words in NO_COMMANDS:
        assert await page.outcome(kind, **words) == "invalid_format", (kind, words)
    for asked in ("mute_satellite", "cancel_timer", "change_settings"):
        assert gateway.all_told(asked) == []


async def test_what_a_delayed_command_says_is_in_no_state_and_no_line_of_ours(
    hass: HomeAssistant, page: Page, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await page.result("subscribe")
    await page.told()
    await tell_timers(gateway, LATER)
    assert (await gateway_of(page))["timers"][0]["command"] == CANARY
    await hass.async_block_till_done()
    states = repr([(state.state, dict(state.attributes)) for state in hass.states.async_all()])
    for secret in CANARY.split():
        assert secret not in states
        assert [line for line in lines(caplog, logging.DEBUG) if secret in line] == []
