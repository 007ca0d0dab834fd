"""The process that keeps the ledger, run inside of this one: the launcher is played, the ledger is real.

One test starts it for real, with all that it gives up, and kills it.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway import ledger_process, ledger_receipts
from gateway.broker.owner_link import NoGatewayError
from gateway.errors import LedgerError
from gateway.launcher import _is_filtered
from gateway.ledger import keys
from gateway.ledger.database import FILE_NAME as DATABASE
from gateway.ledger.ledger import Ledger
from gateway.ledger.rows import TurnRow, encoded, new_id
from gateway.ledger_link import ledger_link
from gateway.ledger_process import MOST_ACTS, MOST_TURNS
from gateway.processes.child import Child, started
from gateway.processes.ledger_words import (
    ActRecorded,
    AskKept,
    AskLedger,
    AskVoice,
    Gone,
    KeepTurn,
    KeptIs,
    Learned,
    LedgerBegin,
    LedgerReady,
    LedgerSays,
    RecordAct,
    TurnKept,
    VoiceSays,
)
from gateway.processes.owners_socket import owners_socket
from gateway.processes.words import Failed, FromLedger, Ping, Pong, Stop
from gateway.protection import Layer
from gateway.rules import Rule, RuleKind
from gateway.sandbox.kernel import system_call
from gateway.sandbox.landlock import LANDLOCK_CREATE_RULESET_VERSION
from gateway.wire.learning_words import RemoveRule, SetSensitivity
from gateway.wire.ledger_words import (
    AskStats,
    AskTurns,
    ChangeKept,
    ForgetTurns,
    LedgerDone,
    PlayTurn,
    SelectionWords,
    Stats,
    Turns,
    TurnsForgotten,
)
from gateway.wire.messages import Message
from gateway.wire.owners_lines import LEDGER_SOCKET
from tests.gateway.processes.played_launcher import SOON_S, PlayedLauncher, played_launcher

HEARD: Final = msgspec.json.Decoder(FromLedger)
LAYERS: Final = (Layer.SECCOMP, Layer.LANDLOCK)
PCM: Final = bytes(range(256)) * 100
HOUR_S: Final = 3_600


def turn(**what: str) -> TurnRow:
    row = TurnRow(
        id=new_id(), at=datetime.now(UTC), satellite_id="kitchen", outcome="action", heard="turn on the light"
    )
    return replace(row, **what)  # type: ignore[arg-type]  # only texts


def keep(row: TurnRow, number: int = 1, sound: bytes = b"") -> KeepTurn:
    return KeepTurn(id=number, turn=msgspec.Raw(encoded(row)), sound=sound)


@dataclass
class Running(PlayedLauncher[FromLedger]):
    """A process that runs."""

    folder: Path
    learned: Learned = field(default_factory=Learned)
    numbers: int = 100

    async def ready(self) -> None:
        self.say(LedgerBegin(folder=str(self.folder / "ledger")))
        assert await self.told(LedgerReady) == LedgerReady(layers=LAYERS)
        self.learned = await self.told(Learned)

    async def keep(self, *rows: TurnRow, sound: bytes = b"") -> None:
        for row in rows:
            self.say(keep(row, sound=sound))
            assert await self.told(TurnKept) == TurnKept(id=1)

    async def asked(self, question: object, by: str = "home-1") -> LedgerSays:
        self.numbers += 1
        self.say(AskLedger(id=self.numbers, by=by, question=question))  # type: ignore[arg-type]
        said = await self.told(LedgerSays)
        assert said.id == self.numbers
        return said

    async def recorded(self, error: str = "") -> RecordAct:
        """Return the act that the audit log is told next; it is recorded, or not."""
        act = await self.told(RecordAct)
        self.say(ActRecorded(id=act.id, error=error))
        return act

    async def stop(self) -> None:
        self.say(Stop())
        assert await self.code() == 0


@pytest.fixture(autouse=True)
def unconfined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this process its rights: it is the tests' own."""
    monkeypatch.setattr(ledger_process, "confine_keeper", lambda _: LAYERS)
    monkeypatch.setattr(ledger_process, "die_with_parent", lambda _: None)
    monkeypatch.setattr(ledger_process, "harden", lambda: None)
    monkeypatch.setattr(os, "chdir", lambda _: None)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    with owners_socket(folder, LEDGER_SOCKET) as door:
        descriptor = door.dup().detach()
        async with played_launcher(ledger_process._run, HEARD, port=descriptor) as launcher:
            yield Running(launcher.link, launcher.raw, launcher.process, folder)


