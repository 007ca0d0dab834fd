"""One of each message that a home and the gateway say to each other, as the integration's tests read it too.

The words are written down twice, since neither side imports the other; these files hold them together.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gateway.wire import broker_words, voice_words
from gateway.wire.messages import Message, Vocabulary, encode, name_of
from gateway.wire.peers import Role
from tests.gateway.wire.test_vocabularies import hears, kinds

FOLDER: Final = Path(__file__).parents[2] / "golden"
WORDS: Final = {
    "home_to_voice": (voice_words, [voice_words.TO_GATEWAY]),
    "voice_to_home": (voice_words, [voice_words.TO_HOME]),
    "home_to_broker": (broker_words, [broker_words.TO_BROKER, broker_words.PAIRING_TO_BROKER]),
    "broker_to_home": (broker_words, [broker_words.FROM_BROKER, broker_words.PAIRING_FROM_BROKER]),
}
SATELLITES_ONLY: Final = set(voice_words.MAY_SEND[Role.SATELLITE]) - set(voice_words.MAY_SEND[Role.HOME])
"""What the port hears, and no home may say."""
NAMES: Final = list(WORDS)


def golden(name: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return messages


def known(name: str) -> dict[str, tuple[type[Message], Vocabulary]]:
    """Return the messages of a direction, and what reads each."""
    module, vocabularies = WORDS[name]
    return {
        name_of(kind): (kind, vocabulary)
        for kind in kinds(module)
        for vocabulary in vocabularies
        if hears(vocabulary, kind) and kind not in SATELLITES_ONLY
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_golden_message_is_read_and_written_as_it_stands(name: str) -> None:
    for message in golden(name):
        _, vocabulary = known(name)[message["type"]]
        assert json.loads(encode(vocabulary.decode(json.dumps(message).encode()))) == message


@pytest.mark.parametrize("name", NAMES)
def test_every_message_has_a_golden_one(name: str) -> None:
    assert {message["type"] for message in golden(name)} == set(known(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_ones_have_each_field_and_leave_out_each_that_may_be_left_out(name: str) -> None:
    for type_name, (kind, _) in known(name).items():
        fields = msgspec.structs.fields(kind)
        examples = [message for message in golden(name) if message["type"] == type_name]
        assert set().union(*examples) == {"type", *(field.name for field in fields)}
        shortest = min(examples, key=len)
        assert set(shortest) == {"type", *(field.name for field in fields if field.required)}
