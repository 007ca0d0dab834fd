"""Deleting: for good, whenever the power fails, and nothing of it comes back."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import apsw
import pytest

from gateway.errors import LedgerError
from gateway.ledger import rotation
from gateway.ledger.clips import Clips
from gateway.ledger.database import Database
from gateway.ledger.keys import read_ring
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import Retention
from gateway.ledger.selection import EVERYTHING, LAST_HOUR_S, Selection
from tests.gateway.ledger.ledgers import AUDIO, BEGIN, DAY, HOUR, PCM, Hands, opened, tampering, told, turn, where


class Cut(BaseException):
    """The power fails: nobody handles that."""


@contextmanager
def steps(monkeypatch: pytest.MonkeyPatch, each: Callable[[str], None]) -> Iterator[None]:
    """Call `each` before everything that the ledger writes."""
    with monkeypatch.context() as patch:
        for owner, name in (
            (Database, "execute"),
            (Database, "forget_log"),
            (Clips, "remove"),
            (rotation, "write_ring"),
        ):
            patch.setattr(owner, name, _stepping(getattr(owner, name), name, each))
        yield


def _stepping[**P, T](method: Callable[P, T], name: str, each: Callable[[str], None]) -> Callable[P, T]:
    def stepping(*args: P.args, **kwargs: P.kwargs) -> T:
        each(name)
        return method(*args, **kwargs)

    return stepping


def cut_at(monkeypatch: pytest.MonkeyPatch, folder: Path, number: int, do: Callable[[], object]) -> Path | None:
    """Cut the power before a step; return what is on the disk then, None where there are not as many steps."""
    left = folder.with_name(f"{folder.name}-{number}")
    counted = count()

    def each(_: str) -> None:
        if next(counted) == number:
            shutil.copytree(folder, left)
            raise Cut

    with steps(monkeypatch, each):
        try:
            do()
        except Cut:
            return left
    return None


def prepared(folder: Path, rows: int) -> list[str]:
    with opened(folder) as ledger:
        ledger.set_retention(AUDIO)
        return [str(ledger.record(turn(heard=f"secret {number}"), PCM)) for number in range(rows)]


def test_a_receipt_tells_how_much_is_gone(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        one = turn()
        ledger.record(one)
        ledger.set_retention(AUDIO)
        two = turn(area_id="hall")
        ledger.record(two, PCM)
        receipt = ledger.delete(Selection(area_id="hall"))
        assert (receipt.count, receipt.clips, receipt.at) == (1, 1, BEGIN)
        assert told(ledger) == [one.id]
        again = ledger.delete(Selection(area_id="hall"))
        assert (again.count, again.clips) == (0, 0)
        assert ledger.delete(EVERYTHING).count == 1


def test_each_deletion_that_somebody_wants_is_counted_and_the_count_outlives_everything(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        assert ledger.deletions == 0
        one = turn()
        ledger.record(one)
        ledger.set_retention(AUDIO)
        assert ledger.deletions == 0, "nothing had to go for it"
        ledger.delete(Selection(ids=(one.id,)))
        assert ledger.deletions == 1
        ledger.delete(Selection(ids=(one.id,)))
        assert ledger.deletions == 1, "there was no such turn"
        ledger.delete(Selection(area_id="hall"))
        assert ledger.deletions == 2, "copies of it may be elsewhere, though nothing is here"
        ledger.record(turn())
        hands.pass_by(2 * HOUR)
        ledger.set_retention(Retention(transcripts_s=3_600))
        assert (ledger.deletions, ledger.count()) == (3, 0)
        ledger.record(turn())
        hands.pass_by(2 * HOUR)
        ledger.sweep()
        assert (ledger.deletions, ledger.count()) == (3, 0), "its time was up: nobody asked"
        ledger.delete(EVERYTHING, everything=True)
    with opened(tmp_path, hands) as ledger:
        assert ledger.deletions == 4
    with tampering(tmp_path) as database:
        database.execute("UPDATE state SET value = ? WHERE name = 'deletions'", (b"\xffmany",))
    with opened(tmp_path, hands) as ledger:
        assert ledger.deletions == 0


def test_a_deletion_that_is_not_done_is_not_counted(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(turn())
        with pytest.raises(LedgerError):
            ledger.delete(EVERYTHING, owing=lambda _: bytes(5_000))
        assert ledger.deletions == 0


def test_the_last_hour_is_by_the_ledgers_own_time(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        before, within = turn(), turn(at=BEGIN - 3_650 * DAY)
        ledger.record(before)
        hands.pass_by(HOUR)
        hands.wall -= 3_650 * DAY  # the wall clock jumps; what was said since was said in the last hour
        hands.pass_by(timedelta(seconds=1))
        ledger.record(within)
        assert ledger.delete(Selection(last_s=LAST_HOUR_S)).count == 1
        assert told(ledger) == [before.id]


def test_of_what_was_deleted_no_byte_is_left(tmp_path: Path) -> None:
    ids = prepared(tmp_path, 20)
    with tampering(tmp_path) as database:
        traces = [
            bytes(value)
            for row in database.execute(
                "SELECT substr(content, 20, 40), content_key, clip_key FROM rows JOIN keys USING (seq) WHERE seq > 5"
            )
            for value in row
        ]
    clips = [path.read_bytes()[20:60] for path in tmp_path.rglob("*.bin")]
    with opened(tmp_path) as ledger:
        ledger.search("secret")
        assert all(where(tmp_path, trace) for trace in [*traces, *clips])
        ledger.delete(Selection(ids=tuple(ids[5:])))
        for trace in [*traces, *(row_id.encode() for row_id in ids[5:])]:
            assert where(tmp_path, trace) == []
        assert sorted(told(ledger)) == sorted(ids[:5])
        assert sum(bool(where(tmp_path, clip)) for clip in clips) == 5


def test_without_what_overwrites_it_the_bytes_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = prepared(tmp_path, 5)
    with opened(tmp_path) as ledger:
        assert ledger._database is not None
        ledger._database.execute("PRAGMA secure_delete = OFF")
        ledger.delete(EVERYTHING)
        assert any(where(tmp_path, row_id.encode()) for row_id in ids)
    ids = prepared(tmp_path, 5)
    with opened(tmp_path) as ledger:
        monkeypatch.setattr(Database, "forget_log", lambda _: None)
        ledger.record(turn(heard="one more"))
        ledger.delete(EVERYTHING)
        assert any(where(tmp_path, row_id.encode()) for row_id in ids)


def test_after_a_deletion_another_key_wraps_and_the_old_one_is_gone(tmp_path: Path) -> None:
    (row_id, other) = prepared(tmp_path, 2)
    before = read_ring(tmp_path / "ledger.key")
    assert before is not None
    with opened(tmp_path) as ledger:
        ledger.delete(Selection(ids=(row_id,)))
        after = read_ring(tmp_path / "ledger.key")
        assert after is not None
        assert (after.current, len(after.keys)) == (before.current + 1, 1)
        assert where(tmp_path, before.keys[before.current].hex().encode()) == []
        assert ledger.clip(other) == PCM
        assert ledger.get(other) is not None


def test_a_deletion_that_is_cut_anywhere_goes_on_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    was_there, was_gone = 0, 0
    for number in count():
        folder = tmp_path / "ledger"
        ids = prepared(folder, 4)
        gone, stay = ids[:2], ids[2:]
        with opened(folder) as ledger:
            left = cut_at(monkeypatch, folder, number, partial(ledger.delete, Selection(ids=tuple(gone))))
        shutil.rmtree(folder)
        if left is None:
            break
        with opened(left) as ledger:
            assert set(told(ledger)) in ({*ids}, {*stay})
            is_gone = len(told(ledger)) == 2
            assert {path.stem for path in left.rglob("*.bin")} == set(told(ledger))
            assert all(ledger.clip(row_id) == PCM for row_id in told(ledger))
            if is_gone:
                was_gone += 1
                assert all(where(left, row_id.encode()) == [] for row_id in gone)
                assert ledger._database is not None
                assert ledger._database.state("rotation_due") is None
            else:
                was_there += 1
        ring = read_ring(left / "ledger.key")
        assert ring is not None
        assert not ring.is_replacing
        assert not (is_gone and ring.current == 1), "the key that wrapped what is gone is gone"
    assert was_there > 1
    assert was_gone > 15


def test_a_key_that_is_replaced_leaves_everything_readable_wherever_that_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 2)
    ids = prepared(tmp_path / "ledger", 5)
    cuts = 0
    for number in count():
        folder = tmp_path / "again"
        shutil.copytree(tmp_path / "ledger", folder)
        with opened(folder) as ledger:
            left = cut_at(monkeypatch, folder, number, ledger.rotate)
        shutil.rmtree(folder)
        if left is None:
            break
        cuts += 1
        with opened(left) as ledger:
            assert sorted(told(ledger)) == sorted(ids)
            assert all(ledger.clip(row_id) == PCM for row_id in ids)
        ring = read_ring(left / "ledger.key")
        assert ring is not None
        assert not ring.is_replacing
    assert cuts > 10


def test_what_fails_and_goes_on_ends_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error, not a cut: the process lives, and the next sweep does what is left."""
    failures = 0
    for number in count():
        folder = tmp_path / str(number)
        ids = prepared(folder, 3)
        counted = count()

        def each(name: str, number: int = number, counted: Iterator[int] = counted) -> None:
            if next(counted) == number:
                raise apsw.IOError(name)

        with opened(folder) as ledger:
            with steps(monkeypatch, each):
                try:
                    ledger.delete(Selection(ids=(ids[0],)))
                except LedgerError:
                    failures += 1
            if next(counted) <= number:
                break
            ledger.delete(Selection(ids=(ids[0],)))
            ledger.sweep()
            assert sorted(told(ledger)) == sorted(ids[1:])
            assert {path.stem for path in folder.rglob("*.bin")} == {*ids[1:]}
            assert all(ledger.clip(row_id) == PCM for row_id in ids[1:])
            assert where(folder, ids[0].encode()) == []
        ring = read_ring(folder / "ledger.key")
        assert ring is not None
        assert not ring.is_replacing
    assert failures > 5