@asynccontextmanager
async def ready(folder: Path) -> AsyncIterator[Running]:
    async with running(folder) as process:
        await process.ready()
        yield process


def ids(turns: object) -> list[str]:
    assert isinstance(turns, Turns)
    return [one.turn_id for one in turns.turns]


class TestItsLife:
    async def test_it_says_what_holds_and_keeps_turns_over_its_end(self, tmp_path: Path) -> None:
        row = turn()
        async with ready(tmp_path) as process:
            assert process.learned == Learned(transcripts_s=7 * 24 * HOUR_S)
            await process.keep(row)
            await process.stop()
        async with ready(tmp_path) as process:
            assert ids((await process.asked(AskTurns(id=1))).answer) == [row.id]

    async def test_it_gives_signs_of_life_and_ends_with_its_launcher(self, tmp_path: Path) -> None:
        async with ready(tmp_path) as process:
            process.say(Ping())
            await process.told(Pong)
            process.raw.shutdown(socket.SHUT_WR)
            assert await process.code() == 0

    async def test_what_does_not_begin_ends(self, tmp_path: Path) -> None:
        async with running(tmp_path) as process:
            process.say(Stop())
            assert await process.code() == 0
        assert not (tmp_path / "ledger").exists()

    async def test_it_begins_once(self, tmp_path: Path) -> None:
        async with ready(tmp_path) as process:
            process.say(LedgerBegin(folder=str(tmp_path)))
            assert (await process.told(Failed)).code == "process"
            assert await process.code() == 3

    async def test_a_ledger_that_another_process_keeps_is_said_to_be(self, tmp_path: Path) -> None:
        with closing(Ledger(tmp_path / "ledger")):
            async with running(tmp_path) as process:
                process.say(LedgerBegin(folder=str(tmp_path / "ledger")))
                failed = await process.told(Failed)
                assert failed.code == "ledger"
                assert "another process keeps this ledger" in failed.message
                assert await process.code() == 3

    async def test_a_folder_that_cannot_be_made_is_said(self, tmp_path: Path) -> None:
        async with running(tmp_path) as process:
            process.say(LedgerBegin(folder=str(tmp_path / "absent" / "ledger")))
            assert "cannot be made" in (await process.told(Failed)).message
            assert await process.code() == 3

    async def test_what_is_past_its_date_is_removed_each_minute_even_after_it_once_could_not_be(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger_process, "SWEEP_S", 0.01)
        swept: list[int] = []
        done = asyncio.Event()
        sweep = Ledger.sweep

        def counted(ledger: Ledger) -> object:
            swept.append(1)
            if len(swept) == 2:
                raise LedgerError("scripted")
            if len(swept) == 4:
                done.set()
            return sweep(ledger)

        monkeypatch.setattr(Ledger, "sweep", counted)
        async with ready(tmp_path):
            async with asyncio.timeout(SOON_S):
                await done.wait()


