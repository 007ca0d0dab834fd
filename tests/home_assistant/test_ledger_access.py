"""Roles, routes, ownership: who may do what with whose turns, each cell tried at Home Assistant's doors."""

from typing import Any, Final

import pytest
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_USER
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.local_voice.const import CONF_MEMBERS_SEE_OWN_TURNS, DOMAIN
from custom_components.local_voice.errors import RefusedError
from custom_components.local_voice.ledger_access import ON_OWN_TURNS, Act, Asker, Scope, asker_of, scope_of
from custom_components.local_voice.ledger_http import PATH, SIGNED
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.ledger_users import ACCOUNTS, Page, log_in, open_page
from tests.home_assistant.remembered import ANOTHERS, NOBODYS, OWN, RULE_ID, Remembered
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.test_approvers import user

SEEN: Final = {CONF_MEMBERS_SEE_OWN_TURNS: True}
WHOSE: Final = {"own": OWN, "another's": ANOTHERS, "nobody's": NOBODYS}
ON_A_TURN: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "play": ("play", {}),
    "correct": ("correct", {"meant": "turn on the lamp"}),
    "keep a correction": ("correct", {"meant": "turn on the lamp", "keep": True}),
    "keep it despite harm": ("correct", {"meant": "turn on the lamp", "keep": True, "despite_harm": True}),
    "mark_wake": ("mark_wake", {}),
}
ON_THE_WHOLE: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "forget everything": ("forget", {"everything": True}),
    "rules": ("rules", {}),
    "remove_rule": ("remove_rule", {"rule_id": RULE_ID}),
    "tuning": ("tuning", {"satellite_id": SATELLITE}),
    "set_sensitivity": ("set_sensitivity", {"satellite_id": SATELLITE, "sensitivity": 40}),
    "stats": ("stats", {}),
    "keep": ("keep", {"transcripts_s": 86_400, "audio_s": None}),
}
ACTIONS: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "action correct": ("correct", {"meant": "turn on the lamp"}),
    "action correct and keep": ("correct", {"meant": "turn on the lamp", "keep": True}),
    "action correct despite harm": ("correct", {"meant": "turn on the lamp", "keep": True, "despite_harm": True}),
}

type Cells = dict[str, Any]
ROUTES: Final = ("forget", "play", "fetch", *(name for name in ON_A_TURN if name != "play"), "action forget", *ACTIONS)


def on_each(outcome: str | tuple[str, str, str], *routes: str) -> Cells:
    """Return the cells of routes that concern one turn: its own, another's, nobody's."""
    outcomes = (outcome,) * 3 if isinstance(outcome, str) else outcome
    return {f"{route}, {whose}": one for route in routes for whose, one in zip(WHOSE, outcomes, strict=True)}


NO: Final = "unauthorized"
ALL_OF_IT: Final[Cells] = {
    "turns": {"own", "another's", "nobody's"},
    **on_each("done", *ROUTES),
    **dict.fromkeys(ON_THE_WHOLE, "done"),
    "action forget everything": "done",
}
NOTHING: Final[Cells] = dict.fromkeys(ALL_OF_IT, NO)
ONLY_THEIR_OWN: Final[Cells] = {
    **NOTHING,
    "turns": {"own"},
    # An address is given to who may hear something; whether they may hear this is looked at when it is fetched.
    **on_each("done", "play"),
    **on_each(("done", "unknown_turn", "unknown_turn"), "fetch", "correct", "keep a correction"),
    **on_each(("done", "unknown_turn", "unknown_turn"), "action correct", "action correct and keep"),
    **on_each(("done", "none", "none"), "forget", "action forget"),
}


@pytest.mark.parametrize(
    ("account", "options", "may"),
    [
        ("owner", {}, ALL_OF_IT),
        ("administrator", SEEN, ALL_OF_IT),
        ("member", {}, NOTHING),
        ("member", SEEN, ONLY_THEIR_OWN),
        ("reader", SEEN, ONLY_THEIR_OWN),
        ("program", SEEN, NOTHING),
        ("members_program", SEEN, NOTHING),
    ],
)
async def test_each_cell_of_the_table(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    setup_entry: SetUp,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    account: str,
    options: dict[str, bool],
    may: Cells,
) -> None:
    login = await log_in(hass, account)
    remembered = Remembered(gateway, {OWN: login.user.id, ANOTHERS: "another", NOBODYS: ""})
    entry = await setup_entry()
    hass.config_entries.async_update_entry(entry, options=options)
    await remembered.tell_kept()
    page = await open_page(hass, hass_ws_client, entry, login)
    http, found = await hass_client_no_auth(), {}
    found["turns"] = await seen(page)
    for whose, turn_id in WHOSE.items():
        found[f"forget, {whose}"] = await forgotten(page, turn_id)
        for route, (kind, words) in ON_A_TURN.items():
            found[f"{route}, {whose}"] = await page.outcome(kind, turn_id=turn_id, **words)
        path = f"{PATH}/{entry.entry_id}/{turn_id}"
        response = await http.get(async_sign_path(hass, path, SIGNED, refresh_token_id=login.token.id))
        found[f"fetch, {whose}"] = "done" if response.status == 200 else (await response.json())["code"]
        found[f"action forget, {whose}"] = await by_action(hass, login.user.id, "forget", turn_id=turn_id)
        for route, (kind, words) in ACTIONS.items():
            found[f"{route}, {whose}"] = await by_action(hass, login.user.id, kind, turn_id=turn_id, **words)
    for route, (kind, words) in ON_THE_WHOLE.items():
        found[route] = await page.outcome(kind, **words)
    found["action forget everything"] = await by_action(hass, login.user.id, "forget", everything=True)
    assert found == may
    of_user = login.user.id if may is ONLY_THEIR_OWN else None
    asks_for_nobody = {"ask_rules", "ask_tuning", "ask_stats", "ask_turns"}
    assert {asked.get("of_user") for asked in remembered.asked()} <= {of_user}
    assert {one.get("user_id") for one in remembered.asked() if one["type"] not in asks_for_nobody} <= {login.user.id}
    assert bool(remembered.asked()) is (may is not NOTHING)


