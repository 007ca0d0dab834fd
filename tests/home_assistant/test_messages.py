"""Messages: what is none of the protocol is refused without saying what was in it; the unknown is passed over."""

import json
from typing import Any

import pytest

from custom_components.local_voice.wire.broker_messages import FROM_BROKER, MOST_LAYERS, MOST_ROWS
from custom_components.local_voice.wire.codec import LARGEST_MESSAGE_BYTES, WrongMessageError, encode
from custom_components.local_voice.wire.messages import (
    FROM_VOICE,
    TO_VOICE,
    ActionAsked,
    Answered,
    EntityWords,
    HousePart,
    SatelliteChanged,
    SentencesKnown,
    TurnHappened,
)

OFFERED = {
    "type": "offered",
    "language": "en",
    "stt_model": "",
    "stt_models": [],
    "voice": "",
    "voices": [],
    "wake_words": [],
    "known_wake_words": [],
    "wake_sensitivity": 50,
}
ASKED = {"type": "action_asked", "id": 1, "intent": "HassTurnOn", "slots": {}, "response": "", "text": ""}

HEAD = {
    "type": "audit_head",
    "size": 1,
    "hash": "ab" * 32,
    "at": "2026-11-22T07:00:00.000+00:00",
    "key": "cd" * 32,
    "signature": "ef" * 64,
}
PROTECTION = {
    "type": "protection",
    "is_enforced": True,
    "is_same_user": False,
    "layers": [],
    "missing": {},
    "attempts": 1,
    "ways_out": [],
}


def heard(**fields: Any) -> Any:
    return FROM_VOICE.decode(json.dumps(fields))


def test_unknown_messages_and_unknown_fields_of_a_newer_gateway_are_passed_over() -> None:
    assert heard(type="mind_read", thought="secret") is None
    assert heard(type="answered", id=1, text="yes", mood="good") == Answered(id=1, text="yes")


def test_what_we_say_is_no_message_from_the_gateway() -> None:
    assert heard(type="hello", protocol=1) is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"id": 1}, "no type"),
        ({"type": 7}, "no type"),
        ({"type": "answered"}, "answered: id is missing"),
        ({"type": "answered", "id": "1"}, "answered: id: not of type int"),
        ({"type": "answered", "id": True}, "answered: id: not of type int"),
        ({"type": "answered", "id": 1.0}, "answered: id: not of type int"),
        ({"type": "answered", "id": 0}, "answered: id: out of bounds"),
        ({"type": "answered", "id": 2**32}, "answered: id: out of bounds"),
        ({"type": "answered", "id": 1, "text": None}, "answered: text: not of type str"),
        ({"type": "answered", "id": 1, "text": "secret" * 1_000}, "answered: text: out of bounds"),
        ({"type": "satellites", "satellite_ids": "secret"}, "satellites: satellite_ids: not a list"),
        ({"type": "satellites", "satellite_ids": [""]}, "satellites: satellite_ids: out of bounds"),
        ({"type": "satellites", "satellite_ids": ["x"] * 501}, "satellites: satellite_ids: out of bounds"),
        ({"type": "speaking", "id": 1, "rate_hz": 7_999}, "speaking: rate_hz: out of bounds"),
        ({**OFFERED, "voices": ["secret"]}, "offered: voices: not an object"),
        ({**OFFERED, "voices": [{"id": "secret"}]}, "offered: voices: language is missing"),
        ({**OFFERED, "wake_sensitivity": 101}, "offered: wake_sensitivity: out of bounds"),
        ({**ASKED, "slots": []}, "action_asked: slots: not an object"),
        ({**ASKED, "slots": {"name": {"secret": 1}}}, "action_asked: slots: of a wrong type, or out of bounds"),
        ({**ASKED, "slots": {"name": ["secret"] * 257}}, "action_asked: slots: of a wrong type, or out of bounds"),
        ({**ASKED, "slots": {str(number): 1 for number in range(129)}}, "action_asked: slots: out of bounds"),
        ({**ASKED, "entity_id": 5}, "action_asked: entity_id: of a wrong type, or out of bounds"),
        (
            {"type": "turn_happened", "satellite_id": "a", "outcome": "", "stages_ms": {"x": "1"}},
            "turn_happened: stages_ms: not a number",
        ),
        (
            {"type": "turn_happened", "satellite_id": "a", "outcome": "", "stages_ms": {"x": True}},
            "turn_happened: stages_ms: not a number",
        ),
    ],
)
def test_a_wrong_message_is_refused_by_its_type_and_field_and_never_by_what_it_says(
    fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(WrongMessageError) as refused:
        heard(**fields)
    assert str(refused.value) == why
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({**HEAD, "hash": "secret" * 11}, "audit_head: hash: no such hexadecimal"),
        ({**HEAD, "hash": "AB" * 32}, "audit_head: hash: no such hexadecimal"),
        ({**HEAD, "hash": "ab" * 31}, "audit_head: hash: no such hexadecimal"),
        ({**HEAD, "signature": "ab" * 32}, "audit_head: signature: no such hexadecimal"),
        ({**HEAD, "size": -1}, "audit_head: size: out of bounds"),
        ({"type": "audit_rows", "first": 1, "rows": ["secret" * 200]}, "audit_rows: rows: out of bounds"),
        ({"type": "audit_rows", "first": 1, "rows": ["secret"] * (MOST_ROWS + 1)}, "audit_rows: rows: out of bounds"),
        ({**PROTECTION, "missing": {"secret": 1}}, "protection: missing: not of type str"),
        ({**PROTECTION, "layers": ["secret"] * (MOST_LAYERS + 1)}, "protection: layers: out of bounds"),
    ],
)
def test_what_the_broker_says_wrongly_is_refused_likewise(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongMessageError) as refused:
        FROM_BROKER.decode(json.dumps(fields))
    assert str(refused.value) == why


