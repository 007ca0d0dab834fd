"""The page's commands about what is remembered: what is asked and shown, and that it goes nowhere else."""

import logging
from typing import Any, Final

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.local_voice import ledger_api
from custom_components.local_voice.const import CONF_MEMBERS_SEE_OWN_TURNS
from custom_components.local_voice.wire import backoff
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.ledger_users import Page, log_in, open_page
from tests.home_assistant.remembered import ANOTHERS, CANARY, OWN, RULE_ID, Remembered
from tests.home_assistant.scripted_gateway import SATELLITE, Json, ScriptedGateway
from tests.home_assistant.test_conversation import say
from tests.home_assistant.test_gateway import lines

SEEN: Final = {CONF_MEMBERS_SEE_OWN_TURNS: True}
KEPT: Final = {"is_there": True, "transcripts_s": 604_800, "audio_s": 86_400, "false_wakes_s": 60}
COMMANDS: Final[dict[str, dict[str, object]]] = {
    "turns": {},
    "stats": {},
    "forget": {"selection": {"turn_ids": [OWN]}},
    "keep": {"transcripts_s": None, "audio_s": None},
    "correct": {"turn_id": OWN, "meant": "turn on the lamp"},
    "rules": {},
    "remove_rule": {"rule_id": RULE_ID},
    "mark_wake": {"turn_id": OWN},
    "tuning": {"satellite_id": SATELLITE},
    "set_sensitivity": {"satellite_id": SATELLITE, "sensitivity": None},
}
"""All that ask the gateway something."""
NO_COMMANDS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("turns", {"words": CANARY * 20}),
    ("turns", {"words": [CANARY]}),
    ("turns", {"limit": 65}),
    ("turns", {"before": -1}),
    ("turns", {"selection": {"turn_ids": [OWN] * 65}}),
    ("turns", {"selection": {"turn_ids": ["0A" * 16]}}),
    ("turns", {"selection": {"of_user": "somebody"}}),
    ("turns", {"of_user": None}),
    ("forget", {"selection": {"last_s": -1}}),
    ("forget", {"user_id": "somebody"}),
    ("forget", {"selection": {"turn_ids": [OWN]}, "keep_rules": "yes"}),
    ("keep", {"transcripts_s": -1, "audio_s": None}),
    ("stats", {"days": 367}),
    ("play", {"turn_id": "../" + OWN}),
    ("correct", {"turn_id": OWN, "meant": CANARY * 20}),
    ("correct", {"turn_id": OWN, "said": {"words": CANARY}}),
    ("set_sensitivity", {"satellite_id": SATELLITE, "sensitivity": 101}),
    ("tuning", {"satellite_id": ""}),
]
"""Of another form than commands have, or about more than they can say."""
TURN_HAPPENED: Final[Json] = {"type": "turn_happened", "satellite_id": SATELLITE, "outcome": "action", "stages_ms": {}}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
def remembered(gateway: ScriptedGateway) -> Remembered:
    return Remembered(gateway, {OWN: "somebody", ANOTHERS: "another"})


@pytest.fixture
async def loaded(setup_entry: SetUp, remembered: Remembered) -> MockConfigEntry:
    entry = await setup_entry()
    await remembered.tell_kept()
    return entry


