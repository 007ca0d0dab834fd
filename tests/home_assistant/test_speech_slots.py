"""What intents give their answers travels in messages of bounded size and depth."""

import math
from typing import Any

import pytest

from custom_components.local_voice.house.speech_slots import MOST_BYTES, speech_slots
from custom_components.local_voice.wire.codec import Vocabulary, encode
from custom_components.local_voice.wire.house_messages import ActionDone

WORDS = Vocabulary(ActionDone)
TIMER = {"id": "01", "name": "Pizza", "is_active": True, "total_seconds_left": 280}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"canceled": 2, "area": "Kitchen", "none": None}, {"canceled": 2, "area": "Kitchen", "none": None}),
        ({"timers": []}, {"timers": ()}),
        ({"timers": [TIMER, TIMER]}, {"timers": (TIMER, TIMER)}),
        (
            {"mixed": (1, "a", {"b": [1], "c": {}, 5: "no name"}, [])},
            {"mixed": (1, "a", {"b": True, "c": False}, False)},
        ),
        ({"media": {"title": "Song"}, "nothing": {}}, {"media": True, "nothing": False}),
        ({"endless": math.inf, "half": 0.5}, {"endless": None, "half": 0.5}),
        ({"long": "a" * 5_000}, {"long": "a" * 2_048}),
        ({"a" * 256: 1, "kept": [{"a" * 256: 1}]}, {"kept": ({},)}),
    ],
)
def test_slots_travel_as_scalars_and_lists_of_records(given: dict[str, Any], told: dict[str, Any]) -> None:
    slots = speech_slots(given)
    assert slots == told
    assert WORDS.decode(encode(ActionDone(id=1, speech_slots=slots))) == ActionDone(id=1, speech_slots=slots)


def test_of_many_timers_as_many_are_told_as_there_is_room_for() -> None:
    timers = [{**TIMER, "name": "ä" * 200, "id": str(number)} for number in range(300)]
    slots = speech_slots({"timers": timers, "canceled": 1, "note": "a" * 2_048})
    told = slots["timers"]
    assert isinstance(told, tuple)
    assert list(told) == timers[: len(told)]
    assert len(told) >= 16
    assert slots["canceled"] == 1
    assert len(encode(ActionDone(id=1, speech_slots=slots))) < MOST_BYTES + 100


def test_what_there_is_no_room_for_is_left_out() -> None:
    slots = speech_slots({f"text_{number}": "a" * 2_048 for number in range(40)})
    assert list(slots) == [f"text_{number}" for number in range(7)]