class TestTurns:
    async def test_with_recordings_the_sound_is_kept_too(self, tmp_path: Path) -> None:
        row = turn()
        async with ready(tmp_path) as process:
            process.say(AskLedger(id=1, by="home-1", question=ChangeKept(id=1, transcripts_s=HOUR_S, audio_s=HOUR_S)))
            act = await process.recorded()
            assert (act.act, act.about) == ("retention", "transcripts=3600 audio=3600 false_wakes=60")
            assert (await process.told(Learned)).audio_s == HOUR_S
            assert (await process.told(LedgerSays)).answer == LedgerDone(id=1)
            await process.keep(row, sound=PCM)
            process.say(AskLedger(id=2, by="home-1", question=PlayTurn(id=1, turn_id=row.id, user_id="u1")))
            act = await process.recorded()
            assert (act.act, act.about, act.by, act.user_id) == ("play", row.id, "home-1", "u1")
            assert (await process.told(LedgerSays)).sound == PCM

    @pytest.mark.parametrize("raw", [b"{}", b'{"id":"x","at":"2026-11-22T12:00:00Z","satellite_id":""}', b"[1]"])
    async def test_what_is_no_turn_is_not_kept(self, tmp_path: Path, raw: bytes) -> None:
        async with ready(tmp_path) as process:
            process.say(KeepTurn(id=7, turn=msgspec.Raw(raw)))
            kept = await process.told(TurnKept)
            assert kept.id == 7
            assert kept.error

    async def test_a_voice_process_that_was_taken_over_does_not_fill_the_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now_s = 1_000.0
        monkeypatch.setattr(ledger_process, "monotonic", lambda: now_s)
        monkeypatch.setattr(Ledger, "record", lambda *_: None)
        async with ready(tmp_path) as process:
            await process.keep(*[turn()] * MOST_TURNS)
            process.say(keep(turn(), number=9))
            assert "within a minute" in (await process.told(TurnKept)).error
            now_s += ledger_process.TURNS_WITHIN_S
            await process.keep(turn())


class TestForgetting:
    async def test_it_is_done_at_once_and_told_and_its_receipt_is_owed_until_it_is_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger_receipts, "FIRST_PAUSE_S", 0.01)
        row, other = turn(), turn(satellite_id="bedroom")
        async with ready(tmp_path) as process:
            await process.keep(row, other)
            forget = ForgetTurns(id=1, selection=SelectionWords(turn_ids=(row.id,)), user_id="u1")
            process.say(AskLedger(id=5, by="home-1", question=forget))
            assert await process.told(Gone) == Gone()
            assert (await process.told(Learned)).deletions == 1
            assert (await process.told(LedgerSays)).answer == TurnsForgotten(id=1, turns=1)
            refused = await process.recorded(error="the disk is full")
            await process.stop()
        async with ready(tmp_path) as process:
            assert process.learned.deletions == 1
            act = await process.recorded()
            assert act == msgspec.structs.replace(refused, id=act.id)
            assert (act.act, act.by, act.user_id, act.turns) == ("forget", "home-1", "u1", 1)
            assert ids((await process.asked(AskTurns(id=1))).answer) == [other.id]
            assert await process.is_told_nothing(), "it is written down once"

    async def test_a_broker_that_does_not_answer_is_asked_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger_receipts, "FIRST_PAUSE_S", 0.01)
        monkeypatch.setattr(ledger_receipts, "RECORDED_S", 0.02)
        async with ready(tmp_path) as process:
            process.say(AskLedger(id=5, by="home-1", question=ForgetTurns(id=1, everything=True)))
            assert await process.told(Gone) == Gone(everything=True)
            await process.told(Learned)
            await process.told(LedgerSays)
            first = await process.told(RecordAct)
            second = await process.recorded()
            assert (first.act, second.act) == ("forget", "forget")
            process.say(ActRecorded(id=first.id), ActRecorded(id=999))
            assert await process.is_told_nothing()


