"""Becoming a gateway's peer, and leaving it."""

import asyncio
import logging

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.wire import errand
from custom_components.local_voice.wire.errand import ErrandError, fingerprint_of
from custom_components.local_voice.wire.pairing import leave, pair, typed_code
from tests.home_assistant.scripted_gateway import CODE, GATEWAY_ID, PEER_ID, ScriptedGateway


async def key_of_failure(hass: HomeAssistant, gateway: ScriptedGateway, code: str = CODE) -> str:
    with pytest.raises(ErrandError) as raised:
        await pair(hass, gateway.host, gateway.port, code=code, name="Home")
    return raised.value.key


@pytest.mark.parametrize("typed", ["abcd-efgh-ijkl-mnop", " ABCD EFGH\tIJKLMNOP ", "A8CD-EFGH-1JKL-MN0P"])
def test_a_code_may_be_typed_as_people_do(typed: str) -> None:
    assert typed_code(typed) == CODE


@pytest.mark.parametrize("typed", ["", "ABCD", CODE + "A", "ABCD-EFGH-IJKL-MN9P", "ÄBCD-EFGH-IJKL-MNOP"])
def test_what_cannot_be_a_code_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(ErrandError, match="invalid_code"):
        typed_code(typed)


async def test_both_sides_prove_the_code(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    paired = await pair(hass, gateway.host, gateway.port, code=CODE, name="Home" * 30)

    assert (paired.gateway_id, paired.peer_id) == (GATEWAY_ID, PEER_ID)
    assert (paired.voice_pin.hex(), paired.broker_pin.hex()) == (gateway.voice_pin, gateway.broker_pin)
    begun = await gateway.told("pair_begin")
    assert begun["role"] == "home"
    assert begun["name"] == ("Home" * 30)[:60]
    assert "secret" not in repr(paired)


async def test_a_wrong_code_is_not_taken(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    assert await key_of_failure(hass, gateway, "AAAA-AAAA-AAAA-AAAA") == "wrong_code"


async def test_a_gateway_that_does_not_know_the_code_is_not_believed(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    gateway.scripts["pair_proof"] = lambda _: [
        {
            "type": "pair_done",
            "proof": "00" * 32,
            "gateway_id": GATEWAY_ID,
            "peer_id": PEER_ID,
            "voice_token": "a",
            "broker_token": "b",
        }
    ]

    assert await key_of_failure(hass, gateway) == "not_proven"


@pytest.mark.parametrize(
    "challenge",
    [
        {"type": "pair_challenge", "nonce": "zz" * 32},
        {"type": "pair_challenge", "nonce": 3},
        {"nonce": "00" * 32},
    ],
)
async def test_what_answers_in_another_language_is_no_gateway(
    hass: HomeAssistant, gateway: ScriptedGateway, challenge: dict[str, object]
) -> None:
    gateway.scripts["pair_begin"] = lambda _: [challenge]

    assert await key_of_failure(hass, gateway) == "not_a_gateway"


async def test_what_talks_of_other_things_for_ever_is_no_gateway(
    hass: HomeAssistant, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errand, "MOST_PASSED_OVER", 3)
    gateway.scripts["pair_begin"] = lambda _: [{"type": "news"}, b"\0\0", *[{"type": "news"}] * 3]

    assert await key_of_failure(hass, gateway) == "not_a_gateway"


async def test_a_gateway_that_ends_the_pairing_is_not_reached(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    gateway.scripts["pair_begin"] = lambda _: [None]

    assert await key_of_failure(hass, gateway) == "cannot_connect"


async def test_a_gateway_that_says_nothing_is_not_waited_for(
    hass: HomeAssistant, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errand, "ANSWER_S", 0.05)
    gateway.scripts["pair_begin"] = lambda _: []

    assert await key_of_failure(hass, gateway) == "cannot_connect"


async def test_too_many_connections_are_said_to_be_busy(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    gateway.refusal = 503, "too_many_connections"

    assert await key_of_failure(hass, gateway) == "busy"


async def test_a_status_that_no_gateway_answers_with_is_no_gateway(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    gateway.refusal = 404, "not_found"

    assert await key_of_failure(hass, gateway) == "not_a_gateway"


async def test_a_port_without_tls_is_no_gateway(unused_tcp_port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", unused_tcp_port):
        with pytest.raises(ErrandError, match="not_a_gateway"):
            await fingerprint_of("127.0.0.1", unused_tcp_port)


async def test_who_leaves_says_so(hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry) -> None:
    await leave(hass, entry.data)

    assert [message["type"] for message in gateway.heard] == ["hello", "leave"]


async def test_what_a_gateway_still_says_to_who_leaves_is_passed_over(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.scripts["leave"] = lambda _: [{"type": "news"}, None]

    await leave(hass, entry.data)

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_leaving_a_gateway_that_has_forgotten_us_is_not_worth_a_line(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.broker_token = "another"  # noqa: S105 - a scripted gateway's

    await leave(hass, entry.data)

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("how", ["away", "another"])
async def test_leaving_a_gateway_that_cannot_be_told_says_once_what_to_do(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    how: str,
) -> None:
    await (gateway.stop() if how == "away" else gateway.be_another())

    await leave(hass, entry.data)

    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert f"removes peer {PEER_ID}" in lines[0]
    assert gateway.broker_token not in lines[0]
