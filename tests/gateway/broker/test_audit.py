"""The audit log as the broker uses it, and a log that somebody had their hands on."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.ballast import Ballast
from gateway.broker.audit import Action, AuditError, AuditLog
from gateway.broker.audit_chain import Flaw, Seen, empty_hash, is_head_signed, row_hash
from gateway.broker.audit_reading import AuditReader
from gateway.errors import ConfigError
from gateway.wire.broker_words import LONGEST_ROW_CHARS
from tests.gateway.broker.audit_logs import filled, flaw, opened, tampering

NOW = datetime(2026, 11, 22, 5, 5, 6, 789, tzinfo=timezone(timedelta(hours=1)))
AT = "2026-11-22T04:05:06+00:00"


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


def test_a_row_is_chained_signed_and_there_again_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "gateway"
    with closing(AuditLog(folder, now=lambda: NOW)) as log:
        empty = log.head
        head = log.append("owner", Action.PAIR, "4711", role="home", layers=["seccomp"], same_user=False, attempts=3)
        assert log.head == head
        (text,) = log.rows(0, 10)
    key = bytes.fromhex(empty.key)
    assert (empty.size, empty.at, empty.hash) == (0, AT, empty_hash(key).hex())
    assert text == (
        '{"about":"4711","action":"pair","actor":"owner","at":"2026-11-22T04:05:06+00:00",'
        '"detail":{"attempts":3,"layers":["seccomp"],"role":"home","same_user":false},"seq":1}'
    )
    assert (head.size, head.at, head.key) == (1, AT, empty.key)
    assert head.hash == row_hash(bytes.fromhex(empty.hash), text).hex()
    assert is_head_signed(empty, key)
    assert is_head_signed(head, key)
    with opened(folder) as log:
        assert (log.head, log.rows(0, 10), log.flaw) == (head, [text], None)
        assert log.append("owner", Action.REVOKE, "4711").size == 2


def test_only_its_owner_may_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    folder.mkdir(mode=0o700)
    (folder / "audit.db").touch(mode=0o644)
    with opened(folder) as log:
        log.append("owner", Action.START)
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(("audit.db", "audit.db-wal", "audit.db-shm", "audit.pem"), 0o600)


def test_rows_and_hashes_are_had_by_their_numbers(tmp_path: Path) -> None:
    head = filled(tmp_path, 5)
    with opened(tmp_path) as log:
        assert [row[10:15] for row in log.rows(1, 3)] == ["row 2", "row 3", "row 4"]
        assert log.rows(5, 3) == []
        assert log.hash_at(5) == head.hash
        assert log.hash_at(0) == empty_hash(bytes.fromhex(head.key)).hex()
        assert log.hash_at(6) is None


def test_who_listens_is_told_of_each_row_until_it_does_not_want_to_be(tmp_path: Path) -> None:
    heard: list[int] = []
    with opened(tmp_path) as log:
        stop = log.on_append(lambda: heard.append(log.head.size))
        log.on_append(lambda: heard.append(0))
        log.append("owner", Action.START)
        stop()
        log.append("owner", Action.START)
    assert heard == [1, 0, 0]


def test_a_row_that_is_too_long_or_no_text_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        for about in ("x" * LONGEST_ROW_CHARS, "ä" * (LONGEST_ROW_CHARS // 6), "\ud800"):
            with pytest.raises(AuditError, match=r"audit log: a row "):
                log.append("owner", Action.START, about)
        assert log.head.size == 0
        log.append("owner", Action.START, "ä" * 100)
    assert flaw(tmp_path) is None


def test_rows_can_be_neither_changed_nor_removed_nor_put_in_between(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    with closing(sqlite3.connect(tmp_path / "audit.db", isolation_level=None)) as database:
        for statement in (
            "UPDATE rows SET row = '{}' WHERE seq = 2",
            "DELETE FROM rows WHERE seq = 3",
            "REPLACE INTO rows SELECT 2, row, hash, signature FROM rows WHERE seq = 1",
            "INSERT INTO rows SELECT 0, row, hash, signature FROM rows WHERE seq = 1",
            "UPDATE head SET size = 2",
            "DELETE FROM head",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="the audit log is append-only"):
                database.execute(statement)
    assert flaw(tmp_path) is None


def test_two_do_not_write_at_once(tmp_path: Path) -> None:
    with opened(tmp_path) as log, opened(tmp_path) as other:
        other.append("owner", Action.START)
        with pytest.raises(AuditError, match="the audit log is append-only"):
            log.append("owner", Action.START)
    assert flaw(tmp_path) is None


def test_a_log_that_is_closed_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append("owner", Action.START)
    log.close()
    for read in (lambda: log.rows(0, 1), lambda: log.hash_at(1), lambda: log.append("owner", Action.START)):
        with pytest.raises(AuditError, match=r"audit\.db: the audit log cannot be (read|written)"):
            read()


def test_the_write_ahead_log_stays_small(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        for _ in range(200):
            log.append("owner", Action.CONFIGURE, "x" * 500)
        assert (tmp_path / "audit.db-wal").stat().st_size < 1_000_000


# Whoever else had their hands on it


def resumed(folder: Path) -> tuple[Flaw | None, int]:
    """Open the log, append a row, and see that the gateway goes on; return what was wrong and the row's number."""
    with opened(folder) as log:
        found = log.flaw
        size = log.append("owner", Action.START).size
    with opened(folder) as log:
        assert (log.flaw, log.head.size) == (None, size), "said once"
        assert log.append("owner", Action.START).size == size + 1
    return found, size