async def test_an_automation_may_forget_and_nothing_else(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    remembered = Remembered(gateway, {OWN: "somebody", ANOTHERS: "another", NOBODYS: ""})
    entry = await setup_entry()
    hass.config_entries.async_update_entry(entry, options=SEEN)
    await remembered.tell_kept()
    for turn_id in WHOSE.values():
        assert await by_action(hass, None, "forget", turn_id=turn_id) == "done"
    assert await by_action(hass, None, "forget", everything=True) == "done"
    assert {(asked.get("of_user"), asked.get("user_id", "")) for asked in remembered.asked()} == {(None, "")}
    count = len(remembered.asked())
    for kind, words in ACTIONS.values():
        assert await by_action(hass, None, kind, turn_id=OWN, **words) == NO
    assert len(remembered.asked()) == count


async def test_an_account_that_is_no_more_or_may_not_log_in_may_do_nothing(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    remembered = Remembered(gateway, {OWN: "somebody"})
    await setup_entry()
    await remembered.tell_kept()
    blocked = await user(hass, GROUP_ID_ADMIN, is_active=False)
    for user_id in ("nobody", blocked.id):
        assert await by_action(hass, user_id, "forget", turn_id=OWN) == NO
        assert await by_action(hass, user_id, "correct", turn_id=OWN, meant="turn on the lamp") == NO
    assert remembered.asked() == []


def test_every_account_of_the_table_is_there() -> None:
    assert ACCOUNTS.keys() == {"owner", "administrator", "member", "reader", "program", "members_program"}
    assert ALL_OF_IT.keys() == NOTHING.keys() == ONLY_THEIR_OWN.keys()


async def test_whose_turns_there_are_is_a_matter_of_the_account_and_for_members_of_the_option(
    hass: HomeAssistant,
) -> None:
    for group_id, about, without, with_the_option in (
        (GROUP_ID_ADMIN, {}, Scope.ALL, Scope.ALL),
        (GROUP_ID_USER, {}, Scope.NOTHING, Scope.OWN),
        (GROUP_ID_ADMIN, {"is_active": False}, Scope.NOTHING, Scope.NOTHING),
        (GROUP_ID_USER, {"is_active": False}, Scope.NOTHING, Scope.NOTHING),
        (GROUP_ID_ADMIN, {"system_generated": True}, Scope.NOTHING, Scope.NOTHING),
        (GROUP_ID_USER, {"system_generated": True}, Scope.NOTHING, Scope.NOTHING),
    ):
        somebody = await user(hass, group_id, **about)
        assert scope_of(somebody, {}) is without
        assert scope_of(somebody, {CONF_MEMBERS_SEE_OWN_TURNS: False}) is without
        assert scope_of(somebody, {CONF_MEMBERS_SEE_OWN_TURNS: "yes"}) is without
        assert scope_of(somebody, SEEN) is with_the_option


async def test_an_act_is_done_in_ones_own_name_and_within_ones_own_turns(hass: HomeAssistant) -> None:
    member, administrator = await user(hass, GROUP_ID_USER), await user(hass, GROUP_ID_ADMIN)
    for act in Act:
        assert asker_of(administrator, SEEN, act) == Asker(administrator.id, None)
        if act in ON_OWN_TURNS:
            assert asker_of(member, SEEN, act) == Asker(member.id, member.id)
            continue
        with pytest.raises(RefusedError) as raised:
            asker_of(member, SEEN, act)
        assert raised.value.code == NO


async def seen(page: Page) -> set[str] | str:
    """Return whose turns a page is shown, or why none."""
    answer = await page.ask("turns")
    if not answer["success"]:
        return str(answer["error"]["code"])
    names = {turn_id: whose for whose, turn_id in WHOSE.items()}
    return {names[turn["turn_id"]] for turn in answer["result"]["turns"]}


async def forgotten(page: Page, turn_id: str) -> str:
    """Have one turn forgotten; `none` where there is no such turn for who asks."""
    answer = await page.ask("forget", selection={"turn_ids": [turn_id]})
    if not answer["success"]:
        return str(answer["error"]["code"])
    return "done" if answer["result"]["turns"] else "none"


async def by_action(hass: HomeAssistant, user_id: str | None, name: str, **words: object) -> str:
    """Return what becomes of an action that this account calls."""
    try:
        response = await hass.services.async_call(
            DOMAIN, name, words, blocking=True, context=Context(user_id=user_id), return_response=True
        )
    except Unauthorized:
        return NO
    except RefusedError as error:
        return error.code
    assert response is not None
    return "none" if response.get("turns") == 0 else "done"
