"""What the audit log has yet to be told is told, whatever else is wrong; what cannot be, is logged without content."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from gateway import ledger_receipts
from gateway.errors import LedgerError
from gateway.ledger.ledger import Ledger
from gateway.ledger_receipts import Receipts
from gateway.processes.ledger_words import ActRecorded, RecordAct
from gateway.wire.messages import Message
from tests.gateway.ledger.ledgers import opened
from tests.gateway.processes.played_launcher import SOON_S


def forgot(turns: int) -> bytes:
    return msgspec.json.encode(RecordAct(id=1, act="forget", by="owner", turns=turns))


@asynccontextmanager
async def paying(ledger: Ledger) -> AsyncIterator[list[RecordAct]]:
    """Pay what is owed to a broker that writes down everything, into the list that is given."""
    written: list[RecordAct] = []

    def say(message: Message) -> None:
        assert isinstance(message, RecordAct)
        written.append(message)
        asyncio.get_running_loop().call_soon(receipts.recorded, ActRecorded(id=message.id))

    receipts = Receipts(ledger, say)
    task = asyncio.create_task(receipts.pay())
    try:
        yield written
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_one_that_cannot_be_read_any_more_does_not_hold_up_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as ledger:
        for raw in (forgot(1), b'{"act": "turn on the lamp"', forgot(2)):
            ledger.owe(raw)
        async with paying(ledger) as written, asyncio.timeout(SOON_S):
            while ledger.owed():  # noqa: ASYNC110 - a ledger has no event
                await asyncio.sleep(0.005)
        assert [act.turns for act in written] == [1, 2]
    assert "act 2 will not be in the audit log" in caplog.text
    assert "lamp" not in caplog.text


async def test_a_ledger_that_cannot_be_read_now_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ledger_receipts, "FIRST_PAUSE_S", 0.01)
    with opened(tmp_path) as ledger:
        ledger.owe(forgot(1))
        owed, failures = ledger.owed, [LedgerError("the disk is away")]

        def away() -> tuple[tuple[int, bytes], ...]:
            if failures:
                raise failures.pop()
            return owed()

        monkeypatch.setattr(ledger, "owed", away)
        async with paying(ledger) as written, asyncio.timeout(SOON_S):
            while owed():  # noqa: ASYNC110 - a ledger has no event
                await asyncio.sleep(0.005)
        assert [act.turns for act in written] == [1]
    assert "cannot be read or struck out (LedgerError)" in caplog.text


async def test_what_cannot_even_be_owed_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(act: bytes) -> int:
        raise LedgerError("no space left")

    with opened(tmp_path) as ledger:
        monkeypatch.setattr(ledger, "owe", full)
        Receipts(ledger, lambda _: None).owe(RecordAct(id=1, act="forget", by="owner", turns=3))
    assert "forget of 3 turns will not be in the audit log: no space left" in caplog.text
