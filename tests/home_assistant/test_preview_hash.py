"""What an approval is for is computed here as the broker does, over everything that a person is shown."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.local_voice.preview_hash import is_of
from custom_components.local_voice.wire.consent_messages import DestinationWords, Preview

RAW = b"\x00Warum?\r\n\r\n\xff"
CHAT = DestinationWords(
    id="openai",
    kind="chat",
    host="api.example.com",
    port=443,
    path="/v1/chat/completions",
    model="small-1",
    added_at="",
)
SHOWN = Preview(id=1, request_id="9f86d081884c7d65", key_version=3, destination=CHAT, method="POST", content="text")
DIGEST = "830df7af46257f036e24ae6519ff4d6befaefec0575385eb4dff6f46e7dd2df6"
"""By `gateway.broker.outgoing.consent_hash`."""


def test_the_hash_is_the_brokers() -> None:
    assert is_of(DIGEST, SHOWN, RAW)


@pytest.mark.parametrize(
    "shown",
    [
        *({"request_id": "other"}, {"key_version": 4}, {"method": "PUT"}, {"content": "audio"}),
        *(
            {"destination": replace(CHAT, **other)}
            for other in ({"id": "x"}, {"host": "x"}, {"port": 80}, {"path": "/"})
        ),
        {"destination": None},
    ],
)
def test_whatever_is_shown_otherwise_makes_it_another(shown: dict[str, Any]) -> None:
    assert not is_of(DIGEST, replace(SHOWN, **shown), RAW)


def test_a_single_other_byte_makes_it_another() -> None:
    assert not is_of(DIGEST, SHOWN, RAW + b"\0")
    assert not is_of(DIGEST.upper(), SHOWN, RAW)
    assert not is_of("ü", SHOWN, RAW)
