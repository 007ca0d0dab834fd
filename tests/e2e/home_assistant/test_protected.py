"""The owner decides what is never done by voice, what needs a PIN, and from where; then it is so, said or typed."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.home_assistant.assist import Run, reply_of, say, until_understood, write
from tests.e2e.home_assistant.connection import CommandError, Connection, connected
from tests.e2e.home_assistant.setting_up import Household, household
from tests.e2e.program import run
from tests.voices import Voices, silence

PIN: Final = "739184"
"""Digits that stand in no other file."""
ENTRIES: Final = "/api/config/config_entries"
NEVER: Final = "i never do that by voice."
NOT_UNDERSTOOD: Final = "sorry, i couldn't understand that"
PIN_QUESTION: Final = "What is the PIN? Say it digit by digit."
BACK_S: Final = 20.0
HEARD_OF_S: Final = 0.5
"""After that the gateway knows a state."""
RECORDED_S: Final = 7.0
"""The recorder writes every five seconds."""

type ReadBack = Callable[[bytes], str]


def ask(home: Household, path: str, **body: Any) -> dict[str, Any]:
    """Take a step of a flow, as the frontend does."""
    answer: dict[str, Any] = home.home_assistant.ask(f"{ENTRIES}/{path}", body, home.user.token)
    assert not answer.get("errors"), answer
    return answer


def choose_pin(home: Household, entry_id: str, pin: str) -> None:
    """Choose a PIN among the integration's options."""
    flow = ask(home, "options/flow", handler=entry_id)
    known = {field["name"]: field["default"] for field in flow["data_schema"] if "default" in field}
    assert ask(home, f"options/flow/{flow['flow_id']}", **known, new_pin=pin)["type"] == "create_entry"


def decide(home: Household, entry_id: str, decision: dict[str, Any]) -> str:
    """Decide about things; return what the decision is called."""
    flow = ask(home, "subentries/flow", handler=[entry_id, "protected"])
    made = ask(home, f"subentries/flow/{flow['flow_id']}", **decision)
    assert made["type"] == "create_entry"
    return str(made["title"])


@pytest.fixture(scope="module")
def home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    with household(tmp_path_factory.mktemp("protected"), archive) as found:
        # Whoever streams goes on until told that nobody listens any more.
        found.home_assistant.expected.append("Received binary message for non-existing handler")
        yield found


@pytest.fixture
async def ada(home: Household) -> AsyncIterator[Connection]:
    async with connected(home.home_assistant.url, home.user.token) as connection:
        yield connection


async def until_it_is_there_again(ada: Connection) -> None:
    """Wait until the integration, which chosen options reload, understands something."""
    async with asyncio.timeout(BACK_S):
        while True:
            with contextlib.suppress(CommandError):
                await until_understood(ada, "turn on the kitchen light", "turned on")
                return
            await asyncio.sleep(0.2)


@pytest.fixture
async def decided(home: Household, ada: Connection) -> None:
    """Let the heater be never, the desk lamp after a PIN, and the light of the living room only from the kitchen."""
    (entry,) = await ada.call("config_entries/get", domain="local_voice")
    if entry["num_subentries"]:
        return
    entry_id = entry["entry_id"]
    await asyncio.to_thread(choose_pin, home, entry_id, PIN)
    await until_it_is_there_again(ada)
    for decision, title in (
        ({"entities": ["switch.heater"], "level": "never"}, "Heater: Never"),
        ({"entities": ["light.desk_lamp"], "level": "pin"}, "Desk lamp: After a yes and the PIN"),
        ({"entities": ["light.living_room"], "level": "free", "areas": ["kitchen"]}, "Living room: Without asking"),
    ):
        assert await asyncio.to_thread(decide, home, entry_id, decision) == title
    await until_understood(ada, "turn on the living room light", "asked for from here")


async def to_the_pin(ada: Connection) -> str:
    """Ask for the desk lamp and say yes; return the conversation in which the PIN is waited for."""
    await ada.act("light.turn_off", "light.desk_lamp")
    await asyncio.sleep(HEARD_OF_S)
    question = await write(ada, "turn on the desk lamp")
    assert question.speech == "Should I turn on the Desk lamp?"
    conversation_id = str(question.event("run-start")["conversation_id"])
    pin_question = await write(ada, "yes", conversation_id=conversation_id)
    assert pin_question.speech == PIN_QUESTION
    assert pin_question.event("intent-end")["intent_output"]["continue_conversation"]
    assert await ada.state("light.desk_lamp") == "off"
    return conversation_id


