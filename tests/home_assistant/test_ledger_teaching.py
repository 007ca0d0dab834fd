"""The page's commands by which people teach: corrections, rules, wake words."""

from typing import Any, Final

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.local_voice.const import CONF_MEMBERS_SEE_OWN_TURNS
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.ledger_users import Page, log_in, open_page
from tests.home_assistant.remembered import ANOTHERS, CANARY, MEANING, OWN, RULE, RULE_ID, Remembered
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.test_ledger_api import asked

MEANS_NOTHING: Final[dict[str, Any]] = {"text": "", "intent": "", "slots": {}, "entity_id": ""}


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
    return Page(await hass_ws_client(hass), loaded)


async def test_what_would_come_of_a_correction_is_shown_before_it_is_kept(
    page: Page, remembered: Remembered, hass_admin_user: MockUser
) -> None:
    told = await page.result("correct", turn_id=OWN, meant="turn on the lamp")
    about = {"turn_id": OWN, "meant": "turn on the lamp", "user_id": hass_admin_user.id}
    assert asked(remembered) == {"type": "correct_turn", **about}
    assert told == {
        "rule": RULE,
        "before": MEANS_NOTHING,
        "after": MEANING,
        "from_sound": True,
        "replayed": 2,
        "harmed": [{"turn_id": ANOTHERS, "heard": CANARY, "before": MEANING, "after": MEANS_NOTHING}],
        "harmed_count": 1,
        "is_kept": False,
    }
    kept = {"said": "moonbeam", "entity_id": "light.lamp", "keep": True, "despite_harm": True}
    assert (await page.result("correct", turn_id=OWN, **kept))["is_kept"]
    assert asked(remembered) == {"type": "correct_turn", "turn_id": OWN, **kept, "user_id": hass_admin_user.id}


async def test_who_sees_their_own_turns_is_not_shown_which_others_a_rule_would_harm(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered, hass_ws_client: WebSocketGenerator
) -> None:
    login = await log_in(hass, "member")
    remembered.owners[OWN] = login.user.id
    hass.config_entries.async_update_entry(loaded, options={CONF_MEMBERS_SEE_OWN_TURNS: True})
    told = await (await open_page(hass, hass_ws_client, loaded, login)).result(
        "correct", turn_id=OWN, meant="turn on the lamp"
    )
    assert (told["harmed"], told["replayed"], told["harmed_count"]) == ([], 0, 1)


async def test_rules_are_listed_and_unlearned(page: Page, remembered: Remembered, hass_admin_user: MockUser) -> None:
    assert await page.result("rules", before=9) == {"rules": [RULE], "before": 5}
    assert asked(remembered) == {"type": "ask_rules", "before": 9}
    assert await page.result("remove_rule", rule_id=RULE_ID) == {}
    assert asked(remembered) == {"type": "remove_rule", "rule_id": RULE_ID, "user_id": hass_admin_user.id}


async def test_a_false_wake_is_marked_and_a_mark_is_taken_back(
    page: Page, remembered: Remembered, hass_admin_user: MockUser
) -> None:
    told = await page.result("mark_wake", turn_id=OWN)
    assert (told["satellite_id"], told["sensitivity"], told["is_changed"]) == (SATELLITE, 45, True)
    assert asked(remembered) == {"type": "mark_wake", "turn_id": OWN, "user_id": hass_admin_user.id}
    await page.result("mark_wake", turn_id=OWN, is_false=False)
    assert asked(remembered)["is_false"] is False


async def test_what_other_sensitivities_would_have_done_is_shown_and_one_is_set(
    page: Page, remembered: Remembered, hass_admin_user: MockUser
) -> None:
    told = await page.result("tuning", satellite_id=SATELLITE)
    assert told["options"] == [{"sensitivity": 45, "false_wakes": 1, "missed": 2}]
    assert (told["suggested"], told["sensitivity"]) == (45, 50)
    assert asked(remembered) == {"type": "ask_tuning", "satellite_id": SATELLITE}
    about = {"satellite_id": SATELLITE, "user_id": hass_admin_user.id}
    assert await page.result("set_sensitivity", satellite_id=SATELLITE, sensitivity=40) == {}
    assert asked(remembered) == {"type": "set_sensitivity", "sensitivity": 40, **about}
    assert await page.result("set_sensitivity", satellite_id=SATELLITE, sensitivity=None) == {}
    assert asked(remembered) == {"type": "set_sensitivity", **about}
