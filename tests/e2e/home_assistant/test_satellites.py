"""A satellite of the gateway as Home Assistant sees it: woken, obeyed, announced to, asked; its states follow."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.audio import RATE_HZ
from tests.e2e.home_assistant.connection import CommandError, Connection, connected
from tests.e2e.home_assistant.kitchen import Kitchen
from tests.e2e.home_assistant.setting_up import Household, household
from tests.voices import Voices, silence

SATELLITE: Final = "assist_satellite.kitchen_kitchen_satellite"
"""Home Assistant names the room first."""
LISTENING: Final = "switch.kitchen_kitchen_satellite_listening"
TEST: Final = "button.kitchen_kitchen_satellite_test"
LATENCY: Final = "sensor.local_voice_latency_of_the_last_turn"
LATENCY_MS: Final = 10_000
"""Under one second on an idle machine."""
TURN_S: Final = 30.0
REPLY_S: Final = 4.0
"""A short reply has been heard by then."""
WATCHED_S: Final = 300.0
"""Longer than any of these tests."""

type WriteWav = Callable[[str, bytes], Path]
type ReadBack = Callable[[bytes], str]


@pytest.fixture(scope="module")
def home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    with household(tmp_path_factory.mktemp("satellites"), archive) as found:
        found.home_assistant.expected += [
            "No answer received from the satellite",
            "The satellite is not connected to the gateway",
        ]
        yield found


@pytest.fixture
async def ada(home: Household) -> AsyncIterator[Connection]:
    """Return a connection of the owner's, the kitchen dark."""
    async with connected(home.home_assistant.url, home.user.token) as connection:
        await connection.act("light.turn_off", "light.kitchen")
        yield connection


class States:
    """The states that entities have gone through."""

    def __init__(self) -> None:
        self.seen: dict[str, list[str]] = {}
        self._news = asyncio.Event()

    async def watch(self, connection: Connection) -> None:
        """Take what changes until cancelled."""
        events = await connection.subscribe("subscribe_events", event_type="state_changed")
        while True:
            data = (await events.next(WATCHED_S))["data"]
            if data["new_state"] is not None:
                self.seen.setdefault(data["entity_id"], []).append(data["new_state"]["state"])
                self._news.set()

    async def until(self, entity_id: str, *wanted: str) -> None:
        """Wait until the last states of an entity are these."""
        try:
            async with asyncio.timeout(TURN_S):
                while tuple(self.seen.get(entity_id, [])[-len(wanted) :]) != wanted:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise AssertionError(f"{entity_id}: {self.seen.get(entity_id)}, not {wanted}") from error


@pytest.fixture
async def states(ada: Connection) -> AsyncIterator[States]:
    found = States()
    watching = asyncio.create_task(found.watch(ada))
    yield found
    watching.cancel()
    await asyncio.wait({watching})


async def test_a_satellite_that_is_paired_is_a_device_in_its_room(
    ada: Connection, kitchen: Kitchen, wav: WriteWav
) -> None:
    with kitchen.hears(wav("silence.wav", silence(1))):
        await ada.wait_for_state(SATELLITE, "idle")
        devices = await ada.call("config/device_registry/list")
        device = next(device for device in devices if device["name"] == "Kitchen satellite")
        areas = {area["area_id"]: area["name"] for area in await ada.call("config/area_registry/list")}
        assert areas[device["area_id"]] == "Kitchen"
        entities = {
            entity["entity_id"]
            for entity in await ada.call("config/entity_registry/list")
            if entity["device_id"] == device["id"]
        }
        assert {
            SATELLITE,
            "switch.kitchen_kitchen_satellite_listening",
            "button.kitchen_kitchen_satellite_test",
        } <= entities
    await ada.wait_for_state(SATELLITE, "unavailable")


async def test_what_is_said_in_the_kitchen_switches_the_kitchen_and_the_states_follow(
    ada: Connection,
    states: States,
    kitchen: Kitchen,
    voices: Voices,
    wav: WriteWav,
    read_back: ReadBack,
    state: Callable[[str], None],
) -> None:
    said = silence(1.0) + voices.piper("Okay Nabu.") + silence(0.3) + voices.piper("turn on the lights.")
    with kitchen.hears(wav("lights.wav", said)):
        await ada.wait_for_state("light.kitchen", "on", deadline_s=TURN_S)
        await states.until(SATELLITE, "listening", "processing", "responding", "idle")
        latency_ms = float(await ada.state(LATENCY))
    assert await ada.state("light.living_room") == "off"
    assert "turned on" in read_back(kitchen.played())
    assert 0 < latency_ms < LATENCY_MS
    state(f"satellite: the answer began {latency_ms:.0f} ms after the last word, as Home Assistant's sensor says")


async def test_an_automations_sentence_that_is_said_in_the_kitchen_comes_first(
    ada: Connection, kitchen: Kitchen, voices: Voices, wav: WriteWav, read_back: ReadBack
) -> None:
    await ada.act("light.turn_on", "light.living_room")
    said = silence(1.0) + voices.piper("Okay Nabu.") + silence(0.3) + voices.piper("It is movie time.")
    with kitchen.hears(wav("movie.wav", said)):
        await ada.wait_for_state("light.living_room", "off", deadline_s=TURN_S)
        await asyncio.sleep(REPLY_S)
    assert "enjoy the movie" in read_back(kitchen.played())


