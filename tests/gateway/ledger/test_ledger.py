"""The ledger: what is recorded can be read, by whom knows the key, until its date."""

from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from gateway.ballast import Ballast
from gateway.errors import LedgerError
from gateway.ledger import recording
from gateway.ledger.clips import LARGEST_PCM_BYTES
from gateway.ledger.forgetting import Forgetting
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import Retention
from gateway.ledger.rows import TurnRow
from gateway.ledger.selection import EVERYTHING, Selection
from gateway.ledger.times import from_us
from tests.gateway.ledger.ledgers import (
    AUDIO,
    BEGIN,
    DAY,
    EVENING,
    HOUR,
    PCM,
    Hands,
    opened,
    tampering,
    told,
    turn,
    where,
)


def test_what_was_recorded_is_there_after_a_restart(tmp_path: Path) -> None:
    hands = Hands()
    folder = tmp_path / "ledger"
    with opened(folder, hands) as ledger:
        assert ledger.record(EVENING) == EVENING.id
    with opened(folder, hands) as ledger:
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert (entry.row, entry.keep_until, entry.clip_until) == (EVENING, BEGIN + 7 * DAY, None)
        assert ledger.page().entries == (entry,)
        assert ledger.clip(EVENING.id) is None
        assert ledger.get("f" * 32) is None
        assert ledger.clip("f" * 32) is None
        assert ledger.retention == Retention()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*")} == {0}


