"""Copies of a ledger for a backup, taken beside whoever keeps it."""

import os
from itertools import islice
from pathlib import Path

import apsw
import pytest

from gateway.errors import LedgerError
from gateway.ledger import snapshot as module
from gateway.ledger.selection import Selection
from gateway.ledger.snapshot import snapshot
from tests.gateway.backup.gateways import KEPT, MEANT, RULE_ID, SAID, remembered
from tests.gateway.ledger.ledgers import PCM, contents, opened, told, turn


def unpacked(folder: Path, copies: tuple[bytes, bytes] | None) -> Path:
    """Write a snapshot into a folder of its own."""
    assert copies is not None
    folder.mkdir(mode=0o700)
    for name, content in zip(("ledger.db", "ledger.key"), copies, strict=True):
        (folder / name).write_bytes(content)
    return folder


def test_where_there_is_no_ledger_there_is_no_copy(tmp_path: Path) -> None:
    assert snapshot(tmp_path / "ledger", with_turns=True) is None
    assert not list(tmp_path.iterdir())


def test_a_copy_without_turns_has_what_was_learned_and_nothing_else(tmp_path: Path) -> None:
    turns = remembered(tmp_path / "ledger")
    folder = unpacked(tmp_path / "copy", snapshot(tmp_path / "ledger", with_turns=False))
    before = contents(folder)
    with opened(folder) as ledger:
        assert told(ledger) == []
        assert ledger.count(Selection()) == 0
        assert [(rule.id, rule.said, rule.meant) for rule in ledger.rules()] == [(RULE_ID, SAID, MEANT)]
        assert (ledger.retention, dict(ledger.sensitivities()), len(ledger.owed())) == (KEPT, {"shelf": 40}, 1)
        assert ledger.stats(1).total.turns == 2
        assert ledger.wakes("kitchen-1") == ()
    for row in turns[:1]:  # the other one's id is its rule's origin
        assert not [name for name, content in before.items() if row.id.encode() in content]


def test_a_rule_in_a_copy_is_found_by_where_its_turn_was(tmp_path: Path) -> None:
    remembered(tmp_path / "ledger")
    folder = unpacked(tmp_path / "copy", snapshot(tmp_path / "ledger", with_turns=False))
    with opened(folder) as ledger:
        assert ledger.delete(Selection(area_id="hall")).rules == 0
        assert ledger.delete(Selection(area_id="kitchen")).rules == 1


def test_a_copy_with_turns_has_all_of_them_even_beside_a_process_that_goes_on(tmp_path: Path) -> None:
    turns = remembered(tmp_path / "ledger")
    with opened(tmp_path / "ledger") as ledger:
        later = turn(turns[0].at)
        ledger.record(later, PCM)  # still in the write-ahead log
        folder = unpacked(tmp_path / "copy", snapshot(tmp_path / "ledger", with_turns=True))
        ledger.record(turn(turns[0].at), PCM)
    with opened(folder) as copy:
        assert told(copy) == [later.id, *(row.id for row in turns)]


def test_a_key_that_is_replaced_meanwhile_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered(tmp_path / "ledger")
    copied, rotations = module._database, iter(range(1))
    with opened(tmp_path / "ledger") as ledger:

        def meanwhile(path: Path, *, with_turns: bool) -> bytes:
            content = copied(path, with_turns=with_turns)
            for _ in islice(rotations, 1):
                ledger.rotate()
            return content

        monkeypatch.setattr(module, "_database", meanwhile)
        folder = unpacked(tmp_path / "copy", snapshot(tmp_path / "ledger", with_turns=True))
        rotations = iter(range(100))
        with pytest.raises(LedgerError, match=r"ledger\.key: is missing, or being replaced all the time"):
            snapshot(tmp_path / "ledger", with_turns=True)
    with opened(folder) as copy:
        assert len(told(copy)) == 2


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    remembered(tmp_path / "ledger")
    before = contents(tmp_path / "ledger")
    snapshot(tmp_path / "ledger", with_turns=False)
    after = contents(tmp_path / "ledger")
    assert {name: content for name, content in after.items() if not name.endswith(("-shm", "-wal"))} == before


def test_a_ledger_of_another_version_is_not_copied(tmp_path: Path) -> None:
    remembered(tmp_path / "ledger")
    database = apsw.Connection(str(tmp_path / "ledger" / "ledger.db"))
    database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(LedgerError, match="another version of this program \\(format 9, known is"):
        snapshot(tmp_path / "ledger", with_turns=False)


def test_what_is_no_ledger_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ledger.db").write_bytes(os.urandom(8_192))
    (tmp_path / "ledger.key").write_bytes(b"{}")
    with pytest.raises(LedgerError, match="cannot be used"):
        snapshot(tmp_path, with_turns=False)
    (tmp_path / "ledger.key").write_bytes(bytes(5_000))
    with pytest.raises(LedgerError, match="no file of ours"):
        snapshot(tmp_path, with_turns=False)
    (tmp_path / "ledger.key").unlink()
    monkeypatch.setattr(module, "LARGEST_DATABASE_BYTES", 8_191)
    with pytest.raises(LedgerError, match="more than 8191 bytes"):
        snapshot(tmp_path, with_turns=False)

    def unreadable(_: Path, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "_database", unreadable)
    with pytest.raises(LedgerError, match="Permission denied"):
        snapshot(tmp_path, with_turns=False)
