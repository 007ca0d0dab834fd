"""The ledger's rows and counts as they travel, and back. Pure, and strict about what others say."""

from datetime import date, datetime
from typing import Final

from gateway.house import AttributeValue
from gateway.ledger.corrections import Correction
from gateway.ledger.reading import Entry
from gateway.ledger.selection import Selection
from gateway.ledger.stats import Counts
from gateway.ledger.stats import Stats as LedgerStats
from gateway.wire.learning_words import CorrectionWords, MeaningWords, Scalar
from gateway.wire.ledger_words import (
    ChangeWords,
    CountsWords,
    DayWords,
    HypothesisWords,
    SelectionWords,
    StageWords,
    Stats,
    TurnWords,
)
from gateway.wire.moments import moment, moment_of

LONGEST_LAST_S: Final = 400 * 24 * 3_600
"""Longer than anything is kept; a larger number says no more, and would not fit into the database's."""
MARKED: Final = "false"
"""`TurnWords.wake_mark` of a wake that somebody marked."""


def turn_words(entry: Entry) -> TurnWords:
    """Return a row as it is shown."""
    row, correction = entry.row, entry.correction
    return TurnWords(
        turn_id=row.id,
        at=moment(row.at),
        satellite_id=row.satellite_id,
        area_id=row.area_id,
        user_id=row.user_id,
        conversation_id=row.conversation_id,
        kind=row.kind,
        outcome=row.outcome,
        wake_word=row.wake_word,
        wake_score=row.wake_score,
        second_score=row.second_score,
        hypotheses=tuple(HypothesisWords(text=one.text, score=one.score) for one in row.hypotheses),
        heard=row.heard,
        used=row.used,
        why=row.why,
        intent=row.intent,
        slots={name: _slot_words(value) for name, value in row.slots.items()},
        changes=tuple(
            ChangeWords(entity_id=one.entity_id, name=one.name, before=one.before, after=one.after)
            for one in row.changes
        ),
        reply=row.reply,
        stages_ms=dict(row.stages_ms),
        audio_ms=row.audio_ms,
        keep_until=moment(entry.keep_until),
        clip_until=moment(entry.clip_until),
        correction=None if correction is None else correction_words(correction),
        wake_mark=MARKED if entry.is_false_wake_marked else "",
    )


def selection_of(words: SelectionWords, *, of_user: str | None) -> Selection:
    """Return which rows are meant; of those of `of_user` alone where it is given. Raises ProtocolError."""
    return Selection(
        ids=words.turn_ids,
        satellite_id=words.satellite_id,
        area_id=words.area_id,
        user_id=of_user,
        outcome=words.outcome,
        kind=words.kind,
        since=moment_of(words.since),
        until=moment_of(words.until),
        last_s=None if words.last_s is None else min(words.last_s, LONGEST_LAST_S),
        corrected=words.corrected,
    )


def correction_words(correction: Correction) -> CorrectionWords:
    """Return what a turn should have been, as it is shown."""
    meaning = MeaningWords(
        text=correction.meant,
        intent=correction.intent,
        slots={name: _slot_words(value) for name, value in correction.slots.items()},
        entity_id=correction.entity_id,
    )
    return CorrectionWords(
        meant=correction.meant,
        meaning=meaning,
        corrected_at=moment(correction.corrected_at),
        rule_id=correction.rule_id,
        by=correction.by,
    )


def correction_of(words: CorrectionWords, *, now: datetime) -> Correction:
    """Return what a turn should have been; made `now` where that is not said. Raises ProtocolError."""
    return Correction(
        meant=words.meant,
        intent=words.meaning.intent,
        slots=dict(words.meaning.slots),
        entity_id=words.meaning.entity_id,
        corrected_at=moment_of(words.corrected_at) or now,
        rule_id=words.rule_id,
        by=words.by,
    )


def stats_words(number: int, stats: LedgerStats, *, corrected: int) -> Stats:
    """Return how well it does, as the answer to question `number`; `corrected` turns are still kept."""
    return Stats(
        id=number,
        total=_counts_words(stats.total),
        days=tuple(_day_words(day, counts, stats.reply_ms.get(day)) for day, counts in stats.days.items()),
        stages={
            name: StageWords(turns=times.turns, median_ms=times.median_ms, p95_ms=times.p95_ms)
            for name, times in stats.stages.items()
        },
        corrected=corrected,
    )


def _day_words(day: date, counts: Counts, reply_ms: float | None) -> DayWords:
    told_ms = None if reply_ms is None else round(reply_ms)
    return DayWords(day=day.isoformat(), counts=_counts_words(counts), reply_ms=told_ms)


def _counts_words(counts: Counts) -> CountsWords:
    return CountsWords(
        turns=counts.turns,
        understood=counts.understood,
        not_understood=counts.not_understood,
        cloud=counts.cloud,
        failed=counts.failed,
        false_wakes=counts.false_wakes,
        corrected=counts.corrected,
    )


def _slot_words(value: AttributeValue) -> Scalar | tuple[Scalar, ...]:
    """Return a slot's value; a list within a list, which no row has, as text."""
    if isinstance(value, tuple):
        return tuple(str(item) if isinstance(item, tuple) else item for item in value)
    return value