class TestTheOwner:
    async def test_asks_at_the_socket_and_is_the_owner(self, tmp_path: Path) -> None:
        row = turn()
        async with ready(tmp_path) as process:
            await process.keep(row)
            async with ledger_link(tmp_path) as owner:
                turns, _ = await owner.ask(AskTurns(id=1))
                assert ids(turns) == [row.id]
                assert isinstance((await owner.ask(AskKept(id=2)))[0], KeptIs)
                asking = asyncio.create_task(owner.ask(SetSensitivity(id=3, satellite_id="kitchen", sensitivity=40)))
                assert (await process.told(Learned)).sensitivities == {"kitchen": 40}
                act = await process.recorded()
                assert (act.act, act.about, act.by) == ("sensitivity", "kitchen", "owner")
                assert (await asking)[0] == LedgerDone(id=3)
            await process.stop()
        with pytest.raises(NoGatewayError):
            async with ledger_link(tmp_path):
                pass

    async def test_what_takes_understanding_is_answered_by_voice(self, tmp_path: Path) -> None:
        async with ready(tmp_path) as process, ledger_link(tmp_path) as owner:
            asking = asyncio.create_task(owner.ask(AskStats(id=1)))
            asked = await process.told(AskVoice)
            assert (asked.by, asked.question) == ("owner", AskStats(id=1))
            helping = await process.asked(AskStats(id=2), by="owner")
            assert isinstance(helping.answer, Stats)
            process.say(VoiceSays(id=asked.id, answer=Stats(id=1, corrected=3)), VoiceSays(id=asked.id))
            assert await asking == (Stats(id=1, corrected=3), b"")
            process.say(VoiceSays(id=asked.id))  # nobody waits for it any more
            asking = asyncio.create_task(owner.ask(AskStats(id=2)))
            asked = await process.told(AskVoice)
            process.say(VoiceSays(id=asked.id, error="away", message="try again"))
            assert await asking == (Stats(id=2, error="away", message="try again"), b"")

    async def test_voice_that_does_not_answer_is_not_waited_for_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger_process, "VOICE_S", 0.01)
        async with ready(tmp_path) as process, ledger_link(tmp_path) as owner:
            answer, _ = await owner.ask(AskStats(id=1))
            assert isinstance(answer, Stats)
            assert answer.error == "away"
            await process.told(AskVoice)

    async def test_voice_acts_for_the_owner_only_while_the_owner_asks(self, tmp_path: Path) -> None:
        async with ready(tmp_path) as process, ledger_link(tmp_path) as owner:
            process.say(AskLedger(id=1, by="owner", question=ForgetTurns(id=1, everything=True)))
            await process.told(Gone)
            await process.told(Learned)
            await process.told(LedgerSays)
            assert (await process.recorded()).by == "voice"
            asking = asyncio.create_task(owner.ask(AskStats(id=1)))
            asked = await process.told(AskVoice)
            process.say(AskLedger(id=2, by="owner", question=SetSensitivity(id=1, satellite_id="k", sensitivity=3)))
            await process.told(Learned)
            await process.told(LedgerSays)
            assert (await process.recorded()).by == "owner"
            process.say(AskLedger(id=3, by="owner", question=ForgetTurns(id=1, everything=True)))
            await process.told(Gone)
            await process.told(Learned)
            await process.told(LedgerSays)
            assert (await process.recorded()).by == "voice"  # that takes no understanding
            process.say(VoiceSays(id=asked.id, answer=Stats(id=1)))
            await asking


