"""A satellite's event says that it woke, and whether it understood; the gateway's, that somebody is asked for consent.

Not a word of what was said.
"""

import pytest
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from custom_components.local_voice.wire import backoff
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_consent import CANARY, REQUEST
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.small_house import until_state

TURN = "event.kitchen_satellite_turn"
CONSENT, ALLOWED = "event.gateway_consent", "switch.gateway_allow_cloud_requests"
WAKE = "okay_nabu"


def happened(outcome: str, satellite_id: str = SATELLITE) -> dict[str, object]:
    return {"type": "turn_happened", "satellite_id": satellite_id, "outcome": outcome, "wake_word": WAKE}


async def last(hass: HomeAssistant, gateway: ScriptedGateway) -> dict[str, object]:
    """Return the event's data, when all that was said before has arrived."""
    await gateway.change_satellite(SATELLITE, muted=True)
    await until_state(hass, "switch.kitchen_satellite_listening", "off")
    state = hass.states.get(TURN)
    assert state is not None
    return {key: state.attributes.get(key) for key in ("event_type", "wake_word", "outcome")}


async def test_a_satellite_that_wakes_is_an_event(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.say({"type": "turn_began", "satellite_id": SATELLITE, "wake_word": WAKE})
    assert await last(hass, gateway) == {"event_type": "wake", "wake_word": WAKE, "outcome": None}


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        *((outcome, "understood") for outcome in ("action", "answer", "question", "not_confirmed", "never_mind")),
        ("forgotten", "understood"),
        ("not_understood", "not_understood"),
    ],
)
async def test_what_became_of_a_turn_is_an_event(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, outcome: str, kind: str
) -> None:
    await setup_entry()
    await gateway.say(happened(outcome))
    assert await last(hass, gateway) == {"event_type": kind, "wake_word": WAKE, "outcome": outcome}


async def test_what_was_neither_understood_nor_not_is_no_event(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    await gateway.say(
        happened("nothing_heard"),
        happened("error"),
        happened("consent_asked"),
        happened("action", "another satellite"),
        {"type": "turn_began", "satellite_id": SATELLITE},  # an answer to a question, without a wake word
    )
    assert await last(hass, gateway) == {"event_type": None, "wake_word": None, "outcome": None}


# Consent


def asked_for(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return a list to which each event is added, by type and request."""
    heard: list[tuple[str, str]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.state not in ("unavailable", "unknown"):
            happened = state.attributes["event_type"], state.attributes["request_id"]
            if not heard or heard[-1] != happened:  # it is written again when the broker comes back
                heard.append(happened)

    async_track_state_change_event(hass, CONSENT, note)
    return heard


async def close(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    """Have all that was told before arrive."""
    gateway.consent.is_allowed = True
    await gateway.tell_consent()
    await until_state(hass, ALLOWED, "on")


async def test_a_request_that_waits_is_an_event_that_says_which_and_nothing_of_what(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    await setup_entry()
    gateway.consent.ask()
    await close(hass, gateway)
    state = hass.states.get(CONSENT)
    assert state is not None
    about = {name: value for name, value in state.attributes.items() if name not in ("event_types", "friendly_name")}
    assert about == {
        "event_type": "asked",
        "request_id": REQUEST,
        "satellite_id": SATELLITE,
        "content": "text",
        "destination_id": "openai",
    }
    assert CANARY not in repr(state)


@pytest.mark.parametrize(
    ("fate", "kind"),
    [
        *((fate, fate) for fate in ("answered", "refused", "expired", "failed", "withdrawn")),
        ("revoked", "withdrawn"),
    ],
)
async def test_what_became_of_a_request_is_an_event(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, fate: str, kind: str
) -> None:
    await setup_entry()
    heard = asked_for(hass)
    gateway.consent.ask()
    await gateway.tell_consent()
    gateway.consent.decide("sending")
    await gateway.tell_consent()
    gateway.consent.decide(fate)
    await close(hass, gateway)
    assert heard == [("asked", REQUEST), (kind, REQUEST)]


async def test_a_request_that_waited_before_home_assistant_did_is_asked_for(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.consent.ask()
    heard = asked_for(hass)
    await setup_entry()
    await close(hass, gateway)
    assert heard == [("asked", REQUEST)]


async def test_nobody_is_asked_again_when_the_broker_comes_back_or_the_entry_is_loaded_anew(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    entry = await setup_entry()
    gateway.consent.ask()
    heard = asked_for(hass)
    await gateway.tell_consent()
    gateway.drop_broker()
    await gateway.told("watch_consent", 2)
    await hass.config_entries.async_reload(entry.entry_id)
    await gateway.told("watch_consent", 3)
    gateway.consent.ask("second")
    await close(hass, gateway)
    assert heard == [("asked", REQUEST), ("asked", "second")]
