"""What is asked of the ledger, answered from a real one; and what the audit log is told, before or after."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway.errors import LedgerError
from gateway.events import Hypothesis
from gateway.ledger.ledger import Ledger
from gateway.ledger.rows import TurnRow, new_id
from gateway.ledger_acts import OWNER, Who
from gateway.ledger_desk import LedgerDesk
from gateway.ledger_pages import LARGEST_PAGE_BYTES
from gateway.processes.ledger_words import (
    EXPORT_S,
    Answer,
    AskClip,
    Asked,
    AskKept,
    AskWakes,
    BeginExport,
    KeepCorrection,
    KeptIs,
    MarkTurn,
    RecordAct,
    Wakes,
)
from gateway.wire.learning_words import (
    AskRules,
    AskTuning,
    CorrectionWords,
    CorrectTurn,
    MarkWake,
    MeaningWords,
    RemoveRule,
    Rules,
    RuleWords,
    SetSensitivity,
    Tuning,
    TurnCorrected,
)
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

PCM: Final = bytes(range(256)) * 50
HOME: Final = "home-1"
HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
NOBODYS, ALICES, BOBS = (
    TurnRow(
        id=new_id(),
        at=datetime.now(UTC),
        satellite_id="kitchen" if not user else "",
        area_id="kitchen",
        user_id=user,
        outcome="action",
        wake_word="okay_nabu" if not user else "",
        wake_score=0.9 if not user else None,
        heard=f"turn on the light {user}".strip(),
    )
    for user in ("", "alice", "bob")
)


class Acts:
    """An audit log that a test reads, and that may refuse."""

    def __init__(self) -> None:
        self.recorded: list[RecordAct] = []
        self.owed: list[RecordAct] = []
        self.error = ""
        self.during: list[Callable[[], object]] = []
        """What happens while somebody waits for the row."""

    async def record(self, act: RecordAct) -> str:
        for do in self.during:
            do()
        if not self.error:
            self.recorded.append(act)
        return self.error

    def owe(self, act: RecordAct) -> None:
        self.owed.append(act)


class Desk:
    """A desk, and what it said to whom."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder)
        self.acts = Acts()
        self.gone: list[bool] = []
        self.learned = 0
        self.now_s = 1_000.0
        self.sound = b""
        self.desk = LedgerDesk(
            self.ledger, self.acts, learned=self._learn, gone=self.gone.append, clock=lambda: self.now_s
        )

    def _learn(self) -> None:
        self.learned += 1

    async def ask[A: Answer](self, question: Asked, kind: type[A], *, by: str = HOME) -> A:
        answer, self.sound = await self.desk.answer(question, by=by)
        assert isinstance(answer, kind)
        return answer

    def acts_owed(self) -> list[RecordAct]:
        """Return what the ledger itself owes the audit log."""
        return [msgspec.json.decode(raw, type=RecordAct) for _, raw in self.ledger.owed()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path / "ledger")
    yield found
    found.ledger.close()


async def keep_sound(desk: Desk) -> None:
    done = await desk.ask(ChangeKept(id=1, transcripts_s=7 * DAY_S, audio_s=DAY_S), LedgerDone, by=OWNER)
    assert not done.error
    desk.acts.recorded.clear()


async def ids(desk: Desk, question: AskTurns) -> list[str]:
    return [turn.turn_id for turn in (await desk.ask(question, Turns)).turns]


def some(*rows: TurnRow) -> SelectionWords:
    return SelectionWords(turn_ids=tuple(row.id for row in rows))


