"""How rows, clips and rules go: first their keys, at once and for good; then what the keys would have opened.

From the moment that a key is gone, nothing of its text or clip can be read, whatever is left of it. What is left says
so itself: a row without a key, a clip whose row has no key for it. So the rest is done at the next start where the
power failed in between.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from gateway.errors import LedgerError
from gateway.ledger.clips import Clips
from gateway.ledger.database import Database, Value
from gateway.ledger.retention import Retention
from gateway.ledger.times import SECOND_US, in_us
from gateway.ledger.wakes import UNLINK

RETENTION: Final = "retention"
ROTATION_DUE: Final = "rotation_due"
"""The wrapping key has to be replaced, because somebody wants something to be gone."""
DELETIONS: Final = "deletions"
"""How often somebody wanted something to be gone."""
LONGEST_NUMBER: Final = 15
"""Digits: more than there will ever be, and few enough for every reader."""
ROWS_AT_ONCE: Final = 500
"""Removed by one transaction: a megabyte and a half of the write-ahead log, which a full disk must have room for."""

_LOG = logging.getLogger(__name__)

_SHORTEN: Final = """
UPDATE rows SET keep_until_us = min(keep_until_us, ifnull(made_us + ?1, ?2)),
    clip_until_us = min(clip_until_us, ifnull(made_us + ?3, ?2))
WHERE (kind = 'false_wake') = ?4
"""
"""Where something is not to be kept at all, its time is up now."""
_LEFT_CLIPS: Final = """
SELECT rows.seq, rows.id FROM rows LEFT JOIN keys ON keys.seq = rows.seq
WHERE rows.clip_until_us IS NOT NULL AND keys.clip_key IS NULL LIMIT ?
"""
_LEFT_ROWS: Final = "SELECT seq FROM rows WHERE seq NOT IN (SELECT seq FROM keys) LIMIT ?"
_RULES_OF: Final = """
SELECT seq FROM (
    SELECT seq, turn_id AS id, at_us, made_us, satellite_id, area_id, user_id, kind, outcome, 1 AS is_corrected
    FROM rules
) AS rows WHERE
"""
"""Rules by the turns that they came of, whether or not these are still there."""
_WITHOUT_CLIPS: Final = """
UPDATE rows SET clip_until_us = NULL, clip_bytes = 0 WHERE seq IN (SELECT value FROM json_each(?))
"""
_REMOVE_ROWS: Final = "DELETE FROM rows WHERE seq IN (SELECT value FROM json_each(?))"
_IS_UP: Final = "SELECT count(*) FROM rows WHERE keep_until_us <= ?1 OR clip_until_us <= ?1"
_LEFT_RULES: Final = "SELECT count(*) FROM rules WHERE seq NOT IN (SELECT seq FROM rule_keys)"
_REMOVE_RULES: Final = "DELETE FROM rules WHERE seq NOT IN (SELECT seq FROM rule_keys)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much is gone."""

    rows: int = 0
    clips: int = 0
    rules: int = 0