def test_a_deletion_counts_where_only_the_key_could_not_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prepared(tmp_path, 2)

    def fails(*_: object) -> None:
        raise LedgerError("the disk says no")

    with opened(tmp_path) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(rotation, "write_ring", fails)
            assert ledger.delete(EVERYTHING).count == 2
            assert "deleted, but the wrapping key is still the old one: the disk says no" in caplog.text
        before = read_ring(tmp_path / "ledger.key")
        ledger.sweep()
        assert read_ring(tmp_path / "ledger.key") != before


def test_the_key_is_replaced_each_day(tmp_path: Path) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        ledger.record(turn())
        first = read_ring(tmp_path / "ledger.key")
        for _ in range(23):
            hands.pass_by(HOUR)
            ledger.sweep()
        assert read_ring(tmp_path / "ledger.key") == first
        hands.pass_by(HOUR)
        ledger.sweep()
        assert read_ring(tmp_path / "ledger.key") != first
        assert len(told(ledger)) == 1


def test_clips_without_rows_and_rows_without_clips_are_put_in_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lost, kept = prepared(tmp_path, 2)
    with opened(tmp_path):
        pass
    assert "clips without a row" not in caplog.text
    (tmp_path / "clips" / lost[:2] / f"{lost}.bin").unlink()
    orphan = "ab" + "0" * 30
    Clips(tmp_path / "clips").write(orphan, b"of a row that never was")
    (tmp_path / ".ledger.key.01234567.part").write_bytes(b"unfinished")
    with opened(tmp_path) as ledger:
        assert "removed 1 clips without a row, and found 1 rows whose clips are gone" in caplog.text
        assert ledger.clip(lost) is None
        assert ledger.get(lost) is not None
        assert ledger.clip(kept) == PCM
        assert {path.stem for path in tmp_path.rglob("*.bin")} == {kept}
    assert not (tmp_path / ".ledger.key.01234567.part").exists()


