"""What Wyoming clients have done is remembered: steps with the same words are one row."""

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.error import Error
from wyoming.intent import Recognize

from gateway.errors import HomeError
from gateway.events import Intent
from tests.fakes import UNLOCKED, ScriptedHome, ScriptedStt, ScriptedUnderstanding, recognized
from tests.gateway.server.kept_ledger import WITH_SOUND, NotingLedger
from tests.gateway.wyoming.rig import ask, but, client_of, scripted, serving, sound

PCM = b"\1\2" * 16_000
COMMAND = "turn on the lamp"


async def test_what_was_recognised_and_then_handled_is_one_row() -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    stt = ScriptedStt(recognized("turn on the lamb", COMMAND))
    async with serving(but(scripted(ledger), stt=stt)) as server, client_of(server) as client:
        text = Transcript.from_event(await ask(client, Transcribe(), *sound(PCM))).text
        await ask(client, Transcript(text))
    row = ledger.row
    assert (row.satellite_id, row.outcome, row.heard, row.used) == ("wyoming", "action", "turn on the lamb", COMMAND)
    assert (row.intent, len(row.changes), row.reply) == ("HassTurnOn", 1, "answer to HassTurnOn")
    assert (row.audio_ms, row.conversation_id, ledger.clips) == (1_000, "", [PCM])
    assert set(row.stages_ms) == {"stt", "intent", "action"}


async def test_noise_is_a_row_without_words() -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    stt = ScriptedStt(recognized("thank you", score=-1.5))
    async with serving(but(scripted(ledger), stt=stt)) as server, client_of(server) as client:
        assert Transcript.from_event(await ask(client, Transcribe(), *sound(PCM))).text == ""
    assert (ledger.row.outcome, ledger.row.heard, ledger.clips) == ("nothing_heard", "", [b""])


@pytest.mark.parametrize(
    ("said", "outcome", "intent"),
    [
        (Transcript("colourless green ideas"), "not_understood", ""),
        (Transcript("never mind"), "never_mind", "HassNevermind"),
        (Transcript("set a timer"), "answer", "HassStartTimer"),
        (Transcript("unlock the front door"), "not_confirmed", "HassTurnOn"),
        (Recognize("set a timer"), "recognized", "HassStartTimer"),
        (Recognize("colourless green ideas"), "not_understood", ""),
    ],
)
async def test_each_end_of_a_command_is_a_row(said: Transcript | Recognize, outcome: str, intent: str) -> None:
    ledger = NotingLedger()
    understanding = ScriptedUnderstanding(
        Intent(name="HassNevermind", text="never mind"),
        Intent(name="HassStartTimer", text="set a timer"),
        Intent(name="HassTurnOn", text="unlock the front door"),
    )
    home = ScriptedHome(foreseen=(UNLOCKED,))
    services = but(scripted(ledger), understanding=understanding, home=home)
    async with serving(services) as server, client_of(server) as client:
        await ask(client, said)
    assert (ledger.row.outcome, ledger.row.intent, ledger.row.heard) == (outcome, intent, said.text)


async def test_a_home_that_does_not_answer_is_in_the_row_as_is_one_that_changes_nothing() -> None:
    ledger = NotingLedger()
    for home in (ScriptedHome(fault=HomeError("scripted")), ScriptedHome(changes=())):
        async with serving(but(scripted(ledger), home=home)) as server, client_of(server) as client:
            event = await ask(client, Transcript(COMMAND))
            assert Error.is_type(event.type) is (home.fault is not None)
    away = ledger.rows[0]
    assert away.outcome == "error"
    assert away.why.removesuffix("; it was cut short").endswith("something failed: home")
    assert (ledger.rows[1].outcome, ledger.rows[1].changes) == ("answer", ())