@pytest.mark.usefixtures("decided")
async def test_what_is_never_done_by_voice_is_refused_said_and_typed(
    home: Household, ada: Connection, voices: Voices, read_back: ReadBack
) -> None:
    typed = await write(ada, "turn on the heater")
    assert typed.speech.casefold() == NEVER
    assert typed.event("intent-end")["intent_output"]["response"]["response_type"] == "action_done"
    spoken: Run = await say(ada, silence(0.5) + voices.piper("turn on the heater."))
    assert spoken.speech.casefold() == NEVER
    assert "never do that" in read_back(await reply_of(home, spoken))
    for around in ("turn on the heater in ten minutes", "turn on everything in the office"):
        assert (await write(ada, around)).speech.casefold() in (NEVER, NOT_UNDERSTOOD), around
    assert await ada.state("switch.heater") == "off"
    await ada.act("switch.turn_on", "switch.heater")  # by hand it is as it was
    await ada.wait_for_state("switch.heater", "on")


@pytest.mark.usefixtures("decided")
async def test_a_wrong_pin_is_refused_and_the_right_one_taken(ada: Connection) -> None:
    conversation_id = await to_the_pin(ada)
    wrong = await write(ada, "9 9 9 9", conversation_id=conversation_id)
    assert wrong.speech == "That PIN is not right, so I left it as it is."
    assert await ada.state("light.desk_lamp") == "off"
    conversation_id = await to_the_pin(ada)
    await write(ada, PIN, conversation_id=conversation_id)
    await ada.wait_for_state("light.desk_lamp", "on")
    await asyncio.sleep(HEARD_OF_S)
    off = await write(ada, "turn off the desk lamp")
    assert off.speech == "Should I turn off the Desk lamp?", "what the owner marked is asked about in both directions"


@pytest.mark.usefixtures("decided")
async def test_a_pin_is_said_digit_by_digit(ada: Connection, voices: Voices) -> None:
    conversation_id = await to_the_pin(ada)
    said = voices.piper("seven, three, nine, one, eight, four.")
    await say(ada, silence(0.5) + said, conversation_id=conversation_id)
    await ada.wait_for_state("light.desk_lamp", "on")


@pytest.mark.usefixtures("decided")
async def test_what_may_be_asked_for_in_one_room_is_refused_elsewhere(ada: Connection) -> None:
    await ada.act("light.turn_off", "light.living_room")
    devices = {device["name"]: device["id"] for device in await ada.call("config/device_registry/list")}
    for place in ({}, {"device_id": devices["Office speaker"]}):
        refused = await write(ada, "turn on the living room light", **place)
        assert refused.speech == "That can't be asked for from here."
    assert await ada.state("light.living_room") == "off"
    await write(ada, "turn on the living room light", device_id=devices["Kitchen speaker"])
    await ada.wait_for_state("light.living_room", "on")


@pytest.mark.usefixtures("decided")
async def test_a_pin_is_in_no_turn_in_no_log_and_in_no_file(home: Household, ada: Connection) -> None:
    conversation_id = await to_the_pin(ada)
    await write(ada, PIN, conversation_id=conversation_id)
    await ada.wait_for_state("light.desk_lamp", "on")
    await asyncio.sleep(RECORDED_S)
    listed = await asyncio.to_thread(lambda: run("ledger", "list", "--json", environ=home.served.environ))
    heard = [turn["heard"] for turn in listed.lines]
    assert {"turn on the desk lamp", "yes"} <= set(heard), "turns are remembered"
    digits = {"".join(letter for letter in json.dumps(turn) if letter.isdigit()) for turn in listed.lines}
    assert not any(PIN in each for each in digits)
    assert not any("seven" in text.casefold() or PIN in text for text in heard)
    assert PIN not in "\n".join(line for _, line in home.served.running.err)
    for folder in (home.home_assistant.folder, Path(home.served.environ["XDG_DATA_HOME"])):
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert [path for path in files if PIN.encode() in path.read_bytes()] == []
    (entry,) = await ada.call("config_entries/get", domain="local_voice")
    path = f"/api/diagnostics/config_entry/{entry['entry_id']}"
    options = home.home_assistant.ask(path, None, home.user.token)["data"]["entry"]["options"]
    assert options["pin_hash"] == "**REDACTED**"
