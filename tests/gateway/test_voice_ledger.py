"""The ledger as voice has it: a real link, with a launcher and a ledger that the test plays."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest
from msgspec import structs

from gateway import voice_ledger
from gateway.errors import LedgerError
from gateway.ledger.rows import LARGEST_ROW_BYTES, TurnRow, decoded, new_id
from gateway.processes.ledger_words import (
    MOST_SOUND_BYTES,
    AskLedger,
    Gone,
    KeepTurn,
    Learned,
    LedgerSays,
    TurnKept,
)
from gateway.processes.link import Link
from gateway.processes.words import LARGEST_BYTES, FromVoice, ToVoice
from gateway.rules import Rule, RuleKind
from gateway.voice_ledger import RelayedLedger
from gateway.wire.learning_words import RuleWords
from gateway.wire.ledger_words import AskTurns, Kept, LedgerDone, PlayTurn, Turns
from gateway.wire.messages import Message

SOON_S: Final = 5.0
"""Nothing here takes a tenth of it."""
NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
THERE: Final = Learned(transcripts_s=3_600, audio_s=7_200, false_wakes_s=30, deletions=4)
KEPT: Final = Kept(is_there=True, transcripts_s=3_600, audio_s=7_200, false_wakes_s=30, deletions=4)
AWAY: Final = Learned(is_there=False)
WORDS: Final = "the words that were said"


def row() -> TurnRow:
    return TurnRow(id=new_id(), at=NOW, satellite_id="shelf", heard=WORDS)


@dataclass
class Played:
    """The other end, where launcher and ledger are, and voice's own."""

    link: Link[FromVoice]
    ledger: RelayedLedger
    changes: list[Kept] = field(default_factory=list)
    gone: list[bool] = field(default_factory=list)

    async def says(self, *messages: Message) -> None:
        """Say something; return when it has been heard."""
        for message in messages:
            self.link.say(message)
        await asyncio.sleep(0.01)

    async def told[M: Message](self, kind: type[M]) -> M:
        async with asyncio.timeout(SOON_S):
            message = await self.link.hear()
        assert isinstance(message, kind)
        return message

    async def is_told_nothing(self) -> bool:
        try:
            async with asyncio.timeout(0.02):
                await self.link.hear()
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def played(*said: Message) -> AsyncIterator[Played]:
    """Have both ends during the block; the ledger has `said` something already."""
    ours, theirs = socket.socketpair()
    voice: Link[ToVoice] = await Link.over(ours, msgspec.json.Decoder(ToVoice))
    ledger = RelayedLedger(voice)
    played = Played(await Link.over(theirs, msgspec.json.Decoder(FromVoice)), ledger)
    ledger.on_change(lambda: played.changes.append(ledger.kept))
    ledger.on_gone(played.gone.append)

    async def hear() -> None:
        while (message := await voice.hear()) is not None:
            assert isinstance(message, TurnKept | LedgerSays | Learned | Gone)
            ledger.told(message)

    hearing = asyncio.create_task(hear())
    try:
        await played.says(*said)
        yield played
    finally:
        await played.link.close()
        async with asyncio.timeout(SOON_S):
            await hearing
        await voice.close()


