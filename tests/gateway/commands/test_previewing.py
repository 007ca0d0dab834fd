import base64

import msgspec
import pytest

from gateway.broker import outgoing as requests
from gateway.broker.cloud_store import destination_words
from gateway.broker.destination import Destination, Kind
from gateway.commands import previewing
from gateway.errors import ConfigError, LinkError, TrustError
from gateway.wire.consent_words import PART_BYTES, ConsentDone, Preview, PreviewPart
from gateway.wire.messages import Message
from tests.gateway.commands.scripted_owner import scripted

REQUEST_ID = "0123abcd" * 4
DESTINATION = Destination(
    id="work",
    kind=Kind.CHAT,
    host="api.example",
    port=443,
    path="/v1/chat/completions",
    model="m",
    is_local=False,
    key="sk-hidden",
    key_version=7,
    added_at="2026-11-22T04:05:06+00:00",
)
OUTGOING = requests.text_request(DESTINATION, "who wrote Faust?" * 3_000)


def preview(**changes: object) -> Preview:
    good = Preview(
        id=1,
        request_id=REQUEST_ID,
        hash=requests.consent_hash(REQUEST_ID, DESTINATION, OUTGOING).hex(),
        nonce="0" * 32,
        key_version=7,
        destination=destination_words(DESTINATION),
        method="POST",
        content="text",
        size_bytes=len(OUTGOING.raw),
        body_at=OUTGOING.body_at,
        marker=requests.MARKER,
    )
    return msgspec.structs.replace(good, **changes)


def parts(raw: bytes = OUTGOING.raw) -> list[Message]:
    pieces = [raw[start : start + PART_BYTES] for start in range(0, len(raw), PART_BYTES)]
    return [PreviewPart(id=1, data=base64.b64encode(piece).decode("ascii")) for piece in pieces]


async def test_a_request_comes_in_parts_and_is_what_a_yes_is_for() -> None:
    assert len(parts()) == 2
    async with scripted(lambda _: [preview(), *parts()]):
        shown = await previewing.previewed(REQUEST_ID)
    assert shown.raw == OUTGOING.raw
    assert shown.sound == b""


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "0" * 64},
        {"key_version": 8},
        {"method": "PUT"},
        {"destination": msgspec.structs.replace(destination_words(DESTINATION), host="other.example")},
        {"destination": msgspec.structs.replace(destination_words(DESTINATION), path="/v2")},
    ],
    ids=str,
)
async def test_what_a_yes_would_not_be_for_is_not_shown(change: dict[str, object]) -> None:
    async with scripted(lambda _: [preview(**change), *parts()]):
        with pytest.raises(TrustError, match="showed other bytes than it asks a yes for"):
            await previewing.previewed(REQUEST_ID)


async def test_other_bytes_than_those_hashed_are_not_shown() -> None:
    async with scripted(lambda _: [preview(), *parts(OUTGOING.raw.replace(b"Faust", b"Lamps"))]):
        with pytest.raises(TrustError):
            await previewing.previewed(REQUEST_ID)


@pytest.mark.parametrize(
    "said",
    [
        [ConsentDone(id=1)],
        [preview(destination=None), *parts()],
        [preview(request_id="other"), *parts()],
        [preview(content="smell"), *parts()],
        [preview(size_bytes=previewing.LARGEST_REQUEST_BYTES + 1), *parts()],
        [preview(size_bytes=len(OUTGOING.raw) - 1), *parts()],
        [preview(), PreviewPart(id=1, data="")],
        [preview(), PreviewPart(id=1, data="=")],
        [preview(), preview()],
    ],
)
async def test_a_gateway_that_answers_something_else_is_not_understood(said: list[Message]) -> None:
    async with scripted(lambda _: said):
        with pytest.raises(LinkError, match="the gateway answered out of order"):
            await previewing.previewed(REQUEST_ID)


async def test_a_request_that_waits_no_more_is_not_shown() -> None:
    async with scripted(lambda _: [Preview(id=1, error="not_waiting")]):
        with pytest.raises(ConfigError, match="not_waiting"):
            await previewing.previewed(REQUEST_ID)
