"""Recorded speech to Home Assistant's own microphones: the house changes, and the reply can be heard."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.home_assistant.assist import reply_of, say, until_understood, write
from tests.e2e.home_assistant.connection import Connection, connected
from tests.e2e.home_assistant.setting_up import Household, household
from tests.voices import Voices, silence

CANARY: Final = "marzipan"
RECORDED_S: Final = 7.0
"""The recorder writes every five seconds."""

type ReadBack = Callable[[bytes], str]


@pytest.fixture(scope="module")
def home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    with household(tmp_path_factory.mktemp("talking"), archive) as found:
        # Whoever streams goes on until told that nobody listens any more.
        found.home_assistant.expected.append("Received binary message for non-existing handler")
        yield found


@pytest.fixture
async def ada(home: Household) -> AsyncIterator[Connection]:
    """Return a connection of the owner's, the kitchen dark."""
    async with connected(home.home_assistant.url, home.user.token) as connection:
        await connection.act("light.turn_off", "light.kitchen")
        yield connection


async def test_a_command_to_home_assistants_microphones_is_done_and_answered(
    home: Household, ada: Connection, voices: Voices, read_back: ReadBack, state: Callable[[str], None]
) -> None:
    run = await say(ada, silence(0.5) + voices.piper("turn on the kitchen light."))
    assert "kitchen light" in run.text.casefold()
    await ada.wait_for_state("light.kitchen", "on")
    assert "turned on" in read_back(await reply_of(home, run))
    assert "stt-vad-end" not in run.types, "the gateway finds the end of speech by itself"
    state(
        "Assist: after the last word, text came after "
        f"{run.after_speech_ms('stt-end'):.0f} ms, the light was on and the answer known after "
        f"{run.after_speech_ms('intent-end'):.0f} ms"
    )


async def test_a_microphone_that_streams_all_the_time_is_woken_and_no_word_is_lost(
    ada: Connection, voices: Voices
) -> None:
    said = voices.piper("Okay Nabu, turn on the kitchen light.")
    run = await say(ada, silence(1.0) + said, start="wake_word")
    assert run.event("wake_word-end")["wake_word_output"]["wake_word_id"] == "okay_nabu"
    await ada.wait_for_state("light.kitchen", "on")
    assert run.text.casefold().startswith("turn on"), "the wake word is no part of the command"


async def test_silence_ends_without_words_and_without_an_answer(ada: Connection) -> None:
    run = await say(ada, silence(3.0))
    assert run.event("error")["code"] == "stt-no-text-recognized"


async def test_what_unlocks_is_asked_about_and_a_yes_does_it(ada: Connection, home: Household) -> None:
    await ada.act("lock.lock", "lock.front_door")
    await ada.expose("lock.front_door", is_exposed=True)
    await ada.wait_for_state("lock.front_door", "locked")
    question = await until_understood(ada, "unlock the front door", "unlock the front door?")
    conversation_id = question.event("run-start")["conversation_id"]
    assert question.event("intent-end")["intent_output"]["continue_conversation"]
    assert await ada.state("lock.front_door") == "locked"
    await write(ada, "yes", conversation_id=conversation_id)
    await ada.wait_for_state("lock.front_door", "unlocked")


async def test_what_is_not_exposed_is_not_done(ada: Connection) -> None:
    await ada.act("light.turn_off", "light.desk_lamp")
    await ada.expose("light.desk_lamp", is_exposed=False)
    await asyncio.sleep(0.5)  # the gateway forgets it
    run = await write(ada, "turn on the desk lamp")
    assert run.event("intent-end")["intent_output"]["response"]["response_type"] == "error"
    assert await ada.state("light.desk_lamp") == "off"
    await ada.expose("light.desk_lamp", is_exposed=True)
    await until_understood(ada, "turn on the desk lamp", "turned on")
    await ada.wait_for_state("light.desk_lamp", "on")


async def test_an_automations_sentence_comes_first(ada: Connection) -> None:
    await ada.act("light.turn_on", "light.living_room")
    run = await write(ada, "it is movie time")
    assert run.speech == "Enjoy the movie"
    await ada.wait_for_state("light.living_room", "off")


async def test_music_plays_in_the_room_where_it_was_asked_for(ada: Connection) -> None:
    devices = await ada.call("config/device_registry/list")
    kitchen = next(device["id"] for device in devices if device["name"] == "Kitchen speaker")
    await write(ada, "play queen", device_id=kitchen)
    await ada.wait_for_state("media_player.kitchen_speaker", "playing")
    assert await ada.state("media_player.office_speaker") == "idle"


async def test_no_word_is_in_a_state_in_diagnostics_in_a_log_or_in_any_file(home: Household, ada: Connection) -> None:
    run = await write(ada, f"turn on the kitchen light {CANARY}")
    assert run.event("intent-start")["intent_input"].endswith(CANARY), "what is looked for was really said"
    entries = await ada.call("config_entries/get", domain="local_voice")
    path = f"/api/diagnostics/config_entry/{entries[0]['entry_id']}"
    diagnostics = json.dumps(home.home_assistant.ask(path, None, home.user.token))
    assert home.served.voice.host in diagnostics or "**REDACTED**" in diagnostics
    assert CANARY not in diagnostics
    assert CANARY not in json.dumps(await ada.call("get_states"))
    assert CANARY not in "\n".join(line for _, line in home.served.running.err)
    await asyncio.sleep(RECORDED_S)
    folder = home.home_assistant.folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / "home-assistant_v2.db" in files, "the recorder keeps states and events"
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
