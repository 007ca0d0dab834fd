"""A satellite's event says that it woke, and whether it understood; not a word of what was said."""

import pytest
from homeassistant.core import HomeAssistant

from tests.home_assistant.conftest import SetUp
from tests.home_assistant.scripted_gateway import SATELLITE, ScriptedGateway
from tests.home_assistant.small_house import until_state

TURN = "event.kitchen_satellite_turn"
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
        happened("action", "another satellite"),
        {"type": "turn_began", "satellite_id": SATELLITE},  # an answer to a question, without a wake word
    )
    assert await last(hass, gateway) == {"event_type": None, "wake_word": None, "outcome": None}
