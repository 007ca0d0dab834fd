"""A ledger of an older version is brought to this one, with all that is in it; one of a newer version is left alone."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from gateway.errors import LedgerError
from gateway.ledger.database import Database
from gateway.ledger.ledger import Ledger
from gateway.ledger.schema import SCHEMA
from gateway.ledger.selection import EVERYTHING, Selection
from tests.gateway.ledger.ledgers import (
    AUDIO,
    BEGIN,
    DAY,
    EVENING,
    PCM,
    Hands,
    contents,
    corrected,
    opened,
    rule,
    tampering,
    told,
    turn,
    where,
)
from tests.gateway.ledger.version_1 import write_version_1


def tables(folder: Path) -> Sequence[tuple[object, ...]]:
    """Return what SQLite knows of each table and index, in order."""
    with tampering(folder) as database:
        columns = database.execute(
            'SELECT schema.name, info.name, info.type, info."notnull", info.pk FROM sqlite_schema AS schema '
            "LEFT JOIN pragma_table_info(schema.name) AS info WHERE schema.name NOT LIKE 'sqlite_%' "
            "ORDER BY schema.name, info.cid"
        )
        return columns.fetchall()


def test_a_ledger_of_the_first_version_is_brought_to_this_one_with_all_that_is_in_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    hands = Hands()
    interrupted, other = turn(heard="canarium"), turn(area_id="hall")
    folder = tmp_path / "ledger"
    rows = [(interrupted, PCM), (EVENING, PCM), (other, b"\0\0")]
    write_version_1(folder, hands.clock(None), rows, AUDIO, interrupted=1)
    with opened(folder, hands) as ledger:
        assert "brought from format 1 to 2" in caplog.text
        assert told(ledger) == [other.id, EVENING.id]
        assert where(folder, interrupted.id.encode()) == [], "what was being deleted is deleted"
        entry = ledger.get(EVENING.id)
        assert entry is not None
        assert (entry.row, entry.keep_until, entry.clip_until) == (EVENING, BEGIN + 7 * DAY, BEGIN + DAY)
        assert (entry.correction, entry.is_false_wake_marked) == (None, False)
        assert (ledger.clip(EVENING.id), ledger.clip(other.id)) == (PCM, b"\0\0")
        assert ledger.retention == AUDIO
        assert (ledger.rules(), ledger.owed(), ledger.wakes("kitchen-1"), ledger.sensitivities()) == ((), (), (), {})
        assert ledger.stats(7).total.turns == 0
        assert ledger.correct(EVENING.id, corrected(), rule())
        assert ledger.mark_wake(other.id, is_false=True)
        ledger.rotate()
        assert ledger.count(Selection(corrected=True)) == 1
        assert [wake.verdict for wake in ledger.wakes("kitchen-1")] == ["false"]
        assert ledger.delete(EVERYTHING).count == 2
    with opened(tmp_path / "new"):
        pass
    assert tables(folder) == tables(tmp_path / "new")


def test_a_step_that_is_cut_leaves_the_first_version(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    write_version_1(folder, Hands().clock(None), [(EVENING, PCM)], AUDIO, interrupted=0)
    with tampering(folder) as database:
        database.execute("CREATE TABLE owed (in_the_way INTEGER)")
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(folder)
    with tampering(folder) as database:
        assert database.execute("PRAGMA user_version").fetchall() == [(1,)]
        database.execute("DROP TABLE owed")
    with opened(folder, Hands()) as ledger:
        assert told(ledger) == [EVENING.id]


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(EVENING)
    with tampering(tmp_path) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA.version + 1}")
    before = contents(tmp_path)
    with pytest.raises(LedgerError, match=r"newer version of this program \(format 4, known is 3\); install that"):
        Ledger(tmp_path)
    assert contents(tmp_path) == before


def test_the_first_steps_tables_are_those_of_the_first_version(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with closing(apsw.Connection(str(tmp_path / "old" / "ledger.db"))) as database:
        SCHEMA.migrations[0](database)
    write_version_1(tmp_path / "ledger", Hands().clock(None), [], AUDIO, interrupted=0)
    with tampering(tmp_path / "ledger") as old, tampering(tmp_path / "old") as new:
        query = "SELECT name, sql FROM sqlite_schema ORDER BY name"
        assert old.execute(query).fetchall() == new.execute(query).fetchall()


def test_no_table_takes_a_value_of_another_type(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "ledger.db")) as database:
        lax = database.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0")
    assert {name for (name,) in lax} == {"sqlite_schema", "sqlite_temp_schema", "sqlite_sequence"}