def test_a_start_that_fails_lets_others_have_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(tmp_path, 1)
    (tmp_path / "ledger.key").rename(tmp_path / "key")
    with pytest.raises(LedgerError):
        Ledger(tmp_path)
    (tmp_path / "key").rename(tmp_path / "ledger.key")
    with monkeypatch.context() as patch:
        patch.setattr(Clips, "ids", lambda _: (_ for _ in ()).throw(LedgerError("no")))
        with pytest.raises(LedgerError, match="no"):
            Ledger(tmp_path)
    with opened(tmp_path) as ledger:
        assert len(told(ledger)) == 1


@pytest.mark.parametrize("change", ["DELETE", "UPDATE OF clip_bytes"])
def test_what_cannot_be_removed_from_a_damaged_file_is_no_endless_loop(tmp_path: Path, change: str) -> None:
    (row_id,) = prepared(tmp_path, 1)
    with opened(tmp_path) as ledger:
        with tampering(tmp_path) as database:
            database.execute(f"CREATE TRIGGER never BEFORE {change} ON rows BEGIN SELECT RAISE(IGNORE); END")
        with pytest.raises(LedgerError, match=r"ledger\.db: damaged: what is to be removed stays; restore the whole"):
            ledger.delete(EVERYTHING)
        assert ledger.get(row_id) is None
