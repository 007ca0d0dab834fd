"""Rows of turns that others run, step by step: what was recognised for them, joined with what it was asked to do.

Home Assistant's pipelines say which conversation both belong to. What was recognised is in memory only, for a minute at
most; then it is a row of its own: somebody else did something with it, or nobody did anything.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import Final, Self

from gateway.errors import VoiceError
from gateway.events import (
    Event,
    IntentRecognized,
    NothingHeard,
    Outcome,
    SpeechEnded,
    SpeechStarted,
    Transcript,
    TurnEnded,
    TurnFailed,
)
from gateway.ledger.rows import Kind, TurnRow
from gateway.server.services import Ledger
from gateway.server.turn_rows import TurnRows
from gateway.turn.spoken import Said, Spoken

PENDING_S: Final = 60.0
"""A pipeline says it to the house within a second; a slow agent of somebody else's may come first."""
MOST_PENDING: Final = 32
"""As many as requests that one home may have open."""
UNTOLD: Final = "•••"
"""What is remembered of a PIN."""
RECOGNIZED: Final = "recognized"
"""The outcome of what was written down, and not said to this gateway."""


class PipelineTurn:
    """One turn that is under way: what happens in it is told, and then how it ended."""

    def __init__(self, ledger: Ledger, said: Said, spoken: Spoken | None) -> None:
        """`spoken` is what was recognised; without it the words were typed, or heard by somebody else."""
        self._ledger = ledger
        self._said = said
        self._spoken = spoken
        self._row = _RowOf(said, datetime.now(UTC) if spoken is None else spoken.at)
        self._stages_ms: dict[str, float] = {}
        self._is_kept = False
        if spoken is None:
            self._row(Transcript(t_ms=0, text=said.text, score=0.0, hypotheses=()))
        else:
            self._stages_ms["stt"] = spoken.recognized_ms
            self._row.take(spoken)

    def tell(self, event: Event) -> None:
        """Take what happened."""
        if isinstance(event, IntentRecognized) and self._spoken is not None:
            event = replace(event, heard=_heard(self._spoken))
        if self._spoken is not None:
            self._stages_ms[event.type] = (monotonic() - self._spoken.ended_s) * 1000
        self._row(event)

    def ended(self, outcome: str, speech: str, *, error: str = "") -> None:
        """Have it remembered: how it ended, and what was answered. `error` says what failed."""
        if error:
            self._row(TurnFailed(t_ms=0, code=error))
        told = Outcome(outcome) if outcome in Outcome else Outcome.ANSWER
        row = self._row.ended(told, stages_ms=self._stages_ms)
        self._keep(replace(row, outcome=outcome, reply=speech))

    def __enter__(self) -> Self:
        """Be told what happens during the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have remembered, where it has not ended, what had happened by now."""
        if not self._is_kept:
            if isinstance(error, VoiceError):
                self._row(TurnFailed(t_ms=0, code=error.code))
            self._keep(self._row.cut_short())

    def _keep(self, row: TurnRow) -> None:
        self._is_kept = True
        self._ledger.keep(row, b"" if self._spoken is None else self._spoken.pcm)