class Forgetting:
    """Removes rows, clips, rules. Methods raise apsw.Error and LedgerError; what they began goes on the next time."""

    def __init__(self, database: Database, clips: Clips) -> None:
        self._database = database
        self._clips = clips
        self._is_finished = False

    def destroy_keys(self, where: str, values: Sequence[Value]) -> Forgotten:
        """Make unreadable for good the rows that `where` selects; `finish` removes them. Rules stay."""
        with self._database.transaction():
            return self._destroy_keys(where, values)

    def destroy_asked(
        self,
        where: str,
        values: Sequence[Value],
        *,
        everything: bool,
        keep_rules: bool,
        done: Callable[[Forgotten], None],
    ) -> Forgotten:
        """Make unreadable for good what somebody wants to be gone; `finish` removes it.

        What was learned of it goes with it, unless `keep_rules`; with `everything` what is known without any turn, too.
        `done` is called within the transaction.
        """
        database = self._database
        with database.transaction():
            rules = 0 if keep_rules else self._destroy_rules(_RULES_OF + where, values)
            forgotten = replace(self._destroy_keys(where, values), rules=rules)
            if everything:
                for table in ("tallies", "wakes", "sensitivities", "timers"):
                    database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            database.set_state(ROTATION_DUE, b"1")
            done(forgotten)
        self._is_finished = False
        return forgotten

    def destroy_rule(self, rule_id: str) -> bool:
        """Make a rule unreadable for good; `finish` removes it. Tell whether there was one."""
        with self._database.transaction():
            rules = self._destroy_rules("SELECT seq FROM rules WHERE id = ?", (rule_id,))
            if rules:
                self._database.set_state(ROTATION_DUE, b"1")
        return rules > 0

    def _destroy_keys(self, where: str, values: Sequence[Value]) -> Forgotten:
        chosen = f"SELECT seq FROM rows WHERE {where}"  # noqa: S608 - conditions of ours
        database = self._database
        clips = database.integer(
            f"SELECT count(*) FROM keys WHERE clip_key IS NOT NULL AND seq IN ({chosen})",  # noqa: S608
            values,
        )
        database.execute(f"DELETE FROM keys WHERE seq IN ({chosen})", values)  # noqa: S608
        forgotten = Forgotten(rows=database.changes(), clips=clips)
        if forgotten.rows:
            self._is_finished = False
        return forgotten

    def _destroy_rules(self, chosen: str, values: Sequence[Value]) -> int:
        self._database.execute(f"DELETE FROM rule_keys WHERE seq IN ({chosen})", values)  # noqa: S608
        rules = self._database.changes()
        if rules:
            self._is_finished = False
        return rules

    def destroy_clip_keys(self, where: str, values: Sequence[Value]) -> int:
        """Make the clips of the rows unreadable for good that `where` selects; return how many."""
        chosen = f"SELECT seq FROM rows WHERE {where}"  # noqa: S608 - conditions of ours
        database = self._database
        with database.transaction():
            database.execute(
                f"UPDATE keys SET clip_key = NULL WHERE clip_key IS NOT NULL AND seq IN ({chosen})",  # noqa: S608
                values,
            )
            clips = database.changes()
        if clips:
            self._is_finished = False
        return clips

    def shorten(self, retention: Retention, now: datetime) -> None:
        """Have each row and clip go when `retention` says, unless it goes sooner; and remember what it says.

        Where that is now for any of them, it is a deletion that somebody wants.
        """
        with self._database.transaction():
            self._database.set_state(RETENTION, msgspec.json.encode(retention))
            for kind, is_false_wake in (("turn", 0), ("false_wake", 1)):
                row_us, clip_us = (
                    None if kept_s is None else kept_s * SECOND_US
                    for kept_s in (retention.row_s(kind), retention.clip_s(kind))
                )
                self._database.execute(_SHORTEN, (row_us, in_us(now), clip_us, is_false_wake))
            if self._database.integer(_IS_UP, (in_us(now),)):
                self.count_deletion()

    def deletions(self) -> int:
        """Return how often somebody wanted something to be gone. It only grows, and outlives all that is forgotten."""
        stored = self._database.state(DELETIONS) or b""
        return int(stored) if stored.isdigit() and len(stored) <= LONGEST_NUMBER else 0

    def count_deletion(self) -> None:
        """Know of one more, in the transaction that does it."""
        self._database.set_state(DELETIONS, b"%d" % (self.deletions() + 1))

    def finish(self) -> None:
        """Remove everything whose key is gone, and every trace of it in the database's files."""
        if self._is_finished:
            return
        database = self._database
        database.forget_log()
        while left := [(seq, str(row_id)) for seq, row_id in database.execute(_LEFT_CLIPS, (ROWS_AT_ONCE,))]:
            self._clips.remove(row_id for _, row_id in left)
            with database.transaction():
                database.execute(_WITHOUT_CLIPS, _numbers(seq for seq, _ in left))
                self._must_change()
            database.forget_log()
        while rows := database.execute(_LEFT_ROWS, (ROWS_AT_ONCE,)):
            numbers = _numbers(seq for (seq,) in rows)
            with database.transaction():
                database.execute(UNLINK, numbers)
                database.execute(_REMOVE_ROWS, numbers)
                self._must_change()
            database.forget_log()
        if database.integer(_LEFT_RULES):
            with database.transaction():
                database.execute(_REMOVE_RULES)
            database.forget_log()
        self._is_finished = True

    def sweep_orphans(self) -> None:
        """Remove clips that no row knows, and have the rows know whose clips are gone."""
        known = {str(row_id) for (row_id,) in self._database.execute("SELECT id FROM rows WHERE clip_bytes > 0")}
        there = set(self._clips.ids())
        self._clips.remove(sorted(there - known))
        for row_id in sorted(known - there):
            self.destroy_clip_keys("id = ?", (row_id,))
        self.finish()
        if there - known or known - there:
            _LOG.warning(
                "ledger: removed %d clips without a row, and found %d rows whose clips are gone",
                len(there - known),
                len(known - there),
            )

    def _must_change(self) -> None:
        """Raise LedgerError where the last statement changed nothing: what is there cannot be found then."""
        if not self._database.changes():
            raise LedgerError(
                f"{self._database.path}: damaged: what is to be removed stays; restore the whole folder from a backup, "
                "or move it away: then a new ledger begins"
            )


def _numbers(numbers: Iterable[Value]) -> tuple[str]:
    """Return rows as the one value of a statement that reads them by `json_each`."""
    return (msgspec.json.encode(list(numbers)).decode(),)
