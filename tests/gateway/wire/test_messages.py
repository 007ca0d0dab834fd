import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ProtocolError
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, Hello, Message, Refused, Vocabulary, encode, name_of

WORDS = Vocabulary(Hello, Refused)


def refusal(raw: bytes) -> ProtocolError:
    with pytest.raises(ProtocolError) as refused:
        WORDS.decode(raw)
    return refused.value


def test_a_message_survives_the_way() -> None:
    hello = Hello(protocol=1, version="über")
    assert WORDS.decode(encode(hello)) == hello
    assert name_of(Hello) == "hello"


def test_what_equals_its_default_is_left_out() -> None:
    assert json.loads(encode(Hello(protocol=1))) == {"type": "hello", "protocol": 1}


def test_unknown_fields_are_ignored_and_the_type_may_come_last() -> None:
    assert WORDS.decode(b'{"new": [{"a": 1}], "protocol": 1, "type": "hello"}') == Hello(protocol=1)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"[]",
        b"1",
        b"null",
        b"{}",
        b'{"type": "hello"}',
        b'{"type": 1}',
        b'{"type": "hello", "protocol": "1"}',
        b'{"type": "hello", "protocol": 1.5}',
        b'{"type": "hello", "protocol": 1} x',
        b'{"type": "hello", "protocol": 1, "version": "' + b"v" * 256 + b'"}',
        b'{"type": "hello", "protocol": 1, "version": "\xff"}',
        b'{"type": "hello", "protocol": 1',
        b'{"type": "' + b"t" * 65 + b'"}',
    ],
)
def test_what_is_no_message_is_malformed(raw: bytes) -> None:
    error = refusal(raw)
    assert (error.refusal, str(error)) == ("malformed", "not a message of this protocol")


def test_a_type_that_is_not_known_is_named() -> None:
    error = refusal(b'{"type": "dance", "anything": []}')
    assert (error.refusal, error.about) == ("unknown_type", "dance")


def test_what_nests_too_deeply_is_not_decoded() -> None:
    assert refusal(b'{"type": "hello", "x": ' + b"[" * 8).refusal == "too_deep"


def test_messages_have_a_largest_size_both_ways() -> None:
    padding = LARGEST_MESSAGE_BYTES - len(b'{"type":"hello","protocol":1,"x":""}')
    fits = b'{"type":"hello","protocol":1,"x":"' + b"x" * padding + b'"}'
    assert WORDS.decode(fits) == Hello(protocol=1)
    assert refusal(fits + b" ").refusal == "too_large"
    with pytest.raises(ProtocolError) as refused:
        encode(_Long(text="x" * LARGEST_MESSAGE_BYTES))
    assert refused.value.refusal == "too_large"


class _Long(Message, frozen=True, tag="long"):
    text: str


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=500, deadline=None)
def test_whatever_arrives_is_a_message_or_refused(raw: bytes) -> None:
    try:
        message = WORDS.decode(raw)
    except ProtocolError:
        return
    assert isinstance(message, Hello | Refused)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(kind=st.sampled_from(["hello", "refused"]), fields=st.dictionaries(st.text(), json_values, max_size=5))
@settings(max_examples=500, deadline=None)
def test_any_object_of_a_known_type_is_a_message_or_refused(kind: str, fields: dict[str, object]) -> None:
    raw = msgspec.json.encode({**fields, "type": kind})
    heard = ""
    try:
        heard = name_of(type(WORDS.decode(raw)))
    except ProtocolError as error:
        heard = error.refusal
    assert heard in {kind, "malformed", "too_deep"}
