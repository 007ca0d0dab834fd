"""The actions `forget` and `correct`: what is chosen is what the gateway is asked, and what comes of it is returned."""

from typing import Any, Final

import pytest
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from probatio import Invalid
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.errors import NotConnectedError, RefusedError
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.remembered import ANOTHERS, MEANING, OWN, RULE, Remembered
from tests.home_assistant.scripted_gateway import SATELLITE, Json, ScriptedGateway

CHOICES: Final[list[tuple[dict[str, Any], Json]]] = [
    ({"turn_id": [OWN, ANOTHERS]}, {"turn_ids": [OWN, ANOTHERS]}),
    ({"area_id": "kitchen"}, {"area_id": "kitchen"}),
    ({"last": {"hours": 1}}, {"last_s": 3_600}),
    ({"last": "00:10:00", "area_id": "kitchen"}, {"last_s": 600, "area_id": "kitchen"}),
    (
        {"day": "2026-11-22"},
        {"since": "2026-11-21T23:00:00+00:00", "until": "2026-11-22T23:00:00+00:00"},
    ),
    (
        {"day": "2026-10-25"},  # which has 25 hours
        {"since": "2026-10-24T22:00:00+00:00", "until": "2026-10-25T23:00:00+00:00"},
    ),
    (
        {"day": "2026-11-22", "until": "2026-11-22 12:00:00"},
        {"since": "2026-11-21T23:00:00+00:00", "until": "2026-11-22T11:00:00+00:00"},
    ),
    ({"since": "2026-11-22 08:00:00"}, {"since": "2026-11-22T07:00:00+00:00"}),
    ({"until": "2026-11-22T08:00:00+00:00"}, {"until": "2026-11-22T08:00:00+00:00"}),
    ({"satellite": "assist_satellite.someone_elses"}, {"satellite_id": "assist_satellite.someone_elses"}),
    ({"satellite": "assist_satellite.kitchen_satellite"}, {"satellite_id": SATELLITE}),
]
"""What is given to the action, and what the gateway is asked."""
NO_CHOICES: Final[list[dict[str, Any]]] = [
    {"turn_id": "0A" * 16},
    {"turn_id": []},
    {"turn_id": [OWN] * 65},
    {"satellite": "light.lamp"},
    {"last": "-01:00:00"},
    {"day": "2026-11-22", "since": "2026-11-22 08:00:00"},
    {"words": "lamp"},
]


@pytest.fixture
def remembered(gateway: ScriptedGateway) -> Remembered:
    return Remembered(gateway, {OWN: "somebody", ANOTHERS: "another"})


@pytest.fixture
async def loaded(hass: HomeAssistant, setup_entry: SetUp, remembered: Remembered) -> MockConfigEntry:
    await hass.config.async_set_time_zone("Europe/Berlin")
    entry = await setup_entry()
    await remembered.tell_kept()
    return entry


async def forget(hass: HomeAssistant, **words: object) -> Any:
    """Have an automation forget, and return the response."""
    return await hass.services.async_call(DOMAIN, "forget", words, blocking=True, return_response=True)


async def correct(hass: HomeAssistant, user: MockUser, **words: object) -> Any:
    context = Context(user_id=user.id)
    return await hass.services.async_call(
        DOMAIN, "correct", words, blocking=True, context=context, return_response=True
    )


def selected(remembered: Remembered) -> Json:
    """Return the selection that the gateway was last asked to forget."""
    asked = remembered.asked()[-1]
    assert asked["type"] == "forget_turns"
    selection: Json = asked.get("selection", {})
    return selection


async def test_how_much_was_forgotten_is_returned(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    assert await forget(hass, turn_id=OWN) == {"turns": 1, "clips": 1, "rules": 0}


async def test_nothing_is_returned_to_who_wants_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    await hass.services.async_call(DOMAIN, "forget", {"turn_id": OWN}, blocking=True)
    assert selected(remembered) == {"turn_ids": [OWN]}


async def test_what_is_chosen_is_what_is_forgotten(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    for chosen, selection in CHOICES:
        await forget(hass, **chosen)
        assert selected(remembered) == selection
        assert "everything" not in remembered.asked()[-1]


async def test_a_satellite_that_has_no_device_is_known_by_its_entity(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    entity = er.async_get(hass).async_get_or_create("assist_satellite", "other", "1")
    await forget(hass, satellite=entity.entity_id)
    assert selected(remembered) == {"satellite_id": entity.entity_id}


async def test_everything_is_asked_for_by_its_name(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    await forget(hass, everything=True)
    assert (selected(remembered), remembered.asked()[-1]["everything"]) == ({}, True)


async def test_nothing_chosen_and_everything_with_a_choice_are_no_question(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    for chosen in ({}, {"everything": False}, {"everything": True, "area_id": "kitchen"}):
        with pytest.raises(ServiceValidationError) as raised:
            await forget(hass, **chosen)
        assert (raised.value.translation_domain, raised.value.translation_key) == (DOMAIN, "which_turns")
    assert remembered.asked() == []


async def test_what_is_no_choice_goes_nowhere(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    for chosen in NO_CHOICES:
        with pytest.raises(Invalid):
            await forget(hass, **chosen)
    assert remembered.asked() == []


async def test_a_gateway_can_be_named_and_has_to_be_there(
    hass: HomeAssistant, loaded: MockConfigEntry, gateway: ScriptedGateway
) -> None:
    assert (await forget(hass, turn_id=OWN, config_entry_id=loaded.entry_id))["turns"] == 1
    with pytest.raises(ServiceValidationError):
        await forget(hass, turn_id=OWN, config_entry_id="another")
    await hass.config_entries.async_unload(loaded.entry_id)
    with pytest.raises(ServiceValidationError):
        await forget(hass, turn_id=OWN)


async def test_why_it_is_not_done_is_raised(
    hass: HomeAssistant, loaded: MockConfigEntry, gateway: ScriptedGateway, remembered: Remembered
) -> None:
    remembered.error = {"error": "unknown_turn", "message": "there is no such turn"}
    with pytest.raises(RefusedError) as refused:
        await forget(hass, turn_id=OWN)
    assert refused.value.code == "unknown_turn"
    gateway.refusal = 503, "too_many_connections"
    gateway.drop()
    await gateway.until(lambda: not gateway.is_connected)
    with pytest.raises(HomeAssistantError) as away:
        await forget(hass, turn_id=OWN)
    assert isinstance(away.value, NotConnectedError)


async def test_a_correction_returns_what_would_come_of_it(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered, hass_admin_user: MockUser
) -> None:
    told = await correct(hass, hass_admin_user, turn_id=OWN, meant="turn on the lamp")
    assert told["after"] == MEANING
    assert (told["rule"], told["harmed_count"], told["is_kept"]) == (RULE, 1, False)
    (asked,) = remembered.asked()
    about = {"turn_id": OWN, "meant": "turn on the lamp", "user_id": hass_admin_user.id}
    assert asked == {"type": "correct_turn", "id": asked["id"], **about}


async def test_a_name_for_a_thing_is_kept(
    hass: HomeAssistant, loaded: MockConfigEntry, remembered: Remembered, hass_admin_user: MockUser
) -> None:
    named = {"said": "moonbeam", "entity_id": "light.lamp", "keep": True, "despite_harm": True}
    assert (await correct(hass, hass_admin_user, turn_id=OWN, **named))["is_kept"]
    assert remembered.asked()[-1].items() >= named.items()


async def test_both_are_there_without_a_gateway(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    for name in ("forget", "correct"):
        assert hass.services.has_service(DOMAIN, name)
