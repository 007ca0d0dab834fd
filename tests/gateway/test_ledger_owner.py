"""The owner's door to the ledger: lines, their limits, and who is turned away."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from gateway import ledger_owner
from gateway.ledger_link import ledger_link
from gateway.ledger_owner import MOST_CONNECTIONS, OwnersDoor
from gateway.processes.ledger_words import Answer, Asked, AskKept, KeptIs, LedgerSays
from gateway.processes.owners_socket import owners_socket
from gateway.wire.messages import LARGEST_MESSAGE_BYTES
from gateway.wire.owners_lines import LEDGER_SOCKET

SOON_S = 10.0
SOUND = bytes(100_000)


async def answer(asked: Asked) -> tuple[Answer, bytes]:
    return KeptIs(id=asked.id, transcripts_s=3), SOUND


@asynccontextmanager
async def door(folder: Path) -> AsyncIterator[None]:
    with owners_socket(folder, LEDGER_SOCKET) as listening:
        serving = asyncio.create_task(OwnersDoor(listening.dup(), answer).serve())
        try:
            yield
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(SOON_S), ledger_link(folder) as link:
        yield link._reader, link._writer


async def test_questions_are_answered_one_after_the_other(tmp_path: Path) -> None:
    async with door(tmp_path), ledger_link(tmp_path) as owner:
        for number in (1, 2):
            assert await owner.ask(AskKept(id=number)) == (KeptIs(id=number, transcripts_s=3), SOUND)


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b'{"type":"ask_ledger"}\n', b"[" * 5_000 + b"\n", b"\xff\n"])
async def test_what_is_no_question_is_said_to_be_none(tmp_path: Path, line: bytes) -> None:
    async with door(tmp_path), connected(tmp_path) as (reader, writer):
        writer.write(line)
        said = msgspec.json.decode(await reader.readline(), type=LedgerSays)
        assert (said.id, said.answer, said.error) == (0, None, "malformed")


async def test_too_long_a_line_ends_it_and_others_go_on(tmp_path: Path) -> None:
    async with door(tmp_path):
        async with connected(tmp_path) as (reader, writer):
            writer.write(b"x" * (LARGEST_MESSAGE_BYTES + 10) + b"\n")
            assert await reader.read() == b""
        async with ledger_link(tmp_path) as owner:
            assert (await owner.ask(AskKept(id=1)))[0] == KeptIs(id=1, transcripts_s=3)


async def test_who_says_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_owner, "QUIET_S", 0.02)
    async with door(tmp_path), connected(tmp_path) as (reader, _):
        assert await reader.read() == b""


async def test_who_reads_nothing_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_owner, "SEND_S", 0.02)
    async with door(tmp_path), connected(tmp_path) as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        question = b'{"type":"ask_ledger","id":1,"by":"","question":{"type":"ask_kept","id":1}}\n'
        writer.write(question * 40)
        await asyncio.sleep(0.1)
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        answers = 0
        with suppress(ConnectionError):
            while (await reader.readline()).endswith(b"\n"):
                answers += 1
        assert answers < 40


async def test_more_than_a_few_terminals_are_turned_away(tmp_path: Path) -> None:
    async with door(tmp_path):
        async with AsyncExitStack() as stack:
            for _ in range(MOST_CONNECTIONS):
                await stack.enter_async_context(connected(tmp_path))
            reader, _ = await stack.enter_async_context(connected(tmp_path))
            assert await reader.read() == b""
        await asyncio.sleep(0.05)
        async with ledger_link(tmp_path) as owner:
            assert (await owner.ask(AskKept(id=1)))[0] == KeptIs(id=1, transcripts_s=3)


async def test_without_file_descriptors_it_waits_a_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_owner, "PAUSE_S", 0.01)
    loop = asyncio.get_running_loop()
    accept, failures = loop.sock_accept, [OSError(24, "Too many open files")]

    async def accepting(listening: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise failures.pop()
        return await accept(listening)

    monkeypatch.setattr(loop, "sock_accept", accepting)
    async with door(tmp_path), ledger_link(tmp_path) as owner:
        assert (await owner.ask(AskKept(id=1)))[0] == KeptIs(id=1, transcripts_s=3)