@pytest.fixture
async def page(hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Page:
    """An administrator's."""
    return Page(await hass_ws_client(hass), loaded)


@pytest.fixture
async def members(hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Page:
    """Somebody's who is no administrator."""
    return await open_page(hass, hass_ws_client, loaded, await log_in(hass, "member"))


def asked(remembered: Remembered) -> Json:
    """Return the last question, without its number."""
    words = dict(remembered.asked()[-1])
    del words["id"]
    return words


# How it stands


async def test_the_page_is_told_how_long_things_are_kept_and_whose_turns_there_are(page: Page) -> None:
    await page.result("subscribe")
    assert await page.told() == {
        "gateways": [
            {
                "entry_id": page.entry_id,
                "name": "Gateway",
                "scope": "all",
                "connected": True,
                "kept": KEPT,
                "satellites": {SATELLITE: "Kitchen satellite"},
            }
        ]
    }


async def test_the_page_is_told_again_when_something_is_different_and_not_otherwise(
    page: Page, gateway: ScriptedGateway, remembered: Remembered
) -> None:
    await page.result("subscribe")
    await page.told()
    await remembered.tell_kept()
    await remembered.tell_kept(audio_s=None)
    (told,) = (await page.told())["gateways"]
    assert told["kept"] == {**KEPT, "audio_s": None}
    await gateway.change_satellite(SATELLITE, name="Stove")
    (told,) = (await page.told())["gateways"]
    assert told["satellites"] == {SATELLITE: "Stove"}


async def test_a_gateway_that_is_away_or_not_loaded_is_shown_as_such(
    hass: HomeAssistant, page: Page, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    await page.result("subscribe")
    await page.told()
    gateway.refusal = 503, "too_many_connections"
    gateway.drop()
    while (await page.told())["gateways"][0]["connected"]:
        pass
    gateway.refusal = None
    while not (told := (await page.told())["gateways"][0])["connected"]:
        pass
    assert told["scope"] == "all"
    await hass.config_entries.async_unload(loaded.entry_id)
    while (told := (await page.told())["gateways"][0])["connected"]:
        pass
    assert (told["kept"], told["satellites"]) == (None, {})
    await hass.config_entries.async_remove(loaded.entry_id)
    while (await page.told())["gateways"]:
        pass


async def test_who_sees_all_is_told_when_there_are_other_turns(
    page: Page, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    await page.result("subscribe")
    await page.told()
    await gateway.say({"type": "turn_began", "satellite_id": SATELLITE, "wake_word": "okay_nabu"}, TURN_HAPPENED)
    assert await page.told() == {"changed": {"entry_id": loaded.entry_id, "why": "turn"}}
    await gateway.say({"type": "something_forgotten"})
    assert await page.told() == {"changed": {"entry_id": loaded.entry_id, "why": "forgotten"}}


async def test_what_was_said_to_home_assistant_is_a_turn_whether_it_was_answered_or_not(
    hass: HomeAssistant, page: Page, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    await page.result("subscribe")
    await page.told()
    for answer in ({"speech": "Done", "outcome": "action"}, {"error": "engine"}):
        gateway.conversed = answer
        await say(hass, loaded, "turn on the light")
        assert await page.told() == {"changed": {"entry_id": loaded.entry_id, "why": "turn"}}


async def test_who_sees_their_own_is_told_of_what_was_forgotten_and_not_that_somebody_spoke(
    hass: HomeAssistant, members: Page, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(loaded, options=SEEN)
    await members.result("subscribe")
    (told,) = (await members.told())["gateways"]
    assert (told["scope"], told["satellites"]) == ("own", {SATELLITE: "Kitchen satellite"})
    await gateway.say(TURN_HAPPENED, {"type": "something_forgotten", "everything": True})
    assert await members.told() == {"changed": {"entry_id": loaded.entry_id, "why": "forgotten"}}


async def test_who_sees_their_own_is_told_of_what_came_from_their_login_and_from_no_other(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(loaded, options=SEEN)
    member = await log_in(hass, "member")
    members = await open_page(hass, hass_ws_client, loaded, member)
    await members.result("subscribe")
    await members.told()
    gateway.conversed = {"speech": "Done", "outcome": "action"}
    for user_id in (None, "somebody-else", member.user.id):
        await say(hass, loaded, "turn on the light", user_id=user_id)
    assert await members.told() == {"changed": {"entry_id": loaded.entry_id, "why": "turn"}}
    await gateway.say({"type": "something_forgotten", "everything": False})
    assert (await members.told())["changed"]["why"] == "forgotten", "there was no other in between"


async def test_who_sees_nothing_is_told_how_long_things_are_kept_and_no_more(
    hass: HomeAssistant, members: Page, gateway: ScriptedGateway, remembered: Remembered, loaded: MockConfigEntry
) -> None:
    await members.result("subscribe")
    (told,) = (await members.told())["gateways"]
    assert (told["scope"], told["kept"], told["satellites"]) == ("nothing", KEPT, {})
    await gateway.say(TURN_HAPPENED, {"type": "something_forgotten"})
    await remembered.tell_kept(deletions=1)
    await remembered.tell_kept(transcripts_s=None, deletions=1)
    (told,) = (await members.told())["gateways"]
    assert told["kept"]["transcripts_s"] is None
    hass.config_entries.async_update_entry(loaded, options=SEEN)
    (told,) = (await members.told())["gateways"]
    assert told["scope"] == "own"


async def test_a_programs_account_is_told_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    programs = await open_page(hass, hass_ws_client, loaded, await log_in(hass, "program"))
    assert await programs.outcome("subscribe") == "unauthorized"
    assert _listeners(hass) == (0, 0)


async def test_a_page_that_is_closed_is_told_nothing(hass: HomeAssistant, page: Page) -> None:
    subscription = await page.ask("subscribe")
    await page.told()
    assert _listeners(hass) == (1, 1)
    await page.client.send_json_auto_id({"type": "unsubscribe_events", "subscription": subscription["id"]})
    assert (await page.client.receive_json())["success"]
    assert _listeners(hass) == (0, 0)


def _listeners(hass: HomeAssistant) -> tuple[int, int]:
    news = hass.data[ledger_api.NEWS]
    return len(news.standing), len(news.turns)


# What is asked


async def test_a_page_of_turns_is_what_was_asked_for(page: Page, remembered: Remembered) -> None:
    selection = {
        "turn_ids": [OWN],
        "satellite_id": SATELLITE,
        "area_id": "kitchen",
        "outcome": "action",
        "kind": "turn",
        "since": "2026-11-22T00:00:00+00:00",
        "until": "2026-11-23T00:00:00+00:00",
        "last_s": 3_600,
        "corrected": False,
    }
    told = await page.result("turns", selection=selection, words="lamp", before=40, limit=20)
    about = {"selection": selection, "words": "lamp", "before": 40, "limit": 20}
    assert asked(remembered) == {"type": "ask_turns", **about}
    assert (told["before"], told["unreadable"]) == (17, 1)
    assert [turn["turn_id"] for turn in told["turns"]] == [OWN, ANOTHERS]
    assert told["turns"][0]["heard"] == CANARY
    await page.result("turns")
    assert asked(remembered) == {"type": "ask_turns"}


async def test_how_well_it_does_is_counted_by_home_assistants_days(
    hass: HomeAssistant, page: Page, remembered: Remembered
) -> None:
    told = await page.result("stats", days=30)
    assert asked(remembered) == {"type": "ask_stats", "days": 30, "zone": hass.config.time_zone}
    assert (told["total"]["understood"], told["days"][0]["day"]) == (2, "2026-11-22")
    assert told["stages"] == {"stt": {"turns": 3, "median_ms": 310.5, "p95_ms": 700.0}}


async def test_turns_are_forgotten_in_the_name_of_who_asks(
    page: Page, remembered: Remembered, hass_admin_user: MockUser
) -> None:
    told = await page.result("forget", selection={"turn_ids": [OWN]})
    assert told == {"turns": 1, "clips": 1, "rules": 0}
    selection = {"turn_ids": [OWN]}
    assert asked(remembered) == {"type": "forget_turns", "selection": selection, "user_id": hass_admin_user.id}
    await page.result("forget", selection=selection, keep_rules=True)
    kept = {"keep_rules": True, "user_id": hass_admin_user.id}
    assert asked(remembered) == {"type": "forget_turns", "selection": selection, **kept}
    assert (await page.result("forget", everything=True))["turns"] == 2
    assert asked(remembered) == {"type": "forget_turns", "everything": True, "user_id": hass_admin_user.id}


async def test_how_long_things_are_kept_is_changed_but_for_false_wakes(
    page: Page, remembered: Remembered, hass_admin_user: MockUser
) -> None:
    await remembered.tell_kept(false_wakes_s=30, deletions=3)
    await page.result("subscribe")
    await page.told()
    assert await page.result("keep", transcripts_s=86_400, audio_s=None) == {}
    kept = {"transcripts_s": 86_400, "audio_s": None, "false_wakes_s": 30}
    assert asked(remembered) == {"type": "change_kept", **kept, "user_id": hass_admin_user.id}


async def test_why_something_is_not_done_is_told(
    hass: HomeAssistant, page: Page, gateway: ScriptedGateway, remembered: Remembered, loaded: MockConfigEntry
) -> None:
    remembered.error = why = {"error": "not_recorded", "message": "the audit log cannot be written"}
    for kind, words in COMMANDS.items():
        assert (await page.ask(kind, **words))["error"] == {"code": why["error"], "message": why["message"]}
        assert await page.outcome(kind, **words, entry_id="another") == "not_found"
    gateway.refusal = 503, "too_many_connections"
    gateway.drop()
    await gateway.until(lambda: not gateway.is_connected)
    assert {await page.outcome(kind, **words) for kind, words in COMMANDS.items()} == {"not_connected"}
    await hass.config_entries.async_unload(loaded.entry_id)
    assert {await page.outcome(kind, **words) for kind, words in COMMANDS.items()} == {"not_connected"}


async def test_a_gateway_that_has_no_ledger_is_told_apart(page: Page, loaded: MockConfigEntry) -> None:
    loaded.runtime_data.ledger.lost()
    assert await page.outcome("turns") == "no_ledger"


async def test_who_may_no_more_is_refused_from_then_on(page: Page, hass_admin_user: MockUser) -> None:
    assert await page.outcome("turns") == "done"
    hass_admin_user.groups = []
    assert await page.outcome("turns") == "unauthorized"


# Nothing that was said


async def test_what_is_no_command_goes_nowhere_and_its_words_into_no_log(
    page: Page, remembered: Remembered, caplog: pytest.LogCaptureFixture
) -> None:
    for kind, words in NO_COMMANDS:
        answer = await page.ask(kind, **words)
        assert answer["error"]["code"] == "invalid_format", (kind, words)
        assert CANARY not in answer["error"]["message"], (kind, words)
    assert remembered.asked() == []
    assert CANARY not in caplog.text


async def test_what_was_said_is_in_no_state_and_no_line_of_ours(
    hass: HomeAssistant, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for kind, words in COMMANDS.items():
        await page.result(kind, **words)
    await page.result("turns", words=CANARY)
    await page.result("correct", turn_id=OWN, meant=CANARY, keep=True)
    await hass.async_block_till_done()
    states = repr([(state.state, dict(state.attributes)) for state in hass.states.async_all()])
    for secret in CANARY.split():
        assert secret not in states
        assert [line for line in lines(caplog, logging.DEBUG) if secret in line] == []
