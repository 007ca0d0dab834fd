"""What the broker tells of requests, and what it is asked about them: answered, in time, and with the right bytes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from homeassistant.core import HomeAssistant

from custom_components.local_voice import consent
from custom_components.local_voice.broker import Broker
from custom_components.local_voice.consent import CloudRequests, Fate
from custom_components.local_voice.errors import GatewayError, NotConnectedError, RefusedError
from custom_components.local_voice.wire import backoff
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_consent import CANARY, NONCE, PART_BYTES, REQUEST, WAITING
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.test_gateway import lines

HASH = "ab" * 32
USER = "somebody's id"

type Ask = Callable[[CloudRequests], Awaitable[object]]

ASKS: dict[str, Ask] = {
    "ask_preview": lambda cloud: cloud.preview(REQUEST),
    "approve": lambda cloud: cloud.approve(REQUEST, digest=HASH, nonce=NONCE, pin="", user_id=USER),
    "refuse": lambda cloud: cloud.refuse(REQUEST, user_id=USER),
    "allow_cloud": lambda cloud: cloud.allow(True, user_id=USER),
    "ask_answer": lambda cloud: cloud.answer(REQUEST),
}
EACH = pytest.mark.parametrize(("kind", "ask"), ASKS.items(), ids=list(ASKS))


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
async def broker(gateway: ScriptedGateway, setup_entry: SetUp) -> Broker:
    """Set up the entry; a request waits."""
    gateway.consent.ask()
    found: Broker = (await setup_entry()).runtime_data.broker
    return found


def fates(broker: Broker) -> list[tuple[str, str]]:
    """Return a list to which what becomes of requests is added."""
    heard: list[tuple[str, str]] = []

    def note(fate: Fate) -> None:
        heard.append((fate.request_id, fate.fate))

    broker.cloud.on_fate(note)
    return heard


async def until_allowed(broker: Broker) -> None:
    await until_told(broker, lambda broker: broker.cloud.latest is not None and broker.cloud.latest.is_allowed)


async def come_to_a_close(gateway: ScriptedGateway, broker: Broker) -> None:
    """Have all that was told before arrive."""
    gateway.consent.is_allowed = True
    await gateway.tell_consent()
    await until_allowed(broker)


# What is told


async def test_how_it_stands_is_watched(gateway: ScriptedGateway, broker: Broker) -> None:
    assert gateway.all_told("watch_consent") == [{"type": "watch_consent"}]
    latest = broker.cloud.latest
    assert latest is not None
    assert (latest.is_allowed, latest.has_pin, latest.waiting[0].request_id) == (False, False, REQUEST)
    assert broker.cloud.waiting(REQUEST) == latest.waiting[0]
    assert broker.cloud.waiting("another") is None


async def test_what_becomes_of_a_request_is_told_once(gateway: ScriptedGateway, broker: Broker) -> None:
    heard = fates(broker)
    gateway.consent.ask("second")
    for _ in range(2):
        await gateway.tell_consent()
    gateway.consent.decide("sending")
    await gateway.tell_consent()
    gateway.consent.decide("answered")
    gateway.consent.decide("refused", "second")
    await gateway.tell_consent()
    await come_to_a_close(gateway, broker)
    assert heard == [("second", "waiting"), (REQUEST, "sending"), ("second", "refused"), (REQUEST, "answered")]


async def test_what_was_decided_while_the_broker_was_away_is_told_and_nothing_twice(
    hass: HomeAssistant, gateway: ScriptedGateway, broker: Broker
) -> None:
    heard = fates(broker)
    gateway.consent.ask("second")
    gateway.consent.decide("expired")
    gateway.drop_broker()
    await gateway.told("watch_consent", 2)
    await come_to_a_close(gateway, broker)
    assert heard == [("second", "waiting"), (REQUEST, "expired")]
    assert broker.cloud.waiting(REQUEST) is None


async def test_a_request_that_a_broker_forgot_is_gone(gateway: ScriptedGateway, broker: Broker) -> None:
    gateway.consent.ask("sent")
    gateway.consent.decide("sending", "sent")
    gateway.consent.ask("over")
    gateway.consent.decide("failed", "over")
    await gateway.tell_consent()
    heard = fates(broker)
    gateway.consent.waiting, gateway.consent.decided = [], []
    await come_to_a_close(gateway, broker)
    assert sorted(heard[-2:]) == sorted([(REQUEST, "gone"), ("sent", "gone")])


async def test_loading_the_entry_anew_asks_nobody_again(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.consent.ask()
    gateway.consent.ask("old")
    gateway.consent.decide("answered", "old")
    entry = await setup_entry()
    known = hass.data[consent.KNOWN]
    assert {fate.fate for fate in known[entry.entry_id].values()} == {"waiting", "answered"}

    await hass.config_entries.async_unload(entry.entry_id)
    heard: list[Fate] = []
    with pytest.MonkeyPatch.context() as patch:
        begin = CloudRequests.begin

        def begin_listening(self: CloudRequests, connection: Any) -> None:
            self.on_fate(heard.append)
            begin(self, connection)

        patch.setattr(CloudRequests, "begin", begin_listening)
        await hass.config_entries.async_setup(entry.entry_id)
        await until_told(entry.runtime_data.broker, lambda broker: broker.cloud.latest is not None)
    assert heard == []

    await hass.config_entries.async_remove(entry.entry_id)
    assert known == {}


async def test_what_was_decided_before_anybody_listened_is_no_news(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    gateway.consent.ask()
    gateway.consent.decide("answered")
    await setup_entry()
    state = hass.states.get("event.gateway_consent")
    assert state is not None
    assert state.state == "unknown"


async def test_a_broker_that_knows_nothing_of_consent_does_everything_else(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.consent.is_older = True
    broker: Broker = (await setup_entry()).runtime_data.broker
    await gateway.write()
    await until_told(broker, lambda broker: broker.head is not None and broker.head.size == 4)
    assert broker.is_connected
    assert broker.cloud.latest is None
    assert lines(caplog, logging.WARNING) == []
    for entity_id in ("switch.gateway_allow_cloud_requests", "event.gateway_consent"):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state == "unavailable"
    with pytest.raises(NotConnectedError):
        await broker.cloud.allow(True, user_id=USER)


# What is asked


async def test_a_preview_is_all_of_its_bytes(gateway: ScriptedGateway, broker: Broker) -> None:
    gateway.consent.raw = bytes(range(256)) * (2 * PART_BYTES // 256) + b"\r\n\r\nend"
    preview, raw = await broker.cloud.preview(REQUEST)
    assert raw == gateway.consent.raw
    assert (preview.hash, preview.nonce) == (gateway.consent.hash(REQUEST), NONCE)
    assert preview.destination is not None
    assert preview.replaced[0].placeholder == "[device 1]"
    assert preview.destination.host == "api.example.com"


@pytest.mark.parametrize(
    "shown",
    [
        {"hash": HASH},
        {"hash": ""},
        {"request_id": "another"},
        {"method": "PUT"},
        {"key_version": 4},
        {"destination": None},
        {"size_bytes": 10},
        {"size_bytes": 0},
    ],
)
async def test_a_preview_that_is_not_what_its_hash_says_is_shown_to_nobody(
    gateway: ScriptedGateway, broker: Broker, shown: dict[str, object]
) -> None:
    gateway.consent.shown = shown
    with pytest.raises(RefusedError) as refused:
        await broker.cloud.preview(REQUEST)
    assert refused.value.code == "altered"


async def test_bytes_that_are_none_are_shown_to_nobody(gateway: ScriptedGateway, broker: Broker) -> None:
    def broken(heard: dict[str, Any]) -> list[dict[str, Any]]:
        preview, *_ = gateway.consent.answer(heard)
        return [preview, {"type": "preview_part", "id": heard["id"], "data": "no base 64"}]

    gateway.scripts["ask_preview"] = broken
    with pytest.raises(RefusedError) as refused:
        await broker.cloud.preview(REQUEST)
    assert refused.value.code == "altered"


async def test_a_preview_is_bounded(gateway: ScriptedGateway, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "LARGEST_PREVIEW_BYTES", len(gateway.consent.raw))
    await broker.cloud.preview(REQUEST)
    gateway.consent.raw += b"x"
    with pytest.raises(RefusedError) as refused:
        await broker.cloud.preview(REQUEST)
    assert refused.value.code == "too_large"


async def test_a_yes_is_what_somebody_was_shown_and_who_it_was(gateway: ScriptedGateway, broker: Broker) -> None:
    preview, _ = await broker.cloud.preview(REQUEST)
    await broker.cloud.approve(REQUEST, digest=preview.hash, nonce=preview.nonce, pin="2718", user_id=USER)
    said = await gateway.told("approve")
    about = {"request_id": REQUEST, "hash": preview.hash, "nonce": NONCE, "pin": "2718", "user": USER}
    assert said == {"type": "approve", "id": said["id"], **about}
    assert await broker.cloud.answer(REQUEST) == CANARY


async def test_a_no_and_the_switch_say_who_it_was(gateway: ScriptedGateway, broker: Broker) -> None:
    await broker.cloud.refuse(REQUEST, user_id=USER)
    await broker.cloud.allow(False, user_id="")
    assert (await gateway.told("refuse"))["user"] == USER
    said = await gateway.told("allow_cloud")
    assert said == {"type": "allow_cloud", "id": said["id"], "is_allowed": False}


@EACH
async def test_what_is_not_done_says_why(gateway: ScriptedGateway, broker: Broker, kind: str, ask: Ask) -> None:
    gateway.consent.error = {"error": "not_waiting", "message": "it waits no more"}
    with pytest.raises(RefusedError) as refused:
        await ask(broker.cloud)
    assert (refused.value.code, refused.value.message) == ("not_waiting", "it waits no more")


@EACH
async def test_what_the_broker_refuses_altogether_fails_at_once(
    gateway: ScriptedGateway, broker: Broker, kind: str, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.scripts[kind] = lambda _: [{"type": "refused", "code": "too_many", "message": CANARY, "about": kind}]
    with pytest.raises(RefusedError) as refused:
        await ask(broker.cloud)
    assert refused.value.code == "too_many"
    assert lines(caplog, logging.WARNING) == []


@EACH
async def test_a_broker_that_does_not_answer_is_waited_for_so_long(
    gateway: ScriptedGateway, broker: Broker, monkeypatch: pytest.MonkeyPatch, kind: str, ask: Ask
) -> None:
    gateway.consent.is_silent = True
    monkeypatch.setattr(consent, "ASKED_S", 0.1)
    with pytest.raises(RefusedError) as refused:
        await ask(broker.cloud)
    assert refused.value.code == "broker_silent"
    assert broker.cloud._open == {}


@EACH
async def test_a_lost_connection_answers_what_is_open(
    gateway: ScriptedGateway, broker: Broker, kind: str, ask: Ask
) -> None:
    gateway.consent.is_silent = True
    asking = asyncio.ensure_future(ask(broker.cloud))
    await gateway.told(kind)
    gateway.drop_broker()
    with pytest.raises(NotConnectedError):
        await asking


async def test_while_the_broker_is_away_nothing_is_asked(gateway: ScriptedGateway, broker: Broker) -> None:
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_told(broker, lambda broker: not broker.is_connected)
    assert broker.cloud.latest is None
    for ask in ASKS.values():
        with pytest.raises(NotConnectedError):
            await ask(broker.cloud)
    assert gateway.all_told("approve") == []


async def test_who_asks_too_much_at_once_is_told_so(
    gateway: ScriptedGateway, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "MOST_OPEN", 1)
    gateway.consent.is_silent = True
    first = asyncio.ensure_future(broker.cloud.answer(REQUEST))
    await gateway.told("ask_answer")
    with pytest.raises(RefusedError) as refused:
        await broker.cloud.answer(REQUEST)
    assert refused.value.code == "too_many"
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert broker.cloud._open == {}


async def test_an_answer_to_what_nobody_asked_is_passed_over(gateway: ScriptedGateway, broker: Broker) -> None:
    await gateway.tell_watchers({"type": "consent_done", "id": 77}, {"type": "cloud_answer", "id": 77})
    await come_to_a_close(gateway, broker)


async def test_an_error_of_the_asker_is_its_own(broker: Broker) -> None:
    with pytest.raises(TimeoutError):
        async with broker.cloud._asking("refuse"):
            raise TimeoutError


async def test_what_is_in_a_request_is_in_no_line_of_a_log(
    gateway: ScriptedGateway, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    preview, _ = await broker.cloud.preview(REQUEST)
    gateway.consent.shown = {"hash": HASH, "replaced": [{"placeholder": "x", "original": CANARY}]}
    with pytest.raises(RefusedError):
        await broker.cloud.preview(REQUEST)
    gateway.consent.shown = {"size_bytes": CANARY}  # no message of the protocol
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(consent, "ASKED_S", 0.1)
        with pytest.raises(GatewayError):
            await broker.cloud.preview(REQUEST)
    await broker.cloud.approve(REQUEST, digest=preview.hash, nonce=NONCE, pin="271828", user_id=USER)
    await broker.cloud.answer(REQUEST)
    assert WAITING["request_id"] in caplog.text
    for secret in (*CANARY.split(), "271828", NONCE):
        assert [line for line in lines(caplog, logging.DEBUG) if secret in line] == []