@pytest.mark.parametrize(
    ("statement", "bad", "why"),
    [
        ("DELETE FROM rows WHERE seq > 3", 4, "is missing (the log had 5 rows)"),
        ("DELETE FROM rows", 1, "is missing (the log had 5 rows)"),
        ("UPDATE rows SET row = replace(row, 'owner', 'voice') WHERE seq = 5", 5, "is not what was written"),
        ("UPDATE rows SET hash = randomblob(32) WHERE seq = 5", 5, "is not what was written"),
        ("INSERT INTO rows SELECT 6, row, hash, signature FROM rows WHERE seq = 5", 6, "was added by somebody else"),
        ("DELETE FROM head", 6, "the head is missing"),
        ("UPDATE head SET signature = 'none'", 6, "the head is missing, or not signed by this log"),
        ("UPDATE head SET size = 4", 6, "the head is missing, or not signed by this log"),
    ],
)
def test_a_log_whose_end_was_tampered_with_goes_on_and_shows_it_for_good(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, statement: str, bad: int, why: str
) -> None:
    head = filled(tmp_path, 5)
    with tampering(tmp_path) as database:
        database.execute(statement)
    found, size = resumed(tmp_path)
    assert found is not None
    assert found.row == bad
    assert why in found.why
    assert f"audit log: {found}; it goes on after a gap" in caplog.text
    assert size > head.size + 1
    kept = flaw(tmp_path)
    assert kept is not None
    assert kept.row == bad
    with opened(tmp_path) as log:  # what Home Assistant gets, which has kept the head from before
        rows = log.rows(head.size, 10)
        link = bytes.fromhex(head.hash)
        for row in rows:
            link = row_hash(link, row)
        assert (link.hex(), head.size + len(rows)) != (log.head.hash, log.head.size)


