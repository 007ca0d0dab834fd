"""The ledger of one gateway: what was said and done here, kept as long as the owner wants, for the household alone.

A process of its own keeps it (`ledger_process`): the launcher starts it as the owner of the gateway's folder, under the
same filter as voice. Voice, which writes no file, hands it each turn's row, and asks it on behalf of homes. So a voice
process that was taken over can ask, but reads neither files nor keys; and nothing that was said is ever in the broker,
the only process that can connect.

All methods are synchronous, for one thread. They raise LedgerError, in which nothing is that was said.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

import apsw
import msgspec

from gateway.ballast import Ballast
from gateway.errors import ConfigError, LedgerError
from gateway.ledger.clips import FOLDER_NAME, Clips
from gateway.ledger.clock import LedgerClock
from gateway.ledger.corrections import Correction
from gateway.ledger.database import FILE_NAME, Database, unusable
from gateway.ledger.folders import keep_folder
from gateway.ledger.forgetting import RETENTION, Forgetting, Forgotten
from gateway.ledger.keys import FILE_NAME as KEY_NAME
from gateway.ledger.keys import remove_unfinished
from gateway.ledger.lasting import Lasting
from gateway.ledger.lately import Lately
from gateway.ledger.owing import Owing
from gateway.ledger.reading import Entry, Page, Reading
from gateway.ledger.recording import Recording, Times
from gateway.ledger.retention import Retention
from gateway.ledger.rotation import Rotation
from gateway.ledger.rows import TurnRow
from gateway.ledger.selection import EVERYTHING, Selection
from gateway.ledger.stats import Stats
from gateway.ledger.tallies import Tallies
from gateway.ledger.teaching import Teaching
from gateway.ledger.timekeeping import STATE, Timekeeping
from gateway.ledger.times import in_us
from gateway.ledger.wakes import MOST_WAKES, Wake, Wakes
from gateway.rules import Rule
from gateway.timers import LastingTimer

BALLAST_NAME: Final = "ledger.ballast"
BALLAST_BYTES: Final = 16 * 1024 * 1024
"""Room for one transaction that deletes the keys of all rows that there may be, and for half as much again."""
USUAL_ROWS: Final = 50
"""On a page."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was deleted because somebody asked for it: on disk, for good."""

    count: int
    clips: int
    rules: int = 0
    at: datetime
    """By the wall clock."""


