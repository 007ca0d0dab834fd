"""What a turn should have been, and the rules that came of it: as JSON, cut rather than refused."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.errors import LedgerError
from gateway.events import NO_SLOTS, Slots
from gateway.ledger.rows import (
    LONGEST_ID_CHARS,
    ORDINARY,
    TIGHT,
    Limits,
    StoredValue,
    cut_slots,
    cut_text,
    from_json,
    is_id,
)
from gateway.rules import LONGEST_RULE_CHARS, Rule

LARGEST_CORRECTION_BYTES: Final = 12 * 1024
"""As JSON; an ordinary one has three hundred bytes."""
LARGEST_RULE_BYTES: Final = 8 * 1024
"""As JSON, whatever its characters; an ordinary one has two hundred bytes."""
LONGEST_LANGUAGE_CHARS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What somebody said that a turn should have been."""

    meant: str
    """What should have been heard, or a sentence for what should have been done."""
    intent: str
    """What that means, with `slots` and `entity_id`."""
    slots: Slots = field(default=NO_SLOTS)
    entity_id: str
    corrected_at: datetime
    """UTC, by the wall clock at that time."""
    rule_id: str = ""
    """The rule that was learned from it; empty where none was needed, or it was removed since."""
    by: str = ""
    """Who said so: a Home Assistant user's id, or `owner`."""


def encoded_correction(correction: Correction) -> bytes:
    """Return it as JSON, cut where it is too long. Raises LedgerError for one without a time zone."""
    if correction.corrected_at.tzinfo is None:
        raise LedgerError("a correction needs a time in UTC")
    raw = _encoded(correction, ORDINARY)
    return raw if len(raw) <= LARGEST_CORRECTION_BYTES else _encoded(correction, TIGHT)


def decoded_correction(raw: bytes) -> Correction:
    """Return the correction in `raw`. Raises LedgerError where there is none."""
    try:
        stored = msgspec.json.decode(raw, type=_Correction)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise LedgerError("what is stored in the ledger is not a correction of it") from error
    return Correction(
        meant=stored.meant,
        intent=stored.intent,
        slots=from_json(stored.slots),
        entity_id=stored.entity_id,
        corrected_at=_in_utc(stored.corrected_at),
        rule_id=stored.rule_id,
        by=stored.by,
    )


def encoded_rule(rule: Rule) -> bytes:
    """Return it as JSON. Raises LedgerError for one that is no rule."""
    if not is_id(rule.id) or rule.made_at.tzinfo is None:
        raise LedgerError("a rule needs an id of 32 hexadecimal digits, and a time in UTC")
    if max(len(rule.said), len(rule.meant)) > LONGEST_RULE_CHARS or not rule.said:
        raise LedgerError(f"a rule has 1 to {LONGEST_RULE_CHARS} characters of what is said, and of what is meant")
    fields = replace(
        rule,
        made_at=rule.made_at.astimezone(UTC),
        said=cut_text(rule.said, LONGEST_RULE_CHARS),
        meant=cut_text(rule.meant, LONGEST_RULE_CHARS),
        entity_id=cut_text(rule.entity_id, LONGEST_ID_CHARS),
        language=cut_text(rule.language, LONGEST_LANGUAGE_CHARS),
        by=cut_text(rule.by, LONGEST_ID_CHARS),
    )
    return msgspec.json.encode(fields)


def decoded_rule(raw: bytes) -> Rule:
    """Return the rule in `raw`. Raises LedgerError where there is none."""
    try:
        rule = msgspec.json.decode(raw, type=Rule)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise LedgerError("what is stored in the ledger is not a rule of it") from error
    return replace(rule, made_at=_in_utc(rule.made_at))


class _Correction(msgspec.Struct, kw_only=True, omit_defaults=True):
    meant: str
    intent: str = ""
    slots: dict[str, StoredValue] = {}
    entity_id: str = ""
    corrected_at: datetime
    rule_id: str = ""
    by: str = ""


def _encoded(correction: Correction, limits: Limits) -> bytes:
    return msgspec.json.encode(
        _Correction(
            meant=cut_text(correction.meant, LONGEST_RULE_CHARS),
            intent=cut_text(correction.intent, limits.value_chars),
            slots=cut_slots(correction.slots, limits),  # type: ignore[arg-type]  # no tuple within a tuple is left
            entity_id=cut_text(correction.entity_id, LONGEST_ID_CHARS),
            corrected_at=correction.corrected_at.astimezone(UTC),
            rule_id=cut_text(correction.rule_id, LONGEST_ID_CHARS),
            by=cut_text(correction.by, LONGEST_ID_CHARS),
        )
    )


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
