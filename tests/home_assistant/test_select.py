"""What the gateway hears and speaks with is chosen by names that people know; so is how long it remembers."""

from typing import Any

import pytest
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from pytest_homeassistant_custom_component.common import MockUser

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import OFFERED, ScriptedGateway
from tests.home_assistant.scripted_ledger import DAY_S
from tests.home_assistant.small_house import until_state

MODEL, VOICE, WAKE_WORD = "select.gateway_whisper_model", "select.gateway_voice", "select.gateway_wake_word"
RETENTION = "select.gateway_keep_transcripts"


async def choose(hass: HomeAssistant, entity_id: str, option: str) -> None:
    await hass.services.async_call("select", "select_option", {"entity_id": entity_id, "option": option}, blocking=True)


@pytest.mark.parametrize(
    ("entity_id", "option", "settings"),
    [
        (MODEL, "base", {"stt_model": "base"}),
        (VOICE, "Thorsten (de-DE)", {"voice": "de_DE-thorsten-medium"}),
        (WAKE_WORD, "Hey Jarvis", {"wake_words": ["hey_jarvis"]}),
    ],
)
async def test_a_choice_is_asked_of_the_gateway_and_shown_when_that_offers_it(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    setup_entry: SetUp,
    entity_id: str,
    option: str,
    settings: dict[str, Any],
) -> None:
    await setup_entry()
    await choose(hass, entity_id, option)
    said = await gateway.told("change_settings")
    assert {key: value for key, value in said.items() if key not in ("type", "id")} == settings
    await until_state(hass, entity_id, option)


async def test_voices_of_one_name_are_told_apart(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    joe, other = {"id": "joe-low", "name": "Joe", "language": "en-US"}, OFFERED["voices"][1]
    gateway.offered["voices"] = [OFFERED["voices"][0], joe, other]
    await setup_entry()
    state = await until_state(hass, VOICE, "Joe (en-US), en_US-joe-medium")
    assert state.attributes["options"] == [
        "Joe (en-US), en_US-joe-medium",
        "Joe (en-US), joe-low",
        "Thorsten (de-DE)",
    ]
    await choose(hass, VOICE, "Joe (en-US), joe-low")
    assert (await gateway.told("change_settings"))["voice"] == "joe-low"


async def test_of_several_wake_words_the_first_is_shown(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.offered["wake_words"] = ["hey_jarvis", "okay_nabu"]
    await setup_entry()
    await until_state(hass, WAKE_WORD, "Hey Jarvis")


async def test_what_is_in_use_and_not_offered_is_unknown(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.offered |= {"wake_words": [], "voice": "lost"}
    await setup_entry()
    await until_state(hass, WAKE_WORD, "unknown")
    await until_state(hass, VOICE, "unknown")


async def test_what_the_gateway_refuses_or_nobody_offers_is_an_error(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.scripts["change_settings"] = lambda said: [
        {"type": "settings_changed", "id": said["id"], "error": "not_loaded", "message": ""}
    ]
    await setup_entry()
    with pytest.raises(HomeAssistantError) as refused:
        await choose(hass, MODEL, "base")
    assert (refused.value.translation_key, refused.value.translation_placeholders) == (
        "refused",
        {"code": "not_loaded"},
    )
    await until_state(hass, MODEL, "tiny.en")
    with pytest.raises(ServiceValidationError):
        await choose(hass, MODEL, "large")


# How long turns are remembered


@pytest.mark.parametrize(("option", "transcripts_s", "audio_s"), [("1_day", DAY_S, 3_600), ("off", None, None)])
async def test_turns_are_remembered_for_as_long_as_is_chosen_and_without_them_there_are_no_recordings(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    setup_entry: SetUp,
    hass_admin_user: MockUser,
    option: str,
    transcripts_s: int | None,
    audio_s: int | None,
) -> None:
    gateway.ledger.audio_s = 3_600
    await setup_entry()
    await until_state(hass, RETENTION, "7_days")
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": RETENTION, "option": option},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    said = await gateway.told("change_kept")
    assert (said["transcripts_s"], said["audio_s"], said["user_id"]) == (transcripts_s, audio_s, hass_admin_user.id)
    await until_state(hass, RETENTION, option)


async def test_who_is_no_administrator_does_not_choose_how_long(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    member = MockUser(name="Member").add_to_hass(hass)
    member.mock_policy({"entities": True})
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            "select",
            "select_option",
            {"entity_id": RETENTION, "option": "365_days"},
            blocking=True,
            context=Context(user_id=member.id),
        )
    assert gateway.all_told("change_kept") == []


async def test_a_time_that_was_chosen_at_the_gateway_is_none_of_the_options(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.ledger.transcripts_s = 3 * DAY_S
    await setup_entry()
    await until_state(hass, RETENTION, "unknown")


async def test_how_long_is_not_chosen_where_there_is_no_ledger(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.ledger.is_older = True
    await setup_entry()
    await until_state(hass, RETENTION, "unavailable")