def test_a_clip_is_kept_where_recordings_are_wanted(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        plain = turn()
        ledger.record(plain, PCM)
        ledger.set_retention(AUDIO)
        kept = turn()
        ledger.record(kept, PCM)
    with opened(tmp_path, hands) as ledger:
        assert ledger.retention == AUDIO
        assert ledger.clip(plain.id) is None
        assert ledger.clip(kept.id) == PCM
        entry = ledger.get(kept.id)
        assert entry is not None
        assert entry.clip_until == BEGIN + 7 * DAY


def test_a_clip_that_is_too_long_is_cut(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        ledger.record(EVENING, bytes(LARGEST_PCM_BYTES + 2))
        assert ledger.clip(EVENING.id) == bytes(LARGEST_PCM_BYTES)


def test_nothing_that_was_said_is_in_the_files(tmp_path: Path) -> None:
    row = turn(heard="canarium", used="canarium", reply="canarium", why="canarium", intent="canarium")
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        ledger.record(row, PCM)
        for word in (b"canarium", b"Lamp", b"conversation-1", PCM[:64]):
            assert where(tmp_path, word) == []
        for word in (b"kitchen-1", b"okay_nabu"):
            assert where(tmp_path, word) == ["ledger.db-wal"], "what is plain is plain"


def test_a_row_that_is_recorded_again_stays_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        first, again = turn(heard="first"), turn(heard="again")
        ledger.record(first, PCM)
        assert ledger.record(TurnRow(id=first.id, at=again.at, satellite_id="other"), b"\0\0") == first.id
        entry = ledger.get(first.id)
        assert entry is not None
        assert entry.row.heard == "first"
        assert ledger.clip(first.id) == PCM


def test_only_one_process_keeps_a_ledger(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        with pytest.raises(LedgerError, match="another process keeps this ledger"):
            Ledger(tmp_path)
        ledger.close()
        with opened(tmp_path):
            pass
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(tmp_path / "file" / "ledger")


def test_a_ledger_without_its_key_is_refused_and_not_begun_anew(tmp_path: Path) -> None:
    with opened(tmp_path / "one") as ledger:
        ledger.record(EVENING)
    with opened(tmp_path / "two"):
        pass
    key = tmp_path / "one" / "ledger.key"
    right = key.read_bytes()
    key.unlink()
    with pytest.raises(LedgerError, match="the ledger's key is missing"):
        Ledger(tmp_path / "one")
    key.write_bytes((tmp_path / "two" / "ledger.key").read_bytes())
    with pytest.raises(LedgerError, match=r"the key of another ledger than ledger\.db"):
        Ledger(tmp_path / "one")
    key.write_bytes(right)
    with opened(tmp_path / "one") as ledger:
        assert told(ledger) == [EVENING.id]


def test_a_database_that_is_gone_begins_anew_under_its_key(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        ledger.record(EVENING, PCM)
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    with opened(tmp_path) as ledger:
        assert told(ledger) == []
        ledger.record(turn())
    assert not list(tmp_path.rglob("*.bin")), "and the clip of the lost row went"


def test_past_its_date_nothing_is_there_though_nobody_has_swept(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.set_retention(Retention(transcripts_s=7_200, audio_s=3_600))
        ledger.record(EVENING, PCM)
        wake = turn(kind="false_wake")
        ledger.record(wake, PCM)
        hands.pass_by(timedelta(seconds=59))
        assert set(told(ledger)) == {EVENING.id, wake.id}
        hands.pass_by(timedelta(seconds=1))
        assert told(ledger) == [EVENING.id]
        assert ledger.get(wake.id) is None
        assert ledger.clip(wake.id) is None
        hands.pass_by(timedelta(minutes=58, seconds=59))
        assert ledger.clip(EVENING.id) == PCM
        hands.pass_by(timedelta(seconds=1))
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.clip_until is None
        assert ledger.clip(EVENING.id) is None
        hands.pass_by(HOUR)
        assert told(ledger) == []
        assert ledger.search("lamp").entries == ()
        assert len(list(tmp_path.rglob("*.bin"))) == 2, "it is all still there, and nobody can read it"
        swept = ledger.sweep()
        assert (swept.rows, swept.clips) == (2, 2)
        assert not list(tmp_path.rglob("*.bin"))
        assert ledger.sweep().rows == 0


def test_a_clip_goes_before_its_row(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.set_retention(Retention(transcripts_s=7_200, audio_s=3_600))
        ledger.record(EVENING, PCM)
        hands.pass_by(HOUR)
        swept = ledger.sweep()
        assert (swept.rows, swept.clips) == (0, 1)
        assert not list(tmp_path.rglob("*.bin"))
        assert told(ledger) == [EVENING.id]


def test_shorter_retention_is_for_what_is_there_and_longer_is_not(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.set_retention(AUDIO)
        old, wake = turn(), turn(kind="false_wake")
        ledger.record(old, PCM)
        hands.pass_by(2 * HOUR)
        new = turn()
        ledger.record(new, PCM)
        ledger.record(wake)
        ledger.set_retention(Retention(transcripts_s=3_600, audio_s=3_600))
        assert set(told(ledger)) == {new.id, wake.id}
        ledger.set_retention(AUDIO)
        entry, false_wake = ledger.get(new.id), ledger.get(wake.id)
        assert entry is not None
        assert false_wake is not None
        assert entry.keep_until == entry.clip_until == hands.wall + HOUR
        assert false_wake.keep_until == hands.wall + timedelta(seconds=60)
        ledger.set_retention(Retention())
        assert ledger.clip(new.id) is None
        assert not list(tmp_path.rglob("*.bin"))
        ledger.set_retention(Retention(transcripts_s=None))
        assert told(ledger) == []
        assert ledger.record(turn()) is None
        assert told(ledger) == []


def test_retention_that_cannot_be_read_is_as_usual(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for stored in (b"x", b'{"transcripts_s":1,"audio_s":null}'):
        with opened(tmp_path) as ledger:
            ledger.set_retention(AUDIO)
        with tampering(tmp_path) as database:
            database.execute("UPDATE state SET value = ? WHERE name = 'retention'", (stored,))
        with opened(tmp_path) as ledger:
            assert ledger.retention == Retention()
        assert "how long rows are to be kept cannot be read" in caplog.text


def test_rows_follow_the_ledgers_time_where_it_leaps(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.record(EVENING)
        hands.pass_by(timedelta(minutes=1))
        ledger.sweep()
    hands.wall, hands.up_s, hands.boot = BEGIN.replace(year=1970), 10.0, "boot 2"
    with opened(tmp_path, hands) as ledger:
        unaware = turn()
        ledger.record(unaware)
        hands.pass_by(timedelta(minutes=1))
        hands.wall = BEGIN + 8 * DAY
        assert told(ledger) == [unaware.id], "the old row is past its date, the new one is a minute old"
        entry = ledger.get(unaware.id)
        assert entry is not None
        assert abs(entry.keep_until - (BEGIN + 15 * DAY)) < timedelta(minutes=3)
    with opened(tmp_path, hands) as ledger:
        assert told(ledger) == [unaware.id]


def test_altered_rows_are_left_out_and_said_to_be(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        good, bad, moved, other = (str(ledger.record(turn(), PCM)) for _ in range(4))
    with tampering(tmp_path) as database:
        database.execute("UPDATE rows SET content = CAST(content || x'00' AS BLOB) WHERE id = ?", (bad,))
        database.execute("UPDATE rows SET at_us = at_us + 1 WHERE id = ?", (moved,))
        database.execute("UPDATE keys SET content_key = zeroblob(40) WHERE seq = 4")
    with opened(tmp_path) as ledger:
        for page in (ledger.page(), ledger.search("lamp")):
            assert [entry.row.id for entry in page.entries] == [good]
            assert page.unreadable == 3
        for row_id in (bad, moved, other):
            with pytest.raises(LedgerError):
                ledger.get(row_id)
        with pytest.raises(LedgerError, match="cannot be decrypted"):
            ledger.clip(moved)
        assert f"row {bad} cannot be read: it was altered" in caplog.text
        caplog.clear()
        ledger.rotate()
        assert "the keys of 1 rows, rules or timers were altered" in caplog.text
        assert ledger.clip(good) == PCM
        (tmp_path / "clips" / good[:2] / f"{good}.bin").unlink()
        with pytest.raises(LedgerError, match="is missing"):
            ledger.clip(good)
        assert ledger.delete(Selection()).count == 4


def test_a_clip_of_another_row_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        one, two = (str(ledger.record(turn(), PCM)) for _ in range(2))
        path = tmp_path / "clips" / one[:2] / f"{one}.bin"
        path.write_bytes((tmp_path / "clips" / two[:2] / f"{two}.bin").read_bytes())
        with pytest.raises(LedgerError, match="the clip of row"):
            ledger.clip(one)


def test_a_row_is_kept_without_its_clip_where_the_disk_is_nearly_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.clips.Clips.has_room", lambda *_: False)
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        assert ledger.record(EVENING, PCM) == EVENING.id
        assert "the disk is nearly full" in caplog.text
        assert ledger.clip(EVENING.id) is None


def test_a_row_is_kept_without_its_clip_where_that_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        (tmp_path / "clips").touch()
        assert ledger.record(EVENING, PCM) == EVENING.id
        assert "is kept without its clip" in caplog.text
        assert ledger.clip(EVENING.id) is None
        (tmp_path / "clips").unlink()
        monkeypatch.setattr(recording, "MOST_CLIP_BYTES", len(PCM) + 100)
        with_clip, without = turn(), turn()
        ledger.record(with_clip, PCM)
        ledger.record(without, PCM)
        assert ledger.clip(with_clip.id) == PCM
        assert ledger.clip(without.id) is None
        ledger.delete(Selection(ids=(with_clip.id,)))
        again = turn()
        ledger.record(again, PCM)
        assert ledger.clip(again.id) == PCM


def test_a_ledger_that_is_full_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_ROWS", 2)
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        ledger.record(turn())
        with pytest.raises(LedgerError, match="the ledger is full: it has 2 rows; delete some"):
            ledger.record(turn())
        ledger.delete(Selection(ids=(EVENING.id,)))
        ledger.record(turn())


def test_a_row_that_cannot_be_written_leaves_no_clip(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.set_retention(AUDIO)
        with tampering(tmp_path) as database:
            database.execute("CREATE TRIGGER never BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises(LedgerError, match=r"ledger\.db: cannot be used"):
            ledger.record(EVENING, PCM)
        assert not list(tmp_path.rglob("*.bin"))
        with pytest.raises(LedgerError):
            ledger.record(EVENING)


def test_an_end_that_was_altered_to_lie_beyond_all_time_is_shown_as_the_last_there_is(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        ledger.record(EVENING)
        with tampering(tmp_path) as database:
            database.execute("UPDATE rows SET keep_until_us = ?", (2**62,))
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert entry.keep_until.year == 9000
        with tampering(tmp_path) as database:
            database.execute("UPDATE rows SET keep_until_us = ?", (-(2**62),))
        assert ledger.get(EVENING.id) is None
    assert from_us(-(2**62)).year == 1


def test_room_is_given_up_once_for_what_is_urgent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []

    def give_up(_: Ballast) -> bool:
        given.append(True)
        return len(given) == 1

    def full(*_: object, **__: object) -> None:
        raise apsw.FullError("database or disk is full")

    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
        monkeypatch.setattr(Ballast, "give_up", give_up)
        monkeypatch.setattr(Forgetting, "destroy_asked", full)
        with pytest.raises(LedgerError, match="the disk is full; make room on it"):
            ledger.delete(EVERYTHING)
        assert len(given) == 1
        with pytest.raises(LedgerError, match="the disk is full; make room on it"):
            ledger.delete(EVERYTHING)
        assert len(given) == 2
        assert told(ledger) == [EVENING.id]