def test_a_log_whose_only_row_was_changed_goes_on(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    with tampering(tmp_path) as database:
        database.execute("UPDATE rows SET row = '{}'")
    assert resumed(tmp_path) == (Flaw(1, "is not what was written"), 3)
    assert flaw(tmp_path) == Flaw(1, "is not what was written, or does not follow the row before")


def test_what_was_changed_further_back_is_found_by_verifying(tmp_path: Path) -> None:
    filled(tmp_path, 5)
    with tampering(tmp_path) as database:
        database.execute("UPDATE rows SET row = replace(row, 'owner', 'voice') WHERE seq = 2")
    assert resumed(tmp_path) == (None, 6)
    assert flaw(tmp_path) == Flaw(2, "is not what was written, or does not follow the row before")


def test_rows_with_any_number_and_of_any_kind_are_found(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    with tampering(tmp_path) as database:
        database.execute("INSERT INTO rows SELECT -7, row, hash, signature FROM rows WHERE seq = 1")
    assert flaw(tmp_path) == Flaw(1, "is missing (after row 0 comes row -7)")
    with tampering(tmp_path) as database:
        database.execute("DELETE FROM rows WHERE seq < 0")
        database.execute("ALTER TABLE rows RENAME TO old")
        database.execute("CREATE TABLE rows (seq, row, hash, signature)")
        database.execute("INSERT INTO rows VALUES ('one', 5, NULL, 'x'), (2, zeroblob(60000), 'y', 1.5)")
    found = flaw(tmp_path)
    assert found is not None
    assert found.row == 1


def test_a_row_with_the_last_number_that_there_is_ends_the_log(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    with tampering(tmp_path) as database:
        database.execute("INSERT INTO rows SELECT ?, row, hash, signature FROM rows WHERE seq = 1", (2**60,))
    with pytest.raises(ConfigError, match=r"audit\.db: cannot be used \(.*there is a row 1152921504606846976\)"):
        AuditLog(tmp_path)


# Files that do not belong together, or are none of ours


def test_a_log_without_its_key_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    (tmp_path / "audit.pem").unlink()
    for use in (AuditLog, AuditReader):
        with pytest.raises(ConfigError, match=r"audit\.pem: the audit log's key is missing.*restore it from a backup"):
            use(tmp_path)
    assert not (tmp_path / "audit.pem").exists()


def test_the_key_of_another_log_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "one", 1)
    filled(tmp_path / "other", 1)
    (tmp_path / "one" / "audit.pem").replace(tmp_path / "other" / "audit.pem")
    with pytest.raises(ConfigError, match=r"audit\.pem: this is the key of another audit log .* move both away"):
        AuditLog(tmp_path / "other")
    assert flaw(tmp_path / "other") is not None


def test_a_log_that_was_removed_begins_anew_under_its_key_so_that_home_assistant_sees_it_go_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head = filled(tmp_path, 2)
    assert caplog.text == ""
    (tmp_path / "audit.db").unlink()
    with opened(tmp_path) as log:
        assert (log.head.size, log.head.key) == (0, head.key)
    assert "audit.db: a new log under an old key; if there was a log, it is gone" in caplog.text
    assert flaw(tmp_path, Seen(2, head.hash)) is not None


@pytest.mark.parametrize("content", [b"no key", b""])
def test_a_key_file_that_holds_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "audit.pem").write_bytes(content)
    with pytest.raises(ConfigError, match=r"audit\.pem: cannot be used as the audit log's key; restore it"):
        AuditLog(tmp_path)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key = generate_private_key(SECP256R1())
    (tmp_path / "audit.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigError, match=r"audit\.pem: cannot be used as the audit log's key"):
        AuditLog(tmp_path)


def test_a_file_that_is_no_audit_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"no database" * 100)
    with pytest.raises(ConfigError, match=r"audit\.db: cannot be used \(.*file is not a database.*move both away"):
        AuditLog(tmp_path)
    (tmp_path / "audit.db").unlink()
    with closing(sqlite3.connect(tmp_path / "audit.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE rows (seq)")
    with pytest.raises(ConfigError, match=r"audit\.db: not an audit log; move it away"):
        AuditLog(tmp_path)


def test_a_log_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    with closing(sqlite3.connect(tmp_path / "audit.db", isolation_level=None)) as database:
        database.execute("PRAGMA user_version = 3")
    with pytest.raises(ConfigError, match=r"audit\.db: written by a newer version of this program \(format 3, known"):
        AuditLog(tmp_path)


def test_a_log_without_its_tables_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    with tampering(tmp_path) as database:
        database.execute("DROP TABLE rows")
    with pytest.raises(ConfigError, match=r"audit\.db: cannot be used \(.*no such table"):
        AuditLog(tmp_path)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"file/audit\.db: cannot be used \(File exists\); check its permissions"):
        AuditLog(tmp_path / "file")
    (tmp_path / "audit.db").mkdir()
    with pytest.raises(ConfigError, match=r"audit\.db: cannot be used \(Is a directory\)"):
        AuditLog(tmp_path)


# Reading it from outside


def test_it_is_read_while_it_is_written_as_it_was_at_one_moment(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append("owner", Action.START)
        with closing(AuditReader(tmp_path)) as reader:
            log.append("owner", Action.START)
            assert reader.head is not None
            assert (reader.head.size, len(reader.last_rows(9)), reader.verify()) == (1, 1, None)
            assert reader.head_in_short == f"1:{reader.head.hash[:16]}"
    assert flaw(tmp_path) is None


def test_reading_needs_a_log(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"audit\.db: there is no audit log yet; `local-voice serve` begins one"):
        AuditReader(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_reading_a_broken_log_says_so(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    with tampering(tmp_path) as database:
        database.execute("DROP TABLE head")
    with pytest.raises(ConfigError, match=r"audit\.db: cannot be used \(.*no such table"):
        AuditReader(tmp_path)
    filled(tmp_path / "other", 1)
    with tampering(tmp_path / "other") as database:
        database.execute("DELETE FROM head")
        database.execute("DROP TABLE rows")
    with closing(AuditReader(tmp_path / "other")) as reader:
        assert reader.head_in_short == "no head"
        with pytest.raises(ConfigError, match=r"audit\.db: cannot be used \(.*no such table"):
            reader.verify()


def test_appending_takes_its_time(tmp_path: Path, state: Callable[[str], None]) -> None:
    times_ms: list[float] = []
    with opened(tmp_path) as log:
        for number in range(500):
            started = perf_counter()
            log.append("owner", Action.CONFIGURE, "settings", names=["voice", "wake_words"], number=number)
            times_ms.append((perf_counter() - started) * 1_000)
    times_ms.sort()
    assert datetime.fromisoformat(log.head.at).tzinfo == UTC
    state(f"audit log: a row is on disk after {median(times_ms):.2f} ms (median), {times_ms[494]:.2f} ms (99 %)")


def test_a_request_is_approved_once_whatever_else_is_believed(tmp_path: Path) -> None:
    with closing(AuditLog(tmp_path)) as log:
        log.approve("owner", "r1")
        with pytest.raises(AuditError, match="consumed"):
            log.approve("owner", "r1")
        assert log.head.size == 1
    with closing(AuditLog(tmp_path)) as log, pytest.raises(AuditError, match="consumed"):
        log.approve("owner", "r1")


def test_what_was_approved_cannot_be_made_not_to_have_been(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.approve("owner", "r1")
    with closing(sqlite3.connect(tmp_path / "audit.db", isolation_level=None)) as database:
        for statement in ("UPDATE consumed SET id = 'r2'", "DELETE FROM consumed"):
            with pytest.raises(sqlite3.IntegrityError, match="what was approved stays approved"):
                database.execute(statement)
        assert database.execute("SELECT id, seq FROM consumed").fetchall() == [("r1", 1)]
    assert flaw(tmp_path) is None


def test_only_a_yes_consumes(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        for action in Action:
            log.append("owner", action, "r1")
        assert log.approve("owner", "r1").size == len(Action) + 1


def test_a_log_from_before_there_was_consent_goes_on(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    with closing(sqlite3.connect(tmp_path / "audit.db", isolation_level=None)) as database:
        database.execute("DROP TABLE consumed")
        database.execute("PRAGMA user_version = 1")
    with closing(AuditReader(tmp_path)) as reader:
        assert reader.verify(None) is None
    with closing(AuditLog(tmp_path)) as log:
        assert log.approve("owner", "r1").size == 4
        assert log.flaw is None