class TestBounds:
    async def test_voice_cannot_bury_a_receipt_under_others(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now_s = 1_000.0
        monkeypatch.setattr(ledger_process, "monotonic", lambda: now_s)
        async with ready(tmp_path) as process:
            nothing = RemoveRule(id=1, rule_id=new_id())
            for _ in range(MOST_ACTS):
                said = await process.asked(nothing)
            assert isinstance(said.answer, LedgerDone)
            assert said.answer.error == "no_rule"
            said = await process.asked(nothing)
            assert isinstance(said.answer, LedgerDone)
            assert said.answer.error == "too_many"
            assert isinstance((await process.asked(AskTurns(id=1))).answer, Turns)
            now_s += ledger_process.ACTS_WITHIN_S
            said = await process.asked(nothing)
            assert isinstance(said.answer, LedgerDone)
            assert said.answer.error == "no_rule"

    async def test_questions_that_wait_are_counted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ledger_process, "MOST_ASKED", 1)
        async with ready(tmp_path) as process:
            longer = ChangeKept(id=1, transcripts_s=30 * 24 * HOUR_S, audio_s=None)
            process.say(AskLedger(id=1, by="home", question=longer), AskLedger(id=2, by="home", question=AskKept(id=2)))
            act = await process.told(RecordAct)
            said = await process.told(LedgerSays)
            assert (said.id, said.error) == (2, "busy")
            process.say(ActRecorded(id=act.id))
            await process.told(Learned)
            assert (await process.told(LedgerSays)).id == 1

    async def test_rules_that_are_too_long_together_are_left_out_the_oldest_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger_process, "LARGEST_LEARNED_BYTES", 1_000)
        rules = tuple(
            Rule(id=new_id(), kind=RuleKind.SENTENCE, said=f"rule {number}", meant="x" * 200, made_at=datetime.now(UTC))
            for number in range(9)
        )
        monkeypatch.setattr(Ledger, "rules", lambda _: rules)
        async with ready(tmp_path) as process:
            assert [rule.said for rule in process.learned.rules] == ["rule 0", "rule 1"]


def has_landlock() -> bool:
    try:
        return system_call("landlock_create_ruleset", 0, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0
    except OSError:
        return False


async def test_for_real_it_is_filtered_keeps_its_folder_alone_and_survives_kills(tmp_path: Path) -> None:
    """What was acknowledged is there again; what was forgotten is not."""
    kept: list[str] = []
    forgotten: list[str] = []

    async def heard[M: Message](child: Child[FromLedger], kind: type[M]) -> M:
        """Return what it says next, besides what it still has to say to the audit log."""
        while isinstance(message := await child.link.hear(), RecordAct):
            pass
        assert isinstance(message, kind)
        return message

    for life in range(3):
        with owners_socket(tmp_path, LEDGER_SOCKET) as door:
            ports = {"port": door.fileno()}
            async with started("gateway.ledger_process", HEARD, ports) as child:
                async with asyncio.timeout(SOON_S):
                    child.link.say(LedgerBegin(folder=str(tmp_path / "ledger")))
                    said = await heard(child, LedgerReady)
                    assert Layer.SECCOMP in said.layers
                    assert (Layer.LANDLOCK in said.layers) is has_landlock()
                    assert _is_filtered(child.process.pid)
                    await heard(child, Learned)
                    async with ledger_link(tmp_path) as owner:
                        assert sorted(ids((await owner.ask(AskTurns(id=1)))[0])) == sorted(kept)
                    for _ in range(6):
                        row = turn()
                        child.link.say(keep(row))
                        assert await heard(child, TurnKept) == TurnKept(id=1)
                        kept.append(row.id)
                    gone = kept.pop(0)
                    forget = ForgetTurns(id=1, selection=SelectionWords(turn_ids=(gone,)))
                    child.link.say(AskLedger(id=1, by="home", question=forget))
                    await heard(child, Gone)
                    forgotten.append(gone)
                    if life == 1:
                        child.link.say(keep(turn(), number=2))
                        child.link.say(AskLedger(id=2, by="home", question=forget))
                    child.process.send_signal(signal.SIGKILL)
                    await child.process.wait()
        if life == 1:  # whether it was kept nobody knows
            with closing(Ledger(tmp_path / "ledger")) as ledger:
                kept = [entry.row.id for entry in ledger.page().entries]
    with closing(Ledger(tmp_path / "ledger")) as ledger:
        assert len(ledger.owed()) >= 3
        assert all(ledger.get(row_id) is not None for row_id in kept)
        assert all(ledger.get(row_id) is None for row_id in forgotten)
    assert os.listdir(tmp_path) == ["ledger"]  # noqa: PTH208
    assert {keys.FILE_NAME, DATABASE} <= set(os.listdir(tmp_path / "ledger"))  # noqa: PTH208
