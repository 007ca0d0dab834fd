"""A turn that was misheard is corrected, and the same sound is then understood: real speech, models, and ledger."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.assembly import Assembly
from gateway.config import Config
from gateway.engines.learned import LearnedUnderstanding
from gateway.events import Intent, Outcome
from gateway.home.files import load_house
from gateway.house import Area, Entity, House
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import Retention
from gateway.ledger.rows import TurnRow, new_id
from gateway.ledger_desk import LedgerDesk
from gateway.processes.ledger_words import RecordAct
from gateway.recordings import read_recording
from gateway.server import learning
from gateway.server.services import NoLedger
from gateway.turn.choice import Choice, choose
from gateway.turn.stages import SpeechToText
from gateway.wire.learning_words import CorrectTurn, TurnCorrected
from gateway.wire.ledger_words import AskStats
from gateway.wire.messages import Message
from tests.fakes import recognized
from tests.voices import Voices

pytestmark = pytest.mark.models

MISHEARD = "commands/en/s2p_whats_the_temperature_of_the_ecobee.flac"
MEANT = "what's the temperature of the EcoBee"
OTHERS = (
    "s2p_turn_off_lights_in_the_office", "s2p_set_kitchen_lights_to_green", "s2p_what_is_the_outdoor_humidity",
    "s2p_set_a_timer_for_5_minutes", "rhasspy3_what_time_is_it",
)  # fmt: skip

type State = Callable[[str], None]


class DeskLedger(NoLedger):
    """The ledger's own desk, without a process between; the audit log always has room."""

    def __init__(self, ledger: Ledger) -> None:
        self.acts: list[RecordAct] = []
        self._desk = LedgerDesk(ledger, self)

    async def record(self, act: RecordAct) -> str:
        self.acts.append(act)
        return ""

    def owe(self, act: RecordAct) -> None:
        self.acts.append(act)

    async def ask(self, question: Any, *, by: str) -> tuple[Message, bytes]:
        return await self._desk.answer(question, by=by)


@dataclass
class Gateway:
    """What hears, understands and remembers."""

    stt: SpeechToText
    understanding: LearnedUnderstanding
    store: Ledger
    desk: DeskLedger
    area_id: str | None = None

    async def hear(self, pcm: bytes) -> Choice:
        """Understand it as a turn does."""
        return await choose(await self.stt.recognize(pcm), self.match)

    async def match(self, text: str) -> Intent | None:
        return await self.understanding.match(text, area_id=self.area_id)

    async def turn(self, pcm: bytes) -> tuple[str, Choice]:
        """Have a turn, and remember it."""
        choice = await self.hear(pcm)
        intent = choice.intent
        row = TurnRow(
            id=new_id(),
            at=datetime.now(UTC),
            satellite_id="shelf",
            area_id=self.area_id or "",
            outcome=Outcome.NOT_UNDERSTOOD if intent is None else Outcome.ACTION,
            hypotheses=choice.recognition.hypotheses,
            heard="" if choice.heard is None else choice.heard.text,
            used="" if intent is None else intent.text,
            intent="" if intent is None else intent.name,
            slots={} if intent is None else intent.slots,
        )
        assert self.store.record(row, pcm) == row.id
        return row.id, choice

    async def correct(self, turn_id: str, meant: str, *, keep: bool) -> TurnCorrected:
        told = await learning.correct(
            CorrectTurn(id=1, turn_id=turn_id, meant=meant, keep=keep),
            by="owner",
            ledger=self.desk,
            understanding=self.understanding,
            stt=self.stt,
            area_of=lambda named: named,
        )
        self.understanding.use_rules(self.store.rules())
        return told

    async def accuracy(self) -> tuple[int, int]:
        told = await learning.stats(AskStats(id=1), by="owner", ledger=self.desk, understanding=self.understanding)
        assert not told.error
        return told.corrected_right, told.corrected