class PipelineTurns:
    """The turns of one home, or of all Wyoming clients. Belongs to the event loop that is running when it is used."""

    def __init__(
        self, ledger: Ledger, *, satellite_id: str = "", is_secret: Callable[[str], bool] = lambda _: False
    ) -> None:
        """`satellite_id` is where something was recognised whose place nobody says.

        `is_secret` tells whether a PIN is what is said next in a conversation: of that nothing is remembered.
        """
        self._ledger = ledger
        self._is_secret = is_secret
        self._satellite_id = satellite_id
        self._pending: OrderedDict[str, _Pending] = OrderedDict()

    def recognized(self, key: str, spoken: Spoken, *, conversation_id: str = "") -> None:
        """Wait for what is asked with this under the same `key`: it is one turn. Without a key nothing can come."""
        pcm = spoken.pcm if self._ledger.kept.audio_s is not None else b""
        spoken = replace(spoken, pcm=pcm)
        self._write_down(key)
        if self._is_secret(conversation_id):
            return
        if not key:
            self._keep_alone(_Pending(spoken=spoken, conversation_id=conversation_id))
            return
        later = asyncio.get_running_loop().call_later(PENDING_S, self._write_down, key)
        self._pending[key] = _Pending(spoken=spoken, conversation_id=conversation_id, later=later)
        while len(self._pending) > MOST_PENDING:
            self._write_down(next(iter(self._pending)))

    def nothing_heard(self, at: datetime, reason: str, *, is_woken: bool) -> None:
        """Remember that nothing was said that was meant for us; `is_woken` where a wake word was heard before."""
        row = _RowOf(Said(text="", satellite_id=self._satellite_id), at)
        row(NothingHeard(t_ms=0, reason=reason))
        kind: Kind = "false_wake" if is_woken else "turn"
        self._ledger.keep(replace(row.ended(Outcome.NOTHING_HEARD), kind=kind), b"")

    def begin(self, said: Said, *, key: str) -> PipelineTurn:
        """Return the turn in which this is said to the house, with what was recognised under the same `key`."""
        pending = self._pending.pop(key, None)
        if pending is not None:
            pending.stop()
        if self._is_secret(said.conversation_id):
            return PipelineTurn(self._ledger, replace(said, text=UNTOLD), None)
        return PipelineTurn(self._ledger, said, None if pending is None else pending.spoken)

    def forget(self) -> None:
        """Forget what waits: it was said before something was forgotten."""
        for pending in self._pending.values():
            pending.stop()
        self._pending.clear()

    def close(self) -> None:
        """Know that nothing will be asked any more: what waits is all there is of its turn."""
        while self._pending:
            self._write_down(next(iter(self._pending)))

    def _write_down(self, key: str) -> None:
        """Remember what waits under `key`, as nothing was asked with it."""
        pending = self._pending.pop(key, None)
        if pending is not None:
            pending.stop()
            self._keep_alone(pending)

    def _keep_alone(self, pending: _Pending) -> None:
        spoken = pending.spoken
        said = Said(text=spoken.text, satellite_id=self._satellite_id, conversation_id=pending.conversation_id)
        row = _RowOf(said, spoken.at)
        row.take(spoken)
        why = f'heard "{spoken.text}"; it was written down, and nothing was asked of the gateway with it'
        ended = row.ended(Outcome.ANSWER, stages_ms={"stt": spoken.recognized_ms})
        self._ledger.keep(replace(ended, outcome=RECOGNIZED, why=why), spoken.pcm)


@dataclass(slots=True, kw_only=True)
class _Pending:
    """What was recognised, and what happens when nobody asks anything with it."""

    spoken: Spoken = field(repr=False)
    conversation_id: str
    later: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """Wait no more."""
        if self.later is not None:
            self.later.cancel()


class _RowOf:
    """Makes one row, as `TurnRows` does for a satellite."""

    def __init__(self, said: Said, at: datetime) -> None:
        self._said = said
        self._rows: list[TurnRow] = []
        self._take = TurnRows(said.satellite_id, self._rows.append, area_id=lambda: said.area_id, now=lambda: at)
        self._take.began("")

    def __call__(self, event: Event) -> None:
        self._take(event)

    def take(self, spoken: Spoken) -> None:
        """Take what was recognised."""
        for event in (
            SpeechStarted(t_ms=0),
            SpeechEnded(t_ms=spoken.audio_ms, reason="pause"),
            Transcript(t_ms=spoken.audio_ms, text=_heard(spoken), score=0.0, hypotheses=spoken.hypotheses),
        ):
            self._take(event)

    def ended(self, outcome: Outcome, *, stages_ms: dict[str, float] | None = None) -> TurnRow:
        """Return the row."""
        self._take(TurnEnded(t_ms=0, outcome=outcome, stages_ms=stages_ms or {}))
        return self._made()

    def cut_short(self) -> TurnRow:
        """Return the row of what had happened by now."""
        self._take.finish()
        return self._made()

    def _made(self) -> TurnRow:
        said = self._said
        return replace(self._rows.pop(), user_id=said.user_id, conversation_id=said.conversation_id)


def _heard(spoken: Spoken) -> str:
    """Return the likeliest reading."""
    return spoken.hypotheses[0].text if spoken.hypotheses else spoken.text
