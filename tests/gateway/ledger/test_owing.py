"""What the audit log is owed outlives a kill, and is never more than can be paid."""

from pathlib import Path

import pytest

from gateway.errors import LedgerError
from gateway.ledger import owing
from gateway.ledger.ledger import Receipt
from gateway.ledger.selection import EVERYTHING
from tests.gateway.ledger.ledgers import opened, turn


def test_what_is_owed_is_there_until_it_is_paid(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert ledger.owed() == ()
        one, two = ledger.owe(b"one"), ledger.owe(b"two")
    with opened(tmp_path) as ledger:
        assert ledger.owed() == ((one, b"one"), (two, b"two"))
        ledger.paid(one)
        ledger.paid(one)
        assert ledger.owed() == ((two, b"two"),)
        ledger.paid(two)
        assert ledger.owe(b"three") > two


def test_of_too_much_the_oldest_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "MOST_OWED", 3)
    monkeypatch.setattr(owing, "MOST_AT_ONCE", 2)
    with opened(tmp_path) as ledger:
        for number in range(5):
            ledger.owe(b"%d" % number)
        assert [act for _, act in ledger.owed()] == [b"2", b"3"]
        with pytest.raises(LedgerError, match="more than 4096 bytes"):
            ledger.owe(bytes(5_000))


def test_a_deletion_owes_its_receipt_from_the_moment_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(receipt: Receipt) -> bytes:
        return b"forget %d %d %d" % (receipt.count, receipt.clips, receipt.rules)

    with opened(tmp_path) as ledger:
        ledger.record(turn())
        monkeypatch.setattr(ledger, "_finish_what_was_asked", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ledger.delete(EVERYTHING, owing=act)
    with opened(tmp_path) as ledger:
        assert [owed for _, owed in ledger.owed()] == [b"forget 1 0 0"]
        assert ledger.count() == 0


def test_a_deletion_that_is_not_done_owes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(turn())
        with pytest.raises(LedgerError, match="more than 4096 bytes"):
            ledger.delete(EVERYTHING, owing=lambda _: bytes(5_000))
        assert (ledger.count(), ledger.owed()) == (1, ())