class Ledger:
    """An open ledger, which this process alone keeps."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[bytes | None], LedgerClock] = LedgerClock,
        vfs: str | None = None,
    ) -> None:
        """Open the ledger in `folder`, or make it; end what a deletion or a new key was interrupted in."""
        self._folder = folder
        self._descriptor = keep_folder(folder)
        self._database: Database | None = None
        try:
            with self._clear_errors():
                self._open(folder, clock, vfs)
            self._urgently(self._forgetting.sweep_orphans)
            self.sweep()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close its files, and let others have the folder; may be called again."""
        if self._database is not None:
            self._database.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def retention(self) -> Retention:
        """How long what is remembered is kept."""
        return self._retention

    @property
    def deletions(self) -> int:
        """How often somebody wanted something to be gone: it grows with each deletion, from the same moment on."""
        with self._clear_errors():
            return self._forgetting.deletions()

    def record(self, row: TurnRow, pcm: bytes | None = None) -> str | None:
        """Remember a turn, and the sound of what was said; return its id when both are on disk.

        None means that nothing of it is to be kept: it is only counted. A row that is there already stays as it is.
        Where there is no room for a clip, its row is kept without.
        """
        with self._clear_errors():
            made = self._time.now()
            keep_until = self._retention.keep_until(row.kind, made)
            if keep_until is None or self._lately.is_meant(row):
                self._recording.count_only(row, made)
                return None
            clip_until = self._retention.clip_until(row.kind, made)
            self._recording.record(row, pcm, Times(made=made, keep_until=keep_until, clip_until=clip_until))
        self._ballast.refill()
        return row.id

    def page(self, selection: Selection = EVERYTHING, *, before: int | None = None, limit: int = USUAL_ROWS) -> Page:
        """Return the newest rows that are selected, before the one where another page ended."""
        with self._clear_errors():
            return self._reading.page(selection, self._time.now(), before=before, limit=limit)

    def get(self, row_id: str) -> Entry | None:
        """Return one row; None where there is none, or none any more."""
        with self._clear_errors():
            return self._reading.get(row_id, self._time.now())

    def clip(self, row_id: str) -> bytes | None:
        """Return what was recorded of a turn, 16 kHz mono s16le; None where nothing is, or nothing any more."""
        with self._clear_errors():
            return self._reading.clip(row_id, self._time.now())

    def search(
        self,
        words: str,
        selection: Selection = EVERYTHING,
        *,
        before: int | None = None,
        limit: int = USUAL_ROWS,
    ) -> Page:
        """Return the newest rows in which all `words` occur; it takes a second at most, and says where it ended."""
        with self._clear_errors():
            return self._reading.search(words, selection, self._time.now(), before=before, limit=limit)

    def count(self, selection: Selection = EVERYTHING) -> int:
        """Return how many rows are selected."""
        with self._clear_errors():
            return self._reading.count(selection, self._time.now())

    def stats(self, days: int, zone: tzinfo = UTC) -> Stats:
        """Return how well it did in the last `days` days, as the clocks in `zone` show them."""
        with self._clear_errors():
            now = self._time.now()
            return self._tallies.stats(days, self._time.on_the_wall(now), now, zone)

    def correct(self, turn_id: str, correction: Correction, rule: Rule | None = None) -> bool:
        """Remember what a turn should have been, and the rule that came of it. False where there is no such turn.

        Raises TooManyError where there are as many rules as there may be; then nothing is kept.
        """
        with self._clear_errors():
            return self._teaching.correct(turn_id, correction, rule, self._time.now())

    def rules(self) -> tuple[Rule, ...]:
        """Return what this household taught, the newest first."""
        with self._clear_errors():
            return self._teaching.rules()

    def remove_rule(self, rule_id: str) -> bool:
        """Unlearn a rule, for good, as `delete` does; False where there is none."""
        is_gone = self._urgently(lambda: self._forgetting.destroy_rule(rule_id))
        self._finish_what_was_asked()
        return is_gone

    def mark_wake(self, turn_id: str, *, is_false: bool) -> bool:
        """Remember whether somebody had said the wake word; False where no such turn began with one."""
        with self._clear_errors():
            now = self._time.now()
            entry = self._reading.get(turn_id, now)
            return entry is not None and self._wakes.mark(entry.row, now, "false" if is_false else "real")

    def wakes(self, satellite_id: str, limit: int = MOST_WAKES) -> tuple[Wake, ...]:
        """Return what is known of a satellite's wakes, the newest first."""
        with self._clear_errors():
            return self._wakes.wakes(satellite_id, limit, self._time.now())

    def sensitivities(self) -> Mapping[str, int]:
        """Return how eagerly satellites wake that differ from the gateway, in percent."""
        with self._clear_errors():
            return self._wakes.sensitivities()

    def set_sensitivity(self, satellite_id: str, percent: int | None) -> None:
        """Have a satellite wake like this; None: as the gateway does. Raises TooManyError."""
        with self._clear_errors():
            self._wakes.set_sensitivity(satellite_id, percent)

    def timers(self) -> tuple[LastingTimer, ...]:
        """Return what was kept by `keep_timers`, with what is left of each now; less than nothing where it is over."""
        with self._clear_errors():
            return self._lasting.timers(self._time.now())

    def keep_timers(self, timers: Iterable[LastingTimer]) -> None:
        """Keep these timers and no others, also on a full disk; of what is gone no byte is left when this returns."""
        self._urgently(lambda: self._lasting.keep(timers, self._time.now()))

    def owe(self, act: bytes) -> int:
        """Keep what the audit log has yet to be told, also on a full disk; return its number."""
        return self._urgently(lambda: self._owing.owe(act))

    def owed(self) -> tuple[tuple[int, bytes], ...]:
        """Return what the audit log has yet to be told, the oldest first; not all of it at once."""
        with self._clear_errors():
            return self._owing.owed()

    def paid(self, number: int) -> None:
        """Know that the audit log has been told."""
        with self._clear_errors():
            self._owing.paid(number)

    def delete(
        self,
        selection: Selection,
        *,
        everything: bool = False,
        keep_rules: bool = False,
        owing: Callable[[Receipt], bytes] | None = None,
    ) -> Receipt:
        """Delete what is selected, for good, with the rules that came of it; also those of turns that have expired.

        With `keep_rules` these stay, as where a turn expires. With `everything`, counts, wakes, timers and sensitivity
        go, too. It works on a full disk; what a power cut ends goes on at the next start. What `owing` makes of the
        receipt is owed to the audit log from the same moment on. When this returns, no byte of it is in the ledger's
        files. Where only the last step fails, another wrapping key, that is done with the next `sweep`.
        """
        with suppress(LedgerError):
            self._urgently(self._time.settle)  # so that the last hour is the last hour
        now = self._time.now()
        at = self._time.on_the_wall(now)
        where, values = selection.where(in_us(now))

        def done(forgotten: Forgotten) -> None:
            if selection.ids is None or forgotten.rows or forgotten.rules:
                self._forgetting.count_deletion()
            if owing is not None:
                self._owing.add(owing(_receipt(forgotten, at)))

        forgotten = self._urgently(
            lambda: self._forgetting.destroy_asked(
                where, values, everything=everything, keep_rules=keep_rules, done=done
            )
        )
        self._lately.deleted(selection, at)
        self._finish_what_was_asked()
        return _receipt(forgotten, at)

    def sweep(self) -> Forgotten:
        """Remove what is past its date, keep the clock, replace the wrapping key where it is time: each minute."""
        try:
            self._urgently(self._time.keep)
        except LedgerError as error:
            _LOG.warning("ledger: how late it is cannot be written down: %s", error)
        now = self._time.now()
        end_us = in_us(now)
        destroy = self._forgetting
        rows = self._urgently(lambda: destroy.destroy_keys("keep_until_us <= ?", (end_us,)))
        clips = self._urgently(lambda: destroy.destroy_clip_keys("clip_until_us <= ?", (end_us,)))
        self._urgently(lambda: self._sweep_counts(now))
        self._finish()
        if self._urgently(lambda: self._rotation.is_due(now)):
            self.rotate()
        self._ballast.refill()
        return Forgotten(rows=rows.rows, clips=rows.clips + clips)

    def rotate(self) -> None:
        """Replace the wrapping key; the old one is gone when this returns."""
        self._urgently(lambda: self._rotation.rotate(self._time.now()))

    def set_retention(self, retention: Retention) -> Forgotten:
        """Keep what is recorded from now on for as long as this says, and what there is for no longer.

        What was promised to be gone at some time is never kept longer.
        """
        self._urgently(lambda: self._shorten(retention))
        self._retention = retention
        return self.sweep()

    def _open(self, folder: Path, clock: Callable[[bytes | None], LedgerClock], vfs: str | None) -> None:
        self._ballast = Ballast(folder / BALLAST_NAME, BALLAST_BYTES)
        self._ballast.make_room()
        remove_unfinished(folder)
        clips = Clips(folder / FOLDER_NAME)
        clips.remove_unfinished()
        database = self._database = Database(folder / FILE_NAME, vfs=vfs)
        self._time = Timekeeping(database, clock(database.state(STATE)))
        self._rotation = Rotation(database, folder / KEY_NAME)
        self._forgetting = Forgetting(database, clips)
        self._tallies = Tallies(database)
        self._wakes = Wakes(database)
        self._recording = Recording(database, clips, self._rotation, self._time, self._tallies, self._wakes)
        self._teaching = Teaching(database, self._rotation, self._tallies)
        self._owing = Owing(database)
        self._lasting = Lasting(database, self._rotation)
        self._lately = Lately()
        self._reading = Reading(database, clips, self._rotation, self._time.on_the_wall)
        self._retention = _retention(database.state(RETENTION))

    def _shorten(self, retention: Retention) -> None:
        self._forgetting.shorten(retention, self._time.now())

    def _sweep_counts(self, now: datetime) -> None:
        self._tallies.sweep(now)
        self._wakes.sweep(now)

    def _finish_what_was_asked(self) -> None:
        """Remove what was made unreadable because somebody wanted that, and replace the key that wrapped its keys."""
        self._finish()
        try:
            self.rotate()
        except LedgerError as error:
            _LOG.warning("ledger: deleted, but the wrapping key is still the old one: %s", error)
        self._ballast.refill()

    def _finish(self) -> None:
        self._urgently(self._forgetting.finish)
        with self._clear_errors():
            self._recording.count()

    def _urgently[T](self, do: Callable[[], T]) -> T:
        """Do what must be possible on a full disk: there is room to be given up for it."""
        self._ballast.make_room()
        with self._clear_errors():
            try:
                return do()
            except apsw.FullError, apsw.IOError, LedgerError:
                if not self._ballast.give_up():
                    raise
                return do()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Make of an error of SQLite's what a person can do about it."""
        try:
            yield
        except apsw.Error as error:
            raise unusable(self._folder / FILE_NAME, error) from error


def _receipt(forgotten: Forgotten, at: datetime) -> Receipt:
    return Receipt(count=forgotten.rows, clips=forgotten.clips, rules=forgotten.rules, at=at)


def _retention(stored: bytes | None) -> Retention:
    if stored is None:
        return Retention()
    try:
        return msgspec.json.decode(stored, type=Retention)
    except (msgspec.DecodeError, UnicodeError, ConfigError) as error:
        _LOG.error("ledger: how long rows are to be kept cannot be read (%s): as usual", type(error).__name__)
        return Retention()
