"""Copies of a SQLite file that somebody writes."""

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from gateway.sqlite_copies import serialized


def test_a_copy_has_what_is_in_the_log_and_needs_none(tmp_path: Path) -> None:
    with closing(apsw.Connection(str(tmp_path / "a.db"))) as database:
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA user_version = 3", "CREATE TABLE t (n)"):
            database.execute(statement).fetchall()
        database.execute("INSERT INTO t VALUES (7)")
        content = serialized(tmp_path / "a.db", version=3)
        database.execute("INSERT INTO t VALUES (8)")
        with pytest.raises(ValueError, match="3"):
            serialized(tmp_path / "a.db", version=2)
    (tmp_path / "b.db").write_bytes(content)
    with closing(apsw.Connection(str(tmp_path / "b.db"), flags=apsw.SQLITE_OPEN_READONLY)) as copy:
        assert copy.execute("SELECT n FROM t").fetchall() == [(7,)]
        assert copy.pragma("journal_mode") == "delete"
