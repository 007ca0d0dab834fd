"""The lasting connection: told and asked, lost and found again, and gone without a trace."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import Context, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice import gateway as under_test
from custom_components.local_voice import keeper
from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.errors import NotConnectedError, TrustError, WrongVersionError
from custom_components.local_voice.gateway import Gateway, Said
from custom_components.local_voice.keeper import CONF_REASON
from custom_components.local_voice.wire import backoff, connection
from custom_components.local_voice.wire.answering import MOST_ASKED
from custom_components.local_voice.wire.backoff import FIRST_PAUSE_S, LASTING_S, LONGEST_PAUSE_S, Backoff
from custom_components.local_voice.wire.codec import Message
from custom_components.local_voice.wire.connection import Connection
from custom_components.local_voice.wire.messages import (
    ActionAsked,
    ActionDone,
    HouseBegin,
    HouseEnd,
    SentenceAsked,
    SentenceDone,
    TurnBegan,
    TurnHappened,
)
from custom_components.local_voice.wire.timer_messages import RingTimer, TimerRung
from tests.home_assistant.conftest import until
from tests.home_assistant.scripted_gateway import GATEWAY_ID, SATELLITE, ScriptedGateway

ASKED = {"type": "action_asked", "id": 5, "intent": "HassTurnOn", "slots": {}, "response": "", "text": "canary"}
QUESTION = {"type": "sentence_asked", "id": 6, "texts": ["canary"]}
RING = {"type": "ring_timer", "id": 7, "text": "canary"}


class House:
    """A house that does what the test says."""

    def __init__(self) -> None:
        self.acted: list[tuple[ActionAsked, Said | None]] = []
        self.tellings = 0
        self.failure: Exception | None = None
        self.may_act = asyncio.Event()
        self.may_act.set()

    async def tell(self, say: Callable[[Message], Awaitable[None]]) -> None:
        self.tellings += 1
        if self.failure is not None:
            raise self.failure
        await say(HouseBegin(name="Home"))
        await say(HouseEnd())
        await asyncio.Event().wait()

    async def act(self, asked: ActionAsked, said: Said | None) -> ActionDone:
        self.acted.append((asked, said))
        await self.may_act.wait()
        if self.failure is not None:
            raise self.failure
        return ActionDone(id=asked.id)

    async def sentence(self, asked: SentenceAsked) -> SentenceDone:
        await self.may_act.wait()
        if self.failure is not None:
            raise self.failure
        return SentenceDone(id=asked.id, text=asked.texts[0], speech="Done")

    async def ring(self, asked: RingTimer) -> TimerRung:
        await self.may_act.wait()
        if self.failure is not None:
            raise self.failure
        return TimerRung(id=asked.id, is_heard=True)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def connected(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, house: House
) -> AsyncIterator[Gateway]:
    entry.add_to_hass(hass)
    connected = Gateway(hass, entry)
    await connected.start(house)
    yield connected
    await connected.stop()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something is so that nobody tells of."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


def lines(caplog: pytest.LogCaptureFixture, least: int = logging.INFO) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.local_voice") and record.levelno >= least
    ]


async def silence() -> AsyncGenerator[bytes]:
    while True:
        await asyncio.sleep(0.01)
        yield bytes(320)


async def test_what_a_gateway_is_and_has_is_known_once_it_has_started(
    connected: Gateway, gateway: ScriptedGateway
) -> None:
    assert connected.is_connected
    assert (connected.id, connected.name, connected.version) == (GATEWAY_ID, "Gateway", "1.2.3")
    assert connected.address == gateway.host
    assert connected.offered is not None
    assert connected.offered.stt_models == ("tiny.en", "base")
    assert connected.satellites[SATELLITE].name == "Kitchen satellite"
    await gateway.told("house_end")


async def test_satellites_come_go_and_change(connected: Gateway, gateway: ScriptedGateway) -> None:
    await gateway.pair_satellite("new", name="New")
    await until(connected.on_change, lambda: "new" in connected.satellites)
    await gateway.change_satellite("new", muted=True)
    await until(connected.on_change, lambda: connected.satellites["new"].muted)
    await gateway.unpair_satellite("new")
    await until(connected.on_change, lambda: "new" not in connected.satellites)
    assert list(connected.satellites) == [SATELLITE]


async def test_turns_are_told_to_whoever_listens_and_one_that_fails_disturbs_nobody(
    connected: Gateway, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    turns: list[TurnBegan | TurnHappened] = []
    over = asyncio.Event()

    def fail(_: object) -> None:
        raise LookupError

    def take(turn: TurnBegan | TurnHappened) -> None:
        turns.append(turn)
        if isinstance(turn, TurnHappened):
            over.set()

    stop = [connected.on_turn(fail), connected.on_turn(take)]
    await gateway.say({"type": "turn_began", "satellite_id": SATELLITE})
    await gateway.say({"type": "turn_happened", "satellite_id": SATELLITE, "outcome": "action"})
    async with asyncio.timeout(5):
        await over.wait()
    assert turns == [TurnBegan(satellite_id=SATELLITE), TurnHappened(satellite_id=SATELLITE, outcome="action")]
    for each in stop:
        each()
    assert "Something that listens to the gateway failed" in lines(caplog)


async def test_everything_can_be_asked(connected: Gateway, gateway: ScriptedGateway) -> None:
    assert await connected.recognize(silence(), language="en") == "turn on the light"
    assert (await connected.detect(silence())).wake_word == "okay_nabu"
    await connected.change_settings(wake_sensitivity=70, wake_words=["hey_jarvis"])
    assert connected.offered is not None
    assert (connected.offered.wake_sensitivity, connected.offered.wake_words) == (70, ("hey_jarvis",))
    gateway.answer = "yes"
    assert await connected.announce(SATELLITE, text="Hello", then="answer") == "yes"

    async def text() -> AsyncGenerator[str]:
        yield "Hello"

    rate_hz, sound = await connected.speak(text(), language="en", voice="")
    assert (rate_hz, len([piece async for piece in sound])) == (22_050, 1)
    connected.mute(SATELLITE, True)
    await until(connected.on_change, lambda: connected.satellites[SATELLITE].muted)


async def test_an_action_of_a_conversation_comes_with_what_was_said(
    connected: Gateway, gateway: ScriptedGateway, house: House
) -> None:
    gateway.scripts["converse"] = lambda heard: [{**ASKED, "converse_id": heard["id"]}]
    gateway.scripts["action_done"] = lambda _: [{"type": "conversed", "id": 1, "speech": "Done", "outcome": "action"}]
    said = Said(text="lights", language="en", conversation_id="1", context=Context())
    assert (await connected.converse(said)).speech == "Done"
    assert [each for _, each in house.acted] == [said]


async def test_what_is_asked_is_done_side_by_side_and_answered(
    connected: Gateway, gateway: ScriptedGateway, house: House
) -> None:
    house.may_act.clear()
    await gateway.say(ASKED, QUESTION, RING, {**ASKED, "id": 8})
    await eventually(lambda: len(house.acted) == 2)
    house.may_act.set()
    await gateway.told("action_done", 2)
    assert await gateway.told("sentence_done") == {
        "type": "sentence_done",
        "id": 6,
        "text": "canary",
        "speech": "Done",
    }
    assert await gateway.told("timer_rung") == {"type": "timer_rung", "id": 7, "is_heard": True}
    assert all(said is None for _, said in house.acted)


@pytest.mark.parametrize("why", ["failure", "deadline"])
async def test_what_cannot_be_done_is_answered_and_logged_without_a_word_of_it(
    connected: Gateway, gateway: ScriptedGateway, house: House, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    if why == "failure":
        house.failure = LookupError("canary")
    else:
        house.may_act.clear()
    await gateway.say(*({**asked, "deadline_ms": 50} for asked in (ASKED, QUESTION, RING)))
    assert await gateway.told("action_done") == {"type": "action_done", "id": 5, "error": "handle_error"}
    assert await gateway.told("sentence_done") == {"type": "sentence_done", "id": 6}
    assert await gateway.told("timer_rung") == {"type": "timer_rung", "id": 7}
    expected = "failed: LookupError" if why == "failure" else "was not done in time"
    asked = ("action_asked 5", "ring_timer 7", "sentence_asked 6")
    assert sorted(lines(caplog, logging.WARNING)) == [f"{one} {expected}" for one in asked]
    assert "canary" not in "".join(lines(caplog, logging.DEBUG))


async def test_who_asks_for_too_much_at_once_is_told_so(
    connected: Gateway, gateway: ScriptedGateway, house: House
) -> None:
    house.may_act.clear()
    await gateway.say(*({**ASKED, "id": number} for number in range(MOST_ASKED + 1)))
    assert await gateway.told("action_done") == {"type": "action_done", "id": MOST_ASKED, "error": "handle_error"}
    house.may_act.set()
    await gateway.told("action_done", MOST_ASKED + 1)


async def test_a_refusal_is_logged_by_its_code(
    connected: Gateway, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    await gateway.say({"type": "refused", "code": "malformed", "message": "canary", "about": "house_part"})
    await gateway.change_satellite(SATELLITE, muted=True)
    await until(connected.on_change, lambda: connected.satellites[SATELLITE].muted)
    assert lines(caplog, logging.WARNING) == ["Gateway does not do what it was told (house_part): malformed"]


async def test_a_restarted_gateway_is_missed_at_once_and_found_again_with_one_line_each(
    connected: Gateway, gateway: ScriptedGateway, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await gateway.told("house_end")
    await gateway.stop()
    async with asyncio.timeout(1):
        await until(connected.on_change, lambda: not connected.is_connected)
    assert connected.satellites.keys() == {SATELLITE}
    assert connected.offered is not None
    assert connected.trouble == "not_connected"
    with pytest.raises(NotConnectedError):
        connected.mute(SATELLITE, True)
    await asyncio.sleep(0.3)
    gateway.satellites = {}
    await gateway.start()
    await until(connected.on_change, lambda: connected.is_connected and not connected.satellites)
    await gateway.told("house_end", 2)
    assert house.tellings == 2
    assert connected.trouble == ""
    assert lines(caplog) == ["Gateway: the connection is lost", "Gateway: connected again"]


async def test_a_request_ends_when_the_gateway_restarts_under_it(connected: Gateway, gateway: ScriptedGateway) -> None:
    gateway.enough_bytes = 10**9
    asking = asyncio.create_task(connected.recognize(silence(), language="en"))
    await gateway.until(lambda: bool(gateway.frames))
    async with asyncio.timeout(5):
        await gateway.restart()
        with pytest.raises(NotConnectedError):
            await asking


async def test_places_are_told_once_and_again_to_a_gateway_that_has_come_back(
    connected: Gateway, gateway: ScriptedGateway
) -> None:
    connected.place(SATELLITE, "hall")
    connected.place("unpaired", "attic")
    await gateway.told("place_satellite")
    connected.place(SATELLITE, "hall")
    gateway.drop()
    await until(connected.on_change, lambda: not connected.is_connected)
    connected.place(SATELLITE, "cellar")
    told = await gateway.told("place_satellite", 2)
    assert (told["satellite_id"], told["area_id"]) == (SATELLITE, "cellar")
    await gateway.pair_satellite("unpaired")
    assert (await gateway.told("place_satellite", 3))["satellite_id"] == "unpaired"


@pytest.mark.parametrize("reason", ["unknown_token", "changed_pin"])
async def test_who_is_not_trusted_any_more_is_paired_again_and_not_asked_without_end(
    hass: HomeAssistant, connected: Gateway, gateway: ScriptedGateway, entry: MockConfigEntry, reason: str
) -> None:
    if reason == "unknown_token":
        gateway.voice_token = "another"  # noqa: S105 - a token that is none
        await gateway.close("revoked")
    else:
        await gateway.be_another()
    await eventually(lambda: bool(hass.config_entries.flow.async_progress_by_handler(DOMAIN)))
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    assert hass.config_entries.flow._progress[flows[0]["flow_id"]].init_data[CONF_REASON] == reason
    assert connected.trouble == reason
    assert not connected.is_connected
    await asyncio.sleep(0.3)
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1


async def test_a_gateway_that_has_another_version_now_is_set_up_anew(
    hass: HomeAssistant, connected: Gateway, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloaded = asyncio.Event()
    monkeypatch.setattr(hass.config_entries, "async_schedule_reload", lambda _: reloaded.set())
    gateway.protocol = 2
    gateway.drop()
    async with asyncio.timeout(5):
        await reloaded.wait()
    assert connected.trouble == "wrong_version"


async def test_starting_says_why_it_cannot_be_done(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    entry: MockConfigEntry,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry.add_to_hass(hass)
    monkeypatch.setattr(under_test, "TOLD_S", 0.1)
    tried = Gateway(hass, entry)
    gateway.scripts["hello"] = lambda _: [gateway._greeting("home")]
    with pytest.raises(NotConnectedError):
        await tried.start(house)
    await gateway.until(lambda: not gateway.is_connected)
    del gateway.scripts["hello"]
    gateway.protocol = 0
    with pytest.raises(WrongVersionError):
        await tried.start(house)
    gateway.refusal = (401, "unknown_token")
    with pytest.raises(TrustError):
        await tried.start(house)
    await gateway.stop()
    with pytest.raises(NotConnectedError):
        await tried.start(house)
    await tried.stop()


async def test_who_is_stopped_while_starting_leaves_nothing(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, house: House
) -> None:
    entry.add_to_hass(hass)
    gateway.scripts["hello"] = lambda _: [gateway._greeting("home")]
    starting = asyncio.create_task(Gateway(hass, entry).start(house))
    await gateway.until(lambda: gateway.is_connected)
    await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await gateway.until(lambda: not gateway.is_connected)


async def test_a_house_that_cannot_be_told_is_tried_again(
    connected: Gateway, gateway: ScriptedGateway, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.failure = LookupError("canary")
    gateway.drop()
    await eventually(lambda: house.tellings >= 3)
    house.failure = None
    await gateway.told("house_end", 2)
    assert "Gateway: the house could not be told: LookupError" in lines(caplog)
    assert "canary" not in "".join(lines(caplog, logging.DEBUG))


async def test_stopping_leaves_no_task_no_socket_and_no_word(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    entry: MockConfigEntry,
    house: House,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry.add_to_hass(hass)
    before = asyncio.all_tasks()
    stopped = Gateway(hass, entry)
    await stopped.start(house)
    house.may_act.clear()
    await gateway.say(ASKED)
    asking = asyncio.create_task(stopped.recognize(silence(), language="en"))
    await gateway.until(lambda: bool(gateway.frames))
    assert stopped._client is not None
    connection = stopped._client._connection
    await stopped.stop()
    with pytest.raises(NotConnectedError):
        await asking
    assert connection._socket.fileno() == -1
    await gateway.until(lambda: not gateway.is_connected)
    mine = {task for task in asyncio.all_tasks() - before if "local_voice" in repr(task.get_coro())}
    assert mine == set()
    assert lines(caplog) == []
    await stopped.stop()


@pytest.mark.parametrize("is_dropped", [True, False])
async def test_whoever_cancels_while_the_connection_is_let_go_leaves_nothing_of_it(
    connected: Gateway, gateway: ScriptedGateway, is_dropped: bool
) -> None:
    before = asyncio.all_tasks()
    assert connected._client is not None
    assert connected._keeper._keeping is not None
    connection = connected._client._connection
    if is_dropped:
        gateway.drop()
        await until(connected.on_change, lambda: not connected.is_connected)
    for _ in range(5):  # an unload, the entry's background tasks, Home Assistant's end: each cancels
        connected._keeper._keeping.cancel()
        await asyncio.sleep(0)
    await connected.stop()
    assert connection._socket.fileno() == -1
    assert not [task for task in asyncio.all_tasks() - before if "local_voice" in repr(task.get_coro())]
    assert all(task.done() for task in (connection._sender, connection._watcher))


async def test_who_is_cancelled_twice_while_it_is_greeted_leaves_nothing(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry.add_to_hass(hass)
    gateway.is_silent = True
    dialled: list[Connection] = []

    async def dial(*args: Any, **options: Any) -> Connection:
        dialled.append(await connection.dial(*args, **options))
        return dialled[0]

    monkeypatch.setattr(keeper, "dial", dial)
    starting = asyncio.create_task(Gateway(hass, entry).start(house))
    await gateway.until(lambda: bool(gateway.heard))
    for _ in range(5):
        starting.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert dialled[0]._socket.fileno() == -1


async def test_stopping_while_away_ends_the_search(
    hass: HomeAssistant, connected: Gateway, gateway: ScriptedGateway
) -> None:
    await gateway.stop()
    await until(connected.on_change, lambda: not connected.is_connected)
    await connected.stop()
    await gateway.start()
    await asyncio.sleep(0.3)
    assert gateway.connections == 1


def test_pauses_grow_with_chance_and_begin_anew_after_a_lasting_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", FIRST_PAUSE_S)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", LONGEST_PAUSE_S)
    monkeypatch.setattr("random.uniform", lambda least, most: (least, most))
    pauses: Any = Backoff()
    assert [pauses.next_s()[1] for _ in range(5)] == [0.5, 1, 2, 4, 4]
    assert pauses.next_s(LASTING_S - 1)[1] == LONGEST_PAUSE_S
    assert [pauses.next_s(LASTING_S), pauses.next_s()] == [(0.0, 0.5), (0.0, 1.0)]