@pytest.mark.parametrize("raw", ["", "{", "[]", "7", "NaN", '{"type": "answered", "id": NaN}', "\x00", '"answered"'])
def test_what_is_no_json_object_is_refused(raw: str) -> None:
    with pytest.raises(WrongMessageError):
        FROM_VOICE.decode(raw)


def test_a_message_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(WrongMessageError):
        FROM_VOICE.decode("[" * 60_000)


def test_a_message_is_never_larger_than_the_gateway_takes() -> None:
    lamp = EntityWords(id="light.lamp", name="x" * 255)
    with pytest.raises(WrongMessageError, match="house_part: larger than 65536 bytes"):
        encode(HousePart(entities=(lamp,) * 400))
    with pytest.raises(WrongMessageError, match="larger"):
        FROM_VOICE.decode(" " * (LARGEST_MESSAGE_BYTES + 1))


def test_what_equals_its_default_is_left_out_and_a_no_is_not_a_zero() -> None:
    assert encode(SentencesKnown(exist=False)) == b'{"type":"sentences_known","exist":false}'
    satellite = SatelliteChanged(satellite_id="a", name="A", area_id=None, connected=True, activity="idle")
    assert json.loads(encode(satellite)) == {
        "type": "satellite_changed",
        "satellite_id": "a",
        "name": "A",
        "area_id": None,
        "connected": True,
    }


def test_attributes_keep_their_types_on_the_way() -> None:
    lamp = EntityWords(id="a", name="b", attributes={"list": (1, None, "s", True, 0.5), "none": None, "yes": True})
    part = HousePart(entities=(lamp,))
    assert TO_VOICE.decode(encode(part)) == part


def test_durations_may_be_whole_numbers() -> None:
    turn = heard(type="turn_happened", satellite_id="a", outcome="action", stages_ms={"first_sound": 412})
    assert turn == TurnHappened(satellite_id="a", outcome="action", stages_ms={"first_sound": 412})


def test_an_action_says_where_and_for_what() -> None:
    asked = heard(**{**ASKED, "slots": {"name": "Lamp", "domain": ["light"]}, "converse_id": 3})
    assert asked == ActionAsked(
        id=1,
        intent="HassTurnOn",
        slots={"name": "Lamp", "domain": ("light",)},
        response="",
        text="",
        converse_id=3,
    )
