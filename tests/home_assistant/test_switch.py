"""The switch of a satellite: whether it listens.

And the gateway's: whether people may be asked to send anything, and whether recordings are kept.
"""

import pytest
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from pytest_homeassistant_custom_component.common import MockUser

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.scripted_ledger import DAY_S
from tests.home_assistant.small_house import until_state

LISTENING = "switch.kitchen_satellite_listening"
CLOUD = "switch.gateway_allow_cloud_requests"
RECORDINGS = "switch.gateway_keep_recordings"


async def test_a_satellite_that_is_switched_off_is_muted_and_back(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await until_state(hass, LISTENING, "on")
    for action, muted, state in (("turn_off", True, "off"), ("turn_on", False, "on")):
        count = len(gateway.all_told("mute_satellite"))
        await hass.services.async_call("switch", action, {"entity_id": LISTENING}, blocking=True)
        said = await gateway.told("mute_satellite", count + 1)
        assert said == {"type": "mute_satellite", "satellite_id": SATELLITE, "muted": muted}
        await until_state(hass, LISTENING, state)


async def test_a_satellites_own_button_is_followed(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.change_satellite(SATELLITE, muted=True)
    await until_state(hass, LISTENING, "off")


async def test_a_satellite_that_is_away_or_gone_has_no_switch(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.change_satellite(SATELLITE, connected=False)
    await until_state(hass, LISTENING, "unavailable")


async def test_the_brokers_switch_is_turned_and_who_turned_it_is_told(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_admin_user: MockUser
) -> None:
    await setup_entry()
    await until_state(hass, CLOUD, "off")
    for count, (action, is_allowed, state) in enumerate((("turn_on", True, "on"), ("turn_off", False, "off")), 1):
        await hass.services.async_call(
            "switch", action, {"entity_id": CLOUD}, blocking=True, context=Context(user_id=hass_admin_user.id)
        )
        said = await gateway.told("allow_cloud", count)
        assert (said["is_allowed"], said["user"]) == (is_allowed, hass_admin_user.id)
        await until_state(hass, CLOUD, state)


async def test_an_automation_turns_the_switch_as_nobody(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await hass.services.async_call("switch", "turn_on", {"entity_id": CLOUD}, blocking=True)
    assert "user" not in await gateway.told("allow_cloud")


async def test_a_switch_that_the_broker_did_not_turn_says_why_and_stays(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.consent.error = {"error": "not_stored", "message": "no space left"}
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call("switch", "turn_on", {"entity_id": CLOUD}, blocking=True)
    assert refused.value.translation_key == "not_stored"
    await until_state(hass, CLOUD, "off")


async def test_the_switch_is_followed_and_away_with_the_broker(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.consent.is_allowed = True
    await gateway.tell_consent()
    await until_state(hass, CLOUD, "on")
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_state(hass, CLOUD, "unavailable")


# Recordings


async def turn(hass: HomeAssistant, action: str, user_id: str | None = None) -> None:
    await hass.services.async_call(
        "switch", action, {"entity_id": RECORDINGS}, blocking=True, context=Context(user_id=user_id)
    )


async def test_recordings_are_off_until_an_administrator_wants_them_and_off_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, hass_admin_user: MockUser
) -> None:
    await setup_entry()
    await until_state(hass, RECORDINGS, "off")
    for count, (action, audio_s, state) in enumerate((("turn_on", 7 * DAY_S, "on"), ("turn_off", None, "off")), 1):
        await turn(hass, action, hass_admin_user.id)
        said = await gateway.told("change_kept", count)
        assert (said["transcripts_s"], said["audio_s"], said["user_id"]) == (7 * DAY_S, audio_s, hass_admin_user.id)
        await until_state(hass, RECORDINGS, state)


async def test_an_automation_switches_recordings_as_nobody(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await turn(hass, "turn_on")
    assert "user_id" not in await gateway.told("change_kept")


@pytest.mark.parametrize("who", ["a member", "a program", "somebody who went"])
async def test_nobody_else_switches_recordings(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, who: str
) -> None:
    await setup_entry()
    member = MockUser(name="Member").add_to_hass(hass)
    member.mock_policy({"entities": True})
    program = MockUser(is_owner=True, system_generated=True).add_to_hass(hass)
    user_id = {"a member": member.id, "a program": program.id, "somebody who went": "gone"}[who]
    entity = hass.data["entity_components"]["switch"].get_entity(RECORDINGS)
    assert entity is not None
    entity.async_set_context(Context(user_id=user_id))
    with pytest.raises(Unauthorized):
        await entity.async_turn_on()
    assert gateway.all_told("change_kept") == []


async def test_without_turns_there_are_no_recordings(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.ledger.transcripts_s, gateway.ledger.audio_s = None, DAY_S
    await setup_entry()
    await until_state(hass, RECORDINGS, "off")
    with pytest.raises(HomeAssistantError) as refused:
        await turn(hass, "turn_on")
    assert refused.value.translation_key == "nothing_kept"
    await turn(hass, "turn_off")
    said = await gateway.told("change_kept")
    assert (said["transcripts_s"], said["audio_s"]) == (None, None)


async def test_why_recordings_were_not_switched_is_said(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.ledger.error = {"error": "not_recorded", "message": "no space left"}
    with pytest.raises(HomeAssistantError) as refused:
        await turn(hass, "turn_on")
    assert refused.value.translation_key == "not_recorded"
    await until_state(hass, RECORDINGS, "off")


async def test_a_gateway_without_a_ledger_has_no_switch_for_recordings(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.ledger.is_there = False
    await setup_entry()
    await until_state(hass, RECORDINGS, "unavailable")
    gateway.ledger.is_there = True
    await gateway.say(gateway.ledger.kept())
    await until_state(hass, RECORDINGS, "off")
    gateway.ledger.is_older = True
    await gateway.restart()
    await until_state(hass, RECORDINGS, "unavailable")