@asynccontextmanager
async def gateway(house: House, folder: Path, area_id: str | None = None) -> AsyncIterator[Gateway]:
    assembly = Assembly(Config())
    store = Ledger(folder / "ledger")
    store.set_retention(Retention(audio_s=3_600))
    try:
        stt, understanding = assembly.stt(), assembly.understanding(house)
        yield Gateway(stt, understanding, store, DeskLedger(store), area_id)
    finally:
        store.close()
        assembly.close()


def meaning(choice: Choice) -> tuple[object, ...]:
    return () if choice.intent is None else (choice.intent.name, dict(choice.intent.slots), choice.intent.entity_id)


async def test_a_misheard_recording_is_corrected_and_the_others_stay_as_they_are(
    shared: Path, tmp_path: Path, state: State
) -> None:
    house = load_house(shared / "text" / "speech_to_phrase" / "fixtures" / "en.yaml")
    office = next(area.id for area in house.areas if area.name == "Office")
    speech = shared / "speech"
    others = [speech / "commands" / "en" / f"{name}.flac" for name in OTHERS]
    async with gateway(house, tmp_path, office) as here:
        before = {path: (await here.turn(read_recording(path)))[1] for path in others}
        clip = read_recording(speech / MISHEARD)
        turn_id, misheard = await here.turn(clip)
        assert misheard.intent is None, "Whisper hears it right by now: another recording is needed"

        shown = await here.correct(turn_id, MEANT, keep=False)
        assert (shown.error, shown.from_sound, shown.harmed_count, shown.is_kept) == ("", True, 0, False)
        assert shown.replayed == sum(choice.intent is not None for choice in before.values()) >= 4
        assert (await here.hear(clip)).intent is None, "nothing is kept yet"
        kept = await here.correct(turn_id, MEANT, keep=True)
        assert kept.is_kept
        assert kept.rule is not None
        assert kept.rule.kind == "words"
        state(f"learned from a recording: “{kept.rule.said}” is “{kept.rule.meant}”; {kept.replayed} others unharmed")

        now = await here.hear(clip)
        assert meaning(now) == meaning(await choose(recognized(MEANT), here.match))
        assert now.intent is not None
        assert now.intent.rule_ids == (kept.rule.rule_id,)
        for path, choice in before.items():
            assert meaning(await here.hear(read_recording(path))) == meaning(choice), path.name
        assert await here.accuracy() == (1, 1)
        assert [act.act for act in here.desk.acts] == ["replay", "replay", "correct"]

        assert here.store.remove_rule(kept.rule.rule_id)
        here.understanding.use_rules(here.store.rules())
        assert (await here.hear(clip)).intent is None
        assert await here.accuracy() == (0, 1)


async def test_what_one_voice_taught_is_understood_in_another_sentence(
    voices: Voices, tmp_path: Path, state: State
) -> None:
    house = House(
        name="test",
        areas=(Area(id="hall", name="Hall"),),
        entities=(
            Entity(id="light.kallax", name="Kallax Lamp", area_id="hall", state="off"),
            Entity(id="light.hall", name="Hall Light", area_id="hall", state="off"),
        ),
    )
    on, off = (voices.piper(f"Turn {way} the Kallax lamp.") for way in ("on", "off"))
    async with gateway(house, tmp_path) as here:
        await here.turn(voices.piper("What time is it?"))
        turn_id, misheard = await here.turn(on)
        assert misheard.intent is None, "Whisper hears it right by now: another word is needed"
        told = await here.correct(turn_id, "turn on the Kallax lamp", keep=True)
        assert told.rule is not None
        assert (told.is_kept, told.replayed, told.harmed_count) == (True, 1, 0)
        state(f"learned from speech: “{told.rule.said}” is “{told.rule.meant}”")
        for name, pcm in (("HassTurnOn", on), ("HassTurnOff", off)):
            intent = (await here.hear(pcm)).intent
            assert intent is not None
            assert (intent.name, intent.entity_id, intent.rule_ids) == (name, "light.kallax", (told.rule.rule_id,))
