"""The golden messages, as the integration reads and writes them; the other side is in `tests/gateway/wire`."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.local_voice.wire.broker_messages import (
    FROM_BROKER,
    FROM_BROKER_PAIRING,
    TO_BROKER,
    TO_BROKER_PAIRING,
)
from custom_components.local_voice.wire.codec import Vocabulary, encode
from custom_components.local_voice.wire.messages import FROM_VOICE, TO_VOICE

FOLDER: Final = Path(__file__).parents[1] / "golden"
WORDS: Final = {
    "home_to_voice": TO_VOICE,
    "voice_to_home": FROM_VOICE,
    "home_to_broker": Vocabulary(*TO_BROKER.kinds.values(), *TO_BROKER_PAIRING.kinds.values()),
    "broker_to_home": Vocabulary(*FROM_BROKER.kinds.values(), *FROM_BROKER_PAIRING.kinds.values()),
}
DIRECTIONS: Final = pytest.mark.parametrize(("name", "words"), WORDS.items(), ids=list(WORDS))


def golden(name: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return messages


def test_there_is_a_file_for_each_direction_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.json" for name in WORDS}


@DIRECTIONS
def test_each_golden_message_is_read_and_written_as_it_stands(name: str, words: Vocabulary) -> None:
    for message in golden(name):
        decoded = words.decode(json.dumps(message))
        assert decoded is not None
        assert json.loads(encode(decoded)) == message


@DIRECTIONS
def test_every_message_has_a_golden_one(name: str, words: Vocabulary) -> None:
    assert {message["type"] for message in golden(name)} == set(words.kinds)


@DIRECTIONS
def test_the_golden_ones_have_each_field_and_leave_out_each_that_may_be_left_out(name: str, words: Vocabulary) -> None:
    for type_name, kind in words.kinds.items():
        needed = {field.name for field in fields(kind) if field.default is field.default_factory is MISSING}
        examples = [message for message in golden(name) if message["type"] == type_name]
        shortest = min(examples, key=len)
        assert set().union(*examples) == {"type", *(field.name for field in fields(kind))}
        assert set(shortest) == {"type", *needed}