class TestLooking:
    async def test_the_newest_first_by_page_word_and_selection(self, desk: Desk) -> None:
        for row in (NOBODYS, ALICES, BOBS):
            desk.ledger.record(row)
        first = await desk.ask(AskTurns(id=4, limit=2), Turns)
        assert (first.id, [turn.turn_id for turn in first.turns]) == (4, [BOBS.id, ALICES.id])
        assert await ids(desk, AskTurns(id=1, before=first.before)) == [NOBODYS.id]
        assert await ids(desk, AskTurns(id=1, words="bob")) == [BOBS.id]
        assert await ids(desk, AskTurns(id=1, selection=SelectionWords(satellite_id="kitchen"))) == [NOBODYS.id]
        assert await ids(desk, AskTurns(id=1, selection=SelectionWords(until="2020-01-01T00:00:00"))) == []
        assert await ids(desk, AskTurns(id=1, selection=SelectionWords(last_s=2**53))) != []

    async def test_a_page_ends_before_it_is_too_large_and_the_next_goes_on_there(self, desk: Desk) -> None:
        long = tuple(Hypothesis(text="ß" * 900, score=-float(number)) for number in range(10))
        rows = [replace(NOBODYS, id=new_id(), hypotheses=long, heard="x" * 2_000) for _ in range(7)]
        for row in rows:
            desk.ledger.record(row)
        found: list[str] = []
        before = None
        for _ in range(10):
            page = await desk.ask(AskTurns(id=1, before=before, words="x"), Turns)
            assert len(msgspec.json.encode(page)) <= LARGEST_PAGE_BYTES + 500
            found += [turn.turn_id for turn in page.turns]
            before = page.before
            if before is None:
                break
        assert found == [row.id for row in reversed(rows)]

    async def test_who_sees_their_own_is_not_told_how_many_others_spoke_in_between(self, desk: Desk) -> None:
        rows = [replace(row, id=new_id()) for row in (ALICES, BOBS, ALICES, ALICES)]
        for row in rows:
            desk.ledger.record(row)
        found: list[str] = []
        places: list[int] = []
        before = None
        for _ in rows:
            page = await desk.ask(AskTurns(id=1, before=before, limit=1, of_user="alice"), Turns)
            found += [turn.turn_id for turn in page.turns]
            if (before := page.before) is None:
                break
            places.append(before)
        assert found == [rows[3].id, rows[2].id, rows[0].id]
        assert not {1, 2, 3, 4} & set(places)

    async def test_one_that_fits_on_no_page_is_left_out_and_counted(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.ledger_pages.LARGEST_PAGE_BYTES", 10)
        desk.ledger.record(NOBODYS)
        desk.ledger.record(ALICES)
        page = await desk.ask(AskTurns(id=1), Turns)
        assert (page.turns, page.unreadable) == ((), 1)
        assert page.before is not None

    async def test_counts_retention_and_wakes(self, desk: Desk) -> None:
        desk.ledger.record(NOBODYS)
        stats = await desk.ask(AskStats(id=2, days=2, zone="Europe/Berlin"), Stats)
        assert (stats.total.turns, len(stats.days), stats.corrected) == (1, 2, 0)
        for zone in ("Nowhere/Atall", "../../etc/passwd", "", "/etc/passwd"):
            assert (await desk.ask(AskStats(id=2, zone=zone), Stats)).error == "malformed"
        kept = await desk.ask(AskKept(id=3), KeptIs)
        assert kept == KeptIs(id=3, transcripts_s=7 * DAY_S, audio_s=None)
        (wake,) = (await desk.ask(AskWakes(id=4, satellite_id="kitchen"), Wakes)).wakes
        assert (wake.wake_word, wake.score, wake.verdict) == ("okay_nabu", 0.9, "real")

    @pytest.mark.parametrize("wrong", ["yesterday", "2026-99-01", "0001-01-01T00:00:00+23:00"])
    async def test_a_point_in_time_that_is_none_is_refused(self, desk: Desk, wrong: str) -> None:
        answer = await desk.ask(AskTurns(id=1, selection=SelectionWords(since=wrong)), Turns)
        assert answer.error == "malformed"

    async def test_what_takes_understanding_is_not_answered_here(self, desk: Desk) -> None:
        assert (await desk.ask(CorrectTurn(id=1, turn_id=NOBODYS.id), TurnCorrected)).error == "away"
        assert (await desk.ask(MarkWake(id=1, turn_id=NOBODYS.id), Tuning)).error == "away"
        assert (await desk.ask(AskTuning(id=1, satellite_id="kitchen"), Tuning)).error == "away"

    async def test_a_ledger_that_fails_says_so(self, desk: Desk) -> None:
        desk.ledger.close()
        answer = await desk.ask(AskTurns(id=1), Turns)
        assert answer.error
        assert answer.message


class TestPlaying:
    async def test_it_is_in_the_audit_log_before(self, desk: Desk) -> None:
        await keep_sound(desk)
        desk.ledger.record(NOBODYS, PCM)
        assert await desk.ask(PlayTurn(id=1, turn_id=NOBODYS.id, user_id="u"), LedgerDone) == LedgerDone(id=1)
        assert desk.sound == PCM
        await desk.ask(AskClip(id=2, turn_id=NOBODYS.id), LedgerDone)
        assert desk.sound == PCM
        assert [(act.act, act.about, act.by, act.user_id) for act in desk.acts.recorded] == [
            ("play", NOBODYS.id, HOME, "u"),
            ("replay", NOBODYS.id, HOME, ""),
        ]
        desk.acts.error = "the disk is full"
        answer = await desk.ask(PlayTurn(id=3, turn_id=NOBODYS.id), LedgerDone)
        assert (answer.error, desk.sound) == ("not_recorded", b"")

    async def test_what_is_not_there_is_no_row(self, desk: Desk) -> None:
        desk.ledger.record(NOBODYS)
        assert (await desk.ask(PlayTurn(id=1, turn_id=NOBODYS.id), LedgerDone)).error == "no_clip"
        assert (await desk.ask(PlayTurn(id=1, turn_id=new_id()), LedgerDone)).error == "unknown_turn"
        assert desk.acts.recorded == []

    async def test_what_is_no_id_does_not_come_into_the_audit_log(self, desk: Desk) -> None:
        await keep_sound(desk)
        desk.ledger.record(NOBODYS, PCM)
        said = "turn on the light"
        await desk.ask(PlayTurn(id=1, turn_id=NOBODYS.id, user_id=said), LedgerDone, by=said)
        assert [(act.by, act.user_id) for act in desk.acts.recorded] == [("?", "?")]
        await desk.ask(SetSensitivity(id=1, satellite_id=said, sensitivity=3), LedgerDone)
        assert [act.about for act in desk.acts.owed] == ["?"]
        longest = "\0" * 255
        done = await desk.ask(ForgetTurns(id=2, everything=True, user_id=longest), TurnsForgotten, by=longest)
        assert (done.error, done.turns) == ("", 1)

    async def test_where_voice_says_that_the_owner_asks_the_owners_export_is_not_for_it(self, desk: Desk) -> None:
        await keep_sound(desk)
        desk.ledger.record(NOBODYS, PCM)
        answer, _ = await desk.desk.answer(BeginExport(id=1, turns=1, clips=1), by=OWNER, is_here=False)
        assert isinstance(answer, LedgerDone)
        assert answer.error == "malformed"
        await desk.ask(BeginExport(id=1, turns=1, clips=1), LedgerDone, by=OWNER)
        desk.acts.recorded.clear()
        await desk.desk.answer(AskClip(id=2, turn_id=NOBODYS.id), by=OWNER, is_here=False)
        assert [act.act for act in desk.acts.recorded] == ["replay"]

    async def test_what_is_forgotten_while_the_row_is_written_is_not_played(self, desk: Desk) -> None:
        await keep_sound(desk)
        desk.ledger.record(NOBODYS, PCM)
        forget = ForgetTurns(id=2, everything=True)
        desk.acts.during.append(lambda: desk.desk._forget(forget, Who(by=HOME)))
        assert (await desk.ask(PlayTurn(id=1, turn_id=NOBODYS.id), LedgerDone)).error == "unknown_turn"
        assert desk.sound == b""

    async def test_an_export_is_one_row_and_the_owners_alone(self, desk: Desk) -> None:
        await keep_sound(desk)
        desk.ledger.record(NOBODYS, PCM)
        begin = BeginExport(id=1, turns=1, clips=1)
        assert (await desk.ask(begin, LedgerDone)).error == "malformed"
        assert not (await desk.ask(begin, LedgerDone, by=OWNER)).error
        await desk.ask(AskClip(id=2, turn_id=NOBODYS.id), LedgerDone, by=OWNER)
        assert desk.sound == PCM
        assert [act.act for act in desk.acts.recorded] == ["export"]
        await desk.ask(AskClip(id=2, turn_id=NOBODYS.id), LedgerDone)
        desk.now_s += EXPORT_S
        await desk.ask(AskClip(id=2, turn_id=NOBODYS.id), LedgerDone, by=OWNER)
        assert [act.act for act in desk.acts.recorded] == ["export", "replay", "replay"]


class TestForgetting:
    async def test_it_is_done_told_and_owed(self, desk: Desk) -> None:
        for row in (NOBODYS, ALICES, BOBS):
            desk.ledger.record(row)
        forget = ForgetTurns(id=1, selection=some(ALICES, BOBS), user_id="admin")
        assert await desk.ask(forget, TurnsForgotten) == TurnsForgotten(id=1, turns=2)
        assert await ids(desk, AskTurns(id=1)) == [NOBODYS.id]
        assert desk.gone == [False]
        (act,) = desk.acts_owed()
        assert (act.act, act.by, act.user_id, act.turns) == ("forget", HOME, "admin", 2)
        assert (await desk.ask(forget, TurnsForgotten)).error == "unknown_turn"
        assert desk.ledger.deletions == len(desk.gone) == 1
        assert (await desk.ask(ForgetTurns(id=1, everything=True), TurnsForgotten)).turns == 1
        assert desk.gone == [False, True]
        assert desk.ledger.deletions == 2

    @pytest.mark.parametrize(
        "question",
        [
            ForgetTurns(id=1),
            ForgetTurns(id=1, everything=True, selection=SelectionWords(area_id="kitchen")),
            ForgetTurns(id=1, everything=True, of_user="alice"),
            ForgetTurns(id=1, selection=SelectionWords(since="soon")),
            ForgetTurns(id=1, selection=SelectionWords(last_s=60), keep_rules=True),
            ForgetTurns(id=1, everything=True, keep_rules=True),
        ],
    )
    async def test_what_could_mean_anything_is_refused(self, desk: Desk, question: ForgetTurns) -> None:
        desk.ledger.record(ALICES)
        assert (await desk.ask(question, TurnsForgotten)).error == "malformed"
        assert await ids(desk, AskTurns(id=1)) == [ALICES.id]
        assert desk.gone == []

    async def test_what_is_kept_for_longer_waits_for_its_row_and_what_is_kept_for_less_does_not(
        self, desk: Desk
    ) -> None:
        desk.ledger.record(NOBODYS)
        desk.acts.error = "no broker"
        longer = ChangeKept(id=1, transcripts_s=30 * DAY_S, audio_s=None)
        assert (await desk.ask(longer, LedgerDone)).error == "not_recorded"
        assert desk.ledger.retention.transcripts_s == 7 * DAY_S
        shorter = ChangeKept(id=2, transcripts_s=None, audio_s=None, false_wakes_s=60)
        assert await desk.ask(shorter, LedgerDone) == LedgerDone(id=2)
        assert [act.about for act in desk.acts.owed] == ["transcripts=off audio=off false_wakes=60"]
        assert desk.gone == [False]
        assert (await desk.ask(ChangeKept(id=3, transcripts_s=1, audio_s=None), LedgerDone)).error == "malformed"


class TestOfOneUser:
    async def test_others_turns_are_as_if_they_did_not_exist(self, desk: Desk) -> None:
        await keep_sound(desk)
        for row in (NOBODYS, ALICES, BOBS):
            desk.ledger.record(row, PCM)
        assert await ids(desk, AskTurns(id=1, of_user="alice")) == [ALICES.id]
        assert await ids(desk, AskTurns(id=1, of_user="alice", selection=some(NOBODYS, BOBS))) == []
        assert not (await desk.ask(PlayTurn(id=1, turn_id=ALICES.id, of_user="alice"), LedgerDone)).error
        for row in (NOBODYS, BOBS):
            assert (await desk.ask(PlayTurn(id=1, turn_id=row.id, of_user="alice"), LedgerDone)).error == "unknown_turn"
            mark = MarkTurn(id=1, turn_id=row.id, is_false=True, of_user="alice")
            assert (await desk.ask(mark, LedgerDone)).error == "unknown_turn"
            forget = ForgetTurns(id=1, selection=some(row), of_user="alice")
            assert (await desk.ask(forget, TurnsForgotten)).error == "unknown_turn"
        assert len(await ids(desk, AskTurns(id=1))) == 3

    async def test_nobody_owns_what_is_nobodys(self, desk: Desk) -> None:
        desk.ledger.record(NOBODYS, PCM)
        assert await ids(desk, AskTurns(id=1, of_user="")) == []
        assert (await desk.ask(PlayTurn(id=1, turn_id=NOBODYS.id, of_user=""), LedgerDone)).error == "unknown_turn"
        forget = ForgetTurns(id=1, selection=some(NOBODYS), of_user="")
        assert (await desk.ask(forget, TurnsForgotten)).error == "unknown_turn"


def rule(said: str = "make it cosy", kind: str = "sentence") -> RuleWords:
    return RuleWords(rule_id=new_id(), kind=kind, said=said, meant="dim the lights", turn_id=NOBODYS.id, by=OWNER)


def correction(rule_id: str = "") -> CorrectionWords:
    return CorrectionWords(
        meant="dim the lights", meaning=MeaningWords(intent="HassLightSet", slots={"brightness": 20}), rule_id=rule_id
    )


class TestLearning:
    async def test_a_correction_and_its_rule_are_kept_shown_and_unlearned(self, desk: Desk) -> None:
        desk.ledger.record(NOBODYS)
        learned = rule()
        question = KeepCorrection(
            id=1, turn_id=NOBODYS.id, correction=correction(learned.rule_id), rule=learned, user_id="admin"
        )
        assert await desk.ask(question, LedgerDone) == LedgerDone(id=1)
        assert desk.learned == 1
        (turn,) = (await desk.ask(AskTurns(id=1, selection=SelectionWords(corrected=True)), Turns)).turns
        assert turn.correction is not None
        assert (turn.correction.meant, turn.correction.meaning.slots) == ("dim the lights", {"brightness": 20})
        (shown,) = (await desk.ask(AskRules(id=1), Rules)).rules
        assert (shown.said, shown.meant, shown.turn_id) == (learned.said, learned.meant, NOBODYS.id)
        assert await desk.ask(RemoveRule(id=2, rule_id=shown.rule_id), LedgerDone) == LedgerDone(id=2)
        assert (await desk.ask(RemoveRule(id=2, rule_id=shown.rule_id), LedgerDone)).error == "no_rule"
        assert [(act.act, act.about) for act in desk.acts.owed] == [
            ("correct", NOBODYS.id),
            ("unlearn", shown.rule_id),
        ]

    @pytest.mark.parametrize("of_user", [None, "alice"])
    async def test_a_turn_is_forgotten_and_its_rule_is_kept(self, desk: Desk, of_user: str | None) -> None:
        desk.ledger.record(ALICES)
        learned = rule()
        kept = KeepCorrection(id=1, turn_id=ALICES.id, correction=correction(learned.rule_id), rule=learned)
        await desk.ask(kept, LedgerDone)
        forget = ForgetTurns(id=1, selection=some(ALICES), keep_rules=True, of_user=of_user, user_id="alice")
        others = msgspec.structs.replace(forget, of_user="bob")
        assert (await desk.ask(others, TurnsForgotten)).error == "unknown_turn"
        assert await desk.ask(forget, TurnsForgotten) == TurnsForgotten(id=1, turns=1)
        assert await ids(desk, AskTurns(id=1)) == []
        assert [one.rule_id for one in (await desk.ask(AskRules(id=1), Rules)).rules] == [learned.rule_id]
        act = desk.acts_owed()[-1]
        assert (act.act, act.user_id, act.turns, act.rules) == ("forget", "alice", 1, 0)
        assert (await desk.ask(forget, TurnsForgotten)).error == "unknown_turn"
        assert desk.gone[-1] is False
        after = msgspec.structs.replace(forget, keep_rules=False)
        assert await desk.ask(after, TurnsForgotten) == TurnsForgotten(id=1, rules=1)

    async def test_what_cannot_be_learned_is_said(self, desk: Desk) -> None:
        question = KeepCorrection(id=1, turn_id=NOBODYS.id, correction=correction())
        assert (await desk.ask(question, LedgerDone)).error == "unknown_turn"
        desk.ledger.record(NOBODYS)
        odd = KeepCorrection(id=1, turn_id=NOBODYS.id, correction=correction(), rule=rule(kind="spell"))
        assert (await desk.ask(odd, LedgerDone)).error == "malformed"
        assert desk.acts.owed == []

    async def test_rules_come_in_pages(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.ledger.record(NOBODYS)
        for number in range(5):
            one = rule(f"rule {number}")
            kept = KeepCorrection(id=1, turn_id=NOBODYS.id, correction=correction(one.rule_id), rule=one)
            assert not (await desk.ask(kept, LedgerDone)).error
        monkeypatch.setattr("gateway.ledger_pages.LARGEST_PAGE_BYTES", 520)
        first = await desk.ask(AskRules(id=1), Rules)
        second = await desk.ask(AskRules(id=1, before=first.before), Rules)
        third = await desk.ask(AskRules(id=1, before=second.before), Rules)
        said = [one.said for page in (first, second, third) for one in page.rules]
        assert said == [f"rule {number}" for number in (4, 3, 2, 1, 0)]
        assert third.before is None

    async def test_wakes_and_sensitivities(self, desk: Desk) -> None:
        for row in (NOBODYS, ALICES):
            desk.ledger.record(row)
        mark = MarkTurn(id=1, turn_id=NOBODYS.id, is_false=True)
        assert await desk.ask(mark, LedgerDone) == LedgerDone(id=1)
        (turn,) = (await desk.ask(AskTurns(id=1, selection=some(NOBODYS)), Turns)).turns
        assert turn.wake_mark == "false"
        typed = MarkTurn(id=1, turn_id=ALICES.id, is_false=True)
        assert (await desk.ask(typed, LedgerDone)).error == "unknown_turn"
        assert await desk.ask(SetSensitivity(id=2, satellite_id="kitchen", sensitivity=40), LedgerDone) == LedgerDone(
            id=2
        )
        assert dict(desk.ledger.sensitivities()) == {"kitchen": 40}
        for number in range(255):
            desk.ledger.set_sensitivity(f"satellite {number}", 30)
        one_more = SetSensitivity(id=2, satellite_id="one more", sensitivity=40)
        assert (await desk.ask(one_more, LedgerDone)).error == "too_many"


class TestFailing:
    """The keys are gone, and then something fails: whoever has copies is told all the same."""

    async def test_what_is_forgotten_is_told(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise LedgerError("the disk is broken")

        desk.ledger.record(NOBODYS)
        monkeypatch.setattr(desk.ledger, "_finish", fail)
        forgotten = await desk.ask(ForgetTurns(id=1, selection=some(NOBODYS)), TurnsForgotten)
        assert (forgotten.error, desk.gone, desk.learned) == ("ledger", [False], 1)
        assert [act.turns for act in desk.acts_owed()] == [1]
        assert (await desk.ask(RemoveRule(id=2, rule_id=new_id()), LedgerDone)).error == "ledger"
        assert desk.learned == 2
        kept = await desk.ask(ChangeKept(id=3, transcripts_s=DAY_S, audio_s=None), LedgerDone)
        assert (kept.error, desk.gone, desk.learned) == ("ledger", [False, False], 3)
