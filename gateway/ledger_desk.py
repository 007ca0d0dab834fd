"""Answers what is asked of the ledger, and has the audit log told of it.

What takes something out (play, replay, export), or has more kept, is done once the audit log has its row. A deletion,
and whatever else is done, waits for nobody: its row is owed, in the ledger's own database, until it is written.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from gateway.errors import ConfigError, LedgerError, ProtocolError
from gateway.ledger.ledger import Ledger, Receipt
from gateway.ledger.reading import Entry, Page
from gateway.ledger.retention import Retention
from gateway.ledger.selection import Selection
from gateway.ledger_acts import OWNER, Acts, Who, an_id, keeps_more, retention_words
from gateway.ledger_pages import HiddenPlaces, fitting, rules_page
from gateway.ledger_translate import correction_of, selection_of, stats_words, turn_words
from gateway.processes.ledger_words import (
    EXPORT_S,
    MOST_WAKES,
    Answer,
    AskClip,
    Asked,
    AskKept,
    AskTimers,
    AskWakes,
    BeginExport,
    KeepCorrection,
    KeepTimers,
    KeptIs,
    MarkTurn,
    RecordAct,
    TimersKept,
    Wakes,
    WakeWords,
)
from gateway.wire.learning_words import (
    AskRules,
    AskTuning,
    CorrectTurn,
    MarkWake,
    RemoveRule,
    Rules,
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
from gateway.wire.taught_rules import rule_of

_ANSWERS: Final[
    dict[type, type[Turns | Stats | TurnsForgotten | TurnCorrected | Rules | Tuning | Wakes | TimersKept]]
] = {
    AskTurns: Turns,
    AskStats: Stats,
    ForgetTurns: TurnsForgotten,
    CorrectTurn: TurnCorrected,
    AskRules: Rules,
    MarkWake: Tuning,
    AskTuning: Tuning,
    AskWakes: Wakes,
    AskTimers: TimersKept,
}
"""What a question is answered with where that is not `LedgerDone`, or more."""
_NO_TURN: Final = "there is no such turn, or not any more"
_LOG = logging.getLogger(__name__)


class LedgerDesk:
    """Answers for one open ledger. Belongs to one event loop; what must not come apart has no `await` in it."""

    def __init__(
        self,
        ledger: Ledger,
        acts: Acts,
        *,
        learned: Callable[[], None] = lambda: None,
        gone: Callable[[bool], None] = lambda _everything: None,
        owing: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`learned` is called when rules, sensitivities or retention may be different; `gone` when something is.

        `owing` is called when the ledger has kept by itself, with what was done, what the audit log is to be told.
        """
        self._ledger = ledger
        self._acts = acts
        self._learned = learned
        self._gone = gone
        self._owing = owing
        self._clock = clock
        self._export_until_s = 0.0
        self._places = HiddenPlaces()

    async def answer(self, asked: Asked, *, by: str, is_here: bool = True) -> tuple[Answer, bytes]:
        """Return the answer, and the sound that goes with it; what cannot be done the answer says itself.

        Not `is_here` is who asks where voice says so: even if that is the owner, the owner's own export is not theirs.
        """
        try:
            return await self._answer(asked, Who(by=by, user_id=getattr(asked, "user_id", ""), is_here=is_here))
        except ProtocolError as error:
            return refusal(asked, error.refusal, str(error)), b""
        except LedgerError as error:
            _LOG.error("ledger: %s cannot be answered: %s", type(asked).__name__, error)
            return refusal(asked, error.refusal, str(error)), b""

    async def _answer(self, asked: Asked, who: Who) -> tuple[Answer, bytes]:
        match asked:
            case PlayTurn():
                return await self._play(asked.id, asked.turn_id, "play", asked.of_user, who)
            case AskClip() if who.by == OWNER and who.is_here and self._clock() < self._export_until_s:
                return LedgerDone(id=asked.id), self._sound(asked.turn_id, None)
            case AskClip():
                return await self._play(asked.id, asked.turn_id, "replay", None, who)
            case BeginExport():
                return await self._begin_export(asked, who), b""
            case ChangeKept():
                return await self._change_kept(asked, who), b""
            case AskTurns() | AskStats() | AskRules() | AskWakes() | AskKept() | AskTimers():
                return self._looked_up(asked), b""
            case CorrectTurn() | MarkWake() | AskTuning():
                raise ProtocolError("away", "this takes a gateway that runs: what hears has to try it")
            case _:
                return self._done(asked, who), b""

    def _looked_up(self, asked: AskTurns | AskStats | AskRules | AskWakes | AskKept | AskTimers) -> Answer:
        match asked:
            case AskTurns():
                return self._turns(asked)
            case AskStats():
                return self._stats(asked)
            case AskRules():
                return rules_page(asked, self._ledger.rules())
            case AskWakes():
                return self._wakes(asked)
            case AskKept():
                return self._kept(asked)
            case AskTimers():
                return TimersKept(id=asked.id, timers=self._ledger.timers())

    def _done(
        self, asked: ForgetTurns | KeepCorrection | RemoveRule | MarkTurn | SetSensitivity | KeepTimers, who: Who
    ) -> Answer:
        match asked:
            case ForgetTurns():
                return self._forget(asked, who)
            case KeepCorrection():
                return self._keep_correction(asked, who)
            case RemoveRule():
                return self._remove_rule(asked, who)
            case MarkTurn():
                return self._mark(asked)
            case SetSensitivity():
                return self._set_sensitivity(asked, who)
            case KeepTimers():
                self._ledger.keep_timers(asked.timers)
                return LedgerDone(id=asked.id)

    # Looking

    def _turns(self, asked: AskTurns) -> Turns:
        if asked.of_user == "":
            return Turns(id=asked.id)
        selection = selection_of(asked.selection, of_user=asked.of_user)
        before = asked.before if asked.before is None or asked.of_user is None else self._places.found(asked.before)

        def page(limit: int) -> Page:
            if asked.words:
                return self._ledger.search(asked.words, selection, before=before, limit=limit)
            return self._ledger.page(selection, before=before, limit=limit)

        found = page(asked.limit)
        words = [turn_words(entry) for entry in found.entries]
        most = fitting(words)
        if most < len(words):  # once more, so that it is known where the next page begins
            found = page(max(1, most))
            words = [turn_words(entry) for entry in found.entries]
            most = fitting(words)
        return Turns(
            id=asked.id,
            turns=tuple(words[:most]),
            before=found.before if found.before is None or asked.of_user is None else self._places.hidden(found.before),
            unreadable=found.unreadable + len(words) - most,
        )

    def _stats(self, asked: AskStats) -> Stats:
        try:
            zone = ZoneInfo(asked.zone)
        except (ValueError, OSError, KeyError) as error:
            raise ProtocolError("malformed", "there is no such time zone") from error
        corrected = self._ledger.count(Selection(corrected=True))
        return stats_words(asked.id, self._ledger.stats(asked.days, zone), corrected=corrected)

    def _wakes(self, asked: AskWakes) -> Wakes:
        wakes = self._ledger.wakes(asked.satellite_id, MOST_WAKES)
        return Wakes(
            id=asked.id,
            wakes=tuple(
                WakeWords(
                    wake_word=wake.wake_word, score=wake.score, second_score=wake.second_score, verdict=wake.verdict
                )
                for wake in wakes
            ),
        )

    def _kept(self, asked: AskKept) -> KeptIs:
        kept = self._ledger.retention
        return KeptIs(
            id=asked.id,
            transcripts_s=kept.transcripts_s,
            audio_s=kept.audio_s,
            false_wakes_s=kept.false_wakes_s,
        )

    def _entry(self, turn_id: str, of_user: str | None) -> Entry:
        """Return a turn that may be seen. Raises ProtocolError where there is none."""
        entry = self._ledger.get(turn_id)
        if entry is None or (of_user is not None and (not of_user or entry.row.user_id != of_user)):
            raise ProtocolError("unknown_turn", _NO_TURN)
        return entry

    def _sound(self, turn_id: str, of_user: str | None) -> bytes:
        self._entry(turn_id, of_user)
        sound = self._ledger.clip(turn_id)
        if not sound:
            raise ProtocolError("no_clip", "nothing was recorded of that turn, or not any more")
        return sound

    async def _play(
        self, number: int, turn_id: str, act: str, of_user: str | None, who: Who
    ) -> tuple[LedgerDone, bytes]:
        self._sound(turn_id, of_user)  # what is not there is no row
        await self._write_down(who.act(act, about=turn_id, turns=1, clips=1))
        return LedgerDone(id=number), self._sound(turn_id, of_user)  # it may have gone meanwhile

    async def _begin_export(self, asked: BeginExport, who: Who) -> LedgerDone:
        if who.by != OWNER or not who.is_here:
            raise ProtocolError("malformed", "only the owner exports")
        await self._write_down(who.act("export", turns=asked.turns, clips=asked.clips))
        self._export_until_s = self._clock() + EXPORT_S
        return LedgerDone(id=asked.id)

    # Forgetting

    def _forget(self, asked: ForgetTurns, who: Who) -> TurnsForgotten:
        is_selected = asked.selection != SelectionWords()
        if asked.everything == is_selected or (asked.everything and asked.of_user is not None):
            raise ProtocolError("malformed", "either everything is to be forgotten, or what is selected")
        if asked.keep_rules and asked.selection.turn_ids is None:
            raise ProtocolError("malformed", "rules are kept only where turns are named")
        if asked.of_user == "":
            raise ProtocolError("unknown_turn", _NO_TURN)
        selection = selection_of(asked.selection, of_user=asked.of_user)

        def act(receipt: Receipt) -> bytes:
            return msgspec.json.encode(who.act("forget", turns=receipt.count, clips=receipt.clips, rules=receipt.rules))

        try:
            receipt = self._ledger.delete(
                selection, everything=asked.everything, keep_rules=asked.keep_rules, owing=act
            )
        except LedgerError:  # its keys may be gone all the same, so no copy is to stay
            self._owing()
            self._gone(asked.everything)
            self._learned()
            raise
        self._owing()
        if asked.selection.turn_ids is not None and not receipt.count and not receipt.rules:
            raise ProtocolError("unknown_turn", _NO_TURN)
        self._gone(asked.everything)
        self._learned()
        return TurnsForgotten(id=asked.id, turns=receipt.count, clips=receipt.clips, rules=receipt.rules)

    async def _change_kept(self, asked: ChangeKept, who: Who) -> LedgerDone:
        try:
            chosen = Retention(
                transcripts_s=asked.transcripts_s, audio_s=asked.audio_s, false_wakes_s=asked.false_wakes_s
            )
        except ConfigError as error:
            raise ProtocolError("malformed", str(error)) from error
        act = who.act("retention", about=retention_words(chosen))
        is_more = keeps_more(chosen, self._ledger.retention)
        if is_more:
            await self._write_down(act)
        else:
            self._acts.owe(act)  # before, as it may delete: nothing is deleted without a receipt
        try:
            forgotten = self._ledger.set_retention(chosen)
        except LedgerError:  # it may hold all the same, and keys may be gone
            self._gone(False)
            self._learned()
            raise
        if forgotten.rows or forgotten.clips:
            self._gone(False)
        self._learned()
        return LedgerDone(id=asked.id)

    # Learning

    def _keep_correction(self, asked: KeepCorrection, who: Who) -> LedgerDone:
        now = datetime.now(UTC)
        correction = correction_of(asked.correction, now=now)
        rule = None if asked.rule is None else rule_of(asked.rule, now=now)
        if not self._ledger.correct(asked.turn_id, correction, rule):
            raise ProtocolError("unknown_turn", _NO_TURN)
        self._acts.owe(who.act("correct", about=asked.turn_id, turns=1, rules=0 if rule is None else 1))
        self._learned()
        return LedgerDone(id=asked.id)

    def _remove_rule(self, asked: RemoveRule, who: Who) -> LedgerDone:
        try:
            is_gone = self._ledger.remove_rule(asked.rule_id)
        except LedgerError:  # its key may be gone all the same
            self._learned()
            raise
        if not is_gone:
            raise ProtocolError("no_rule", "there is no such rule, or not any more")
        self._acts.owe(who.act("unlearn", about=asked.rule_id, rules=1))
        self._learned()
        return LedgerDone(id=asked.id)

    def _mark(self, asked: MarkTurn) -> LedgerDone:
        self._entry(asked.turn_id, asked.of_user)
        if not self._ledger.mark_wake(asked.turn_id, is_false=asked.is_false):
            raise ProtocolError("unknown_turn", _NO_TURN)
        return LedgerDone(id=asked.id)

    def _set_sensitivity(self, asked: SetSensitivity, who: Who) -> LedgerDone:
        self._ledger.set_sensitivity(asked.satellite_id, asked.sensitivity)
        self._acts.owe(who.act("sensitivity", about=an_id(asked.satellite_id)))
        self._learned()
        return LedgerDone(id=asked.id)

    async def _write_down(self, act: RecordAct) -> None:
        """Return when it is in the audit log. Raises ProtocolError: then it is not done."""
        error = await self._acts.record(act)
        if error:
            raise ProtocolError("not_recorded", f"it could not be written into the audit log: {error}")


def refusal(asked: Asked, code: str, message: str) -> Answer:
    """Return the answer to a question that says that it cannot be answered."""
    kind = _ANSWERS.get(type(asked))
    if kind is None:
        return LedgerDone(id=asked.id, error=code, message=message)
    return kind(id=asked.id, error=code, message=message)
