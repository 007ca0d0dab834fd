"""Corrections and rules: encrypted as rows are, each with a key of its own.

A correction goes with its turn. A rule stays where its turn is past its date; it knows, plainly, when and where that
was and whose, so that whoever has these turns forgotten finds the rule as well.
"""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from gateway.errors import LedgerError, TooManyError
from gateway.ledger.cipher import Part, Place, decrypted, encrypted, quickest
from gateway.ledger.corrections import Correction, decoded_rule, encoded_correction, encoded_rule
from gateway.ledger.database import Database
from gateway.ledger.keys import new_key
from gateway.ledger.rotation import Rotation
from gateway.ledger.tallies import Tallies
from gateway.ledger.times import from_us, in_us
from gateway.rules import MOST_RULES, Rule

VERSION: Final = 1
"""The form in which corrections and rules are written now; each is bound to its own."""
_ROW: Final = """
SELECT rows.seq, rows.at_us, rows.is_corrected FROM rows JOIN keys ON keys.seq = rows.seq
WHERE rows.id = ? AND rows.keep_until_us > ?
"""
_INSERT_RULE: Final = """
INSERT INTO rules (id, turn_id, at_us, made_us, satellite_id, area_id, user_id, kind, outcome, version, content)
SELECT ?, id, at_us, made_us, satellite_id, area_id, user_id, kind, outcome, ?, ? FROM rows WHERE seq = ? RETURNING seq
"""
_RULES: Final = """
SELECT rules.id, rules.at_us, rules.version, rules.content, rule_keys.wrapped_by, rule_keys.content_key
FROM rules JOIN rule_keys ON rule_keys.seq = rules.seq ORDER BY rules.seq DESC LIMIT ?
"""
_RULE_COUNT: Final = "SELECT count(*) FROM rules JOIN rule_keys ON rule_keys.seq = rules.seq"

_LOG = logging.getLogger(__name__)


class _Turn(msgspec.Struct, frozen=True, array_like=True):
    """What the query returns of a turn that is corrected."""

    seq: int
    at_us: int
    is_corrected: int


class _StoredRule(msgspec.Struct, frozen=True, array_like=True):
    """What the query returns of a rule."""

    id: str
    at_us: int
    version: int
    content: bytes
    wrapped_by: int
    content_key: bytes


class Teaching:
    """What an open ledger was taught. Methods raise apsw.Error and LedgerError."""

    def __init__(self, database: Database, rotation: Rotation, tallies: Tallies) -> None:
        self._database = database
        self._rotation = rotation
        self._tallies = tallies
        self._algorithm = quickest()

    def correct(self, turn_id: str, correction: Correction, rule: Rule | None, now: datetime) -> bool:
        """Keep what a turn should have been, in place of what was kept of that before, and the rule if there is one.

        False where there is no such turn.
        """
        database = self._database
        with database.transaction():
            found = database.execute(_ROW, (turn_id, in_us(now)))
            if not found:
                return False
            turn = _Turn(*found[0])  # type: ignore[arg-type]  # the tables are STRICT
            if rule is not None:
                self._insert_rule(turn, replace(rule, turn_id=turn_id))
                correction = replace(correction, rule_id=rule.id)
            self._insert_correction(turn, turn_id, correction)
            database.execute("UPDATE wakes SET verdict = 'real' WHERE turn_id = ? AND verdict = ''", (turn_id,))
            if not turn.is_corrected:
                self._tallies.count_correction(from_us(turn.at_us), now)
        return True

    def rules(self) -> tuple[Rule, ...]:
        """Return all rules that can be read, the newest first."""
        rules = []
        for row in self._database.execute(_RULES, (MOST_RULES,)):
            stored = _StoredRule(*row)  # type: ignore[arg-type]  # the tables are STRICT
            try:
                key = self._rotation.ring.unwrap(stored.wrapped_by, stored.content_key)
                rules.append(decoded_rule(decrypted(key, stored.content, _place(stored.id, "rule", stored.at_us))))
            except LedgerError:
                _LOG.error("ledger: rule %s cannot be read: it was altered", stored.id)
        return tuple(rules)

    def _insert_rule(self, turn: _Turn, rule: Rule) -> None:
        database = self._database
        raw = encoded_rule(rule)
        if database.integer("SELECT count(*) FROM rules WHERE id = ?", (rule.id,)):
            return
        if database.integer(_RULE_COUNT) >= MOST_RULES:
            raise TooManyError(f"there are {MOST_RULES} rules already; remove one that is not needed")
        key = new_key()
        content = encrypted(key, raw, _place(rule.id, "rule", turn.at_us), self._algorithm)
        seq = database.integer(_INSERT_RULE, (rule.id, VERSION, content, turn.seq))
        ring = self._rotation.ring
        database.execute("INSERT INTO rule_keys VALUES (?, ?, ?)", (seq, ring.current, ring.wrap(key)))

    def _insert_correction(self, turn: _Turn, turn_id: str, correction: Correction) -> None:
        database, ring, key = self._database, self._rotation.ring, new_key()
        raw = encoded_correction(correction)
        content = encrypted(key, raw, _place(turn_id, "correction", turn.at_us), self._algorithm)
        database.execute("INSERT OR REPLACE INTO corrections VALUES (?, ?, ?)", (turn.seq, VERSION, content))
        database.execute("UPDATE rows SET is_corrected = 1 WHERE seq = ?", (turn.seq,))
        self._rotation.use_current(turn.seq)
        database.execute("UPDATE keys SET correction_key = ? WHERE seq = ?", (ring.wrap(key), turn.seq))


def _place(row_id: str, part: Part, at_us: int) -> Place:
    return Place(row_id=row_id, part=part, at_us=at_us, version=VERSION)