async def test_a_custom_sentence_that_is_misheard_is_found_by_sound_and_answered_by_its_script(
    ada: Connection, kitchen: Kitchen, voices: Voices, wav: WriteWav, read_back: ReadBack
) -> None:
    said = voices.piper("Water the begonia.")
    assert "begonia" not in read_back(said), "recognition hears something else"
    woken = silence(1.0) + voices.piper("Okay Nabu.") + silence(0.3) + said
    with kitchen.hears(wav("plant.wav", woken)):
        await ada.wait_for_state(SATELLITE, "responding", deadline_s=TURN_S)
        await asyncio.sleep(REPLY_S)
    assert "hall is happy" in read_back(kitchen.played())


async def test_an_announcement_is_heard_and_returns_when_it_was(
    ada: Connection, kitchen: Kitchen, wav: WriteWav, read_back: ReadBack
) -> None:
    with kitchen.hears(wav("silence.wav", silence(1))):
        await ada.wait_for_state(SATELLITE, "idle")
        begun_s = asyncio.get_running_loop().time()
        await ada.act("assist_satellite.announce", SATELLITE, message="The washing machine is done.", preannounce=False)
        lasted_s = asyncio.get_running_loop().time() - begun_s
        assert await ada.state(SATELLITE) == "idle"
    assert 1.0 < lasted_s < 15.0, "it returns when it was heard, not when it was sent"
    assert "washing machine is done" in read_back(kitchen.played())


async def test_an_answer_to_a_question_comes_back_to_the_automation(
    ada: Connection, kitchen: Kitchen, voices: Voices, wav: WriteWav
) -> None:
    answer = wav("answer.wav", silence(6.0) + voices.piper("yes please."))
    with kitchen.hears(answer):
        await ada.wait_for_state(SATELLITE, "idle")
        found = await ada.act(
            "assist_satellite.ask_question",
            answers=True,
            entity_id=SATELLITE,
            question="Shall I close the blinds?",
            preannounce=False,
        )
    assert found["sentence"].casefold().startswith("yes"), found


async def test_a_question_that_nobody_answers_ends(ada: Connection, kitchen: Kitchen, wav: WriteWav) -> None:
    with kitchen.hears(wav("silence.wav", silence(1))):
        await ada.wait_for_state(SATELLITE, "idle")
        with pytest.raises(CommandError, match="answer"):
            await ada.act(
                "assist_satellite.ask_question",
                answers=True,
                entity_id=SATELLITE,
                question="Is anybody there?",
                preannounce=False,
            )
        assert await ada.state(SATELLITE) == "idle"


async def test_a_question_to_a_satellite_that_goes_ends_within_five_seconds(
    ada: Connection, kitchen: Kitchen, wav: WriteWav
) -> None:
    with kitchen.hears(wav("silence.wav", silence(1))) as running:
        await ada.wait_for_state(SATELLITE, "idle")
        asking = asyncio.create_task(
            ada.act(
                "assist_satellite.ask_question",
                answers=True,
                entity_id=SATELLITE,
                question="Are you still there, or have you gone?",
                preannounce=False,
            )
        )
        await ada.wait_for_state(SATELLITE, "responding")
        running.process.kill()
        async with asyncio.timeout(5):
            with pytest.raises(CommandError):
                await asking


async def test_a_button_lets_it_listen_without_a_wake_word(
    ada: Connection, states: States, kitchen: Kitchen, voices: Voices, wav: WriteWav
) -> None:
    with kitchen.hears(wav("pressed.wav", silence(4.0) + voices.piper("turn on the lights."))):
        await ada.wait_for_state(SATELLITE, "idle")
        await asyncio.sleep(2.0)
        await ada.act("local_voice.listen", SATELLITE)
        await ada.wait_for_state("light.kitchen", "on", deadline_s=TURN_S)
        await states.until(SATELLITE, "responding", "idle")


async def test_a_satellite_that_is_switched_off_hears_nothing(
    ada: Connection, states: States, kitchen: Kitchen, voices: Voices, wav: WriteWav
) -> None:
    said = silence(4.0) + voices.piper("Okay Nabu.") + silence(0.3) + voices.piper("turn on the lights.")
    with kitchen.hears(wav("muted.wav", said)) as running:
        await ada.wait_for_state(SATELLITE, "idle")
        await ada.act("switch.turn_off", LISTENING)
        await ada.wait_for_state(LISTENING, "off")
        await asyncio.sleep(len(said) / 2 / RATE_HZ + 2.0)
        assert await ada.state("light.kitchen") == "off"
        await ada.act("switch.turn_on", LISTENING)
        await ada.wait_for_state(LISTENING, "on")
        assert running.process.poll() is None


async def test_the_test_button_says_which_satellite_this_is(
    ada: Connection, kitchen: Kitchen, wav: WriteWav, read_back: ReadBack
) -> None:
    with kitchen.hears(wav("silence.wav", silence(1))):
        await ada.wait_for_state(SATELLITE, "idle")
        await ada.act("button.press", TEST)
        await asyncio.sleep(REPLY_S)
    assert "kitchen" in read_back(kitchen.played())
