import asyncio
import os
import select
import signal

import pytest

from gateway.errors import AudioError
from gateway.satellite import program
from gateway.satellite.program import PIPE_BYTES, SoundProgram


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_program_is_gone_and_reaped() -> None:
    sleeper = await SoundProgram.start(["sleep", "60"])
    pid = sleeper._transport.get_pid()
    assert is_running(pid)
    await sleeper.kill()
    assert not is_running(pid)
    assert sleeper.is_ended
    assert not sleeper.has_failed


async def test_killing_twice_is_harmless() -> None:
    sleeper = await SoundProgram.start(["sleep", "60"])
    await sleeper.kill()
    await sleeper.kill()
    assert sleeper.is_ended


async def test_children_of_a_program_die_with_it() -> None:
    heard = asyncio.get_running_loop().create_future()
    shell = await SoundProgram.start(["sh", "-c", "sleep 60 & echo $!; wait"], on_sound=heard.set_result)
    child = int(await heard)
    await shell.kill()
    assert await asyncio.to_thread(_wait_until_dead, child)


async def test_the_terminals_interrupt_does_not_reach_a_program() -> None:
    sleeper = await SoundProgram.start(["sleep", "60"])
    try:
        assert os.getpgid(sleeper._transport.get_pid()) != os.getpgrp()
    finally:
        await sleeper.kill()


async def test_output_is_passed_on_and_the_last_complaint_kept() -> None:
    pieces: list[bytes] = []
    ended = asyncio.Event()
    script = "printf sound; echo first >&2; echo 'arecord: main:831: audio open error: No such device' >&2; exit 1"
    shell = await SoundProgram.start(["sh", "-c", script], on_sound=pieces.append, on_exit=ended.set)
    await ended.wait()
    await shell.kill()
    assert pieces == [b"sound"]
    assert shell.complaint == "audio open error: No such device"
    assert shell.has_failed


async def test_endless_complaints_are_cut() -> None:
    ended = asyncio.Event()
    shell = await SoundProgram.start(["sh", "-c", "yes | head -c 200000 >&2; echo enough >&2"], on_exit=ended.set)
    await ended.wait()
    await shell.kill()
    assert len(shell._complaint) == program.COMPLAINT_BYTES
    assert shell.complaint == "enough"


async def test_a_program_that_says_nothing_has_no_complaint() -> None:
    sleeper = await SoundProgram.start(["sleep", "60"])
    await sleeper.kill()
    assert sleeper.complaint == "nothing"


async def test_writing_waits_for_a_program_that_is_slow_to_read() -> None:
    sleeper = await SoundProgram.start(["sleep", "60"])
    writing = asyncio.create_task(_write_often(sleeper))
    done, _ = await asyncio.wait([writing], timeout=0.2)
    assert not done
    await sleeper.kill()
    assert await writing <= 2 * PIPE_BYTES


async def test_a_device_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "FULL_PIPE_S", 0.01)
    sleeper = await SoundProgram.start(["sleep", "60"])
    try:
        with pytest.raises(AudioError, match="took no sound"):
            await _write_often(sleeper)
    finally:
        await sleeper.kill()


async def test_writing_to_a_program_that_has_failed_returns() -> None:
    failed = await SoundProgram.start(["false"])
    async with asyncio.timeout(2):
        while not failed.has_failed:
            await failed.write(bytes(100))
    await failed.write(bytes(100))
    await failed.kill()


async def test_a_program_may_finish_by_itself() -> None:
    pieces: list[bytes] = []
    cat = await SoundProgram.start(["cat"], on_sound=pieces.append)
    await cat.write(b"the end")
    await cat.finish(deadline_s=5)
    assert pieces == [b"the end"]
    assert not cat.has_failed


async def test_a_program_that_does_not_finish_is_killed() -> None:
    sleeper = await SoundProgram.start(["sleep", "60"])
    pid = sleeper._transport.get_pid()
    with pytest.raises(AudioError, match="did not finish"):
        await sleeper.finish(deadline_s=0.01)
    assert not is_running(pid)


async def test_a_program_that_is_not_installed_is_named_with_its_package() -> None:
    with pytest.raises(AudioError, match=r"no-such-program cannot be started .*; install the package alsa-utils"):
        await SoundProgram.start(["no-such-program"])


async def test_a_program_that_ignores_polite_signals_is_killed_all_the_same() -> None:
    heard = asyncio.get_running_loop().create_future()
    stubborn = await SoundProgram.start(["sh", "-c", "trap '' TERM INT HUP; echo; sleep 60"], on_sound=heard.set_result)
    await heard
    pid = stubborn._transport.get_pid()
    os.kill(pid, signal.SIGTERM)
    await stubborn.kill()
    assert not is_running(pid)


async def _write_often(target: SoundProgram) -> int:
    written = 0
    while not target.is_ended:
        await target.write(bytes(1024))
        written += 1024
    return written


def _wait_until_dead(pid: int) -> bool:
    """Return whether a process that is not our child is dead within two seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 2.0)[0])
    finally:
        os.close(handle)
