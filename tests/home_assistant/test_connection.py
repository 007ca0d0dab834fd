"""One connection: who is dialled is trusted by its pin, and every refusal is told apart."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from homeassistant.core import HomeAssistant

from custom_components.local_voice.errors import GatewayError, NotConnectedError, TrustError, WrongVersionError
from custom_components.local_voice.wire import connection as under_test
from custom_components.local_voice.wire.codec import WrongMessageError
from custom_components.local_voice.wire.connection import MOST_WAITING, MOST_WRONG, Connection, Port, dial
from custom_components.local_voice.wire.messages import FROM_VOICE, Answered, EntityWords, Forget, HousePart, Offered
from tests.home_assistant.scripted_gateway import GATEWAY_ID, ScriptedGateway


def port(gateway: ScriptedGateway, *, pin: str = "", token: str = "") -> Port:
    return Port(
        host=gateway.host,
        number=gateway.port,
        path="/voice",
        heard=FROM_VOICE,
        pin=pin or gateway.voice_pin,
        token=token or gateway.voice_token,
    )


@asynccontextmanager
async def dialled(hass: HomeAssistant, gateway: ScriptedGateway, token: str = "") -> AsyncGenerator[Connection]:
    connection = await dial(hass, port(gateway, token=token))
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_gateway_is_greeted_and_tells_about_itself(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    async with dialled(hass, gateway) as connection:
        greeting = await connection.greet()
        assert (greeting.gateway_id, greeting.version, greeting.role) == (GATEWAY_ID, "1.2.3", "home")
        assert isinstance(await connection.hear(), Offered)
    hello = await gateway.told("hello")
    assert hello["protocol"] == 1
    assert hello["version"].startswith("Home Assistant 20")


async def test_a_closed_connection_leaves_no_socket(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    async with dialled(hass, gateway) as connection:
        await connection.greet()
    assert connection._socket.fileno() == -1
    assert not connection.is_open
    with pytest.raises(NotConnectedError):
        connection.say(Forget(id=1))
    with pytest.raises(NotConnectedError):
        await connection.say_patiently(Forget(id=1))
    await gateway.until(lambda: not gateway.is_connected)


async def test_another_certificate_is_not_the_gateway_and_hears_no_token(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    pin = gateway.voice_pin
    await gateway.be_another()
    with pytest.raises(TrustError) as refused:
        await dial(hass, port(gateway, pin=pin))
    assert refused.value.translation_key == "changed_pin"
    assert gateway.heard == []


@pytest.mark.parametrize(
    ("status", "kind", "key"),
    [
        (401, TrustError, "unknown_token"),
        (403, TrustError, "unknown_token"),
        (429, GatewayError, "paused"),
        (503, GatewayError, "too_many_connections"),
        (404, GatewayError, "not_a_gateway"),
    ],
)
async def test_each_refusal_is_told_apart(
    hass: HomeAssistant, gateway: ScriptedGateway, status: int, kind: type[GatewayError], key: str
) -> None:
    gateway.refusal = (status, "code")
    with pytest.raises(kind) as refused:
        await dial(hass, port(gateway))
    assert refused.value.translation_key == key


async def test_a_wrong_token_is_unknown(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    with pytest.raises(TrustError, match="unknown_token"):
        async with dialled(hass, gateway, token="another"):  # noqa: S106 - a token that is none
            pass


async def test_a_gateway_that_is_away_is_not_reached(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    await gateway.stop()
    with pytest.raises(NotConnectedError):
        await dial(hass, port(gateway))


@pytest.mark.parametrize(("protocol", "is_gateway_too_old"), [(0, True), (2, False)])
@pytest.mark.parametrize("is_greeted", [True, False])
async def test_of_two_versions_it_is_known_which_is_older(
    hass: HomeAssistant, gateway: ScriptedGateway, protocol: int, is_gateway_too_old: bool, is_greeted: bool
) -> None:
    gateway.protocol = protocol
    if is_greeted:
        gateway.scripts["hello"] = lambda _: [gateway._greeting("home")]
    async with dialled(hass, gateway) as connection:
        with pytest.raises(WrongVersionError) as refused:
            await connection.greet()
    assert refused.value.translation_key == "wrong_version"
    assert refused.value.is_gateway_too_old is is_gateway_too_old
    assert refused.value.translation_placeholders == {"ours": "1", "gateways": str(protocol)}


async def test_who_greets_otherwise_is_no_gateway(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    gateway.scripts["hello"] = lambda _: [gateway.offered]
    async with dialled(hass, gateway) as connection:
        with pytest.raises(GatewayError) as refused:
            await connection.greet()
    assert refused.value.translation_key == "not_a_gateway"


async def test_a_gateway_that_does_not_greet_is_given_up(
    hass: HomeAssistant, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "GREETING_S", 0.05)
    gateway.is_silent = True
    async with dialled(hass, gateway) as connection:
        with pytest.raises(NotConnectedError):
            await connection.greet()


async def test_a_gateway_that_ends_before_it_greets_is_not_connected(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    gateway.scripts["hello"] = lambda _: [None]
    async with dialled(hass, gateway) as connection:
        with pytest.raises(NotConnectedError):
            await connection.greet()


async def test_what_is_no_message_is_passed_over_and_logged_by_its_type_only(
    hass: HomeAssistant, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"type": "answered", "id": "canary", "text": "canary"}
    gateway.scripts["hello"] = lambda _: [gateway._greeting("home"), wrong, {"type": "newer"}, {**wrong, "id": 1}]
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        assert await connection.hear() == Answered(id=1, text="canary")
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == ["The gateway said something that is passed over: answered: id: not of type int"]
    assert "canary" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("custom_components")
    )


async def test_who_talks_nonsense_without_end_is_left(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    gateway.scripts["hello"] = lambda _: [gateway._greeting("home"), *[{"type": 1}] * MOST_WRONG]
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        assert await connection.hear() is None


async def test_a_message_that_is_too_large_ends_the_connection(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        await gateway.until(lambda: gateway.is_connected)
        await gateway.say({"type": "refused", "code": "x", "message": "y" * 70_000})
        while (heard := await connection.hear()) is not None:
            assert not isinstance(heard, bytes)


async def test_we_send_nothing_that_is_too_large(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        with pytest.raises(WrongMessageError):
            connection.say(HousePart(entities=(EntityWords(id="a", name="x" * 255),) * 400))
        assert connection.is_open


async def test_a_gateway_that_reads_nothing_is_cut_off(
    hass: HomeAssistant, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "SEND_S", 0.05)
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        blocked = asyncio.Event()

        async def never(_: object) -> None:
            await blocked.wait()

        monkeypatch.setattr(connection._websocket, "send_bytes", never)
        monkeypatch.setattr(connection._websocket, "send_str", never)
        for _ in range(MOST_WAITING):
            await connection.send(b"\0\0\0\1")
        await asyncio.sleep(0.1)
        with pytest.raises(NotConnectedError):
            await connection.send(b"\0\0\0\1")
        assert not connection.is_open


async def test_who_is_told_too_much_at_once_is_cut_off(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        for _ in range(MOST_WAITING):
            connection.say(Forget(id=1))
        with pytest.raises(NotConnectedError):
            connection.say(Forget(id=1))
        assert not connection.is_open
        while await connection.hear() is not None:
            pass


async def test_a_gateway_that_answers_no_ping_is_gone(
    hass: HomeAssistant, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(under_test, "PONG_S", 0.05)
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        pings = 0

        async def ping() -> None:
            nonlocal pings
            pings += 1
            if pings < 3:
                await type(connection._websocket).ping(connection._websocket)

        monkeypatch.setattr(connection._websocket, "ping", ping)
        while await connection.hear() is not None:
            pass
        assert pings == 3


async def test_a_ping_of_the_gateway_is_answered(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    async with dialled(hass, gateway) as connection:
        await connection.greet()
        await gateway.until(lambda: gateway.is_connected)
        hearing = asyncio.create_task(_hear_all(connection))
        await gateway.ping()
    await hearing


async def _hear_all(connection: Connection) -> None:
    while await connection.hear() is not None:
        pass