class TestTurns:
    async def test_a_turn_is_handed_over_with_its_sound(self) -> None:
        async with played(THERE) as there:
            kept = row()
            there.ledger.keep(kept, b"\1\2")
            message = await there.told(KeepTurn)
            assert (decoded(message.turn), message.sound) == (kept, b"\1\2")

    async def test_the_next_one_is_handed_over_when_the_one_before_is_on_disk(self) -> None:
        async with played(THERE) as there:
            rows = [row() for _ in range(3)]
            for one in rows:
                there.ledger.keep(one, b"")
            for one in rows:
                message = await there.told(KeepTurn)
                assert decoded(message.turn).id == one.id
                assert await there.is_told_nothing()
                there.link.say(TurnKept(id=message.id))

    async def test_what_the_ledger_cannot_keep_is_logged_without_a_word_of_it_and_the_next_one_follows(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with played(THERE) as there:
            there.ledger.keep(row(), b"")
            there.ledger.keep(row(), b"")
            first = await there.told(KeepTurn)
            await there.says(TurnKept(id=first.id, error="the ledger is full"), TurnKept(id=first.id), TurnKept(id=99))
            assert (await there.told(KeepTurn)).id != first.id
        assert "a turn is not kept: the ledger is full" in caplog.text
        assert WORDS not in caplog.text

    async def test_a_row_that_is_none_is_not_kept(self, caplog: pytest.LogCaptureFixture) -> None:
        async with played(THERE) as there:
            there.ledger.keep(replace(row(), id="none"), b"")
            assert await there.is_told_nothing()
        assert "a turn at shelf is not kept" in caplog.text

    async def test_while_there_is_no_ledger_turns_wait_and_what_was_not_on_disk_is_handed_over_again(self) -> None:
        async with played() as there:
            first, second = row(), row()
            there.ledger.keep(first, b"")
            assert await there.is_told_nothing()
            there.link.say(THERE)
            assert decoded((await there.told(KeepTurn)).turn) == first
            there.ledger.keep(second, b"")
            await there.says(AWAY, THERE)
            message = await there.told(KeepTurn)
            assert decoded(message.turn) == first
            there.link.say(TurnKept(id=message.id))
            assert decoded((await there.told(KeepTurn)).turn) == second

    async def test_only_the_newest_wait(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(voice_ledger, "MOST_WAITING", 2)
        async with played() as there:
            rows = [row() for _ in range(4)]
            for one in rows:
                there.ledger.keep(one, b"")
            there.link.say(THERE)
            for one in rows[2:]:
                message = await there.told(KeepTurn)
                assert decoded(message.turn) == one
                there.link.say(TurnKept(id=message.id))
            assert await there.is_told_nothing()
        assert caplog.text.count("a turn is not kept") == 2

    async def test_long_sounds_do_not_wait_in_any_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(voice_ledger, "MOST_WAITING_BYTES", 10)
        async with played(THERE) as there:
            rows = [row() for _ in range(3)]
            for one in rows:
                there.ledger.keep(one, bytes(5))
            handed_over = await there.told(KeepTurn)
            assert decoded(handed_over.turn) == rows[0]
            assert decoded((await there.told(KeepTurn)).turn) == rows[1], (
                "the first one is given up, and not waited for"
            )
            await there.says(TurnKept(id=handed_over.id))
            assert await there.is_told_nothing()

    async def test_a_ledger_that_does_not_come_back_is_not_waited_for(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(voice_ledger, "WAITING_S", 0.02)
        async with played() as there:
            there.ledger.keep(row(), b"")
            await asyncio.sleep(0.05)
            there.link.say(THERE)
            assert await there.is_told_nothing()
        assert "a turn is not kept" in caplog.text

    async def test_where_something_was_forgotten_nothing_of_before_follows(self) -> None:
        async with played(THERE) as there:
            there.ledger.keep(row(), b"")
            there.ledger.keep(row(), b"")
            first = await there.told(KeepTurn)
            await there.says(Gone(), TurnKept(id=first.id))
            assert await there.is_told_nothing()
            after = row()
            there.ledger.keep(after, b"")
            assert decoded((await there.told(KeepTurn)).turn) == after

    async def test_a_ledger_that_ended_while_it_forgot_is_given_nothing_of_before(self) -> None:
        async with played(THERE) as there:
            gone: list[bool] = []
            there.ledger.on_gone(gone.append)
            there.ledger.keep(row(), b"")
            await there.told(KeepTurn)
            await there.says(structs.replace(THERE, is_there=False), structs.replace(THERE, deletions=1))
            assert await there.is_told_nothing()
            assert gone == [False]
            await there.says(structs.replace(THERE, deletions=2))  # which it has said before, as it is there
            assert gone == [False]

    async def test_the_longest_row_and_sound_fit_into_a_message(self) -> None:
        longest = KeepTurn(
            id=2**53, turn=msgspec.Raw(b'"' + b"x" * (LARGEST_ROW_BYTES - 2) + b'"'), sound=bytes(MOST_SOUND_BYTES)
        )
        assert len(msgspec.json.encode(longest)) < LARGEST_BYTES
        async with played(THERE) as there:
            there.ledger.keep(row(), bytes(MOST_SOUND_BYTES + 2))
            assert len((await there.told(KeepTurn)).sound) == MOST_SOUND_BYTES

    async def test_a_launcher_that_reads_nothing_is_only_logged(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.processes.link.MOST_UNSENT_BYTES", 0)
        async with played(THERE) as there:
            there.ledger.keep(row(), bytes(MOST_SOUND_BYTES))
        assert "the ledger cannot be reached: link" in caplog.text


class TestQuestions:
    async def test_each_gets_its_own_answer(self) -> None:
        async with played(THERE) as there:
            turns = asyncio.create_task(there.ledger.ask(AskTurns(id=5), by="home"))
            played_turn = asyncio.create_task(there.ledger.ask(PlayTurn(id=6, turn_id="0" * 32), by="home"))
            first, second = await there.told(AskLedger), await there.told(AskLedger)
            assert (first.by, first.question) == ("home", AskTurns(id=5))
            await there.says(
                LedgerSays(id=second.id, answer=LedgerDone(id=6), sound=b"\1\2"),
                LedgerSays(id=second.id, answer=LedgerDone(id=66)),
                LedgerSays(id=4_711, answer=LedgerDone(id=66)),
                LedgerSays(id=first.id, answer=Turns(id=5)),
            )
            assert await turns == (Turns(id=5), b"")
            assert await played_turn == (LedgerDone(id=6), b"\1\2")

    async def test_without_a_ledger_there_is_no_answer(self) -> None:
        async with played() as there:
            with pytest.raises(LedgerError) as raised:
                await there.ledger.ask(AskTurns(id=1), by="home")
            assert raised.value.refusal == "away"

    @pytest.mark.parametrize(("said", "code"), [("busy", "busy"), ("", "ledger")])
    async def test_why_there_is_none_is_told(self, said: str, code: str) -> None:
        async with played(THERE) as there:
            asking = asyncio.create_task(there.ledger.ask(AskTurns(id=1), by="home"))
            asked = await there.told(AskLedger)
            await there.says(LedgerSays(id=asked.id, error=said))
            with pytest.raises(LedgerError, match="no answer") as raised:
                await asking
            assert raised.value.refusal == code

    async def test_a_ledger_that_ends_leaves_nobody_waiting(self) -> None:
        async with played(THERE) as there:
            asking = asyncio.create_task(there.ledger.ask(AskTurns(id=1), by="home"))
            await there.told(AskLedger)
            await there.says(AWAY, AWAY)
            with pytest.raises(LedgerError, match="just ended"):
                await asking

    async def test_a_ledger_that_does_not_answer_is_not_waited_for_for_ever(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(voice_ledger, "ANSWER_S", 0.01)
        async with played(THERE) as there:
            with pytest.raises(LedgerError, match="does not answer"):
                await there.ledger.ask(AskTurns(id=1), by="home")

    async def test_only_so_many_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(voice_ledger, "MOST_ASKED", 1)
        async with played(THERE) as there:
            asking = asyncio.create_task(there.ledger.ask(AskTurns(id=1), by="home"))
            asked = await there.told(AskLedger)
            with pytest.raises(LedgerError) as raised:
                await there.ledger.ask(AskTurns(id=2), by="home")
            assert raised.value.refusal == "too_many"
            await there.says(LedgerSays(id=asked.id, answer=Turns(id=1)))
            await asking

    async def test_the_turns_before_are_on_disk_when_it_is_asked(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with played(THERE) as there:
            there.ledger.keep(row(), b"")
            asking = asyncio.create_task(there.ledger.ask(AskTurns(id=1), by="home"))
            kept = await there.told(KeepTurn)
            assert await there.is_told_nothing()
            there.link.say(TurnKept(id=kept.id))
            asked = await there.told(AskLedger)
            await there.says(LedgerSays(id=asked.id, answer=Turns(id=1)))
            await asking
            monkeypatch.setattr(voice_ledger, "HANDED_OVER_S", 0.01)
            there.ledger.keep(row(), b"")
            asking = asyncio.create_task(there.ledger.ask(AskTurns(id=1), by="home"))
            await there.told(KeepTurn)
            asked = await there.told(AskLedger)
            await there.says(LedgerSays(id=asked.id, answer=Turns(id=1)))
            await asking
        assert "before it has kept 1 turns" in caplog.text


class TestWhatIsLearned:
    async def test_before_the_ledger_has_said_anything_there_is_none(self) -> None:
        async with played() as there:
            assert (there.ledger.kept, there.ledger.rules) == (Kept(is_there=False), ())
            assert there.ledger.sensitivity("shelf") is None

    async def test_what_it_said_last_counts_and_is_told_when_it_is_different(self) -> None:
        rule = RuleWords(
            rule_id="a" * 32, kind="words", said="lime", meant="light", made_at=NOW.isoformat(), by="owner"
        )
        learned = msgspec.structs.replace(THERE, rules=(rule,), sensitivities={"shelf": 35})
        async with played(THERE, THERE, learned) as there:
            assert there.ledger.kept == KEPT
            assert there.ledger.rules == (
                Rule(id="a" * 32, kind=RuleKind.WORDS, said="lime", meant="light", made_at=NOW, by="owner"),
            )
            assert (there.ledger.sensitivity("shelf"), there.ledger.sensitivity("kitchen")) == (35, None)
            assert len(there.changes) == 2, "twice the same is no change"

    async def test_when_it_has_ended_the_rest_holds_as_it_was(self) -> None:
        async with played(THERE, msgspec.structs.replace(THERE, is_there=False)) as there:
            assert there.ledger.kept == msgspec.structs.replace(KEPT, is_there=False)

    async def test_a_rule_that_is_none_is_not_used(self, caplog: pytest.LogCaptureFixture) -> None:
        rules = (
            RuleWords(rule_id="a" * 32, kind="guess", said="lime", meant="light"),
            RuleWords(rule_id="b" * 32, kind="sentence", said="lime", meant="light"),
        )
        async with played(msgspec.structs.replace(THERE, rules=rules)) as there:
            assert [rule.id for rule in there.ledger.rules] == ["b" * 32]
        assert "a" * 32 in caplog.text
        assert "lime" not in caplog.text

    async def test_what_is_gone_is_told(self) -> None:
        async with played(THERE, Gone(), Gone(everything=True)) as there:
            assert there.gone == [False, True]
