"""What Home Assistant tells, as the golden messages have it, comes out in the words that somebody hears."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.engines.answers import HassAnswers
from gateway.events import ActionRequest, Intent
from gateway.home.effects import Situation
from gateway.home.handlers import foreseen
from gateway.house import House
from gateway.server.translate import entity_of, result_of
from gateway.turn import policy
from gateway.wire.voice_words import TO_GATEWAY, ActionDone, EntitiesChanged

GOLDEN: Final = json.loads((Path(__file__).parents[1] / "golden" / "home_to_voice.json").read_text(encoding="utf-8"))


def golden(text: str) -> Any:
    """Return the one golden message that holds `text`, read as the gateway reads it."""
    (raw,) = [raw for message in GOLDEN if text in (raw := json.dumps(message))]
    return TO_GATEWAY.decode(raw.encode())


@pytest.mark.parametrize(
    ("text", "intent", "response", "said"),
    [
        ('"timers"', "HassTimerStatus", "default", "2 running timers. 5 minutes left on 5 minute pizza timer."),
        ('"canceled"', "HassCancelAllTimers", "area", "Canceled 2 timers in Kitchen."),
    ],
)
def test_home_assistant_s_timers_are_spoken_of(text: str, intent: str, response: str, said: str) -> None:
    done = golden(text)
    assert isinstance(done, ActionDone)
    answer = HassAnswers("en").render(Intent(name=intent, response=response), result_of(done, ()), unit="°C")
    assert answer == said


def test_a_script_that_opens_what_nobody_told_of_is_asked_about() -> None:
    changed = golden("script.good_night")
    assert isinstance(changed, EntitiesChanged)
    house = House(name="Home", entities=tuple(entity_of(words, ()) for words in changed.changed))
    request = ActionRequest(intent=Intent(name="HassTurnOn", slots={"name": "Good Night"}))
    changes = foreseen(Situation(house=house, request=request, now=datetime(2026, 11, 22, tzinfo=UTC)))
    demand = policy.demanded(changes, area_id=None, language="en")
    assert demand is not None
    asked = policy.question(demand.entities, "en")
    assert asked == "Should I run Good Night and disarm the alarm and open a garage door and unlock a lock?"
