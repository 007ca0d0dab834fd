"""The database file: how it is opened, and how it comes to its version."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import pytest

from gateway.errors import LedgerError
from gateway.ledger.database import CHECKPOINT_COMMITS, Database, unusable
from gateway.ledger.schema import SCHEMA, Schema


@contextmanager
def opened(path: Path, schema: Schema = SCHEMA) -> Iterator[Database]:
    with closing(Database(path, schema=schema)) as database:
        yield database


def _one(connection: apsw.Connection) -> None:
    connection.execute("CREATE TABLE turns (heard TEXT) STRICT")


def _two(connection: apsw.Connection) -> None:
    connection.execute("ALTER TABLE turns ADD COLUMN room TEXT NOT NULL DEFAULT 'hall'")


def _three(connection: apsw.Connection) -> None:
    connection.execute("UPDATE turns SET heard = upper(heard)")


def _broken(connection: apsw.Connection) -> None:
    connection.execute("UPDATE turns SET heard = 'gone'")
    raise apsw.SQLError("no such function")


FIRST = Schema(migrations={0: _one})
THIRD = Schema(migrations={0: _one, 1: _two, 2: _three})


def test_it_is_opened_as_promised(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path) as database:
        found = {
            name: database.execute(f"PRAGMA {name}")[0][0]
            for name in (
                "journal_mode",
                "synchronous",
                "secure_delete",
                "foreign_keys",
                "trusted_schema",
                "user_version",
            )
        }
        assert database.integer("SELECT count(*) FROM rows") == 0
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "user_version": 3,
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_older_file_is_brought_to_the_newest_version_step_by_step(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    path = tmp_path / "ledger.db"
    with opened(path, FIRST) as database:
        database.execute("INSERT INTO turns VALUES ('light on')")
    assert "brought" not in caplog.text
    with opened(path, THIRD) as database:
        assert database.execute("SELECT heard, room FROM turns") == [("LIGHT ON", "hall")]
        assert database.integer("PRAGMA user_version") == 3
    assert "brought from format 1 to 2" in caplog.text
    with opened(tmp_path / "new.db", THIRD):
        assert "new.db" not in caplog.text, "nothing is brought anywhere in a new file"
    with opened(path, THIRD) as database:
        assert database.execute("SELECT heard, room FROM turns") == [("LIGHT ON", "hall")]
    with opened(tmp_path / "new.db", THIRD) as database:
        assert database.execute("SELECT heard, room FROM turns") == []


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path, FIRST) as database:
        database.execute("INSERT INTO turns VALUES ('light on')")
    with pytest.raises(LedgerError, match="cannot be used"):
        Database(path, schema=Schema(migrations={0: _one, 1: _broken}))
    with opened(path, FIRST) as database:
        assert database.execute("SELECT heard FROM turns") == [("light on",)]


def test_a_newer_file_is_refused_and_both_versions_are_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path, THIRD):
        pass
    with pytest.raises(LedgerError, match=r"newer version of this program \(format 3, known is 1\); install that"):
        Database(path, schema=FIRST)


def test_what_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(apsw.Connection(str(path))) as other:
        other.execute("CREATE TABLE other (x)")
    with pytest.raises(LedgerError, match="not a ledger; move it away"):
        Database(path)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match="restore the whole folder from a backup"):
        Database(path)
    assert path.read_bytes().startswith(b"no database")
    with pytest.raises(LedgerError, match="check its permissions"):
        Database(tmp_path / "nowhere" / "ledger.db")


def test_a_transaction_is_done_wholly_or_not_at_all(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.db") as database:
        with pytest.raises(apsw.SQLError), database.transaction():
            database.execute("INSERT INTO state VALUES ('a', x'01'); SELECT nothing")
        assert database.state("a") is None
        with database.transaction():
            database.set_state("a", b"1")
            database.set_state("a", b"2")
        assert database.state("a") == b"2"
        database.remove_state("a")
        assert database.state("a") is None


def test_the_write_ahead_log_does_not_grow_for_ever(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = tmp_path / "ledger.db-wal"
    with opened(tmp_path / "ledger.db") as database:
        sizes = []
        for number in range(3 * CHECKPOINT_COMMITS):
            with database.transaction():
                database.set_state("a", str(number).encode())
            sizes.append(log.stat().st_size)
        assert max(sizes) < 2 * 1024 * 1024
        database.forget_log()
        assert log.stat().st_size == 0
        with closing(apsw.Connection(str(tmp_path / "ledger.db"))) as reader:
            reader.execute("BEGIN; SELECT * FROM state").fetchall()
            with database.transaction():
                database.set_state("a", b"")
            database._db.set_busy_timeout(1)
            with pytest.raises(apsw.BusyError):
                database.forget_log()
            database._db.close()
            database._checkpoint()
    assert "the write-ahead log grows" in caplog.text


def test_a_full_disk_is_called_so(tmp_path: Path) -> None:
    assert "make room on it" in str(unusable(tmp_path / "ledger.db", apsw.FullError("full")))


def test_a_value_of_any_size_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "ledger.db") as database:
        for size in (5_000, 1_000_000):
            with pytest.raises(apsw.Error):
                database.set_state("a", bytes(size))
