import argparse
import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from gateway.commands import pair as command
from gateway.errors import ConfigError, LinkError
from gateway.paths import gateway_dir
from gateway.wire.broker_words import OpenPairing
from gateway.wire.messages import name_of
from gateway.wire.pairing import pair
from gateway.wire.peers import Role
from tests.gateway.broker.running import SOON_S, Gateway, running

CODE = re.compile(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}")


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["pair", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


class Screen:
    """What a command says, as it says it."""

    def __init__(self, reader: TextIO) -> None:
        self._reader = reader
        self.said = ""

    async def code(self) -> str:
        """Return the code that is shown."""
        async with asyncio.timeout(SOON_S):
            while (found := CODE.search(self.said)) is None:
                self.said += await asyncio.to_thread(self._reader.readline)
        return found[0]

    async def rest(self) -> str:
        """Return everything, when all is said."""
        async with asyncio.timeout(SOON_S):
            self.said += await asyncio.to_thread(self._reader.read)
        return self.said


@contextmanager
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Screen, TextIO]]:
    """Put a pipe in the place of the terminal."""
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as reader, open(writing, "w", encoding="utf-8", buffering=1) as writer:  # noqa: PTH123 - descriptors
        monkeypatch.setattr(sys, "stdout", writer)
        yield Screen(reader), writer


@asynccontextmanager
async def commanded(
    monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> AsyncIterator[tuple[Screen, asyncio.Task[int]]]:
    """Run the command beside a gateway that runs in this loop."""
    with screen(monkeypatch) as (shown, writer):
        ended = asyncio.create_task(asyncio.to_thread(run, *arguments))
        ended.add_done_callback(lambda _: writer.close())
        yield shown, ended
        await ended


async def use(gateway: Gateway, code: str, role: Role = Role.HOME, name: str = "Home Assistant") -> str:
    return (await pair(gateway.voice, gateway.port, code=code, role=role, name=name)).peer_id


async def test_a_home_is_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(gateway_dir()) as gateway, commanded(monkeypatch) as (shown, ended):
        peer_id = await use(gateway, await shown.code())
        assert await ended == 0
        said = await shown.rest()
    first, second, last = said.splitlines()
    assert re.fullmatch(f"Code: {CODE.pattern}  \\(good for 5:00 minutes\\)", first)
    assert second.startswith("In Home Assistant: Settings, Devices & services")
    assert last == f"Paired: Home Assistant (home, {peer_id})."


async def test_a_satellite_is_paired_into_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("satellite", "--area", "Kitchen")
    async with running(gateway_dir()) as gateway, commanded(monkeypatch, *arguments) as (shown, ended):
        peer_id = await use(gateway, await shown.code(), Role.SATELLITE, "Shelf")
        assert await ended == 0
        said = await shown.rest()
    assert "On the satellite's machine: local-voice satellite --gateway HOST" in said
    assert said.endswith(f"Paired: Shelf in Kitchen (satellite, {peer_id}).\n")


async def test_on_a_terminal_the_time_runs_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    async with running(gateway_dir()) as gateway, commanded(monkeypatch) as (shown, ended):
        code = await shown.code()
        async with asyncio.timeout(SOON_S):
            while "left" not in shown.said:
                shown.said += await asyncio.to_thread(shown._reader.read, 1)
        await use(gateway, code)
        assert await ended == 0
        said = await shown.rest()
    assert re.search(r"(5:00|4:59) left", said)
    assert "Paired: Home Assistant (home, " in said


async def test_when_nobody_comes_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(gateway_dir(), window_s=0.05), commanded(monkeypatch) as (shown, ended):
        assert await ended == 1
        assert (await shown.rest()).endswith(
            "Nobody paired in time; the code is no longer good. `local-voice pair` shows a new one.\n"
        )


async def test_after_five_wrong_codes_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(gateway_dir()) as gateway, commanded(monkeypatch) as (shown, ended):
        await shown.code()
        for _ in range(5):
            with pytest.raises(Exception, match="that code is not right"):
                await use(gateway, "A" * 16)
        assert await ended == 1
        assert "Closed after five wrong codes. If that was not you, somebody" in await shown.rest()


async def test_another_window_or_the_gateways_end_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(gateway_dir()) as gateway:
        async with commanded(monkeypatch) as (shown, ended):
            await shown.code()
            await gateway.code()
            assert await ended == 1
            assert "Another `local-voice pair` has opened a new window" in await shown.rest()
        async with commanded(monkeypatch) as (shown, ended):
            await shown.code()
            await gateway.broker.close()
            assert await ended == 1
            assert "The gateway closed the window" in await shown.rest()


def test_without_a_gateway_that_is_said() -> None:
    with pytest.raises(LinkError, match="no gateway of this user is running on this machine; start it with"):
        run()


def test_only_a_satellite_stands_in_a_room() -> None:
    with pytest.raises(ConfigError, match="--area: only a satellite stands in a room"):
        run("home", "--area", "Kitchen")


async def test_control_c_leaves_the_window_open_and_says_so(tmp_path: Path) -> None:
    async with running(gateway_dir()) as gateway:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "pair", stdout=asyncio.subprocess.PIPE
        )
        assert program.stdout is not None
        async with asyncio.timeout(30):
            shown = CODE.search((await program.stdout.readline()).decode())
            await program.stdout.readline()
            program.send_signal(signal.SIGINT)
            said = (await program.stdout.read()).decode()
            assert await program.wait() == 130
        assert said.startswith("The window stays open until its time is over")
        assert shown is not None
        await use(gateway, shown[0])


@pytest.mark.parametrize("answer", ['{"type":"peers","peers":[]}', None])
async def test_a_gateway_that_answers_something_else_is_not_understood(
    answer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = '{"type":"pairing_open","code":"AAAA-AAAA-AAAA-AAAA","seconds":300}'

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert name_of(OpenPairing) in (await reader.readline()).decode()
        for line in (answer,) if answer else (opened, opened):
            writer.write(f"{line}\n".encode())
        await reader.read()
        writer.close()

    gateway_dir().mkdir(parents=True)
    async with await asyncio.start_unix_server(other, str(gateway_dir() / "owner.sock")):
        with screen(monkeypatch), pytest.raises(LinkError, match="the gateway answered out of order"):
            await asyncio.to_thread(run)
